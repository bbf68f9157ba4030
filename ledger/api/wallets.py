"""`wallets/` and `transfers/`: read-only, for members of the ME and whoever sees all money."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.rest import KeyField, MoneyField, MonthField
from accounts.rest.lists import DayFilter, FilterSet, KeyFilter, MonthFilter
from accounts.rest.resources import Resource, Row
from ledger import causes
from ledger.basis import BASES, charged_mes, word
from ledger.models import Transfer, Wallet
from ledger.months import month_of
from ledger.queries import Measured, figures_of, transfers_visible_to, wallets_visible_to


class WalletRow(serializers.Serializer[Measured]):
    """The figures of a money bar; `available = balance - the three reserved figures`."""

    id = serializers.CharField(source="wallet.pk", read_only=True)
    micro_enterprise = serializers.CharField(source="wallet.owner_id", read_only=True)
    fund = serializers.ChoiceField(Wallet.Fund.choices, source="wallet.fund", read_only=True)
    fiscal_year = serializers.IntegerField(source="wallet.fiscal_year", read_only=True)
    basis = serializers.SerializerMethodField(
        help_text="notional or charged: what the ME's money is this month"
    )
    balance = MoneyField(source="money.balance", read_only=True)
    pre_committed = MoneyField(source="money.pre_committed", read_only=True)
    committed = MoneyField(source="money.committed", read_only=True)
    dispute_window = MoneyField(source="money.dispute_window", read_only=True)
    spent = MoneyField(source="money.spent", read_only=True)
    held = MoneyField(source="money.held", read_only=True)
    available = MoneyField(source="money.available", read_only=True)

    @extend_schema_field({"type": "string", "enum": BASES})
    def get_basis(self, measured: Measured) -> str:
        return word(measured.wallet.owner_id in self.context["charged"])


class Side(serializers.Serializer[Wallet]):
    """One side of a movement: an ME's wallet, or one of the system."""

    wallet = serializers.CharField(source="pk", read_only=True)
    micro_enterprise = KeyField(source="owner", read_only=True, allow_null=True)
    fund = serializers.SerializerMethodField()
    fiscal_year = serializers.IntegerField(read_only=True, allow_null=True)
    system = serializers.SerializerMethodField(help_text="treasury, outside or held")

    def get_fund(self, wallet: Wallet) -> str | None:
        return wallet.fund or None

    def get_system(self, wallet: Wallet) -> str | None:
        return wallet.system or None


class TransferRow(Row[Transfer]):
    payer = Side(read_only=True)
    payee = Side(read_only=True)
    month = MonthField(read_only=True)
    cause = serializers.SerializerMethodField(help_text="in words")
    cause_url = serializers.SerializerMethodField(help_text="its page, where there is one")
    basis = serializers.SerializerMethodField(help_text="charged only if both sides were")

    class Meta:
        model = Transfer
        fields = (
            "id", "payer", "payee", "amount", "kind", "month", "posted_on", "posted_at",
            "reference", "note", "cause", "cause_url", "basis",
        )  # fmt: skip

    @extend_schema_field({"type": "string", "enum": BASES})
    def get_basis(self, transfer: Transfer) -> str:
        return word(transfer.is_charged)

    def get_cause(self, transfer: Transfer) -> str:
        return causes.words_of(transfer.cause)

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_cause_url(self, transfer: Transfer) -> str | None:
        address = causes.address_of(transfer.cause)
        request: Request = self.context["request"]
        return request.build_absolute_uri(address) if address else None


class WalletFilters(FilterSet):
    micro_enterprise = KeyFilter(field_name="owner")
    fund = django_filters.ChoiceFilter(choices=Wallet.Fund.choices)
    fiscal_year = django_filters.NumberFilter(min_value=1900, max_value=2200, decimal_places=0)


class TransferFilters(FilterSet):
    micro_enterprise = KeyFilter(method="by_me", label="as payer or payee")
    wallet = KeyFilter(method="by_wallet", label="as payer or payee")
    fund = django_filters.ChoiceFilter(choices=Wallet.Fund.choices, method="by_fund")
    kind = django_filters.ChoiceFilter(choices=Transfer.Kind.choices)
    month = MonthFilter()
    posted_on = DayFilter()
    reference = django_filters.CharFilter()

    def by_me(self, rows: QuerySet[Transfer], name: str, value: str) -> QuerySet[Transfer]:
        return self._of(rows, Wallet.objects.filter(owner=int(value)))

    def by_wallet(self, rows: QuerySet[Transfer], name: str, value: str) -> QuerySet[Transfer]:
        return rows.filter(Q(payer=int(value)) | Q(payee=int(value)))

    def by_fund(self, rows: QuerySet[Transfer], name: str, value: str) -> QuerySet[Transfer]:
        return self._of(rows, Wallet.objects.filter(fund=value))

    def _of(self, rows: QuerySet[Transfer], wallets: QuerySet[Wallet]) -> QuerySet[Transfer]:
        keys = wallets.values("pk")
        return rows.filter(Q(payer__in=keys) | Q(payee__in=keys))


class Wallets(mixins.ListModelMixin, Resource[Wallet]):
    """Wallets of the own MEs, and of all of them for whoever sees all money."""

    scopes = {"GET": "money:read"}
    queryset = Wallet.objects.all()
    serializer_class = WalletRow  # type: ignore[assignment]  # it prints a wallet and its figures
    filterset_class = WalletFilters
    _charged: frozenset[int] = frozenset()

    def rows(self, user: User, on: date) -> QuerySet[Wallet]:
        return wallets_visible_to(user, on=on)

    def paginate_queryset(  # type: ignore[override]  # each wallet comes with its figures
        self, queryset: QuerySet[Wallet]
    ) -> Sequence[Measured] | None:
        page = super().paginate_queryset(queryset)
        if page is None:
            return None
        self._charged = self._charged_owners(page)
        return figures_of(page, on=self.on)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Show one wallet."""
        found = figures_of([self.get_object()], on=self.on)
        self._charged = self._charged_owners([found[0].wallet])
        return Response(self.get_serializer(found[0]).data)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "charged": self._charged}

    def _charged_owners(self, wallets: Iterable[Wallet]) -> frozenset[int]:
        owners = {wallet.owner_id or 0 for wallet in wallets}
        return charged_mes(owners, month=month_of(self.on))


class Transfers(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Transfer]):
    """What moved, newest first; a row is never changed, a mistake is answered by another."""

    scopes = {"GET": "money:read"}
    queryset = Transfer.objects.all()
    serializer_class = TransferRow
    filterset_class = TransferFilters

    def rows(self, user: User, on: date) -> QuerySet[Transfer]:
        return transfers_visible_to(user, on=on)

    def loaded(self, rows: QuerySet[Transfer]) -> QuerySet[Transfer]:
        return rows.select_related("payer", "payee")
