"""Those who help when the parties cannot agree: the CHRO, the mediator, the panel of three."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction

from accounts import permissions
from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import User
from contracts.actions import dispute_steps, outcomes
from contracts.actions.dispute_steps import Step
from contracts.disputing import SEATS, Stage
from contracts.models import Dispute, PanelSeat


@transaction.atomic
def name_mediator(dispute: Dispute, *, mediator: User, by: User, on: date) -> Dispute:
    """The CHRO names one where the contract does not, or where that person cannot mediate."""
    dispute = dispute_steps.locked(dispute)
    _require_chro(dispute, by=by, on=on)
    if dispute.mediator_id == mediator.pk:
        return dispute
    dispute_steps.require_stage(dispute, Stage.MEDIATION, on=on)
    if dispute.proposal_percent is not None:
        raise Refused("The mediator has made a proposal already.", code="wrong_state")
    _require_uninvolved(dispute, mediator, field="mediator", on=on)
    dispute.mediator, dispute.mediator_named_on, dispute.told_stage = mediator, on, ""
    dispute.save()
    dispute_steps.record(dispute, Step.MEDIATOR_NAMED, by=by, on=on)
    return dispute


@transaction.atomic
def propose(dispute: Dispute, *, percent: Decimal, by: User, on: date, note: str = "") -> Dispute:
    """The mediator proposes once how many percent the buyer gets; it holds where both accept."""
    dispute = dispute_steps.locked(dispute)
    dispute_steps.require_known(dispute, by=by, on=on)
    permissions.require(
        dispute.mediator_id == by.pk,
        "Only the mediator of the dispute proposes a settlement.",
        help="The CHRO names the mediator.",
    )
    given = dispute_steps.checked_percent(percent)
    if dispute.proposal_percent == given:
        return dispute
    dispute_steps.require_stage(dispute, Stage.MEDIATION, on=on)
    _require_uninvolved(dispute, by, field="", on=on)
    if dispute.proposal_percent is not None:
        raise Refused("You have made a proposal already.", code="wrong_state")
    dispute.proposal_percent, dispute.proposed_on = given, on
    dispute.proposal_note = note.strip()[:500]
    dispute.save()
    dispute_steps.record(dispute, Step.PROPOSED, by=by, on=on, note=note, percent=given)
    return dispute


@transaction.atomic
def choose_panel(dispute: Dispute, *, members: Sequence[User], by: User, on: date) -> Dispute:
    """The CHRO chooses three uninvolved people, once."""
    dispute = dispute_steps.locked(dispute)
    _require_chro(dispute, by=by, on=on)
    keys = {member.pk for member in members}
    before = set(dispute.panel.values_list("member", flat=True))
    if before and before == keys:
        return dispute
    dispute_steps.require_stage(dispute, Stage.PANEL, on=on)
    if before:
        raise Refused("The panel is chosen already.", code="wrong_state")
    if len(members) != SEATS or len(keys) != SEATS:
        raise Invalid("Choose three different people for the panel.", field="members")
    for member in members:
        _require_uninvolved(dispute, member, field="members", on=on)
        if member.pk == dispute.mediator_id:
            raise Invalid(f"{member.display_name} mediated; choose somebody else.", field="members")
    PanelSeat.objects.bulk_create(
        PanelSeat(dispute=dispute, member=member, chosen_by=by, chosen_on=on) for member in members
    )
    dispute.told_stage = ""
    dispute.save(update_fields=["told_stage"])
    dispute_steps.record(dispute, Step.PANEL_CHOSEN, by=by, on=on)
    return dispute


@transaction.atomic
def decide(dispute: Dispute, *, percent: Decimal, by: User, on: date, note: str = "") -> Dispute:
    """One member's percentage for the buyer; with the third the median binds both sides."""
    dispute = dispute_steps.locked(dispute)
    dispute_steps.require_known(dispute, by=by, on=on)
    seat = dispute.panel.filter(member=by).first()
    if seat is None:
        raise Forbidden(
            "Only the three members of the panel decide.", help="The CHRO chooses the panel."
        )
    given = dispute_steps.checked_percent(percent)
    if seat.percent == given:
        return dispute
    if seat.decided_on:
        raise Refused("You have decided already.", code="wrong_state")
    dispute_steps.require_stage(dispute, Stage.PANEL, on=on)
    _require_uninvolved(dispute, by, field="", on=on)
    seat.percent, seat.decided_on, seat.note = given, on, note.strip()[:500]
    seat.save(update_fields=["percent", "decided_on", "note"])
    # What one member decided is not told to the parties: only the median binds.
    dispute_steps.record(dispute, Step.DECIDED, by=by, on=on)
    return outcomes.settled(dispute, on=on)


def _require_chro(dispute: Dispute, *, by: User, on: date) -> None:
    dispute_steps.require_known(dispute, by=by, on=on)
    permissions.require(
        permissions.may_choose_panel(by),
        "Only the CHRO names mediators and panels.",
        help="Ask the CHRO.",
    )


def _require_uninvolved(dispute: Dispute, user: User, *, field: str, on: date) -> None:
    contract = dispute.contract
    if permissions.is_uninvolved(user, contract.buyer, contract.provider, on=on):
        return
    raise Refused(
        f"{user.display_name} is a member of {contract.buyer} or {contract.provider}, or not of the"
        " firm, and so not uninvolved.",
        code="involved",
        field=field,
        help="Somebody else has to do it.",
    )
