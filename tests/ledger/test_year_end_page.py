"""The end of a year as HR admins, the CHRO and members read it."""

import csv
from datetime import date
from io import StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import year_figures
from ledger.models import Wallet
from tests import make
from tests.ledger.test_year_end import example
from tests.make import year_end as make_year
from tests.make.year_end import CLOSED_ON

pytestmark = pytest.mark.django_db
ADDRESS = "/money/year-end/2026/"


@pytest.fixture
def hr(client, time_machine):
    time_machine.move_to("2026-12-20T09:00:00Z")
    make.me("Platform", kind="platform")
    client.force_login(make.hr_admin())
    return client


def rows(answer):
    return list(csv.DictReader(StringIO(answer.content.decode())))


def test_hr_sees_every_figure_before_it_happens_and_the_same_after(hr, time_machine):
    example()
    page = hr.get(ADDRESS).content.decode()
    for figure in ("20,000.00", "10,000.00", "6,000.00", "120,000.00"):
        assert figure in page
    assert "kept by Platform" in page
    before = rows(hr.get(f"{ADDRESS}?format=csv"))
    assert (before[0]["free"], before[0]["carried"], before[0]["shared"]) == (
        "20000.00", "10000.00", "10000.00",
    )  # fmt: skip
    make_year.year_closed()
    time_machine.move_to("2027-01-11T09:00:00Z")
    after = rows(hr.get(f"{ADDRESS}?format=csv"))
    assert after == [before[0] | {"closed_on": "2027-01-10"}]
    assert "stands at 0.00" in hr.get(ADDRESS).content.decode()


def test_a_member_sees_the_own_expectation_from_november_on(client, time_machine):
    shop, _ = example()
    member = make.member(shop)
    client.force_login(member)
    time_machine.move_to("2026-10-31T09:00:00Z")
    assert "At the year’s end" not in client.get("/money/").content.decode()
    time_machine.move_to("2026-11-01T09:00:00Z")
    page = client.get("/money/").content.decode()
    assert "At the year’s end" in page
    assert "20,000.00" in page
    other = make.me("Water Lab")
    make.granted(other, "77.00")
    page = client.get(ADDRESS).content.decode()
    assert "Shop North" in page
    assert "Water Lab" not in page


def test_the_rush_is_december_against_the_mean_month():
    shop = make.me()
    make.granted(shop, "20000.00")
    for month in range(1, 12):
        day = date(2026, month, 15)
        make_year.spent(shop, "1000.00", month=day.replace(day=1), on=day)
    assert year_figures.rush_of(2026, on=date(2026, 11, 30)) == {}
    make_year.spent(shop, "5000.00")
    found = year_figures.rush_of(2026, on=date(2026, 12, 31))
    assert str(found[shop.pk].ratio) == "3.75"
    assert str(found[None].mean) == "1333.33"


def test_the_rush_of_an_me_counts_from_the_month_it_first_spent():
    shop = make.me()
    make.granted(shop, "20000.00")
    make_year.spent(shop, "1000.00", month=date(2026, 11, 1), on=date(2026, 11, 3))
    make_year.spent(shop, "3000.00")
    assert str(year_figures.rush_of(2026, on=CLOSED_ON)[shop.pk].ratio) == "1.50"


def test_the_page_costs_the_same_with_many_wallets(hr):
    def cost():
        with CaptureQueriesContext(connection) as caught:
            assert hr.get(ADDRESS).status_code == 200
        return len(caught)

    example()
    cost()
    few = cost()
    mes = [make.me(may_decide=False) for _ in range(30)]
    Wallet.objects.bulk_create(
        Wallet(owner=each, fund="operating", fiscal_year=2026) for each in mes
    )
    assert cost() == few


def test_a_year_that_has_no_wallet_says_so(hr):
    assert "No wallet of this year" in hr.get("/money/year-end/2031/").content.decode()
    assert hr.get("/money/year-end/2099/").status_code == 404
