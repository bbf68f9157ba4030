"""What a supervisor asks: does the process live, and can it do its work."""

import logging

import redis
from celery import current_app
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)
# A supervisor that asks often must not keep the workers busy with answering it. That none
# answers is not remembered: at a start it would be wrong a moment later.
_REMEMBER_SECONDS = 5
_WORKER_KEY = "health:a-worker-answers"
# Asked again and again within a second: a worker that starts meanwhile missed the first question.
_ANSWER_WITHIN_SECONDS = (0.1, 0.2, 0.3, 0.5)


class NotYet(logging.Filter):
    """To be asked too early is no fault; the answer says what is missing."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(getattr(record, "request", None), "path", "") != "/readyz"


@login_not_required
def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"alive": True})


@login_not_required
def ready(request: HttpRequest) -> JsonResponse:
    """A broken neighbour is no reason to restart us, so `alive` is apart."""
    database = _database_answers()
    broker = _broker_answers()
    parts = {
        "database": database,
        "broker": broker,
        "migrations": database and migrations_are_applied(),
        "workers": broker and _a_worker_answers(),
    }
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)


def _database_answers() -> bool:
    try:
        connection.ensure_connection()
        return connection.is_usable()
    except DatabaseError as error:
        logger.warning("The database does not answer: %s", error)
        return False


def migrations_are_applied() -> bool:
    """Whether the database has all that this release brings."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _broker_answers() -> bool:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError as error:
        logger.warning("The broker does not answer: %s", error)
        return False


def _a_worker_answers() -> bool:
    if cache.get(_WORKER_KEY):
        return True
    try:
        answered = any(
            current_app.control.ping(timeout=seconds, limit=1) for seconds in _ANSWER_WITHIN_SECONDS
        )
    except OperationalError as error:
        logger.warning("The workers cannot be asked: %s", error)
        return False
    if answered:
        cache.set(_WORKER_KEY, "yes", _REMEMBER_SECONDS)
    return answered
