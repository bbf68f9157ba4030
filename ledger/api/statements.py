"""`statements/`: the month of one ME's wallets, which always adds up."""

from collections.abc import Sequence
from datetime import date

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers

from accounts.models import User
from accounts.rest import MoneyField, MonthField
from accounts.rest.fields import month_of as month_named
from accounts.rest.lists import FilterSet, KeyFilter, MonthFilter
from accounts.rest.resources import Resource
from ledger.basis import BASES
from ledger.models import Wallet
from ledger.months import month_of
from ledger.queries import fiscal_year_of, wallets_visible_to
from ledger.statements import Line, Statement, statement_of


class LineRow(serializers.Serializer[Line]):
    on = serializers.DateField(read_only=True)
    kind = serializers.CharField(read_only=True)
    amount = MoneyField(read_only=True, help_text="above zero what came in")
    cause = serializers.CharField(read_only=True)
    cause_url = serializers.SerializerMethodField()
    basis = serializers.ChoiceField(BASES, read_only=True)

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_cause_url(self, line: Line) -> str | None:
        address = line.cause_url
        return self.context["request"].build_absolute_uri(address) if address else None


class StatementRow(serializers.Serializer[Statement]):
    """`opening` + the amounts of all lines = `closing`."""

    micro_enterprise = serializers.CharField(source="micro_enterprise.pk", read_only=True)
    fund = serializers.ChoiceField(Wallet.Fund.choices, read_only=True)
    month = MonthField(read_only=True)
    basis = serializers.ChoiceField(BASES, read_only=True)
    opening = MoneyField(read_only=True)
    lines = LineRow(many=True, read_only=True)
    closing = MoneyField(read_only=True)
    reserved = MoneyField(read_only=True)


class StatementFilters(FilterSet):
    micro_enterprise = KeyFilter(field_name="owner", required=True)
    fund = django_filters.ChoiceFilter(choices=Wallet.Fund.choices)
    month = MonthFilter(method="of_month", label="this month unless told")

    def of_month(self, rows: QuerySet[Wallet], name: str, value: date) -> QuerySet[Wallet]:
        return rows.filter(fiscal_year=fiscal_year_of(value))


class Statements(mixins.ListModelMixin, Resource[Wallet]):
    """The statements of an ME for a month, one for each fund that has a wallet."""

    scopes = {"GET": "money:read"}
    queryset = Wallet.objects.all()
    serializer_class = StatementRow  # type: ignore[assignment]  # it prints a wallet's month
    filterset_class = StatementFilters

    @property
    def month(self) -> date:
        return month_named(self.request.query_params.get("month", "")) or month_of(self.on)

    def rows(self, user: User, on: date) -> QuerySet[Wallet]:
        year = fiscal_year_of(self.month)
        return wallets_visible_to(user, on=on).filter(fiscal_year=year)

    def loaded(self, rows: QuerySet[Wallet]) -> QuerySet[Wallet]:
        return rows.select_related("owner")

    def paginate_queryset(  # type: ignore[override]  # a wallet is shown as its month
        self, queryset: QuerySet[Wallet]
    ) -> Sequence[Statement] | None:
        page = super().paginate_queryset(queryset)
        return None if page is None else [
            statement_of(wallet.owner, month=self.month, on=self.on, fund=wallet.fund)
            for wallet in page
            if wallet.owner
        ]  # fmt: skip
