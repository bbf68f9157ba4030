"""The money adds up, and where somebody broke it the check says so."""

import json
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.errors import Forbidden
from ledger import actions, budgets, checks, derivation, drafting
from ledger.models import Cause, MoneyCheck, SettlementRun, Transfer
from tests import make
from tests.make import MARCH, TODAY

pytestmark = pytest.mark.django_db


def broken():
    return {each.what: list(each.broken) for each in checks.findings() if each.broken}


@contextmanager
def unguarded(table):
    """Corrupt rows as somebody with the database's own password could."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def moved(payer, payee, amount, kind, *, cause=1, month=MARCH, reference=""):
    reference = reference or f"{kind}/{Transfer.objects.count()}"
    return actions.pay(
        payer, payee, Decimal(amount), kind=kind, month=month, on=TODAY,
        reference=reference, cause=Cause("contracts:contract", cause),
    )  # fmt: skip


@pytest.fixture
def shop():
    """Granted 100.00, of which 30.00 are promised and 20.00 paid to another ME."""
    shop = make.me("Shop")
    make.granted(shop, "100.00")
    cause = Cause("contracts:contract", 9)
    actions.promise(shop, {MARCH: Decimal("30.00")}, kind="committed", cause=cause, on=TODAY)
    moved(make.wallet(shop), actions.wallet_of(make.me("Lab"), month=MARCH), "20.00", "charge")
    return shop


def test_an_honest_ledger_breaks_no_check(shop):
    assert broken() == {}
    found = checks.as_json(checks.check_money(by=None, on=TODAY))
    assert found == {"checked": len(checks.all_checks()), "broken": []}


def test_a_balance_that_somebody_raised_turns_three_checks_red(shop):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_wallet SET balance = balance + 5 WHERE fund = 'operating'"
                       " AND owner_id = %s", [shop.pk])  # fmt: skip
    found = broken()
    assert found["all_wallets_sum_to_zero"] == ["All wallets together hold 5.00."]
    key = make.wallet(shop).pk
    assert found["balance_is_its_transfers"] == [
        f"Shop (operating 2026, wallet {key}) stores a balance of 85.00; its transfers say 80.00."
    ]
    assert found["available_is_derived"] == [
        "Shop (operating 2026) stores 55.00 as available; derived are 50.00."
    ]


def test_a_transfer_that_somebody_changed_turns_the_balance_red(shop):
    with unguarded("ledger_transfer") as cursor:
        cursor.execute("UPDATE ledger_transfer SET amount = 21 WHERE kind = 'charge'")
    assert len(broken()["balance_is_its_transfers"]) == 2


def test_a_transfer_of_a_kind_that_nobody_explains_turns_the_derivation_red(shop):
    with unguarded("ledger_transfer") as cursor:
        cursor.execute("UPDATE ledger_transfer SET kind = 'gift' WHERE kind = 'charge'")
    assert set(broken()) == {"available_is_derived"}


def test_reserved_money_without_its_promise_is_found(shop):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_wallet SET reserved = 31 WHERE reserved = 30")
    found = broken()
    assert set(found) == {"reserved_is_its_promises", "available_is_derived"}
    assert "keeps 31.00 reserved; its open promises say 30.00." in found[
        "reserved_is_its_promises"
    ][0]  # fmt: skip


def test_an_overspent_wallet_is_found(shop):
    with unguarded("ledger_wallet") as cursor:
        cursor.execute("ALTER TABLE ledger_wallet DROP CONSTRAINT wallet_never_overspent")
        cursor.execute("UPDATE ledger_wallet SET reserved = 90 WHERE reserved = 30")
    assert "holds 80.00 and keeps 90.00 reserved" in broken()["nothing_is_overspent"][0]


def test_a_transfer_that_slipped_into_a_locked_month_is_found(shop):
    SettlementRun.objects.create(
        month=MARCH, state="locked", opened_at=datetime(2026, 1, 1, tzinfo=UTC), posted_on=TODAY,
        locked_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    assert broken()["locked_months_are_untouched"] == [
        "charge/1, 20.00, was posted into 2026-03 after it was locked."
    ]


def test_a_reference_that_was_used_twice_is_found(shop):
    with unguarded("ledger_transfer") as cursor:
        cursor.execute("ALTER TABLE ledger_transfer DROP CONSTRAINT transfer_reference_used_once")
        cursor.execute("UPDATE ledger_transfer SET reference = 'one'")
    assert broken()["references_are_used_once"] == ["The reference one stands for 2 transfers."]


def test_a_treasury_that_earned_and_held_money_below_zero_are_found(shop):
    wallet = make.wallet(shop)
    with unguarded("ledger_transfer") as cursor:
        cursor.execute("DELETE FROM ledger_transfer WHERE kind = 'grant'")
    moved(wallet, actions.system_wallet("treasury"), "10.00", "lapse")
    held = actions.system_wallet("held")
    with unguarded("ledger_transfer"):
        moved(held, wallet, "5.00", "release")
    found = broken()
    assert found["system_wallets_keep_their_sign"] == [
        "The wallet held stands at -5.00, which is below 0.00.",
        "The wallet treasury stands at 10.00, which is above 0.00.",
    ]
    assert found["held_out_is_held_in"] == [
        "contracts:contract 1: 0.00 was held and 5.00 released."
    ]


def test_a_grant_above_its_budget_is_found():
    shop, admin = make.me("Shop"), make.hr_admin()
    envelope = drafting.Envelope("operating", 2026, "yearly")
    rule = drafting.draft_grant(shop, Decimal("10.00"), envelope, by=admin, on=TODAY)
    budgets.publish(rule, by=admin, on=TODAY)
    allocation = rule.allocations.get()
    with unguarded("ledger_allocation") as cursor:
        cursor.execute("UPDATE ledger_allocation SET amount = 9")
    assert broken() == {
        "grants_keep_to_their_budget": [
            f"Allocation {allocation.pk} of Shop: 9.00 planned, 10.00 released, 0.00 taken back."
        ]
    }


def test_more_than_fifty_faults_are_counted_not_listed():
    for _ in range(52):
        make.granted(make.me(may_decide=False), "1.00")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_wallet SET balance = 2 WHERE system = ''")
    found = broken()["balance_is_its_transfers"]
    assert (len(found), found[-1]) == (51, "And 2 more.")


def test_available_money_is_derived_as_in_the_product_book():
    """PRODUCT 4.7: 120,000 + 8,000 + 3,000 - 1,000 = 130,000; less 9,000, 52,000, 41,000 and
    1,500 leaves 26,500.00."""
    shop, other = make.me("Shop"), make.me("Other")
    make.granted(shop, "120000.00")
    mine = make.wallet(shop)
    make.granted(other, "50000.00")
    theirs = make.wallet(other)
    moved(theirs, mine, "8000.00", "carry_over")
    moved(theirs, mine, "3000.00", "move")
    moved(mine, theirs, "1000.00", "move")
    for kind, amount in [("pre_committed", "9000.00"), ("committed", "52000.00")]:
        cause = Cause(f"contracts:{kind}", 1)
        actions.promise(shop, {MARCH: Decimal(amount)}, kind=kind, cause=cause, on=TODAY)
    moved(mine, theirs, "41000.00", "charge")
    moved(mine, actions.system_wallet("held"), "1500.00", "hold", cause=4)
    row = next(each for each in derivation.of_all_wallets() if each.wallet == mine.pk)
    assert row.authorised == 130000
    assert (row.pre_committed, row.committed, row.spent, row.held) == (9000, 52000, 41000, 1500)
    assert row.available == row.stored == Decimal("26500.00")
    assert broken() == {}


def test_the_money_bar_and_the_derivation_agree_on_held_and_spent_money():
    shop, lab = make.me("Shop"), make.me("Lab")
    make.granted(shop, "1000.00")
    mine, theirs, held = make.wallet(shop), actions.wallet_of(lab, month=MARCH), "held"
    hold = {"cause": 7, "reference": "2026-03/test/7"}
    moved(mine, actions.system_wallet(held), "140.00", "hold", **hold)
    bar = make.money(shop)
    assert (bar.held, bar.spent, bar.available) == (140, 0, 860)
    moved(actions.system_wallet(held), mine, "56.00", "release", cause=7)
    moved(actions.system_wallet(held), theirs, "84.00", "release", cause=7)
    moved(theirs, mine, "4.00", "credit")
    bar = make.money(shop)
    assert (bar.held, bar.spent, bar.available) == (0, 80, 920)
    row = next(each for each in derivation.of_all_wallets() if each.wallet == mine.pk)
    assert (row.held, row.spent, row.available) == (0, 80, 920)
    assert broken() == {}


def test_what_comes_back_of_what_the_provider_had_earned_was_not_spent_by_either_side():
    """After posting: 200.00 paid, 140.00 of it held, 56.00 back to the buyer, 84.00 released."""
    shop, lab = make.me("Shop"), make.me("Lab")
    make.granted(shop, "1000.00")
    mine, theirs, held = make.wallet(shop), actions.wallet_of(lab, month=MARCH), "held"
    moved(mine, theirs, "200.00", "charge")
    moved(theirs, actions.system_wallet(held), "140.00", "hold", cause=7)
    bars = [make.money(each) for each in (shop, lab)]
    assert [(bar.held, bar.spent, bar.available) for bar in bars] == [(0, 200, 800), (140, 0, 60)]
    moved(actions.system_wallet(held), mine, "56.00", "release", cause=7)
    moved(actions.system_wallet(held), theirs, "84.00", "release", cause=7)
    bars = [make.money(each) for each in (shop, lab)]
    assert [(bar.held, bar.spent, bar.available) for bar in bars] == [(0, 144, 856), (0, 0, 144)]
    assert [bar.received for bar in bars] == [1000, 144]
    derived = {row.name: row for row in derivation.of_all_wallets()}
    found = [(row.authorised, row.held, row.spent) for row in (derived["Shop"], derived["Lab"])]
    assert found == [(1000, 0, 144), (144, 0, 0)]
    assert broken() == {}


def test_what_comes_back_in_a_later_year_is_received_there_and_was_spent_in_the_old_one():
    shop, lab = make.me("Shop"), make.me("Lab")
    make.granted(shop, "1000.00")
    theirs, held = actions.wallet_of(lab, month=MARCH), actions.system_wallet("held")
    moved(make.wallet(shop), theirs, "200.00", "charge")
    moved(theirs, held, "140.00", "hold", cause=7)
    later = date(2027, 1, 1)
    for me, amount in ((shop, "56.00"), (lab, "84.00")):
        moved(held, actions.wallet_of(me, month=later), amount, "release", cause=7, month=later)
    assert (make.money(shop).spent, make.money(shop).available) == (200, 800)
    for me, amount in ((shop, 56), (lab, 84)):
        new = make.money(me, on=later)
        assert (new.spent, new.held, new.received, new.available) == (0, 0, amount, amount)
    assert broken() == {}


def test_only_those_who_may_see_all_money_check_it():
    with pytest.raises(Forbidden, match="auditors check the money"):
        checks.check_money(by=make.office(), on=TODAY)


def test_the_command_names_what_is_broken_and_ends_in_status_1(shop):
    out = StringIO()
    call_command("check_money", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"checked": len(checks.all_checks()), "broken": []}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_wallet SET reserved = 31 WHERE reserved = 30")
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("check_money", "--json", stdout=out, stderr=err)
    assert ended.value.returncode == 1
    assert "reserved_is_its_promises" in {
        each["what"] for each in json.loads(out.getvalue())["broken"]
    }
    assert "reserved_is_its_promises" in err.getvalue()
    assert MoneyCheck.objects.filter(is_sound=False).count() == 1


def test_the_night_checks_once_a_day_and_logs_what_is_broken(shop, caplog):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_wallet SET reserved = 31 WHERE reserved = 30")
    assert checks.check_due(on=TODAY)["broken"]
    checks.check_due(on=TODAY)
    assert MoneyCheck.objects.count() == 1
    assert "The money does not add up: reserved_is_its_promises" in caplog.text
