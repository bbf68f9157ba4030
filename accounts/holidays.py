"""Holidays as people write them: one a line, the day and its name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from accounts.errors import Invalid

LONGEST_NAME = 80


@dataclass(frozen=True)
class Day:
    """A holiday as somebody wrote it."""

    day: date
    name: str


def parse(text: str) -> list[Day]:
    """`2026-12-25 Christmas Day` a line; Invalid names the line that is wrong."""
    found: dict[date, Day] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        day = _day(line.strip(), number)
        if day.day in found:
            raise Invalid(
                f"Line {number}: {day.day} is on a line above already. Remove one.",
                field="holidays", value=line,
            )  # fmt: skip
        found[day.day] = day
    return sorted(found.values(), key=lambda each: each.day)


def _day(line: str, number: int) -> Day:
    given, _, name = line.replace("\t", " ").partition(" ")
    name = name.strip(" ,;")
    try:
        day = date.fromisoformat(given.strip(",;"))
    except ValueError as error:
        raise Invalid(
            f"Line {number}: {given!r} is no day. Write it like 2026-12-25 Christmas Day.",
            field="holidays", value=line,
        ) from error  # fmt: skip
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(
            f"Line {number}: {day} needs a name of 1 to {LONGEST_NAME} characters.",
            field="holidays", value=line,
        )  # fmt: skip
    return Day(day, name)


def written(days: Iterable[Day]) -> str:
    """The other way round, for the form."""
    return "\n".join(f"{each.day:%Y-%m-%d} {each.name}" for each in days)
