"""From the bytes of a file to its rows: CSV in UTF-8 or Windows-1252, and XLSX.

A file that is not one of these is refused as a whole, in a sentence that says what to do.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from accounts.errors import Invalid

MAX_BYTES = 25_000_000
MAX_ROWS = 200_000
_MAX_UNPACKED = 400_000_000
_DELIMITERS = (",", ";", "\t", "|")
_XLSX, _XLS = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# What openpyxl and zipfile raise about a torn, locked or made-up workbook.
_NO_WORKBOOK = (
    zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError,
    TypeError, AttributeError, IndexError, EOFError, RuntimeError, zlib.error,
)  # fmt: skip
_KEPT_CONTROLS = "\t\n\r\x0b\x0c\x85"


@dataclass(frozen=True)
class Row:
    """One row below the header; `number` is what a spreadsheet shows beside it."""

    number: int
    cells: dict[str, str]
    fault: str = ""


@dataclass(frozen=True)
class Table:
    columns: Sequence[str]
    rows: Sequence[Row]
    was_windows_1252: bool = False


def read(data: bytes, *, name: str) -> Table:
    """The table in a file; Invalid where there is none."""
    if len(data) > MAX_BYTES:
        raise too_large(name, len(data))
    if not data.strip():
        raise _unusable(f"{name} is empty.", name)
    if data.startswith(_XLSX):
        return _table(_workbook(data, name), name)
    if data.startswith(_XLS):
        raise _unusable(f"{name} is an old Excel file (.xls).", name)
    text, was_windows = _decoded(data, name)
    return _table(_csv(text, name), name, was_windows_1252=was_windows)


def key(column: str) -> str:
    """Columns are the same whatever their case and spaces."""
    return " ".join(column.split()).casefold()


def too_large(name: str, size: int) -> Invalid:
    return Invalid(
        f"{name} has {size / 1_000_000:.0f} MB; a file may have {MAX_BYTES // 1_000_000} MB. "
        "Export only the columns that the mapping names.",
        field="file", value=name,
    )  # fmt: skip


def _unusable(what: str, name: str) -> Invalid:
    return Invalid(f"{what} Save the list as CSV (UTF-8) or .xlsx.", field="file", value=name)


def _decoded(data: bytes, name: str) -> tuple[str, bool]:
    if b"\x00" in data or _has_controls(data):
        raise _unusable(f"{name} is not a CSV file: it holds characters that no text has.", name)
    try:
        return data.decode("utf-8-sig"), False
    except UnicodeDecodeError as utf8:
        try:
            return data.decode("cp1252"), True
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, utf8.start) + 1
            raise _unusable(
                f"{name} is neither UTF-8 nor Windows-1252 text: line {line} has a character that "
                "neither knows.",
                name,
            ) from error


def _has_controls(data: bytes) -> bool:
    allowed = {ord(each) for each in _KEPT_CONTROLS if ord(each) < 32}
    return any(byte in data for byte in range(32) if byte not in allowed)


def _csv(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            yield number, cells
    except csv.Error as error:
        raise _unusable(
            f"{name} is not a CSV file: row {number + 1} cannot be read ({error}).", name
        ) from error


def _workbook(data: bytes, name: str) -> list[tuple[int, list[str]]]:
    """The first sheet, formulas as such: what they would show is not in every file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > _MAX_UNPACKED:
            raise too_large(name, unpacked)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False)
        try:
            return list(_sheet(book.worksheets[0].iter_rows(values_only=True)))
        finally:
            book.close()
    except _NO_WORKBOOK as error:
        raise _unusable(f"{name} is not an Excel workbook that can be read.", name) from error


def _sheet(lines: Iterable[tuple[object, ...]]) -> Iterator[tuple[int, list[str]]]:
    """Rows as wide as the first one: a sheet does not store empty cells at their end."""
    width = 0
    for number, cells in enumerate(lines, 1):
        if number > MAX_ROWS + 100:
            return
        shown = [_shown(value) for value in cells]
        width = width or (len(shown) if any(shown) else 0)
        yield number, shown + [""] * (width - len(shown))


def _shown(value: object) -> str:
    """A whole number in a cell is 12, not 12.0."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _table(
    lines: Iterable[tuple[int, list[str]]], name: str, *, was_windows_1252: bool = False
) -> Table:
    columns: list[str] = []
    keys: list[str] = []
    rows: list[Row] = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns, keys = cells, _keys(cells, name)
            continue
        if len(rows) == MAX_ROWS:
            raise _unusable(f"{name} has more than {MAX_ROWS:,} rows.", name)
        rows.append(_row(number, cells, keys))
    if not columns:
        raise _unusable(f"{name} is empty.", name)
    if not rows:
        raise _unusable(f"{name} has a header row and nothing below it.", name)
    return Table(columns, rows, was_windows_1252)


def _keys(header: list[str], name: str) -> list[str]:
    keys = [key(cell) for cell in header]
    while keys and not keys[-1]:
        keys.pop()
    for place, each in enumerate(keys):
        if each and each in keys[:place]:
            raise Invalid(
                f"Row 1 of {name} names the column {header[place].strip()!r} twice (columns "
                f"{keys.index(each) + 1} and {place + 1}). Rename or remove one.",
                field="file", value=header[place].strip(),
            )  # fmt: skip
    return keys


def _row(number: int, cells: list[str], keys: list[str]) -> Row:
    while len(cells) > len(keys) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != len(keys):
        fault = (
            f"Row {number} has {len(cells)} cells, the header has {len(keys)}. "
            "Put quotes around cells that hold a comma, and keep empty cells."
        )
    else:
        fault = ""
    # Of a faulty row the first cells still tell whose it is.
    return Row(number, {k: cell.strip() for k, cell in zip(keys, cells, strict=False) if k}, fault)
