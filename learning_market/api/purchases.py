"""`learning-purchases/`: what MEs invest in skills; who learns is for the person and the lead."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Invalid, Refused
from accounts.models import User
from accounts.permissions import may_propose_learning, mes_led_by, require
from accounts.queries import people_to_name
from accounts.rest import ActingMEField, KeyField, MoneyField, OptionalText
from accounts.rest.answers import once, retried
from accounts.rest.lists import FilterSet, KeyFilter
from accounts.rest.resources import Nothing, Resource, Row
from learning_market.actions import investing
from learning_market.models import CourseRun, LearningPurchase, LearningSeat
from learning_market.queries import purchases_visible_to, seats_known_to

State = LearningPurchase.State


class SeatRow(Row[LearningSeat]):
    """`person` is null for all but the person and the own lead (PRODUCT 4.22)."""

    person = serializers.SerializerMethodField()

    class Meta:
        model = LearningSeat
        fields = ("id", "person", "state", "cancelled_on", "released")

    def get_person(self, seat: LearningSeat) -> str | None:
        is_own = seat.person_id == self.context["user"].person_id
        is_led = seat.purchase.micro_enterprise_id in self.context["led"]
        return str(seat.person_id) if is_own or is_led else None


class LearningPurchaseRow(Row[LearningPurchase]):
    course = KeyField(source="run.course", read_only=True)
    starts_on = serializers.DateField(source="run.starts_on", read_only=True)
    amount = serializers.SerializerMethodField(help_text="of all open seats")
    seats = serializers.SerializerMethodField()

    class Meta:
        model = LearningPurchase
        fields = (
            "id", "micro_enterprise", "run", "course", "starts_on", "state", "price", "amount",
            "seats", "expected_return", "expected_value", "proposed_on", "decided_on",
            "decision_note", "paid_on", "completed_on",
        )  # fmt: skip

    @extend_schema_field(MoneyField())
    def get_amount(self, purchase: LearningPurchase) -> str:
        seats = purchase.seats.all()
        count = sum(seat.state == LearningSeat.State.OPEN for seat in seats)
        return f"{purchase.price * count:.2f}"

    @extend_schema_field(SeatRow(many=True))
    def get_seats(self, purchase: LearningPurchase) -> Any:
        return SeatRow(purchase.seats.all(), many=True, context=self.context).data


class LearningPurchaseBody(serializers.Serializer[Any]):
    micro_enterprise = ActingMEField()
    run = KeyField(queryset=CourseRun.objects.all())
    people = KeyField(
        known_to=people_to_name, many=True, required=False, help_text="oneself unless told"
    )
    expected_return = serializers.CharField(
        max_length=500, help_text="what should be better after it"
    )
    expected_value = MoneyField(required=False, allow_null=True, help_text="over twelve months")


class DeclineBody(serializers.Serializer[Any]):
    note = OptionalText(300)


class CancelBody(serializers.Serializer[Any]):
    seat = KeyField(known_to=seats_known_to, required=False, help_text="only this one")


class LearningPurchaseFilters(FilterSet):
    micro_enterprise = KeyFilter()
    run = KeyFilter()
    state = django_filters.ChoiceFilter(choices=State.choices)


class LearningPurchases(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[LearningPurchase]
):
    """What the own MEs invest in skills; the ME decides, nobody is ever assigned."""

    scopes = {"GET": "learning:read", "POST": "learning:write"}
    queryset = LearningPurchase.objects.all()
    serializer_class = LearningPurchaseRow
    filterset_class = LearningPurchaseFilters

    def rows(self, user: User, on: date) -> QuerySet[LearningPurchase]:
        return purchases_visible_to(user, on=on)

    def loaded(self, rows: QuerySet[LearningPurchase]) -> QuerySet[LearningPurchase]:
        return rows.select_related("run__course", "micro_enterprise").prefetch_related(
            "seats__purchase"
        )

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        if "user" in context:
            context["led"] = mes_led_by(self.user, on=self.on)
        return context

    @extend_schema(request=LearningPurchaseBody, responses={201: LearningPurchaseRow})
    @once
    def create(self, request: Request) -> Response:
        """Propose to invest in seats for members; the price is pre-committed."""
        given = self.asked(LearningPurchaseBody)
        run, me = given.pop("run"), given.pop("micro_enterprise")
        people = given.pop("people", None) or self._oneself()
        proposed = investing.propose(run, me=me, people=people, **given, by=self.user, on=self.on)
        return self.shown(proposed, 201)

    @extend_schema(request=Nothing, responses=LearningPurchaseRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def propose(self, request: Request, pk: str) -> Response:
        """Propose it; what was created through the API is proposed already."""
        purchase = self.get_object()
        require(
            may_propose_learning(self.user, purchase.micro_enterprise, on=self.on),
            f"You are no member of {purchase.micro_enterprise}.",
        )
        if purchase.state != State.PROPOSED:
            word = State(purchase.state).label.lower()
            raise Refused(f"This purchase is {word} already.", code="wrong_state")
        return self.shown(purchase)

    @extend_schema(request=Nothing, responses=LearningPurchaseRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def commit(self, request: Request, pk: str) -> Response:
        """Decide to invest: the seats are taken and the price is committed."""
        return self.shown(investing.commit(self.get_object(), by=self.user, on=self.on))

    @extend_schema(request=DeclineBody, responses=LearningPurchaseRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def decline(self, request: Request, pk: str) -> Response:
        """Say no to a proposal; what was pre-committed comes free."""
        purchase, given = self.get_object(), self.asked(DeclineBody)
        return self.shown(investing.decline(purchase, **given, by=self.user, on=self.on))

    @extend_schema(request=CancelBody, responses=LearningPurchaseRow)
    @action(detail=True, methods=["post"], scopes={})
    @once
    def cancel(self, request: Request, pk: str) -> Response:
        """Give all open seats back, or one of them; late seats cost what the steps say."""
        purchase, seat = self.get_object(), self.asked(CancelBody).get("seat")
        if seat is None:
            return self.shown(investing.cancel(purchase, by=self.user, on=self.on))
        if seat.purchase_id != purchase.pk:
            raise Invalid("This purchase has no such seat.", field="seat", value=str(seat.pk))
        investing.cancel_seat(seat, by=self.user, on=self.on)
        return self.shown(purchase)

    @extend_schema(request=Nothing, responses=LearningPurchaseRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def complete(self, request: Request, pk: str) -> Response:
        """Note that the run has been attended, from its last day on."""
        return self.shown(investing.complete(self.get_object(), by=self.user, on=self.on))

    def _oneself(self) -> list[Any]:
        if self.user.person is None:
            raise Invalid("Name at least one member to learn.", field="people")
        return [self.user.person]
