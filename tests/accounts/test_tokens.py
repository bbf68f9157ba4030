"""Tokens on pages: shown once, revoked by whoever may, and never somebody else's."""

from functools import partial

import pytest
from oauth2_provider.models import AccessToken

from accounts import tokens
from accounts.errors import Forbidden, Refused
from accounts.models import AuditEvent
from tests import make
from tests.database import at_once
from tests.make.api import Api

pytestmark = pytest.mark.django_db
CLIENT = {"client": "hris", "way": "token", "scope": ["people:read", "people:write"]}


def _made(client, address, body):
    answer = client.post(address, body, follow=True)
    assert answer.status_code == 200
    return answer.context["fresh"]["token"]


def test_a_member_makes_a_token_sees_it_once_and_revokes_it(client):
    make.org()
    user = make.user()
    client.force_login(user)
    token = _made(client, "/accounts/tokens/", {"name": "My sheet"})
    assert Api(token).get("").status_code == 200
    again = client.get("/accounts/tokens/")
    assert token not in again.content.decode()
    assert "My sheet" in again.content.decode()
    key = AccessToken.objects.get(user=user).pk
    client.post(f"/accounts/tokens/{key}/revoke/")
    assert Api(token).get("").status_code == 401
    assert AuditEvent.objects.filter(actor=user, action="token.revoke").count() == 1
    assert client.post(f"/accounts/tokens/{key}/revoke/").status_code == 404


def test_a_token_without_a_name_is_asked_again(client):
    make.org()
    client.force_login(make.user())
    answer = client.post("/accounts/tokens/", {"name": " "})
    assert (answer.status_code, AccessToken.objects.count()) == (400, 0)


def test_nobody_revokes_or_makes_a_token_of_somebody_else(client):
    make.org()
    owner, other = make.user(), make.hr_admin()
    tokens.create_person_token(owner, by=owner, on=make.TODAY)
    client.force_login(other)
    key = AccessToken.objects.get().pk
    assert client.post(f"/accounts/tokens/{key}/revoke/").status_code == 404
    assert AccessToken.objects.filter(pk=key).exists()
    with pytest.raises(Forbidden, match="acts for the person who made it"):
        tokens.create_person_token(owner, by=other, on=make.TODAY)


def test_an_hr_admin_makes_a_client_with_its_scopes_and_revokes_its_token(client):
    make.org()
    client.force_login(make.hr_admin())
    token = _made(client, "/hr/clients/", CLIENT)
    assert Api(token).get("people/").status_code == 200
    assert Api(token).get("offerings/").status_code == 403
    page = client.get("/hr/clients/").content.decode()
    assert "hris" in page
    assert token not in page
    key = AccessToken.objects.get().pk
    client.post(f"/hr/clients/{key}/revoke/")
    assert Api(token).get("people/").status_code == 401


def test_clients_are_an_hr_admins_to_keep(client):
    make.org()
    client.force_login(make.user())
    assert client.get("/hr/clients/").status_code == 403
    assert client.post("/hr/clients/", CLIENT).status_code == 403
    assert not AccessToken.objects.exists()


def test_a_scope_that_does_not_exist_is_refused(client):
    make.org()
    client.force_login(make.hr_admin())
    answer = client.post("/hr/clients/", CLIENT | {"scope": ["people:all"]})
    assert (answer.status_code, AccessToken.objects.count()) == (400, 0)
    with pytest.raises(Refused, match="people:all is no scope"):
        tokens.create_client_token("hris", scopes=["people:all"], by=None, on=make.TODAY)


def test_an_expired_token_is_refused():
    make.org()
    token = tokens.create_person_token(make.user(), by=None, on=make.TODAY)
    assert Api(token).get("").status_code == 200
    AccessToken.objects.update(expires="2026-01-01T00:00Z")
    assert Api(token).get("").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_many_times_at_once_does_not_keep_the_next_token_from_being_made():
    make.org()
    user = make.user()
    ask = partial(tokens.create_person_token, user, by=user, on=make.TODAY, name="My sheet")
    made = [*at_once([ask] * 4), ask()]
    assert len(set(made)) == AccessToken.objects.filter(user=user).count() == 5
    assert Api(made[-1]).get("").status_code == 200
