"""Service levels and what was measured of them, by the real actions."""

from datetime import timedelta

from contracts.actions import measurements
from contracts.actions.measurements import Counts
from contracts.models import Contract, Measurement
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
