"""The months of a signed contract that lie in a new fiscal year (PRODUCT 4.7).

They are committed when their year opens, in the order in which the contracts were signed, before
anything else. What does not fit leaves the contract flagged `is_unfunded`, is tried again each day
(money may be released monthly), and what is delivered meanwhile becomes an overage.
"""

import logging
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Max, Q

from accounts import audit
from accounts.errors import Refused
from accounts.models import MicroEnterprise
from accounts.queries import organization
from contracts.lifecycle import RUNNING
from contracts.models import Contract, ContractQuerySet
from contracts.queries.planned import plan_of
from ledger import actions as ledger
from ledger import queries as money
from ledger.models import Reservation, SettlementRun
from ledger.money import ZERO
from ledger.months import fiscal_year

State = Contract.State
COMMITTED = Reservation.Kind.COMMITTED
log = logging.getLogger(__name__)


def commit_due(*, on: date) -> dict[str, int]:
    """Commit what the year of that day asks for: `{"committed", "unfunded"}` contracts.

    Each contract has a transaction of its own; one that somebody holds is left to the next hour.
    Safe to repeat.
    """
    counts = {"committed": 0, "unfunded": 0}
    year = money.fiscal_year_of(on)
    for key in list(_due(year, on=on).values_list("pk", flat=True)):
        try:
            result = _commit(key, year=year, on=on)
        except Refused as reason:  # Somebody spent it while we looked; the next hour looks again.
            log.info("Contract %s waits for the money of %s: %s", key, year, reason)
            continue
        if result:
            counts[result] += 1
    return counts


def _due(year: int, *, on: date) -> ContractQuerySet:
    """Running contracts whose money does not reach into this year, the first signed first."""
    running = Q(state__in=RUNNING, ends_on__gte=on) | Q(state=State.ENDED, ended_on__gte=on)
    missing = Q(committed_year__lt=year) | Q(is_unfunded=True)
    signed = Contract.objects.filter(running & missing)
    return signed.annotate(signed_last=Max("signatures__pk")).order_by(F("signed_last"), "pk")


def shrink(contract: Contract, *, on: date) -> None:
    """Promise no more than the contract now costs; nothing is promised anew.

    Called while its row is held, after an end, a notice or a suspension. Months that are settled
    hold no promise any more, those that are computed keep theirs for what was computed.
    """
    plan, begun = plan_of(contract), _begun()
    left = {
        month: amount if month in begun else min(amount, plan.get(month, ZERO))
        for month, amount in _promised(contract).items()
    }
    ledger.promise(contract.buyer, left, kind=COMMITTED, cause=contract.cause, on=on)


def grow(contract: Contract, *, on: date) -> None:
    """Promise all that the contract now costs, from the first month that is not settled.

    After a resumption, a withdrawn notice, an amendment or a renewal. Refused `not_enough_money`
    says what is missing; then nothing has happened. Later years follow when they open.
    """
    begun, promised = _begun(), _promised(contract)
    due = {month: amount for month, amount in plan_of(contract).items() if month not in begun}
    kept = {month: amount for month, amount in promised.items() if month in begun}
    ledger.promise(contract.buyer, kept | due, kind=COMMITTED, cause=contract.cause, on=on)
    contract.committed_year, contract.is_unfunded = money.fiscal_year_of(on), False
    contract.save(update_fields=["committed_year", "is_unfunded"])


def follow(contract: Contract, *, before: Mapping[date, Decimal], on: date) -> None:
    """Promise what other terms cost: no more than before is a `shrink`, else it is a `grow`.

    So a lower price helps a buyer who could not fund all months.
    """
    after = plan_of(contract)
    costs_more = any(amount > before.get(month, ZERO) for month, amount in after.items())
    (grow if costs_more else shrink)(contract, on=on)


def _begun() -> set[date]:
    """Months whose lines are computed, or that come further: they are never changed."""
    runs = SettlementRun.objects.exclude(state=SettlementRun.State.OPEN)
    return set(runs.values_list("month", flat=True))


@transaction.atomic
def _commit(key: int, *, year: int, on: date) -> str:
    rows = Contract.objects.select_related("current", "buyer")
    rows = rows.select_for_update(of=("self",), no_key=True, skip_locked=True)
    contract = rows.filter(pk=key).first()
    if contract is None:
        return ""
    promised = _promised(contract)
    wanted = _months_wanted(contract, promised, year=year)
    more = _as_far_as_it_goes(contract.buyer, wanted, on=on)
    ledger.promise(
        contract.buyer, promised | more, kind=COMMITTED, cause=contract.cause, on=on, is_signed=True
    )
    lacks = len(more) < len(wanted)
    if not more and (contract.committed_year, contract.is_unfunded) == (year, lacks):
        return ""
    contract.committed_year, contract.is_unfunded = year, lacks
    contract.save(update_fields=["committed_year", "is_unfunded"])
    audit.record(
        "contract.commit_year", contract, by=None, on=on, me=contract.buyer, year=year,
        amount=sum(more.values(), ZERO), is_unfunded=lacks,
    )  # fmt: skip
    return "unfunded" if lacks else "committed"


def _promised(contract: Contract) -> dict[date, Decimal]:
    """What is committed for it now; the rows stay locked, so that no settlement closes one."""
    rows = Reservation.objects.open().of(contract.cause).filter(kind=COMMITTED)
    return {row.month: row.amount for row in rows.select_for_update(no_key=True).order_by("pk")}


def _months_wanted(
    contract: Contract, promised: Mapping[date, Decimal], *, year: int
) -> dict[date, Decimal]:
    """The months of this year that are neither promised nor computed yet, in order."""
    plan = plan_of(contract)
    done = _begun() | promised.keys()
    starts_in = organization().fiscal_year_start_month
    return {
        month: amount
        for month, amount in plan.items()
        if amount and month not in done and fiscal_year(month, starts_in=starts_in) == year
    }


def _as_far_as_it_goes(
    buyer: MicroEnterprise, wanted: Mapping[date, Decimal], *, on: date
) -> dict[date, Decimal]:
    """The earliest months that fit into what is available, without a gap."""
    left, fits = money.money_of(buyer, on=on).available, {}
    for month, amount in wanted.items():
        left -= amount
        if left < 0:
            break
        fits[month] = amount
    return fits
