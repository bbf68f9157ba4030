"""What the calendar makes of contracts, written down by the hourly job (PRODUCT 4.0, 4.2).

Nothing depends on when it runs: the state by date counts before the job has stored it.
"""

import logging
from collections.abc import Callable
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, TruncMonth

from accounts import clock, policy
from accounts.queries import holidays
from accounts.workdays import nth_working_day_after
from contracts import lifecycle
from contracts.actions import funding, looming, records
from contracts.lifecycle import Event
from contracts.models import (
    CarriedAmount,
    Contract,
    ContractQuerySet,
    Correction,
    Dispute,
    Measurement,
    Overage,
    SettlementLine,
    SettlementRefusal,
    Usage,
)
from ledger import actions as ledger
from ledger.models import SettlementRun

State = Contract.State
log = logging.getLogger(__name__)


def run_clock(*, on: date) -> dict[str, int]:
    """Store what the day made: `{"lapsed", "started", "renewed", "expired", "closed",
    "failed"}`.

    Safe to repeat. Each contract has a transaction of its own, and one that somebody holds is left
    to the next hour. A lapsed offer's money is released.
    """
    counts = {
        "lapsed": _each(_unanswered(on=on), _lapse, on=on),
        "started": _each(_due_to_start(on=on), _start, on=on),
        "renewed": _each(_due_to_renew(on=on), _renew, on=on),
        "expired": _each(_over(on=on), _expire, on=on),
        "closed": _each(_done(on=on), _close, on=on),
    }
    tried = {name: done for name, (done, _) in counts.items()}
    return tried | {"failed": sum(failed for _, failed in counts.values())}


def _each(contracts: ContractQuerySet, step: Callable[..., bool], *, on: date) -> tuple[int, int]:
    """How many contracts took the step, and how many failed; one failure stops no other."""
    done = failed = 0
    for key in list(contracts.order_by("pk").values_list("pk", flat=True)):
        try:
            done += _alone(key, step, on=on)
        except Exception:
            log.exception("Contract %s: %s failed", key, step.__name__)
            failed += 1
    return done, failed


@transaction.atomic
def _alone(key: int, step: Callable[..., bool], *, on: date) -> bool:
    rows = Contract.objects.select_related("current", "buyer")
    rows = rows.select_for_update(of=("self",), no_key=True, skip_locked=True)
    contract = rows.filter(pk=key).first()
    return contract is not None and step(contract, on=on)


def _unanswered(*, on: date) -> ContractQuerySet:
    return Contract.objects.filter(state=State.OFFERED, answer_until_on__lt=on)


def _due_to_start(*, on: date) -> ContractQuerySet:
    return Contract.objects.filter(state=State.AGREED, starts_on__lte=on)


def _due_to_renew(*, on: date) -> ContractQuerySet:
    """On the last day of the term, so that its next day finds it renewed."""
    return Contract.objects.filter(
        state=State.ACTIVE, renews_months__gt=0, ended_on=None, ends_on__lte=on
    )


def _over(*, on: date) -> ContractQuerySet:
    by_dates = Q(ends_on__lt=on) | Q(ended_on__lt=on) | Q(over_after_on__lt=on)
    return Contract.objects.filter(by_dates, state__in=lifecycle.RUNNING)


def _done(*, on: date) -> ContractQuerySet:
    """Ended, and nothing of it is still to come (PRODUCT 4.2, the last row).

    Without an active day at once. Else its last month is locked and its dispute window over, that
    month has a line, no overage waits or is contested, no usage or measurement is uncounted, no
    dispute is open, and nothing is carried, corrected or refused that has no line yet.
    """
    last_day = Coalesce("ended_on", "ends_on")
    ended = Contract.objects.filter(state=State.ENDED).annotate(
        last_day=last_day, last_month=TruncMonth(last_day)
    )
    never_began = ended.filter(last_day__lt=F("starts_on"))
    lines = SettlementLine.objects.filter(contract=OuterRef("pk"))
    over = (Overage.State.PAID, Overage.State.WAIVED)
    unpaid = Overage.objects.filter(contract=OuterRef("pk")).exclude(state__in=over)
    uncounted = Usage.objects.filter(contract=OuterRef("pk"), counted_in=None)
    unmeasured = Measurement.objects.filter(contract=OuterRef("pk"), counted_in=None)
    settled = ended.filter(
        Exists(lines.filter(origin_month=OuterRef("last_month"))),
        ~Exists(unpaid),
        ~Exists(uncounted.exclude(state=Usage.State.WITHDRAWN)),
        ~Exists(unmeasured),
        _nothing_left(),
        last_month__in=_months_done(on=on),
    )
    return Contract.objects.filter(pk__in=never_began.values("pk")) | Contract.objects.filter(
        pk__in=settled.values("pk")
    )


def _nothing_left() -> Q:
    """No open dispute, and nothing that becomes a line of a later month."""
    of_it = {"contract": OuterRef("pk")}
    corrections = Correction.objects.filter(**of_it, counted_in=None)
    owed = (Correction.State.PROPOSED, Correction.State.CONFIRMED)
    carried = SettlementLine.objects.filter(
        contract=OuterRef("contract"), month__gt=OuterRef("run__month"), term="unpaid"
    )
    refused = SettlementRefusal.objects.filter(**of_it, code="not_paid")
    left = (
        Exists(Dispute.objects.filter(**of_it, state=Dispute.State.OPEN)),
        Exists(CarriedAmount.objects.filter(**of_it, counted_in=None)),
        Exists(corrections.filter(state__in=owed)),
        Exists(refused.filter(~Exists(carried))),
    )
    return ~Q(left[0]) & ~Q(left[1]) & ~Q(left[2]) & ~Q(left[3])


def _months_done(*, on: date) -> list[date]:
    """Locked months whose dispute window is over."""
    days = policy.in_force(on=on)["dispute_window_working_days"]
    locked = SettlementRun.objects.filter(state=SettlementRun.State.LOCKED)
    free = holidays()
    return [
        run.month
        for run in locked.exclude(posted_on=None)
        if run.posted_on and on > nth_working_day_after(run.posted_on, days, free)
    ]


def _lapse(contract: Contract, *, on: date) -> bool:
    if lifecycle.state_on(contract, on=on) != State.LAPSED or contract.state != State.OFFERED:
        return False
    row = lifecycle.TABLE[State.OFFERED, Event.LAPSE]
    until = contract.answer_until_on
    records.record_event(
        contract, Event.LAPSE, row, on=on, at=clock.now(),
        since=until + timedelta(days=1) if until else None,
    )  # fmt: skip
    ledger.release(contract.cause, on=on)
    return True


def _start(contract: Contract, *, on: date) -> bool:
    return records.catch_up(contract, on=on)


def _renew(contract: Contract, *, on: date) -> bool:
    return records.catch_up(contract, on=on)


def _expire(contract: Contract, *, on: date) -> bool:
    """Write down how the dates ended it: its term, a notice, a suspension, an uncured breach."""
    records.catch_up(contract, on=on)
    if (
        contract.state not in lifecycle.RUNNING
        or lifecycle.state_on(contract, on=on) != State.ENDED
    ):
        return False
    event, because = lifecycle.ending_of(contract)
    row = lifecycle.TABLE[State(contract.state), event]
    looming.write_off(contract, because)
    last = lifecycle.last_day_of(contract)
    records.record_event(
        contract, event, row, on=on, at=clock.now(), changed=["ended_on"],
        since=last + timedelta(days=1),
    )  # fmt: skip
    looming.wind_up(contract)
    funding.shrink(contract, on=on)
    return True


def _close(contract: Contract, *, on: date) -> bool:
    if contract.state != State.ENDED:
        return False
    freed = ledger.release(contract.cause, on=on)
    row = lifecycle.TABLE[State.ENDED, Event.CLOSE]
    because = lifecycle.Row(row.actor, row.to, contract.ended_because)
    records.record_event(contract, Event.CLOSE, because, on=on, at=clock.now(), released=freed)
    return True
