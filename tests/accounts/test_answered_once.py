"""Idempotency keys and tokens, on a view of this test's own."""

from threading import Event

import pytest
from django.test import override_settings
from django.urls import path
from oauth2_provider.models import AccessToken
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from accounts import tokens
from accounts.errors import Refused
from accounts.models import AuditEvent, IdempotentAnswer
from accounts.rest import answered_once, user_of
from tests import make
from tests.database import at_once


class Writes(APIView):
    """Writes an audit row for each run that is not a replay."""

    scopes = {"POST": "people:write"}
    slow = Event()

    def post(self, request):
        return answered_once(request, lambda: self._write(request))

    def _write(self, request):
        AuditEvent.objects.create(at="2026-01-01T00:00Z", on="2026-01-01", action="write")
        if request.data.get("refuse"):
            raise Refused("Not today.", code="not_today")
        if request.data.get("slow"):
            self.slow.wait(1)
        return Response({"by": user_of(request).pk, "given": request.data["given"]}, 201)


urlpatterns = [path("api/v1/writes/", Writes.as_view())]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def client():
    make.org()
    return _client(tokens.create_person_token(make.user(), by=None, on=make.TODAY))


def _client(token):
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return api


def _post(client, body, key="k1"):
    return client.post("/api/v1/writes/", body, headers={"Idempotency-Key": key} if key else {})


def test_a_replay_returns_the_first_answer_and_writes_nothing(client):
    first, again = (_post(client, {"given": 1}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert AuditEvent.objects.filter(action="write").count() == 1


def test_the_same_key_with_another_body_is_422_and_a_missing_key_is_400(client):
    _post(client, {"given": 1})
    other, missing = _post(client, {"given": 2}), _post(client, {"given": 1}, key="")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")
    assert other.headers["Content-Type"] == "application/problem+json"


def test_a_refused_write_leaves_nothing_and_may_be_tried_again(client):
    refused = _post(client, {"given": 1, "refuse": True})
    assert (refused.status_code, refused.json()["detail"]) == (409, "Not today.")
    assert not AuditEvent.objects.filter(action="write").exists()
    assert not IdempotentAnswer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_equal_posts_at_once_write_once():
    make.org()
    token = tokens.create_person_token(make.user(), by=None, on=make.TODAY)
    calls = [lambda: _post(_client(token), {"given": 1, "slow": True}).status_code] * 8
    statuses = at_once(calls)
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert AuditEvent.objects.filter(action="write").count() == 1


def test_two_persons_may_use_the_same_key(client):
    other = _client(tokens.create_person_token(make.user(), by=None, on=make.TODAY))
    assert _post(client, {"given": 1}).json()["by"] != _post(other, {"given": 1}).json()["by"]


def test_a_client_needs_the_scope_of_the_address():
    make.org()
    ids = [
        tokens.create_client_token("hris", scopes=[scope], by=None, on=make.TODAY)
        for scope in ("people:write", "people:read")
    ]
    allowed, closed = (_post(_client(token), {"given": 1}) for token in ids)
    assert (allowed.status_code, closed.status_code) == (201, 403)
    assert closed.json()["detail"] == "This client's token lacks the scope people:write."
    with pytest.raises(Refused, match="people:all is no scope"):
        tokens.create_client_token("hris", scopes=["people:all"], by=None, on=make.TODAY)


def test_an_unknown_token_is_401_with_a_problem_document():
    answer = _post(_client("wrong"), {"given": 1})
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")
    assert "Bearer" in answer.headers["WWW-Authenticate"]


def test_a_token_is_stored_as_a_hash_only():
    make.org()
    token = tokens.create_person_token(make.user(), by=None, on=make.TODAY)
    assert not AccessToken.objects.filter(token=token).exists()
    assert AccessToken.objects.count() == 1


@override_settings(ROOT_URLCONF="config.urls")
def test_an_address_that_does_not_exist_is_a_problem_document_too(client):
    answer = client.get("/api/v1/nowhere/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
