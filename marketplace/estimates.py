"""What an offering would cost a buyer, and what that leaves, before anything is promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from accounts.models import MicroEnterprise
from ledger.money import ZERO, to_cents
from ledger.months import fiscal_year
from ledger.queries import Money, money_of
from marketplace.models import OfferingVersion
from marketplace.price_plans import PricePlan, plain, planned_by_month

MONTH = "month"


class Part(NamedTuple):
    """One term of a calculation."""

    words: str
    amount: Decimal


@dataclass(frozen=True)
class Quote:
    """A full month at a quantity, in parts; `quantity` is None where nothing is counted."""

    plan: str
    tariff: str
    unit: str
    quantity: Decimal | None
    parts: Sequence[Part]
    effective_price: Decimal
    warnings: Sequence[str]

    @property
    def month(self) -> Decimal:
        return sum((part.amount for part in self.parts), ZERO)


def quote(plan: PricePlan, quantity: Decimal) -> Quote:
    """What so many units of a month cost, before anybody buys; the parts add up to the month."""
    return Quote(
        plan=plan.plan.value,
        tariff=plan.tariff(),
        unit=plan.unit,
        quantity=quantity if plan.counts else None,
        parts=[Part(*part) for part in plan.calculation(quantity)],
        effective_price=plan.effective_price(quantity),
        warnings=plan.warnings(),
    )


@dataclass(frozen=True)
class Cost:
    """What an offer costs its buyer over a term of full months, and what one unit comes to.

    `parts` add up to the month; `total` is that of the term.
    """

    effective_price: Decimal
    parts: Sequence[Part]
    months: int
    warnings: Sequence[str] = ()

    @property
    def month(self) -> Decimal:
        return sum((part.amount for part in self.parts), ZERO)

    @property
    def total(self) -> Decimal:
        return self.month * self.months


def cost_inside(plan: PricePlan, *, quantity: Decimal, months: int) -> Cost:
    """So many units in each of so many full months, as the buyer pays them (PRODUCT 4.4).

    A dual price costs its market price; what the treasury adds is not the buyer's.
    """
    told = quote(plan, quantity)
    return Cost(told.effective_price, told.parts, months, told.warnings)


def cost_outside(price: Decimal, unit: str, *, quantity: Decimal, months: int) -> Cost:
    """The same units at an outside price; one priced per month costs it whatever is used."""
    if unit == MONTH:
        return Cost(price, [Part("A full month", price)], months)
    words = f"{plain(quantity)} × {price:,.2f} ({unit})"
    return Cost(price, [Part(words, to_cents(price * quantity))], months)


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
    plan = version.price_plan
    by_month = planned_by_month(plan, quantity=quantity, starts_on=starts_on, ends_on=ends_on)
    this_year = fiscal_year(on, starts_in=year_starts_in)
    in_year = (
        cost
        for month, cost in by_month.items()
        if fiscal_year(month, starts_in=year_starts_in) == this_year
    )
    now = sum(in_year, ZERO)
    return Estimate(plan, quantity, by_month, now, money_of(buyer, on=on))
