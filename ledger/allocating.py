"""How a budget is divided among customers and over months, free of Django (PRODUCT 4.8)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from ledger.money import ZERO, split
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


def going_on(plan: Mapping[date, Decimal], *, brought: Decimal, first: date) -> dict[date, Decimal]:
    """What of a plan is still released from the month `first` on, when `brought` was before.

    What was due by then and is missing comes in `first`; what was too much is set off against the
    months that follow. 1,800.00 over twelve months with 300.00 brought is 300.00 in April and
    150.00 in each month after it.
    """
    due: dict[date, Decimal] = defaultdict(Decimal)
    for month, amount in plan.items():
        due[max(month, first)] += amount
    parts, so_far, done = {}, ZERO, brought
    for month in sorted(due):
        so_far += due[month]
        if so_far > done:
            parts[month], done = so_far - done, so_far
    return parts


def shared_out(
    brought: Decimal, *, due: Sequence[Decimal], planned: Sequence[Decimal]
) -> list[Decimal]:
    """What an ME has received before, laid against the parts of a new version, in their order.

    First up to what is due of each part, then up to what is planned; the rest on the last one.
    """
    laid = [ZERO] * len(planned)
    for most in (due, planned):
        for place, limit in enumerate(most):
            more = min(brought, max(ZERO, limit - laid[place]))
            laid[place] += more
            brought -= more
    if laid:
        laid[-1] += brought
    return laid
