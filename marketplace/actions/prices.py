"""Announced prices come into force by date; the job only moves the pointer that lists sort by."""

from datetime import date

from django.db import transaction

from accounts import audit
from marketplace.models import OfferingVersion, ServiceOffering
from marketplace.queries import version_on


def bring_into_force(*, on: date) -> int:
    """Make every announced version whose day has come the current one; how many there were.

    Safe to repeat. Pages and contracts ask the dates themselves (PRODUCT 4.0).
    """
    due = OfferingVersion.objects.filter(holds_from_on__lte=on, offering__state="published")
    late = due.exclude(offering__current__isnull=True).values_list("offering", flat=True)
    moved = 0
    for key in sorted(set(late)):
        moved += _bring(key, on=on)
    return moved


@transaction.atomic
def _bring(key: int, *, on: date) -> bool:
    rows = ServiceOffering.objects.select_related("current", "provider")
    offering = rows.select_for_update(of=("self",), no_key=True).get(pk=key)
    version = version_on(offering, on=on)
    if version is None or version.pk == offering.current_id:
        return False
    offering.current = version
    offering.save(update_fields=["current"])
    audit.record(
        "offering.price_holds", offering, by=None, on=on, me=offering.provider,
        version=version.number, price=version.price,
    )  # fmt: skip
    return True
