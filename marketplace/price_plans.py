"""Price plans as data, free of Django: what a month costs before proration (PRODUCT 4.4)."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum


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
