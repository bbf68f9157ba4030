"""Contracts as pages and rules read them: who may know of which, and what waits for whom."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, When

from accounts.models import MicroEnterprise, User
from accounts.permissions import (
    is_of_the_firm,
    may_see_every_negotiation,
    may_see_negotiation,
    memberships_of,
    require,
)
from contracts.lifecycle import RUNNING, is_running
from contracts.models import (
    Contract,
    ContractEvent,
    ContractQuerySet,
    EndProposal,
    Proposal,
    SuccessMeasure,
)

State = Contract.State
ENDING_SOON = timedelta(days=30)
AT_MOST = 20


def visible_to(user: User, *, on: date) -> ContractQuerySet:
    """All contracts of the own MEs, and of others those that run that day (PRODUCT 4.22)."""
    contracts = Contract.objects.all()
    if may_see_every_negotiation(user) or user.has_scope("contracts:write"):
        return contracts
    mine = memberships_of(user, on=on).values("micro_enterprise")
    own = Q(buyer__in=mine) | Q(provider__in=mine)
    if not is_of_the_firm(user):
        return contracts.filter(own)
    running = Contract.objects.with_active_day(first=on, last=on)
    return contracts.filter(own | Q(pk__in=running.values("pk")))


def open_to(user: User, *, on: date) -> ContractQuerySet:
    """Contracts whose negotiation and delivery the user reads: parties, auditors, clients."""
    contracts = Contract.objects.all()
    if may_see_every_negotiation(user) or user.has_scope("usage:write"):
        return contracts
    mine = memberships_of(user, on=on).values("micro_enterprise")
    return contracts.filter(Q(buyer__in=mine) | Q(provider__in=mine))


def known_to(user: User, on: date) -> ContractQuerySet:
    """Contracts that a program may name to act on them; any other answers as one that is not."""
    seen, opened = visible_to(user, on=on), open_to(user, on=on)
    return Contract.objects.filter(Q(pk__in=seen.values("pk")) | Q(pk__in=opened.values("pk")))


def measures_known_to(user: User, on: date) -> QuerySet[SuccessMeasure]:
    """Of the own contracts all that were ever offered, of others those in force."""
    opened = Q(version__contract__in=open_to(user, on=on).values("pk"))
    in_force = Q(version__contract__in=visible_to(user, on=on).values("pk"))
    current = Q(version=F("version__contract__current"))
    return SuccessMeasure.objects.filter(opened | in_force & current)


def may_know(user: User, contract: Contract, *, on: date) -> bool:
    """Whether the user may know that the contract exists."""
    if may_see_negotiation(user, contract.buyer, contract.provider, on=on):
        return True
    if user.has_scope("contracts:write") or user.has_scope("usage:write"):
        return True
    return is_of_the_firm(user) and is_running(contract, on=on)


def in_state(contracts: QuerySet[Contract], state: str, *, on: date) -> QuerySet[Contract]:
    """Those whose state counts as `state` that day: `lifecycle.state_on` for a whole list."""
    return contracts.filter(in_states(state, on=on))


def events_of(contract: Contract, *, by: User, on: date) -> QuerySet[ContractEvent]:
    """What happened to a contract; Forbidden for whoever is of neither party."""
    require(
        may_see_negotiation(by, contract.buyer, contract.provider, on=on),
        f"What happened to {contract} is for its parties to read.",
    )
    return contract.events.select_related("version")


def in_states(*states: str, on: date) -> Q:
    """Contracts whose state that day, by the dates and not by the jobs, is one of these."""
    is_over = _over_by_dates(on=on)
    goes_on = Q(state__in=RUNNING) & ~is_over
    by_date: dict[str, Q] = {
        State.OFFERED: Q(state=State.OFFERED, answer_until_on__gte=on),
        State.LAPSED: Q(state=State.LAPSED) | Q(state=State.OFFERED, answer_until_on__lt=on),
        State.AGREED: Q(state=State.AGREED, starts_on__gt=on),
        State.ACTIVE: goes_on & (Q(state=State.ACTIVE) | Q(state=State.AGREED, starts_on__lte=on)),
        State.SUSPENDED: goes_on & Q(state=State.SUSPENDED),
        State.NOTICE: goes_on & Q(state=State.NOTICE),
        State.ENDED: Q(state=State.ENDED) | Q(state__in=RUNNING) & is_over,
    }
    wanted = Q()
    for state in states:
        wanted |= by_date.get(state, Q(state=state))
    return wanted


def _over_by_dates(*, on: date) -> Q:
    """`lifecycle.state_on` for running contracts: their term, their notice, or what hung over them
    has passed."""
    renews = Q(renews_months__gt=0, ended_on__isnull=True, state__in=[State.AGREED, State.ACTIVE])
    looming = Q(over_after_on__isnull=False, over_after_on__lt=on)
    named = Q(ended_on__isnull=False, ended_on__lt=on)
    return Q(ends_on__lt=on) & ~renews | named | looming


def with_title(contracts: ContractQuerySet) -> ContractQuerySet:
    """Annotated with `title`, what the current terms call it; the terms stay in the database."""
    related = contracts.select_related("buyer", "provider", "turn", "current")
    return related.defer("current__terms").annotate(title=F("current__title"))


def to_answer(me: MicroEnterprise, *, on: date) -> Q:
    """An offer whose turn it is, an end that the other side has named, or what it proposes."""
    named = _ends_to_confirm(me, on=on).filter(contract=OuterRef("pk"))
    asked = proposals_to_answer(me, on=on).filter(contract=OuterRef("pk"))
    return Q(turn=me) & in_states(State.OFFERED, on=on) | Q(Exists(named)) | Q(Exists(asked))


def proposals_to_answer(me: MicroEnterprise, *, on: date) -> QuerySet[Proposal]:
    """What the other side proposes and the ME may still confirm."""
    theirs = Q(contract__buyer=me) | Q(contract__provider=me)
    running = Q(contract__state__in=RUNNING)
    rows = Proposal.objects.filter(theirs & running, state=Proposal.State.OPEN)
    return rows.filter(answer_until_on__gte=on).exclude(proposed_for=me)


def waiting_first(
    contracts: ContractQuerySet, me: MicroEnterprise | None, *, on: date
) -> ContractQuerySet:
    """Annotated with `waits_for_us`; those first, then the newest."""
    waits = to_answer(me, on=on) if me else Q(pk__in=[])
    flag = Case(When(waits, then=1), default=0, output_field=IntegerField())
    return contracts.annotate(waits_for_us=flag).order_by("-waits_for_us", "-pk")


@dataclass(frozen=True)
class Waiting:
    """What one ME has to do about its contracts, the most urgent first; each at most twenty."""

    to_sign: list[Contract]
    ends_to_confirm: list[EndProposal]
    drafts: list[Contract]
    ending_soon: list[Contract]

    def __bool__(self) -> bool:
        return any((self.to_sign, self.ends_to_confirm, self.drafts, self.ending_soon))


def waiting_for(me: MicroEnterprise, *, on: date) -> Waiting:
    """Offers to answer, ends to confirm, drafts to offer, and contracts that end within 30 days.

    Four queries. Contracts carry `title`; an offer is due on its `answer_until_on`, an end too.
    """
    ours = with_title(Contract.objects.of(me))
    offers = ours.filter(in_states(State.OFFERED, on=on), turn=me)
    drafts = ours.filter(state=State.DRAFT, starts_on__gt=on, current__written_for=me)
    ending = ours.filter(in_states(State.ACTIVE, on=on), ends_on__lte=on + ENDING_SOON)
    ends = _ends_to_confirm(me, on=on).select_related("contract", "proposed_for")
    ends = ends.annotate(title=F("contract__current__title"))
    return Waiting(
        [*offers.order_by("answer_until_on", "pk")[:AT_MOST]],
        [*ends.order_by("answer_until_on", "pk")[:AT_MOST]],
        [*drafts.order_by("starts_on", "pk")[:AT_MOST]],
        [*ending.order_by("ends_on", "pk")[:AT_MOST]],
    )


def _ends_to_confirm(me: MicroEnterprise, *, on: date) -> QuerySet[EndProposal]:
    """Ends that the other side has named and that may still be confirmed."""
    theirs = Q(contract__buyer=me) | Q(contract__provider=me)
    running = Q(contract__state__in=RUNNING)
    return EndProposal.objects.filter(
        theirs & running, state=EndProposal.State.OPEN, answer_until_on__gte=on,
        last_day_on__lt=F("contract__ends_on"),
    ).exclude(proposed_for=me)  # fmt: skip
