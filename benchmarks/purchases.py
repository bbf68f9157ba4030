"""Eight processes buying from one hot wallet, against the same purchases from wallets of their own.

The hot wallet must keep at least 85 % of the throughput. Then again while a month settles: no
deadlock, and the slowest hundredth at most 100 ms slower.
"""

import argparse
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from benchmarks import machine, settlement
from benchmarks.servers import TEMPLATE, clone, servers, url_of


def main(arguments: Sequence[str]) -> int:
    """Print throughput, its ratio and the waiting times; the exit status says only that it ran."""
    parser = argparse.ArgumentParser(prog="benchmark purchases", description=__doc__)
    parser.add_argument("--buyers", type=int, default=8)
    parser.add_argument("--purchases", type=int, default=200, help="of each buyer")
    parser.add_argument("--contracts", type=int, default=20_000, help="in the month that settles")
    parser.add_argument("--pairs", type=int, default=3)
    asked = parser.parse_args(arguments)
    with servers() as server:
        for line in machine.facts(server):
            print(line)
        settlement.prepare(server, contracts=asked.contracts, mes=4_000)
        _shopping(url_of(server, TEMPLATE), "prepare", str(asked.buyers))
        own = [f"buyer-{number}-0" for number in range(1, asked.buyers + 1)]
        hot = [f"buyer-1-{place}" for place in range(asked.buyers)]
        rounds: dict[str, list[dict[str, Any]]] = {"own": [], "hot": [], "settling": []}
        for _ in range(asked.pairs):
            for name, buyers in (("own", own), ("hot", hot)):
                rounds[name].append(shop(clone(server, "round"), buyers, asked.purchases))
        for _ in range(asked.pairs):
            url = clone(server, "round")
            rounds["settling"].append(while_settling(url, hot, asked.purchases))
    _print(rounds, asked.buyers)
    return 0


def shop(url: str, buyers: Sequence[str], count: int) -> dict[str, Any]:
    """All buyers at once: purchases a second, and the milliseconds of each."""
    starts_at = time.time() + 6 + len(buyers) / 2
    command = [sys.executable, "-m", "benchmarks.shopping", "buy"]
    family = [
        subprocess.Popen(
            [*command, name, str(count), str(starts_at)], cwd=settlement.ROOT,
            env=settlement.environment(url), stdout=subprocess.PIPE, text=True,
        )
        for name in buyers
    ]  # fmt: skip
    found = [json.loads(each.communicate(timeout=600)[0].splitlines()[-1]) for each in family]
    seconds = max(each["ended_at"] for each in found) - starts_at
    took = sorted(each for one in found for each in one["took"])
    audit = _shopping(url, "audit")
    if audit["overspent"] or audit["purchases"] != count * len(buyers):
        raise SystemExit(f"The purchases do not add up: {audit}")
    return {
        "rate": len(took) / seconds,
        "p50": took[len(took) // 2],
        "p99": took[len(took) * 99 // 100],
        "deadlocks": audit["deadlocks"],
    }


def while_settling(url: str, buyers: Sequence[str], count: int) -> dict[str, Any]:
    """The same purchases while the month is computed and posted."""
    settling = threading.Thread(
        target=settlement.run_round, args=("settle", url), kwargs={"workers": 1}
    )
    settling.start()
    found = shop(url, buyers, count)
    settling.join()
    return found


def _shopping(url: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.shopping", *arguments], check=True,
        cwd=settlement.ROOT, env=settlement.environment(url), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def _print(rounds: dict[str, list[dict[str, Any]]], buyers: int) -> None:
    words = {"own": "wallets of their own", "hot": "one hot wallet", "settling": "hot, settling"}
    base = statistics.median(each["rate"] for each in rounds["own"])
    print(f"\n{buyers} processes buying outside")
    for name, found in rounds.items():
        rate = statistics.median(each["rate"] for each in found)
        p50 = statistics.median(each["p50"] for each in found)
        p99 = statistics.median(each["p99"] for each in found)
        deadlocks = sum(each["deadlocks"] for each in found)
        print(
            f"  {words[name]:22}{rate:7.0f} a second  {rate / base:.2f}   p50 {p50:6.1f} ms"
            f"   p99 {p99:6.1f} ms   deadlocks {deadlocks}"
        )
