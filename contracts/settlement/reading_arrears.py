"""Reads what earlier months left open, for a chunk at once; marks it once it has its lines."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from contracts.models import CarriedAmount, Correction
from contracts.settlement.arrears import UNPAID_CHARGE, UNPAID_CREDIT
from contracts.settlement.cases import Carried, Case, Corrected

Rows = Callable[[str, Mapping[str, Any]], list[tuple[Any, ...]]]
_CORRECTIONS = """
    correction.state = 'confirmed' AND correction.counted_in IS NULL
    AND correction.answered_on <= %(closes_on)s AND correction.origin_month < %(month)s"""
_CREDITS = "credit.counted_in IS NULL AND credit.month < %(month)s"
# A payment that was refused until its month locked, and has had no line since.
_UNPAID = """
    SELECT refusal.contract_id, run.month
    FROM contracts_settlementrefusal refusal
    JOIN ledger_settlementrun run ON run.id = refusal.run_id
    WHERE run.state = 'locked' AND run.month < %(month)s AND refusal.code = 'not_paid'
      AND NOT EXISTS (
        SELECT FROM contracts_settlementline later
        WHERE later.contract_id = refusal.contract_id AND later.month > run.month
          AND later.kind = 'carried' AND later.term = 'unpaid')"""
# A condition on the contract `c`: it has a line this month although it may have no active day.
HAS_ARREARS = f"""
    (EXISTS (SELECT FROM contracts_correction correction
             WHERE correction.contract_id = c.id AND {_CORRECTIONS})
     OR EXISTS (SELECT FROM contracts_carriedamount credit
                WHERE credit.contract_id = c.id AND {_CREDITS})
     OR c.id IN (SELECT unpaid.contract_id FROM ({_UNPAID}) unpaid))"""  # noqa: S608  own words
_READ_CORRECTIONS = f"""
    SELECT correction.contract_id, correction.id, correction.origin_month, correction.amount,
           correction.reason
    FROM contracts_correction correction
    WHERE correction.contract_id = ANY(%(contracts)s::bigint[]) AND {_CORRECTIONS}
    ORDER BY correction.id FOR NO KEY UPDATE"""  # noqa: S608
_READ_CREDITS = f"""
    SELECT credit.contract_id, credit.origin_month, sum(credit.amount), array_agg(credit.id)
    FROM contracts_carriedamount credit
    WHERE credit.contract_id = ANY(%(contracts)s::bigint[]) AND {_CREDITS}
    GROUP BY 1, 2 ORDER BY 1, 2"""  # noqa: S608
_READ_UNPAID = f"""
    SELECT unpaid.contract_id, line.origin_month, sum(line.amount)
    FROM ({_UNPAID}) unpaid
    JOIN contracts_settlementline line
         ON line.contract_id = unpaid.contract_id AND line.month = unpaid.month
    WHERE unpaid.contract_id = ANY(%(contracts)s::bigint[])
    GROUP BY 1, 2 HAVING sum(line.amount) <> 0 ORDER BY 1, 2"""  # noqa: S608


def fill(cases: Mapping[int, Case], values: Mapping[str, Any], *, rows: Rows) -> None:
    """Put corrections and carried amounts into their cases; three queries."""
    for contract, key, origin, amount, reason in rows(_READ_CORRECTIONS, values):
        cases[contract].corrections.append(Corrected(key, origin, amount, reason))
    for contract, origin, amount, keys in rows(_READ_CREDITS, values):
        cases[contract].carried.append(Carried(UNPAID_CREDIT, origin, amount, keys))
    for contract, origin, amount in rows(_READ_UNPAID, values):
        cases[contract].carried.append(Carried(UNPAID_CHARGE, origin, amount))


def mark_counted(cases: Iterable[Case], *, month: date) -> None:
    """What now has its line is in no other month; two updates at most."""
    found = [case for case in cases if case.corrections or case.carried]
    corrections = [each.key for case in found for each in case.corrections]
    credits_ = [key for case in found for each in case.carried for key in each.keys]
    if corrections:
        Correction.objects.filter(pk__in=corrections).update(counted_in=month)
    if credits_:
        CarriedAmount.objects.filter(pk__in=credits_).update(counted_in=month)
