"""What the rules of a budget read of the firm, and nothing more: see `budget_rules.Inputs`.

Posts of people, money earned inside, and requests that peers decided. What an ME has left over is
not asked for anywhere here (PRODUCT 4.9).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum

from accounts.models import Membership, MicroEnterprise
from ledger import budget_rules
from ledger.budget_figures import heads_by_me
from ledger.budget_rules import Asked, Inputs
from ledger.models import BoardSeat, BudgetRequest, BudgetRule, RequestVote, Transfer
from ledger.money import ZERO

Kind = BudgetRule.Kind
EARNED = (Transfer.Kind.CHARGE, Transfer.Kind.LEARNING)


def read(rules: Sequence[BudgetRule], *, on: date) -> Inputs:
    """All that these rules read, as it is known on that day; a fixed number of queries for each
    day, period and round of requests that they name."""
    trading = MicroEnterprise.objects.trading().order_by("name", "pk")
    rows = list(trading.values_list("pk", "name", "kind"))
    names = {key: name for key, name, _ in rows}
    days = {day for rule in rules for day in budget_rules.posts_read(rule.kind, rule.terms)}
    periods = {period for rule in rules for period in budget_rules.revenue_read(rule.terms)}
    return Inputs(
        names=names,
        kinds={key: kind for key, _, kind in rows},
        posts={day: heads_by_me(names, on=day) for day in days},
        revenue={period: earned_inside(*period) for period in periods},
        requests=requests_of([rule for rule in rules if rule.kind == Kind.REQUESTS], on=on),
    )


def earned_inside(first: date, last: date) -> dict[int, Decimal]:
    """What each ME was paid by others for the months from `first` to `last`, less credits."""
    rows = Transfer.objects.filter(month__gte=first, month__lte=last)
    earned: dict[int, Decimal] = defaultdict(Decimal)
    received = rows.filter(kind__in=EARNED, payee__system="")
    for me, total in received.values_list("payee__owner").annotate(total=Sum("amount")).order_by():
        earned[me] += total
    given = rows.filter(kind=Transfer.Kind.CREDIT, payer__system="")
    for me, total in given.values_list("payer__owner").annotate(total=Sum("amount")).order_by():
        earned[me] -= total
    return dict(earned)


def requests_of(rules: Iterable[BudgetRule], *, on: date) -> dict[int, list[Asked]]:
    """By key of the rule: each request, with the votes of those peers who may decide on it."""
    by_key = {rule.pk: rule for rule in rules}
    if not by_key:
        return {}
    seats = list(BoardSeat.objects.filter(rule__in=by_key).select_related("peer"))
    own = _own_mes(seats, by_key, on=on)
    votes: dict[int, dict[int, Decimal]] = defaultdict(dict)
    rows = RequestVote.objects.filter(request__rule__in=by_key).order_by("pk")
    for request, seat, amount in rows.values_list("request", "seat", "amount"):
        votes[request][seat] = amount
    found: dict[int, list[Asked]] = {key: [] for key in by_key}
    asked = BudgetRequest.objects.filter(rule__in=by_key)
    for row in asked.order_by("micro_enterprise__name", "pk"):
        may = [
            seat.pk
            for seat in seats
            if seat.rule_id == row.rule_id and row.micro_enterprise_id not in own[seat.pk]
        ]
        cast = [votes[row.pk][seat] for seat in may if seat in votes[row.pk]]
        is_open = on <= decide_by(by_key[row.rule_id]) and len(cast) < len(may)
        found[row.rule_id].append(
            Asked(row.micro_enterprise_id, row.amount, cast, len(may), is_open)
        )
    return found


def decide_by(rule: BudgetRule) -> date:
    """The last day on which the board votes."""
    return date.fromisoformat(rule.terms["decide_by"])


def ask_until(rule: BudgetRule) -> date:
    """The last day on which an ME may ask."""
    return date.fromisoformat(rule.terms["ask_until"])


def granted_last_year(*, fund: str, fiscal_year: int) -> Mapping[int, Decimal]:
    """What the budgets of the year before planned for each ME, for comparison alone."""
    rules = BudgetRule.objects.filter(
        Q(budget=None) | Q(budget__started_on__isnull=False),
        state=BudgetRule.State.PUBLISHED, fund=fund, fiscal_year=fiscal_year - 1,
    )  # fmt: skip
    rows = rules.filter(allocations__stopped_on=None).values_list("allocations__micro_enterprise")
    sums = rows.annotate(total=Sum("allocations__amount")).order_by()
    return defaultdict(lambda: ZERO, {me: total for me, total in sums if me is not None})


def _own_mes(
    seats: Sequence[BoardSeat], rules: Mapping[int, BudgetRule], *, on: date
) -> dict[int, set[int]]:
    """The MEs of each peer on its round's day of deciding, on which that peer has no vote.

    One query for each such day.
    """
    days = {key: min(on, decide_by(rule)) for key, rule in rules.items()}
    people = {seat.peer.person_id for seat in seats}
    mine: dict[tuple[date, int], set[int]] = defaultdict(set)
    for day in set(days.values()):
        rows = Membership.objects.current(on=day).filter(person__in=people)
        for person, me in rows.values_list("person", "micro_enterprise"):
            mine[day, person].add(me)
    return {seat.pk: mine[days[seat.rule_id], seat.peer.person_id or 0] for seat in seats}
