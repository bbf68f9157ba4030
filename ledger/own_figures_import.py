"""Costs and outside sales from a CSV or XLSX file; with one fault in it nothing is kept.

A reference with other figures than those on record corrects them, as the preview says.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from accounts.errors import Forbidden, Invalid
from accounts.models import MicroEnterprise, User
from ledger import months, sheets
from ledger.budget_figures import mes_by_name
from ledger.models import CostRecord, OutsideSale, OwnFigure
from ledger.money import ZERO
from ledger.own_figures import (
    Cost,
    Sale,
    checked,
    correct,
    entries_of,
    is_unchanged,
    record_all,
    require_may_record,
)
from ledger.sheets import RowRefused

COST_COLUMNS = ("micro_enterprise", "month", "kind", "amount", "hours", "source", "reference")
SALE_COLUMNS = ("micro_enterprise", "month", "amount", "source", "reference")
MOST_ROWS = 20_000
# What a spreadsheet makes of 2026-03.
_A_FIRST = re.compile(r"^([0-9]{4}-[0-9]{2})-01( 00:00:00)?$")
_FIGURES = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?")


class Planned(NamedTuple):
    """A row that can be kept; `replaces` is the entry that it corrects."""

    row: int
    wish: Sale
    replaces: OwnFigure | None = None


@dataclass
class Imported:
    """What a file did, or would do."""

    read: int = 0
    created: list[Planned] = field(default_factory=list)
    updated: list[Planned] = field(default_factory=list)
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


def import_costs(content: bytes, **how: Any) -> Imported:
    """Keep the costs of a file (COST_COLUMNS; `hours` of labour, else empty); as `_imported`."""
    return _imported(CostRecord, COST_COLUMNS, content, **how)


def import_outside_sales(content: bytes, **how: Any) -> Imported:
    """Keep the sales outside of a file (SALE_COLUMNS); as `_imported`."""
    return _imported(OutsideSale, SALE_COLUMNS, content, **how)


@transaction.atomic
def _imported(
    kind: type[CostRecord] | type[OutsideSale],
    columns: Sequence[str],
    content: bytes,
    *,
    by: User | None,
    on: date,
    dry_run: bool = False,
    name: str = "The file",
    heads: Mapping[str, str] | None = None,
) -> Imported:
    """With a fault in the file, or in a dry run, nothing changes. `heads` as in `sheets`.

    Each row must be one that the actor may record; the faults name row and column.
    """
    done = Imported()
    table, done.refused = sheets.read(content, columns, most=MOST_ROWS, name=name, heads=heads)
    done.read = len(table)
    rows = _planned(kind, table, done, by=by, on=on)
    _compare(kind, rows, done)
    if done.refused:
        done.created, done.updated = [], []
    elif not dry_run:
        _write(kind, done, by=by, on=on)
    return done


def _planned(
    kind: type[OwnFigure], table: Sequence[sheets.Row], done: Imported, *, by: User | None, on: date
) -> list[Planned]:
    mes = mes_by_name(cells["micro_enterprise"] for _, cells in table)
    may: dict[int, str] = {}
    found = []
    for number, cells in table:
        try:
            wish = _wish(kind, cells, mes)
            _require_may(wish, may, by=by, on=on)
            found.append(Planned(number, checked(wish, by=None, on=on, may_be_nothing=True)))
        except Invalid as fault:
            value = str(fault.value or "")
            done.refused.append(RowRefused(number, fault.field, value, str(fault)))
    times = Counter(row.wish.key for row in found)
    for row in found:
        if times[row.wish.key] > 1:
            said = f"{row.wish.reference} stands in {times[row.wish.key]} rows of the same month."
            done.refused.append(RowRefused(row.row, "reference", row.wish.reference, said))
    return found


def _require_may(wish: Sale, may: dict[int, str], *, by: User | None, on: date) -> None:
    """Invalid where the actor may not record for the ME; asked once for each ME of the file."""
    me = wish.micro_enterprise
    if me.pk not in may:
        may[me.pk] = ""
        try:
            require_may_record(me, by=by, on=on)
        except Forbidden as reason:
            may[me.pk] = f"{reason} {reason.help}"
    if may[me.pk]:
        raise Invalid(may[me.pk], field="micro_enterprise", value=me.name)


def _wish(
    kind: type[OwnFigure], cells: Mapping[str, str], mes: Mapping[str, MicroEnterprise]
) -> Sale:
    named = cells["micro_enterprise"]
    me = mes.get(named.lower())
    if me is None:
        said = f"There is no micro-enterprise named {named!r}."
        raise Invalid(said, field="micro_enterprise", value=named)
    told = (me, _month(cells["month"]), _figure(cells["amount"], "amount"))
    words = (cells["source"], cells["reference"])
    if kind is OutsideSale:
        return Sale(*told, *words)
    hours = _figure(cells["hours"], "hours") if cells["hours"] else ZERO
    return Cost(*told, *words, kind=cells["kind"].lower(), hours=hours)


def _month(text: str) -> date:
    """`2026-03`, also where a spreadsheet made a day of it."""
    try:
        return months.parse(_A_FIRST.sub(r"\1", text))
    except ValueError:
        said = f"{text!r} is no month; write it like 2026-03."
        raise Invalid(said, field="month", value=text) from None


def _figure(text: str, name: str) -> Decimal:
    if not _FIGURES.fullmatch(text):
        said = f"{text!r} is no {name}; write it like 1200.00, without thousands separators."
        raise Invalid(said, field=name, value=text)
    return Decimal(text)


def _compare(kind: type[OwnFigure], rows: Sequence[Planned], done: Imported) -> None:
    """Sort the rows into created, updated and unchanged."""
    earlier = entries_of(kind, [row.wish for row in rows])
    for row in rows:
        entry = earlier.get(row.wish.key)
        if entry is None and _is_nothing(row.wish):
            said = "An entry of 0.00 says nothing; it only takes back what is on record."
            done.refused.append(RowRefused(row.row, "amount", str(row.wish.amount), said))
        elif entry is None:
            done.created.append(row)
        elif is_unchanged(entry, row.wish):
            done.unchanged += 1
        else:
            done.updated.append(row._replace(replaces=entry))


def _is_nothing(wish: Sale) -> bool:
    return not wish.amount and not getattr(wish, "hours", ZERO)


def _write(kind: type[OwnFigure], done: Imported, *, by: User | None, on: date) -> None:
    record_all(kind, [row.wish for row in done.created], by=by, on=on)
    for row in done.updated:
        if row.replaces is not None:
            correct(
                row.replaces, amount=row.wish.amount, source=row.wish.source,
                hours=getattr(row.wish, "hours", ZERO), by=by, on=on,
            )  # fmt: skip
