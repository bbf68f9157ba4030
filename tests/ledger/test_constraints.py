"""The database itself keeps the promises of the ledger: each is tried to be broken in SQL."""

from decimal import Decimal

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from accounts.constraints import name_of
from ledger import actions, checks
from ledger.models import Cause, SettlementChunk, SettlementRun, StatementMail, Wallet
from tests import make
from tests.ledger.test_budget_constraints import ATTEMPTS as BUDGET_ATTEMPTS
from tests.ledger.test_budgets import published
from tests.ledger.test_own_figures import ATTEMPTS as OWN_FIGURES
from tests.ledger.test_switching import ATTEMPTS as SWITCHES
from tests.ledger.test_year_end import ATTEMPTS as YEAR_END
from tests.make import MARCH, TODAY

pytestmark = pytest.mark.django_db

OWNER = "(SELECT max(owner_id) FROM ledger_wallet)"
WALLET = "INSERT INTO ledger_wallet (owner_id, fund, fiscal_year, system, balance, reserved) VALUES"
TRANSFER = """
    INSERT INTO ledger_transfer (payer_id, payee_id, amount, kind, month, reference, posted_on,
                                 posted_at, note, cause_route, cause_id)
    SELECT payer_id, {payee}, {amount}, kind, DATE '{month}', '{reference}', posted_on, posted_at,
           note, cause_route, cause_id FROM ledger_transfer"""
PROMISE = """
    INSERT INTO ledger_reservation (wallet_id, kind, month, amount, cause_route, cause_id)
    SELECT wallet_id, kind, DATE '{month}', {amount}, cause_route, cause_id
    FROM ledger_reservation"""
RELEASE = """
    INSERT INTO ledger_transfer (payer_id, payee_id, amount, kind, month, reference, posted_on,
                                 posted_at, note, cause_route, cause_id)
    SELECT (SELECT id FROM ledger_wallet WHERE system = 'held'), payee_id, 1, 'release', month,
           'release/1', posted_on, posted_at, note, cause_route, cause_id FROM ledger_transfer
    WHERE reference = 'grant/1'"""
RUN = """
    INSERT INTO ledger_settlementrun (month, state, goal, opened_at, policy_version, digest)
    VALUES (DATE '{month}', '{state}', 'open', now(), 0, '')"""
CHUNK = """
    INSERT INTO ledger_settlementchunk
           (run_id, number, first_buyer, last_buyer, contract_count, state, attempts, failure)
    SELECT run_id, {number}, {first}, 9, 0, 'open', 0, '' FROM ledger_settlementchunk"""
RULE = "UPDATE ledger_budgetrule SET {change} WHERE state = 'draft'"
ALLOCATION = """
    INSERT INTO ledger_allocation
           (rule_id, micro_enterprise_id, amount, reference, figures, brought)
    SELECT id, {me}, {amount}, '{reference}', '{{}}', 0
    FROM ledger_budgetrule WHERE state = 'draft'"""


def transfer(*, payee="payee_id", amount="1", month="2026-03-01", reference="new"):
    return TRANSFER.format(payee=payee, amount=amount, month=month, reference=reference)


def promise(*, amount="1", month="2026-04-01"):
    return PROMISE.format(amount=amount, month=month)


ATTEMPTS = [
    ("one_wallet_per_me_fund_and_year", f"{WALLET} ({OWNER}, 'operating', 2026, '', 0, 0)"),
    ("one_wallet_per_system", f"{WALLET} (NULL, '', NULL, 'treasury', 0, 0)"),
    ("wallet_is_of_an_me_or_of_the_system", f"{WALLET} (NULL, 'operating', 2026, '', 0, 0)"),
    ("wallet_is_of_an_me_or_of_the_system", f"{WALLET} (NULL, '', NULL, 'held', 5, 0)"),
    ("wallet_is_of_an_me_or_of_the_system", f"{WALLET} (NULL, '', NULL, '', 0, 0)"),
    ("reserved_not_negative", "UPDATE ledger_wallet SET reserved = -1 WHERE system = ''"),
    ("wallet_never_overspent", "UPDATE ledger_wallet SET balance = 1 WHERE system = ''"),
    ("wallet_never_overspent", "UPDATE ledger_wallet SET reserved = 101 WHERE system = ''"),
    ("transfer_reference_used_once", transfer(reference="grant/1")),
    ("transfer_has_a_reference", transfer(reference="")),
    ("transfer_moves_something", transfer(amount="0")),
    ("transfer_moves_something", transfer(amount="-5")),
    ("transfer_has_two_sides", transfer(payee="payer_id")),
    ("transfer_month_is_a_first", transfer(month="2026-03-02")),
    ("transfer_never_changes", "UPDATE ledger_transfer SET note = 'better'"),
    ("transfer_never_changes", "DELETE FROM ledger_transfer"),
    ("transfer_month_is_open", transfer(month="2025-12-01")),
    ("release_within_its_hold", RELEASE),
    ("promised_once_per_cause_kind_and_month", promise(month="2026-03-01")),
    ("reservation_holds_something", promise(amount="0")),
    ("reservation_month_is_a_first", promise(month="2026-04-30")),
    ("one_settlement_run_per_month", RUN.format(month="2025-12-01", state="open")),
    ("run_month_is_a_first", RUN.format(month="2025-11-30", state="open")),
    ("posted_run_names_its_day", RUN.format(month="2025-11-01", state="posted")),
    (
        "locked_run_never_changes",
        "UPDATE ledger_settlementrun SET state = 'open' WHERE state = 'locked'",
    ),
    ("locked_run_never_changes", "DELETE FROM ledger_settlementrun WHERE state = 'locked'"),
    ("chunk_numbered_once", CHUNK.format(number=1, first=1)),
    ("chunk_is_a_range", CHUNK.format(number=2, first=10)),
    ("published_rule_names_its_day", RULE.format(change="state = 'published'")),
    ("rule_confirmed_by_somebody_else", RULE.format(change="confirmed_by_id = drafted_by_id")),
    ("rule_names_its_department", RULE.format(change="kind = 'department_to_customers'")),
    (
        "rule_names_its_department",
        RULE.format(change="department_id = (SELECT max(id) FROM accounts_microenterprise)"),
    ),
    (
        "allocated_once_per_rule_and_me",
        ALLOCATION.format(
            me="(SELECT max(micro_enterprise_id) FROM ledger_allocation)", amount=1, reference=""
        ),
    ),
    (
        "allocation_reference_used_once",
        ALLOCATION.format(
            me="(SELECT min(id) FROM accounts_microenterprise)", amount=1, reference="HR-1"
        ),
    ),
    (
        "allocation_grants_something",
        ALLOCATION.format(
            me="(SELECT min(id) FROM accounts_microenterprise)", amount=0, reference=""
        ),
    ),
    ("published_rule_never_changes", "UPDATE ledger_budgetrule SET name = 'x'"),
    ("published_allocation_stays", "UPDATE ledger_allocation SET amount = 99"),
    ("money_check_never_changes", "UPDATE ledger_moneycheck SET is_sound = NOT is_sound"),
    (
        "statement_mailed_once",
        """INSERT INTO ledger_statementmail (micro_enterprise_id, month, sent_on, reader_count)
        SELECT micro_enterprise_id, month, sent_on, 1 FROM ledger_statementmail""",
    ),
    ("mailed_month_is_a_first", "UPDATE ledger_statementmail SET month = '2026-03-02'"),
    ("money_check_never_changes", "DELETE FROM ledger_moneycheck"),
]


@pytest.fixture
def ledger():
    """One of everything, each in a state that a constraint protects."""
    shop, other = make.me(), make.me()
    treasury = actions.system_wallet("treasury")
    actions.system_wallet("held")
    actions.pay(
        treasury, actions.wallet_of(shop, month=MARCH), Decimal(100), kind="grant", month=MARCH,
        reference="grant/1", cause=Cause("x:y", 1), on=TODAY,
    )  # fmt: skip
    actions.promise(shop, {MARCH: Decimal(10)}, kind="committed", cause=Cause("x:y", 1), on=TODAY)
    at = make.org().founded_at
    december = MARCH.replace(year=2025, month=12)
    run = SettlementRun.objects.create(
        month=december, state="locked", opened_at=at, posted_on=TODAY, locked_at=at
    )
    SettlementChunk.objects.create(run=run, number=1, first_buyer=1, last_buyer=2)
    checks.check_money(by=None, on=TODAY)
    StatementMail.objects.create(micro_enterprise=shop, month=MARCH, sent_on=TODAY)
    make.budget_draft(other, "5.00")
    make.budget_draft(shop, "5.00", reference="HR-1")
    published(other, "1.00")
    assert Wallet.objects.filter(system="", balance__lte=0).count() == 0


@pytest.mark.parametrize(("name", "statement"), ATTEMPTS)
def test_the_database_refuses(ledger, name, statement):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        connection.cursor().execute(statement)
    assert name_of(refused.value) == name


def test_no_constraint_and_no_trigger_of_the_ledger_is_forgotten():
    tried = {name for name, _ in [*ATTEMPTS, *BUDGET_ATTEMPTS, *SWITCHES, *YEAR_END, *OWN_FIGURES]}
    named = {
        constraint.name
        for model in apps.get_app_config("ledger").get_models()
        for constraint in model._meta.constraints
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
            " AND tgrelid::regclass::text LIKE 'ledger\\_%%'"
        )
        triggers = {name for (name,) in cursor.fetchall()}
    assert len(triggers) >= 6
    assert tried == named | triggers
