"""Statements as their readers see them: on the page and as a file."""

import csv
import json
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from tests.journeys.steps.visitor import amount


@dataclass(frozen=True)
class Statement:
    """`lines` are (name, amount) in the order of the page."""

    opening: Decimal
    lines: list[tuple[str, Decimal]]
    closing: Decimal


def reads_the_statement(visitor, month, *, fund="Operating"):
    """The page, with every line added up again by the reader."""
    opens_the_statement(visitor, month)
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


def opens_the_statement(visitor, month):
    """From the page of the money, by the tabs of the year; the year before is reached by hand."""
    visitor.chooses_from_the_menu("Money")
    link = visitor.main.get_by_role("link", name="Statement of ")
    if f"{month:%Y}" not in link.inner_text():
        visitor.opens(f"/money/{month:%Y-%m}/")
        return
    link.click()
    visitor.follows(f"{month:%b}")


def sums(visitor):
    """What the head of the open statement says is reserved, and what is available."""
    return tuple(amount(visitor.figure(each)) for each in ("Reserved", "Available"))


def bar(visitor, *, year=2026):
    """The figures of the operating money of that year, by the words of its bar."""
    visitor.opens("/money/")
    purse = visitor.main.locator(".purse-strip").filter(has_text=f"Operating {year}")
    found = {}
    for part in purse.locator(".budget-key > div").all():
        found[part.locator("dt").inner_text()] = amount(part.locator("dd").inner_text())
    assert found["Available"] == amount(purse.locator(".great").inner_text())
    return found


def agree(buyer, provider):
    """What one statement calls purchases is what the other calls sales, to the cent."""
    bought = sorted(-moved for name, moved in buyer.lines if name == "Purchase inside")
    assert bought == sorted(moved for name, moved in provider.lines if name == "Sale inside")
    return sum(bought, Decimal(0))


def proofs_hold():
    """`check_money` and `verify_contracts` find nothing broken."""
    for command in ("check_money", "verify_contracts"):
        out = StringIO()
        call_command(command, "--json", stdout=out)
        assert json.loads(out.getvalue())["broken"] == []


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
