"""Writing a chunk: lines in the first pass, what moves for exactly those lines in the second."""

import logging
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django.db import DataError, IntegrityError, transaction

from accounts import clock, policy
from accounts import queries as accounts
from accounts.models import MicroEnterprise
from accounts.workdays import nth_working_day_after
from contracts.models import CarriedAmount, Overage, SettlementRefusal
from contracts.settlement import holding, reading_arrears, reading_levels, rows
from contracts.settlement.arrears import rest_by_origin
from contracts.settlement.intake import Intake
from contracts.settlement.rows import Written
from ledger import plain_charges, posting
from ledger.charges import Charge, Hold, Levy, Posted, Unpaid, Waiting, Window, with_holds
from ledger.models import Cause, SettlementChunk, SettlementRun
from ledger.moves import prefix_of
from ledger.sql import array
from ledger.sql import run as run_sql

log = logging.getLogger(__name__)
Item = TypeVar("Item")
Holds = Mapping[int, Sequence[Hold]]

ROUTE = "contracts:contract"
RUN_ROUTE = "contracts:settlement_run"
# Shared, so that no contract changes its promises while they are paid; before any other lock.
# OFFSET 0: contract by contract, as below.
_LOCK_CONTRACTS = """
    SELECT c.id FROM contracts_contract c
    WHERE c.buyer_id BETWEEN %(first)s AND %(until)s
      AND EXISTS (SELECT FROM contracts_settlementline line
                  WHERE line.contract_id = c.id AND line.month = %(month)s OFFSET 0)
    ORDER BY c.id FOR SHARE"""
# What was posted before is not posted again. Payer or payee is the buyer in all but a subsidy.
# Usage is within its cap while all that is charged for its origin month is: the money of the cap.
# Lines are looked up contract by contract (LATERAL, and `+ 0` for earlier months): while the
# statistics do not know the month yet it seems empty, and each chunk would read all of it.
_CHARGES = """
    WITH moved AS MATERIALIZED (
        SELECT t.cause_id, t.reference FROM ledger_wallet w CROSS JOIN LATERAL (
            SELECT cause_id, reference FROM ledger_transfer
            WHERE payer_id = w.id AND month = %(month)s AND kind = 'charge' OFFSET 0) t
        WHERE w.owner_id BETWEEN %(first)s AND %(until)s
        UNION ALL
        SELECT t.cause_id, t.reference FROM ledger_wallet w CROSS JOIN LATERAL (
            SELECT cause_id, reference FROM ledger_transfer
            WHERE payee_id = w.id AND month = %(month)s AND kind = 'credit' OFFSET 0) t
        WHERE w.owner_id BETWEEN %(first)s AND %(until)s
    ), done AS MATERIALIZED (
        SELECT cause_id FROM moved WHERE reference IN (
            %(prefix)s || cause_id || '/net', %(prefix)s || cause_id || '/overage',
            %(prefix)s || cause_id || '/credit')
        UNION ALL
        SELECT contract_id FROM contracts_overage WHERE month = %(month)s
        UNION ALL
        SELECT contract_id FROM contracts_carriedamount WHERE month = %(month)s
        UNION ALL
        SELECT contract_id FROM contracts_dispute WHERE month = %(month)s AND held_on IS NOT NULL
    )
    SELECT c.id, c.buyer_id, c.provider_id, owed.due, owed.may_exceed, owed.months, owed.subsidy,
           owed.is_plain AND c.id <> ALL(%(disputed)s::bigint[])
    FROM contracts_contract c
    CROSS JOIN LATERAL (
        SELECT sum(line.amount) AS due,
               bool_and(v.cap_quantity IS NULL
                        OR counted.amount <= coalesce(v.cap_amount, v.cap_quantity * v.price))
                 AS may_exceed,
               array_agg(line.origin_month) AS months, sum(line.subsidy) AS subsidy,
               bool_and(line.origin_month = %(month)s AND line.subsidy = 0) AS is_plain
        FROM contracts_settlementline line
        LEFT JOIN contracts_contractversion v ON v.id = line.version_id AND line.kind = 'usage'
        LEFT JOIN LATERAL (
            SELECT sum(earlier.amount) AS amount FROM contracts_settlementline earlier
            WHERE earlier.contract_id = c.id AND earlier.kind = 'usage' AND line.kind = 'usage'
              AND earlier.origin_month = line.origin_month AND earlier.month + 0 <= %(month)s
        ) counted ON true
        WHERE line.contract_id = c.id AND line.month = %(month)s HAVING count(*) > 0
    ) owed
    WHERE c.buyer_id BETWEEN %(first)s AND %(until)s
      AND NOT EXISTS (SELECT FROM done WHERE done.cause_id = c.id)
      AND (owed.subsidy = 0 OR NOT EXISTS (
          SELECT FROM ledger_transfer t
          WHERE t.reference = %(prefix)s || c.id || '/subsidy'))"""
_FORGET_REFUSALS = """
    DELETE FROM contracts_settlementrefusal
    WHERE run_id = %(run)s AND contract_id = ANY(%(contracts)s::bigint[])"""
_COUNT_USAGE = """
    UPDATE contracts_usage SET counted_in = %(month)s WHERE id = ANY(%(keys)s::bigint[])"""
_BY_ORIGIN = """
    SELECT contract_id, origin_month, sum(amount) FROM contracts_settlementline
    WHERE contract_id = ANY(%(contracts)s::bigint[]) AND month = %(month)s
    GROUP BY 1, 2"""


def write_lines(lines: Sequence[Written], *, run: SettlementRun) -> dict[int, str]:
    """COPY the lines; contracts that the database refused, and why."""
    run_sql("SET CONSTRAINTS ALL IMMEDIATE")
    failed = one_by_one(lambda part: rows.copy(part, run), lines)
    return {each.contract: reason for each, reason in failed}


def mark_counted(found: Intake, *, without: Container[int], run: SettlementRun) -> None:
    """What now has its line is in no other month."""
    cases = [case for case in found.cases if case.contract not in without]
    reading_arrears.mark_counted(cases, month=run.month)
    reading_levels.mark_counted(cases, month=run.month)
    if keys := [key for case in cases for key in found.counted.get(case.contract, [])]:
        run_sql(_COUNT_USAGE, {"month": run.month, "keys": array(keys)})


def note_refusals(
    refused: Mapping[int, tuple[str, str]], *, settled: Iterable[int], run: SettlementRun
) -> None:
    """Remember what could not be settled, by contract as code and sentence; forget what now is."""
    run_sql(_FORGET_REFUSALS, {"run": run.pk, "contracts": array(settled)})
    now = clock.now()
    SettlementRefusal.objects.bulk_create(
        (
            SettlementRefusal(run=run, contract_id=key, code=code, detail=detail[:300], at=now)
            for key, (code, detail) in refused.items()
        ),
        update_conflicts=True,
        unique_fields=["run", "contract"],
        update_fields=["code", "detail", "at"],
    )


def post(chunk: SettlementChunk, run: SettlementRun, *, on: date) -> None:
    """Move the money of the chunk's lines: planned amounts, then what fits of the overages.

    A payment that the database refuses is set aside: its promise stays as it is, and it is tried
    again until the month locks.
    """
    policies, holidays = policy.in_force(on=run.month), accounts.holidays()
    values, holds = _collect(chunk, run)
    window = Window(
        Cause(RUN_ROUTE, run.pk),
        nth_working_day_after(on, policies["dispute_window_working_days"], holidays),
    )
    done, refused = _pay(run.month, window, levy_of(policies), holds, on=on)
    answer_until = nth_working_day_after(on, policies["overage_answer_working_days"], holidays)
    Overage.objects.bulk_create(
        Overage(
            contract_id=each.cause_id, run=run, month=run.month, amount=each.amount,
            reason=_why_it_waits(each), waits_from_on=on, answer_until_on=answer_until,
        )
        for posted in done
        for each in posted.waiting
    )  # fmt: skip
    _carry([each for posted in done for each in posted.unpaid], run, values)
    holding.note_held([hold for posted in done for hold in posted.held], on=on)
    _note_payments(refused, chunk, run)


def _pay(
    month: date, window: Window, levy: Levy | None, holds: Holds, *, on: date
) -> tuple[list[Posted], dict[int, str]]:
    """All that was collected at once; where the database refuses that, each charge by itself.

    What stays open, and why which contract was not paid.
    """
    try:
        posted = posting.post_collected(
            route=ROUTE, month=month, window=window, on=on, hold_route=holding.ROUTE, levy=levy,
            holds=holds,
        )  # fmt: skip
        return [posted], {}
    except (IntegrityError, DataError) as error:
        log.warning("A payment was refused, so each is tried by itself: %s", error)
    done = list[Posted]()

    def pay(part: Sequence[Charge]) -> None:
        posted = posting.post_charges(
            part, route=ROUTE, month=month, window=window, on=on, hold_route=holding.ROUTE,
            levy=levy,
        )  # fmt: skip
        done.append(posted)

    charges = with_holds(plain_charges.everything(), holds)
    return done, {charge.cause_id: reason for charge, reason in one_by_one(pay, charges)}


def levy_of(policies: policy.Policies) -> Levy | None:
    """None while no share is taken, or nobody is named to get it."""
    owner = policies["levy_micro_enterprise"]
    if not owner or not policies["levy_percent"]:
        return None
    if not MicroEnterprise.objects.filter(pk=owner).exists():
        log.error("The levy is to go to ME %s, which does not exist: it is not taken", owner)
        return None
    return Levy(owner, policies.percent("levy_percent"))


def _collect(chunk: SettlementChunk, run: SettlementRun) -> tuple[dict[str, Any], Holds]:
    """Put what each contract of the chunk owes where the ledger finds it.

    The values that the chunk's queries share, and what is disputed.
    """
    values = {
        "month": run.month,
        "first": chunk.first_buyer,
        "until": chunk.last_buyer,
        "route": ROUTE,
        "prefix": prefix_of(ROUTE, run.month),
    }
    run_sql(_LOCK_CONTRACTS, values)
    holds = holding.disputed(values, rows=run_sql)
    plain_charges.collect(_CHARGES, values | {"disputed": array(holds)})
    return values, holds


def _carry(unpaid: Sequence[Unpaid], run: SettlementRun, values: dict[str, Any]) -> None:
    """What a provider could not pay back is a line of the next month, by the month it is from."""
    if not unpaid:
        return
    sums = defaultdict[int, list[tuple[date, Decimal]]](list)
    values = values | {"contracts": array(each.cause_id for each in unpaid)}
    for contract, origin, amount in run_sql(_BY_ORIGIN, values):
        sums[contract].append((origin, amount))
    CarriedAmount.objects.bulk_create(
        CarriedAmount(
            contract_id=each.cause_id, run=run, month=run.month, origin_month=origin, amount=amount
        )
        for each in unpaid
        for origin, amount in rest_by_origin(sums[each.cause_id], each.amount)
    )


def _note_payments(refused: Mapping[int, str], chunk: SettlementChunk, run: SettlementRun) -> None:
    """Remember whose payment was refused, and forget those that are paid by now."""
    before = run.refusals.filter(
        code="not_paid",
        contract__buyer__gte=chunk.first_buyer,
        contract__buyer__lte=chunk.last_buyer,
    )
    paid = set(before.values_list("contract", flat=True)) - refused.keys()
    codes = {key: ("not_paid", reason) for key, reason in refused.items()}
    note_refusals(codes, settled=paid, run=run)


def one_by_one(
    write: Callable[[Sequence[Item]], None], items: Sequence[Item]
) -> list[tuple[Item, str]]:
    """Write all at once; where the database refuses, halve until the one at fault stands alone.

    Those are returned with the reason, and all others are written.
    """
    if not items:
        return []
    try:
        with transaction.atomic():
            write(items)
    except (IntegrityError, DataError) as error:
        if len(items) == 1:
            log.exception("The database refused %s", items[0])
            return [(items[0], str(error).strip().splitlines()[0])]
        half = len(items) // 2
        return one_by_one(write, items[:half]) + one_by_one(write, items[half:])
    return []


def _why_it_waits(waiting: Waiting) -> str:
    if waiting.is_above_cap:
        return "More was used than the contract allows without the buyer’s word."
    return f"{waiting.amount:,.2f} is needed, {waiting.available:,.2f} was available."
