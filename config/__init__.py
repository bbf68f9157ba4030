"""The one place that knows every app: settings, routes, queue and timetable."""

from config.celery import app as celery_app

__all__ = ("celery_app",)  # Tasks that a web process queues go to this app's broker.
