"""Killed workers, lost servers, doubled messages: the month ends with the same figures.

Real processes over real queues. What an undisturbed run makes of the same rows is found first, in a
transaction that is rolled back; then the month is disturbed, and compared to the cent.
"""

import json
import random
import re
import sys
import time
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from functools import partial
from pathlib import Path

import psycopg2
import pytest
from django.db import connection, transaction
from kombu import Connection
from kombu.exceptions import OperationalError as QueueAway

from config.celery import app
from config.tasks import run_due_jobs
from contracts import settlement
from contracts.actions import clockwork
from contracts.models import Contract, Overage, SettlementLine, SettlementRefusal
from contracts.queries.settlement import progress_of
from contracts.settlement.runs import digest_of
from contracts.tasks import wake, work_on_run
from devstack import servers
from devstack.processes import comes_true, start, stop
from ledger import checks
from ledger.models import Reservation, SettlementChunk, SettlementRun, Transfer, Wallet
from tests import make
from tests.journeys.processes import PATIENCE, Database, database_of_its_own, serving, working
from tests.make import MARCH
from tests.make.crowds import crowd

pytestmark = pytest.mark.django_db(transaction=True)
APRIL_6 = date(2026, 4, 6)
BUYERS, CHUNK = 40, 20
COMPUTED, POSTED = SettlementRun.State.COMPUTED, SettlementRun.State.POSTED


@pytest.fixture
def market(calm_zone, sets_the_day):
    """Two hundred contracts of forty buyers: fixed, per unit, above the promise and above the cap,
    a missed level; and one that was never signed by both, which is refused."""
    make.org(time_zone=calm_zone)
    buyer, provider, other = make.me(kind="frontline"), make.me(), make.me()
    examples = [
        make.agreed(buyer, provider, price="1999.99"),
        make.levelled(buyer, other, price="1200.00"),
        *(make.hires(buyer, provider) for _ in range(3)),
    ]
    clockwork.run_clock(on=MARCH)
    for contract, quantity in zip(examples[2:], ("7.5", "11", "13"), strict=True):
        make.used(contract, quantity)
    make.measured(examples[1], 91, 100)
    examples = [Contract.objects.get(pk=each.pk) for each in examples]
    contracts = crowd(examples, BUYERS)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM contracts_signature WHERE contract_id = %s", [contracts[7].pk])
        cursor.execute("SET session_replication_role = DEFAULT")
    sets_the_day(APRIL_6)
    return contracts


def opened(to=POSTED):
    return settlement.ask_for(MARCH, to=to, on=APRIL_6, chunk_size=CHUNK)


def figures():
    """All that a settled month leaves behind, without the keys that a second run numbers anew."""
    run = SettlementRun.objects.get(month=MARCH)
    wallets = Wallet.objects.order_by("system", "owner", "fund")
    promises = Reservation.objects.order_by("wallet__owner", "kind", "month", "amount", "closed_on")
    return {
        "state": run.state,
        "digest": digest_of(run),
        "lines": SettlementLine.objects.count(),
        "wallets": list(wallets.values_list("owner", "system", "balance", "reserved")),
        "transfers": list(
            Transfer.objects.order_by("reference").values_list(
                "reference", "payer__owner", "payee__owner", "amount", "kind", "month"
            )
        ),
        "promises": list(
            promises.values_list("wallet__owner", "kind", "month", "amount", "closed_on", "ends_on")
        ),
        "overages": list(Overage.objects.order_by("contract").values_list("contract", "amount")),
        "refused": list(SettlementRefusal.objects.values_list("contract", "code")),
    }


@pytest.fixture
def undisturbed(market):
    with transaction.atomic():
        opened()
        settlement.work(MARCH, on=APRIL_6)
        found = figures()
        transaction.set_rollback(True)
    assert (found["state"], found["refused"]) == ("posted", [(market[7].pk, "unsigned")])
    assert len(found["overages"]) == BUYERS + 1
    assert not SettlementLine.objects.exists()
    return found


def ends_as(undisturbed):
    """The same figures, and the money adds up."""
    found = figures()
    for name, rows in undisturbed.items():
        if isinstance(rows, list):
            assert set(found[name]) ^ set(rows) == set(), name
        assert found[name] == rows, name
    assert [(each.what, each.broken) for each in checks.findings() if each.broken] == []


@pytest.fixture(autouse=True)
def _empty_queue():
    with app.connection_for_write() as queue:
        app.control.purge(connection=queue)
    yield
    with app.connection_for_write() as queue:
        app.control.purge(connection=queue)


def is_settled(step=POSTED):
    return SettlementRun.objects.filter(month=MARCH, state=step.value).exists()


def waits_for(word):
    """Some backend of ours waits for a lock in a statement with that word."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock' AND query LIKE %s",
            [f"%{word}%"],
        )
        return bool(cursor.fetchone()[0])


def who_waits():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT wait_event_type, wait_event, state, left(query, 200) FROM pg_stat_activity"
            " WHERE datname = current_database()"
        )
        return cursor.fetchall()


def tells_the_truth(client, *, step=POSTED):
    """The page says as many contracts as the chunks have passed, and the money is that of those."""
    run = SettlementRun.objects.get(month=MARCH)
    passed = SettlementChunk.objects.filter(run=run, state=step.value)
    done = sum(passed.values_list("contract_count", flat=True))
    told = progress_of(run)
    assert (told.done, told.total, told.is_at_work) == (done, 5 * BUYERS + 5, True)
    words = f"{max(0, done - run.refusals.count())} of {told.total} contracts {step.value}"
    assert words in client.get("/hr/settlement/2026-03/progress/").text
    paid = Transfer.objects.filter(kind="charge")
    for chunk in SettlementChunk.objects.filter(run=run).exclude(state="posted"):
        assert not paid.filter(
            payer__owner__gte=chunk.first_buyer, payer__owner__lte=chunk.last_buyer
        ).exists()


# Where the worker stands when it is killed: what we hold, and whose statement waits for it.
STAGES = {
    "contracts_usage": "SELECT 1 FROM contracts_usage ORDER BY id FOR NO KEY UPDATE",
    "contracts_settlementline": "LOCK TABLE contracts_settlementline IN EXCLUSIVE MODE",
    "contracts_contract": "SELECT 1 FROM contracts_contract ORDER BY id FOR NO KEY UPDATE",
    "ledger_reservation": "SELECT 1 FROM ledger_reservation ORDER BY id FOR NO KEY UPDATE",
    "ledger_wallet": "SELECT 1 FROM ledger_wallet ORDER BY id FOR NO KEY UPDATE",
}


def test_a_worker_killed_at_each_stage_loses_and_doubles_nothing(undisturbed, tmp_path, client):
    """Reading, writing lines, and in posting at contracts, promises and wallets."""
    client.force_login(make.hr_admin())
    run = opened()
    with working(tmp_path) as (worker,):
        with transaction.atomic(), connection.cursor() as cursor:
            held = []
            for word, hold in reversed(STAGES.items()):  # The last one first, to free them in turn.
                held.append((word, transaction.savepoint()))
                cursor.execute(hold)
            for word, savepoint in reversed(held):
                wake(run)
                assert comes_true(lambda word=word: waits_for(word), within=PATIENCE), who_waits()
                tells_the_truth(client)
                worker.kill_child()
                transaction.savepoint_rollback(savepoint)
        wake(run)
        assert comes_true(is_settled, within=PATIENCE), worker.log.read_text()
    ends_as(undisturbed)


def test_workers_killed_at_random_are_followed_by_two_beats_and_doubled_messages(
    undisturbed, tmp_path, client
):
    """The whole group dies, its message with it: the timetable goes on, twice at once."""
    client.force_login(make.hr_admin())
    seed = random.randrange(10**6)  # noqa: S311
    sys.stdout.write(f"seed {seed}\n")  # Shown where the test fails.
    chance = random.Random(seed)  # noqa: S311
    run = opened()
    with working(tmp_path) as (worker,):
        wake(run)
        comes_true(lambda: SettlementChunk.objects.exclude(state="open").exists(), within=PATIENCE)
        for _ in range(3):
            time.sleep(chance.uniform(0, 0.4))
            worker.kill_child()
            end_backends(chance)
        time.sleep(chance.uniform(0, 0.4))
        worker.kill()
    if not is_settled():
        tells_the_truth(client)
    with app.connection_for_write() as queue:
        app.control.purge(connection=queue)
    with working(tmp_path, 2) as (first, second):
        run_due_jobs.delay()
        run_due_jobs.delay()
        for _ in range(2):
            work_on_run.delay("2026-03")
        assert comes_true(is_settled, within=PATIENCE), first.log.read_text()
        logs = (first.log, second.log)
        assert comes_true(
            lambda: sum(log.read_text().count(" succeeded in ") for log in logs) >= 4,
            within=PATIENCE,
        ), first.log.read_text() + second.log.read_text()
    ends_as(undisturbed)


def end_backends(chance):
    """PostgreSQL ends connections of ours in the middle of whatever they do."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for (pid,) in cursor.fetchall():
            if chance.random() < 0.7:
                cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_a_month_goes_on_when_the_queue_was_lost_and_is_back(undisturbed, tmp_path, client):
    client.force_login(make.hr_admin())
    opened()
    with ExitStack() as stack:
        queue = stack.enter_context(servers._valkey(keep=False))  # noqa: SLF001
        with working(tmp_path, broker=queue.url) as (worker,):
            queue.process.kill()
            queue.process.wait()
            with pytest.raises(QueueAway):
                told(queue.url)
            tells_the_truth(client)
            words = stack.enter_context((tmp_path / "valkey.log").open("wb"))
            again = start(queue.process.args, env={}, folder=Path("/"), output=words)
            stack.callback(stop, again)
            assert comes_true(lambda: servers._pongs(queue.url), within=20)  # noqa: SLF001
            told(queue.url)
            assert comes_true(is_settled, within=PATIENCE), worker.log.read_text()
    ends_as(undisturbed)


def told(url):
    """As a beat does: one message, which a queue that is away refuses at once."""
    with Connection(
        url.replace("unix://", "redis+socket://", 1), transport_options={"max_retries": 1}
    ) as sender:
        work_on_run.apply_async(["2026-03"], connection=sender, retry=False)


@pytest.fixture
def own_database(transactional_db):
    with database_of_its_own() as server:
        yield server


@pytest.fixture
def undisturbed_there(own_database, request):
    """The market is made on the server that will be stopped."""
    return request.getfixturevalue("undisturbed")


# What we hold of the buyer in the middle, so that the worker waits there with chunks behind it.
HOLDS = {
    COMPUTED: "SELECT 1 FROM contracts_usage JOIN contracts_contract c ON c.id = contract_id"
    " WHERE c.buyer_id = %s FOR NO KEY UPDATE OF contracts_usage",
    POSTED: "SELECT 1 FROM ledger_wallet WHERE owner_id = %s FOR NO KEY UPDATE",
}


@contextmanager
def held_up(database, step, buyer):
    """A worker stands still at that buyer while we hold it; its server may stop meanwhile."""
    with closing(psycopg2.connect(database.url)) as holder:
        holder.cursor().execute(HOLDS[step], [buyer])
        wake(opened(step))
        table = {COMPUTED: "contracts_usage", POSTED: "ledger_wallet"}[step]
        assert comes_true(lambda: waits_for(table), within=PATIENCE), who_waits()
        yield


def says_that_it_is_away(web):
    """In a sentence for people, and in a document for programs; the process itself is well."""
    page, document = web.get("/hr/settlement/2026-03/"), web.get("/api/v1/settlement-runs/")
    assert (page.status, document.status) == (503, 503)
    assert "The database does not answer; most likely it is being restarted." in page.text
    assert "Traceback" not in page.text
    assert json.loads(document.text)["code"] == "database_away"
    assert document.headers["Content-Type"] == "application/problem+json"
    assert (page.headers["Retry-After"], document.headers["Retry-After"]) == ("5", "5")
    assert web.get("/healthz", is_supervisor=True).status == 200
    ready = web.get("/readyz", is_supervisor=True)
    assert (ready.status, json.loads(ready.text)["database"]) == (503, False)


def says_how_far(web, step):
    """The worker may be at work again: the page's figure lies between those around it."""
    before = count_of(step)
    found = re.search(r"(\d+) of 205 contracts", web.get("/hr/settlement/2026-03/progress/").text)
    after = count_of(step)
    assert found or is_settled(step)
    assert not found or max(0, before - 1) <= int(found[1]) <= after


def count_of(step):
    """How many contracts have passed; the refused one among them."""
    passed = SettlementChunk.objects.filter(state=step.value).values_list("contract_count")
    return sum(count for (count,) in passed)


@pytest.mark.parametrize(
    ("computing", "posting"),
    [(Database.IMMEDIATE, Database.FAST), (Database.FAST, Database.IMMEDIATE)],
    ids=["crash, then restart", "restart, then crash"],
)
def test_a_database_restarted_in_both_passes_loses_and_doubles_nothing(
    computing, posting, own_database, undisturbed_there, market, tmp_path, client
):
    """The workers go on by themselves, and pages say what is the matter and come back."""
    client.force_login(make.hr_admin())
    buyer = market[len(market) // 2].buyer_id
    where = {"database": own_database.url}
    with working(tmp_path, **where) as (worker,), serving(tmp_path, client, **where) as web:
        for step, how in ((COMPUTED, computing), (POSTED, posting)):
            with held_up(own_database, step, buyer):
                tells_the_truth(web, step=step)
                own_database.stop(how)
            for _ in range(3):
                says_that_it_is_away(web)
            own_database.start()
            says_how_far(web, step)
            assert [web.get("/hr/settlement/2026-03/").status for _ in range(6)] == [200] * 6
            assert comes_true(partial(is_settled, step), within=PATIENCE), worker.log.read_text()
            assert not SettlementChunk.objects.exclude(attempts=0).exists()
        assert "Retry in" in worker.log.read_text()
    ends_as(undisturbed_there)
