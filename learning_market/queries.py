"""The catalogue and what an ME invested, as pages and the API read them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.postgres.search import SearchQuery
from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum

from accounts.models import Membership, MicroEnterprise, Person, User
from accounts.permissions import is_lead, may_see_all_learning, mes_of
from learning_market.models import Course, CourseRun, CourseRunQuerySet, LearningPurchase
from learning_market.models import LearningSeat as Seat
from ledger.money import ZERO

SORTS = {
    "soonest": ("starts_on", "pk"),
    "price": ("price", "starts_on", "pk"),
    "-price": ("-price", "starts_on", "pk"),
    "title": ("course__title", "starts_on", "pk"),
}


@dataclass(frozen=True)
class Wanted:
    """What the catalogue is asked for; empty means all."""

    words: str = ""
    topic: str = ""
    where: str = ""
    price_to: Decimal | None = None
    month: date | None = None
    sort: str = "soonest"


def open_runs(wanted: Wanted, *, on: date) -> CourseRunQuerySet:
    """Runs that may still be invested in, with their course and who teaches it."""
    runs = CourseRun.objects.open(on=on).select_related("course__provider", "course__supplier")
    if wanted.words:
        runs = runs.filter(course__search=SearchQuery(wanted.words, search_type="websearch"))
    if wanted.topic:
        runs = runs.filter(course__topic=wanted.topic)
    if wanted.where:
        runs = runs.filter(course__provider__isnull=wanted.where == "outside")
    if wanted.price_to is not None:
        runs = runs.filter(price__lte=wanted.price_to)
    if wanted.month:
        runs = runs.filter(starts_on__year=wanted.month.year, starts_on__month=wanted.month.month)
    return runs.order_by(*SORTS.get(wanted.sort, SORTS["soonest"]))


def topics(*, on: date) -> list[tuple[str, int]]:
    """Every topic with an open run, and how many there are."""
    runs = CourseRun.objects.open(on=on).values_list("course__topic")
    return list(runs.annotate(count=Count("pk")).order_by("course__topic"))


def courses() -> QuerySet[Course]:
    return Course.objects.select_related("provider", "supplier").prefetch_related(
        Prefetch("runs", CourseRun.objects.order_by("starts_on"))
    )


def members_to_learn(me: MicroEnterprise, *, on: date) -> QuerySet[Person]:
    """The members of the ME that day, by name."""
    current = Membership.objects.current(on=on).filter(micro_enterprise=me)
    return Person.objects.filter(pk__in=current.values("person")).order_by("name", "pk")


def purchases_of(me: MicroEnterprise) -> QuerySet[LearningPurchase]:
    """Newest first, with the number of open seats in `seat_count`."""
    purchases = LearningPurchase.objects.filter(micro_enterprise=me)
    return _with_course(purchases).order_by("-proposed_on", "-pk")


def purchases_visible_to(user: User, *, on: date) -> QuerySet[LearningPurchase]:
    """Those of the own MEs; for the auditor all. Who learns is a further question (4.22)."""
    purchases = LearningPurchase.objects.all()
    if not may_see_all_learning(user):
        purchases = purchases.filter(micro_enterprise__in=mes_of(user, on=on))
    return _with_course(purchases)


def seats_known_to(user: User, on: date) -> QuerySet[Seat]:
    """Seats of the purchases that the user may know of."""
    return Seat.objects.filter(purchase__in=purchases_visible_to(user, on=on).values("pk"))


def seats_shown_to(user: User, purchase: LearningPurchase, *, on: date) -> list[tuple[Seat, str]]:
    """Each seat with the name that this user may read: the own one, or all for the lead.

    Named learning is the person's and the own lead's to know, nobody else's (PRODUCT 4.22).
    """
    knows_all = is_lead(user, purchase.micro_enterprise, on=on)
    seats = purchase.seats.select_related("person").order_by("pk")
    return [
        (seat, seat.person.name if knows_all or seat.person_id == user.person_id else "")
        for seat in seats
    ]


def waiting_for(me: MicroEnterprise) -> QuerySet[LearningPurchase]:
    """Proposals that the lead decides."""
    return purchases_of(me).filter(state=LearningPurchase.State.PROPOSED)


def taught_out(me: MicroEnterprise, *, on: date) -> QuerySet[LearningPurchase]:
    """Paid courses whose last day has come: the lead notes them as completed, the oldest first."""
    ended = purchases_of(me).filter(state=LearningPurchase.State.IN_PROGRESS, run__ends_on__lte=on)
    return ended.order_by("run__ends_on", "pk")


def has_any_run(*, on: date) -> bool:
    """Whether the catalogue holds anything that lies ahead, whatever the filters."""
    return CourseRun.objects.open(on=on).exists()


def _with_course(purchases: QuerySet[LearningPurchase]) -> QuerySet[LearningPurchase]:
    """With the open seats in `seat_count`, and in `invested` what all seats cost, less what
    cancelled ones gave back: the kept part of a late one stays an investment.
    """
    related = ("micro_enterprise", "run__course__provider", "run__course__supplier", "proposed_by")
    seats = Count("seats", filter=Q(seats__state=Seat.State.OPEN))
    invested = F("price") * Count("seats") - Sum("seats__released", default=ZERO)
    return purchases.select_related(*related).annotate(seat_count=seats, invested=invested)


def purchase_names(keys: Collection[int]) -> dict[int, str]:
    """The course's title by the purchase's key; one query."""
    found = LearningPurchase.objects.filter(pk__in=keys)
    return dict(found.values_list("pk", "run__course__title"))
