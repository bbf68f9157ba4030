"""From which state which event leads where, and what the date alone makes of a contract.

One table (PRODUCT 4.2); every pair that is not in it is refused. A state by date needs no job to
have run (PRODUCT 4.0): `state_on` tells it, and the jobs only write it down.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from accounts.errors import Refused
from contracts.models import Contract
from ledger.months import following, last_day, month_of

State = Contract.State
Because = Contract.EndedBecause


class Event(StrEnum):
    """What may happen to a contract; the word is stored, chained and used by the API."""

    CREATE = "create"
    REVISE = "revise"
    OFFER = "offer"
    COUNTER = "counter"
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"
    START = "start"
    CANCEL = "cancel"
    PROPOSE_END = "propose_end"
    CONFIRM_END = "confirm_end"
    PROPOSE_AMENDMENT = "propose_amendment"
    AMEND = "amend"
    PROPOSE_RENEWAL = "propose_renewal"
    RENEW = "renew"
    RENEW_ITSELF = "renew_itself"
    PROPOSE_SUSPENSION = "propose_suspension"
    SUSPEND = "suspend"
    ORDER_SUSPENSION = "order_suspension"
    PROPOSE_RESUMPTION = "propose_resumption"
    RESUME = "resume"
    ORDER_RESUMPTION = "order_resumption"
    SUSPENSION_LAPSES = "suspension_lapses"
    GIVE_NOTICE = "give_notice"
    PROPOSE_STAY = "propose_stay"
    WITHDRAW_NOTICE = "withdraw_notice"
    DROP_PROPOSAL = "drop_proposal"
    REPORT_BREACH = "report_breach"
    CURE_BREACH = "cure_breach"
    END_FOR_CAUSE = "end_for_cause"
    END_CHRONIC = "end_chronic"
    CLAIM_COMPLETION = "claim_completion"
    COMPLETE = "complete"
    DISSOLVE = "dissolve"
    EXPIRE = "expire"
    CLOSE = "close"


class OpenRecord(StrEnum):
    """What is chained beside the events: it is of no row of the table and leaves the state."""

    DISPUTE = "dispute"


class Actor(StrEnum):
    """Who may cause an event."""

    EITHER = "either party"
    TURN = "the party whose turn it is"
    OFFERER = "the party that made the last offer"
    BUYER = "the buyer"
    PROVIDER = "the provider"
    CHRO = "the CHRO"
    CLOCK = "the calendar"


@dataclass(frozen=True)
class Row:
    """One row of the table: where the event leads and who causes it."""

    actor: Actor
    to: Contract.State
    because: str = ""


_Rows = Iterator[tuple[tuple[Contract.State, Event], Row]]


def _rows_to_the_start() -> _Rows:
    """Draft, negotiation, and what ends it before its first day."""
    either, clock = Actor.EITHER, Actor.CLOCK
    yield (State.DRAFT, Event.REVISE), Row(either, State.DRAFT)
    yield (State.DRAFT, Event.OFFER), Row(either, State.OFFERED)
    yield (State.OFFERED, Event.COUNTER), Row(Actor.TURN, State.OFFERED)
    yield (State.OFFERED, Event.ACCEPT), Row(Actor.TURN, State.AGREED)
    yield (State.OFFERED, Event.DECLINE), Row(Actor.TURN, State.DECLINED)
    yield (State.OFFERED, Event.WITHDRAW), Row(Actor.OFFERER, State.WITHDRAWN)
    yield (State.OFFERED, Event.LAPSE), Row(clock, State.LAPSED)
    yield (State.AGREED, Event.START), Row(clock, State.ACTIVE)
    yield (State.AGREED, Event.CANCEL), Row(either, State.ENDED, Because.CANCELLED)
    yield (State.OFFERED, Event.DISSOLVE), Row(clock, State.WITHDRAWN)
    yield (State.AGREED, Event.DISSOLVE), Row(clock, State.ENDED, Because.DISSOLVED)


def _rows_of_a_running_contract() -> _Rows:
    """What takes two sides takes two steps: naming it changes no state, the other's word does."""
    either, clock = Actor.EITHER, Actor.CLOCK
    running = (State.ACTIVE, State.SUSPENDED, State.NOTICE)
    for state in (State.AGREED, *running):
        yield (state, Event.PROPOSE_END), Row(either, state)
        yield (state, Event.CONFIRM_END), Row(either, State.ENDED, Because.MUTUAL)
    for state in running:
        yield (state, Event.PROPOSE_AMENDMENT), Row(either, state)
        yield (state, Event.AMEND), Row(either, state)
        yield (state, Event.DROP_PROPOSAL), Row(either, state)
        yield (state, Event.REPORT_BREACH), Row(either, state)
        yield (state, Event.CURE_BREACH), Row(either, state)
        yield (state, Event.END_FOR_CAUSE), Row(clock, State.ENDED, Because.CAUSE)
    yield (State.ACTIVE, Event.PROPOSE_RENEWAL), Row(either, State.ACTIVE)
    yield (State.ACTIVE, Event.RENEW), Row(either, State.ACTIVE)
    yield (State.ACTIVE, Event.RENEW_ITSELF), Row(clock, State.ACTIVE)
    yield (State.ACTIVE, Event.PROPOSE_SUSPENSION), Row(either, State.ACTIVE)
    yield (State.ACTIVE, Event.SUSPEND), Row(either, State.SUSPENDED)
    yield (State.ACTIVE, Event.ORDER_SUSPENSION), Row(Actor.CHRO, State.SUSPENDED)
    yield (State.SUSPENDED, Event.PROPOSE_RESUMPTION), Row(either, State.SUSPENDED)
    yield (State.SUSPENDED, Event.RESUME), Row(either, State.ACTIVE)
    yield (State.SUSPENDED, Event.ORDER_RESUMPTION), Row(Actor.CHRO, State.ACTIVE)
    lapsed = Row(clock, State.ENDED, Because.SUSPENSION_LAPSED)
    yield (State.SUSPENDED, Event.SUSPENSION_LAPSES), lapsed
    yield (State.ACTIVE, Event.GIVE_NOTICE), Row(either, State.NOTICE)
    yield (State.SUSPENDED, Event.GIVE_NOTICE), Row(either, State.NOTICE)
    yield (State.NOTICE, Event.PROPOSE_STAY), Row(either, State.NOTICE)
    yield (State.NOTICE, Event.WITHDRAW_NOTICE), Row(either, State.ACTIVE)
    chronic = Row(Actor.BUYER, State.ENDED, Because.CHRONIC_FAILURE)
    yield (State.ACTIVE, Event.END_CHRONIC), chronic
    yield (State.NOTICE, Event.END_CHRONIC), chronic
    yield (State.ACTIVE, Event.CLAIM_COMPLETION), Row(Actor.PROVIDER, State.ACTIVE)
    yield (State.ACTIVE, Event.COMPLETE), Row(Actor.BUYER, State.ENDED, Because.COMPLETED)
    yield (State.ACTIVE, Event.DISSOLVE), Row(clock, State.NOTICE)
    yield (State.SUSPENDED, Event.DISSOLVE), Row(clock, State.NOTICE)
    yield (State.ACTIVE, Event.EXPIRE), Row(clock, State.ENDED, Because.EXPIRED)
    yield (State.SUSPENDED, Event.EXPIRE), Row(clock, State.ENDED, Because.EXPIRED)
    yield (State.NOTICE, Event.EXPIRE), Row(clock, State.ENDED, Because.NOTICE)
    yield (State.ENDED, Event.CLOSE), Row(clock, State.CLOSED)


# PRODUCT 4.2, row by row.
TABLE: Mapping[tuple[Contract.State, Event], Row] = dict(
    [*_rows_to_the_start(), *_rows_of_a_running_contract()]
)
RUNNING = (State.AGREED, State.ACTIVE, State.SUSPENDED, State.NOTICE)
TERMINAL = (State.CLOSED, State.DECLINED, State.WITHDRAWN, State.LAPSED)
_ACTS = {
    Event.REVISE: "changed",
    Event.OFFER: "offered",
    Event.COUNTER: "answered with a counter-offer",
    Event.ACCEPT: "accepted",
    Event.DECLINE: "declined",
    Event.WITHDRAW: "withdrawn",
    Event.LAPSE: "left to lapse",
    Event.START: "started",
    Event.CANCEL: "cancelled",
    Event.PROPOSE_END: "ended by both sides",
    Event.CONFIRM_END: "ended by both sides",
    Event.PROPOSE_AMENDMENT: "amended",
    Event.AMEND: "amended",
    Event.PROPOSE_RENEWAL: "renewed",
    Event.RENEW: "renewed",
    Event.RENEW_ITSELF: "renewed",
    Event.PROPOSE_SUSPENSION: "suspended",
    Event.SUSPEND: "suspended",
    Event.ORDER_SUSPENSION: "suspended",
    Event.PROPOSE_RESUMPTION: "resumed",
    Event.RESUME: "resumed",
    Event.ORDER_RESUMPTION: "resumed",
    Event.SUSPENSION_LAPSES: "left to lapse",
    Event.GIVE_NOTICE: "ended by notice",
    Event.PROPOSE_STAY: "kept from its notice",
    Event.WITHDRAW_NOTICE: "kept from its notice",
    Event.DROP_PROPOSAL: "freed of a proposal",
    Event.REPORT_BREACH: "reported as broken",
    Event.CURE_BREACH: "reported as cured",
    Event.END_FOR_CAUSE: "ended for cause",
    Event.END_CHRONIC: "ended for chronic failure",
    Event.CLAIM_COMPLETION: "completed",
    Event.COMPLETE: "completed",
    Event.DISSOLVE: "ended by a party that dissolves",
    Event.EXPIRE: "left to expire",
    Event.CLOSE: "closed",
}
_ONLY_FROM = {
    event: [state for state, each in TABLE if each == event]
    for event in {each for _, each in TABLE}
}

_OVER_BY = {
    Because.SUSPENSION_LAPSED: Event.SUSPENSION_LAPSES,
    Because.CAUSE: Event.END_FOR_CAUSE,
    Because.COMPLETED: Event.COMPLETE,
}


def state_on(contract: Contract, *, on: date) -> Contract.State:
    """The state that counts that day, computed from the dates."""
    stored = State(contract.state)
    if stored == State.OFFERED and contract.answer_until_on and on > contract.answer_until_on:
        return State.LAPSED
    if stored in RUNNING and on > _end_by_dates(contract, on=on):
        return State.ENDED
    if stored == State.AGREED and on >= contract.starts_on:
        return State.ACTIVE
    return stored


def ended_because_on(contract: Contract, *, on: date) -> str:
    """Why it ended, also where only the calendar says so; empty while it has not."""
    if contract.ended_because:
        return contract.ended_because
    return ending_of(contract)[1] if state_on(contract, on=on) == State.ENDED else ""


def ending_of(contract: Contract) -> tuple[Event, str]:
    """The event by which the calendar alone ends a running contract, and the reason it gives."""
    by_term = min(contract.ends_on, contract.ended_on or contract.ends_on)
    if contract.over_after_on and contract.over_after_on < by_term:
        return _OVER_BY[Because(contract.over_because)], contract.over_because
    is_notice = contract.state == State.NOTICE
    return Event.EXPIRE, Because.NOTICE if is_notice else Because.EXPIRED


def last_day_of(contract: Contract) -> date:
    """The last day that counts, inclusive, as far as it is known: before the start where it never
    began. An open suspension or breach that nobody settles may still end it sooner."""
    return contract.ends_on if contract.ended_on is None else contract.ended_on


def is_running(contract: Contract, *, on: date) -> bool:
    """Whether that day is a day of it: signed, begun and not over, by the dates alone.

    An end that both sides named for a later day has the state `ended` at once, and yet the
    service runs to that day inclusive. Suspended days count: they are known by their own rows.
    """
    is_signed = contract.state in Contract.SIGNED
    return is_signed and contract.starts_on <= on <= _end_by_dates(contract, on=on)


def has_active_day(contract: Contract) -> bool:
    """Whether any day of it was or will be active; a cancelled one has none."""
    return contract.state in Contract.SIGNED and contract.starts_on <= last_day_of(contract)


def renewed_until(contract: Contract, *, on: date) -> date:
    """The end of its term that day, where the terms renew it by themselves; else as signed."""
    ends_on = contract.ends_on
    if contract.renews_months and contract.state in {State.AGREED, State.ACTIVE}:
        while contract.ended_on is None and on > ends_on:
            ends_on = end_after_months(ends_on, months=contract.renews_months)
    return ends_on


def end_after_months(ends_on: date, *, months: int) -> date:
    """So many months later; the end of a month stays one: 28 February and one month, 31 March."""
    start = ends_on + timedelta(days=1)
    month = start.replace(day=1)
    for _ in range(months):
        month = following(month)
    return month.replace(day=min(start.day, last_day(month).day)) - timedelta(days=1)


def notice_ends(*, given_on: date, days: int) -> date:
    """The last day after a notice: so many days, then to the end of that month (PRODUCT 4.2).

    Given on 15 March with 30 days: 14 April, so 30 April.
    """
    return last_day(month_of(given_on + timedelta(days=days)))


def _end_by_dates(contract: Contract, *, on: date) -> date:
    ends_on = contract.ended_on or renewed_until(contract, on=on)
    return min(ends_on, contract.over_after_on or ends_on)


def answer_until(*, offered_on: date, starts_on: date, lapses_after_days: int) -> date:
    """The last day on which an offer may be accepted (PRODUCT 4.2).

    Offered on 3 March it may be accepted up to and including 17 March, and never later than the
    day before the start.
    """
    by_silence = offered_on + timedelta(days=lapses_after_days)
    return min(by_silence, starts_on - timedelta(days=1))


def cancel_until(*, starts_on: date, days_before_start: int) -> date:
    """The last day on which a signed contract may be cancelled, inclusive (PRODUCT 4.2)."""
    return starts_on - timedelta(days=days_before_start)


def row_for(contract: Contract, event: Event, *, on: date) -> Row:
    """The row that allows the event that day; Refused `wrong_state` names the state otherwise."""
    state = state_on(contract, on=on)
    row = TABLE.get((state, event))
    if row is None:
        raise Refused(
            f"{contract} is {state.label.lower()} and cannot be {_ACTS[event]}.",
            code="wrong_state",
            help=_way_out(state, event),
            facts={"state": state.value, "event": event.value},
        )
    return row


def _way_out(state: Contract.State, event: Event) -> str:
    if state == State.LAPSED:
        return "Its time to be answered is over. Draft a new contract."
    if state in TERMINAL or state == State.ENDED:
        return "Nothing more happens to it. Draft a new contract."
    wanted = " or ".join(each.label.lower() for each in _ONLY_FROM[event])
    return f"That is possible while it is {wanted}."
