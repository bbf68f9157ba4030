"""How far a month was a success, for plans that are paid by it; free of Django (PRODUCT 4.2, 4.4).

A month's gate is its success over all measures that were measured, or the attainment of the one
that the terms name. While a value is contested, or nothing stands, the month waits.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from contracts.success import Measured, attainment, success_of_month


class Result(NamedTuple):
    """One measure's value of a month under one version of the terms.

    `stands` says that it was entered, uncontested, by the closing day of the run.
    """

    version: int
    month: date
    name: str
    weight: int
    direction: str
    target: Decimal
    floor: Decimal
    value: Decimal
    is_contested: bool
    stands: bool

    @property
    def attainment(self) -> Decimal:
        return attainment(
            self.value, target=self.target, floor=self.floor, direction=self.direction
        )


def gate_of(
    results: Sequence[Result], *, version: int, month: date, measure: str
) -> Decimal | None:
    """The share that is paid, 0 to 1; None while the month waits.

    `measure` is the one that decides, or empty for the success of the month.
    """
    told = [each for each in results if (each.version, each.month) == (version, month)]
    if measure:
        told = [each for each in told if each.name == measure]
    if any(each.is_contested for each in told):
        return None
    return success_of_month(Measured(each.weight, each.attainment) for each in told if each.stands)
