"""Grants from a CSV or XLSX file, each row once by its reference; a faulty file changes nothing.

Columns: micro_enterprise (its name), fund, amount, fiscal_year, release, reference.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models.functions import Lower

from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from accounts.permissions import mes_of
from ledger import sheets
from ledger.budgets import payload_of, publish
from ledger.drafting import (
    Envelope,
    Share,
    State,
    checked,
    checked_amount,
    draft_list,
    require_may_set,
    require_trading,
)
from ledger.models import Allocation, BudgetRule
from ledger.sheets import RowRefused

COLUMNS = ("micro_enterprise", "fund", "amount", "fiscal_year", "release", "reference")
MOST_ROWS = 20_000
LONGEST_REFERENCE = 80
_FIGURES = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
_YEAR = re.compile(r"[0-9]{4}")


class PlannedGrant(NamedTuple):
    """A row that can be granted."""

    row: int
    micro_enterprise: MicroEnterprise
    amount: Decimal
    envelope: Envelope
    reference: str

    @property
    def payload(self) -> tuple[object, ...]:
        return (self.micro_enterprise.pk, self.amount, *self.envelope[:3])


@dataclass
class Imported:
    """What a file did, or would do; `waiting` of the created and updated ones stay drafts until a
    second HR admin publishes them."""

    read: int = 0
    created: list[PlannedGrant] = field(default_factory=list)
    updated: list[PlannedGrant] = field(default_factory=list)
    unchanged: int = 0
    waiting: int = 0
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


def import_grants(
    content: bytes,
    *,
    by: User | None,
    on: date,
    dry_run: bool = False,
    name: str = "The file",
    heads: Mapping[str, str] | None = None,
) -> Imported:
    """Grant what the file lists; with a fault in it, or in a dry run, nothing changes.

    A reference that is still a draft takes the row's new figures (updated); one that was
    published must say the same again (unchanged), else its row is refused. `heads` as in `sheets`.
    """
    require_may_set(by)
    outcome = Imported()
    table, outcome.refused = sheets.read(content, COLUMNS, most=MOST_ROWS, name=name, heads=heads)
    outcome.read = len(table)
    rows = _planned(table, outcome, on=on)
    earlier = _compared(rows, outcome)
    own = set() if by is None else {me.pk for me in mes_of(by, on=on)}
    wanted = [*outcome.created, *outcome.updated]
    outcome.waiting = sum(row.micro_enterprise.pk in own for row in wanted)
    if outcome.refused:
        outcome.created, outcome.updated, outcome.waiting = [], [], 0
    elif wanted and not dry_run:
        _write(wanted, [earlier[row.reference] for row in outcome.updated], own, by=by, on=on)
    return outcome


def _planned(table: Sequence[sheets.Row], outcome: Imported, *, on: date) -> list[PlannedGrant]:
    names = {cells["micro_enterprise"].lower() for _, cells in table}
    found = MicroEnterprise.objects.annotate(lower=Lower("name")).filter(lower__in=names)
    mes = {me.name.lower(): me for me in found}
    times = Counter(cells["reference"] for _, cells in table)
    envelopes = {words: _envelope(words, on=on) for words in {_words(row) for _, row in table}}
    planned = []
    for number, cells in table:
        parts = (
            _me(cells["micro_enterprise"], mes), _amount(cells["amount"]),
            envelopes[_words(cells)], _reference(cells["reference"], times),
        )  # fmt: skip
        faults = [part for part in parts if isinstance(part, Invalid)]
        outcome.refused += [
            RowRefused(number, each.field, str(each.value or ""), str(each)) for each in faults
        ]
        if not faults:
            planned.append(PlannedGrant(number, *parts))  # type: ignore[arg-type]
    return planned


def _words(cells: Mapping[str, str]) -> tuple[str, str, str]:
    return cells["fund"].lower(), cells["fiscal_year"], cells["release"].lower() or "yearly"


def _me(name: str, mes: Mapping[str, MicroEnterprise]) -> MicroEnterprise | Invalid:
    me = mes.get(name.lower())
    if me is None:
        said = f"There is no micro-enterprise named {name!r}."
        return Invalid(said, field="micro_enterprise", value=name)
    try:
        require_trading(me)
    except Invalid as reason:
        return reason
    return me


def _amount(text: str) -> Decimal | Invalid:
    if not _FIGURES.fullmatch(text):
        said = f"{text!r} is no amount; write it like 1200.00, without thousands separators."
        return Invalid(said, field="amount", value=text)
    try:
        return checked_amount(Decimal(text))
    except Invalid as reason:
        return reason


def _envelope(words: tuple[str, str, str], *, on: date) -> Envelope | Invalid:
    fund, year, release = words
    if not _YEAR.fullmatch(year):
        said = f"{year!r} is no fiscal year; write it like 2026."
        return Invalid(said, field="fiscal_year", value=year)
    try:
        return checked(Envelope(fund, int(year), release), on=on)
    except Invalid as reason:
        return reason


def _reference(text: str, times: Mapping[str, int]) -> str | Invalid:
    if not text:
        said = "Give every row a reference of its own; the same one grants once."
    elif len(text) > LONGEST_REFERENCE:
        said = f"Use at most {LONGEST_REFERENCE} characters."
    elif times[text] > 1:
        said = f"{text} stands in {times[text]} rows; each grant needs its own."
    else:
        return text
    return Invalid(said, field="reference", value=text)


def _compared(rows: Sequence[PlannedGrant], outcome: Imported) -> dict[str, Allocation]:
    """Sort the rows into created, updated, unchanged and refused; the allocations they meet."""
    met = Allocation.objects.filter(reference__in=[row.reference for row in rows])
    earlier = {each.reference: each for each in met.select_related("rule", "micro_enterprise")}
    for row in rows:
        found = earlier.get(row.reference)
        if found is None:
            outcome.created.append(row)
        elif payload_of(found) == row.payload:
            outcome.unchanged += 1
        elif found.rule.state == State.DRAFT:
            outcome.updated.append(row)
        else:
            outcome.refused.append(_published(row, found))
    return earlier


def _published(row: PlannedGrant, found: Allocation) -> RowRefused:
    rule = found.rule
    return RowRefused(
        row.row,
        "reference",
        row.reference,
        f"{row.reference} already granted {found.amount:,.2f} {rule.fund} {rule.release} for "
        f"{rule.fiscal_year} to {found.micro_enterprise}. Use a new reference for another grant, "
        "or take that one back on its page.",
    )


@transaction.atomic
def _write(
    rows: Sequence[PlannedGrant],
    replaced: Sequence[Allocation],
    own: set[int],
    *,
    by: User | None,
    on: date,
) -> None:
    """One budget for each fund, year and release; what is for the actor's own MEs apart."""
    _remove(replaced)
    groups: dict[tuple[Envelope, bool], list[Share]] = defaultdict(list)
    for row in rows:
        share = Share(row.micro_enterprise, row.amount, row.reference)
        groups[row.envelope, row.micro_enterprise.pk in own].append(share)
    name = f"Grants imported on {on:%-d %B %Y}"
    twin = Refused(
        "The same references are being imported by somebody else right now.",
        code="key_reused",
        help="Import the file again in a minute: what is granted by then stays as it is.",
    )
    for (envelope, waits), shares in groups.items():
        with saying(allocation_reference_used_once=twin):
            rule = draft_list(shares, envelope._replace(name=name), by=by, on=on)
        if not waits:
            publish(rule, by=by, on=on)


def _remove(replaced: Sequence[Allocation]) -> None:
    rules = {each.rule_id for each in replaced}
    list(BudgetRule.objects.filter(pk__in=rules).select_for_update(no_key=True).order_by("pk"))
    Allocation.objects.filter(pk__in=[each.pk for each in replaced]).delete()
    BudgetRule.objects.filter(pk__in=rules, allocations=None, state=State.DRAFT).delete()
