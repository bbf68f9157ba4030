"""The calendar of money, free of Django; a month is the date of its first day."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache


def month_of(day: date) -> date:
    return day.replace(day=1)


@lru_cache(maxsize=1000)  # A month's settlement asks a million times for the same few.
def days_in(month: date) -> int:
    return monthrange(month.year, month.month)[1]


@lru_cache(maxsize=1000)
def last_day(month: date) -> date:
    return month.replace(day=days_in(month))


def following(month: date) -> date:
    return last_day(month) + timedelta(days=1)


def previous(day: date) -> date:
    """The month before the one that holds the day."""
    return month_of(month_of(day) - timedelta(days=1))


def months_before(day: date, count: int) -> date:
    """The same day so many months before; the last of a shorter month."""
    month = month_of(day)
    for _ in range(count):
        month = previous(month)
    return month.replace(day=min(day.day, days_in(month)))


def months_later(day: date, count: int) -> date:
    """The same day so many months later; 31 January and one month is the last day of February."""
    year, month = divmod(day.month - 1 + count, 12)
    first = date(day.year + year, month + 1, 1)
    return first.replace(day=min(day.day, days_in(first)))


def months_between(first: date, last: date) -> Iterator[date]:
    """Every month that has a day from `first` to `last`, both inclusive."""
    month = month_of(first)
    while month <= last:
        yield month
        month = following(month)


def fiscal_year(day: date, *, starts_in: int) -> int:
    """The calendar year in which the fiscal year of that day began."""
    return day.year if day.month >= starts_in else day.year - 1


def months_of_year(year: int, *, starts_in: int) -> list[date]:
    """The twelve months of a fiscal year, in order."""
    first = date(year, starts_in, 1)
    return [*months_between(first, first.replace(year=year + 1) - timedelta(days=1))]


def parse(text: str) -> date:
    """`2026-10` as the first day of that month; ValueError otherwise."""
    if len(text) != 7:
        raise ValueError(f"{text!r} is no month; write it like 2026-10.")
    return date.fromisoformat(f"{text}-01")


def text_of(month: date) -> str:
    """The month as every page, API and export writes it for programs: `2026-10`."""
    return f"{month:%Y-%m}"
