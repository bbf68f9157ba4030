"""What a visitor sees of an ME and may do there, in a fixed number of queries."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.paginator import Page, Paginator
from django.db.models import F, Q

from accounts import permissions, queries
from accounts.models import (
    CustomerOutcome,
    Membership,
    MembershipQuerySet,
    MicroEnterprise,
    OutcomeLink,
    RightsGrant,
    Role,
    User,
)

PEOPLE_A_PAGE = 50
UNTIED_AT_A_GLANCE = 20


@dataclass(frozen=True)
class Member:
    """One person of the list; `share_points` is None for whoever may not see them."""

    row: Membership
    marks: str
    outcomes: list[str]
    share_points: int | None
    waits_for: str
    may_be_changed: bool
    may_be_accepted: bool


@dataclass(frozen=True)
class Tie:
    """A role that people hold or could hold, with the live outcomes that it serves."""

    role: Role
    outcomes: list[str]


@dataclass(frozen=True)
class Visitor:
    """What whoever looks may do here today."""

    is_lead: bool
    may_change: bool
    may_describe: bool
    may_decide: bool
    own: Membership | None
    waiting_count: int

    @property
    def must_accept(self) -> bool:
        return self.own is not None and self.own.person_accepted_at is None


@dataclass(frozen=True)
class MePage:
    """Everything about an ME that accounts knows; the market adds what it sells."""

    me: MicroEnterprise
    visitor: Visitor
    people: Page[Membership]
    members: list[Member]
    leads: list[Membership]
    named: list[Membership]
    ties: list[Tie]
    untied: list[Tie]
    outcomes: list[CustomerOutcome]
    ended_outcomes: list[CustomerOutcome]
    rights: list[RightsGrant]
    head_count: Decimal

    @property
    def tied(self) -> list[Tie]:
        return [tie for tie in self.ties if tie.outcomes]

    @property
    def untied_first(self) -> list[Tie]:
        """As many as are read at a glance; `untied_rest` folds, and hides none for good."""
        return self.untied[:UNTIED_AT_A_GLANCE]

    @property
    def untied_rest(self) -> list[Tie]:
        return self.untied[UNTIED_AT_A_GLANCE:]

    @property
    def shows_points(self) -> bool:
        """Whether the visitor may see any: the lead all of them, a member the own."""
        return any(member.share_points is not None for member in self.members)

    @property
    def coverage(self) -> str:
        """Roles with a live link of all roles (PRODUCT 4.18), in words."""
        return f"{len(self.ties) - len(self.untied)} of {len(self.ties)} roles tied"


def me_page(me: MicroEnterprise, *, user: User, on: date, page: str | None = None) -> MePage:
    """Read an ME for a visitor; `page` is the page of the people, 50 at a time."""
    visitor = visitor_of(me, user=user, on=on)
    ties = _ties(me, on=on)
    served = {tie.role.pk: tie.outcomes for tie in ties}
    outcomes = list(me.outcomes.order_by("name", "pk"))
    people = Paginator(_rows(me, on=on), PEOPLE_A_PAGE).get_page(page)
    leading = list(_rows(me, on=on).filter(Q(is_lead=True) | Q(is_acting_lead=True)))
    return MePage(
        me=me,
        visitor=visitor,
        people=people,
        members=[_member(row, visitor, served, user=user, on=on) for row in people],
        leads=[row for row in leading if row.starts_on <= on],
        named=list(_rows(me, on=on).exclude(named_as="")),
        ties=ties,
        untied=[tie for tie in ties if not tie.outcomes],
        outcomes=[each for each in outcomes if each.ends_on is None or each.ends_on >= on],
        ended_outcomes=[each for each in outcomes if each.ends_on and each.ends_on < on],
        rights=list(RightsGrant.objects.current(on=on).filter(micro_enterprise=me).order_by("pk")),
        head_count=queries.head_count_of(me, on=on),
    )


def visitor_of(me: MicroEnterprise, *, user: User, on: date) -> Visitor:
    own = _rows(me, on=on).filter(person=user.person_id).first() if user.person_id else None
    is_lead = permissions.is_lead(user, me, on=on)
    waiting = queries.memberships_waiting_for_lead(me, user, on=on).count() if is_lead else 0
    return Visitor(
        is_lead=is_lead,
        may_change=permissions.may_change_me(user, me, on=on),
        may_describe=permissions.may_describe_me(user, me, on=on),
        may_decide=permissions.may_activate_me(user),
        own=own,
        waiting_count=waiting,
    )


def _rows(me: MicroEnterprise, *, on: date) -> MembershipQuerySet:
    """Members of today and of days to come, leads first."""
    rows = Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gte=on), micro_enterprise=me)
    order = (F("is_lead").desc(), F("is_acting_lead").desc(), "person__name", "pk")
    return rows.select_related("person", "role", "micro_enterprise").order_by(*order)


def _ties(me: MicroEnterprise, *, on: date) -> list[Tie]:
    outcomes: dict[int, list[str]] = defaultdict(list)
    live = OutcomeLink.objects.live(on=on).filter(role__micro_enterprise=me)
    for link in live.select_related("outcome").order_by("outcome__name", "pk"):
        outcomes[link.role_id].append(link.outcome.name)
    return [Tie(role, outcomes[role.pk]) for role in me.roles.order_by("name")]


def _member(
    row: Membership, visitor: Visitor, served: dict[int, list[str]], *, user: User, on: date
) -> Member:
    is_own = row.person_id == user.person_id
    return Member(
        row=row,
        marks=_marks(row, on=on),
        outcomes=served.get(row.role_id, []),
        share_points=row.share_points if is_own or visitor.is_lead else None,
        waits_for=_waits_for(row),
        may_be_changed=visitor.may_change and not is_own,
        may_be_accepted=visitor.is_lead and not is_own and row.lead_accepted_at is None,
    )


def _marks(row: Membership, *, on: date) -> str:
    words = {
        "lead": row.is_lead,
        "acting lead": row.is_acting_lead,
        "named lead": row.named_as == Membership.NamedAs.LEAD,
        "named acting lead": row.named_as == Membership.NamedAs.ACTING_LEAD,
        "may sign": row.may_sign,
        f"from {row.starts_on:%-d %B %Y}": row.starts_on > on,
        f"until {row.ends_on or on:%-d %B %Y}": row.ends_on is not None,
    }
    return ", ".join(word for word, holds in words.items() if holds)


def _waits_for(row: Membership) -> str:
    """Whose acceptance of the partnership terms is still missing; empty for a partner."""
    sides = {str(row.person): row.person_accepted_at, "the lead": row.lead_accepted_at}
    return " and ".join(side for side, accepted in sides.items() if accepted is None)
