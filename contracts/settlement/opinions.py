"""The satisfaction adjustment that both sides opted into; free of Django (PRODUCT 4.10, 4.16)."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from contracts.satisfaction import is_weak
from contracts.settlement.cases import LONGEST_WORDS, Line
from contracts.settlement.levels import Spans, base_of, plain, promise_in
from contracts.settlement.promises import Adjusted, Book
from ledger.money import ZERO
from ledger.months import previous
from marketplace.service_levels import HUNDRED, percent_of

SATISFACTION = "satisfaction"


def satisfaction_lines(
    book: Book, charged: Sequence[Line], *, due: Collection[date], spans_in: Spans
) -> Iterator[Line]:
    """One line a month where the terms adjust by satisfaction, of 0 where nothing follows from it.

    When a month is computed its own ratings are still hidden, so it goes by the month before,
    whatever day that is. The line tells on which side of target and floor it lies, and never the
    share itself.
    """
    for origin in sorted(due):
        version, promise = promise_in(book, spans_in(origin))
        if promise.adjusted is None:
            continue
        base, rated = base_of(book, charged, origin), previous(origin)
        direction, words = _judged(book, promise.adjusted, rated)
        amount = percent_of(base.amount, promise.adjusted.percent) * direction
        if direction:
            words += f" {plain(promise.adjusted.percent)} % of {base.words}{base.amount:,.2f}"
        yield Line(
            version, SATISFACTION, "satisfaction", origin, amount + ZERO, None,
            words[:LONGEST_WORDS],
        )  # fmt: skip


def _judged(book: Book, agreed: Adjusted, rated: date) -> tuple[int, str]:
    """1, 0 or -1, and why."""
    start = f"Satisfaction of {rated:%B %Y}"
    found = book.opinions.get(rated)
    if found is None or found.raters < book.minimum_raters:
        return 0, f"{start}: fewer than {book.minimum_raters} raters, no adjustment"
    if is_weak(answers=found.raters, invited=found.invited):
        return 0, f"{start}: fewer than 30 % answered, no adjustment"
    share = HUNDRED * found.happy / found.raters
    told = f"{start}, {found.raters} of {found.invited} answered"
    if share >= agreed.target:
        return 1, f"{told}: the target of {plain(agreed.target)} % is reached, plus"
    if share < agreed.floor:
        return -1, f"{told}: below the floor of {plain(agreed.floor)} %, minus"
    return 0, f"{told}: between floor {plain(agreed.floor)} % and target {plain(agreed.target)} %"
