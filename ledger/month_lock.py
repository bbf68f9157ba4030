"""Two things that must not happen at once: a month's settlement begins, a day of it changes.

Held to the end of the transaction: whoever changes days of a month shares the lock, whoever opens
its run has it alone. So a change is either seen by the settlement, or finds that it has begun.
"""

from datetime import date

from django.db import connection

# One lock space of our own among the database's advisory locks.
_SPACE = 4710


def keep_open(month: date) -> None:
    """Let no run of the month begin until this transaction is over."""
    _take("pg_advisory_xact_lock_shared", month)


def begin(month: date) -> None:
    """Wait for whoever changes a day of the month right now, and let nobody start to."""
    _take("pg_advisory_xact_lock", month)


def _take(function: str, month: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [_SPACE, month.toordinal()])
