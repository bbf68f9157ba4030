"""What signed contracts will commit in fiscal years to come (PRODUCT 4.7)."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q

from accounts.models import MicroEnterprise
from contracts.models import Contract
from contracts.queries.planned import plans_of
from ledger import queries as money
from ledger.commitments import FutureCommitment
from ledger.forecasts import SignedPlan
from ledger.months import fiscal_year, months_of_year


def future_commitments(me: MicroEnterprise, on: date) -> Iterator[FutureCommitment]:
    """For each contract that the ME buys by and each later year: what its months will reserve.

    2,000.00 a month for twelve months from 1 October leaves 18,000.00 for the next year. A
    fixed number of queries, however many contracts they are.
    """
    starts_in = money.fiscal_year_start()
    year = fiscal_year(on, starts_in=starts_in)
    year_end = months_of_year(year + 1, starts_in=starts_in)[0] - timedelta(days=1)
    running = Contract.objects.signed().filter(buyer=me, ends_on__gt=year_end)
    contracts = list(running.select_related("current", "offering__current").order_by("pk"))
    plans = plans_of(contracts)
    for contract in contracts:
        plan = plans[contract.pk]
        by_year: dict[int, dict[date, Decimal]] = defaultdict(dict)
        for month, amount in plan.items():
            if amount and month > year_end:
                by_year[fiscal_year(month, starts_in=starts_in)][month] = amount
        for later, months in by_year.items():
            yield FutureCommitment(
                contract.cause, contract.offering.current.name if contract.offering.current else "",
                later, sum(months.values(), Decimal("0.00")), min(months), max(months),
            )  # fmt: skip


def signed_plans(me: MicroEnterprise, on: date) -> Iterator[SignedPlan]:
    """What each signed contract of the ME plans by month, bought or sold.

    A fixed number of queries, however many contracts they are.
    """
    running = Contract.objects.signed().filter(Q(buyer=me) | Q(provider=me), ends_on__gte=on)
    contracts = list(running.select_related("current", "offering__current").order_by("pk"))
    plans = plans_of(contracts)
    for contract in contracts:
        yield SignedPlan(
            contract.cause, contract.offering.current.name if contract.offering.current else "",
            contract.provider_id == me.pk, plans[contract.pk],
            contract.ended_on or contract.ends_on, contract.is_unfunded,
        )  # fmt: skip
