"""The close of a fiscal year: every wallet of it ends at 0.00 (PRODUCT 4.9).

A year closes when the run of its last month is locked. Each wallet is closed once and for good in
one transaction with its promises, so a killed worker leaves whole wallets behind and the next hour
goes on. The closing transfers carry the first month of the new year and alone use a wallet of
another year; the triggers of migration 0007 refuse everything else.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from accounts import audit, clock
from ledger import basis, carrying, locking, queries, year_figures
from ledger.actions import system_wallet
from ledger.models import Cause, Reservation, ReservationQuerySet, Transfer, Wallet, WalletClosing
from ledger.money import ZERO
from ledger.months import month_of
from ledger.runs import is_locked
from ledger.year_figures import Rules, Source

log = logging.getLogger(__name__)
MES_AT_ONCE = 100
ATTEMPTS = 5


class _Raced(Exception):
    """Somebody promised from one of the wallets while we waited for it."""


def cause_of(year: int) -> Cause:
    """What a statement links: the page of the year's end."""
    return Cause("ledger:year_end", year)


def close_due(*, on: date, mes_at_once: int = MES_AT_ONCE) -> dict[str, int]:
    """Close what is left of every year whose last month is locked: `{"closed"}` wallets.

    Any number of workers may do so at once, and a repetition changes nothing.
    """
    closed = 0
    for year in _years_to_close():
        for mes in _parts_of(year, size=mes_at_once):
            closed += _close_patiently(year, mes, on=on)
    return {"closed": closed}


def months_that_close() -> list[date]:
    """The last months of the years that have wallets open: each of them needs a run to lock."""
    return [year_figures.last_month_of(year) for year in _open_years()]


def lapse_due(*, on: date, at_once: int = 500) -> dict[str, object]:
    """Book what lapses by that day of money carried for some months: `{"lapsed", "total"}`.

    What counts is what was spent before its day, however late the job is.
    """
    due = WalletClosing.objects.filter(lapses_on__lte=on, decayed_on=None).order_by("pk")
    amounts: list[Decimal] = []
    while keys := list(due.values_list("pk", flat=True)[:at_once]):
        amounts += _lapse(keys, on=on)
    booked = [amount for amount in amounts if amount]
    return {"lapsed": len(booked), "total": f"{sum(booked, ZERO):.2f}"}


def _open_years() -> list[int]:
    rows = Wallet.objects.filter(system="", closed_on=None)
    return sorted(year for year in rows.values_list("fiscal_year", flat=True).distinct() if year)


def _years_to_close() -> list[int]:
    """In order, because a year is carried into the next one."""
    return [year for year in _open_years() if is_locked(year_figures.last_month_of(year))]


def _parts_of(year: int, *, size: int) -> Iterator[list[int]]:
    """The MEs that have an open wallet of the year, a few at a time."""
    rows = Wallet.objects.filter(system="", fiscal_year=year, closed_on=None)
    last = 0
    while keys := list(
        rows.filter(owner__gt=last)
        .order_by("owner")
        .values_list("owner", flat=True)
        .distinct()[:size]
    ):
        yield keys
        last = keys[-1]


def _close_patiently(year: int, mes: Sequence[int], *, on: date) -> int:
    """A purchase that comes between is let through, and the wallets are looked at anew."""
    for _ in range(ATTEMPTS):
        try:
            return _close(year, mes, on=on)
        except _Raced:
            continue
    log.warning("%s wallets of %s are too busy to be closed; the next hour goes on", len(mes), year)
    return 0


@dataclass(slots=True)
class _Books:
    """What the closing of some wallets writes, until all of it is known."""

    year: int
    month: date
    on: date
    at: datetime
    rules: Rules
    charged: frozenset[int]
    switched: frozenset[int]
    transfers: list[Transfer] = field(default_factory=list)
    closings: list[WalletClosing] = field(default_factory=list)
    balance: dict[int, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    reserved: dict[int, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))

    def move(self, wallet: Wallet, payee: Wallet, amount: Decimal, kind: str, part: str) -> None:
        if not amount:
            return
        self.transfers.append(
            Transfer(
                payer=wallet,
                payee=payee,
                amount=amount,
                kind=kind,
                month=self.month,
                posted_on=self.on,
                posted_at=self.at,
                reference=f"year/{self.year}/{wallet.pk}/{part}",
                is_charged=wallet.owner_id in self.charged,
                **cause_of(self.year)._asdict(),
            )
        )
        self.balance[wallet.pk] -= amount
        self.balance[payee.pk] += amount


@transaction.atomic
def _close(year: int, mes: Sequence[int], *, on: date) -> int:
    holder = year_figures.common_fund_owner()
    found = list(Wallet.objects.filter(owner__in=mes, fiscal_year=year, closed_on=None))
    keys = [wallet.pk for wallet in found]
    new = _successors(found, year=year + 1, holder=holder.pk if holder else None)
    promises = locking.held(_promised(keys, on=on))
    wallets = locking.lock_wallets([*keys, *new.values()], on=on)
    if {row.pk for row in promises} != set(_promised(keys, on=on).values_list("pk", flat=True)):
        raise _Raced
    old = [wallets[key] for key in keys if wallets[key].closed_on is None]
    books = _Books(
        year, year_figures.first_month_after(year), on, clock.now(), year_figures.rules_of(year),
        charged=basis.charged_mes(mes, month=year_figures.last_month_of(year)),
        switched=basis.charged_mes(mes, month=year_figures.first_month_after(year)),
    )  # fmt: skip
    sources = year_figures.sources_of([wallet.pk for wallet in old], on=on)
    treasury = system_wallet(Wallet.System.TREASURY)
    fund = holder and wallets.get(new.get((holder.pk, Wallet.Fund.INCENTIVE), 0))
    for wallet in old:
        successor = wallets.get(new.get((wallet.owner_id, wallet.fund), 0))
        _divide(books, wallet, sources[wallet.pk], successor, fund or None, treasury)
    Transfer.objects.bulk_create(books.transfers)
    _move_promises(promises, {each.wallet_id: each.successor_id for each in books.closings}, on=on)
    locking.change_wallets(wallets, balance=books.balance, reserved=books.reserved)
    Wallet.objects.filter(pk__in=[wallet.pk for wallet in old]).update(closed_on=on)
    WalletClosing.objects.bulk_create(books.closings)
    _record(books)
    return len(old)


def _divide(
    books: _Books,
    wallet: Wallet,
    source: Source,
    successor: Wallet | None,
    fund: Wallet | None,
    treasury: Wallet,
) -> None:
    """One wallet: its free money by the rule, its promises with their money."""
    rule = books.rules.by_fund[wallet.fund]
    parts = year_figures.divided_of(
        wallet, source, rule, shares_with=fund.owner_id if fund else None
    )
    if wallet.owner_id in books.switched - books.charged:
        # Its money became real with the new year: nothing notional is carried into that.
        parts = carrying.Divided(parts.free, ZERO, ZERO, ZERO, parts.free)
    reserved = wallet.reserved
    if successor is None and (parts.kept or reserved):
        raise _Raced  # It was empty when we looked.
    if successor is not None:
        books.move(wallet, successor, parts.kept, Transfer.Kind.CARRY_OVER, "carried")
        books.move(wallet, successor, reserved, Transfer.Kind.CARRY_OVER, "reserved")
        books.reserved[wallet.pk] -= reserved
        books.reserved[successor.pk] += reserved
    if fund is not None:
        books.move(wallet, fund, parts.shared, Transfer.Kind.MOVE, "shared")
    books.move(wallet, treasury, parts.lapsed, Transfer.Kind.LAPSE, "lapsed")
    lapses = rule.how == "decay" and (parts.kept or reserved)
    books.closings.append(
        WalletClosing(
            wallet=wallet,
            successor=successor,
            closed_on=books.on,
            closed_at=books.at,
            rule=rule.how,
            policy_version=books.rules.version,
            allocation=source.allocation,
            reserved=reserved,
            lapses_on=books.rules.lapses_on if lapses else None,
            **parts._asdict(),
        )
    )


def _successors(
    wallets: Sequence[Wallet], *, year: int, holder: int | None
) -> dict[tuple[int | None, str], int]:
    """The wallets of the new year by owner and fund, made where they are missing and needed."""
    wanted = {(each.owner_id, each.fund) for each in wallets if each.balance}
    if holder is not None:
        wanted.add((holder, Wallet.Fund.INCENTIVE.value))
    rows = Wallet.objects.filter(fiscal_year=year, owner__in={owner for owner, _ in wanted})
    found = {(row.owner_id, row.fund): row.pk for row in rows}
    if missing := wanted - found.keys():
        Wallet.objects.bulk_create(
            (Wallet(owner_id=me, fund=fund, fiscal_year=year) for me, fund in sorted(missing)),
            ignore_conflicts=True,
        )
        found = {(row.owner_id, row.fund): row.pk for row in rows.all()}
    return {key: found[key] for key in wanted}


def _promised(wallets: Sequence[int], *, on: date) -> ReservationQuerySet:
    rows = Reservation.objects.filter(wallet__in=wallets)
    return queries.in_force(rows, on=on)


def _move_promises(
    promises: Sequence[Reservation], successors: dict[int, int | None], *, on: date
) -> None:
    """The same promise in the new wallet; the old row stays as history."""
    Reservation.objects.filter(pk__in=[row.pk for row in promises]).update(closed_on=on)
    Reservation.objects.bulk_create(
        Reservation(
            wallet_id=successors[row.wallet_id] or 0, kind=row.kind, month=row.month,
            amount=row.amount, made_on=on, ends_on=row.ends_on, **row.cause._asdict(),
        )
        for row in promises
    )  # fmt: skip


def _record(books: _Books) -> None:
    if not books.closings:
        return

    def total(name: str) -> Decimal:
        return sum((getattr(row, name) for row in books.closings), ZERO)

    audit.record(
        "year.close", f"year {books.year}", by=None, on=books.on, wallets=len(books.closings),
        policy_version=books.rules.version, earned=total("earned"), carried=total("carried"),
        shared=total("shared"), lapsed=total("lapsed"), reserved=total("reserved"),
    )  # fmt: skip


@transaction.atomic
def _lapse(keys: Sequence[int], *, on: date) -> list[Decimal]:
    rows = WalletClosing.objects.filter(pk__in=keys, decayed_on=None).order_by("pk")
    closings = list(rows.select_for_update(no_key=True))
    wallets = locking.lock_wallets([row.successor_id or 0 for row in closings], on=on)
    treasury = system_wallet(Wallet.System.TREASURY)
    days = {row.successor_id or 0: row.lapses_on or on for row in closings}
    spent = year_figures.spent_before(days)
    owners = [wallet.owner_id or 0 for wallet in wallets.values()]
    charged = basis.charged_mes(owners, month=month_of(on))
    at, transfers = clock.now(), []
    change: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for row in closings:
        wallet = wallets[row.successor_id or 0]
        row.decayed_on = on
        if wallet.closed_on is None:
            row.decayed = carrying.decayed(
                row.earned + row.carried + row.reserved, spent=spent.get(wallet.pk, ZERO),
                available=wallet.available,
            )  # fmt: skip
        if not row.decayed:
            continue
        year = (wallet.fiscal_year or 0) - 1
        change[wallet.pk] -= row.decayed
        transfers.append(
            Transfer(
                payer=wallet,
                payee=treasury,
                amount=row.decayed,
                kind=Transfer.Kind.LAPSE,
                month=_month_of_lapse(row.lapses_on, on),
                posted_on=on,
                posted_at=at,
                is_charged=wallet.owner_id in charged,
                reference=f"year/{year}/{row.wallet_id}/decayed",
                **cause_of(year)._asdict(),
            )
        )
    Transfer.objects.bulk_create(transfers)
    locking.change_wallets(wallets, balance=change)
    WalletClosing.objects.bulk_update(closings, ["decayed", "decayed_on"])
    if transfers:
        total = sum((row.decayed for row in closings), ZERO)
        audit.record("year.lapse", "carried money", by=None, on=on, total=total)
    return [row.decayed for row in closings]


def _month_of_lapse(day: date | None, on: date) -> date:
    """The month in which it lapsed; the running one where that is locked."""
    month = month_of(day or on)
    return month_of(on) if is_locked(month) else month
