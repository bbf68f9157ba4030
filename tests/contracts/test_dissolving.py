"""An ME dissolves: votes, contracts, money back to the treasury (PRODUCT 4.1, 4.2)."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from accounts.actions import dissolving
from accounts.errors import Forbidden, Refused
from accounts.models import DissolutionVote, Membership, MicroEnterprise
from contracts.actions import agreements, clockwork
from contracts.integrity import verify_contract
from contracts.models import Contract
from ledger import checks
from ledger import queries as money
from ledger.models import Transfer, Wallet
from tests import make
from tests.make import TODAY

pytestmark = pytest.mark.django_db
D = Decimal
MARCH_16 = date(2026, 3, 16)


def three_partners():
    me = make.me("Leak Desk", kind="frontline")
    lead = make.lead_of(me)
    return me, [lead, make.member(me), make.member(me)]


def dissolved_by_votes(me, people, *, on=TODAY):
    for person in people[:2]:
        me = dissolving.vote_to_dissolve(me, by=person, on=on)
    return me


def test_two_thirds_of_the_partners_dissolve_it():
    me, people = three_partners()
    make.member(me, person_accepted_at=None, lead_accepted_at=None)
    first = dissolving.vote_to_dissolve(me, by=people[1], on=TODAY)
    assert (first.state, dissolving.votes_of(me, on=TODAY)) == ("active", (1, 3))
    dissolving.vote_to_dissolve(me, by=people[1], on=TODAY)
    assert DissolutionVote.objects.count() == 1
    dissolving.withdraw_vote(me, by=people[1], on=TODAY)
    assert dissolving.votes_of(me, on=TODAY) == (0, 3)
    done = dissolved_by_votes(me, people)
    assert (done.state, done.dissolving_from_on) == ("dissolving", TODAY)
    with pytest.raises(Refused, match="is dissolving since"):
        dissolving.withdraw_vote(me, by=people[1], on=TODAY)
    with pytest.raises(Forbidden, match="Only partners of Leak Desk"):
        dissolving.vote_to_dissolve(me, by=make.hr_admin(), on=TODAY)


def test_the_platform_dissolves_after_three_months_of_probation():
    me, admin = make.me(), make.hr_admin()
    with pytest.raises(Refused, match="has not been on probation for 3 months"):
        dissolving.dissolve_after_probation(me, by=admin, on=TODAY)
    since = date(2025, 11, 30)
    MicroEnterprise.objects.filter(pk=me.pk).update(state="probation", probation_from_on=since)
    with pytest.raises(Refused, match="has not been on probation"):
        dissolving.dissolve_after_probation(me, by=admin, on=date(2026, 2, 27))
    assert dissolving.dissolve_after_probation(me, by=admin, on=date(2026, 2, 28)).state == (
        "dissolving"
    )


def test_offers_are_withdrawn_agreed_contracts_end_and_running_ones_are_under_notice():
    me, people = three_partners()
    make.granted(me, "90000.00")
    running = make.active(me)
    offered = make.offered(me, starts_on=date(2026, 5, 1), on=MARCH_16)
    agreed = make.agreed(me, starts_on=date(2026, 5, 1), on=MARCH_16)
    own = make.offering(me)
    dissolved_by_votes(me, people, on=MARCH_16)
    for contract in (running, offered, agreed):
        contract.refresh_from_db()
        assert verify_contract(contract) == []
    assert (running.state, running.ended_on) == ("notice", date(2026, 4, 30))
    assert offered.state == "withdrawn"
    assert (agreed.state, agreed.ended_because) == ("ended", "dissolved")
    own.refresh_from_db()
    assert own.state == "withdrawn"
    assert money.money_of(me, on=MARCH_16).committed == D("4000.00")
    draft = make.draft(make.me(kind="frontline"), make.me())
    Contract.objects.filter(pk=draft.pk).update(provider=me)
    draft.refresh_from_db()
    with pytest.raises(Refused, match="is dissolving and may not trade"):
        agreements.offer(
            draft, seen_hash=draft.current.hash, party=draft.buyer, by=make.lead_of(draft.buyer),
            on=TODAY,
        )  # fmt: skip


def test_it_is_dissolved_when_nothing_keeps_it_and_its_money_goes_to_the_treasury():
    me, people = three_partners()
    make.granted(me, "9000.00")
    make.granted(me, "500.00", fund="learning")
    contract = make.agreed(me, price="900.00", starts_on=date(2026, 4, 1))
    dissolved_by_votes(me, people)
    kept = dissolving.blockers_of(me, on=TODAY)
    assert kept == ["1 contract is not closed."]
    assert dissolving.finish_due(on=TODAY) == {"dissolved": 0, "kept": 1}
    clockwork.run_clock(on=TODAY)
    contract.refresh_from_db()
    assert contract.state == "closed"
    assert dissolving.finish_due(on=TODAY) == {"dissolved": 1, "kept": 0}
    assert dissolving.finish_due(on=TODAY) == {"dissolved": 0, "kept": 0}
    me.refresh_from_db()
    assert (me.state, me.dissolved_on) == ("dissolved", TODAY)
    lapsed = Transfer.objects.filter(kind="lapse").order_by("amount")
    assert [row.amount for row in lapsed] == [D("500.00"), D("9000.00")]
    assert set(Wallet.objects.filter(owner=me).values_list("balance", flat=True)) == {0}
    assert not Membership.objects.current(on=date(2026, 2, 21)).filter(micro_enterprise=me).exists()
    assert checks.as_json(checks.check_money(by=None, on=TODAY))["broken"] == []


def test_partners_vote_on_a_page_that_says_what_happens(time_machine):
    me, people = three_partners()
    time_machine.move_to("2026-02-20 10:00Z")
    client = Client()
    client.force_login(people[1])
    assert "Votes to dissolve it" in client.get(f"/mes/{me.pk}/").content.decode()
    where = f"/mes/{me.pk}/dissolve/"
    assert "0 of 3 partners would dissolve it; 2 decide." in client.get(where).content.decode()
    voted = client.post(where, {"deed": "vote"}, follow=True).content.decode()
    assert "1 of 3 partners would dissolve Leak Desk." in voted
    assert "Take my vote back" in voted
    client.force_login(people[2])
    done = client.post(where, {"deed": "vote"}, follow=True).content.decode()
    assert "Leak Desk dissolves." in done
    assert "What still keeps it" in done
    odd = client.post(where, {"deed": "x"}, follow=True).content.decode()
    assert "Press one of the buttons" in odd
