"""Posts that HR data counts without naming anybody, such as the junior rows of an organogram."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from accounts.hris.plan import Change, Plan
from accounts.hris.records import PostRecord, Reading
from accounts.hris.units import Units, folded
from accounts.models import HeadCount

_Key = tuple[str, str, str]


def plan_of_posts(reading: Reading, *, source: str, is_full: bool, on: date) -> Plan:
    """Compare with the newest counts of that source; rows of the same post are added up.

    Each row counts as a joiner (a post not counted before), a mover (its figure differs) or
    unchanged; a leaver is a post that is counted no more.
    """
    plan = Plan(read=reading.read, refused=list(reading.refused), notes=list(reading.notes))
    units = Units.known()
    before = {_key(row.hr_unit, row.job_title, row.grade): row for row in newest(source, on=on)}
    rows_of = _by_post(reading.posts)
    for each, records in rows_of.items():
        first, known = records[0], before.get(each)
        fte = sum((record.fte for record in records), Decimal(0))
        units.spelled(first.unit)
        if known is not None and known.fte == fte:
            plan.unchanged += len(records)
            continue
        told = {} if known is None else {"fte": f"{known.fte:.2f}"}
        kind = "joiners" if known is None else "movers"
        plan.changes += [
            Change(
                kind,
                record.row,
                _place(record.unit, record.grade),
                record.title,
                told,
                {"fte": f"{fte:.2f}"},
            )
            for record in records
        ]
    if is_full:
        plan.changes += [
            Change(
                "leavers",
                0,
                _place(known.hr_unit, known.grade),
                known.job_title,
                {"fte": f"{known.fte:.2f}"},
            )
            for each, known in before.items()
            if each not in rows_of
        ]
    plan.new_units = units.new
    return plan


def write_posts(reading: Reading, *, source: str, is_full: bool, on: date) -> None:
    """The counts of that day, whole: what an earlier file said for the same day is replaced."""
    units = Units.known()
    counted = {
        each: HeadCount(
            source=source,
            counted_on=on,
            hr_unit=units.spelled(records[0].unit),
            job_title=records[0].title,
            grade=records[0].grade,
            fte=sum((record.fte for record in records), Decimal(0)),
        )
        for each, records in _by_post(reading.posts).items()
    }
    if not is_full:
        for row in newest(source, on=on):
            kept = HeadCount(
                source=source, counted_on=on, hr_unit=row.hr_unit, job_title=row.job_title,
                grade=row.grade, fte=row.fte,
            )  # fmt: skip
            counted.setdefault(_key(row.hr_unit, row.job_title, row.grade), kept)
    HeadCount.objects.filter(source=source, counted_on=on).delete()
    HeadCount.objects.bulk_create(counted.values(), batch_size=1000)


def newest(source: str, *, on: date) -> list[HeadCount]:
    """The counts in force that day from one source."""
    rows = HeadCount.objects.filter(source=source, counted_on__lte=on)
    newest_on = rows.order_by("-counted_on").values("counted_on")[:1]
    return list(rows.filter(counted_on=newest_on).order_by("hr_unit", "job_title", "grade"))


def _by_post(records: Iterable[PostRecord]) -> dict[_Key, list[PostRecord]]:
    found: dict[_Key, list[PostRecord]] = {}
    for record in records:
        found.setdefault(_key(record.unit, record.title, record.grade), []).append(record)
    return found


def _place(unit: str, grade: str) -> str:
    return f"{unit}, {grade}" if grade else unit


def _key(unit: str, title: str, grade: str) -> _Key:
    return folded(unit), folded(title), folded(grade)
