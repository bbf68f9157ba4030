"""Each proof of what contracts charge turns red when its rows are tampered with."""

from datetime import date

import pytest
from django.db import connection

from contracts import checks
from contracts.actions import settlement as answers
from contracts.models import Overage
from ledger.checks import check_money, findings
from tests import make
from tests.make import APRIL

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    """A month with a fixed contract, one within its cap, one above it; posted and locked."""
    make.agreed()
    for quantity in ("11", "13"):
        make.used(make.hires(), quantity)
    make.measured(make.levelled(), 91, 100)
    make.settled(to="locked", on=date(2026, 4, 10))


def tamper(statement):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger fires
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def broken():
    return {finding.what for finding in findings() if finding.broken}


def test_a_settled_market_adds_up_also_after_an_accepted_overage(market):
    assert broken() == set()
    overage = Overage.objects.get()
    buyer = make.lead_of(overage.contract.buyer)
    answers.accept_overage(overage, by=buyer, on=date(2026, 4, 12))
    make.settled(APRIL)
    assert broken() == set()


TO_THE_TREASURY = """
    UPDATE ledger_transfer SET payee_id = (SELECT id FROM ledger_wallet WHERE system = 'treasury')
    WHERE kind = 'charge'"""


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("DELETE FROM contracts_signature WHERE id % 2 = 0", "charges_are_signed"),
        ("UPDATE contracts_signature SET hash = repeat('0', 64)", "charges_are_signed"),
        (
            "UPDATE contracts_contract SET ended_on = '2026-02-28'",
            "charges_lie_within_the_contract",
        ),
        ("UPDATE contracts_usage SET used_on = '2026-02-01'", "charges_lie_within_the_contract"),
        ("UPDATE contracts_settlementline SET amount = amount + 1", "lines_are_paid_or_wait"),
        ("DELETE FROM contracts_overage", "lines_are_paid_or_wait"),
        (TO_THE_TREASURY, "inside_sales_are_inside_purchases"),
        ("UPDATE contracts_contractversion SET credit_cap = 4", "credits_stay_under_their_cap"),
        ("DELETE FROM contracts_measurement", "credits_rest_on_measurements"),
        (
            "UPDATE contracts_settlementline SET kind = 'earn_back', amount = 1 WHERE term <> kind",
            "credits_rest_on_measurements",
        ),
        ("UPDATE contracts_settlementline SET quantity = 99", "locked_lines_keep_their_digest"),
    ],
)
def test_tampering_is_found(market, statement, what):
    assert what in {check.__name__ for check in checks.CHECKS}
    tamper(statement)
    assert what in broken()


def test_a_locked_month_that_was_rewritten_is_found_by_every_later_proof(market):
    """The amounts stay, so that every balance is still what its transfers say."""
    assert check_money(by=None, on=date(2026, 4, 11)).is_sound
    tamper("""
        UPDATE ledger_transfer SET reference = reference || '0' WHERE id = (
            SELECT max(id) FROM ledger_transfer WHERE kind = 'charge')""")
    for day in (12, 13):
        done = check_money(by=None, on=date(2026, 4, day))
        assert done.broken == ["locked_months_keep_their_transfers"]
