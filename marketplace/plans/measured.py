"""Plans that are paid by hours, outcomes or a gain (PRODUCT 4.4); free of Django."""

from decimal import Decimal

from accounts.errors import Invalid
from ledger.money import to_cents
from marketplace.plans.parameters import Parameter, Sort, Values, plain
from marketplace.plans.rules import CENT, ZERO, Rule


class TimeCapped(Rule):
    """Hours at a rate, never more than the cap: 120 x 85 = 10,200, so 9,000.00."""

    label = "Time and materials, capped"
    sentence = "Every hour at its rate, up to a sum that a month never exceeds."
    price_label = "Rate of one unit"
    parameters = (
        Parameter(name="cap", label="Never more a month", help="What lies above it is yours"),
    )
    counts = "hours"

    def check(self, values: Values) -> None:
        if values["cap"] < values["price"]:
            raise Invalid(
                f"The cap of {values['cap']:,.2f} lies below the rate of {values['price']:,.2f}:"
                " not one hour would be paid in full. Raise it.",
                field="cap",
                value=str(values["cap"]),
            )

    def amount(self, values: Values, quantity: Decimal) -> Decimal:
        return Decimal(min(quantity * values["price"], values["cap"]))

    def most(self, values: Values) -> Decimal | None:
        return Decimal(values["cap"])

    def words(self, values: Values, quantity: Decimal, unit: str) -> str:
        whole = quantity * values["price"]
        text = super().words(values, quantity, unit)
        return f"{text} = {whole:,.2f}, capped at {values['cap']:,.2f}" if (
            whole > values["cap"]
        ) else text  # fmt: skip

    def tariff(self, values: Values, unit: str) -> str:
        return f"{super().tariff(values, unit)}, at most {values['cap']:,.2f} a month"


class Outcome(Rule):
    """Accepted outcomes at a price, times the quality gate: 6 x 3,000 x 0.9 = 16,200.00."""

    label = "Price per outcome"
    sentence = "Only accepted outcomes, each at its price times how far the month was a success."
    price_label = "Price of one outcome"
    parameters = (
        Parameter(
            name="gate", label="Quality gate", sort=Sort.TEXT, is_required=False,
            help="The name of the success measure that decides; empty is the success of the month"
            " over all of them",
        ),
    )  # fmt: skip
    counts = "outcomes"
    is_gated = True

    def tariff(self, values: Values, unit: str) -> str:
        gate = f"the attainment of “{values['gate']}”" if values["gate"] else "the month’s success"
        return f"{super().tariff(values, unit)} that is accepted, times {gate}"


class GainShare(Rule):
    """A share of what was gained over the baseline: 40,000 x 15 % = 6,000.00."""

    label = "Share of the gain"
    sentence = "A share of what was gained above a baseline; without a gain it costs nothing."
    parameters = (
        Parameter(name="share", label="Share of the gain", sort=Sort.SHARE),
        Parameter(
            name="baseline", label="Baseline a month", is_required=False, may_be_zero=True,
            help="What there would be without you; empty where the gain itself is measured",
        ),
    )  # fmt: skip
    counts = "gain"
    item = "measured gain"
    unit = "month"
    needs_usual_quantity = True

    def amount(self, values: Values, quantity: Decimal) -> Decimal:
        return Decimal(max(quantity - values["baseline"], ZERO) * values["share"])

    def headline(self, values: Values, quantity: Decimal) -> Decimal:
        return max(to_cents(self.amount(values, quantity)), CENT)

    def words(self, values: Values, quantity: Decimal, unit: str) -> str:
        del unit
        gain = max(quantity - values["baseline"], ZERO)
        over = f"{quantity:,.2f} − {values['baseline']:,.2f} = " if values["baseline"] else ""
        return f"gain of {over}{gain:,.2f} × {_percent(values['share'])}"

    def tariff(self, values: Values, unit: str) -> str:
        del unit
        over = f" above {values['baseline']:,.2f} a month" if values["baseline"] else ""
        return f"{_percent(values['share'])} of the gain{over}"


def _percent(share: Decimal) -> str:
    return f"{plain(share * 100)} %"
