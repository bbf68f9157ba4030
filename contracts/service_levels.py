"""When a miss becomes a habit, and when a good spell repairs it, free of Django (PRODUCT 4.11)."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from ledger.months import following, month_of, previous


class ChronicRule(NamedTuple):
    """So many misses of one level within so many months."""

    misses: int
    months: int


def window(*, on: date, months: int) -> list[date]:
    """The last so many months that are over, oldest first: in July, January to June."""
    found = [previous(on)]
    while len(found) < months:
        found.append(previous(found[-1]))
    return found[::-1]


def chronic_misses(missed: Iterable[date], *, on: date, rule: ChronicRule) -> list[date]:
    """The misses that make a level chronic, oldest first; empty while they are too few.

    Missed three times within the six months before the one of `on`, the buyer may end the contract
    at once and without a fee.
    """
    recent = sorted({month_of(each) for each in missed} & {*window(on=on, months=rule.months)})
    return recent if len(recent) >= rule.misses else []


def is_chronic(missed: Iterable[date], *, on: date, rule: ChronicRule) -> bool:
    return bool(chronic_misses(missed, on=on, rule=rule))


def months_after(
    month: date, *, count: int, until: date, is_active: Callable[[date], bool]
) -> list[date]:
    """The next so many months in which the contract was active, those up to `until`.

    A month that was suspended as a whole is passed over: no level is measured in it.
    """
    found: list[date] = []
    month = following(month)
    while month <= until and len(found) < count:
        if is_active(month):
            found.append(month)
        month = following(month)
    return found
