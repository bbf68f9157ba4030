"""The demo's past, told day by day: what people did, and what the timetable did in between."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

from django.utils import timezone

from accounts import clock
from accounts.models import Organization
from config import timetable
from contracts.actions import ratings
from contracts.settlement import runs

Job = Callable[..., object]
# Whatever people do, these jobs have something to do on these days of a month (PRODUCT 4.10, 4.16).
# All jobs are made to catch up, so the quiet days are left out; on the 1st and at the end all run.
_DUE: Mapping[int, Job] = {
    4: runs.run_due,
    6: runs.run_due,
    10: runs.run_due,
    15: ratings.reveal_due,
}
_ONE = timedelta(days=1)


class Deed(NamedTuple):
    """Something that is done on a day; `act` is called with that day."""

    on: date
    act: Callable[[date], object]


def due(day: date, job: Job) -> Deed:
    """A job of the timetable that has something to do that day, such as a start."""
    return Deed(day, partial(_run, job))


def tell(deeds: Iterable[Deed], *, since: date, until: date) -> None:
    """Do all of it in the order of days, those of one day in the order given.

    The organisation's day moves along, so that every instant that is written down lies in that
    day. The jobs that are due run before the deeds of their day.
    """
    by_day: dict[date, list[Deed]] = {}
    for deed in deeds:
        if not since <= deed.on <= until:
            raise AssertionError(f"{deed.on} lies outside the story.")
        by_day.setdefault(deed.on, []).append(deed)
    for day in _days(since, until):
        jobs = [_DUE[day.day]] if day.day in _DUE else []
        if day.day == 1 or day == until:
            jobs = [job.run for job in timetable.JOBS]
        if day not in by_day and not jobs:
            continue
        with clock.holding(move_to(day)):
            for job in jobs:
                _run(job, day)
            for deed in by_day.get(day, ()):
                deed.act(day)


def move_to(day: date) -> Organization:
    """Make it the organisation's day."""
    organization = Organization.objects.get()
    here = timezone.now().astimezone(organization.zone).date()
    organization.moved_by_days = (day - here).days
    organization.save(update_fields=["moved_by_days"])
    return organization


def _run(job: Job, on: date) -> None:
    """As the timetable would, only that a fault is raised and not reported."""
    job(on=on)


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _ONE
