"""A contract's page says what may be done, what it frees or needs, and what waits for whom."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from contracts.actions import amendments, breaches
from contracts.models import Contract
from contracts.terms import terms_of
from tests import make

pytestmark = pytest.mark.django_db
D = Decimal
MARCH_16 = date(2026, 3, 16)


@pytest.fixture
def june(time_machine):
    """A contract of 6,000.00 in June, on 11 June, and the browsers of its two leads."""
    buyer = make.me("Leak Desk", kind="frontline")
    make.granted(buyer, "10000.00")
    contract = make.active(
        buyer, make.me("Recruiters"), price="6000.00", starts_on=date(2026, 6, 1),
        ends_on=date(2026, 6, 30),
    )  # fmt: skip
    time_machine.move_to("2026-06-11 10:00Z")
    return contract, browser(contract.buyer), browser(contract.provider)


def browser(me):
    client = Client()
    client.force_login(make.lead_of(me))
    return client


def page(client, contract):
    answer = client.get(f"/contracts/{contract.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def press(client, contract, name, **fields):
    return client.post(f"/contracts/{contract.pk}/{name}/", fields, follow=True).content.decode()


def test_a_suspension_says_what_it_frees_and_waits_for_the_other_side(june):
    contract, buying, selling = june
    words = page(buying, contract)
    assert "Suspend it" in words
    assert "+4,000.00" in words
    assert "You propose to suspend it." in press(buying, contract, "suspend", reason="We moved.")
    asked = page(selling, contract)
    assert "Leak Desk proposes to suspend it" in asked
    assert "“We moved.”" in asked
    assert "+4,000.00" not in asked
    assert "Suspend from today" in asked
    assert "The contract is suspended." in press(selling, contract, "suspend")
    paused = page(buying, contract)
    assert "Both sides suspended it from 11 June 2026" in paused
    assert "−4,000.00" in paused
    assert "Suspended from 11 June 2026: Recruiters confirms" in paused


def test_a_proposal_is_turned_down(june):
    contract, buying, selling = june
    press(buying, contract, "suspend")
    words = press(selling, contract, "drop-proposal", kind="suspend", reason="Not now.")
    assert "The proposal is off the table." in words
    assert Contract.objects.get().state == "active"


def test_the_chro_suspends_and_resumes_from_the_page(june):
    contract, buying, _ = june
    client = Client()
    client.force_login(make.office(is_chro=True))
    assert "Suspend it for integrity" in page(client, contract)
    press(client, contract, "order-suspension", reason="Both leads share a flat.")
    told = page(buying, contract)
    assert "The CHRO suspended it from 11 June 2026" in told
    assert "Resume it" not in told
    assert "The contract goes on." in press(client, contract, "order-resumption")


def test_notice_names_its_last_day_before_it_is_given(time_machine):
    contract = make.active()
    time_machine.move_to("2026-03-15 10:00Z")
    client = browser(contract.buyer)
    words = page(client, contract)
    assert "its last day is 30 April 2026" in words
    assert "+16,000.00" in words
    assert "Notice is given: its last day is 30 April 2026." in press(client, contract, "notice")
    after = page(client, contract)
    assert "Notice, ends 30 April 2026" in after
    assert "Let it go on" in after
    assert "−16,000.00" in after


def test_an_open_amendment_stands_beside_what_holds_and_is_signed_after_a_tick(time_machine):
    contract = make.active()
    time_machine.move_to("2026-03-16 10:00Z")
    party = contract.provider
    amendments.propose_amendment(
        contract, seen_hash=contract.current.hash, valid_from_on=date(2026, 4, 1), party=party,
        terms=terms_of(contract.current.terms).with_changes(price=D("2100.00")),
        by=make.lead_of(party), on=MARCH_16,
    )  # fmt: skip
    client = browser(contract.buyer)
    words = page(client, contract)
    assert f"{party} proposes other terms from 1 April 2026" in words
    assert "<del>2,000.00 EUR a month, by calendar days</del>" in words
    assert "<ins>2,100.00 EUR a month, by calendar days</ins>" in words
    assert "−900.00" in words
    version = contract.versions.get(number=2)
    unread = press(client, contract, "sign-amendment", hash=version.hash)
    assert "Tick that you have read what changes" in unread
    done = press(client, contract, "sign-amendment", hash=version.hash, read="on")
    assert "It holds from 1 April 2026." in done
    assert "Signed by both sides, from 1 April 2026" in done
    assert "2,000.00 EUR a month" in done


def test_a_breach_is_told_on_both_pages_with_its_day(time_machine):
    contract = make.active()
    time_machine.move_to("2026-03-16 10:00Z")
    client = browser(contract.buyer)
    assert "may cure it until 30 March 2026" in page(client, contract)
    short = press(client, contract, "breach", text="Bad.")
    assert "Say in 20 to 1,000 characters" in short
    text = "Nobody answers the phone since Monday."
    assert "It may be cured until 30 March 2026." in press(client, contract, "breach", text=text)
    assert text in page(browser(contract.provider), contract)
    assert "The breach is cured." in press(client, contract, "cure")


def test_a_member_who_may_not_sign_reads_what_stands_open_and_can_do_nothing(june):
    contract, buying, _ = june
    press(buying, contract, "suspend")
    client = Client()
    client.force_login(make.member(contract.buyer))
    words = page(client, contract)
    assert "proposes to suspend it" in words
    assert "Withdraw proposal" not in words
    assert "Give notice" not in words


def test_a_claim_of_an_outcome_and_chronic_failure_are_offered_only_where_they_can_be(june):
    contract, buying, selling = june
    for client in (buying, selling):
        words = page(client, contract)
        assert "The outcome is reached" not in words
        assert "End it for chronic failure" not in words
    assert breaches.OUTCOME == "outcome"


def typed(contract, **fields):
    """The form of the terms as it stands, with these fields changed."""
    terms = contract.current.terms
    names = ["joint_objective", "commitments", "resources", "risks", "ins_and_outs", "price"]
    rows = {
        f"measure-{number}-{name}": each[name]
        for number, each in enumerate(terms["measures"])
        for name in ("name", "unit", "direction", "target", "floor", "measurer", "method", "weight")
    }
    count = len(terms["measures"])
    return {
        **{name: terms[name] for name in names}, **rows, "hash": contract.current.hash,
        "measure-TOTAL_FORMS": count, "measure-INITIAL_FORMS": count, **fields,
    }  # fmt: skip


def test_an_amendment_is_written_with_its_effect_and_keeps_what_is_not_asked(time_machine):
    contract = make.active(notice_days=60)
    time_machine.move_to("2026-03-16 10:00Z")
    client = browser(contract.buyer)
    where = f"/contracts/{contract.pk}/amend/"
    shown = client.get(where).content.decode()
    assert 'name="valid_from_on" value="2026-04-01"' in shown
    assert 'name="starts_on"' not in shown
    fields = typed(contract, price="2100.00", valid_from_on="2026-04-01")
    effect = client.post(where, fields | {"preview": "1"}).content.decode()
    assert "−900.00" in effect
    late = client.post(where, fields | {"valid_from_on": "2026-03-16"})
    assert (late.status_code, "holds from a day to come" in late.content.decode()) == (409, True)
    done = client.post(where, fields, follow=True).content.decode()
    assert "Amendment proposed." in done
    version = contract.versions.get(number=2)
    assert (version.price, version.terms["notice_days"]) == (D("2100.00"), 60)


def test_a_renewal_is_written_with_a_later_last_day(time_machine):
    contract = make.active(ends_on=date(2026, 6, 30))
    make.outside_offer(of=contract.offering.category, unit=contract.current.unit)
    time_machine.move_to("2026-03-16 10:00Z")
    where = f"/contracts/{contract.pk}/renew/"
    client = browser(contract.provider)
    assert 'name="ends_on" value="2027-06-30"' in client.get(where).content.decode()
    fields = typed(contract, ends_on="2026-12-31", renews_months="12")
    assert "Renewal proposed." in client.post(where, fields, follow=True).content.decode()
    version = contract.proposals.get().version
    assert version.valid_from_on == date(2026, 7, 1)
    assert "By itself, by 12 months at its last day" in page(browser(contract.buyer), contract)
