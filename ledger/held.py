"""Revenue that is not free yet: kept in its dispute window, put on hold out of it, released.

Wallets are locked before the rows of their windows, as in `ledger.posting`.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from accounts.constraints import saying
from accounts.errors import Refused
from accounts.models import MicroEnterprise, User
from ledger import actions
from ledger.charges import Levy, Window
from ledger.models import Cause, Reservation, ReservationQuerySet, Transfer, Wallet
from ledger.money import ZERO, to_cents

Kind = Transfer.Kind
_WINDOW = Reservation.Kind.DISPUTE_WINDOW


@transaction.atomic
def pay_into_window(
    payer: Wallet,
    payee: Wallet,
    amount: Decimal,
    *,
    levy: Levy | None,
    window: Window,
    month: date,
    reference: str,
    cause: Cause,
    on: date,
    by: User | None = None,
    note: str = "",
) -> Transfer:
    """A single charge: paid, the levy taken, and the rest reserved to the end of the window.

    Once per reference. Refused as `actions.pay`.
    """
    if done := Transfer.objects.filter(reference=reference).first():
        return done
    paid = actions.pay(
        payer, payee, amount, kind=Kind.CHARGE, month=month, reference=reference, cause=cause,
        on=on, by=by, note=note,
    )  # fmt: skip
    taken = take_levy(
        payee, amount, levy=levy, month=month, reference=f"{reference}/levy", cause=cause, on=on
    )
    _reserve(payee, amount - (taken.amount if taken else ZERO), window, month=month, on=on)
    if taken:
        _reserve(taken.payee, taken.amount, window, month=month, on=on)
    return paid


@transaction.atomic
def take_levy(
    payee: Wallet,
    paid: Decimal,
    *,
    levy: Levy | None,
    month: date,
    reference: str,
    cause: Cause,
    on: date,
) -> Transfer | None:
    """The levy on what the payee was just paid; None where none is due."""
    amount = levy.of(paid, provider=payee.owner_id or 0) if levy else ZERO
    if levy is None or not amount:
        return None
    platform = MicroEnterprise.objects.get(pk=levy.owner)
    return actions.pay(
        payee, actions.wallet_of(platform, month=month), amount, kind=Kind.LEVY, month=month,
        reference=reference, cause=cause, on=on,
    )  # fmt: skip


@transaction.atomic
def hold_from_windows(
    owner: MicroEnterprise,
    amount: Decimal,
    *,
    windows: Sequence[tuple[Cause, date]],
    levied: Transfer | None,
    share: Decimal,
    month: date,
    reference: str,
    cause: Cause,
    on: date,
    by: User,
    is_charged: bool | None = None,
) -> Transfer:
    """Move earned money, which is not free yet, to the held wallet.

    It stays charged or notional as what was paid was (`is_charged`). `windows` are causes and
    months of dispute windows. Of the levy that was taken of it (`levied`) the `share` comes back
    first, so that all of the amount can be held. Refused `not_enough_money` where windows and
    available money do not cover it.
    """
    if done := Transfer.objects.filter(reference=reference).first():
        return done
    rows = _open_windows(windows)
    mine = rows.filter(wallet__owner=owner).order_by("pk").values_list("wallet", flat=True)
    payer = Wallet.objects.filter(pk__in=mine[:1]).first() or actions.wallet_of(owner, month=month)
    platform = _window_of(levied, rows)
    _lock(payer.pk, platform)
    back = _levy_back(levied, share, rows)
    if levied and back:
        _take(rows.filter(wallet=platform), back, on=on)
        actions.pay(
            Wallet.objects.get(pk=platform), payer, back, kind=Kind.LEVY, month=month,
            reference=f"{reference}/levy", cause=cause, on=on, by=by, note="Levy given back",
            is_charged=is_charged,
        )  # fmt: skip
    _take(rows.filter(wallet=payer), amount - back, on=on)
    return actions.pay(
        payer, actions.system_wallet(Wallet.System.HELD), amount, kind=Kind.HOLD, month=month,
        reference=reference, cause=cause, on=on, by=by, is_charged=is_charged,
    )  # fmt: skip


@transaction.atomic
def release_held(
    payee: Wallet,
    amount: Decimal,
    *,
    month: date,
    reference: str,
    cause: Cause,
    on: date,
    note: str = "",
) -> Transfer | None:
    """Give held money of a cause to one side; nothing moves at 0. Once per reference.

    Refused `more_than_held`.
    """
    if not amount:
        return None
    beyond = Refused(f"Less than {amount:,.2f} is held for it.", code="more_than_held")
    with saying(release_within_its_hold=beyond):
        return actions.pay(
            actions.system_wallet(Wallet.System.HELD), payee, amount, kind=Kind.RELEASE,
            month=month, reference=reference, cause=cause, on=on, note=note,
        )  # fmt: skip


def _reserve(wallet: Wallet, amount: Decimal, window: Window, *, month: date, on: date) -> None:
    if not amount:
        return
    _lock(wallet.pk)
    key = {"wallet": wallet, "kind": _WINDOW, "month": month, **window.cause._asdict()}
    row = Reservation.objects.open().filter(**key).select_for_update(no_key=True).first()
    if row is None:
        Reservation.objects.create(**key, amount=amount, made_on=on, ends_on=window.ends_on)
    else:
        row.amount += amount
        row.ends_on = max(row.ends_on or window.ends_on, window.ends_on)
        row.save(update_fields=["amount", "ends_on"])
    Wallet.objects.filter(pk=wallet.pk).update(reserved=F("reserved") + amount)


def _levy_back(levied: Transfer | None, share: Decimal, rows: ReservationQuerySet) -> Decimal:
    """That part of a levy, where the one who got it has not been free to spend it."""
    if levied is None:
        return ZERO
    back = to_cents(levied.amount * share)
    kept = sum((row.amount for row in rows.filter(wallet=_window_of(levied, rows))), ZERO)
    return back if back <= kept else ZERO


def _window_of(levied: Transfer | None, rows: ReservationQuerySet) -> int:
    """The wallet in which the levy lies; a year's end may have moved it to the next one."""
    if levied is None:
        return 0
    mine = rows.filter(wallet__owner=levied.payee.owner_id).order_by("pk")
    return mine.values_list("wallet", flat=True).first() or levied.payee_id


def _open_windows(windows: Sequence[tuple[Cause, date]]) -> ReservationQuerySet:
    rows = Reservation.objects.none()
    for cause, month in windows:
        rows |= Reservation.objects.open().of(cause).filter(kind=_WINDOW, month=month)
    return rows


def _take(rows: ReservationQuerySet, amount: Decimal, *, on: date) -> None:
    """Free so much of these windows, as far as they go, so that it can be paid."""
    left = amount
    for row in rows.select_for_update(no_key=True).order_by("pk"):
        part = min(row.amount, left)
        if not part:
            break
        left -= part
        if part == row.amount:
            Reservation.objects.filter(pk=row.pk).update(closed_on=on)
        else:
            Reservation.objects.filter(pk=row.pk).update(amount=F("amount") - part)
        Wallet.objects.filter(pk=row.wallet_id).update(reserved=F("reserved") - part)


def _lock(*keys: int) -> None:
    rows = Wallet.objects.filter(pk__in=keys, system="").order_by("pk")
    list(rows.select_for_update(no_key=True))
