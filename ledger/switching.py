"""An ME's money becomes real: one dated switch from notional to charged (PRODUCT 4.7).

On its day, a 1st, the notional balance goes back to the treasury, except what is reserved for
earlier months: it pays them, and returns when they lock. A charged grant takes its place; it must
cover every other reservation, else the switch is refused with the figures.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction

from accounts import audit, clock, permissions
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from ledger import locking, queries
from ledger.actions import month_in, system_wallet, wallet_of
from ledger.drafting import LARGEST_GRANT, require_trading
from ledger.models import Cause, ChargedSwitch, Reservation, Transfer, Wallet
from ledger.money import ZERO, to_cents
from ledger.months import previous
from ledger.runs import is_locked

State = ChargedSwitch.State
FUNDS = (Wallet.Fund.OPERATING, Wallet.Fund.LEARNING, Wallet.Fund.INCENTIVE)
# What a wallet holds of the months before its switch. Movements of later months do not count, also
# notional ones: those are with an ME that is notional still.
_NOTIONAL_LEFT = """
    SELECT coalesce(sum(CASE WHEN t.payee_id = %(wallet)s THEN t.amount ELSE -t.amount END), 0)
    FROM ledger_transfer t
    WHERE %(wallet)s IN (t.payer_id, t.payee_id) AND NOT t.is_charged
      AND (t.month < %(since)s OR t.reference LIKE 'switch/%%' OR t.reference LIKE 'year/%%')"""


@dataclass(frozen=True)
class FundPreview:
    """What the switch does to one wallet: `kept` pays earlier months, the rest is returned.

    `others` is what is promised for later months, or outside: the charged grant must cover it.
    """

    fund: str
    fiscal_year: int
    balance: Decimal
    kept: Decimal
    others: Decimal

    @property
    def returned(self) -> Decimal:
        return self.balance - self.kept

    @property
    def available(self) -> Decimal:
        """What is free today, which a charged grant of `returned` would give again."""
        return self.returned - self.others


def cause_of(me: MicroEnterprise) -> Cause:
    """What a statement links: the page of the ME's switch."""
    return Cause("ledger:switch", me.pk)


def preview(me: MicroEnterprise, *, starts_on: date, on: date) -> list[FundPreview]:
    """The switch as it would be with what is promised today."""
    wallets = _wallets_of(me, starts_on)
    promises = queries.in_force(Reservation.objects.filter(wallet__in=wallets), on=on)
    return [
        _previewed(wallet, [row for row in promises if row.wallet_id == wallet.pk], starts_on)
        for wallet in wallets
    ]


@transaction.atomic
def plan(
    me: MicroEnterprise,
    *,
    starts_on: date,
    operating: Decimal,
    learning: Decimal,
    reason: str,
    by: User,
    on: date,
) -> ChargedSwitch:
    """Set the day from which the ME's money is real, with the charged grants of that day.

    Invalid where the day is no 1st or not ahead, an amount is none, or the reason is missing.
    Refused `second_hr_admin_needed` for the HR admin's own ME, `already_planned` where there is
    another switch.
    """
    _require_may_switch(by, me, on=on)
    require_trading(me)
    if starts_on.day != 1 or starts_on <= on:
        raise Invalid(
            "Money becomes real on a 1st that lies ahead.",
            field="starts_on",
            value=starts_on.isoformat(),
        )
    if not reason.strip():
        raise Invalid("Say why; the members read it.", field="reason")
    amounts = {
        "operating": _amount(operating, "operating"),
        "learning": _amount(learning, "learning"),
    }
    twice = Refused(
        f"{me} has a switch already.",
        code="already_planned",
        help="Cancel the planned one first; a switch that is done stays.",
    )
    with saying(one_switch_per_me=twice):
        switch = ChargedSwitch.objects.create(
            micro_enterprise=me, starts_on=starts_on, reason=reason.strip(), planned_on=on,
            planned_by=by, **amounts,
        )  # fmt: skip
    audit.record(
        "switch.plan", switch, by=by, on=on, me=me, starts_on=starts_on, reason=reason,
        grants=amounts,
    )  # fmt: skip
    return switch


@transaction.atomic
def cancel(switch: ChargedSwitch, *, by: User, on: date) -> ChargedSwitch:
    """Take a planned switch back before its day; a retry changes nothing."""
    permissions.require(
        permissions.may_set_budgets(by), "Only HR admins switch money to charged.", help="Ask one."
    )
    found = ChargedSwitch.objects.select_for_update(no_key=True).get(pk=switch.pk)
    if found.state == State.CANCELLED:
        return found
    if found.state != State.PLANNED or found.starts_on <= on:
        raise Refused(
            f"The switch of {found.micro_enterprise} is {found.state} and cannot be cancelled.",
            code="wrong_state",
            help="Charged money stays charged, so that no month changes its basis.",
        )
    _decide(found, State.CANCELLED, on=on)
    audit.record("switch.cancel", found, by=by, on=on, me=found.micro_enterprise)
    return found


def switch_due(*, on: date) -> dict[str, int]:
    """Do every planned switch whose day has come: `{"switched", "refused"}`."""
    counts = {"switched": 0, "refused": 0}
    due = ChargedSwitch.objects.filter(state=State.PLANNED, starts_on__lte=on).order_by("pk")
    for key in list(due.values_list("pk", flat=True)):
        done = _switch(key, on=on)
        counts["switched"] += done == State.DONE
        counts["refused"] += done == State.REFUSED
    return counts


def return_due(*, on: date) -> dict[str, object]:
    """Give back the notional money that earlier months did not need, once they are locked.

    `{"returned", "total"}`. What still lies in a dispute window of theirs follows when it ends.
    """
    amounts: list[Decimal] = []
    waiting = ChargedSwitch.objects.filter(state=State.DONE, finished_on=None).order_by("pk")
    for switch in waiting.select_related("micro_enterprise"):
        if is_locked(previous(switch.starts_on)):
            amounts += _return_left(switch, on=on)
    return {"returned": len(amounts), "total": f"{sum(amounts, ZERO):.2f}"}


@transaction.atomic
def _switch(key: int, *, on: date) -> str:
    rows = ChargedSwitch.objects.select_related("micro_enterprise")
    locked = rows.select_for_update(of=("self",), no_key=True, skip_locked=True)
    switch = locked.filter(pk=key, state=State.PLANNED).first()
    if switch is None:
        return ""
    me, since = switch.micro_enterprise, switch.starts_on
    grants = {"operating": switch.operating, "learning": switch.learning}
    for fund, amount in grants.items():
        if amount:
            wallet_of(me, month=since, fund=fund)
    wallets = _wallets_of(me, since)
    promises = locking.held(queries.in_force(Reservation.objects.filter(wallet__in=wallets), on=on))
    held = locking.lock_wallets([wallet.pk for wallet in wallets], on=on)
    year = queries.fiscal_year_of(since)
    parts = [
        _previewed(held[w.pk], [row for row in promises if row.wallet_id == w.pk], since)
        for w in wallets
    ]
    lacking = [
        (part, grants.get(part.fund, ZERO))
        for part in parts
        if part.fiscal_year == year and grants.get(part.fund, ZERO) < part.others
    ]
    if lacking:
        return _refuse(switch, lacking, on=on)
    _decide(switch, State.DONE, on=on)
    change: dict[int, Decimal] = {}
    for wallet, part in zip(wallets, parts, strict=True):
        grant = grants.get(wallet.fund, ZERO) if wallet.fiscal_year == year else ZERO
        back = part.returned if part.fiscal_year == year else part.returned - part.others
        _grant(switch, held[wallet.pk], grant, on=on)
        _give_back(switch, held[wallet.pk], back, month=_month_of_return(wallet, since), on=on)
        change[wallet.pk] = grant - back
    locking.change_wallets(held, balance=change)
    audit.record(
        "switch.done", switch, by=None, on=on, me=me, starts_on=since,
        returned=sum((part.returned for part in parts), ZERO), grants=grants,
    )  # fmt: skip
    return State.DONE


def _refuse(
    switch: ChargedSwitch, lacking: Sequence[tuple[FundPreview, Decimal]], *, on: date
) -> str:
    switch.refusal = " ".join(
        f"{part.others:,.2f} is promised in the {part.fund} wallet for later months or outside; "
        f"the charged grant of {grant:,.2f} does not cover it."
        for part, grant in lacking
    )[:300]
    _decide(switch, State.REFUSED, on=on)
    audit.record(
        "switch.refuse", switch, by=None, on=on, me=switch.micro_enterprise, reason=switch.refusal
    )
    return State.REFUSED


def _decide(switch: ChargedSwitch, state: str, *, on: date) -> None:
    switch.state, switch.decided_on, switch.decided_at = state, on, clock.now()
    switch.save(update_fields=["state", "decided_on", "decided_at", "refusal"])


def _previewed(wallet: Wallet, promises: Iterable[Reservation], since: date) -> FundPreview:
    kept, others = ZERO, ZERO
    for row in promises:
        if row.month < since and row.cause_route not in settings.REAL_MONEY_CAUSES:
            kept += row.amount
        else:
            others += row.amount
    return FundPreview(wallet.fund, wallet.fiscal_year or 0, wallet.balance, kept, others)


def _wallets_of(me: MicroEnterprise, since: date) -> list[Wallet]:
    """Those of the year of the switch, and of the year before where that is not closed."""
    year = queries.fiscal_year_of(since)
    rows = Wallet.objects.filter(owner=me, fiscal_year__in=[year - 1, year], closed_on=None)
    return list(rows.order_by("pk"))


def _month_of_return(wallet: Wallet, since: date) -> date:
    """The last notional month, so that its statement ends with what is kept; if it is open."""
    last = previous(since)
    is_of_wallet = queries.fiscal_year_of(last) == wallet.fiscal_year
    return last if is_of_wallet and not is_locked(last) else since


def _grant(switch: ChargedSwitch, wallet: Wallet, amount: Decimal, *, on: date) -> None:
    if amount:
        _transfer(
            switch, system_wallet(Wallet.System.TREASURY), wallet, amount, "grant",
            month=switch.starts_on, is_charged=True, on=on,
        )  # fmt: skip


def _give_back(
    switch: ChargedSwitch, wallet: Wallet, amount: Decimal, *, month: date, on: date, part: str = ""
) -> None:
    if amount:
        _transfer(
            switch, wallet, system_wallet(Wallet.System.TREASURY), amount, part or "returned",
            month=month, is_charged=False, on=on,
        )  # fmt: skip


def _transfer(
    switch: ChargedSwitch,
    payer: Wallet,
    payee: Wallet,
    amount: Decimal,
    part: str,
    *,
    month: date,
    is_charged: bool,
    on: date,
) -> None:
    wallet = payee if payer.system else payer
    Transfer.objects.create(
        payer=payer, payee=payee, amount=amount, kind=Transfer.Kind.GRANT, month=month,
        is_charged=is_charged, posted_on=on, posted_at=clock.now(),
        reference=f"switch/{switch.pk}/{wallet.pk}/{part}", note=switch.reason[:200],
        **cause_of(switch.micro_enterprise)._asdict(),
    )  # fmt: skip


@transaction.atomic
def _return_left(switch: ChargedSwitch, *, on: date) -> list[Decimal]:
    since, returned = switch.starts_on, []
    wallets = _wallets_of(switch.micro_enterprise, since)
    held = locking.lock_wallets([wallet.pk for wallet in wallets], on=on)
    open_rows = Reservation.objects.open().filter(wallet__in=held, month__lt=since)
    waits = dict.fromkeys(held, ZERO)
    for row in open_rows.exclude(cause_route__in=settings.REAL_MONEY_CAUSES):
        waits[row.wallet_id] += row.amount
    for wallet in held.values():
        left = min(_notional_left(wallet, since) - waits[wallet.pk], wallet.available)
        if left > 0:
            month = month_in(wallet, on=on)
            if is_locked(month):
                continue
            _give_back(switch, wallet, left, month=month, on=on, part=f"returned/{on}")
            locking.change_wallets({wallet.pk: wallet}, balance={wallet.pk: -left})
            returned.append(left)
    if not any(waits.values()):
        ChargedSwitch.objects.filter(pk=switch.pk).update(finished_on=on)
    if returned:
        audit.record(
            "switch.return", switch, by=None, on=on, me=switch.micro_enterprise,
            total=sum(returned, ZERO),
        )  # fmt: skip
    return returned


def _notional_left(wallet: Wallet, since: date) -> Decimal:
    with connection.cursor() as cursor:
        cursor.execute(_NOTIONAL_LEFT, {"wallet": wallet.pk, "since": since})
        return to_cents(cursor.fetchone()[0])


def _amount(amount: Decimal, field: str) -> Decimal:
    if not amount.is_finite() or not 0 <= amount <= LARGEST_GRANT or amount != to_cents(amount):
        raise Invalid(
            f"{amount} is no amount that can be granted; write one with two places, or 0.",
            field=field,
            value=str(amount),
        )
    return to_cents(amount)


def _require_may_switch(by: User, me: MicroEnterprise, *, on: date) -> None:
    permissions.require(
        permissions.may_set_budgets(by), "Only HR admins switch money to charged.", help="Ask one."
    )
    if permissions.needs_second_hr_admin(by, me, on=on):
        raise Refused(
            f"You are a member of {me}, so a second HR admin plans its switch and its grant.",
            code="second_hr_admin_needed",
            help="Ask another HR admin to open this page.",
        )
