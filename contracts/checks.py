"""What must always be true of what contracts charge, derived anew by SQL of its own.

`ledger.checks` runs these with its own (`MONEY_CHECKS` in the settings); nothing here uses the
code that settled the month.
"""

from collections.abc import Callable
from decimal import Decimal

from contracts.subsidies import subsidies_are_those_of_the_lines
from ledger.checks import MOST_NAMED, Finding, rows_of


def charges_are_signed() -> Finding:
    rows = rows_of("""
        SELECT line.contract_id, to_char(line.month, 'YYYY-MM'), line.amount
        FROM contracts_settlementline line
        JOIN contracts_contract c ON c.id = line.contract_id
        JOIN contracts_contractversion v ON v.id = line.version_id
        WHERE v.contract_id <> c.id OR (
            SELECT count(DISTINCT s.party_id) FROM contracts_signature s
            WHERE s.version_id = v.id AND s.hash = v.hash
              AND s.party_id IN (c.buyer_id, c.provider_id)) < 2
        ORDER BY 1, 2""")
    return Finding(
        "charges_are_signed",
        "Every line rests on terms that both parties signed as they stand: no signature, no "
        "charge.",
        broken=[
            f"Contract {contract} is charged {amount} in {month} on terms without both signatures."
            for contract, month, amount in rows[:MOST_NAMED]
        ],
    )


def charges_lie_within_the_contract() -> Finding:
    rows = rows_of("""
        SELECT c.id, to_char(line.origin_month, 'YYYY-MM'), 'a line'
        FROM contracts_settlementline line JOIN contracts_contract c ON c.id = line.contract_id
        WHERE line.amount <> 0 AND line.kind IN ('fee', 'usage')
          AND (c.state IN ('draft', 'offered', 'declined', 'withdrawn', 'lapsed')
               OR line.origin_month > least(c.ended_on, c.ends_on, c.over_after_on)
               OR line.origin_month + interval '1 month' <= c.starts_on)
        UNION ALL
        SELECT c.id, u.used_on::text, 'counted usage'
        FROM contracts_usage u JOIN contracts_contract c ON c.id = u.contract_id
        WHERE u.counted_in IS NOT NULL
          AND (u.used_on < c.starts_on OR u.used_on > least(c.ended_on, c.ends_on, c.over_after_on))
        ORDER BY 1, 2""")
    return Finding(
        "charges_lie_within_the_contract",
        "Nothing is charged for a day outside the dates of its contract.",
        broken=[
            f"Contract {contract} has {what} of {when}, outside its dates."
            for contract, when, what in rows[:MOST_NAMED]
        ],
    )


_LINES_AND_MONEY = """
    WITH lines AS (
        SELECT line.contract_id, line.month, sum(line.amount) AS amount
        FROM contracts_settlementline line
        JOIN ledger_settlementrun run ON run.id = line.run_id
        JOIN contracts_contract c ON c.id = line.contract_id
        JOIN ledger_settlementchunk chunk ON chunk.run_id = run.id
             AND c.buyer_id BETWEEN chunk.first_buyer AND chunk.last_buyer
        WHERE run.state IN ('posted', 'locked') AND chunk.state = 'posted'
          AND NOT EXISTS (
            SELECT FROM contracts_settlementrefusal refusal
            WHERE refusal.run_id = run.id AND refusal.contract_id = c.id
              AND refusal.code = 'not_paid')
        GROUP BY 1, 2
    ), moved AS (
        SELECT coalesce(d.contract_id, t.cause_id) AS contract_id, t.month,
               sum(CASE t.kind WHEN 'credit' THEN -t.amount ELSE t.amount END) AS amount
        FROM ledger_transfer t
        LEFT JOIN contracts_dispute d
             ON t.cause_route = 'contracts:dispute' AND d.id = t.cause_id
        WHERE t.cause_route = 'contracts:contract' AND t.kind IN ('charge', 'credit')
              AND t.reference LIKE '____-__/contract/%'
           OR t.kind = 'hold' AND t.reference LIKE '____-__/dispute/%'
        GROUP BY 1, 2
    ), carried AS (
        SELECT contract_id, month, sum(amount) AS amount FROM contracts_carriedamount
        GROUP BY 1, 2
    )
    SELECT coalesce(lines.contract_id, moved.contract_id),
           to_char(coalesce(lines.month, moved.month), 'YYYY-MM'),
           coalesce(lines.amount, 0), coalesce(moved.amount, 0), coalesce(o.amount, 0),
           coalesce(carried.amount, 0)
    FROM lines FULL JOIN moved USING (contract_id, month)
    LEFT JOIN contracts_overage o ON o.contract_id = coalesce(lines.contract_id,
         moved.contract_id) AND o.month = coalesce(lines.month, moved.month)
    LEFT JOIN carried ON carried.contract_id = coalesce(lines.contract_id,
         moved.contract_id) AND carried.month = coalesce(lines.month, moved.month)
    WHERE coalesce(lines.amount, 0) <> coalesce(moved.amount, 0) + coalesce(o.amount, 0)
          + coalesce(carried.amount, 0)
    ORDER BY 1, 2"""


def lines_are_paid_or_wait() -> Finding:
    """Lines = paid - paid back + held on the preview + waiting - carried on."""
    rows = rows_of(_LINES_AND_MONEY)
    return Finding(
        "lines_are_paid_or_wait",
        "What a posted month’s lines add up to was paid or is held for it, waits as an overage, or"
        " is carried into a later month, to the cent.",
        broken=[
            f"Contract {contract}, {month}: lines of {lines}, paid and held {paid}, overage"
            f" {waits}, carried {carried}."
            for contract, month, lines, paid, waits, carried in rows[:MOST_NAMED]
        ],
    )


def disputes_hold_what_they_say() -> Finding:
    """Held in = held out + open, for each dispute, by its own transfers."""
    rows = rows_of("""
        WITH held AS (
            SELECT t.cause_id AS dispute,
                   coalesce(sum(t.amount) FILTER (WHERE t.payee_id = w.id), 0) AS went_in,
                   coalesce(sum(t.amount) FILTER (WHERE t.payer_id = w.id), 0) AS went_out
            FROM ledger_wallet w JOIN ledger_transfer t ON w.id IN (t.payer_id, t.payee_id)
            WHERE w.system = 'held' AND t.cause_route = 'contracts:dispute' GROUP BY 1
        )
        SELECT coalesce(d.id, held.dispute), coalesce(d.held_amount, 0),
               coalesce(held.went_in, 0), coalesce(held.went_out, 0)
        FROM contracts_dispute d FULL JOIN held ON held.dispute = d.id
        WHERE coalesce(held.went_in, 0) <> coalesce(d.held_amount, 0)
           OR coalesce(held.went_out, 0) <> CASE d.state WHEN 'settled' THEN d.held_amount
                                                         ELSE 0 END
        ORDER BY 1""")
    open_ones = rows_of(
        "SELECT count(*), coalesce(sum(held_amount), 0) FROM contracts_dispute WHERE state = 'open'"
    )
    return Finding(
        "disputes_hold_what_they_say",
        "Of every dispute, what it holds lies in the wallet of held money while it is open, and"
        " every cent of it went out once it was settled.",
        [("Open disputes", f"{open_ones[0][0]:,}"), ("Held", f"{open_ones[0][1]:,.2f}")],
        [
            f"Dispute {dispute} says {says}, {went_in} was held and {went_out} released."
            for dispute, says, went_in, went_out in rows[:MOST_NAMED]
        ],
    )


def inside_sales_are_inside_purchases() -> Finding:
    rows = rows_of("""
        SELECT coalesce(sum(t.amount) FILTER (WHERE payee.system = ''), 0),
               coalesce(sum(t.amount) FILTER (WHERE payer.system = ''), 0)
        FROM ledger_transfer t
        JOIN ledger_wallet payer ON payer.id = t.payer_id
        JOIN ledger_wallet payee ON payee.id = t.payee_id
        WHERE t.cause_route = 'contracts:contract' AND t.kind IN ('charge', 'credit')""")
    sales, purchases = rows[0] if rows else (Decimal(0), Decimal(0))
    return Finding(
        "inside_sales_are_inside_purchases",
        "What MEs earned from each other is what MEs paid each other.",
        [("Inside sales", f"{sales:,.2f}"), ("Inside purchases", f"{purchases:,.2f}")],
        [f"Inside sales are {sales:,.2f}, inside purchases {purchases:,.2f}."]
        if sales != purchases
        else [],
    )


def credits_stay_under_their_cap() -> Finding:
    """Of the credits and bonuses of each origin month, over all runs (PRODUCT 4.11)."""
    rows = rows_of("""
        WITH base AS (
            SELECT contract_id, origin_month,
                   coalesce(sum(amount) FILTER (WHERE kind = 'fee'), sum(amount)) AS amount
            FROM contracts_settlementline WHERE kind IN ('fee', 'usage') GROUP BY 1, 2
        ), given AS (
            SELECT line.contract_id, line.origin_month, line.kind, max(v.credit_cap) AS cap,
                   sum(line.amount) * CASE line.kind WHEN 'credit' THEN -1 ELSE 1 END AS amount
            FROM contracts_settlementline line
            JOIN contracts_contractversion v ON v.id = line.version_id
            WHERE line.kind IN ('credit', 'bonus') GROUP BY 1, 2, 3
        )
        SELECT given.contract_id, to_char(given.origin_month, 'YYYY-MM'), given.kind,
               given.amount, coalesce(round(base.amount * given.cap / 100, 2), 0) AS most
        FROM given LEFT JOIN base USING (contract_id, origin_month)
        WHERE given.amount < 0
           OR given.amount > coalesce(round(base.amount * given.cap / 100, 2), 0)
        ORDER BY 1, 2, 3""")
    return Finding(
        "credits_stay_under_their_cap",
        "Credits and bonuses of service levels lie within the share of the month that was signed.",
        broken=[
            f"Contract {contract}, {month}: a {kind} of {amount}, at most {most}."
            for contract, month, kind, amount, most in rows[:MOST_NAMED]
        ],
    )


def credits_rest_on_measurements() -> Finding:
    rows = rows_of("""
        SELECT line.contract_id, to_char(line.origin_month, 'YYYY-MM'), line.term, line.kind
        FROM contracts_settlementline line
        WHERE line.kind IN ('credit', 'bonus') AND line.amount <> 0 AND NOT EXISTS (
            SELECT FROM contracts_measurement m
            WHERE m.contract_id = line.contract_id AND m.term = line.term
              AND m.month = line.origin_month AND m.counted_in <= line.month)
        UNION ALL
        SELECT back.contract_id, to_char(back.origin_month, 'YYYY-MM'), back.term, 'earn_back'
        FROM contracts_settlementline back
        WHERE back.kind = 'earn_back'
        GROUP BY back.contract_id, back.origin_month, back.term
        HAVING sum(back.amount) > (
            SELECT coalesce(-sum(line.amount), 0) FROM contracts_settlementline line
            WHERE line.kind = 'credit' AND line.contract_id = back.contract_id
              AND line.origin_month = back.origin_month AND line.term = back.term)
        ORDER BY 1, 2, 3""")
    return Finding(
        "credits_rest_on_measurements",
        "Every credit and bonus rests on a measurement that was counted, and no earn-back returns "
        "more than was credited.",
        broken=[
            f"Contract {contract}, {month}: nothing carries the {kind} of “{term}”."
            for contract, month, term, kind in rows[:MOST_NAMED]
        ],
    )


def locked_lines_keep_their_digest() -> Finding:
    rows = rows_of("""
        SELECT to_char(run.month, 'YYYY-MM') FROM ledger_settlementrun run
        LEFT JOIN LATERAL (
            SELECT string_agg(concat_ws('|', line.contract_id, line.kind, line.term,
                       line.origin_month, line.amount, coalesce(line.quantity::text, 'None'))
                       || chr(10), '' ORDER BY line.contract_id, line.kind COLLATE "C",
                       line.term COLLATE "C", line.origin_month) AS text
            FROM contracts_settlementline line WHERE line.month = run.month
        ) lines ON true
        WHERE run.state = 'locked' AND run.digest <> ''
          AND run.digest <> encode(sha256(convert_to(coalesce(lines.text, ''), 'UTF8')), 'hex')
        ORDER BY 1""")
    return Finding(
        "locked_lines_keep_their_digest",
        "The lines of each locked month are those that were there when it was locked.",
        broken=[f"The lines of {month} are not those it was locked with." for (month,) in rows],
    )


CHECKS: list[Callable[[], Finding]] = [
    charges_are_signed,
    charges_lie_within_the_contract,
    lines_are_paid_or_wait,
    disputes_hold_what_they_say,
    subsidies_are_those_of_the_lines,
    inside_sales_are_inside_purchases,
    credits_stay_under_their_cap,
    credits_rest_on_measurements,
    locked_lines_keep_their_digest,
]
