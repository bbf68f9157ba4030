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
# A supervisor that asks often must not keep the workers busy with answering it.
_REMEMBER_SECONDS = {True: 5, False: 1}
_WORKER_KEY = "health:a-worker-answers"
_ANSWER_WITHIN_SECONDS = 1.0


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
        "migrations": database and _migrations_are_applied(),
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


def _migrations_are_applied() -> bool:
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
    remembered = cache.get(_WORKER_KEY)
    if remembered is not None:
        return bool(remembered)
    try:
        answered = bool(current_app.control.ping(timeout=_ANSWER_WITHIN_SECONDS, limit=1))
    except OperationalError as error:
        logger.warning("The workers cannot be asked: %s", error)
        answered = False
    cache.set(_WORKER_KEY, answered, _REMEMBER_SECONDS[answered])
    return answered
