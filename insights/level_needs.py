"""What waits for an ME about service levels: to measure, to answer, and chronic failures."""

from collections.abc import Iterator
from datetime import date

from accounts.models import MicroEnterprise
from contracts.models import Measurement
from contracts.queries import levels
from contracts.queries.unmeasured import to_answer_by, to_measure_by, unmeasured_levels
from insights.need import Need
from ledger.models import SettlementRun
from ledger.months import previous, text_of
from ledger.runs import due_on

MOST = 8


def of(me: MicroEnterprise, *, on: date) -> Iterator[Need]:
    """The most pressing first; each question is one query or two."""
    yield from _chronic(me, on=on)
    yield from _to_measure(me, on=on)
    yield from _to_answer(me, on=on)


def _chronic(me: MicroEnterprise, *, on: date) -> Iterator[Need]:
    for contract, failures in levels.chronic_contracts(me, on=on, most=MOST):
        yield Need(
            f"{contract.offering} fails again and again",
            f"{'; '.join(each.words for each in failures)}. You may end it at once, without a fee.",
            f"/contracts/{contract.pk}/#levels",
            "Look and decide",
        )


def _to_measure(me: MicroEnterprise, *, on: date) -> Iterator[Need]:
    """Until the month locks; afterwards it is credited with a later month."""
    month = previous(on)
    if due_on(on) == SettlementRun.State.LOCKED:
        return
    missing = list(unmeasured_levels(month).filter(to_measure_by(me))[:50])
    if missing:
        what = "One service level" if len(missing) == 1 else f"{len(missing)} service levels"
        yield Need(
            f"{what} of {month:%B} to measure",
            "What nobody measured is flagged, and says nothing for your service.",
            f"/contracts/{missing[0].version.contract_id}/?month={text_of(month)}#levels",
            "Enter figures",
            on.replace(day=3) if on.day <= 3 else None,
        )


def _to_answer(me: MicroEnterprise, *, on: date) -> Iterator[Need]:
    """Figures that the other side entered; silence confirms them, so they must be seen in time."""
    entered = Measurement.objects.filter(
        to_answer_by(me), state=Measurement.State.ENTERED, counted_in=None
    )
    waiting = [
        each
        for each in entered.order_by("pk")[:200]
        if levels.state_of(each, on=on) == Measurement.State.ENTERED
    ]
    if waiting:
        first, count = waiting[0], len(waiting)
        more = f", and {count - 1} more measurements" if count > 1 else ""
        yield Need(
            f"{first.term}: {first.met:,} of {first.counted:,}{more}",
            "The other side measured it; your silence confirms it.",
            f"/contracts/{first.contract_id}/?month={text_of(first.month)}#levels",
            "Confirm or contest",
            min(levels.contest_until(each) for each in waiting),
        )
