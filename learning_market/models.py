"""Courses, their dated runs, and what MEs invest in them; nobody is ever assigned to one."""

from datetime import date
from decimal import Decimal
from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q

from accounts.models import MicroEnterprise, Person, User
from ledger.models import Cause
from marketplace.models import OutsideSupplier


class Course(models.Model):
    """What can be learned, from an ME of ours or from a supplier outside."""

    provider = models.ForeignKey(
        MicroEnterprise, null=True, blank=True, on_delete=models.PROTECT, related_name="courses"
    )
    supplier = models.ForeignKey(
        OutsideSupplier, null=True, blank=True, on_delete=models.PROTECT, related_name="courses"
    )
    title = models.CharField(max_length=200)
    topic = models.CharField(max_length=80)
    description = models.TextField(blank=True, max_length=20_000, help_text="Markdown")
    source = models.CharField(max_length=200, blank=True, help_text="where it can be read again")
    reference = models.CharField(max_length=120, help_text="unique key of the course in its source")
    recorded_on = models.DateField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    search = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("topic", weight="B", config="english")
        + SearchVector("description", weight="C", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "reference"], name="course_recorded_once"),
            models.CheckConstraint(
                condition=Q(provider=None, supplier__isnull=False)
                | Q(provider__isnull=False, supplier=None),
                name="course_is_taught_by_one_side",
            ),
            models.CheckConstraint(condition=~Q(title=""), name="course_has_a_title"),
        ]
        indexes = [GinIndex(fields=["search"], name="course_found_by_words")]

    def __str__(self) -> str:
        return self.title

    @property
    def taught_by(self) -> str:
        return str(self.provider or self.supplier)

    @property
    def is_inside(self) -> bool:
        return self.provider_id is not None


class CourseRunQuerySet(models.QuerySet["CourseRun"]):
    def open(self, *, on: date) -> Self:
        """Those that may still be invested in: not cancelled, not started."""
        return self.filter(state=CourseRun.State.SCHEDULED, starts_on__gt=on)


class CourseRun(models.Model):
    """A course on given days, at a price a seat; empty `seats` are unlimited."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled"
        CANCELLED = "cancelled"

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="runs")
    reference = models.CharField(max_length=120, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    price = models.DecimalField(max_digits=18, decimal_places=2, help_text="per seat; 0 is free")
    seats = models.PositiveIntegerField(null=True, blank=True)
    seats_taken = models.PositiveIntegerField(default=0)
    place = models.CharField(max_length=160, blank=True, help_text="a room, a town, or online")
    state = models.CharField(max_length=10, choices=State, default=State.SCHEDULED)

    objects = CourseRunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="run_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="run_price_not_negative"),
            models.CheckConstraint(
                condition=Q(seats=None) | Q(seats_taken__lte=F("seats")),
                name="no_seat_is_taken_twice",
            ),
            models.UniqueConstraint(
                fields=["course", "reference"], condition=~Q(reference=""), name="run_recorded_once"
            ),
        ]
        indexes = [models.Index(fields=["state", "starts_on"], name="run_by_start")]

    def __str__(self) -> str:
        return f"{self.course}, {self.starts_on}"

    @property
    def seats_left(self) -> int | None:
        """None where seats are unlimited."""
        return None if self.seats is None else self.seats - self.seats_taken


class LearningPurchase(models.Model):
    """An ME invests in a run for named members, from its learning wallet (PRODUCT 4.20)."""

    class State(models.TextChoices):
        DRAFT = "draft"
        PROPOSED = "proposed"
        COMMITTED = "committed"
        IN_PROGRESS = "in_progress"
        COMPLETED = "completed"
        REVIEWED = "reviewed"
        DECLINED = "declined"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    micro_enterprise = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="learning_purchases"
    )
    run = models.ForeignKey(CourseRun, on_delete=models.PROTECT, related_name="purchases")
    price = models.DecimalField(max_digits=18, decimal_places=2, help_text="per seat, as proposed")
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    expected_return = models.CharField(max_length=500, help_text="what should be better after it")
    expected_value = models.DecimalField(
        max_digits=18, decimal_places=2, null=True, blank=True, help_text="over twelve months"
    )
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_on = models.DateField()
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_on = models.DateField(null=True)
    decision_note = models.CharField(max_length=300, blank=True)
    paid_on = models.DateField(null=True)
    completed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["committed", "in_progress", "completed", "reviewed"])
                | Q(decided_by__isnull=False, decided_on__isnull=False),
                name="committed_learning_was_decided",
            )
        ]
        indexes = [models.Index(fields=["micro_enterprise", "state"], name="learning_by_me")]

    def __str__(self) -> str:
        return f"Learning purchase {self.pk}"

    @property
    def cause(self) -> Cause:
        return Cause("learning_market:purchase", self.pk)


class LearningSeat(models.Model):
    """One member's seat of a purchase; a cancelled one stays, with what it gave back."""

    class State(models.TextChoices):
        OPEN = "open"
        CANCELLED = "cancelled"

    purchase = models.ForeignKey(LearningPurchase, on_delete=models.PROTECT, related_name="seats")
    run = models.ForeignKey(CourseRun, on_delete=models.PROTECT, related_name="booked_seats")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="learning_seats")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    cancelled_on = models.DateField(null=True)
    released = models.DecimalField(
        max_digits=18, decimal_places=2, default=Decimal("0.00"), help_text="given back"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "person"],
                condition=Q(state="open"),
                name="one_seat_per_person_and_run",
            ),
            models.CheckConstraint(
                condition=Q(state="open", cancelled_on=None, released=0)
                | Q(state="cancelled", cancelled_on__isnull=False),
                name="cancelled_seat_names_its_day",
            ),
        ]

    def __str__(self) -> str:
        return f"Seat {self.pk}"
