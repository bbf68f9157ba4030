"""Courses and their runs, recorded by whoever offers them; a supplier's by whoever finds them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from accounts import audit
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from accounts.permissions import (
    may_publish_for,
    may_record_outside_offers,
    may_run_learning_catalogue,
    require,
)
from learning_market.actions import investing
from learning_market.models import Course, CourseRun, LearningPurchase
from marketplace.models import OutsideSupplier


@dataclass(frozen=True)
class CourseTerms:
    """The words of a course; `reference` is its key in `source`, made up where it has none."""

    title: str
    topic: str
    description: str = ""
    source: str = ""
    reference: str = ""


@dataclass(frozen=True)
class RunTerms:
    """When, where and for how much; `seats` None is unlimited, a price of 0 is free."""

    starts_on: date
    ends_on: date
    price: Decimal
    seats: int | None = None
    place: str = ""
    reference: str = ""


def may_change(user: User, course: Course, *, on: date) -> bool:
    """An inside course: lead or `may_sign` of its ME; an outside one: as outside offers."""
    if course.provider is not None:
        return may_publish_for(user, course.provider, on=on) or user.has_scope("learning:write")
    return may_run_learning_catalogue(user) or may_record_outside_offers(user, on=on)


@transaction.atomic
def record_course(
    terms: CourseTerms,
    *,
    provider: MicroEnterprise | None = None,
    supplier: str = "",
    by: User,
    on: date,
) -> Course:
    """A course of an ME of ours, or of a supplier outside (made at its first mention)."""
    course = Course(
        provider=provider, title=terms.title, topic=terms.topic, description=terms.description,
        source=terms.source or "by hand", recorded_on=on, recorded_by=by,
    )  # fmt: skip
    require_may_change(by, course, on=on)
    if provider is None:
        course.supplier = _supplier_named(supplier)
    count = Course.objects.filter(source=course.source).count()
    course.reference = terms.reference or f"{on:%Y%m%d}-{count + 1}-{terms.title[:60]}"
    with saying(
        course_recorded_once=Refused(
            f"{terms.title} is recorded already.", code="recorded_already",
            help="Add a run to the course that stands.",
        )
    ):  # fmt: skip
        course.save(force_insert=True)
    audit.record("course.record", course, by=by, on=on, me=provider)
    return course


@transaction.atomic
def describe_course(course: Course, terms: CourseTerms, *, by: User, on: date) -> Course:
    """Change a course's words; dates and prices belong to its runs."""
    course = Course.objects.select_for_update(of=("self",)).get(pk=course.pk)
    require_may_change(by, course, on=on)
    course.title, course.topic, course.description = terms.title, terms.topic, terms.description
    course.save(update_fields=["title", "topic", "description"])
    audit.record("course.describe", course, by=by, on=on, me=course.provider)
    return course


@transaction.atomic
def add_run(course: Course, terms: RunTerms, *, by: User, on: date) -> CourseRun:
    """A dated run; a run of the past may be recorded, but nobody can invest in it."""
    require_may_change(by, course, on=on)
    if terms.ends_on < terms.starts_on:
        raise Invalid(
            f"The last day, {terms.ends_on}, lies before the first, {terms.starts_on}.",
            field="ends_on", value=terms.ends_on,
        )  # fmt: skip
    with saying(
        run_recorded_once=Refused(
            f"The run {terms.reference} of this course is recorded already.",
            code="recorded_already",
        )
    ):
        run = CourseRun.objects.create(
            course=course, starts_on=terms.starts_on, ends_on=terms.ends_on, price=terms.price,
            seats=terms.seats, place=terms.place, reference=terms.reference,
        )  # fmt: skip
    audit.record("course.add_run", run, by=by, on=on, me=course.provider)
    return run


@transaction.atomic
def cancel_run(run: CourseRun, *, by: User, on: date) -> CourseRun:
    """The provider cancels before the start: every seat is released in full (PRODUCT 4.20).

    Refused once it has started. Repeating it changes nothing.
    """
    purchases = _open_purchases(run)
    run = CourseRun.objects.select_for_update(of=("self",), no_key=True).get(pk=run.pk)
    require_may_change(by, run.course, on=on)
    if run.state == CourseRun.State.CANCELLED:
        return run
    if run.starts_on <= on:
        raise Refused(f"The run started on {run.starts_on}; it cannot be cancelled any more.",
                      code="run_started")  # fmt: skip
    for purchase in purchases:
        investing.release_in_full(purchase, on=on)
    run.refresh_from_db()
    run.state = CourseRun.State.CANCELLED
    run.save(update_fields=["state"])
    audit.record("course.cancel_run", run, by=by, on=on, me=run.course.provider,
                 purchases=[purchase.pk for purchase in purchases])  # fmt: skip
    return run


@transaction.atomic
def move_run(run: CourseRun, *, starts_on: date, ends_on: date, by: User, on: date) -> CourseRun:
    """The provider moves the date: buyers get all back, and may invest in the new run.

    Refused for a run that is cancelled: moved twice, it would be held twice.
    """
    _open_purchases(run)
    locked = CourseRun.objects.select_for_update(of=("self",), no_key=True).get(pk=run.pk)
    require_may_change(by, locked.course, on=on)
    if locked.state == CourseRun.State.CANCELLED:
        raise Refused(f"The run of {locked.starts_on} is cancelled or moved already.",
                      code="run_cancelled", help="Open another run of the course.")  # fmt: skip
    run = cancel_run(locked, by=by, on=on)
    reference = f"{run.reference}, moved to {starts_on}" if run.reference else ""
    terms = RunTerms(starts_on, ends_on, run.price, run.seats, run.place, reference[:120])
    if starts_on <= on:
        raise Invalid(f"{starts_on} has come already; move the run to a day ahead.",
                      field="starts_on", value=starts_on)  # fmt: skip
    return add_run(run.course, terms, by=by, on=on)


def _open_purchases(run: CourseRun) -> list[LearningPurchase]:
    """Locked before the run, as everywhere."""
    rows = LearningPurchase.objects.select_for_update(of=("self",), no_key=True)
    rows = rows.select_related("micro_enterprise", "run__course")
    return list(rows.filter(run=run, state__in=investing.BEFORE_START).order_by("pk"))


def _supplier_named(name: str) -> OutsideSupplier:
    if not name.strip():
        raise Invalid("Name the supplier, or choose the ME that teaches it.", field="supplier")
    found = OutsideSupplier.objects.filter(name__iexact=name.strip()).first()
    return found or OutsideSupplier.objects.create(name=name.strip())


def require_may_change(user: User, course: Course, *, on: date) -> None:
    """Forbidden, with whom to ask, where `may_change` says no."""
    require(
        may_change(user, course, on=on),
        "You cannot change this part of the catalogue.",
        help="Inside courses belong to the lead of their ME; a supplier's are recorded by the "
        "lead or a signer of any ME, or an HR admin.",
    )
