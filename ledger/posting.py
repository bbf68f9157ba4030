"""Paying many charges of a month at once: a fixed number of statements, wallets locked last.

What a reservation covers needs no decision, so those transfers are written before any wallet is
locked; overages are decided after it. Locks are taken in the order of `ledger.actions`:
reservations, ended dispute windows, wallets, each by key and "no key" (a plain FOR UPDATE makes
every row that points at the wallet wait, and deadlocks with settlement).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction

from accounts import clock
from ledger import actions, basis, plain_charges, queries
from ledger.charges import Charge, Hold, Levy, Posted, Unpaid, Waiting, Window, with_holds
from ledger.models import Cause, Reservation, Wallet
from ledger.money import ZERO
from ledger.moves import Sheet
from ledger.sql import array, run

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


@transaction.atomic
def post_charges(
    charges: Sequence[Charge],
    *,
    route: str,
    month: date,
    window: Window,
    on: date,
    hold_route: str = "",
    levy: Levy | None = None,
) -> Posted:
    """Pay the charges of causes of one route, each at most once per month; what stays open.

    A charge is paid out of what its cause has committed for the month, and the rest of that is
    released. What is above is an overage: paid whole where it may exceed and fits into what the
    buyer had available before this posting, in the order of the causes, else it waits. What is
    disputed is held, out of the promise first. A charge below zero is paid by the provider as far
    as it had money available. Revenue less the levy stays reserved to the end of the window, so it
    pays nobody's overage (PRODUCT 4.7, 4.10).
    """
    sheet = Sheet(route, month, on, clock.now(), levy)
    wallets = _begin(sheet, {me for charge in charges for me in (charge.buyer, charge.provider)})
    return _post(charges, sheet, wallets, window, hold_route)


@transaction.atomic
def post_collected(
    *,
    route: str,
    month: date,
    window: Window,
    on: date,
    hold_route: str = "",
    levy: Levy | None = None,
    holds: Mapping[int, Sequence[Hold]] | None = None,
) -> Posted:
    """The same for all charges in `plain_charges`, of which the plain ones stay in the database.

    `holds` are what is to be held, by cause. With a levy no charge is plain.
    """
    sheet = Sheet(route, month, on, clock.now(), levy)
    wallets = _begin(sheet, plain_charges.parties())
    year = queries.fiscal_year_of(month)
    charges = plain_charges.everything() if levy else plain_charges.pay(sheet, year=year)
    return _post(with_holds(charges, holds or {}), sheet, wallets, window, hold_route)


def _begin(sheet: Sheet, owners: set[int]) -> dict[int, int]:
    """The wallet of each party, and what the sheet has to know of them."""
    run("SET CONSTRAINTS ALL IMMEDIATE")  # Else keys are checked at commit, under the locks.
    levy = sheet.levy
    wallets = _wallets_by_owner(owners | ({levy.owner} if levy else set()), sheet.month)
    sheet.levy_wallet = wallets[levy.owner] if levy else 0
    charged = basis.charged_mes(wallets.keys(), month=sheet.month)
    sheet.charged = frozenset(wallets[me] for me in charged)
    return wallets


def _post(
    charges: Sequence[Charge],
    sheet: Sheet,
    wallets: Mapping[int, int],
    window: Window,
    hold_route: str,
) -> Posted:
    promised = _lock_promises(charges, wallets, route=sheet.route, month=sheet.month)
    if any(charge.holds for charge in charges):
        sheet.held_wallet = actions.system_wallet(Wallet.System.HELD).pk
    _subsidize(charges, wallets, sheet)
    posted, above = Posted(), list[_Above]()
    for charge in sorted(charges):
        promise = promised.get(charge.cause_id, _Promise([], wallets[charge.buyer], ZERO))
        payer, payee = promise.wallet, wallets[charge.provider]
        planned = max(min(charge.due, promise.amount), ZERO)
        paid = planned
        holds: Sequence[tuple[Hold, Decimal]] = ()
        if charge.holds:
            paid, holds = _hold(charge, (payer, payee), planned, hold_route, sheet, posted)
        sheet.pay(charge.cause_id, payer, payee, paid, "net")
        if charge.due != planned:
            above.append(_Above(charge, planned, paid, holds))
        else:
            sheet.take_levy(charge.cause_id, charge.provider, payee, paid)
    sheet.write()
    _close([key for row in promised.values() for key in row.keys], on=sheet.on)
    for row in promised.values():
        sheet.held[row.wallet] -= row.amount
    free = _lock_wallets({*wallets.values(), *sheet.held}, sheet.held, on=sheet.on)
    for each in above:
        _decide(each, free, wallets, hold_route, sheet, posted)
    sheet.write()
    _open_windows(sheet, window)
    _change_wallets(sheet)
    return posted


def _subsidize(charges: Sequence[Charge], wallets: Mapping[int, int], sheet: Sheet) -> None:
    """Dual prices: the treasury adds what the full cost is above the market (PRODUCT 4.4)."""
    subsidized = [charge for charge in charges if charge.subsidy]
    if subsidized:
        sheet.treasury = actions.system_wallet(Wallet.System.TREASURY).pk
    for charge in subsidized:
        sheet.subsidize(
            charge.cause_id, wallets[charge.buyer], wallets[charge.provider], charge.subsidy
        )


class _Above(NamedTuple):
    """A charge that is not covered by its promise, or is below zero: decided under the locks.

    `paid` is what its promise has paid of `planned`, `holds` what is to be held, each with what the
    promise covers of it.
    """

    charge: Charge
    planned: Decimal
    paid: Decimal
    holds: Sequence[tuple[Hold, Decimal]]


def _hold(
    charge: Charge,
    sides: tuple[int, int],
    planned: Decimal,
    route: str,
    sheet: Sheet,
    posted: Posted,
) -> tuple[Decimal, list[tuple[Hold, Decimal]]]:
    """Hold what the promise covers whole; what it leaves to pay, and the holds still to decide."""
    left, undecided = planned, []
    for hold in charge.holds:
        covered = min(hold.amount, left)
        left -= covered
        if covered == hold.amount:
            sheet.hold(Cause(route, hold.cause_id), *sides, covered)
            posted.held.append(hold)
        else:
            undecided.append((hold, covered))
    return left, undecided


def _decide(
    each: _Above,
    free: dict[int, Decimal],
    wallets: Mapping[int, int],
    hold_route: str,
    sheet: Sheet,
    posted: Posted,
) -> None:
    """What is above the promise fits or waits; what is below zero is given back as far as it can.

    `free` is what each wallet had available, and shrinks.
    """
    charge = each.charge
    payer, payee = wallets[charge.buyer], wallets[charge.provider]
    if charge.due < 0:
        back = min(-charge.due, max(free[payee], ZERO))
        free[payee] -= back
        sheet.give_back(charge.cause_id, payee, payer, back)
        if back < -charge.due:
            posted.unpaid.append(Unpaid(charge.cause_id, -charge.due - back))
        return
    amount, paid = charge.due - each.planned, each.paid
    fits = charge.may_exceed and amount <= free[payer]
    for hold, covered in each.holds:
        held = hold.amount if fits else covered
        sheet.hold(Cause(hold_route, hold.cause_id), payer, payee, held)
        posted.held.append(Hold(hold.cause_id, held))
    if fits:
        free[payer] -= amount
        more = amount - sum((hold.amount - covered for hold, covered in each.holds), ZERO)
        sheet.pay(charge.cause_id, payer, payee, more, "overage")
        paid += more
    else:
        posted.waiting.append(
            Waiting(charge.cause_id, amount, free[payer], is_above_cap=not charge.may_exceed)
        )
    sheet.take_levy(charge.cause_id, charge.provider, payee, paid)


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
    found = dict(run(_FIND_WALLETS, values))
    missing = sorted(set(owners) - found.keys())
    if missing:
        run(_MAKE_WALLETS, values | {"owners": array(missing)})
        found = dict(run(_FIND_WALLETS, values))
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
    for key, cause, of, wallet, amount in run(_LOCK_PROMISES, values):
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
    ended = run(_LOCK_ENDED_WINDOWS, values)
    free: dict[int, Decimal] = dict(run(_LOCK_WALLETS, values))
    _close([key for key, _, _ in ended], on=on)
    for _, wallet, amount in ended:
        held[wallet] -= amount
        free[wallet] += amount
    return free


def _close(rows: Sequence[int], *, on: date) -> None:
    if rows:
        run(_CLOSE, {"rows": array(rows), "on": on})


def _open_windows(sheet: Sheet, window: Window) -> None:
    """Under the wallets' locks, so that two postings of one provider add up in turn."""
    wallets = sorted(wallet for wallet, amount in sheet.earned.items() if amount)
    if not wallets:
        return
    run(
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
    for key in wallets:
        sheet.held[key] += sheet.earned[key]


def _change_wallets(sheet: Sheet) -> None:
    wallets = sorted(sheet.moved.keys() | sheet.held.keys())
    values = {
        "wallets": array(wallets),
        "moved": array(sheet.moved[key] for key in wallets),
        "held": array(sheet.held[key] for key in wallets),
    }
    run(_CHANGE_WALLETS, values)
