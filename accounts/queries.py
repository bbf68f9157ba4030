"""Reads that every app above asks for."""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Lower

from accounts.models import HeadCount, Holiday, Membership, MicroEnterprise, Organization


def organization() -> Organization:
    """The firm; Organization.DoesNotExist before it was founded."""
    return Organization.objects.get()


def holidays() -> frozenset[date]:
    """The days that are no working days besides weekends."""
    return frozenset(Holiday.objects.values_list("day", flat=True))


def head_count_of(me: MicroEnterprise, *, on: date) -> Decimal:
    """Full-time equivalents in an ME that day, two places: see `head_counts_of`."""
    return head_counts_of([me], on=on)[me.pk]


def head_counts_of(mes: Iterable[MicroEnterprise], *, on: date) -> dict[int, Decimal]:
    """By ME: its members' FTE times their allocation, and the posts that its HR unit only counts.

    The counts are those of the newest day up to `on` of each source. Two queries for all MEs.
    """
    mes = list(mes)
    share = F("person__fte") * F("allocation_percent") / 100
    members = Membership.objects.current(on=on).filter(micro_enterprise__in=mes)
    sums = members.values_list("micro_enterprise").annotate(total=Sum(share)).order_by()
    by_me = dict(sums)
    posts = _posts_in_force(mes, on=on)
    return {
        me.pk: _two_places(
            by_me.get(me.pk, Decimal(0)) + posts.get(me.hr_unit.casefold(), Decimal(0))
        )
        for me in mes
    }


def _posts_in_force(mes: list[MicroEnterprise], *, on: date) -> dict[str, Decimal]:
    units = {me.hr_unit.casefold() for me in mes if me.hr_unit}
    counted = HeadCount.objects.filter(counted_on__lte=on)
    newest = counted.filter(source=OuterRef("source")).order_by("-counted_on")
    in_force = counted.annotate(unit=Lower("hr_unit")).filter(
        unit__in=units, counted_on=Subquery(newest.values("counted_on")[:1])
    )
    sums = in_force.values_list("unit").annotate(total=Sum("fte")).order_by()
    return {unit.casefold(): total for unit, total in sums}


def _two_places(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)
