"""Reads that every app above asks for."""

from datetime import date

from accounts.models import Holiday, Organization


def organization() -> Organization:
    """The firm; Organization.DoesNotExist before it was founded."""
    return Organization.objects.get()


def holidays() -> frozenset[date]:
    """The days that are no working days besides weekends."""
    return frozenset(Holiday.objects.values_list("day", flat=True))
