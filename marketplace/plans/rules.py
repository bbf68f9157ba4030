"""What each price plan charges for a month, and in which words (PRODUCT 4.4); free of Django.

A rule has no state: it is given the values of the plan's parameters, `price` among them where the
plan is priced by one figure. Amounts are exact and rounded by whoever writes the line.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar, NamedTuple

from ledger.money import to_cents
from marketplace.plans.parameters import Parameter, Values, plain

ZERO = Decimal("0.00")
ONE = Decimal(1)
CENT = Decimal("0.01")


class Cliff(NamedTuple):
    """From `first` to `last` whole units cost more in all than `cheaper` units, which are more."""

    first: int
    last: int
    cheaper: int


class Rule:
    """What all plans answer; most charge nothing but what was counted, at one price."""

    label: ClassVar[str] = ""
    sentence: ClassVar[str] = ""
    # What the price of one figure is called; empty where the price follows from the parameters.
    price_label: ClassVar[str] = ""
    parameters: ClassVar[Sequence[Parameter]] = ()
    # The item that is counted (`Usage.item`); empty where nothing is.
    counts: ClassVar[str] = "units"
    # What is counted in words, where it is not the unit.
    item: ClassVar[str] = ""
    # What one unit is, where the plan leaves no choice.
    unit: ClassVar[str] = ""
    # Whether the price of a unit depends on how many there are, so that the headline needs them.
    needs_usual_quantity: ClassVar[bool] = False
    is_gated: ClassVar[bool] = False

    def check(self, values: Values) -> None:
        """Invalid, where the values are sound each by itself and make no sense together."""

    def fee(self, values: Values) -> Decimal:
        """The fixed part of a full month, which alone is prorated (PRODUCT 4.6)."""
        del values
        return ZERO

    def amount(self, values: Values, quantity: Decimal) -> Decimal:
        """What so many units of one month cost, at full quality where there is a gate."""
        return quantity * self.unit_price(values)

    def part(
        self, values: Values, quantity: Decimal, *, before: Decimal, total: Decimal
    ) -> Decimal:
        """What these units cost, `before` of the same month being counted already.

        So a month's bands go on where other terms, or an earlier line, left them.
        """
        del total
        return self.amount(values, before + quantity) - self.amount(values, before)

    def most(self, values: Values) -> Decimal | None:
        """What a month's usage never exceeds."""
        del values
        return None

    def dearest(self, values: Values, quantity: Decimal) -> Decimal:
        """The most that up to so many units can cost; more units are not always dearer."""
        return self.amount(values, quantity)

    def unit_price(self, values: Values) -> Decimal:
        return Decimal(values["price"])

    def headline(self, values: Values, quantity: Decimal) -> Decimal:
        """The price that lists, sort and search show, in cents."""
        del quantity
        return self.unit_price(values)

    def cliffs(self, values: Values) -> list[Cliff]:
        """Where more units cost less in all."""
        del values
        return []

    def words(self, values: Values, quantity: Decimal, unit: str) -> str:
        """The calculation of `amount`, before the line's own amount."""
        return f"{plain(quantity)} × {self.unit_price(values):,.2f} per {unit}"

    def tariff(self, values: Values, unit: str) -> str:
        """The price in words."""
        return f"{self.unit_price(values):,.2f} per {unit}"


def effective(rule: Rule, values: Values, quantity: Decimal) -> Decimal:
    """What one of so many units costs, the fee of a full month included, in cents."""
    if quantity <= 0:
        return max(to_cents(rule.amount(values, ONE) + rule.fee(values)), CENT)
    whole = rule.fee(values) + rule.amount(values, quantity)
    return max(to_cents(whole / quantity), CENT)
