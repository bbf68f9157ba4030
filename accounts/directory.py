"""The people of the firm as HR sees them: found, filtered, and with the state of their log-in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet

from accounts import permissions
from accounts.actions.logins import INVITATION_LASTS
from accounts.models import Membership, OutcomeLink, Person, User

HERE, LEFT = "here", "left"
NO_LOGIN, INVITED, OPEN, CLOSED = "none", "invited", "open", "closed"
LOGIN_WORDS = {
    NO_LOGIN: "No log-in", INVITED: "Invited", OPEN: "Open", CLOSED: "Closed",
}  # fmt: skip
_HAS_NO_PASSWORD = Q(user__password__startswith="!")  # noqa: S106  Django's mark for "none"
_LOGIN: Mapping[str, Q] = {
    NO_LOGIN: Q(user=None),
    INVITED: Q(user__is_active=True) & _HAS_NO_PASSWORD,
    OPEN: Q(user__is_active=True) & ~_HAS_NO_PASSWORD & Q(user__isnull=False),
    CLOSED: Q(user__is_active=False),
}


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to; empty is everything, `state` is HERE unless LEFT."""

    q: str = ""
    unit: str = ""
    login: str = ""
    state: str = HERE


def people(wanted: Wanted, *, by: User) -> QuerySet[Person]:
    """Those that fit, by name, with their log-ins; Forbidden for whoever may not see HR data."""
    permissions.require(
        permissions.may_see_people(by), "Only HR admins and auditors see HR data.",
        help="Ask an HR admin.",
    )  # fmt: skip
    rows = Person.objects.filter(_of_state(wanted.state), _of_search(wanted))
    if wanted.login in _LOGIN:
        rows = rows.filter(_LOGIN[wanted.login])
    return rows.select_related("user").order_by("name", "pk")


def counts_by_login(wanted: Wanted) -> dict[str, int]:
    """How many of the people in view have which log-in; one query."""
    rows = Person.objects.filter(_of_state(wanted.state), _of_search(wanted))
    figures = {name: Count("pk", filter=condition) for name, condition in _LOGIN.items()}
    return rows.aggregate(**figures)


def counts_by_state(wanted: Wanted) -> dict[str, int]:
    """How many are here and how many have left; one query."""
    rows = Person.objects.filter(_of_search(wanted))
    is_left = Q(left_on__isnull=False)
    return rows.aggregate(here=Count("pk", filter=~is_left), left=Count("pk", filter=is_left))


def invitable(wanted: Wanted, *, by: User) -> QuerySet[Person]:
    """The people in view who could be invited now: here, with an address, without a log-in."""
    return people(wanted, by=by).filter(_LOGIN[NO_LOGIN], left_on=None).exclude(email="")


def _of_state(state: str) -> Q:
    return Q(left_on__isnull=False) if state == LEFT else Q(left_on=None)


def _of_search(wanted: Wanted) -> Q:
    found = Q()
    for word in wanted.q.split()[:8]:
        found &= (
            Q(name__icontains=word) | Q(email__icontains=word) | Q(external_id__iexact=word)
            | Q(hr_unit__icontains=word)
        )  # fmt: skip
    return found & Q(hr_unit__iexact=wanted.unit) if wanted.unit else found


def login_of(person: Person, *, now: datetime) -> tuple[str, str, str]:
    """The state of a person's log-in: its word, its sentence and its tone on a page."""
    user = getattr(person, "user", None)
    if user is None:
        return NO_LOGIN, "Nobody was invited yet.", ""
    if not user.is_active:
        return CLOSED, "The log-in is closed.", "act"
    if user.has_usable_password():
        return OPEN, "Signs in with a password of their own.", "good"
    if user.invited_at is None:
        return INVITED, "No password was chosen yet.", "watch"
    until = user.invited_at + INVITATION_LASTS
    if now > until:
        return INVITED, "The invitation has expired. Invite again.", "act"
    return INVITED, f"The invitation works until {until:%-d %B %Y}.", "watch"


def memberships(person: Person) -> QuerySet[Membership]:
    """Every membership, the newest first, with its ME and role."""
    rows = person.memberships.select_related("micro_enterprise", "role")
    return rows.order_by("-starts_on", "-pk")


def tied_roles(rows: QuerySet[Membership], *, on: date) -> set[int]:
    """Which of the roles are tied to a customer outcome that day."""
    links = OutcomeLink.objects.filter(role__in=rows.values("role"), starts_on__lte=on)
    return set(links.filter(Q(ends_on=None) | Q(ends_on__gte=on)).values_list("role", flat=True))
