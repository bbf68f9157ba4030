"""Promises that a later fiscal year will have to reserve (PRODUCT 4.7).

The ledger reserves nothing for a year that has not opened. Apps above, which know what was signed,
are named in the setting `FUTURE_COMMITMENTS`, and the page of the money shows what they tell.
"""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple, cast

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import MicroEnterprise
from ledger.models import Cause


class FutureCommitment(NamedTuple):
    """What one cause will commit in a fiscal year to come, from its first to its last month."""

    cause: Cause
    title: str
    fiscal_year: int
    amount: Decimal
    first_month: date
    last_month: date


_Source = Callable[[MicroEnterprise, date], Iterable[FutureCommitment]]


def future_commitments(me: MicroEnterprise, *, on: date) -> list[FutureCommitment]:
    """Of all sources, by year and then by amount."""
    sources = [cast("_Source", import_string(path)) for path in settings.FUTURE_COMMITMENTS]
    found = [each for source in sources for each in source(me, on)]
    return sorted(found, key=lambda each: (each.fiscal_year, -each.amount, each.title))
