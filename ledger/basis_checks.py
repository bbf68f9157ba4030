"""What must always be true of notional and charged money, derived anew by SQL of its own."""

from collections.abc import Callable

from ledger.checks import MOST_NAMED, Finding, rows_of


def charged_and_notional_are_kept_apart() -> Finding:
    rows = rows_of("""
        WITH charged AS (SELECT micro_enterprise_id AS me, starts_on, decided_at
                         FROM ledger_chargedswitch WHERE state = 'done')
        SELECT t.reference, to_char(t.month, 'YYYY-MM'), t.is_charged FROM ledger_transfer t
        JOIN ledger_wallet p ON p.id = t.payer_id JOIN ledger_wallet q ON q.id = t.payee_id
        LEFT JOIN charged a ON a.me = p.owner_id AND a.starts_on <= t.month
             AND a.decided_at <= t.posted_at
        LEFT JOIN charged b ON b.me = q.owner_id AND b.starts_on <= t.month
             AND b.decided_at <= t.posted_at
        WHERE CASE
            WHEN 'outside' IN (p.system, q.system) THEN NOT t.is_charged
            WHEN p.system = '' AND q.system = ''
                 AND t.kind IN ('charge', 'credit', 'levy', 'learning')
                 AND t.reference NOT LIKE 'dispute/%'
              THEN t.is_charged <> (a.me IS NOT NULL AND b.me IS NOT NULL)
            WHEN t.kind = 'grant' AND t.reference NOT LIKE 'switch/%'
              THEN t.is_charged <> (coalesce(a.me, b.me) IS NOT NULL)
            ELSE false END
        ORDER BY t.id""")
    counts = rows_of(
        "SELECT count(*) FILTER (WHERE is_charged), count(*) FILTER (WHERE NOT is_charged)"
        " FROM ledger_transfer"
    )[0]
    return Finding(
        "charged_and_notional_are_kept_apart",
        "A movement is charged only where both parties were charged on the first day of its month, "
        "and what goes outside is always real money.",
        [("Charged", f"{counts[0]:,}"), ("Notional", f"{counts[1]:,}")],
        [
            f"{reference} of {month} is {'charged' if is_charged else 'notional'}."
            for reference, month, is_charged in rows[:MOST_NAMED]
        ],
    )


def released_money_keeps_its_basis() -> Finding:
    rows = rows_of("""
        SELECT r.reference FROM ledger_transfer r JOIN ledger_wallet h ON h.id = r.payer_id
        WHERE h.system = 'held' AND r.is_charged <> (
            SELECT t.is_charged FROM ledger_transfer t WHERE t.payee_id = h.id
              AND t.cause_route = r.cause_route AND t.cause_id = r.cause_id ORDER BY t.id LIMIT 1)
        ORDER BY r.id""")
    return Finding(
        "released_money_keeps_its_basis",
        "Held money that is released is charged or notional as it was when it was held.",
        broken=[f"{reference} changed its basis." for (reference,) in rows[:MOST_NAMED]],
    )


CHECKS: list[Callable[[], Finding]] = [
    charged_and_notional_are_kept_apart,
    released_money_keeps_its_basis,
]
