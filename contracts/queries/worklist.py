"""What a provider delivers in a month, contract by contract, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from accounts.models import MicroEnterprise
from contracts.models import Contract, ContractQuerySet, SuccessMeasure, SuccessResult, Usage
from contracts.queries.suspended import with_unsuspended_day
from contracts.queries.unmeasured import unmeasured_levels
from ledger.months import last_day, month_of, previous
from marketplace.price_plans import Plan

NOTHING = Decimal(0)
STANDING = (Usage.State.REPORTED.value, Usage.State.CONFIRMED.value)


@dataclass(frozen=True)
class Row:
    """One contract: its units of the month, and what its buyer or its measures still ask for."""

    contract: Contract
    counts_units: bool
    delivered: Decimal
    contested: Decimal
    missing_results: Sequence[str]

    @property
    def todo(self) -> str:
        """The one thing to do next, in words; empty where nothing is."""
        if self.contested:
            return f"{self.contested.normalize():,f} contested"
        if self.missing_results:
            return f"To measure: {', '.join(self.missing_results)}"
        return ""


def months(*, on: date) -> list[date]:
    """The running month and the one before it, which is still open for entries."""
    return [month_of(on), previous(on)]


def contracts(me: MicroEnterprise, *, month: date) -> ContractQuerySet:
    """Those with an active day in the month that the ME provides."""
    return (
        with_unsuspended_day(first=month, last=last_day(month))
        .filter(provider=me)
        .select_related("buyer", "current", "offering__current")
        .order_by("buyer__name", "pk")
    )


def rows(page: Sequence[Contract], *, month: date) -> list[Row]:
    """The contracts of one page, with what the provider itself has not measured yet."""
    usage = Usage.objects.filter(contract__in=page, origin_month=month)
    states: dict[tuple[int, str], Decimal] = {
        (contract, state): total
        for contract, state, total in usage.order_by()
        .values_list("contract", "state")
        .annotate(total=Sum("quantity"))
    }
    versions = [contract.current_id for contract in page]
    entered = SuccessResult.objects.filter(month=month, contract__in=page).values("measure")
    missing: dict[int, list[str]] = {}
    unmeasured = SuccessMeasure.objects.filter(version__in=versions, measurer="provider")
    for version, name in unmeasured.exclude(pk__in=entered).values_list("version", "name"):
        missing.setdefault(version, []).append(name)
    levels = unmeasured_levels(month).filter(version__in=versions, measurer="provider")
    for version, name in levels.values_list("version", "name"):
        missing.setdefault(version, []).append(name)
    return [
        Row(
            contract=contract,
            counts_units=bool(contract.current and Plan(contract.current.plan).counts),
            delivered=sum((states.get((contract.pk, each), NOTHING) for each in STANDING), NOTHING),
            contested=states.get((contract.pk, Usage.State.CONTESTED.value), NOTHING),
            missing_results=missing.get(contract.current_id or 0, []),
        )
        for contract in page
    ]
