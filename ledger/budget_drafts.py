"""A year's budget as a draft: its rules are added, changed and left out until it is published."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from ledger import budget_terms
from ledger.budget_requests import name_board
from ledger.drafting import require_may_set, require_year
from ledger.models import BoardSeat, Budget, BudgetRequest, BudgetRule, RequestVote, Wallet

MOST_RULES = 30
State = Budget.State


@transaction.atomic
def start(*, fund: str, fiscal_year: int, name: str, by: User, on: date) -> Budget:
    """Begin the budget of a fund and year; Refused `budget_exists` where there is one."""
    require_may_set(by)
    if fund not in Wallet.Fund.values:
        raise Invalid(f"{fund!r} is no fund.", field="fund", value=fund)
    require_year(fiscal_year, on=on)
    exists = Refused(
        f"The {fund} budget of {fiscal_year} exists already.",
        code="budget_exists",
        help="Open it, and revise it if it is published.",
        field="fund",
    )
    with saying(one_budget_per_fund_year_and_version=exists):
        budget = Budget.objects.create(
            fund=fund, fiscal_year=fiscal_year, drafted_by=by, drafted_on=on,
            name=name.strip() or f"{Wallet.Fund(fund).label} budget {fiscal_year}",
        )  # fmt: skip
    audit.record("year_budget.draft", budget, by=by, on=on, fund=fund, year=fiscal_year)
    return budget


@transaction.atomic
def revise(budget: Budget, *, by: User, on: date) -> Budget:
    """Begin the next version with the same rules; the one in force holds until it is published.

    Refused unless it is published and the newest; a draft that exists already comes back.
    """
    require_may_set(by)
    found = Budget.objects.select_for_update(no_key=True).get(pk=budget.pk)
    versions = Budget.objects.filter(fund=found.fund, fiscal_year=found.fiscal_year)
    newest = versions.order_by("-version")[0]
    if newest.version == found.version + 1 and newest.state != State.PUBLISHED:
        return newest
    if found.state != State.PUBLISHED or newest != found:
        raise Refused(
            f"{found} is not the newest published version.",
            code="not_the_newest",
            help="Change the draft, or revise the newest version.",
        )
    require_year(found.fiscal_year, on=on)
    draft = Budget.objects.create(
        name=found.name, fund=found.fund, fiscal_year=found.fiscal_year, version=found.version + 1,
        drafted_by=by, drafted_on=on,
    )  # fmt: skip
    for rule in found.rules.order_by("pk"):
        _copied(rule, draft, by=by, on=on)
    audit.record("year_budget.revise", draft, by=by, on=on, version=draft.version)
    return draft


@transaction.atomic
def put_rule(
    budget: Budget,
    *,
    kind: str,
    name: str,
    release: str,
    terms: Mapping[str, Any],
    by: User,
    on: date,
    department: MicroEnterprise | None = None,
    board: Sequence[User] | None = None,
    instead_of: BudgetRule | None = None,
) -> BudgetRule:
    """Add a rule to a draft, or change one; `terms` as `budget_terms.checked` takes them, `board`
    the peers who decide on requests.

    Invalid names the field that is wrong.
    """
    require_may_set(by)
    draft = locked_draft(budget)
    if release not in BudgetRule.Release.values:
        raise Invalid("Write yearly or monthly.", field="release", value=release)
    checked = budget_terms.checked(kind, terms, department=department, on=on)
    if instead_of is None and draft.rules.count() >= MOST_RULES:
        raise Refused(f"A budget has at most {MOST_RULES} rules.", code="too_many_rules")
    rule = instead_of or BudgetRule(budget=draft, drafted_by=by)
    rule.kind, rule.department, rule.terms, rule.release = kind, department, checked, release
    rule.fund, rule.fiscal_year, rule.drafted_on = draft.fund, draft.fiscal_year, on
    rule.name = name.strip() or budget_terms.NAMES[kind]
    rule.save()
    if board is not None:
        name_board(rule, board)
    _wanted_anew(draft)
    audit.record("year_budget.rule", draft, by=by, on=on, rule=rule.pk, kind=kind, terms=checked)
    return rule


@transaction.atomic
def leave_out(rule: BudgetRule, *, by: User, on: date) -> None:
    """Take a rule out of its draft; its requests and votes go with it."""
    require_may_set(by)
    if rule.budget is None:
        raise Refused("This is no rule of a year’s budget.", code="not_a_rule")
    draft = locked_draft(rule.budget)
    audit.record("year_budget.leave_out", draft, by=by, on=on, rule=rule.pk, name=rule.name)
    _remove(rule)
    _wanted_anew(draft)


@transaction.atomic
def discard(budget: Budget, *, by: User, on: date) -> None:
    """Throw a draft away with its rules; Refused once it is published."""
    require_may_set(by)
    draft = locked_draft(budget)
    audit.record("year_budget.discard", draft, by=by, on=on, name=draft.name)
    for rule in draft.rules.all():
        _remove(rule)
    draft.delete()


def locked_draft(budget: Budget) -> Budget:
    """The budget, locked; Refused once it is published or where it is gone."""
    found = Budget.objects.select_for_update(no_key=True).filter(pk=budget.pk).first()
    if found is None:
        raise Refused("This draft was discarded.", code="gone", help="Draft it anew.")
    if found.state == State.PUBLISHED:
        raise Refused(
            f"{found} is published and stays as it is.",
            code="already_published",
            help="Revise it: a new version says from which day it holds.",
        )
    return found


def _wanted_anew(draft: Budget) -> None:
    """What waited for a second HR admin has changed, so it is a draft again."""
    if draft.state == State.WAITING:
        draft.state, draft.published_by, draft.needs_second = State.DRAFT, None, False
        draft.seen, draft.starts_on = "", None
        draft.save()


def _remove(rule: BudgetRule) -> None:
    RequestVote.objects.filter(request__rule=rule).delete()
    BudgetRequest.objects.filter(rule=rule).delete()
    BoardSeat.objects.filter(rule=rule).delete()
    rule.delete()


def _copied(rule: BudgetRule, draft: Budget, *, by: User, on: date) -> None:
    """The rule with what its peers decided; nobody has to ask again for what was granted."""
    fresh = BudgetRule.objects.create(
        budget=draft, name=rule.name, kind=rule.kind, fund=rule.fund, release=rule.release,
        fiscal_year=rule.fiscal_year, department=rule.department, terms=rule.terms,
        drafted_by=by, drafted_on=on,
    )  # fmt: skip
    seats = {seat.pk: seat.peer_id for seat in rule.board.order_by("pk")}
    fresh_seats = {
        peer: BoardSeat.objects.create(rule=fresh, peer_id=peer) for peer in seats.values()
    }
    for asked in rule.requests.order_by("pk").prefetch_related("votes"):
        copy = BudgetRequest.objects.create(
            rule=fresh, micro_enterprise=asked.micro_enterprise, amount=asked.amount,
            reason=asked.reason, asked_by=asked.asked_by, asked_on=asked.asked_on,
        )  # fmt: skip
        RequestVote.objects.bulk_create(
            RequestVote(
                request=copy, seat=fresh_seats[seats[vote.seat_id]], amount=vote.amount,
                note=vote.note, voted_on=vote.voted_on,
            )
            for vote in asked.votes.all()
        )  # fmt: skip
