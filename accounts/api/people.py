"""`people/`: HR data by the HR system's own key."""

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

from accounts.hris import people
from accounts.hris.records import LONGEST, MOST_FTE_OF_A_PERSON
from accounts.models import Person, User
from accounts.permissions import may_import_people, may_see_people
from accounts.queries import fellows_of
from accounts.rest.answers import retried
from accounts.rest.lists import FilterSet
from accounts.rest.resources import Nothing, Resource, Row


class PersonRow(Row[Person]):
    """HR data is null for whoever only works in the same ME."""

    email = serializers.SerializerMethodField()
    hr_unit = serializers.SerializerMethodField()
    job_title = serializers.SerializerMethodField()
    fte = serializers.SerializerMethodField()
    manager_external_id = serializers.SerializerMethodField(help_text="for reference only")

    class Meta:
        model = Person
        fields = (
            "id", "external_id", "name", "email", "hr_unit", "job_title", "fte",
            "manager_external_id", "left_on",
        )  # fmt: skip

    def get_email(self, person: Person) -> str | None:
        return self._shown(person, person.email)

    def get_hr_unit(self, person: Person) -> str | None:
        return self._shown(person, person.hr_unit)

    def get_job_title(self, person: Person) -> str | None:
        return self._shown(person, person.job_title)

    def get_fte(self, person: Person) -> str | None:
        return self._shown(person, f"{person.fte:.2f}")

    def get_manager_external_id(self, person: Person) -> str | None:
        return self._shown(person, person.manager_external_id)

    def _shown(self, person: Person, value: str) -> str | None:
        user: User = self.context["user"]
        is_known = person.pk == user.person_id or may_see_people(user) or may_import_people(user)
        return value if is_known else None


class PersonBody(serializers.Serializer[Any]):
    """What is left out stays as it is."""

    name = serializers.CharField(max_length=LONGEST["name"])
    email = serializers.EmailField(required=False, allow_blank=True, max_length=LONGEST["email"])
    hr_unit = serializers.CharField(
        source="unit", required=False, allow_blank=True, max_length=LONGEST["unit"]
    )
    job_title = serializers.CharField(
        source="title", required=False, allow_blank=True, max_length=LONGEST["title"]
    )
    fte = serializers.DecimalField(
        max_digits=5, decimal_places=2, required=False, min_value=Decimal(0),
        max_value=MOST_FTE_OF_A_PERSON,
    )  # fmt: skip
    manager_external_id = serializers.CharField(
        source="manager", required=False, allow_blank=True, max_length=LONGEST["manager"],
        help_text="for reference only: no right hangs on it",
    )  # fmt: skip


class PersonFilters(FilterSet):
    external_id = django_filters.CharFilter()
    name = django_filters.CharFilter(lookup_expr="icontains")
    email = django_filters.CharFilter(method="by_email")
    hr_unit = django_filters.CharFilter(method="by_unit")
    has_left = django_filters.BooleanFilter(
        field_name="left_on", lookup_expr="isnull", exclude=True
    )

    def by_email(self, rows: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        return self._open(rows).filter(email__iexact=value)

    def by_unit(self, rows: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        return self._open(rows).filter(hr_unit__iexact=value)

    def _open(self, rows: QuerySet[Person]) -> QuerySet[Person]:
        """What is not shown cannot be searched for either."""
        user: User = self.request.user
        return rows if may_see_people(user) else rows.filter(pk=user.person_id or 0)


class People(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Person]):
    """HR data: of everybody for HR admins, auditors and clients; else oneself and fellows."""

    scopes = {"GET": "people:read", "PUT": "people:write", "POST": "people:write"}
    queryset = Person.objects.all()
    serializer_class = PersonRow
    filterset_class = PersonFilters
    lookup_field = "external_id"

    def rows(self, user: User, on: date) -> QuerySet[Person]:
        if may_see_people(user) or may_import_people(user):
            return Person.objects.all()
        return fellows_of(user, on=on)

    @extend_schema(request=PersonBody, responses={200: PersonRow, 201: PersonRow})
    @retried
    def update(self, request: Request, external_id: str) -> Response:
        """Create or change one person; a new unit moves them as an import would."""
        person, is_new = people.upsert_person(
            external_id, **self.asked(PersonBody), by=self.user, on=self.on
        )
        return self.shown(person, 201 if is_new else 200)

    @extend_schema(request=Nothing, responses=PersonRow)
    @action(detail=True, methods=["post"])
    @retried
    def leave(self, request: Request, external_id: str) -> Response:
        """The person has left: memberships and log-in end, nothing is deleted."""
        return self.shown(people.leave(self.get_object(), by=self.user, on=self.on))
