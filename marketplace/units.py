"""Quantities with their unit in words. Units are free text, so only the usual ones have a plural;
of any other stands "3 × repair kit", which is never a wrong word. Free of Django.
"""

from decimal import Decimal

_PLURALS = {
    "apprentice": "apprentices", "batch": "batches", "call": "calls", "candidate": "candidates",
    "case": "cases", "contract": "contracts", "course": "courses", "crew": "crews", "day": "days",
    "delivery": "deliveries", "device": "devices", "document": "documents", "event": "events",
    "forecast": "forecasts", "half day": "half days", "hire": "hires", "hour": "hours",
    "invoice": "invoices", "item": "items", "job": "jobs", "kilometre": "kilometres", "km": "km",
    "licence": "licences", "month": "months", "order": "orders", "page": "pages",
    "parcel": "parcels", "permit": "permits", "person": "people", "piece": "pieces",
    "place": "places", "post": "posts", "project": "projects", "report": "reports",
    "request": "requests", "sample": "samples", "seat": "seats", "session": "sessions",
    "shift": "shifts", "shoot": "shoots", "tablet": "tablets", "test": "tests",
    "ticket": "tickets", "tonne": "tonnes", "trip": "trips", "unit": "units", "van": "vans",
    "visit": "visits", "week": "weeks", "word": "words", "workplace": "workplaces",
}  # fmt: skip
_KNOWN = {*_PLURALS, *_PLURALS.values()}


def many(unit: str) -> str:
    """Hours for hour; a word without a usual plural stays as it is."""
    word = unit.strip().lower()
    return _PLURALS.get(word, unit)


def counted(quantity: Decimal, unit: str) -> str:
    """1 hour, 2.5 hours, 3 × repair kit; the quantity without trailing zeros."""
    text = f"{quantity:,f}"
    number = text.rstrip("0").rstrip(".") if "." in text else text
    word = unit.strip().lower()
    if word not in _KNOWN:
        return f"{number} × {unit}"
    return f"{number} {word if quantity == 1 else _PLURALS.get(word, word)}"
