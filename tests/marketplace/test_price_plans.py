"""Price plans by the worked examples of PRODUCT 4.4 and 4.6."""

from datetime import date
from decimal import Decimal

import pytest

from marketplace.price_plans import Plan, PricePlan, planned_by_month

ZERO = Decimal(0)


def planned(plan, price, starts_on, ends_on, quantity=ZERO):
    terms = PricePlan(plan, Decimal(price), "unit")
    return planned_by_month(terms, quantity=Decimal(quantity), starts_on=starts_on, ends_on=ends_on)


@pytest.mark.parametrize(
    ("price", "starts_on", "ends_on", "cost"),
    [
        ("9000", date(2026, 6, 11), date(2026, 6, 30), "6000.00"),
        ("3000", date(2026, 2, 1), date(2026, 2, 14), "1500.00"),
        ("3000", date(2026, 1, 31), date(2026, 1, 31), "96.77"),
        ("3000", date(2026, 1, 1), date(2026, 1, 31), "3000.00"),
    ],
)
def test_a_fixed_fee_is_prorated_by_calendar_days(price, starts_on, ends_on, cost):
    assert planned(Plan.FIXED, price, starts_on, ends_on) == {
        starts_on.replace(day=1): Decimal(cost)
    }


def test_units_are_per_month_and_never_prorated():
    cost = planned(Plan.PER_UNIT, "30", date(2026, 3, 16), date(2026, 4, 2), quantity="180")
    assert cost == {date(2026, 3, 1): Decimal("5400.00"), date(2026, 4, 1): Decimal("5400.00")}


def test_a_plan_knows_its_fixed_and_its_used_part():
    fixed = PricePlan(Plan.FIXED, Decimal(12000), "month")
    assert (fixed.monthly_fee(), fixed.usage_amount(Decimal(5))) == (Decimal(12000), ZERO)
    per_unit = PricePlan(Plan.PER_UNIT, Decimal(30), "hire")
    assert (per_unit.monthly_fee(), per_unit.usage_amount(Decimal(180))) == (ZERO, Decimal(5400))


def test_a_term_over_the_year_has_every_month_once_in_order():
    cost = planned(Plan.FIXED, "2000", date(2026, 10, 1), date(2027, 9, 30))
    assert list(cost) == sorted(cost)
    assert (len(cost), sum(cost.values())) == (12, Decimal("24000.00"))
