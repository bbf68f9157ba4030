"""What a year's end will do to each wallet, or has done (PRODUCT 4.9)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from accounts import policy
from accounts.models import MicroEnterprise
from ledger import queries
from ledger.carrying import Divided, Rule, divided
from ledger.models import Wallet, WalletClosing
from ledger.money import ZERO, to_cents
from ledger.months import months_of_year, previous
from ledger.sql import array

# Learning sold and levies received are revenue as a sale is. What the posting of a month held was
# the buyer's, so what others get of it is revenue. Every other hold takes back what was earned:
# what its payer gets of it is revenue again, and what others get is a refund.
_SOURCES = """
    WITH wanted AS (SELECT unnest(%(wallets)s::bigint[]) AS wallet),
    came AS (
      SELECT t.payee_id AS wallet,
             sum(t.amount) FILTER (WHERE t.kind = 'grant') AS granted,
             sum(t.amount) FILTER (WHERE t.kind IN ('charge', 'learning', 'levy', 'subsidy')
               OR t.kind = 'release' AND EXISTS (
                 SELECT FROM ledger_transfer h WHERE h.kind = 'hold'
                   AND (h.payer_id = t.payee_id) <> (h.reference LIKE '____-__/%%')
                   AND h.cause_route = t.cause_route AND h.cause_id = t.cause_id)) AS earned
      FROM ledger_transfer t WHERE t.payee_id = ANY(%(wallets)s::bigint[])
        AND t.kind IN ('grant', 'charge', 'learning', 'levy', 'subsidy', 'release')
      GROUP BY 1),
    went AS (
      SELECT t.payer_id AS wallet,
             sum(t.amount) FILTER (WHERE t.kind = 'grant') AS returned,
             sum(t.amount) FILTER (WHERE t.kind = 'credit'
               OR t.kind = 'hold' AND t.reference NOT LIKE '____-__/%%') AS credited
      FROM ledger_transfer t WHERE t.payer_id = ANY(%(wallets)s::bigint[])
        AND t.kind IN ('grant', 'credit', 'hold') GROUP BY 1),
    waits AS (
      SELECT r.wallet_id AS wallet,
             sum(r.amount) FILTER (WHERE r.kind = 'dispute_window' AND r.ends_on >= %(on)s)
               AS in_window,
             sum(r.amount) FILTER (WHERE r.kind = 'dispute_window' AND r.ends_on < %(on)s) AS ended
      FROM ledger_reservation r
      WHERE r.closed_on IS NULL AND r.wallet_id = ANY(%(wallets)s::bigint[]) GROUP BY 1)
    SELECT w.wallet, coalesce(c.granted, 0) - coalesce(g.returned, 0),
           coalesce(c.earned, 0) - coalesce(g.credited, 0), coalesce(r.in_window, 0),
           coalesce(r.ended, 0)
    FROM wanted w LEFT JOIN came c USING (wallet) LEFT JOIN went g USING (wallet)
    LEFT JOIN waits r USING (wallet)"""
_SPENT = """
    SELECT w.owner_id, t.month, sum(t.amount) FROM ledger_transfer t
    JOIN ledger_wallet w ON w.id = t.payer_id
    WHERE w.fiscal_year = %(year)s AND t.kind = ANY(%(kinds)s::text[]) AND w.system = ''
      AND t.month = ANY(%(months)s::date[]) {own} GROUP BY 1, 2"""

# What came back of held money was not spent: a buyer's own, or a refund of what it paid that year.
_SPENT_BEFORE = """
    SELECT w.wallet,
      (SELECT coalesce(sum(amount), 0) FROM ledger_transfer t
       WHERE t.payer_id = w.wallet AND t.month < w.day
         AND (t.kind IN ('charge', 'purchase', 'learning', 'levy')
              OR t.kind = 'hold' AND t.reference LIKE '____-__/%%'))
      - (SELECT coalesce(sum(amount), 0) FROM ledger_transfer t
         WHERE t.payee_id = w.wallet AND t.month < w.day
           AND (t.kind IN ('credit', 'purchase') OR t.kind = 'release' AND EXISTS (
             SELECT FROM ledger_transfer h JOIN ledger_wallet payer ON payer.id = h.payer_id
             JOIN ledger_wallet own ON own.id = w.wallet
             WHERE h.kind = 'hold' AND h.cause_route = t.cause_route AND h.cause_id = t.cause_id
               AND payer.fiscal_year = own.fiscal_year
               AND (h.payer_id = w.wallet) = (h.reference LIKE '____-__/%%'))))
      + (SELECT coalesce(sum(amount), 0) FROM ledger_reservation r
         WHERE r.wallet_id = w.wallet AND r.closed_on IS NULL AND r.kind = 'committed'
           AND r.month < w.day)
    FROM unnest(%(wallets)s::bigint[], %(days)s::date[]) AS w (wallet, day)"""


class Source(NamedTuple):
    """Where a wallet's money came from; `ended` windows are free by date, if not yet by job."""

    allocation: Decimal
    revenue: Decimal
    in_window: Decimal
    ended: Decimal


@dataclass(frozen=True)
class Row:
    """One wallet at its year's end: expected, or as it was closed."""

    micro_enterprise: MicroEnterprise
    wallet: int
    fund: str
    fiscal_year: int
    rule: str
    allocation: Decimal
    free: Decimal
    earned: Decimal
    carried: Decimal
    shared: Decimal
    lapsed: Decimal
    reserved: Decimal
    closed_on: date | None = None
    lapses_on: date | None = None

    @property
    def how(self) -> str:
        return policy.CARRY_OVER.get(self.rule, self.rule)

    @property
    def balance(self) -> Decimal:
        return self.free + self.reserved

    @property
    def kept(self) -> Decimal:
        """What is free in the wallet of the next year."""
        return self.earned + self.carried


AMOUNTS = ("allocation", "free", "earned", "carried", "shared", "lapsed", "reserved")


class Rush(NamedTuple):
    """The last month's spending against the monthly mean of its year; None without any."""

    last: Decimal
    mean: Decimal

    @property
    def ratio(self) -> Decimal | None:
        return (self.last / self.mean).quantize(Decimal("0.01")) if self.mean else None


def first_month_after(year: int) -> date:
    """The month of the closing transfers."""
    return months_of_year(year + 1, starts_in=queries.fiscal_year_start())[0]


def last_month_of(year: int) -> date:
    return months_of_year(year, starts_in=queries.fiscal_year_start())[-1]


class Rules(NamedTuple):
    """How each fund is carried over, and by which version of the policies."""

    by_fund: Mapping[str, Rule]
    lapses_on: date
    version: int


def rules_of(year: int) -> Rules:
    """The policies in force on the first day of the new year, which the closing belongs to."""
    starts_in = queries.fiscal_year_start()
    first, *_ = new = months_of_year(year + 1, starts_in=starts_in)
    new.append(months_of_year(year + 2, starts_in=starts_in)[0])
    values = policy.in_force(on=first)
    share = values.percent("carry_over_share_percent")
    cap = values.percent("carry_over_cap_percent")
    by_fund = {
        fund.value: Rule(values[f"carry_over_{fund.value}"], share, cap) for fund in Wallet.Fund
    }
    return Rules(by_fund, new[values["carry_over_lapses_after_months"]], values.version)


def common_fund_owner() -> MicroEnterprise | None:
    """The platform ME whose incentive wallet is the common incentive fund."""
    platform = MicroEnterprise.objects.filter(kind=MicroEnterprise.Kind.PLATFORM)
    return platform.exclude(state__in=MicroEnterprise.OVER).order_by("pk").first()


def sources_of(wallets: Iterable[int], *, on: date) -> dict[int, Source]:
    """For each of these wallets, in one query."""
    keys = array(sorted(wallets))
    with connection.cursor() as cursor:
        cursor.execute(_SOURCES, {"wallets": keys, "on": on})
        return {row[0]: Source(*map(to_cents, row[1:])) for row in cursor.fetchall()}


def divided_of(wallet: Wallet, source: Source, rule: Rule, *, shares_with: int | None) -> Divided:
    """What of the wallet goes where; `shares_with` is the owner of the common incentive fund.

    The common fund shares nothing with itself, and without one the money lapses.
    """
    parts = divided(
        wallet.balance - wallet.reserved, revenue=source.revenue, in_window=source.in_window,
        allocation=source.allocation, rule=rule,
    )  # fmt: skip
    if wallet.fund == Wallet.Fund.INCENTIVE and wallet.owner_id == shares_with:
        return parts._replace(carried=parts.carried + parts.shared, shared=ZERO)
    if shares_with is None:
        return parts._replace(lapsed=parts.lapsed + parts.shared, shared=ZERO)
    return parts


def wallets_of_year(year: int, *, mes: Collection[int] | None = None) -> QuerySet[Wallet]:
    """In the order of the page: by ME and fund."""
    rows = Wallet.objects.filter(system="", fiscal_year=year).select_related("owner", "closing")
    rows = rows if mes is None else rows.filter(owner__in=mes)
    return rows.order_by("owner__name", "owner_id", "-fund")


def rows_of(wallets: Iterable[Wallet], *, year: int, on: date) -> list[Row]:
    """Each wallet of the year as it would be closed on that day, or as it was closed.

    Five queries for any number of them.
    """
    found, rules = list(wallets), rules_of(year)
    holder = common_fund_owner()
    sources = sources_of([w.pk for w in found if w.closed_on is None], on=on)
    return [
        _closed_row(wallet, wallet.closing)
        if wallet.closed_on
        else _expected_row(wallet, sources[wallet.pk], rules, holder.pk if holder else None)
        for wallet in found
    ]


def expected_of(me: MicroEnterprise, *, on: date) -> list[Row]:
    """What the ME may expect of the year's end, from its last month but one until it is closed."""
    year = year_to_show(on=on)
    last = last_month_of(year)
    if on < previous(last):
        return []
    open_wallets = wallets_of_year(year, mes=[me.pk]).filter(closed_on=None)
    return rows_of(open_wallets, year=year, on=on)


def year_to_show(*, on: date) -> int:
    """The year before while any of its wallets is open, else the fiscal year of that day."""
    year = queries.fiscal_year_of(on)
    before = Wallet.objects.filter(system="", fiscal_year=year - 1, closed_on=None)
    return year - 1 if before.exists() else year


def spent_before(days: Mapping[int, date]) -> dict[int, Decimal]:
    """What each wallet spent in the months before its day, with what is still due for them."""
    values = {"wallets": array(days), "days": array(days.values())}
    with connection.cursor() as cursor:
        cursor.execute(_SPENT_BEFORE, values)
        return dict(cursor.fetchall())


def totals_of(rows: Iterable[Row]) -> dict[str, Decimal]:
    found = list(rows)
    return {name: sum((getattr(row, name) for row in found), ZERO) for name in AMOUNTS}


def rush_of(year: int, *, on: date, mes: Collection[int] | None = None) -> dict[int | None, Rush]:
    """The rush ratio of each ME that spent, by its key, and of all together under None.

    The mean is over the months from the first in which the ME spent to the last of the year;
    nothing before that month has begun. One query.
    """
    months = months_of_year(year, starts_in=queries.fiscal_year_start())
    if on < months[-1]:
        return {}
    values: dict[str, Any] = {"year": year, "kinds": array(queries.SPENT), "months": array(months)}
    own = ""
    if mes is not None:
        own, values["mes"] = "AND w.owner_id = ANY(%(mes)s::bigint[])", array(sorted(mes))
    spent: dict[int | None, dict[date, Decimal]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SPENT.format(own=own), values)
        for owner, month, amount in cursor.fetchall():
            for key in (owner, None):
                of = spent.setdefault(key, {})
                of[month] = of.get(month, ZERO) + amount
    return {key: _rush(of, months) for key, of in spent.items()}


def _rush(spent: Mapping[date, Decimal], months: list[date]) -> Rush:
    span = months[months.index(min(spent)) :]
    mean = to_cents(sum(spent.values(), ZERO) / len(span))
    return Rush(spent.get(months[-1], ZERO), mean)


def _expected_row(wallet: Wallet, source: Source, rules: Rules, shares_with: int | None) -> Row:
    wallet.reserved -= source.ended
    rule = rules.by_fund[wallet.fund]
    parts = divided_of(wallet, source, rule, shares_with=shares_with)
    return _row(
        wallet, parts, rule.how, allocation=source.allocation, reserved=wallet.reserved,
        lapses_on=rules.lapses_on if rule.how == "decay" else None,
    )  # fmt: skip


def _closed_row(wallet: Wallet, closing: WalletClosing) -> Row:
    parts = Divided(closing.free, closing.earned, closing.carried, closing.shared, closing.lapsed)
    return _row(
        wallet, parts, closing.rule, allocation=closing.allocation, reserved=closing.reserved,
        closed_on=closing.closed_on, lapses_on=closing.lapses_on,
    )  # fmt: skip


def _row(
    wallet: Wallet,
    parts: Divided,
    rule: str,
    *,
    allocation: Decimal,
    reserved: Decimal,
    closed_on: date | None = None,
    lapses_on: date | None = None,
) -> Row:
    if wallet.owner is None or wallet.fiscal_year is None:
        raise TypeError(f"{wallet} is of the system and is never closed.")
    return Row(
        wallet.owner, wallet.pk, wallet.fund, wallet.fiscal_year, rule, allocation, *parts,
        reserved, closed_on, lapses_on,
    )  # fmt: skip


def year_names(keys: Collection[int]) -> dict[int, str]:
    """What closed a year is called, by the year; no query."""
    return {year: f"End of {year}" for year in keys}
