"""Zero-based requests: MEs ask with a reason, a board of peers decides, each by a day.

The HR admin names the board and the days; the dates decide, never a job (PRODUCT 4.0, 4.8).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import audit, permissions
from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import MicroEnterprise, User
from ledger import budget_rules
from ledger.budget_inputs import ask_until, decide_by, requests_of
from ledger.drafting import checked_amount, require_may_set, require_trading
from ledger.models import BoardSeat, Budget, BudgetRequest, BudgetRule, RequestVote

MOST_PEERS = 25


def peers_named(lines: Iterable[str]) -> list[User]:
    """The log-ins of these names or e-mail addresses; Invalid where one is not exactly one."""
    wanted = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not wanted or len(wanted) > MOST_PEERS:
        raise Invalid(f"Name one to {MOST_PEERS} peers.", field="peers")
    found = []
    for words in wanted:
        rows = User.objects.filter(Q(email__iexact=words) | Q(person__name__iexact=words))
        people = list(rows.filter(is_active=True, person__isnull=False)[:2])
        if len(people) != 1:
            how = "Several people have" if people else "Nobody with a log-in has"
            raise Invalid(f"{how} the name or address {words!r}.", field="peers", value=words)
        found += people
    return list(dict.fromkeys(found))


def name_board(rule: BudgetRule, peers: Sequence[User]) -> None:
    """Seat exactly these peers; the votes of whoever leaves go with them."""
    kept = {peer.pk for peer in peers}
    RequestVote.objects.filter(seat__rule=rule).exclude(seat__peer__in=kept).delete()
    rule.board.exclude(peer__in=kept).delete()
    seated = set(rule.board.values_list("peer", flat=True))
    BoardSeat.objects.bulk_create(
        BoardSeat(rule=rule, peer=peer) for peer in peers if peer.pk not in seated
    )


@transaction.atomic
def ask(
    rule: BudgetRule, me: MicroEnterprise, *, amount: Decimal, reason: str, by: User, on: date
) -> BudgetRequest:
    """Ask for money, or change what was asked, until the last day of asking.

    Who may sign for the ME asks; an HR admin may enter what an ME sent in writing.
    """
    allowed = permissions.may_sign_for(by, me, on=on) or permissions.may_set_budgets(by)
    permissions.require(
        allowed, f"{me}’s lead, or who may sign for it, asks for its money.", help="Ask them."
    )
    found = _locked(rule)
    require_trading(me)
    if on > ask_until(found):
        raise _over(f"MEs could ask until {ask_until(found):%-d %B %Y}.")
    if not reason.strip():
        raise Invalid("Say what the money is for; the peers read it.", field="reason")
    asked, _ = BudgetRequest.objects.update_or_create(
        rule=found, micro_enterprise=me,
        defaults={
            "amount": checked_amount(amount), "reason": reason.strip()[:500],
            "asked_by": by, "asked_on": on,
        },
    )  # fmt: skip
    audit.record("budget_request.ask", asked, by=by, on=on, me=me, amount=asked.amount)
    return asked


@transaction.atomic
def withdraw(asked: BudgetRequest, *, by: User, on: date) -> None:
    """Take the request back, until the last day of asking."""
    me = asked.micro_enterprise
    permissions.require(
        permissions.may_sign_for(by, me, on=on),
        f"{me}’s lead, or who may sign for it, withdraws its request.",
    )
    rule = _locked(asked.rule)
    if on > ask_until(rule):
        raise _over(f"MEs could ask until {ask_until(rule):%-d %B %Y}.")
    audit.record("budget_request.withdraw", asked, by=by, on=on, me=me, amount=asked.amount)
    BudgetRequest.objects.filter(pk=asked.pk).delete()


@transaction.atomic
def vote(asked: BudgetRequest, *, amount: Decimal, note: str, by: User, on: date) -> RequestVote:
    """Say how much one would grant, up to what is asked; changeable until the last day of voting.

    Forbidden without a seat on the board, and on the own ME.
    """
    rule = _locked(asked.rule)
    seat = rule.board.filter(peer=by).first()
    if seat is None:
        raise Forbidden("Only the peers of the board decide on requests.")
    me = asked.micro_enterprise
    if permissions.is_member(by, me, on=on):
        raise Forbidden(f"You are a member of {me}, so others decide on its request.")
    first, last = ask_until(rule), decide_by(rule)
    if not first < on <= last:
        raise _over(f"The board votes after {first:%-d %B %Y}, until {last:%-d %B %Y}.")
    if not amount.is_finite() or not 0 <= amount <= asked.amount:
        raise Invalid(
            f"Grant from 0.00 to {asked.amount:,.2f}, which is asked.",
            field="amount",
            value=str(amount),
        )
    cast, _ = RequestVote.objects.update_or_create(
        request=asked, seat=seat,
        defaults={"amount": amount, "note": note.strip()[:300], "voted_on": on},
    )  # fmt: skip
    audit.record("budget_request.vote", asked, by=by, on=on, me=me, amount=amount)
    return cast


@transaction.atomic
def enter_all(
    rule: BudgetRule, rows: Sequence[tuple[MicroEnterprise, Decimal, str]], *, by: User, on: date
) -> int:
    """Enter the requests of a file, each ME once; how many. A fault changes nothing."""
    require_may_set(by)
    seen: set[int] = set()
    for me, amount, reason in rows:
        if me.pk in seen:
            raise Invalid(f"{me} is listed twice.", field="file", value=str(me))
        seen.add(me.pk)
        ask(rule, me, amount=amount, reason=reason, by=by, on=on)
    return len(rows)


def open_rounds() -> QuerySet[BudgetRule]:
    """The rounds of requests of budgets that are not published yet, the newest first."""
    rules = BudgetRule.objects.filter(kind=BudgetRule.Kind.REQUESTS)
    drafts = rules.filter(state=BudgetRule.State.DRAFT, budget__isnull=False)
    return drafts.select_related("budget").order_by("-pk")


def may_see_round(rule: BudgetRule, user: User) -> bool:
    """Every request with its reason and votes: the peers, and whoever sees budgets."""
    is_peer = rule.board.filter(peer=user).exists()
    return is_peer or permissions.may_see_budgets(user)


@dataclass(frozen=True)
class Result:
    """One request as the round stands: who voted, and what is granted if nobody votes any more."""

    request: BudgetRequest
    votes: int
    peers: int
    granted: Decimal
    is_open: bool


def results(rule: BudgetRule, *, on: date) -> list[Result]:
    """Every request of the round by the name of its ME; a fixed number of queries."""
    rows = rule.requests.select_related("micro_enterprise", "asked_by__person")
    by_me = {row.micro_enterprise_id: row for row in rows}
    return [
        Result(
            by_me[each.micro_enterprise], len(each.votes), each.peers, budget_rules.decided(each),
            each.is_open,
        )
        for each in requests_of([rule], on=on)[rule.pk]
    ]  # fmt: skip


def visible_requests(user: User, *, on: date) -> QuerySet[BudgetRequest]:
    """Requests of the own MEs and of the rounds one decides in; all for whoever sees budgets."""
    rows = BudgetRequest.objects.all()
    if permissions.may_see_budgets(user):
        return rows
    mine = permissions.memberships_of(user, on=on).values("micro_enterprise")
    seats = BoardSeat.objects.filter(peer=user).values("rule")
    return rows.filter(Q(micro_enterprise__in=mine) | Q(rule__in=seats))


@dataclass(frozen=True)
class Standing:
    """How the votes on one request stand, for a reader who may know; `own_vote` is the reader's."""

    votes: int
    peers: int
    granted: Decimal
    is_open: bool
    own_vote: Decimal | None


def standings_for(rows: Sequence[BudgetRequest], *, user: User, on: date) -> dict[int, Standing]:
    """By key of the request, without those whose votes the user may not know.

    A fixed number of queries, however many requests and rounds.
    """
    rules = {row.rule_id: row.rule for row in rows}
    if not permissions.may_see_budgets(user):
        seats = BoardSeat.objects.filter(peer=user, rule__in=rules)
        known = set(seats.values_list("rule", flat=True))
        rules = {key: rule for key, rule in rules.items() if key in known}
    asked = {
        (key, each.micro_enterprise): each
        for key, requests in requests_of(rules.values(), on=on).items()
        for each in requests
    }
    votes = RequestVote.objects.filter(seat__peer=user, request__in=[row.pk for row in rows])
    own = dict(votes.values_list("request", "amount"))
    return {
        row.pk: Standing(
            len(each.votes), each.peers, budget_rules.decided(each), each.is_open, own.get(row.pk)
        )
        for row in rows
        if (each := asked.get((row.rule_id, row.micro_enterprise_id))) is not None
    }  # fmt: skip


def _locked(rule: BudgetRule) -> BudgetRule:
    """The rule, whose budget is still a draft; votes and publishing wait for each other."""
    budget = Budget.objects.select_for_update(no_key=True).filter(pk=rule.budget_id or 0).first()
    found = BudgetRule.objects.filter(pk=rule.pk, kind=BudgetRule.Kind.REQUESTS).first()
    if budget is None or found is None:
        raise Refused("This round of requests is over.", code="gone")
    if budget.state == Budget.State.PUBLISHED:
        raise _over(f"{budget} is published.")
    return found


def _over(why: str) -> Refused:
    return Refused(
        why, code="round_over", help="An HR admin may move the days while the budget is a draft."
    )
