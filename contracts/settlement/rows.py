"""The lines of a month in COPY's text form, one contract at a time."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from io import StringIO
from typing import NamedTuple

from django.db import connection

from contracts.settlement.alike import lines_alike
from contracts.settlement.cases import Line
from ledger.models import SettlementRun
from marketplace.price_plans import PricePlan

_COPY = """
    COPY contracts_settlementline (month, run_id, policy_version, contract_id, version_id, kind,
        term, origin_month, amount, quantity, calculation, subsidy) FROM STDIN"""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_REMEMBERED = 10_000


class Written(NamedTuple):
    """A contract, and its lines as far as they do not name the run."""

    contract: int
    lines: Sequence[str]


def written(contract: int, lines: Iterable[Line]) -> Written:
    return Written(contract, [f"{contract}\t{line.version}\t{_end(line)}" for line in lines])


def written_alike(contract: int, version: int, plan: PricePlan, month: date) -> Written:
    """Of a contract whose lines follow from plan and month alone (`alike`)."""
    return Written(contract, [f"{contract}\t{version}\t{end}" for end in _ends_alike(plan, month)])


def copy(part: Iterable[Written], run: SettlementRun) -> None:
    """Add the lines to the month; IntegrityError or DataError where the database refuses one."""
    start = f"{run.month}\t{run.pk}\t{run.policy_version}\t"
    text = "".join([start + line for each in part for line in each.lines])
    # Django turns the errors of execute() into its own, but not those of copy_expert().
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(_COPY, StringIO(text))


@lru_cache(maxsize=_REMEMBERED)
def _ends_alike(plan: PricePlan, month: date) -> Sequence[str]:
    return [_end(line) for line in lines_alike(plan, month)]


def _end(line: Line) -> str:
    quantity = _or_null(line.quantity)
    return (
        f"{line.kind}\t{escaped(line.term)}\t{line.origin_month}\t{line.amount}\t{quantity}"
        f"\t{escaped(line.calculation)}\t{line.subsidy}\n"
    )


def _or_null(quantity: Decimal | None) -> str:
    return r"\N" if quantity is None else str(quantity)


def escaped(text: str) -> str:
    """COPY's text form: a unit is free text, and may hold a tab or a backslash."""
    if text.isprintable() and "\\" not in text:
        return text
    return text.translate(_ESCAPES)
