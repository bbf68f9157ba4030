"""A fiscal year at its end, by the ledger's own actions."""

from datetime import date
from decimal import Decimal
from itertools import count

from accounts import clock
from ledger import actions, year_end
from ledger.models import Cause, Reservation, SettlementRun, Transfer
from ledger.months import following

_numbers = count(1)
DECEMBER, NEXT_JANUARY = date(2026, 12, 1), date(2027, 1, 1)
CLOSED_ON = date(2027, 1, 10)


def locked(month, *, on=None):
    """The month, locked without a settlement."""
    on = on or following(month).replace(day=10)
    return SettlementRun.objects.update_or_create(
        month=month,
        defaults={
            "state": "locked", "goal": "locked", "opened_at": clock.now(), "posted_on": on,
            "posted_at": clock.now(), "locked_at": clock.now(),
        },
    )[0]  # fmt: skip


def year_closed(*, on=CLOSED_ON, **rest):
    """Lock December 2026 and close the year."""
    locked(DECEMBER, on=on)
    return year_end.close_due(on=on, **rest)


def sold(provider, buyer, amount, *, month=DECEMBER, on=date(2027, 1, 6)):
    """Revenue of the provider out of the buyer's money, as a settlement pays it."""
    number = next(_numbers)
    return actions.pay(
        actions.wallet_of(buyer, month=month), actions.wallet_of(provider, month=month),
        Decimal(amount), kind=Transfer.Kind.CHARGE, month=month, on=on,
        reference=f"{month:%Y-%m}/contract/{number}/net", cause=Cause("test:sale", number),
    )  # fmt: skip


def spent(me, amount, *, month=DECEMBER, on=date(2026, 12, 15), fund="operating"):
    """Paid outside."""
    number = next(_numbers)
    return actions.pay(
        actions.wallet_of(me, month=month, fund=fund), actions.system_wallet("outside"),
        Decimal(amount), kind=Transfer.Kind.PURCHASE, month=month, on=on,
        reference=f"spent/{number}", cause=Cause("test:spent", number),
    )  # fmt: skip


def promised(me, amount, *, month=DECEMBER, on=date(2026, 12, 15), kind="committed"):
    cause = Cause("test:promise", next(_numbers))
    actions.promise(me, {month: Decimal(amount)}, kind=kind, cause=cause, on=on)
    return cause


def in_dispute_window(me, amount, *, ends_on=date(2027, 1, 20), month=DECEMBER):
    """Revenue that is not free before its window ends."""
    wallet = actions.wallet_of(me, month=month)
    wallet.refresh_from_db()
    row = Reservation.objects.create(
        wallet=wallet, kind="dispute_window", month=month, amount=Decimal(amount),
        made_on=date(2027, 1, 6), ends_on=ends_on, cause_route="test:run",
        cause_id=next(_numbers),
    )  # fmt: skip
    wallet.reserved += Decimal(amount)
    wallet.save(update_fields=["reserved"])
    return row
