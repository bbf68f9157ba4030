"""Contracts as pages and rules read them: who may know of which, and what waits for whom."""

from datetime import date

from django.db.models import Case, F, Q, QuerySet, Value, When

from accounts.models import User
from accounts.permissions import (
    is_of_the_firm,
    may_see_every_negotiation,
    may_see_negotiation,
    memberships_of,
    require,
)
from contracts.lifecycle import is_running
from contracts.models import Contract, ContractEvent, ContractQuerySet


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


def may_know(user: User, contract: Contract, *, on: date) -> bool:
    """Whether the user may know that the contract exists."""
    if may_see_negotiation(user, contract.buyer, contract.provider, on=on):
        return True
    if user.has_scope("contracts:write"):
        return True
    return is_of_the_firm(user) and is_running(contract, on=on)


def in_state(contracts: QuerySet[Contract], state: str, *, on: date) -> QuerySet[Contract]:
    """Those whose state counts as `state` that day: `lifecycle.state_on` for a whole list."""
    signed = [Contract.State.AGREED, Contract.State.ACTIVE]
    by_date = Case(
        When(state="offered", answer_until_on__lt=on, then=Value(Contract.State.LAPSED)),
        When(state__in=signed, ends_on__lt=on, then=Value(Contract.State.ENDED)),
        When(state="agreed", starts_on__lte=on, then=Value(Contract.State.ACTIVE)),
        default=F("state"),
    )
    return contracts.annotate(state_by_date=by_date).filter(state_by_date=state)


def events_of(contract: Contract, *, by: User, on: date) -> QuerySet[ContractEvent]:
    """What happened to a contract; Forbidden for whoever is of neither party."""
    require(
        may_see_negotiation(by, contract.buyer, contract.provider, on=on),
        f"What happened to {contract} is for its parties to read.",
    )
    return contract.events.select_related("version")
