"""Fields of the API: opaque ids, money, days and months as INTERFACE.md says."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.clock import EARLIEST, LATEST
from accounts.models import MicroEnterprise, User
from accounts.rest.access import today_of, user_of

LARGEST_KEY = 2**63 - 1


def is_key(text: str) -> bool:
    """Whether the text can be the id of a row at all."""
    return text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= LARGEST_KEY


@extend_schema_field({"type": "string"})
class KeyField(serializers.PrimaryKeyRelatedField[Any]):
    """The opaque id of something else.

    `known_to` narrows what may be named down to what this user may know of that day.
    """

    default_error_messages: ClassVar[Any] = {
        "does_not_exist": "There is nothing with the id {pk_value}.",
        "incorrect_type": "Give the id as a string, not as {data_type}.",
    }

    def __init__(
        self, *, known_to: Callable[[User, date], QuerySet[Any]] | None = None, **options: Any
    ) -> None:
        self.known_to = known_to
        if known_to:
            options.setdefault("queryset", MicroEnterprise.objects.none())
        super().__init__(**options)

    def get_queryset(self) -> QuerySet[Any]:
        if self.known_to is None:
            rows = super().get_queryset()
            return MicroEnterprise.objects.none() if rows is None else rows
        request = self.context["request"]
        return self.known_to(user_of(request), today_of(request))

    def to_internal_value(self, data: Any) -> Model:
        if isinstance(data, bool) or not isinstance(data, str | int):
            self.fail("incorrect_type", data_type=type(data).__name__)
        if not is_key(str(data)):
            self.fail("does_not_exist", pk_value=str(data)[:40])
        return super().to_internal_value(data)  # type: ignore[no-any-return]  # it has no type

    def to_representation(self, value: Any) -> str:
        return str(value.pk)


def unknown_key(field: str, key: object) -> serializers.ValidationError:
    """What a `KeyField` says of an id that names nothing, for an id that is nobody's to know."""
    said = KeyField.default_error_messages["does_not_exist"].format(pk_value=key)
    return serializers.ValidationError({field: [said]})


class ActingMEField(KeyField):
    """The ME that is acted for: always a field of the body, never guessed."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", "the ME that is acted for")
        super().__init__(queryset=MicroEnterprise.objects.all(), **options)


class MoneyField(serializers.DecimalField):
    """A decimal string with two places, above zero unless told."""

    def __init__(self, *, positive: bool = True, **options: Any) -> None:
        if positive and not options.get("read_only"):
            options.setdefault("min_value", Decimal("0.01"))
        super().__init__(max_digits=18, decimal_places=2, coerce_to_string=True, **options)


class QuantityField(serializers.DecimalField):
    """Units with up to three places, above zero."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("min_value", Decimal("0.001"))
        super().__init__(max_digits=14, decimal_places=3, **options)


class OptionalText(serializers.CharField):
    """Words that may be left out."""

    def __init__(self, max_length: int, **options: Any) -> None:
        super().__init__(required=False, allow_blank=True, max_length=max_length, **options)


class DayField(serializers.DateField):
    """`2026-10-31`, in a century in which days can still be counted on from."""

    default_error_messages: ClassVar[Any] = {
        "invalid": "Write a day like 2026-10-31.",
        "far": f"Write a day from {EARLIEST} to {LATEST}.",
    }

    def to_internal_value(self, value: Any) -> date:
        day = super().to_internal_value(value)
        if not EARLIEST <= day <= LATEST:
            self.fail("far")
        return day


@extend_schema_field({"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"})
class MonthField(serializers.Field[date, str, str, Any]):
    """`2026-10`, kept as the first day of the month."""

    default_error_messages: ClassVar[Any] = {"invalid": "Write a month like 2026-10."}

    def to_internal_value(self, data: Any) -> date:
        month = month_of(data) if isinstance(data, str) else None
        if month is None:
            self.fail("invalid")
        return month

    def to_representation(self, value: date) -> str:
        return f"{value:%Y-%m}"


def month_of(text: str) -> date | None:
    """`2026-10` as the first day of that month; None for anything else."""
    try:
        day = date.fromisoformat(f"{text}-01" if len(text) == 7 and text[4] == "-" else "")
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None
