"""`measurements/`: how service levels were kept, entered by one side, answered by the other."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.rest import KeyField, MonthField, OptionalText
from accounts.rest.answers import retried
from accounts.rest.lists import FilterSet, KeyFilter, MonthFilter
from accounts.rest.resources import Nothing, Resource, Row
from contracts.actions import measurements
from contracts.actions.measurements import LONGEST_REASON, MOST, Counts
from contracts.api.delivery import ContestBody
from contracts.models import Measurement, ServiceLevel
from contracts.queries.agreements import open_to
from contracts.queries.levels import state_of
from marketplace.service_levels import is_missed, tiers_of


class MeasurementRow(Row[Measurement]):
    """A level's month; `attainment` is met of what counts, null where all of it is excluded."""

    month = MonthField(read_only=True)
    counted_in = MonthField(read_only=True, allow_null=True)
    state = serializers.SerializerMethodField(help_text="silence past the closing day confirms")
    name = serializers.CharField(source="term", read_only=True)
    attainment = serializers.SerializerMethodField(help_text="percent")
    is_missed = serializers.SerializerMethodField()
    contest_reason = serializers.SerializerMethodField()

    class Meta:
        model = Measurement
        fields = (
            "id", "contract", "level", "name", "month", "measured", "met", "maintenance",
            "buyer_caused", "exclusion_reason", "note", "attainment", "is_missed", "state",
            "contest_reason", "entered_on", "answered_on", "counted_in",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(Measurement.State.choices))
    def get_state(self, measurement: Measurement) -> str:
        return state_of(measurement, on=self.context["on"]).value

    def get_attainment(self, measurement: Measurement) -> str | None:
        share = measurement.share
        return None if share is None else f"{share:.2f}"

    def get_is_missed(self, measurement: Measurement) -> bool | None:
        share = measurement.share
        return None if share is None else is_missed(tiers_of(measurement.level.tiers), share)

    def get_contest_reason(self, measurement: Measurement) -> str | None:
        return measurement.contest_reason or None


class MeasurementBody(serializers.Serializer[Any]):
    """Exclusions are parts of what was measured, and none of what was met."""

    level = KeyField(
        queryset=ServiceLevel.objects.select_related(
            "version__contract__buyer", "version__contract__provider"
        ),
        help_text="of the contract's terms in force in that month",
    )
    month = MonthField()
    measured = serializers.IntegerField(min_value=1, max_value=MOST)
    met = serializers.IntegerField(min_value=0, max_value=MOST)
    maintenance = serializers.IntegerField(min_value=0, max_value=MOST, default=0)
    buyer_caused = serializers.IntegerField(min_value=0, max_value=MOST, default=0)
    exclusion_reason = OptionalText(LONGEST_REASON)
    note = OptionalText(LONGEST_REASON)


class MeasurementFilters(FilterSet):
    contract = KeyFilter()
    level = KeyFilter()
    month = MonthFilter()
    name = django_filters.CharFilter(field_name="term")


class Measurements(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Measurement]):
    """What was measured of the own contracts' service levels; a client may enter it too."""

    scopes = {"GET": "contracts:read", "POST": "usage:write"}
    queryset = Measurement.objects.all()
    serializer_class = MeasurementRow
    filterset_class = MeasurementFilters

    def rows(self, user: User, on: date) -> QuerySet[Measurement]:
        return Measurement.objects.filter(contract__in=open_to(user, on=on))

    def loaded(self, rows: QuerySet[Measurement]) -> QuerySet[Measurement]:
        return rows.select_related("level")

    @extend_schema(request=MeasurementBody, responses={201: MeasurementRow})
    @retried
    def create(self, request: Request) -> Response:
        """Enter the measurer's figures of a month; entered anew, they wait for an answer anew."""
        given = self.asked(MeasurementBody)
        level, month = given.pop("level"), given.pop("month")
        made = measurements.enter_measurement(
            level, month=month, counts=Counts(**given), by=self.user, on=self.on
        )
        return self.shown(made, 201)

    @extend_schema(request=Nothing, responses=MeasurementRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def confirm(self, request: Request, pk: str) -> Response:
        """Agree with the figures as the other side."""
        found = self.get_object()
        return self.shown(measurements.confirm_measurement(found, by=self.user, on=self.on))

    @extend_schema(request=ContestBody, responses=MeasurementRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def contest(self, request: Request, pk: str) -> Response:
        """Say as the other side why the figures are not right."""
        found, given = self.get_object(), self.asked(ContestBody)
        done = measurements.contest_measurement(found, **given, by=self.user, on=self.on)
        return self.shown(done)
