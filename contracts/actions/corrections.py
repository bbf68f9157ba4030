"""Putting a locked month right: an amount of a later month, once the one who loses by it agrees.

An HR admin enters it for neither side, or a party for itself (PRODUCT 4.10).
"""

from datetime import date
from decimal import Decimal

from django.db import transaction

from accounts import audit, permissions
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from contracts.actions import guards
from contracts.models import Contract, Correction
from contracts.queries import corrections as queries
from ledger import runs
from ledger.money import LARGEST, to_cents
from ledger.months import text_of

State = Correction.State


@transaction.atomic
def enter_correction(
    contract: Contract,
    *,
    origin_month: date,
    amount: Decimal,
    reason: str,
    by: User,
    on: date,
    party: MicroEnterprise | None = None,
    key: str = "",
) -> Correction:
    """Above zero the buyer pays it, below zero the provider; `party` is None for an HR admin.

    Whoever takes it from the own ME has agreed with that; else the other side confirms it. The
    same key enters once. Refused `month_not_locked`, `never_charged`, `wrong_state`, `key_reused`;
    Invalid names the field.
    """
    require_may_enter(contract, party=party, by=by, on=on)
    contract = guards.locked(contract)
    asked = Correction(
        contract=contract, origin_month=origin_month, amount=_amount(amount),
        reason=_reason(reason), entered_for=party, entered_by=by, entered_on=on, key=key,
    )  # fmt: skip
    if done := _entered_before(asked):
        return done
    _require_settled(contract, origin_month)
    if party and party == loser_of(asked):
        asked.state, asked.answered_by, asked.answered_on = State.CONFIRMED, by, on
    with saying(corrected_once_per_key=_key_reused(key)):
        asked.save(force_insert=True)
    audit.record(
        "correction.enter", asked, by=by, on=on, me=party, contract=contract.pk,
        month=text_of(origin_month), amount=asked.amount,
    )  # fmt: skip
    return asked


def require_may_enter(
    contract: Contract, *, party: MicroEnterprise | None, by: User, on: date
) -> None:
    """Who signs for one of the two parties, or an HR admin for neither."""
    if party is not None:
        guards.require_signer(contract, party=party, by=by, on=on)
        return
    permissions.require(
        permissions.is_hr_admin(by),
        "An HR admin corrects a locked month, or one of the two parties.",
        help="Act for the buyer or the provider.",
    )


@transaction.atomic
def confirm_correction(correction: Correction, *, by: User, on: date) -> Correction:
    """Whoever loses by it agrees: it is a line of the next month that is computed."""
    return _answer(correction, State.CONFIRMED, by=by, on=on)


@transaction.atomic
def reject_correction(correction: Correction, *, by: User, on: date) -> Correction:
    """Whoever loses by it does not agree; nothing moves."""
    return _answer(correction, State.REJECTED, by=by, on=on)


@transaction.atomic
def withdraw_correction(correction: Correction, *, by: User, on: date) -> Correction:
    """Whoever entered it takes it back, while the other side has not answered."""
    found = _locked(correction)
    if found.entered_for is None:
        _require_known(found, by=by, on=on)
        permissions.require(
            permissions.is_hr_admin(by),
            "An HR admin entered it, so an HR admin takes it back.",
            help="Decline it instead.",
        )
    else:
        _require_signer(found, found.entered_for, by=by, on=on)
    if found.state == State.WITHDRAWN:
        return found
    return _write(found, State.WITHDRAWN, by=by, on=on)


def loser_of(correction: Correction) -> MicroEnterprise:
    """From whom it takes money."""
    contract = correction.contract
    return contract.buyer if correction.amount > 0 else contract.provider


def _answer(correction: Correction, state: Correction.State, *, by: User, on: date) -> Correction:
    found = _locked(correction)
    loser = loser_of(found)
    _require_signer(found, loser, by=by, on=on)
    if found.state == state:
        return found
    if by.pk == found.entered_by_id:
        raise guards.both_sides(loser)
    return _write(found, state, by=by, on=on)


def _write(correction: Correction, state: Correction.State, *, by: User, on: date) -> Correction:
    if correction.state != State.PROPOSED:
        raise Refused(
            f"The correction is {correction.get_state_display().lower()} already.",
            code="wrong_state",
        )
    correction.state, correction.answered_by, correction.answered_on = state, by, on
    correction.save(update_fields=["state", "answered_by", "answered_on"])
    audit.record(
        f"correction.{state.value}", correction, by=by, on=on, me=loser_of(correction),
        contract=correction.contract_id,
    )  # fmt: skip
    return correction


def _require_known(correction: Correction, *, by: User, on: date) -> None:
    known = queries.visible_to(by, on=on).filter(pk=correction.pk).exists()
    permissions.require_known(known)


def _require_signer(correction: Correction, party: MicroEnterprise, *, by: User, on: date) -> None:
    _require_known(correction, by=by, on=on)
    permissions.require(
        permissions.may_sign_for(by, party, on=on),
        f"You may not sign for {party}.",
        help=f"Ask the lead of {party}, or a member who may sign.",
    )


def _locked(correction: Correction) -> Correction:
    rows = Correction.objects.select_related("contract__buyer", "contract__provider", "entered_for")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=correction.pk)


def _require_settled(contract: Contract, month: date) -> None:
    if not runs.is_locked(month):
        raise Refused(
            f"{month:%B %Y} is not locked yet.",
            code="month_not_locked",
            field="origin_month",
            value=text_of(month),
            help="Until then usage can be contested and a line disputed.",
        )
    if not contract.lines.filter(month=month).exists():
        raise Refused(
            f"Nothing of {contract} was settled in {month:%B %Y}.",
            code="never_charged",
            field="origin_month",
            value=text_of(month),
        )
    if contract.state == Contract.State.CLOSED:
        raise Refused(
            f"{contract} is closed: all its months are settled and nothing is open.",
            code="wrong_state",
            help="Agree on it in another contract.",
        )


def _amount(amount: Decimal) -> Decimal:
    if not amount.is_finite() or not 0 < abs(amount) <= LARGEST or amount != to_cents(amount):
        raise Invalid(
            f"{amount} corrects nothing. Enter an amount with two places, below zero where the"
            " provider pays it.",
            field="amount",
            value=str(amount),
        )
    return to_cents(amount)


def _reason(reason: str) -> str:
    if not reason.strip():
        raise Invalid("Say what was wrong.", field="reason", value=reason)
    return reason.strip()[:200]


def _entered_before(asked: Correction) -> Correction | None:
    if not asked.key:
        return None
    done = Correction.objects.filter(contract=asked.contract, key=asked.key).first()
    if done and (done.origin_month, done.amount) != (asked.origin_month, asked.amount):
        raise _key_reused(asked.key)
    return done


def _key_reused(key: str) -> Refused:
    return Refused(
        f"The key {key} was already used for another correction of this contract.",
        code="key_reused",
        field="key",
        value=key,
        help="Use a new key for a new correction.",
    )
