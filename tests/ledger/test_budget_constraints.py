"""The database keeps the promises of the year's budgets, moves and freezes: each is tried."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.constraints import name_of
from ledger.models import (
    Allocation,
    BoardSeat,
    BudgetRequest,
    BudgetRule,
    Freeze,
    MoneyMove,
    MoneyReason,
    RequestVote,
)
from tests import make
from tests.make import MARCH, TODAY

pytestmark = pytest.mark.django_db

DRAFT = "UPDATE ledger_budget SET {} WHERE state = 'draft'"
PUBLISHED = (
    "state = 'published', published_on = now(), starts_on = now(), counts_from = now(), seen = 'x',"
    " published_by_id = drafted_by_id"
)
RULE = "UPDATE ledger_budgetrule SET {} WHERE state = 'draft' AND budget_id IS NOT NULL"
REQUEST = "UPDATE ledger_budgetrequest SET {}"
AGAIN = "INSERT INTO {0} ({1}) SELECT {1} FROM {0}"
MOVE = "UPDATE ledger_moneymove SET {}"
ATTEMPTS = [
    ("one_budget_per_fund_year_and_version", DRAFT.format("fund = 'learning'")),
    ("budget_version_from_1", DRAFT.format("version = 0")),
    ("published_budget_says_when_and_what", DRAFT.format(f"{PUBLISHED}, seen = ''").replace(
        "seen = 'x',", "")),
    ("published_budget_says_when_and_what", DRAFT.format("state = 'published'")),
    ("budget_confirmed_by_somebody_else",
     DRAFT.format("published_by_id = drafted_by_id, confirmed_by_id = drafted_by_id")),
    ("own_budget_has_a_second_hr_admin", DRAFT.format(f"{PUBLISHED}, needs_second = true")),
    ("only_a_published_budget_starts", DRAFT.format("started_on = now()")),
    ("published_budget_never_changes",
     "UPDATE ledger_budget SET name = 'x' WHERE state = 'published'"),
    ("published_budget_never_changes",
     "UPDATE ledger_budget SET started_on = now() + interval '1 day' WHERE state = 'published'"),
    ("published_budget_gets_no_rule", """
        INSERT INTO ledger_budgetrule (budget_id, name, kind, fund, fiscal_year, release, state,
                                       reason, terms, drafted_on)
        SELECT id, 'x', 'fixed', fund, 2026, 'yearly', 'draft', '', '{}', now()
        FROM ledger_budget WHERE state = 'published'"""),
    ("rule_is_alone_or_of_a_budget", RULE.format("kind = 'single'")),
    ("rule_is_alone_or_of_a_budget", RULE.format("budget_id = NULL")),
    ("brought_is_not_negative", "UPDATE ledger_allocation SET brought = -1"),
    ("one_request_per_rule_and_me",
     AGAIN.format("ledger_budgetrequest",
                  "rule_id, micro_enterprise_id, amount, reason, asked_by_id, asked_on")),
    ("request_asks_for_something", REQUEST.format("amount = 0")),
    ("request_says_why", REQUEST.format("reason = ''")),
    ("one_seat_per_peer_and_board", AGAIN.format("ledger_boardseat", "rule_id, peer_id")),
    ("one_vote_per_peer_and_request",
     AGAIN.format("ledger_requestvote", "request_id, seat_id, amount, note, voted_on")),
    ("vote_is_not_negative", "UPDATE ledger_requestvote SET amount = -1"),
    ("decided_request_stays", """
        INSERT INTO ledger_budgetrequest
               (rule_id, micro_enterprise_id, amount, reason, asked_by_id, asked_on)
        SELECT (SELECT max(id) FROM ledger_budgetrule WHERE state = 'published'),
               micro_enterprise_id, 1, 'x', asked_by_id, now()
        FROM ledger_budgetrequest"""),
    ("deciding_board_stays", """
        INSERT INTO ledger_boardseat (rule_id, peer_id)
        SELECT max(id), 1 FROM ledger_budgetrule WHERE state = 'published'"""),
    ("one_reason_per_code", AGAIN.format("ledger_moneyreason", "code, name")),
    ("move_asked_once_per_key",
     AGAIN.format("ledger_moneymove",
                  "payer_id, payee_id, fund, fiscal_year, amount, reason, note, key, state,"
                  " asked_by_id, asked_on, needs_second")),
    ("move_moves_something", MOVE.format("amount = 0")),
    ("move_has_two_sides", MOVE.format("payee_id = payer_id")),
    ("move_has_a_reason", MOVE.format("reason = ''")),
    ("move_decided_on_a_day", MOVE.format("state = 'declined'")),
    ("move_confirmed_by_somebody_else", MOVE.format("confirmed_by_id = asked_by_id")),
    ("own_move_has_a_second_hr_admin", MOVE.format("state = 'done', decided_on = now()")),
    ("frozen_once_per_me_and_fund",
     AGAIN.format("ledger_freeze",
                  "micro_enterprise_id, fund, reason, frozen_on, frozen_by_id, lifted_because")),
    ("freeze_says_why", "UPDATE ledger_freeze SET reason = ''"),
    ("freeze_lifted_by_somebody_after_it_began", "UPDATE ledger_freeze SET lifted_on = now()"),
]  # fmt: skip


@pytest.fixture
def budgets():
    """A published and a drafted budget, a request with its vote, a move and a freeze."""
    shop, other, admin = make.me(), make.me(), make.hr_admin()
    make.published_budget(
        make.year_budget(("fixed", {"each": Decimal(5)}), fund="learning"), by=admin
    )
    draft = make.year_budget(by=admin)
    rule = make.add_rule(draft, "requests", {"ask_until": TODAY, "decide_by": MARCH}, by=admin)
    asked = BudgetRequest.objects.create(
        rule=rule, micro_enterprise=shop, amount=9, reason="Tools", asked_by=admin, asked_on=TODAY
    )
    seat = BoardSeat.objects.create(rule=rule, peer=admin)
    RequestVote.objects.create(request=asked, seat=seat, amount=5, voted_on=TODAY)
    MoneyReason.objects.create(code="flood", name="Flood")
    MoneyMove.objects.create(
        payer=shop, payee=other, fund="operating", fiscal_year=2026, amount=1, reason="flood",
        key="a", asked_by=admin, asked_on=TODAY, needs_second=True,
    )  # fmt: skip
    Freeze.objects.create(micro_enterprise=shop, reason="Audit", frozen_on=TODAY, frozen_by=admin)
    assert BudgetRule.objects.count() == 2
    assert Allocation.objects.count() == 2


@pytest.mark.parametrize(("name", "statement"), ATTEMPTS)
def test_the_database_refuses(budgets, name, statement):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        connection.cursor().execute(statement)
    assert name_of(refused.value) == name
