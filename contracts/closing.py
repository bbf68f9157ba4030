"""Which month's settlement counts a usage, free of Django (PRODUCT 4.10)."""

from datetime import date

from ledger.months import following, month_of, previous

CLOSING_DAY = 3


def closes_on(month: date) -> date:
    """The end of this day closes the month: what stands uncontested then counts in its run."""
    return following(month).replace(day=CLOSING_DAY)


def settles_in(used_on: date, *, stands_since: date) -> date:
    """The month whose run counts it, by the day from which it stands uncontested.

    Used on 30 March and entered on 3 April it is March's; entered on 4 April it is April's, and
    says so by its origin month.
    """
    on_time = month_of(stands_since)
    if stands_since.day <= CLOSING_DAY:
        on_time = previous(stands_since)
    return max(month_of(used_on), on_time)
