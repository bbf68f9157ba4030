"""Plans with bands of units, each with a price (PRODUCT 4.4); free of Django."""

from collections.abc import Sequence
from decimal import Decimal

from marketplace.plans.parameters import Band, Parameter, Sort, Values, plain
from marketplace.plans.rules import ZERO, Cliff, Rule, effective
from marketplace.units import many

_BANDS = Parameter(
    name="bands",
    label="Bands",
    help="Units a month up to and including, and the price of one; the last band is all the rest",
    sort=Sort.BANDS,
)


class Graduated(Rule):
    """Each band at its own price: 50 x 40 + 100 x 35 + 30 x 30 = 6,400.00 for 180 units."""

    label = "Graduated price"
    sentence = "Each unit at the price of its band; the next band is cheaper or dearer from there."
    parameters = (_BANDS,)
    needs_usual_quantity = True

    def amount(self, values: Values, quantity: Decimal) -> Decimal:
        return sum((units * price for units, price in _steps(values["bands"], quantity)), ZERO)

    def headline(self, values: Values, quantity: Decimal) -> Decimal:
        return effective(self, values, quantity)

    def words(self, values: Values, quantity: Decimal, unit: str) -> str:
        steps = [
            f"{plain(units)} × {price:,.2f}" for units, price in _steps(values["bands"], quantity)
        ]
        return f"{' + '.join(steps) or '0'} ({unit}, graduated)"

    def tariff(self, values: Values, unit: str) -> str:
        return f"each {unit} at its band: {_told(values['bands'])}"


class Volume(Rule):
    """All units at the price of the band that is reached: 180 x 30 = 5,400.00."""

    label = "Volume price"
    sentence = "All units of the month at the price of the band that they reach together."
    parameters = (_BANDS,)
    needs_usual_quantity = True

    def amount(self, values: Values, quantity: Decimal) -> Decimal:
        return quantity * _reached(values["bands"], quantity)

    def part(
        self, values: Values, quantity: Decimal, *, before: Decimal, total: Decimal
    ) -> Decimal:
        del before
        return quantity * _reached(values["bands"], total)

    def dearest(self, values: Values, quantity: Decimal) -> Decimal:
        ends = [band.up_to for band in values["bands"] if band.up_to and band.up_to < quantity]
        return max(self.amount(values, each) for each in [*ends, quantity])

    def headline(self, values: Values, quantity: Decimal) -> Decimal:
        return effective(self, values, quantity)

    def cliffs(self, values: Values) -> list[Cliff]:
        """50 at 40.00, then 35.00: 45 to 50 units cost more than 51 would."""
        bands, found, first = values["bands"], [], 1
        for number, band in enumerate(bands[:-1]):
            starts = [int(each.up_to) + 1 for each in bands[number:-1]]
            better = min(starts, key=lambda units: self.amount(values, Decimal(units)))
            least = int(self.amount(values, Decimal(better)) / band.price) + 1
            if (begin := max(first, least)) <= (last := int(band.up_to)):
                found.append(Cliff(begin, last, better))
            first = int(band.up_to) + 1
        return found

    def words(self, values: Values, quantity: Decimal, unit: str) -> str:
        price = _reached(values["bands"], quantity)
        return f"{plain(quantity)} × {price:,.2f} per {unit}, the band reached"

    def tariff(self, values: Values, unit: str) -> str:
        return f"all {many(unit)} at the band reached: {_told(values['bands'])}"


def _steps(bands: Sequence[Band], quantity: Decimal) -> list[tuple[Decimal, Decimal]]:
    """How many of the units lie in each band, at which price; bands without one are left out."""
    steps, below = [], ZERO
    for band in bands:
        top = quantity if band.up_to is None else min(quantity, band.up_to)
        if top > below:
            steps.append((top - below, band.price))
            below = top
    return steps


def _reached(bands: Sequence[Band], quantity: Decimal) -> Decimal:
    """The price of the band in which the last of the units lies."""
    return next(band.price for band in bands if band.up_to is None or quantity <= band.up_to)


def _told(bands: Sequence[Band]) -> str:
    parts = [
        f"{'rest' if band.up_to is None else f'up to {plain(band.up_to)}'} at {band.price:,.2f}"
        for band in bands
    ]
    return ", ".join(parts) if len(bands) > 1 else f"{bands[0].price:,.2f}"
