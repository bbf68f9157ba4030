"""The parameters of a price plan: what may stand in each, and its one canonical form.

Free of Django. Stored as JSON, amounts and quantities as strings with a fixed number of places, so
that the same parameters always give the same hash of a contract.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum
from itertools import pairwise
from typing import Any, NamedTuple

from accounts.errors import Invalid
from ledger.money import LARGEST

# The widest that a quantity's column holds, and what no reader would believe.
MOST_UNITS = Decimal(9_999_999_999)
MOST_BANDS = 10
_LONGEST_TEXT = 200

Values = Mapping[str, Any]


class Sort(Enum):
    """What kind of value a parameter holds; each has its places and its bounds."""

    MONEY = "money"
    SHARE = "share"
    QUANTITY = "quantity"
    BANDS = "bands"
    TEXT = "text"
    DAY = "day"
    KEY = "key"


_PLACES = {
    Sort.MONEY: Decimal("0.01"),
    Sort.SHARE: Decimal("0.0001"),
    Sort.QUANTITY: Decimal("0.001"),
}
_MOST = {Sort.MONEY: LARGEST, Sort.SHARE: Decimal(1), Sort.QUANTITY: MOST_UNITS}


class Band(NamedTuple):
    """Units up to and including `up_to` in a month; None is all the rest."""

    up_to: Decimal | None
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One figure of a plan: its name in JSON, what a form says of it, and its bounds.

    A share is a fraction in JSON and a percentage in a form; `may_be_zero` and `most` bound it.
    """

    name: str
    label: str
    help: str = ""
    sort: Sort = Sort.MONEY
    is_required: bool = True
    may_be_zero: bool = False
    most: Decimal | None = None
    # Whether a form may leave it to be taken over from somewhere.
    is_taken_over: bool = False

    def read(self, raw: object) -> Any:
        """The value in its type. Invalid names the parameter, the value and the remedy."""
        if raw is None or raw == "":
            if not self.is_required:
                return self.empty
            raise Invalid(f"{self.label} is missing. Say how much it is.", field=self.name)
        match self.sort:
            case Sort.BANDS:
                return _bands(raw)
            case Sort.TEXT:
                return self._text(raw)
            case Sort.DAY:
                return self._day(raw)
            case Sort.KEY:
                return self._key(raw)
        return self._figure(raw)

    @property
    def empty(self) -> Any:
        return "" if self.sort is Sort.TEXT else ZERO if self.may_be_zero else None

    def write(self, value: Any) -> Any:
        """The value as JSON holds it."""
        if isinstance(value, Decimal):
            return f"{value.quantize(_PLACES[self.sort]):f}"
        if self.sort is Sort.BANDS:
            return [_band_document(band) for band in value]
        return value.isoformat() if isinstance(value, date) else value

    def _figure(self, raw: object) -> Decimal:
        value = figure(raw, label=self.label, field=self.name)
        most = _MOST[self.sort] if self.most is None else self.most
        if value < 0 or (value == 0 and not self.may_be_zero) or value > most:
            least = "at least 0" if self.may_be_zero else "above 0"
            raise Invalid(
                f"{self.label} of {_shown(value, self.sort)} makes no sense: {least} and at most"
                f" {_shown(most, self.sort)}.",
                field=self.name,
                value=str(raw),
            )
        return _exact(value, self.sort, label=self.label, field=self.name)

    def _text(self, raw: object) -> str:
        text = " ".join(raw.split()) if isinstance(raw, str) else ""
        if not text or len(text) > _LONGEST_TEXT or "\x00" in text:
            raise Invalid(
                f"{self.label} must be a text of at most {_LONGEST_TEXT} characters.",
                field=self.name,
                value=str(raw)[:_LONGEST_TEXT],
            )
        return text

    def _day(self, raw: object) -> date:
        if isinstance(raw, date):
            return raw
        try:
            return date.fromisoformat(str(raw))
        except ValueError as reason:
            raise Invalid(
                f"{self.label}: {raw} is no day. Write it like 2026-03-31.",
                field=self.name,
                value=str(raw),
            ) from reason

    def _key(self, raw: object) -> int:
        try:
            key = int(str(raw))
        except ValueError:
            key = 0
        if not 0 < key < 2**63:
            raise Invalid(f"{self.label}: {raw} is no key.", field=self.name, value=str(raw))
        return key


ZERO = Decimal(0)


def read_all(parameters: Sequence[Parameter], given: object) -> dict[str, Any]:
    """The typed values of a plan's parameters. Invalid for a missing, wrong or unknown one."""
    if not isinstance(given, Mapping):
        raise Invalid(
            "The parameters of a plan are named values, such as {}.", field="parameters",
            value=str(given)[:80],
        )  # fmt: skip
    names = [each.name for each in parameters]
    if unknown := sorted(str(name) for name in given if name not in names):
        known = f"It has {', '.join(names)}." if names else "It has none."
        raise Invalid(
            f"The plan has no parameter {unknown[0][:80]}. {known}",
            field="parameters",
            value=unknown[0][:80],
        )
    return {each.name: each.read(given.get(each.name)) for each in parameters}


def write_all(parameters: Sequence[Parameter], values: Values) -> dict[str, Any]:
    """Canonical JSON of the values."""
    return {each.name: each.write(values[each.name]) for each in parameters}


def figure(raw: object, *, label: str, field: str) -> Decimal:
    """A finite number from JSON, a form or a file; Invalid for anything else."""
    try:
        value = raw if isinstance(raw, Decimal) else Decimal(str(raw).strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if isinstance(raw, bool) or not value.is_finite():
        raise Invalid(f"{label}: {str(raw)[:40]} is no number.", field=field, value=str(raw)[:40])
    return value


def _bands(raw: object) -> tuple[Band, ...]:
    """Bands in ascending order, the last of them open."""
    if not isinstance(raw, list | tuple) or not raw:
        raise Invalid("Name at least one band with its price.", field="bands")
    if len(raw) > MOST_BANDS:
        raise Invalid(
            f"{len(raw)} bands are too many to follow; {MOST_BANDS} is the limit.", field="bands"
        )
    bands = [_band(each, number) for number, each in enumerate(raw, start=1)]
    for number, (band, after) in enumerate(pairwise(bands), start=1):
        if band.up_to is None:
            raise Invalid(
                f"Band {number} has no upper end, so band {number + 1} is never reached. Give it"
                " one, or leave out what follows.",
                field="bands",
            )
        if after.up_to is not None and after.up_to <= band.up_to:
            raise Invalid(
                f"Band {number + 1} ends at {plain(after.up_to)}, not above {plain(band.up_to)},"
                f" where band {number} ends. Put the bands in ascending order.",
                field="bands",
                value=plain(after.up_to),
            )
    if bands[-1].up_to is not None:
        raise Invalid(
            f"The last band ends at {plain(bands[-1].up_to)}; what costs the next unit? Leave its"
            " upper end empty.",
            field="bands",
            value=plain(bands[-1].up_to),
        )
    return tuple(bands)


def _band(raw: object, number: int) -> Band:
    if isinstance(raw, Band):
        raw = raw._asdict()
    if not isinstance(raw, Mapping) or set(raw) - {"up_to", "price"}:
        raise Invalid(f"Band {number} needs up_to and price, and nothing else.", field="bands")
    price = Parameter(name="bands", label=f"Price of band {number}").read(raw.get("price"))
    up_to = Parameter(
        name="bands", label=f"Upper end of band {number}", sort=Sort.QUANTITY, is_required=False
    ).read(raw.get("up_to"))
    return Band(up_to, price)


def _band_document(band: Band) -> dict[str, str | None]:
    up_to = None if band.up_to is None else f"{band.up_to.quantize(_PLACES[Sort.QUANTITY]):f}"
    return {"up_to": up_to, "price": f"{band.price.quantize(_PLACES[Sort.MONEY]):f}"}


def _exact(value: Decimal, sort: Sort, *, label: str, field: str) -> Decimal:
    """The value with its places; none is rounded away in silence."""
    rounded = value.quantize(_PLACES[sort])
    if rounded != value:
        places = -int(_PLACES[sort].as_tuple().exponent)
        if sort is Sort.SHARE:
            places -= 2
        raise Invalid(
            f"{label} of {_shown(value, sort)} has more than {places} decimals. Round it.",
            field=field,
            value=str(value),
        )
    return rounded


def _shown(value: Decimal, sort: Sort) -> str:
    return f"{plain(value * 100)} %" if sort is Sort.SHARE else plain(value)


def plain(value: Decimal) -> str:
    """180 for 180.000, and 2.5 for 2.500."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
