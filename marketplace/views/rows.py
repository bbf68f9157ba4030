"""Offers and their figures, ready to print."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.utils.text import Truncator

from ledger.money import ZERO, to_cents
from marketplace import level_words
from marketplace.models import (
    OfferedMeasure,
    OfferingVersion,
    OutsideOffer,
    SatisfactionScore,
    ServiceOffering,
)
from marketplace.search import INSIDE, OUTSIDE

_NAME_LENGTH = 110
Offer = ServiceOffering | OutsideOffer


def row_of(offer: Offer, *, on: date) -> dict[str, Any]:
    """What a row of any list of offers prints."""
    if isinstance(offer, OutsideOffer):
        return {
            "where": OUTSIDE,
            "name": Truncator(offer.name).chars(_NAME_LENGTH),
            "url": reverse("marketplace:outside", args=[offer.pk]),
            "by": offer.supplier.name,
            "note": note_of(offer, on=on),
            "badge": "Weak benchmark" if offer.is_weak(on=on) else "",
            "price": offer.price,
            "per": f"per {offer.unit}",
            "pick_value": f"x{offer.pk}",
            **score_figures(None),
        }
    version = offer.current
    if version is None:
        raise AssertionError(f"{offer} is on sale without a version.")
    return {
        "where": INSIDE,
        "name": version.name,
        "url": reverse("marketplace:offering", args=[offer.pk]),
        "by": offer.provider.name,
        "by_url": f"/mes/{offer.provider_id}/",
        "note": version.summary,
        "price": version.price,
        "per": f"per {version.unit}",
        "lead": lead_time(version.lead_time_days),
        "pick_value": f"o{offer.pk}",
        **score_figures(offer.score),
    }


def score_figures(score: SatisfactionScore | None) -> dict[str, Any]:
    """What the satisfaction glyph takes."""
    if score is None:
        return {"csat": None, "n": 0, "raters": 0}
    names = ("csat", "n", "raters")
    figures = {name: getattr(score, name) for name in names}
    return figures | {"lower": score.lower_bound, "upper": score.upper_bound}


def lead_time(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def note_of(offer: OutsideOffer, *, on: date) -> str:
    """How long the offer holds, in words."""
    if offer.valid_until_on is None:
        return f"Price of {day(offer.priced_on)}"
    verb = "Expired on" if offer.is_expired(on=on) else "Valid until"
    return f"{verb} {day(offer.valid_until_on)}"


def day(value: date) -> str:
    return format_date(value, "j F Y")


def weakness_of(offer: OutsideOffer, *, on: date) -> str:
    """Why an offer proves little, as a sentence; nothing where it is fresh."""
    if offer.is_expired(on=on):
        until = day(offer.valid_until_on or on)
        return f"The offer of {offer.supplier} is a weak benchmark: it expired on {until}."
    if offer.is_weak(on=on):
        since = day(offer.priced_on)
        return f"The offer of {offer.supplier} is a weak benchmark: its price is of {since}."
    return ""


def measure_words(measure: OfferedMeasure) -> str:
    sign = "at least" if measure.direction == "higher" else "at most"
    return f"{measure.name}: {sign} {plain(measure.target)} {measure.unit}"


def plain(value: Decimal) -> str:
    """95.0000 as 95."""
    return f"{value.normalize():,f}"


def name_of(offering: ServiceOffering) -> str:
    """The name on sale, or that of the draft."""
    if offering.current is not None:
        return offering.current.name
    draft = offering.versions.first()
    return draft.name if draft else str(offering)


def level_rows(version: OfferingVersion, currency: str) -> list[dict[str, Any]]:
    """Service levels in words, each with an example in money, and the cap of all credits."""
    plan = version.price_plan
    base = plan.monthly_fee() or to_cents(plan.usage_amount(version.usual_quantity or ZERO))
    levels = [each.level for each in version.levels.all()]
    rows = [
        {"name": each.name, "sentences": level_words.sentences(each, base=base, currency=currency)}
        for each in levels
    ]
    cap = level_words.cap_of(levels, version.credit_cap, base=base, currency=currency)
    return [*rows, {"name": "All credits together", "sentences": [cap]}] if levels else []
