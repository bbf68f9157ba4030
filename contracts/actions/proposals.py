"""What takes two sides during a contract: one proposes, the other confirms (PRODUCT 4.2)."""

from datetime import date, timedelta
from typing import Any

from accounts import clock, policy
from accounts.errors import Refused
from accounts.models import MicroEnterprise, User
from contracts.actions import guards, records
from contracts.lifecycle import Event
from contracts.models import Contract, ContractVersion, Proposal

Kind = Proposal.Kind
_OPEN = Proposal.State.OPEN
WORDS = {
    Kind.SUSPEND: "to suspend it",
    Kind.RESUME: "to resume it",
    Kind.WITHDRAW_NOTICE: "to withdraw the notice",
    Kind.AMEND: "an amendment",
    Kind.RENEW: "a renewal",
    Kind.COMPLETE: "that the outcome is reached",
}


def open_proposal(contract: Contract, kind: str, *, on: date) -> Proposal | None:
    """The one that may still be confirmed that day."""
    rows = contract.proposals.filter(kind=kind, state=_OPEN, answer_until_on__gte=on)
    return rows.select_related("version", "proposed_for").first()


def propose(
    contract: Contract,
    kind: Proposal.Kind,
    event: Event,
    *,
    party: MicroEnterprise,
    by: User,
    on: date,
    reason: str = "",
    answer_until_on: date | None = None,
    version: ContractVersion | None = None,
    **payload: Any,
) -> Proposal:
    """Ask the other side; an open proposal of the kind gives way. The contract's row is held."""
    row = guards.allowed(contract, event, party=party, on=on)
    contract.proposals.filter(kind=kind, state=_OPEN).update(state=Proposal.State.REPLACED)
    days = policy.in_force(on=on)["proposal_answer_days"]
    proposal = Proposal.objects.create(
        contract=contract, kind=kind, proposed_for=party, proposed_by=by, proposed_on=on,
        answer_until_on=answer_until_on or on + timedelta(days=days), version=version,
        reason=reason,
    )  # fmt: skip
    records.record_event(
        contract, event, row, on=on, at=clock.now(), by=by, party=party, note=reason,
        version=version, answer_until_on=proposal.answer_until_on, **payload,
    )  # fmt: skip
    return proposal


def confirmed(
    contract: Contract, kind: Proposal.Kind, *, party: MicroEnterprise, by: User, on: date
) -> Proposal:
    """Take the other side's open proposal; Refused where there is none, or it is the own one."""
    proposal = open_proposal(contract, kind, on=on)
    if proposal is None:
        raise Refused(
            f"Nobody proposes {WORDS[kind]}, or the time to confirm it is over.",
            code="no_such_proposal",
            help="Read what stands open on the contract’s page, or propose it yourself.",
        )
    if proposal.proposed_for_id == party.pk:
        raise Refused(
            f"{party} proposed {WORDS[kind]}; the other side confirms it.", code="not_your_turn"
        )
    if by.pk == proposal.proposed_by_id:
        raise guards.both_sides(party)
    proposal.state, proposal.answered_on, proposal.answered_by = (
        Proposal.State.CONFIRMED, on, by,
    )  # fmt: skip
    proposal.save(update_fields=["state", "answered_on", "answered_by"])
    return proposal


def is_done(contract: Contract, event: Event, *, party: MicroEnterprise) -> bool:
    """Whether the last thing that happened is this party's same event: a retry changes nothing."""
    last = contract.events.order_by("-number").first()
    return last is not None and (last.kind, last.party_id) == (event, party.pk)
