"""What a buyer does most works as plain links and forms, with no script at all."""

from datetime import timedelta
from decimal import Decimal

import pytest

from contracts.models import Contract
from tests import make
from tests.journeys.steps import contracts, market, people
from tests.journeys.steps.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plain(browser, live_server):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield Visitor(page, live_server.url)
    context.close()


def test_a_lead_signs_in_searches_drafts_and_offers_without_script(plain, sets_the_day, calm_zone):
    make.org(time_zone=calm_zone)
    sets_the_day(make.TODAY)
    shop, lab = make.me("Shop North", kind="frontline"), make.me("Lab")
    make.granted(shop, "9000.00")
    lead = make.lead(shop, who=make.user(password="a long walk by the sea"))
    make.lead(lab)
    make.offering(lab, name="Water samples", price="1500.00")

    people.signs_in(plain, lead.email, "a long walk by the sea")
    market.searches(plain, "water")
    market.opens_the_offer(plain, "Water samples")
    plain.fills({"From": "2026-03-11", "To and including": "2026-04-30"})
    plain.presses("Calculate")
    plain.reads("2,516.13", "6,483.87")  # 1,500 × 21 of 31 days, and 1,500
    plain.presses("Draft contract")
    plain.fills({"Price a month": "1400"})
    plain.presses("Show the effect")
    plain.reads("2,348.39")  # 1,400 × 21 of 31 days, and 1,400
    plain.presses("Write the draft")
    plain.is_told("Draft written.")
    contracts.signs_and_offers(plain)

    contract = Contract.objects.get()
    assert (contract.state, contract.turn) == ("offered", lab)
    assert contract.starts_on - make.TODAY == timedelta(days=19)
    assert make.money(shop).pre_committed == Decimal("2348.39")
