"""A price that is announced holds from its day on, and never reprices what was (PRODUCT 4.6)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from accounts.errors import Invalid
from config import timetable
from contracts.models import SettlementLine
from marketplace import actions, queries
from marketplace.actions.prices import bring_into_force
from tests import make
from tests.make import MARCH, TODAY

pytestmark = pytest.mark.django_db
D = Decimal
MAY = date(2026, 5, 1)


@pytest.fixture(autouse=True)
def _day(time_machine):
    time_machine.move_to("2026-02-20T09:00Z", tick=False)


@pytest.fixture
def offering():
    return make.offering(make.me("Lab"), price="2000.00")


def priced_anew(offering, price, *, on=TODAY, holds_from_on=None):
    by = make.lead_of(offering.provider)
    draft = actions.start_new_version(offering, by=by, on=on)
    terms = replace(actions.terms_of(draft), price=D(price))
    actions.change_draft(offering, terms=terms, category=offering.category, by=by, on=on)
    return actions.publish(offering, by=by, on=on, holds_from_on=holds_from_on)


def test_an_announced_price_is_read_before_and_holds_from_its_day(offering, client):
    found = priced_anew(offering, "2400.00", holds_from_on=MAY)
    assert found.current.price == 2000
    assert queries.announced(offering, on=TODAY).price == 2400
    client.force_login(make.lead(make.me("Shop")))
    page = client.get(f"/market/offerings/{offering.pk}/").content.decode()
    assert "From 1 May 2026: 2,400.00 per month." in page
    assert queries.version_on(offering, on=date(2026, 4, 30)).price == 2000
    assert queries.version_on(offering, on=MAY).price == 2400


def test_the_day_decides_and_not_the_job(offering):
    priced_anew(offering, "2400.00", holds_from_on=MAY)
    assert make.draft(of=offering, price="2400.00", starts_on=date(2026, 6, 1), on=MAY)
    assert bring_into_force(on=date(2026, 4, 30)) == 0
    assert [bring_into_force(on=MAY), bring_into_force(on=MAY)] == [1, 0]
    offering.refresh_from_db()
    assert offering.current.price == 2400
    assert "bring announced prices into force" in [job.name for job in timetable.JOBS]


def test_a_signed_price_keeps_and_a_change_reprices_no_month(offering):
    contract = make.agreed(of=offering)
    priced_anew(offering, "2400.00", holds_from_on=MARCH)
    bring_into_force(on=MARCH)
    make.settled()
    assert SettlementLine.objects.get(contract=contract).amount == D("2000.00")


def test_a_later_price_of_today_supersedes_what_was_announced(offering):
    priced_anew(offering, "2400.00", holds_from_on=MAY)
    priced_anew(offering, "2200.00", on=date(2026, 3, 2))
    assert queries.version_on(offering, on=MAY).price == 2200
    assert queries.announced(offering, on=date(2026, 3, 2)) is None
    assert bring_into_force(on=MAY) == 0


@pytest.mark.parametrize(
    ("day", "words"), [(date(2026, 2, 19), "is over"), (date(2027, 3, 1), "too far away")]
)
def test_a_price_holds_neither_from_yesterday_nor_from_far_away(offering, day, words):
    with pytest.raises(Invalid, match=words) as refusal:
        priced_anew(offering, "2400.00", holds_from_on=day)
    assert refusal.value.field == "holds_from_on"


def test_a_first_price_holds_from_its_publication(offering):
    by = make.lead_of(offering.provider)
    actions.withdraw(offering, by=by, on=TODAY)
    with pytest.raises(Invalid, match="Nothing is on sale before that day"):
        priced_anew(offering, "2400.00", holds_from_on=MAY)


def test_a_second_change_within_a_month_is_warned_of_and_stops_nothing(offering, client):
    client.force_login(make.lead_of(offering.provider))
    address = f"/market/offerings/{offering.pk}/publish/"

    def drafted(price):
        by = make.lead_of(offering.provider)
        draft = actions.start_new_version(offering, by=by, on=TODAY)
        terms = replace(actions.terms_of(draft), price=D(price))
        actions.change_draft(offering, terms=terms, category=offering.category, by=by, on=TODAY)

    drafted("2400.00")
    assert "has changed within the last month" not in client.get(address).content.decode()
    client.post(address, {"holds_from_on": ""})
    drafted("2600.00")
    assert "has changed within the last month already" in client.get(address).content.decode()
    answer = client.post(address, {"holds_from_on": "2026-05-01"}, follow=True)
    assert "The new version is announced." in str(next(iter(answer.context["messages"])))
    assert client.post(address, {"holds_from_on": "soon"}).status_code in {302, 400}
