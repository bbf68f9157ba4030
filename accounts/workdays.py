"""Working days, free of Django: Monday to Friday without the holidays (PRODUCT 4.0)."""

from collections.abc import Container
from datetime import date, timedelta

_ONE = timedelta(days=1)


def is_working_day(day: date, holidays: Container[date]) -> bool:
    return day.weekday() < 5 and day not in holidays


def nth_working_day_after(day: date, count: int, holidays: Container[date]) -> date:
    """The `count`-th working day after `day`; the day itself is not counted."""
    while count:
        day += _ONE
        count -= is_working_day(day, holidays)
    return day
