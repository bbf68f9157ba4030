"""The only code that moves or promises money.

`ledger.locking` says in which order rows are locked.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import attrgetter

from django.db import transaction
from django.db.models import Max, QuerySet

from accounts import clock
from accounts.constraints import saying
from accounts.errors import Refused
from accounts.models import MicroEnterprise, User
from ledger import basis, locking, queries
from ledger.models import Cause, Freeze, Reservation, Transfer, Wallet
from ledger.money import ZERO, exact
from ledger.months import fiscal_year, month_of, months_of_year
from ledger.runs import month_is_locked
from ledger.sql import run

payload_of = attrgetter("payer_id", "payee_id", "amount", "kind", "month", "cause")
_SECOND_LOOK = """
    SELECT array(SELECT id FROM ledger_reservation
                 WHERE cause_route = %(cause_route)s AND cause_id = %(cause_id)s
                   AND kind = ANY(%(kinds)s) AND closed_on IS NULL),
           EXISTS (SELECT FROM ledger_freeze
                   WHERE micro_enterprise_id = %(owner)s AND fund IN ('', %(fund)s)
                     AND lifted_on IS NULL)"""
PROMISES = (Reservation.Kind.PRE_COMMITTED, Reservation.Kind.COMMITTED)


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
    is_charged: bool | None = None,
) -> Transfer:
    """Move money once per reference; a replay returns the first transfer.

    Whether it is charged or notional is decided here, for good: `basis.of_movement`, unless told
    by whoever knows the other party.

    `amount` is above zero with two places. Refused `not_enough_money`, `month_locked`, or
    `key_reused` where the reference stands for something else.
    """
    asked = Transfer(
        payer=payer, payee=payee, amount=exact(amount), kind=kind, month=month,
        reference=reference, posted_on=on, posted_by=by, note=note, **cause._asdict(),
    )  # fmt: skip
    if done := _paid_before(asked):
        return done
    wallets = locking.lock_wallets({payer.pk, payee.pk}, on=on)
    if done := _paid_before(asked):  # A twin may have paid while we waited for the lock.
        return done
    locking.require_year_open(wallets.values())
    locking.require_available(wallets, payer, amount)
    asked.posted_at = clock.now()
    asked.is_charged = (
        basis.of_movement(payer, payee, month=month, cause=cause)
        if is_charged is None
        else is_charged
    )
    with saying(
        transfer_reference_used_once=reference_reused(reference),
        transfer_month_is_open=month_is_locked(month),
        transfer_of_the_wallets_year=_other_year(month),
    ):
        asked.save(force_insert=True)
    locking.change_wallets(wallets, balance={payer.pk: -amount, payee.pk: amount})
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
        wallet = locking.lock_wallets({payer.pk, payee.pk}, on=on)[payer.pk]
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
def promise(
    owner: MicroEnterprise,
    plan: Mapping[date, Decimal],
    *,
    kind: str,
    cause: Cause,
    on: date,
    fund: str = Wallet.Fund.OPERATING,
    is_signed: bool = False,
) -> None:
    """Make the open promises of a cause exactly this plan (amount by month), or change nothing.

    What was promised before for the same cause, pre-committed or committed, is released in the
    same step, so a counter, an acceptance or a cut is one call. Months behind the fiscal year of
    `on` are a future commitment: they are shown, and reserved when their year opens (PRODUCT 4.7).
    Repeating the call changes nothing. Refused `not_enough_money` names available and needed, and
    `money_frozen` refuses what is new; `is_signed` says that the cause was signed before, so that
    it goes on.
    """
    now = _months_that_are_open(plan, on=on)
    wallets_by_month = _wallets_by_month(owner, now, fund=fund)
    old = locking.held(Reservation.objects.open().of(cause).filter(kind__in=PROMISES))
    if {(row.wallet_id, row.month, row.kind): row.amount for row in old} == {
        (wallets_by_month[month].pk, month, kind): amount for month, amount in now.items()
    }:
        return
    change: dict[int, Decimal] = defaultdict(Decimal)
    for row in old:
        change[row.wallet_id] -= row.amount
    for month, amount in now.items():
        change[wallets_by_month[month].pk] += amount
    wallets = locking.lock_wallets(change, on=on)
    # A twin promised or the year closed while we waited; under the locks a second look is final.
    open_now, is_frozen = _second_look(cause, owner, fund)
    if open_now != {row.pk for row in old} or any(wallets[key].closed_on for key in change):
        promise(owner, plan, kind=kind, cause=cause, on=on, fund=fund, is_signed=is_signed)
        return
    if is_frozen and not is_signed and _is_new(old, kind, change):
        _require_not_frozen(owner, fund)
    for key, more in change.items():
        locking.require_available(wallets, wallets[key], more)
    locking.close(old, on=on)
    Reservation.objects.bulk_create(
        Reservation(
            wallet=wallets_by_month[month], kind=kind, month=month, amount=amount,
            made_on=on, **cause._asdict(),
        )
        for month, amount in now.items()
    )  # fmt: skip
    locking.change_wallets(wallets, reserved=change)


@transaction.atomic
def release(cause: Cause, *, on: date, kinds: Sequence[str] = PROMISES) -> Decimal:
    """Give back what was promised and not paid; the sum that came free, 0 if nothing was open."""
    rows = _all_held(Reservation.objects.open().of(cause).filter(kind__in=kinds))
    freed = locking.close(rows, on=on)
    locking.change_wallets(locking.lock_wallets(freed, on=on), reserved=freed)
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
    rows = _all_held(Reservation.objects.open().of(cause).filter(kind__in=PROMISES))
    if done := _paid_before(asked):  # A twin may have paid while we waited for the promise.
        return done
    promised = sum((row.amount for row in rows), ZERO)
    if amount > promised:
        raise Refused(
            f"{amount} is due, but only {promised} is promised for it.",
            code="more_than_promised",
            help="Order the rest anew.",
        )
    freed = locking.close(rows, on=on)
    payer_key = rows[0].wallet_id if rows else None
    wallets = locking.lock_wallets({*freed, payee.pk}, on=on)
    locking.change_wallets(wallets, reserved=freed)
    if not amount or payer_key is None:
        return None
    return pay(
        wallets[payer_key], payee, amount,
        kind=kind, month=month, reference=reference, cause=cause, on=on, by=by,
    )  # fmt: skip


def month_to_pay(cause: Cause, *, on: date) -> date:
    """The month in which a purchase that is promised is paid on that day.

    The running one; but the wallet that ordered pays until its year closes, and a movement stands
    in a month of its wallet's year: then it is the last month of that year (PRODUCT 4.7).
    """
    promises = Reservation.objects.open().of(cause).filter(kind__in=PROMISES)
    promise = promises.select_related("wallet").order_by("pk").first()
    return month_in(promise.wallet, on=on) if promise else month_of(on)


def month_in(wallet: Wallet, *, on: date) -> date:
    """The month of a movement of that day out of the wallet, which stands in the wallet's year."""
    year = queries.fiscal_year_of(on)
    if wallet.fiscal_year is None or wallet.fiscal_year >= year:
        return month_of(on)
    return months_of_year(wallet.fiscal_year, starts_in=queries.fiscal_year_start())[-1]


@transaction.atomic
def free_ended_windows(*, on: date) -> int:
    """Close every dispute window whose last day lies before `on`; how many there were."""
    rows = locking.held(locking.ended_windows(on=on))
    freed = locking.close(rows, on=on)
    locking.change_wallets(locking.lock_wallets(freed, on=on), reserved=freed)
    return len(rows)


def reference_reused(key: str) -> Refused:
    return Refused(
        f"The reference {key} was already used for something else.",
        code="key_reused",
        help="Use a new reference for a new movement.",
    )


def _is_new(old: Sequence[Reservation], kind: str, change: Mapping[int, Decimal]) -> bool:
    """Whether more is promised than before, or signed what was only offered."""
    if kind == Reservation.Kind.COMMITTED and any(row.kind != kind for row in old):
        return True
    return any(more > 0 for more in change.values())


def _require_not_frozen(owner: MicroEnterprise, fund: str) -> None:
    frozen = Freeze.objects.in_force().filter(micro_enterprise=owner, fund__in=["", fund]).first()
    if frozen:
        raise Refused(
            f"The {frozen.fund or 'whole'} money of {owner} is frozen since "
            f"{frozen.frozen_on:%-d %B %Y}: {frozen.reason}. Nothing new is promised from it.",
            code="money_frozen",
            help="What is signed goes on. Ask an HR admin to lift the freeze.",
        )


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
    """The wallet of each month, asked for once a fiscal year.

    What is promised for a month of a closed year lies in the first year after it that is open.
    """
    starts_in = queries.fiscal_year_start()
    closed = Wallet.objects.filter(owner=owner, fund=fund).exclude(closed_on=None)
    first_open = (closed.aggregate(last=Max("fiscal_year"))["last"] or 0) + 1
    years = {month: max(fiscal_year(month, starts_in=starts_in), first_open) for month in months}
    wallets = {
        year: Wallet.objects.get_or_create(owner=owner, fund=fund, fiscal_year=year)[0]
        for year in sorted(set(years.values()))
    }
    return {month: wallets[year] for month, year in years.items()}


def _paid_before(asked: Transfer) -> Transfer | None:
    done = Transfer.objects.filter(reference=asked.reference).first()
    if done and asked.payer_id is None:  # Whoever promised it pays; it is not asked for.
        asked.payer_id = done.payer_id
    if done and payload_of(done) != payload_of(asked):
        raise reference_reused(asked.reference)
    return done


def _all_held(rows: QuerySet[Reservation]) -> list[Reservation]:
    """Lock them, also those that a year's end moved to another wallet while we waited."""
    found = locking.held(rows)
    while {row.pk for row in found} != set(rows.values_list("pk", flat=True)):
        found = locking.held(rows)
    return found


def _other_year(month: date) -> Refused:
    return Refused(
        f"A movement of {month:%B %Y} uses the wallets of its own fiscal year.",
        code="year_closing",
        help="If the fiscal year before is just being closed, try again in a minute.",
    )


def _second_look(cause: Cause, owner: MicroEnterprise, fund: str) -> tuple[set[int], bool]:
    """The keys of the promises of a cause that are open, and whether the money is frozen.

    One question, because others wait for the wallet meanwhile.
    """
    values = cause._asdict() | {
        "kinds": [kind.value for kind in PROMISES],
        "owner": owner.pk,
        "fund": fund,
    }
    [(keys, is_frozen)] = run(_SECOND_LOOK, values)
    return set(keys), is_frozen
