"""What waits for the person who looks: to sign, confirm, rate, decide, or watch.

Each question is one query, whatever the number of things behind it; a long list is cut and
counted, and its own page has the rest.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q

from accounts import policy
from accounts.models import Membership, MicroEnterprise, Person, User
from accounts.permissions import is_chro, is_hr_admin, is_lead, may_sign_for, mes_of
from contracts.models import (
    Contract,
    EndProposal,
    Overage,
    Rating,
    RatingInvitation,
    SuccessMeasure,
    SuccessResult,
    Usage,
)
from contracts.queries.results import SilenceRule
from insights import changing, correction_needs, dispute_needs, level_needs
from insights.need import Need
from learning_market.queries import taught_out
from learning_market.queries import waiting_for as learning_waiting_for
from ledger.models import Budget, BudgetRequest, BudgetRule, MoneyMove, SettlementRun
from ledger.months import last_day, month_of, previous, text_of
from ledger.runs import due_on
from marketplace.models import OfferedMeasure

MOST = 8
Measurer = OfferedMeasure.Measurer
_ENDING_WITHIN = timedelta(days=30)


def of(user: User, me: MicroEnterprise | None, *, on: date) -> list[Need]:
    """Everything that waits for this user acting for this ME, the most pressing first."""
    needs = [*_own(user, on=on)]
    if me is not None:
        needs += _of_me(user, me, on=on)
    needs += dispute_needs.of_person(user, on=on)
    if is_chro(user):
        needs += dispute_needs.of_chro(on=on)
    if is_hr_admin(user):
        needs += _of_hr_admin(user, on=on)
    return sorted(needs, key=lambda need: need.due or date.max)


def _of_me(user: User, me: MicroEnterprise, *, on: date) -> Iterator[Need]:
    signs = may_sign_for(user, me, on=on)
    yield from _offers(me, signs=signs, on=on)
    yield from _usage(me, on=on)
    yield from _to_measure(me, on=on)
    yield from _measured(me, on=on)
    yield from level_needs.of(me, on=on)
    yield from _ending(me, on=on)
    if signs:
        yield from _ends(me, on=on)
        yield from (Need(*each) for each in changing.proposals(me, on=on))
        yield from (Need(*each) for each in changing.breaches(me, on=on))
        yield from _drafts(me)
        yield from _overages(me, on=on)
        yield from dispute_needs.of_me(me, on=on)
        yield from correction_needs.of_me(me)
        yield from _learning(me)
        yield from _learned(me, on=on)
    if is_lead(user, me, on=on):
        yield from _newcomers(me, on=on)


def _own(user: User, *, on: date) -> Iterator[Need]:
    """What only this person can do: accept terms, and say how satisfied they are."""
    if user.person_id is None:
        return
    yield from _to_vote(user, on=on)
    mine = Membership.objects.current(on=on).filter(person=user.person_id, person_accepted_at=None)
    for membership in mine.select_related("micro_enterprise")[:MOST]:
        me = membership.micro_enterprise
        yield Need(
            f"Become a partner of {me}",
            "Read and accept the partnership terms; then you may hold points and sign.",
            f"/mes/{me.pk}/",
            "Read the terms",
        )
    yield from _ratings(user, on=on)


def _ratings(user: User, *, on: date) -> Iterator[Need]:
    month = previous(on)
    if on.day > 14:
        return
    invited = RatingInvitation.objects.filter(person=user.person_id, month=month)
    rated = Rating.objects.filter(person=user.person_id, month=month).values("contract")
    count = invited.exclude(contract__in=rated).count()
    if count:
        what = "one service" if count == 1 else f"{count} services"
        yield Need(
            f"Rate {what} of {month:%B}",
            "Your own answer is shown to nobody; the score is, from five raters on.",
            "/ratings/",
            "Rate",
            on.replace(day=14),
        )


def _offers(me: MicroEnterprise, *, signs: bool, on: date) -> Iterator[Need]:
    waiting = Contract.objects.of(me).filter(
        state=Contract.State.OFFERED, turn=me, answer_until_on__gte=on
    )
    related = ("offering__current", "buyer", "provider")
    for contract in waiting.select_related(*related).order_by("answer_until_on")[:MOST]:
        other = contract.provider if contract.buyer_id == me.pk else contract.buyer
        yield Need(
            f"{contract.offering} with {other}",
            f"{other} has signed and waits for your answer.",
            f"/contracts/{contract.pk}/",
            "Read and sign" if signs else "Read the terms",
            contract.answer_until_on,
        )


def _usage(me: MicroEnterprise, *, on: date) -> Iterator[Need]:
    reported = Usage.objects.filter(contract__buyer=me, state=Usage.State.REPORTED)
    reported = reported.filter(counted_in=None, origin_month__gte=previous(on))
    rows = reported.values(
        "contract", "contract__offering__current__name", "contract__provider__name"
    )
    for row in rows.order_by("contract").distinct()[:MOST]:
        yield Need(
            f"Confirm what {row['contract__provider__name']} delivered",
            f"{row['contract__offering__current__name']}; what nobody contests is charged.",
            f"/contracts/{row['contract']}/#delivery",
            "Look and confirm",
        )


def _to_measure(me: MicroEnterprise, *, on: date) -> Iterator[Need]:
    """Measures of last month that this side was to measure and has not, until the month locks."""
    month = previous(on)
    if due_on(on) == SettlementRun.State.LOCKED:
        return
    entered = SuccessResult.objects.filter(measure=OuterRef("pk"), month=month)
    active = Contract.objects.with_active_day(first=month, last=last_day(month))
    ours = Q(measurer=Measurer.PROVIDER, version__contract__provider=me) | Q(
        measurer=Measurer.BUYER, version__contract__buyer=me
    )
    missing = SuccessMeasure.objects.filter(ours, version=F("version__contract__current"))
    missing = missing.filter(version__contract__in=active).exclude(Exists(entered))
    rows = list(missing.order_by("version__contract").values_list("version__contract", "name")[:50])
    contracts = list(dict.fromkeys(contract for contract, _ in rows))
    if rows:
        what = "One result" if len(rows) == 1 else f"{len(rows)} results"
        yield Need(
            f"{what} of {month:%B} to enter",
            "What nobody measured is flagged, and says nothing for your service.",
            f"/contracts/{contracts[0]}/?month={text_of(month)}#results",
            "Enter values",
            on.replace(day=3) if on.day <= 3 else None,
        )


def _measured(me: MicroEnterprise, *, on: date) -> Iterator[Need]:
    """Values that the other side entered; silence confirms them, so they must be seen in time."""
    theirs = Q(measure__measurer=Measurer.PROVIDER, contract__buyer=me) | Q(
        measure__measurer=Measurer.BUYER, contract__provider=me
    )
    entered = SuccessResult.objects.filter(
        theirs, state=SuccessResult.State.ENTERED, month__gte=previous(on)
    ).select_related("measure")
    rule = SilenceRule()
    open_ones = [
        each for each in entered.order_by("pk")[:200] if not rule.is_confirmed(each, on=on)
    ]
    if open_ones:
        first = open_ones[0]
        count = len(open_ones)
        yield Need(
            f"{first.measure.name}: {first.value.normalize():,f} {first.measure.unit}"
            + (f", and {count - 1} more results" if count > 1 else ""),
            "The other side measured it; your silence confirms it.",
            f"/contracts/{first.contract_id}/?month={text_of(first.month)}#results",
            "Confirm or contest",
            min(rule.answer_until(each) for each in open_ones),
        )


def _ends(me: MicroEnterprise, *, on: date) -> Iterator[Need]:
    """The other side named a last day and waits for the word of this one."""
    days = policy.in_force(on=on)["mutual_end_answer_days"]
    proposals = EndProposal.objects.filter(
        contract__in=Contract.objects.of(me),
        state=EndProposal.State.OPEN,
        proposed_on__gte=on - timedelta(days=days),
    ).exclude(proposed_for=me)
    related = ("contract__offering__current", "proposed_for")
    for proposal in proposals.select_related(*related).order_by("proposed_on")[:MOST]:
        yield Need(
            f"End of {proposal.contract.offering}",
            f"{proposal.proposed_for} would end it on {proposal.last_day_on:%-d %B}. "
            "Without your word it goes on.",
            f"/contracts/{proposal.contract_id}/",
            "Read and answer",
            proposal.proposed_on + timedelta(days=days),
        )


def _drafts(me: MicroEnterprise) -> Iterator[Need]:
    drafts = Contract.objects.filter(
        state=Contract.State.DRAFT, current__written_for=me
    ).select_related("offering__current", "buyer", "provider")
    for contract in drafts.order_by("-pk")[:MOST]:
        other = contract.provider if contract.buyer_id == me.pk else contract.buyer
        yield Need(
            f"Your draft: {contract.offering} with {other}",
            "Both sides can read it; it binds nobody before it is offered.",
            f"/contracts/{contract.pk}/",
            "Finish it",
        )


def _ending(me: MicroEnterprise, *, on: date) -> Iterator[Need]:
    running = Contract.objects.of(me).filter(state=Contract.State.ACTIVE)
    soon = running.filter(ends_on__gte=on, ends_on__lte=on + _ENDING_WITHIN)
    related = ("offering__current", "buyer", "provider")
    for contract in soon.select_related(*related).order_by("ends_on")[:MOST]:
        other = contract.provider if contract.buyer_id == me.pk else contract.buyer
        yield Need(
            f"{contract.offering} with {other} ends",
            f"Its last day is {contract.ends_on:%-d %B}. Look at its results before you go on.",
            f"/contracts/{contract.pk}/",
            "See the contract",
            contract.ends_on,
        )


def _overages(me: MicroEnterprise, *, on: date) -> Iterator[Need]:
    """They stay until they are decided: one that was contested, or passed over in silence, too."""
    undecided = Overage.objects.filter(
        contract__buyer=me, state__in=[Overage.State.WAITING, Overage.State.CONTESTED]
    ).select_related("contract__offering__current", "contract__provider")
    for overage in undecided.order_by("answer_until_on", "pk")[:MOST]:
        said, action, due = _standing_of(overage, on=on)
        yield Need(
            f"{overage.amount:,.2f} more than planned for {overage.contract.offering}",
            f"{overage.month:%B}: {said}",
            f"/contracts/{overage.contract_id}/",
            action,
            due,
        )


def _standing_of(overage: Overage, *, on: date) -> tuple[str, str, date | None]:
    provider = overage.contract.provider
    if overage.state == Overage.State.CONTESTED:
        return f"You contested it. Find a way with {provider}, or accept it.", "Look at it", None
    if on > overage.answer_until_on:
        return "Nobody answered in time, so it counts as contested.", "Look at it", None
    said = f"{overage.reason} The service goes on meanwhile."
    return said, "Accept or contest", overage.answer_until_on


def _learning(me: MicroEnterprise) -> Iterator[Need]:
    for purchase in learning_waiting_for(me)[:MOST]:
        yield Need(
            f"Decide: {purchase.run.course}",
            f"A member proposes to invest in it. {purchase.expected_return}",
            f"/learning/purchases/{purchase.pk}/",
            "Decide",
            purchase.run.starts_on,
        )


def _learned(me: MicroEnterprise, *, on: date) -> Iterator[Need]:
    for purchase in taught_out(me, on=on)[:MOST]:
        yield Need(
            f"Learned: {purchase.run.course}",
            f"The course ended on {purchase.run.ends_on:%-d %B}. Note it as completed, if it was.",
            f"/learning/purchases/{purchase.pk}/",
            "Note as completed",
        )


def _newcomers(me: MicroEnterprise, *, on: date) -> Iterator[Need]:
    waiting = Membership.objects.current(on=on).filter(micro_enterprise=me, lead_accepted_at=None)
    count = waiting.count()
    if count:
        who = "One member is not yet a partner"
        yield Need(
            who if count == 1 else f"{count} members are not yet partners",
            "They came in from HR data. Accept them, and tie each role to a customer outcome.",
            f"/mes/{me.pk}/",
            "Look at them",
        )


def _of_hr_admin(user: User, *, on: date) -> Iterator[Need]:
    if not Person.objects.exists():
        yield Need(
            "Nobody is known here yet",
            "Import the people whom your HR system knows; their units become micro-enterprises.",
            "/hr/people/import/",
            "Import people",
        )
    drafts = BudgetRule.objects.filter(state=BudgetRule.State.DRAFT, budget=None)
    drafts = drafts.exclude(drafted_by=user)
    for rule in drafts.order_by("pk")[:MOST]:
        yield Need(
            f"Budget: {rule.name}",
            "Drafted by another HR admin; it grants nothing before it is published.",
            f"/hr/budgets/{rule.pk}/",
            "Read and confirm",
        )
    yield from _second_hr_admin(user)
    proposed = MicroEnterprise.objects.filter(state=MicroEnterprise.State.PROPOSED)
    if count := proposed.count():
        yield Need(
            "One proposed micro-enterprise"
            if count == 1
            else f"{count} proposed micro-enterprises",
            "They trade as soon as they have a lead, an outcome, an offering and their rights.",
            "/mes/?state=proposed",
            "See what is missing",
        )
    yield from _settlement(on=on)


def _to_vote(user: User, *, on: date) -> Iterator[Need]:
    """Requests for money on which this peer has a vote and has not voted."""
    waiting = BudgetRequest.objects.filter(
        rule__state=BudgetRule.State.DRAFT, rule__board__peer=user,
        rule__terms__ask_until__lt=on.isoformat(), rule__terms__decide_by__gte=on.isoformat(),
    )  # fmt: skip
    waiting = waiting.exclude(votes__seat__peer=user)
    waiting = waiting.exclude(micro_enterprise__in=mes_of(user, on=on).values("pk"))
    rows = waiting.values_list("rule", "rule__terms__decide_by").annotate(count=Count("pk"))
    for rule, last, count in rows.order_by("rule")[:MOST]:
        yield Need(
            "One request for money" if count == 1 else f"{count} requests for money",
            "You are one of the peers who decide; the median of the votes is granted.",
            f"/money/requests/{rule}/board/",
            "Vote",
            date.fromisoformat(last),
        )


def _second_hr_admin(user: User) -> Iterator[Need]:
    """Budgets of a year and moves that another HR admin wants for the own ME (PRODUCT 4.22)."""
    waiting = Budget.objects.filter(state=Budget.State.WAITING).exclude(published_by=user)
    for budget in waiting.order_by("pk")[:MOST]:
        yield Need(
            str(budget),
            "Wanted by another HR admin, who is a member of an ME that it grants to.",
            f"/hr/budgets/years/{budget.pk}/",
            "Read and publish",
        )
    moves = MoneyMove.objects.filter(state=MoneyMove.State.WAITING).exclude(asked_by=user)
    for move in moves.select_related("payer", "payee").order_by("pk")[:MOST]:
        yield Need(
            f"Move from {move.payer} to {move.payee}",
            "Wanted by another HR admin, who is a member of the ME that receives it.",
            f"/hr/budgets/moves/{move.pk}/",
            "Read and confirm",
        )


def _settlement(*, on: date) -> Iterator[Need]:
    """A month that is behind its calendar, or has contracts that could not be settled."""
    month, order = previous(on), list(SettlementRun.State.values)
    run = SettlementRun.objects.filter(month=month).first()
    state = run.state if run else SettlementRun.State.OPEN
    address = f"/hr/settlement/{text_of(month)}/"
    if order.index(state) < order.index(due_on(on)) and Contract.objects.signed().exists():
        yield Need(
            f"{month:%B} waits to be {due_on(on)}",
            f"It is {state}. The timetable tries again every hour; you may do it by hand.",
            address,
            "Open the month",
        )
    if run and run.state != SettlementRun.State.LOCKED and (count := run.refusals.count()):
        yield Need(
            f"{count} contract{'s' if count > 1 else ''} of {month:%B} could not be settled",
            "Each says why and what to do; they can be retried until the month locks.",
            address,
            "See the reasons",
            month_of(on).replace(day=10),
        )
