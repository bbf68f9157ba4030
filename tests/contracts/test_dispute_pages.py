"""Disputes in the browser: opened from a line, answered, mediated, decided, and compared."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.actions import mediation
from contracts.models import Dispute
from tests import make
from tests.make import MARCH

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def contract(time_machine):
    made = make.agreed(price="2000.00")
    make.settled(to="computed", on=date(2026, 4, 4))
    time_machine.move_to(date(2026, 4, 5))
    return made


def page(client, user, url, **posted):
    client.force_login(user)
    answer = client.post(url, posted, follow=True) if posted else client.get(url)
    return answer, answer.content.decode()


def opened(client, contract, amount="1400.00"):
    line = make.line_of(contract)
    url = f"/contracts/{contract.pk}/lines/{line.pk}/dispute/"
    buyer = make.lead_of(contract.buyer)
    return page(client, buyer, url, amount=amount, reason="Half was missing", key="k")


def test_a_buyer_disputes_a_line_of_the_preview_from_the_contracts_page(client, contract):
    buyer, line = make.lead_of(contract.buyer), make.line_of(contract)
    _, shown = page(client, buyer, f"/contracts/{contract.pk}/")
    assert f"/contracts/{contract.pk}/lines/{line.pk}/dispute/" in shown
    answer, shown = opened(client, contract)
    dispute = Dispute.objects.get()
    assert answer.redirect_chain[-1][0] == f"/disputes/{dispute.pk}/"
    assert "1,400.00 disputed." in shown
    assert "Until Fri 10 April, 5 working days" in shown
    opened(client, contract)
    assert Dispute.objects.count() == 1
    _, shown = page(client, buyer, f"/contracts/{contract.pk}/")
    assert "1,400.00 disputed, open" in shown
    _, shown = page(client, buyer, "/disputes/")
    assert "Waits for the provider" in shown


def test_an_amount_beyond_the_line_is_said_beside_its_field(client, contract):
    answer, shown = opened(client, contract, "2000.01")
    assert answer.status_code == 400
    assert "is no part of 2,000.00" in shown
    assert not Dispute.objects.exists()


def test_the_provider_is_asked_at_home_and_offers_a_part(client, contract):
    opened(client, contract)
    dispute, provider = Dispute.objects.get(), make.lead_of(contract.provider)
    _, shown = page(client, provider, "/")
    assert "1,400.00 disputed" in shown
    url = f"/disputes/{dispute.pk}/"
    _, shown = page(client, provider, url, step="answer", answer="offered")
    assert "Say how many percent the buyer gets." in shown
    _, shown = page(client, provider, url, step="answer", answer="offered", percent="40")
    assert "Offer made" in shown
    _, shown = page(client, make.lead_of(contract.buyer), url, step="accept_offer")
    assert "Decided" in shown
    dispute.refresh_from_db()
    assert (dispute.offer_answer, dispute.state) == ("accepted", "open")


def test_the_chro_names_who_mediates_and_the_mediator_finds_it_at_home(client, contract):
    opened(client, contract)
    dispute, chro, person = Dispute.objects.get(), make.office(is_chro=True), make.uninvolved()
    make.answered(dispute, "rejected", on=date(2026, 4, 5))
    _, shown = page(client, chro, "/")
    assert "Name a mediator" in shown
    url = f"/disputes/{dispute.pk}/"
    _, shown = page(client, chro, url, step="mediator", mediator="nobody@example.com")
    assert "Nobody with a log-in has the address" in shown
    page(client, chro, url, step="mediator", mediator=person.email)
    _, shown = page(client, person, "/")
    assert "You mediate it." in shown
    _, shown = page(client, person, url, step="propose", percent="40", note="A fair share")
    assert "Proposes 40 % for the buyer" in shown
    answer, _ = page(client, person, "/disputes/999/")
    assert answer.status_code == 404


def test_the_chro_chooses_a_panel_and_each_member_decides_once(client, contract, time_machine):
    opened(client, contract)
    dispute, chro = Dispute.objects.get(), make.office(is_chro=True)
    make.answered(dispute, "rejected", on=date(2026, 4, 5))
    time_machine.move_to(date(2026, 4, 13))
    url, people = f"/disputes/{dispute.pk}/", [make.uninvolved() for _ in range(3)]
    named = dict(zip(("first", "second", "third"), [each.email for each in people], strict=True))
    page(client, chro, url, step="panel", **named)
    assert dispute.panel.count() == 3
    for person in people:
        _, shown = page(client, person, url, step="decide", percent="40")
    assert "Decided" in shown


def test_the_pairs_show_who_disputes_with_whom(client, contract):
    opened(client, contract)
    make.settled()
    make.answered(Dispute.objects.get(), "accepted")
    _, shown = page(client, make.office(is_chro=True), "/disputes/pairs/")
    assert str(contract.buyer) in shown
    assert "70 %" in shown.replace("\xa0", " ")
    answer, _ = page(client, make.lead_of(contract.buyer), "/disputes/pairs/")
    assert answer.status_code == 403


def test_a_list_of_disputes_costs_the_same_for_ten_and_for_many(
    client, contract, django_assert_max_num_queries
):
    buyer = make.lead_of(contract.buyer)
    for _ in range(10):
        make.disputed(contract, "1.00")
    client.force_login(buyer)
    client.get("/disputes/")
    with django_assert_max_num_queries(40) as few:
        client.get("/disputes/")
    row = Dispute.objects.first()
    rows = Dispute.objects.filter(pk=row.pk).values().get()
    rows.pop("id")
    Dispute.objects.bulk_create(Dispute(**rows | {"amount": D("0.10")}) for _ in range(500))
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/disputes/")


def test_pairs_cost_the_same_for_one_and_for_many(client, django_assert_max_num_queries):
    contracts = [make.agreed(price="200.00") for _ in range(6)]
    make.settled(to="computed", on=date(2026, 4, 4))
    make.disputed(contracts[0], "1.00")
    client.force_login(make.office(is_chro=True))
    client.get("/disputes/pairs/")
    with django_assert_max_num_queries(40) as few:
        client.get("/disputes/pairs/")
    for contract in contracts[1:]:
        make.disputed(contract, "1.00")
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert client.get("/disputes/pairs/").content.count(b"<tr>") == 7


def test_an_involved_mediator_is_refused_beside_the_field(client, contract):
    opened(client, contract)
    dispute, chro = Dispute.objects.get(), make.office(is_chro=True)
    make.answered(dispute, "rejected", on=date(2026, 4, 5))
    involved = make.member(contract.provider)
    url = f"/disputes/{dispute.pk}/"
    _, shown = page(client, chro, url, step="mediator", mediator=involved.email)
    assert "and so not uninvolved" in shown
    assert mediation.Dispute.objects.get().mediator is None
    assert contract.starts_on == MARCH
