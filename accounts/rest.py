"""What every REST edge is built from: who asks, pages, fields, and answers given only once."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.db import connection, transaction
from django.utils import timezone
from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from rest_framework import permissions, serializers
from rest_framework.pagination import CursorPagination
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Refused
from accounts.http import today
from accounts.models import IdempotentAnswer, MicroEnterprise, User
from accounts.tokens import user_of_token

if TYPE_CHECKING:
    # REST framework's views read the settings that name the classes below.
    from rest_framework.views import APIView

KEPT_FOR = timedelta(days=30)


class TokenAuthentication(OAuth2Authentication):  # type: ignore[misc]  # it has no types
    """A bearer token of a person or of an integration client."""

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        user = user_of_token(found[1])
        return (user, found[1]) if user else None


class InScope(permissions.IsAuthenticated):
    """A client needs the scope that the view names for the method; persons need no scope.

    Views say `scopes = {"GET": "people:read", "PUT": "people:write"}`; a method without a scope is
    closed to clients.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not super().has_permission(request, view):
            return False
        user = user_of(request)
        if not user.is_client:
            return True
        scopes: Mapping[str, str] = getattr(view, "scopes", {})
        scope = scopes.get("GET" if request.method in ("HEAD", "OPTIONS") else request.method or "")
        self.message = (
            f"This client's token lacks the scope {scope}."
            if scope
            else "Only a person may do this."
        )
        return bool(scope) and user.has_scope(scope or "")


class Pages(CursorPagination):
    """`{"results", "next", "previous"}` with an opaque cursor."""

    ordering = "-pk"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class MoneyField(serializers.DecimalField):
    """A decimal string with two places, above zero unless told."""

    def __init__(self, *, positive: bool = True, **options: Any) -> None:
        if positive and not options.get("read_only"):
            options.setdefault("min_value", 0)
        super().__init__(max_digits=18, decimal_places=2, coerce_to_string=True, **options)


class MonthField(serializers.Field[date, str, str, Any]):
    """`2026-10`, kept as the first day of the month."""

    default_error_messages: ClassVar[Any] = {"invalid": "Write a month like 2026-10."}

    def to_internal_value(self, data: Any) -> date:
        text = data if isinstance(data, str) else ""
        try:
            return date.fromisoformat(f"{text}-01" if len(text) == 7 else "")
        except ValueError:
            self.fail("invalid")

    def to_representation(self, value: date) -> str:
        return f"{value:%Y-%m}"


class ActingMEField(serializers.PrimaryKeyRelatedField[MicroEnterprise]):
    """The ME that is acted for: always a field of the body, never guessed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=MicroEnterprise.objects.all(), **options)


def user_of(request: Request) -> User:
    """Behind InScope the user is always one of ours."""
    return cast("User", request.user)


def today_of(request: Request) -> date:
    """The organisation's day, asked once per request."""
    return today(request._request)  # noqa: SLF001  # Django's request keeps it


def answered_once(request: Request, write: Callable[[], Response]) -> Response:
    """Run a write under its Idempotency-Key, in one transaction with the note of its answer.

    A replay returns the first answer with `Idempotent-Replayed: true`. Refused without a key
    (`idempotency_key_missing`, 400), with a key that came with another body (`key_reused`, 422),
    and while the first request is still being worked on (`key_in_use`, 409). A refused write notes
    nothing, so it may be tried again.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key or len(key) > 200:
        raise Refused(
            "This address needs an Idempotency-Key header of 1 to 200 characters.",
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
