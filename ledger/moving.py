"""Money moved from one ME to another by an HR admin, with a coded reason.

What the HR admin's own ME would receive waits for a second one (PRODUCT 4.22).
"""

from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import audit
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from accounts.permissions import may_see_budgets, mes_of, needs_second_hr_admin
from ledger import actions, queries, reasons
from ledger.drafting import checked_amount, require_may_set, require_trading
from ledger.models import Cause, MoneyMove, Transfer, Wallet
from ledger.months import month_of

State = MoneyMove.State


class _Twin(Refused):
    """Somebody else has just used the same key; a second look finds it."""


class Wish(NamedTuple):
    """What is to move: the fund's money of the running fiscal year."""

    payer: MicroEnterprise
    payee: MicroEnterprise
    fund: str
    amount: Decimal
    reason: str
    note: str = ""


@transaction.atomic
def move(wish: Wish, *, key: str, by: User, on: date) -> MoneyMove:
    """Move money once per key, or let it wait for a second HR admin.

    Refused `not_enough_money` names what is available; `key_reused` where the key stands for
    another move.
    """
    require_may_set(by)
    amount = _checked(wish)
    by_key = MoneyMove.objects.filter(key=key)
    found = by_key.first()
    if found is None:
        with suppress(_Twin), saying(move_asked_once_per_key=_Twin("")):
            _ask(wish, amount, key=key, by=by, on=on)
        found = by_key.get()
    if (found.payer, found.payee, found.amount) != (wish.payer, wish.payee, amount):
        raise _reused(key)
    return found


def _ask(wish: Wish, amount: Decimal, *, key: str, by: User, on: date) -> None:
    needs_second = needs_second_hr_admin(by, wish.payee, on=on)
    made = MoneyMove.objects.create(
        payer=wish.payer, payee=wish.payee, fund=wish.fund, amount=amount,
        fiscal_year=queries.fiscal_year_of(on), reason=wish.reason, note=wish.note.strip()[:200],
        key=key, asked_by=by, asked_on=on, needs_second=needs_second,
    )  # fmt: skip
    audit.record(
        "money.ask_move" if needs_second else "money.move", made, by=by, on=on, me=wish.payee,
        payer=wish.payer.pk, amount=amount, reason=wish.reason,
    )  # fmt: skip
    if not needs_second:
        _pay(made, by=by, on=on)


@transaction.atomic
def confirm(asked: MoneyMove, *, by: User, on: date) -> MoneyMove:
    """Move, as the second HR admin, what another one asked for; repeating it changes nothing."""
    found = _locked(asked, by=by)
    if found.state == State.DONE:
        return found
    _require_waiting(found)
    if by == found.asked_by:
        raise Refused(
            f"You asked for it and are a member of {found.payee}, so another HR admin confirms.",
            code="second_hr_admin_needed",
            help="Ask another HR admin to open this page.",
        )
    found.confirmed_by = by
    _pay(found, by=by, on=on)
    audit.record("money.move", found, by=by, on=on, me=found.payee, amount=found.amount)
    return found


@transaction.atomic
def decline(asked: MoneyMove, *, by: User, on: date) -> MoneyMove:
    """Let a move that waits not happen; repeating it changes nothing."""
    found = _locked(asked, by=by)
    if found.state == State.DECLINED:
        return found
    _require_waiting(found)
    found.state, found.decided_on = State.DECLINED, on
    found.save(update_fields=["state", "decided_on"])
    audit.record("money.decline_move", found, by=by, on=on, me=found.payee, amount=found.amount)
    return found


def visible_moves(user: User, *, on: date) -> QuerySet[MoneyMove]:
    """All for whoever sees budgets; for members those of the own MEs that were done."""
    rows = MoneyMove.objects.select_related("payer", "payee", "asked_by__person", "confirmed_by")
    if may_see_budgets(user):
        return rows.order_by("-pk")
    mine = mes_of(user, on=on).values("pk")
    own = rows.filter(Q(payer__in=mine) | Q(payee__in=mine), state=State.DONE)
    return own.order_by("-pk")


def names(keys: list[int]) -> dict[int, str]:
    """What statements call a move, by its key; one query."""
    rows = MoneyMove.objects.filter(pk__in=keys).select_related("payer", "payee")
    return {row.pk: f"Moved from {row.payer} to {row.payee}" for row in rows}


def _checked(wish: Wish) -> Decimal:
    if wish.payer == wish.payee:
        raise Invalid("Name two different micro-enterprises.", field="payee", value=str(wish.payee))
    if wish.fund not in Wallet.Fund.values:
        raise Invalid(f"{wish.fund!r} is no fund.", field="fund", value=wish.fund)
    require_trading(wish.payee)
    reasons.require_known(wish.reason)
    return checked_amount(wish.amount)


def _pay(found: MoneyMove, *, by: User, on: date) -> None:
    found.state, found.decided_on = State.DONE, on
    found.save(update_fields=["state", "decided_on", "confirmed_by"])
    if queries.fiscal_year_of(on) != found.fiscal_year:
        raise Refused(
            f"It was asked for in the fiscal year {found.fiscal_year}, which is over.",
            code="year_over",
            help="Decline it and ask anew.",
        )
    payer, payee = (
        actions.wallet_of(me, month=month_of(on), fund=found.fund)
        for me in (found.payer, found.payee)
    )
    actions.pay(
        payer, payee, found.amount, kind=Transfer.Kind.MOVE, month=month_of(on),
        reference=f"move/{found.pk}", cause=Cause("ledger:move", found.pk), on=on, by=by,
        note=found.note or reasons.known().get(found.reason, found.reason),
    )  # fmt: skip


def _locked(asked: MoneyMove, *, by: User) -> MoneyMove:
    require_may_set(by)
    rows = MoneyMove.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("payer", "payee", "asked_by").get(pk=asked.pk)


def _require_waiting(found: MoneyMove) -> None:
    if found.state != State.WAITING:
        raise Refused(f"This move is {found.state} already.", code="already_decided")


def _reused(key: str) -> Refused:
    return Refused(
        f"The key {key} already stands for another move.",
        code="key_reused",
        help="Use a new key for a new move.",
    )
