"""The story's words and figures, read from the files in data/."""

import csv
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

_DATA = Path(__file__).with_name("data")


def table(name: str) -> dict[str, Any]:
    """A TOML file; figures with a point come as Decimal."""
    return tomllib.loads((_DATA / f"{name}.toml").read_text("utf-8"), parse_float=Decimal)


def rows(name: str) -> list[dict[str, str]]:
    """A CSV file, a dict for each row."""
    with (_DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
