"""PostgreSQL and Valkey of a benchmark's own, with durable settings, and databases cloned in it.

Each round gets a fresh clone of one prepared database, so that none pays for the one before.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from devstack.servers import running

# As a small production server would be set: durable, and with room for the month's writes.
DURABLE = (
    "-cshared_buffers=1GB", "-cmax_wal_size=8GB", "-cwork_mem=32MB", "-cmaintenance_work_mem=256MB",
    "-ccheckpoint_timeout=30min", "-cmax_parallel_workers_per_gather=0", "-cdeadlock_timeout=200ms",
)  # fmt: skip
TEMPLATE = "prepared"


@contextmanager
def servers() -> Iterator[str]:
    """Both are up and stand in the environment; the URL of PostgreSQL's own database."""
    with running(keep=False, postgres=DURABLE) as found:
        for each in found:
            os.environ[each.variable] = each.url
        os.environ.setdefault("SECRET_KEY", "only for benchmarks " * 3)
        yield os.environ["DATABASE_URL"]


def url_of(server: str, database: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


def administer(server: str, *statements: str) -> None:
    """Statements that stand outside any transaction, on the server's own database."""
    connection = psycopg2.connect(url_of(server, "postgres"))
    connection.autocommit = True
    with closing(connection), connection.cursor() as cursor:
        for each in statements:
            cursor.execute(each)


def clone(server: str, name: str, *, of: str = TEMPLATE) -> str:
    """A fresh copy of the prepared database, all of it on disk; its URL."""
    drop = f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"
    administer(server, drop, f"CREATE DATABASE {name} TEMPLATE {of} STRATEGY file_copy")
    administer(server, "CHECKPOINT")
    return url_of(server, name)


def drop(server: str, name: str) -> None:
    administer(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
