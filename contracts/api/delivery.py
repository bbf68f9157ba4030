"""`usage/` and `success-results/`: entered by one side, answered by the other."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Invalid
from accounts.models import User
from accounts.rest import DayField, KeyField, MonthField, OptionalText, QuantityField
from accounts.rest.answers import retried
from accounts.rest.lists import DayFilter, FilterSet, KeyFilter, MonthFilter
from accounts.rest.resources import Nothing, Resource, Row
from contracts.actions import delivery, results
from contracts.models import SuccessResult, Usage
from contracts.queries.agreements import known_to, measures_known_to, open_to
from contracts.queries.delivery import state_of_usage
from contracts.queries.results import SilenceRule


class UsageRow(Row[Usage]):
    state = serializers.SerializerMethodField(help_text="silence past the closing day confirms")
    origin_month = MonthField(read_only=True)
    counted_in = MonthField(read_only=True, allow_null=True)
    contest_reason = serializers.SerializerMethodField()

    class Meta:
        model = Usage
        fields = (
            "id", "contract", "item", "quantity", "used_on", "origin_month", "key", "note", "state",
            "contest_reason", "entered_on", "answered_on", "counted_in",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(Usage.State.choices))
    def get_state(self, usage: Usage) -> str:
        return str(state_of_usage(usage, on=self.context["on"]))

    def get_contest_reason(self, usage: Usage) -> str | None:
        return usage.contest_reason or None


class UsageBody(serializers.Serializer[Any]):
    contract = KeyField(known_to=known_to)
    quantity = QuantityField(help_text="in the units of the contract")
    item = serializers.ChoiceField(
        Usage.Item.choices, required=False, help_text="what was counted, as the price plan says"
    )
    used_on = DayField()
    key = serializers.CharField(
        max_length=80, required=False,
        help_text="the provider's own key, which counts once; the Idempotency-Key unless told",
    )  # fmt: skip
    note = OptionalText(300)


class ContestBody(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


class ResultRow(Row[SuccessResult]):
    month = MonthField(read_only=True)
    name = serializers.CharField(source="measure.name", read_only=True)
    unit = serializers.CharField(source="measure.unit", read_only=True)
    state = serializers.SerializerMethodField(help_text="silence confirms")
    contest_reason = serializers.SerializerMethodField()

    class Meta:
        model = SuccessResult
        fields = (
            "id", "contract", "measure", "name", "unit", "month", "value", "note", "state",
            "contest_reason", "entered_on", "answered_on",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(SuccessResult.State.choices))
    def get_state(self, result: SuccessResult) -> str:
        is_confirmed = self.context["view"].silence.is_confirmed(result, on=self.context["on"])
        return SuccessResult.State.CONFIRMED.value if is_confirmed else result.state

    def get_contest_reason(self, result: SuccessResult) -> str | None:
        return result.contest_reason or None


class ResultBody(serializers.Serializer[Any]):
    measure = KeyField(known_to=measures_known_to, help_text="of the contract")
    month = MonthField()
    value = serializers.DecimalField(max_digits=14, decimal_places=4)
    note = OptionalText(300)


class UsageFilters(FilterSet):
    contract = KeyFilter()
    state = django_filters.ChoiceFilter(choices=Usage.State.choices)
    origin_month = MonthFilter()
    used_on = DayFilter()
    key = django_filters.CharFilter()


class ResultFilters(FilterSet):
    contract = KeyFilter()
    measure = KeyFilter()
    month = MonthFilter()


class UsageEntries(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Usage]):
    """Delivered quantities of the own contracts; a client may enter them too."""

    scopes = {"GET": "contracts:read", "POST": "usage:write"}
    queryset = Usage.objects.all()
    serializer_class = UsageRow
    filterset_class = UsageFilters

    def rows(self, user: User, on: date) -> QuerySet[Usage]:
        return Usage.objects.filter(contract__in=open_to(user, on=on))

    @extend_schema(request=UsageBody, responses={201: UsageRow})
    @retried
    def create(self, request: Request) -> Response:
        """Enter a delivered quantity, once per key; it counts unless the buyer contests it."""
        given = self.asked(UsageBody)
        given.setdefault("key", request.headers.get("Idempotency-Key", "").strip()[:80])
        if not given["key"]:
            raise Invalid("Send a key with it, which counts it only once.", field="key")
        contract = given.pop("contract")
        return self.shown(delivery.report_usage(contract, **given, by=self.user, on=self.on), 201)

    @extend_schema(request=Nothing, responses=UsageRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def confirm(self, request: Request, pk: str) -> Response:
        """Say as the buyer that it was delivered."""
        return self.shown(delivery.confirm_usage(self.get_object(), by=self.user, on=self.on))

    @extend_schema(request=ContestBody, responses=UsageRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def contest(self, request: Request, pk: str) -> Response:
        """Say as the buyer why not; it waits until it is confirmed or withdrawn."""
        usage, given = self.get_object(), self.asked(ContestBody)
        return self.shown(delivery.contest_usage(usage, **given, by=self.user, on=self.on))

    @extend_schema(request=Nothing, responses=UsageRow)
    @action(detail=True, methods=["post"])
    @retried
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take an entry back as the provider, while no settlement has counted it."""
        return self.shown(delivery.withdraw_usage(self.get_object(), by=self.user, on=self.on))


class SuccessResults(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[SuccessResult]):
    """The value of each success measure for each month."""

    scopes = {"GET": "contracts:read"}
    queryset = SuccessResult.objects.all()
    serializer_class = ResultRow
    filterset_class = ResultFilters

    @property
    def silence(self) -> SilenceRule:
        """Read once for the whole list."""
        if not hasattr(self, "_silence"):
            self._silence = SilenceRule()
        return self._silence

    def rows(self, user: User, on: date) -> QuerySet[SuccessResult]:
        return SuccessResult.objects.filter(contract__in=open_to(user, on=on))

    def loaded(self, rows: QuerySet[SuccessResult]) -> QuerySet[SuccessResult]:
        return rows.select_related("measure")

    @extend_schema(request=ResultBody, responses={201: ResultRow})
    @retried
    def create(self, request: Request) -> Response:
        """Enter the measurer's value of the month; entered anew, it waits for an answer anew."""
        given = self.asked(ResultBody)
        measure = given.pop("measure")
        return self.shown(results.enter_result(measure, **given, by=self.user, on=self.on), 201)

    @extend_schema(request=Nothing, responses=ResultRow)
    @action(detail=True, methods=["post"])
    @retried
    def confirm(self, request: Request, pk: str) -> Response:
        """Agree with the value as the other side."""
        return self.shown(results.confirm_result(self.get_object(), by=self.user, on=self.on))

    @extend_schema(request=ContestBody, responses=ResultRow)
    @action(detail=True, methods=["post"])
    @retried
    def contest(self, request: Request, pk: str) -> Response:
        """Say as the other side why the value is not right."""
        result, given = self.get_object(), self.asked(ContestBody)
        return self.shown(results.contest_result(result, **given, by=self.user, on=self.on))
