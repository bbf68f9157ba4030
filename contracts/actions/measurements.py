"""What was measured of a service level in a month, agreed by both sides (PRODUCT 4.11)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from accounts import audit, permissions
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from contracts.models import Contract, Measurement, ServiceLevel
from contracts.queries import levels as queries
from contracts.queries.agreements import may_know
from contracts.queries.delivery import version_on
from contracts.queries.suspended import day_that_counts

State = Measurement.State
# The widest that anybody would believe.
MOST = 9_999_999_999
LONGEST_REASON = 300
FIGURES = ("measured", "met", "maintenance", "buyer_caused")


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How much was measured, how much of it was as promised, and what the terms exclude and why.

    `maintenance` and `buyer_caused` are parts of `measured`, and none of `met`.
    """

    measured: int
    met: int
    maintenance: int = 0
    buyer_caused: int = 0
    exclusion_reason: str = ""
    note: str = ""


@transaction.atomic
def enter_measurement(
    level: ServiceLevel, *, month: date, counts: Counts, by: User | None, on: date
) -> Measurement:
    """The measurer's figures of the month; entered anew, they wait for the other side anew.

    `by` is None for a file that the administrator of the system reads in. Refused
    `already_counted`, `already_confirmed`, `other_terms`, `outside_dates`; Invalid names the field.
    """
    contract = level.version.contract
    if by is not None:
        permissions.require_known(may_know(by, contract, on=on))
        require_measurer(level, by=by, on=on)
    counts = _checked(level, counts)
    _require_month(level, month, on=on)
    values: dict[str, Any] = vars(counts) | {"level": level, "entered_on": on, "entered_by": by}
    measurement, is_new = Measurement.objects.get_or_create(
        contract=contract, term=level.name, month=month, defaults=values
    )
    if not is_new:
        measurement = _held(measurement)
        if _is_same(measurement, counts) and measurement.state != State.CONTESTED:
            return measurement
        _require_open(measurement, on=on)
        for name, value in values.items():
            setattr(measurement, name, value)
        measurement.state, measurement.contest_reason = State.ENTERED, ""
        measurement.answered_on = measurement.answered_by = None
        measurement.save()
    audit.record(
        "measurement.enter", measurement, by=by, on=on, me=measurer_of(level),
        contract=contract.pk, met=counts.met, measured=counts.measured,
    )  # fmt: skip
    return measurement


@transaction.atomic
def confirm_measurement(measurement: Measurement, *, by: User, on: date) -> Measurement:
    """The other side agrees with the figures; contested ones count from then on."""
    measurement = _held(measurement)
    other = require_other_side(measurement, by=by, on=on)
    if measurement.state == State.CONFIRMED:
        return measurement
    return _answer(measurement, State.CONFIRMED, me=other, by=by, on=on)


@transaction.atomic
def contest_measurement(
    measurement: Measurement, *, reason: str, by: User, on: date
) -> Measurement:
    """The other side says why the figures are not right; the measurer enters them anew.

    Possible until the end of day 3 of the month after the one that would count it.
    """
    measurement = _held(measurement)
    other = require_other_side(measurement, by=by, on=on)
    if measurement.state == State.CONTESTED:
        return measurement
    _require_open(measurement, on=on)
    if not reason.strip():
        raise Invalid("Say what is wrong with the figures.", field="reason", value=reason)
    measurement.contest_reason = reason.strip()
    return _answer(measurement, State.CONTESTED, me=other, by=by, on=on)


def measurer_of(level: ServiceLevel) -> MicroEnterprise:
    """The party that its terms name to measure it."""
    contract = level.version.contract
    return contract.buyer if level.measurer == "buyer" else contract.provider


def other_side_of(level: ServiceLevel) -> MicroEnterprise:
    contract = level.version.contract
    return contract.provider if level.measurer == "buyer" else contract.buyer


def require_measurer(level: ServiceLevel, *, by: User, on: date) -> None:
    """Members of the measuring side; a client may enter what the provider measures."""
    me = measurer_of(level)
    is_provider = level.measurer == "provider"
    may = permissions.may_enter_delivery if is_provider else permissions.is_member
    permissions.require(
        may(by, me, on=on),
        f"Only members of {me} enter what was measured of “{level}”.",
        help=f"Ask a member of {me}.",
    )


def require_other_side(measurement: Measurement, *, by: User, on: date) -> MicroEnterprise:
    other = other_side_of(measurement.level)
    permissions.require_known(may_know(by, measurement.contract, on=on))
    permissions.require(
        permissions.is_member(by, other, on=on),
        f"Only members of {other} confirm or contest what was measured.",
        help=f"Ask a member of {other}.",
    )
    return other


def _checked(level: ServiceLevel, counts: Counts) -> Counts:
    """The same figures, or Invalid names the first one that cannot be."""
    figures = {name: getattr(counts, name) for name in FIGURES}
    for field, value in figures.items():
        least = 1 if field == "measured" else 0
        if not least <= value <= MOST:
            raise Invalid(
                f"{value} is no count. Enter a whole number from {least} on.",
                field=field,
                value=value,
            )
    words = {"maintenance": "planned maintenance", "buyer_caused": "what the buyer caused"}
    allowed = {
        "maintenance": level.excludes_maintenance,
        "buyer_caused": level.excludes_buyer_caused,
    }
    for field, may in allowed.items():
        if figures[field] and not may:
            raise Invalid(
                f"The terms of “{level}” do not exclude {words[field]}. Enter 0 there.",
                field=field,
                value=figures[field],
            )
    excluded = counts.maintenance + counts.buyer_caused
    if counts.met + excluded > counts.measured:
        raise Invalid(
            f"{counts.met:,} met and {excluded:,} excluded are more than the {counts.measured:,}"
            " that were measured. Correct one of them.",
            field="met",
            value=counts.met,
        )
    return _with_reason(counts, excluded)


def _with_reason(counts: Counts, excluded: int) -> Counts:
    reason, note = counts.exclusion_reason.strip(), counts.note.strip()
    if excluded and not reason:
        raise Invalid(
            f"Say why {excluded:,} are excluded, so that the other side can check it.",
            field="exclusion_reason",
            value="",
        )
    if max(len(reason), len(note)) > LONGEST_REASON:
        raise Invalid(
            f"Reason and note have at most {LONGEST_REASON} characters.", field="exclusion_reason"
        )
    return Counts(
        measured=counts.measured, met=counts.met, maintenance=counts.maintenance,
        buyer_caused=counts.buyer_caused, exclusion_reason=reason if excluded else "", note=note,
    )  # fmt: skip


def _require_month(level: ServiceLevel, month: date, *, on: date) -> None:
    contract = level.version.contract
    if month.day != 1 or month > on:
        raise Invalid(
            f"{month:%B %Y} has not begun. Enter what was measured when there is something.",
            field="month",
            value=month,
        )
    day = day_that_counts(contract, month=month)
    if day is None or contract.state == Contract.State.CLOSED:
        raise Refused(
            f"{contract} had no active day in {month:%B %Y}, or it is closed.",
            code="outside_dates",
            field="month",
            value=month,
            help="No level is measured for suspended days.",
        )
    version = version_on(contract, on=day)
    if version is None or level.version_id != version.pk:
        raise Refused(
            f"“{level}” is no service level of the terms in force in {month:%B %Y}.",
            code="other_terms",
            help="Open the contract and enter what was measured of its current levels.",
        )


def _require_open(measurement: Measurement, *, on: date) -> None:
    """Nothing rests on the figures yet: no lines, and no word of the other side or its silence."""
    if measurement.counted_in:
        raise Refused(
            f"It is settled with {measurement.counted_in:%B %Y}.",
            code="already_counted",
            help="A correction is a line of the next month.",
        )
    if queries.state_of(measurement, on=on) == State.CONFIRMED:
        until = queries.contest_until(measurement)
        raise Refused(
            f"What was measured of “{measurement.term}” in {measurement.month:%B %Y} is confirmed;"
            f" it could be contested until {until:%-d %B %Y}.",
            code="already_confirmed",
            help="Talk to the other side: a correction is a line of the next month.",
        )


def _is_same(measurement: Measurement, counts: Counts) -> bool:
    return all(getattr(measurement, name) == value for name, value in vars(counts).items())


def _answer(
    measurement: Measurement, state: Measurement.State, *, me: MicroEnterprise, by: User, on: date
) -> Measurement:
    measurement.state, measurement.answered_on, measurement.answered_by = state, on, by
    measurement.save(update_fields=["state", "answered_on", "answered_by", "contest_reason"])
    audit.record(
        f"measurement.{state}", measurement, by=by, on=on, me=me, contract=measurement.contract_id
    )
    return measurement


def _held(measurement: Measurement) -> Measurement:
    rows = Measurement.objects.select_related(
        "level__version__contract__buyer", "level__version__contract__provider",
        "contract__buyer", "contract__provider",
    )  # fmt: skip
    return rows.select_for_update(of=("self",), no_key=True).get(pk=measurement.pk)
