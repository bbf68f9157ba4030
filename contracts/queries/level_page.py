"""Service levels on a contract's page: months by levels, and what to do (PRODUCT 4.11)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from accounts.models import User
from accounts.permissions import is_member
from contracts import lifecycle
from contracts.models import Contract, Measurement, ServiceLevel
from contracts.pricing import Days
from contracts.queries import levels as queries
from contracts.queries.delivery import version_on
from contracts.queries.suspended import day_that_counts
from contracts.spans import without
from ledger.months import last_day
from marketplace.service_levels import attainment, is_missed, share_words, tiers_of

State = Measurement.State
_WORDS = {
    "met": "met", "missed": "missed", "not_measured": "not measured", "contested": "contested",
    "suspended": "suspended", "running": "not yet", "other_terms": "not promised",
}  # fmt: skip
_TONES = {"met": "good", "missed": "act", "not_measured": "watch", "contested": "watch"}


@dataclass(frozen=True)
class Cell:
    """One level in one month: in words, with its share where there is one."""

    month: date
    state: str
    share: str = ""
    note: str = ""

    @property
    def label(self) -> str:
        return f"{self.share} {_WORDS[self.state]}".strip()

    @property
    def tone(self) -> str:
        return _TONES.get(self.state, "")


@dataclass(frozen=True)
class LevelRow:
    """One level, its last months, and what is to do about the month that the page shows."""

    level: ServiceLevel
    target: str
    cells: Sequence[Cell]
    together: Cell
    measurement: Measurement | None
    figures: str
    state: str
    label: str
    note: str
    may_enter: bool
    may_answer: bool

    @property
    def name(self) -> str:
        return self.level.name

    @property
    def enter_label(self) -> str:
        return "Enter anew" if self.measurement else "Enter figures"


@dataclass(frozen=True)
class LevelsSection:
    """`chronic` says what lets the buyer end the contract at once; empty while nothing does."""

    month: date
    months: Sequence[date]
    rows: Sequence[LevelRow]
    chronic: str

    @property
    def chronic_text(self) -> str:
        return f"Chronic failure.\n{self.chronic}: the buyer may end it at once and without a fee."

    @property
    def note(self) -> str:
        unmeasured = sum(row.measurement is None for row in self.rows)
        if unmeasured and all(row.measurement is None for row in self.rows):
            return f"Nothing is measured for {self.month:%B} yet: no credit without a measurement"
        return "Met of what was measured; what nobody measured costs nothing and is flagged"


def levels_section(
    contract: Contract, *, user: User, month: date, months: Sequence[date], on: date
) -> LevelsSection | None:
    """The month's levels and those before it; None where the terms promise none.

    `months` are those that the page offers, newest first. A fixed number of queries.
    """
    day = day_that_counts(contract, month=month)
    version = version_on(contract, on=day or min(on, lifecycle.last_day_of(contract)))
    levels = list(version.levels.all()) if version else []
    if not levels:
        return None
    shown = sorted({*months, month})
    found = {
        (each.term, each.month): each
        for each in contract.measurements.filter(month__in=shown).select_related("level")
    }
    active = _active_months(contract, shown)
    sides = {
        side: is_member(user, me, on=on)
        for side, me in (("provider", contract.provider), ("buyer", contract.buyer))
    }
    rows = [
        _row(level, found, shown, active, sides, month=month, can_measure=bool(day), on=on)
        for level in levels
    ]
    chronic = (
        queries.chronic_levels(contract, on=on) if lifecycle.is_running(contract, on=on) else []
    )
    words = ". ".join(each.words for each in chronic)
    return LevelsSection(month, shown, rows, words)


def _row(
    level: ServiceLevel,
    found: Mapping[tuple[str, date], Measurement],
    months: Sequence[date],
    active: set[date],
    sides: Mapping[str, bool],
    *,
    month: date,
    can_measure: bool,
    on: date,
) -> LevelRow:
    cells = [_cell(found.get((level.name, each)), each, active, on=on) for each in months]
    in_all = [found.get((level.name, each)) for each in months]
    together = _together(level, months[-1], in_all, on=on)
    measurement = found.get((level.name, month))
    other = "buyer" if level.measurer == "provider" else "provider"
    target = f"{level.level.target.normalize():f} %"
    if measurement is None:
        side = "the provider" if level.measurer == "provider" else "the buyer"
        is_over = on > last_day(month)
        state, label = ("not_measured", "Not measured") if is_over else ("running", "Not yet")
        return LevelRow(
            level, target, cells, together, None, "", state, label,
            f"{side} measures it", may_enter=sides[level.measurer] and can_measure,
            may_answer=False,
        )  # fmt: skip
    state = queries.state_of(measurement, on=on)
    by_silence = state == State.CONFIRMED and measurement.state == State.ENTERED
    return LevelRow(
        level=level,
        target=target,
        cells=cells,
        together=together,
        measurement=measurement,
        figures=figures_of(measurement),
        state=state,
        label="Confirmed by silence" if by_silence else state.label,
        note=_note(measurement, state),
        may_enter=sides[level.measurer] and can_measure and not measurement.counted_in
        and state != State.CONFIRMED,
        may_answer=sides[other] and state != State.CONFIRMED and not measurement.counted_in,
    )  # fmt: skip


def figures_of(measurement: Measurement) -> str:
    """11 of 12 tickets, and what is excluded and why."""
    words = f"{measurement.met:,} of {measurement.counted:,} {measurement.level.unit}"
    if measurement.excluded:
        words += f"; {measurement.excluded:,} more excluded: {measurement.exclusion_reason}"
    return words


def _note(measurement: Measurement, state: Measurement.State) -> str:
    if measurement.counted_in:
        return f"settled with {measurement.counted_in:%B %Y}"
    if state == State.CONTESTED:
        return measurement.contest_reason
    if state == State.ENTERED:
        return f"confirmed by silence after {queries.contest_until(measurement):%-d %B %Y}"
    return ""


def _cell(measurement: Measurement | None, month: date, active: set[date], *, on: date) -> Cell:
    if measurement is None:
        if month not in active:
            return Cell(month, "suspended")
        return Cell(month, "running" if on <= last_day(month) else "not_measured")
    share = measurement.share
    if queries.state_of(measurement, on=on) == State.CONTESTED:
        return Cell(month, "contested", note=measurement.contest_reason)
    if share is None:
        return Cell(month, "not_measured", note="all excluded")
    tiers = tiers_of(measurement.level.tiers)
    state = "missed" if is_missed(tiers, share) else "met"
    return Cell(month, state, f"{share_words(share, tiers)} %")


def _together(
    level: ServiceLevel, month: date, measurements: Iterable[Measurement | None], *, on: date
) -> Cell:
    """All months in which both sides agree on the figures, or may still contest them, in one."""
    counting = [
        each
        for each in measurements
        if each is not None and queries.state_of(each, on=on) != State.CONTESTED
    ]
    share = attainment(
        met=sum(each.met for each in counting), counted=sum(each.counted for each in counting)
    )
    if share is None:
        return Cell(month, "not_measured")
    tiers = tiers_of(level.tiers)
    state = "missed" if is_missed(tiers, share) else "met"
    return Cell(month, state, f"{share_words(share, tiers)} %")


def _active_months(contract: Contract, months: Sequence[date]) -> set[date]:
    """Those that have a day which is not suspended."""
    pauses = [Days(*each) for each in contract.suspensions.values_list("first_on", "last_on")]
    end = min(lifecycle.last_day_of(contract), contract.over_after_on or date.max)
    return {
        month
        for month in months
        if without(Days(max(month, contract.starts_on), min(last_day(month), end)), pauses)
    }
