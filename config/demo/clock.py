"""Moving the demo's day forward: each day in between runs its jobs, as the timetable would."""

import logging
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts import audit, clock
from accounts.errors import Invalid, Refused
from accounts.models import Organization, User
from config import timetable
from config.demo import living
from ledger.models import SettlementRun
from ledger.months import text_of

log = logging.getLogger(__name__)
LONGEST_MOVE = 100


def advance(to: date, *, by: User | None, within: float | None = None) -> dict[str, Any]:
    """Move the organisation's day to `to`, a day at a time, running each day's jobs.

    Returns `{"from", "to", "jobs"}` with the jobs that did something. After `within` seconds it
    stops at the day that was reached, one day at least; that day is `to` then. Refused outside
    the demo and Invalid for a day that is not ahead or further than LONGEST_MOVE days.
    """
    if not settings.DEMO:
        raise Refused(
            "Only a demo's day can be moved.", code="not_a_demo", help="Start it with DEMO=on."
        )
    today = clock.today()
    _require_ahead(to, today)
    began, day = time.monotonic(), today
    states = _states_of_months()
    jobs: list[dict[str, Any]] = []
    while day < to and (day == today or within is None or time.monotonic() - began < within):
        day += timedelta(days=1)
        _move_by_one_day()
        jobs += [job for job in _run(day) if "error" in job or _did_something(job, states)]
    audit.record("clock.advance", f"day {day}", by=by, on=day, moved_from=today.isoformat())
    return {"from": today.isoformat(), "to": day.isoformat(), "jobs": jobs}


def _run(day: date) -> Iterator[dict[str, Any]]:
    """The jobs of the timetable, and then what the people of the demo do that day."""
    yield from timetable.run_day(day)
    lived = {"job": "people of the demo", "on": day.isoformat()}
    try:
        yield lived | {"result": living.live(day)}
    except Exception as error:  # as any job's fault, it stops no day
        log.exception("The people of the demo did nothing on %s", day)
        yield lived | {"error": f"{type(error).__name__}: {error}"}


def _states_of_months() -> dict[str, str]:
    runs = SettlementRun.objects.values_list("month", "state")
    return {text_of(month): state for month, state in runs}


def _require_ahead(to: date, today: date) -> None:
    if to <= today:
        raise Invalid(
            f"{to} is not after today, {today}; the day only moves forward.", field="to", value=to
        )
    if (to - today).days > LONGEST_MOVE:
        raise Invalid(
            f"{to} is more than {LONGEST_MOVE} days ahead; move in steps.", field="to", value=to
        )


@transaction.atomic
def _move_by_one_day() -> None:
    organization = Organization.objects.select_for_update().get()
    organization.moved_by_days += 1
    organization.save(update_fields=["moved_by_days"])


def _did_something(job: dict[str, Any], states: dict[str, str]) -> bool:
    """A check that found nothing has looked, and done nothing; so has who finds a month as it was.

    `states` are those of the months so far; news of them is noted there.
    """
    figures = job["result"]
    if job["job"] == "settle the month":
        news = {month: state for month, state in figures.items() if states.get(month) != state}
        states |= news
        job["result"] = news
        return bool(news)
    told = (value for name, value in figures.items() if name not in ("checked", "month"))
    return any(value and value != "0.00" for value in told)
