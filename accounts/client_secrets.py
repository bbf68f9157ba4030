"""Ids and secrets of integration clients, by which they fetch tokens of an hour at `/oauth/token/`.

A secret is shown once and kept as a hash. Making a new one keeps the id, ends the tokens of the
earlier one at once, and so does revoking it.
"""

import secrets
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from oauth2_provider.models import AccessToken, Application

from accounts import audit
from accounts.errors import Refused, Unknown
from accounts.models import ClientScopes, User
from accounts.tokens import client_named, require_client_keeper, require_scopes, token_named


class Secret(NamedTuple):
    """What a client sends to fetch its tokens, in the clear this one time."""

    client_id: str
    client_secret: str


@transaction.atomic
def create(name: str, *, scopes: Sequence[str], by: User | None, on: date) -> Secret:
    """The id and secret of the client of that name, in place of an earlier one and its tokens.

    Invalid names an unknown scope or an empty name. `by` is None at the console of the server.
    """
    require_client_keeper(by)
    require_scopes(scopes)
    client = client_named(name.strip())
    Application.objects.filter(user=client, client_scopes__isnull=False).delete()
    application = Application(
        name=f"secret of {client.pk}",
        user=client,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )
    made = _with_new_secret(application)
    kept = " ".join(dict.fromkeys(scopes))
    ClientScopes.objects.create(application=application, scopes=kept)
    audit.record("client_secret.create", client, by=by, on=on, scopes=list(scopes))
    return made


@transaction.atomic
def register(name: str, *, scopes: Sequence[str], by: User, on: date) -> Secret:
    """As `create`, for a client that has no secret yet: refused `has_secret` where it has one."""
    require_client_keeper(by)
    found = ClientScopes.objects.filter(application__user__name=name.strip())
    if found.filter(application__user__is_client=True).exists():
        raise Refused(
            f"{name.strip()} has an id and a secret already.",
            code="has_secret",
            help="Make a new secret in its row, or revoke it to give other scopes.",
            field="client",
        )
    return create(name, scopes=scopes, by=by, on=on)


@transaction.atomic
def renew(key: int, *, by: User, on: date) -> tuple[User, Secret]:
    """A new secret for the same id and scopes; the earlier one and its tokens end at once."""
    given = _locked(key, by=by)
    application = given.application
    AccessToken.objects.filter(application=application).delete()
    made = _with_new_secret(application)
    client: User = application.user
    audit.record("client_secret.renew", client, by=by, on=on)
    return client, made


@transaction.atomic
def revoke(key: int, *, by: User, on: date) -> User:
    """End the id, the secret and all tokens that were fetched by them."""
    application = _locked(key, by=by).application
    client: User = application.user
    audit.record("client_secret.revoke", client, by=by, on=on)
    application.delete()
    return client


def of_clients() -> QuerySet[ClientScopes]:
    """Every id with its scopes, by the name of its client."""
    rows = ClientScopes.objects.filter(application__user__is_client=True)
    return rows.select_related("application__user").order_by("application__user__name", "pk")


def client_of(client_id: str) -> User | None:
    """Whose id it is; None where it is nobody's."""
    rows = Application.objects.filter(client_scopes__isnull=False).select_related("user")
    found = rows.filter(client_id=client_id.replace("\0", "")).first()
    return found.user if found else None


def note_fetched(token: str, *, on: date) -> None:
    """That a token was fetched on that day."""
    found = token_named(token)
    if found is not None:
        ClientScopes.objects.filter(application=found.application_id).update(used_on=on)


def _locked(key: int, *, by: User) -> ClientScopes:
    require_client_keeper(by)
    rows = ClientScopes.objects.select_for_update(of=("self",))
    found = rows.select_related("application__user").filter(pk=key).first()
    if found is None:
        raise Unknown
    return found


def _with_new_secret(application: Application) -> Secret:
    """Saved with its hash alone."""
    secret = secrets.token_urlsafe(48)
    application.client_secret = secret
    application.save()
    return Secret(application.client_id, secret)
