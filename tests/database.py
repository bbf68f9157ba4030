"""Real threads on real connections, for what only happens when two do it at once, and the database
that such tests commit to.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

from django.db import connection, connections, transaction
from psycopg2.sql import SQL, Identifier

from benchmarks.servers import administer

# A migrated database has these rows, and no test changes them.
_OF_DJANGO = {"django_migrations", "django_content_type", "auth_permission"}


def at_once(calls, *, timeout=60):
    """Run every call in a thread and connection of its own, all released at the same instant.

    The results come in the order of the calls; the first exception is raised. Tests that use it
    need `pytest.mark.django_db(transaction=True)`.
    """
    start = Barrier(len(calls))

    def run(call):
        try:
            # Connecting takes longer than most calls do, and would let them in one by one.
            connection.ensure_connection()
            start.wait(timeout)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [job.result(timeout) for job in [pool.submit(run, call) for call in calls]]


def is_superuser():
    """Whether this process may pass the triggers over, as on every server that the tests start."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        return cursor.fetchone() == ("on",)


@transaction.atomic
def empty():
    """Delete every row that tests have committed; the tables without a page are passed over.

    The locks wait for whoever still writes, as TRUNCATE would. As a replica no trigger objects,
    which needs a superuser, as every user is of a server that the tests start.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname != ALL(%s)"
            " AND relnamespace = current_schema()::regnamespace AND pg_relation_size(oid) > 0",
            [list(_OF_DJANGO)],
        )
        tables = [Identifier(name) for (name,) in cursor.fetchall()]
        if not tables:
            return
        cursor.execute(SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(SQL(", ").join(tables)))
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(SQL("; ").join(SQL("DELETE FROM {}").format(each) for each in tables))


@contextmanager
def clone(name):
    """A copy of this process's migrated database under that name, gone afterwards.

    Nothing may be connected to a database while it is copied, so this closes what the process has
    open; tests that use it need `pytest.mark.django_db(transaction=True)`.
    """
    source, server = connection.settings_dict["NAME"], os.environ["DATABASE_URL"]
    connections.close_all()
    drop = f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"
    administer(server, drop, f"CREATE DATABASE {name} TEMPLATE {source}")
    try:
        yield
    finally:
        administer(server, drop)
