"""A year's budget is published for a day, and put in force on it; then it releases its money.

What takes the place of an earlier version stops that, and grants or takes back what it had granted
too little or too much (PRODUCT 4.8).
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction

from accounts import audit
from accounts.errors import Invalid, Refused
from accounts.models import User
from accounts.permissions import mes_of
from ledger import allocating, budget_preview, budgets, granting, queries, releasing
from ledger.budget_preview import Due, Preview
from ledger.drafting import require_may_set, require_year
from ledger.models import Allocation, Budget, BudgetRule
from ledger.money import ZERO
from ledger.months import last_day, month_of, months_of_year

State = Budget.State
log = logging.getLogger(__name__)


@transaction.atomic
def publish(budget: Budget, *, seen: str, starts_on: date, by: User, on: date) -> Budget:
    """Publish the figures that were read, from a day on; on that day or later it starts.

    A member of an ME that it grants to only asks for it: it waits until another HR admin publishes
    the same figures for the same day (PRODUCT 4.22). A replay does nothing. Refused `stale` where
    the figures are others than `seen`, or where a rule cannot be computed.
    """
    require_may_set(by)
    found = Budget.objects.select_for_update(no_key=True).filter(pk=budget.pk).first()
    if found is None:
        raise Refused("This draft was discarded.", code="gone", help="Draft it anew.")
    wanted = (seen, starts_on)
    if found.state == State.PUBLISHED and (found.seen, found.starts_on) == wanted:
        return found
    _require_publishable(found, starts_on, on=on)
    figures = _read(found, seen, on=on)
    if found.state == State.WAITING and by != found.published_by:
        if (found.seen, found.starts_on) != wanted:
            raise _stale(f"{found.published_by} wants it from {found.starts_on:%-d %B %Y}.")
        found.confirmed_by = by
    elif _is_own(figures, by, on=on):
        return _wait(found, wanted, by=by, on=on)
    else:
        found.published_by, found.needs_second = by, False
    found.seen, found.starts_on = wanted
    _write(found, figures, by=by, on=on)
    if starts_on <= on:
        start(found, by=by, on=on)
    return found


def start_due(*, on: date) -> dict[str, int]:
    """Put every published budget in force whose day has come; safe to repeat."""
    due = Budget.objects.filter(state=State.PUBLISHED, started_on=None, starts_on__lte=on)
    started = 0
    for budget in due.order_by("starts_on", "version"):
        try:
            with transaction.atomic():
                started += start(budget, by=None, on=on)
        except Refused:  # One budget's fault keeps no other one from its day.
            log.exception("%s did not start", budget)
    return {"started": started}


@transaction.atomic
def start(budget: Budget, *, by: User | None, on: date) -> bool:
    """Put it in force: it stops its forerunner, settles what that granted, and releases.

    False where that was done before.
    """
    found = Budget.objects.select_for_update(no_key=True).get(pk=budget.pk)
    if found.started_on or not found.starts_on:
        return False
    replaced = _replace(found, by=by, on=on)
    Budget.objects.filter(pk=found.pk).update(started_on=on)
    found.started_on = budget.started_on = on
    paid = []
    for rule in found.rules.order_by("pk"):
        rule.budget = found
        paid += releasing.release(rule, last=month_of(on), on=on, by=by)
    audit.record(
        "year_budget.start", found, by=by, on=on, granted=sum((row.amount for row in paid), ZERO),
        taken_back=replaced.taken, stays=replaced.stays,
    )  # fmt: skip
    return True


class Replaced(NamedTuple):
    """What came back of the version before, and what of the excess is promised or spent."""

    taken: Decimal = ZERO
    stays: Decimal = ZERO


def _replace(budget: Budget, *, by: User | None, on: date) -> Replaced:
    """Stop the version in force and lay what it granted against the parts of the new one.

    The rows of its rules are locked first, so that a release of that hour comes before or finds
    it stopped.
    """
    earlier = budget_preview.earlier_allocations(budget)
    if not earlier or budget.starts_on is None or budget.counts_from is None:
        return Replaced()
    rules = BudgetRule.objects.filter(pk__in={row.rule_id for row in earlier})
    list(rules.select_for_update(no_key=True).order_by("pk"))
    Allocation.objects.filter(rule__in=rules, stopped_on=None).update(stopped_on=budget.starts_on)
    due = Due(budget.counts_from, month_of(on), queries.fiscal_year_start())
    fresh: dict[int, list[Allocation]] = defaultdict(list)
    for row in Allocation.objects.filter(rule__budget=budget).select_related("rule").order_by("pk"):
        fresh[row.micro_enterprise_id].append(row)
    dues = {me: [due.of(row.rule, row.amount) for row in rows] for me, rows in fresh.items()}
    flows = budget_preview.flows_of(earlier)
    net = {row.pk: flows[row.pk].net for row in earlier}
    granted: dict[int, Decimal] = defaultdict(Decimal)
    for row in earlier:
        granted[row.micro_enterprise_id] += net[row.pk]
    too_much = {me: total - sum(dues.get(me, ()), ZERO) for me, total in granted.items()}
    taken = _take_back(budget, earlier, net, too_much, by=by, on=on)
    changed = []
    for me, rows in fresh.items():
        planned = [row.amount for row in rows]
        brought = granted[me] - taken[me]
        for row, laid in zip(
            rows, allocating.shared_out(brought, due=dues[me], planned=planned), strict=True
        ):
            row.brought = laid
            changed.append(row)
    Allocation.objects.bulk_update(changed, ["brought"], batch_size=500)
    excess = sum((max(ZERO, each) for each in too_much.values()), ZERO)
    total = sum(taken.values(), ZERO)
    return Replaced(total, excess - total)


def _take_back(
    budget: Budget,
    earlier: Sequence[Allocation],
    net: dict[int, Decimal],
    too_much: dict[int, Decimal],
    *,
    by: User | None,
    on: date,
) -> dict[int, Decimal]:
    """By ME, what of the excess could come back: what was granted last comes first."""
    asked = []
    left = dict(too_much)
    numbers = budgets.returns_by_allocation(earlier)
    for row in reversed(earlier):
        me = row.micro_enterprise_id
        amount = min(max(ZERO, left[me]), max(ZERO, net[row.pk]))
        if amount:
            left[me] -= amount
            reference = f"grant/{row.pk}/back/{numbers[row.pk] + 1}"
            asked.append(granting.Return(me, amount, reference, releasing.cause_of(row.rule)))
    if not asked:
        return defaultdict(lambda: ZERO)
    month = budgets.month_of_return(earlier[0].rule, on=on)
    done = granting.return_all(
        asked, fund=budget.fund, fiscal_year=budget.fiscal_year, month=month, on=on, by=by,
        note=f"Revised: {budget}"[:200],
    )  # fmt: skip
    taken: dict[int, Decimal] = defaultdict(lambda: ZERO)
    owner = {each.reference: each.owner for each in asked}
    for transfer in done:
        taken[owner[transfer.reference]] += transfer.amount
    return taken


def _require_publishable(budget: Budget, starts_on: date, *, on: date) -> None:
    if budget.state == State.PUBLISHED:
        raise Refused(
            f"{budget} is published and stays as it is.",
            code="already_published",
            help="Revise it: a new version says from which day it holds.",
        )
    require_year(budget.fiscal_year, on=on)
    months = months_of_year(budget.fiscal_year, starts_in=queries.fiscal_year_start())
    earliest = budget_preview.first_day(budget, on=on)
    if not earliest <= starts_on <= last_day(months[-1]):
        raise Invalid(
            f"It can hold from {earliest:%-d %B %Y} to {last_day(months[-1]):%-d %B %Y}.",
            field="starts_on",
            value=starts_on.isoformat(),
        )


def _read(budget: Budget, seen: str, *, on: date) -> Preview:
    """The figures as they are now, if they are those that were read."""
    figures = budget_preview.preview(budget, on=on)
    if figures.faults:
        rule, said = figures.faults[0]
        raise Refused(f"{rule}: {said}", code="not_computable")
    if not any(row.parts for row in figures.rows):
        raise Refused(
            f"{budget} grants nothing to anybody.", code="empty", help="Add a rule to it first."
        )
    if figures.seen != seen:
        raise _stale("Somebody changed a rule, or what it reads has changed.")
    return figures


def _stale(why: str) -> Refused:
    return Refused(
        f"The figures are not those that you read. {why}",
        code="stale",
        help="Read the preview again, then publish.",
    )


def _is_own(figures: Preview, by: User, *, on: date) -> bool:
    own = set(mes_of(by, on=on).values_list("pk", flat=True))
    return any(row.micro_enterprise in own for row in figures.rows if row.parts)


def _wait(budget: Budget, wanted: tuple[str, date], *, by: User, on: date) -> Budget:
    budget.seen, budget.starts_on = wanted
    budget.state, budget.published_by, budget.needs_second = State.WAITING, by, True
    budget.save()
    audit.record("year_budget.ask", budget, by=by, on=on, starts_on=budget.starts_on.isoformat())
    return budget


def _write(budget: Budget, figures: Preview, *, by: User, on: date) -> None:
    """Keep the figures as allocations, and let neither them nor the budget change again."""
    Allocation.objects.bulk_create(
        [
            Allocation(
                rule=part.rule, micro_enterprise_id=row.micro_enterprise, amount=part.amount,
                figures=dict(part.figures),
            )
            for row in figures.rows
            for part in row.parts
        ],
        batch_size=2_000,
    )  # fmt: skip
    earlier = budget_preview.forerunner(budget)
    budget.counts_from = (earlier and earlier.counts_from) or budget.starts_on
    budget.rules.update(state=BudgetRule.State.PUBLISHED, published_on=on)
    budget.state, budget.published_on = State.PUBLISHED, on
    budget.save()
    audit.record(
        "year_budget.publish", budget, by=by, on=on, total=figures.total, seen=budget.seen,
        starts_on=budget.starts_on and budget.starts_on.isoformat(), version=budget.version,
    )  # fmt: skip
