"""CSV files as people save them from a spreadsheet, free of Django."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from itertools import islice
from typing import NamedTuple


class RowRefused(NamedTuple):
    """One fault: the row as a spreadsheet numbers it (the heads are row 1), and what is wrong."""

    row: int
    field: str
    value: str
    message: str


class Row(NamedTuple):
    """A row with something in it: its number, and its cells by the names of the heads."""

    number: int
    cells: Mapping[str, str]


def read(
    content: bytes, columns: Sequence[str], *, most: int
) -> tuple[list[Row], list[RowRefused]]:
    """The rows of the file, or what is wrong with it as a whole.

    Comma or semicolon, UTF-8 or the code page of Windows; heads in any order, whatever their case,
    with spaces for underscores, and further columns are left alone.
    """
    try:
        lines = _lines(content, most)
    except csv.Error as error:
        return [], [RowRefused(1, "", "", f"This is no CSV file: {error}.")]
    names = [head.strip().lower().replace(" ", "_") for head in lines[0]] if lines else []
    said = f"The first row must name the columns {', '.join(columns)}; this one is missing."
    missing = [RowRefused(1, name, "", said) for name in columns if name not in names]
    if missing:
        return [], missing
    if len(lines) > most + 1:
        said = f"The file has more than {most:,} rows; import it in parts."
        return [], [RowRefused(len(lines), "", "", said)]
    rows = []
    for number, cells in enumerate(lines[1:], start=2):
        if any(cell.strip() for cell in cells):
            padded = [cell.strip() for cell in cells] + [""] * len(names)
            rows.append(Row(number, dict(zip(names, padded, strict=False))))
    return rows, []


def _lines(content: bytes, most: int) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(StringIO(text.replace("\x00", ""), newline=""), delimiter=delimiter)
    return list(islice(reader, most + 2))
