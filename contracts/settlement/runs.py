"""The close of a month: a run, its chunks, and workers that take one chunk at a time.

Runs are made in order: a step of a month waits for the same step of every earlier month in which
a contract was active, because late usage and refused contracts move on to the next month.
"""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import sha256

from django.db import transaction
from django.db.models.functions import Collate

from accounts import audit, permissions, policy
from accounts.errors import Refused
from accounts.models import Organization, User
from accounts.outages import is_outage
from contracts.models import SettlementLine
from contracts.settlement import intake, posting, rows
from contracts.settlement.computing import lines_of
from ledger import month_lock, runs, year_end
from ledger.models import SettlementChunk, SettlementRun, Transfer
from ledger.months import last_day, month_of, previous, text_of

log = logging.getLogger(__name__)
State = SettlementRun.State
Chunk = SettlementChunk.State


@transaction.atomic
def ask_for(
    month: date,
    *,
    to: SettlementRun.State,
    on: date,
    by: User | None = None,
    chunk_size: int = runs.CHUNK_SIZE,
) -> SettlementRun:
    """Open the month's run, if there is none, and let it go on to that state.

    The work is done by `work`, by whoever has time. `by` is None for the timetable. Refused
    `month_not_over`, `earlier_month_open`; a run that is further already stays as it is.
    """
    if by is not None:
        permissions.require(
            permissions.may_run_settlement(by),
            "Only an HR admin settles a month.",
            help="Ask an HR admin.",
        )
    if on <= last_day(month):
        raise Refused(
            f"{month:%B %Y} is not over before {last_day(month):%-d %B %Y}.",
            code="month_not_over",
            field="month",
            value=text_of(month),
            help="A month is settled after its last day; by the calendar on the 4th.",
        )
    _require_in_time_of_the_market(month)
    _require_earlier(month, to)
    version = policy.in_force(on=month).version
    month_lock.begin(month)
    run = runs.open_run(
        month, policy_version=version, loads=lambda: intake.loads(month), chunk_size=chunk_size
    )
    if runs.has_reached(run.state, to) and not run.chunks.exclude(failure="").exists():
        return run
    run = runs.ask(run, to=to)
    if by is not None:
        audit.record("settlement.ask", run, by=by, on=on, month=text_of(month), to=str(to))
    return run


@transaction.atomic
def retry(run: SettlementRun, *, by: User, on: date) -> int:
    """Let the refused contracts be settled again, until the lock; how many there are."""
    permissions.require(
        permissions.may_run_settlement(by),
        "Only an HR admin settles a month.",
        help="Ask an HR admin.",
    )
    if runs.is_locked(run.month):
        raise runs.month_is_locked(run.month)
    count = _reopen_refused(run)
    audit.record("settlement.retry", run, by=by, on=on, month=text_of(run.month))
    return count


def work(month: date, *, on: date) -> SettlementRun:
    """Do what is left of the month's run, chunk by chunk; any number of workers may do so."""
    run = SettlementRun.objects.get(month=month)
    while _do_one_chunk(run, on=on):
        pass
    run = runs.advance(run, on=on, digest=digest_of)
    if runs.has_reached(run.state, State.COMPUTED) and runs.has_reached(run.goal, State.POSTED):
        while _do_one_chunk(run, on=on, state=Chunk.COMPUTED):
            pass
        run = runs.advance(run, on=on, digest=digest_of)
    if run.state == State.LOCKED and month in year_end.months_that_close():
        year_end.close_due(on=on)
    return run


def run_due(*, on: date) -> dict[str, str]:
    """Go on with what was asked for, then bring last month as far as the calendar says.

    An earlier month that was left behind comes first; where it cannot go on, the months after it
    still go as far as they can, and `waiting_for` tells the page. What was refused is tried again
    until its month locks. The state of each month looked at. Harmless when repeated; a month in
    which no contract was active and no money moved gets no run, but the last one of a fiscal year
    does, because its lock closes the year.
    """
    last, due = previous(on), runs.due_on(on)
    for run in SettlementRun.objects.exclude(state=State.LOCKED).order_by("month"):
        _reopen_refused(run)
    states = {text_of(run.month): str(work(run.month, on=on).state) for run in runs.unfinished()}
    for month in [*_behind(last, State.LOCKED), last]:
        to = State.LOCKED if month < last else due
        if to == State.OPEN or not _has_something(month):
            continue
        posts_itself = policy.in_force(on=month)["settlement_posts_itself"]
        if not posts_itself and not _is_posted(month):
            to = State.COMPUTED
        if step := _furthest(month, to):
            ask_for(month, to=step, on=on)
            states[text_of(month)] = str(work(month, on=on).state)
    return states


def waiting_for(month: date, *, on: date) -> list[date]:
    """Earlier months without which this one cannot go as far as its calendar says, in order."""
    due = State.LOCKED if month < previous(on) else runs.due_on(on)
    if month > previous(on) or due == State.OPEN:
        return []
    return _behind(month, due)


def compute(chunk: SettlementChunk, run: SettlementRun) -> None:
    """The first pass: one contract that cannot be computed is set aside and stops no other."""
    found = intake.read(run.month, first=chunk.first_buyer, until=chunk.last_buyer)
    lines = [rows.written_alike(*each, run.month) for each in found.plain]
    refused: dict[int, tuple[str, str]] = {}
    for case in found.cases:
        try:
            lines.append(rows.written(case.contract, lines_of(case, run.month)))
        except Refused as reason:
            refused[case.contract] = (reason.code, str(reason))
        except Exception as error:  # a fault in one contract is reported, and the rest goes on
            log.exception("Contract %s could not be computed", case.contract)
            refused[case.contract] = ("fault", f"It could not be computed: {error!r}")
    failed = posting.write_lines(lines, run=run)
    refused |= {key: ("not_written", reason) for key, reason in failed.items()}
    posting.mark_counted(found, without=refused, run=run)
    settled = {each.contract for each in lines} - refused.keys()
    posting.note_refusals(refused, settled=settled, run=run)


def digest_of(run: SettlementRun) -> str:
    """SHA-256 over the month's lines, sorted: the one event of the run (PRODUCT 4.2)."""
    lines = SettlementLine.objects.filter(month=run.month).order_by(
        "contract_id", Collate("kind", "C"), Collate("term", "C"), "origin_month"
    )
    told = lines.values_list("contract_id", "kind", "term", "origin_month", "amount", "quantity")
    digest = sha256()
    for row in told.iterator(chunk_size=10_000):
        digest.update("|".join(map(str, row)).encode() + b"\n")
    return digest.hexdigest()


def _do_one_chunk(run: SettlementRun, *, on: date, state: str = Chunk.OPEN) -> bool:
    """One chunk, one pass, one transaction; False when there is none to take."""
    chunk = None
    try:
        with transaction.atomic(), _without_collector():
            chunk = runs.claimed_chunk(run, state=state)
            if chunk is None:
                return False
            if state == Chunk.OPEN:
                compute(chunk, run)
                runs.mark(chunk, state=Chunk.COMPUTED)
            else:
                posting.post(chunk, run, on=on)
                runs.mark(chunk, state=Chunk.POSTED)
    except Exception as error:
        # A database that is away is no fault of the chunk, and no attempt is counted.
        if chunk is None or is_outage(error):
            raise
        log.exception("%s could not be settled", chunk)
        runs.mark_failure(chunk, reason=f"{type(error).__name__}: {error}")
    return True


@contextmanager
def _without_collector() -> Iterator[None]:
    """A chunk makes ten thousands of objects that live to its end and go by themselves.

    Python would look through all of them again and again for cycles.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _require_in_time_of_the_market(month: date) -> None:
    """An empty month before the founding has no run, which would block the months after it."""
    organization = Organization.objects.first()
    founded_at = organization and organization.founded_at.astimezone(organization.zone)
    if founded_at and month < month_of(founded_at.date()) and not _has_something(month):
        raise Refused(
            f"There was no market in {month:%B %Y}.",
            code="before_the_market",
            field="month",
            value=text_of(month),
            help=f"The first month is {founded_at:%Y-%m}.",
        )


def _require_earlier(month: date, step: SettlementRun.State) -> None:
    if behind := _behind(month, step):
        first = behind[0]
        raise Refused(
            f"{month:%B %Y} cannot be {step.value} before {first:%B %Y} is.",
            code="earlier_month_open",
            field="month",
            value=text_of(month),
            help=f"Settle {text_of(first)} first: what is late there moves on to the next month.",
        )


def _behind(month: date, step: SettlementRun.State) -> list[date]:
    """Earlier months that have contracts, or a run, and have not come as far; in order."""
    states = dict(SettlementRun.objects.filter(month__lt=month).values_list("month", "state"))
    ends = [each for each in year_end.months_that_close() if each < month]
    due = {*intake.months_due(before=month), *states, *ends}
    return sorted(m for m in due if not runs.has_reached(states.get(m, State.OPEN), step))


def _has_something(month: date) -> bool:
    return (
        SettlementRun.objects.filter(month=month).exists()
        or bool(intake.loads(month))
        or Transfer.objects.filter(month=month).exists()
        or month in year_end.months_that_close()
    )


def _furthest(month: date, to: SettlementRun.State) -> SettlementRun.State | None:
    """The furthest step up to that one which no earlier month holds up."""
    steps = [step for step in runs.ORDER[1:] if runs.has_reached(to, step)]
    return next((step for step in reversed(steps) if not _behind(month, step)), None)


def _reopen_refused(run: SettlementRun) -> int:
    """Let the chunks with refused contracts pass again; what is done in them stays done."""
    buyers = list(run.refusals.values_list("contract__buyer", flat=True))
    if buyers:
        runs.ask(run, to=State(run.goal))
        runs.reopen(run, buyers=set(buyers))
    return len(buyers)


def _is_posted(month: date) -> bool:
    done = (State.POSTED, State.LOCKED)
    return SettlementRun.objects.filter(month=month, state__in=done).exists()
