"""Inside and outside side by side on the same unit; a verdict, never a block (PRODUCT 4.17)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import Abs
from django.utils.text import get_text_list

from ledger.money import to_cents
from marketplace.models import (
    Category,
    OutsideOffer,
    ServiceOffering,
    ServiceOfferingQuerySet,
    a_year_before,
)

_NEAREST = 5
# From so many offers of a like name on, the rest of the category says less about the price.
_ENOUGH_ALIKE = 3


@dataclass(frozen=True)
class Benchmark:
    """What the outside asks for the same unit in the same category.

    `median` is None where nothing compares. `is_alike` says that only offers of a like name were
    taken; `weakness` why it proves little, in words, empty where it is fresh.
    """

    unit: str
    count: int = 0
    cheapest: OutsideOffer | None = None
    median: Decimal | None = None
    nearest: Sequence[OutsideOffer] = ()
    is_alike: bool = False
    weakness: str = ""

    def gap_to_median(self, price: Decimal) -> Decimal | None:
        """How much dearer the price is than the median, as a fraction; below zero is cheaper."""
        return gap(price, self.median)

    def gap_to_cheapest(self, price: Decimal) -> Decimal | None:
        return gap(price, self.cheapest.price if self.cheapest else None)


def gap(price: Decimal, other: Decimal | None) -> Decimal | None:
    """How much dearer `price` is than `other`, as a fraction of `other`."""
    return None if other is None else (price - other) / other


def benchmark(*, category: Category, unit: str, name: str, price: Decimal, on: date) -> Benchmark:
    """The outside beside a price, in a fixed number of queries.

    Like things first, then fresh ones: offers of a like name, among them those that can be ordered
    that day; else the rest of the category, and expired offers last.
    """
    rows = OutsideOffer.objects.filter(category=category, unit=unit, priced_on__lte=on)
    alike = Q(name__trigram_similar=name)
    valid = Q(valid_until_on=None) | Q(valid_until_on__gte=on)
    counts = rows.aggregate(
        alike_valid=Count("pk", filter=alike & valid),
        alike=Count("pk", filter=alike),
        valid=Count("pk", filter=valid),
        everything=Count("pk"),
    )
    choices = [
        ("alike_valid", alike & valid, _ENOUGH_ALIKE),
        ("alike", alike, _ENOUGH_ALIKE),
        ("valid", valid, 1),
        ("everything", Q(), 1),
    ]
    for label, chosen, enough in choices:
        if counts[label] >= enough:
            return _of(
                rows.filter(chosen), name=name, price=price, unit=unit, count=counts[label],
                is_alike="alike" in label, is_expired="valid" not in label, on=on,
            )  # fmt: skip
    return Benchmark(unit)


def newest_price_on(*, category: Category, unit: str, on: date) -> date | None:
    """The day of the newest outside price for the unit; None where nothing compares."""
    rows = OutsideOffer.objects.filter(category=category, unit=unit, priced_on__lte=on)
    newest: date | None = rows.aggregate(day=Max("priced_on"))["day"]
    return newest


def _of(
    rows: QuerySet[OutsideOffer],
    *,
    name: str,
    price: Decimal,
    unit: str,
    count: int,
    is_alike: bool,
    is_expired: bool,
    on: date,
) -> Benchmark:
    by_price = rows.order_by("price", "pk").select_related("supplier")
    closest = rows.select_related("supplier").annotate(
        likeness=TrigramSimilarity("name", name), distance=Abs(F("price") - price)
    )
    newest = rows.aggregate(day=Max("priced_on"))["day"]
    return Benchmark(
        unit=unit,
        count=count,
        cheapest=by_price.first(),
        median=_median(by_price, count),
        nearest=[*closest.order_by("-likeness", "distance", "pk")[:_NEAREST]],
        is_alike=is_alike,
        weakness=_weakness(count, newest, is_expired=is_expired, on=on),
    )


def _median(by_price: QuerySet[OutsideOffer], count: int) -> Decimal:
    """The middle price; of an even number the mean of the two in the middle, to the cent."""
    first = (count - 1) // 2
    middle = by_price.values_list("price", flat=True)[first : count // 2 + 1]
    return to_cents(sum(middle, Decimal(0)) / len(middle))


def _weakness(count: int, newest: date, *, is_expired: bool, on: date) -> str:
    if is_expired:
        return "every offer has expired"
    if newest < a_year_before(on):
        return "every price is older than 12 months"
    return "there is only one quote" if count == 1 else ""


def inside_beside(offer: OutsideOffer) -> ServiceOfferingQuerySet:
    """What is on sale inside in the same category for the same unit, the best first."""
    rows = ServiceOffering.objects.on_sale().filter(
        category=offer.category_id, current__unit=offer.unit
    )
    return rows.select_related("provider", "current", "score").best_first()


@dataclass(frozen=True)
class Compared:
    """One offer of a comparison; `csat` is a share or None, `weakness` says why a price is weak."""

    where: str
    name: str
    seller: str
    price: Decimal
    unit: str
    csat: Decimal | None = None
    weakness: str = ""


@dataclass(frozen=True)
class Verdict:
    """What the comparison says, and the origin that it speaks for, if any."""

    sentence: str
    reasons: Sequence[str] = ()
    where: str = ""


def verdict(offers: Sequence[Compared]) -> Verdict:
    """The cheapest inside against the cheapest outside, or the two cheapest of one kind.

    The difference is told as a share of the dearer price. Prices of different units are not set
    against each other.
    """
    units = sorted({offer.unit for offer in offers})
    if len(units) > 1:
        each_unit = [f"per {unit}" for unit in units]
        return Verdict(
            f"Prices {get_text_list(each_unit, 'and')} cannot be set against each other.",
            ["Compare offers that are priced per the same unit."],
        )
    by_price = sorted(offers, key=lambda offer: offer.price)
    if len(by_price) < 2:
        return Verdict("Choose at least two offers to compare.")
    cheapest = by_price[0]
    others = [offer for offer in by_price[1:] if offer.where != cheapest.where]
    other = (others or by_price[1:])[0]
    reasons = [*_of_raters(cheapest, other), *(o.weakness for o in (cheapest, other) if o.weakness)]
    asked = f"{cheapest.price:,} per {cheapest.unit}"
    if cheapest.price == other.price:
        return Verdict(f"{_who(cheapest)} and {_who(other)} ask the same, {asked}.", reasons)
    share = f"{(other.price - cheapest.price) / other.price * 100:.1f} %"
    who = cheapest.where.capitalize() if others else cheapest.name
    sentence = f"{who} is {share} cheaper: {cheapest.seller} asks {asked}, {other.seller} "
    return Verdict(f"{sentence}{other.price:,}.", reasons, cheapest.where)


def cheapest_of(offers: Sequence[Compared]) -> list[str]:
    """In their order, which is the cheapest, in words; empty for the others.

    Nothing is cheapest among one, or where the prices are of different units.
    """
    if len(offers) < 2 or len({offer.unit for offer in offers}) > 1:
        return [""] * len(offers)
    least = min(offer.price for offer in offers)
    count = sum(offer.price == least for offer in offers)
    said = "Cheapest" if count == 1 else "As cheap as another"
    if count == len(offers):
        said = "All cost the same"
    return [said if offer.price == least else "" for offer in offers]


def _of_raters(*offers: Compared) -> Iterable[str]:
    """What buyers inside say of the sellers that they can rate."""
    for offer in offers:
        if offer.csat is not None:
            yield f"Of the answers about {offer.seller}, {offer.csat * 100:.0f} of 100 are 4 or 5."
        elif offer.where == "inside":
            yield f"{offer.seller} has not enough ratings yet."


def _who(offer: Compared) -> str:
    return f"{offer.seller}, {offer.where},"
