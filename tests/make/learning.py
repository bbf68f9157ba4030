"""Courses and runs for tests."""

from datetime import date
from decimal import Decimal
from itertools import count

from learning_market.models import Course, CourseRun
from tests.make.market import supplier
from tests.make.people import FORMED, user

_numbers = count(1)


def course(provider=None, *, title="", **fields):
    """A course of the ME, or of a supplier outside if none is named."""
    number = next(_numbers)
    fields.setdefault("recorded_by", user())
    return Course.objects.create(
        provider=provider, supplier=None if provider else supplier(),
        title=title or f"Course {number}", topic="Data", reference=f"C{number}",
        recorded_on=FORMED, **fields,
    )  # fmt: skip


def run(of=None, *, price="900.00", starts_on=date(2026, 4, 20), days=2, seats=None, **fields):
    ends_on = date.fromordinal(starts_on.toordinal() + days - 1)
    return CourseRun.objects.create(
        course=of or course(), price=Decimal(price), starts_on=starts_on, ends_on=ends_on,
        seats=seats, **fields,
    )  # fmt: skip
