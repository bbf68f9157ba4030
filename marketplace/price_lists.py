"""A supplier's price list as CSV or XLSX, read into prices or refusals; free of Django."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal

from accounts import spreadsheets
from accounts.errors import Invalid, Refused
from accounts.spreadsheets import Row, Table, key
from ledger.money import LARGEST
from marketplace.price_layouts import DAY_EXAMPLES, DAYS, PRESETS, Layout

NAME_LENGTH, SUPPLIER_LENGTH, UNIT_LENGTH, DESCRIPTION_LENGTH = 500, 160, 40, 20_000
_LEFT_EMPTY = {"", "n/a", "na", "none", "-", "–"}
_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PRICE = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_PRICE_COMMA = re.compile(r"(?:\d{1,3}(?:[. ]\d{3})+|\d+)(?:,\d+)?")
_CURRENCY = re.compile(r"^(?:[$€£¥]|[A-Z]{3}\b)\s*|\s*(?:[€$£¥]|\b[A-Z]{3})$")


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """One row that can be recorded; `priced_on` is None where the list does not say."""

    row: int
    reference: str
    name: str
    supplier: str
    description: str
    unit: str
    price: Decimal
    priced_on: date | None
    valid_until_on: date | None


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """What is wrong with one row; the header is row 1, as in a spreadsheet."""

    row: int
    field: str
    value: str
    message: str


def whole_file(fault: Refused) -> RefusedRow:
    """A file that was refused as a whole, in the shape of a row."""
    value = "" if fault.value is None else str(fault.value)
    return RefusedRow(0, fault.field, value[:200], f"{fault} {fault.help}".strip())


@dataclass
class PriceList:
    """A whole file: what can be recorded, what cannot and why, and how many rows came twice."""

    layout: Layout
    read: int = 0
    repeated: int = 0
    prices: list[ListedPrice] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)


def read(content: bytes, *, name: str = "The file", layout: Layout | None = None) -> PriceList:
    """Read a CSV or XLSX file; without a layout, the preset whose columns it has.

    Invalid where the file as a whole cannot be read: too large, no table, columns missing.
    A row that cannot be read is among `refused`.
    """
    table = spreadsheets.read(content, name=name)
    layout = layout or _layout_for({key(column) for column in table.columns})
    _require_columns(layout, table)
    result = PriceList(layout)
    seen: set[tuple[str, ...]] = set()
    series: Counter[str] = Counter()
    for row in table.rows:
        result.read += 1
        try:
            listed = _listed(_Row(row, layout))
        except Invalid as reason:
            value = "" if reason.value is None else str(reason.value)
            result.refused.append(RefusedRow(row.number, reason.field, value[:200], str(reason)))
            continue
        cells = tuple(row.cells.values())
        if cells in seen:
            result.repeated += 1
            continue
        seen.add(cells)
        series[listed.reference] += 1
        result.prices.append(_numbered(listed, series[listed.reference]))
    return result


def day_of(text: str, *, days: str) -> date:
    """A day as the list writes it; a doubled stroke is overlooked. ValueError otherwise."""
    text = text.removesuffix(" 00:00:00")  # so a workbook writes a day
    for layout in (*DAYS[days], "%Y-%m-%d"):
        try:
            return datetime.strptime(re.sub("//+", "/", text), layout).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    raise ValueError(f"{text!r} is no day; write it like {DAY_EXAMPLES[days]}.")


def price_of(text: str, *, decimal_comma: bool = False) -> Decimal:
    """`$1,013.38` as 1013.38. ValueError for all that is no exact price above zero."""
    figures = _CURRENCY.sub("", text.strip())
    if not (_PRICE_COMMA if decimal_comma else _PRICE).fullmatch(figures):
        raise ValueError(f"{text!r} is no price; write it like 1,234.50.")
    if decimal_comma:
        figures = figures.replace(".", "").replace(" ", "").replace(",", ".")
    price = Decimal(figures.replace(",", ""))
    if not 0 < price <= LARGEST:
        raise ValueError(f"{text!r} is no price; it must be above zero and below 10,000 billion.")
    if price != price.quantize(Decimal("0.01")):
        raise ValueError(f"{text!r} has parts of a cent; round it to two places.")
    return price.quantize(Decimal("0.01"))


def unit_of(text: str) -> str:
    """`Per Hour` and `hour` are one unit, so that prices can be compared."""
    return re.sub(r"^(per|a|an|each) ", "", " ".join(text.lower().split()))


def _layout_for(columns: Collection[str]) -> Layout:
    return next((each for each in PRESETS.values() if each.fits(columns)), PRESETS["generic"])


def _require_columns(layout: Layout, table: Table) -> None:
    there = {key(column) for column in table.columns}
    for name, columns in layout.needed.items():
        if not there.intersection(map(key, columns)):
            wanted = " or ".join(f"“{column}”" for column in columns) or "unit"
            raise Invalid(
                f"The file has no column {wanted} for the {name}. "
                f"Its columns are: {', '.join(table.columns)[:300]}.",
                field=name,
                value=", ".join(table.columns)[:200],
            )


class _Row:
    """One row, asked by the words of the layout."""

    def __init__(self, row: Row, layout: Layout) -> None:
        if row.fault:
            raise Invalid(row.fault, field="row", value=", ".join(row.cells.values()))
        self.number, self.cells, self.layout = row.number, row.cells, layout

    def cell(self, column: str) -> str:
        value = self.cells.get(key(column), "")
        return "" if value.lower() in _LEFT_EMPTY else value

    def first(self, columns: Sequence[str]) -> str:
        """The first of the columns that is filled."""
        return next(filter(None, map(self.cell, columns)), "")

    def text(self, name: str, columns: Sequence[str]) -> str:
        """A needed text that no spreadsheet would take for a formula."""
        value = self.first(columns)
        if not value:
            raise Invalid(f"The {name} is empty.", field=name, value=value)
        return safe_text(value, name)

    def day(self, name: str, columns: Sequence[str]) -> date | None:
        value = self.first(columns)
        try:
            return day_of(value, days=self.layout.days) if value else None
        except ValueError as error:
            raise Invalid(str(error), field=name, value=value) from error

    def price(self) -> Decimal:
        value = self.first(self.layout.price)
        if not value:
            shown = self.cells.get(key(self.layout.price[0]), "")
            what = f"{shown!r} is no price" if shown else "The price is empty"
            raise Invalid(f"{what}; write it like 1,234.50.", field="price", value=shown)
        try:
            return price_of(value, decimal_comma=self.layout.decimal_comma)
        except ValueError as error:
            raise Invalid(str(error), field="price", value=value) from error

    def together(self, columns: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Label and value of every column that is filled."""
        for label, column in columns.items():
            if value := self.cell(column):
                yield label, value


def safe_text(value: str, name: str) -> str:
    """The text as it is. Invalid where a spreadsheet would run it or a page could not print it."""
    if value.startswith(_LIKE_A_FORMULA):
        raise Invalid(
            f"The {name} begins like a formula of a spreadsheet; write it as plain words.",
            field=name,
            value=value,
        )
    return value


def _listed(row: _Row) -> ListedPrice:
    layout = row.layout
    whole_name = row.text("name", layout.name)
    name = _short(whole_name, NAME_LENGTH)
    supplier = _at_most(row.text("supplier", layout.supplier), "supplier", SUPPLIER_LENGTH)
    unit = unit_of(row.first(layout.unit_column) or layout.unit)
    if not unit:
        raise Invalid("The unit is empty.", field="unit", value="")
    priced_on = row.day("priced_on", layout.priced_on)
    valid_until_on = row.day("valid_until_on", layout.valid_until_on)
    if priced_on and valid_until_on and valid_until_on < priced_on:
        raise Invalid(
            f"The offer ends on {valid_until_on} before it starts on {priced_on}.",
            field="valid_until_on",
            value=row.first(layout.valid_until_on),
        )
    described = row.together(layout.description)
    details = [f"{label}: {value}" if label else value for label, value in described]
    if len(whole_name) > NAME_LENGTH:
        details.insert(0, whole_name)
    return ListedPrice(
        row=row.number,
        reference=_reference(row, supplier, whole_name, unit),
        name=name,
        supplier=supplier,
        description="\n\n".join(details)[:DESCRIPTION_LENGTH],
        unit=_at_most(safe_text(unit, "unit"), "unit", UNIT_LENGTH),
        price=row.price(),
        priced_on=priced_on,
        valid_until_on=valid_until_on,
    )


def reference_of(*parts: str) -> str:
    """One key for what tells an offer from every other offer of its source."""
    joined = "\x1f".join(" ".join(part.lower().split()) for part in parts)
    return hashlib.sha256(joined.encode()).hexdigest()[:32]


def _reference(row: _Row, supplier: str, name: str, unit: str) -> str:
    columns = row.layout.reference
    parts = [value for _, value in row.together(dict(zip(columns, columns, strict=True)))]
    return reference_of(*parts, unit) if parts else reference_of(supplier, name, unit)


def _numbered(listed: ListedPrice, number: int) -> ListedPrice:
    """The second and third price of a series are offers of their own, in the list's order."""
    values = {each.name: getattr(listed, each.name) for each in fields(listed)}
    return ListedPrice(**values | {"reference": f"{listed.reference}-{number}"})


def _short(text: str, limit: int) -> str:
    """Without asterisks of footnotes; a text that repeats itself is said once, a long one cut."""
    text = " ".join(text.split()).strip("* ") or text
    again = re.fullmatch(r"(.{3,200}?)\1{2,}(.*)", text)
    if again and again[1].startswith(again[2]):
        text = again[1].strip()
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _at_most(text: str, name: str, limit: int) -> str:
    if len(text) > limit:
        raise Invalid(
            f"The {name} has {len(text)} characters; {limit} is the limit.", field=name, value=text
        )
    return text
