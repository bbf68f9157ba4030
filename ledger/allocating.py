"""How a budget is divided among customers and over months, free of Django (PRODUCT 4.8)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from ledger.money import split
from ledger.months import month_of, months_of_year

WHOLE = Decimal(1)


class Use(NamedTuple):
    """What one customer used of the department last year, and its head count."""

    use: Decimal
    heads: Decimal


def shares(customers: Sequence[Use], *, phase_in: Decimal) -> list[Fraction]:
    """`share = (1 - a) x old use + a x head count`, each as a part of its whole (PRODUCT 4.8).

    Use 60, 30, 10 and heads 20, 20, 10 with a = 0.25 give 0.55, 0.325, 0.125. ValueError names
    the part that is missing: with no use at all, or with no heads, there is nothing to divide by.
    """
    used = Fraction(sum(customer.use for customer in customers))
    heads = Fraction(sum(customer.heads for customer in customers))
    if not used and phase_in < WHOLE:
        raise ValueError("use")
    if not heads and phase_in:
        raise ValueError("heads")
    by_head = Fraction(phase_in)
    return [
        (1 - by_head) * (Fraction(customer.use) / used if used else 0)
        + by_head * (Fraction(customer.heads) / heads if heads else 0)
        for customer in customers
    ]


def to_customers(cost: Decimal, customers: Sequence[Use], *, phase_in: Decimal) -> list[Decimal]:
    """The former cost of a department as amounts of its customers, in their order.

    Their sum is the former cost to the cent: 240,000 becomes 132,000, 78,000 and 30,000 in the
    example of `shares`. ValueError as there.
    """
    return split(cost, shares(customers, phase_in=phase_in))


def by_month(
    amount: Decimal, *, is_monthly: bool, year: int, starts_in: int, since: date
) -> dict[date, Decimal]:
    """What is released in which month of the fiscal year, from the month of `since` on.

    All at once in the first of those months, or split over them by largest remainder, where a
    month without a cent is left out. Nothing if the year has ended before `since`.
    """
    months = [m for m in months_of_year(year, starts_in=starts_in) if m >= month_of(since)]
    if not is_monthly:
        return dict.fromkeys(months[:1], amount)
    if not months:
        return {}
    parts = split(amount, [WHOLE] * len(months))
    return {month: part for month, part in zip(months, parts, strict=True) if part}
