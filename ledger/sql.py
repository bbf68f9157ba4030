"""Set-based statements: how they are run, and how thousands of values reach them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection


def array(values: Iterable[object]) -> str:
    """PostgreSQL's own text form: one constant to parse instead of thousands."""
    return "{" + ",".join(map(str, values)) + "}"


def run(query: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """The rows of the statement, none where it has no result."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall() if cursor.description else []
