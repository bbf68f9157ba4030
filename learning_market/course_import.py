"""Courses and their runs from a file, each once by its reference; a faulty file changes nothing.

A row is a run of a course, or a course alone where it has no first day. Rows with the same course
reference are runs of one course.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.db import transaction

from accounts import audit, spreadsheets
from accounts.errors import Invalid
from accounts.models import MicroEnterprise, User
from accounts.permissions import may_record_outside_offers, may_run_learning_catalogue, require
from accounts.spreadsheets import key
from learning_market.models import Course, CourseRun
from ledger.money import LARGEST, to_cents
from marketplace.models import OutsideSupplier

# What a field is called in the file; the first preset is what our own documentation describes.
PRESETS: Mapping[str, Mapping[str, str]] = {
    "generic": {
        name: name
        for name in (
            "reference", "title", "topic", "provider", "supplier", "description", "starts_on",
            "ends_on", "price", "seats", "place",
        )
    },
    "open-learning-library": {
        "reference": "readable_id", "title": "title", "topic": "MITxO Primary Child",
        "supplier": "Offered by", "description": "description",
    },
}  # fmt: skip
_NEEDED = ("title", "topic")


class RowRefused(NamedTuple):
    """One fault: the row as a spreadsheet numbers it, and what is wrong with which field."""

    row: int
    field: str
    value: str
    message: str


@dataclass(frozen=True)
class _Listed:
    """One row that can be recorded."""

    row: int
    reference: str
    title: str
    topic: str
    description: str
    provider: str
    supplier: str
    starts_on: date | None
    ends_on: date | None
    price: Decimal
    seats: int | None
    place: str

    @property
    def run_reference(self) -> str:
        return f"{self.reference} {self.starts_on}"[:120]


@dataclass
class Imported:
    """What a file did, or would do; counted by rows."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[RowRefused] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """`{"read", "created", "updated", "unchanged", "refused": [{"row", "field", ...}]}`."""
        rows = [each._asdict() for each in self.refused]
        return asdict(self) | {"refused": rows}


@transaction.atomic
def import_courses(
    data: bytes, *, name: str, preset: str = "generic", by: User | None, on: date,
    is_dry_run: bool = False,
) -> Imported:  # fmt: skip
    """Record what the file lists; `by` is None at the console of the installation.

    Invalid where the file is no table or lacks a column. With a faulty row in it, or in a dry run,
    nothing changes; the rows are in `refused`.
    """
    if by is not None:
        may = may_run_learning_catalogue(by) or may_record_outside_offers(by, on=on)
        require(may, "You cannot import courses.", help="Ask an HR admin or the lead of your ME.")
    table, columns = spreadsheets.read(data, name=name), _columns(preset)
    _require_columns(table, columns)
    outcome = Imported(read=len(table.rows))
    listed = []
    for row in table.rows:
        try:
            listed.append(_listed(row, columns))
        except Invalid as reason:
            value = str(reason.value or "")[:200]
            outcome.refused.append(RowRefused(row.number, reason.field, value, str(reason)))
    providers = _providers(listed, outcome)
    if not outcome.refused:
        _write(listed, providers, outcome, source=f"file, {preset}", by=by, on=on)
        if is_dry_run:
            transaction.set_rollback(True)
    return outcome


def _columns(preset: str) -> Mapping[str, str]:
    if preset not in PRESETS:
        raise Invalid(
            f"{preset!r} is no preset; use one of {', '.join(PRESETS)}.", field="map", value=preset
        )
    return PRESETS[preset]


def _require_columns(table: spreadsheets.Table, columns: Mapping[str, str]) -> None:
    known = {key(column) for column in table.columns}
    for name in _NEEDED:
        if key(columns[name]) not in known:
            raise Invalid(
                f"The file has no column “{columns[name]}” for the {name}. Its columns are: "
                f"{', '.join(table.columns)[:300]}.",
                field=name,
            )


class _Cells:
    """The cells of a row by our own names."""

    def __init__(self, row: spreadsheets.Row, columns: Mapping[str, str]) -> None:
        self._cells, self._columns = row.cells, columns

    def text(self, name: str, *, longest: int, needed: bool = False) -> str:
        column = self._columns.get(name)
        value = self._cells.get(key(column), "") if column else ""
        if needed and not value:
            raise Invalid(f"The {name} is empty; fill it.", field=name)
        if len(value) > longest:
            raise Invalid(
                f"The {name} has {len(value)} characters; {longest} is the limit.",
                field=name, value=value,
            )  # fmt: skip
        if value.startswith(("=", "@")):
            raise Invalid(
                f"The {name} begins like a formula; write it as text.", field=name, value=value
            )
        return value

    def day(self, name: str) -> date | None:
        value = self.text(name, longest=30)
        try:
            return date.fromisoformat(value[:10]) if value else None
        except ValueError as error:
            raise Invalid(
                f"{value!r} is no day; write it like 2026-11-04.", field=name, value=value
            ) from error

    def price(self) -> Decimal:
        value = self.text("price", longest=30) or "0"
        try:
            amount = Decimal(value.replace(",", ""))
        except InvalidOperation:
            amount = Decimal(-1)
        if not amount.is_finite() or not 0 <= amount <= LARGEST or amount != to_cents(amount):
            raise Invalid(
                f"{value!r} is no price; write it like 1234.50.", field="price", value=value
            )
        return to_cents(amount)

    def seats(self) -> int | None:
        value = self.text("seats", longest=12)
        if not value:
            return None
        if not value.isascii() or not value.isdecimal() or not 0 < int(value) <= 100_000:
            raise Invalid(
                f"{value!r} is no number of seats; leave it empty where there is no limit.",
                field="seats", value=value,
            )  # fmt: skip
        return int(value)


def _listed(row: spreadsheets.Row, columns: Mapping[str, str]) -> _Listed:
    if row.fault:
        raise Invalid(row.fault, field="row")
    cells = _Cells(row, columns)
    title = cells.text("title", longest=200, needed=True)
    starts_on = cells.day("starts_on")
    ends_on = cells.day("ends_on") or starts_on
    if starts_on and ends_on and ends_on < starts_on:
        raise Invalid(
            f"The last day, {ends_on}, lies before the first, {starts_on}.",
            field="ends_on", value=ends_on,
        )  # fmt: skip
    return _Listed(
        row=row.number,
        reference=cells.text("reference", longest=100) or title[:100],
        title=title,
        topic=cells.text("topic", longest=80) or "Other",
        description=cells.text("description", longest=20_000),
        provider=cells.text("provider", longest=120),
        supplier=cells.text("supplier", longest=160),
        starts_on=starts_on,
        ends_on=ends_on,
        price=cells.price(),
        seats=cells.seats(),
        place=cells.text("place", longest=160),
    )


def _providers(listed: list[_Listed], outcome: Imported) -> dict[str, MicroEnterprise]:
    """The MEs that the rows name; a row that names no side, or one we do not know, is refused."""
    names = {row.provider for row in listed if row.provider}
    found = {me.name: me for me in MicroEnterprise.objects.filter(name__in=names)}
    for row in listed:
        if row.provider and row.provider not in found:
            said = f"No micro-enterprise is called {row.provider!r}; use its exact name."
            outcome.refused.append(RowRefused(row.row, "provider", row.provider, said))
        elif not row.provider and not row.supplier:
            said = "Name the provider, a micro-enterprise of ours, or the supplier outside."
            outcome.refused.append(RowRefused(row.row, "supplier", "", said))
    return found


def _write(
    listed: list[_Listed], providers: dict[str, MicroEnterprise], outcome: Imported,
    *, source: str, by: User | None, on: date,
) -> None:  # fmt: skip
    """Courses and runs in a fixed number of statements, whatever the size of the file."""
    recorder = by or User.objects.filter(is_hr_admin=True).order_by("pk").first()
    if recorder is None:
        raise Invalid("Nobody can stand for the import yet: found the organisation first.",
                      field="file")  # fmt: skip
    suppliers = _suppliers({row.supplier for row in listed if not row.provider})
    known = {each.reference: each for each in Course.objects.filter(source=source)}
    runs = {
        (run.course_id, run.reference): run
        for run in CourseRun.objects.filter(course__source=source)
    }
    new_courses: dict[str, Course] = {}
    changed: dict[int, Course] = {}
    new_runs: list[CourseRun] = []
    for row in listed:
        course = known.get(row.reference) or new_courses.get(row.reference)
        status = "unchanged"
        if course is None:
            course = Course(
                provider=providers.get(row.provider), supplier=suppliers.get(row.supplier)
                if not row.provider else None, title=row.title, topic=row.topic,
                description=row.description, source=source, reference=row.reference,
                recorded_on=on, recorded_by=recorder,
            )  # fmt: skip
            new_courses[row.reference], status = course, "created"
        elif course.pk and _describe(course, row):
            changed[course.pk], status = course, "updated"
        if row.starts_on and (course.pk, row.run_reference) not in runs:
            new_runs.append(_run_of(course, row, row.starts_on))
            status = "created"
        setattr(outcome, status, getattr(outcome, status) + 1)
    Course.objects.bulk_create(new_courses.values())
    Course.objects.bulk_update(changed.values(), ["title", "topic", "description"])
    CourseRun.objects.bulk_create(new_runs)
    if outcome.created or outcome.updated:
        audit.record("course.import", source, by=by, on=on, created=outcome.created,
                     updated=outcome.updated)  # fmt: skip


def _describe(course: Course, row: _Listed) -> bool:
    """Whether the row's words differ from the course's, which then takes them."""
    words = {"title": row.title, "topic": row.topic, "description": row.description}
    differs = any(getattr(course, name) != value for name, value in words.items())
    for name, value in words.items():
        setattr(course, name, value)
    return differs


def _run_of(course: Course, row: _Listed, starts_on: date) -> CourseRun:
    return CourseRun(
        course=course, reference=row.run_reference, starts_on=starts_on,
        ends_on=row.ends_on or starts_on, price=row.price, seats=row.seats, place=row.place,
    )  # fmt: skip


def _suppliers(names: set[str]) -> dict[str, OutsideSupplier]:
    known = {each.name: each for each in OutsideSupplier.objects.filter(name__in=names)}
    missing = [OutsideSupplier(name=name) for name in sorted(names - set(known)) if name]
    return known | {each.name: each for each in OutsideSupplier.objects.bulk_create(missing)}
