"""`budgets/`: the budget of a fund and year, composed of rules, previewed, published, revised."""

from collections.abc import Mapping
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
from accounts.errors import Unknown
from accounts.models import MicroEnterprise, User
from accounts.permissions import may_see_budgets
from accounts.rest import KeyField, MoneyField, MonthField, OptionalText
from accounts.rest.answers import once, retried
from accounts.rest.fields import DayField
from accounts.rest.lists import FilterSet
from accounts.rest.resources import Nothing, Resource, Row
from ledger import budget_drafts, budget_preview, budget_publishing, rule_words
from ledger.budget_preview import Figure, Preview
from ledger.budget_requests import peers_named
from ledger.budget_terms import NAMES
from ledger.models import Budget, BudgetRule, Wallet

MOST_FIGURES = 200


class FigureBody(serializers.Serializer[Any]):
    """An amount for one ME."""

    micro_enterprise = KeyField(queryset=MicroEnterprise.objects.all())
    amount = MoneyField()


class UseBody(serializers.Serializer[Any]):
    """What one ME used, and its heads if they are not to be counted."""

    micro_enterprise = KeyField(queryset=MicroEnterprise.objects.all())
    use = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0)
    heads = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=0, required=False, allow_null=True
    )


class RuleBody(serializers.Serializer[Any]):
    """A rule; which of the fields its kind needs is told by a refusal that names them."""

    kind = serializers.ChoiceField(list(NAMES.items()))
    name = OptionalText(120)
    release = serializers.ChoiceField(BudgetRule.Release.choices, default="yearly")
    kinds = serializers.ListField(
        child=serializers.ChoiceField(MicroEnterprise.Kind.choices), required=False, max_length=3,
        help_text="kinds of ME that a fixed, per_head or revenue_share rule is for; none: all",
    )  # fmt: skip
    each = MoneyField(required=False, help_text="fixed: for every ME that is not in figures")
    figures = FigureBody(many=True, required=False, help_text="fixed; revenue_share: sales outside")
    amount = MoneyField(required=False, help_text="per_head: for each full-time post")
    on = DayField(required=False, help_text="per_head, last_use: the day on which posts count")
    percent = serializers.DecimalField(
        max_digits=7, decimal_places=4, min_value=0, max_value=100, required=False
    )
    first = MonthField(required=False, help_text="revenue_share: from this month")
    last = MonthField(required=False, help_text="revenue_share: to this month")
    inside = serializers.BooleanField(required=False, help_text="revenue_share: earned inside")
    former_cost = MoneyField(required=False, help_text="last_use, department: what is divided")
    period = OptionalText(40)
    phase_in = serializers.DecimalField(
        max_digits=5, decimal_places=4, min_value=0, max_value=1, required=False,
        help_text="last_use: a of share = (1 - a) x old use + a x head count",
    )  # fmt: skip
    customers = UseBody(many=True, required=False)
    department = KeyField(queryset=MicroEnterprise.objects.all(), required=False)
    ask_until = DayField(required=False)
    decide_by = DayField(required=False)
    most = MoneyField(required=False, help_text="requests: above it every request is cut alike")
    peers = serializers.ListField(
        child=serializers.CharField(max_length=254), required=False, max_length=25,
        help_text="requests: names or e-mail addresses of those who decide",
    )  # fmt: skip


class RuleRow(Row[BudgetRule]):
    """A rule with its terms as they are kept."""

    says = serializers.SerializerMethodField(help_text="the rule in one sentence")

    class Meta:
        model = BudgetRule
        fields = ("id", "name", "kind", "release", "department", "terms", "says")

    def get_says(self, rule: BudgetRule) -> str:
        return rule_words.sentence(rule)


class BudgetRow(Row[Budget]):
    """A version of the budget of a fund and year."""

    rules = RuleRow(many=True, read_only=True)

    class Meta:
        model = Budget
        fields = (
            "id", "name", "fund", "fiscal_year", "version", "state", "drafted_on", "published_on",
            "starts_on", "started_on", "needs_second", "rules",
        )  # fmt: skip


class BudgetBody(serializers.Serializer[Any]):
    fund = serializers.ChoiceField(Wallet.Fund.choices)
    fiscal_year = serializers.IntegerField(min_value=1900, max_value=2199)
    name = OptionalText(120)


class PublishFigures(serializers.Serializer[Any]):
    seen = serializers.CharField(max_length=64, help_text="the `seen` of the preview that was read")
    starts_on = DayField(help_text="from which day it holds")


class RuleChosen(serializers.Serializer[Any]):
    rule = serializers.CharField(max_length=20, help_text="the id of a rule of this draft")


class PartShown(serializers.Serializer[Any]):
    rule = serializers.CharField()
    amount = MoneyField(read_only=True)
    calculation = serializers.ListField(child=serializers.CharField())


class FigureShown(serializers.Serializer[Any]):
    """One ME's money of the year, and what the start of a revision grants or takes back."""

    micro_enterprise = serializers.CharField()
    amount = MoneyField(read_only=True)
    last_year = MoneyField(read_only=True)
    difference = MoneyField(read_only=True)
    to_grant = MoneyField(read_only=True)
    to_take_back = MoneyField(read_only=True)
    parts = PartShown(many=True)


class FaultShown(serializers.Serializer[Any]):
    rule = serializers.CharField()
    detail = serializers.CharField()


class PreviewShown(serializers.Serializer[Any]):
    """Every ME's figure, some at a time; `seen` stands for all of them."""

    seen = serializers.CharField()
    starts_on = serializers.DateField(help_text="the earliest day from which it can hold")
    total = MoneyField(read_only=True)
    last_year = MoneyField(read_only=True)
    count = serializers.IntegerField()
    faults = FaultShown(many=True)
    results = FigureShown(many=True)


class BudgetFilters(FilterSet):
    fund = django_filters.ChoiceFilter(choices=Wallet.Fund.choices)
    fiscal_year = django_filters.NumberFilter(min_value=1900, max_value=2200, decimal_places=0)
    state = django_filters.ChoiceFilter(choices=Budget.State.choices)


class Budgets(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Budget]):
    """The budget of a fund and year, version by version."""

    scopes = {"GET": "money:read", "POST": "money:write"}
    queryset = Budget.objects.all()
    serializer_class = BudgetRow
    filterset_class = BudgetFilters

    def rows(self, user: User, on: date) -> QuerySet[Budget]:
        known = may_see_budgets(user) or user.has_scope("money:write")
        permissions.require(
            known, "Budgets are planned by HR admins.",
            help="What your ME was granted is under grants/.",
        )  # fmt: skip
        return Budget.objects.all()

    def loaded(self, rows: QuerySet[Budget]) -> QuerySet[Budget]:
        return rows.prefetch_related("rules__department")

    @extend_schema(request=BudgetBody, responses={201: BudgetRow})
    @retried
    def create(self, request: Request) -> Response:
        """Begin the budget of a fund and year as a draft without rules."""
        given = {"name": ""} | self.asked(BudgetBody)
        return self.shown(budget_drafts.start(**given, by=self.user, on=self.on), 201)

    @extend_schema(request=RuleBody, responses=BudgetRow)
    @action(detail=True, methods=["post"], url_path="add-rule")
    @retried
    def add_rule(self, request: Request, pk: str) -> Response:
        """Add a rule to a draft."""
        budget, given = self.get_object(), self.asked(RuleBody)
        peers = given.get("peers")
        budget_drafts.put_rule(
            budget, kind=given["kind"], name=given.get("name", ""), release=given["release"],
            terms=_terms(given), department=given.get("department"),
            board=None if peers is None else peers_named(peers), by=self.user, on=self.on,
        )  # fmt: skip
        return self.shown(budget)

    @extend_schema(request=RuleChosen, responses=BudgetRow)
    @action(detail=True, methods=["post"], url_path="leave-out")
    @retried
    def leave_out(self, request: Request, pk: str) -> Response:
        """Take a rule out of a draft."""
        budget, chosen = self.get_object(), self.asked(RuleChosen)["rule"]
        keys = {str(rule.pk): rule for rule in budget.rules.select_related("budget")}
        if chosen not in keys:
            raise Unknown("This budget has no such rule.")
        budget_drafts.leave_out(keys[chosen], by=self.user, on=self.on)
        return self.shown(budget)

    @extend_schema(
        request=None, responses=PreviewShown, filters=False,
        parameters=[
            OpenApiParameter("page", int, description=f"from 1 on, {MOST_FIGURES} MEs each")
        ],
    )  # fmt: skip
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def preview(self, request: Request, pk: str) -> Response:
        """Every ME's figure as it would be published today, with the difference to last year."""
        budget = self.get_object()
        found = budget_preview.preview(budget, on=self.on)
        starts_on = budget.starts_on or budget_preview.first_day(budget, on=self.on)
        return Response(PreviewShown(_shown(found, starts_on, self._page(request))).data)

    @extend_schema(request=PublishFigures, responses=BudgetRow)
    @action(detail=True, methods=["post"])
    @once
    def publish(self, request: Request, pk: str) -> Response:
        """Publish the figures that were read; `waiting` until a second HR admin publishes them."""
        budget, given = self.get_object(), self.asked(PublishFigures)
        return self.shown(budget_publishing.publish(budget, **given, by=self.user, on=self.on))

    @extend_schema(request=Nothing, responses={201: BudgetRow})
    @action(detail=True, methods=["post"])
    @retried
    def revise(self, request: Request, pk: str) -> Response:
        """Begin the next version with the same rules."""
        return self.shown(budget_drafts.revise(self.get_object(), by=self.user, on=self.on), 201)

    def _page(self, request: Request) -> int:
        given = request.query_params.get("page", "1")
        if not (given.isascii() and given.isdecimal() and len(given) < 6 and int(given)):
            raise serializers.ValidationError({"page": "Write a number from 1 on."})
        return int(given)


_BESIDE = {"kind", "name", "release", "department", "peers"}


def _terms(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in _BESIDE}


def _shown(found: Preview, starts_on: date, page: int) -> dict[str, Any]:
    start = (page - 1) * MOST_FIGURES
    return {
        "seen": found.seen,
        "starts_on": starts_on,
        "total": found.total,
        "last_year": found.last_year,
        "count": len(found.rows),
        "faults": [{"rule": str(rule.pk), "detail": said} for rule, said in found.faults],
        "results": [_figure(row) for row in found.rows[start : start + MOST_FIGURES]],
    }


def _figure(row: Figure) -> dict[str, Any]:
    zero = Decimal("0.00")
    return {
        "micro_enterprise": str(row.micro_enterprise),
        "amount": row.amount,
        "last_year": row.last_year,
        "difference": row.difference,
        "to_grant": row.to_grant or zero,
        "to_take_back": row.to_take_back or zero,
        "parts": [
            {
                "rule": str(part.rule.pk),
                "amount": part.amount,
                "calculation": rule_words.calculation(part.rule, part.figures),
            }
            for part in row.parts
        ],
    }
