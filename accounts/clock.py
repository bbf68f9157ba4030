"""The only place that asks what time it is; rules are handed the day by an edge.

In the demo the organisation's day can be moved (`Organization.moved_by_days`); everywhere else
the move is 0 and this is the wall clock in the organisation's zone.
"""

from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from accounts.models import Organization


def local_now() -> datetime:
    """The instant in the organisation's zone, moved by whole days (PRODUCT 4.0)."""
    organization = Organization.objects.first()
    if organization is None:
        return timezone.now().astimezone(UTC)
    return local_now_of(organization)


def local_now_of(organization: Organization) -> datetime:
    """As `local_now`, where the organisation is at hand already."""
    here = timezone.now().astimezone(organization.zone)
    day = here.date() + timedelta(days=organization.moved_by_days)
    return datetime.combine(day, here.time(), tzinfo=organization.zone)


def now() -> datetime:
    """The instant that goes into an `_at` field; ask once per action, not once per row."""
    return local_now().astimezone(UTC)


def today() -> date:
    """The organisation's day."""
    return local_now().date()
