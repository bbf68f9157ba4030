"""Statements as their readers see them: on the page and as a file."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from pathlib import Path

from tests.journeys.steps.visitor import amount


@dataclass(frozen=True)
class Statement:
    """`lines` are (name, amount) in the order of the page."""

    opening: Decimal
    lines: list[tuple[str, Decimal]]
    closing: Decimal


def reads_the_statement(visitor, month, *, fund="Operating"):
    """The page, with every line added up again by the reader."""
    visitor.chooses_from_the_menu("Money")
    visitor.main.get_by_role("link", name="Statement of ").click()
    visitor.follows(f"{month:%b}")
    if fund != "Operating":
        visitor.follows(fund)
    visitor.reads(f"Statement, {month:%B %Y}")
    opening, closing = (amount(visitor.figure(each)) for each in ("Opening", "Closing"))
    lines, balance = [], opening
    rows = visitor.main.locator(".statement tbody tr:not(.sum, .section-row)")
    for row in rows.all():
        name, _, _, money_in, money_out, left = (
            cell.inner_text() for cell in row.locator("th, td").all()
        )
        moved = amount(money_in) - amount(money_out)
        balance += moved
        assert amount(left) == balance, row.inner_text()
        lines.append((name.split("\n")[0].strip(), moved))
    assert balance == closing
    found = Statement(opening, lines, closing)
    assert found == _as_file(visitor)
    return found


def available(visitor):
    """Of the operating wallet, as the page of the money says it."""
    visitor.chooses_from_the_menu("Money")
    purse = visitor.main.locator(".purse-strip").filter(has_text="Operating")
    return amount(purse.locator(".great").inner_text())


def _as_file(visitor):
    """The same statement, as the file that a spreadsheet opens."""
    with visitor.page.expect_download() as download:
        visitor.follows("Download CSV")
    text = Path(download.value.path()).read_text(encoding="utf-8")
    rows = list(csv.DictReader(StringIO(text)))
    by_kind = {row["kind"]: row for row in rows}
    lines = [
        (row["line"], Decimal(row["amount"]))
        for row in rows
        if row["kind"] not in {"opening", "closing", "reserved"}
    ]
    opening, closing = (Decimal(by_kind[each]["balance"]) for each in ("opening", "closing"))
    return Statement(opening, lines, closing)
