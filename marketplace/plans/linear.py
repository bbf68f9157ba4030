"""Plans with one price for every unit, or none (PRODUCT 4.4); free of Django."""

from decimal import Decimal

from accounts.errors import Invalid
from ledger.money import to_cents
from marketplace.plans.parameters import Parameter, Sort, Values, plain
from marketplace.plans.rules import ONE, ZERO, Rule, effective


class Fixed(Rule):
    """The same every month, by calendar days."""

    label = "Fixed price a month"
    sentence = "The same every month; a part of a month by calendar days."
    price_label = "Price a month"
    counts = ""
    unit = "month"

    def fee(self, values: Values) -> Decimal:
        return Decimal(values["price"])

    def amount(self, values: Values, quantity: Decimal) -> Decimal:
        del values, quantity
        return ZERO

    def words(self, values: Values, quantity: Decimal, unit: str) -> str:
        del quantity, unit
        return self.tariff(values, "")

    def tariff(self, values: Values, unit: str) -> str:
        del unit
        return f"{self.fee(values):,.2f} a month, by calendar days"


class PerUnit(Rule):
    """q x p: 180 x 30 = 5,400.00."""

    label = "Price per unit"
    sentence = "Every unit at the same price."
    price_label = "Price per unit"


class TwoPart(Rule):
    """A capacity fee and the marginal cost: 2,000 + 180 x 12 = 4,160.00 (PRODUCT 4.4, 4.19)."""

    label = "Two-part price"
    sentence = "A fee for the capacity that stands ready, and what one more unit costs."
    parameters = (
        Parameter(
            name="fee", label="Capacity fee a month",
            help="The fixed cost by practical capacity: it does not rise when others leave",
        ),
        Parameter(
            name="unit_price", label="Price of one more unit", help="What a unit costs you more"
        ),
    )  # fmt: skip
    needs_usual_quantity = True

    def fee(self, values: Values) -> Decimal:
        return Decimal(values["fee"])

    def unit_price(self, values: Values) -> Decimal:
        return Decimal(values["unit_price"])

    def headline(self, values: Values, quantity: Decimal) -> Decimal:
        return effective(self, values, quantity)

    def tariff(self, values: Values, unit: str) -> str:
        return f"{self.fee(values):,.2f} a month and {self.unit_price(values):,.2f} per {unit}"


class CostPlus(Rule):
    """Standard cost, never actual cost: 52 x 1.10 x 100 = 5,720.00."""

    label = "Cost plus"
    sentence = "The standard cost of a unit and a margin; never what it happened to cost."
    parameters = (
        Parameter(
            name="standard_cost", label="Standard cost of a unit",
            help="Fixed in the terms, so that waste is yours and not the buyer’s",
        ),
        Parameter(name="margin", label="Margin", sort=Sort.SHARE, may_be_zero=True),
    )  # fmt: skip

    def unit_price(self, values: Values) -> Decimal:
        return Decimal(values["standard_cost"] * (ONE + values["margin"]))

    def headline(self, values: Values, quantity: Decimal) -> Decimal:
        del quantity
        return to_cents(self.unit_price(values))

    def words(self, values: Values, quantity: Decimal, unit: str) -> str:
        return f"{plain(quantity)} {unit} × {self.tariff(values, '')}"

    def tariff(self, values: Values, unit: str) -> str:
        per = f" per {unit}" if unit else ""
        margin = ONE + values["margin"]
        return f"{values['standard_cost']:,.2f} standard cost × {margin.normalize():f}{per}"


class MarketMinus(Rule):
    """An outside price less a saving: 70 x 0.94 x 100 = 6,580.00."""

    label = "Market minus"
    sentence = "An outside price that is fixed in the terms, less a saving for buying inside."
    parameters = (
        Parameter(name="benchmark", label="Outside price of a unit", is_taken_over=True),
        Parameter(
            name="saving", label="Saving", help="What the buyer saves by staying inside",
            sort=Sort.SHARE, may_be_zero=True, most=Decimal("0.9999"),
        ),
        Parameter(
            name="source", label="Where the outside price can be read", sort=Sort.TEXT,
            is_taken_over=True, help="Such as a price list",
        ),
        Parameter(
            name="priced_on", label="Day of the outside price", sort=Sort.DAY, is_taken_over=True
        ),
        Parameter(
            name="outside_offer", label="Outside offer", sort=Sort.KEY, is_required=False,
            help="The number in its address; its price, source and day are then taken over",
        ),
    )  # fmt: skip

    def unit_price(self, values: Values) -> Decimal:
        return Decimal(values["benchmark"] * (ONE - values["saving"]))

    def headline(self, values: Values, quantity: Decimal) -> Decimal:
        del quantity
        return to_cents(self.unit_price(values))

    def words(self, values: Values, quantity: Decimal, unit: str) -> str:
        return f"{plain(quantity)} {unit} × {self._price(values)}"

    def tariff(self, values: Values, unit: str) -> str:
        day = f"{values['priced_on']:%-d %B %Y}"
        return f"{self._price(values)} per {unit} (outside price of {day}, {values['source']})"

    def _price(self, values: Values) -> str:
        return f"{values['benchmark']:,.2f} outside × {(ONE - values['saving']).normalize():f}"


class DualPrice(Rule):
    """The buyer pays the market, the treasury the rest of the full cost: 62 and 8 of 70."""

    label = "Dual price"
    sentence = "The buyer pays the market price, the treasury adds what the full cost is above it."
    price_label = "Market price, which the buyer pays"
    parameters = (
        Parameter(
            name="full_cost", label="Full cost, which you are credited",
            help="The treasury pays the difference, up to the quantity not to exceed; an HR admin"
            " must have allowed it",
        ),
    )  # fmt: skip

    def check(self, values: Values) -> None:
        if values["full_cost"] <= values["price"]:
            raise Invalid(
                f"The full cost of {values['full_cost']:,.2f} is not above the market price of"
                f" {values['price']:,.2f}, so there is nothing to add. Choose a price per unit.",
                field="full_cost",
                value=str(values["full_cost"]),
            )

    def tariff(self, values: Values, unit: str) -> str:
        adds = values["full_cost"] - values["price"]
        return f"{super().tariff(values, unit)}; the treasury adds {adds:,.2f} per {unit}"
