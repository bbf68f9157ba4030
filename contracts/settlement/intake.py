"""Reading a chunk: a fixed number of queries whatever its size; a Case for what is not plain."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, DateField, F, Q
from django.db.models.functions import Coalesce

from contracts.closing import closes_on
from contracts.models import Contract
from contracts.pricing import Days
from contracts.settlement import reading_arrears, reading_levels
from contracts.settlement.cases import Case, Delivered, Terms
from contracts.settlement.computing import counted_keys
from contracts.settlement.gates import Result
from contracts.settlement.pauses import PAUSES
from contracts.settlement.reading_arrears import HAS_ARREARS
from ledger.months import following, last_day, month_of
from ledger.runs import Load
from ledger.sql import array
from marketplace.price_plans import Plan, PricePlan, plan_of_text

_COUNTS = """
    u.counted_in IS NULL AND u.state IN ('reported', 'confirmed')
    AND u.used_on <= %(last)s AND u.entered_on <= %(closes_on)s
    AND (u.contest_reason = '' OR u.answered_on <= %(closes_on)s)"""
_LATE = """
    SELECT refusal.contract_id, run.month
    FROM contracts_settlementrefusal refusal
    JOIN ledger_settlementrun run ON run.id = refusal.run_id
    WHERE run.state = 'locked' AND run.month < %(month)s AND refusal.code <> 'not_paid'
      AND NOT EXISTS (
        SELECT FROM contracts_settlementline line
        WHERE line.contract_id = refusal.contract_id AND line.origin_month = run.month)"""
# OFFSET 0 looks the lines up contract by contract: while the statistics do not know the month yet,
# it seems empty, and each chunk would read all of it.
_DUE = f"""
    c.state = ANY(%(signed)s)
    AND (c.starts_on <= %(last)s AND least(c.ended_on, c.ends_on, c.over_after_on) >= %(month)s
              AND least(c.ended_on, c.ends_on, c.over_after_on) >= c.starts_on
         OR EXISTS (SELECT FROM contracts_usage u WHERE u.contract_id = c.id AND {_COUNTS})
         OR EXISTS (SELECT FROM contracts_measurement m
                    WHERE m.contract_id = c.id AND {reading_levels.COUNTS})
         OR c.id IN (SELECT late.contract_id FROM ({_LATE}) late)
         OR {HAS_ARREARS})
    AND NOT EXISTS (SELECT FROM contracts_settlementline line
                    WHERE line.contract_id = c.id AND line.month = %(month)s OFFSET 0)"""  # noqa: S608
_LOADS = f"""
    SELECT c.buyer_id, count(*) FROM contracts_contract c
    WHERE {_DUE} GROUP BY 1 ORDER BY 1"""  # noqa: S608
# With the versions that both sides signed on one hash, in their order. The hash is looked up by
# version: by party, an ME with many contracts would be read once for each of them.
_CONTRACTS = f"""
    SELECT c.id, v.id, v.plan, v.price, v.unit, v.parameters::text,
           c.starts_on <= %(month)s AND v.valid_from_on <= %(month)s
             AND least(c.ended_on, c.ends_on, c.over_after_on) >= %(last)s,
           v.valid_from_on, v.cap_quantity, c.buyer_id, c.provider_id,
           c.starts_on, least(c.ended_on, c.ends_on, c.over_after_on)
    FROM contracts_contract c
    LEFT JOIN contracts_contractversion v ON v.contract_id = c.id AND 2 = (
        SELECT count(*) FROM contracts_signature s
        WHERE s.version_id = v.id AND s.hash = v.hash AND s.party_id IN (c.buyer_id, c.provider_id))
    WHERE c.buyer_id BETWEEN %(first)s AND %(until)s AND {_DUE}
    ORDER BY c.id, v.number"""  # noqa: S608
_USAGE = f"""
    SELECT u.contract_id, u.used_on, u.quantity, u.item, u.id FROM contracts_usage u
    WHERE u.contract_id = ANY(%(contracts)s::bigint[]) AND {_COUNTS}
    ORDER BY u.id FOR NO KEY UPDATE"""  # noqa: S608

# Of months of which more comes late, what an earlier run counted: their bands go on from there.
_SETTLED = """
    SELECT u.contract_id, u.used_on, u.quantity, u.item FROM contracts_usage u
    JOIN unnest(%(contracts)s::bigint[], %(months)s::date[]) AS late (contract, month)
      ON u.contract_id = late.contract AND u.origin_month = late.month
    WHERE u.counted_in IS NOT NULL ORDER BY u.id"""
_RESULTS = """
    SELECT r.contract_id, m.version_id, r.month, m.name, m.weight, m.direction, m.target, m.floor,
           r.value, r.state = 'contested',
           r.entered_on <= %(closes_on)s
             AND (r.contest_reason = '' OR r.answered_on <= %(closes_on)s)
    FROM contracts_successresult r
    JOIN contracts_successmeasure m ON m.id = r.measure_id
    JOIN contracts_contractversion v ON v.id = m.version_id AND v.plan = ANY(%(gated)s)
    WHERE r.contract_id = ANY(%(contracts)s::bigint[]) AND r.month <= %(month)s
    ORDER BY r.id"""
_GATED = [plan.value for plan in Plan if plan.rule.is_gated]


def loads(month: date) -> list[Load]:
    """How many contracts each buyer has to settle, in the order of the buyers."""
    return [Load(*row) for row in _rows(_LOADS, _values(month))]


class Plain(NamedTuple):
    """A contract with one price for all days of the month, of which nothing else is known."""

    contract: int
    version: int
    plan: PricePlan


class Intake(NamedTuple):
    """What a chunk has to settle; `counted` are the keys of the usage that each case counts."""

    plain: list[Plain]
    cases: list[Case]
    counted: dict[int, list[int]]


class _Cases(dict[int, Case]):
    """Cases by contract, made when somebody asks for them: most of a month stays plain."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self.rows: dict[int, list[tuple[Any, ...]]] = {}
        for row in rows:
            self.rows.setdefault(row[0], []).append(row)

    def __missing__(self, contract: int) -> Case:
        rows = self.rows[contract]
        *_, buyer, provider, first, last = rows[0]
        terms = [_terms(row) for row in rows if row[1] is not None]
        case = self[contract] = Case(contract, buyer, provider, Days(first, last), terms)
        return case

    def plain(self) -> Iterator[Plain]:
        """Those that nobody asked for and that have a case of their own for no other reason."""
        for contract, rows in self.rows.items():
            if contract in self:
                continue
            _, version, plan, price, unit, parameters, is_whole, *_ = rows[0]
            if is_whole and len(rows) == 1 and not Plan(plan).counts:
                yield Plain(contract, version, plan_of_text(plan, price, unit, parameters))
            else:
                self[contract]  # Makes it.


def _terms(row: tuple[Any, ...]) -> Terms:
    _, version, plan, price, unit, parameters, _, valid_from, cap, *_ = row
    return Terms(version, valid_from, plan_of_text(plan, price, unit, parameters), cap)


def read(month: date, *, first: int, until: int) -> Intake:
    """The contracts of these buyers that have no lines yet.

    The usage rows stay locked to the end of the transaction, so that nobody contests what is
    being counted.
    """
    values = _values(month) | {"first": first, "until": until}
    found = _Cases(_rows(_CONTRACTS, values))
    values["contracts"] = array(found.rows)
    for contract, *entry in _rows(_USAGE, values):
        found[contract].usage.append(Delivered(*entry))
    for contract, *days in _rows(PAUSES, values):
        found[contract].suspended.append(Days(*days))
    for contract, late in _rows(_LATE, values):
        if contract in found.rows:
            found[contract].late.append(late)
    reading_arrears.fill(found, values, rows=_rows)
    reading_levels.fill(found, values, rows=_rows)
    _read_settled(found, month)
    for contract, *result in _rows(_RESULTS, values | {"gated": _GATED}):
        found[contract].results.append(Result(*result))
    plain = list(found.plain())
    cases = [found[contract] for contract in sorted(found)]
    return Intake(plain, cases, {case.contract: counted_keys(case) for case in cases if case.usage})


def _read_settled(found: Mapping[int, Case], month: date) -> None:
    late = [
        (case.contract, origin)
        for case in found.values()
        if case.usage
        for origin in sorted({month_of(each.used_on) for each in case.usage} - {month})
    ]
    if not late:
        return
    contracts, months = zip(*late, strict=True)
    values = {"contracts": array(contracts), "months": array(months)}
    for contract, *entry in _rows(_SETTLED, values):
        found[contract].settled.append(Delivered(*entry))


def months_due(*, before: date) -> list[date]:
    """Every month before that one in which some contract had an active day, in order."""
    last = Coalesce("ended_on", "ends_on", output_field=DateField())
    signed = Contract.objects.filter(state__in=Contract.SIGNED, starts_on__lt=before)
    spans = signed.annotate(last=last).filter(last__gte=F("starts_on"))
    first = spans.order_by("starts_on").values_list("starts_on", flat=True).first()
    if first is None:
        return []
    months, month = [], first.replace(day=1)
    while month < before:
        months.append(month)
        month = following(month)
    active = spans.aggregate(
        **{
            f"in_{each:%Y_%m}": Count("pk", filter=Q(starts_on__lte=last_day(each), last__gte=each))
            for each in months
        }
    )
    return [each for each in months if active[f"in_{each:%Y_%m}"]]


def _values(month: date) -> dict[str, Any]:
    return {
        "month": month,
        "last": last_day(month),
        "closes_on": closes_on(month),
        "signed": [str(state) for state in Contract.SIGNED],
    }


def _rows(query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())
