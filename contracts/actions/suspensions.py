"""Suspending and resuming: by both sides, or by the CHRO for integrity (PRODUCT 4.2, 4.6).

Suspended days are not charged and their money is released; the end date does not move. What the
CHRO suspended, only the CHRO resumes. After the policy's days the contract is over.
"""

from datetime import date, timedelta

from django.db import transaction

from accounts import clock, permissions, policy
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from contracts.actions import funding, guards, looming, proposals, records
from contracts.lifecycle import Event, Row, row_for
from contracts.models import Contract, Proposal, Suspension, Usage
from contracts.queries.agreements import may_know
from contracts.queries.suspended import open_suspension

Kind = Proposal.Kind
_SHORTEST_REASON = 10


@transaction.atomic
def suspend(
    contract: Contract, *, party: MicroEnterprise, by: User, on: date, reason: str = ""
) -> Contract:
    """Propose to suspend it, or confirm what the other side proposes: from that day it is.

    A day on which something was delivered already stays an active day; then the first suspended
    day is tomorrow.
    """
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    records.catch_up(found, on=on)
    if proposals.is_done(found, Event.SUSPEND, party=party):
        return found
    asked = proposals.open_proposal(found, Kind.SUSPEND, on=on)
    if asked and asked.proposed_for_id == party.pk:
        return found
    if asked is None:
        proposals.propose(
            found, Kind.SUSPEND, Event.PROPOSE_SUSPENSION, party=party, by=by, on=on, reason=reason
        )
        return found
    row = guards.allowed(found, Event.SUSPEND, party=party, on=on)
    proposals.confirmed(found, Kind.SUSPEND, party=party, by=by, on=on)
    _begin(
        found, Event.SUSPEND, row, by=by, on=on, party=party, reason=asked.reason, is_ordered=False
    )
    return found


@transaction.atomic
def order_suspension(contract: Contract, *, reason: str, by: User, on: date) -> Contract:
    """The CHRO suspends it for integrity, with a reason that both parties read."""
    _require_chro(contract, by=by, on=on)
    found = guards.locked(contract)
    records.catch_up(found, on=on)
    row = row_for(found, Event.ORDER_SUSPENSION, on=on)
    if len(reason.strip()) < _SHORTEST_REASON:
        raise Invalid(
            "Say why, in a sentence that both parties can act on.", field="reason", value=reason
        )
    _begin(
        found, Event.ORDER_SUSPENSION, row, by=by, on=on, party=None, reason=reason.strip(),
        is_ordered=True,
    )  # fmt: skip
    return found


@transaction.atomic
def resume(
    contract: Contract, *, party: MicroEnterprise, by: User, on: date, reason: str = ""
) -> Contract:
    """Propose to resume it, or confirm what the other side proposes: that day is active again.

    Its money is reserved again; Refused `not_enough_money` says what is missing.
    """
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    if proposals.is_done(found, Event.RESUME, party=party):
        return found
    row = guards.allowed(found, Event.PROPOSE_RESUMPTION, party=party, on=on)
    pause = _open(found)
    if pause.is_ordered:
        raise Refused(
            f"The CHRO suspended {found}, so only the CHRO resumes it.",
            code="ordered_by_chro",
            help=f"Tell the CHRO what has changed. The reason was: {pause.reason}",
        )
    asked = proposals.open_proposal(found, Kind.RESUME, on=on)
    if asked and asked.proposed_for_id == party.pk:
        return found
    if asked is None:
        proposals.propose(
            found, Kind.RESUME, Event.PROPOSE_RESUMPTION, party=party, by=by, on=on, reason=reason
        )
        return found
    row = guards.allowed(found, Event.RESUME, party=party, on=on)
    proposals.confirmed(found, Kind.RESUME, party=party, by=by, on=on)
    _end(found, pause, Event.RESUME, row, by=by, on=on, party=party, note=asked.reason)
    return found


@transaction.atomic
def order_resumption(contract: Contract, *, by: User, on: date, reason: str = "") -> Contract:
    """The CHRO lets go on what the CHRO suspended."""
    _require_chro(contract, by=by, on=on)
    found = guards.locked(contract)
    row = row_for(found, Event.ORDER_RESUMPTION, on=on)
    pause = _open(found)
    if not pause.is_ordered:
        raise Refused(
            f"Both sides suspended {found}, so both sides resume it.",
            code="suspended_by_both",
            help="One side proposes it, the other confirms.",
        )
    _end(found, pause, Event.ORDER_RESUMPTION, row, by=by, on=on, party=None, note=reason)
    return found


def close_open_suspension(contract: Contract, *, on: date) -> Suspension | None:
    """The day is active again, and the day before it was the last suspended one."""
    pause = open_suspension(contract)
    if pause is None:
        return None
    pause.last_on = max(on, pause.first_on) - timedelta(days=1)
    pause.is_open = False
    pause.save(update_fields=["last_on", "is_open"])
    return pause


def _begin(
    contract: Contract,
    event: Event,
    row: Row,
    *,
    by: User,
    on: date,
    party: MicroEnterprise | None,
    reason: str,
    is_ordered: bool,
) -> None:
    delivered = contract.usage.filter(used_on=on).exclude(state=Usage.State.WITHDRAWN)
    first_on = on + timedelta(days=1) if delivered.exists() else on
    guards.require_day_to_change(first_on)
    days = policy.in_force(on=on)["suspension_lapses_after_days"]
    pause = Suspension.objects.create(
        contract=contract, first_on=first_on, last_on=first_on + timedelta(days=days - 1),
        is_ordered=is_ordered, reason=reason, decided_by=by, decided_on=on,
    )  # fmt: skip
    contract.proposals.filter(
        state=Proposal.State.OPEN, kind__in=[Kind.SUSPEND, Kind.COMPLETE]
    ).update(state=Proposal.State.REPLACED)
    looming.look_ahead(contract)
    records.record_event(
        contract, event, row, on=on, at=clock.now(), by=by, party=party, note=reason,
        first_on=first_on, lapses_after_on=pause.last_on,
    )  # fmt: skip
    funding.shrink(contract, on=on)


def _end(
    contract: Contract,
    pause: Suspension,
    event: Event,
    row: Row,
    *,
    by: User,
    on: date,
    party: MicroEnterprise | None,
    note: str,
) -> None:
    guards.require_day_to_change(on)
    closed = close_open_suspension(contract, on=on) or pause
    contract.proposals.filter(state=Proposal.State.OPEN, kind=Kind.RESUME).update(
        state=Proposal.State.REPLACED
    )
    looming.look_ahead(contract)
    records.record_event(
        contract, event, row, on=on, at=clock.now(), by=by, party=party, note=note,
        first_on=closed.first_on, last_on=closed.last_on,
    )  # fmt: skip
    funding.grow(contract, on=on)


def _open(contract: Contract) -> Suspension:
    pause = open_suspension(contract)
    if pause is None:
        raise AssertionError(f"{contract} is suspended without a suspension.")
    return pause


def _require_chro(contract: Contract, *, by: User, on: date) -> None:
    permissions.require_known(may_know(by, contract, on=on))
    permissions.require(
        permissions.may_suspend_for_integrity(by),
        "Only the CHRO suspends a contract for integrity, and resumes it.",
        help="Propose it to the other side instead, or tell the CHRO.",
    )
