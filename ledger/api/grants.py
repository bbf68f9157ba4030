"""`grants/`: money of the treasury for an ME, once per reference; `allocations/`: all planned."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions
from accounts.models import MicroEnterprise, User
from accounts.permissions import may_see_budgets
from accounts.rest import KeyField, MoneyField, OptionalText
from accounts.rest.answers import once, own_reference
from accounts.rest.lists import FilterSet, KeyFilter
from accounts.rest.resources import Nothing, Resource, Row
from ledger import budgets
from ledger.drafting import Envelope
from ledger.models import Allocation, BudgetRule, Wallet
from ledger.queries import allocations_visible_to, fiscal_year_of


class AllocationRow(Row[Allocation]):
    """A planned grant; a draft moves nothing until it is published."""

    name = serializers.CharField(source="rule.name", read_only=True)
    reason = serializers.CharField(source="rule.reason", read_only=True)
    kind = serializers.ChoiceField(BudgetRule.Kind.choices, source="rule.kind", read_only=True)
    fund = serializers.ChoiceField(Wallet.Fund.choices, source="rule.fund", read_only=True)
    fiscal_year = serializers.IntegerField(source="rule.fiscal_year", read_only=True)
    release = serializers.ChoiceField(
        BudgetRule.Release.choices, source="rule.release", read_only=True
    )
    state = serializers.ChoiceField(BudgetRule.State.choices, source="rule.state", read_only=True)
    drafted_on = serializers.DateField(source="rule.drafted_on", read_only=True)
    published_on = serializers.DateField(
        source="rule.published_on", read_only=True, allow_null=True
    )

    class Meta:
        model = Allocation
        fields = (
            "id", "micro_enterprise", "amount", "fund", "fiscal_year", "release", "state", "name",
            "kind", "reason", "reference", "drafted_on", "published_on", "stopped_on",
        )  # fmt: skip


class GrantBody(serializers.Serializer[Any]):
    micro_enterprise = KeyField(queryset=MicroEnterprise.objects.all())
    amount = MoneyField()
    fund = serializers.ChoiceField(
        [Wallet.Fund.OPERATING.value, Wallet.Fund.LEARNING.value], default="operating"
    )
    fiscal_year = serializers.IntegerField(
        min_value=1900, max_value=2199, required=False, help_text="today's unless told"
    )
    release = serializers.ChoiceField(BudgetRule.Release.choices, default="yearly")
    name = OptionalText(120)
    reason = OptionalText(24, help_text="a code of the reasons, such as new_task or correction")
    reference = serializers.CharField(
        max_length=80, required=False,
        help_text="the sender's own key, which grants once; the Idempotency-Key unless told",
    )  # fmt: skip


class AllocationFilters(FilterSet):
    micro_enterprise = KeyFilter()
    fund = django_filters.ChoiceFilter(choices=Wallet.Fund.choices, field_name="rule__fund")
    fiscal_year = django_filters.NumberFilter(
        field_name="rule__fiscal_year", min_value=1900, max_value=2200, decimal_places=0
    )
    state = django_filters.ChoiceFilter(choices=BudgetRule.State.choices, field_name="rule__state")
    reference = django_filters.CharFilter()


class Allocations(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Allocation]):
    """Every planned grant of every budget, drafts included."""

    scopes = {"GET": "money:read"}
    queryset = Allocation.objects.all()
    serializer_class = AllocationRow
    filterset_class = AllocationFilters

    def rows(self, user: User, on: date) -> QuerySet[Allocation]:
        permissions.require(
            may_see_budgets(user), "Budgets are planned by HR admins.",
            help="What your ME was granted is under grants/.",
        )  # fmt: skip
        return Allocation.objects.all()

    def loaded(self, rows: QuerySet[Allocation]) -> QuerySet[Allocation]:
        return rows.select_related("rule", "micro_enterprise")


class Grants(Allocations):
    """Grants of the own MEs, and all of them for whoever sees all money."""

    scopes = {"GET": "money:read", "POST": "money:write"}

    def rows(self, user: User, on: date) -> QuerySet[Allocation]:
        return allocations_visible_to(user, on=on)

    @extend_schema(request=GrantBody, responses={201: AllocationRow})
    @once
    def create(self, request: Request) -> Response:
        """Grant money to an ME; to the HR admin's own ME it stays a draft for a second one."""
        given = {"fiscal_year": fiscal_year_of(self.on)} | self.asked(GrantBody)
        envelope = Envelope(
            given["fund"],
            given["fiscal_year"],
            given["release"],
            given.get("name", ""),
            given.get("reason", ""),
        )
        reference = given.get("reference") or own_reference(request)
        granted = budgets.grant(
            given["micro_enterprise"], given["amount"], envelope,
            by=self.user, on=self.on, reference=reference,
        )  # fmt: skip
        return self.shown(granted, 201)

    @extend_schema(request=Nothing, responses=AllocationRow)
    @action(detail=True, methods=["post"], scopes={})
    @once
    def publish(self, request: Request, pk: str) -> Response:
        """Publish a drafted grant as the second HR admin; what is due is released at once."""
        allocation = self.get_object()
        budgets.publish(allocation.rule, by=self.user, on=self.on)
        return self.shown(allocation)
