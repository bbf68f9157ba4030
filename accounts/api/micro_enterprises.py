"""`micro-enterprises/`: forming and describing, and what an HR admin decides about them."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import actions
from accounts.actions import OutcomeTerms
from accounts.models import MicroEnterprise, RightsGrant, User
from accounts.queries import people_to_name
from accounts.rest import KeyField, OptionalText
from accounts.rest.answers import retried
from accounts.rest.lists import FilterSet
from accounts.rest.resources import Resource, Row


class MicroEnterpriseRow(Row[MicroEnterprise]):
    rejected_because = serializers.SerializerMethodField(help_text="null while it is not")
    rights = serializers.SerializerMethodField(help_text="held today")

    class Meta:
        model = MicroEnterprise
        fields = (
            "id", "name", "kind", "state", "purpose", "legal_entity", "hr_unit",
            "has_outside_customer", "formed_on", "activated_on", "rejected_because", "rights",
        )  # fmt: skip

    def get_rejected_because(self, me: MicroEnterprise) -> str | None:
        return me.rejected_because or None

    @extend_schema_field(
        serializers.ListField(child=serializers.ChoiceField(RightsGrant.Right.choices))
    )
    def get_rights(self, me: MicroEnterprise) -> list[str]:
        return sorted(grant.right for grant in me.rights.all())


class OutcomeBody(serializers.Serializer[Any]):
    """A measured change for a real customer."""

    name = serializers.CharField(max_length=200)
    customer = serializers.CharField(max_length=120)
    metric = serializers.CharField(max_length=120)
    unit = serializers.CharField(max_length=30)
    baseline = serializers.DecimalField(max_digits=14, decimal_places=4)
    target = serializers.DecimalField(max_digits=14, decimal_places=4)
    source = serializers.CharField(max_length=200)  # type: ignore[assignment]  # its own word


class DescribeBody(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(MicroEnterprise.Kind.choices)
    purpose = OptionalText(500)
    legal_entity = OptionalText(120)
    has_outside_customer = serializers.BooleanField(required=False)


class FormBody(DescribeBody):
    outcome = OutcomeBody()
    role = serializers.CharField(max_length=250, required=False, help_text="of whoever forms it")


class RejectBody(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


class NameLeadBody(serializers.Serializer[Any]):
    person = KeyField(known_to=people_to_name)
    is_acting = serializers.BooleanField(default=False)


class RightBody(serializers.Serializer[Any]):
    right = serializers.ChoiceField(RightsGrant.Right.choices)
    extent = OptionalText(300)


class EndRightBody(serializers.Serializer[Any]):
    right = serializers.ChoiceField(RightsGrant.Right.choices)


class MicroEnterpriseFilters(FilterSet):
    kind = django_filters.ChoiceFilter(choices=MicroEnterprise.Kind.choices)
    state = django_filters.ChoiceFilter(choices=MicroEnterprise.State.choices)
    name = django_filters.CharFilter(lookup_expr="iexact")
    hr_unit = django_filters.CharFilter(lookup_expr="iexact")


class MicroEnterprises(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[MicroEnterprise]):
    """Every ME of the firm; each member may form one, an HR admin activates it."""

    scopes = {"GET": "people:read", "POST": "people:write", "PATCH": "people:write"}
    queryset = MicroEnterprise.objects.all()
    serializer_class = MicroEnterpriseRow
    filterset_class = MicroEnterpriseFilters

    def rows(self, user: User, on: date) -> QuerySet[MicroEnterprise]:
        return MicroEnterprise.objects.all()

    def loaded(self, rows: QuerySet[MicroEnterprise]) -> QuerySet[MicroEnterprise]:
        held = RightsGrant.objects.current(on=self.on)
        return rows.prefetch_related(Prefetch("rights", queryset=held))

    @extend_schema(request=FormBody, responses={201: MicroEnterpriseRow})
    @retried
    def create(self, request: Request) -> Response:
        """Propose an ME with its first customer outcome; whoever forms it is its first member."""
        given = self.asked(FormBody)
        outcome = OutcomeTerms(**given.pop("outcome"))
        words = {"purpose": ""} | given
        return self.shown(actions.form(outcome=outcome, by=self.user, on=self.on, **words), 201)

    @extend_schema(request=DescribeBody, responses=MicroEnterpriseRow)
    @retried
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the words of an ME; what is left out stays as it is."""
        me = self.get_object()
        words = self.changed(me, DescribeBody)
        return self.shown(actions.describe(me, by=self.user, on=self.on, **words))

    @extend_schema(request=RejectBody, responses=MicroEnterpriseRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def reject(self, request: Request, pk: str) -> Response:
        """Reject a proposed ME with the reason that its members read."""
        me, given = self.get_object(), self.asked(RejectBody)
        return self.shown(actions.reject(me, **given, by=self.user, on=self.on))

    @extend_schema(request=NameLeadBody, responses=MicroEnterpriseRow)
    @action(detail=True, methods=["post"], scopes={}, url_path="name-lead")
    @retried
    def name_lead(self, request: Request, pk: str) -> Response:
        """Name whoever leads an ME without a lead; the person leads once the terms are accepted."""
        me, given = self.get_object(), self.asked(NameLeadBody)
        actions.name_lead(me, **given, by=self.user, on=self.on)
        return self.shown(me)

    @extend_schema(request=RightBody, responses=MicroEnterpriseRow)
    @action(detail=True, methods=["post"], scopes={}, url_path="grant-right")
    @retried
    def grant_right(self, request: Request, pk: str) -> Response:
        """Give the ME the right to decide, hire or distribute, as far as the extent says."""
        me, given = self.get_object(), {"extent": ""} | self.asked(RightBody)
        actions.grant_right(me, **given, by=self.user, on=self.on)
        return self.shown(me)

    @extend_schema(request=EndRightBody, responses=MicroEnterpriseRow)
    @action(detail=True, methods=["post"], scopes={}, url_path="end-right")
    @retried
    def end_right(self, request: Request, pk: str) -> Response:
        """Take a right back with the end of the day."""
        me, given = self.get_object(), self.asked(EndRightBody)
        actions.end_right(me, **given, by=self.user, on=self.on)
        return self.shown(me)
