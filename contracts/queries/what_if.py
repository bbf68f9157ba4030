"""What an event of a running contract would free or need, told before anybody presses.

Amounts are of the months that can be reserved now: those of this fiscal year and earlier.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from accounts import policy
from contracts.models import Contract, ContractVersion, Suspension
from contracts.pricing import Days
from contracts.queries.planned import Plan, pauses_of, plan_of
from ledger.models import Reservation, SettlementRun
from ledger.money import ZERO
from ledger.months import fiscal_year
from ledger.queries import fiscal_year_start

_DAY = timedelta(days=1)


class Moved(NamedTuple):
    """What is promised now, and what would be; below zero the difference comes free."""

    now: Decimal
    after: Decimal

    @property
    def needed(self) -> Decimal:
        return max(ZERO, self.after - self.now)

    @property
    def freed(self) -> Decimal:
        return max(ZERO, self.now - self.after)


def if_suspended(contract: Contract, *, on: date) -> Moved:
    """From that day for as long as a suspension may last; what is resumed sooner needs less."""
    days = policy.in_force(on=on)["suspension_lapses_after_days"]
    pauses = [*pauses_of(contract), Days(on, on + timedelta(days=days - 1))]
    return _shrunk(contract, plan_of(contract, pauses=pauses))


def if_ended(contract: Contract, *, last_on: date) -> Moved:
    """With that last day, named by a notice or by both."""
    return _shrunk(contract, plan_of(contract, last_on=last_on))


def if_resumed(contract: Contract, pause: Suspension, *, on: date) -> Moved:
    """Active again from that day."""
    return _grown(contract, plan_of(contract, pauses=_without(contract, pause, on=on)), on=on)


def if_kept(contract: Contract, pause: Suspension | None, *, on: date) -> Moved:
    """Its notice withdrawn that day, and what stayed suspended active again."""
    pauses = _without(contract, pause, on=on) if pause else pauses_of(contract)
    return _grown(contract, plan_of(contract, last_on=contract.ends_on, pauses=pauses), on=on)


def if_signed(contract: Contract, version: ContractVersion, *, on: date) -> Moved:
    """The terms of that version from its day on."""
    return _grown(contract, plan_of(contract, also=version), on=on)


def _without(contract: Contract, pause: Suspension, *, on: date) -> list[Days]:
    others = [each for each in pauses_of(contract) if each.first != pause.first_on]
    return [*others, Days(pause.first_on, on - _DAY)] if pause.first_on < on else others


def _promised(contract: Contract) -> dict[date, Decimal]:
    rows = Reservation.objects.open().of(contract.cause).filter(kind=Reservation.Kind.COMMITTED)
    return {row.month: row.amount for row in rows}


def _shrunk(contract: Contract, plan: Mapping[date, Decimal]) -> Moved:
    """As `funding.shrink` would leave it."""
    now, begun = _promised(contract), _begun()
    after = [
        amount if month in begun else min(amount, plan.get(month, ZERO))
        for month, amount in now.items()
    ]
    return Moved(sum(now.values(), ZERO), sum(after, ZERO))


def _grown(contract: Contract, plan: Plan, *, on: date) -> Moved:
    """As `funding.grow` would make it."""
    now, begun, starts_in = _promised(contract), _begun(), fiscal_year_start()
    year = fiscal_year(on, starts_in=starts_in)
    due = {
        month: amount
        for month, amount in plan.items()
        if month not in begun and fiscal_year(month, starts_in=starts_in) <= year
    }
    kept = {month: amount for month, amount in now.items() if month in begun}
    return Moved(sum(now.values(), ZERO), sum((kept | due).values(), ZERO))


def _begun() -> Sequence[date]:
    runs = SettlementRun.objects.exclude(state=SettlementRun.State.OPEN)
    return list(runs.values_list("month", flat=True))
