"""The month as the ledger keeps it: open, computed, posted, locked, and never back."""

from datetime import date

from accounts.errors import Refused
from ledger.models import SettlementRun
from ledger.months import following, text_of

State = SettlementRun.State
ORDER = [State.OPEN, State.COMPUTED, State.POSTED, State.LOCKED]
# Days of the next month (PRODUCT 4.10).
_DUE_FROM_DAY = {10: State.LOCKED, 6: State.POSTED, 4: State.COMPUTED}


def due_on(day: date) -> SettlementRun.State:
    """How far the month before `day` should be by that day, by the calendar."""
    return next((state for first, state in _DUE_FROM_DAY.items() if day.day >= first), State.OPEN)


def is_locked(month: date) -> bool:
    return SettlementRun.objects.filter(month=month, state=State.LOCKED).exists()


def month_is_locked(month: date) -> Refused:
    """The refusal of a movement into a locked month, for `saying(transfer_month_is_open=...)`."""
    return Refused(
        f"{month:%B %Y} is locked, so nothing is added to it.",
        code="month_locked",
        help=f"Use {text_of(following(month))}: corrections are entries of the next month.",
    )
