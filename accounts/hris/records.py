"""From a file's rows to what they say of people and posts; no row is dropped without a word."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.errors import Invalid
from accounts.hris import mapping as mappings
from accounts.spreadsheets import Row, Table, key

LONGEST = {
    "external_id": 64, "name": 250, "email": 254, "unit": 200, "title": 250, "manager": 64,
    "grade": 60,
}  # fmt: skip
MOST_FTE_OF_A_PERSON = Decimal(2)
_MOST_FTE_OF_A_ROW = Decimal(100_000)
_FORMULA = re.compile(r"^[=@]|^[+-].*[(|!]")
_LOST_CHARACTERS = ("\ufffd", "â€", "Ã©", "Â£")


@dataclass(frozen=True)
class PersonRecord:
    """What one row says of one person; None where the file does not speak of a field."""

    row: int
    external_id: str
    name: str
    email: str | None = None
    unit: str | None = None
    title: str | None = None
    fte: Decimal | None = None
    manager: str | None = None


@dataclass(frozen=True)
class PostRecord:
    """Posts of a unit that a row counts without naming anybody."""

    row: int
    unit: str
    title: str
    grade: str
    fte: Decimal


@dataclass(frozen=True)
class Remark:
    """A row that was refused, or one that was taken with a word of care; row 0 is the file."""

    row: int
    field: str
    value: str
    message: str


@dataclass
class Reading:
    """A file as it was understood. `spared` are the keys of refused rows: they have not left."""

    read: int = 0
    people: list[PersonRecord] = field(default_factory=list)
    posts: list[PostRecord] = field(default_factory=list)
    refused: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    spared: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Reading":
        return cls(
            read=told["read"],
            people=[PersonRecord(**_with_fte(each)) for each in told["people"]],
            posts=[PostRecord(**_with_fte(each)) for each in told["posts"]],
            refused=[Remark(**each) for each in told["refused"]],
            notes=[Remark(**each) for each in told["notes"]],
            spared=list(told["spared"]),
        )


def _with_fte(told: Mapping[str, Any]) -> dict[str, Any]:
    fte = told["fte"]
    return {**told, "fte": None if fte is None else Decimal(fte)}


class RowRefused(Exception):
    """One row is wrong and the rest goes on."""

    def __init__(self, name: str, value: str, message: str) -> None:
        super().__init__(message)
        self.field, self.value = name, value


def understand(table: Table, mapping: mappings.Mapping, *, name: str) -> Reading:
    """Read every row. Invalid where the file as a whole is not the one that the mapping means."""
    _require_columns(table, mapping, name)
    reading = Reading(read=len(table.rows))
    if table.was_windows_1252:
        text = "The file is not UTF-8; it was read as Windows-1252. Look at names with accents."
        reading.notes.append(Remark(0, "file", name, text))
    seen: dict[str, int] = {}
    for row in table.rows:
        try:
            _take(row, mapping, reading, seen)
        except RowRefused as wrong:
            reading.refused.append(Remark(row.number, wrong.field, wrong.value[:200], str(wrong)))
            _spare(row, mapping, reading)
    return reading


def _require_columns(table: Table, mapping: mappings.Mapping, name: str) -> None:
    there = {key(column) for column in table.columns}
    missing = [c for c in mapping.needed_columns() if key(c) not in there]
    if missing:
        found = ", ".join(repr(column.strip()[:40]) for column in table.columns[:20])
        raise Invalid(
            f"Row 1 of {name} lacks the column{'s' * (len(missing) > 1)} "
            f"{', '.join(map(repr, missing))}; it has {found}. "
            "Rename the columns, or choose the mapping that fits this file.",
            field="file", value=", ".join(missing),
        )  # fmt: skip


def _take(row: Row, mapping: mappings.Mapping, reading: Reading, seen: dict[str, int]) -> None:
    if row.fault:
        raise RowRefused("row", "", row.fault)
    values = dict(_values(row, mapping))
    _note_lost_characters(row, values, reading)
    if mapping.kind == mappings.HEAD_COUNTS:
        reading.posts.append(_post(row, values))
        return
    _refuse_vacant(row, mapping)
    record = _person(row, values)
    if first := seen.get(record.external_id):
        raise RowRefused(
            "external_id", record.external_id,
            f"{record.external_id!r} stands in row {first} already, which was taken. "
            "Give each person one row and one key.",
        )  # fmt: skip
    seen[record.external_id] = row.number
    reading.people.append(record)


def _values(row: Row, mapping: mappings.Mapping) -> Iterator[tuple[str, str | None]]:
    for name in mappings.FIELDS[mapping.kind]:
        for column in mapping.columns_of(name):
            cell = row.cells.get(key(column), "")
            if _FORMULA.search(cell):
                raise Invalid(
                    f"Row {row.number}, {column}: {cell[:60]!r} is a formula, so nothing was "
                    "imported. Paste the values only (in Excel: Paste special, Values).",
                    field=name, value=cell[:200],
                )  # fmt: skip
        value = mapping.read(name, row.cells)
        if not value and name in mapping.required:
            column = mapping.columns[name]
            raise RowRefused(name, "", f"{column} is empty. Fill it in for this row.")
        if value and len(value) > LONGEST.get(name, 200):
            raise RowRefused(
                name, value,
                f"{name} has {len(value)} characters; at most {LONGEST[name]} fit. Shorten it.",
            )  # fmt: skip
        yield name, value


def _person(row: Row, values: Mapping[str, str | None]) -> PersonRecord:
    email = values["email"]
    if email:
        _require_email(email)
    return PersonRecord(
        row=row.number,
        external_id=str(values["external_id"]),
        name=str(values["name"]),
        email=email,
        unit=values["unit"],
        title=values["title"],
        fte=None if not values["fte"] else fte_of(values["fte"], most=MOST_FTE_OF_A_PERSON),
        manager=values["manager"],
    )


def person_of(external_id: str, *, fte: object = None, **told: str | None) -> PersonRecord:
    """One person as a program or a form tells them; Invalid names the field that is wrong."""
    clean = {
        name: None if value is None else " ".join(value.split()) for name, value in told.items()
    }
    clean["external_id"] = external_id.strip()
    for name, value in clean.items():
        if name in ("external_id", "name") and not value:
            raise Invalid(f"{name} is missing. Every person has one.", field=name, value=value)
        if value and len(value) > LONGEST[name]:
            raise Invalid(
                f"{name} has {len(value)} characters; at most {LONGEST[name]} fit.",
                field=name, value=value,
            )  # fmt: skip
    try:
        return _person(Row(0, {}), {**clean, "fte": None if fte is None else str(fte)})
    except RowRefused as wrong:
        raise Invalid(str(wrong), field=wrong.field, value=wrong.value) from wrong


def _post(row: Row, values: Mapping[str, str | None]) -> PostRecord:
    return PostRecord(
        row=row.number,
        unit=str(values["unit"]),
        title=str(values["title"]),
        grade=values["grade"] or "",
        fte=fte_of(str(values["fte"]), most=_MOST_FTE_OF_A_ROW),
    )


def _require_email(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise RowRefused(
            "email", email, f"{email!r} is no e-mail address. Mend it, or leave the cell empty."
        ) from error


def fte_of(given: str, *, most: Decimal) -> Decimal:
    """A share of full time with two places; a decimal comma is understood."""
    try:
        value = Decimal(given.replace(",", "."))
        fits = value.is_finite() and 0 <= value <= most
    except InvalidOperation:
        fits = False
    if not fits:
        raise RowRefused(
            "fte", given,
            f"{given!r} is no full-time equivalent from 0 to {most}. "
            "Write a number such as 1 or 0.6.",
        )  # fmt: skip
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _refuse_vacant(row: Row, mapping: mappings.Mapping) -> None:
    column = mapping.is_vacant(row.cells)
    if column:
        value = row.cells[key(column)]
        said = repr(value) if value else "empty"
        raise RowRefused(
            column, value,
            f"{column} is {said}: the post is vacant, so there is nobody to import. "
            "It is taken once somebody holds it.",
        )  # fmt: skip


def _spare(row: Row, mapping: mappings.Mapping, reading: Reading) -> None:
    """A row that could not be read is no proof that its person left; a vacant post is."""
    is_vacant = not row.fault and mapping.is_vacant(row.cells)
    if mapping.kind == mappings.PEOPLE and not is_vacant:
        reading.spared.append(mapping.read("external_id", row.cells) or "")


def _note_lost_characters(row: Row, values: Mapping[str, str | None], reading: Reading) -> None:
    for name, value in values.items():
        if value and any(mark in value for mark in _LOST_CHARACTERS):
            text = "A character was lost before the file came here. It is kept as it is; mend it "
            reading.notes.append(Remark(row.number, name, value[:200], text + "at its source."))


def note_dangling_managers(reading: Reading, known: Sequence[str] | set[str]) -> None:
    """The link is for reference only, so a dangling one is kept and told."""
    keys = {record.external_id for record in reading.people} | set(known)
    for record in reading.people:
        if record.manager and record.manager not in keys:
            text = "Nobody is known by this key. The link is kept; no right hangs on it."
            reading.notes.append(Remark(record.row, "manager", record.manager, text))
