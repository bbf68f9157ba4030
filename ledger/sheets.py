"""Lists of money from a CSV or XLSX file that accounts reads, by the names of their columns."""

import tomllib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from accounts import spreadsheets
from accounts.errors import Invalid


class RowRefused(NamedTuple):
    """One fault: the row as a spreadsheet numbers it (the heads are row 1), and what is wrong."""

    row: int
    field: str
    value: str
    message: str


class Row(NamedTuple):
    """A row with something in it: its number, and its cells by the names of the columns."""

    number: int
    cells: Mapping[str, str]


def read(
    content: bytes,
    columns: Sequence[str],
    *,
    most: int,
    optional: Sequence[str] = (),
    name: str = "The file",
    heads: Mapping[str, str] | None = None,
) -> tuple[list[Row], list[RowRefused]]:
    """The rows of the file, or what is wrong with it as a whole.

    Heads in any order, whatever their case, with spaces for underscores; further columns are left
    alone. `heads` says how the file names a column, where it has another name for it. An
    `optional` column that is not there is empty in every row.
    """
    try:
        table = spreadsheets.read(content, name=name)
    except Invalid as reason:
        return [], [RowRefused(1, "", "", str(reason))]
    wanted = [*columns, *optional]
    called = {column: _key((heads or {}).get(column, column)) for column in wanted}
    found = {_key(column): spreadsheets.key(column) for column in table.columns}
    said = f"The first row must name the columns {', '.join(columns)}; this one is missing."
    missing = [RowRefused(1, each, "", said) for each in columns if called[each] not in found]
    if missing:
        return [], missing
    if len(table.rows) > most:
        said = f"The file has more than {most:,} rows; import it in parts."
        return [], [RowRefused(most + 2, "", "", said)]
    faults = [RowRefused(row.number, "", "", row.fault) for row in table.rows if row.fault]
    rows = [
        Row(row.number, {each: row.cells.get(found.get(called[each], ""), "") for each in wanted})
        for row in table.rows
    ]
    return rows, faults


def heads_of(text: str, columns: Sequence[str]) -> dict[str, str]:
    """A mapping file's `[columns]`: how a list names some of them; Invalid names a fault."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"The mapping is not TOML: {error}.", field="map") from error
    named = told.get("columns")
    if set(told) != {"columns"} or not isinstance(named, dict):
        said = 'The mapping holds one table [columns], such as amount = "Budget EUR".'
        raise Invalid(said, field="map", value=sorted(told))
    for column, head in named.items():
        if column not in columns or not isinstance(head, str) or not head.strip():
            known = ", ".join(columns)
            said = f"The mapping's columns.{column} does not fit; the columns are {known}."
            raise Invalid(said, field="map", value=head)
    return named


def _key(head: str) -> str:
    return spreadsheets.key(head).replace(" ", "_")
