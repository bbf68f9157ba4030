"""What must always be true of closed fiscal years, derived anew by SQL of its own."""

from collections.abc import Callable

from ledger.checks import MOST_NAMED, Finding, rows_of


def closed_years_are_empty() -> Finding:
    rows = rows_of("""
        SELECT m.name, w.fund, w.fiscal_year, w.balance, w.reserved, c.id IS NULL
        FROM ledger_wallet w JOIN accounts_microenterprise m ON m.id = w.owner_id
        LEFT JOIN ledger_walletclosing c ON c.wallet_id = w.id
        WHERE w.closed_on IS NOT NULL AND (w.balance <> 0 OR w.reserved <> 0 OR c.id IS NULL)
           OR w.closed_on IS NULL AND c.id IS NOT NULL
        ORDER BY w.id""")
    count = rows_of("SELECT count(*) FROM ledger_wallet WHERE closed_on IS NOT NULL")[0][0]
    return Finding(
        "closed_years_are_empty",
        "Every wallet of a closed fiscal year stands at 0.00 with nothing reserved, and says where "
        "its money went.",
        [("Closed wallets", f"{count:,}")],
        [
            f"{name} ({fund} {year}) holds {balance:,.2f} and keeps {reserved:,.2f} reserved"
            + (" and has no closing." if is_unsaid else ".")
            for name, fund, year, balance, reserved, is_unsaid in rows[:MOST_NAMED]
        ],
    )


def carry_overs_match_their_closing() -> Finding:
    rows = rows_of("""
        WITH moved AS (
            SELECT payer_id AS wallet, payee_id, kind, amount,
                   split_part(reference, '/', 4) AS part
            FROM ledger_transfer WHERE reference LIKE 'year/%'),
        summed AS (
            SELECT c.id,
                   coalesce(sum(m.amount) FILTER (WHERE m.part = 'carried'
                     AND m.kind = 'carry_over' AND m.payee_id = c.successor_id), 0) AS kept,
                   coalesce(sum(m.amount) FILTER (WHERE m.part = 'reserved'
                     AND m.kind = 'carry_over' AND m.payee_id = c.successor_id), 0) AS reserved,
                   coalesce(sum(m.amount) FILTER (WHERE m.part = 'shared'
                     AND m.kind = 'move'), 0) AS shared,
                   coalesce(sum(m.amount) FILTER (WHERE m.part = 'lapsed'
                     AND m.kind = 'lapse'), 0) AS lapsed,
                   count(m.amount) FILTER (WHERE m.part NOT IN
                     ('carried', 'reserved', 'shared', 'lapsed', 'decayed')) AS others
            FROM ledger_walletclosing c LEFT JOIN moved m ON m.wallet = c.wallet_id GROUP BY c.id)
        SELECT n.name, w.fund, w.fiscal_year FROM summed s
        JOIN ledger_walletclosing c USING (id) JOIN ledger_wallet w ON w.id = c.wallet_id
        JOIN accounts_microenterprise n ON n.id = w.owner_id
        WHERE s.kept <> c.earned + c.carried OR s.reserved <> c.reserved OR s.others > 0
           OR s.shared <> c.shared OR s.lapsed <> c.lapsed
        ORDER BY w.id""")
    loose = rows_of("""
        SELECT t.reference FROM ledger_transfer t
        LEFT JOIN ledger_walletclosing c ON c.wallet_id = t.payer_id OR
          c.successor_id = t.payer_id AND t.reference LIKE 'year/%/decayed'
          AND c.wallet_id::text = split_part(t.reference, '/', 3)
        WHERE t.reference LIKE 'year/%' AND c.id IS NULL ORDER BY t.id""")
    return Finding(
        "carry_overs_match_their_closing",
        "What was carried over, shared and lapsed at a year’s end is what its closing says, to the "
        "cent, and what was carried over lies in the next year’s wallet of the same ME and fund.",
        broken=[
            *(
                f"The transfers of {name} ({fund} {year}) are not what its closing says."
                for name, fund, year in rows[:MOST_NAMED]
            ),
            *(f"{reference} belongs to no closing." for (reference,) in loose[:MOST_NAMED]),
        ],
    )


def movements_use_the_wallets_of_their_year() -> Finding:
    rows = rows_of("""
        WITH firm AS (SELECT coalesce(max(fiscal_year_start_month), 1) AS starts
                      FROM accounts_organization)
        SELECT t.reference, to_char(t.month, 'YYYY-MM'), w.fiscal_year
        FROM ledger_transfer t CROSS JOIN firm
        JOIN ledger_wallet w ON w.id IN (t.payer_id, t.payee_id) AND w.system = ''
        WHERE w.fiscal_year <> extract(year FROM t.month)
                - (extract(month FROM t.month) < firm.starts)::int
          AND NOT (t.reference LIKE 'year/%' AND w.id = t.payer_id)
        ORDER BY t.id""")
    return Finding(
        "movements_use_the_wallets_of_their_year",
        "A movement of a month uses wallets of its fiscal year; only a year’s closing takes from "
        "the year before.",
        broken=[
            f"{reference} of {month} uses a wallet of {year}."
            for reference, month, year in rows[:MOST_NAMED]
        ],
    )


CHECKS: list[Callable[[], Finding]] = [
    closed_years_are_empty,
    carry_overs_match_their_closing,
    movements_use_the_wallets_of_their_year,
]
