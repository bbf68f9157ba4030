"""From which state which event leads where, and what the date alone makes of a contract.

One table (PRODUCT 4.2); every pair that is not in it is refused. A state by date needs no job to
have run (PRODUCT 4.0): `state_on` tells it, and the jobs only write it down.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from accounts.errors import Refused
from contracts.models import Contract

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
    EXPIRE = "expire"
    CLOSE = "close"


class Actor(StrEnum):
    """Who may cause an event."""

    EITHER = "either party"
    TURN = "the party whose turn it is"
    OFFERER = "the party that made the last offer"
    CLOCK = "the calendar"


@dataclass(frozen=True)
class Row:
    """One row of the table: where the event leads and who causes it."""

    actor: Actor
    to: Contract.State
    because: str = ""


# A mutual end takes two steps: naming a day changes no state, the other side's word does.
TABLE: Mapping[tuple[Contract.State, Event], Row] = {
    (State.DRAFT, Event.REVISE): Row(Actor.EITHER, State.DRAFT),
    (State.DRAFT, Event.OFFER): Row(Actor.EITHER, State.OFFERED),
    (State.OFFERED, Event.COUNTER): Row(Actor.TURN, State.OFFERED),
    (State.OFFERED, Event.ACCEPT): Row(Actor.TURN, State.AGREED),
    (State.OFFERED, Event.DECLINE): Row(Actor.TURN, State.DECLINED),
    (State.OFFERED, Event.WITHDRAW): Row(Actor.OFFERER, State.WITHDRAWN),
    (State.OFFERED, Event.LAPSE): Row(Actor.CLOCK, State.LAPSED),
    (State.AGREED, Event.START): Row(Actor.CLOCK, State.ACTIVE),
    (State.AGREED, Event.CANCEL): Row(Actor.EITHER, State.ENDED, Because.CANCELLED),
    (State.AGREED, Event.PROPOSE_END): Row(Actor.EITHER, State.AGREED),
    (State.AGREED, Event.CONFIRM_END): Row(Actor.EITHER, State.ENDED, Because.MUTUAL),
    (State.ACTIVE, Event.PROPOSE_END): Row(Actor.EITHER, State.ACTIVE),
    (State.ACTIVE, Event.CONFIRM_END): Row(Actor.EITHER, State.ENDED, Because.MUTUAL),
    (State.ACTIVE, Event.EXPIRE): Row(Actor.CLOCK, State.ENDED, Because.EXPIRED),
    (State.ENDED, Event.CLOSE): Row(Actor.CLOCK, State.CLOSED),
}
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
    Event.EXPIRE: "left to expire",
    Event.CLOSE: "closed",
}
_ONLY_FROM = {
    event: [state for state, each in TABLE if each == event]
    for event in {each for _, each in TABLE}
}


def state_on(contract: Contract, *, on: date) -> Contract.State:
    """The state that counts that day, computed from the dates."""
    stored = State(contract.state)
    if stored == State.OFFERED and contract.answer_until_on and on > contract.answer_until_on:
        return State.LAPSED
    if stored in {State.AGREED, State.ACTIVE} and on > contract.ends_on:
        return State.ENDED
    if stored == State.AGREED and on >= contract.starts_on:
        return State.ACTIVE
    return stored


def ended_because_on(contract: Contract, *, on: date) -> str:
    """Why it ended, also where only the calendar says so; empty while it has not."""
    if contract.ended_because:
        return contract.ended_because
    return Because.EXPIRED if state_on(contract, on=on) == State.ENDED else ""


def last_day_of(contract: Contract) -> date:
    """The last day that counts, inclusive; before the start where it never began."""
    return contract.ends_on if contract.ended_on is None else contract.ended_on


def is_running(contract: Contract, *, on: date) -> bool:
    """Whether that day is an active day: signed, begun and not over, by the dates alone.

    An end that both sides named for a later day has the state `ended` at once, and yet the
    service runs to that day inclusive.
    """
    is_signed = contract.state in Contract.SIGNED
    return is_signed and contract.starts_on <= on <= last_day_of(contract)


def has_active_day(contract: Contract) -> bool:
    """Whether any day of it was or will be active; a cancelled one has none."""
    return contract.state in Contract.SIGNED and contract.starts_on <= last_day_of(contract)


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
