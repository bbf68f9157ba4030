"""What becomes of the contracts of an ME that dissolves (PRODUCT 4.1, 4.2).

Offers are withdrawn, agreed contracts end before they begin, running ones are under notice.
"""

from datetime import date, timedelta

from accounts import clock
from accounts.models import MicroEnterprise, User
from contracts.actions import guards, looming, notices, records
from contracts.lifecycle import TABLE, TERMINAL, Event, State, state_on
from contracts.models import Contract, OutsidePurchase
from ledger import actions as ledger


def dissolve(me: MicroEnterprise, *, by: User, on: date) -> None:
    """Every contract of the ME, one after the other, in the transaction that dissolves it."""
    for contract in Contract.objects.of(me).exclude(state__in=TERMINAL).order_by("pk"):
        found = guards.locked(contract)
        records.catch_up(found, on=on)
        row = TABLE.get((state_on(found, on=on), Event.DISSOLVE))
        if row is None or row.to == found.state:
            continue
        if row.to == State.NOTICE:
            reason = f"{me} dissolves"
            notices.under_notice(found, Event.DISSOLVE, row, by=by, on=on, party=me, reason=reason)
            continue
        found.ended_on = found.starts_on - timedelta(days=1) if row.to == State.ENDED else None
        records.record_event(
            found, Event.DISSOLVE, row, on=on, at=clock.now(), by=by, party=me,
            changed=["ended_on"],
        )  # fmt: skip
        looming.wind_up(found)
        ledger.release(found.cause, on=on)


def blockers(me: MicroEnterprise, on: date) -> list[str]:
    """Contracts that are not closed, and orders outside that are not received."""
    drafts_and_over = (*TERMINAL, State.DRAFT)
    count = Contract.objects.of(me).exclude(state__in=drafts_and_over).count()
    said = [f"{count} contract{'s are' if count > 1 else ' is'} not closed."] if count else []
    waiting = (OutsidePurchase.State.REQUESTED, OutsidePurchase.State.ORDERED)
    orders = OutsidePurchase.objects.filter(buyer=me, state__in=waiting).count()
    if orders:
        said.append(
            f"{orders} order{'s' * (orders > 1)} outside waits to be received or cancelled."
        )
    return said
