from celery import shared_task
from django.core.management import call_command

from accounts import clock
from accounts.models import Organization
from config import timetable


@shared_task
def forget_what_expired() -> None:
    """Sessions and tokens that can no longer be used."""
    call_command("clearsessions")
    call_command("cleartokens")


@shared_task
def run_due_jobs() -> list[dict[str, object]]:
    """Everything due today by now; before the founding nothing is."""
    if not Organization.objects.exists():
        return []
    now = clock.local_now()
    return timetable.run_day(now.date(), hour=now.hour)
