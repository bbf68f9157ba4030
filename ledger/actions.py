"""The only code that moves or promises money.

Locks are taken in one order, so that two payments never wait for each other: reservations before
wallets, each by key. They are "no key" locks: a row that only points at a locked one needs a key
lock on it when it commits, and need not wait. A wallet is decided on only after it is locked.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from accounts import clock
from accounts.constraints import saying
from accounts.errors import Refused
from accounts.models import MicroEnterprise, User
from ledger import queries
from ledger.models import Cause, Reservation, Transfer, Wallet
from ledger.money import ZERO, exact
from ledger.months import fiscal_year
from ledger.runs import month_is_locked

_payload = attrgetter("payer_id", "payee_id", "amount", "kind", "month", "cause")
PROMISES = (Reservation.Kind.PRE_COMMITTED, Reservation.Kind.COMMITTED)


class Grant(NamedTuple):
    """Money of the treasury for one ME in one month; the reference grants once."""

    owner: MicroEnterprise
    amount: Decimal
    month: date
    reference: str


def wallet_of(owner: MicroEnterprise, *, month: date, fund: str = Wallet.Fund.OPERATING) -> Wallet:
    """The wallet that movements of that month use, made at its first use (PRODUCT 4.7)."""
    year = queries.fiscal_year_of(month)
    return Wallet.objects.get_or_create(owner=owner, fund=fund, fiscal_year=year)[0]


def system_wallet(system: str) -> Wallet:
    """`treasury`, `outside` or `held`; may always pay, and stores no balance."""
    return Wallet.objects.get_or_create(system=system)[0]


@transaction.atomic
def pay(
    payer: Wallet,
    payee: Wallet,
    amount: Decimal,
    *,
    kind: str,
    month: date,
    reference: str,
    cause: Cause,
    on: date,
    by: User | None = None,
    note: str = "",
) -> Transfer:
    """Move money once per reference; a replay returns the first transfer.

    `amount` is above zero with two places. Refused `not_enough_money`, `month_locked`, or
    `key_reused` where the reference stands for something else.
    """
    asked = Transfer(
        payer=payer, payee=payee, amount=exact(amount), kind=kind, month=month,
        reference=reference, posted_on=on, posted_by=by, note=note, **cause._asdict(),
    )  # fmt: skip
    if done := _paid_before(asked):
        return done
    wallets = _locked({payer.pk, payee.pk}, on=on)
    if done := _paid_before(asked):  # A twin may have paid while we waited for the lock.
        return done
    _require_available(wallets, payer, amount)
    asked.posted_at = clock.now()
    with saying(
        transfer_reference_used_once=_reused(reference),
        transfer_month_is_open=month_is_locked(month),
    ):
        asked.save(force_insert=True)
    _apply(wallets, balance={payer.pk: -amount, payee.pk: amount})
    return asked


@transaction.atomic
def pay_up_to(
    payer: Wallet,
    payee: Wallet,
    amount: Decimal,
    *,
    kind: str,
    month: date,
    reference: str,
    cause: Cause,
    on: date,
    by: User | None = None,
    note: str = "",
) -> Transfer | None:
    """Move what the payer has available, at most `amount`; None where that is nothing.

    A replay of the reference returns the first transfer, whatever it could move. Refused as `pay`.
    """
    done = Transfer.objects.filter(reference=reference).first()
    if done is None:
        wallet = _locked({payer.pk, payee.pk}, on=on)[payer.pk]
        done = Transfer.objects.filter(reference=reference).first()
        amount = min(amount, wallet.available)
    if done:
        amount = done.amount
    if not amount:
        return None
    return pay(
        payer, payee, amount, kind=kind, month=month, reference=reference, cause=cause, on=on,
        by=by, note=note,
    )  # fmt: skip


@transaction.atomic
def grant_all(
    grants: Sequence[Grant],
    *,
    fund: str,
    fiscal_year: int,
    cause: Cause,
    on: date,
    by: User | None = None,
    note: str = "",
) -> list[Transfer]:
    """Pay many grants of one fund and fiscal year; those that were not paid before come back.

    A handful of queries for thousands of MEs. Refused `month_locked`, or `key_reused` where a
    reference stands for something else; then none is paid.
    """
    treasury = system_wallet(Wallet.System.TREASURY)
    wallets_by_owner = _wallets_of(
        {each.owner.pk for each in grants}, fund=fund, fiscal_year=fiscal_year
    )
    at = clock.now()
    asked = [
        Transfer(
            payer=treasury, payee_id=wallets_by_owner[each.owner.pk], amount=exact(each.amount),
            kind=Transfer.Kind.GRANT, month=each.month, reference=each.reference, posted_on=on,
            posted_at=at, posted_by=by, note=note, **cause._asdict(),
        )
        for each in grants
    ]  # fmt: skip
    wallets = _locked(wallets_by_owner.values(), on=on)
    # A twin that pays the same grant locks the same wallet, so a look after the lock is final.
    done = Transfer.objects.in_bulk([row.reference for row in asked], field_name="reference")
    for row in asked:
        if row.reference in done and _payload(done[row.reference]) != _payload(row):
            raise _reused(row.reference)
    new = [row for row in asked if row.reference not in done]
    months = {row.month for row in new}
    with saying(transfer_month_is_open=month_is_locked(min(months, default=on))):
        Transfer.objects.bulk_create(new)
    received: dict[int, Decimal] = defaultdict(Decimal)
    for row in new:
        received[row.payee_id] += row.amount
    _apply(wallets, balance=received)
    return new


@transaction.atomic
def promise(
    owner: MicroEnterprise,
    plan: Mapping[date, Decimal],
    *,
    kind: str,
    cause: Cause,
    on: date,
    fund: str = Wallet.Fund.OPERATING,
) -> None:
    """Make the open promises of a cause exactly this plan (amount by month), or change nothing.

    What was promised before for the same cause, pre-committed or committed, is released in the
    same step, so a counter, an acceptance or a cut is one call. Months behind the fiscal year of
    `on` are a future commitment: they are shown, and reserved when their year opens (PRODUCT 4.7).
    Repeating the call changes nothing. Refused `not_enough_money` names available and needed.
    """
    now = _months_that_are_open(plan, on=on)
    wallets_by_month = _wallets_by_month(owner, now, fund=fund)
    old = _held(Reservation.objects.open().of(cause).filter(kind__in=PROMISES))
    if {(row.wallet_id, row.month, row.kind): row.amount for row in old} == {
        (wallets_by_month[month].pk, month, kind): amount for month, amount in now.items()
    }:
        return
    change: dict[int, Decimal] = defaultdict(Decimal)
    for row in old:
        change[row.wallet_id] -= row.amount
    for month, amount in now.items():
        change[wallets_by_month[month].pk] += amount
    wallets = _locked(change, on=on)
    if _is_raced(old, cause):  # A twin promised while we waited; now that we hold the wallets,
        promise(owner, plan, kind=kind, cause=cause, on=on, fund=fund)  # a second look is final.
        return
    for key, more in change.items():
        _require_available(wallets, wallets[key], more)
    Reservation.objects.filter(pk__in=[row.pk for row in old]).update(closed_on=on)
    Reservation.objects.bulk_create(
        Reservation(
            wallet=wallets_by_month[month], kind=kind, month=month, amount=amount,
            made_on=on, **cause._asdict(),
        )
        for month, amount in now.items()
    )  # fmt: skip
    _apply(wallets, reserved=change)


@transaction.atomic
def release(cause: Cause, *, on: date, kinds: Sequence[str] = PROMISES) -> Decimal:
    """Give back what was promised and not paid; the sum that came free, 0 if nothing was open."""
    rows = _held(Reservation.objects.open().of(cause).filter(kind__in=kinds))
    freed = _close(rows, on=on)
    _apply(_locked(freed, on=on), reserved=freed)
    return -sum(freed.values(), ZERO)


@transaction.atomic
def pay_promised(
    cause: Cause,
    payee: Wallet,
    amount: Decimal,
    *,
    kind: str,
    month: date,
    reference: str,
    on: date,
    by: User | None = None,
) -> Transfer | None:
    """Pay `amount` out of what the cause has promised, and release all the rest of the promise.

    For a purchase or a course that is paid once; `amount` must not be more than was promised
    (Refused `more_than_promised`). At 0 nothing moves and None comes back. A replay of the
    reference returns the first transfer.
    """
    asked = Transfer(
        payee=payee, amount=exact(amount), kind=kind, month=month, reference=reference,
        **cause._asdict(),
    )  # fmt: skip
    if done := _paid_before(asked):
        return done
    rows = _held(Reservation.objects.open().of(cause).filter(kind__in=PROMISES))
    if done := _paid_before(asked):  # A twin may have paid while we waited for the promise.
        return done
    promised = sum((row.amount for row in rows), ZERO)
    if amount > promised:
        raise Refused(
            f"{amount} is due, but only {promised} is promised for it.",
            code="more_than_promised",
            help="Order the rest anew.",
        )
    freed = _close(rows, on=on)
    payer_key = rows[0].wallet_id if rows else None
    wallets = _locked({*freed, payee.pk}, on=on)
    _apply(wallets, reserved=freed)
    if not amount or payer_key is None:
        return None
    return pay(
        wallets[payer_key], payee, amount,
        kind=kind, month=month, reference=reference, cause=cause, on=on, by=by,
    )  # fmt: skip


@transaction.atomic
def free_ended_windows(*, on: date) -> int:
    """Close every dispute window whose last day lies before `on`; how many there were."""
    rows = _held(_ended_windows(on=on))
    freed = _close(rows, on=on)
    _apply(_locked(freed, on=on), reserved=freed)
    return len(rows)


def _months_that_are_open(plan: Mapping[date, Decimal], *, on: date) -> dict[date, Decimal]:
    """The amounts that can be reserved now: those of this fiscal year, and of years before it."""
    starts_in = queries.fiscal_year_start()
    year = fiscal_year(on, starts_in=starts_in)
    return {
        month: exact(amount)
        for month, amount in plan.items()
        if amount and fiscal_year(month, starts_in=starts_in) <= year
    }


def _wallets_by_month(
    owner: MicroEnterprise, months: Iterable[date], *, fund: str
) -> dict[date, Wallet]:
    """The wallet of each month, asked for once a fiscal year."""
    starts_in = queries.fiscal_year_start()
    years = {month: fiscal_year(month, starts_in=starts_in) for month in months}
    wallets = {
        year: wallet_of(owner, month=month, fund=fund)
        for year, month in {year: month for month, year in years.items()}.items()
    }
    return {month: wallets[year] for month, year in years.items()}


def _wallets_of(owners: Collection[int], *, fund: str, fiscal_year: int) -> dict[int, int]:
    """The key of each owner's wallet, made where it is missing."""
    rows = Wallet.objects.filter(fund=fund, fiscal_year=fiscal_year, owner__in=owners)
    found = dict(rows.values_list("owner", "pk"))
    if len(found) < len(owners):
        Wallet.objects.bulk_create(
            (
                Wallet(owner_id=owner, fund=fund, fiscal_year=fiscal_year)
                for owner in sorted(set(owners) - found.keys())
            ),
            ignore_conflicts=True,
        )
        found = dict(rows.values_list("owner", "pk"))
    return found


def _paid_before(asked: Transfer) -> Transfer | None:
    done = Transfer.objects.filter(reference=asked.reference).first()
    if done and asked.payer_id is None:  # Whoever promised it pays; it is not asked for.
        asked.payer_id = done.payer_id
    if done and _payload(done) != _payload(asked):
        raise _reused(asked.reference)
    return done


def _reused(key: str) -> Refused:
    return Refused(
        f"The reference {key} was already used for something else.",
        code="key_reused",
        help="Use a new reference for a new movement.",
    )


def _held(rows: QuerySet[Reservation]) -> list[Reservation]:
    return list(rows.select_for_update(no_key=True).order_by("pk"))


def _is_raced(old: Sequence[Reservation], cause: Cause) -> bool:
    keys = Reservation.objects.open().of(cause).filter(kind__in=PROMISES)
    return set(keys.values_list("pk", flat=True)) != {row.pk for row in old}


def _ended_windows(*, on: date) -> QuerySet[Reservation]:
    kind = Reservation.Kind.DISPUTE_WINDOW
    return Reservation.objects.open().filter(kind=kind, ends_on__lt=on)


def _close(rows: Sequence[Reservation], *, on: date) -> dict[int, Decimal]:
    """Close promises whose rows are locked, and tell by wallet by how much `reserved` changes."""
    freed: dict[int, Decimal] = defaultdict(Decimal)
    for row in rows:
        freed[row.wallet_id] -= row.amount
    Reservation.objects.filter(pk__in=[row.pk for row in rows]).update(closed_on=on)
    return freed


def _locked(keys: Iterable[int], *, on: date) -> dict[int, Wallet]:
    """Lock wallets of MEs by key; a system wallet stores nothing, so it is never among them.

    What has left its dispute window by date is free even if no job has run (a clock rule), so it
    is freed here, before anybody decides.
    """
    found = list(keys)
    ended = _held(_ended_windows(on=on).filter(wallet__in=found))
    rows = Wallet.objects.filter(pk__in=found, system="")
    wallets = {w.pk: w for w in rows.select_for_update(no_key=True).order_by("pk")}
    if ended:
        _apply(wallets, reserved=_close(ended, on=on))
    return wallets


def _require_available(wallets: Mapping[int, Wallet], payer: Wallet, amount: Decimal) -> None:
    wallet = wallets.get(payer.pk)
    if wallet and amount > 0 and wallet.available < amount:
        raise Refused(
            f"{wallet.owner} has {wallet.available:,.2f} available in its {wallet.fund} wallet of "
            f"{wallet.fiscal_year}, {amount:,.2f} is needed.",
            code="not_enough_money",
            help="Ask an HR admin for a grant, or end or cancel something that is committed.",
            facts={"available": str(wallet.available), "needed": str(amount)},
        )


def _apply(
    wallets: Mapping[int, Wallet],
    *,
    balance: Mapping[int, Decimal] | None = None,
    reserved: Mapping[int, Decimal] | None = None,
) -> None:
    for key, wallet in wallets.items():
        wallet.balance += (balance or {}).get(key, ZERO)
        wallet.reserved += (reserved or {}).get(key, ZERO)
    Wallet.objects.bulk_update(wallets.values(), ["balance", "reserved"], batch_size=500)
