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

from accounts import actions, permissions
from accounts.actions import OutcomeTerms, dissolving
from accounts.dissolution import DissolutionPage, dissolution_page
from accounts.models import MicroEnterprise, RightsGrant, User
from accounts.queries import people_to_name
from accounts.rest import KeyField, OptionalText
from accounts.rest.answers import retried
from accounts.rest.lists import FilterSet
from accounts.rest.resources import Nothing, Resource, Row


class MicroEnterpriseRow(Row[MicroEnterprise]):
    rejected_because = serializers.SerializerMethodField(help_text="null while it is not")
    rights = serializers.SerializerMethodField(help_text="held today")

    class Meta:
        model = MicroEnterprise
        fields = (
            "id", "name", "kind", "state", "purpose", "legal_entity", "hr_unit",
            "has_outside_customer", "formed_on", "activated_on", "probation_from_on",
            "dissolving_from_on", "dissolved_on", "rejected_because", "rights",
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


class DissolutionRow(serializers.Serializer[DissolutionPage]):
    """How far the end of an ME is; it comes with `needed` votes, and is over without blockers."""

    micro_enterprise = KeyField(read_only=True)
    state = serializers.ChoiceField(
        MicroEnterprise.State.choices, source="micro_enterprise.state", read_only=True
    )
    votes = serializers.IntegerField(read_only=True)
    partners = serializers.IntegerField(read_only=True, help_text="who may vote")
    needed = serializers.IntegerField(read_only=True, help_text="two thirds of the partners")
    blockers = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="what still keeps it, in sentences"
    )
    dissolving_from_on = serializers.DateField(
        source="micro_enterprise.dissolving_from_on", read_only=True, allow_null=True
    )
    dissolved_on = serializers.DateField(
        source="micro_enterprise.dissolved_on", read_only=True, allow_null=True
    )


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

    @extend_schema(request=None, responses=DissolutionRow)
    @action(detail=True, methods=["get"], scopes={"GET": "money:read"})
    def dissolution(self, request: Request, pk: str) -> Response:
        """How the votes on the end of an ME stand, and what still keeps it."""
        me = self.get_object()
        permissions.require(
            permissions.may_see_end_of(self.user, me, on=self.on),
            f"Only members of {me}, HR admins, the CHRO and auditors see this.",
        )
        return self._end_of(me)

    @extend_schema(request=Nothing, responses=DissolutionRow)
    @action(detail=True, methods=["post"], scopes={}, url_path="vote-to-dissolve")
    @retried
    def vote_to_dissolve(self, request: Request, pk: str) -> Response:
        """Vote as a partner; with two thirds of all partners the ME begins to dissolve."""
        return self._end_of(
            dissolving.vote_to_dissolve(self.get_object(), by=self.user, on=self.on)
        )

    @extend_schema(request=Nothing, responses=DissolutionRow)
    @action(detail=True, methods=["post"], scopes={}, url_path="withdraw-vote")
    @retried
    def withdraw_vote(self, request: Request, pk: str) -> Response:
        """Take the own vote back while the ME has not begun to dissolve."""
        return self._end_of(dissolving.withdraw_vote(self.get_object(), by=self.user, on=self.on))

    @extend_schema(request=Nothing, responses=DissolutionRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def dissolve(self, request: Request, pk: str) -> Response:
        """Begin to dissolve, as an HR admin, an ME that is on probation for three months."""
        me = self.get_object()
        return self._end_of(dissolving.dissolve_after_probation(me, by=self.user, on=self.on))

    def _end_of(self, me: MicroEnterprise) -> Response:
        return Response(DissolutionRow(dissolution_page(me, user=self.user, on=self.on)).data)
