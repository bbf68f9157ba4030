"""Corrections of locked months through the API."""

from datetime import date

import pytest

from contracts.models import Correction
from tests import make
from tests.make import APRIL
from tests.make.api import api_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract(time_machine):
    made = make.agreed(price="2000.00")
    make.settled(to="locked", on=date(2026, 4, 10))
    time_machine.move_to("2026-04-13T12:00:00Z", tick=False)
    return made


def body(contract, me=None, **changes):
    told = {"contract": str(contract.pk), "month": "2026-03", "amount": "-300.00",
            "reason": "Two days without anybody on site"}  # fmt: skip
    return told | ({"micro_enterprise": str(me.pk)} if me else {}) | changes


def test_a_correction_is_entered_confirmed_and_a_line_of_the_next_month(contract):
    buyer, provider = (api_of(make.lead_of(me)) for me in (contract.buyer, contract.provider))
    made = buyer.post("corrections/", body(contract, contract.buyer))
    assert made.status_code == 201
    found = made.json()
    assert (found["state"], found["amount"], found["month"]) == ("proposed", "-300.00", "2026-03")
    assert (found["micro_enterprise"], found["counted_in"]) == (str(contract.buyer_id), None)
    refused = buyer.post(f"corrections/{found['id']}/confirm/", {})
    assert refused.status_code == 403
    done = provider.post(f"corrections/{found['id']}/confirm/", {})
    assert done.json()["state"] == "confirmed"
    make.settled(APRIL)
    [row] = provider.get(f"corrections/?contract={contract.pk}&month=2026-03").json()["results"]
    assert row["counted_in"] == "2026-04"
    assert provider.get("corrections/?state=proposed").json()["results"] == []


def test_a_replay_enters_once_and_another_body_is_refused(contract):
    buyer = api_of(make.lead_of(contract.buyer))
    first = buyer.post("corrections/", body(contract, contract.buyer), key="k")
    again = buyer.post("corrections/", body(contract, contract.buyer), key="k")
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = buyer.post("corrections/", body(contract, contract.buyer, amount="-1.00"), key="k")
    assert other.status_code == 422
    assert Correction.objects.count() == 1


def test_an_hr_admin_enters_one_for_neither_side_and_takes_it_back(contract):
    api = api_of(make.hr_admin())
    made = api.post("corrections/", body(contract, amount="50.00"))
    assert (made.status_code, made.json()["micro_enterprise"]) == (201, None)
    done = api.post(f"corrections/{made.json()['id']}/withdraw/", {})
    assert done.json()["state"] == "withdrawn"


def test_what_is_wrong_is_named(contract):
    buyer = api_of(make.lead_of(contract.buyer))
    early = buyer.post("corrections/", body(contract, contract.buyer, month="2026-04"))
    assert (early.status_code, early.json()["code"]) == (409, "month_not_locked")
    nothing = buyer.post("corrections/", body(contract, contract.buyer, amount="0.00"))
    assert nothing.status_code == 400
    assert nothing.json()["errors"][0]["field"] == "amount"
    stranger = api_of(make.lead(make.me()))
    assert stranger.post("corrections/", body(contract, contract.buyer)).status_code in (400, 404)
