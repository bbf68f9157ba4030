"""What is due on a day, in order; the hourly task, `run_day` and the demo's clock all run this.

Every job takes the day and is safe to repeat, so a missed hour is made good and a doubled one
changes nothing. A job that fails is reported and stops no other.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts import rest
from accounts.actions import dissolving
from contracts.actions import clockwork, dispute_clock, funding, ratings, reminders, verdicts
from contracts.settlement import runs
from learning_market import actions as learning
from ledger import actions as ledger
from ledger import budget_publishing, checks, releasing, statement_mails, switching, year_end
from marketplace.actions import prices

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """`run` takes `on=` and returns its figures; not before `from_hour` of the organisation."""

    name: str
    run: Callable[..., Any]
    from_hour: int = 0


# In the order in which a day needs them: money comes free before it is promised, contracts start
# and end before their month is settled, and scores come last.
JOBS: tuple[Job, ...] = (
    Job("free ended dispute windows", ledger.free_ended_windows),
    Job("lapse carried money", year_end.lapse_due),
    Job("switch to charged money", switching.switch_due),
    Job("start budgets of a year", budget_publishing.start_due),
    Job("release monthly grants", releasing.release_due),
    Job("bring announced prices into force", prices.bring_into_force),
    Job("start, end and close contracts", clockwork.run_clock),
    Job("commit a new year's months", funding.commit_due),
    Job("pay what is learned", learning.start_due),
    Job("settle the month", runs.run_due, from_hour=2),
    Job("judge the value of a month", verdicts.judge_due, from_hour=2),
    Job("settle disputes", dispute_clock.run_due, from_hour=2),
    Job("close the year", year_end.close_due, from_hour=2),
    Job("give notional money back", switching.return_due, from_hour=2),
    Job("close what has dissolved", dissolving.finish_due, from_hour=2),
    Job("invite to rate", ratings.invite_due),
    Job("reveal and count ratings", ratings.reveal_due),
    Job("remind of what would lapse", reminders.send_due, from_hour=7),
    Job("mail the statements", statement_mails.send_due, from_hour=7),
    Job("check the money", checks.check_due, from_hour=3),
    Job("forget old idempotency keys", rest.forget_old_answers),
)


def run_day(on: date, *, hour: int = 23) -> list[dict[str, Any]]:
    """Everything due on that day by that hour: `{"job", "result"}` each, `"error"` if it failed."""
    return [_run(job, on) for job in JOBS if job.from_hour <= hour]


def _run(job: Job, on: date) -> dict[str, Any]:
    try:
        result = job.run(on=on)
    except Exception as error:  # one job's fault is not the day's; it runs again next hour
        log.exception("%s failed on %s", job.name, on)
        return {"job": job.name, "on": on.isoformat(), "error": f"{type(error).__name__}: {error}"}
    figures = dict(result) if isinstance(result, Mapping) else {"count": result}
    return {"job": job.name, "on": on.isoformat(), "result": figures}
