"""Measurements of service levels from a CSV or XLSX file; a faulty file changes nothing.

Columns: contract (its number), level (its name), month, measured, met; and where there is
something to say maintenance, buyer_caused, exclusion_reason, note.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.db import transaction

from accounts import spreadsheets
from accounts.errors import Invalid, Refused
from accounts.models import User
from contracts.actions.measurements import Counts, enter_measurement
from contracts.models import Contract, Measurement, ServiceLevel
from contracts.queries.agreements import open_to
from contracts.queries.delivery import version_on
from contracts.queries.suspended import day_that_counts
from ledger.months import parse

NEEDED = ("contract", "level", "month", "measured", "met")
COLUMNS = (*NEEDED, "maintenance", "buyer_caused", "exclusion_reason", "note")
MOST_ROWS = 5_000
_COUNT = re.compile(r"[0-9]{1,10}")


class RowRefused(NamedTuple):
    """One fault: the row as a spreadsheet numbers it, its column, what stood there, and why not."""

    row: int
    field: str
    value: str
    message: str


@dataclass
class Imported:
    """What a file did, or would do."""

    read: int = 0
    created: list[Measurement] = field(default_factory=list)
    updated: list[Measurement] = field(default_factory=list)
    unchanged: int = 0
    refused: list[RowRefused] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """`{"read", "created", "updated", "unchanged", "refused": [{"row", "field", ...}]}`."""
        return {
            "read": self.read,
            "created": len(self.created),
            "updated": len(self.updated),
            "unchanged": self.unchanged,
            "refused": [each._asdict() for each in self.refused],
        }


@transaction.atomic
def import_measurements(
    content: bytes, *, name: str, by: User | None, on: date, dry_run: bool = False
) -> Imported:
    """Enter what the file lists, each row as its measurer would in the browser.

    With a fault in it, or in a dry run, nothing changes. `by` is None for the administrator of the
    system. Invalid where the file as a whole cannot be read.
    """
    table = spreadsheets.read(content, name=name)
    missing = [column for column in NEEDED if column not in map(_heading, table.columns)]
    if missing or len(table.rows) > MOST_ROWS:
        said = f"{name} lacks the column {missing[0]}." if missing else f"{name} is too long."
        raise Invalid(
            f"{said} Row 1 names {', '.join(COLUMNS)}; a file has at most {MOST_ROWS:,} rows.",
            field="file",
            value=name,
        )
    outcome = Imported(read=len(table.rows))
    for row in table.rows:
        _enter(row, outcome, by=by, on=on)
    if outcome.refused or dry_run:
        transaction.set_rollback(True)
    if outcome.refused:
        outcome.created, outcome.updated = [], []
    return outcome


def _enter(row: spreadsheets.Row, outcome: Imported, *, by: User | None, on: date) -> None:
    cells = {_heading(column): value.strip() for column, value in row.cells.items()}
    try:
        if row.fault:
            raise Invalid(row.fault, field="", value="")
        with transaction.atomic():
            month = _month(cells["month"])
            level = _level(cells, month, by=by, on=on)
            before = Measurement.objects.filter(
                contract=level.version.contract, term=level.name, month=month
            ).first()
            made = enter_measurement(level, month=month, counts=_counts(cells), by=by, on=on)
    except Refused as reason:
        shown = "" if reason.value is None else str(reason.value)
        said = f"{reason} {reason.help}".strip()
        outcome.refused.append(RowRefused(row.number, reason.field, shown, said))
        return
    if before is None:
        outcome.created.append(made)
    elif all(getattr(before, name) == getattr(made, name) for name in (*_FIGURES, "state")):
        outcome.unchanged += 1
    else:
        outcome.updated.append(made)


_FIGURES = tuple(Counts.__dataclass_fields__)


def _heading(column: str) -> str:
    return spreadsheets.key(column).replace(" ", "_")


def _month(text: str) -> date:
    try:
        return parse(text[:7] if re.fullmatch(r"[0-9-]{10}.*", text) else text)
    except ValueError:
        said = f"{text!r} is no month; write it like 2026-10."
        raise Invalid(said, field="month", value=text) from None


def _level(cells: Mapping[str, str], month: date, *, by: User | None, on: date) -> ServiceLevel:
    known = Contract.objects.all() if by is None else open_to(by, on=on)
    text = cells["contract"].removeprefix("Contract ")
    key = int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0
    contract = known.filter(pk=key).select_related("buyer", "provider").first()
    if contract is None:
        said = f"You are of neither party of a contract {cells['contract']!r}."
        raise Invalid(said, field="contract", value=cells["contract"])
    levels = ServiceLevel.objects.filter(
        version__contract=contract, name__iexact=cells["level"]
    ).select_related("version__contract__buyer", "version__contract__provider")
    day = day_that_counts(contract, month=month)
    version = version_on(contract, on=day) if day else None
    found = levels.filter(version=version).first() or levels.order_by("-version").first()
    if found is None:
        said = f"{contract} promises no level named {cells['level']!r}."
        raise Invalid(said, field="level", value=cells["level"])
    return found


def _counts(cells: Mapping[str, str]) -> Counts:
    told: dict[str, Any] = {name: cells.get(name, "") for name in ("exclusion_reason", "note")}
    for name in ("measured", "met", "maintenance", "buyer_caused"):
        text = cells.get(name, "")
        if not text and name not in NEEDED:
            continue
        if not _COUNT.fullmatch(text):
            said = f"{text!r} is no count; write a whole number without separators."
            raise Invalid(said, field=name, value=text)
        told[name] = int(text)
    return Counts(**told)
