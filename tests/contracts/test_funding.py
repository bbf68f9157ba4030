"""The months of a contract that lie in a new fiscal year are committed when it opens (4.7)."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.actions import agreements, funding
from contracts.models import Contract
from ledger import queries as money
from ledger.models import SettlementRun
from tests import make

pytestmark = pytest.mark.django_db
OCTOBER, NEXT_SEPTEMBER = date(2026, 10, 1), date(2027, 9, 30)
SIGNED_ON, NEW_YEAR = date(2026, 9, 20), date(2027, 1, 1)


def a_year_from_october(shop, **rest):
    return make.agreed(
        shop, starts_on=OCTOBER, ends_on=NEXT_SEPTEMBER, on=SIGNED_ON, price="2000.00", **rest
    )


def opened(shop, amount, *, month=NEW_YEAR):
    make.granted(shop, "6000.00", on=SIGNED_ON)
    contract = a_year_from_october(shop)
    make.granted(shop, amount, month=month, on=month)
    return contract


def figures(shop, *, on=NEW_YEAR):
    purse = money.money_of(shop, on=on)
    return purse.committed, purse.available


def test_six_thousand_now_and_eighteen_thousand_when_the_next_year_opens():
    shop = make.me()
    contract = opened(shop, "20000.00")
    assert figures(shop, on=SIGNED_ON) == (Decimal(6000), 0)
    assert funding.commit_due(on=date(2026, 12, 31)) == {"committed": 0, "unfunded": 0}
    assert funding.commit_due(on=NEW_YEAR) == {"committed": 1, "unfunded": 0}
    assert funding.commit_due(on=NEW_YEAR) == {"committed": 0, "unfunded": 0}
    assert figures(shop) == (Decimal(18000), Decimal(2000))
    assert figures(shop, on=SIGNED_ON) == (Decimal(6000), 0)
    contract.refresh_from_db()
    assert (contract.committed_year, contract.is_unfunded) == (2027, False)


def test_what_does_not_fit_is_flagged_and_follows_when_money_is_released():
    shop = make.me()
    contract = opened(shop, "5000.00")
    assert funding.commit_due(on=NEW_YEAR) == {"committed": 0, "unfunded": 1}
    assert figures(shop) == (Decimal(4000), Decimal(1000))
    contract.refresh_from_db()
    assert contract.is_unfunded
    assert funding.commit_due(on=NEW_YEAR) == {"committed": 0, "unfunded": 0}
    make.granted(shop, "20000.00", month=NEW_YEAR, on=NEW_YEAR)
    assert funding.commit_due(on=date(2027, 1, 15)) == {"committed": 1, "unfunded": 0}
    assert figures(shop) == (Decimal(18000), Decimal(7000))
    contract.refresh_from_db()
    assert not contract.is_unfunded


def test_the_contract_that_was_signed_first_is_served_first():
    shop = make.me()
    make.granted(shop, "12000.00", on=SIGNED_ON)
    waiting = make.offered(
        shop, starts_on=OCTOBER, ends_on=NEXT_SEPTEMBER, on=SIGNED_ON, price="2000.00"
    )
    first = a_year_from_october(shop)
    second = agreements.accept(
        waiting, seen_hash=waiting.current.hash, party=waiting.turn, by=make.lead_of(waiting.turn),
        on=SIGNED_ON,
    )  # fmt: skip
    make.granted(shop, "19000.00", month=NEW_YEAR, on=NEW_YEAR)
    assert funding.commit_due(on=NEW_YEAR) == {"committed": 1, "unfunded": 1}
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.is_unfunded, second.is_unfunded) == (False, True)


def test_a_month_that_is_computed_is_not_promised_any_more():
    shop = make.me()
    opened(shop, "20000.00")
    SettlementRun.objects.create(month=NEW_YEAR, state="computed", opened_at=make.org().founded_at)
    assert funding.commit_due(on=date(2027, 2, 5))["committed"] == 1
    assert figures(shop)[0] == Decimal(16000)


def test_an_end_that_both_sides_named_is_funded_to_that_day():
    shop = make.me()
    contract = opened(shop, "20000.00")
    last = date(2027, 2, 14)
    for side, event in (("buyer", "propose_end"), ("provider", "confirm_end")):
        party = getattr(contract, side)
        getattr(agreements, event)(
            contract, last_day_on=last, party=party, by=make.lead_of(party), on=date(2026, 11, 1)
        )
    assert funding.commit_due(on=NEW_YEAR)["committed"] == 1
    assert figures(shop)[0] == Decimal(3000)


def test_a_quiet_hour_costs_the_same_with_ten_and_with_a_thousand_contracts():
    made = make.active()

    def more(count):
        Contract.objects.bulk_create(
            Contract(
                offering=made.offering, buyer=made.buyer, provider=made.provider, state="active",
                starts_on=made.starts_on, ends_on=made.ends_on, created_on=made.created_on,
                created_by=made.created_by, current=made.current, committed_year=2026,
            )
            for _ in range(count)
        )  # fmt: skip

    def queries():
        with CaptureQueriesContext(connection) as seen:
            funding.commit_due(on=date(2026, 3, 2))
        return len(seen)

    more(10)
    few = queries()
    more(1000)
    assert queries() == few


def test_an_unfunded_year_is_said_on_the_contract(client, time_machine):
    shop = make.me()
    contract = opened(shop, "5000.00")
    funding.commit_due(on=NEW_YEAR)
    time_machine.move_to("2027-01-02 09:00:00+00:00")
    client.force_login(make.lead_of(shop))
    page = client.get(f"/contracts/{contract.pk}/").content.decode()
    assert "Not all months of 2027 are funded." in page
