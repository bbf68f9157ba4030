"""Who mediates: named in the terms, uninvolved, with a log-in; used when a dispute is rejected."""

from datetime import date

import pytest

from accounts.errors import Invalid
from contracts.actions import agreements, amendments
from contracts.models import Contract, Dispute
from tests import make
from tests.contracts.test_pages import terms_data
from tests.make import TODAY
from tests.make.api import api_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _twentieth_of_february(time_machine):
    time_machine.move_to(f"{TODAY}T12:00:00Z", tick=False)


def uninvolved(name="Mari Kask", email=""):
    return make.user(make.person(name), **({"email": email} if email else {}))


def page(client, user, url, **posted):
    client.force_login(user)
    answer = client.post(url, posted, follow=True) if posted else client.get(url)
    return answer, " ".join(answer.text.split())


def test_the_one_whom_the_terms_name_mediates_a_rejected_dispute():
    mediator = uninvolved()
    contract = make.agreed(price="2000.00", mediator=mediator.person_id)
    make.settled()
    day = date(2026, 4, 7)
    make.answered(make.disputed(contract, "1400.00", on=day), "rejected", on=day)
    dispute = Dispute.objects.get()
    assert (dispute.mediator, dispute.mediator_named_on) == (mediator, day)


def test_one_who_has_become_a_member_of_a_party_since_is_left_to_the_chro():
    mediator = uninvolved()
    contract = make.agreed(price="2000.00", mediator=mediator.person_id)
    make.settled()
    make.member(contract.provider, who=mediator, starts_on=date(2026, 4, 1))
    day = date(2026, 4, 7)
    make.answered(make.disputed(contract, "1400.00", on=day), "rejected", on=day)
    assert Dispute.objects.get().mediator is None


@pytest.mark.parametrize("side", ["buyer", "provider"])
def test_a_member_of_a_party_cannot_be_named(side):
    contract = make.draft()
    member = make.member(getattr(contract, side))
    with pytest.raises(Invalid, match="so is not uninvolved") as refused:
        make.draft(contract.buyer, contract.provider, mediator=member.person_id)
    assert refused.value.field == "mediator"


def test_a_person_without_a_log_in_cannot_be_named_in_any_version():
    contract = make.offered()
    person = make.person("Juri Saar")
    provider = make.lead_of(contract.provider)
    with pytest.raises(Invalid, match="Juri Saar has no log-in"):
        agreements.counter(
            contract, seen_hash=contract.current.hash, terms=make.terms(mediator=person.pk),
            party=contract.provider, by=provider, on=TODAY,
        )  # fmt: skip
    running = make.active()
    with pytest.raises(Invalid, match="Juri Saar has no log-in"):
        amendments.propose_amendment(
            running, seen_hash=running.current.hash, terms=make.terms(mediator=person.pk),
            valid_from_on=date(2026, 5, 1), party=running.buyer, by=make.lead_of(running.buyer),
            on=date(2026, 3, 10),
        )  # fmt: skip
    with pytest.raises(Invalid, match="Person 999999 has no log-in"):
        make.draft(mediator=999999)


def test_a_mediator_is_searched_by_name_in_the_draft_and_named_on_the_contract(client):
    of, shop = make.offering(make.me()), make.me(kind="frontline")
    mediator = uninvolved("Mari Kask", "mari@example.com")
    uninvolved("Mari Maasik", "maasik@example.com")
    buyer, url = make.lead(shop), f"/contracts/new/{of.pk}/"
    _, shown = page(client, buyer, url)
    assert "Who mediates a dispute" in shown
    answer, shown = page(client, buyer, url, **terms_data(mediator="mari"))
    assert answer.status_code == 400
    assert "fits several people" in shown
    assert "Mari Kask, mari@example.com; Mari Maasik, maasik@example.com" in shown
    answer, shown = page(client, buyer, url, **terms_data(mediator="Nobody Atall"))
    assert "Nobody with a log-in is called “Nobody Atall”" in shown
    answer, shown = page(client, buyer, url, **terms_data(mediator=buyer.person.name))
    assert answer.status_code == 409
    assert "so is not uninvolved" in shown
    assert not Contract.objects.exists()
    answer, shown = page(client, buyer, url, **terms_data(mediator="kask mari"))
    contract = Contract.objects.get()
    assert contract.current.terms["mediator"] == mediator.person_id
    assert "<dt>Mediator of disputes</dt> <dd>Mari Kask</dd>".replace("> <", "><") in (
        shown.replace("> <", "><")
    )
    _, shown = page(client, buyer, f"/contracts/{contract.pk}/edit/")
    assert 'value="mari@example.com"' in shown


def test_a_counter_that_names_another_mediator_shows_what_changed(client):
    first, second = uninvolved("Mari Kask"), uninvolved("Juri Saar")
    contract = make.offered(mediator=first.person_id)
    provider = make.lead_of(contract.provider)
    data = terms_data(mediator=second.email, hash=contract.current.hash)
    page(client, provider, f"/contracts/{contract.pk}/counter/", **data)
    _, shown = page(client, provider, f"/contracts/{contract.pk}/")
    assert "<del>Mari Kask</del>" in shown
    assert "<ins>Juri Saar</ins>" in shown


def test_without_one_the_page_says_who_names_somebody(client):
    contract = make.offered()
    _, shown = page(client, make.lead_of(contract.buyer), f"/contracts/{contract.pk}/")
    assert "Whom the CHRO names when there is one" in shown


def test_the_api_names_the_mediator_and_refuses_one_of_a_party():
    of, shop = make.offering(make.me()), make.me(kind="frontline")
    mediator, lead = uninvolved(), make.lead(shop)
    api = api_of(lead)
    body = {
        "micro_enterprise": str(shop.pk), "offering": str(of.pk), "starts_on": "2026-05-01",
        "ends_on": "2026-09-30", "mediator": str(mediator.person_id),
    }  # fmt: skip
    made = api.post("contracts/", body)
    assert made.status_code == 201
    assert made.json()["mediator"] == str(mediator.person_id)
    refused = api.post("contracts/", body | {"mediator": str(lead.person_id)})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "mediator"
    changed = api.patch(
        f"contracts/{made.json()['id']}/",
        {"micro_enterprise": str(shop.pk), "hash": made.json()["hash"], "mediator": None},
    )
    assert changed.json()["mediator"] is None
