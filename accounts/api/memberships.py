"""`memberships/`: who is in which ME, in which role and with which rights."""

from datetime import date
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import actions
from accounts.errors import Invalid
from accounts.models import Membership, MembershipQuerySet, MicroEnterprise, Person, Role, User
from accounts.permissions import mes_led_by
from accounts.queries import people_to_name
from accounts.rest import DayField, KeyField
from accounts.rest.answers import retried
from accounts.rest.lists import DayFilter, FilterSet, KeyFilter
from accounts.rest.resources import Nothing, Resource, Row


class MembershipRow(Row[Membership]):
    """`share_points` are null for all but the person and the own lead (PRODUCT 4.22)."""

    name = serializers.CharField(source="person.name", read_only=True)
    role_name = serializers.CharField(source="role.name", read_only=True)
    named_as = serializers.SerializerMethodField(help_text="by an HR admin, until it is accepted")
    share_points = serializers.SerializerMethodField()

    class Meta:
        model = Membership
        fields = (
            "id", "person", "name", "micro_enterprise", "role", "role_name", "is_lead",
            "is_acting_lead", "named_as", "may_sign", "allocation_percent", "share_points",
            "starts_on", "ends_on", "is_imported", "person_accepted_at", "lead_accepted_at",
        )  # fmt: skip

    def get_named_as(self, membership: Membership) -> str | None:
        return membership.named_as or None

    def get_share_points(self, membership: Membership) -> int | None:
        is_own = membership.person_id == self.context["user"].person_id
        is_led = membership.micro_enterprise_id in self.context["led"]
        return membership.share_points if is_own or is_led else None


class AddBody(serializers.Serializer[Any]):
    """The person by id, or by the HR system's key."""

    micro_enterprise = KeyField(queryset=MicroEnterprise.objects.all())
    person = KeyField(known_to=people_to_name, required=False)
    external_id = serializers.CharField(max_length=64, required=False)
    role = serializers.CharField(max_length=250, help_text="its name; made if it is new")
    allocation_percent = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=Decimal("0.01"), max_value=Decimal(100),
        default=Decimal(100),
    )  # fmt: skip
    starts_on = DayField(required=False, help_text="today unless told")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        key = given.pop("external_id", None)
        if (key is None) == ("person" not in given):
            raise serializers.ValidationError(
                {"person": "Name the person by id or by external_id, not by both."}
            )
        if key is not None:
            given["person"] = self._person_of(key)
        return given

    def _person_of(self, key: str) -> Person:
        found = Person.objects.present().filter(external_id=key).first()
        if found is None:
            raise Invalid(f"HR data has no {key} here.", field="external_id", value=key)
        return found


class ChangeBody(serializers.Serializer[Any]):
    """What is left out stays as it is."""

    role = KeyField(queryset=Role.objects.all())
    allocation_percent = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=Decimal("0.01"), max_value=Decimal(100)
    )
    may_sign = serializers.BooleanField()
    is_lead = serializers.BooleanField()
    share_points = serializers.IntegerField(min_value=0, max_value=1_000_000)


class EndMembershipBody(serializers.Serializer[Any]):
    ends_on = DayField()


class MembershipFilters(FilterSet):
    micro_enterprise = KeyFilter()
    person = KeyFilter()
    role = KeyFilter()
    is_lead = django_filters.BooleanFilter()
    may_sign = django_filters.BooleanFilter()
    on = DayFilter(method="by_day", label="in force on that day")

    def by_day(self, rows: MembershipQuerySet, name: str, value: date) -> MembershipQuerySet:
        return rows.current(on=value)


class Memberships(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Membership]):
    """Memberships, past ones included; a change of rights goes on in a new row from today."""

    scopes = {"GET": "people:read", "POST": "people:write", "PATCH": "people:write"}
    queryset = Membership.objects.all()
    serializer_class = MembershipRow
    filterset_class = MembershipFilters

    def rows(self, user: User, on: date) -> QuerySet[Membership]:
        return Membership.objects.all()

    def loaded(self, rows: QuerySet[Membership]) -> QuerySet[Membership]:
        return rows.select_related("person", "role", "micro_enterprise")

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        if "user" in context:
            context["led"] = mes_led_by(self.user, on=self.on)
        return context

    @extend_schema(request=AddBody, responses={201: MembershipRow})
    @retried
    def create(self, request: Request) -> Response:
        """Take a person into the ME in a role; adding is the ME's acceptance of the terms."""
        given = {"starts_on": self.on} | self.asked(AddBody)
        me = given.pop("micro_enterprise")
        return self.shown(actions.add_member(me, **given, by=self.user, on=self.on), 201)

    @extend_schema(request=ChangeBody, responses=MembershipRow)
    @retried
    def partial_update(self, request: Request, pk: str) -> Response:
        """Set role, share of time and rights from today on; answers the row that holds now."""
        membership = self.get_object()
        terms = self.changed(membership, ChangeBody)
        return self.shown(actions.change_membership(membership, **terms, by=self.user, on=self.on))

    @extend_schema(request=EndMembershipBody, responses=MembershipRow)
    @action(detail=True, methods=["post"])
    @retried
    def end(self, request: Request, pk: str) -> Response:
        """Let a membership end with a day, today at the earliest."""
        membership, given = self.get_object(), self.asked(EndMembershipBody)
        return self.shown(actions.end_membership(membership, **given, by=self.user, on=self.on))

    @extend_schema(request=Nothing, responses=MembershipRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def accept(self, request: Request, pk: str) -> Response:
        """Accept the partnership terms: the person for themselves, the lead for the ME."""
        return self.shown(actions.accept_terms(self.get_object(), by=self.user, on=self.on))
