"""`switches/`: from when on an ME's money is real; previewed, planned, taken back."""

from datetime import date
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions
from accounts.models import MicroEnterprise, User
from accounts.rest import KeyField, MoneyField
from accounts.rest.answers import retried
from accounts.rest.fields import DayField
from accounts.rest.lists import FilterSet, KeyFilter
from accounts.rest.resources import Nothing, Resource, Row
from ledger import switch_figures, switching
from ledger.models import ChargedSwitch, Wallet
from ledger.months import following


class SwitchRow(Row[ChargedSwitch]):
    """A switch; `refusal` says which promises a grant did not cover on its day."""

    micro_enterprise = KeyField(read_only=True)

    class Meta:
        model = ChargedSwitch
        fields = (
            "id", "micro_enterprise", "starts_on", "operating", "learning", "reason", "state",
            "planned_on", "decided_on", "refusal", "finished_on",
        )  # fmt: skip


class SwitchBody(serializers.Serializer[Any]):
    micro_enterprise = KeyField(queryset=MicroEnterprise.objects.all())
    starts_on = DayField(help_text="a 1st that lies ahead")
    operating = MoneyField(
        positive=False, min_value=Decimal(0), help_text="the charged grant of that day"
    )
    learning = MoneyField(positive=False, min_value=Decimal(0), default=Decimal("0.00"))
    reason = serializers.CharField(max_length=300, help_text="the members read it")


class PreviewAsked(serializers.Serializer[Any]):
    micro_enterprise = KeyField(queryset=MicroEnterprise.objects.all())
    starts_on = DayField(required=False)


class FundShown(serializers.Serializer[switching.FundPreview]):
    """`balance = kept + returned`; the charged grant must cover `others`."""

    fund = serializers.ChoiceField(Wallet.Fund.choices, read_only=True)
    fiscal_year = serializers.IntegerField(read_only=True)
    balance = MoneyField(read_only=True)
    kept = MoneyField(read_only=True, help_text="pays earlier months")
    returned = MoneyField(read_only=True, help_text="goes back to the treasury")
    others = MoneyField(read_only=True, help_text="promised for later months, or outside")
    available = MoneyField(read_only=True, help_text="free again if `returned` is granted")


class SwitchShown(serializers.Serializer[Any]):
    """What the switch would do with what is promised today, wallet by wallet."""

    micro_enterprise = KeyField(read_only=True)
    starts_on = DayField(read_only=True)
    wallets = FundShown(many=True, read_only=True)


class SwitchFilters(FilterSet):
    micro_enterprise = KeyFilter()
    state = django_filters.ChoiceFilter(choices=ChargedSwitch.State.choices)


class Switches(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[ChargedSwitch]):
    """The dated switches from notional to charged money: of the own MEs, or all of them."""

    scopes = {"GET": "money:read", "POST": "money:write"}
    queryset = ChargedSwitch.objects.all()
    serializer_class = SwitchRow
    filterset_class = SwitchFilters

    def rows(self, user: User, on: date) -> QuerySet[ChargedSwitch]:
        if self.request.method == "POST" and permissions.may_set_budgets(user):
            return ChargedSwitch.objects.all()
        return switch_figures.visible_switches(user, on=on)

    def loaded(self, rows: QuerySet[ChargedSwitch]) -> QuerySet[ChargedSwitch]:
        return rows.select_related("micro_enterprise")

    @extend_schema(request=SwitchBody, responses={201: SwitchRow})
    @retried
    def create(self, request: Request) -> Response:
        """Plan the day from which an ME's money is real, with the charged grants of that day."""
        given = self.asked(SwitchBody)
        me = given.pop("micro_enterprise")
        return self.shown(switching.plan(me, **given, by=self.user, on=self.on), 201)

    @extend_schema(request=Nothing, responses=SwitchRow)
    @action(detail=True, methods=["post"])
    @retried
    def cancel(self, request: Request, pk: str) -> Response:
        """Take a planned switch back, until the day before it."""
        return self.shown(switching.cancel(self.get_object(), by=self.user, on=self.on))

    @extend_schema(
        request=None, responses=SwitchShown, filters=False,
        parameters=[
            OpenApiParameter("micro_enterprise", str, required=True),
            OpenApiParameter("starts_on", date, description="the next 1st unless told"),
        ],
    )  # fmt: skip
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def preview(self, request: Request) -> Response:
        """What a switch would return to the treasury, and what its grants must cover."""
        asked = PreviewAsked(
            data=request.query_params.dict(), context=self.get_serializer_context()
        )
        asked.is_valid(raise_exception=True)
        me = asked.validated_data["micro_enterprise"]
        permissions.require(
            permissions.may_see_money(self.user, me, on=self.on),
            f"Only members of {me}, HR admins, the CHRO and auditors see its money.",
        )
        starts_on = asked.validated_data.get("starts_on") or following(self.on)
        found = switching.preview(me, starts_on=starts_on, on=self.on)
        body = {"micro_enterprise": me, "starts_on": starts_on, "wallets": found}
        return Response(SwitchShown(body).data)
