"""Days cut into spans, free of Django: which terms hold when, and what a suspension leaves.

Every span is inclusive at both ends; a later version holds from its day on (PRODUCT 4.2).
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TypeVar

from contracts.pricing import Days

Item = TypeVar("Item")
_DAY = timedelta(days=1)


def in_force(versions: Iterable[tuple[date, Item]], *, within: Days) -> list[tuple[Days, Item]]:
    """Which version holds on which of these days; `versions` name the day from which they hold,
    in the order in which they were numbered. Days before the first version belong to none."""
    spans: list[tuple[Days, Item]] = []
    for valid_from, item in versions:
        start = max(valid_from, within.first)
        spans = [
            (Days(days.first, min(days.last, start - _DAY)), earlier)
            for days, earlier in spans
            if days.first < start
        ]
        spans.append((Days(start, within.last), item))
    return [(days, item) for days, item in spans if days.first <= days.last]


def without(days: Days, pauses: Sequence[Days]) -> list[Days]:
    """What is left of the days, in order; the pauses do not overlap."""
    left, first = [], days.first
    for pause in sorted(pauses):
        if pause.last < first or pause.first > days.last or not pause.length:
            continue
        if first < pause.first:
            left.append(Days(first, pause.first - _DAY))
        first = pause.last + _DAY
    if first <= days.last:
        left.append(Days(first, days.last))
    return left
