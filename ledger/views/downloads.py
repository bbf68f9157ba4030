"""Tables as files for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.utils.text import slugify
from openpyxl import Workbook

from ledger.views.statement import plain

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table(
    kind: str, name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]
) -> HttpResponse:
    """The rows as `csv` or `xlsx`; no cell of them is a formula."""
    body, mime = _xlsx(heads, rows) if kind == "xlsx" else _csv(heads, rows)
    answer = HttpResponse(body, content_type=mime)
    answer["Content-Disposition"] = f'attachment; filename="{slugify(name)}.{kind}"'
    return answer


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> tuple[bytes, str]:
    text = io.StringIO(newline="")
    write = csv.writer(text).writerow
    write(heads)
    for row in rows:
        write([_cell(value) for value in row])
    return text.getvalue().encode(), "text/csv; charset=utf-8"


def _xlsx(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> tuple[bytes, str]:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Budget")
    sheet.append(list(heads))
    for row in rows:
        sheet.append([_cell(value) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue(), _XLSX


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return value if isinstance(value, Decimal | int) else plain(str(value))
