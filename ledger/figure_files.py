"""Figures of MEs as people have them: a CSV or XLSX file, or lines typed or pasted."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from accounts import spreadsheets
from accounts.errors import Invalid
from accounts.models import MicroEnterprise
from ledger.budget_figures import mes_by_name

MOST_NAMED = 5
LARGEST = Decimal(10) ** 14
# Of each row: its number, and its cells by column.
Rows = list[tuple[int, Mapping[str, str]]]


def in_file(
    data: bytes, *, name: str, columns: Sequence[str], optional: Sequence[str] = ()
) -> Rows:
    """The rows of a file; Invalid where it has not the columns `micro_enterprise` and those."""
    table = spreadsheets.read(data, name=name)
    heads = {spreadsheets.key(column).replace(" ", "_"): column for column in table.columns}
    wanted = ("micro_enterprise", *columns)
    if missing := [column for column in wanted if column not in heads]:
        raise Invalid(
            f"{name} has no column {missing[0]}. Its first row names {', '.join(wanted)}.",
            field="file",
            value=name,
        )
    if faults := [row.fault for row in table.rows if row.fault]:
        raise Invalid(" ".join(faults[:MOST_NAMED]), field="file")
    keys = {column: spreadsheets.key(heads[column]) for column in (*wanted, *optional)
            if column in heads}  # fmt: skip
    return [
        (row.number, {column: row.cells.get(key, "") for column, key in keys.items()})
        for row in table.rows
    ]


def in_lines(text: str, *, columns: Sequence[str]) -> Rows:
    """Lines of name and figures between semicolons or tabs: `Shop North; 1200.00`."""
    rows: Rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            cells = [cell.strip() for cell in line.replace("\t", ";").split(";")]
            cells += [""] * (1 + len(columns) - len(cells))
            rows.append((number, dict(zip(("micro_enterprise", *columns), cells, strict=False))))
    return rows


def figures(
    rows: Rows, *, columns: Sequence[str], optional: Sequence[str] = (), field: str
) -> list[dict[str, Any]]:
    """Each row with its ME and Decimals, None for an optional cell that is empty.

    Invalid names the first rows with an unknown ME or no figure, and how many more there are.
    """
    mes = mes_by_name(cells["micro_enterprise"] for _, cells in rows)
    found, faults = [], []
    for number, cells in rows:
        me = mes.get(cells["micro_enterprise"].lower())
        if me is None:
            said = f"there is no micro-enterprise named {cells['micro_enterprise']!r}"
            faults.append((number, said))
            continue
        read, said = _read(cells, columns, optional)
        if said:
            faults.append((number, said))
        found.append({"micro_enterprise": me, **read})
    if faults:
        raise Invalid(_sentence(faults), field=field)
    return found


def as_lines(rows: Iterable[Mapping[str, Any]], *, columns: Sequence[str]) -> str:
    """Stored figures as lines that can be typed over."""
    listed = list(rows)
    mes = MicroEnterprise.objects.in_bulk([row["micro_enterprise"] for row in listed])
    return "\n".join(
        "; ".join(
            [mes[row["micro_enterprise"]].name, *(row[name] for name in columns if row.get(name))]
        )
        for row in listed
    )


def amount_in(text: str) -> Decimal | None:
    """`1200.00` or `1200`, never a sign or thousands; None for anything else."""
    try:
        figure = Decimal(text)
    except InvalidOperation:
        return None
    is_plain = text.isascii() and text.replace(".", "", 1).isdigit()
    return figure if is_plain and figure <= LARGEST else None


def _read(
    cells: Mapping[str, str], columns: Sequence[str], optional: Sequence[str]
) -> tuple[dict[str, Decimal | None], str]:
    read: dict[str, Decimal | None] = {}
    for name in (*columns, *optional):
        text = cells.get(name, "")
        read[name] = amount_in(text)
        if read[name] is None and (text or name not in optional):
            return read, f"{text!r} is no {name}; write it like 1200.00"
    return read, ""


def _sentence(faults: Sequence[tuple[int, str]]) -> str:
    said = " ".join(f"Row {number}: {fault}." for number, fault in faults[:MOST_NAMED])
    more = len(faults) - MOST_NAMED
    return f"{said} And {more} more." if more > 0 else said
