"""Which days of a contract are suspended, and which contracts had none that was not."""

from datetime import date, timedelta
from typing import Any

from django.db.models import DurationField, ExpressionWrapper, F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest, Least

from contracts.lifecycle import is_running, last_day_of
from contracts.models import Contract, ContractQuerySet, Suspension
from contracts.pricing import Days
from contracts.spans import without
from ledger.months import last_day

_DAY = timedelta(days=1)


def is_suspended(contract: Contract, *, on: date) -> bool:
    """Whether nothing may be delivered that day."""
    return contract.suspensions.filter(first_on__lte=on, last_on__gte=on).exists()


def open_suspension(contract: Contract) -> Suspension | None:
    """The one that nobody has ended yet; it may have lapsed by date."""
    return contract.suspensions.filter(is_open=True).first()


def day_that_counts(contract: Contract, *, month: date) -> date | None:
    """The last day of the contract in the month, whose terms the month's results are read by.

    None where the month has no day of it, or all of them are suspended: then nothing is measured.
    """
    last = min(last_day(month), last_day_of(contract), contract.over_after_on or date.max)
    first = max(month, contract.starts_on)
    if last < first or not is_running(contract, on=last):
        return None
    pauses = contract.suspensions.filter(first_on__lte=last, last_on__gte=first)
    spans = [Days(*each) for each in pauses.values_list("first_on", "last_on")]
    return last if without(Days(first, last), spans) else None


def with_unsuspended_day(*, first: date, last: date) -> ContractQuerySet:
    """Contracts with an active day from `first` to `last`; suspended days are not active ones."""
    paused = Suspension.objects.filter(
        contract=OuterRef("pk"), first_on__lte=last, last_on__gte=Greatest(Value(first), "first_on")
    )
    days_paused = Subquery(
        paused.order_by()
        .values("contract")
        .annotate(days=Sum(_days(Greatest("first_on", first), Least("last_on", last))))
        .values("days")
    )
    days = _days(
        Greatest("starts_on", first), Least("ends_on", "ended_on", "over_after_on", Value(last))
    )
    active = Contract.objects.with_active_day(first=first, last=last)
    counted = active.annotate(days_paused=Coalesce(days_paused, timedelta()), days_of_it=days)
    return counted.filter(days_paused__lt=F("days_of_it"))


def _days(first: Greatest, last: Least) -> Any:
    """How long from a day to a day, both inclusive."""
    return ExpressionWrapper(last - first + Value(_DAY), output_field=DurationField())
