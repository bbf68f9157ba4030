"""`disputes/` and `overages/`: what is challenged, where it stands, and every step of it."""

from datetime import date
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import MicroEnterprise, User
from accounts.rest import DayField, KeyField, MoneyField, MonthField, OptionalText
from accounts.rest.answers import retried
from accounts.rest.lists import FilterSet, KeyFilter, MonthFilter
from accounts.rest.resources import Nothing, Resource, Row
from contracts.actions import disputes, mediation
from contracts.actions import settlement as overages
from contracts.disputing import Stage, Standing
from contracts.models import Dispute, Overage, SettlementLine
from contracts.queries import disputes as queries
from contracts.queries.agreements import open_to
from contracts.queries.settlement import state_of_overage


def _lines(user: User, on: date) -> QuerySet[SettlementLine]:
    return SettlementLine.objects.filter(contract__in=open_to(user, on=on))


def _mes(user: User, on: date) -> QuerySet[MicroEnterprise]:
    return MicroEnterprise.objects.all()


def _people(user: User, on: date) -> QuerySet[User]:
    return User.objects.filter(is_active=True).exclude(person=None)


class DisputeRow(Row[Dispute]):
    """`percent` is the buyer's part; `until` is the last day of the stage, that day included."""

    month = MonthField(read_only=True)
    amount = MoneyField(read_only=True)
    held_amount = MoneyField(read_only=True)
    buyer_amount = MoneyField(read_only=True, allow_null=True)
    provider_amount = MoneyField(read_only=True, allow_null=True)
    stage = serializers.SerializerMethodField()
    until = serializers.SerializerMethodField()
    percent = serializers.SerializerMethodField()
    because = serializers.SerializerMethodField()

    class Meta:
        model = Dispute
        fields = (
            "id", "contract", "month", "line", "overage", "amount", "reason", "opened_on", "stage",
            "until", "held_amount", "offer_percent", "proposal_percent", "percent", "because",
            "buyer_amount", "provider_amount", "settled_on",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField([stage.value for stage in Stage]))
    def get_stage(self, dispute: Dispute) -> str:
        return self._standing(dispute).stage.value

    @extend_schema_field(DayField(allow_null=True))
    def get_until(self, dispute: Dispute) -> str | None:
        until = self._standing(dispute).until
        return until.isoformat() if until else None

    def get_percent(self, dispute: Dispute) -> str | None:
        percent = self._standing(dispute).percent
        return None if percent is None else f"{percent:.2f}"

    def get_because(self, dispute: Dispute) -> str | None:
        return self._standing(dispute).because or None

    def _standing(self, dispute: Dispute) -> Standing:
        known: dict[int, Standing] = self.context["view"].standings
        if dispute.pk not in known:
            known[dispute.pk] = queries.standing(dispute, on=self.context["on"])
        return known[dispute.pk]


class OpenBody(serializers.Serializer[Any]):
    micro_enterprise = KeyField(known_to=_mes, help_text="the buyer")
    line = KeyField(known_to=_lines, help_text="of the settled month")
    amount = MoneyField(help_text="the whole line or a part of it")
    reason = serializers.CharField(max_length=500)


class AnswerBody(serializers.Serializer[Any]):
    answer = serializers.ChoiceField(Dispute.Answer.choices)
    percent = serializers.DecimalField(
        max_digits=5, decimal_places=2, required=False, help_text="for the buyer, of an offer"
    )
    note = OptionalText(500)


class DecisionBody(serializers.Serializer[Any]):
    accepts = serializers.BooleanField()


class ProposalAnswerBody(DecisionBody):
    micro_enterprise = KeyField(known_to=_mes, help_text="the party that you act for")


class ShareBody(serializers.Serializer[Any]):
    percent = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=Decimal(0), max_value=Decimal(100),
        help_text="for the buyer",
    )  # fmt: skip
    note = OptionalText(500)


class MediatorBody(serializers.Serializer[Any]):
    mediator = KeyField(known_to=_people, help_text="a log-in of neither party")


class PanelBody(serializers.Serializer[Any]):
    members = serializers.ListField(
        child=KeyField(known_to=_people), min_length=3, max_length=3, help_text="of neither party"
    )


class DisputeFilters(FilterSet):
    contract = KeyFilter()
    month = MonthFilter()
    state = django_filters.ChoiceFilter(choices=Dispute.State.choices)


class Disputes(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Dispute]):
    """Disputes of the own MEs, and those that one mediates or decides."""

    scopes = {"GET": "contracts:read"}
    queryset = Dispute.objects.all()
    serializer_class = DisputeRow
    filterset_class = DisputeFilters

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.standings: dict[int, Standing] = {}

    def rows(self, user: User, on: date) -> QuerySet[Dispute]:
        return queries.visible_to(user, on=on)

    def paginate_queryset(self, queryset: Any) -> list[Any] | None:
        """A page comes with where each of its rows stands, read at once."""
        page = super().paginate_queryset(queryset)
        self.standings = queries.standings(page or (), on=self.on)
        return page

    @extend_schema(request=OpenBody, responses={201: DisputeRow})
    @retried
    def create(self, request: Request) -> Response:
        """Dispute a line, or a part of it, as its buyer; only that amount is held."""
        given = self.asked(OpenBody)
        key = request.headers.get("Idempotency-Key", "").strip()[:80]
        made = disputes.open_dispute(
            given["line"], amount=given["amount"], reason=given["reason"],
            party=given["micro_enterprise"], by=self.user, on=self.on, key=key,
        )  # fmt: skip
        return self.shown(made, 201)

    @extend_schema(request=AnswerBody, responses=DisputeRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def answer(self, request: Request, pk: str) -> Response:
        """Accept, reject, or offer a part of it, as the provider."""
        found, given = self.get_object(), self.asked(AnswerBody)
        return self.shown(disputes.answer(found, **given, by=self.user, on=self.on))

    @extend_schema(request=DecisionBody, responses=DisputeRow)
    @action(detail=True, methods=["post"], scopes={}, url_path="answer-offer")
    @retried
    def answer_offer(self, request: Request, pk: str) -> Response:
        """Accept the offered part, or go to the mediator, as the buyer."""
        found, given = self.get_object(), self.asked(DecisionBody)
        return self.shown(disputes.answer_offer(found, **given, by=self.user, on=self.on))

    @extend_schema(request=ProposalAnswerBody, responses=DisputeRow)
    @action(detail=True, methods=["post"], scopes={}, url_path="answer-proposal")
    @retried
    def answer_proposal(self, request: Request, pk: str) -> Response:
        """Accept what the mediator proposes, or ask for the panel, as either side."""
        found, given = self.get_object(), self.asked(ProposalAnswerBody)
        party = given.pop("micro_enterprise")
        done = disputes.answer_proposal(found, party=party, **given, by=self.user, on=self.on)
        return self.shown(done)

    @extend_schema(request=Nothing, responses=DisputeRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def withdraw(self, request: Request, pk: str) -> Response:
        """Give it up as the buyer; the provider gets all of it."""
        return self.shown(disputes.withdraw(self.get_object(), by=self.user, on=self.on))

    @extend_schema(request=MediatorBody, responses=DisputeRow)
    @action(detail=True, methods=["post"], scopes={}, url_path="name-mediator")
    @retried
    def name_mediator(self, request: Request, pk: str) -> Response:
        """Name who mediates, as the CHRO."""
        found, given = self.get_object(), self.asked(MediatorBody)
        return self.shown(mediation.name_mediator(found, **given, by=self.user, on=self.on))

    @extend_schema(request=ShareBody, responses=DisputeRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def propose(self, request: Request, pk: str) -> Response:
        """Propose a settlement as the mediator."""
        found, given = self.get_object(), self.asked(ShareBody)
        return self.shown(mediation.propose(found, **given, by=self.user, on=self.on))

    @extend_schema(request=PanelBody, responses=DisputeRow)
    @action(detail=True, methods=["post"], scopes={}, url_path="choose-panel")
    @retried
    def choose_panel(self, request: Request, pk: str) -> Response:
        """Choose three uninvolved people, as the CHRO."""
        found, given = self.get_object(), self.asked(PanelBody)
        return self.shown(mediation.choose_panel(found, **given, by=self.user, on=self.on))

    @extend_schema(request=ShareBody, responses=DisputeRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def decide(self, request: Request, pk: str) -> Response:
        """Decide as one of the panel; the median of the three binds both sides."""
        found, given = self.get_object(), self.asked(ShareBody)
        return self.shown(mediation.decide(found, **given, by=self.user, on=self.on))


class OverageRow(Row[Overage]):
    month = MonthField(read_only=True)
    amount = MoneyField(read_only=True)
    state = serializers.SerializerMethodField(help_text="silence contests, by date")

    class Meta:
        model = Overage
        fields = (
            "id", "contract", "month", "amount", "reason", "state", "answer_until_on",
            "answered_on", "contest_reason",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(Overage.State.choices))
    def get_state(self, overage: Overage) -> str:
        return str(state_of_overage(overage, on=self.context["on"])[0])


class WhyBody(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


class OverageFilters(FilterSet):
    contract = KeyFilter()
    month = MonthFilter()


class Overages(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Overage]):
    """What a month costs above its plan and waits for the buyer; the service goes on."""

    scopes = {"GET": "contracts:read"}
    queryset = Overage.objects.all()
    serializer_class = OverageRow
    filterset_class = OverageFilters

    def rows(self, user: User, on: date) -> QuerySet[Overage]:
        found = Overage.objects.filter(contract__in=open_to(user, on=on))
        return found.select_related("contract__buyer", "contract__provider")

    @extend_schema(request=Nothing, responses=OverageRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def accept(self, request: Request, pk: str) -> Response:
        """Pay it as the buyer, as an entry of the running month."""
        return self.shown(overages.accept_overage(self.get_object(), by=self.user, on=self.on))

    @extend_schema(request=WhyBody, responses=OverageRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def contest(self, request: Request, pk: str) -> Response:
        """Say as the buyer why it is not owed; it becomes a dispute."""
        found, given = self.get_object(), self.asked(WhyBody)
        return self.shown(overages.contest_overage(found, **given, by=self.user, on=self.on))
