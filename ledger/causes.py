"""What money is for, in words and as a link to a page that the ledger need not know.

An app above says once how its things are called (`name_with`, in config/apps.py); what nobody
named is called by its kind and number.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from django.urls import NoReverseMatch, reverse

from ledger.models import Cause

Namer = Callable[[Collection[int]], Mapping[int, str]]
_NAMERS: dict[str, Namer] = {}


def name_with(route: str, namer: Namer) -> None:
    """Have the causes of a route called by `namer`: names by key, in one query."""
    _NAMERS[route] = namer


def words_for(causes: Iterable[Cause]) -> dict[Cause, str]:
    """The words of many causes, in one query for each kind of cause."""
    wanted = set(causes)
    words = {cause: words_of(cause) for cause in wanted}
    for route in {cause.cause_route for cause in wanted} & set(_NAMERS):
        keys = [cause.cause_id for cause in wanted if cause.cause_route == route]
        words |= {Cause(route, key): name for key, name in _NAMERS[route](keys).items()}
    return words


def words_of(cause: Cause) -> str:
    """`Outside purchase 12` for `contracts:outside_purchase`: what needs no query."""
    thing = cause.cause_route.rpartition(":")[2].replace("_", " ")
    return f"{thing[:1].upper()}{thing[1:]} {cause.cause_id}".strip()


def address_of(cause: Cause) -> str:
    """The page of the cause; nothing where there is no such page."""
    try:
        return reverse(cause.cause_route, args=[cause.cause_id])
    except NoReverseMatch:
        return ""
