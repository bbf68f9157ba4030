"""Moves, freezes, requests, switches, profits, verdicts and shadow statements through the API."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from ledger import budgets, drafting, switching
from ledger.models import ChargedSwitch, Freeze, MoneyMove, RequestVote, ValueVerdict
from tests import make
from tests.make import year_end as make_year

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)


@pytest.fixture
def erp():
    return make.api_with("money:read", "money:write")


@pytest.fixture
def pair():
    shop, stall = make.me("Shop"), make.me("Stall")
    make.granted(shop, "1000.00")
    return shop, stall


def _move(payer, payee, amount="300.00", **more):
    return {"payer": str(payer.pk), "payee": str(payee.pk), "amount": amount,
            "reason": "team_moved", **more}  # fmt: skip


def test_money_is_moved_once_per_key_and_both_sides_read_it(erp, pair):
    shop, stall = pair
    body = _move(shop, stall, note="Three fitters")
    first, again = (erp.post("moves/", body, key="m1") for _ in range(2))
    assert (first.status_code, first.json()["state"]) == (201, "done")
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    assert (make.wallet(shop).balance, make.wallet(stall).balance) == (700, 300)
    for me in pair:
        seen = make.api_of(make.member(me)).get("moves/").json()["results"]
        assert [each["note"] for each in seen] == ["Three fitters"]
    assert make.api_of(make.member(make.me())).get("moves/").json()["results"] == []
    assert erp.post("moves/", _move(shop, stall, "9.00"), key="m1").status_code == 422
    assert erp.post("moves/", body, key="").json()["code"] == "idempotency_key_missing"


def test_two_long_keys_that_begin_alike_move_twice(erp, pair):
    shop, stall = pair
    for end in "ab":
        assert erp.post("moves/", _move(shop, stall, "1.00"), key="k" * 90 + end).status_code == 201
        grant = {"micro_enterprise": str(stall.pk), "amount": "5.00"}
        assert erp.post("grants/", grant, key="g" * 90 + end).status_code == 201
    assert MoneyMove.objects.count() == 2
    assert make.wallet(stall).balance == Decimal("12.00")


def test_a_move_that_cannot_be_names_what_is_missing(erp, pair):
    shop, stall = pair
    poor = erp.post("moves/", _move(stall, shop))
    assert (poor.status_code, poor.json()["code"]) == (409, "not_enough_money")
    assert (poor.json()["available"], poor.json()["needed"]) == ("0.00", "300.00")
    unknown = erp.post("moves/", _move(shop, stall, reason="because"))
    assert unknown.json()["errors"][0]["field"] == "reason"
    assert "team_moved" in unknown.json()["detail"]
    same = erp.post("moves/", _move(shop, shop))
    assert same.json()["errors"][0]["field"] == "payee"
    assert not MoneyMove.objects.exists()


def test_what_the_own_me_would_receive_waits_for_a_second_hr_admin(pair):
    shop, stall = pair
    first = make.api_of(make.member(stall, who=make.hr_admin()))
    asked = first.post("moves/", _move(shop, stall)).json()
    assert (asked["state"], asked["needs_second"]) == ("waiting", True)
    address = f"moves/{asked['id']}/"
    own = first.post(f"{address}confirm/", {})
    assert (own.status_code, own.json()["code"]) == (409, "second_hr_admin_needed")
    assert make.api_of(make.lead(shop)).get(address).status_code == 404
    assert make.api_with("money:write").post(f"{address}confirm/", {}).status_code == 403
    done = make.api_of(make.hr_admin()).post(f"{address}confirm/", {})
    assert done.json()["state"] == "done"
    late = make.api_of(make.hr_admin()).post(f"{address}decline/", {})
    assert (late.status_code, late.json()["code"]) == (409, "already_decided")


def test_a_freeze_holds_until_it_is_lifted_and_its_members_read_why(pair):
    shop, _ = pair
    writer = make.api_with("money:write")
    body = {"micro_enterprise": str(shop.pk), "reason": "Audit of October"}
    frozen = writer.post("freezes/", body).json()
    assert (frozen["fund"], frozen["lifted_on"]) == (None, None)
    twice = writer.post("freezes/", body)
    assert (twice.status_code, twice.json()["code"]) == (409, "already_frozen")
    member = make.api_of(make.member(shop))
    seen = member.get("freezes/", {"state": "in_force"}).json()["results"]
    assert [each["reason"] for each in seen] == ["Audit of October"]
    lifted = writer.post(f"freezes/{frozen['id']}/lift/", {"reason": "All is well"}).json()
    assert (lifted["lifted_on"], lifted["lifted_because"]) == ("2026-02-20", "All is well")
    assert member.get("freezes/", {"state": "in_force"}).json()["results"] == []
    assert Freeze.objects.in_force().count() == 0


@pytest.fixture
def round_():
    """Shop and Stall may ask until 25 February; the leads of Lab and Bank vote until 1 March."""
    mes = {name: make.me(name) for name in ("Shop", "Stall", "Lab", "Bank")}
    peers = [make.lead(mes[name]) for name in ("Lab", "Bank")]
    budget = make.year_budget()
    terms = {"ask_until": date(2026, 2, 25), "decide_by": make.MARCH}
    return mes, peers, make.add_rule(budget, "requests", terms, board=peers)


def test_an_me_asks_and_its_peers_decide_by_the_api(round_):
    mes, peers, rule = round_
    lead = make.api_of(make.lead(mes["Shop"]))
    found = lead.get("budget-rounds/").json()["results"]
    assert [(each["id"], each["ask_until"], each["decide_by"]) for each in found] == [
        (str(rule.pk), "2026-02-25", "2026-03-01")
    ]
    body = {"round": str(rule.pk), "micro_enterprise": str(mes["Shop"].pk), "amount": "900.00",
            "reason": "Two vans"}  # fmt: skip
    lead.post("budget-requests/", body)
    asked = lead.post("budget-requests/", body | {"amount": "800.00"}).json()
    assert (asked["amount"], asked["votes"], asked["granted"]) == ("800.00", None, None)
    address = f"budget-requests/{asked['id']}/"
    early = make.api_of(peers[0]).post(f"{address}vote/", {"amount": "400.00"})
    assert (early.status_code, early.json()["code"]) == (409, "round_over")
    with time_machine.travel("2026-02-26T09:00Z", tick=False):
        for peer, amount in zip(peers, ("400.00", "500.00"), strict=True):
            voted = make.api_of(peer).post(f"{address}vote/", {"amount": amount}).json()
            assert voted["own_vote"] == amount
        assert (voted["votes"], voted["peers"], voted["granted"]) == (2, 2, "450.00")
        assert (voted["is_open"], lead.get(address).json()["granted"]) == (False, None)
        assert lead.post(f"{address}vote/", {"amount": "800.00"}).status_code == 403
        more = make.api_of(peers[0]).post(f"{address}vote/", {"amount": "800.01"})
        assert more.json()["errors"][0]["field"] == "amount"
    assert RequestVote.objects.count() == 2


def test_a_request_is_withdrawn_by_its_me_alone_and_entered_by_a_client(round_):
    mes, _, rule = round_
    body = {"round": str(rule.pk), "micro_enterprise": str(mes["Stall"].pk), "amount": "30.00",
            "reason": "Tools"}  # fmt: skip
    asked = make.api_with("money:write").post("budget-requests/", body)
    assert asked.status_code == 201
    address = f"budget-requests/{asked.json()['id']}/"
    assert make.api_of(make.hr_admin()).post(f"{address}withdraw/", {}).status_code == 403
    lead = make.api_of(make.lead(mes["Stall"]))
    gone = lead.post(f"{address}withdraw/", {}, key="w").json()
    assert gone["amount"] == "30.00"
    assert lead.post(f"{address}withdraw/", {}, key="w").json() == gone
    assert lead.get(address).status_code == 404
    nowhere = lead.post("budget-requests/", body | {"round": "99999"})
    assert nowhere.json()["errors"][0]["field"] == "round"


def test_a_switch_is_previewed_planned_and_taken_back(erp, pair):
    shop, _ = pair
    asked = {"micro_enterprise": str(shop.pk)}
    seen = erp.get("switches/preview/", asked).json()
    assert (seen["starts_on"], [each["returned"] for each in seen["wallets"]]) == (
        "2026-03-01", ["1000.00"],
    )  # fmt: skip
    foreign = make.api_of(make.member(make.me()))
    assert foreign.get("switches/preview/", asked).status_code == 403
    missing = erp.get("switches/preview/")
    assert missing.json()["errors"][0]["field"] == "micro_enterprise"
    body = asked | {"starts_on": "2026-03-01", "operating": "1000.00", "reason": "It went well"}
    wrong = erp.post("switches/", body | {"starts_on": "2026-03-02"})
    assert wrong.json()["errors"][0]["field"] == "starts_on"
    planned = erp.post("switches/", body).json()
    assert (planned["state"], planned["learning"]) == ("planned", "0.00")
    twice = erp.post("switches/", body)
    assert (twice.status_code, twice.json()["code"]) == (409, "already_planned")
    address = f"switches/{planned['id']}/cancel/"
    assert make.api_of(make.lead(shop)).post(address, {}).status_code == 403
    writer = make.api_with("money:write")
    assert writer.post(address, {}).json()["state"] == "cancelled"
    assert not ChargedSwitch.objects.exclude(state="cancelled").exists()


def test_partners_end_their_me_and_read_what_keeps_it():
    contract = make.agreed()
    me = contract.buyer
    people = [make.lead_of(me), make.member(me), make.member(me)]
    address = f"micro-enterprises/{me.pk}/"
    first = make.api_of(people[0]).post(f"{address}vote-to-dissolve/", {}).json()
    assert (first["votes"], first["partners"], first["needed"]) == (1, 3, 2)
    back = make.api_of(people[0]).post(f"{address}withdraw-vote/", {}).json()
    assert (back["votes"], back["state"]) == (0, "active")
    for person in people[:2]:
        begun = make.api_of(person).post(f"{address}vote-to-dissolve/", {}).json()
    assert (begun["state"], begun["dissolving_from_on"]) == ("dissolving", "2026-02-20")
    late = make.api_of(people[0]).post(f"{address}withdraw-vote/", {})
    assert (late.status_code, late.json()["code"]) == (409, "already_dissolving")
    seen = make.api_with("money:read").get(f"{address}dissolution/").json()
    assert seen["blockers"] == ["1 contract is not closed."]
    assert make.api_of(make.member(make.me())).get(f"{address}dissolution/").status_code == 403
    shown = make.api_with("people:read").get(address).json()
    assert (shown["state"], shown["dissolving_from_on"]) == ("dissolving", "2026-02-20")


def test_an_hr_admin_ends_no_me_before_three_months_of_probation():
    me = make.me()
    answer = make.api_of(make.hr_admin()).post(f"micro-enterprises/{me.pk}/dissolve/", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_long_enough")
    assert not AuditEvent.objects.filter(action="me.dissolve").exists()


def test_profit_by_the_hour_is_60_00_as_on_the_page(erp):
    """90,000 + 12,000 - 30,000 - 21,600 by 840 hours; inside figures are left out (4.15)."""
    shop, other = make.me("Shop"), make.me()
    make.outside_sale(shop, "72000.00")
    make.labour(shop, "31920.00", "840")
    make.other_cost(shop, "21600.00")
    found = erp.get("profits/", {"micro_enterprise": str(shop.pk)}).json()["results"][0]
    january = found["months"][0]
    assert (january["month"], january["basis"], len(found["months"])) == ("2026-01", "notional", 2)
    assert january["profit"] == found["total"] | {"is_on_record": True}
    told = january["profit"]
    assert (told["value_added"], told["hours"], told["per_hour"], told["margin_per_hour"]) == (
        "50400.00", "840.00", "60.00", "22.00",
    )  # fmt: skip
    empty = erp.get("profits/", {"micro_enterprise": str(other.pk)}).json()["results"][0]
    assert (empty["total"]["per_hour"], empty["total"]["is_on_record"]) == (None, False)
    member = make.api_of(make.member(other))
    assert [each["micro_enterprise"] for each in member.get("profits/").json()["results"]] == [
        str(other.pk)
    ]
    assert erp.get("profits/", {"fiscal_year": "2025"}).json()["results"][0]["fiscal_year"] == 2025


def test_verdicts_say_why(erp):
    shop = make.me("Shop")
    for month, added in (("2026-01-01", 5), ("2025-12-01", 3)):
        ValueVerdict.objects.create(
            micro_enterprise=shop, month=month, is_judged=True, value_added=added, labour=4,
            has_paying_customer=True, has_met_outcome=False, judged_on=make.TODAY,
        )  # fmt: skip
    found = erp.get("value-verdicts/", {"micro_enterprise": str(shop.pk)}).json()["results"]
    assert [(each["month"], each["verdict"], each["margin"]) for each in found] == [
        ("2025-12", "below", "-1.00"), ("2026-01", "above", "1.00"),
    ]  # fmt: skip
    assert [each["led_to"] for each in found] == [None, None]
    assert found[1]["why"] == "A margin of 1.00, a paying customer, no success measure met."
    assert make.api_of(make.member(make.me())).get("value-verdicts/").json()["results"] == []


def test_a_shadow_statement_sets_a_month_beside_the_former_cost(erp):
    """240,000 by .55/.325/.125; a twelfth of 132,000 is 11,000.00 a month (PRODUCT 4.8)."""
    department = make.me("Recruiting")
    shops = [make.me(name) for name in ("North", "South", "West")]
    customers = [
        drafting.Customer(me, Decimal(use), Decimal(heads))
        for me, use, heads in zip(shops, (60, 30, 10), (20, 20, 10), strict=True)
    ]
    with time_machine.travel("2026-10-20T09:00Z", tick=False):
        budgets.publish(
            drafting.draft_department(
                department, customers, drafting.Envelope("operating", 2026, "yearly", "Recruiting"),
                former_cost=Decimal(240000), period="2025", phase_in=Decimal("0.25"),
                by=make.hr_admin(), on=date(2026, 10, 20),
            ),
            by=make.hr_admin(), on=date(2026, 10, 20),
        )  # fmt: skip
        make_year.sold(department, shops[0], "9500.00", month=OCTOBER, on=date(2026, 10, 20))
        asked = {"micro_enterprise": str(shops[0].pk), "month": "2026-10"}
        shown = erp.get("shadow-statements/", asked).json()["results"][0]
        assert erp.get("shadow-statements/", {}).status_code == 400
        foreign = make.api_of(make.member(make.me()))
        assert foreign.get("shadow-statements/", asked).json()["results"] == []
    assert (shown["basis"], shown["totals"]["difference"]) == ("notional", "1500.00")
    line = shown["lines"][0]
    assert (line["role"], line["former_cost"], line["share"], line["percent"], line["paid"]) == (
        "customer", "20000.00", "11000.00", "55.0", "9500.00",
    )  # fmt: skip


def test_a_page_of_profits_and_requests_costs_the_same_however_long(erp, round_):
    mes, _, rule = round_
    _one_of_each(erp, mes["Shop"], rule, 0)
    few = _queries(erp)
    for number in range(1, 9):
        _one_of_each(erp, mes["Shop"], rule, number)
    assert _queries(erp) == few


def _one_of_each(erp, shop, rule, number):
    me = make.me()
    make.outside_sale(me, "5.00", reference=f"r{number}")
    body = {"round": str(rule.pk), "micro_enterprise": str(me.pk), "amount": "1.00",
            "reason": "x"}  # fmt: skip
    erp.post("budget-requests/", body)
    make.granted(me, "9.00")
    erp.post("moves/", _move(me, shop, "1.00"))
    erp.post("freezes/", {"micro_enterprise": str(me.pk), "reason": "x"})
    switching.plan(
        me, starts_on=make.MARCH, operating=Decimal(9), learning=Decimal(0), reason="x",
        by=make.hr_admin(), on=make.TODAY,
    )  # fmt: skip


def _queries(api):
    with CaptureQueriesContext(connection) as captured:
        for address in ("profits", "budget-requests", "budget-rounds", "moves", "freezes",
                        "switches", "year-ends"):  # fmt: skip
            assert api.get(f"{address}/").status_code == 200
    return len(captured)
