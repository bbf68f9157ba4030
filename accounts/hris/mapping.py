"""Which column of a file says what about a person: presets, and mappings that a firm writes.

docs/import-people.md explains the format with an example.
"""

import re
import tomllib
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from accounts.errors import Invalid
from accounts.spreadsheets import key

PEOPLE, HEAD_COUNTS = "people", "head_counts"
FIELDS = {
    PEOPLE: ("external_id", "name", "email", "unit", "title", "fte", "manager"),
    HEAD_COUNTS: ("unit", "title", "grade", "fte"),
}
_NEEDED = {PEOPLE: ("external_id", "name"), HEAD_COUNTS: ("unit", "title", "fte")}
_KEYS = {"label", "source", "kind", "full", "required", "empty", "columns", "vacant"}
_PRESETS = Path(__file__).parent / "presets"
_PLACE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Mapping:
    """`columns` holds, per field, a column's name or a pattern such as `{First} {Last}`."""

    source: str
    kind: str
    columns: MappingOf[str, str]
    required: Sequence[str]
    is_full: bool = True
    label: str = ""
    empty: frozenset[str] = frozenset()
    vacant: MappingOf[str, Sequence[str]] = field(default_factory=dict)

    def columns_of(self, name: str) -> list[str]:
        """The columns of the file that a field is read from."""
        spec = self.columns.get(name, "")
        return _PLACE.findall(spec) or ([spec] if spec else [])

    def needed_columns(self) -> list[str]:
        """What the file's first row must have, each once, in the order of the fields."""
        return list(dict.fromkeys(c for name in self.required for c in self.columns_of(name)))

    def read(self, name: str, cells: MappingOf[str, str]) -> str | None:
        """The field's value in a row; None where the file has no such column at all."""
        columns = self.columns_of(name)
        if not columns or not all(key(column) in cells for column in columns):
            return None
        spec = self.columns[name]
        is_pattern = bool(_PLACE.search(spec))
        value = _PLACE.sub(lambda c: cells[key(c[1])], spec) if is_pattern else cells[key(spec)]
        value = " ".join(value.split())
        return "" if value in self.empty else value

    def is_vacant(self, cells: MappingOf[str, str]) -> str | None:
        """The column that says that nobody holds this row's post, if one does."""
        for column, words in self.vacant.items():
            value = cells.get(key(column))
            if value is not None and value.casefold() in {word.casefold() for word in words}:
                return column
        return None


def presets() -> dict[str, Mapping]:
    """The mappings that come with the product, by name; `generic` first."""
    found = {path.stem: parse(path.read_text()) for path in sorted(_PRESETS.glob("*.toml"))}
    return {"generic": found.pop("generic"), **found}


def find(name: str) -> Mapping:
    """A preset by its name, or the mapping file at that path. Invalid names what is wrong."""
    known = presets()
    if name in known:
        return known[name]
    path = Path(name)
    if path.suffix != ".toml" or not path.is_file():
        raise Invalid(
            f"There is no mapping {name!r}: name a preset ({', '.join(known)}) or a .toml file.",
            field="map", value=name,
        )  # fmt: skip
    return parse_bytes(path.read_bytes(), name=path.name)


def parse_bytes(data: bytes, *, name: str) -> Mapping:
    """A mapping file as it was uploaded."""
    try:
        return parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Invalid(
            f"The mapping {name} is not UTF-8 text; save it as UTF-8.", field="map", value=name
        ) from error


def parse(text: str) -> Mapping:
    """Invalid names the key, its value and what it may be."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"The mapping is not TOML: {error}.", field="map") from error
    if unknown := sorted(set(told) - _KEYS):
        raise _wrong(unknown[0], told[unknown[0]], f"the keys are {', '.join(sorted(_KEYS))}")
    kind = told.get("kind", PEOPLE)
    if kind not in FIELDS:
        raise _wrong("kind", kind, f"it is {PEOPLE} or {HEAD_COUNTS}")
    if not isinstance(told.get("full", True), bool):
        raise _wrong("full", told["full"], "it is true or false")
    source = told.get("source", "hr")
    if not isinstance(source, str) or not 0 < len(source) <= 60:
        raise _wrong("source", source, "it is a name of 1 to 60 characters")
    return Mapping(
        source=source,
        kind=kind,
        columns=_columns(told.get("columns"), kind),
        required=_required(told, kind),
        is_full=told.get("full", True),
        label=str(told.get("label", "")),
        empty=frozenset(_words("empty", told.get("empty", []))),
        vacant={c: _words(f"vacant.{c}", w) for c, w in _table("vacant", told).items()},
    )


def _columns(given: object, kind: str) -> dict[str, str]:
    if not isinstance(given, dict) or not given:
        raise _wrong("columns", given, 'it is a table such as [columns] with name = "Full name"')
    for name, column in given.items():
        if name not in FIELDS[kind]:
            raise _wrong(f"columns.{name}", column, f"the fields are {', '.join(FIELDS[kind])}")
        if not isinstance(column, str) or not column.strip():
            raise _wrong(f"columns.{name}", column, "it is the name of a column")
    for name in _NEEDED[kind]:
        if name not in given:
            raise _wrong(f"columns.{name}", None, "it must be named")
    return given


def _required(told: dict[str, object], kind: str) -> tuple[str, ...]:
    words = _words("required", told.get("required", list(_NEEDED[kind])))
    columns = _table("columns", told)
    for word in words:
        if word not in columns:
            raise _wrong("required", word, "it names fields of [columns]")
    return tuple(dict.fromkeys((*_NEEDED[kind], *words)))


def _words(name: str, given: object) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(word, str) for word in given):
        raise _wrong(name, given, 'it is a list such as ["N/D", "-"]')
    return given


def _table(name: str, told: dict[str, object]) -> dict[str, object]:
    given = told.get(name, {})
    if not isinstance(given, dict):
        raise _wrong(name, given, f"it is a table [{name}]")
    return given


def _wrong(name: str, value: object, remedy: str) -> Invalid:
    shown = "missing" if value is None else f"{value!r}, which does not fit"
    return Invalid(f"The mapping's {name} is {shown}: {remedy}.", field="map", value=value)
