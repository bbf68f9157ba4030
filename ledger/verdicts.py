"""What pages read of the verdicts that were kept of each ME's months."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from accounts.models import MicroEnterprise, User
from accounts.permissions import may_see_all_money, memberships_of
from ledger.models import ValueVerdict

# As many as decide about probation, and the months around them.
SHOWN = 6


def verdicts_of(me: MicroEnterprise, *, most: int = SHOWN) -> list[ValueVerdict]:
    """The last verdicts on the ME, newest first; one query."""
    return list(me.verdicts.order_by("-month")[:most])


def last_verdicts(mes: Collection[int], *, most: int = SHOWN) -> Mapping[int, list[ValueVerdict]]:
    """The last verdicts on each of these MEs, newest first; one query."""
    place = Window(RowNumber(), partition_by="micro_enterprise", order_by=F("month").desc())
    rows = ValueVerdict.objects.filter(micro_enterprise__in=mes).annotate(place=place)
    found: dict[int, list[ValueVerdict]] = defaultdict(list)
    for row in rows.filter(place__lte=most).order_by("micro_enterprise", "-month"):
        found[row.micro_enterprise_id].append(row)
    return found


def visible_verdicts(user: User, *, on: date) -> QuerySet[ValueVerdict]:
    """On the own MEs, and on every ME for whoever sees all money (PRODUCT 4.22)."""
    if may_see_all_money(user):
        return ValueVerdict.objects.all()
    mine = memberships_of(user, on=on).values("micro_enterprise")
    return ValueVerdict.objects.filter(micro_enterprise__in=mine)


def judged_mes(state: str = "") -> QuerySet[MicroEnterprise]:
    """MEs that were judged at least once, those on probation first."""
    rows = MicroEnterprise.objects.filter(pk__in=ValueVerdict.objects.values("micro_enterprise"))
    if state:
        rows = rows.filter(state=state)
    # "probation" comes last in the alphabet of the trading states.
    return rows.order_by("-state", "name", "pk")
