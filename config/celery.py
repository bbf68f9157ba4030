import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Hourly: a job asks the organisation's day what is due, so a missed hour is made good.
app.conf.beat_schedule = {
    "run due jobs": {"task": "config.tasks.run_due_jobs", "schedule": crontab(minute="5")},
    "forget what expired": {
        "task": "config.tasks.forget_what_expired",
        "schedule": crontab(minute="50"),
    },
}
