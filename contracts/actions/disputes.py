"""What the two parties do in a dispute: open it, answer it, answer the offer, give it up.

Every step locks the contract first, so that posting its month and disputing it wait for each other.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts import permissions, policy
from accounts.constraints import saying
from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import MicroEnterprise, User
from accounts.queries import holidays
from accounts.workdays import nth_working_day_after
from contracts.actions import dispute_money, dispute_steps, guards, outcomes
from contracts.actions.dispute_steps import Step
from contracts.disputing import Stage
from contracts.models import Contract, Dispute, Overage, SettlementLine
from ledger.money import to_cents

Answer = Dispute.Answer


@transaction.atomic
def open_dispute(
    line: SettlementLine,
    *,
    amount: Decimal,
    reason: str,
    party: MicroEnterprise,
    by: User,
    on: date,
    key: str = "",
) -> Dispute:
    """The buyer challenges a line or a part of it; the same key opens once.

    On the preview the amount is held when the month is posted; after it, at once, out of what the
    provider has earned and is not free to spend. Refused `disputed_already`, `nothing_to_dispute`,
    `too_late_to_dispute`, `key_reused`; Invalid names the field.
    """
    contract = guards.locked(line.contract)
    require_buyer(contract, party=party, by=by, on=on)
    asked = _asked(contract, line, amount=amount, reason=reason, by=by, on=on, key=key)
    if done := _opened_before(asked):
        return done
    beyond = Refused(
        f"The line is {line.amount:,.2f}, and with what is disputed of it already {amount:,.2f}"
        " would be more.",
        code="disputed_already",
        field="amount",
        value=str(amount),
        help="Dispute a smaller part, or open the dispute that there is.",
    )
    with saying(dispute_within_its_line=beyond, dispute_is_about_money=beyond):
        asked.save(force_insert=True)
    if dispute_money.is_posted(contract, line.month):
        dispute_money.hold(asked, by=by, on=on)
    else:
        dispute_money.require_net(asked)
    dispute_steps.record(
        asked, Step.OPENED, by=by, on=on, party=contract.buyer, note=asked.reason, amount=amount
    )
    return asked


@transaction.atomic
def answer(
    dispute: Dispute,
    *,
    answer: str,
    by: User,
    on: date,
    percent: Decimal | None = None,
    note: str = "",
) -> Dispute:
    """The provider accepts it, rejects it, or offers that the buyer gets so many percent of it."""
    dispute = dispute_steps.locked(dispute)
    require_side(dispute, dispute.contract.provider, by=by, on=on)
    given = _percent(percent, is_wanted=answer == Answer.OFFERED)
    if dispute.answer == answer and dispute.offer_percent == given:
        return dispute
    dispute_steps.require_stage(dispute, Stage.ANSWER, on=on)
    if answer not in Answer.values:
        raise Invalid(f"“{answer}” is no answer. Accept, reject or offer.", field="answer")
    dispute.answer, dispute.answered_on, dispute.answered_by = Answer(answer), on, by
    dispute.answer_note, dispute.offer_percent = note.strip()[:500], given
    if answer == Answer.OFFERED:
        dispute.offer_until_on = nth_working_day_after(on, dispute.offer_days, holidays())
    elif answer == Answer.REJECTED:
        dispute_steps.name_agreed_mediator(dispute, on=on)
    dispute.save()
    step = {Answer.ACCEPTED.value: Step.ACCEPTED, Answer.REJECTED.value: Step.REJECTED}.get(
        answer, Step.OFFERED
    )
    dispute_steps.record(
        dispute, step, by=by, on=on, party=dispute.contract.provider, note=note, percent=given
    )
    return outcomes.settled(dispute, on=on)


@transaction.atomic
def answer_offer(dispute: Dispute, *, accepts: bool, by: User, on: date) -> Dispute:
    """The buyer accepts the offered split, or goes to the mediator."""
    dispute = dispute_steps.locked(dispute)
    require_side(dispute, dispute.contract.buyer, by=by, on=on)
    given = Answer.ACCEPTED if accepts else Answer.REJECTED
    if dispute.offer_answer == given:
        return dispute
    dispute_steps.require_stage(dispute, Stage.OFFER, on=on)
    dispute.offer_answer, dispute.offer_answered_on = given, on
    if not accepts:
        dispute_steps.name_agreed_mediator(dispute, on=on)
    dispute.save()
    step = Step.OFFER_ACCEPTED if accepts else Step.OFFER_REJECTED
    dispute_steps.record(
        dispute, step, by=by, on=on, party=dispute.contract.buyer, percent=dispute.offer_percent
    )
    return outcomes.settled(dispute, on=on)


@transaction.atomic
def answer_proposal(
    dispute: Dispute, *, accepts: bool, party: MicroEnterprise, by: User, on: date
) -> Dispute:
    """Either side accepts what the mediator proposes, or asks for the panel; both must accept."""
    dispute = dispute_steps.locked(dispute)
    require_side(dispute, party, by=by, on=on)
    is_buyer = party.pk == dispute.contract.buyer_id
    if accepts and (dispute.buyer_agreed_on if is_buyer else dispute.provider_agreed_on):
        return dispute
    dispute_steps.require_stage(dispute, Stage.MEDIATION, on=on)
    if dispute.proposal_percent is None:
        raise Refused(
            "The mediator has proposed nothing yet.",
            code="nothing_proposed",
            help="Wait for the proposal; without one a panel decides.",
        )
    if not accepts:
        dispute.proposal_rejected_on = on
    elif is_buyer:
        dispute.buyer_agreed_on = on
    else:
        dispute.provider_agreed_on = on
    dispute.save()
    step = Step.PROPOSAL_ACCEPTED if accepts else Step.PROPOSAL_REJECTED
    dispute_steps.record(dispute, step, by=by, on=on, party=party, percent=dispute.proposal_percent)
    return outcomes.settled(dispute, on=on)


@transaction.atomic
def withdraw(dispute: Dispute, *, by: User, on: date) -> Dispute:
    """The buyer gives it up: the provider gets all of it."""
    dispute = dispute_steps.locked(dispute)
    require_side(dispute, dispute.contract.buyer, by=by, on=on)
    if dispute.withdrawn_on:
        return dispute
    dispute_steps.require_stage(
        dispute, Stage.ANSWER, Stage.OFFER, Stage.MEDIATION, Stage.PANEL, on=on
    )
    dispute.withdrawn_on = on
    dispute.save()
    dispute_steps.record(dispute, Step.WITHDRAWN, by=by, on=on, party=dispute.contract.buyer)
    return outcomes.settled(dispute, on=on)


def open_on_overage(overage: Overage, *, opened_on: date, by: User | None) -> Dispute:
    """What is contested, or was not answered in time, is a dispute from that day (PRODUCT 4.7).

    Nothing was paid, so nothing is held; the contract's row is locked by the caller.
    """
    reason = overage.contest_reason or "The overage was not answered in time."
    opened, is_new = Dispute.objects.get_or_create(
        overage=overage,
        defaults={
            "contract": overage.contract, "month": overage.month, "amount": overage.amount,
            "reason": reason, "opened_by": by, **_deadlines(opened_on),
        },
    )  # fmt: skip
    if is_new:
        dispute_steps.record(
            opened, Step.OPENED, by=by, on=opened_on, party=overage.contract.buyer, note=reason,
            amount=overage.amount,
        )  # fmt: skip
    return opened


def require_buyer(contract: Contract, *, party: MicroEnterprise, by: User, on: date) -> None:
    """Only who signs for the buyer disputes what is charged."""
    guards.require_signer(contract, party=party, by=by, on=on)
    if party.pk != contract.buyer_id:
        raise Forbidden(
            f"{contract.buyer} pays, so only {contract.buyer} disputes what is charged.",
            help="Enter a correction instead; the buyer confirms it.",
        )


def require_side(dispute: Dispute, party: MicroEnterprise, *, by: User, on: date) -> None:
    """Who signs for that side, and has not acted for the other one."""
    dispute_steps.require_known(dispute, by=by, on=on)
    is_party = party.pk in {dispute.contract.buyer_id, dispute.contract.provider_id}
    permissions.require(
        is_party and permissions.may_sign_for(by, party, on=on),
        f"You may not sign for {party} in this dispute.",
        help=f"Ask the lead of {party}, or a member who may sign.",
    )
    is_buyer = party.pk == dispute.contract.buyer_id
    if by.pk == (dispute.answered_by_id if is_buyer else dispute.opened_by_id):
        raise guards.both_sides(party)


def _asked(
    contract: Contract,
    line: SettlementLine,
    *,
    amount: Decimal,
    reason: str,
    by: User,
    on: date,
    key: str,
) -> Dispute:
    if line.amount <= 0:
        raise Refused(
            f"The line is {line.amount:,.2f}, so there is nothing to get back of it.",
            code="nothing_to_dispute",
            help="A credit that is too low is put right by a correction.",
        )
    if not amount.is_finite() or not 0 < amount <= line.amount or amount != to_cents(amount):
        raise Invalid(
            f"{amount} is no part of {line.amount:,.2f}. Enter an amount above 0 with two places,"
            " at most the whole line.",
            field="amount",
            value=str(amount),
        )
    if not reason.strip():
        raise Invalid(
            "Say what is wrong, so that the provider can answer.", field="reason", value=reason
        )
    return Dispute(
        contract=contract, month=line.month, line=line, amount=to_cents(amount),
        reason=reason.strip()[:500], opened_by=by, key=key, **_deadlines(on),
    )  # fmt: skip


def _deadlines(opened_on: date) -> dict[str, Any]:
    policies = policy.in_force(on=opened_on)
    days = policies["dispute_answer_working_days"]
    return {
        "opened_on": opened_on,
        "answer_until_on": nth_working_day_after(opened_on, days, holidays()),
        "offer_days": days,
        "mediation_days": policies["dispute_mediation_working_days"],
        "panel_days": policies["dispute_panel_working_days"],
    }


def _opened_before(asked: Dispute) -> Dispute | None:
    if not asked.key:
        return None
    done = Dispute.objects.filter(contract=asked.contract, key=asked.key).first()
    if done and (done.line_id, done.amount) != (asked.line_id, asked.amount):
        raise Refused(
            f"The key {asked.key} was already used for another dispute of this contract.",
            code="key_reused",
            field="key",
            value=asked.key,
            help="Use a new key for a new dispute.",
        )
    return done


def _percent(percent: Decimal | None, *, is_wanted: bool) -> Decimal | None:
    return dispute_steps.checked_percent(percent) if is_wanted else None
