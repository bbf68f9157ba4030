"""What was measured of the levels of offerings, over all of their contracts (PRODUCT 4.11)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, Sum

from contracts.closing import closes_on
from contracts.models import Contract, Measurement, ServiceLevel
from contracts.queries.suspended import with_unsuspended_day
from ledger.months import last_day, month_of, previous
from marketplace.attainment import Tallies, Tally

State = Measurement.State


def attained_levels(offerings: Collection[int], months: Sequence[date], on: date) -> Tallies:
    """Sums by offering, name of the level and month; three queries, however many contracts."""
    return {key: Tally(*figures) for key, figures in _tallied(offerings, months, on).items()}


def _tallied(
    offerings: Collection[int], months: Sequence[date], on: date
) -> dict[tuple[int, str, date], tuple[int, int, int, int, int]]:
    promised = _promised(offerings, months)
    rows = (
        Measurement.objects.filter(
            standing(on=on), contract__offering__in=offerings, month__in=months,
            measured__gt=F("maintenance") + F("buyer_caused"),
        )
        .values("contract__offering", "term", "month")
        .annotate(
            contracts=Count("contract"),
            buyers=Count("contract__buyer", distinct=True),
            kept=Sum("met"),
            countable=Sum(F("measured") - F("maintenance") - F("buyer_caused")),
        )
        .order_by()
    )  # fmt: skip
    found = {key: (count, 0, 0, 0, 0) for key, count in promised.items()}
    for row in rows:
        key = row["contract__offering"], row["term"], row["month"]
        found[key] = (
            max(promised.get(key, 0), row["contracts"]), row["contracts"], row["buyers"],
            row["kept"], row["countable"],
        )  # fmt: skip
    return found


def standing(*, on: date) -> Q:
    """Measurements that both sides agree on that day, by word or by silence (PRODUCT 4.10)."""
    closed = previous(on)
    if on <= closes_on(closed):
        closed = previous(closed)
    by_silence = Q(state=State.ENTERED, month__lte=closed, entered_on__lte=closes_on(closed))
    return Q(state=State.CONFIRMED) | by_silence


def _promised(
    offerings: Collection[int], months: Sequence[date]
) -> dict[tuple[int, str, date], int]:
    """How many contracts with a day in the month promise the level in their current terms."""
    active = {
        f"in_{number}": with_unsuspended_day(first=month, last=last_day(month))
        .filter(offering__in=offerings)
        .values("pk")
        for number, month in enumerate(months)
    }
    levels = ServiceLevel.objects.filter(
        version__contract__in=Contract.objects.filter(offering__in=offerings),
        version=F("version__contract__current"),
    ).order_by()
    counts = {
        name: Count("pk", filter=Q(version__contract__in=keys)) for name, keys in active.items()
    }
    rows: Iterable[Any] = levels.values("version__contract__offering", "name").annotate(**counts)
    return {
        (row["version__contract__offering"], row["name"], month_of(month)): row[f"in_{number}"]
        for row in rows
        for number, month in enumerate(months)
        if row[f"in_{number}"]
    }
