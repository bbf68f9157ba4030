"""What a contract costs in a month, free of Django: fees by active days, and the planned amounts.

A month is the date of its first day; every span of days is inclusive at both ends (PRODUCT 4.6).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from ledger.money import ZERO, to_cents
from ledger.months import days_in, fiscal_year, last_day, months_between
from marketplace.price_plans import PricePlan


class Days(NamedTuple):
    """From a day to a day, both inclusive; empty where `last` lies before `first`."""

    first: date
    last: date

    def shared(self, other: "Days") -> "Days":
        return Days(max(self.first, other.first), min(self.last, other.last))

    @property
    def length(self) -> int:
        return max(0, (self.last - self.first).days + 1)


class PricedDays(NamedTuple):
    """Days on which one monthly price holds."""

    first: date
    last: date
    price: Decimal


@lru_cache(maxsize=1000)  # A month's settlement asks a million times for the same few.
def days_of(month: date) -> Days:
    return Days(month, last_day(month))


def fee(prices: Sequence[PricedDays], month: date, *, suspended: Sequence[Days] = ()) -> Decimal:
    """The month's fee over all its prices, by active calendar days, rounded once (PRODUCT 4.6).

    9,000 from 11 June is 6,000.00; 6,000 that becomes 7,200 on 15 March is 6,658.06. The spans of
    `prices` must not overlap, nor those of `suspended`, whose days are not charged.
    """
    exact = sum((span.price * _active_days(span, month, suspended) for span in prices), ZERO)
    return to_cents(exact / days_in(month))


class Planned(NamedTuple):
    """Days on which one price plan holds, and the units a month that are expected on them."""

    days: Days
    plan: PricePlan
    expected: Decimal | None


def planned_over(
    spans: Sequence[Planned], *, suspended: Sequence[Days] = ()
) -> dict[date, Decimal]:
    """What each month is expected to cost, in order: what signatures reserve (PRODUCT 4.6, 4.7).

    The month's fee over all its prices, and the expected usage at its price; quantities are per
    month and never prorated, so of two plans in one month the larger is kept ready. A month that
    is suspended throughout costs nothing. The spans follow each other without overlap.
    """
    plan: dict[date, Decimal] = {}
    for month in months_between(spans[0].days.first, spans[-1].days.last) if spans else ():
        priced = [(PricedDays(*each.days, each.plan.monthly_fee()), each) for each in spans]
        active = [(days, each) for days, each in priced if _active_days(days, month, suspended)]
        usage = [to_cents(each.plan.usage_amount(each.expected or ZERO)) for _, each in active]
        prices = [days for days, _ in active]
        plan[month] = fee(prices, month, suspended=suspended) + max(usage, default=ZERO)
    return plan


def planned_by_month(
    plan: PricePlan,
    *,
    expected: Decimal | None,
    starts_on: date,
    ends_on: date,
    ended_on: date | None = None,
) -> dict[date, Decimal]:
    """`planned_over` a term with one price: what the first signatures reserve.

    `ended_on` cuts the term to that day, inclusive; a term that never began has no month.
    """
    last = ends_on if ended_on is None else min(ends_on, ended_on)
    return planned_over([Planned(Days(starts_on, last), plan, expected)])


class Commitment(NamedTuple):
    """What a plan commits within this fiscal year, and what lies beyond it (PRODUCT 4.7)."""

    now: Decimal
    future: Decimal

    @property
    def total(self) -> Decimal:
        return self.now + self.future


def commitment(plan: Mapping[date, Decimal], *, on: date, year_starts_in: int) -> Commitment:
    """2,000 a month for twelve months from 1 October, signed that autumn: 6,000 and 18,000."""
    this_year = fiscal_year(on, starts_in=year_starts_in)
    parts = [ZERO, ZERO]
    for month, amount in plan.items():
        parts[fiscal_year(month, starts_in=year_starts_in) > this_year] += amount
    return Commitment(*parts)


def _active_days(span: PricedDays, month: date, suspended: Sequence[Days]) -> int:
    active = Days(span.first, span.last).shared(days_of(month))
    return active.length - sum(active.shared(pause).length for pause in suspended)
