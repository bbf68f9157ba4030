"""What every step of a dispute has in common: locks, the stage of the day, the record, the mail."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from accounts import audit, clock, mail, permissions
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from contracts.actions import guards, records
from contracts.actions.reminders import signers_of
from contracts.disputing import Stage, Standing
from contracts.lifecycle import Actor, OpenRecord, Row
from contracts.models import Contract, Dispute
from contracts.queries import disputes as queries
from contracts.terms import terms_of
from ledger.money import to_cents


class Step(StrEnum):
    """What happened, as the contract's timeline tells it after “Dispute 7”."""

    OPENED = "opened"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    OFFERED = "answered with an offer"
    OFFER_ACCEPTED = "settled by the offer"
    OFFER_REJECTED = "goes to the mediator"
    MEDIATOR_NAMED = "got a mediator"
    PROPOSED = "has a proposal of the mediator"
    PROPOSAL_ACCEPTED = "proposal accepted by one side"
    PROPOSAL_REJECTED = "goes to a panel"
    PANEL_CHOSEN = "got a panel"
    DECIDED = "decided by one member of the panel"
    WITHDRAWN = "withdrawn"
    SETTLED = "settled"


def locked(dispute: Dispute) -> Dispute:
    """Contract first, then the dispute, as they are now; held to the end of the transaction."""
    contract = guards.locked(dispute.contract)
    rows = Dispute.objects.select_related("line", "overage", "mediator")
    found = rows.select_for_update(of=("self",), no_key=True).get(pk=dispute.pk)
    found.contract = contract
    return found


def require_known(dispute: Dispute, *, by: User, on: date) -> None:
    known = queries.visible_to(by, on=on).filter(pk=dispute.pk).exists()
    permissions.require_known(known)


def require_stage(dispute: Dispute, *stages: Stage, on: date) -> Standing:
    """Refused `wrong_state` names where the dispute stands by that day's date."""
    found = queries.standing(dispute, on=on)
    if found.stage not in stages:
        raise Refused(
            f"{dispute} {sentence(dispute, found)}",
            code="wrong_state",
            help="Read where it stands now.",
            facts={"stage": found.stage.value},
        )
    return found


def sentence(dispute: Dispute, standing: Standing) -> str:
    """Where it stands, as the end of a sentence that begins with its name."""
    if standing.stage in (Stage.DECIDED, Stage.SETTLED):
        because = Dispute.Because(standing.because).label
        return f"was decided on {standing.since:%-d %B %Y}: {because}."
    until = f" until {standing.until:%-d %B %Y}" if standing.until else ""
    words = {
        Stage.ANSWER: f"waits for the answer of {dispute.contract.provider}",
        Stage.OFFER: f"waits for {dispute.contract.buyer} to answer the offer",
        Stage.MEDIATION: "is with the mediator",
        Stage.PANEL: "is with the panel",
    }
    return f"{words[standing.stage]}{until}."


def checked_percent(percent: Decimal | None) -> Decimal:
    """Invalid unless it is a share from 0 to 100 with at most two decimals."""
    is_share = percent is not None and percent.is_finite() and 0 <= percent <= 100
    if percent is None or not is_share or percent != to_cents(percent):
        raise Invalid(
            f"{percent if percent is not None else 'Nothing'} is no share. Say how many percent of"
            " the amount the buyer gets, from 0 to 100.",
            field="percent",
            value=str(percent),
        )
    return to_cents(percent)


def name_agreed_mediator(dispute: Dispute, *, on: date) -> None:
    """The one whom the terms name, where that person may still mediate; else the CHRO names one."""
    contract = dispute.contract
    named = terms_of(contract.current.terms).mediator if contract.current else None
    if named is None or dispute.mediator_id:
        return
    user = User.objects.select_related("person").filter(person=named).first()
    if user and permissions.is_uninvolved(user, contract.buyer, contract.provider, on=on):
        dispute.mediator, dispute.mediator_named_on = user, on


def record(
    dispute: Dispute,
    step: Step,
    *,
    by: User | None,
    on: date,
    party: MicroEnterprise | None = None,
    note: str = "",
    amount: Decimal | None = None,
    percent: Decimal | None = None,
) -> None:
    """Chain it to the contract's events, audit it, and tell those who have to act next."""
    contract = dispute.contract
    row = Row(Actor.EITHER, Contract.State(contract.state), contract.ended_because)
    records.record_event(
        contract, OpenRecord.DISPUTE, row, on=on, at=clock.now(), by=by, party=party,
        note=note.strip()[:1000], dispute=dispute.pk, step=step.value, month=dispute.month,
        amount=dispute.amount if amount is None else amount, percent=percent,
    )  # fmt: skip
    audit.record(
        f"dispute.{step.name.lower()}", dispute, by=by, on=on, me=party, contract=contract.pk
    )
    tell(dispute, on=on)


def tell(dispute: Dispute, *, on: date) -> bool:
    """Mail whoever has to act in this stage, once a stage; whether there was somebody new."""
    standing = queries.standing(dispute, on=on)
    word = standing.stage.value
    if standing.stage is Stage.MEDIATION and dispute.proposal_percent is not None:
        word = "proposal"
    if word == dispute.told_stage:
        return False
    readers = _readers(dispute, standing, on=on)
    for reader in readers:
        mail.send(
            "dispute", to=reader, dispute=dispute, contract=dispute.contract,
            subject=f"{dispute} on {dispute.contract}: {word}",
            sentence=f"{dispute} {sentence(dispute, standing)}",
            amount=f"{dispute.amount:,.2f}",
        )  # fmt: skip
    if readers:
        Dispute.objects.filter(pk=dispute.pk).exclude(state=Dispute.State.SETTLED).update(
            told_stage=word
        )
        dispute.told_stage = word
    return bool(readers)


def _readers(dispute: Dispute, standing: Standing, *, on: date) -> list[User]:
    contract = dispute.contract
    match standing.stage:
        case Stage.ANSWER:
            mes = [contract.provider]
        case Stage.OFFER:
            mes = [contract.buyer]
        case Stage.MEDIATION if dispute.proposal_percent is None:
            return [dispute.mediator] if dispute.mediator else _chros()
        case Stage.PANEL:
            seats = dispute.panel.select_related("member__person").order_by("pk")
            return [seat.member for seat in seats] or _chros()
        case Stage.DECIDED:
            return []  # It is told once its money has moved.
        case _:
            mes = [contract.buyer, contract.provider]
    return [user for me in mes for user in signers_of(me, on=on)]


def _chros() -> list[User]:
    return list(User.objects.filter(is_chro=True, is_active=True).select_related("person"))
