"""A day as people type it."""

from datetime import date
from typing import Any, ClassVar

from django import forms

from accounts.clock import EARLIEST, LATEST


class DayField(forms.DateField):
    """A day that can be reckoned with, entered by the browser's own picker where it has one."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_error_messages: ClassVar[Any] = {
        "invalid": "Write a day like 2026-11-04.",
        "far": f"Write a day from {EARLIEST} to {LATEST}.",
    }

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        if day is not None and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError(self.error_messages["far"], code="far")
        return day
