"""What published budgets release by month, once by its reference (PRODUCT 4.8)."""

import logging
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import audit
from accounts.errors import Refused
from accounts.models import User
from ledger import allocating, granting, queries
from ledger.drafting import State
from ledger.models import Allocation, BudgetRule, Cause, SettlementRun, Transfer
from ledger.money import ZERO
from ledger.months import month_of, months_of_year, text_of

log = logging.getLogger(__name__)


class Part(NamedTuple):
    """What one allocation releases in one month."""

    allocation: Allocation
    month: date
    amount: Decimal

    @property
    def reference(self) -> str:
        return f"grant/{self.allocation.pk}/{text_of(self.month)}"


def cause_of(rule: BudgetRule) -> Cause:
    """What a statement links: the page of the budget."""
    return Cause("ledger:budget", rule.pk)


def release_due(*, on: date) -> dict[str, object]:
    """Release all that is due by that day and was not released; safe to repeat.

    `{"month", "granted", "total"}`: the month of the day, how many grants this call made, and
    their sum as text; `"refused"`: `[{"budget", "detail"}]` where one could not be released.
    """
    year = queries.fiscal_year_of(on)
    return _released([year - 1, year], last=month_of(on), on=on)


def release_month(month: date, *, on: date) -> dict[str, object]:
    """As `release_due`, for the grants of one month; Refused before the month has begun."""
    if month > month_of(on):
        raise Refused(
            f"{month:%B %Y} has not begun, so its grants are not due.",
            code="month_not_begun",
            help=f"They are released on {month:%-d %B %Y}.",
            field="month",
        )
    return _released([queries.fiscal_year_of(month)], first=month, last=month, on=on)


def parts_of(
    allocation: Allocation, rule: BudgetRule, *, since: date, starts_in: int
) -> list[Part]:
    """The months in which an allocation is released and how much, from the day of publishing.

    Months of a year's budget are counted from the start of its first version, and what that has
    granted is not granted again.
    """
    budget = rule.budget
    since = (budget and budget.counts_from) or since
    plan = allocating.by_month(
        allocation.amount, is_monthly=rule.release == BudgetRule.Release.MONTHLY,
        year=rule.fiscal_year, starts_in=starts_in, since=since,
    )  # fmt: skip
    if budget and budget.starts_on:
        first = max(month_of(budget.starts_on), min(plan, default=date.min))
        plan = allocating.going_on(plan, brought=allocation.brought, first=first)
    return [Part(allocation, month, amount) for month, amount in plan.items()]


def _released(
    years: Sequence[int], *, last: date, on: date, first: date = date.min
) -> dict[str, object]:
    paid: list[Transfer] = []
    refused: list[dict[str, str]] = []
    for rule in _started_rules(years):
        try:
            with transaction.atomic():
                paid += release(rule, first=first, last=last, on=on)
        except Refused as reason:  # One budget's fault keeps no other ME from its money.
            log.exception("%s (budget %s) was not released", rule, rule.pk)
            refused.append({"budget": str(rule.pk), "detail": str(reason)})
    total = sum((row.amount for row in paid), ZERO)
    if paid:
        audit.record(
            "budget.release", text_of(last), by=None, on=on, granted=len(paid), total=total
        )
    told: dict[str, object] = {
        "month": text_of(last), "granted": len(paid), "total": f"{total:.2f}"
    }  # fmt: skip
    return told | ({"refused": refused} if refused else {})


def _started_rules(years: Sequence[int]) -> QuerySet[BudgetRule]:
    """Those of a year's budget release from its first day on, the others once published."""
    rules = BudgetRule.objects.filter(state=State.PUBLISHED, fiscal_year__in=years)
    started = Q(budget=None) | Q(budget__started_on__isnull=False)
    return rules.filter(started).select_related("budget").order_by("pk")


def release(
    rule: BudgetRule, *, last: date, on: date, by: User | None = None, first: date = date.min
) -> list[Transfer]:
    """Grant what the rule plans from month to month and has not granted; whose ME trades."""
    due = due_parts(rule, first=first, last=last, on=on)
    if due:  # What is stopped or taken back meanwhile waits for this lock.
        BudgetRule.objects.select_for_update(no_key=True).get(pk=rule.pk)
        due = due_parts(rule, first=first, last=last, on=on)
    open_month = open_months(rule)
    grants = [
        granting.Grant(part.allocation.micro_enterprise, part.amount, month, part.reference)
        for part in due
        if (month := next((m for m in open_month if m >= part.month), None))
    ]
    if not grants:
        return []
    return granting.grant_all(
        grants, fund=rule.fund, fiscal_year=rule.fiscal_year, cause=cause_of(rule), on=on, by=by,
        note=str(rule.budget or rule),
    )  # fmt: skip


def due_parts(rule: BudgetRule, *, last: date, on: date, first: date = date.min) -> list[Part]:
    starts_in = queries.fiscal_year_start()
    since = rule.published_on or on
    rows = rule.allocations.filter(stopped_on=None).select_related("micro_enterprise")
    parts = [
        part
        for allocation in rows.order_by("pk")
        if allocation.micro_enterprise.may_trade
        for part in parts_of(allocation, rule, since=since, starts_in=starts_in)
        if first <= part.month <= last
    ]
    done = Transfer.objects.filter(reference__in=[part.reference for part in parts])
    references = set(done.values_list("reference", flat=True))
    return [part for part in parts if part.reference not in references]


def open_months(rule: BudgetRule) -> list[date]:
    """The months of its year that are not locked: a late release goes into the next of them."""
    months = months_of_year(rule.fiscal_year, starts_in=queries.fiscal_year_start())
    locked = SettlementRun.objects.filter(month__in=months, state=SettlementRun.State.LOCKED)
    shut = set(locked.values_list("month", flat=True))
    return [month for month in months if month not in shut]
