"""Moving the demo's day forward: each day in between runs its jobs, as the timetable would."""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts import audit, clock
from accounts.errors import Invalid, Refused
from accounts.models import Organization, User
from config import timetable

LONGEST_MOVE = 100


def advance(to: date, *, by: User | None) -> dict[str, Any]:
    """Move the organisation's day to `to`, a day at a time, running each day's jobs.

    Returns `{"from", "to", "jobs"}` with the jobs that did something. Refused outside the demo and
    Invalid for a day that is not ahead or further than LONGEST_MOVE days.
    """
    if not settings.DEMO:
        raise Refused(
            "Only a demo's day can be moved.", code="not_a_demo", help="Start it with DEMO=on."
        )
    today = clock.today()
    _require_ahead(to, today)
    done: list[dict[str, Any]] = []
    day = today
    while day < to:
        day += timedelta(days=1)
        _move_by_one_day()
        done += timetable.run_day(day)
    audit.record("clock.advance", f"day {to}", by=by, on=to, moved_from=today.isoformat())
    jobs = [job for job in done if "error" in job or _did_something(job["result"])]
    return {"from": today.isoformat(), "to": to.isoformat(), "jobs": jobs}


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


def _did_something(figures: dict[str, Any]) -> bool:
    """A check that found nothing has looked, and done nothing."""
    return any(value for name, value in figures.items() if name != "checked")
