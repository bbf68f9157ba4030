"""The month's settlement against one hand-written statement that copies its finished rows.

The base inserts lines and transfers that are already computed, and changes the reservations and
wallets, under the same constraints, indexes and foreign keys: less work than any settlement must
do. Ours is timed from `open` to `posted`, both passes, through real Celery workers. Bases and ours
take turns, and every round has a fresh clone of the same database.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2

from benchmarks import machine
from benchmarks.servers import TEMPLATE, administer, clone, drop, servers, url_of

ROOT = Path(__file__).resolve().parent.parent
MONTH = "2026-03-01"
# What a settled month has more than an unsettled one; the columns are those of the tables.
FINISHED = {
    "contracts_settlementline": f"month = '{MONTH}'",
    "ledger_transfer": f"month = '{MONTH}'",
    "ledger_reservation": "kind = 'dispute_window'",
}
_AFTER = {
    "wallet_after": "SELECT id, balance, reserved FROM ledger_wallet WHERE owner_id IS NOT NULL",
    "promise_after": "SELECT id, closed_on FROM ledger_reservation WHERE closed_on IS NOT NULL",
}
_BASE = f"""
    INSERT INTO ledger_settlementrun (id, month, state, goal, opened_at, posted_on, policy_version,
                                      digest)
    SELECT run_id, '{MONTH}', 'posted', 'posted', now(), current_date, 0, ''
    FROM finished_contracts_settlementline LIMIT 1;
    INSERT INTO contracts_settlementline SELECT * FROM finished_contracts_settlementline;
    INSERT INTO ledger_transfer SELECT * FROM finished_ledger_transfer;
    INSERT INTO ledger_reservation SELECT * FROM finished_ledger_reservation;
    UPDATE ledger_reservation r SET closed_on = p.closed_on FROM promise_after p WHERE r.id = p.id;
    UPDATE ledger_wallet w SET balance = a.balance, reserved = a.reserved
    FROM wallet_after a WHERE w.id = a.id;
"""


def main(arguments: Sequence[str]) -> int:
    """Print the ratios for each size; the exit status says only that it ran."""
    parser = argparse.ArgumentParser(prog="benchmark settlement", description=__doc__)
    parser.add_argument("--contracts", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--micro-enterprises", type=int, default=4_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--pairs", type=int, default=3, help="rounds of base and ours in turn")
    parser.add_argument("--naive", type=int, default=10_000, help="size of the naive run; 0: none")
    asked = parser.parse_args(arguments)
    with servers() as server:
        for line in machine.facts(server):
            print(line)
        if asked.naive:
            against_naive(server, contracts=asked.naive, mes=asked.micro_enterprises)
        for contracts in asked.contracts:
            measure(
                server, contracts=contracts, mes=asked.micro_enterprises, workers=asked.workers,
                pairs=asked.pairs,
            )  # fmt: skip
    return 0


def measure(server: str, *, contracts: int, mes: int, workers: Sequence[int], pairs: int) -> None:
    """One size: a base and each number of workers in turn, `pairs` times; prints the medians."""
    prepare(server, contracts=contracts, mes=mes)
    finish(server)
    bases: list[float] = []
    ours: dict[int, list[dict[str, float]]] = {each: [] for each in workers}
    for _ in range(pairs):
        bases.append(base(server))
        for count in workers:
            ours[count].append(settle(server, workers=count))
    base_seconds = statistics.median(bases)
    print(f"\n{contracts:,} contracts of {mes:,} MEs")
    print(f"  base                 {base_seconds:8.2f} s   1.00  (of {_listed(bases)})")
    for count, rounds in ours.items():
        seconds = [each["seconds"] for each in rounds]
        middle = statistics.median(seconds)
        print(
            f"  ours, {count} worker{'s' * (count > 1):1}       {middle:8.2f} s"
            f"   {middle / base_seconds:.2f}  (of {_listed(seconds)})"
        )
        last = rounds[-1]
        print(
            f"    {middle / contracts * 1e6:.0f} µs a contract,"
            f" worker's memory {max(each['memory'] for each in rounds):.0f} MB,"
            f" second run {last['again'] / last['seconds']:.2%} of the first,"
            f" a wallet locked {last['locked']:.1%} of the time, deadlocks {last['deadlocks']:.0f}"
        )
    drop(server, "finished_rows")


def prepare(server: str, *, contracts: int, mes: int) -> None:
    """The month before its settlement, in the database that the rounds are cloned from."""
    drop(server, TEMPLATE)
    administer(server, f"CREATE DATABASE {TEMPLATE}")
    url = url_of(server, TEMPLATE)
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, check=True, cwd=ROOT, env=environment(url))
    words = (Path(__file__).parent / "market.sql").read_text()
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(words.format(contracts=contracts, mes=mes))
        connection.commit()
        connection.autocommit = True
        cursor.execute("VACUUM ANALYZE")


def finish(server: str) -> None:
    """Settle once, and keep the finished rows beside the unsettled month for the base."""
    settled = clone(server, "settled")
    run_round("settle", settled, workers=1)
    unsettled = clone(server, "finished_rows")
    with closing(psycopg2.connect(settled)) as source, closing(psycopg2.connect(unsettled)) as to:
        reading, writing = source.cursor(), to.cursor()
        copies = {f"finished_{t}": f"SELECT * FROM {t} WHERE {w}" for t, w in FINISHED.items()}
        for table in FINISHED:
            writing.execute(f"CREATE TABLE finished_{table} (LIKE {table})")
        writing.execute("CREATE TABLE wallet_after (id bigint, balance numeric, reserved numeric)")
        writing.execute("CREATE TABLE promise_after (id bigint, closed_on date)")
        for table, query in (copies | _AFTER).items():
            with tempfile.TemporaryFile() as rows:
                reading.copy_expert(f"COPY ({query}) TO STDOUT", rows)
                rows.seek(0)
                writing.copy_expert(f"COPY {table} FROM STDIN", rows)
        to.commit()
        to.autocommit = True
        writing.execute("VACUUM ANALYZE")
    drop(server, "settled")


def base(server: str) -> float:
    """Seconds of the hand-written statements, to the end of their commit."""
    url = clone(server, "round", of="finished_rows")
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(_BASE)
        connection.commit()
        return time.perf_counter() - began


def settle(server: str, *, workers: int) -> dict[str, float]:
    return run_round("settle", clone(server, "round"), workers=workers)


def against_naive(server: str, *, contracts: int, mes: int) -> None:
    """What a team would write first: a transaction per contract through the ORM."""
    prepare(server, contracts=contracts, mes=mes)
    finish(server)
    base_seconds = base(server)
    found = run_round("naive", clone(server, "round"), workers=0)
    ours = settle(server, workers=1)
    print(f"\n{contracts:,} contracts, row by row through the ORM")
    print(f"  base                 {base_seconds:8.2f} s   1.00")
    print(
        f"  naive                {found['seconds']:8.2f} s  {found['seconds'] / base_seconds:5.1f}"
    )
    print(f"  ours, 1 worker       {ours['seconds']:8.2f} s  {ours['seconds'] / base_seconds:5.1f}")


def run_round(kind: str, url: str, *, workers: int) -> dict[str, float]:
    """One round in processes of its own, which know only this database."""
    with _workers(url, workers):
        command = [sys.executable, "-m", "benchmarks.rounds", kind, str(workers)]
        done = subprocess.run(
            command, check=True, cwd=ROOT, env=environment(url), stdout=subprocess.PIPE, text=True
        )
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


@contextmanager
def _workers(url: str, count: int) -> Iterator[None]:
    if not count:
        yield
        return
    command = [
        sys.executable, "-m", "celery", "--app=config", "worker", f"--concurrency={count}",
        "--loglevel=ERROR", "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=environment(url), stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def environment(url: str) -> dict[str, str]:
    return os.environ | {"DATABASE_URL": url}


def _listed(seconds: Sequence[float]) -> str:
    return ", ".join(f"{each:.1f}" for each in seconds)
