"""What money is for, in words and as a link to a page that the ledger need not know."""

from django.urls import NoReverseMatch, reverse

from ledger.models import Cause


def words_of(cause: Cause) -> str:
    """`Outside purchase 12` for `contracts:outside_purchase`."""
    thing = cause.cause_route.rpartition(":")[2].replace("_", " ")
    return f"{thing[:1].upper()}{thing[1:]} {cause.cause_id}".strip()


def address_of(cause: Cause) -> str:
    """The page of the cause; nothing where there is no such page."""
    try:
        return reverse(cause.cause_route, args=[cause.cause_id])
    except NoReverseMatch:
        return ""
