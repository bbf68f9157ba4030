"""A client fetches its tokens by its id and secret, within what it was given."""

import base64
import json
from datetime import date
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import override_settings
from oauth2_provider.models import AccessToken, Application

from accounts import client_secrets, tokens
from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import AuditEvent, ClientScopes, TokenUse
from tests import make
from tests.make import TODAY
from tests.make.api import Api

pytestmark = pytest.mark.django_db
GIVEN = ["people:read", "market:read"]


@pytest.fixture
def secret():
    make.org()
    return client_secrets.create("hris", scopes=GIVEN, by=None, on=TODAY)


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
    new = client_secrets.create("hris", scopes=["people:read"], by=None, on=TODAY)
    assert asked(client, secret).status_code == 401
    assert Api(old).get("people/").status_code == 401
    assert asked(client, new).json()["scope"] == "people:read"
    assert ClientScopes.objects.get().scopes == "people:read"
    assert AuditEvent.objects.filter(action="client_secret.create").count() == 2
    assert new[1] not in Application.objects.get(client_scopes__isnull=False).client_secret


def test_only_hr_admins_and_the_console_make_secrets_and_only_of_known_scopes():
    make.org()
    with pytest.raises(Forbidden):
        client_secrets.create("x", scopes=GIVEN, by=make.lead(make.me()), on=TODAY)
    with pytest.raises(Invalid, match="is no scope"):
        client_secrets.create("x", scopes=["all"], by=make.hr_admin(), on=TODAY)
    out = StringIO()
    call_command("create_token", "erp", "--scope", "money:read", "--secret", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert set(told) == {"client", "scopes", "client_id", "client_secret"}
    with pytest.raises(CommandError, match="is no scope"):
        call_command("create_token", "erp", "--scope", "all", "--secret")


def test_a_missing_scope_is_a_problem_document_that_names_it(client, secret):
    api = Api(asked(client, secret, scope="market:read").json()["access_token"])
    answer = api.get("people/")
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert answer.json()["detail"] == "This client's token lacks the scope people:read."
    assert answer.json()["code"] == "permission_denied"


def test_a_client_may_send_its_id_and_secret_in_the_header(client, secret):
    pair = base64.b64encode(":".join(secret).encode()).decode()
    body = {"grant_type": "client_credentials"}
    answer = client.post("/oauth/token/", body, headers={"Authorization": f"Basic {pair}"})
    assert answer.status_code == 200
    for broken in ("Basic !", "Basic aGlkZGVu", "Basic", "Bearer x"):
        answer = client.post("/oauth/token/", body, headers={"Authorization": broken})
        assert (answer.status_code, answer.json()["error"]) in (
            (400, "invalid_request"), (401, "invalid_client"),
        )  # fmt: skip


def test_no_other_grant_is_answered_whatever_comes_with_it(client, secret):
    device = "urn:ietf:params:oauth:grant-type:device_code"
    for grant in (device, "", "client_credentials "):
        answer = asked(client, secret, grant_type=grant)
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
    answer = client.post("/oauth/token/", "{}", content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_guessing_a_secret_is_held_up_and_told_to_whoever_keeps_the_clients(client, secret):
    with override_settings(TOKEN_REQUESTS_PER_MINUTE=3):
        answers = [asked(client, (secret[0], f"guess {number}")) for number in range(4)]
        assert [each.status_code for each in answers] == [401, 401, 401, 429]
        assert (answers[-1]["Retry-After"], answers[-1].json()["error"]) == (
            "60", "temporarily_unavailable",
        )  # fmt: skip
        assert asked(client, secret).status_code == 429
        other = client_secrets.create("erp", scopes=GIVEN, by=None, on=TODAY)
        assert asked(client, other).status_code == 200
    refused = AuditEvent.objects.filter(action="client_secret.refuse", was_refused=True)
    assert (refused.count(), refused.first().actor.name) == (3, "hris")
    assert asked(client, ("nobody", "x")).status_code == 401
    assert refused.count() == 3


def test_the_day_of_the_last_use_is_kept_for_secrets_and_for_tokens(client, secret):
    assert ClientScopes.objects.get().used_on is None
    token = asked(client, secret).json()["access_token"]
    assert ClientScopes.objects.get().used_on == TODAY
    for _ in range(2):
        Api(token).get("people/")
    assert TokenUse.objects.get().used_on == TODAY
    with time_machine.travel("2026-02-20T09:30Z", tick=False):
        tokens.note_use(AccessToken.objects.get(), on=date(2026, 2, 21))
    assert TokenUse.objects.get().used_on == date(2026, 2, 21)


def _fresh(client, address, body):
    answer = client.post(address, body, follow=True)
    assert answer.status_code == 200, answer.content
    return answer.context["fresh"]


def test_an_hr_admin_registers_a_client_renews_its_secret_and_revokes_it(client):
    make.org()
    client.force_login(make.hr_admin())
    wish = {"client": "hris", "way": "secret", "scope": ["people:read"]}
    first = _fresh(client, "/hr/clients/", wish)
    page = client.get("/hr/clients/").content.decode()
    assert first["client_id"] in page
    assert first["secret"] not in page
    old = asked(client, (first["client_id"], first["secret"])).json()["access_token"]
    twice = client.post("/hr/clients/", wish)
    assert (twice.status_code, "hris has an id and a secret already" in twice.content.decode()) == (
        400, True,
    )  # fmt: skip
    key = ClientScopes.objects.get().pk
    second = _fresh(client, f"/hr/clients/secrets/{key}/renew/", {})
    assert second["client_id"] == first["client_id"]
    assert asked(client, (first["client_id"], first["secret"])).status_code == 401
    assert Api(old).get("people/").status_code == 401
    told = asked(client, (second["client_id"], second["secret"])).json()
    assert told["scope"] == "people:read"
    client.post(f"/hr/clients/secrets/{key}/revoke/")
    assert Api(told["access_token"]).get("people/").status_code == 401
    gone = asked(client, (second["client_id"], second["secret"]))
    assert (gone.status_code, gone.json()["error"]) == (401, "invalid_client")
    done = AuditEvent.objects.filter(action__startswith="client_secret.", was_refused=False)
    assert [each.action.partition(".")[2] for each in done.order_by("pk")] == [
        "create", "renew", "revoke",
    ]  # fmt: skip
    assert client.post(f"/hr/clients/secrets/{key}/renew/").status_code == 404


def test_nobody_but_an_hr_admin_renews_or_revokes_a_secret(client, secret):
    key = ClientScopes.objects.get().pk
    client.force_login(make.lead(make.me()))
    for deed in ("renew", "revoke"):
        assert client.post(f"/hr/clients/secrets/{key}/{deed}/").status_code == 403
    assert asked(client, secret).status_code == 200
    with pytest.raises(Forbidden):
        client_secrets.register("x", scopes=GIVEN, by=make.user(), on=TODAY)
    with pytest.raises(Refused, match="has an id and a secret already"):
        client_secrets.register(" hris ", scopes=GIVEN, by=make.hr_admin(), on=TODAY)
