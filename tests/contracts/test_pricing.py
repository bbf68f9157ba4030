"""Fees by active days and planned amounts, with the worked examples of PRODUCT 4.4, 4.6, 4.7."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.pricing import Days, PricedDays, commitment, fee, planned_by_month
from ledger.months import days_in, last_day, month_of
from marketplace.price_plans import Plan, PricePlan

FOREVER = date(2030, 12, 31)


def fixed(price):
    return PricePlan(Plan.FIXED, Decimal(price), "month")


@pytest.mark.parametrize(
    ("spans", "month", "amount"),
    [
        ([("2026-06-11", "2026-12-31", "9000")], "2026-06-01", "6000.00"),
        ([("2026-01-01", "2026-02-14", "3000")], "2026-02-01", "1500.00"),
        ([("2026-01-31", "2026-01-31", "3000")], "2026-01-01", "96.77"),
        (
            [("2026-01-01", "2026-03-14", "6000"), ("2026-03-15", "2026-12-31", "7200")],
            "2026-03-01",
            "6658.06",
        ),
        ([("2026-01-01", "2026-12-31", "2000")], "2026-02-01", "2000.00"),
        ([("2026-01-01", "2026-12-31", "2000")], "2027-01-01", "0.00"),
        ([], "2027-01-01", "0.00"),
    ],
)
def test_a_fee_is_prorated_by_active_days_and_rounded_once(spans, month, amount):
    prices = [
        PricedDays(date.fromisoformat(first), date.fromisoformat(last), Decimal(price))
        for first, last, price in spans
    ]
    assert fee(prices, date.fromisoformat(month)) == Decimal(amount)


def test_suspended_days_are_not_charged():
    price = [PricedDays(date(2026, 1, 1), FOREVER, Decimal(3100))]
    pause = [Days(date(2026, 3, 11), date(2026, 4, 5))]
    assert fee(price, date(2026, 3, 1), suspended=pause) == Decimal("1000.00")
    assert fee(price, date(2026, 5, 1), suspended=pause) == Decimal("3100.00")


def test_twelve_months_signed_in_october_commit_three_now_and_nine_in_future():
    plan = planned_by_month(
        fixed("2000.00"), expected=None, starts_on=date(2026, 10, 1), ends_on=date(2027, 9, 30)
    )
    assert len(plan) == 12
    split = commitment(plan, on=date(2026, 9, 20), year_starts_in=1)
    assert split == (Decimal("6000.00"), Decimal("18000.00"))
    assert split.total == 24000
    assert commitment(plan, on=date(2026, 9, 20), year_starts_in=10) == (0, 24000)


def test_expected_usage_is_planned_for_every_month_and_never_prorated():
    plan = planned_by_month(
        PricePlan(Plan.PER_UNIT, Decimal("30.00"), "hire"), expected=Decimal("180.000"),
        starts_on=date(2026, 3, 30), ends_on=date(2026, 5, 2),
    )  # fmt: skip
    assert list(plan.values()) == [Decimal("5400.00")] * 3


def test_expected_usage_is_rounded_half_up_to_the_cent():
    plan = planned_by_month(
        PricePlan(Plan.PER_UNIT, Decimal("0.01"), "hire"), expected=Decimal("0.500"),
        starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 31),
    )  # fmt: skip
    assert plan == {date(2026, 3, 1): Decimal("0.01")}


def test_a_cut_term_is_planned_to_that_day_inclusive():
    plan = planned_by_month(
        fixed("3000.00"), expected=None, starts_on=date(2026, 3, 1), ends_on=date(2026, 12, 31),
        ended_on=date(2026, 4, 15),
    )  # fmt: skip
    assert plan == {date(2026, 3, 1): Decimal("3000.00"), date(2026, 4, 1): Decimal("1500.00")}


def test_a_term_that_never_began_has_no_month():
    plan = planned_by_month(
        fixed("3000.00"), expected=None, starts_on=date(2026, 3, 1), ends_on=date(2026, 12, 31),
        ended_on=date(2026, 2, 28),
    )  # fmt: skip
    assert plan == {}


days = st.dates(date(2024, 1, 1), date(2027, 12, 31))
prices = st.decimals("0.01", "99999.99", places=2)


@given(price=prices, start=days, end=days, month=days.map(month_of))
def test_a_fee_is_never_below_zero_nor_above_the_price(price, start, end, month):
    amount = fee([PricedDays(start, end, price)], month)
    assert 0 <= amount <= price
    is_whole = start <= month and end >= last_day(month)
    assert not is_whole or amount == price


@given(price=prices, month=days.map(month_of), cut=st.integers(1, 27))
def test_two_parts_of_a_month_at_one_price_cost_the_month(price, month, cut):
    turn = month.replace(day=cut)
    parts = [
        PricedDays(month, turn, price),
        PricedDays(turn.replace(day=cut + 1), month.replace(day=days_in(month)), price),
    ]
    assert fee(parts, month) == price
