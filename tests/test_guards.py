"""The tests of the races go red when the locks and the constraints that they guard are gone.

They run again in a process of their own, on a copy of the database without those
(`tests/without_guards.py`): whichever always passed there would prove nothing.
"""

import os
import re
import subprocess
import sys

import pytest
from django.db import connection

from benchmarks.servers import url_of
from tests.database import clone

GUARDED = (
    "ledger/test_money_moves.py::test_eight_promises_at_once_never_overspend_one_wallet",
    "ledger/test_money_moves.py::test_eight_equal_promises_reserve_once",
    "ledger/test_money_moves.py::test_eight_payments_with_one_reference_pay_once",
    "contracts/test_races.py::test_eight_offers_at_once_never_overspend_one_wallet",
    "contracts/test_change_races.py::test_a_suspension_in_the_last_minute_is_seen_by_its_month",
    "contracts/test_settlement_races.py::test_eight_settlements_of_one_month_at_once_pay_once",
    "contracts/test_delivery.py::test_eight_entries_with_one_key_are_one",
    "contracts/test_delivery.py::test_eight_values_at_once_are_one_result",
    "contracts/test_ratings.py::test_eight_ratings_of_one_person_at_once_are_one",
    "learning/test_investing.py::test_eight_leads_that_want_the_last_two_seats_get_exactly_two",
)


# Chance has a part in any race: now and then one is won in good order with nothing to guard it.
TURNS = 3


@pytest.mark.django_db(transaction=True)
def test_without_their_guards_the_races_are_lost():
    copy = f"{connection.settings_dict['NAME']}_unguarded"
    with clone(copy):
        left, said = set(GUARDED), ""
        for _ in range(TURNS):
            verdicts, said = _run(sorted(left), database=copy)
            assert verdicts.keys() == left, said
            assert "ERROR" not in verdicts.values(), said
            left = {name for name, verdict in verdicts.items() if verdict == "PASSED"}
            if not left:
                break
    assert not left, said


def _run(names, *, database):
    """The verdict on each test, run without guards on that database, and what pytest said."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    # pytest-django adds the prefix again, and finds the database migrated.
    env["DATABASE_URL"] = url_of(env["DATABASE_URL"], database.removeprefix("test_"))
    command = [sys.executable, "-m", "pytest", "-p", "tests.without_guards", "-q", "-rA", "--tb=no"]
    command += ["-p", "no:cacheprovider", "-p", "no:xdist", "--reuse-db"]
    command += [f"tests/{each}" for each in names]
    done = subprocess.run(
        command, check=False, env=env, capture_output=True, text=True, timeout=300
    )
    told = re.findall(r"^(PASSED|FAILED|ERROR) tests/(\S+)", done.stdout, re.MULTILINE)
    return {name: verdict for verdict, name in told}, done.stdout[-3000:] + done.stderr[-2000:]
