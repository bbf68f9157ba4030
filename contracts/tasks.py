"""Celery's edge: a message wakes a worker, and the run itself says what there is to do."""

import logging

from celery import shared_task
from django import db
from kombu.exceptions import OperationalError

from accounts import clock
from contracts import settlement
from ledger.models import SettlementRun
from ledger.months import parse, text_of

log = logging.getLogger(__name__)
MOST_WORKERS = 8


# A database that was restarted is asked again within seconds, then less and less often for some
# minutes; after that the hourly timetable goes on.
@shared_task(
    autoretry_for=(db.OperationalError, db.InterfaceError),
    retry_backoff=1,
    retry_backoff_max=60,
    max_retries=10,
)
def work_on_run(month: str) -> str:
    """Go on with the month's run until nothing is left to take; the state it has then."""
    return str(settlement.work(parse(month), on=clock.today()).state)


def wake(run: SettlementRun) -> bool:
    """A message for each worker that may help; False where the queue does not answer."""
    try:
        for _ in range(min(run.chunks.count(), MOST_WORKERS) or 1):
            work_on_run.delay(text_of(run.month))
    except OperationalError:
        log.warning("The queue does not answer; the timetable goes on with %s", run)
        return False
    return True
