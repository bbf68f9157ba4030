"""One month through the API: offer, contract, delivery, settlement, statement, rating."""

from decimal import Decimal

import pytest
import time_machine

from contracts import settlement
from ledger.models import Wallet
from tests import make

pytestmark = pytest.mark.django_db
MEASURE = {
    "name": "Leaks found in a day", "unit": "%", "target": "90", "floor": "70",
    "method": "counted by the call centre",
}  # fmt: skip


def _on(day):
    return time_machine.travel(f"{day}T09:00Z", tick=False)


@pytest.fixture
def market():
    """A provider and a buyer with 100,000.00, each with its lead at the API."""
    buyer, provider = make.me("Leak Desk", kind="frontline"), make.me("Leak Finders")
    make.granted(buyer, "100000.00")
    return buyer, provider, make.api_of(make.lead(buyer)), make.api_of(make.lead(provider))


def _published(selling, provider):
    drafted = selling.post(
        "offerings/",
        {"micro_enterprise": str(provider.pk), "category": str(make.category().pk),
         "name": "Leaks found", "summary": "We listen to pipes.", "plan": "per_unit",
         "unit": "leak", "price": "40.00", "measures": [MEASURE]},
    )  # fmt: skip
    assert drafted.status_code == 201, drafted.content
    return selling.post(f"offerings/{drafted.json()['id']}/publish/", {}).json()


def test_a_month_adds_up_from_the_offer_to_the_statement(market):
    buyer, provider, buying, selling = market
    offering = _published(selling, provider)
    assert (offering["state"], offering["current"]["price"]) == ("published", "40.00")
    contract = buying.post(
        "contracts/",
        {"micro_enterprise": str(buyer.pk), "offering": offering["id"], "starts_on": "2026-03-01",
         "ends_on": "2026-12-31", "expected_quantity": "100", "cap_quantity": "150"},
    ).json()  # fmt: skip
    sides = [str(buyer.pk), str(provider.pk)]
    buying.post(f"contracts/{contract['id']}/offer/", {"micro_enterprise": sides[0]})
    accepted = selling.post(
        f"contracts/{contract['id']}/accept/",
        {"micro_enterprise": sides[1], "hash": contract["hash"]},
    )
    assert accepted.json()["state"] == "agreed", accepted.content

    meter = make.api_with("usage:write")
    with _on("2026-03-20"):
        used = meter.post(
            "usage/",
            {"contract": contract["id"], "quantity": "120", "used_on": "2026-03-19", "key": "m1"},
        )
        assert (used.status_code, used.json()["origin_month"]) == (201, "2026-03"), used.content
        assert meter.post(f"usage/{used.json()['id']}/confirm/", {}).status_code == 403
        confirmed = buying.post(f"usage/{used.json()['id']}/confirm/", {})
        assert confirmed.json()["state"] == "confirmed"
        result = selling.post(
            "success-results/",
            {"measure": contract["measures"][0]["id"], "month": "2026-03", "value": "80"},
        )
        assert result.status_code == 201, result.content
        agreed = buying.post(f"success-results/{result.json()['id']}/confirm/", {})
        assert (agreed.json()["state"], agreed.json()["value"]) == ("confirmed", "80.0000")

    with _on("2026-04-06"):
        finance = make.api_with("settlement:run", "money:read")
        asked = finance.post("settlement-runs/", {"month": "2026-03", "to": "posted"})
        assert (asked.status_code, asked.json()["goal"]) == (202, "posted"), asked.content
        settlement.work(make.MARCH, on=make.MARCH.replace(month=4, day=6))
        run = finance.get("settlement-runs/2026-03/").json()
        assert (run["state"], run["lines"], run["net"]) == ("posted", 1, "4800.00")
        lines = finance.get("settlement-runs/2026-03/lines/", {"kind": "usage"}).json()["results"]
        assert [(each["amount"], each["quantity"]) for each in lines] == [("4800.00", "120.000")]
        assert buying.get("settlement-runs/").status_code == 403
        for api, me, closing in ((buying, buyer, "95200.00"), (selling, provider, "4800.00")):
            query = {"micro_enterprise": str(me.pk), "month": "2026-03", "fund": "operating"}
            statement = api.get("statements/", query).json()["results"][0]
            moved = sum(Decimal(line["amount"]) for line in statement["lines"])
            assert Decimal(statement["opening"]) + moved == Decimal(statement["closing"])
            assert (statement["closing"], statement["month"]) == (closing, "2026-03")
            assert f"/contracts/{contract['id']}/" in statement["lines"][0]["cause_url"]
        assert selling.get("statements/", {"micro_enterprise": sides[0]}).json()["results"] == []
        unnamed = buying.get("statements/").json()
        assert unnamed["errors"][0]["field"] == "micro_enterprise"
        rated = buying.post(
            "ratings/", {"contract": contract["id"], "month": "2026-03", "score": 5}
        )
        assert (rated.status_code, rated.json()["score"]) == (201, 5), rated.content
        assert selling.get("ratings/").json()["results"] == []
        assert finance.get("ratings/").status_code == 403
        assert selling.get(f"ratings/{rated.json()['id']}/").status_code == 404
        withdrawn = buying.post(f"ratings/{rated.json()['id']}/withdraw/", {})
        assert withdrawn.json()["withdrawn_on"] == "2026-04-06"


def test_a_month_that_is_not_over_or_was_before_the_market_is_not_settled():
    make.org()
    hr_admin = make.api_of(make.hr_admin())
    for month, code in (("2026-02", "month_not_over"), ("1999-01", "before_the_market")):
        refused = hr_admin.post("settlement-runs/", {"month": month})
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert hr_admin.get("settlement-runs/2026-02/").status_code == 404
    assert hr_admin.get("settlement-runs/soon/").status_code == 404
    assert (
        make.api_of(make.user()).post("settlement-runs/", {"month": "2026-01"}).status_code == 403
    )


def test_an_order_outside_is_requested_ordered_and_received(market):
    buyer, _, buying, selling = market
    offer = make.outside_offer(price="2100.00")
    body = {"micro_enterprise": str(buyer.pk), "offer": str(offer.pk), "quantity": "2"}
    requested = buying.post("outside-purchases/", body, key="o1")
    assert (requested.status_code, requested.json()["amount"]) == (201, "4200.00")
    again = buying.post("outside-purchases/", body, key="o1")
    assert again.json() == requested.json()
    address = f"outside-purchases/{requested.json()['id']}"
    assert selling.get(f"{address}/").status_code == 404
    assert buying.post(f"{address}/order/", {}).json()["state"] == "ordered"
    more = buying.post(f"{address}/receive/", {"amount": "4200.01"})
    assert (more.status_code, more.json()["code"]) == (409, "more_than_ordered")
    received = buying.post(f"{address}/receive/", {"amount": "4000.00"})
    assert (received.json()["state"], received.json()["received_amount"]) == (
        "received", "4000.00",
    )  # fmt: skip
    wallet = Wallet.objects.get(owner=buyer, fund="operating")
    assert (wallet.balance, wallet.reserved) == (Decimal("96000.00"), Decimal("0.00"))
    late = buying.post(f"{address}/cancel/", {})
    assert (late.status_code, late.json()["code"]) == (409, "wrong_state")
    program = make.api_with("money:write", "contracts:write", "market:write")
    assert program.post("outside-purchases/", body).status_code == 403


def test_an_me_invests_in_skills_and_only_the_learner_and_the_lead_see_who_learns(market):
    buyer, provider, leading, _ = market
    make.granted(buyer, "5000.00", fund="learning")
    learner = make.member(buyer)
    recorded = leading.post("courses/", {"title": "SQL", "topic": "Data", "supplier": "Academy"})
    assert recorded.status_code == 201, recorded.content
    run = leading.post(
        "course-runs/",
        {"course": recorded.json()["id"], "starts_on": "2026-04-20", "ends_on": "2026-04-21",
         "price": "900.00"},
    ).json()  # fmt: skip
    proposed = make.api_of(learner).post(
        "learning-purchases/",
        {"micro_enterprise": str(buyer.pk), "run": run["id"], "expected_return": "Fewer errors."},
    )
    assert (proposed.status_code, proposed.json()["state"]) == (201, "proposed"), proposed.content
    address = f"learning-purchases/{proposed.json()['id']}"
    readers = {
        "the learner": make.api_of(learner),
        "the lead": leading,
        "a fellow": make.api_of(make.member(buyer)),
        "an auditor": make.api_of(make.office(is_auditor=True)),
        "a client": make.api_with("learning:read"),
    }
    named = {
        who: api.get(f"{address}/").json()["seats"][0]["person"] for who, api in readers.items()
    }
    person = str(learner.person.pk)
    assert named == {
        "the learner": person, "the lead": person, "a fellow": None, "an auditor": None,
        "a client": None,
    }  # fmt: skip
    stranger = make.api_of(make.lead(provider))
    assert stranger.get(f"{address}/").status_code == 404
    assert make.api_of(learner).post(f"{address}/commit/", {}).status_code == 403
    assert leading.post(f"{address}/propose/", {}).json()["state"] == "proposed"
    committed = leading.post(f"{address}/commit/", {}).json()
    assert (committed["state"], committed["amount"]) == ("committed", "900.00")
    early = leading.post(f"{address}/complete/", {})
    assert (early.status_code, early.json()["code"]) == (409, "wrong_state")
    cancelled = make.api_of(learner).post(
        f"{address}/cancel/", {"seat": committed["seats"][0]["id"]}
    )
    assert cancelled.json()["state"] == "cancelled", cancelled.content
    assert cancelled.json()["seats"][0]["released"] == "900.00"


def test_scores_hold_no_number_below_five_raters_and_no_filter_by_buyer():
    provider = make.me()
    offering = make.offering(provider)
    shown = {"csat": "0.7500", "lower_bound": "0.5000", "upper_bound": "0.9000", "mean": "4.100"}
    make.score(offering, raters=4, n=4, invited=9)
    make.score(make.offering(provider), raters=8, n=12, invited=30, **shown)
    member = make.api_of(make.user())
    few, many = sorted(member.get("scores/").json()["results"], key=lambda each: each["n"] or 0)
    assert {few[name] for name in ("csat", "lower_bound", "mean", "n", "raters", "invited",
                                   "response_rate")} == {None}  # fmt: skip
    assert (many["csat"], many["n"], many["response_rate"]) == ("0.7500", 12, "0.4000")
    assert (many["from_month"], many["to_month"]) == ("2025-08", "2026-01")
    for forbidden in ("buyer", "person", "contract"):
        refused = member.get("scores/", {forbidden: "1"})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, forbidden)


def test_drafts_of_an_offering_are_its_providers_own(market):
    _, provider, buying, selling = market
    offering = _published(selling, provider)
    address = f"offerings/{offering['id']}"
    selling.post(f"{address}/new-version/", {})
    changed = selling.patch(f"{address}/", {"price": "45.00"}).json()
    assert (changed["current"]["price"], changed["draft"]["price"]) == ("40.00", "45.00")
    assert buying.get(f"{address}/").json()["draft"] is None
    assert make.api_with("market:read").get(f"{address}/").json()["draft"] is None
    assert buying.patch(f"{address}/", {"price": "1.00"}).status_code == 403
    renewed = selling.post(f"{address}/publish/", {}).json()
    assert (renewed["current"]["price"], renewed["draft"]) == ("45.00", None)
    assert selling.post(f"{address}/withdraw/", {}).json()["state"] == "withdrawn"


def test_outside_offers_are_recorded_once_and_priced_anew(market):
    _, _, buying, _ = market
    body = {
        "supplier": "Rohr GmbH", "category": str(make.category().pk), "name": "Leak search",
        "unit": "leak", "price": "55.00", "priced_on": "2026-02-01", "source": "price list",
    }  # fmt: skip
    first = buying.post("outside-offers/", body)
    again = buying.post("outside-offers/", body | {"price": "52.00", "priced_on": "2026-02-10"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.json()["id"], again.json()["price"]) == (first.json()["id"], "52.00")
    found = buying.get("outside-offers/", {"supplier": "rohr gmbh", "valid_on": "2026-02-20"})
    assert len(found.json()["results"]) == 1
    assert make.api_of(make.user()).post("outside-offers/", body).status_code == 403
