"""A plugin that takes the locks and the constraints away; see test_guards.py.

`pytest -p tests.without_guards` runs tests on a database that no longer refuses what the races of
the market would do, through connections that lock no row.
"""

import re

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

CONSTRAINTS = {
    "ledger_wallet": ["wallet_never_overspent", "reserved_not_negative"],
    "ledger_transfer": ["transfer_reference_used_once"],
    "learning_market_courserun": ["no_seat_is_taken_twice"],
    "learning_market_learningseat": ["one_seat_per_person_and_run"],
    "contracts_usage": ["usage_entered_once_per_key"],
    "contracts_successresult": ["one_result_a_month"],
    "contracts_rating": ["rated_once_a_month"],
    "contracts_ratinginvitation": ["invited_once_a_month"],
    "contracts_settlementline": ["line_settled_once"],
}
_ADVISORY = re.compile(r"pg_advisory_xact_lock(_shared)?\(")
_LOCKS = re.compile(
    r"\bFOR (NO KEY )?(UPDATE|SHARE)( OF \S+)?( SKIP LOCKED| NOWAIT)?", re.IGNORECASE
)


@pytest.fixture(scope="session", autouse=True)
def _no_constraints(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table, names in CONSTRAINTS.items():
            for name in names:
                # A conditional unique constraint is an index of that name.
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
                cursor.execute(f"DROP INDEX IF EXISTS {name}")


@pytest.fixture(scope="session", autouse=True)
def _no_locks():
    execute = CursorWrapper.execute

    def without_locks(self, sql, params=None):
        if isinstance(sql, str):
            sql = _ADVISORY.sub("concat(", _LOCKS.sub("", sql))
        return execute(self, sql, params)

    CursorWrapper.execute = without_locks
    yield
    CursorWrapper.execute = execute
