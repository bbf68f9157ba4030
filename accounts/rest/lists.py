"""Lists: an opaque cursor, filters by field name, and nothing that is silently ignored."""

from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError as Unreadable
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from accounts.rest.access import today_of
from accounts.rest.fields import is_key, month_of

if TYPE_CHECKING:
    from rest_framework.views import APIView


class Pages(CursorPagination):
    """`{"results", "next", "previous"}` with an opaque cursor."""

    ordering = "-pk"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def get_page_size(self, request: Request) -> int | None:
        given: str | None = request.query_params.get("page_size")
        if given is None:
            return self.page_size
        if not is_key(given) or not 1 <= int(given) <= self.max_page_size:
            raise ValidationError(
                {"page_size": f"Ask for 1 to {self.max_page_size} results at a time."}
            )
        return int(given)

    def decode_cursor(self, request: Request) -> Cursor | None:
        wrong = ValidationError({"cursor": "This cursor is not one of ours. Start without one."})
        try:
            cursor = super().decode_cursor(request)
        except NotFound as error:
            raise wrong from error
        if cursor and cursor.position is not None and not is_key(str(cursor.position)):
            raise wrong
        return cursor

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = {"type": ["string", "null"], "format": "uri", "example": None}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": page, "previous": page},
        }


class Filters(DjangoFilterBackend):  # type: ignore[misc]  # it has no types
    """Filters by field name; a parameter that the list does not know is refused by name."""

    common: ClassVar[frozenset[str]] = frozenset({"cursor", "page_size", "format"})

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: "APIView"
    ) -> QuerySet[Any]:
        filters = getattr(view, "filterset_class", None)
        known = self.common | set(filters.base_filters if filters else ())
        strange = sorted(set(request.query_params) - known)
        if strange:
            words = ", ".join(sorted(known - self.common)) or "none"
            raise ValidationError(
                dict.fromkeys(strange, f"This list has no such filter. It has: {words}.")
            )
        return super().filter_queryset(request, queryset, view)  # type: ignore[no-any-return]


class FilterSet(django_filters.FilterSet):  # type: ignore[misc]  # it has no types
    """The filters of one list; a method filter asks `self.on` for the day."""

    @property
    def on(self) -> date:
        return today_of(self.request.parser_context["view"].request)


class _KeyText(forms.CharField):
    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if text and not is_key(text):
            raise Unreadable("This is no id of ours.")
        return text


class _MonthText(forms.CharField):
    def clean(self, value: Any) -> date | None:
        text = super().clean(value)
        month = month_of(text) if text else None
        if text and month is None:
            raise Unreadable("Write a month like 2026-10.")
        return month


class _DayText(forms.DateField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            input_formats=["%Y-%m-%d"],
            error_messages={"invalid": "Write a day like 2026-10-31."},
            **options,
        )


@extend_schema_field({"type": "string"})
class KeyFilter(django_filters.Filter):  # type: ignore[misc]
    """By an opaque id."""

    field_class = _KeyText


@extend_schema_field({"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"})
class MonthFilter(django_filters.Filter):  # type: ignore[misc]
    """By a month like 2026-10."""

    field_class = _MonthText


@extend_schema_field({"type": "string", "format": "date"})
class DayFilter(django_filters.Filter):  # type: ignore[misc]
    """By a day like 2026-10-31."""

    field_class = _DayText
