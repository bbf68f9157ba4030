"""What the buyer answers to an overage that waits (PRODUCT 4.7)."""

from datetime import date

from django.db import transaction

from accounts import audit, permissions
from accounts.errors import Invalid, Refused
from accounts.models import User
from contracts.actions import dispute_money, disputes, guards, outcomes
from contracts.disputing import Stage
from contracts.models import Dispute, Overage
from contracts.queries import disputes as queries
from contracts.queries.agreements import may_know

State = Overage.State


@transaction.atomic
def accept_overage(overage: Overage, *, by: User, on: date) -> Overage:
    """Pay it, if available, as an entry of the running month; once, however often it is asked.

    Also possible after it was contested: the buyer may always give in. Refused
    `not_enough_money` leaves it waiting.
    """
    overage = _held(overage)
    require_signer(overage, by=by, on=on)
    if overage.state in (State.PAID, State.WAIVED):
        return overage
    dispute = Dispute.objects.filter(overage=overage).first()
    if dispute and queries.standing(dispute, on=on).stage is Stage.DECIDED:
        outcomes.settle(dispute, on=on, may_wait=False)
        return Overage.objects.get(pk=overage.pk)
    note = f"Overage of {overage.month:%B %Y}, accepted"
    dispute_money.pay_overage(overage, overage.amount, on=on, by=by, note=note)
    answered = _answer(overage, State.PAID, by=by, on=on)
    if dispute:
        disputes.withdraw(dispute, by=by, on=on)
    return answered


@transaction.atomic
def contest_overage(overage: Overage, *, reason: str, by: User, on: date) -> Overage:
    """Say why it is not owed; nothing moves, and the service goes on."""
    overage = _held(overage)
    require_signer(overage, by=by, on=on)
    if overage.state == State.CONTESTED:
        return overage
    if overage.state in (State.PAID, State.WAIVED):
        raise Refused(
            f"The overage of {overage.month:%B %Y} is {overage.state}.",
            code="wrong_state",
            help="Ask the provider for a correction, which is a line of the next month.",
        )
    if not reason.strip():
        raise Invalid("Say why it is not owed.", field="reason", value=reason)
    overage.contest_reason = reason.strip()
    answered = _answer(overage, State.CONTESTED, by=by, on=on)
    disputes.open_on_overage(answered, opened_on=on, by=by)
    return answered


def _answer(overage: Overage, state: Overage.State, *, by: User, on: date) -> Overage:
    overage.state, overage.answered_on, overage.answered_by = state, on, by
    overage.save(update_fields=["state", "answered_on", "answered_by", "contest_reason"])
    audit.record(
        f"overage.{state.value}", overage, by=by, on=on, me=overage.contract.buyer,
        contract=overage.contract_id, amount=overage.amount,
    )  # fmt: skip
    return overage


def require_signer(overage: Overage, *, by: User, on: date) -> None:
    contract = overage.contract
    permissions.require_known(may_know(by, contract, on=on))
    permissions.require(
        permissions.may_sign_for(by, contract.buyer, on=on),
        f"Only who signs for {contract.buyer} answers to an overage.",
        help=f"Ask the lead of {contract.buyer}.",
    )


def _held(overage: Overage) -> Overage:
    """The contract first, as every step of a dispute does."""
    guards.locked(overage.contract)
    rows = Overage.objects.select_related("contract__buyer", "contract__provider")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=overage.pk)
