"""Credits, bonuses and earn-backs of a contract's service levels; free of Django (PRODUCT 4.11).

What a month owes is derived as a whole and what earlier runs gave for it is taken off, so that a
late measurement or a late delivery adds a line with its origin month and the cap of that month
holds over all runs.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from contracts.service_levels import months_after
from contracts.settlement.cases import LONGEST_WORDS, InForce, Line
from contracts.settlement.charging import FEE, USAGE
from contracts.settlement.promises import Book, Measured, Promise
from ledger.money import ZERO, split
from marketplace.service_levels import Level, credit_of, percent_of, share_words

CREDIT, EARN_BACK, BONUS = "credit", "earn_back", "bonus"
Spans = Callable[[date], Sequence[InForce]]


class Base(NamedTuple):
    """What percentages are taken of: the prorated, rounded fee, or the usage charge."""

    amount: Decimal
    words: str


class _Row(NamedTuple):
    level: Level
    measured: Measured | None
    is_fresh: bool
    share: Decimal | None


class _Sheet(NamedTuple):
    """One month of one contract, with all that its credits are computed from."""

    book: Book
    origin: date
    version: int
    cap: Decimal
    base: Base
    rows: Sequence[_Row]
    is_due: bool

    def still_owed(
        self, kind: str, wanted: Sequence[Decimal], *, sign: int
    ) -> tuple[list[Decimal], list[Decimal]]:
        """What earlier runs have not given yet of each level, and how much of that the cap leaves.

        A cap that is too small is shared in proportion to what is owed, by largest remainder, ties
        to the earlier listed level: two of 1,200.00 under 1,800.00 are 900.00 each.
        """
        if not any(wanted):
            return [*wanted], [*wanted]
        given = {
            term: sign * amount
            for (of_kind, term, origin), amount in self.book.settled.items()
            if (of_kind, origin) == (kind, self.origin)
        }
        owed = [
            max(ZERO, amount - given.get(row.level.name, ZERO))
            for row, amount in zip(self.rows, wanted, strict=True)
        ]
        most = percent_of(self.base.amount, self.cap)
        room = max(ZERO, most - sum(given.values(), ZERO))
        return owed, owed if sum(owed, ZERO) <= room else split(room, owed)

    def line(self, kind: str, level: Level, amount: Decimal, words: str) -> Line:
        return Line(
            self.version, kind, level.name, self.origin, amount, None, words[:LONGEST_WORDS]
        )  # fmt: skip


def level_lines(
    book: Book, charged: Sequence[Line], month: date, *, due: Collection[date], spans_in: Spans
) -> list[Line]:
    """The credit, bonus and earn-back lines of one contract in a run.

    `due` are the months that the run settles for the first time, `charged` the fee and usage lines
    of this run; a level that was not measured has a line of 0 that says so.
    """
    origins = {*due, *(each.month for each in book.fresh), *(each.origin_month for each in charged)}
    made: list[Line] = []
    for origin in sorted(origins):
        version, promise = promise_in(book, spans_in(origin))
        if promise.levels:
            sheet = _Sheet(
                book, origin, version, promise.cap, base_of(book, charged, origin),
                _rows(book, promise, origin), is_due=origin in due,
            )  # fmt: skip
            made += _credit_lines(sheet)
            if any(level.bonus is not None for level in promise.levels):
                made += _bonus_lines(sheet)
    made += _earn_back_lines(book, made, month, spans_in)
    return made


def promise_in(book: Book, active: Sequence[InForce]) -> tuple[int, Promise]:
    """The version in force on the month's last active day, and what it promises."""
    if not active:
        return 0, Promise()
    version = active[-1].terms.version
    return version, book.promised.get(version, Promise())


def base_of(book: Book, charged: Sequence[Line], origin: date) -> Base:
    """Over this run and all before it; without a fixed fee it is the usage charge."""
    for kind, words in ((FEE, ""), (USAGE, "the usage charge ")):
        lines = [
            line.amount for line in charged if (line.kind, line.origin_month) == (kind, origin)
        ]
        before = [
            amount for (k, _, of), amount in book.settled.items() if (k, of) == (kind, origin)
        ]
        if lines or before:
            return Base(max(ZERO, sum([*lines, *before], ZERO)), words)
    return Base(ZERO, "")


def _rows(book: Book, promise: Promise, origin: date) -> list[_Row]:
    fresh = {each.term: each for each in book.fresh if each.month == origin}
    known = {each.term: each for each in book.known if each.month == origin}
    rows = []
    for level in promise.levels:
        measured = fresh.get(level.name) or known.get(level.name)
        share = measured.share if measured else None
        rows.append(_Row(level, measured, level.name in fresh, share))
    return rows


def _credit_lines(sheet: _Sheet) -> Iterator[Line]:
    base = sheet.base.amount
    wanted = [
        ZERO if row.share is None else _credit(row.level, row.share, base) for row in sheet.rows
    ]
    owed, granted = sheet.still_owed(CREDIT, wanted, sign=-1)
    is_capped = granted != owed
    for row, amount, whole in zip(sheet.rows, granted, wanted, strict=True):
        if not (row.is_fresh or sheet.is_due or amount):
            continue
        words = _credit_words(row, sheet.base, sheet.origin)
        if is_capped and whole:
            words += f"; all credits of the month are capped at {plain(sheet.cap)} %"
        elif amount < whole:
            words += "; the rest was credited before"
        yield sheet.line(CREDIT, row.level, -amount, words)


def _bonus_lines(sheet: _Sheet) -> Iterator[Line]:
    """As credits, and under the same cap: only where the buyer agreed to a bonus."""
    wanted = [_bonus(row, sheet.base.amount) for row in sheet.rows]
    _, granted = sheet.still_owed(BONUS, wanted, sign=1)
    for row, amount in zip(sheet.rows, granted, strict=True):
        level, share = row.level, row.share
        if level.bonus is None or level.bonus_above is None or share is None:
            continue
        if not (row.is_fresh or amount):
            continue
        above = plain(level.bonus_above)
        words = f"{_figures(row)}, not above {above} %: no bonus"
        if share > level.bonus_above:
            words = (
                f"{_figures(row)}, above {above} %: {plain(level.bonus)} % of"
                f" {sheet.base.words}{sheet.base.amount:,.2f}"
            )
        yield sheet.line(BONUS, level, amount, words)


def _earn_back_lines(
    book: Book, made: Sequence[Line], month: date, spans_in: Spans
) -> Iterator[Line]:
    """Part of a credit comes back once the next months were good: one line, outside the cap."""
    credited, rule = _credits(book, made), book.earn_back
    if not credited:
        return
    shares = {(each.term, each.month): each.share for each in [*book.known, *book.fresh]}
    for (term, origin), amount in sorted(credited.items()):
        version, promise = promise_in(book, spans_in(origin))
        level = next((each for each in promise.levels if each.name == term), None)
        if level is None or not level.earns_back or (EARN_BACK, term, origin) in book.settled:
            continue
        after = months_after(
            origin, count=rule.months, until=month, is_active=lambda each: bool(spans_in(each))
        )
        good = [shares.get((term, each)) for each in after]
        returned = percent_of(amount, rule.percent)
        is_good = all(share is not None and share >= rule.at_least for share in good)
        if len(after) == rule.months and is_good and returned:
            words = (
                f"{' and '.join(f'{each:%B %Y}' for each in after)} reached"
                f" {plain(rule.at_least)} % or more: {plain(rule.percent)} % of the credit of"
                f" {amount:,.2f} for {origin:%B %Y} comes back"
            )
            yield Line(version, EARN_BACK, term, origin, returned, None, words[:LONGEST_WORDS])


def _credits(book: Book, made: Sequence[Line]) -> dict[tuple[str, date], Decimal]:
    """What was credited for each level and month, this run included; above zero."""
    found: dict[tuple[str, date], Decimal] = {}
    for (kind, term, origin), amount in book.settled.items():
        if kind == CREDIT:
            found[term, origin] = -amount
    for line in made:
        if line.kind == CREDIT:
            key = line.term, line.origin_month
            found[key] = found.get(key, ZERO) - line.amount
    return {key: amount for key, amount in found.items() if amount > 0}


def _credit(level: Level, share: Decimal, base: Decimal) -> Decimal:
    return percent_of(base, credit_of(level.tiers, share).credit)


def _bonus(row: _Row, base: Decimal) -> Decimal:
    level, share = row.level, row.share
    if level.bonus is None or level.bonus_above is None or share is None:
        return ZERO
    return percent_of(base, level.bonus) if share > level.bonus_above else ZERO


def _credit_words(row: _Row, base: Base, origin: date) -> str:
    if row.share is None:
        if row.measured is None:
            return f"Not measured in {origin:%B %Y}: no credit"
        return f"Not measured: all {row.measured.excluded:,} of {origin:%B %Y} are excluded"
    tier = credit_of(row.level.tiers, row.share)
    if not tier.credit:
        return f"{_figures(row)}, promised {plain(row.level.target)} %: no credit"
    reached = f"at least {plain(tier.at_least)} %"
    if not tier.at_least:
        reached = f"below {plain(row.level.tiers[-2].at_least)} %"
    return (
        f"{_figures(row)}, {reached}: credit {plain(tier.credit)} % of"
        f" {base.words}{base.amount:,.2f}"
    )


def _figures(row: _Row) -> str:
    """11 of 12 tickets = 91.7 %, and what is left out of them."""
    if row.measured is None or row.share is None:
        return ""
    found = row.measured
    excluded = f" ({found.excluded:,} more excluded)" if found.excluded else ""
    share = share_words(row.share, row.level.tiers)
    return f"{found.met:,} of {found.counted:,} {row.level.unit}{excluded} = {share} %"


def plain(percent: Decimal) -> str:
    """95 for 95.00, and 2.5 for 2.50."""
    text = f"{percent:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
