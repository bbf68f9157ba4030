"""Reads that every app above asks for."""

from collections.abc import Collection, Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import F, OuterRef, Prefetch, Q, Subquery, Sum
from django.db.models.functions import Lower

from accounts.models import (
    HeadCount,
    Holiday,
    Membership,
    MembershipQuerySet,
    MicroEnterprise,
    MicroEnterpriseQuerySet,
    Organization,
    Person,
    User,
)
from accounts.models.people import PersonQuerySet


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


def found_mes(
    *, on: date, wanted: str = "", kind: str = "", state: str = ""
) -> MicroEnterpriseQuerySet:
    """MEs by words of name or purpose, kind and state, with the `leads` of the day.

    What is over is found only by its state, so that the list shows whom one can deal with.
    """
    found = MicroEnterprise.objects.all()
    if wanted:
        found = found.filter(Q(name__icontains=wanted) | Q(purpose__icontains=wanted))
    if kind:
        found = found.filter(kind=kind)
    found = found.filter(state=state) if state else found.exclude(state__in=MicroEnterprise.OVER)
    current = Membership.objects.current(on=on)
    return found.prefetch_related(
        Prefetch(
            "memberships",
            queryset=current.leading().select_related("person").order_by("pk"),
            to_attr="leads",
        )
    )


def people_found(
    wanted: str, *, outside: MicroEnterprise | None = None, on: date
) -> PersonQuerySet:
    """Up to 20 people of the firm by name or HR key; `outside` leaves out the members of an ME."""
    if not wanted.strip():
        return Person.objects.none()
    words = Q(external_id__iexact=wanted.strip())
    words |= Q(name__icontains=wanted.strip())
    found = Person.objects.present().filter(words)
    if outside is not None:
        members = Membership.objects.current(on=on).filter(micro_enterprise=outside)
        found = found.exclude(pk__in=members.values("person"))
    return _first_twenty(found)


def people_to_name(user: User, on: date) -> PersonQuerySet:
    """Whom the API may name by id: people of the firm, for whoever is of the firm or a client."""
    _ = user, on
    return Person.objects.present()


def fellows_of(user: User, *, on: date) -> PersonQuerySet:
    """Oneself and the people of the own MEs that day."""
    mine = Membership.objects.current(on=on).filter(person=user.person_id)
    here = Membership.objects.current(on=on).filter(
        micro_enterprise__in=mine.values("micro_enterprise")
    )
    return Person.objects.filter(Q(pk=user.person_id) | Q(pk__in=here.values("person")))


def members_to_lead(me: MicroEnterprise, *, on: date) -> PersonQuerySet:
    """The members of an ME, whom an HR admin is offered first when it has no lead."""
    members = Membership.objects.current(on=on).filter(micro_enterprise=me)
    return _first_twenty(Person.objects.present().filter(pk__in=members.values("person")))


def allocation_elsewhere(person: Person, me: MicroEnterprise, *, on: date) -> Decimal:
    """The percentage of a person's time that other MEs have that day."""
    others = Membership.objects.current(on=on).filter(person=person).exclude(micro_enterprise=me)
    return sum(others.values_list("allocation_percent", flat=True), Decimal(0))


def memberships_to_accept(user: User, *, on: date) -> MembershipQuerySet:
    """The user's own memberships whose partnership terms the user has not accepted yet."""
    if user.person_id is None:
        return Membership.objects.none()
    own = Membership.objects.filter(person=user.person_id, person_accepted_at=None)
    own = own.filter(Q(ends_on=None) | Q(ends_on__gte=on))
    own = own.exclude(micro_enterprise__state__in=MicroEnterprise.OVER)
    return own.select_related("micro_enterprise", "role").order_by("micro_enterprise__name", "pk")


def memberships_waiting_for_lead(
    me: MicroEnterprise, user: User, *, on: date
) -> MembershipQuerySet:
    """Members whose terms the ME's lead has not accepted; the lead's own row is not among them."""
    rows = Membership.objects.current(on=on).filter(micro_enterprise=me, lead_accepted_at=None)
    return rows.exclude(person=user.person_id)


def _first_twenty(found: PersonQuerySet) -> PersonQuerySet:
    """By name; a form can still look one of them up, which a slice would refuse."""
    first = found.order_by("name", "pk").values("pk")[:20]
    return Person.objects.filter(pk__in=first).order_by("name", "pk")


def me_names(keys: Collection[int]) -> dict[int, str]:
    """The names of MEs by key, for whoever prints what money was for."""
    return dict(MicroEnterprise.objects.filter(pk__in=keys).values_list("pk", "name"))
