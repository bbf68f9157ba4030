"""The demo's past, told day by day: what people did, and what the timetable did in between."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from django.utils import timezone

from accounts.models import Organization
from config import timetable

# Days of a month on which a job has something to do whatever people did: a new month and its
# invitations; computed, posted and locked; scores revealed.
_DUE = frozenset({1, 4, 6, 10, 15})
_ONE = timedelta(days=1)


class Deed(NamedTuple):
    """Something that people do on a day; `act` is called with that day.

    Without `act` it is a day on which only the jobs have something to do, such as a start.
    """

    on: date
    act: Callable[[date], object] | None = None


def tell(deeds: Iterable[Deed], *, since: date, until: date) -> None:
    """Do all of it in the order of days, those of one day in the order given.

    The organisation's day moves along, so that every instant that is written down lies in that
    day. The jobs run, before the deeds, on the days on which one is due: all of them are made to
    catch up, so a quiet day may be left out. AssertionError where a job fails.
    """
    by_day: dict[date, list[Deed]] = {}
    for deed in deeds:
        by_day.setdefault(deed.on, []).append(deed)
    strangers = [day for day in by_day if not since <= day <= until]
    if strangers:
        raise AssertionError(f"{min(strangers)} lies outside the story.")
    for day in _days(since, until):
        acts = [deed.act for deed in by_day.get(day, []) if deed.act]
        is_due = day.day in _DUE or day == until or len(acts) < len(by_day.get(day, []))
        if acts or is_due:
            move_to(day)
        if is_due:
            run_jobs(day)
        for act in acts:
            act(day)


def move_to(day: date) -> None:
    """Make it the organisation's day."""
    organization = Organization.objects.get()
    here = timezone.now().astimezone(organization.zone).date()
    organization.moved_by_days = (day - here).days
    organization.save(update_fields=["moved_by_days"])


def run_jobs(day: date) -> None:
    failed = [job for job in timetable.run_day(day) if "error" in job]
    if failed:
        raise AssertionError(f"The timetable failed: {failed}")


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _ONE
