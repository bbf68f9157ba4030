"""What no address may be confused by: methods, types, sizes, odd numbers and characters."""

import json

import pytest
from django.test import override_settings

from accounts.models import Organization
from tests import make

pytestmark = pytest.mark.django_db
DIGITS = "9" * 5000


@pytest.fixture
def api():
    make.org()
    return make.api_of(make.hr_admin())


def _send(api, body, *, kind="application/json", address="micro-enterprises/"):
    return api.generic("POST", address, body, content_type=kind)


NEED_AN_ME = {"statements", "forecasts", "shadow-statements"}


def test_the_root_names_the_firm_its_currency_its_day_and_every_resource(api):
    root = api.get("")
    assert (root.status_code, root.json()["currency"], root.json()["today"]) == (
        200, "EUR", "2026-02-20",
    )  # fmt: skip
    assert root.json()["name"] == "Tallinn Water"
    for name, address in root.json()["links"].items():
        query = {"micro_enterprise": "1"} if name in NEED_AN_ME else {}
        expected = {200} if name != "audit-events" else {403}
        assert {api.get(address, query).status_code} == expected, name
    assert make.api_with("usage:write").get("").status_code == 200
    Organization.objects.all().delete()
    assert api.get("").status_code == 404


def test_without_a_valid_token_everything_is_401_with_a_problem_document(client):
    make.org()
    given = ["", "Bearer nonsense", "Bearer", "Basic eDp4"]
    for address in ("", "people/", "contracts/1/", "grants/"):
        for words in given:
            headers = {"Authorization": words} if words else {}
            answer = client.get(f"/api/v1/{address}", headers=headers)
            assert answer.status_code == 401, (address, words)
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert answer.json()["help"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{", "no JSON"),
        ('{"name": NaN}', "NaN is no number"),
        ('{"name": -Infinity}', "-Infinity is no number"),
        ('{"name": "a\\u0000b"}', "NUL"),
        ('{"name": "\\ud800"}', "half of a character"),
        ('{"\\u0000": 1}', "NUL"),
        ("[" * 100_000, "nested too deeply"),
        (f'{{"name": {DIGITS}}}', "no JSON"),
        (b"\xff\xfe", "no JSON"),
    ],
)
def test_a_body_that_cannot_be_kept_is_400_and_says_why(api, body, said):
    answer = _send(api, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("body", ["[]", '"x"', "1", "1e400", "null", "true"])
def test_a_body_that_is_no_object_is_400(api, body):
    assert _send(api, body).status_code == 400


def test_a_wrong_type_is_415_a_long_body_413_and_a_wrong_method_405(api):
    assert _send(api, "a=1", kind="application/x-www-form-urlencoded").status_code == 415
    assert _send(api, "x", kind="text/plain").status_code == 415
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100):
        long = _send(api, json.dumps({"name": "x" * 100}))
    assert (long.status_code, long.json()["code"]) == (413, "body_too_large")
    wrong = api.delete("people/")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET, HEAD")
    assert wrong.headers["Content-Type"] == "application/problem+json"
    client = make.api_with("people:read")
    assert client.delete("people/").status_code == 405
    assert api.options("people/").status_code == 405


@pytest.mark.parametrize(
    "key", ["0", "abc", "-1", "1.5", "99999999999999999999", "9223372036854775807", "%00", "%E2%82"]
)
def test_an_id_out_of_this_world_is_404(api, key):
    for address in ("contracts", "wallets", "people", "offerings", "learning-purchases"):
        answer = api.get(f"{address}/{key}/")
        assert (address, answer.status_code) == (address, 404)
        assert answer.json()["code"] == "not_found"
    assert api.post(f"contracts/{key}/accept/", {"micro_enterprise": "1"}).status_code == 404


@pytest.mark.parametrize("key", ["0", "x", "", 99999999999999999999, 1.5, None, True, [], {}])
def test_an_id_in_a_body_that_names_nothing_is_400_and_named(api, key):
    answer = api.post("grants/", {"micro_enterprise": key, "amount": "1.00"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "micro_enterprise"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "31.10.2026", 20260301])
def test_a_day_beyond_reckoning_is_400_and_named(api, day):
    me = make.me()
    body = {"micro_enterprise": str(me.pk), "offering": str(make.offering(me).pk)}
    answer = api.post("contracts/", body | {"starts_on": day, "ends_on": "2026-12-31"})
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == ["starts_on"]


@override_settings(API_REQUESTS_PER_MINUTE=3)
def test_too_many_requests_are_429_and_say_how_long_to_wait(api):
    answers = [api.get("categories/") for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[3].headers["Retry-After"]) <= 60
    assert answers[3].json()["code"] == "throttled"
    other = make.api_of(make.user())
    assert other.get("categories/").status_code == 200


def test_the_same_key_may_be_sent_with_every_post_and_replays_it(api):
    body = {"name": "Recruiting", "description": "Finding people."}
    first, again = (api.post("categories/", body, key="same") for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    twice = api.post("categories/", body, key="")
    assert (twice.status_code, twice.json()["errors"][0]["field"]) == (400, "name")


def test_whoever_left_the_firm_is_refused_everywhere(api):
    leaver = make.member(make.me())
    left = make.api_of(leaver)
    leaver.person.left_on = make.TODAY
    leaver.person.save()
    for address in ("people", "contracts", "wallets", "offerings", "micro-enterprises"):
        assert left.get(f"{address}/").status_code == 403
