"""The journal of real money: two equal columns, and nothing notional in them (PRODUCT 4.7)."""

import csv
import io
import json
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
import time_machine

from ledger import actions, journal
from ledger.models import Cause, ChargedSwitch, Transfer
from tests import make
from tests.make import MARCH

pytestmark = pytest.mark.django_db
D = Decimal
JANUARY, APRIL_6 = date(2026, 1, 1), date(2026, 4, 6)


def charged(*mes, since=JANUARY):
    """Real money from that day on, before there was any of the other."""
    for me in mes:
        ChargedSwitch.objects.create(
            micro_enterprise=me, starts_on=since, state="done", reason="Real money",
            planned_on=since, decided_on=since,
        )  # fmt: skip


@pytest.fixture
def march():
    """Lab sells to Shop for real, Shop to Kitchen notionally; Kitchen pays a supplier outside."""
    shop, lab = make.me("Shop", legal_entity="Shop Ltd"), make.me("Lab")
    kitchen = make.me("Kitchen")
    charged(shop, lab)
    make.active(shop, lab, price="30000.00")
    make.active(kitchen, shop, price="12000.00")
    make.settled(MARCH, on=APRIL_6)
    actions.pay(
        make.wallet(kitchen), actions.system_wallet("outside"), D(500), month=MARCH, on=APRIL_6,
        kind=Transfer.Kind.PURCHASE, reference="order/1", cause=Cause("x:y", 1), note="=1+1",
    )  # fmt: skip
    return shop, lab, kitchen


def read(client, kind):
    with time_machine.travel("2026-04-10T09:00Z", tick=False):
        return client.get(f"/money/2026-03/journal/?format={kind}")


def test_charged_movements_and_every_payment_outside_are_in_it_and_nothing_notional(march):
    shop, lab, kitchen = march
    rows = [
        (each.transfer.kind, each.account.code, each.debit, each.credit)
        for each in journal.postings(MARCH)
    ]
    assert rows == [
        ("charge", f"ME-{lab.pk}", D(30000), D(0)),
        ("charge", f"ME-{shop.pk}", D(0), D(30000)),
        ("purchase", "OUTSIDE", D(500), D(0)),
        ("purchase", f"ME-{kitchen.pk}", D(0), D(500)),
    ]
    told = [(each.account.code, each.balance) for each in journal.trial_balance(MARCH)]
    assert told == [
        (f"ME-{kitchen.pk}", D(-500)), (f"ME-{lab.pk}", D(30000)), (f"ME-{shop.pk}", D(-30000)),
        ("OUTSIDE", D(500)),
    ]  # fmt: skip


def test_the_files_have_the_same_postings_and_their_columns_are_equal(march, client):
    client.force_login(make.office(is_auditor=True))
    content = b"".join(read(client, "csv").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [row["reference"] for row in rows[2:]] == ["order/1", "order/1"]
    assert rows[2]["note"] == "'=1+1"
    assert {row["month"] for row in rows} == {"2026-03"}
    assert rows[1]["legal_entity"] == "Shop Ltd"
    for column in ("debit", "credit"):
        assert sum(D(row[column]) for row in rows) == D("30500.00")
    told = json.loads(b"".join(read(client, "json").streaming_content))
    assert (told["debit"], told["credit"], told["difference"]) == ("30500.00", "30500.00", "0.00")
    assert (told["state"], told["currency"]) == ("posted", "EUR")
    assert [row["reference"] for row in told["postings"]] == [row["reference"] for row in rows]
    sides = Counter(row["reference"] for row in told["postings"])
    assert set(sides.values()) == {2}


def test_the_page_proves_zero_by_account(march, client):
    client.force_login(make.hr_admin())
    page = " ".join(read(client, "").content.decode().split())
    assert "2 entries, 4 accounts" in page
    assert page.count("30,500.00") == 2
    assert "Shop Ltd" in page


def test_an_account_of_a_charged_me_moves_as_its_wallets_do(march):
    _, lab, _ = march
    lines = [each for month in (JANUARY, MARCH) for each in journal.trial_balance(month)]
    total = sum(each.balance for each in lines if each.account.code == f"ME-{lab.pk}")
    assert total == make.wallet(lab).balance


def test_the_api_lists_each_entry_with_both_accounts(march):
    shop, lab, _ = march
    client = make.api_with("money:read")
    (purchase, charge) = client.get("journal/", {"month": "2026-03"}).json()["results"]
    assert (purchase["debit"]["code"], purchase["amount"]) == ("OUTSIDE", "500.00")
    assert (charge["debit"]["code"], charge["credit"]["code"]) == (f"ME-{lab.pk}", f"ME-{shop.pk}")
    assert make.api_of(make.lead(shop)).get("journal/").status_code == 403


@pytest.mark.parametrize("count", [5, 200])
def test_a_month_is_read_with_a_fixed_number_of_queries(count, django_assert_max_num_queries):
    shop = make.me("Shop")
    charged(shop)
    for _ in range(count):
        make.granted(shop, "1.00", month=MARCH)
    with django_assert_max_num_queries(4):
        assert len(list(journal.postings(MARCH))) == 2 * count
        assert len(journal.trial_balance(MARCH)) == 2
