"""`corrections/`: what puts a locked month right, and the word of who pays it."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import MicroEnterprise, User
from accounts.rest import KeyField, MoneyField, MonthField
from accounts.rest.answers import retried
from accounts.rest.lists import FilterSet, KeyFilter, MonthFilter
from accounts.rest.resources import Nothing, Resource, Row
from contracts.actions import corrections
from contracts.models import Correction
from contracts.queries import corrections as queries


def _mes(user: User, on: date) -> QuerySet[MicroEnterprise]:
    return MicroEnterprise.objects.all()


class CorrectionRow(Row[Correction]):
    """`amount` above zero is paid by the buyer, below zero by the provider."""

    month = MonthField(source="origin_month", read_only=True, help_text="the locked month")
    amount = MoneyField(read_only=True)
    micro_enterprise = KeyField(
        source="entered_for",
        read_only=True,
        allow_null=True,
        help_text="who entered it; null for an HR admin",
    )
    counted_in = MonthField(
        read_only=True, allow_null=True, help_text="the month whose line it is, once it is computed"
    )

    class Meta:
        model = Correction
        fields = (
            "id", "contract", "month", "amount", "reason", "state", "micro_enterprise",
            "entered_on", "answered_on", "counted_in",
        )  # fmt: skip


class CorrectionBody(serializers.Serializer[Any]):
    micro_enterprise = KeyField(
        known_to=_mes,
        required=False,
        help_text="the party that you act for; an HR admin names none",
    )
    contract = KeyField(known_to=queries.contracts_to_correct)
    month = MonthField(help_text="the locked month")
    amount = MoneyField(positive=False, help_text="below zero where the provider pays it")
    reason = serializers.CharField(max_length=200)


class CorrectionFilters(FilterSet):
    contract = KeyFilter()
    month = MonthFilter(field_name="origin_month")
    state = django_filters.ChoiceFilter(choices=Correction.State.choices)


class Corrections(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Correction]):
    """Corrections of the own contracts; of all for auditors and HR admins."""

    scopes = {"GET": "contracts:read"}
    queryset = Correction.objects.all()
    serializer_class = CorrectionRow
    filterset_class = CorrectionFilters

    def rows(self, user: User, on: date) -> QuerySet[Correction]:
        return queries.visible_to(user, on=on)

    @extend_schema(request=CorrectionBody, responses={201: CorrectionRow})
    @retried
    def create(self, request: Request) -> Response:
        """Enter one, as a party or an HR admin; whoever takes it from the own ME has agreed."""
        given = self.asked(CorrectionBody)
        key = request.headers.get("Idempotency-Key", "").strip()[:80]
        made = corrections.enter_correction(
            given["contract"], origin_month=given["month"], amount=given["amount"],
            reason=given["reason"], party=given.get("micro_enterprise"), by=self.user, on=self.on,
            key=key,
        )  # fmt: skip
        return self.shown(made, 201)

    @extend_schema(request=Nothing, responses=CorrectionRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def confirm(self, request: Request, pk: str) -> Response:
        """Agree, as who pays it: it is a line of the next month that is computed."""
        found = self.get_object()
        return self.shown(corrections.confirm_correction(found, by=self.user, on=self.on))

    @extend_schema(request=Nothing, responses=CorrectionRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def decline(self, request: Request, pk: str) -> Response:
        """Do not agree, as who would pay it; nothing moves."""
        found = self.get_object()
        return self.shown(corrections.reject_correction(found, by=self.user, on=self.on))

    @extend_schema(request=Nothing, responses=CorrectionRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take it back, as who entered it, while nobody has answered."""
        found = self.get_object()
        return self.shown(corrections.withdraw_correction(found, by=self.user, on=self.on))
