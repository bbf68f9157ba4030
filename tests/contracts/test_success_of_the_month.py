"""The worked example of PRODUCT 4.2, in both directions and at the edges."""

from decimal import Decimal

import pytest

from contracts.success import Measured, attainment, success_of_month


def test_weights_50_30_20_with_all_half_and_nothing_reached_are_65_percent():
    month = [Measured(50, Decimal(1)), Measured(30, Decimal("0.5")), Measured(20, Decimal(0))]
    assert success_of_month(month) == Decimal("0.65")


def test_what_was_not_measured_does_not_count_against_anybody():
    assert success_of_month([Measured(50, Decimal("0.5")), Measured(50, None)]) == Decimal("0.5")
    assert success_of_month([Measured(50, None)]) is None


@pytest.mark.parametrize(
    ("value", "target", "floor", "direction", "reached"),
    [
        ("80", "90", "70", "higher", "0.5"),
        ("95", "90", "70", "higher", "1"),
        ("60", "90", "70", "higher", "0"),
        ("6", "4", "8", "lower", "0.5"),
        ("3", "4", "8", "lower", "1"),
        ("9", "4", "8", "lower", "0"),
        ("90", "90", "90", "higher", "1"),
        ("89", "90", "90", "higher", "0"),
        ("4", "4", "4", "lower", "1"),
        ("5", "4", "4", "lower", "0"),
    ],
)
def test_a_value_reaches_its_target_between_floor_and_target(
    value, target, floor, direction, reached
):
    got = attainment(
        Decimal(value), target=Decimal(target), floor=Decimal(floor), direction=direction
    )
    assert got == Decimal(reached)
