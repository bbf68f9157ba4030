"""The budget of a year: composed of rules, read, published for a day, revised."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from django.db.models import Sum

from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import AuditEvent
from ledger import actions, budget_drafts, budget_preview, budget_publishing, checks, releasing
from ledger.models import Allocation, Budget, BudgetRule, Cause, Reservation, Transfer
from tests import make
from tests.database import at_once
from tests.make import APRIL, MARCH, TODAY

pytestmark = pytest.mark.django_db
D = Decimal
JANUARY = date(2026, 1, 1)
EACH = {"each": D("1200.00")}
PER_HEAD = {"amount": D("100.00"), "on": JANUARY}


def balance(me, fund="operating"):
    return make.wallet(me, fund=fund).balance


def spend(me, amount, *, kind):
    """Promise the money, or pay it outside."""
    cause = Cause("contracts:outside_purchase", 1)
    plan = {date(2026, 2, 1): D(amount)}
    actions.promise(me, plan, kind="committed", cause=cause, on=TODAY)
    if kind == "paid":
        actions.pay_promised(
            cause, actions.system_wallet("outside"), D(amount), kind="purchase",
            month=date(2026, 2, 1), reference="bought", on=TODAY,
        )  # fmt: skip


def sound():
    return [fault for check in checks.CHECKS for fault in check().broken] == []


def test_an_mes_figure_is_the_sum_of_its_rules_each_with_its_calculation():
    north, south = make.me("North", kind="frontline"), make.me("South")
    for _ in range(2):
        make.member(north)
    make.member(south, allocation_percent=50)
    make.granted(north, "1000.00")  # What it has left over is read by no rule.
    budget = make.year_budget(
        ("fixed", EACH | {"kinds": ["frontline"]}), ("per_head", PER_HEAD),
        ("fixed", {"figures": [{"micro_enterprise": south, "amount": D("5.50")}]}),
    )  # fmt: skip
    found = budget_preview.preview(budget, on=TODAY)
    assert make.figures(budget) == {"North": 1400, "South": D("55.50")}
    assert found.total == D("1455.50")
    assert [(part.rule.kind, part.amount) for part in found.rows[0].parts] == [
        ("fixed", 1200), ("per_head", 200),
    ]  # fmt: skip
    assert found.rows[0].parts[1].figures == {"posts": "2.00"}
    assert not Allocation.objects.exists()


def test_changing_unspent_money_never_changes_a_draft():
    north, south = make.me("North"), make.me("South")
    make.member(north)
    budget = make.year_budget(
        ("per_head", PER_HEAD),
        ("revenue_share", {"percent": D(10), "first": JANUARY, "last": JANUARY, "inside": True}),
        ("last_use", {"former_cost": D(900), "phase_in": D(0), "customers": [
            {"micro_enterprise": north, "use": D(2)}, {"micro_enterprise": south, "use": D(1)}]}),
    )  # fmt: skip
    before = budget_preview.preview(budget, on=TODAY)
    make.granted(north, "5000.00")
    spend(north, "700.00", kind="promised")
    make.granted(south, "80.00")
    after = budget_preview.preview(budget, on=TODAY)
    assert Reservation.objects.exists()
    assert after == before


def test_a_share_of_revenue_reads_what_was_paid_inside_less_credits():
    shop, lab = make.me("Shop"), make.me("Lab")
    buyer = make.granted(shop, "5000.00")
    seller = make.granted(lab, "1.00")
    for number, (payer, payee, amount, kind, month) in enumerate((
        (buyer, seller, "3000.00", "charge", JANUARY), (buyer, seller, "500.00", "learning", MARCH),
        (seller, buyer, "200.00", "credit", JANUARY),
    )):  # fmt: skip
        actions.pay(
            payer, payee, D(amount), kind=kind, month=month, reference=f"sale/{number}",
            cause=Cause("contracts:contract", 1), on=TODAY,
        )  # fmt: skip
    period = {"percent": D(10), "first": JANUARY, "last": JANUARY, "inside": True}
    budget = make.year_budget(("revenue_share", period))
    assert make.figures(budget) == {"Lab": 280}


def test_publishing_keeps_the_figures_and_grants_what_is_due():
    shop = make.me("Shop")
    budget = make.year_budget(("fixed", EACH), ("fixed", {"each": D(110)}, "monthly"))
    done = make.published_budget(budget)
    # The yearly part at once; of 110.00 over eleven months the part of February.
    assert balance(shop) == 1210
    assert (done.state, done.starts_on, done.started_on) == ("published", TODAY, TODAY)
    assert budget_preview.preview(done, on=TODAY).rows[0].amount == 1310
    releasing.release_due(on=MARCH)
    assert balance(shop) == 1220
    assert AuditEvent.objects.filter(action="year_budget.publish").count() == 1
    assert sound()


def test_a_budget_published_for_a_later_day_starts_on_it_even_if_the_job_is_late():
    shop = make.me()
    budget = make.year_budget(("fixed", EACH), on=TODAY)
    make.published_budget(budget, starts_on=date(2026, 3, 10))
    assert not Transfer.objects.exists()
    assert releasing.release_due(on=date(2026, 3, 9))["granted"] == 0
    assert budget_publishing.start_due(on=date(2026, 3, 9)) == {"started": 0}
    assert budget_publishing.start_due(on=date(2026, 3, 12)) == {"started": 1}
    assert budget_publishing.start_due(on=date(2026, 3, 12)) == {"started": 0}
    assert balance(shop) == 1200


def test_next_years_budget_holds_from_its_first_day():
    make.me()
    budget = make.year_budget(("fixed", EACH), year=2027)
    assert budget_preview.first_day(budget, on=TODAY) == date(2027, 1, 1)
    with pytest.raises(Invalid, match="from 1 January 2027 to 31 December 2027"):
        make.published_budget(budget, starts_on=date(2026, 12, 1))


def test_figures_that_nobody_read_are_not_published():
    shop = make.me("Shop")
    budget = make.year_budget(("per_head", PER_HEAD))
    make.member(shop)
    seen = budget_preview.preview(budget, on=TODAY).seen
    make.member(shop)
    with pytest.raises(Refused, match="not those that you read") as refused:
        budget_publishing.publish(budget, seen=seen, starts_on=TODAY, by=make.hr_admin(), on=TODAY)
    assert refused.value.code == "stale"
    assert Budget.objects.get().state == "draft"


def test_a_budget_that_grants_nothing_or_cannot_be_computed_is_not_published():
    shop = make.me()
    budget = make.year_budget(("per_head", PER_HEAD))
    with pytest.raises(Refused, match="grants nothing to anybody"):
        make.published_budget(budget)
    make.add_rule(budget, "fixed", {"figures": [{"micro_enterprise": shop, "amount": D(1)}]})
    shop.state = "dissolving"
    shop.save()
    with pytest.raises(Refused, match="Fixed amounts: 1 of the micro-enterprises listed"):
        make.published_budget(budget)


def test_the_difference_to_last_year_is_told_in_money_and_percent():
    shop, new = make.me("Shop"), make.me("New")
    make.published_budget(
        make.year_budget(("fixed", {"figures": [{"micro_enterprise": shop, "amount": D(1000)}]}))
    )
    budget = make.year_budget(("fixed", EACH), year=2027)
    rows = {row.name: row for row in budget_preview.preview(budget, on=TODAY).rows}
    assert (rows["Shop"].difference, rows["Shop"].change) == (200, D("0.2"))
    assert (rows[new.name].difference, rows[new.name].change) == (1200, None)


def revised(budget, change, *, on, by=None):
    """The next version with its only rule changed."""
    draft = budget_drafts.revise(budget, by=by or make.hr_admin(), on=on)
    rule = draft.rules.get()
    make.add_rule(draft, rule.kind, change, rule.release, instead_of=rule, on=on)
    return draft


def test_a_revision_grants_the_difference_and_releases_by_its_own_months():
    shop = make.me("Shop")
    first = make.published_budget(
        make.year_budget(("fixed", {"each": D(1100)}, "monthly")), starts_on=TODAY
    )
    releasing.release_due(on=MARCH)
    assert balance(shop) == 200
    draft = revised(first, {"each": D(2200)}, on=MARCH)
    row = budget_preview.preview(draft, on=MARCH).rows[0]
    assert (row.before, row.granted, row.due, row.to_grant) == (1100, 200, 400, 200)
    make.published_budget(draft, on=MARCH)
    assert balance(shop) == 400
    releasing.release_due(on=APRIL)
    assert balance(shop) == 600
    releasing.release_due(on=date(2026, 12, 31))
    assert balance(shop) == 2200
    assert sound()


def test_a_revision_takes_back_what_is_available_and_sets_the_rest_off():
    shop = make.me("Shop")
    first = make.published_budget(make.year_budget(("fixed", {"each": D(1000)})))
    spend(shop, "700.00", kind="paid")
    draft = revised(first, {"each": D(400)}, on=MARCH)
    row = budget_preview.preview(draft, on=MARCH).rows[0]
    assert (row.granted, row.due, row.to_take_back, row.stays) == (1000, 400, 300, 300)
    done = make.published_budget(draft, on=MARCH)
    assert balance(shop) == 0
    assert Allocation.objects.get(rule__budget=done).brought == 700
    assert Transfer.objects.get(reference__contains="/back/").note == "Revised: " + str(done)
    started = AuditEvent.objects.filter(action="year_budget.start").latest("pk").details
    assert (started["taken_back"], started["stays"]) == ("300.00", "300.00")
    # A third version that asks for as much as the first finds the money that stayed.
    third = revised(done, {"each": D(1000)}, on=APRIL)
    make.published_budget(third, on=APRIL)
    assert balance(shop) == 300
    # And a fourth takes it from whoever granted it last.
    make.published_budget(revised(third, {"each": D(900)}, on=APRIL), on=APRIL)
    assert balance(shop) == 200
    assert sound()


def test_an_me_that_a_revision_leaves_out_gives_back_what_it_has():
    shop, stall = make.me("Shop"), make.me("Stall")
    both = [{"micro_enterprise": me, "amount": D(100)} for me in (shop, stall)]
    first = make.published_budget(make.year_budget(("fixed", {"figures": both})))
    draft = revised(first, {"figures": both[:1]}, on=MARCH)
    left_out = budget_preview.preview(draft, on=MARCH).rows[1]
    assert (left_out.name, left_out.amount, left_out.to_take_back) == ("Stall", 0, 100)
    make.published_budget(draft, on=MARCH)
    assert (balance(shop), balance(stall)) == (100, 0)


def test_the_version_in_force_holds_until_the_day_of_the_next():
    shop = make.me()
    first = make.published_budget(make.year_budget(("fixed", {"each": D(1100)}, "monthly")))
    draft = revised(first, {"each": D(2200)}, on=TODAY)
    make.published_budget(draft, starts_on=APRIL)
    releasing.release_due(on=MARCH)
    assert balance(shop) == 200
    budget_publishing.start_due(on=APRIL)
    releasing.release_due(on=APRIL)
    assert balance(shop) == 600
    releasing.release_due(on=date(2026, 12, 1))
    assert balance(shop) == 2200


def test_only_the_newest_published_version_is_revised_and_one_draft_at_a_time():
    make.me()
    admin = make.hr_admin()
    draft = make.year_budget(("fixed", EACH))
    with pytest.raises(Refused, match="not the newest published version"):
        budget_drafts.revise(draft, by=admin, on=TODAY)
    first = make.published_budget(draft)
    second = budget_drafts.revise(first, by=admin, on=TODAY)
    assert budget_drafts.revise(first, by=admin, on=TODAY) == second
    assert str(second) == "Operating budget 2026, version 2"
    make.published_budget(second)
    with pytest.raises(Refused, match="not the newest published version"):
        budget_drafts.revise(first, by=admin, on=TODAY)


def test_a_second_hr_admin_publishes_what_goes_to_the_firsts_own_me():
    shop = make.me()
    first, second = make.member(shop, who=make.hr_admin()), make.hr_admin()
    budget = make.year_budget(("fixed", EACH))
    waiting = make.published_budget(budget, by=first)
    assert (waiting.state, waiting.published_by) == ("waiting", first)
    assert make.published_budget(budget, by=first).state == "waiting"
    assert not Transfer.objects.exists()
    with pytest.raises(Refused, match="wants it from 20 February 2026"):
        make.published_budget(budget, by=second, starts_on=MARCH)
    done = make.published_budget(budget, by=second)
    assert (done.state, done.confirmed_by) == ("published", second)
    assert balance(shop) == 1200


def test_a_rule_that_changes_makes_a_waiting_budget_a_draft_again():
    shop = make.me()
    first = make.member(shop, who=make.hr_admin())
    budget = make.year_budget(("fixed", EACH))
    make.published_budget(budget, by=first)
    make.add_rule(budget, "fixed", {"each": D(1)})
    budget.refresh_from_db()
    assert (budget.state, budget.published_by, budget.seen) == ("draft", None, "")


def test_who_is_no_hr_admin_touches_no_budget():
    make.me()
    member, budget = make.user(), make.year_budget(("fixed", EACH))
    for deed in (
        partial(budget_drafts.start, fund="learning", fiscal_year=2026, name=""),
        partial(budget_drafts.revise, budget),
        partial(budget_drafts.discard, budget),
        partial(budget_drafts.leave_out, budget.rules.get()),
        partial(
            budget_drafts.put_rule, budget, kind="fixed", name="", release="yearly", terms=EACH
        ),
        partial(budget_publishing.publish, budget, seen="", starts_on=TODAY),
    ):
        with pytest.raises(Forbidden, match="set by HR admins"):
            deed(by=member, on=TODAY)


def test_there_is_one_budget_for_a_fund_and_year():
    make.org()
    make.year_budget()
    make.year_budget(fund="learning")
    with pytest.raises(Refused, match="The operating budget of 2026 exists already"):
        make.year_budget()


def test_a_draft_is_thrown_away_with_its_rules_and_a_published_one_stays():
    make.me()
    budget = make.year_budget(("fixed", EACH), ("fixed", EACH))
    budget_drafts.leave_out(budget.rules.first(), by=make.hr_admin(), on=TODAY)
    assert budget.rules.count() == 1
    budget_drafts.discard(budget, by=make.hr_admin(), on=TODAY)
    assert not BudgetRule.objects.exists()
    done = make.published_budget(make.year_budget(("fixed", EACH)))
    for deed in (partial(budget_drafts.discard, done),
                 partial(budget_drafts.leave_out, done.rules.get())):  # fmt: skip
        with pytest.raises(Refused, match="is published and stays as it is"):
            deed(by=make.hr_admin(), on=TODAY)


@pytest.mark.parametrize(
    ("kind", "terms", "field", "sentence"),
    [
        ("fixed", {}, "each", "Write an amount for each ME, or list"),
        ("fixed", {"each": D("NaN")}, "each", "NaN is no amount"),
        ("fixed", {"each": D("1e30")}, "each", "is no amount that can be granted"),
        ("fixed", EACH | {"kinds": ["bank"]}, "kinds", "'bank' is no kind of ME"),
        ("per_head", {"amount": D(1)}, "on", "This is needed"),
        ("revenue_share", {"percent": D(1), "first": MARCH, "last": JANUARY, "inside": True},
         "last", "ends before it begins"),
        ("revenue_share", {"percent": D(1), "first": JANUARY, "last": MARCH, "inside": True},
         "last", "lies ahead"),
        ("revenue_share", {"percent": D(101), "first": JANUARY, "last": JANUARY, "inside": True},
         "percent", "Write a figure from 0 to 100"),
        ("revenue_share", {"percent": D(1), "first": JANUARY, "last": JANUARY},
         "inside", "Read inside revenue, list sales outside"),
        ("last_use", {"former_cost": D(1), "phase_in": D(0)}, "customers", "List at least one ME"),
        ("requests", {"ask_until": MARCH, "decide_by": MARCH}, "decide_by", "decides after"),
        ("magic", {}, "kind", "'magic' is no kind of rule"),
        ("department_to_customers", {}, "department", "Name the department"),
    ],
)  # fmt: skip
def test_terms_that_make_no_sense_are_refused_with_their_field(kind, terms, field, sentence):
    make.me()
    budget = make.year_budget()
    with pytest.raises(Invalid, match=sentence) as refused:
        make.add_rule(budget, kind, terms)
    assert refused.value.field == field


def test_a_departments_cost_goes_to_its_customers_beside_other_rules():
    lab = make.me("Lab")
    names = {"Tallinn": (60, 20), "Riga": (30, 20), "Tartu": (10, 10)}
    customers = [
        {"micro_enterprise": make.me(name), "use": D(use), "heads": D(heads)}
        for name, (use, heads) in names.items()
    ]
    budget = make.year_budget()
    terms = {"former_cost": D(240000), "phase_in": D("0.25"), "customers": customers}
    make.add_rule(budget, "department_to_customers", terms, department=lab)
    assert make.figures(budget) == {"Riga": 78000, "Tallinn": 132000, "Tartu": 30000}


def test_a_budget_that_is_refused_stops_no_other_of_that_hour():
    shop, stall = make.me("Shop"), make.me("Stall")
    for fund, me in (("operating", shop), ("learning", stall)):
        rows = [{"micro_enterprise": me, "amount": D(1100)}]
        draft = make.year_budget(("fixed", {"figures": rows}, "monthly"), fund=fund)
        make.published_budget(draft)
    # The month is locked for the first one between the look and the write.
    first = Allocation.objects.get(micro_enterprise=shop)
    with connection.cursor() as cursor:
        cursor.execute(f"""
            CREATE FUNCTION locked_meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              RAISE EXCEPTION 'locked' USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'transfer_month_is_open'; END $$;
            CREATE TRIGGER locked_meanwhile BEFORE INSERT ON ledger_transfer FOR EACH ROW
              WHEN (NEW.reference LIKE 'grant/{first.pk}/%')
              EXECUTE FUNCTION locked_meanwhile()""")
    done = releasing.release_due(on=MARCH)
    assert (done["granted"], done["total"]) == (1, "100.00")
    assert done["refused"] == [
        {"budget": str(first.rule_id), "detail": "March 2026 is locked, so nothing is added to it."}
    ]
    assert (balance(shop), balance(stall, fund="learning")) == (100, 200)


@pytest.mark.django_db(transaction=True)
def test_publishing_twice_at_once_grants_once():
    shop = make.me()
    budget = make.year_budget(("fixed", EACH))
    seen = budget_preview.preview(budget, on=TODAY).seen
    admins = [make.hr_admin() for _ in range(4)]
    at_once([
        partial(budget_publishing.publish, budget, seen=seen, starts_on=TODAY, by=who, on=TODAY)
        for who in admins
    ])  # fmt: skip
    assert balance(shop) == 1200
    assert Allocation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_start_and_release_a_budget_once():
    shops = [make.me() for _ in range(3)]
    budget = make.year_budget(("fixed", {"each": D(1000)}, "monthly"))
    make.published_budget(budget, starts_on=MARCH)

    def hour():
        budget_publishing.start_due(on=MARCH)
        releasing.release_due(on=MARCH)

    at_once([hour] * 4)
    assert [balance(shop) for shop in shops] == [100] * 3
    assert sound()


@pytest.mark.django_db(transaction=True)
def test_a_revision_during_a_release_loses_and_doubles_nothing():
    shops = [make.me() for _ in range(3)]
    first = make.published_budget(make.year_budget(("fixed", {"each": D(1100)}, "monthly")))
    draft = revised(first, {"each": D(2200)}, on=MARCH)
    seen = budget_preview.preview(draft, on=MARCH).seen
    publish = partial(
        budget_publishing.publish, draft, seen=seen, starts_on=MARCH, by=make.hr_admin(), on=MARCH
    )
    at_once([partial(releasing.release_due, on=MARCH)] * 3 + [publish])
    assert [balance(shop) for shop in shops] == [400] * 3
    releasing.release_due(on=date(2026, 12, 31))
    assert [balance(shop) for shop in shops] == [2200] * 3
    assert Transfer.objects.aggregate(total=Sum("amount"))["total"] == 6600
    assert sound()
