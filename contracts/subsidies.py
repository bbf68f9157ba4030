"""Whether the treasury added to dual prices what the lines say, derived anew (PRODUCT 4.4)."""

from ledger.checks import MOST_NAMED, Finding, rows_of


def subsidies_are_those_of_the_lines() -> Finding:
    rows = rows_of("""
        WITH lines AS (
            SELECT line.contract_id, line.month, sum(line.subsidy) AS amount
            FROM contracts_settlementline line
            JOIN ledger_settlementrun run ON run.id = line.run_id
            JOIN contracts_contract c ON c.id = line.contract_id
            JOIN ledger_settlementchunk chunk ON chunk.run_id = run.id
                 AND c.buyer_id BETWEEN chunk.first_buyer AND chunk.last_buyer
            LEFT JOIN contracts_settlementrefusal refusal
                 ON refusal.run_id = run.id AND refusal.contract_id = c.id
            WHERE run.state IN ('posted', 'locked') AND chunk.state = 'posted'
              AND refusal.id IS NULL AND line.subsidy <> 0
            GROUP BY 1, 2
        ), moved AS (
            SELECT t.cause_id AS contract_id, t.month, sum(t.amount) AS amount,
                   bool_and(payer.system = 'treasury' AND payee.owner_id = c.provider_id) AS sound
            FROM ledger_transfer t
            JOIN ledger_wallet payer ON payer.id = t.payer_id
            JOIN ledger_wallet payee ON payee.id = t.payee_id
            LEFT JOIN contracts_contract c ON c.id = t.cause_id
            WHERE t.kind = 'subsidy' GROUP BY 1, 2
        )
        SELECT coalesce(lines.contract_id, moved.contract_id),
               to_char(coalesce(lines.month, moved.month), 'YYYY-MM'),
               coalesce(lines.amount, 0), coalesce(moved.amount, 0)
        FROM lines FULL JOIN moved USING (contract_id, month)
        WHERE coalesce(lines.amount, 0) <> coalesce(moved.amount, 0) OR NOT moved.sound
        ORDER BY 1, 2""")
    return Finding(
        "subsidies_are_those_of_the_lines",
        "What the treasury adds to dual prices is what the lines of posted months say, and goes "
        "to the provider.",
        broken=[
            f"Contract {contract}, {month}: lines of {lines}, the treasury paid {paid}."
            for contract, month, lines, paid in rows[:MOST_NAMED]
        ],
    )
