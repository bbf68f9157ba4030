"""Service levels and what was measured of them, by the real actions."""

import copy
from datetime import timedelta

from contracts.actions import measurements
from contracts.actions.measurements import Counts
from contracts.models import Contract, ContractVersion, Measurement, ServiceLevel, Signature
from ledger.months import following
from marketplace.service_levels import Level
from tests.make.contracts import agreed, lead_of
from tests.make.people import MARCH


def level(name="Tickets answered in time", **fields):
    """95 % of the tickets; 5, 10 and 15 % credit below 95, 90 and 80 %, by the provider."""
    defaults = {"promise": "answered within four working hours", "unit": "tickets"}
    return Level(name=name, **defaults | fields)


def levelled(buyer=None, provider=None, *, levels=None, price="12000.00", **rest):
    """A signed contract with one service level, 12,000.00 a month from 1 March unless told."""
    return agreed(buyer, provider, levels=levels or (level(),), price=price, **rest)


def measured(contract, met, of, *, name="", month=MARCH, on=None, by=None, **fields):
    """Entered by the measurer's lead on the 2nd of the next month unless told."""
    contract = Contract.objects.get(pk=contract.pk)
    promised = contract.current.levels.filter(name=name) if name else contract.current.levels.all()
    asked = promised.select_related("version__contract__buyer", "version__contract__provider")
    found = asked.first()
    return measurements.enter_measurement(
        found, month=month, counts=Counts(measured=of, met=met, **fields),
        by=by or lead_of(measurements.measurer_of(found)),
        on=on or following(month) + timedelta(days=1),
    )  # fmt: skip


def doubted(measurement, *, reason="We counted less", on=None):
    """Contested by the other side, on the day of its entry unless told."""
    other = measurements.other_side_of(measurement.level)
    return measurements.contest_measurement(
        measurement, reason=reason, by=lead_of(other), on=on or measurement.entered_on
    )


def agreed_on(measurement, *, on=None):
    """Confirmed by the other side."""
    other = measurements.other_side_of(measurement.level)
    return measurements.confirm_measurement(
        Measurement.objects.get(pk=measurement.pk), by=lead_of(other),
        on=on or measurement.entered_on,
    )  # fmt: skip


def twins(contract, count, *, met, of, month=MARCH):
    """As many signed contracts of the same parties, each measured; fast, and nothing reserved."""
    version, signatures = contract.current, list(contract.signatures.all())
    contracts = _copies(contract, count, current=None, draft_key="")
    versions = ContractVersion.objects.bulk_create(
        _copy(copy.copy(version), contract=each) for each in contracts
    )
    for each, made in zip(contracts, versions, strict=True):
        each.current = made
    Contract.objects.bulk_update(contracts, ["current"])
    Signature.objects.bulk_create(
        _copy(copy.copy(signature), version=made, contract=made.contract)
        for made in versions
        for signature in signatures
    )
    levels = ServiceLevel.objects.bulk_create(
        _copy(copy.copy(row), version=made) for made in versions for row in version.levels.all()
    )
    Measurement.objects.bulk_create(
        Measurement(
            contract=row.version.contract, level=row, term=row.name, month=month, measured=of,
            met=met, entered_on=month,
        )
        for row in levels
    )  # fmt: skip
    return contracts


def _copies(contract, count, **changes):
    row = Contract.objects.get(pk=contract.pk)
    rows = [_copy(copy.copy(row), **changes) for _ in range(count)]
    return Contract.objects.bulk_create(rows)


def _copy(row, **changes):
    row.pk = None
    for name, value in changes.items():
        setattr(row, name, value)
    return row
