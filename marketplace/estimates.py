"""What an offering would cost a buyer, and what that leaves, before anything is promised."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from accounts.models import MicroEnterprise
from ledger.money import ZERO
from ledger.months import fiscal_year
from ledger.queries import Money, money_of
from marketplace.models import OfferingVersion
from marketplace.price_plans import Plan, PricePlan, planned_by_month


@dataclass(frozen=True)
class Estimate:
    """The cost of a term, by month, and the buyer's money before it.

    `now` is the part that this fiscal year's wallet would promise; the rest is committed when the
    later years open (PRODUCT 4.7).
    """

    plan: PricePlan
    quantity: Decimal
    by_month: dict[date, Decimal]
    now: Decimal
    before: Money

    @property
    def total(self) -> Decimal:
        return sum(self.by_month.values(), ZERO)

    @property
    def later(self) -> Decimal:
        return self.total - self.now

    @property
    def full_month(self) -> Decimal:
        return max(self.by_month.values(), default=ZERO)

    @property
    def left(self) -> Decimal:
        """Available after; below zero where it cannot be signed."""
        return self.before.available - self.now

    @property
    def after(self) -> dict[str, Decimal]:
        """The figures of the money bar after signing."""
        return {
            "available": max(self.left, ZERO),
            "pre_committed": self.before.pre_committed,
            "committed": self.before.committed + self.now,
            "spent": self.before.spent,
            "held": self.before.held,
            "dispute_window": self.before.dispute_window,
        }


def estimate(
    version: OfferingVersion,
    *,
    buyer: MicroEnterprise,
    quantity: Decimal,
    starts_on: date,
    ends_on: date,
    year_starts_in: int,
    on: date,
) -> Estimate:
    """What the term costs at this version's price; `quantity` is units a month, 0 if fixed."""
    plan = PricePlan(Plan(version.plan), version.price, version.unit)
    by_month = planned_by_month(plan, quantity=quantity, starts_on=starts_on, ends_on=ends_on)
    this_year = fiscal_year(on, starts_in=year_starts_in)
    in_year = (
        cost
        for month, cost in by_month.items()
        if fiscal_year(month, starts_in=year_starts_in) == this_year
    )
    now = sum(in_year, ZERO)
    return Estimate(plan, quantity, by_month, now, money_of(buyer, on=on))
