"""Many workers, shoppers and a killed process at the same month: the figures stay the same."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from datetime import date
from decimal import Decimal
from functools import partial
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from accounts.errors import Refused
from contracts import settlement
from contracts.actions import settlement as answers
from contracts.models import Overage, SettlementLine, SettlementRefusal
from ledger import actions as ledger
from ledger.models import Cause, Reservation, SettlementChunk, SettlementRun, Transfer, Wallet
from ledger.queries import money_of
from tests import make
from tests.database import at_once
from tests.make import APRIL, MARCH

pytestmark = pytest.mark.django_db(transaction=True)
APRIL_6 = date(2026, 4, 6)
# A process of its own, as a worker is: it settles March and says so.
WORKER = """
import django; django.setup()
from datetime import date
from contracts import settlement
print(settlement.work(date(2026, 3, 1), on=date(2026, 4, 6)).state)
"""


def market(buyers=6):
    """Some buyers of two providers, two contracts each."""
    providers = [make.me(), make.me()]
    for number in range(buyers):
        buyer = make.me(kind="frontline")
        contract = make.hires(buyer, providers[number % 2])
        make.used(contract, "11" if number % 2 else "7")
        make.agreed(buyer, providers[(number + 1) % 2])


def figures():
    wallets = Wallet.objects.order_by("owner", "fund").values_list("owner", "balance", "reserved")
    charges = Transfer.objects.filter(kind="charge").order_by("reference")
    windows = Reservation.objects.open().filter(kind="dispute_window").order_by("wallet")
    return [
        list(wallets),
        list(charges.values_list("reference", "payer__owner", "payee__owner", "amount")),
        list(windows.values_list("wallet", "amount")),
        SettlementLine.objects.aggregate(total=Sum("amount"))["total"],
    ]


def deadlocks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def opened():
    """A chunk for each buyer."""
    return settlement.ask_for(MARCH, to=SettlementRun.State.POSTED, on=APRIL_6, chunk_size=2)


def test_eight_settlements_of_one_month_at_once_pay_once():
    market()

    def settle():
        opened()
        return settlement.work(MARCH, on=APRIL_6).state

    before = deadlocks()
    at_once([settle] * 8)
    assert SettlementRun.objects.get().state == "posted"
    assert SettlementChunk.objects.count() == 6
    assert set(SettlementChunk.objects.values_list("attempts", flat=True)) == {0}
    charged = Transfer.objects.filter(kind="charge").aggregate(total=Sum("amount"))["total"]
    assert charged == 3 * 1100 + 3 * 700 + 6 * 2000
    windows = Reservation.objects.filter(kind="dispute_window")
    assert (windows.count(), windows.aggregate(total=Sum("amount"))["total"]) == (2, charged)
    assert sum(Wallet.objects.filter(system="").values_list("balance", flat=True)) == 6_000_000
    assert deadlocks() == before


def test_posting_beside_buying_never_deadlocks_nor_overspends():
    market(buyers=12)
    run, before = opened(), deadlocks()
    buyers = [wallet.owner for wallet in Wallet.objects.filter(system="", balance__gt=0)]

    def shop(number):
        """Promise all but 50.00 of one buyer after the other, and let it go, until all is paid."""
        cause, turn = Cause("contracts:outside_purchase", 1000 + number), 0
        while SettlementRun.objects.get(pk=run.pk).state != "posted":
            me = buyers[(3 * number + turn) % len(buyers)]
            all_but_fifty = money_of(me, on=APRIL_6).available - 50
            if all_but_fifty > 0:
                with suppress(Refused):
                    ledger.promise(
                        me, {APRIL: all_but_fifty}, kind="committed", cause=cause, on=APRIL_6
                    )
                ledger.release(cause, on=APRIL_6)
            turn += 1
        return turn

    work = partial(settlement.work, MARCH, on=APRIL_6)
    turns = at_once([work, work, *[partial(shop, number) for number in range(4)]])[2:]
    assert all(turns)
    assert deadlocks() == before
    assert not SettlementRefusal.objects.exists()
    assert set(SettlementChunk.objects.values_list("state", "attempts")) == {("posted", 0)}
    for wallet in Wallet.objects.filter(system=""):
        promised = wallet.reservations.open().aggregate(total=Sum("amount"))["total"] or 0
        assert (wallet.reserved, wallet.balance >= wallet.reserved) == (promised, True)


def test_an_overage_is_decided_on_what_a_shopper_leaves_while_posting_waits():
    buyer = make.me(kind="frontline")
    make.granted(buyer, "10100.00")
    contract = make.hires(buyer)
    make.used(contract, "11")
    opened()
    cause = Cause("contracts:outside_purchase", 1)
    with ExitStack() as stack:
        worker = stack.enter_context(process())
        stack.callback(worker.kill)
        with transaction.atomic():
            ledger.promise(buyer, {APRIL: Decimal(50)}, kind="committed", cause=cause, on=APRIL_6)
            wait_until(is_waiting_for_a_wallet)
        assert worker.communicate(timeout=60)[0].strip() == "posted"
    assert not SettlementRefusal.objects.exists()
    assert Overage.objects.get().reason == "100.00 is needed, 50.00 was available."


def test_posting_does_not_wait_for_a_row_that_only_points_at_a_wallet():
    contract = make.agreed()
    opened()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        Reservation.objects.create(
            wallet=make.wallet(contract.buyer), kind="pre_committed", month=APRIL, amount=1,
            cause_route="contracts:outside_purchase", cause_id=1,
        )  # fmt: skip
        with process() as worker:
            try:
                assert worker.communicate(timeout=60)[0].strip() == "posted"
            finally:
                worker.kill()
        transaction.set_rollback(True)


def test_eight_acceptances_of_one_overage_pay_once():
    contract = make.hires()
    make.used(contract, "13")
    make.settled()
    overage, buyer = Overage.objects.get(), make.lead_of(contract.buyer)
    at_once([partial(answers.accept_overage, overage, by=buyer, on=APRIL_6)] * 8)
    assert Transfer.objects.filter(reference=f"overage/{overage.pk}").count() == 1
    assert make.wallet(contract.provider).balance == 1300


def test_a_worker_killed_inside_a_chunk_leaves_the_figures_of_an_undisturbed_run():
    market()
    opened()
    last = Wallet.objects.filter(system="").order_by("pk").last()
    with transaction.atomic():
        # The worker stops at a wallet that we hold: rows are written, nothing is committed.
        Wallet.objects.select_for_update(no_key=True).get(pk=last.pk)
        with process() as worker:
            try:
                wait_until(is_waiting_for_a_wallet)
            finally:
                worker.send_signal(signal.SIGKILL)
    wait_until(lambda: not is_waiting_for_a_wallet())
    assert SettlementChunk.objects.filter(state="posted").count() == 5
    with process() as worker:
        assert worker.communicate(timeout=60)[0].strip() == "posted"
    disturbed = figures()
    charged = sum(row[3] for row in disturbed[1])
    assert charged == disturbed[3] == 3 * 1100 + 3 * 700 + 6 * 2000
    for wallet in Wallet.objects.filter(system=""):
        promised = wallet.reservations.open().aggregate(total=Sum("amount"))["total"] or 0
        assert wallet.reserved == promised
    settlement.work(MARCH, on=APRIL_6)
    assert figures() == disturbed


def process():
    """A worker on the test's own database."""
    url = urlsplit(os.environ["DATABASE_URL"])
    url = url._replace(path=f"/{connection.settings_dict['NAME']}")
    own = {"DATABASE_URL": urlunsplit(url), "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", WORKER],
        env=os.environ | own, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def is_waiting_for_a_wallet():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees the first look
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock' AND query LIKE '%ledger_wallet%'"
        )
        return bool(cursor.fetchone()[0])


def wait_until(holds, *, seconds=30):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "It took too long."
        time.sleep(0.1)
