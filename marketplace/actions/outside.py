"""Offers from outside come in: one recorded by hand, or a whole price list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.text import slugify

from accounts import audit
from accounts.errors import Invalid
from accounts.models import User
from accounts.permissions import may_create_categories, may_record_outside_offers, require
from ledger.money import LARGEST
from marketplace.actions.categories import create_category
from marketplace.models import Category, OutsideOffer, OutsideSupplier
from marketplace.price_lists import ListedPrice, PriceList, RefusedRow, reference_of, unit_of

BY_HAND = "Recorded by hand"
_WRITTEN = [
    "supplier", "category", "name", "description", "unit", "price", "priced_on",
    "valid_until_on", "recorded_on", "recorded_by",
]  # fmt: skip


@dataclass
class Imported:
    """What an import did or, on trial, would do; rows read = created + updated + unchanged +
    refused. A row that stands in the file twice is unchanged the second time."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[RefusedRow] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@transaction.atomic
def record_outside_offer(
    *,
    supplier: str,
    category: Category,
    name: str,
    unit: str,
    price: Decimal,
    priced_on: date,
    by: User,
    on: date,
    valid_until_on: date | None = None,
    description: str = "",
    source: str = "",
) -> tuple[OutsideOffer, bool]:
    """Record one outside offer by hand; whether it is new.

    The same supplier, name, unit and source again is a newer price of the same offer. Invalid
    where the price, the days or a text cannot be so.
    """
    _require_recorder(by, on=on)
    if not price.is_finite() or not 0 < price <= LARGEST:
        raise Invalid(f"{price} is no price; it must be above zero.", field="price", value=price)
    if priced_on > on:
        raise Invalid(
            f"The price cannot be of {priced_on}, which is still to come.",
            field="priced_on",
            value=priced_on,
        )
    if valid_until_on and valid_until_on < priced_on:
        raise Invalid(
            f"The offer ends on {valid_until_on} before it starts on {priced_on}.",
            field="valid_until_on",
            value=valid_until_on,
        )
    source = source or BY_HAND
    unit = unit_of(unit)
    seller = _suppliers([supplier])[supplier.lower()]
    offer, is_new = OutsideOffer.objects.update_or_create(
        source=source,
        reference=reference_of(supplier, name, unit),
        defaults={
            "supplier": seller, "category": category, "name": name, "description": description,
            "unit": unit, "price": price, "priced_on": priced_on,
            "valid_until_on": valid_until_on, "recorded_on": on, "recorded_by": by,
        },
    )  # fmt: skip
    audit.record("outside_offer.record", offer, by=by, on=on, price=price, unit=unit, is_new=is_new)
    return offer, is_new


@transaction.atomic
def import_outside_offers(
    listed: PriceList, *, category: str = "", by: User | None, on: date, is_trial: bool = False
) -> Imported:
    """Record every row of a price list that can be; the same list again changes nothing.

    `category` is the name of a category, else the list's own; one that is missing is made only
    where the actor may make categories. `by` is None for the operator's command. A trial writes
    nothing and returns the same figures.
    """
    if by is not None:
        _require_recorder(by, on=on)
    done = Imported(read=listed.read, unchanged=listed.repeated, refused=[*listed.refused])
    name = category or listed.layout.category
    found = _category(name, by=by)
    priced = _not_to_come(listed.prices, done, on=on)
    known = _known(listed.layout.source, [each.reference for each in priced])
    changed = []
    for each in priced:
        before = known.get(each.reference)
        if before is None:
            done.created += 1
        elif found is not None and _is_same(each, before, found):
            done.unchanged += 1
            continue
        else:
            done.updated += 1
        changed.append(each)
    if not is_trial:
        _write(changed, known, listed, found or _made(name, by=by, on=on), by=by, on=on)
        audit.record(
            "outside_offers.import", f"price list {listed.layout.source}", by=by, on=on,
            read=done.read, created=done.created, updated=done.updated,
            unchanged=done.unchanged, refused=len(done.refused),
        )  # fmt: skip
    return done


def _require_recorder(by: User, *, on: date) -> None:
    require(
        may_record_outside_offers(by, on=on),
        "Outside offers are recorded by whoever leads or may sign for a micro-enterprise.",
        help="Ask your lead, or an HR admin.",
    )


def _category(name: str, *, by: User | None) -> Category | None:
    """The category of that name; None where the actor may make it."""
    if not name:
        raise Invalid("Say which category these offers belong to.", field="category", value=name)
    found = Category.objects.filter(name__iexact=name).first()
    if found is None and by is not None and not may_create_categories(by):
        raise Invalid(
            f"There is no category {name}. Choose another, or ask an HR admin to add it.",
            field="category",
            value=name,
        )
    return found


def _made(name: str, *, by: User | None, on: date) -> Category:
    if by is not None:
        return create_category(name=name, description="", by=by, on=on)
    slug = slugify(name)[:80] or "prices"
    return Category.objects.get_or_create(slug=slug, defaults={"name": name})[0]


def _not_to_come(prices: Iterable[ListedPrice], done: Imported, *, on: date) -> list[ListedPrice]:
    """Without those whose price starts later than today: nobody can order them yet."""
    priced = []
    for each in prices:
        if each.priced_on and each.priced_on > on:
            sentence = f"The price starts on {each.priced_on}, which is still to come."
            done.refused.append(
                RefusedRow(each.row, "priced_on", each.priced_on.isoformat(), sentence)
            )
        else:
            priced.append(each)
    done.refused.sort(key=lambda refused: refused.row)
    return priced


def _known(source: str, references: Sequence[str]) -> dict[str, OutsideOffer]:
    rows = OutsideOffer.objects.filter(source=source, reference__in=references)
    return {row.reference: row for row in rows.select_related("supplier").defer("search")}


def _is_same(each: ListedPrice, before: OutsideOffer, category: Category) -> bool:
    """A day that the list does not say stays what it was taken for the first time."""
    if each.priced_on is not None and each.priced_on != before.priced_on:
        return False
    texts = ("name", "description", "unit", "price", "valid_until_on")
    return (
        all(getattr(each, name) == getattr(before, name) for name in texts)
        and each.supplier.lower() == before.supplier.name.lower()
        and category.pk == before.category_id
    )


def _write(
    changed: Sequence[ListedPrice],
    known: Mapping[str, OutsideOffer],
    listed: PriceList,
    category: Category,
    *,
    by: User | None,
    on: date,
) -> None:
    suppliers = _suppliers([each.supplier for each in changed])
    rows = [
        OutsideOffer(
            source=listed.layout.source,
            reference=each.reference,
            supplier=suppliers[each.supplier.lower()],
            category=category,
            name=each.name,
            description=each.description,
            unit=each.unit,
            price=each.price,
            priced_on=_priced_on(each, known.get(each.reference), on=on),
            valid_until_on=each.valid_until_on,
            recorded_on=on,
            recorded_by=by,
        )
        for each in changed
    ]
    OutsideOffer.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["source", "reference"],
        update_fields=_WRITTEN,
        batch_size=1000,
    )


def _priced_on(each: ListedPrice, before: OutsideOffer | None, *, on: date) -> date:
    """Where the list does not say: what was recorded before, else the last day it can have been."""
    if each.priced_on is not None:
        return each.priced_on
    latest = min(on, each.valid_until_on or on)
    return min(before.priced_on, latest) if before is not None else latest


def _suppliers(names: Iterable[str]) -> dict[str, OutsideSupplier]:
    """Every supplier by its name in lower case, made where it is not known yet."""
    wanted = {name.lower(): name for name in names}
    OutsideSupplier.objects.bulk_create(
        [OutsideSupplier(name=name) for _, name in sorted(wanted.items())], ignore_conflicts=True
    )
    same = Q(lowered__in=wanted) | Q(name__in=wanted.values())
    rows = OutsideSupplier.objects.alias(lowered=Lower("name")).filter(same)
    return {row.name.lower(): row for row in rows}
