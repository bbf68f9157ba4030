from celery import shared_task
from django.core.management import call_command


@shared_task
def forget_what_expired() -> None:
    """Sessions and tokens that can no longer be used."""
    call_command("clearsessions")
    call_command("cleartokens")
