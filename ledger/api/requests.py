"""`budget-rounds/` and `budget-requests/`: MEs ask for money, their peers decide (PRODUCT 4.8)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import MicroEnterprise, User
from accounts.rest import KeyField, MoneyField, OptionalText
from accounts.rest.answers import retried
from accounts.rest.fields import DayField
from accounts.rest.lists import FilterSet, KeyFilter
from accounts.rest.resources import Nothing, Resource, Row
from ledger import budget_inputs, budget_requests, rule_words
from ledger.models import BudgetRequest, BudgetRule, Wallet


class RoundRow(Row[BudgetRule]):
    """A rule by which MEs ask until one day and peers vote until another."""

    says = serializers.SerializerMethodField(help_text="the round in one sentence")
    ask_until = serializers.SerializerMethodField()
    decide_by = serializers.SerializerMethodField()

    class Meta:
        model = BudgetRule
        fields = ("id", "budget", "name", "fund", "fiscal_year", "says", "ask_until", "decide_by")

    def get_says(self, rule: BudgetRule) -> str:
        return rule_words.sentence(rule)

    @extend_schema_field(DayField)
    def get_ask_until(self, rule: BudgetRule) -> str:
        return budget_inputs.ask_until(rule).isoformat()

    @extend_schema_field(DayField)
    def get_decide_by(self, rule: BudgetRule) -> str:
        return budget_inputs.decide_by(rule).isoformat()


class RoundFilters(FilterSet):
    budget = KeyFilter()
    fund = django_filters.ChoiceFilter(choices=Wallet.Fund.choices)
    fiscal_year = django_filters.NumberFilter(min_value=1900, max_value=2200, decimal_places=0)


class BudgetRounds(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[BudgetRule]):
    """The rounds in which MEs ask for money, of budgets that are not published yet."""

    scopes = {"GET": "money:read"}
    queryset = BudgetRule.objects.all()
    serializer_class = RoundRow
    filterset_class = RoundFilters

    def rows(self, user: User, on: date) -> QuerySet[BudgetRule]:
        return budget_requests.open_rounds()


class RequestRow(Row[BudgetRequest]):
    """What an ME asks for; how the votes stand is for the peers and whoever sees budgets."""

    round = KeyField(source="rule", read_only=True)
    votes = serializers.SerializerMethodField(help_text="how many peers have voted; null: hidden")
    peers = serializers.SerializerMethodField(help_text="how many may vote on it; null: hidden")
    granted = serializers.SerializerMethodField(
        help_text="if nobody votes any more: the median, nothing without half of the peers"
    )
    is_open = serializers.SerializerMethodField(help_text="whether a vote may still come")
    own_vote = serializers.SerializerMethodField(help_text="what the asking peer would grant")

    class Meta:
        model = BudgetRequest
        fields = (
            "id", "round", "micro_enterprise", "amount", "reason", "asked_on", "votes", "peers",
            "granted", "is_open", "own_vote",
        )  # fmt: skip

    def get_votes(self, row: BudgetRequest) -> int | None:
        found = self._standing(row)
        return found.votes if found else None

    def get_peers(self, row: BudgetRequest) -> int | None:
        found = self._standing(row)
        return found.peers if found else None

    @extend_schema_field(MoneyField(allow_null=True, read_only=True))
    def get_granted(self, row: BudgetRequest) -> str | None:
        found = self._standing(row)
        return f"{found.granted:.2f}" if found else None

    def get_is_open(self, row: BudgetRequest) -> bool | None:
        found = self._standing(row)
        return found.is_open if found else None

    @extend_schema_field(MoneyField(allow_null=True, read_only=True))
    def get_own_vote(self, row: BudgetRequest) -> str | None:
        found = self._standing(row)
        return None if found is None or found.own_vote is None else f"{found.own_vote:.2f}"

    def _standing(self, row: BudgetRequest) -> budget_requests.Standing | None:
        standing: budget_requests.Standing | None = self.context["standings"].get(row.pk)
        return standing


class RequestBody(serializers.Serializer[Any]):
    round = KeyField(known_to=lambda _user, _on: budget_requests.open_rounds())
    micro_enterprise = KeyField(
        queryset=MicroEnterprise.objects.all(), help_text="the ME that asks"
    )
    amount = MoneyField()
    reason = serializers.CharField(max_length=500, help_text="what for; the peers read it")


class VoteBody(serializers.Serializer[Any]):
    amount = MoneyField(
        positive=False, min_value=Decimal(0), help_text="from 0.00 to what is asked"
    )
    note = OptionalText(300)


class RequestFilters(FilterSet):
    round = KeyFilter(field_name="rule")
    micro_enterprise = KeyFilter()


class BudgetRequests(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[BudgetRequest]):
    """Requests of the own MEs, of the rounds that one decides in, or all for budget readers."""

    scopes = {"GET": "money:read", "POST": "money:write"}
    queryset = BudgetRequest.objects.all()
    serializer_class = RequestRow
    filterset_class = RequestFilters
    _standings: Mapping[int, budget_requests.Standing] = MappingProxyType({})

    def rows(self, user: User, on: date) -> QuerySet[BudgetRequest]:
        return budget_requests.visible_requests(user, on=on)

    def loaded(self, rows: QuerySet[BudgetRequest]) -> QuerySet[BudgetRequest]:
        return rows.select_related("rule", "micro_enterprise")

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """One request or a page of them, each with how its votes stand."""
        if args and not getattr(self, "swagger_fake_view", False):
            rows = args[0] if kwargs.get("many") else [args[0]]
            self._standings = budget_requests.standings_for(list(rows), user=self.user, on=self.on)
        return super().get_serializer(*args, **kwargs)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "standings": self._standings}

    @extend_schema(request=RequestBody, responses={201: RequestRow})
    @retried
    def create(self, request: Request) -> Response:
        """Ask for money for an ME, or change what it asked, until the last day of asking."""
        given = self.asked(RequestBody)
        made = budget_requests.ask(
            given["round"], given["micro_enterprise"], amount=given["amount"],
            reason=given["reason"], by=self.user, on=self.on,
        )  # fmt: skip
        return self.shown(made, 201)

    @extend_schema(request=VoteBody, responses=RequestRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def vote(self, request: Request, pk: str) -> Response:
        """Say as a peer how much one would grant; changeable until the last day of voting."""
        asked, given = self.get_object(), {"note": ""} | self.asked(VoteBody)
        budget_requests.vote(asked, **given, by=self.user, on=self.on)
        return self.shown(asked)

    @extend_schema(request=Nothing, responses=RequestRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take a request back; the answer is the request as it was."""
        asked = self.get_object()
        answer = Response(self.get_serializer(asked).data)
        budget_requests.withdraw(asked, by=self.user, on=self.on)
        return answer
