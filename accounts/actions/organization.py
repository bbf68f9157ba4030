"""What an HR admin may change of the organisation after it was founded."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from accounts import audit, permissions
from accounts.errors import Invalid
from accounts.holidays import Day
from accounts.models import Holiday, Organization, User


@transaction.atomic
def set_holidays(days: Iterable[Day], *, by: User, on: date) -> tuple[int, int]:
    """Make these the holidays from today on; answers how many were added and removed.

    Earlier ones stay: deadlines were counted with them. A changed name counts as neither.
    """
    permissions.require(permissions.may_set_organization(by), "Only an HR admin sets the holidays.")
    Organization.objects.select_for_update(no_key=True).get()
    wanted = {each.day: each.name for each in days}
    past = dict(Holiday.objects.filter(day__lt=on).values_list("day", "name"))
    for day in sorted(wanted):
        if day < on and day not in past:
            raise Invalid(
                f"{day} is over, and deadlines were counted without it. List days from {on} on.",
                field="holidays", value=day,
            )  # fmt: skip
    wanted = {day: name for day, name in wanted.items() if day >= on}
    known = dict(Holiday.objects.filter(day__gte=on).values_list("day", "name"))
    removed, added = known.keys() - wanted.keys(), wanted.keys() - known.keys()
    Holiday.objects.filter(day__in=removed).delete()
    Holiday.objects.bulk_create(
        [Holiday(day=day, name=name) for day, name in wanted.items()],
        update_conflicts=True, unique_fields=["day"], update_fields=["name"],
    )  # fmt: skip
    if known != wanted:
        audit.record("organization.holidays", "organization", by=by, on=on,
                     added=sorted(map(str, added)), removed=sorted(map(str, removed)))  # fmt: skip
    return len(added), len(removed)


@transaction.atomic
def rename(name: str, *, by: User, on: date) -> Organization:
    """The name on pages and in mails."""
    permissions.require(
        permissions.may_set_organization(by), "Only an HR admin names the organisation."
    )
    name = " ".join(name.split())
    if not 0 < len(name) <= 120:
        raise Invalid("The organisation's name has 1 to 120 characters.", field="name", value=name)
    organization = Organization.objects.select_for_update(no_key=True).get()
    if organization.name != name:
        audit.record("organization.rename", organization, by=by, on=on, name=name)
        organization.name = name
        organization.save(update_fields=["name"])
    return organization
