"""Every page of budgets says whether an ME's money is notional or charged (PRODUCT 4.7)."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import budgets, switch_figures, switching
from ledger.drafting import Envelope
from tests import make
from tests.make import MARCH, TODAY

pytestmark = pytest.mark.django_db
APRIL = "Notional, charged from 1 April 2026"


@pytest.fixture
def hr(client):
    make.org()
    client.force_login(make.hr_admin())
    with time_machine.travel("2026-02-20T09:00Z", tick=False):
        yield client


def _switched(me, *, starts_on=date(2026, 4, 1)):
    return switching.plan(
        me, starts_on=starts_on, operating=Decimal(9), learning=Decimal(0), reason="Real",
        by=make.hr_admin(), on=TODAY,
    )  # fmt: skip


def _text(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_budget_of_a_year_labels_each_amount_on_the_page_and_in_the_file(hr):
    north, south = make.me("North"), make.me("South")
    _switched(north)
    budget = make.year_budget(("fixed", {"each": Decimal(5)}))
    page = _text(hr, f"/hr/budgets/years/{budget.pk}/")
    for name, words in (("North", APRIL), ("South", "Notional")):
        assert f'>{name}</a><span class="note">{words}</span>' in page
    csv = hr.get(f"/hr/budgets/years/{budget.pk}/?format=csv").content.decode().splitlines()
    assert [line.split(",")[0] for line in csv[:1]] == ["micro_enterprise"]
    assert any(line.startswith("North,5.00,") and f'"{APRIL}"' in line for line in csv)
    assert f'<p class="soft">{APRIL}</p>' in _text(
        hr, f"/hr/budgets/years/{budget.pk}/mes/{north.pk}/"
    )
    assert south.pk


def test_grants_lists_years_and_ends_label_their_amounts(hr):
    north = make.me("North")
    rule = budgets.grant(
        north,
        Decimal(100),
        Envelope("operating", 2026, "yearly"),
        by=make.hr_admin(),
        on=TODAY,
        reference="basis",
    ).rule
    assert '<span class="note">Notional</span>' in _text(hr, f"/hr/budgets/{rule.pk}/")
    assert "Every micro-enterprise is notional" in _text(hr, "/hr/budgets/")
    assert '>North</a><span class="note">Notional</span>' in _text(hr, "/money/mes/")
    assert '<span class="note">Notional. Operating' in _text(hr, "/money/year-end/2026/")


def test_a_switch_counts_from_its_year_on_and_sums_say_how_many_are_charged(hr):
    north, south = make.me("North"), make.me("South")
    _switched(north, starts_on=MARCH)
    told = switch_figures.basis_in_year
    keys = [north.pk, south.pk]
    assert told(keys, year=2025) == {north.pk: "Notional", south.pk: "Notional"}
    assert told(keys, year=2026)[north.pk] == "Notional, charged from 1 March 2026"
    assert told(keys, year=2027)[north.pk] == "Charged"
    switching.switch_due(on=MARCH)
    assert "1 of 2 micro-enterprises are charged" in _text(hr, "/hr/budgets/")


def test_the_labels_of_many_cost_one_query():
    keys = [make.me().pk for _ in range(9)]
    with CaptureQueriesContext(connection) as captured:
        switch_figures.basis_in_year(keys, year=2026)
    assert len(captured) <= 2
