"""How much of what offerings promise came true, over all of their contracts (PRODUCT 4.11, 4.22).

Contracts and what is measured of them are known further up; that app names its source in the
setting `LEVELS_ATTAINED`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, cast

from django.conf import settings
from django.utils.module_loading import import_string

from ledger.months import previous
from marketplace.level_words import percent
from marketplace.models import OfferingVersion
from marketplace.service_levels import Level, attainment, is_missed, share_words

MONTHS = 6
# With fewer buyers a figure would tell whose contract missed.
BUYERS_NEEDED = 3
# An ME with more has the rest on the pages of its offerings.
MOST_ROWS = 20


class Tally(NamedTuple):
    """One level of one offering in one month, over all of its contracts.

    `promised` counts the contracts that had a day with it, `measured` those of them with agreed
    figures, of `buyers` different buyers; `met` and `counted` are the sums of these figures.
    """

    promised: int = 0
    measured: int = 0
    buyers: int = 0
    met: int = 0
    counted: int = 0


Tallies = Mapping[tuple[int, str, date], Tally]
_Source = Callable[[Collection[int], Sequence[date], date], Tallies]


@dataclass(frozen=True)
class Cell:
    """A month of a level in words, with its share where one may be told."""

    month: date
    word: str
    tone: str = ""
    share: str = ""
    note: str = ""

    @property
    def label(self) -> str:
        return f"{self.share} {self.word}".strip()


@dataclass(frozen=True)
class Row:
    """A level over its months and over all of them; `of` names the offering where it is needed."""

    name: str
    target: str
    cells: Sequence[Cell]
    together: Cell
    of: str = ""
    of_id: int = 0


@dataclass(frozen=True)
class Attained:
    """A table of levels by months, oldest first; `more` rows are left out."""

    months: Sequence[date]
    rows: Sequence[Row]
    is_whole: bool
    more: int = 0

    @property
    def note(self) -> str:
        words = "Met of what was measured in the last six months, over all contracts"
        if self.is_whole:
            return words
        return f"{words}; told from {BUYERS_NEEDED} buyers on, so that nobody sees whose missed"


def months_before(on: date, *, count: int = MONTHS) -> list[date]:
    """The last months that are over, oldest first: in October, April to September."""
    found = [previous(on)]
    while len(found) < count:
        found.append(previous(found[-1]))
    return found[::-1]


def attained(
    versions: Iterable[OfferingVersion], *, sees_all: bool, names: bool = False, on: date
) -> Attained | None:
    """What the versions promise, level by level; None where they promise nothing.

    `sees_all` is for whoever knows every contract anyhow; `names` puts the offering beside its
    levels. The versions come with their levels; a fixed number of queries.
    """
    promised = [(version, each.level) for version in versions for each in version.levels.all()]
    if not promised:
        return None
    shown, months = promised[:MOST_ROWS], months_before(on)
    source = cast("_Source", import_string(settings.LEVELS_ATTAINED))
    tallies = source({version.offering_id for version, _ in shown}, months, on)
    rows = []
    for version, level in shown:
        keys = {month: (version.offering_id, level.name, month) for month in months}
        found = {month: tallies.get(key, Tally()) for month, key in keys.items()}
        rows.append(_row(level, found, sees_all=sees_all, version=version if names else None))
    return Attained(months, rows, sees_all, len(promised) - len(shown))


def _row(
    level: Level, tallies: Mapping[date, Tally], *, sees_all: bool, version: OfferingVersion | None
) -> Row:
    told = [each for each in tallies.values() if sees_all or each.buyers >= BUYERS_NEEDED]
    summed = Tally(
        promised=max(each.promised for each in tallies.values()),
        buyers=max(each.buyers for each in tallies.values()),
        met=sum(each.met for each in told),
        counted=sum(each.counted for each in told),
    )
    return Row(
        name=level.name,
        target=percent(level.target),
        cells=[_cell(level, month, each, is_told=each in told) for month, each in tallies.items()],
        together=_cell(level, max(tallies), summed, is_told=bool(told)),
        of=version.name if version else "",
        of_id=version.offering_id if version else 0,
    )


def _cell(level: Level, month: date, tally: Tally, *, is_told: bool) -> Cell:
    if not tally.promised and not tally.buyers:
        return Cell(month, "no contract")
    if not tally.buyers:
        return Cell(month, "not measured", "watch")
    share = attainment(met=tally.met, counted=tally.counted)
    if not is_told or share is None:
        return Cell(month, "too few buyers")
    note = ""
    if tally.measured and tally.measured < tally.promised:
        note = f"{tally.promised - tally.measured} of {tally.promised} not measured"
    shown = f"{share_words(share, level.tiers)} %"
    if is_missed(level.tiers, share):
        return Cell(month, "missed", "act", shown, note)
    return Cell(month, "met", "good", shown, note)
