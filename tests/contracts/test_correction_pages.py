"""Corrections in the browser: entered from a locked line, answered by who pays, read by both."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.actions import corrections
from contracts.models import Contract, Correction
from tests import make
from tests.make import APRIL, MARCH

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def contract(time_machine):
    made = make.agreed(price="2000.00")
    make.settled(to="locked", on=date(2026, 4, 10))
    time_machine.move_to("2026-04-13T12:00:00Z", tick=False)
    return Contract.objects.get(pk=made.pk)


def page(client, user, url, **posted):
    client.force_login(user)
    answer = client.post(url, posted, follow=True) if posted else client.get(url)
    return answer, " ".join(answer.text.split())


def form_of(contract):
    return f"/contracts/{contract.pk}/lines/{make.line_of(contract).pk}/correct/"


def asked(client, user, contract, **fields):
    told = {"payer": "provider", "amount": "300.00", "reason": "Two days without anybody on site"}
    return page(client, user, form_of(contract), **told | {"key": "k"} | fields)


def test_a_party_proposes_a_correction_from_a_locked_line_and_who_pays_confirms_it(
    client, contract
):
    buyer, provider = make.lead_of(contract.buyer), make.lead_of(contract.provider)
    _, shown = page(client, buyer, f"/contracts/{contract.pk}/")
    assert f'href="{form_of(contract)}">Correct this line' in shown
    answer, shown = asked(client, buyer, contract)
    correction = Correction.objects.get()
    url = f"/corrections/{correction.pk}/"
    assert answer.redirect_chain[-1][0] == url
    assert (correction.amount, correction.origin_month) == (D("-300.00"), MARCH)
    assert "Correction entered." in shown
    assert f"{contract.provider} has to confirm it; until then nothing moves." in shown
    assert "Confirm correction" not in shown
    assert "Take it back" in shown
    _, shown = page(client, provider, "/")
    assert f"Correction of March 2026: 300.00 to {contract.buyer}" in shown
    assert f'href="{url}"' in shown
    _, shown = page(client, provider, url)
    assert f"{contract.provider} pays {contract.buyer} 300.00" in shown
    _, shown = page(client, provider, url, step="confirm")
    assert "It is a line of the next month that is computed." in shown
    _, shown = page(client, provider, "/")
    assert "Correction of March 2026" not in shown
    make.settled(APRIL)
    _, shown = page(client, buyer, f"/contracts/{contract.pk}/")
    assert "Correction from March 2026" in shown
    assert "Correction of March 2026: Two days without anybody on site" in shown
    assert f'href="{url}"' in shown
    _, shown = page(client, buyer, url)
    assert "It is a line of April 2026." in shown


def test_the_same_press_twice_enters_one(client, contract):
    buyer = make.lead_of(contract.buyer)
    asked(client, buyer, contract)
    asked(client, buyer, contract)
    assert Correction.objects.count() == 1


def test_who_takes_it_from_the_own_me_has_agreed_at_once(client, contract):
    provider = make.lead_of(contract.provider)
    _, shown = asked(client, provider, contract)
    assert Correction.objects.get().state == "confirmed"
    assert "It is a line of the next month that is computed." in shown


def test_who_does_not_agree_declines_and_who_entered_it_takes_it_back(client, contract):
    buyer, provider = make.lead_of(contract.buyer), make.lead_of(contract.provider)
    asked(client, buyer, contract)
    first = Correction.objects.get()
    _, shown = page(client, provider, f"/corrections/{first.pk}/", step="decline")
    assert f"{contract.provider} does not agree; nothing moves." in shown
    asked(client, buyer, contract, key="other", amount="5.00")
    second = Correction.objects.latest("pk")
    _, shown = page(client, buyer, f"/corrections/{second.pk}/", step="withdraw")
    assert "It was taken back; nothing moves." in shown
    _, shown = page(client, provider, f"/corrections/{second.pk}/", step="confirm")
    assert "The correction is withdrawn already." in shown
    _, shown = page(client, provider, f"/corrections/{second.pk}/", step="nonsense")
    assert "Nothing was done." in shown
    make.settled(APRIL)
    assert not contract.lines.filter(kind="correction").exists()


def test_an_hr_admin_corrects_a_line_from_the_page_of_the_month(client, contract):
    hr_admin = make.hr_admin()
    _, shown = page(client, hr_admin, "/hr/settlement/2026-03/")
    assert f'href="{form_of(contract)}">Correct this line' in shown
    asked(client, hr_admin, contract, payer="buyer", amount="50.00")
    correction = Correction.objects.get()
    assert (correction.amount, correction.entered_for) == (D("50.00"), None)
    _, shown = page(client, make.lead_of(contract.buyer), "/")
    assert "An HR admin says what was wrong" in shown


def test_what_is_wrong_in_the_form_is_said_beside_its_field(client, contract):
    buyer = make.lead_of(contract.buyer)
    answer, shown = asked(client, buyer, contract, amount="0", reason=" ")
    assert answer.status_code == 400
    assert "greater than or equal to 0.01" in shown
    assert "This field is required." in shown
    answer, shown = asked(client, buyer, contract, payer="")
    assert answer.status_code == 400
    assert not Correction.objects.exists()


def test_a_month_that_is_not_locked_is_refused_in_words(client):
    made = make.agreed(price="2000.00")
    make.settled()
    buyer = make.lead_of(made.buyer)
    _, shown = page(client, buyer, f"/contracts/{made.pk}/")
    assert "Correct this line" not in shown
    answer, shown = asked(client, buyer, made)
    assert answer.status_code == 409
    assert "March 2026 is not locked yet." in shown
    assert "Until then usage can be contested and a line disputed." in shown


def test_strangers_do_not_know_it_and_members_who_may_not_sign_only_read(client, contract):
    asked(client, make.lead_of(contract.buyer), contract)
    url = f"/corrections/{Correction.objects.get().pk}/"
    stranger, member = make.lead(make.me()), make.member(contract.provider)
    assert page(client, stranger, url)[0].status_code == 404
    assert page(client, stranger, form_of(contract))[0].status_code == 404
    assert page(client, member, form_of(contract))[0].status_code == 403
    answer, shown = page(client, member, url)
    assert answer.status_code == 200
    assert "Confirm correction" not in shown
    assert page(client, member, url, step="confirm")[0].status_code == 403


def test_a_list_of_corrections_costs_the_same_for_one_and_for_thirty(client, contract):
    buyer = make.lead_of(contract.buyer)

    def entered(count):
        for number in range(count):
            corrections.enter_correction(
                contract, origin_month=MARCH, amount=D(number + 1), reason="Too little",
                party=contract.provider, by=make.lead_of(contract.provider),
                on=date(2026, 4, 13),
            )  # fmt: skip

    def cost():
        with CaptureQueriesContext(connection) as found:
            _, shown = page(client, buyer, "/corrections/")
        return len(found), shown

    entered(1)
    cost()
    few, _ = cost()
    entered(30)
    many, shown = cost()
    assert "<strong>31 corrections</strong>" in shown
    assert many == few
    _, shown = page(client, buyer, "/corrections/?state=confirmed")
    assert "No corrections" in shown
