"""One timed round within one database; prints its figures as one line of JSON."""

import json
import sys
import threading
import time
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import django

django.setup()

import psycopg2  # noqa: E402  after the set-up
from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from benchmarks.naive import settle_naively  # noqa: E402
from config.celery import app  # noqa: E402
from contracts import tasks  # noqa: E402
from contracts.settlement import runs  # noqa: E402
from ledger.models import SettlementRun, Wallet  # noqa: E402

MONTH = date(2026, 3, 1)
DAY = date(2026, 4, 6)
PATIENCE = 1800
_ACTIVITY = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def settle(workers: int) -> dict[str, float]:
    """From `open` to `posted` by that many worker processes, and what it did to the wallets."""
    family = _ready_workers(workers)
    with _Probe() as probe:
        began = time.perf_counter()
        run = runs.ask_for(MONTH, to=SettlementRun.State.POSTED, on=DAY)
        tasks.wake(run)
        while run.state != SettlementRun.State.POSTED:
            if time.perf_counter() - began > PATIENCE:
                raise SystemExit(f"Not posted after {PATIENCE} s: {run.state}")
            time.sleep(0.02)
            run.refresh_from_db(fields=["state"])
        seconds = time.perf_counter() - began
    began = time.perf_counter()
    runs.ask_for(MONTH, to=SettlementRun.State.POSTED, on=DAY)
    runs.work(MONTH, on=DAY)
    again = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVITY)
        (deadlocks,) = cursor.fetchone()
    return {
        "seconds": seconds,
        "again": again,
        "memory": max(_peak_memory(each) for each in family),
        "locked": probe.share,
        "deadlocks": deadlocks,
        "failed": run.chunks.exclude(failure="").count(),
    }


def naive(_: int) -> dict[str, float]:
    began = time.perf_counter()
    settle_naively(MONTH)
    return {"seconds": time.perf_counter() - began}


class _Probe(threading.Thread):
    """Asks every few milliseconds, with a connection of its own, whether a wallet is locked."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.asked = self.locked = 0
        self._over = threading.Event()

    def run(self) -> None:
        keys = list(Wallet.objects.filter(system="").order_by("pk").values_list("pk", flat=True))
        with closing(psycopg2.connect(**_own_connection())) as own, own.cursor() as cursor:
            while not self._over.wait(0.01):
                key = keys[self.asked * 7919 % len(keys)]
                cursor.execute(
                    "SELECT 1 FROM ledger_wallet WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED", [key]
                )
                self.asked += 1
                self.locked += cursor.fetchone() is None
                own.rollback()
        connection.close()

    def __enter__(self) -> "_Probe":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    @property
    def share(self) -> float:
        return self.locked / self.asked if self.asked else 0.0


def _own_connection() -> dict[str, Any]:
    found: dict[str, Any] = settings.DATABASES["default"]
    return {
        "dbname": found["NAME"], "user": found["USER"],
        "host": found["HOST"] or found["OPTIONS"].get("host"), "port": found["PORT"],
    }  # fmt: skip


def _ready_workers(count: int) -> list[int]:
    """The process ids of the pool, once it answers."""
    for _ in range(60):
        found: dict[str, Any] = app.control.inspect(timeout=1).stats() or {}
        pools = [each["pool"]["processes"] for each in found.values()]
        if pools and len(pools[0]) == count:
            return list(pools[0])
    raise SystemExit("The workers do not answer.")


def _peak_memory(process: int) -> float:
    """Megabytes that the process ever held at once."""
    words = Path(f"/proc/{process}/status").read_text()
    line = next(each for each in words.splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    with transaction.atomic():  # connects before the clock runs
        connection.ensure_connection()
    print(json.dumps({"settle": settle, "naive": naive}[sys.argv[1]](int(sys.argv[2]))))
