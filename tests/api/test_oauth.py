"""A client fetches its tokens by its id and secret, within what it was given."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from oauth2_provider.models import AccessToken, Application

from accounts import tokens
from accounts.errors import Forbidden, Invalid
from accounts.models import AuditEvent, ClientScopes
from tests import make
from tests.make import TODAY
from tests.make.api import Api

pytestmark = pytest.mark.django_db
GIVEN = ["people:read", "market:read"]


@pytest.fixture
def secret():
    make.org()
    return tokens.create_client_secret("hris", scopes=GIVEN, by=None, on=TODAY)


def asked(client, secret, **more):
    key, word = secret
    body = {"grant_type": "client_credentials", "client_id": key, "client_secret": word, **more}
    return client.post("/oauth/token/", body)


def test_a_client_gets_a_token_of_an_hour_that_works_within_its_scopes(client, secret):
    answer = asked(client, secret)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 3600)
    assert sorted(told["scope"].split()) == sorted(GIVEN)
    assert "refresh_token" not in told
    api = Api(told["access_token"])
    assert api.get("people/").status_code == 200
    assert api.get("contracts/").status_code == 403


def test_a_client_may_ask_for_less_and_never_for_more(client, secret):
    told = asked(client, secret, scope="market:read").json()
    assert told["scope"] == "market:read"
    assert Api(told["access_token"]).get("people/").status_code == 403
    answer = asked(client, secret, scope="market:read money:write")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_a_wrong_secret_another_grant_and_another_method_get_nothing(client, secret):
    answer = asked(client, (secret[0], "guess"))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    for grant in ("password", "authorization_code", "refresh_token"):
        answer = asked(client, secret, grant_type=grant, username="a", password="b", code="c")
        assert answer.status_code in (400, 401)
        assert "access_token" not in answer.json()
    assert client.get("/oauth/token/").status_code == 405
    assert client.get("/oauth/authorize/").status_code == 404
    assert not AccessToken.objects.exists()


def test_a_client_that_was_given_no_scopes_for_the_endpoint_may_do_nothing_with_its_tokens(client):
    make.org()
    tokens.create_client_token("hris", scopes=["people:read"], by=None, on=TODAY)
    application = Application.objects.get()
    application.client_secret = "known"
    application.save()
    told = asked(client, (application.client_id, "known")).json()
    assert told["scope"] == ""
    assert Api(told["access_token"]).get("people/").status_code == 403


def test_a_new_secret_replaces_the_earlier_one_and_its_tokens(client, secret):
    old = asked(client, secret).json()["access_token"]
    new = tokens.create_client_secret("hris", scopes=["people:read"], by=None, on=TODAY)
    assert asked(client, secret).status_code == 401
    assert Api(old).get("people/").status_code == 401
    assert asked(client, new).json()["scope"] == "people:read"
    assert ClientScopes.objects.get().scopes == "people:read"
    assert AuditEvent.objects.filter(action="client_secret.create").count() == 2
    assert new[1] not in Application.objects.get(client_scopes__isnull=False).client_secret


def test_only_hr_admins_and_the_console_make_secrets_and_only_of_known_scopes():
    make.org()
    with pytest.raises(Forbidden):
        tokens.create_client_secret("x", scopes=GIVEN, by=make.lead(make.me()), on=TODAY)
    with pytest.raises(Invalid, match="is no scope"):
        tokens.create_client_secret("x", scopes=["all"], by=make.hr_admin(), on=TODAY)
    out = StringIO()
    call_command("create_token", "erp", "--scope", "money:read", "--secret", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert set(told) == {"client", "scopes", "client_id", "client_secret"}
    with pytest.raises(CommandError, match="is no scope"):
        call_command("create_token", "erp", "--scope", "all", "--secret")
