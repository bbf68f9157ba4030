"""How far a month reached what both sides call success, free of Django (PRODUCT 4.2)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

HIGHER = "higher"
_NONE, _ALL = Decimal(0), Decimal(1)


def attainment(value: Decimal, *, target: Decimal, floor: Decimal, direction: str) -> Decimal:
    """`(value - floor) / (target - floor)` between 0 and 1; where floor = target, 1 or 0.

    `direction` is `higher` or `lower`, whichever is better.
    """
    if target == floor:
        is_met = value >= target if direction == HIGHER else value <= target
        return _ALL if is_met else _NONE
    return min(max((value - floor) / (target - floor), _NONE), _ALL)


class Measured(NamedTuple):
    """The weight of one measure, and its attainment; None where it was not measured."""

    weight: int
    attainment: Decimal | None


def success_of_month(measures: Iterable[Measured]) -> Decimal | None:
    """The weighted mean over what was measured: 50/30/20 at 1, 0.5, 0 is 65 %; None if nothing."""
    counted = [m for m in measures if m.attainment is not None]
    if not counted:
        return None
    total = sum((m.weight * m.attainment for m in counted if m.attainment is not None), _NONE)
    return total / sum(m.weight for m in counted)
