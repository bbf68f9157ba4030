"""`roles/` and `customer-outcomes/`, and the ties between them (PRODUCT 2, 31)."""

from datetime import date
from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import actions
from accounts.actions import OutcomeTerms
from accounts.api.micro_enterprises import OutcomeBody
from accounts.models import CustomerOutcome, MicroEnterprise, OutcomeLink, Role, User
from accounts.rest import ActingMEField, DayField, KeyField, OptionalText
from accounts.rest.answers import retried
from accounts.rest.lists import DayFilter, FilterSet, KeyFilter
from accounts.rest.resources import Resource, Row

SCOPES = {"GET": "people:read", "POST": "people:write", "PATCH": "people:write"}


class RoleRow(Row[Role]):
    outcomes = serializers.SerializerMethodField(help_text="live ones that it is tied to today")

    class Meta:
        model = Role
        fields = ("id", "micro_enterprise", "name", "description", "outcomes")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_outcomes(self, role: Role) -> list[str]:
        return [str(link.outcome_id) for link in role.links.all()]


class RoleBody(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=250)
    description = OptionalText(1000)
    outcomes = KeyField(queryset=CustomerOutcome.objects.all(), many=True, required=False)


class AddRoleBody(RoleBody):
    micro_enterprise = ActingMEField()


class OutcomeRow(Row[CustomerOutcome]):
    class Meta:
        model = CustomerOutcome
        fields = (
            "id", "micro_enterprise", "name", "customer", "metric", "unit", "baseline", "target",
            "source", "starts_on", "ends_on",
        )  # fmt: skip


class AddOutcomeBody(OutcomeBody):
    micro_enterprise = ActingMEField()


class EndOutcomeBody(serializers.Serializer[Any]):
    ends_on = DayField()


class RoleFilters(FilterSet):
    micro_enterprise = KeyFilter()
    outcome = KeyFilter(method="by_outcome")

    def by_outcome(self, rows: QuerySet[Role], name: str, value: str) -> QuerySet[Role]:
        tied = OutcomeLink.objects.live(on=self.on).filter(outcome=int(value))
        return rows.filter(pk__in=tied.values("role"))


class OutcomeFilters(FilterSet):
    micro_enterprise = KeyFilter()
    on = DayFilter(method="by_day", label="pursued on that day")

    def by_day(self, rows: Any, name: str, value: date) -> QuerySet[CustomerOutcome]:
        found: QuerySet[CustomerOutcome] = rows.live(on=value)
        return found


class Roles(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Role]):
    """What people do in an ME, each tied to the customer outcomes that it serves."""

    scopes = SCOPES
    queryset = Role.objects.all()
    serializer_class = RoleRow
    filterset_class = RoleFilters

    def rows(self, user: User, on: date) -> QuerySet[Role]:
        return Role.objects.all()

    def loaded(self, rows: QuerySet[Role]) -> QuerySet[Role]:
        live = OutcomeLink.objects.live(on=self.on).order_by("outcome_id")
        return rows.select_related("micro_enterprise").prefetch_related(
            Prefetch("links", queryset=live)
        )

    @extend_schema(request=AddRoleBody, responses={201: RoleRow})
    @retried
    def create(self, request: Request) -> Response:
        """Add a role with the customer outcomes that it serves."""
        given = {"description": "", "outcomes": []} | self.asked(AddRoleBody)
        me: MicroEnterprise = given.pop("micro_enterprise")
        return self.shown(actions.add_role(me, **given, by=self.user, on=self.on), 201)

    @extend_schema(request=RoleBody, responses=RoleRow)
    @retried
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the words and the ties of a role; a tie that goes ends with yesterday."""
        role = self.get_object()
        tied = CustomerOutcome.objects.filter(links__in=role.links.all())
        kept = {"name": role.name, "description": role.description, "outcomes": list(tied)}
        words = kept | self.asked(RoleBody, partial=True)
        return self.shown(actions.change_role(role, **words, by=self.user, on=self.on))


class CustomerOutcomes(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[CustomerOutcome]):
    """Measured changes for real customers, which MEs exist for."""

    scopes = SCOPES
    queryset = CustomerOutcome.objects.all()
    serializer_class = OutcomeRow
    filterset_class = OutcomeFilters

    def rows(self, user: User, on: date) -> QuerySet[CustomerOutcome]:
        return CustomerOutcome.objects.all()

    def loaded(self, rows: QuerySet[CustomerOutcome]) -> QuerySet[CustomerOutcome]:
        return rows.select_related("micro_enterprise")

    @extend_schema(request=AddOutcomeBody, responses={201: OutcomeRow})
    @retried
    def create(self, request: Request) -> Response:
        """Add a measured change for a real customer, pursued from today on."""
        given = self.asked(AddOutcomeBody)
        me = given.pop("micro_enterprise")
        terms = OutcomeTerms(**given)
        return self.shown(actions.add_outcome(me, terms, by=self.user, on=self.on), 201)

    @extend_schema(request=OutcomeBody, responses=OutcomeRow)
    @retried
    def partial_update(self, request: Request, pk: str) -> Response:
        """Correct an outcome; the audit trail keeps what it said before."""
        outcome = self.get_object()
        terms = OutcomeTerms(**self.changed(outcome, OutcomeBody))
        return self.shown(actions.change_outcome(outcome, terms, by=self.user, on=self.on))

    @extend_schema(request=EndOutcomeBody, responses=OutcomeRow)
    @action(detail=True, methods=["post"])
    @retried
    def end(self, request: Request, pk: str) -> Response:
        """Let an outcome end with a day, today at the earliest."""
        outcome, given = self.get_object(), self.asked(EndOutcomeBody)
        return self.shown(actions.end_outcome(outcome, **given, by=self.user, on=self.on))
