"""Who asks, whether the token's scopes allow it, and how often it may be asked."""

import time
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework import permissions
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.http import today
from accounts.models import User
from accounts.permissions import is_of_the_firm
from accounts.tokens import note_use, token_named, user_of_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rest_framework.views import APIView

NOT_OF_THE_FIRM = "This log-in belongs to nobody who is with the firm today."
ONLY_PERSONS = "Only a person may do this, not an integration client."


class TokenAuthentication(BaseAuthentication):
    """A bearer token of a person or of an integration client, read from the header alone.

    The toolkit's own class reads the body too, before it is known who asks and what came.
    """

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = token_named(text.strip())
        user = user_of_token(token) if token else None
        if user is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        note_use(token, on=today_of(request))
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class OfTheFirm(permissions.IsAuthenticated):
    """Any client, and whoever is with the firm that day."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not super().has_permission(request, view):
            return False
        self.message = NOT_OF_THE_FIRM
        user = user_of(request)
        return user.is_client or is_of_the_firm(user)


class InScope(OfTheFirm):
    """A client needs the scope that the view names for the method; a person is of the firm.

    Views say `scopes = {"GET": "people:read", "PUT": "people:write"}`; a method without a scope is
    closed to clients. A method that the address does not have is left to be refused as such.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not super().has_permission(request, view):
            return False
        user = user_of(request)
        if not user.is_client or request.method not in view.allowed_methods:
            return True
        scope = scope_for(view, request.method or "")
        self.message = f"This client's token lacks the scope {scope}." if scope else ONLY_PERSONS
        return bool(scope) and user.has_scope(scope)


class Rate(BaseThrottle):
    """So many requests a minute for each log-in; without the cache nobody is held up."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if not settings.API_REQUESTS_PER_MINUTE or not request.user.is_authenticated:
            return True
        return is_within(f"api/{request.user.pk}", settings.API_REQUESTS_PER_MINUTE)

    def wait(self) -> float:
        """Seconds to the next minute, for Retry-After."""
        return seconds_left()


def is_within(who: str, limit: int) -> bool:
    """Count one more of this minute for `who`; without the cache nobody is held up."""
    key = f"{who}/{int(time.time()) // 60}"
    try:
        cache.add(key, 0, timeout=120)
        return cache.incr(key) <= limit
    except (RedisError, ValueError):
        return True


def seconds_left() -> float:
    """To the next minute."""
    return 60 - time.time() % 60


def scope_for(view: "APIView", method: str) -> str:
    """The scope that a client needs for the method of this view; empty where it is closed."""
    scopes: Mapping[str, str] = getattr(view, "scopes", {})
    return scopes.get("GET" if method in ("HEAD", "OPTIONS") else method, "")


def user_of(request: Request) -> User:
    """Behind InScope the user is always one of ours."""
    return cast("User", request.user)


def today_of(request: Request) -> date:
    """The organisation's day, asked once per request."""
    return today(request._request)  # noqa: SLF001  # Django's request keeps it
