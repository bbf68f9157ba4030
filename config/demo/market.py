"""What is sold inside and offered outside in the demo."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.text import slugify

from accounts import audit
from config.demo import material
from config.demo.cast import Cast
from config.demo.diary import Deed
from config.demo.founding import HR_ADMIN
from marketplace import actions
from marketplace.actions import MeasureTerms, OfferingTerms
from marketplace.models import Category
from marketplace.service_levels import Level

_TOLD = material.table("offerings")
OFFERINGS: dict[str, dict[str, Any]] = {each["key"]: each for each in _TOLD["offering"]}
_WRITTEN = date(2026, 3, 9)
_LISTED = date(2026, 3, 10)
_WITHDRAWN = date(2026, 6, 15)


def deeds(cast: Cast) -> Iterator[Deed]:
    yield Deed(_WRITTEN, partial(_name_categories, cast))
    for told in OFFERINGS.values():
        yield Deed(_WRITTEN, partial(_write, cast, told))
        if told.get("fate") == "withdrawn":
            yield Deed(_WITHDRAWN, partial(_withdraw, cast, told["key"]))
    for row in material.rows("outside_offers"):
        day = max(_LISTED, date.fromisoformat(row["priced_on"]) + timedelta(days=1))
        yield Deed(day, partial(_record, cast, row))
    yield Deed(date(2026, 9, 7), partial(_reprice, cast))


def _name_categories(cast: Cast, on: date) -> None:
    admin = cast.user(HR_ADMIN)
    for each in _TOLD["category"]:
        category = Category.objects.create(slug=slugify(each["name"]), **each)
        audit.record("category.create", category, by=admin, on=on, name=category.name)


def _write(cast: Cast, told: Mapping[str, Any], on: date) -> None:
    provider = cast.me(told["provider"])
    lead = cast.lead(provider)
    offering = actions.draft_offering(
        provider, category=cast.categories[told["category"]], terms=_terms(told), by=lead, on=on
    )
    cast.offering_keys[told["key"]] = offering.pk
    if told.get("fate") != "draft":
        actions.publish(offering, by=lead, on=on)
    if allowed := told.get("subsidy"):
        actions.allow_subsidy(
            offering, most=Decimal(allowed["most"]), until_on=allowed["until"],
            reason=allowed["reason"], by=cast.user(HR_ADMIN), on=on,
        )  # fmt: skip


def _terms(told: Mapping[str, Any]) -> OfferingTerms:
    return OfferingTerms(
        name=told["name"], summary=told["summary"], description=told["description"].strip(),
        plan=told.get("plan", "fixed"), unit=told.get("unit", ""), price=Decimal(told["price"]),
        parameters=told.get("parameters", {}), usual_quantity=_usual(told),
        capacity=told.get("capacity"), lead_time_days=told.get("lead_time_days", 1),
        measures=[
            MeasureTerms(
                **{**each, "target": Decimal(each["target"]), "floor": Decimal(each["floor"])}
            )
            for each in told["measures"]
        ],
        levels=[_level(each) for each in told.get("levels", ())],
    )  # fmt: skip


def _level(told: Mapping[str, str]) -> Level:
    """With the default tiers: below 95 % of what was measured it costs 5 % of the month."""
    figures = {name: Decimal(told[name]) for name in ("bonus_above", "bonus") if name in told}
    return Level(**{**told, **figures})  # type: ignore[arg-type]


def _usual(told: Mapping[str, Any]) -> Decimal | None:
    return Decimal(told["usual_quantity"]) if "usual_quantity" in told else None


def _withdraw(cast: Cast, key: str, on: date) -> None:
    offering = cast.offering(key)
    actions.withdraw(offering, by=cast.lead(offering.provider), on=on)


def _record(cast: Cast, row: Mapping[str, str], on: date) -> None:
    """Whoever leads an ME may write down what the world outside asks."""
    priced_on = date.fromisoformat(row["priced_on"])
    actions.record_outside_offer(
        supplier=row["supplier"], category=cast.categories[row["category"]], name=row["name"],
        unit=row["unit"], price=Decimal(row["price"]), priced_on=priced_on,
        valid_until_on=date.fromisoformat(row["valid_until_on"]),
        source=f"{row['supplier']}, price list of {priced_on:%B %Y}",
        by=cast.user("kwame.boateng"), on=on,
    )  # fmt: skip


def _reprice(cast: Cast, on: date) -> None:
    """The service desk answers a cheaper offer from outside with a second version."""
    offering = cast.offering("service-desk")
    lead = cast.lead(offering.provider)
    draft = actions.start_new_version(offering, by=lead, on=on)
    terms = actions.terms_of(draft)
    cheaper = {name: getattr(terms, name) for name in terms.__slots__} | {"price": Decimal(1290)}
    actions.change_draft(
        offering, terms=OfferingTerms(**cheaper), category=offering.category, by=lead, on=on
    )
    actions.publish(offering, by=lead, on=on)
