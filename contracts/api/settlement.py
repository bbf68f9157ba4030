"""`settlement-runs/`: the close of a month, and each line of it with its calculation."""

from datetime import date
from typing import Any

import django_filters
from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions
from accounts.errors import Unknown
from accounts.models import User
from accounts.rest import KeyField, MoneyField, MonthField
from accounts.rest.answers import retried
from accounts.rest.fields import month_of
from accounts.rest.lists import FilterSet, KeyFilter, MonthFilter
from accounts.rest.resources import Resource, Row
from contracts import settlement
from contracts.models import SettlementLine, SettlementRefusal
from contracts.queries.settlement import Totals, lines_of, totals_of
from contracts.tasks import wake
from ledger.models import SettlementRun

State = SettlementRun.State


class RefusedRow(Row[SettlementRefusal]):
    class Meta:
        model = SettlementRefusal
        fields = ("contract", "code", "detail")


class SettlementRunRow(Row[SettlementRun]):
    """A month and its sums; `credits` is above zero and taken off `gross`."""

    id = MonthField(source="month", read_only=True)
    month = MonthField(read_only=True)
    lines = serializers.SerializerMethodField()
    gross = serializers.SerializerMethodField()
    credits = serializers.SerializerMethodField()
    net = serializers.SerializerMethodField()
    held = serializers.SerializerMethodField()
    refused = RefusedRow(source="refusals", many=True, read_only=True)

    class Meta:
        model = SettlementRun
        fields = (
            "id", "month", "state", "goal", "lines", "gross", "credits", "net", "held", "refused",
            "opened_at", "computed_at", "posted_at", "posted_on", "locked_at", "policy_version",
            "digest",
        )  # fmt: skip

    def get_lines(self, run: SettlementRun) -> int:
        return self._totals(run).lines

    def get_gross(self, run: SettlementRun) -> str:
        return f"{self._totals(run).gross:.2f}"

    def get_credits(self, run: SettlementRun) -> str:
        return f"{self._totals(run).credits:.2f}"

    def get_net(self, run: SettlementRun) -> str:
        return f"{self._totals(run).net:.2f}"

    def get_held(self, run: SettlementRun) -> str:
        return f"{self._totals(run).held:.2f}"

    def _totals(self, run: SettlementRun) -> Totals:
        totals: dict[date, Totals] = self.context["view"].totals
        if run.month not in totals:
            totals |= totals_of([run.month])
        return totals[run.month]


class SettlementLineRow(Row[SettlementLine]):
    """One charge of a contract in a month; credits are negative, zeros are kept as proof."""

    buyer = KeyField(source="contract.buyer", read_only=True)
    provider = KeyField(source="contract.provider", read_only=True)
    month = MonthField(read_only=True)
    origin_month = MonthField(read_only=True)
    amount = MoneyField(read_only=True)

    class Meta:
        model = SettlementLine
        fields = (
            "id", "contract", "buyer", "provider", "month", "kind", "term", "origin_month",
            "amount", "quantity", "calculation", "policy_version",
        )  # fmt: skip


class SettlementBody(serializers.Serializer[Any]):
    month = MonthField()
    to = serializers.ChoiceField(
        [State.COMPUTED.value, State.POSTED.value, State.LOCKED.value], default="posted"
    )


class SettlementRunFilters(FilterSet):
    month = MonthFilter()
    state = django_filters.ChoiceFilter(choices=State.choices)


class SettlementLineFilters(FilterSet):
    contract = KeyFilter()
    kind = django_filters.ChoiceFilter(choices=SettlementLine.Kind.choices)


class SettlementRuns(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[SettlementRun]):
    """Months and how far they are settled; the id of a run is its month."""

    scopes = {"GET": "settlement:run", "POST": "settlement:run"}
    queryset = SettlementRun.objects.all()
    serializer_class = SettlementRunRow
    filterset_class = SettlementRunFilters
    lookup_field = "month"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.totals: dict[date, Totals] = {}

    def rows(self, user: User, on: date) -> QuerySet[SettlementRun]:
        permissions.require(
            permissions.may_see_settlement(user),
            "The whole month is for HR admins, the CHRO and auditors to see.",
            help="Your own lines are on your contracts and statements.",
        )
        return SettlementRun.objects.all()

    def loaded(self, rows: QuerySet[SettlementRun]) -> QuerySet[SettlementRun]:
        return rows.prefetch_related("refusals")

    def get_object(self) -> SettlementRun:
        month = month_of(self.kwargs["month"])
        found = self.get_queryset().filter(month=month).first() if month else None
        if found is None:
            raise Unknown
        return found

    def paginate_queryset(self, queryset: Any) -> list[Any] | None:
        """A page of runs comes with the sums of all its months, read at once."""
        page = super().paginate_queryset(queryset)
        runs = [each.month for each in page or () if isinstance(each, SettlementRun)]
        self.totals = totals_of(runs) if runs else {}
        return page

    @extend_schema(request=SettlementBody, responses={202: SettlementRunRow})
    @retried
    def create(self, request: Request) -> Response:
        """Ask for a month to be settled; the workers are woken, and the run tells how far it is."""
        given = self.asked(SettlementBody)
        run = settlement.ask_for(given["month"], to=State(given["to"]), by=self.user, on=self.on)
        transaction.on_commit(lambda: wake(run))
        return self.shown(run, 202)

    @extend_schema(responses=SettlementLineRow(many=True))
    @action(detail=True, serializer_class=SettlementLineRow, filterset_class=SettlementLineFilters)
    def lines(self, request: Request, month: str) -> Response:
        """The month's lines, each with its calculation."""
        found = self.filter_queryset(lines_of(self.get_object().month))  # type: ignore[arg-type]
        page = self.paginate_queryset(found)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
