"""What a contract promises beyond its price, and what became of it; free of Django."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from marketplace.service_levels import DEFAULT_CAP, Level, attainment


class EarnBack(NamedTuple):
    """After so many months of at least that share, such a part of a credit is returned."""

    at_least: Decimal
    months: int
    percent: Decimal


class Adjusted(NamedTuple):
    """The satisfaction adjustment of a version, in percent."""

    percent: Decimal
    target: Decimal
    floor: Decimal


class Promise(NamedTuple):
    """What one version promises beyond its price; `cap` is in percent of the month."""

    levels: tuple[Level, ...] = ()
    cap: Decimal = DEFAULT_CAP
    adjusted: Adjusted | None = None


class Measured(NamedTuple):
    """A level's month; `counted` is what was measured less what is excluded."""

    term: str
    month: date
    met: int
    counted: int
    excluded: int

    @property
    def share(self) -> Decimal | None:
        return attainment(met=self.met, counted=self.counted)


class Opinion(NamedTuple):
    """A month's ratings of one contract: how many persons, how many of them satisfied."""

    raters: int
    happy: int
    invited: int


@dataclass(slots=True)
class Book:
    """What the month knows about the levels of one contract.

    `promised` goes by version; `fresh` is counted by this run, `known` was by earlier ones;
    `settled` adds up earlier lines by kind, term and origin month; `opinions` are revealed months.
    """

    earn_back: EarnBack
    minimum_raters: int
    promised: dict[int, Promise] = field(default_factory=dict)
    fresh: list[Measured] = field(default_factory=list)
    known: list[Measured] = field(default_factory=list)
    settled: dict[tuple[str, str, date], Decimal] = field(default_factory=dict)
    opinions: dict[date, Opinion] = field(default_factory=dict)
    keys: list[int] = field(default_factory=list)
