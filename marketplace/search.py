"""Find offers inside and outside in one list, in a fixed number of queries.

Words are looked up in the stored vectors. Where nothing holds them, names that sound alike are
found instead, so that a slip of the pen or half a word still leads somewhere.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django.contrib.postgres.search import SearchQuery
from django.core.paginator import Page, Paginator
from django.db import connection, transaction
from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower

from marketplace.models import Category, OutsideOffer, ServiceOffering

INSIDE, OUTSIDE = "inside", "outside"
PAGE_SIZE = 20
# Nobody turns a hundred pages; a filter is quicker, for the reader and for the database.
AT_MOST = 2000
_ALIKE = 0.45
_UNSCORED = Decimal(-1)
_USUAL_UNITS = 12
_ORDERS: Mapping[str, Sequence[str]] = {
    "best": ("-lower", "sort_name", "where", "key"),
    "price": ("sort_price", "sort_name", "where", "key"),
    "-price": ("-sort_price", "sort_name", "where", "key"),
    "name": ("sort_name", "where", "key"),
    "newest": ("-since", "sort_name", "where", "key"),
}
SORTS = tuple(_ORDERS)
_COLUMNS = ("where", "key", "lower", "sort_name", "sort_price", "since")

Offer = ServiceOffering | OutsideOffer
# (category, unit) and how many offers are there.
Groups = dict[tuple[int, str], int]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the reader asked for; an empty value asks for nothing.

    `categories` are slugs, `where` is inside or outside, `satisfied` a share from 0 to 1 that the
    satisfied answers must reach, `sort` one of SORTS.
    """

    words: str = ""
    categories: Sequence[str] = ()
    where: str = ""
    unit: str = ""
    price_from: Decimal | None = None
    price_to: Decimal | None = None
    satisfied: Decimal | None = None
    sort: str = "best"


@dataclass(frozen=True)
class Facet:
    """One value that narrows the list, and how many offers it would leave."""

    value: str
    label: str
    count: int
    is_chosen: bool


@dataclass
class Found:
    """One page of offers, and what every further filter would find.

    `is_alike` says that no offer holds the words and that names like them were taken instead.
    """

    page: Page[Offer]
    count: int
    counts: dict[str, int]
    categories: list[Facet] = field(default_factory=list)
    units: list[Facet] = field(default_factory=list)
    is_alike: bool = False

    @property
    def usual_units(self) -> list[Facet]:
        """The most usual ones, and the chosen one wherever it stands."""
        return [each for at, each in enumerate(self.units) if at < _USUAL_UNITS or each.is_chosen]

    @property
    def other_units(self) -> list[Facet]:
        """What a page folds away: a market may have very many units."""
        return [each for each in self.units[_USUAL_UNITS:] if not each.is_chosen]


def find(wanted: Wanted, *, on: date, page: int | str = 1) -> Found:
    """The offers that fit; on sale inside, and outside also expired ones, as weak benchmarks."""
    found = _find(wanted, on=on, page=page, is_alike=False)
    if sum(found.counts.values()) or not wanted.words:
        return found
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL pg_trgm.word_similarity_threshold = {_ALIKE}")
        alike = _find(wanted, on=on, page=page, is_alike=True)
    return alike if sum(alike.counts.values()) else found


def _find(wanted: Wanted, *, on: date, page: int | str, is_alike: bool) -> Found:
    categories = {category.pk: category for category in Category.objects.all()}
    inside, outside = _inside(wanted, is_alike=is_alike), _outside(wanted, on=on, is_alike=is_alike)
    groups = {INSIDE: _grouped(inside, "current__unit"), OUTSIDE: _grouped(outside, "unit")}
    chosen = {pk for pk, category in categories.items() if category.slug in wanted.categories}
    counts = {where: _count(each, chosen, wanted.unit) for where, each in groups.items()}
    shown = [where for where in groups if wanted.where in {"", where}]
    total = sum(counts[where] for where in shown)
    keys = _keys(
        _narrowed(inside, chosen, "current__unit", wanted.unit),
        _narrowed(outside, chosen, "unit", wanted.unit),
        wanted,
    )
    pages: Paginator[Any] = Paginator(cast("Any", _Keys(keys, min(total, AT_MOST))), PAGE_SIZE)
    found_page = pages.get_page(page)
    found_page.object_list = _load(found_page.object_list)
    everywhere = [groups[where] for where in shown]
    return Found(
        page=found_page,
        count=total,
        counts=counts,
        categories=_category_facet(everywhere, categories, chosen, wanted.unit),
        units=_unit_facet(everywhere, chosen, wanted.unit),
        is_alike=is_alike,
    )


class _Keys:
    """Keys of offers whose number is known already, so that nobody counts them again."""

    def __init__(self, rows: QuerySet[Any, Any], length: int) -> None:
        self.rows, self.length = rows, length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, part: slice) -> QuerySet[Any, Any]:
        return self.rows[part]


def _inside(wanted: Wanted, *, is_alike: bool) -> QuerySet[ServiceOffering]:
    rows = ServiceOffering.objects.on_sale()
    if wanted.words:
        rows = rows.filter(
            _holds(wanted.words, "current__search", "current__name", "provider__name", is_alike)
        )
    if wanted.satisfied is not None:
        rows = rows.filter(score__csat__gte=wanted.satisfied)
    return rows.filter(_priced(wanted, "current__price"))


def _outside(wanted: Wanted, *, on: date, is_alike: bool) -> QuerySet[OutsideOffer]:
    if wanted.satisfied is not None:
        return OutsideOffer.objects.none()
    rows = OutsideOffer.objects.filter(priced_on__lte=on)
    if wanted.words:
        rows = rows.filter(_holds(wanted.words, "search", "name", "supplier__name", is_alike))
    return rows.filter(_priced(wanted, "price"))


def _holds(words: str, vector: str, name: str, seller: str, is_alike: bool) -> Q:  # noqa: FBT001
    if is_alike:
        return Q(**{f"{name}__trigram_word_similar": words}) | Q(
            **{f"{seller}__trigram_word_similar": words}
        )
    asked = SearchQuery(words, config="english", search_type="websearch")
    return Q(**{vector: asked}) | Q(**{f"{seller}__icontains": words})


def _priced(wanted: Wanted, price: str) -> Q:
    asked = Q()
    if wanted.price_from is not None:
        asked &= Q(**{f"{price}__gte": wanted.price_from})
    if wanted.price_to is not None:
        asked &= Q(**{f"{price}__lte": wanted.price_to})
    return asked


def _grouped(rows: QuerySet[Any, Any], unit: str) -> Groups:
    grouped = rows.order_by().values("category_id", unit).annotate(count=Count("pk"))
    return {(row["category_id"], row[unit]): row["count"] for row in grouped}


def _fits(category: int, unit: str, chosen: Collection[int], wanted_unit: str) -> bool:
    return (not chosen or category in chosen) and wanted_unit in {"", unit}


def _count(groups: Groups, chosen: Collection[int], unit: str) -> int:
    return sum(count for key, count in groups.items() if _fits(*key, chosen, unit))


def _category_facet(
    everywhere: Iterable[Groups],
    categories: Mapping[int, Category],
    chosen: Collection[int],
    unit: str,
) -> list[Facet]:
    """Every category that has an offer; what is chosen among them narrows no other."""
    counts: Counter[int] = Counter()
    for groups in everywhere:
        for (category, each_unit), count in groups.items():
            counts[category] += count if unit in {"", each_unit} else 0
    return [
        Facet(category.slug, category.name, counts[pk], pk in chosen)
        for pk, category in categories.items()
        if counts[pk] or pk in chosen
    ]


def _unit_facet(everywhere: Iterable[Groups], chosen: Collection[int], unit: str) -> list[Facet]:
    counts: Counter[str] = Counter({unit: 0} if unit else {})
    for groups in everywhere:
        for (category, each_unit), count in groups.items():
            counts[each_unit] += count if not chosen or category in chosen else 0
    return [
        Facet(each, each, count, each == unit)
        for each, count in counts.most_common()
        if count or each == unit
    ]


def _narrowed(
    rows: QuerySet[Any, Any], chosen: Collection[int], unit_field: str, unit: str
) -> QuerySet[Any, Any]:
    if chosen:
        rows = rows.filter(category__in=chosen)
    return rows.filter(**{unit_field: unit}) if unit else rows


def _keys(
    inside: QuerySet[ServiceOffering], outside: QuerySet[OutsideOffer], wanted: Wanted
) -> QuerySet[Any, Any]:
    """Where each offer comes from and its key, both kinds in one order."""
    ours = inside.order_by().annotate(
        where=Value(INSIDE),
        key=F("pk"),
        lower=Coalesce(F("score__lower_bound"), Value(_UNSCORED)),
        sort_name=Lower("current__name"),
        sort_price=F("current__price"),
        since=F("current__published_on"),
    )
    theirs = outside.order_by().annotate(
        where=Value(OUTSIDE),
        key=F("pk"),
        lower=Value(_UNSCORED),
        sort_name=Lower("name"),
        sort_price=F("price"),
        since=F("priced_on"),
    )
    kinds = {INSIDE: ours.values_list(*_COLUMNS), OUTSIDE: theirs.values_list(*_COLUMNS)}
    if wanted.where in kinds:
        rows = kinds[wanted.where]
    else:
        rows = kinds[INSIDE].union(kinds[OUTSIDE], all=True)
    return rows.order_by(*_ORDERS[wanted.sort])


def _load(keys: Iterable[Sequence[Any]]) -> list[Offer]:
    """The offers themselves, in the order of their keys."""
    wanted = [(where, pk) for where, pk, *_ in keys]
    ours = ServiceOffering.objects.select_related("provider", "current", "score", "category")
    theirs = OutsideOffer.objects.select_related("supplier", "category")
    loaded: dict[tuple[str, int], Offer] = {}
    loaded |= {(INSIDE, pk): each for pk, each in ours.in_bulk(_of(INSIDE, wanted)).items()}
    loaded |= {(OUTSIDE, pk): each for pk, each in theirs.in_bulk(_of(OUTSIDE, wanted)).items()}
    return [loaded[key] for key in wanted if key in loaded]


def _of(where: str, keys: Iterable[tuple[str, int]]) -> list[int]:
    return [pk for each, pk in keys if each == where]
