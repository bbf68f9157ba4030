"""What a year's budget gives to every ME, before and after it is published.

A draft is computed when it is looked at; what was read is told by a hash, so that nothing else is
published (PRODUCT 4.8).
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ledger import allocating, budget_figures, budget_inputs, budget_rules, queries
from ledger.budget_rules import Unplannable
from ledger.models import Allocation, Budget, BudgetRule
from ledger.money import ZERO
from ledger.months import month_of, months_of_year


class Part(NamedTuple):
    """What one rule gives to an ME, and the figures that it read."""

    rule: BudgetRule
    amount: Decimal
    figures: Mapping[str, str]


@dataclass(frozen=True)
class Figure:
    """An ME's money of the year: the parts of the rules, the year before, and for a revision what
    is granted so far, what is due by its start and what is available to come back."""

    micro_enterprise: int
    name: str
    parts: Sequence[Part]
    last_year: Decimal = ZERO
    before: Decimal = ZERO
    granted: Decimal = ZERO
    due: Decimal = ZERO
    available: Decimal = ZERO

    @property
    def amount(self) -> Decimal:
        return sum((part.amount for part in self.parts), ZERO)

    @property
    def difference(self) -> Decimal:
        return self.amount - self.last_year

    @property
    def change(self) -> Decimal | None:
        """The difference as a part of last year's amount; None where there was none."""
        return self.difference / self.last_year if self.last_year else None

    @property
    def to_grant(self) -> Decimal:
        return max(ZERO, self.due - self.granted)

    @property
    def to_take_back(self) -> Decimal:
        """What comes back at the start: as much of the excess as is available."""
        return min(max(ZERO, self.granted - self.due), max(ZERO, self.available))

    @property
    def at_start(self) -> Decimal:
        """What its start brings the ME, below zero what it takes."""
        return self.to_grant - self.to_take_back

    @property
    def stays(self) -> Decimal:
        """The excess that is promised or spent, and is set off against later months."""
        return max(ZERO, self.granted - self.due) - self.to_take_back


@dataclass(frozen=True)
class Preview:
    """Every ME's figure; `faults` says which rule cannot be computed, and why."""

    rows: Sequence[Figure]
    rules: Sequence[BudgetRule]
    faults: Sequence[tuple[BudgetRule, str]] = ()
    seen: str = ""
    totals: Mapping[int, Decimal] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        return sum((row.amount for row in self.rows), ZERO)

    @property
    def last_year(self) -> Decimal:
        return sum((row.last_year for row in self.rows), ZERO)


def preview(budget: Budget, *, on: date, starts_on: date | None = None) -> Preview:
    """The figures of a draft as they would be published that day, of a published one as they were.

    `starts_on` is when it would hold. MEs come by name; those that only an earlier version or the
    year before granted to are among them, with nothing.
    """
    rules = list(budget.rules.select_related("department").order_by("pk"))
    for rule in rules:
        rule.budget = budget
    if budget.state == Budget.State.PUBLISHED:
        found = Preview(_stored(rules), rules)
    else:
        found = computed(rules, on=on)
    rows = _with_last_year(budget, found.rows)
    if budget.version > 1 and not budget.started_on:
        rows = with_effect(budget, rows, starts_on=starts_on or first_day(budget, on=on))
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for row in rows:
        for part in row.parts:
            totals[part.rule.pk] += part.amount
    rows = sorted(rows, key=lambda row: (row.name.lower(), row.micro_enterprise))
    return replace(found, rows=rows, totals=totals, seen=seen_of(budget, rows))


def computed(rules: Sequence[BudgetRule], *, on: date) -> Preview:
    """The figures of these rules, by what is known on that day."""
    inputs = budget_inputs.read(rules, on=on)
    parts: dict[int, list[Part]] = defaultdict(list)
    faults = []
    for rule in rules:
        try:
            for row in budget_rules.plan(rule.kind, rule.terms, inputs, key=rule.pk):
                parts[row.micro_enterprise].append(Part(rule, row.amount, row.figures))
        except Unplannable as fault:
            faults.append((rule, str(fault)))
    rows = [Figure(me, inputs.names[me], found) for me, found in parts.items()]
    return Preview(rows, rules, faults)


def seen_of(budget: Budget, rows: Iterable[Figure]) -> str:
    """SHA-256 over every ME's parts: whoever publishes says which figures they have read."""
    read = [
        [row.micro_enterprise, [[part.rule.pk, str(part.amount)] for part in row.parts]]
        for row in sorted(rows, key=lambda row: row.micro_enterprise)
        if row.parts
    ]
    words = json.dumps([budget.pk, budget.version, read], separators=(",", ":"))
    return hashlib.sha256(words.encode()).hexdigest()


def first_day(budget: Budget, *, on: date) -> date:
    """The earliest day from which it may hold: today, or when its year or forerunner begins."""
    months = months_of_year(budget.fiscal_year, starts_in=queries.fiscal_year_start())
    earlier = forerunner(budget)
    return max(on, months[0], (earlier and earlier.starts_on) or on)


def forerunner(budget: Budget) -> Budget | None:
    """The version before it."""
    rows = Budget.objects.filter(fund=budget.fund, fiscal_year=budget.fiscal_year)
    return rows.filter(version=budget.version - 1).first()


def with_effect(budget: Budget, rows: Sequence[Figure], *, starts_on: date) -> list[Figure]:
    """What starting that day grants and takes back, by what earlier versions have granted.

    An ME that the revision leaves out is among them, with no part.
    """
    earlier = list(earlier_allocations(budget))
    flows = flows_of(earlier)
    granted: dict[int, Decimal] = defaultdict(Decimal)
    before: dict[int, Decimal] = defaultdict(Decimal)
    names = {}
    for row in earlier:
        granted[row.micro_enterprise_id] += flows[row.pk].net
        if row.rule.budget == earlier[-1].rule.budget:
            before[row.micro_enterprise_id] += row.amount
        names[row.micro_enterprise_id] = row.micro_enterprise.name
    known = {row.micro_enterprise for row in rows}
    left_out = [Figure(me, name, ()) for me, name in names.items() if me not in known]
    wallets = queries.wallets_available(fund=budget.fund, fiscal_year=budget.fiscal_year)
    counts_from = earlier[0].rule.budget.counts_from if earlier else None  # type: ignore[union-attr]
    due = Due(counts_from or starts_on, month_of(starts_on), queries.fiscal_year_start())
    return [
        replace(
            row,
            before=before[row.micro_enterprise],
            granted=granted[row.micro_enterprise],
            due=sum((due.of(part.rule, part.amount) for part in row.parts), ZERO),
            available=wallets.get(row.micro_enterprise, ZERO),
        )
        for row in [*rows, *left_out]
    ]


class Due(NamedTuple):
    """What is due by a month, when months are counted since a day."""

    since: date
    month: date
    year_starts_in: int

    def of(self, rule: BudgetRule, amount: Decimal) -> Decimal:
        plan = allocating.by_month(
            amount, is_monthly=rule.release == BudgetRule.Release.MONTHLY,
            year=rule.fiscal_year, starts_in=self.year_starts_in, since=self.since,
        )  # fmt: skip
        return sum((part for month, part in plan.items() if month <= self.month), ZERO)


def earlier_allocations(budget: Budget) -> Sequence[Allocation]:
    """What the versions before it, as far as they were in force, planned: in their order, and that
    of their rules."""
    rows = Allocation.objects.filter(
        rule__budget__fund=budget.fund, rule__budget__fiscal_year=budget.fiscal_year,
        rule__budget__version__lt=budget.version, rule__budget__started_on__isnull=False,
    )  # fmt: skip
    rows = rows.select_related("rule__budget", "micro_enterprise")
    return list(rows.order_by("rule__budget__version", "rule", "pk"))


def flows_of(allocations: Sequence[Allocation]) -> dict[int, budget_figures.Flow]:
    """By key of the allocation: what it released and what came back."""
    by_rule: dict[BudgetRule, list[Allocation]] = defaultdict(list)
    for row in allocations:
        by_rule[row.rule].append(row)
    found: dict[int, budget_figures.Flow] = defaultdict(budget_figures.Flow)
    for rule, rows in by_rule.items():
        found.update(budget_figures.flows_by_allocation(rule, rows))
    return found


def _stored(rules: Sequence[BudgetRule]) -> list[Figure]:
    by_key = {rule.pk: rule for rule in rules}
    parts: dict[tuple[int, str], list[Part]] = defaultdict(list)
    rows = Allocation.objects.filter(rule__in=by_key).order_by("rule", "pk")
    for key, me, name, amount, figures in rows.values_list(
        "rule", "micro_enterprise", "micro_enterprise__name", "amount", "figures"
    ):
        parts[me, name].append(Part(by_key[key], amount, figures))
    return [Figure(me, name, found) for (me, name), found in parts.items()]


def _with_last_year(budget: Budget, rows: Iterable[Figure]) -> list[Figure]:
    last = budget_inputs.granted_last_year(fund=budget.fund, fiscal_year=budget.fiscal_year)
    return [replace(row, last_year=last[row.micro_enterprise]) for row in rows]
