"""`courses/` and `course-runs/`: what can be learned, when, and for how much."""

from datetime import date
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import MicroEnterprise, User
from accounts.rest import DayField, KeyField, MoneyField, OptionalText
from accounts.rest.answers import retried
from accounts.rest.lists import DayFilter, FilterSet, KeyFilter
from accounts.rest.resources import Nothing, Resource, Row
from learning_market.actions import catalogue
from learning_market.actions.catalogue import CourseTerms, RunTerms
from learning_market.models import Course, CourseRun

SCOPES = {"GET": "learning:read", "POST": "learning:write", "PATCH": "learning:write"}


class CourseRow(Row[Course]):
    supplier = serializers.CharField(source="supplier.name", read_only=True, default=None)

    class Meta:
        model = Course
        fields = (
            "id", "title", "topic", "description", "provider", "supplier", "source", "reference",
            "recorded_on",
        )  # fmt: skip


class CourseRunRow(Row[CourseRun]):
    seats_left = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="null where seats are unlimited"
    )

    class Meta:
        model = CourseRun
        fields = (
            "id", "course", "reference", "starts_on", "ends_on", "price", "seats", "seats_left",
            "place", "state",
        )  # fmt: skip


class DescribeCourseBody(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=200)
    topic = serializers.CharField(max_length=80)
    description = OptionalText(20_000, help_text="Markdown")


class CourseBody(DescribeCourseBody):
    """Of an ME of ours (`provider`), or of a supplier outside (`supplier`)."""

    provider = KeyField(queryset=MicroEnterprise.objects.all(), required=False, allow_null=True)
    supplier = OptionalText(160)
    reference = OptionalText(120)
    source = OptionalText(200)  # type: ignore[assignment]  # its own word

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if bool(given.get("provider")) == bool(given.get("supplier", "").strip()):
            raise serializers.ValidationError(
                {"provider": "Name either the providing ME or the supplier outside."}
            )
        return given


class CourseRunBody(serializers.Serializer[Any]):
    course = KeyField(queryset=Course.objects.all())
    starts_on = DayField()
    ends_on = DayField()
    price = MoneyField(min_value=Decimal(0), help_text="per seat; 0 is free")
    seats = serializers.IntegerField(
        min_value=1, max_value=1_000_000, required=False, allow_null=True
    )
    place = OptionalText(160)
    reference = OptionalText(120)


class MoveBody(serializers.Serializer[Any]):
    starts_on = DayField()
    ends_on = DayField()


class CourseFilters(FilterSet):
    provider = KeyFilter()
    topic = django_filters.CharFilter(lookup_expr="iexact")
    source = django_filters.CharFilter()
    reference = django_filters.CharFilter()


class CourseRunFilters(FilterSet):
    course = KeyFilter()
    state = django_filters.ChoiceFilter(choices=CourseRun.State.choices)
    starts_on = DayFilter()
    starts_after = DayFilter(field_name="starts_on", lookup_expr="gt")


class Courses(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Course]):
    """What can be learned, from MEs of ours and from suppliers outside."""

    scopes = SCOPES
    queryset = Course.objects.all()
    serializer_class = CourseRow
    filterset_class = CourseFilters

    def rows(self, user: User, on: date) -> QuerySet[Course]:
        return Course.objects.all()

    def loaded(self, rows: QuerySet[Course]) -> QuerySet[Course]:
        return rows.select_related("provider", "supplier").defer("search")

    @extend_schema(request=CourseBody, responses={201: CourseRow})
    @retried
    def create(self, request: Request) -> Response:
        """Record a course of an ME of ours, or of a supplier outside."""
        given = self.asked(CourseBody)
        provider, supplier = given.pop("provider", None), given.pop("supplier", "")
        recorded = catalogue.record_course(
            CourseTerms(**given), provider=provider, supplier=supplier, by=self.user, on=self.on
        )
        return self.shown(recorded, 201)

    @extend_schema(request=DescribeCourseBody, responses=CourseRow)
    @retried
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a course's words; days and prices belong to its runs."""
        course = self.get_object()
        terms = CourseTerms(**self.changed(course, DescribeCourseBody))
        return self.shown(catalogue.describe_course(course, terms, by=self.user, on=self.on))


class CourseRuns(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[CourseRun]):
    """Courses on given days, at a price a seat."""

    scopes = SCOPES
    queryset = CourseRun.objects.all()
    serializer_class = CourseRunRow
    filterset_class = CourseRunFilters

    def rows(self, user: User, on: date) -> QuerySet[CourseRun]:
        return CourseRun.objects.all()

    def loaded(self, rows: QuerySet[CourseRun]) -> QuerySet[CourseRun]:
        return rows.select_related("course__provider", "course__supplier")

    @extend_schema(request=CourseRunBody, responses={201: CourseRunRow})
    @retried
    def create(self, request: Request) -> Response:
        """Add a dated run to a course."""
        given = self.asked(CourseRunBody)
        course = given.pop("course")
        added = catalogue.add_run(course, RunTerms(**given), by=self.user, on=self.on)
        return self.shown(added, 201)

    @extend_schema(request=Nothing, responses=CourseRunRow)
    @action(detail=True, methods=["post"])
    @retried
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel a run before its start; every seat is released in full."""
        return self.shown(catalogue.cancel_run(self.get_object(), by=self.user, on=self.on))

    @extend_schema(request=MoveBody, responses=CourseRunRow)
    @action(detail=True, methods=["post"])
    @retried
    def move(self, request: Request, pk: str) -> Response:
        """Move a run to other days: buyers get all back. Answers the new run."""
        run, given = self.get_object(), self.asked(MoveBody)
        return self.shown(catalogue.move_run(run, **given, by=self.user, on=self.on))
