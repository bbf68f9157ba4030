"""How sources write their price lists: presets, or a TOML file of the same words; free of Django.

docs/market.md explains the words.
"""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields

from accounts.errors import Invalid
from accounts.spreadsheets import key

DAYS = {
    "month first": ("%m/%d/%y", "%m/%d/%Y"),
    "day first": ("%d/%m/%y", "%d/%m/%Y", "%d.%m.%y", "%d.%m.%Y"),
    "year first": ("%Y-%m-%d",),
}
DAY_EXAMPLES = {"month first": "10/31/2026", "day first": "31/10/2026", "year first": "2026-10-31"}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How one source writes its price list.

    A column is one header, or several of which the first that is filled counts. `description`
    takes all of its columns, each under the label it is printed with. `reference` names the
    columns that tell one offer from another; a further row with the same ones is the next price
    of the same series. `unit` is what the prices are per where no column says so.
    """

    source: str
    category: str
    name: Sequence[str]
    supplier: Sequence[str]
    price: Sequence[str]
    unit_column: Sequence[str] = ()
    priced_on: Sequence[str] = ()
    valid_until_on: Sequence[str] = ()
    description: Mapping[str, str] = field(default_factory=dict)
    reference: Sequence[str] = ()
    unit: str = ""
    days: str = "year first"
    decimal_comma: bool = False

    @property
    def needed(self) -> dict[str, Sequence[str]]:
        """The fields that a list must have a column for."""
        found = {"name": self.name, "supplier": self.supplier, "price": self.price}
        return found | ({} if self.unit else {"unit": self.unit_column})

    def fits(self, keys: Collection[str]) -> bool:
        """Whether a file with these columns (as `spreadsheets.key` writes them) is such a list."""
        return all(any(key(each) in keys for each in columns) for columns in self.needed.values())


PRESETS: Mapping[str, Layout] = {
    "gsa-schedule70": Layout(
        source="GSA Schedule 70",
        category="IT services",
        name=["SERVICE PROPOSED (e.g. Job Title/Task)"],
        supplier=["VENDOR NAME"],
        price=["PRICE OFFERED TO GSA (including IFF)"],
        unit_column=["UNIT OF ISSUE (e.g. Hour, Task, Sq ft)"],
        priced_on=["CONTRACT START DATE"],
        valid_until_on=["CONTRACT END DATE"],
        description={
            "Education at least": "MINIMUM EDUCATION/ CERTIFICATION LEVEL",
            "Years of experience at least": "MINIMUM YEARS OF EXPERIENCE",
            "Place of work": "WORKSITE",
            "Contract": "CONTRACT NUMBER",
            "Special item number": "SIN(s)",
        },
        reference=[
            "CONTRACT NUMBER",
            "VENDOR NAME",
            "SERVICE PROPOSED (e.g. Job Title/Task)",
            "MINIMUM EDUCATION/ CERTIFICATION LEVEL",
            "MINIMUM YEARS OF EXPERIENCE",
            "WORKSITE",
        ],
        days="month first",
    ),
    "gsa-hourly-sample": Layout(
        source="GSA hourly prices",
        category="Professional services",
        name=["Labor Category"],
        supplier=["COMPANY NAME"],
        price=["CurrentYearPricing", "Year 1/base"],
        priced_on=["Begin Date"],
        valid_until_on=["End Date"],
        description={
            "Education at least": "Education",
            "Years of experience at least": "MinExpAct",
            "Place of work": "Location",
            "Schedule": "Schedule",
            "Contract": "CONTRACT .",
            "Special item number": "SIN NUMBER",
        },
        reference=[
            "CONTRACT .",
            "COMPANY NAME",
            "Labor Category",
            "Education",
            "MinExpAct",
            "Location",
        ],
        unit="hour",
        days="month first",
    ),
    "generic": Layout(
        source="Price list",
        category="",
        name=["name"],
        supplier=["supplier"],
        price=["price"],
        unit_column=["unit"],
        priced_on=["priced_on"],
        valid_until_on=["valid_until_on"],
        description={"": "description"},
        reference=["reference"],
    ),
}


def layout_of(text: str) -> Layout:
    """The layout that a TOML file describes. Invalid where a word is missing or unknown."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"The mapping is no TOML: {error}.", field="map") from error
    columns = given.pop("columns", {})
    if not isinstance(columns, dict):
        raise Invalid("[columns] is a table of field = header.", field="map", value=columns)
    columns["unit_column"] = columns.pop("unit", [])
    known = {each.name for each in fields(Layout)}
    unknown = sorted((given.keys() | columns.keys()) - known)
    if unknown:
        raise Invalid(
            f"The mapping does not know {', '.join(unknown)}; its words are in docs/market.md.",
            field="map",
            value=unknown[0],
        )
    described = columns.pop("description", [])
    if not isinstance(described, dict):
        named = [described] if isinstance(described, str) else described
        described = {column: column for column in named}
    listed = {key: [each] if isinstance(each, str) else each for key, each in columns.items()}
    listed["description"] = described
    try:
        layout = Layout(**{"source": "Price list", "category": ""} | given | listed)
    except TypeError as error:
        raise Invalid(
            "The mapping must name the columns name, supplier and price.", field="map"
        ) from error
    if layout.days not in DAYS:
        raise Invalid(
            f"days = {layout.days!r} is not known; write one of {', '.join(DAYS)}.", field="map"
        )
    return layout
