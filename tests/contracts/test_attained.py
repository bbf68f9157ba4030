"""How levels were kept over all contracts of an offering, and that nobody sees whose missed."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.models import Contract
from marketplace.attainment import attained
from tests import make
from tests.make import APRIL, MARCH

pytestmark = pytest.mark.django_db
D = Decimal
JUNE = date(2026, 6, 10)


@pytest.fixture(autouse=True)
def _day(time_machine):
    time_machine.move_to("2026-06-10T10:00:00Z", tick=False)


def text_of(answer):
    return " ".join(answer.content.decode().split())


def promising(**rest):
    """A published offering that promises 95 % of the tickets."""
    return make.offering(make.me("Desk"), price="12000.00", levels=[make.level()], **rest)


def sold(of, *figures, month=MARCH):
    """A contract for each pair of met and measured, of different buyers; None is not measured."""
    made = []
    for number, each in enumerate(figures):
        contract = make.levelled(make.me(f"Buyer {number}", kind="frontline"), of=of)
        if each:
            make.measured(contract, *each, month=month)
        made.append(contract)
    Contract.objects.filter(offering=of).update(state="active")
    return made


def told(of, *, sees_all=False, on=JUNE):
    found = attained([of.current], sees_all=sees_all, on=on)
    return {f"{each.month:%B}": each for each in found.rows[0].cells}, found.rows[0].together


def test_three_buyers_are_summed_and_the_level_is_met_or_missed():
    of = promising()
    sold(of, (100, 100), (96, 100), (30, 40))
    months, together = told(of)
    assert months["March"].label == "94.2 % missed"
    assert months["April"].label == "not measured"
    assert months["January"].label == "no contract"
    assert together.label == "94.2 % missed"


def test_what_is_excluded_does_not_count_and_what_nobody_measured_is_said():
    of = promising()
    contracts = sold(of, (95, 100), (95, 100), (95, 100), None)
    make.measured(contracts[0], 80, 100, month=APRIL, maintenance=20, exclusion_reason="Easter")
    march, april = (told(of, sees_all=True)[0][name] for name in ("March", "April"))
    assert (march.label, march.note) == ("95.0 % met", "1 of 4 not measured")
    assert (april.label, april.note) == ("100.0 % met", "3 of 4 not measured")


def test_below_three_buyers_there_is_no_figure_but_for_the_provider_and_auditors(client):
    of = promising()
    sold(of, (10, 100), (100, 100))
    months, together = told(of)
    assert months["March"].label == together.label == "too few buyers"
    for user in (
        make.user(),
        make.lead(make.me("Another")),
        make.hr_admin(),
        make.office(is_chro=True),
    ):
        client.force_login(user)
        said = text_of(client.get(f"/market/offerings/{of.pk}/"))
        assert "too few buyers" in said
        assert "55.0 %" not in said
    for user in (make.lead(of.provider), make.office(is_auditor=True)):
        client.force_login(user)
        assert "55.0 % missed" in text_of(client.get(f"/market/offerings/{of.pk}/"))
        assert "55.0 % missed" in text_of(client.get(f"/mes/{of.provider.pk}/"))


def test_two_contracts_of_one_buyer_are_one_buyer():
    of = promising()
    first, *_ = sold(of, (10, 100), (100, 100))
    twin = make.levelled(first.buyer, of=of)
    make.measured(twin, 100, 100)
    assert told(of)[0]["March"].label == "too few buyers"


def test_contested_figures_and_those_that_may_still_be_contested_do_not_count():
    of = promising()
    contracts = sold(of, (95, 100), (95, 100), (95, 100))
    late = make.measured(contracts[0], 10, 100, month=date(2026, 5, 1), on=date(2026, 6, 5))
    assert told(of, sees_all=True)[0]["May"].label == "not measured"
    make.agreed_on(late, on=date(2026, 6, 6))
    assert told(of, sees_all=True)[0]["May"].label == "10.0 % missed"
    other = make.measured(contracts[1], 10, 100, month=date(2026, 5, 1), on=date(2026, 6, 2))
    make.doubted(other, on=date(2026, 6, 3))
    assert told(of, sees_all=True)[0]["May"].note == "2 of 3 not measured"


def test_silence_past_the_closing_day_counts_by_date():
    of = promising()
    sold(of, (95, 100), (95, 100), (95, 100))
    assert told(of, on=date(2026, 4, 3))[0]["March"].label == "not measured"
    assert told(of, on=date(2026, 4, 4))[0]["March"].label == "95.0 % met"


def test_a_suspended_month_is_no_month_that_nobody_measured():
    of = promising()
    contract = make.levelled(of=of)
    Contract.objects.filter(pk=contract.pk).update(state="active")
    contract.refresh_from_db()
    make.pause(contract, on=date(2026, 4, 1))
    assert told(of)[0]["April"].label == "no contract"
    assert told(of)[0]["March"].label == "not measured"


def test_the_page_of_the_provider_names_the_offering_beside_each_level(client):
    of = promising(name="A desk that answers")
    sold(of, (100, 100), (96, 100), (30, 40))
    client.force_login(make.user())
    said = text_of(client.get(f"/mes/{of.provider.pk}/"))
    assert "told from 3 buyers on, so that nobody sees whose missed" in said
    assert "94.2 % missed" in said
    assert f'href="/market/offerings/{of.pk}/#levels">A desk that answers</a>' in said


def test_an_offering_without_levels_says_nothing_of_them(client):
    of = make.offering(make.me())
    client.force_login(make.user())
    assert "How they were kept" not in text_of(client.get(f"/market/offerings/{of.pk}/"))


def test_the_contract_sums_its_own_months(client):
    of = promising()
    contract, *_ = sold(of, (90, 100))
    make.measured(contract, 99, 100, month=APRIL)
    client.force_login(make.lead(contract.buyer))
    said = text_of(client.get(f"/contracts/{contract.pk}/"))
    assert "94.5 % missed" in said
    client.force_login(make.lead(make.me("Another")))
    assert "90.0 %" not in text_of(client.get(f"/contracts/{contract.pk}/"))


def test_a_thousand_contracts_cost_as_many_queries_as_three():
    of = promising()
    contract, *_ = sold(of, (100, 100), (96, 100), (30, 40))
    with CaptureQueriesContext(connection) as few:
        told(of)
    make.twins(contract, 1000, met=96, of=100)
    with CaptureQueriesContext(connection) as many:
        months, _ = told(of)
    assert len(few) == len(many) <= 3
    assert months["March"].label.startswith("96.0 %")
