"""How a budget is divided, to the cent."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger import allocating
from ledger.allocating import Use
from ledger.money import split

CENTS = some.decimals(min_value=0, max_value=10**12, places=2)
WEIGHTS = some.lists(some.decimals(min_value=0, max_value=10**6, places=3), min_size=1, max_size=40)


def test_a_former_cost_goes_to_its_customers_by_use_and_by_heads():
    customers = [Use(Decimal(60), Decimal(20)), Use(Decimal(30), Decimal(20))]
    customers.append(Use(Decimal(10), Decimal(10)))
    quarter = Decimal("0.25")
    assert allocating.shares(customers, phase_in=quarter) == [
        Fraction(55, 100), Fraction(325, 1000), Fraction(125, 1000),
    ]  # fmt: skip
    amounts = allocating.to_customers(Decimal("240000.00"), customers, phase_in=quarter)
    assert amounts == [Decimal("132000.00"), Decimal("78000.00"), Decimal("30000.00")]


@pytest.mark.parametrize(
    ("use", "heads", "phase_in", "missing"),
    [(0, 1, "0.5", "use"), (1, 0, "0.5", "heads"), (0, 0, "1", "heads"), (0, 0, "0", "use")],
)
def test_nothing_can_be_divided_by_nothing(use, heads, phase_in, missing):
    customers = [Use(Decimal(use), Decimal(heads))] * 2
    with pytest.raises(ValueError, match=missing):
        allocating.shares(customers, phase_in=Decimal(phase_in))


def test_by_use_alone_needs_no_heads():
    customers = [Use(Decimal(3), Decimal(0)), Use(Decimal(1), Decimal(0))]
    amounts = allocating.to_customers(Decimal("100.00"), customers, phase_in=Decimal(0))
    assert amounts == [Decimal("75.00"), Decimal("25.00")]


def test_a_hundred_in_three_gives_the_odd_cent_to_the_first():
    assert split(Decimal("100.00"), [Decimal(1)] * 3) == [
        Decimal("33.34"), Decimal("33.33"), Decimal("33.33"),
    ]  # fmt: skip
    assert split(Decimal("-100.00"), [Decimal(1)] * 3) == [
        Decimal("-33.34"), Decimal("-33.33"), Decimal("-33.33"),
    ]  # fmt: skip


@given(CENTS, WEIGHTS)
def test_shares_add_up_to_the_whole_and_none_is_negative(total, weights):
    if not any(weights):
        with pytest.raises(ValueError, match="above zero"):
            split(total, weights)
        return
    shares = split(total, weights)
    assert sum(shares) == total
    whole = sum(map(Fraction, weights))
    for share, weight in zip(shares, weights, strict=True):
        assert share.as_tuple().exponent == -2
        assert abs(Fraction(share) - Fraction(total) * Fraction(weight) / whole) < Fraction(1, 100)
        assert share >= 0
        assert weight or not share


@given(CENTS, some.integers(1, 60))
def test_equal_weights_give_the_odd_cents_to_the_earlier_listed(total, count):
    shares = split(total, [Decimal(1)] * count)
    assert shares == sorted(shares, reverse=True)
    assert shares[0] - shares[-1] <= Decimal("0.01")


def test_a_year_is_granted_at_once_or_over_the_months_that_are_left():
    year = {"year": 2026, "starts_in": 1}
    september = date(2026, 9, 15)
    amount = Decimal("1000.00")
    assert allocating.by_month(amount, is_monthly=False, since=september, **year) == {
        date(2026, 9, 1): amount
    }
    monthly = allocating.by_month(
        Decimal("100.00"), is_monthly=True, since=date(2026, 10, 2), **year
    )
    assert monthly == {
        date(2026, 10, 1): Decimal("33.34"),
        date(2026, 11, 1): Decimal("33.33"),
        date(2026, 12, 1): Decimal("33.33"),
    }


def test_a_fiscal_year_may_start_in_april_and_a_year_that_is_over_gets_nothing():
    before = allocating.by_month(
        Decimal("12.00"), is_monthly=True, year=2026, starts_in=4, since=date(2026, 1, 5)
    )
    assert (min(before), max(before)) == (date(2026, 4, 1), date(2027, 3, 1))
    over = {"year": 2025, "starts_in": 1, "since": date(2026, 1, 1)}
    assert allocating.by_month(Decimal(1), is_monthly=True, **over) == {}
    assert allocating.by_month(Decimal(1), is_monthly=False, **over) == {}


def test_a_month_without_a_cent_is_left_out():
    few = allocating.by_month(
        Decimal("0.02"), is_monthly=True, year=2026, starts_in=1, since=date(2026, 1, 1)
    )
    assert few == {date(2026, 1, 1): Decimal("0.01"), date(2026, 2, 1): Decimal("0.01")}
