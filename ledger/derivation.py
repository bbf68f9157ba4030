"""What a wallet has available, derived from the kinds of its transfers alone (PRODUCT 4.7).

`authorised = grants + carry_over + moves_in - moves_out - lapsed + earned revenue`
`available = authorised - pre_committed - committed - dispute_window - spent - held`
"""

from decimal import Decimal
from typing import NamedTuple

from django.db import connection

# A payment that came back (credit, refund from outside) was not spent. Of a hold, what is held
# still is `held`, and what came back is neither. What others were given of a posting's hold (its
# reference begins with the month) is spent; of what had been earned by then it is a refund to
# them, and so much less was earned.
_DERIVED = """
WITH system AS (SELECT id, system FROM ledger_wallet WHERE system <> ''),
flow AS (
  SELECT t.payee_id AS wallet, t.kind, 1 AS sign, t.amount, s.system AS other,
         t.cause_route, t.cause_id, t.reference LIKE '____-__/%' AS is_of_posting
  FROM ledger_transfer t LEFT JOIN system s ON s.id = t.payer_id
  UNION ALL
  SELECT t.payer_id, t.kind, -1, t.amount, s.system, t.cause_route, t.cause_id,
         t.reference LIKE '____-__/%'
  FROM ledger_transfer t LEFT JOIN system s ON s.id = t.payee_id),
hold AS (
  SELECT wallet, cause_route, cause_id, sum(amount) AS amount,
         bool_and(is_of_posting) AS is_of_posting
  FROM flow WHERE sign = -1 AND other = 'held' GROUP BY 1, 2, 3),
back_of AS (
  SELECT h.wallet, h.cause_route, h.cause_id, sum(f.amount) AS amount FROM flow f
  JOIN hold h USING (wallet, cause_route, cause_id)
  WHERE f.sign = 1 AND f.other = 'held' GROUP BY 1, 2, 3),
back AS (SELECT wallet, sum(amount) AS amount FROM back_of GROUP BY 1),
regained AS (
  SELECT f.wallet, sum(f.amount) AS amount FROM flow f
  JOIN ledger_wallet own ON own.id = f.wallet
  JOIN hold h USING (cause_route, cause_id)
  JOIN ledger_wallet earner ON earner.id = h.wallet
  WHERE f.sign = 1 AND f.other = 'held' AND NOT h.is_of_posting
    AND earner.owner_id <> own.owner_id AND earner.fiscal_year = own.fiscal_year
    AND NOT EXISTS (SELECT FROM hold mine WHERE mine.wallet = f.wallet
                    AND (mine.cause_route, mine.cause_id) = (f.cause_route, f.cause_id))
  GROUP BY 1),
gone AS (
  SELECT t.cause_route, t.cause_id, sum(t.amount) AS amount FROM ledger_transfer t
  JOIN system s ON s.id = t.payer_id AND s.system = 'held' GROUP BY 1, 2),
held AS (
  SELECT wallet, sum(still) AS still,
         sum(amount - still - returned) FILTER (WHERE is_of_posting) AS spent,
         sum(amount - still - returned) FILTER (WHERE NOT is_of_posting) AS lost
  FROM (SELECT h.*, greatest(h.amount - coalesce(g.amount, 0), 0) AS still,
               coalesce(b.amount, 0) AS returned
        FROM hold h LEFT JOIN gone g USING (cause_route, cause_id)
        LEFT JOIN back_of b USING (wallet, cause_route, cause_id)) each GROUP BY 1),
promised AS (
  SELECT wallet_id AS wallet,
         coalesce(sum(amount) FILTER (WHERE kind = 'pre_committed'), 0) AS pre_committed,
         coalesce(sum(amount) FILTER (WHERE kind = 'committed'), 0) AS committed,
         coalesce(sum(amount) FILTER (WHERE kind = 'dispute_window'), 0) AS dispute_window
  FROM ledger_reservation WHERE closed_on IS NULL GROUP BY 1),
summed AS (
  SELECT f.wallet,
         sum(sign * amount) FILTER (WHERE kind IN ('grant', 'carry_over', 'move', 'upside'))
           AS received,
         sum(amount) FILTER (WHERE kind = 'lapse' AND sign = -1) AS lapsed,
         sum(amount) FILTER (WHERE kind IN ('charge', 'learning', 'levy', 'subsidy') AND sign = 1)
           AS earned,
         sum(amount) FILTER (WHERE kind = 'credit' AND sign = -1) AS given_back,
         sum(amount) FILTER (WHERE sign = 1 AND other = 'held') AS released,
         sum(amount) FILTER (WHERE kind IN ('charge', 'purchase', 'learning', 'levy')
                               AND sign = -1) AS paid,
         sum(amount) FILTER (WHERE sign = 1 AND (kind = 'credit' OR kind = 'purchase')) AS refunded
  FROM flow f GROUP BY 1)
SELECT w.id, m.name, w.fund, w.fiscal_year, w.balance - w.reserved,
       coalesce(s.received, 0) - coalesce(s.lapsed, 0) + coalesce(s.earned, 0)
         - coalesce(s.given_back, 0) + coalesce(s.released, 0) - coalesce(b.amount, 0)
         - coalesce(r.amount, 0) - coalesce(h.lost, 0),
       coalesce(p.pre_committed, 0), coalesce(p.committed, 0), coalesce(p.dispute_window, 0),
       coalesce(s.paid, 0) - coalesce(s.refunded, 0) - coalesce(r.amount, 0)
         + coalesce(h.spent, 0),
       coalesce(h.still, 0)
FROM ledger_wallet w JOIN accounts_microenterprise m ON m.id = w.owner_id
LEFT JOIN summed s ON s.wallet = w.id LEFT JOIN promised p ON p.wallet = w.id
LEFT JOIN held h ON h.wallet = w.id LEFT JOIN back b ON b.wallet = w.id
LEFT JOIN regained r ON r.wallet = w.id
ORDER BY w.id"""


class Derived(NamedTuple):
    """One wallet; `stored` is the available money that its row says."""

    wallet: int
    name: str
    fund: str
    fiscal_year: int
    stored: Decimal
    authorised: Decimal
    pre_committed: Decimal
    committed: Decimal
    dispute_window: Decimal
    spent: Decimal
    held: Decimal

    @property
    def available(self) -> Decimal:
        promised = self.pre_committed + self.committed + self.dispute_window
        return self.authorised - promised - self.spent - self.held


def of_all_wallets() -> list[Derived]:
    """Every wallet of an ME, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_DERIVED)
        return [Derived(*row) for row in cursor.fetchall()]
