"""Price plans as data, free of Django: a word and typed parameters (PRODUCT 4.4).

What a plan charges and says is its rule (`plans.rules`), what may stand in it are its parameters
(`plans.parameters`). Nothing else in the product knows one plan from another.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from accounts.errors import Invalid
from ledger.money import LARGEST, to_cents
from ledger.months import days_in, last_day, months_between
from marketplace.plans import RULES
from marketplace.plans.parameters import MOST_UNITS, Parameter, plain, read_all, write_all
from marketplace.plans.rules import ZERO, Rule
from marketplace.units import many

NOTHING: Mapping[str, Any] = MappingProxyType({})
# Many contracts share their plan and price; reading the parameters of each anew would be most of
# the work of a large month.
_REMEMBERED = 10_000
_WITH_FEE = frozenset({"fixed", "two_part"})


class Plan(Enum):
    """The rule that turns a month and its usage into money."""

    FIXED = "fixed"
    PER_UNIT = "per_unit"
    GRADUATED = "graduated"
    VOLUME = "volume"
    TWO_PART = "two_part"
    COST_PLUS = "cost_plus"
    MARKET_MINUS = "market_minus"
    TIME_CAPPED = "time_capped"
    OUTCOME = "outcome"
    GAIN_SHARE = "gain_share"
    DUAL_PRICE = "dual_price"

    def __init__(self, word: str) -> None:
        """Attributes and no properties: a month asks each of them a million times."""
        self.rule: Rule = RULES[word]
        self.label: str = self.rule.label
        # The item of usage that it charges: units, hours, outcomes, gain; empty for none.
        self.counts: str = self.rule.counts
        # Whether a part of it is fixed, and therefore prorated.
        self.has_fee: bool = word in _WITH_FEE
        self.is_gated: bool = self.rule.is_gated

    # There is one object of each word, so its identity is as good as its name, and faster.
    __hash__ = object.__hash__

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What it needs to know beside its price."""
        return tuple(self.rule.parameters)


@dataclass(frozen=True, slots=True)
class PricePlan:
    """A plan with its figures. `price` is the headline, which some plans are priced by.

    It is per month (fixed), per unit or per hour; where the price of a unit follows from the
    parameters it is derived from them by `sound`. `values` are the typed parameters.
    """

    plan: Plan
    price: Decimal
    unit: str
    values: Mapping[str, Any] = field(default_factory=lambda: NOTHING, hash=False)

    @property
    def counts(self) -> str:
        return self.plan.counts

    @property
    def item(self) -> str:
        """What is counted, in words: the unit, or what the plan counts in its place."""
        return self.plan.rule.item or self.unit

    @property
    def has_fee(self) -> bool:
        """Whether a part of it is fixed, and therefore prorated."""
        return self.plan.has_fee

    @property
    def is_gated(self) -> bool:
        """Whether a month is charged only once its success is known."""
        return self.plan.is_gated

    @property
    def gate(self) -> str:
        """The success measure that decides on a gated plan; empty where all of them do."""
        return str(self.values.get("gate", ""))

    def require_gate(self, measures: Iterable[str]) -> None:
        """Invalid, where the gate is none of these success measures."""
        if self.gate and self.gate not in (names := list(measures)):
            known = f"It is one of {', '.join(names)}." if names else "There is no measure yet."
            raise Invalid(
                f"“{self.gate}” is no success measure here. {known} Leave it empty for the"
                " success of the month.",
                field="gate",
                value=self.gate,
            )

    def monthly_fee(self) -> Decimal:
        """The fixed part of a full month, which alone is prorated (PRODUCT 4.6)."""
        return self.plan.rule.fee(self._figures)

    def usage_amount(self, quantity: Decimal) -> Decimal:
        """What so many units of a month cost, exact and not yet rounded: 180 x 30 = 5,400.

        Of a gated plan at full quality, which is the most that it can cost.
        """
        return self.plan.rule.amount(self._figures, quantity)

    def usage_part(self, quantity: Decimal, *, before: Decimal, total: Decimal) -> Decimal:
        """What these units cost after `before` others of a month that comes to `total` in all."""
        return self.plan.rule.part(self._figures, quantity, before=before, total=total)

    def month_amount(self, quantity: Decimal) -> Decimal:
        """A full month with so many units, fee and usage each rounded once."""
        return to_cents(self.monthly_fee()) + to_cents(self.usage_amount(quantity))

    def most_of_month(self) -> Decimal | None:
        """What the usage of a month never exceeds; None without such a limit."""
        return self.plan.rule.most(self._figures)

    def dearest_usage(self, quantity: Decimal) -> Decimal:
        """The most that the usage of a month can cost with up to so many units, in cents."""
        return to_cents(self.plan.rule.dearest(self._figures, quantity))

    def subsidy_per_unit(self) -> Decimal:
        """What the treasury adds to a unit for the provider: full cost 70 less market 62 is 8."""
        full = self.values.get("full_cost")
        return ZERO if full is None else Decimal(full) - self.price

    def effective_price(self, quantity: Decimal) -> Decimal:
        """What one of so many units costs, fee included, in cents; for the outside beside it."""
        if quantity <= 0 or not self.counts or self.plan is Plan.GAIN_SHARE:
            return self.price
        return to_cents(self.month_amount(quantity) / quantity)

    def words(self, quantity: Decimal) -> str:
        """How the usage of a month is calculated, without its result."""
        return self.plan.rule.words(self._figures, quantity, self.unit)

    def tariff(self) -> str:
        """The whole price in words."""
        return self.plan.rule.tariff(self._figures, self.unit)

    def calculation(self, quantity: Decimal) -> list[tuple[str, Decimal]]:
        """The parts of a full month in words, each with its amount."""
        parts = []
        if self.has_fee:
            label = "The fee of a full month" if self.counts else "A full month"
            parts.append((label, to_cents(self.monthly_fee())))
        if self.counts:
            parts.append((self.words(quantity), to_cents(self.usage_amount(quantity))))
        return parts

    def warnings(self) -> list[str]:
        """What a reader should know before agreeing: the cliffs of a volume price."""
        units = many(self.unit)
        return [
            f"A cliff: {cliff.first:,} to {cliff.last:,} {units} cost more than"
            f" {cliff.cheaper:,} would."
            if cliff.first < cliff.last
            else f"A cliff: {cliff.last:,} {units} cost more than {cliff.cheaper:,} would."
            for cliff in self.plan.rule.cliffs(self._figures)
        ]

    def document(self) -> dict[str, Any]:
        """The parameters as canonical JSON."""
        return write_all(self.plan.parameters, self.values)

    @property
    def _figures(self) -> Mapping[str, Any]:
        return {"price": self.price, **self.values}


def plan_of(
    plan: str, *, price: Decimal, unit: str, parameters: Mapping[str, Any] = NOTHING
) -> PricePlan:
    """A stored plan, which was `sound` when it was written."""
    found = Plan(plan)
    values = read_all(found.parameters, parameters) if found.parameters else NOTHING
    return PricePlan(found, price, unit, values)


@lru_cache(maxsize=_REMEMBERED)
def plan_of_text(plan: str, price: Decimal, unit: str, parameters: str) -> PricePlan:
    """The same from the parameters as the database writes them, `{}` where there are none."""
    return plan_of(plan, price=price, unit=unit, parameters=json.loads(parameters))


def sound(
    plan: str,
    *,
    price: Decimal | None,
    unit: str,
    parameters: Mapping[str, Any] = NOTHING,
    quantity: Decimal | None = None,
) -> PricePlan:
    """The plan in its normal form, or Invalid names the field, its value and the remedy.

    `quantity` is how many units a month are usual or expected. A price that follows from the
    parameters is derived, whatever was given: it is what a unit costs at that quantity, fee
    included (graduated, volume, two-part), the price of a unit (cost-plus, market-minus), or what
    a month costs at that gain (gain-share). Else it is the price itself: per month (fixed), per
    unit or hour, of one accepted outcome, the market price of a dual price.
    """
    found = _plan(plan)
    values = read_all(found.parameters, parameters)
    unit = found.rule.unit or " ".join(unit.lower().split())
    if not unit:
        raise Invalid("Say what the price is per, such as hour.", field="unit", value=unit)
    if found.rule.price_label:
        values["price"] = _price(price, label=found.rule.price_label)
    found.rule.check(values)
    is_usable = quantity is not None and quantity.is_finite() and 0 < quantity <= MOST_UNITS
    headline = found.rule.headline(values, quantity if quantity and is_usable else ZERO)
    values.pop("price", None)
    return PricePlan(found, _price(headline, label="The price of a unit"), unit, values)


def require_usual(plan: str, quantity: Decimal | None, *, field: str) -> None:
    """Invalid, where the price of a unit depends on how many there are and nobody says it."""
    if Plan(plan).rule.needs_usual_quantity and quantity is None:
        raise Invalid(
            "Say how much a month is usual: what a unit costs depends on it, and it is what the"
            " market compares.",
            field=field,
        )
    if quantity is not None and (
        not quantity.is_finite() or not 0 < quantity <= MOST_UNITS
        or quantity != quantity.quantize(Decimal("0.001"))
    ):  # fmt: skip
        raise Invalid(
            f"{quantity} is no quantity of a month. Enter a number above 0 with up to three"
            " decimals.",
            field=field,
            value=str(quantity),
        )


def planned_by_month(
    plan: PricePlan, *, quantity: Decimal, starts_on: date, ends_on: date
) -> dict[date, Decimal]:
    """What each month of a term costs at an unchanged price, in order; both days are inclusive.

    The fixed fee by active days, 9,000 from 11 June being 6,000.00; the units of a month in full,
    because quantities are per month and are not prorated (PRODUCT 4.4, 4.6).
    """
    planned = {}
    usage = to_cents(plan.usage_amount(quantity))
    for month in months_between(starts_on, ends_on):
        active = (min(ends_on, last_day(month)) - max(starts_on, month)).days + 1
        planned[month] = to_cents(plan.monthly_fee() * active / days_in(month)) + usage
    return planned


def _plan(word: str) -> Plan:
    try:
        return Plan(word)
    except ValueError as reason:
        raise Invalid(
            f"There is no price plan {str(word)[:40]!r}. Choose one of"
            f" {', '.join(each.value for each in Plan)}.",
            field="plan",
            value=str(word)[:40],
        ) from reason


def _price(raw: Decimal | None, *, label: str) -> Decimal:
    if raw is None:
        raise Invalid(f"{label} is missing. Say how much it is.", field="price")
    price = raw
    if not price.is_finite() or not 0 < price <= LARGEST or price != to_cents(price):
        raise Invalid(
            f"The price {price} is no amount above zero with two places.",
            field="price",
            value=price,
        )
    return to_cents(price)


__all__ = [
    "MOST_UNITS",
    "Plan",
    "PricePlan",
    "plain",
    "plan_of",
    "plan_of_text",
    "planned_by_month",
    "require_usual",
    "sound",
]
