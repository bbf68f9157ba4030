"""What is left at the year's end, from what is signed today, and what one more purchase changes.

The ledger knows promises and budgets. What signed contracts plan beyond them, apps above tell: they
are named in the setting `SIGNED_PLANS`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple, cast

from django.conf import settings
from django.db.models import Q, Sum
from django.utils.module_loading import import_string

from accounts.models import MicroEnterprise
from ledger import holds, queries, releasing
from ledger.models import Allocation, BudgetRule, Cause, Reservation, Transfer, Wallet
from ledger.money import ZERO
from ledger.months import last_day, month_of, months_of_year
from ledger.queries import Money, money_of


class SignedPlan(NamedTuple):
    """What one signed thing plans for each month, as buyer or as provider (`sells`)."""

    cause: Cause
    title: str
    sells: bool
    by_month: Mapping[date, Decimal]
    ends_on: date
    is_unfunded: bool


_Source = Callable[[MicroEnterprise, date], Iterable[SignedPlan]]


@dataclass(frozen=True)
class MonthAhead:
    """One month of the year: what was spent, what is promised or only planned, what comes in.

    `left` is what would be available at its end: what is free now, with grants to come, less what
    is signed but not reserved. Sales that are planned are told and not counted on.
    """

    month: date
    spent: Decimal
    committed: Decimal
    planned: Decimal
    grants: Decimal
    sales: Decimal
    left: Decimal | None


@dataclass(frozen=True)
class Forecast:
    money: Money
    months: list[MonthAhead]
    ending: list[SignedPlan]
    unfunded: list[SignedPlan]

    @property
    def at_years_end(self) -> Decimal:
        """What would be available when the year ends; below zero what is signed does not fit."""
        return next((row.left for row in reversed(self.months) if row.left is not None), ZERO)

    def total(self, name: str) -> Decimal:
        return sum((getattr(row, name) for row in self.months), ZERO)

    @property
    def totals(self) -> dict[str, Decimal]:
        return {
            name: self.total(name) for name in ("spent", "committed", "planned", "grants", "sales")
        }


@dataclass(frozen=True)
class MonthOfPurchase:
    """A month before and after one more purchase: promised, this purchase, promised then."""

    month: date
    before: Decimal
    purchase: Decimal

    @property
    def after(self) -> Decimal:
        return self.before + self.purchase


@dataclass(frozen=True)
class WhatIf:
    """A purchase before it is made; `after` is None where the money does not cover it."""

    now: Money
    after: Money | None
    needed: Decimal
    later: Decimal
    months: list[MonthOfPurchase]

    @property
    def lacks(self) -> Decimal:
        return max(self.needed - self.now.available, ZERO)

    @property
    def left(self) -> Decimal:
        return self.now.available - self.needed


def what_if(
    me: MicroEnterprise,
    plan: Mapping[date, Decimal],
    *,
    on: date,
    fund: str = Wallet.Fund.OPERATING,
    cause: Cause | None = None,
) -> WhatIf:
    """The money bar before and after a purchase that costs so much in each month.

    What is promised for the same cause already is not needed a second time. Months of later years
    are committed when those open. Three queries, four where money is held.
    """
    now = money_of(me, on=on, fund=fund)
    promised = queries.promised_in(me, on=on, fund=fund, year=now.fiscal_year)
    own = queries.promised_for(cause) if cause else {}
    this_year = {
        month: amount
        for month, amount in plan.items()
        if queries.fiscal_year_of(month) <= now.fiscal_year
    }
    needed = sum(this_year.values(), ZERO) - sum(own.values(), ZERO)
    after = replace(now, pre_committed=now.pre_committed + needed)
    months = sorted({*promised, *this_year})
    return WhatIf(
        now,
        after if after.available >= 0 else None,
        needed,
        sum(plan.values(), ZERO) - sum(this_year.values(), ZERO),
        [
            MonthOfPurchase(
                month, promised.get(month, ZERO) - own.get(month, ZERO), this_year.get(month, ZERO)
            )
            for month in months
        ],
    )


def forecast_of(me: MicroEnterprise, *, on: date, fund: str = Wallet.Fund.OPERATING) -> Forecast:
    """The ME's fiscal year of that day, month by month; a fixed number of queries."""
    money = money_of(me, on=on, fund=fund)
    year = money.fiscal_year
    months = months_of_year(year, starts_in=queries.fiscal_year_start())
    promised = queries.promised_in(me, on=on, fund=fund, year=year)
    plans = _plans(me, on=on) if fund == Wallet.Fund.OPERATING else []
    planned = _unreserved(plans, on=on)
    spent = _spent_by_month(me, fund=fund, year=year)
    grants = _grants_to_come(me, fund=fund, year=year)
    rows, left = [], money.available
    for month in months:
        is_ahead = last_day(month) >= on
        if is_ahead:
            left += grants.get(month, ZERO) - planned.get(month, ZERO)
        rows.append(
            MonthAhead(
                month, spent.get(month, ZERO), promised.get(month, ZERO),
                planned.get(month, ZERO) if is_ahead else ZERO,
                grants.get(month, ZERO) if is_ahead else ZERO,
                _sales(plans, month) if is_ahead else ZERO, left if is_ahead else None,
            )
        )  # fmt: skip
    bought = [plan for plan in plans if not plan.sells]
    return Forecast(
        money, rows,
        sorted((p for p in bought if on <= p.ends_on <= last_day(months[-1])),
               key=lambda plan: plan.ends_on),
        [plan for plan in bought if plan.is_unfunded],
    )  # fmt: skip


def _plans(me: MicroEnterprise, *, on: date) -> list[SignedPlan]:
    sources = [cast("_Source", import_string(path)) for path in settings.SIGNED_PLANS]
    return [each for source in sources for each in source(me, on)]


def _unreserved(plans: Iterable[SignedPlan], *, on: date) -> dict[date, Decimal]:
    """What is signed for the months ahead and has no promise behind it, by month; one query."""
    bought = [plan for plan in plans if not plan.sells]
    if not bought:
        return {}
    wanted = Q()
    for route in {plan.cause.cause_route for plan in bought}:
        keys = [plan.cause.cause_id for plan in bought if plan.cause.cause_route == route]
        wanted |= Q(cause_route=route, cause_id__in=keys)
    rows = Reservation.objects.open().filter(wanted, kind=Reservation.Kind.COMMITTED)
    held = {(row.cause, row.month) for row in rows}
    found: dict[date, Decimal] = {}
    for plan in bought:
        for month, amount in plan.by_month.items():
            if month >= month_of(on) and (plan.cause, month) not in held:
                found[month] = found.get(month, ZERO) + amount
    return found


def _sales(plans: Iterable[SignedPlan], month: date) -> Decimal:
    return sum((plan.by_month.get(month, ZERO) for plan in plans if plan.sells), ZERO)


def _spent_by_month(me: MicroEnterprise, *, fund: str, year: int) -> dict[date, Decimal]:
    """What the bar calls spent, by month: refunds come off it, what others got of held money is it.

    Four queries.
    """
    wallets = Wallet.objects.filter(owner=me, fund=fund, fiscal_year=year)
    paid = Transfer.objects.filter(payer__in=wallets, kind__in=queries.SPENT)
    refunded = Transfer.objects.filter(queries.REFUNDED, payee__in=wallets)
    found: dict[date, Decimal] = defaultdict(Decimal)
    for rows, sign in ((paid, 1), (refunded, -1)):
        for row in rows.order_by().values("month").annotate(total=Sum("amount")):
            found[row["month"]] += sign * row["total"]
    for outcome in holds.outcomes(list(wallets.values_list("pk", flat=True))).values():
        for month, amount in outcome.spent_by_month.items():
            found[month] += amount
    return found


def _grants_to_come(me: MicroEnterprise, *, fund: str, year: int) -> dict[date, Decimal]:
    """What published budgets will still release to it, by month; two queries."""
    rows = Allocation.objects.filter(
        micro_enterprise=me, stopped_on=None, rule__fund=fund, rule__fiscal_year=year,
        rule__state=BudgetRule.State.PUBLISHED,
    )  # fmt: skip
    starts_in = queries.fiscal_year_start()
    parts = [
        part
        for each in rows.select_related("rule__budget")
        for part in releasing.parts_of(
            each, each.rule, since=each.rule.published_on or date.min, starts_in=starts_in
        )
    ]
    done = Transfer.objects.filter(reference__in=[part.reference for part in parts])
    released = set(done.values_list("reference", flat=True))
    found: dict[date, Decimal] = {}
    for part in parts:
        if part.reference not in released:
            found[part.month] = found.get(part.month, ZERO) + part.amount
    return found
