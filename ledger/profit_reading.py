"""Each ME's profit and loss by month, from its transfers and from what is on record (PRODUCT 4.15).

Held money is nobody's yet. Where a dispute ends with money of the buyer at the provider, it is a
sale of the month in which it was released; where what the provider had earned goes back, one less.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from accounts.models import MicroEnterprise
from ledger import basis, queries
from ledger.models import CostRecord, OutsideSale
from ledger.money import ZERO
from ledger.months import months_of_year
from ledger.profit import Profit

# What comes in, what goes out, and what disputes decided. A posting holds the buyer's money under
# a reference that begins with the month; what is held later comes out of what was earned.
_MOVED = """
    WITH own AS (
        SELECT id, owner_id FROM ledger_wallet
        WHERE owner_id IS NOT NULL AND (%(all)s OR owner_id = ANY(%(mes)s::bigint[]))
    ), released AS (
        SELECT t.month, t.amount, payee.owner_id AS payee, hold.payer, hold.is_of_buyer
        FROM ledger_wallet held
        JOIN ledger_transfer t ON t.payer_id = held.id AND t.month BETWEEN %(first)s AND %(last)s
        JOIN ledger_wallet payee ON payee.id = t.payee_id
        JOIN LATERAL (
            SELECT w.owner_id AS payer, x.reference LIKE '____-__/%%' AS is_of_buyer
            FROM ledger_transfer x JOIN ledger_wallet w ON w.id = x.payer_id
            WHERE x.cause_route = t.cause_route AND x.cause_id = t.cause_id
              AND x.payee_id = held.id
            ORDER BY x.id LIMIT 1) hold ON hold.payer <> payee.owner_id
        WHERE held.system = 'held'
    ), moved AS (
        SELECT own.owner_id AS me, t.month,
               CASE WHEN t.kind = 'levy' THEN 'levy'
                    WHEN t.kind = 'subsidy' THEN 'subsidies'
                    WHEN payer.system = 'outside' THEN 'paid_outside'
                    WHEN t.kind = 'credit' THEN 'inside_purchases'
                    ELSE 'inside_sales' END AS line,
               CASE WHEN t.kind IN ('levy', 'credit') OR payer.system = 'outside'
                    THEN -t.amount ELSE t.amount END AS amount
        FROM own JOIN ledger_transfer t ON t.payee_id = own.id
             AND t.month BETWEEN %(first)s AND %(last)s
        JOIN ledger_wallet payer ON payer.id = t.payer_id
        WHERE t.kind IN ('levy', 'subsidy')
           OR t.kind IN ('charge', 'learning', 'credit') AND payer.system = ''
           OR t.kind IN ('purchase', 'learning') AND payer.system = 'outside'
        UNION ALL
        SELECT own.owner_id, t.month,
               CASE WHEN t.kind = 'levy' THEN 'levy'
                    WHEN t.kind = 'subsidy' THEN 'subsidies'
                    WHEN payee.system = 'outside' THEN 'paid_outside'
                    WHEN t.kind = 'credit' THEN 'inside_sales'
                    ELSE 'inside_purchases' END,
               CASE WHEN t.kind IN ('credit', 'subsidy') THEN -t.amount ELSE t.amount END
        FROM own JOIN ledger_transfer t ON t.payer_id = own.id
             AND t.month BETWEEN %(first)s AND %(last)s
        JOIN ledger_wallet payee ON payee.id = t.payee_id
        WHERE t.kind IN ('levy', 'subsidy')
           OR t.kind IN ('charge', 'learning', 'credit') AND payee.system = ''
           OR t.kind IN ('purchase', 'learning') AND payee.system = 'outside'
        UNION ALL
        SELECT CASE WHEN is_of_buyer THEN payee ELSE payer END, month, 'inside_sales',
               CASE WHEN is_of_buyer THEN amount ELSE -amount END
        FROM released
        UNION ALL
        SELECT CASE WHEN is_of_buyer THEN payer ELSE payee END, month, 'inside_purchases',
               CASE WHEN is_of_buyer THEN amount ELSE -amount END
        FROM released
    )
    SELECT me, month, line, sum(amount) FROM moved
    WHERE %(all)s OR me = ANY(%(mes)s::bigint[]) GROUP BY 1, 2, 3"""


def profit_of_year(me: MicroEnterprise, *, year: int) -> dict[date, Profit]:
    """Every month of the fiscal year in order; three queries."""
    months = months_of_year(year, starts_in=queries.fiscal_year_start())
    found = profits(first=months[0], last=months[-1], mes=[me.pk])
    return {month: found.get((me.pk, month), Profit()) for month in months}


class MonthMade(NamedTuple):
    """One month of an ME; `basis` is what its money was then."""

    month: date
    basis: str
    profit: Profit


class YearMade(NamedTuple):
    """The months of an ME's fiscal year that have begun, and all of them added up."""

    micro_enterprise: MicroEnterprise
    fiscal_year: int
    months: Sequence[MonthMade]
    total: Profit


def years_of(mes: Sequence[MicroEnterprise], *, year: int, on: date) -> list[YearMade]:
    """The fiscal year of each of these MEs; five queries, however many."""
    months = months_of_year(year, starts_in=queries.fiscal_year_start())
    keys = [me.pk for me in mes]
    found = profits(first=months[0], last=months[-1], mes=keys)
    charged = basis.charged_since(keys)
    told = []
    for me in mes:
        since = charged.get(me.pk, date.max)
        made = [
            MonthMade(month, basis.word(since <= month), found.get((me.pk, month), Profit()))
            for month in months
            if month <= on
        ]
        told.append(YearMade(me, year, made, sum((each.profit for each in made), Profit())))
    return told


def profits(
    *, first: date, last: date, mes: Collection[int] | None = None
) -> Mapping[tuple[int, date], Profit]:
    """By ME and month, for these MEs or for all; months without anything are missing.

    Three queries, however many MEs.
    """
    lines: dict[tuple[int, date], dict[str, Any]] = defaultdict(dict)
    for me, month, line, amount in _moved(first, last, mes):
        lines[me, month][line] = amount
    span = Q(month__gte=first, month__lte=last)
    span &= Q() if mes is None else Q(micro_enterprise__in=mes)
    for row in _summed(CostRecord.objects.in_force().filter(span), "kind", hours=Sum("hours")):
        found = lines[row["micro_enterprise"], row["month"]]
        is_labour = row["kind"] == CostRecord.Kind.LABOUR
        found["labour" if is_labour else "other_costs"] = row["total"]
        found["hours"] = found.get("hours", ZERO) + row["hours"]
        found["entry_count"] = found.get("entry_count", 0) + row["count"]
    for row in _summed(OutsideSale.objects.in_force().filter(span)):
        found = lines[row["micro_enterprise"], row["month"]]
        found["outside_sales"] = row["total"]
        found["entry_count"] = found.get("entry_count", 0) + row["count"]
    return {key: Profit(**found) for key, found in lines.items()}


def _summed(rows: QuerySet[Any, Any], *more: str, **sums: Any) -> QuerySet[Any, Any]:
    """Entries that were taken back are no record of the month."""
    something = Q(amount__gt=0) | (Q(hours__gt=0) if sums else Q())
    by: QuerySet[Any, Any] = rows.filter(something).order_by()
    by = by.values("micro_enterprise", "month", *more)
    found: QuerySet[Any, Any] = by.annotate(total=Sum("amount"), count=Count("pk"), **sums)
    return found


def _moved(
    first: date, last: date, mes: Collection[int] | None
) -> list[tuple[int, date, str, Decimal]]:
    values: dict[str, Any] = {
        "first": first, "last": last, "all": mes is None,
        "mes": "{" + ",".join(map(str, mes or ())) + "}",
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, values)
        return list(cursor.fetchall())


def firm_by_month() -> list[tuple[date, Decimal, Decimal, Decimal]]:
    """(month, inside sales, inside purchases, subsidies) of all MEs together."""
    words = ("inside_sales", "inside_purchases", "subsidies")
    sums = ", ".join(f"coalesce(sum(sum) FILTER (WHERE line = '{word}'), 0)" for word in words)
    values: dict[str, Any] = {"first": date.min, "last": date.max, "all": True, "mes": "{}"}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT month, {sums} FROM ({_MOVED}) lines GROUP BY 1 ORDER BY 1",  # noqa: S608
            values,
        )
        return list(cursor.fetchall())
