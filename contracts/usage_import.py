"""Usage from a CSV or XLSX file: each row once by its key, a faulty row is refused alone.

Columns: contract (its number), used_on, quantity, key, and if wanted item and note.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.errors import Invalid, Refused
from accounts.models import User
from contracts.actions import delivery
from contracts.models import Contract, Usage
from ledger import sheets
from ledger.sheets import RowRefused

REQUIRED = ("contract", "used_on", "quantity", "key")
OPTIONAL = ("item", "note")
COLUMNS = (*REQUIRED, *OPTIONAL)
MOST_ROWS = 5_000
_LONGEST_KEY, _LONGEST_NOTE = 80, 300
_FIGURES = re.compile(r"[0-9]{1,10}(\.[0-9]{1,6})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass
class Imported:
    """What a file entered, or would enter; a row that was entered before is unchanged."""

    read: int = 0
    created: list[Usage] = field(default_factory=list)
    unchanged: int = 0
    refused: list[RowRefused] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """`{"read", "created", "unchanged", "refused": [{"row", "field", "value", "message"}]}`."""
        return {
            "read": self.read,
            "created": len(self.created),
            "unchanged": self.unchanged,
            "refused": [each._asdict() for each in self.refused],
        }


@transaction.atomic
def import_usage(
    content: bytes,
    *,
    by: User,
    on: date,
    dry_run: bool = False,
    name: str = "The file",
    heads: Mapping[str, str] | None = None,
) -> Imported:
    """Enter every row that can be; the others are refused with their reason. `heads` as in sheets.

    A row is entered by the rules of one entry, as whoever imports it. A dry run keeps nothing.
    """
    table, faults = sheets.read(
        content, REQUIRED, optional=OPTIONAL, most=MOST_ROWS, name=name, heads=heads
    )
    outcome = Imported(read=len(table), refused=faults)
    contracts = _contracts(table)
    for number, cells in table:
        try:
            with transaction.atomic():
                _enter(cells, contracts, outcome, by=by, on=on)
        except Refused as reason:
            told = f"{reason} {reason.help}".strip()
            value = cells.get(reason.field, "") if reason.field else ""
            outcome.refused.append(RowRefused(number, reason.field or "", value[:80], told))
    outcome.refused.sort()
    if dry_run:
        transaction.set_rollback(True)
    return outcome


def _contracts(table: list[sheets.Row]) -> dict[str, Contract]:
    wanted = {cells["contract"] for _, cells in table}
    keys = [int(text) for text in wanted if text.isdecimal() and len(text) < 19]
    found = Contract.objects.select_related("buyer", "provider", "current").in_bulk(keys)
    return {text: found[int(text)] for text in wanted if text.isdecimal() and int(text) in found}


def _enter(
    cells: Mapping[str, str],
    contracts: Mapping[str, Contract],
    outcome: Imported,
    *,
    by: User,
    on: date,
) -> None:
    contract = contracts.get(cells["contract"])
    if contract is None:
        raise _wrong(cells, "contract", "is no contract of yours. Write its number, such as 31.")
    if not _FIGURES.fullmatch(cells["quantity"]):
        raise _wrong(cells, "quantity", "is no quantity. Write it like 12.5.")
    if not cells["key"] or len(cells["key"]) > _LONGEST_KEY:
        raise _wrong(cells, "key", f"is no key. Give each row its own, of up to {_LONGEST_KEY}.")
    if len(cells["note"]) > _LONGEST_NOTE:
        raise _wrong(cells, "note", f"is longer than {_LONGEST_NOTE} characters. Shorten it.")
    was_there = Usage.objects.filter(contract=contract, key=cells["key"]).exists()
    entered = delivery.report_usage(
        contract, quantity=Decimal(cells["quantity"]), used_on=_day(cells), key=cells["key"],
        item=cells["item"].lower(), note=cells["note"], by=by, on=on,
    )  # fmt: skip
    if was_there:
        outcome.unchanged += 1
    else:
        outcome.created.append(entered)


def _day(cells: Mapping[str, str]) -> date:
    try:
        if _DAY.fullmatch(cells["used_on"]):
            return date.fromisoformat(cells["used_on"])
    except ValueError:
        pass
    raise _wrong(cells, "used_on", "is no day. Write it like 2026-03-31.")


def _wrong(cells: Mapping[str, str], column: str, why: str) -> Invalid:
    value = cells[column][:80]
    return Invalid(f"“{value}” {why}", field=column, value=value)
