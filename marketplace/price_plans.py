"""Price plans as data, free of Django: what a month costs before proration (PRODUCT 4.4)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from ledger.money import to_cents
from ledger.months import days_in, last_day, months_between


class Plan(Enum):
    """The rule that turns a month and its usage into money."""

    FIXED = "fixed"
    PER_UNIT = "per_unit"

    @property
    def label(self) -> str:
        return {"fixed": "Fixed price a month", "per_unit": "Price per unit"}[self.value]


@dataclass(frozen=True, slots=True)
class PricePlan:
    """A plan with its price; `price` is per month (fixed) or per unit."""

    plan: Plan
    price: Decimal
    unit: str

    def monthly_fee(self) -> Decimal:
        """The fixed part of a full month, which alone is prorated (PRODUCT 4.6)."""
        return self.price if self.plan is Plan.FIXED else Decimal("0.00")

    def usage_amount(self, quantity: Decimal) -> Decimal:
        """q x p, exact and not yet rounded (PRODUCT 4.4): 180 x 30 = 5,400."""
        return quantity * self.price if self.plan is Plan.PER_UNIT else Decimal("0.00")


def planned_by_month(
    plan: PricePlan, *, quantity: Decimal, starts_on: date, ends_on: date
) -> dict[date, Decimal]:
    """What each month of a term costs at an unchanged price, in order; both days are inclusive.

    The fixed fee by active days, 9,000 from 11 June being 6,000.00; the units of a month in full,
    because quantities are per month and are not prorated (PRODUCT 4.4, 4.6).
    """
    planned = {}
    for month in months_between(starts_on, ends_on):
        active = (min(ends_on, last_day(month)) - max(starts_on, month)).days + 1
        fee = plan.monthly_fee() * active / days_in(month)
        planned[month] = to_cents(fee + plan.usage_amount(quantity))
    return planned
