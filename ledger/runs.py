"""The month as the ledger keeps it: open, computed, posted, locked, and never back.

A run is cut into chunks of buyers. A worker claims a chunk by a row lock that others skip, so a
killed worker leaves nothing behind, its claim included; the message that woke it holds no work.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Q

from accounts import clock
from accounts.errors import Refused
from ledger import queries
from ledger.models import SettlementChunk, SettlementRun, Wallet
from ledger.months import following, text_of

State = SettlementRun.State
ORDER = [State.OPEN, State.COMPUTED, State.POSTED, State.LOCKED]
# Keeps a worker below 150 MB; a fixed number of statements is spread over so many contracts.
CHUNK_SIZE = 5_000
# A chunk that fails this often waits until somebody asks for it again.
ATTEMPTS = 3
# Days of the next month (PRODUCT 4.10).
_DUE_FROM_DAY = {10: State.LOCKED, 6: State.POSTED, 4: State.COMPUTED}
_LAST_KEY = 2**63 - 1


def due_on(day: date) -> SettlementRun.State:
    """How far the month before `day` should be by that day, by the calendar."""
    return next((state for first, state in _DUE_FROM_DAY.items() if day.day >= first), State.OPEN)


def has_reached(state: str, step: str) -> bool:
    return ORDER.index(State(state)) >= ORDER.index(State(step))


def is_locked(month: date) -> bool:
    return SettlementRun.objects.filter(month=month, state=State.LOCKED).exists()


def month_is_locked(month: date) -> Refused:
    """The refusal of a movement into a locked month, for `saying(transfer_month_is_open=...)`."""
    return Refused(
        f"{month:%B %Y} is locked, so nothing is added to it.",
        code="month_locked",
        help=f"Use {text_of(following(month))}: corrections are entries of the next month.",
    )


class Load(NamedTuple):
    """How many charges one buyer's ME has in the month."""

    buyer: int
    charges: int


class Range(NamedTuple):
    first: int
    last: int
    charges: int


def ranges(loads: Iterable[Load], *, size: int) -> Iterator[Range]:
    """Ranges of buyers of about `size` charges, which leave no key of a buyer out.

    `loads` come in the order of their buyers.
    """
    first, charges, previous = 0, 0, None
    for load in loads:
        if previous is not None and charges + load.charges > size:
            yield Range(first, previous, charges)
            first, charges = previous + 1, 0
        charges, previous = charges + load.charges, load.buyer
    if previous is not None:
        yield Range(first, _LAST_KEY, charges)


@transaction.atomic
def open_run(
    month: date,
    *,
    policy_version: int,
    loads: Callable[[], Iterable[Load]],
    chunk_size: int = CHUNK_SIZE,
) -> SettlementRun:
    """The run of the month with its chunks; whoever comes second waits and finds the plan made."""
    run, is_new = SettlementRun.objects.get_or_create(
        month=month, defaults={"opened_at": clock.now(), "policy_version": policy_version}
    )
    if is_new:
        SettlementChunk.objects.bulk_create(
            SettlementChunk(
                run=run, number=number, first_buyer=each.first, last_buyer=each.last,
                contract_count=each.charges,
            )
            for number, each in enumerate(ranges(loads(), size=chunk_size), start=1)
        )  # fmt: skip
    return run


@transaction.atomic
def ask(run: SettlementRun, *, to: SettlementRun.State) -> SettlementRun:
    """Let the run go on at least to that state; chunks that failed too often are tried again."""
    run = _held(run)
    if run.state == State.LOCKED:
        return run
    if not has_reached(run.goal, to):
        run.goal = to
        run.save(update_fields=["goal"])
    run.chunks.exclude(failure="").update(attempts=0, failure="")
    return run


def claimed_chunk(run: SettlementRun, *, state: str) -> SettlementChunk | None:
    """A chunk in that state which nobody else works on, locked; None when there is none.

    To be called within the transaction that does the work.
    """
    free = run.chunks.filter(state=state, attempts__lt=ATTEMPTS).order_by("number")
    return free.select_for_update(no_key=True, skip_locked=True).first()


def mark(chunk: SettlementChunk, *, state: str) -> None:
    """In the same transaction as the work itself: they stand or fall together."""
    chunk.state, chunk.attempts, chunk.failure = state, 0, ""
    chunk.save(update_fields=["state", "attempts", "failure"])


def mark_failure(chunk: SettlementChunk, *, reason: str) -> None:
    """After the rollback: count the attempt and keep the reason for whoever looks."""
    SettlementChunk.objects.filter(pk=chunk.pk).update(
        attempts=F("attempts") + 1, failure=reason[:300]
    )


@transaction.atomic
def reopen(run: SettlementRun, *, buyers: Iterable[int]) -> int:
    """Let the chunks of these buyers pass again; what is done in them stays done."""
    run = _held(run)
    wanted = sorted(set(buyers))
    found = [
        key
        for key, first, last in run.chunks.values_list("pk", "first_buyer", "last_buyer")
        if bisect_left(wanted, first) < bisect_right(wanted, last)
    ]
    chunks = run.chunks.filter(pk__in=found)
    return chunks.update(state=SettlementChunk.State.OPEN, attempts=0, failure="")


@transaction.atomic
def advance(
    run: SettlementRun, *, on: date, digest: Callable[[SettlementRun], str]
) -> SettlementRun:
    """Write down how far all chunks have come; the lock waits until all of them are posted, and
    until the fiscal year before is closed.

    The row is locked first, so a movement into the month either comes before its lock or is
    refused by it.
    """
    run = _held(run)
    now, before = clock.now(), run.state
    chunks = set(run.chunks.values_list("state", flat=True))
    is_computed = SettlementChunk.State.OPEN not in chunks
    is_posted = chunks <= {SettlementChunk.State.POSTED}
    if run.state == State.OPEN and is_computed:
        run.state, run.computed_at = State.COMPUTED, now
    if run.state == State.COMPUTED and has_reached(run.goal, State.POSTED) and is_posted:
        run.state, run.posted_at, run.posted_on = State.POSTED, now, on
    may_lock = run.goal == State.LOCKED and is_posted and not _has_open_year_before(run.month)
    if run.state == State.POSTED and may_lock:
        run.state, run.locked_at, run.digest = State.LOCKED, now, digest(run)
    if run.state != before:
        run.save()
    return run


def _has_open_year_before(month: date) -> bool:
    """The closing transfers of a year are movements of the new year's first month."""
    year = queries.fiscal_year_of(month)
    return Wallet.objects.filter(system="", closed_on=None, fiscal_year__lt=year).exists()


def is_at_work(run: SettlementRun) -> bool:
    """Whether something that was asked for is still to be done by whoever wakes up next."""
    if run.state == State.LOCKED:
        return False
    behind = Q(state=SettlementChunk.State.OPEN)
    if has_reached(run.goal, State.POSTED):
        behind |= Q(state=SettlementChunk.State.COMPUTED)
    chunks = run.chunks.filter(behind)
    if chunks.filter(attempts__gte=ATTEMPTS).exists():
        return chunks.filter(attempts__lt=ATTEMPTS).exists()
    return not has_reached(run.state, run.goal) or chunks.exists()


def unfinished() -> list[SettlementRun]:
    """Runs that a worker should go on with, oldest first."""
    runs = SettlementRun.objects.exclude(state=State.LOCKED).order_by("month")
    return [run for run in runs if is_at_work(run)]


def _held(run: SettlementRun) -> SettlementRun:
    return SettlementRun.objects.select_for_update(no_key=True).get(pk=run.pk)
