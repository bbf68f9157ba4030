"""A fiscal year at a glance: what was budgeted, released, is still to come, and is spent."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from accounts.models import MicroEnterprise, User
from accounts.permissions import may_see_budgets
from ledger.models import Allocation, Budget, BudgetRule, Transfer, Wallet
from ledger.money import ZERO
from ledger.queries import SPENT

System = Wallet.System
# A rule of a later version waits behind the one in force, so it is not to come beside it.
_TO_COME = """
SELECT r.fund, sum(greatest(a.amount - a.brought - coalesce(g.granted, 0), 0))
FROM ledger_allocation a
JOIN ledger_budgetrule r ON r.id = a.rule_id
LEFT JOIN ledger_budget b ON b.id = r.budget_id
LEFT JOIN (
  SELECT split_part(t.reference, '/', 2) AS allocation, sum(t.amount) AS granted
  FROM ledger_transfer t JOIN ledger_wallet w ON w.id = t.payer_id AND w.system = 'treasury'
  WHERE t.kind = 'grant' AND t.cause_route = 'ledger:budget'
    AND t.cause_id IN (SELECT id FROM ledger_budgetrule WHERE fiscal_year = %(year)s)
  GROUP BY 1) g ON g.allocation = a.id::text
WHERE r.fiscal_year = %(year)s AND r.state = 'published' AND a.stopped_on IS NULL
  AND (b.id IS NULL OR b.started_on IS NOT NULL OR b.version = 1)
GROUP BY 1"""


@dataclass(frozen=True)
class FundYear:
    """One fund of one year; `budget` is its newest version, `in_force` the one that releases."""

    fund: str
    budget: Budget | None
    in_force: Budget | None
    released: Decimal
    to_come: Decimal
    spent: Decimal

    @property
    def budgeted(self) -> Decimal:
        return self.released + self.to_come


def overview(year: int) -> list[FundYear]:
    """Every fund of the year, whatever its money came from: five queries."""
    budgets = list(Budget.objects.filter(fiscal_year=year).order_by("version"))
    newest = {budget.fund: budget for budget in budgets}
    in_force = {budget.fund: budget for budget in budgets if budget.started_on}
    with connection.cursor() as cursor:
        cursor.execute(_TO_COME, {"year": year})
        to_come = dict(cursor.fetchall())
    granted = _moved(Q(kind=Transfer.Kind.GRANT, payer__system=System.TREASURY), "payee", year)
    back = _moved(Q(kind=Transfer.Kind.GRANT, payee__system=System.TREASURY), "payer", year)
    spent = _moved(Q(kind__in=SPENT), "payer", year)
    refunds = Q(kind=Transfer.Kind.CREDIT) | Q(payer__system=System.OUTSIDE)
    refunded = _moved(refunds, "payee", year)
    return [
        FundYear(
            fund.value, newest.get(fund.value), in_force.get(fund.value),
            released=granted.get(fund.value, ZERO) - back.get(fund.value, ZERO),
            to_come=to_come.get(fund.value, ZERO),
            spent=spent.get(fund.value, ZERO) - refunded.get(fund.value, ZERO),
        )
        for fund in Wallet.Fund
    ]  # fmt: skip


def years_known() -> list[int]:
    """The fiscal years that have a budget, the newest first."""
    rows = BudgetRule.objects.values_list("fiscal_year", flat=True).union(
        Budget.objects.values_list("fiscal_year", flat=True)
    )
    return sorted(rows, reverse=True)


def versions_of(budget: Budget) -> QuerySet[Budget]:
    """All versions of this fund and year, the newest first."""
    rows = Budget.objects.filter(fund=budget.fund, fiscal_year=budget.fiscal_year)
    return rows.select_related("drafted_by__person", "published_by__person", "confirmed_by__person"
    ).order_by("-version")  # fmt: skip


def in_force_for(me: MicroEnterprise, *, year: int) -> list[tuple[Budget, Decimal]]:
    """The budgets of the year that grant to the ME, with its figure in each."""
    rows = Allocation.objects.filter(
        micro_enterprise=me, stopped_on=None, rule__budget__fiscal_year=year,
        rule__budget__started_on__isnull=False,
    )  # fmt: skip
    sums = dict(rows.values_list("rule__budget").annotate(total=Sum("amount")).order_by())
    found = Budget.objects.filter(pk__in=sums).order_by("-fund")
    return [(budget, sums[budget.pk]) for budget in found]


def may_see_figure(user: User, budget: Budget, *, is_member: bool) -> bool:
    """All figures for whoever sees budgets; the own ME's once it is published for its members."""
    return may_see_budgets(user) or (is_member and budget.state == Budget.State.PUBLISHED)


def _moved(which: Q, side: str, year: int) -> Mapping[str, Decimal]:
    rows = Transfer.objects.filter(which, **{f"{side}__fiscal_year": year})
    sums = rows.values_list(f"{side}__fund").annotate(total=Sum("amount")).order_by()
    return dict(sums)
