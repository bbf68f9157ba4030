"""Tokens of persons and of integration clients, hashed at rest (INTERFACE "REST conventions").

A person's token acts for the MEs that the person may act for. A client is a User of its own that
belongs to nobody; its token carries scopes.
"""

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, set_token_value

from accounts import audit, permissions
from accounts.errors import Invalid, Refused, Unknown
from accounts.models import TokenUse, User

LIFETIME = timedelta(days=365)
SCOPES = (
    "people:read", "people:write", "market:read", "market:write", "contracts:read",
    "contracts:write", "usage:write", "money:read", "money:write", "learning:read",
    "learning:write", "settlement:run",
)  # fmt: skip


@transaction.atomic
def create_client_token(name: str, *, scopes: Sequence[str], by: User | None, on: date) -> str:
    """A new token for the client of that name, made at its first use; shown once.

    Invalid names an unknown scope or an empty name. `by` is None at the console of the server.
    """
    require_client_keeper(by)
    require_scopes(scopes)
    client = client_named(name.strip())
    token = _mint(client, scope=" ".join(dict.fromkeys(scopes)))
    audit.record("token.create", client, by=by, on=on, scopes=list(scopes))
    return token


@transaction.atomic
def create_person_token(user: User, *, by: User | None, on: date, name: str = "") -> str:
    """A new token that acts for a person, as the person may act; shown once.

    Nobody makes one for somebody else; `by` is None for the demo's log-ins. `name` says what it is
    for, to whoever revokes it.
    """
    permissions.require(by is None or by == user, "A token acts for the person who made it.")
    if user.is_client or not user.is_active:
        raise Refused(f"{user} cannot act for a person.", code="no_person")
    token = _mint(user, scope="", name=name.strip())
    audit.record("token.create", user, by=by, on=on)
    return token


@transaction.atomic
def revoke(key: int, *, by: User, on: date) -> User:
    """End an own token, or as an HR admin one of a client; it is refused from now on.

    Answers whose it was; Unknown where it is neither, or is gone already.
    """
    known = Q(user=by)
    if permissions.may_keep_clients(by):
        known |= Q(user__is_client=True)
    rows = AccessToken.objects.select_for_update(of=("self",)).select_related("user")
    token = rows.filter(known, pk=key).first()
    if token is None:
        raise Unknown
    owner: User = token.user
    audit.record("token.revoke", owner, by=by, on=on)
    token.delete()
    return owner


def tokens_of(user: User) -> QuerySet[Any]:
    """The user's own tokens that still work, the newest first; `application.name` says for what."""
    rows: QuerySet[Any] = AccessToken.objects.filter(user=user, expires__gt=timezone.now())
    return rows.select_related("application", "user", "use").order_by("-created", "-pk")


def tokens_of_clients() -> QuerySet[Any]:
    """Tokens of integration clients that still work, by client, the newest first."""
    rows: QuerySet[Any] = AccessToken.objects.filter(user__is_client=True)
    rows = rows.filter(expires__gt=timezone.now())
    rows = rows.select_related("application", "user", "use")
    return rows.order_by("user__name", "-created", "-pk")


def require_client_keeper(by: User | None) -> None:
    """HR admins keep clients, and None: the console of the server."""
    permissions.require(
        by is None or permissions.may_keep_clients(by),
        "Only an HR admin makes integration clients.",
        help="Ask an HR admin of your organisation.",
    )


def require_scopes(scopes: Sequence[str]) -> None:
    """Invalid names those that are none."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise Invalid(
            f"{', '.join(unknown) or 'No scope'} is no scope; use some of {', '.join(SCOPES)}.",
            field="scope", value=" ".join(scopes),
        )  # fmt: skip


def client_named(name: str) -> User:
    """The client of that name, made at its first use; Invalid where it is no name."""
    if not name or len(name) > 100:
        raise Invalid("Name the client with 1 to 100 characters.", field="client", value=name)
    client = User.objects.filter(is_client=True, name=name).first()
    if client:
        return client
    email = f"client-{secrets.token_hex(8)}@clients.invalid"
    return User.objects.create_user(email, name=name, is_client=True)


def _mint(user: User, *, scope: str, name: str = "") -> str:
    name = name or f"tokens of {user.pk}"
    # A form that was sent twice may have made two of them: nothing in the table forbids it.
    application = Application.objects.filter(name=name, user=user).order_by("pk").first()
    application = application or Application.objects.create(
        name=name,
        user=user,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )
    token = secrets.token_urlsafe(32)
    row = AccessToken(
        user=user, application=application, scope=scope, expires=timezone.now() + LIFETIME
    )
    set_token_value(row, token)
    row.save()
    return token


def token_named(text: str) -> AccessToken | None:
    """The token that reads like this, while it lasts; only its hash is kept."""
    checksum = hashlib.sha256(text.encode()).hexdigest()
    rows = AccessToken.objects.select_related("user__person", "application__user__person", "use")
    token = rows.filter(token_checksum=checksum).first()
    return token if token and not token.is_expired() else None


def note_use(token: Any, *, on: date) -> None:
    """That the token was sent on that day; written once a day."""
    use = getattr(token, "use", None)
    if use is not None and use.used_on >= on:
        return
    # A token that is revoked at this moment is used no more.
    with suppress(IntegrityError), transaction.atomic():
        TokenUse.objects.bulk_create(
            [TokenUse(token=token, used_on=on)], update_conflicts=True,
            unique_fields=["token"], update_fields=["used_on"],
        )  # fmt: skip


def user_of_token(token: Any) -> User | None:
    """Whoever a token acts for; one from the token endpoint acts for its application's user."""
    user = token.user or (token.application.user if token.application else None)
    if not isinstance(user, User) or not user.is_active:
        return None
    user.token_scopes = frozenset(token.scope.split()) if user.is_client else frozenset()
    return user
