"""`moves/` and `freezes/`: money that is granted already, moved between MEs or kept still."""

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
from accounts.permissions import may_set_budgets
from accounts.rest import KeyField, MoneyField, OptionalText
from accounts.rest.answers import once, own_reference, retried
from accounts.rest.lists import FilterSet, KeyFilter
from accounts.rest.resources import Nothing, Resource, Row
from ledger import freezing, moving
from ledger.models import Freeze, MoneyMove, Wallet
from ledger.moving import Wish


class MoneyMoveRow(Row[MoneyMove]):
    """A move; `waiting` until a second HR admin confirms it, for the first one's own ME."""

    class Meta:
        model = MoneyMove
        fields = (
            "id", "payer", "payee", "fund", "fiscal_year", "amount", "reason", "note", "state",
            "asked_on", "needs_second", "decided_on",
        )  # fmt: skip


class MoneyMoveBody(serializers.Serializer[Any]):
    payer = KeyField(queryset=MicroEnterprise.objects.all(), help_text="the ME that gives")
    payee = KeyField(queryset=MicroEnterprise.objects.all(), help_text="the ME that gets")
    fund = serializers.ChoiceField(Wallet.Fund.choices, default=Wallet.Fund.OPERATING.value)
    amount = MoneyField(help_text="of the running fiscal year")
    reason = serializers.CharField(
        max_length=24, help_text="a code of the reasons, such as team_moved or correction"
    )
    note = OptionalText(200, help_text="in words; members of both read it")


class MoveFilters(FilterSet):
    payer = KeyFilter()
    payee = KeyFilter()
    fund = django_filters.ChoiceFilter(choices=Wallet.Fund.choices)
    fiscal_year = django_filters.NumberFilter(min_value=1900, max_value=2200, decimal_places=0)
    state = django_filters.ChoiceFilter(choices=MoneyMove.State.choices)


class Moves(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[MoneyMove]):
    """All moves for whoever sees budgets; for members those of the own MEs that were done."""

    scopes = {"GET": "money:read", "POST": "money:write"}
    queryset = MoneyMove.objects.all()
    serializer_class = MoneyMoveRow
    filterset_class = MoveFilters

    def rows(self, user: User, on: date) -> QuerySet[MoneyMove]:
        return moving.visible_moves(user, on=on)

    @extend_schema(request=MoneyMoveBody, responses={201: MoneyMoveRow})
    @once
    def create(self, request: Request) -> Response:
        """Move money; what the HR admin's own ME would receive waits for a second one."""
        wish = Wish(**self.asked(MoneyMoveBody))
        key = own_reference(request)
        return self.shown(moving.move(wish, key=key, by=self.user, on=self.on), 201)

    @extend_schema(request=Nothing, responses=MoneyMoveRow)
    @action(detail=True, methods=["post"], scopes={})
    @once
    def confirm(self, request: Request, pk: str) -> Response:
        """Move, as the second HR admin, what another one asked for."""
        return self.shown(moving.confirm(self.get_object(), by=self.user, on=self.on))

    @extend_schema(request=Nothing, responses=MoneyMoveRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def decline(self, request: Request, pk: str) -> Response:
        """Let a move that waits not happen."""
        return self.shown(moving.decline(self.get_object(), by=self.user, on=self.on))


class FreezeRow(Row[Freeze]):
    """Money from which nothing new is promised; `lifted_on` is null while it is frozen."""

    fund = serializers.SerializerMethodField(help_text="null: every fund")

    class Meta:
        model = Freeze
        fields = (
            "id", "micro_enterprise", "fund", "reason", "frozen_on", "lifted_on", "lifted_because",
        )  # fmt: skip

    def get_fund(self, row: Freeze) -> str | None:
        return row.fund or None


class FreezeBody(serializers.Serializer[Any]):
    micro_enterprise = KeyField(queryset=MicroEnterprise.objects.all())
    fund = serializers.ChoiceField(
        Wallet.Fund.choices, required=False, allow_null=True, help_text="every fund unless told"
    )
    reason = serializers.CharField(max_length=200, help_text="its members read it")


class LiftBody(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200, help_text="why it ends")


class FreezeFilters(FilterSet):
    micro_enterprise = KeyFilter()
    fund = django_filters.ChoiceFilter(choices=Wallet.Fund.choices)
    state = django_filters.ChoiceFilter(
        choices=[("in_force", "in force"), ("lifted", "lifted")], method="by_state"
    )

    def by_state(self, rows: QuerySet[Freeze], name: str, value: str) -> QuerySet[Freeze]:
        return rows.filter(lifted_on__isnull=value == "in_force")


class Freezes(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Freeze]):
    """What is frozen and was: all of it for whoever sees budgets, else of the own MEs."""

    scopes = {"GET": "money:read", "POST": "money:write"}
    queryset = Freeze.objects.all()
    serializer_class = FreezeRow
    filterset_class = FreezeFilters

    def rows(self, user: User, on: date) -> QuerySet[Freeze]:
        if self.request.method == "POST" and may_set_budgets(user):
            return Freeze.objects.all()
        return freezing.visible_freezes(user, on=on)

    @extend_schema(request=FreezeBody, responses={201: FreezeRow})
    @retried
    def create(self, request: Request) -> Response:
        """Freeze money of an ME: nothing new is promised from it, what is signed goes on."""
        given = self.asked(FreezeBody)
        made = freezing.freeze(
            given["micro_enterprise"], fund=given.get("fund") or "", reason=given["reason"],
            by=self.user, on=self.on,
        )  # fmt: skip
        return self.shown(made, 201)

    @extend_schema(request=LiftBody, responses=FreezeRow)
    @action(detail=True, methods=["post"])
    @retried
    def lift(self, request: Request, pk: str) -> Response:
        """Let the ME promise this money again."""
        frozen, given = self.get_object(), self.asked(LiftBody)
        return self.shown(freezing.lift(frozen, **given, by=self.user, on=self.on))
