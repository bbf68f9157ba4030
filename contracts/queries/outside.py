"""Orders outside as pages and rules read them."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import QuerySet

from accounts.models import MicroEnterprise, User
from accounts.permissions import may_see_all_money, may_see_money, mes_of
from contracts.models import OutsidePurchase
from marketplace.models import ServiceOffering

State = OutsidePurchase.State


def visible_to(user: User, *, on: date) -> QuerySet[OutsidePurchase]:
    """Orders of the own MEs; all of them for whom all money is open (PRODUCT 4.22)."""
    purchases = OutsidePurchase.objects.select_related(
        "buyer", "offer__supplier", "offer__category"
    )
    if may_see_all_money(user):
        return purchases
    return purchases.filter(buyer__in=mes_of(user, on=on))


def may_know(user: User, purchase: OutsidePurchase, *, on: date) -> bool:
    return may_see_money(user, purchase.buyer, on=on)


def waiting_for(me: MicroEnterprise) -> QuerySet[OutsidePurchase]:
    """Ordered by this ME and not yet received, oldest first."""
    ordered = OutsidePurchase.objects.filter(buyer=me, state=State.ORDERED)
    return ordered.select_related("offer__supplier").order_by("ordered_on", "pk")


class LostSale(NamedTuple):
    """All that a provider learns of a purchase outside: what, when, at which price, and why."""

    category: str
    bought: str
    unit: str
    on: date | None
    price: Decimal
    reason: str


def lost_by(provider: MicroEnterprise) -> QuerySet[OutsidePurchase]:
    """Orders outside in the categories in which this ME sells, newest first."""
    sold = ServiceOffering.objects.filter(
        provider=provider, state=ServiceOffering.State.PUBLISHED
    ).values("category")
    bought = OutsidePurchase.objects.filter(
        state__in=[State.ORDERED, State.RECEIVED], offer__category__in=sold
    ).exclude(buyer=provider)
    return bought.select_related("offer__category").order_by("-ordered_on", "-pk")


def as_lost(purchases: Iterable[OutsidePurchase]) -> list[LostSale]:
    """The purchases without anything that a provider need not know."""
    return [
        LostSale(
            str(each.offer.category),
            each.offer.name,
            each.offer.unit,
            each.ordered_on,
            each.price,
            each.reason,
        )
        for each in purchases
    ]
