"""Money becomes real by one dated switch per ME (PRODUCT 4.7)."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.constraints import name_of
from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import AuditEvent
from ledger import actions, basis, budgets, checks, drafting, shadows, statements, switching
from ledger.models import ChargedSwitch, Transfer
from tests import make
from tests.make import year_end as make_year

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
TODAY = date(2026, 10, 20)
SWITCH = (
    "INSERT INTO ledger_chargedswitch (micro_enterprise_id, starts_on, operating, learning, reason,"
    " state, planned_on, decided_on, decided_at, refusal, finished_on) SELECT micro_enterprise_id,"
    " {starts_on}, {operating}, learning, '', {state}, planned_on, {decided_on}, NULL, '', NULL"
    " FROM ledger_chargedswitch"
)


def attempt(*, starts_on="starts_on", operating="0", state="'refused'", decided_on="starts_on"):
    return SWITCH.format(
        starts_on=starts_on, operating=operating, state=state, decided_on=decided_on
    )


ATTEMPTS = [
    ("done_switch_never_changes", "UPDATE ledger_chargedswitch SET starts_on = '2026-12-01'"),
    ("done_switch_never_changes", "DELETE FROM ledger_chargedswitch"),
    ("one_switch_per_me", attempt(state="'planned'", decided_on="NULL")),
    ("switch_is_on_a_first", attempt(starts_on="DATE '2026-11-02'")),
    ("switch_grants_are_not_negative", attempt(operating="-1")),
    ("decided_switch_names_its_day", attempt(decided_on="NULL")),
    ("switch_is_done_from_its_day_on", attempt(state="'done'", decided_on="DATE '2026-10-31'")),
]


def broken():
    return [sentence for each in checks.findings() for sentence in each.broken]


def planned(me, operating="5000.00", *, learning="0.00", starts_on=NOVEMBER, by=None):
    return switching.plan(
        me, starts_on=starts_on, operating=Decimal(operating), learning=Decimal(learning),
        reason="Three notional months went well.", by=by or make.hr_admin(), on=TODAY,
    )  # fmt: skip


def switched(me, operating="5000.00", **rest):
    planned(me, operating, **rest)
    assert switching.switch_due(on=NOVEMBER) == {"switched": 1, "refused": 0}


@pytest.fixture
def shop():
    """10,000.00, of which 1,000.00 is promised for October and 2,000.00 for November."""
    shop = make.me("Shop North", kind="frontline")
    make.granted(shop, "10000.00", month=OCTOBER, on=TODAY)
    make_year.promised(shop, "1000.00", month=OCTOBER, on=TODAY)
    make_year.promised(shop, "2000.00", month=NOVEMBER, on=TODAY)
    return shop


def test_the_notional_balance_goes_back_except_what_is_reserved_for_earlier_months(shop):
    part = switching.preview(shop, starts_on=NOVEMBER, on=TODAY)[0]
    assert (part.balance, part.kept, part.returned, part.others) == (10000, 1000, 9000, 2000)
    switched(shop)
    wallet = make.wallet(shop)
    assert (wallet.balance, wallet.reserved) == (6000, 3000)
    rows = Transfer.objects.filter(reference__startswith="switch/").order_by("reference")
    assert [(row.amount, row.month, row.is_charged) for row in rows] == [
        (5000, NOVEMBER, True), (9000, OCTOBER, False),
    ]  # fmt: skip
    assert AuditEvent.objects.filter(action="switch.done").count() == 1
    assert switching.switch_due(on=NOVEMBER) == {"switched": 0, "refused": 0}
    assert broken() == []


def test_what_earlier_months_did_not_need_returns_when_they_lock(shop):
    switched(shop)
    october = make.wallet(shop).reservations.open().get(month=OCTOBER)
    on = date(2026, 11, 6)
    actions.pay_promised(
        october.cause, actions.wallet_of(make.me(), month=OCTOBER), Decimal(800), kind="charge",
        month=OCTOBER, reference="2026-10/contract/1/net", on=on,
    )  # fmt: skip
    assert switching.return_due(on=on) == {"returned": 0, "total": "0.00"}
    make_year.locked(OCTOBER)
    on = date(2026, 11, 10)
    assert switching.return_due(on=on) == {"returned": 1, "total": "200.00"}
    assert switching.return_due(on=on) == {"returned": 0, "total": "0.00"}
    wallet = make.wallet(shop)
    assert (wallet.balance, wallet.reserved) == (5000, 2000)
    assert ChargedSwitch.objects.get().finished_on == on
    assert broken() == []


def test_a_grant_that_does_not_cover_the_other_promises_refuses_the_switch_with_the_figures(shop):
    switch = planned(shop, "1500.00")
    assert switching.switch_due(on=NOVEMBER) == {"switched": 0, "refused": 1}
    switch.refresh_from_db()
    assert switch.state == "refused"
    assert switch.refusal == (
        "2,000.00 is promised in the operating wallet for later months or outside; the charged "
        "grant of 1,500.00 does not cover it."
    )
    assert make.wallet(shop).balance == 10000
    assert not Transfer.objects.filter(is_charged=True).exists()
    planned(shop, starts_on=DECEMBER)


def test_an_order_outside_is_real_money_whatever_its_month(shop):
    make.ordered_outside(shop, price="500.00", on=TODAY)
    assert switching.preview(shop, starts_on=NOVEMBER, on=TODAY)[0].others == 2500


def test_a_movement_is_charged_only_if_both_are_charged_on_the_first_of_its_month(shop):
    services, notional = make.me(), make.me()
    switched(shop)
    planned(services, "0.00")
    switching.switch_due(on=NOVEMBER)
    november = make_year.sold(services, shop, "100.00", month=NOVEMBER, on=date(2026, 12, 6))
    october = make_year.sold(services, shop, "100.00", month=OCTOBER, on=date(2026, 11, 6))
    mixed = make_year.sold(notional, shop, "100.00", month=NOVEMBER, on=date(2026, 12, 6))
    assert [row.is_charged for row in (november, october, mixed)] == [True, False, False]
    outside = make_year.spent(notional, "50.00", month=NOVEMBER, on=date(2026, 12, 6))
    assert outside.is_charged
    assert make.granted(notional, "1.00", month=NOVEMBER).balance > 0
    assert broken() == []


def test_held_money_keeps_the_basis_it_was_held_with(shop):
    cause = Transfer.objects.first().cause
    held = actions.system_wallet("held")
    actions.pay(
        make.wallet(shop), held, Decimal(100), kind="hold", month=OCTOBER, reference="hold/1",
        cause=cause, on=TODAY,
    )  # fmt: skip
    switched(shop)
    row = actions.pay(
        held, make.wallet(shop), Decimal(100), kind="release", month=NOVEMBER,
        reference="hold/1/back", cause=cause, on=NOVEMBER,
    )  # fmt: skip
    assert not row.is_charged
    assert broken() == []


def test_a_switch_with_the_new_year_lets_the_old_notional_money_lapse(shop):
    make.me(kind="platform")
    planned(shop, "8000.00", starts_on=make_year.NEXT_JANUARY)
    on = make_year.NEXT_JANUARY
    assert switching.switch_due(on=on) == {"switched": 1, "refused": 0}
    assert make.wallet(shop).balance == 3000
    make_year.year_closed()
    new = make.wallet(shop, year=2027)
    assert (new.balance, new.reserved) == (11000, 3000)
    assert broken() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"starts_on": date(2026, 11, 2)}, "on a 1st that lies ahead"),
        ({"starts_on": OCTOBER}, "on a 1st that lies ahead"),
        ({"operating": Decimal("NaN")}, "no amount that can be granted"),
        ({"operating": Decimal("1e30")}, "no amount that can be granted"),
        ({"learning": Decimal("1.005")}, "no amount that can be granted"),
        ({"reason": " "}, "Say why"),
    ],
)
def test_a_plan_says_what_is_wrong(shop, changes, said):
    wanted = {
        "starts_on": NOVEMBER, "operating": Decimal(5000), "learning": Decimal(0), "reason": "Yes.",
    }  # fmt: skip
    with pytest.raises(Invalid, match=said):
        switching.plan(shop, **wanted | changes, by=make.hr_admin(), on=TODAY)


def test_who_plans_a_switch_and_for_whom(shop):
    own = make.user(is_hr_admin=True)
    make.member(shop, who=own)
    with pytest.raises(Refused, match="a second HR admin plans its switch"):
        planned(shop, by=own)
    with pytest.raises(Forbidden, match="Only HR admins"):
        planned(shop, by=make.lead(shop))
    planned(shop)
    with pytest.raises(Refused, match="has a switch already"):
        planned(shop)


def test_a_planned_switch_is_cancelled_until_the_day_before(shop):
    switch, admin = planned(shop), make.hr_admin()
    for _ in range(2):
        assert switching.cancel(switch, by=admin, on=TODAY).state == "cancelled"
    assert switching.switch_due(on=NOVEMBER) == {"switched": 0, "refused": 0}
    again = planned(shop)
    switching.switch_due(on=NOVEMBER)
    with pytest.raises(Refused, match="is done and cannot be cancelled"):
        switching.cancel(again, by=admin, on=NOVEMBER)


@pytest.mark.parametrize(("constraint", "statement"), ATTEMPTS)
def test_the_database_keeps_a_switch(shop, constraint, statement):
    switched(shop)
    with (
        pytest.raises(IntegrityError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert name_of(refused.value) == constraint


def test_the_basis_of_an_me_by_month(shop):
    switched(shop)
    assert basis.of_me(shop, month=OCTOBER) == "notional"
    assert basis.of_me(shop, month=NOVEMBER) == "charged"
    statement = statements.statement_of(shop, month=NOVEMBER, on=NOVEMBER)
    assert (statement.basis, [line.basis for line in statement.lines]) == ("charged", ["charged"])
    assert statement.as_json()["basis"] == "charged"


def test_the_shadow_statement_sets_a_month_beside_the_former_cost():
    admin, department = make.hr_admin(), make.me("Recruiting")
    shops = [make.me(name, kind="frontline") for name in ("North", "South", "West")]
    customers = [
        drafting.Customer(each, Decimal(use), Decimal(heads))
        for each, use, heads in zip(shops, (60, 30, 10), (20, 20, 10), strict=True)
    ]
    rule = drafting.draft_department(
        department, customers, drafting.Envelope("operating", 2026, "yearly", "Recruiting"),
        former_cost=Decimal(240000), period="2025", phase_in=Decimal("0.25"), by=admin, on=TODAY,
    )  # fmt: skip
    budgets.publish(rule, by=admin, on=TODAY)
    make_year.sold(department, shops[0], "9500.00", month=OCTOBER, on=date(2026, 11, 6))
    line = shadows.shadow_of(shops[0], month=OCTOBER).lines[0]
    assert (line.former_cost, line.share, line.paid) == (20000, 11000, 9500)
    assert (line.percent, line.difference) == (55, 1500)
    own = shadows.shadow_of(department, month=OCTOBER).lines[0]
    assert (own.is_department, own.former_cost, own.paid) == (True, 20000, 9500)
    switched(shops[0], "1000.00")
    assert shadows.shadow_of(shops[0], month=NOVEMBER).lines == []
    assert shadows.shadow_of(shops[0], month=OCTOBER).lines != []
