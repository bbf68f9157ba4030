"""Profit and loss of MEs by month and by the hour (PRODUCT 4.15)."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from contracts.actions import dispute_clock, disputes
from ledger import actions
from ledger.checks import findings
from ledger.models import Cause, Transfer
from ledger.profit import Profit
from ledger.profit_reading import profit_of_year, profits
from tests import make
from tests.make import APRIL, MARCH

D = Decimal
APRIL_6, APRIL_20 = date(2026, 4, 6), date(2026, 4, 20)


def broken():
    return [each.what for each in findings() if each.broken]


def test_the_worked_example_makes_60_an_hour_of_which_22_are_left():
    month = Profit(
        outside_sales=D(90000), inside_sales=D(12000), inside_purchases=D(30000),
        other_costs=D(21600), labour=D(840 * 38), hours=D(840), entry_count=3,
    )  # fmt: skip
    assert (month.net_production, month.value_added) == (D(72000), D(50400))
    assert (month.per_hour, month.labour_per_hour) == (D("60.00"), D("38.00"))
    assert month.margin_per_hour == D("22.00")
    year = month + month
    assert (year.value_added, year.per_hour) == (D(100800), D("60.00"))


def test_without_hours_there_is_no_figure_by_the_hour():
    month = Profit(outside_sales=D(5))
    assert (month.per_hour, month.margin_per_hour) == (None, None)
    assert not month.is_on_record


@pytest.mark.django_db
def test_the_same_figures_come_from_contracts_records_and_sales():
    shop, lab, kitchen = make.me("Shop"), make.me("Lab"), make.me("Kitchen")
    make.active(shop, lab, price="30000.00")
    make.active(kitchen, shop, price="12000.00")
    make.settled(MARCH, on=APRIL_6)
    on = {"month": MARCH, "on": APRIL_6}
    make.outside_sale(shop, "90000.00", **on)
    make.labour(shop, "31920.00", "840", **on)
    make.other_cost(shop, "20600.00", **on)
    actions.pay(
        make.wallet(shop), actions.system_wallet("outside"), D(1000), kind=Transfer.Kind.PURCHASE,
        month=MARCH, reference="order/1", cause=Cause("x:y", 1), on=APRIL_6,
    )  # fmt: skip
    month = profit_of_year(shop, year=2026)[MARCH]
    assert (month.outside_sales, month.inside_sales) == (D(90000), D(12000))
    assert (month.inside_purchases, month.net_production) == (D(30000), D(72000))
    assert (month.costs, month.paid_outside, month.value_added) == (D(21600), D(1000), D(50400))
    assert (month.per_hour, month.margin_per_hour) == (D("60.00"), D("22.00"))
    assert profit_of_year(lab, year=2026)[MARCH].inside_sales == D(30000)
    assert broken() == []


@pytest.mark.django_db
@pytest.mark.parametrize("day", [date(2026, 4, 5), date(2026, 4, 7)])
def test_what_a_dispute_gives_back_is_no_sale_and_what_it_gives_the_provider_is_one(day):
    """1,400 at 40 % for the buyer: 560.00 back, 840.00 to the provider (PRODUCT 4.12)."""
    contract = make.agreed(price="12000.00")
    buyer, provider = contract.buyer, contract.provider
    on_preview = day < APRIL_6
    make.settled(MARCH, to="computed" if on_preview else "posted", on=date(2026, 4, 4))
    dispute = make.disputed(contract, "1400.00", on=day)
    if on_preview:
        make.settled(MARCH, on=APRIL_6)
    held = profits(first=MARCH, last=APRIL)
    expected = D(10600) if on_preview else D(12000)
    assert held[provider.pk, MARCH].inside_sales == expected
    make.answered(dispute, "offered", percent="40", on=date(2026, 4, 7))
    disputes.answer_offer(dispute, accepts=True, by=make.lead_of(buyer), on=date(2026, 4, 8))
    dispute_clock.run_due(on=APRIL_20)
    found = profits(first=MARCH, last=APRIL)
    for me, line in ((provider, "inside_sales"), (buyer, "inside_purchases")):
        total = sum(getattr(found.get((me.pk, each), Profit()), line) for each in (MARCH, APRIL))
        assert total == D("11440.00")
    assert broken() == []


@pytest.mark.django_db
def test_the_levy_is_a_cost_of_the_provider_and_income_of_the_platform():
    platform = make.me("Platform", kind="platform")
    make.policy("levy_percent", value=2)
    make.policy("levy_micro_enterprise", value=platform.pk)
    contract = make.agreed(price="10000.00")
    make.settled(MARCH, on=APRIL_6)
    found = profits(first=MARCH, last=MARCH)
    assert found[contract.provider.pk, MARCH].levy == D(200)
    assert found[platform.pk, MARCH].levy == D(-200)
    assert found[platform.pk, MARCH].value_added == D(200)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [2, 40])
def test_any_number_of_mes_takes_three_queries(count, django_assert_num_queries):
    for _ in range(count):
        make.outside_sale(make.me(), "5.00")
    with django_assert_num_queries(3):
        assert len(profits(first=date(2026, 1, 1), last=MARCH)) == count


@pytest.mark.django_db
def test_a_sale_without_its_purchase_turns_the_check_red():
    make.agreed(price="10000.00")
    make.settled(MARCH, on=APRIL_6)
    assert "profit_cancels_over_the_firm" not in broken()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_transfer DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_transfer SET kind = 'subsidy' WHERE kind = 'charge'")
        cursor.execute("ALTER TABLE ledger_transfer ENABLE TRIGGER USER")
    assert "profit_cancels_over_the_firm" in broken()
