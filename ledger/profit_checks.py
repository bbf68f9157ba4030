"""What must always be true of what MEs sell each other (PRODUCT 4.15)."""

from collections.abc import Callable

from ledger.checks import MOST_NAMED, Finding, rows_of
from ledger.money import ZERO
from ledger.profit_reading import firm_by_month


def profit_cancels_over_the_firm() -> Finding:
    """What the pages of profit print, added up over all MEs and set beside the transfers."""
    printed = firm_by_month()
    given = dict(
        rows_of("""
            SELECT t.month, sum(CASE WHEN w.system = 'treasury' THEN t.amount ELSE -t.amount END)
            FROM ledger_transfer t JOIN ledger_wallet w ON w.id = t.payer_id
            WHERE t.kind = 'subsidy' GROUP BY 1""")
    )
    broken = [
        f"{month:%Y-%m}: inside sales of {sales:,.2f}, inside purchases of {purchases:,.2f}, "
        f"subsidies of {subsidies:,.2f}, of which the treasury gave {given.get(month, 0):,.2f}."
        for month, sales, purchases, subsidies in printed
        if sales != purchases or subsidies != given.get(month, 0)
    ]
    totals = [sum(column, ZERO) for column in zip(*(row[1:] for row in printed), strict=True)]
    totals = totals or [ZERO] * 3
    names = ("Inside sales", "Inside purchases", "Subsidies of the treasury")
    return Finding(
        "profit_cancels_over_the_firm",
        "In every month the sales of MEs to each other are their purchases from each other, and "
        "subsidies are what the treasury gave.",
        [(name, f"{total:,.2f}") for name, total in zip(names, totals, strict=True)],
        broken[:MOST_NAMED],
    )


CHECKS: list[Callable[[], Finding]] = [profit_cancels_over_the_firm]
