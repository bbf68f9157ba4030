"""How far a month was a success: one value a measure and month, agreed by both (PRODUCT 4.2)."""

from datetime import date
from decimal import Decimal

from django.db import transaction

from accounts import audit, permissions
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from contracts.models import Contract, SuccessMeasure, SuccessResult
from contracts.queries.agreements import may_know
from contracts.queries.delivery import version_on
from contracts.queries.results import SilenceRule
from contracts.queries.suspended import day_that_counts

State = SuccessResult.State
# The widest that the column holds.
LARGEST_VALUE = Decimal(10_000_000_000)
_VALUE = Decimal("0.0001")


@transaction.atomic
def enter_result(
    measure: SuccessMeasure, *, month: date, value: Decimal, by: User, on: date, note: str = ""
) -> SuccessResult:
    """The measurer's value of the month; entered anew, it waits for the other side anew.

    Refused `already_confirmed`, `other_terms`, `outside_dates`; Invalid names the field.
    """
    contract = measure.version.contract
    permissions.require_known(may_know(by, contract, on=on))
    require_member(measurer_of(measure), by=by, on=on)
    _require_month(contract, measure, month, on=on)
    value = _value(value)
    result, is_new = SuccessResult.objects.get_or_create(
        measure=measure, month=month,
        defaults={
            "contract": contract, "value": value, "note": note, "entered_on": on, "entered_by": by,
        },
    )  # fmt: skip
    if not is_new:
        result = _held(result)
        is_same = (result.value, result.note) == (value, note)
        if is_same and result.state != State.CONTESTED:
            return result
        if SilenceRule().is_confirmed(result, on=on):
            raise _confirmed(result)
        result.value, result.note, result.entered_by, result.entered_on = value, note, by, on
        result.state, result.contest_reason = State.ENTERED, ""
        result.answered_on = result.answered_by = None
        result.save()
    audit.record("result.enter", result, by=by, on=on, contract=contract.pk, value=value)
    return result


@transaction.atomic
def confirm_result(result: SuccessResult, *, by: User, on: date) -> SuccessResult:
    """The other side agrees with the value."""
    result = _held(result)
    require_other_side(result, by=by, on=on)
    if result.state == State.CONFIRMED:
        return result
    result.state, result.answered_on, result.answered_by = State.CONFIRMED, on, by
    result.save(update_fields=["state", "answered_on", "answered_by"])
    audit.record("result.confirm", result, by=by, on=on, contract=result.contract_id)
    return result


@transaction.atomic
def contest_result(result: SuccessResult, *, reason: str, by: User, on: date) -> SuccessResult:
    """The other side says why the value is not right; the measurer enters it anew."""
    result = _held(result)
    require_other_side(result, by=by, on=on)
    if result.state == State.CONTESTED:
        return result
    if SilenceRule().is_confirmed(result, on=on):
        raise _confirmed(result)
    if not reason.strip():
        raise Invalid("Say what is wrong with the value.", field="reason", value=reason)
    result.state, result.contest_reason = State.CONTESTED, reason.strip()
    result.answered_on, result.answered_by = on, by
    result.save(update_fields=["state", "contest_reason", "answered_on", "answered_by"])
    audit.record("result.contest", result, by=by, on=on, contract=result.contract_id)
    return result


def _require_month(contract: Contract, measure: SuccessMeasure, month: date, *, on: date) -> None:
    if month.day != 1 or month > on:
        raise Invalid(
            f"{month:%B %Y} has not begun. Enter the value when there is one.",
            field="month",
            value=month,
        )
    day = day_that_counts(contract, month=month)
    if day is None:
        raise Refused(
            f"{contract} had no active day in {month:%B %Y}.",
            code="outside_dates",
            field="month",
            value=month,
        )
    version = version_on(contract, on=day)
    if version is None or measure.version_id != version.pk:
        raise Refused(
            f"“{measure}” is no measure of the terms in force in {month:%B %Y}.",
            code="other_terms",
            help="Open the contract and enter the values of its current measures.",
        )


def require_member(me: MicroEnterprise, *, by: User, on: date) -> None:
    permissions.require(
        permissions.is_member(by, me, on=on),
        f"Only members of {me} do this.",
        help=f"Ask a member of {me}.",
    )


def require_other_side(result: SuccessResult, *, by: User, on: date) -> None:
    contract = result.contract
    permissions.require_known(may_know(by, contract, on=on))
    measurer = measurer_of(result.measure)
    other = contract.buyer if measurer == contract.provider else contract.provider
    require_member(other, by=by, on=on)


def measurer_of(measure: SuccessMeasure) -> MicroEnterprise:
    """The party that its terms name to measure it."""
    contract = measure.version.contract
    return contract.buyer if measure.measurer == "buyer" else contract.provider


def _confirmed(result: SuccessResult) -> Refused:
    return Refused(
        f"The value {result.value.normalize():f} of {result.month:%B %Y} is confirmed.",
        code="already_confirmed",
        help="Record a correction in the note of the next month.",
    )


def _held(result: SuccessResult) -> SuccessResult:
    rows = SuccessResult.objects.select_related(
        "measure__version__contract", "contract__buyer", "contract__provider"
    )
    return rows.select_for_update(of=("self",), no_key=True).get(pk=result.pk)


def _value(value: Decimal) -> Decimal:
    if not value.is_finite() or abs(value) >= LARGEST_VALUE:
        raise Invalid(f"{value} is no value. Enter a number.", field="value", value=value)
    if value != (rounded := value.quantize(_VALUE)):
        raise Invalid(f"{value} has more than four decimals.", field="value", value=value)
    return rounded
