"""Home says what waits for whom; insights say how the market is doing."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Membership, Role, User
from contracts.actions import results
from contracts.actions.settlement import contest_overage
from contracts.models import Overage, RatingInvitation
from insights import needs, queries
from learning_market import actions as learning
from ledger.models import SettlementRun
from tests import make
from tests.make import TODAY
from tests.make.contracts import active, lead_of, offered
from tests.make.learning import run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(f"{TODAY}T09:00:00Z")


def _titles(user, me, on=TODAY):
    return [need.title for need in needs.of(user, me, on=on)]


def test_an_offer_waits_for_the_side_whose_turn_it_is(client):
    buyer, provider = make.me("Shop North", "frontline"), make.me("Recruiters")
    contract = offered(buyer, provider)
    waiting = needs.of(lead_of(provider), provider, on=TODAY)
    assert [need.url for need in waiting] == [f"/contracts/{contract.pk}/"]
    assert waiting[0].due == contract.answer_until_on
    assert _titles(lead_of(buyer), buyer) == []
    client.force_login(lead_of(provider))
    page = client.get("/").content.decode()
    assert "Shop North has signed and waits for your answer." in page
    assert "One thing waits for you." in page


def test_an_offer_that_lapsed_by_date_waits_for_nobody():
    contract = offered(make.me(), make.me())
    day = date(2026, 3, 1)
    assert day > contract.answer_until_on
    assert _titles(lead_of(contract.provider), contract.provider, on=day) == []


def test_the_lead_decides_on_learning_and_sees_who_is_no_partner_yet():
    shop = make.me("Shop North", "frontline")
    make.granted(shop, "5000.00", fund="learning")
    lead, ann = make.lead(shop), make.member(shop)
    learning.propose(run(), me=shop, people=[ann.person], expected_return="x", by=ann, on=TODAY)
    newcomer, role = make.user(), Role.objects.create(micro_enterprise=shop, name="Fitter")
    Membership.objects.create(
        person=newcomer.person, micro_enterprise=shop, role=role, starts_on=TODAY, is_imported=True
    )
    titles = _titles(lead, shop)
    assert titles[0].startswith("Decide: Course")
    assert "One member is not yet a partner" in titles
    assert _titles(ann, shop) == []
    assert _titles(newcomer, shop) == ["Become a partner of Shop North"]


def test_a_rating_is_asked_for_until_the_fourteenth_and_no_longer():
    contract = offered(make.me(), make.me())
    rater = make.member(contract.buyer)
    RatingInvitation.objects.create(
        contract=contract, person=rater.person, month=make.MARCH, invited_on=make.APRIL
    )
    assert _titles(rater, contract.buyer, on=date(2026, 4, 14)) == ["Rate one service of March"]
    assert _titles(rater, contract.buyer, on=date(2026, 4, 15)) == []


def test_outcome_coverage_counts_held_roles_with_a_live_outcome():
    shop = make.me()
    make.lead(shop)
    role = Role.objects.create(micro_enterprise=shop, name="Fitter")
    Membership.objects.create(
        person=make.person(), micro_enterprise=shop, role=role, starts_on=TODAY, is_imported=True
    )
    found = queries.outcome_coverage(on=TODAY)
    assert (found.tied, found.roles, found.share) == (1, 2, Decimal("0.5"))
    assert queries.untied_members(on=TODAY) == 1
    assert queries.Coverage(171, 190).share == Decimal("0.9")


def test_where_nobody_is_known_the_founder_is_led_to_the_import(client):
    make.org()
    client.force_login(User.objects.create_user("founder@example.com", is_hr_admin=True))
    page = client.get("/").content.decode()
    assert "Nobody is known here yet" in page
    assert 'href="/hr/people/import/"' in page
    make.person()
    assert "Nobody is known here yet" not in client.get("/").content.decode()


@pytest.mark.parametrize("flag", ["is_chro", "is_auditor", "is_hr_admin"])
def test_insights_are_for_those_who_answer_for_the_market(client, flag):
    make.org()
    client.force_login(make.office(**{flag: True}))
    assert client.get("/insights/").status_code == 200
    client.force_login(make.lead(make.me()))
    assert client.get("/insights/").status_code == 403


def test_home_and_insights_cost_the_same_queries_whatever_waits(client):
    shop = make.me("Shop North", "frontline")
    make.granted(shop, "10000000.00")
    provider = make.me("Recruiters")
    offerings = [make.offering(provider) for _ in range(12)]
    client.force_login(make.office(is_hr_admin=True))
    counts = []
    for some in (offerings[:2], offerings[2:]):
        for each in some:
            offered(shop, provider, of=each)
        counts.append([_queries(client, "/insights/"), _queries(client, "/", lead_of(provider))])
    assert counts[0] == counts[1]


def _queries(client, address, user=None):
    if user:
        client.force_login(user)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    if user:
        client.force_login(make.office(is_hr_admin=True))
    return len(captured)


def test_last_months_results_wait_to_be_entered_and_then_to_be_confirmed():
    contract = active(make.me("Shop North", "frontline"), make.me("Recruiters"))
    buyer, provider, day = contract.buyer, contract.provider, date(2026, 4, 2)
    assert "One result of March to enter" in _titles(lead_of(provider), provider, on=day)
    assert "One result of March to enter" not in _titles(lead_of(buyer), buyer, on=day)
    measure = contract.current.measures.get()
    results.enter_result(measure, month=make.MARCH, value=Decimal(92), by=lead_of(provider), on=day)
    assert "One result of March to enter" not in _titles(lead_of(provider), provider, on=day)
    assert "Hires that stay: 92 %" in _titles(lead_of(buyer), buyer, on=day)
    assert "Hires that stay: 92 %" not in _titles(lead_of(buyer), buyer, on=date(2026, 4, 20))


def test_who_paid_for_a_course_is_asked_to_note_that_it_was_completed(client):
    shop = make.me("Shop North", "frontline")
    make.granted(shop, "5000.00", fund="learning")
    lead = make.lead(shop)
    of = run(starts_on=date(2026, 4, 1))
    made = learning.invest(
        of, me=shop, people=[lead.person], expected_return="x", by=lead, on=TODAY
    )
    learning.start_due(on=of.starts_on)
    title = f"Learned: {of.course}"
    assert title not in _titles(lead, shop, on=of.starts_on)
    assert title in _titles(lead, shop, on=of.ends_on)
    learning.complete(made, by=lead, on=of.ends_on)
    assert title not in _titles(lead, shop, on=of.ends_on)


def test_an_overage_waits_until_it_is_decided():
    contract = active(make.me("Shop North", "frontline"), make.me("Recruiters"))
    lead = lead_of(contract.buyer)
    settled = SettlementRun.objects.create(
        month=make.MARCH, policy_version=1, opened_at=clock.now()
    )
    overage = Overage.objects.create(
        contract=contract, run=settled, month=make.MARCH, amount="90.00", reason="Above the plan.",
        waits_from_on=date(2026, 4, 6), answer_until_on=date(2026, 4, 16),
    )  # fmt: skip

    def said(on):
        return [
            need.text for need in needs.of(lead, contract.buyer, on=on) if "more than" in need.title
        ]

    assert said(date(2026, 4, 16)) == ["March: Above the plan. The service goes on meanwhile."]
    assert said(date(2026, 4, 17)) == ["March: Nobody answered in time, so it counts as contested."]
    contest_overage(overage, reason="Twice the same visit", by=lead, on=date(2026, 4, 16))
    assert said(date(2026, 5, 20)) == [
        "March: You contested it. Find a way with Recruiters, or accept it."
    ]
    Overage.objects.update(state="waived")
    assert said(date(2026, 5, 20)) == []
