"""The view that every resource is: permission-aware rows, thin handlers, words for refusals."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import BigAutoField, DateField, Model, QuerySet
from rest_framework import serializers, viewsets
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Unknown
from accounts.models import User
from accounts.rest.access import today_of, user_of
from accounts.rest.fields import DayField, KeyField, is_key

M = TypeVar("M", bound=Model)


class AlwaysJSON(BaseContentNegotiation):
    """There is one format, whatever the Accept header prefers."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        is_json = request.content_type.partition(";")[0].strip().lower() == "application/json"
        return next(iter(parsers)) if is_json else None

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        only = next(iter(renderers))
        return only, only.media_type or ""


class Resource(viewsets.GenericViewSet[M]):
    """One address of the API and what is below it.

    A subclass says its `scopes`, `queryset` (what its rows are, for the schema), serializers and
    filters, and returns from `rows` what this user may know of that day. `loaded` adds what the
    serializer prints, in a fixed number of queries.
    """

    scopes: ClassVar[Mapping[str, str]] = {}
    content_negotiation_class = AlwaysJSON
    http_method_names = ["get", "head", "post", "put", "patch"]
    lookup_value_regex = "[^/]+"

    def rows(self, user: User, on: date) -> QuerySet[M]:
        raise NotImplementedError

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if any("\0" in value for value in self.kwargs.values()):
            raise Unknown

    def loaded(self, rows: QuerySet[M]) -> QuerySet[M]:
        return rows

    def get_queryset(self) -> QuerySet[M]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset().none()
        return self.loaded(self.rows(self.user, self.on))

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if getattr(self, "swagger_fake_view", False):
            return context
        return context | {"user": self.user, "on": self.on}

    @property
    def user(self) -> User:
        return user_of(self.request)

    @property
    def on(self) -> date:
        return today_of(self.request)

    def get_object(self) -> M:
        """The row that the address names; Unknown where it is not this user's to know."""
        key = self.kwargs[self.lookup_field]
        if self.lookup_field == "pk" and not is_key(key):
            raise Unknown
        found = self.get_queryset().filter(**{self.lookup_field: key}).first()
        if found is None:
            raise Unknown
        return found

    def asked(self, kind: type[serializers.Serializer[Any]], **options: Any) -> dict[str, Any]:
        """The body as `kind` reads it; 400 names every field that is wrong."""
        given = kind(data=self.request.data, context=self.get_serializer_context(), **options)
        given.is_valid(raise_exception=True)
        return cast("dict[str, Any]", given.validated_data)

    def changed(self, row: M, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The body as `kind` reads it; what is left out is as the row has it."""
        kept = {name: getattr(row, name) for name in kind().get_fields()}
        return kept | self.asked(kind, partial=True)

    def shown(self, row: M, status: int = 200) -> Response:
        """The row as it is now, also for a client that may write and not read."""
        fresh = self.loaded(type(row)._default_manager.filter(pk=row.pk)).get()  # noqa: SLF001
        return Response(self.get_serializer(fresh).data, status)


class Nothing(serializers.Serializer[Any]):
    """There is nothing to say."""


class IdText(serializers.CharField):
    """An opaque id of the row itself."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"read_only": True})


class Row(serializers.ModelSerializer[M]):
    """A row as it is shown: ids are strings, nothing can be written through it."""

    serializer_field_mapping: ClassVar[Any] = {
        **serializers.ModelSerializer.serializer_field_mapping,
        BigAutoField: IdText,
        DateField: DayField,
    }
    serializer_related_field = KeyField

    def get_extra_kwargs(self) -> dict[str, Any]:
        words = super().get_extra_kwargs()
        for name in self.Meta.fields:
            words.setdefault(name, {})["read_only"] = True
        return words
