"""Service levels that nobody has measured for a month that is over (PRODUCT 4.11)."""

from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import MicroEnterprise
from contracts.models import Measurement, ServiceLevel
from contracts.queries.suspended import with_unsuspended_day
from ledger.months import last_day


def unmeasured_levels(month: date) -> QuerySet[ServiceLevel]:
    """Levels of current terms whose contract was active in the month; all excluded is unmeasured.

    In the order of the contracts, with their parties.
    """
    active = with_unsuspended_day(first=month, last=last_day(month))
    measured = Measurement.objects.filter(
        contract=OuterRef("version__contract"), term=OuterRef("name"), month=month,
        measured__gt=F("maintenance") + F("buyer_caused"),
    )  # fmt: skip
    levels = ServiceLevel.objects.filter(
        version=F("version__contract__current"), version__contract__in=active.values("pk")
    )
    parties = ("buyer", "provider", "offering__current")
    related = [f"version__contract__{each}" for each in parties]
    found = levels.exclude(Exists(measured)).select_related(*related)
    return found.order_by("version__contract", "number")


def to_measure_by(me: MicroEnterprise) -> Q:
    """Levels that the terms let this ME measure."""
    return Q(measurer="provider", version__contract__provider=me) | Q(
        measurer="buyer", version__contract__buyer=me
    )


def to_answer_by(me: MicroEnterprise) -> Q:
    """Measurements that the other side of this ME has entered."""
    return Q(level__measurer="provider", contract__buyer=me) | Q(
        level__measurer="buyer", contract__provider=me
    )
