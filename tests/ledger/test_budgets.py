"""Budgets are drafted, previewed, published, released and taken back."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from accounts.constraints import name_of
from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import AuditEvent
from ledger import actions, budgets, drafting, queries, releasing
from ledger.drafting import Customer, Envelope
from ledger.models import BudgetRule, Cause, SettlementRun, Transfer, Wallet
from tests import make
from tests.database import at_once
from tests.make import APRIL, MARCH, TODAY

YEARLY = Envelope("operating", 2026, "yearly", "Travel 2026")
MONTHLY = YEARLY._replace(release="monthly")
FEBRUARY = date(2026, 2, 1)


def published(me, amount, envelope=YEARLY, *, by=None, on=TODAY):
    by = by or make.hr_admin()
    rule = drafting.draft_grant(me, Decimal(amount), envelope, by=by, on=on)
    return budgets.publish(rule, by=by, on=on)


@pytest.mark.django_db
def test_a_draft_moves_nothing_and_publishing_grants_the_year_at_once():
    shop, admin = make.me(), make.hr_admin()
    rule = drafting.draft_grant(shop, Decimal("1200.00"), YEARLY, by=admin, on=TODAY)
    assert not Transfer.objects.exists()
    budgets.publish(rule, by=admin, on=TODAY)
    budgets.publish(rule, by=admin, on=TODAY)
    granted = Transfer.objects.get()
    assert (granted.month, granted.cause) == (FEBRUARY, Cause("ledger:budget", rule.pk))
    assert granted.reference == f"grant/{rule.allocations.get().pk}/2026-02"
    assert make.wallet(shop).available == 1200
    assert AuditEvent.objects.filter(action="budget.publish", actor=admin).count() == 1


@pytest.mark.django_db
def test_a_grant_without_a_name_is_named_by_its_year():
    make.org()
    nameless = YEARLY._replace(name="")
    rule = drafting.draft_grant(make.me(), Decimal(1), nameless, by=make.hr_admin(), on=TODAY)
    assert rule.name == "Grant 2026"


@pytest.mark.django_db
def test_a_monthly_grant_is_released_on_each_1st_and_only_once():
    shop = make.me()
    rule = published(shop, "1000.00", MONTHLY)
    assert make.wallet(shop).balance == Decimal("90.91")
    assert releasing.release_due(on=TODAY) == {"month": "2026-02", "granted": 0, "total": "0.00"}
    assert releasing.release_due(on=MARCH) == {"month": "2026-03", "granted": 1, "total": "90.91"}
    assert releasing.release_due(on=MARCH)["granted"] == 0
    assert releasing.release_due(on=date(2026, 12, 31))["granted"] == 9
    assert make.wallet(shop).balance == 1000
    assert Transfer.objects.filter(cause_id=rule.pk).count() == 11


@pytest.mark.django_db
def test_a_missed_month_is_made_good_in_the_next_open_one():
    shop = make.me()
    published(shop, "1100.00", MONTHLY)
    at = make.org().founded_at
    SettlementRun.objects.create(month=MARCH, state="locked", opened_at=at, posted_on=APRIL)
    assert releasing.release_due(on=date(2026, 4, 20))["granted"] == 2
    late = Transfer.objects.get(reference__endswith="2026-03")
    assert late.month == APRIL


@pytest.mark.django_db
def test_one_month_can_be_released_by_name_but_not_before_it_has_begun():
    shop = make.me()
    published(shop, "1100.00", MONTHLY)
    with pytest.raises(Refused, match="March 2026 has not begun"):
        releasing.release_month(MARCH, on=TODAY)
    assert releasing.release_month(MARCH, on=APRIL)["total"] == "100.00"
    assert make.wallet(shop).balance == 200


@pytest.mark.django_db
def test_next_year_is_granted_on_its_first_day():
    shop = make.me()
    published(shop, "500.00", YEARLY._replace(fiscal_year=2027))
    assert not Transfer.objects.exists()
    assert releasing.release_due(on=date(2027, 1, 1))["granted"] == 1
    assert Wallet.objects.get(owner=shop).fiscal_year == 2027


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"fiscal_year": 2025}, "fiscal_year", "2025 ended on 31 December 2025; grant into 2026"),
        ({"fiscal_year": 2040}, "fiscal_year", "too far away"),
        ({"fund": "incentive"}, "fund", "'incentive' is no fund"),
        ({"release": "weekly"}, "release", "'weekly' is no release"),
    ],
)
def test_a_grant_names_what_is_wrong_with_it(change, field, sentence):
    shop, admin = make.me(), make.hr_admin()
    with pytest.raises(Invalid, match=sentence) as refused:
        drafting.draft_grant(shop, Decimal(1), YEARLY._replace(**change), by=admin, on=TODAY)
    assert refused.value.field == field


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("NaN", "no amount"), ("Infinity", "no amount"), ("1e30", "the most is"),
        ("0", "grants nothing"), ("-5", "grants nothing"), ("1.005", "more than two places"),
    ],
)  # fmt: skip
def test_an_amount_that_is_none_is_refused(amount, sentence):
    shop, admin = make.me(), make.hr_admin()
    with pytest.raises(Invalid, match=sentence):
        drafting.draft_grant(shop, Decimal(amount), YEARLY, by=admin, on=TODAY)


@pytest.mark.django_db
def test_only_an_hr_admin_sets_budgets_and_only_trading_mes_are_granted_money():
    proposed = make.me("Seed", state="proposed")
    with pytest.raises(Forbidden, match="HR admins"):
        drafting.draft_grant(proposed, Decimal(1), YEARLY, by=make.office(), on=TODAY)
    with pytest.raises(Invalid, match="Seed is proposed"):
        drafting.draft_grant(proposed, Decimal(1), YEARLY, by=make.hr_admin(), on=TODAY)


@pytest.mark.django_db
def test_an_me_that_stopped_trading_gets_no_further_release():
    shop = make.me()
    published(shop, "1100.00", MONTHLY)
    shop.state = "dissolving"
    shop.save()
    assert releasing.release_due(on=MARCH)["granted"] == 0


@pytest.mark.django_db
def test_a_grant_to_the_own_me_waits_for_a_second_hr_admin():
    shop = make.me("Shop")
    first, second = make.member(shop, who=make.hr_admin()), make.hr_admin()
    rule = drafting.draft_grant(shop, Decimal("10.00"), YEARLY, by=first, on=TODAY)
    with pytest.raises(Refused, match="You are a member of Shop") as refused:
        budgets.publish(rule, by=first, on=TODAY)
    assert refused.value.code == "second_hr_admin_needed"
    budgets.publish(rule, by=second, on=TODAY)
    rule.refresh_from_db()
    assert (rule.confirmed_by, make.wallet(shop).balance) == (second, 10)


@pytest.mark.django_db
def test_nobody_confirms_the_own_budget_even_in_sql():
    rule = drafting.draft_grant(make.me(), Decimal(1), YEARLY, by=make.hr_admin(), on=TODAY)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        BudgetRule.objects.filter(pk=rule.pk).update(confirmed_by=rule.drafted_by)
    assert name_of(refused.value) == "rule_confirmed_by_somebody_else"


@pytest.mark.django_db
def test_a_department_gives_its_former_cost_to_its_customers():
    recruiting, admin = make.me("Recruiting"), make.hr_admin()
    customers = [
        Customer(make.me(), Decimal(use), Decimal(heads))
        for use, heads in [(60, 20), (30, 20), (10, 10)]
    ]
    rule = drafting.draft_department(
        recruiting, customers, YEARLY, former_cost=Decimal("240000.00"), period="2025",
        phase_in=Decimal("0.25"), by=admin, on=TODAY,
    )  # fmt: skip
    amounts = [each.amount for each in rule.allocations.order_by("pk")]
    assert amounts == [Decimal("132000.00"), Decimal("78000.00"), Decimal("30000.00")]
    budgets.publish(rule, by=admin, on=TODAY)
    balances = [make.wallet(each.micro_enterprise).balance for each in customers]
    assert balances == amounts
    assert not Wallet.objects.filter(owner=recruiting).exists()


@pytest.mark.django_db
def test_a_department_is_not_its_own_customer_and_nobody_is_named_twice():
    recruiting, shop, admin = make.me("Recruiting"), make.me("Shop"), make.hr_admin()
    draft = partial(
        drafting.draft_department, recruiting, envelope=YEARLY, former_cost=Decimal(1),
        period="2025", phase_in=Decimal(0), by=admin, on=TODAY,
    )  # fmt: skip
    one = Customer(shop, Decimal(1), Decimal(1))
    with pytest.raises(Invalid, match="Recruiting is no customer of itself"):
        draft(customers=[one._replace(micro_enterprise=recruiting)])
    with pytest.raises(Invalid, match="Shop is named twice"):
        draft(customers=[one, one])
    with pytest.raises(Invalid, match="at least one customer"):
        draft(customers=[])
    with pytest.raises(Invalid, match="No customer used anything"):
        draft(customers=[one._replace(use=Decimal(0))])


@pytest.mark.django_db
def test_a_draft_is_changed_or_discarded_and_a_published_budget_stays():
    shop, admin = make.me(), make.hr_admin()
    rule = drafting.draft_grant(shop, Decimal("10.00"), YEARLY, by=admin, on=TODAY)
    again = drafting.draft_grant(
        shop, Decimal("20.00"), MONTHLY, by=admin, on=TODAY, instead_of=rule
    )
    assert (again.pk, again.allocations.get().amount) == (rule.pk, 20)
    budgets.publish(again, by=admin, on=TODAY)
    with pytest.raises(Refused, match="Travel 2026 is published and stays"):
        drafting.discard(again, by=admin, on=TODAY)
    other = drafting.draft_grant(shop, Decimal("10.00"), YEARLY, by=admin, on=TODAY)
    drafting.discard(other, by=admin, on=TODAY)
    assert BudgetRule.objects.get() == rule


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE ledger_budgetrule SET state = 'draft'", "published_rule_never_changes"),
        ("DELETE FROM ledger_budgetrule", "published_rule_never_changes"),
        ("UPDATE ledger_allocation SET amount = 99", "published_allocation_stays"),
        ("DELETE FROM ledger_allocation", "published_allocation_stays"),
        (
            """INSERT INTO ledger_allocation (rule_id, micro_enterprise_id, amount, reference)
            SELECT rule_id, micro_enterprise_id, 5, 'more' FROM ledger_allocation""",
            "published_allocation_stays",
        ),
    ],
)
def test_the_database_keeps_a_published_budget_as_it_is(statement, name):
    published(make.me(), "10.00")
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        connection.cursor().execute(statement)
    assert name_of(refused.value) == name


@pytest.mark.django_db
def test_one_reference_grants_once_and_never_something_else():
    shop, admin = make.me(), make.hr_admin()
    grant = partial(budgets.grant, shop, envelope=YEARLY, by=admin, on=TODAY, reference="HR-7")
    first = grant(Decimal("50.00"))
    assert grant(Decimal("50.00")) == first
    assert make.wallet(shop).balance == 50
    with pytest.raises(Refused, match="HR-7 already stands for another grant") as refused:
        grant(Decimal("60.00"))
    assert refused.value.code == "key_reused"


@pytest.mark.django_db(transaction=True)
def test_eight_grants_at_once_with_one_reference_grant_once():
    shop, admin = make.me(), make.hr_admin()
    grant = partial(
        budgets.grant, shop, Decimal("50.00"), YEARLY, by=admin, on=TODAY, reference="HR-7"
    )
    assert len({allocation.pk for allocation in at_once([grant] * 8)}) == 1
    assert Transfer.objects.count() == 1
    assert make.wallet(shop).balance == 50


@pytest.mark.django_db(transaction=True)
def test_eight_releases_at_once_release_once():
    shops = [make.me() for _ in range(3)]
    for shop in shops:
        published(shop, "1100.00", MONTHLY)
    at_once([partial(releasing.release_due, on=MARCH)] * 8)
    assert [make.wallet(shop).balance for shop in shops] == [200] * 3
    assert Transfer.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_eight_publishings_at_once_grant_once():
    shop, admin = make.me(), make.hr_admin()
    rule = drafting.draft_grant(shop, Decimal("10.00"), YEARLY, by=admin, on=TODAY)
    at_once([partial(budgets.publish, rule, by=admin, on=TODAY)] * 8)
    assert make.wallet(shop).balance == 10


@pytest.mark.django_db
def test_a_mistaken_grant_comes_back_as_far_as_it_is_available():
    shop, admin = make.me(), make.hr_admin()
    allocation = published(shop, "100.00", by=admin).allocations.get()
    actions.promise(
        shop, {MARCH: Decimal("70.00")}, kind="committed", cause=Cause("x:y", 1), on=TODAY
    )
    back = partial(budgets.take_back, allocation, by=admin, on=TODAY, reason="Typing error")
    done = back(Decimal("100.00"), number=1)
    assert done == (100, 30)
    assert back(Decimal("100.00"), number=1) == (100, 30)
    assert queries.money_of(shop, on=TODAY).available == 0
    row = Transfer.objects.get(payer__owner=shop)
    assert (row.kind, row.payee.system, row.note) == ("grant", "treasury", "Typing error")
    with pytest.raises(Refused, match="has promised or spent all of it"):
        back(Decimal("70.00"), number=2)
    with pytest.raises(Invalid, match=r"100.00 was released .* 30.00 taken back, so at most 70.00"):
        back(Decimal("70.01"), number=2)
    with pytest.raises(Refused, match=r"30\.00 of it was taken back meanwhile"):
        budgets.take_back(allocation, Decimal(1), number=1, reason="Another", by=admin, on=TODAY)
    with pytest.raises(Invalid, match="Say why"):
        budgets.take_back(allocation, Decimal(1), number=2, reason=" ", by=admin, on=TODAY)
    event = AuditEvent.objects.get(action="budget.take_back")
    assert event.details == {
        "asked": "100.00", "taken": "30.00", "reason": "Typing error", "stop": False
    }  # fmt: skip


@pytest.mark.django_db
def test_a_monthly_grant_can_be_stopped():
    shop, admin = make.me(), make.hr_admin()
    allocation = published(shop, "1100.00", MONTHLY, by=admin).allocations.get()
    budgets.take_back(
        allocation, Decimal("100.00"), number=1, reason="Twice", by=admin, on=TODAY, stop=True
    )
    assert releasing.release_due(on=APRIL)["granted"] == 0
    assert make.wallet(shop).balance == 0


@pytest.mark.django_db(transaction=True)
def test_eight_double_submits_take_back_once():
    shop, admin = make.me(), make.hr_admin()
    allocation = published(shop, "100.00", by=admin).allocations.get()
    back = partial(
        budgets.take_back, allocation, Decimal("40.00"),
        number=1, reason="Twice", by=admin, on=TODAY,
    )  # fmt: skip
    assert at_once([back] * 8) == [(40, 40)] * 8
    assert make.wallet(shop).balance == 60


@pytest.mark.django_db
@pytest.mark.parametrize("count", [3, 300])
def test_a_list_is_granted_in_a_fixed_number_of_queries(count, django_assert_max_num_queries):
    admin = make.hr_admin()
    shops = [make.me(may_decide=False) for _ in range(count)]
    shares = [drafting.Share(shop, Decimal("1.00")) for shop in shops]
    rule = drafting.draft_list(shares, YEARLY, by=admin, on=TODAY)
    with django_assert_max_num_queries(40):
        budgets.publish(rule, by=admin, on=TODAY)
    total = Wallet.objects.aggregate(total=Sum("balance"))["total"]
    assert total == count
