"""Paying many charges of a month at once: a fixed number of statements, wallets locked last.

What a reservation covers needs no decision, so those transfers are written before any wallet is
locked; overages are decided after it. Locks are taken in the order of `ledger.actions`:
reservations, ended dispute windows, wallets, each by key and "no key" (a plain FOR UPDATE makes
every row that points at the wallet wait, and deadlocks with settlement).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any, NamedTuple

from django.db import connection, transaction

from accounts import clock
from ledger import queries
from ledger.models import Cause, Reservation, Transfer, Wallet
from ledger.money import ZERO, exact
from ledger.months import text_of

_MAKE_WALLETS = """
    INSERT INTO ledger_wallet (owner_id, fund, fiscal_year, system, balance, reserved)
    SELECT owner, %(fund)s, %(year)s, '', 0, 0 FROM unnest(%(owners)s::bigint[]) AS owner
    ORDER BY owner ON CONFLICT DO NOTHING"""
_FIND_WALLETS = """
    SELECT owner_id, id FROM ledger_wallet
    WHERE owner_id = ANY(%(owners)s::bigint[]) AND fund = %(fund)s AND fiscal_year = %(year)s"""
_LOCK_PROMISES = """
    SELECT id, cause_id, month, wallet_id, amount FROM ledger_reservation
    WHERE cause_route = %(route)s AND cause_id = ANY(%(causes)s::bigint[]) AND month <= %(month)s
      AND kind = %(kind)s AND wallet_id = ANY(%(wallets)s::bigint[]) AND closed_on IS NULL
    ORDER BY id FOR NO KEY UPDATE"""
_CLOSE = "UPDATE ledger_reservation SET closed_on = %(on)s WHERE id = ANY(%(rows)s::bigint[])"
_LOCK_ENDED_WINDOWS = """
    SELECT id, wallet_id, amount FROM ledger_reservation
    WHERE wallet_id = ANY(%(wallets)s::bigint[]) AND kind = %(kind)s AND ends_on < %(on)s
      AND closed_on IS NULL
    ORDER BY id FOR NO KEY UPDATE"""
_LOCK_WALLETS = """
    SELECT id, balance - reserved FROM ledger_wallet
    WHERE id = ANY(%(wallets)s::bigint[]) ORDER BY id FOR NO KEY UPDATE"""
_OPEN_WINDOWS = """
    INSERT INTO ledger_reservation
           (cause_route, cause_id, wallet_id, kind, month, amount, made_on, ends_on)
    SELECT %(route)s, %(cause)s, wallet, %(kind)s, %(month)s, amount, %(on)s, %(ends_on)s
    FROM unnest(%(wallets)s::bigint[], %(amounts)s::numeric[]) AS earned (wallet, amount)
    ON CONFLICT (cause_route, cause_id, wallet_id, kind, month) WHERE closed_on IS NULL
    DO UPDATE SET amount = ledger_reservation.amount + excluded.amount,
                  ends_on = greatest(ledger_reservation.ends_on, excluded.ends_on)"""
_CHANGE_WALLETS = """
    UPDATE ledger_wallet w SET balance = w.balance + d.moved, reserved = w.reserved + d.held
    FROM unnest(%(wallets)s::bigint[], %(moved)s::numeric[], %(held)s::numeric[])
         AS d (id, moved, held)
    WHERE w.id = d.id"""
_COPY_TRANSFERS = """
    COPY ledger_transfer (month, payer_id, payee_id, amount, kind, reference, posted_on, posted_at,
                          note, cause_route, cause_id) FROM STDIN"""


class Charge(NamedTuple):
    """What one cause owes for the month: buyer and provider are keys of MEs.

    `due` is not below zero, with two places. `may_exceed` says whether what is above the promise
    may be paid at all without the buyer's word. `months` are earlier ones that it settles too:
    what is still committed for them pays with the rest.
    """

    cause_id: int
    buyer: int
    provider: int
    due: Decimal
    may_exceed: bool
    months: Sequence[date] = ()


class Window(NamedTuple):
    """The dispute window in which a provider's revenue of the run stays reserved."""

    cause: Cause
    ends_on: date


class Waiting(NamedTuple):
    """What was above the promise and could not be paid: `available` when it was decided."""

    cause_id: int
    amount: Decimal
    available: Decimal


@dataclass(slots=True)
class _Sheet:
    """The transfers of one posting in COPY's text form, and what they change in each wallet."""

    route: str
    month: date
    on: date
    at: datetime
    rows: list[str] = field(default_factory=list)
    moved: dict[int, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    held: dict[int, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    earned: dict[int, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))

    def pay(self, cause_id: int, payer: int, payee: int, amount: Decimal, part: str) -> None:
        if not amount:
            return
        reference = reference_of(Cause(self.route, cause_id), month=self.month, part=part)
        self.rows.append(
            f"{self.month}\t{payer}\t{payee}\t{exact(amount)}\t{Transfer.Kind.CHARGE}\t{reference}"
            f"\t{self.on}\t{self.at.isoformat()}\t\t{self.route}\t{cause_id}\n"
        )
        self.moved[payer] -= amount
        self.moved[payee] += amount
        self.earned[payee] += amount

    def write(self) -> None:
        if self.rows:
            # Django turns the errors of execute() into its own, but not those of copy_expert().
            with connection.cursor() as cursor, connection.wrap_database_errors:
                cursor.copy_expert(_COPY_TRANSFERS, StringIO("".join(self.rows)))
            self.rows.clear()


def reference_of(cause: Cause, *, month: date, part: str) -> str:
    """`2026-03/contract/9/net`: month first, so that a month's references lie together."""
    return f"{text_of(month)}/{cause.cause_route.partition(':')[2]}/{cause.cause_id}/{part}"


@transaction.atomic
def post_charges(
    charges: Sequence[Charge], *, route: str, month: date, window: Window, on: date
) -> list[Waiting]:
    """Pay the charges of causes of one route, each at most once per month; what has to wait.

    A charge is paid out of what its cause has committed for the month, and the rest of that is
    released. What is above is an overage: paid whole where it may exceed and fits into what the
    buyer had available before this posting, in the order of the causes, else it waits. Revenue
    stays reserved to the end of the window, so it pays nobody's overage (PRODUCT 4.7).
    """
    _run("SET CONSTRAINTS ALL IMMEDIATE")  # Else keys are checked at commit, under the locks.
    owners = {me for charge in charges for me in (charge.buyer, charge.provider)}
    wallets = _wallets_by_owner(owners, month)
    promised = _lock_promises(charges, wallets, route=route, month=month)
    sheet = _Sheet(route, month, on, clock.now())
    above: list[tuple[Charge, Decimal]] = []
    for charge in sorted(charges):
        promise = promised.get(charge.cause_id, _Promise([], wallets[charge.buyer], ZERO))
        planned, payee = min(charge.due, promise.amount), wallets[charge.provider]
        sheet.pay(charge.cause_id, promise.wallet, payee, planned, "net")
        if charge.due > planned:
            above.append((charge, charge.due - planned))
    sheet.write()
    _close([key for row in promised.values() for key in row.keys], on=on)
    for row in promised.values():
        sheet.held[row.wallet] -= row.amount
    free = _lock_wallets({*wallets.values(), *sheet.held}, sheet.held, on=on)
    waiting = []
    for charge, amount in above:
        payer, payee = wallets[charge.buyer], wallets[charge.provider]
        if charge.may_exceed and amount <= free[payer]:
            free[payer] -= amount
            sheet.pay(charge.cause_id, payer, payee, amount, "overage")
        else:
            waiting.append(Waiting(charge.cause_id, amount, free[payer]))
    sheet.write()
    _open_windows(sheet, window)
    _change_wallets(sheet)
    return waiting


class _Promise(NamedTuple):
    """What is committed for one charge, over all of its months."""

    keys: list[int]
    wallet: int
    amount: Decimal


def _wallets_by_owner(owners: set[int], month: date) -> dict[int, int]:
    """The operating wallets of the month's fiscal year, made where there was none.

    Only those are inserted: ON CONFLICT waits for whoever is just changing the wallet it finds.
    """
    values = {
        "owners": array(sorted(owners)),
        "fund": Wallet.Fund.OPERATING.value,
        "year": queries.fiscal_year_of(month),
    }
    found = dict(_run(_FIND_WALLETS, values))
    missing = sorted(set(owners) - found.keys())
    if missing:
        _run(_MAKE_WALLETS, values | {"owners": array(missing)})
        found = dict(_run(_FIND_WALLETS, values))
    return found


def _lock_promises(
    charges: Sequence[Charge], wallets: Mapping[int, int], *, route: str, month: date
) -> dict[int, _Promise]:
    values = {
        "route": route,
        "causes": array(charge.cause_id for charge in charges),
        "month": month,
        "kind": Reservation.Kind.COMMITTED.value,
        "wallets": array(sorted({wallets[charge.buyer] for charge in charges})),
    }
    settles = {charge.cause_id: {month, *charge.months} for charge in charges}
    found: dict[int, _Promise] = {}
    for key, cause, of, wallet, amount in _run(_LOCK_PROMISES, values):
        if of in settles[cause]:
            before = found.get(cause, _Promise([], wallet, ZERO))
            found[cause] = _Promise([*before.keys, key], wallet, before.amount + amount)
    return found


def _lock_wallets(keys: Iterable[int], held: dict[int, Decimal], *, on: date) -> dict[int, Decimal]:
    """Lock them by key; what each has available, before anything of this posting comes free.

    Dispute windows that have ended are freed first, because they count as free by date.
    """
    kind = Reservation.Kind.DISPUTE_WINDOW.value
    values = {"wallets": array(sorted(keys)), "kind": kind, "on": on}
    ended = _run(_LOCK_ENDED_WINDOWS, values)
    free: dict[int, Decimal] = dict(_run(_LOCK_WALLETS, values))
    _close([key for key, _, _ in ended], on=on)
    for _, wallet, amount in ended:
        held[wallet] -= amount
        free[wallet] += amount
    return free


def _close(rows: Sequence[int], *, on: date) -> None:
    if rows:
        _run(_CLOSE, {"rows": array(rows), "on": on})


def _open_windows(sheet: _Sheet, window: Window) -> None:
    """Under the wallets' locks, so that two postings of one provider add up in turn."""
    if not sheet.earned:
        return
    wallets = sorted(sheet.earned)
    _run(
        _OPEN_WINDOWS,
        {
            "route": window.cause.cause_route,
            "cause": window.cause.cause_id,
            "kind": Reservation.Kind.DISPUTE_WINDOW.value,
            "month": sheet.month,
            "on": sheet.on,
            "ends_on": window.ends_on,
            "wallets": array(wallets),
            "amounts": array(sheet.earned[key] for key in wallets),
        },
    )
    for key, amount in sheet.earned.items():
        sheet.held[key] += amount


def _change_wallets(sheet: _Sheet) -> None:
    wallets = sorted(sheet.moved.keys() | sheet.held.keys())
    values = {
        "wallets": array(wallets),
        "moved": array(sheet.moved[key] for key in wallets),
        "held": array(sheet.held[key] for key in wallets),
    }
    _run(_CHANGE_WALLETS, values)


def array(values: Iterable[object]) -> str:
    """PostgreSQL's own text form: one constant to parse instead of thousands."""
    return "{" + ",".join(map(str, values)) + "}"


def _run(query: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall() if cursor.description else []
