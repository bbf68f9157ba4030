"""Contracts as pages and rules read them: who may know of which, and what waits for whom."""

from datetime import date

from django.db.models import Q

from accounts.models import User
from accounts.permissions import (
    is_of_the_firm,
    may_see_every_negotiation,
    may_see_negotiation,
    memberships_of,
)
from contracts.lifecycle import is_running
from contracts.models import Contract, ContractQuerySet


def visible_to(user: User, *, on: date) -> ContractQuerySet:
    """All contracts of the own MEs, and of others those that run that day (PRODUCT 4.22)."""
    contracts = Contract.objects.all()
    if may_see_every_negotiation(user):
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
