"""Two MEs negotiate through the API: draft, offer, counter, accept, end."""

import pytest
import time_machine

from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def sides():
    """A buyer with 60,000.00, a provider with an offering, and both leads at the API."""
    buyer, provider = make.me("Leak Desk", kind="frontline"), make.me("Recruiters")
    make.granted(buyer, "60000.00")
    sold = make.offering(provider, price="2000.00")
    leads = make.api_of(make.lead(buyer)), make.api_of(make.lead(provider))
    return buyer, provider, sold, *leads


def _draft(api, acting, sold, **fields):
    body = {
        "micro_enterprise": str(acting.pk), "offering": str(sold.pk),
        "starts_on": "2026-03-01", "ends_on": "2026-12-31", **fields,
    }  # fmt: skip
    return api.post("contracts/", body)


def _post(api, contract, event, acting, **fields):
    body = {"micro_enterprise": str(acting.pk), **fields}
    return api.post(f"contracts/{contract['id']}/{event}/", body)


def test_a_contract_is_drafted_offered_and_accepted(sides):
    buyer, provider, sold, buying, selling = sides
    drafted = _draft(buying, buyer, sold)
    assert drafted.status_code == 201, drafted.content
    contract = drafted.json()
    assert (contract["state"], contract["price"]) == ("draft", "2000.00")
    assert (contract["buyer"], contract["provider"]) == (str(buyer.pk), str(provider.pk))
    assert [each["name"] for each in contract["measures"]] == ["Hires that stay, 1"]

    offered = _post(buying, contract, "offer", buyer).json()
    assert (offered["state"], offered["turn"]) == ("offered", str(provider.pk))
    assert offered["answer_until_on"] == "2026-02-28"

    accepted = _post(selling, contract, "accept", provider, hash=offered["hash"])
    assert accepted.status_code == 200, accepted.content
    assert accepted.json()["state"] == "agreed"
    assert {each["hash"] for each in accepted.json()["signatures"]} == {offered["hash"]}
    assert make.wallet(buyer).reserved == 20_000

    events = buying.get(f"contracts/{contract['id']}/events/").json()["results"]
    assert [each["kind"] for each in events] == ["accept", "offer", "create"]
    assert events[0]["previous_hash"] == events[1]["hash"]
    assert events[0]["at"].endswith("Z")


def test_a_counter_changes_what_was_read_and_an_old_hash_is_409(sides):
    buyer, provider, sold, buying, selling = sides
    contract = _draft(buying, buyer, sold).json()
    offered = _post(buying, contract, "offer", buyer).json()
    countered = _post(
        selling, contract, "counter", provider, hash=offered["hash"], price="2100.00"
    ).json()
    assert (countered["price"], countered["version"], countered["turn"]) == (
        "2100.00", 2, str(buyer.pk),
    )  # fmt: skip
    stale = _post(buying, contract, "accept", buyer, hash=offered["hash"])
    assert (stale.status_code, stale.json()["code"]) == (409, "terms_changed")
    assert stale.json()["hash"] == countered["hash"]
    assert stale.headers["Content-Type"] == "application/problem+json"
    assert _post(buying, contract, "accept", buyer, hash=countered["hash"]).status_code == 200


def test_what_the_wallet_cannot_cover_is_refused_with_both_figures(sides):
    buyer, _, sold, buying, _ = sides
    contract = _draft(buying, buyer, sold, price="9000.00").json()
    refused = _post(buying, contract, "offer", buyer)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_enough_money")
    assert (refused.json()["available"], refused.json()["needed"]) == ("60000.00", "90000.00")


def test_declining_withdrawing_cancelling_and_ending_are_addresses_of_their_own(sides):
    buyer, provider, sold, buying, selling = sides
    first, second, third = (_draft(buying, buyer, sold).json() for _ in range(3))
    for contract in (first, second, third):
        _post(buying, contract, "offer", buyer)
    declined = _post(selling, first, "decline", provider, reason="No time.")
    withdrawn = _post(buying, second, "withdraw", buyer)
    assert declined.json()["state"] == "declined"
    assert withdrawn.json()["state"] == "withdrawn"
    agreed = _post(selling, third, "accept", provider, hash=third["hash"]).json()
    named = _post(buying, agreed, "end", buyer, last_day_on="2026-06-30").json()
    assert named["open_end"]["last_day_on"] == "2026-06-30"
    ended = _post(selling, agreed, "end", provider, last_day_on="2026-06-30").json()
    assert (ended["state"], ended["ended_because"], ended["ended_on"]) == (
        "ended", "mutual", "2026-06-30",
    )  # fmt: skip
    again = _post(selling, agreed, "cancel", provider)
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")


def test_the_key_is_required_and_a_replay_drafts_nothing(sides):
    buyer, _, sold, buying, _ = sides
    body = {
        "micro_enterprise": str(buyer.pk), "offering": str(sold.pk),
        "starts_on": "2026-03-01", "ends_on": "2026-12-31",
    }  # fmt: skip
    missing = buying.post("contracts/", body, key="")
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")
    first, again = (buying.post("contracts/", body, key="once") for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Contract.objects.count() == 1
    other = buying.post("contracts/", body | {"price": "1.00"}, key="once")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


def test_a_client_drafts_and_its_events_are_403(sides):
    buyer, provider, sold, *_ = sides
    client = make.api_with("contracts:write", "contracts:read")
    drafted = _draft(client, buyer, sold)
    assert drafted.status_code == 201, drafted.content
    contract = drafted.json()
    changed = client.patch(
        f"contracts/{contract['id']}/",
        {"micro_enterprise": str(buyer.pk), "hash": contract["hash"], "price": "1900.00"},
    )
    assert changed.json()["price"] == "1900.00"
    for event in ("offer", "accept", "counter", "decline", "withdraw", "cancel", "end"):
        refused = _post(client, contract, event, buyer)
        assert (event, refused.status_code) == (event, 403)
        assert refused.json()["detail"] == "Only a person may do this, not an integration client."
    only_reading = make.api_with("contracts:read")
    assert _draft(only_reading, provider, sold).status_code == 403


def test_strangers_see_the_price_of_what_runs_and_nothing_of_its_negotiation():
    running, drafted = make.active(), make.draft()
    stranger = make.api_of(make.user())
    with time_machine.travel("2026-03-02T09:00Z", tick=False):
        seen = stranger.get(f"contracts/{running.pk}/").json()
        assert (seen["price"], seen["state"]) == ("2000.00", "active")
        assert (seen["sections"], seen["signatures"], seen["open_end"]) == (None, None, None)
        assert stranger.get(f"contracts/{running.pk}/events/").status_code == 403
        assert stranger.get(f"contracts/{drafted.pk}/").status_code == 404
        party = make.api_of(make.member(running.buyer))
        assert len(party.get(f"contracts/{running.pk}/").json()["signatures"]) == 2


def test_lists_are_filtered_by_the_state_that_counts_today(sides):
    buyer, provider, sold, buying, _ = sides
    contract = _draft(buying, buyer, sold).json()
    _post(buying, contract, "offer", buyer)
    keys = {"draft": 0, "offered": 1, "lapsed": 0}
    for state, expected in keys.items():
        found = buying.get("contracts/", {"state": state}).json()["results"]
        assert (state, len(found)) == (state, expected)
    with time_machine.travel("2026-03-01T09:00Z", tick=False):
        lapsed = buying.get("contracts/", {"state": "lapsed", "provider": provider.pk}).json()
        assert [each["state"] for each in lapsed["results"]] == ["lapsed"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("states=draft", "states"),
        ("state=bought", "state"),
        ("buyer=me", "buyer"),
        ("buyer=99999999999999999999", "buyer"),
        ("starts_on=31.10.2026", "starts_on"),
        ("page_size=0", "page_size"),
        ("page_size=201", "page_size"),
        ("cursor=nonsense", "cursor"),
        ("cursor=cD1hYmM%3D", "cursor"),
        ("turn=%00", "turn"),
    ],
)
def test_a_filter_that_is_unknown_or_wrong_is_400_and_named(query, field):
    make.org()
    answer = make.api_of(make.user()).get(f"contracts/?{query}")
    assert answer.status_code == 400, answer.content
    assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_pages_follow_each_other_by_cursor_in_a_fixed_number_of_queries(
    sides, django_assert_max_num_queries
):
    buyer, _, sold, buying, _ = sides
    for _ in range(12):
        _draft(buying, buyer, sold)
    with django_assert_max_num_queries(14):
        first = buying.get("contracts/", {"page_size": 5}).json()
    assert first["previous"] is None
    second = buying.get(first["next"]).json()
    third = buying.get(second["next"]).json()
    assert [len(page["results"]) for page in (first, second, third)] == [5, 5, 2]
    assert third["next"] is None
    assert len({c["id"] for page in (first, second, third) for c in page["results"]}) == 12
