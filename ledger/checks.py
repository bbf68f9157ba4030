"""What must always be true of the money, derived anew from the rows by SQL of its own.

Nothing here uses the code that wrote the rows, so a fault of that code turns a check red. Each
check is one statement, which sees one moment even while payments go on. Apps above name their own
lists in the setting `MONEY_CHECKS`.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from accounts import clock, permissions
from accounts.models import User
from ledger import derivation
from ledger.models import MoneyCheck

log = logging.getLogger(__name__)
# More rows than these say nothing more.
MOST_NAMED = 50


@dataclass(frozen=True)
class Finding:
    """What one check found: its word, its promise as a sentence, figures to show, and faults."""

    what: str
    means: str
    figures: Sequence[tuple[str, str]] = ()
    broken: Sequence[str] = field(default_factory=list)


def rows_of(statement: str) -> list[tuple[Any, ...]]:
    """Run one statement of a check."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def all_wallets_sum_to_zero() -> Finding:
    rows = rows_of("""
        SELECT coalesce(nullif(w.system, ''), 'micro-enterprises'),
               sum(CASE w.system WHEN '' THEN w.balance ELSE
                 (SELECT coalesce(sum(amount), 0) FROM ledger_transfer WHERE payee_id = w.id) -
                 (SELECT coalesce(sum(amount), 0) FROM ledger_transfer WHERE payer_id = w.id) END)
        FROM ledger_wallet w GROUP BY 1 ORDER BY 1""")
    total = sum((amount for _, amount in rows), Decimal("0.00"))
    return Finding(
        "all_wallets_sum_to_zero",
        "All wallets together, those of the system included, hold 0.00: no money came from nowhere "
        "and none is lost.",
        [*((name.capitalize(), _figure(amount)) for name, amount in rows), ("Sum", _figure(total))],
        [f"All wallets together hold {_money(total)}."] if total else [],
    )


def balance_is_its_transfers() -> Finding:
    rows = rows_of("""
        WITH moved AS (
          SELECT wallet, sum(amount) AS total FROM (
            SELECT payee_id AS wallet, amount FROM ledger_transfer
            UNION ALL SELECT payer_id, -amount FROM ledger_transfer) AS each GROUP BY wallet)
        SELECT w.id, m.name, w.fund, w.fiscal_year, w.balance, coalesce(moved.total, 0)
        FROM ledger_wallet w JOIN accounts_microenterprise m ON m.id = w.owner_id
        LEFT JOIN moved ON moved.wallet = w.id
        WHERE w.balance <> coalesce(moved.total, 0) ORDER BY w.id""")
    return Finding(
        "balance_is_its_transfers",
        "The balance of every wallet is what its transfers brought in less what they took out.",
        _counted(wallets="ledger_wallet WHERE system = ''", transfers="ledger_transfer"),
        _named(
            f"{_wallet(row)} stores a balance of {_money(row[4])}; its transfers say "
            f"{_money(row[5])}."
            for row in rows
        ),
    )


def reserved_is_its_promises() -> Finding:
    rows = rows_of("""
        WITH open AS (SELECT wallet_id, sum(amount) AS total FROM ledger_reservation
                      WHERE closed_on IS NULL GROUP BY wallet_id)
        SELECT w.id, m.name, w.fund, w.fiscal_year, w.reserved, coalesce(open.total, 0)
        FROM ledger_wallet w LEFT JOIN accounts_microenterprise m ON m.id = w.owner_id
        LEFT JOIN open ON open.wallet_id = w.id
        WHERE w.reserved <> coalesce(open.total, 0) ORDER BY w.id""")
    return Finding(
        "reserved_is_its_promises",
        "What every wallet keeps reserved is the sum of its open promises and dispute windows.",
        _counted(open_promises="ledger_reservation WHERE closed_on IS NULL"),
        _named(
            f"{_wallet(row)} keeps {_money(row[4])} reserved; its open promises say "
            f"{_money(row[5])}."
            for row in rows
        ),
    )


def nothing_is_overspent() -> Finding:
    rows = rows_of("""
        SELECT w.id, m.name, w.fund, w.fiscal_year, w.balance, w.reserved
        FROM ledger_wallet w LEFT JOIN accounts_microenterprise m ON m.id = w.owner_id
        WHERE w.balance < w.reserved OR w.reserved < 0 ORDER BY w.id""")
    return Finding(
        "nothing_is_overspent",
        "No wallet has promised more than it holds, so what is available is never below 0.00.",
        _counted(wallets="ledger_wallet WHERE system = ''"),
        _named(
            f"{_wallet(row)} holds {_money(row[4])} and keeps {_money(row[5])} reserved."
            for row in rows
        ),
    )


def available_is_derived() -> Finding:
    """PRODUCT 4.7: available = authorised - pre-committed - committed - dispute window - spent -
    held, where authorised = grants + carry-over + moves - lapsed + earned."""
    rows = [row for row in derivation.of_all_wallets() if row.available != row.stored]
    return Finding(
        "available_is_derived",
        "What is available is what was authorised less promised, spent and held money, each "
        "derived by the kind of its transfers.",
        _counted(wallets="ledger_wallet WHERE system = ''"),
        _named(
            f"{row.name} ({row.fund} {row.fiscal_year}) stores {_money(row.stored)} as available; "
            f"derived are {_money(row.available)}."
            for row in rows
        ),
    )


def locked_months_are_untouched() -> Finding:
    rows = rows_of("""
        SELECT t.reference, to_char(r.month, 'YYYY-MM'), t.amount
        FROM ledger_settlementrun r JOIN ledger_transfer t ON t.month = r.month
        WHERE r.state = 'locked' AND t.posted_at > r.locked_at ORDER BY t.id""")
    return Finding(
        "locked_months_are_untouched",
        "No transfer was added to a month after it was locked.",
        _counted(locked_months="ledger_settlementrun WHERE state = 'locked'"),
        _named(
            f"{reference}, {_money(amount)}, was posted into {month} after it was locked."
            for reference, month, amount in rows
        ),
    )


def locked_months_keep_their_transfers() -> Finding:
    """Each proof keeps a digest per locked month; it must be the one of the first proof after the
    lock. A sum of hashes needs no order, so a million rows cost one pass."""
    rows = rows_of("""
        WITH now AS (
          SELECT to_char(r.month, 'YYYY-MM') AS month,
                 count(t.id) || ':' || coalesce(sum(('x' || left(md5(concat_ws('|', t.reference,
                   t.payer_id, t.payee_id, t.kind, t.amount, t.cause_route, t.cause_id)), 15)
                   )::bit(60)::bigint), 0) AS digest
          FROM ledger_settlementrun r LEFT JOIN ledger_transfer t ON t.month = r.month
          WHERE r.state = 'locked' GROUP BY 1),
        first AS (
          SELECT DISTINCT ON (1) figure ->> 0 AS month, figure ->> 1 AS digest
          FROM ledger_moneycheck c, jsonb_array_elements(c.findings) AS found,
               jsonb_array_elements(found -> 'figures') AS figure
          WHERE found ->> 'what' = 'locked_months_keep_their_transfers' ORDER BY 1, c.id)
        SELECT now.month, now.digest, first.digest FROM now LEFT JOIN first USING (month)
        ORDER BY 1""")
    return Finding(
        "locked_months_keep_their_transfers",
        "The transfers of each locked month are those of the first proof after its lock, by their "
        "number and a digest.",
        [(month, digest) for month, digest, _ in rows],
        _named(
            f"The transfers of {month} are not those that were proved after its lock."
            for month, digest, first in rows
            if first not in (None, digest)
        ),
    )


def references_are_used_once() -> Finding:
    rows = rows_of("""
        SELECT reference, count(*) FROM ledger_transfer
        GROUP BY reference HAVING count(*) > 1 OR reference = '' ORDER BY reference""")
    return Finding(
        "references_are_used_once",
        "No reference of a transfer was used twice, so nothing was paid twice.",
        _counted(transfers="ledger_transfer"),
        _named(
            f"The reference {reference or '(none)'} stands for {count} transfers."
            for reference, count in rows
        ),
    )


def system_wallets_keep_their_sign() -> Finding:
    rows = rows_of("""
        SELECT w.system,
               (SELECT coalesce(sum(amount), 0) FROM ledger_transfer WHERE payee_id = w.id) -
               (SELECT coalesce(sum(amount), 0) FROM ledger_transfer WHERE payer_id = w.id)
        FROM ledger_wallet w WHERE w.system <> '' ORDER BY w.system""")
    wrong = [
        f"The wallet {system} stands at {_money(amount)}, which is "
        f"{'above' if system == 'treasury' else 'below'} 0.00."
        for system, amount in rows
        if (amount > 0 if system == "treasury" else amount < 0)
    ]
    return Finding(
        "system_wallets_keep_their_sign",
        "The treasury stands at 0.00 or below, for it only grants; held money and money paid "
        "outside stand at 0.00 or above.",
        [(system.capitalize(), _figure(amount)) for system, amount in rows],
        wrong,
    )


def held_out_is_held_in() -> Finding:
    rows = rows_of("""
        SELECT t.cause_route, t.cause_id,
               coalesce(sum(t.amount) FILTER (WHERE t.payee_id = h.id), 0),
               sum(t.amount) FILTER (WHERE t.payer_id = h.id)
        FROM ledger_wallet h JOIN ledger_transfer t ON h.id IN (t.payer_id, t.payee_id)
        WHERE h.system = 'held' GROUP BY 1, 2
        HAVING coalesce(sum(t.amount) FILTER (WHERE t.payee_id = h.id), 0)
             < coalesce(sum(t.amount) FILTER (WHERE t.payer_id = h.id), 0)
        ORDER BY 1, 2""")
    return Finding(
        "held_out_is_held_in",
        "Of the money held for a cause, no more was released than was held.",
        (),
        _named(
            f"{route} {key}: {_money(held)} was held and {_money(released)} released."
            for route, key, held, released in rows
        ),
    )


def grants_keep_to_their_budget() -> Finding:
    rows = rows_of("""
        WITH released AS (
          SELECT split_part(t.reference, '/', 2) AS allocation,
                 sum(t.amount) FILTER (WHERE s.system = 'treasury') AS granted,
                 sum(t.amount) FILTER (WHERE s.system = '') AS taken
          FROM ledger_transfer t JOIN ledger_wallet s ON s.id = t.payer_id
          WHERE t.kind = 'grant' AND t.cause_route = 'ledger:budget' GROUP BY 1)
        SELECT a.id, m.name, a.amount, coalesce(r.granted, 0), coalesce(r.taken, 0)
        FROM ledger_allocation a JOIN released r ON r.allocation = a.id::text
        JOIN accounts_microenterprise m ON m.id = a.micro_enterprise_id
        WHERE r.granted > greatest(a.amount - a.brought, 0)
           OR coalesce(r.taken, 0) > coalesce(r.granted, 0)
        ORDER BY a.id""")
    return Finding(
        "grants_keep_to_their_budget",
        "No budget released more to a micro-enterprise than it planned for it, and no more was "
        "taken back than was released.",
        _counted(allocations="ledger_allocation"),
        _named(
            f"Allocation {key} of {name}: {_money(planned)} planned, {_money(granted)} released, "
            f"{_money(taken)} taken back."
            for key, name, planned, granted, taken in rows
        ),
    )


CHECKS: list[Callable[[], Finding]] = [
    all_wallets_sum_to_zero,
    balance_is_its_transfers,
    reserved_is_its_promises,
    nothing_is_overspent,
    available_is_derived,
    locked_months_are_untouched,
    locked_months_keep_their_transfers,
    references_are_used_once,
    system_wallets_keep_their_sign,
    held_out_is_held_in,
    grants_keep_to_their_budget,
]


def all_checks() -> list[Callable[[], Finding]]:
    """The ledger's own and those of the apps above."""
    return [*CHECKS, *(check for path in settings.MONEY_CHECKS for check in import_string(path))]


def findings() -> list[Finding]:
    """Run every check; it reads only, and nobody waits for it."""
    return [check() for check in all_checks()]


@transaction.atomic
def check_money(*, by: User | None, on: date) -> MoneyCheck:
    """Run every check and keep what was found, so that whoever doubts a day can look it up."""
    if by is not None:
        permissions.require(
            permissions.may_check_money(by), "HR admins, the CHRO and auditors check the money."
        )
    found = findings()
    return MoneyCheck.objects.create(
        checked_at=clock.now(), checked_on=on, checked_by=by,
        is_sound=not any(each.broken for each in found),
        findings=[asdict(each) for each in found],
    )  # fmt: skip


def check_due(*, on: date) -> dict[str, Any]:
    """The nightly proof: once a day, and its faults loudly in the log."""
    done = MoneyCheck.objects.filter(checked_on=on, checked_by=None).order_by("-checked_at").first()
    told = as_json(done or check_money(by=None, on=on))
    for fault in told["broken"]:
        log.error("The money does not add up: %(what)s: %(detail)s", fault)
    return told


def as_json(check: MoneyCheck) -> dict[str, Any]:
    """`{"checked", "broken": [{"what", "detail"}]}`: the number of checks, and every fault."""
    return {
        "checked": len(check.findings),
        "broken": [
            {"what": found["what"], "detail": detail}
            for found in check.findings
            for detail in found["broken"]
        ],
    }


def _counted(**tables: str) -> list[tuple[str, str]]:
    """How many rows a check looked at: the words are ours, never a user's."""
    return [
        (
            label.replace("_", " ").capitalize(),
            f"{rows_of(f'SELECT count(*) FROM {table}')[0][0]:,}",  # noqa: S608
        )
        for label, table in tables.items()
    ]


def _named(sentences: Iterable[str]) -> list[str]:
    found = list(sentences)
    more = len(found) - MOST_NAMED
    return found if more <= 0 else [*found[:MOST_NAMED], f"And {more:,} more."]


def _wallet(row: Sequence[Any]) -> str:
    return f"{row[1] or 'A system wallet'} ({row[2]} {row[3]}, wallet {row[0]})"


def _figure(amount: Decimal) -> str:
    """For people, with a true minus sign."""
    return _money(amount).replace("-", "\N{MINUS SIGN}")


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"
