"""The outside price that a market-minus price is fixed on, taken over from its offer (PRODUCT 4.4).

It is copied with its source and its day, so that it stays what it was when the offer changes.
"""

from collections.abc import Mapping
from typing import Any

from accounts.errors import Invalid
from marketplace.models import OutsideOffer

_LONGEST_SOURCE = 200


def taken_over(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters with price, source and day of the outside offer that they name, if any.

    Invalid, where there is no such offer.
    """
    key = parameters.get("outside_offer")
    if not key:
        return parameters
    text = str(key)
    rows = OutsideOffer.objects.select_related("supplier")
    found = rows.filter(pk=text).first() if text.isdecimal() and len(text) < 19 else None
    if found is None:
        raise Invalid(
            f"There is no outside offer {text[:20]}. Take the number from its address.",
            field="outside_offer",
            value=text[:20],
        )
    source = f"{found.supplier}, {found.source}"[:_LONGEST_SOURCE]
    return {
        **parameters,
        "benchmark": str(found.price),
        "source": " ".join(source.split()),
        "priced_on": found.priced_on.isoformat(),
    }
