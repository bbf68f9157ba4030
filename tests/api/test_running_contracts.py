"""The events of a running contract through the API, by its two parties and by the CHRO."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db
IN_MARCH = "2026-03-16T10:00:00Z"


@pytest.fixture
def sides():
    """A running contract of 2,000.00 a month, and how its two leads post to it."""
    contract = make.active()
    apis = {
        side: make.api_of(make.lead_of(getattr(contract, side))) for side in ("buyer", "provider")
    }

    def post(side, event, **fields):
        body = {"micro_enterprise": str(getattr(contract, f"{side}_id")), **fields}
        return apis[side].post(f"contracts/{contract.pk}/{event}/", body)

    with time_machine.travel(IN_MARCH, tick=False):
        yield contract, post


def test_it_is_suspended_and_resumed_by_both(sides):
    _, post = sides
    asked = post("buyer", "suspend", reason="The site is closed.").json()
    assert asked["state"] == "active"
    assert [(p["kind"], p["reason"]) for p in asked["proposals"]] == [
        ("suspend", "The site is closed.")
    ]
    done = post("provider", "suspend").json()
    assert (done["state"], done["over_after_on"]) == ("suspended", "2026-05-14")
    assert done["over_because"] == "suspension_lapsed"
    assert [p["first_on"] for p in done["suspensions"]] == ["2026-03-16"]
    assert post("provider", "resume").json()["state"] == "suspended"
    back = post("buyer", "resume").json()
    assert (back["state"], back["over_after_on"], back["over_because"]) == ("active", None, None)


def test_the_chro_suspends_for_integrity_and_names_no_micro_enterprise(sides):
    contract, post = sides
    chro = make.api_of(make.office(is_chro=True))
    where = f"contracts/{contract.pk}"
    wrong = chro.post(f"{where}/suspend/", {})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "reason")
    done = chro.post(f"{where}/suspend/", {"reason": "They share a flat."})
    assert (done.status_code, done.json()["state"]) == (200, "suspended")
    refused = post("buyer", "resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "ordered_by_chro")
    assert chro.post(f"{where}/resume/", {}).json()["state"] == "active"
    client = make.api_with("contracts:read", "contracts:write")
    assert client.post(f"{where}/suspend/", {"reason": "They share a flat."}).status_code == 403


def test_notice_and_its_withdrawal(sides):
    _, post = sides
    given = post("buyer", "notice", reason="We move.").json()
    assert (given["state"], given["ended_on"], given["notice_days"]) == ("notice", "2026-04-30", 30)
    post("provider", "withdraw-notice")
    back = post("buyer", "withdraw-notice").json()
    assert (back["state"], back["ended_on"]) == ("active", None)


def test_an_amendment_is_proposed_on_what_was_read_and_signed_on_its_own_hash(sides):
    contract, post = sides
    seen = contract.current.hash
    stale = post("provider", "amend", hash="0" * 64, valid_from_on="2026-04-01", price="2100.00")
    assert (stale.status_code, stale.json()["code"]) == (409, "terms_changed")
    days = post("provider", "amend", hash=seen, valid_from_on="2026-04-01", ends_on="2027-04-01")
    assert (days.status_code, days.json()["errors"][0]["field"]) == (400, "ends_on")
    asked = post("provider", "amend", hash=seen, valid_from_on="2026-04-01", price="2100.00")
    proposal = asked.json()["proposals"][0]
    assert (asked.json()["price"], proposal["kind"]) == ("2000.00", "amend")
    extra = post("buyer", "amend", hash=proposal["hash"], price="1.00")
    assert (extra.status_code, extra.json()["errors"][0]["field"]) == (400, "price")
    done = post("buyer", "amend", hash=proposal["hash"]).json()
    assert (done["price"], done["version"], done["proposals"]) == ("2100.00", 2, [])
    assert len(done["signatures"]) == 4


def test_a_renewal_is_proposed_with_a_last_day_and_signed_on_its_hash(sides):
    contract, post = sides
    nothing = post("buyer", "renew")
    assert (nothing.status_code, nothing.json()["errors"][0]["field"]) == (400, "ends_on")
    refused = post("buyer", "renew", ends_on="2027-06-30")
    assert (refused.status_code, refused.json()["code"]) == (409, "benchmark_needed")
    make.outside_offer(of=contract.offering.category, unit=contract.current.unit)
    asked = post("buyer", "renew", ends_on="2027-06-30", price="1900.00").json()
    done = post("provider", "renew", hash=asked["proposals"][0]["hash"]).json()
    assert (done["ends_on"], done["price"]) == ("2027-06-30", "1900.00")


def test_a_breach_is_told_and_cured(sides):
    _, post = sides
    told = post("buyer", "breach", text="Nobody answers the phone since Monday.").json()
    assert (told["state"], told["over_after_on"]) == ("active", "2026-03-30")
    assert told["breaches"][0]["cure_until_on"] == "2026-03-30"
    assert post("provider", "cure").json()["code"] == "no_open_breach"
    assert post("buyer", "cure", note="Thanks.").json()["over_after_on"] is None


def test_what_is_not_there_cannot_be_used(sides):
    _, post = sides
    assert post("buyer", "chronic-failure").json()["code"] == "not_chronic"
    assert post("provider", "complete").json()["code"] == "no_outcome_plan"
    assert post("buyer", "complete").json()["code"] == "no_such_proposal"
    assert post("buyer", "drop-proposal", kind="suspend").json()["state"] == "active"


def test_others_read_neither_proposals_nor_breaches(sides):
    contract, post = sides
    post("buyer", "breach", text="Nobody answers the phone since Monday.")
    stranger = make.api_of(make.lead(make.me()))
    seen = stranger.get(f"contracts/{contract.pk}/").json()
    assert [seen[name] for name in ("suspensions", "proposals", "breaches")] == [None] * 3


def test_terms_name_notice_and_renewal():
    buyer = make.me(kind="frontline")
    make.granted(buyer, "50000.00")
    sold = make.offering(make.me(), price="2000.00")
    api = make.api_of(make.lead(buyer))
    drafted = api.post(
        "contracts/",
        {
            "micro_enterprise": str(buyer.pk), "offering": str(sold.pk), "starts_on": "2026-03-01",
            "ends_on": "2026-12-31", "notice_days": 60, "renews_months": 12,
        },
    )  # fmt: skip
    assert drafted.status_code == 201, drafted.content
    assert (drafted.json()["notice_days"], drafted.json()["renews_months"]) == (60, 12)
    found = Contract.objects.get()
    assert (found.renews_months, found.current.price) == (12, Decimal("2000.00"))
    assert found.ends_on == date(2026, 12, 31)
