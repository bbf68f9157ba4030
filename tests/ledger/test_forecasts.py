"""What is left at the year's end, and what one more purchase changes (PRODUCT 4.7)."""

import csv
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.actions import funding
from ledger import actions, budgets, derivation, forecasts, queries
from ledger.models import Cause
from tests import make
from tests.make import year_end as make_year

pytestmark = pytest.mark.django_db
TODAY = date(2026, 10, 20)
OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)


def pay(payer, payee, amount, kind, number):
    actions.pay(
        payer, payee, Decimal(amount), kind=kind, month=OCTOBER, on=TODAY,
        reference=f"{kind}/{number}", cause=Cause("test:thing", number),
    )  # fmt: skip


def test_the_derivation_of_what_is_available():
    """120,000 + 8,000 + 3,000 - 1,000 = 130,000; less 9,000, 52,000, 41,000, 1,500 -> 26,500.00."""
    shop, other = make.me(), make.me()
    make.granted(shop, "120000.00", month=OCTOBER, on=TODAY)
    make.granted(other, "20000.00", month=OCTOBER, on=TODAY)
    mine, theirs = make.wallet(shop), make.wallet(other)
    pay(theirs, mine, "8000.00", "carry_over", 1)
    pay(theirs, mine, "3000.00", "move", 2)
    pay(mine, theirs, "1000.00", "move", 3)
    make_year.promised(shop, "9000.00", month=NOVEMBER, on=TODAY, kind="pre_committed")
    make_year.promised(shop, "52000.00", month=DECEMBER, on=TODAY)
    pay(make.wallet(shop), actions.system_wallet("outside"), "41000.00", "purchase", 4)
    pay(make.wallet(shop), actions.system_wallet("held"), "1500.00", "hold", 5)
    row = next(row for row in derivation.of_all_wallets() if row.wallet == mine.pk)
    assert (row.authorised, row.pre_committed, row.committed) == (130000, 9000, 52000)
    assert (row.spent, row.held, row.available) == (41000, 1500, Decimal("26500.00"))
    bar = make.money(shop, on=TODAY)
    assert (bar.available, bar.spent, bar.held) == (Decimal("26500.00"), 41000, 1500)
    assert bar.received == 130000


def test_a_forecast_takes_off_what_is_signed_and_adds_what_is_to_be_released():
    shop = make.me("Shop", kind="frontline")
    admin = make.hr_admin()
    make.granted(shop, "9000.00", month=OCTOBER, on=TODAY)
    rule = make.budget_draft(shop, "3000.00", release="monthly", by=admin)
    budgets.publish(rule, by=admin, on=TODAY)
    make_year.spent(shop, "500.00", month=OCTOBER, on=TODAY)
    contract = make.agreed(
        shop, price="2000.00", starts_on=NOVEMBER, ends_on=DECEMBER.replace(day=31), on=TODAY
    )
    found = forecasts.forecast_of(shop, on=TODAY)
    assert [row.left for row in found.months[:9]] == [None] * 9
    # 9,000 + 1,000 of October - 500 - 4,000 promised; 1,000 more comes in November and December.
    assert [(row.spent, row.committed, row.grants, row.left) for row in found.months[9:]] == [
        (500, 0, 0, 5500), (0, 2000, 1000, 6500), (0, 2000, 1000, 7500),
    ]  # fmt: skip
    assert found.at_years_end == 7500
    assert [plan.cause for plan in found.ending] == [contract.cause]
    assert found.unfunded == []
    sold = forecasts.forecast_of(contract.provider, on=TODAY)
    assert (sold.total("sales"), sold.at_years_end) == (4000, 0)


def test_what_is_signed_and_does_not_fit_is_planned_and_named():
    shop = make.me(kind="frontline")
    make.granted(shop, "2000.00", month=OCTOBER, on=TODAY)
    contract = make.agreed(
        shop, price="1000.00", starts_on=NOVEMBER, ends_on=date(2027, 6, 30), on=TODAY
    )
    on = date(2027, 1, 5)
    make.granted(shop, "2500.00", month=date(2027, 1, 1), on=on)
    assert funding.commit_due(on=on) == {"committed": 0, "unfunded": 1}
    found = forecasts.forecast_of(shop, on=on)
    assert [row.committed for row in found.months[:3]] == [1000, 1000, 0]
    assert (found.total("planned"), found.at_years_end) == (4000, -3500)
    assert [plan.cause for plan in found.unfunded] == [contract.cause]


def test_a_purchase_is_seen_before_it_is_made_by_month():
    shop = make.me()
    make.granted(shop, "10000.00", month=OCTOBER, on=TODAY)
    make_year.promised(shop, "1000.00", month=NOVEMBER, on=TODAY)
    plan = {NOVEMBER: Decimal(2000), DECEMBER: Decimal(2000), date(2027, 1, 1): Decimal(2000)}
    found = forecasts.what_if(shop, plan, on=TODAY)
    assert (found.now.available, found.needed, found.later, found.left) == (9000, 4000, 2000, 5000)
    assert [(row.month, row.before, row.purchase, row.after) for row in found.months] == [
        (NOVEMBER, 1000, 2000, 3000), (DECEMBER, 0, 2000, 2000),
    ]  # fmt: skip
    assert found.after.available == 5000
    short = forecasts.what_if(shop, {NOVEMBER: Decimal(9500)}, on=TODAY)
    assert (short.after, short.lacks) == (None, 500)


def test_what_is_promised_for_the_same_purchase_is_not_needed_twice():
    shop = make.me()
    make.granted(shop, "10000.00", month=OCTOBER, on=TODAY)
    cause = make_year.promised(shop, "1000.00", month=NOVEMBER, on=TODAY)
    found = forecasts.what_if(shop, {NOVEMBER: Decimal(1500)}, on=TODAY, cause=cause)
    assert (found.needed, found.months[0].before, found.months[0].after) == (500, 0, 1500)


def test_a_forecast_costs_the_same_with_many_contracts():
    shop = make.me(kind="frontline")
    make.granted(shop, "100000.00", month=OCTOBER, on=TODAY)

    def cost():
        with CaptureQueriesContext(connection) as caught:
            forecasts.forecast_of(shop, on=TODAY)
        return len(caught)

    make.agreed(shop, starts_on=NOVEMBER, on=TODAY)
    few = cost()
    for _ in range(4):
        make.agreed(shop, starts_on=NOVEMBER, on=TODAY)
    assert cost() == few


def test_the_page_and_its_csv(client, time_machine):
    time_machine.move_to("2026-10-20T09:00:00Z")
    shop = make.me("Shop", kind="frontline")
    make.granted(shop, "9000.00", month=OCTOBER, on=TODAY)
    client.force_login(make.member(shop))
    make_year.promised(shop, "1000.00", month=NOVEMBER, on=TODAY)
    page = client.get("/money/forecast/").content.decode()
    assert "8,000.00" in page
    assert "Notional" in page
    rows = list(
        csv.DictReader(StringIO(client.get("/money/forecast/?format=csv").content.decode()))
    )
    assert (rows[10]["month"], rows[10]["committed"], rows[10]["left"]) == (
        "2026-11", "1000.00", "8000.00",
    )  # fmt: skip
    assert {row["basis"] for row in rows} == {"notional"}
    assert queries.fiscal_year_of(TODAY) == 2026
