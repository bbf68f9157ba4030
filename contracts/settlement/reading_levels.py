"""Reading what a chunk knows about service levels: a fixed number of queries whatever its size."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from accounts import policy
from contracts.satisfaction import SATISFIED_FROM
from contracts.settlement.cases import Case
from contracts.settlement.promises import Adjusted, Book, EarnBack, Measured, Opinion, Promise
from ledger.months import month_of, previous
from ledger.sql import array, run
from marketplace.service_levels import Level, tiers_of

Rows = Callable[[str, Mapping[str, Any]], list[tuple[Any, ...]]]
# What a run counts of measurements: they stand uncontested when the month closes (PRODUCT 4.10).
COUNTS = """
    m.counted_in IS NULL AND m.state IN ('entered', 'confirmed') AND m.month <= %(month)s
    AND m.entered_on <= %(closes_on)s
    AND (m.contest_reason = '' OR m.answered_on <= %(closes_on)s)"""
# A suspension lasts at most 60 days, which an earn-back passes over.
_MONTHS_OF_A_PAUSE = 3
_PROMISED = """
    SELECT v.contract_id, v.id, v.credit_cap, v.satisfaction_percent, v.satisfaction_target,
           v.satisfaction_floor, l.name, l.promise, l.unit, l.measurer, l.excludes_maintenance,
           l.excludes_buyer_caused, l.tiers::text, l.earns_back, l.bonus_above, l.bonus
    FROM contracts_contractversion v
    LEFT JOIN contracts_servicelevel l ON l.version_id = v.id
    WHERE v.contract_id = ANY(%(contracts)s::bigint[])
      AND (l.id IS NOT NULL OR v.satisfaction_percent IS NOT NULL)
    ORDER BY v.contract_id, v.id, l.number"""
_FRESH = f"""
    SELECT m.contract_id, m.term, m.month, m.met, m.measured - m.maintenance - m.buyer_caused,
           m.maintenance + m.buyer_caused, m.id
    FROM contracts_measurement m
    WHERE m.contract_id = ANY(%(promised)s::bigint[]) AND {COUNTS}
    ORDER BY m.id FOR NO KEY UPDATE"""  # noqa: S608  own words
_COUNT = """
    UPDATE contracts_measurement SET counted_in = %(month)s WHERE id = ANY(%(keys)s::bigint[])"""
_KNOWN = """
    SELECT m.contract_id, m.term, m.month, m.met, m.measured - m.maintenance - m.buyer_caused,
           m.maintenance + m.buyer_caused
    FROM contracts_measurement m
    WHERE m.contract_id = ANY(%(promised)s::bigint[]) AND m.counted_in < %(month)s
      AND m.month >= %(since)s
    ORDER BY m.id"""
_SETTLED = """
    SELECT line.contract_id, line.kind, line.term, line.origin_month, sum(line.amount)
    FROM contracts_settlementline line
    WHERE line.contract_id = ANY(%(promised)s::bigint[]) AND line.month < %(month)s
      AND line.origin_month >= %(since)s
      AND line.kind IN ('fee', 'usage', 'credit', 'bonus', 'earn_back')
    GROUP BY 1, 2, 3, 4"""
_OPINIONS = """
    SELECT invited.contract_id, invited.month, coalesce(rated.raters, 0),
           coalesce(rated.happy, 0), invited.count
    FROM (SELECT contract_id, month, count(*) FROM contracts_ratinginvitation
          WHERE contract_id = ANY(%(adjusted)s::bigint[]) AND month < %(month)s
            AND month >= %(since)s GROUP BY 1, 2) invited
    LEFT JOIN (SELECT contract_id, month, count(*) AS raters,
                      count(*) FILTER (WHERE score >= %(satisfied)s) AS happy
               FROM contracts_rating
               WHERE contract_id = ANY(%(adjusted)s::bigint[]) AND month < %(month)s
                 AND month >= %(since)s AND withdrawn_on IS NULL GROUP BY 1, 2) rated
      ON rated.contract_id = invited.contract_id AND rated.month = invited.month"""


def fill(cases: Mapping[int, Case], values: Mapping[str, Any], *, rows: Rows) -> None:
    """Put what is promised, measured and settled into those cases that promise anything.

    The measurements that count stay locked to the end of the transaction, so that nobody contests
    what is being counted.
    """
    month: date = values["month"]
    promised = _promised(rows(_PROMISED, values))
    if not promised:
        return
    policies = policy.in_force(on=month)
    earn_back = EarnBack(
        Decimal(policies["earn_back_from_percent"]), policies["earn_back_months"],
        Decimal(policies["earn_back_percent"]),
    )  # fmt: skip
    books = {
        contract: Book(earn_back, policies["minimum_raters"], promises)
        for contract, promises in promised.items()
    }
    asked = {**values, "promised": array(books)}
    for contract, *measured, key in rows(_FRESH, asked):
        books[contract].fresh.append(Measured(*measured))
        books[contract].keys.append(key)
    first = min([month, *(_earliest(cases[key], book) for key, book in books.items())])
    asked["since"] = _before(first, months=earn_back.months + _MONTHS_OF_A_PAUSE)
    for contract, *measured in rows(_KNOWN, asked):
        books[contract].known.append(Measured(*measured))
    for contract, kind, term, origin, amount in rows(_SETTLED, asked):
        books[contract].settled[kind, term, origin] = amount
    _add_opinions(books, asked, rows)
    for contract, book in books.items():
        cases[contract].book = book


def mark_counted(cases: Iterable[Case], *, month: date) -> None:
    """What now has its line never changes again; one update at most."""
    keys = [key for case in cases if case.book for key in case.book.keys]
    if keys:
        run(_COUNT, {"month": month, "keys": array(keys)})


def _earliest(case: Case, book: Book) -> date:
    """The first month that this run charges or credits anything for."""
    used = (month_of(each.used_on) for each in case.usage)
    return min([date.max, *case.late, *used, *(each.month for each in book.fresh)])


def _promised(rows: Iterable[tuple[Any, ...]]) -> dict[int, dict[int, Promise]]:
    found: dict[int, dict[int, Promise]] = {}
    for contract, version, cap, percent, target, floor, *level in rows:
        promises = found.setdefault(contract, {})
        adjusted = None if percent is None else Adjusted(percent, target, floor)
        promise = promises.get(version, Promise((), cap, adjusted))
        if level[0] is not None:
            promise = promise._replace(levels=(*promise.levels, _level(*level)))
        promises[version] = promise
    return found


# Many contracts promise the same, and reading the tiers of each anew would be most of the work.
@lru_cache(maxsize=10_000)
def _level(*columns: Any) -> Level:
    words = dict(zip(Level.__dataclass_fields__, columns, strict=True))
    return Level(**words | {"tiers": tiers_of(json.loads(words["tiers"]))})


def _add_opinions(found: Mapping[int, Book], values: Mapping[str, Any], rows: Rows) -> None:
    adjusted = [
        contract
        for contract, book in found.items()
        if any(promise.adjusted for promise in book.promised.values())
    ]
    if not adjusted:
        return
    asked = {**values, "adjusted": array(adjusted), "satisfied": SATISFIED_FROM}
    for contract, rated, *opinion in rows(_OPINIONS, asked):
        found[contract].opinions[rated] = Opinion(*opinion)


def _before(month: date, *, months: int) -> date:
    for _ in range(months):
        month = previous(month)
    return month
