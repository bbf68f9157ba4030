"""What the buyer answers to an overage that waits (PRODUCT 4.7)."""

from datetime import date

from django.db import transaction

from accounts import audit, permissions
from accounts.errors import Invalid, Refused
from accounts.models import User
from contracts.models import Overage
from contracts.queries.agreements import may_know
from ledger import actions as ledger
from ledger.models import Transfer
from ledger.months import month_of

State = Overage.State


@transaction.atomic
def accept_overage(overage: Overage, *, by: User, on: date) -> Overage:
    """Pay it, if available, as an entry of the running month; once, however often it is asked.

    Also possible after it was contested: the buyer may always give in. Refused
    `not_enough_money` leaves it waiting.
    """
    overage = _held(overage)
    require_signer(overage, by=by, on=on)
    if overage.state == State.PAID:
        return overage
    contract, month = overage.contract, month_of(on)
    ledger.pay(
        ledger.wallet_of(contract.buyer, month=month),
        ledger.wallet_of(contract.provider, month=month),
        overage.amount,
        kind=Transfer.Kind.CHARGE,
        month=month,
        reference=f"overage/{overage.pk}",
        cause=contract.cause,
        on=on,
        by=by,
        note=f"Overage of {overage.month:%B %Y}, accepted",
    )
    return _answer(overage, State.PAID, by=by, on=on)


@transaction.atomic
def contest_overage(overage: Overage, *, reason: str, by: User, on: date) -> Overage:
    """Say why it is not owed; nothing moves, and the service goes on."""
    overage = _held(overage)
    require_signer(overage, by=by, on=on)
    if overage.state == State.CONTESTED:
        return overage
    if overage.state == State.PAID:
        raise Refused(
            f"The overage of {overage.month:%B %Y} is paid.",
            code="wrong_state",
            help="Ask the provider for a correction, which is a line of the next month.",
        )
    if not reason.strip():
        raise Invalid("Say why it is not owed.", field="reason", value=reason)
    overage.contest_reason = reason.strip()
    return _answer(overage, State.CONTESTED, by=by, on=on)


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
    rows = Overage.objects.select_related("contract__buyer", "contract__provider")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=overage.pk)
