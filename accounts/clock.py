"""The only place that asks what time it is; rules are handed the day by an edge.

In the demo the organisation's day can be moved (`Organization.moved_by_days`); everywhere else
the move is 0 and this is the wall clock in the organisation's zone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from accounts.models import Organization

# Days outside these are a slip of the pen, and reckoning with them goes over the calendar's edge.
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
_held: ContextVar[Organization | None] = ContextVar("held", default=None)


@contextmanager
def holding(organization: Organization) -> Iterator[None]:
    """Within, the organisation is this one and is not read anew for each instant.

    For one piece of work on one day, where nobody else can move that day meanwhile.
    """
    before = _held.set(organization)
    try:
        yield
    finally:
        _held.reset(before)


def organization_now() -> Organization | None:
    """The organisation by whose calendar and clock all goes; None before its founding."""
    return _held.get() or Organization.objects.first()


def local_now() -> datetime:
    """The instant in the organisation's zone, moved by whole days (PRODUCT 4.0)."""
    organization = organization_now()
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
