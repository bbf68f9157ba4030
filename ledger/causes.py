"""What money is for, in words and as a link to a page that the ledger need not know.

`settings.NAMES_OF_CAUSES` says, by route, which function of an app above knows the names: it takes
the keys and returns names by key, in one query. What nobody named is called by its kind and number.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import cast

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from ledger.models import Cause

_Namer = Callable[[Collection[int]], Mapping[int, str]]


def words_for(causes: Iterable[Cause]) -> dict[Cause, str]:
    """The words of many causes, in one query for each kind of cause."""
    wanted = set(causes)
    words = {cause: words_of(cause) for cause in wanted}
    for route in {cause.cause_route for cause in wanted} & set(settings.NAMES_OF_CAUSES):
        names_by_key = cast("_Namer", import_string(settings.NAMES_OF_CAUSES[route]))
        keys = [cause.cause_id for cause in wanted if cause.cause_route == route]
        words |= {Cause(route, key): name for key, name in names_by_key(keys).items()}
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
