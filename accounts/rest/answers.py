"""Answers given only once: a write and the note of its answer stand or fall together."""

import hashlib
import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.db import connection, transaction
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Refused
from accounts.models import IdempotentAnswer, User
from accounts.rest.access import user_of

KEPT_FOR = timedelta(days=30)
LONGEST_KEY = 200
V = TypeVar("V")
P = ParamSpec("P")


def answered_once(
    request: Request, write: Callable[[], Response], *, is_key_required: bool = True
) -> Response:
    """Run a write under its Idempotency-Key, in one transaction with the note of its answer.

    A replay returns the first answer with `Idempotent-Replayed: true`. Refused without a key
    (`idempotency_key_missing`, 400) where one is required, with a key that came with another body
    (`key_reused`, 422), and while the first request is still being worked on (`key_in_use`, 409).
    A refused write notes nothing, so it may be tried again.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key and not is_key_required:
        return write()
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise Refused(
            f"This address needs an Idempotency-Key header of 1 to {LONGEST_KEY} characters.",
            code="idempotency_key_missing",
            help="Send a new random key with every new thing you want, the same one with a retry.",
        )
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        _claim(user_of(request), key)
        if first := _first_answer(user_of(request), key, fingerprint):
            return first
        answer = write()
        IdempotentAnswer.objects.create(
            user=user_of(request), key=key, request_hash=fingerprint, status=answer.status_code,
            body=json.loads(JSONRenderer().render(answer.data)), answered_at=timezone.now(),
        )  # fmt: skip
    return answer


def once(
    handler: Callable[Concatenate[V, Request, P], Response],
) -> Callable[Concatenate[V, Request, P], Response]:
    """For a handler that moves money or creates a contract or purchase: the key is required."""
    return _answering(handler, is_key_required=True)


def retried(
    handler: Callable[Concatenate[V, Request, P], Response],
) -> Callable[Concatenate[V, Request, P], Response]:
    """For a handler that takes an Idempotency-Key where one is sent."""
    return _answering(handler, is_key_required=False)


def _answering(
    handler: Callable[Concatenate[V, Request, P], Response], *, is_key_required: bool
) -> Callable[Concatenate[V, Request, P], Response]:
    @wraps(handler)
    def answer(view: V, request: Request, *args: P.args, **kwargs: P.kwargs) -> Response:
        return answered_once(
            request,
            lambda: handler(view, request, *args, **kwargs),
            is_key_required=is_key_required,
        )

    answer.is_key_required = is_key_required  # type: ignore[attr-defined]  # the schema says it
    return answer  # type: ignore[return-value]  # wraps names its first argument


def own_reference(request: Request, *, longest: int = 80) -> str:
    """The Idempotency-Key as a reference of the sender's own, where none is in the body.

    A long key is told by its digest, so that two of them never stand for one thing.
    """
    key = request.headers["Idempotency-Key"].strip()
    whole = f"api/{user_of(request).pk}/{key}"
    if len(whole) <= longest:
        return whole
    return f"api/{user_of(request).pk}/{hashlib.sha256(key.encode()).hexdigest()}"[:longest]


def forget_old_answers(*, on: date) -> int:
    """Keys are kept for 30 days per client (PRODUCT 6); how many were forgotten."""
    _ = on
    return IdempotentAnswer.objects.filter(answered_at__lt=timezone.now() - KEPT_FOR).delete()[0]


def _fingerprint(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, default=str)
    return hashlib.sha256(f"{request.method} {request.path} {body}".encode()).hexdigest()


def _claim(user: User, key: str) -> None:
    """A lock that ends with the transaction: whoever does not get it is told to wait."""
    number = hashlib.sha256(f"{user.pk} {key}".encode()).digest()[:8]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(number, signed=True)]
        )
        if not cursor.fetchone()[0]:
            raise Refused(
                "The first request with this Idempotency-Key is still being worked on.",
                code="key_in_use",
                help="Wait a moment and send it again.",
            )


def _first_answer(user: User, key: str, fingerprint: str) -> Response | None:
    first = IdempotentAnswer.objects.filter(user=user, key=key).first()
    if first is None:
        return None
    if first.request_hash != fingerprint:
        raise Refused(
            "This Idempotency-Key came before with another address or body.",
            code="key_reused",
            help="Use a new key for a new request.",
        )
    return Response(first.body, first.status, headers={"Idempotent-Replayed": "true"})
