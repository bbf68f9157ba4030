"""What people type on the pages of the learning market."""

from decimal import Decimal
from typing import Any

from django import forms

from accounts.forms.days import DayField
from accounts.models import MicroEnterprise, Person
from learning_market.actions import CourseTerms, RunTerms
from learning_market.course_import import PRESETS
from ledger.money import LARGEST

_PERSON = "Name somebody who is a member today."


def _day(label: str, help_text: str = "") -> DayField:
    messages = {"required": f"Choose the {label.lower()}."}
    return DayField(label=label, help_text=help_text, error_messages=messages)


class CatalogueForm(forms.Form):
    """The filters of the catalogue; what makes no sense is left out."""

    q = forms.CharField(required=False, max_length=200)
    topic = forms.CharField(required=False, max_length=80)
    where = forms.ChoiceField(
        required=False, choices=[("", "All"), ("inside", "Inside"), ("outside", "Outside")]
    )
    price_to = forms.DecimalField(
        required=False, min_value=0, max_value=LARGEST, decimal_places=2, label="Price up to"
    )
    month = DayField(required=False, input_formats=["%Y-%m"], label="Month")
    sort = forms.CharField(required=False, max_length=20)


class InvestForm(forms.Form):
    """Who learns, and what should be better after it."""

    people = forms.ModelMultipleChoiceField(
        queryset=Person.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        label="Members",
        error_messages={
            "required": "Name at least one member to learn.",
            "invalid_choice": _PERSON,
            "invalid_pk_value": _PERSON,
        },
    )
    expected_return = forms.CharField(
        max_length=500,
        label="What should be better after it?",
        help_text="One sentence; it is looked at again when the course is over.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what should be better after it."},
    )
    expected_value = forms.DecimalField(
        required=False,
        max_digits=18,
        decimal_places=2,
        min_value=0,
        label="What that is worth in twelve months",
        help_text="A guess is enough; the return is shown beside the price.",
    )

    def __init__(self, *args: Any, people: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["people"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = people


class CourseForm(forms.Form):
    """A course: taught by one of our MEs, or by a supplier outside."""

    title = forms.CharField(max_length=200, error_messages={"required": "Name the course."})
    topic = forms.CharField(
        max_length=80,
        help_text="One word that others would look for, such as Data.",
        error_messages={"required": "Say what it is about in a word."},
    )
    description = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Markdown: what one can do afterwards, for whom, how long.",
    )
    provider = forms.ModelChoiceField(
        queryset=MicroEnterprise.objects.none(),
        required=False,
        label="Taught by our micro-enterprise",
        empty_label="A supplier outside",
        error_messages={"invalid_choice": "Choose one of your own micro-enterprises."},
    )
    supplier = forms.CharField(
        required=False,
        max_length=160,
        label="Or by the supplier",
        help_text="Only for a course from outside.",
    )

    field_order = ["title", "topic", "provider", "supplier", "description"]

    def __init__(self, *args: Any, providers: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["provider"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = providers

    @property
    def terms(self) -> CourseTerms:
        given = self.cleaned_data
        return CourseTerms(given["title"], given["topic"], given["description"])


class RunForm(forms.Form):
    """When a course runs, and at what price."""

    starts_on = _day("First day")
    ends_on = _day("Last day")
    price = forms.DecimalField(
        max_digits=18, decimal_places=2, min_value=Decimal(0), label="Price per seat",
        help_text="0 for a free course.",
    )  # fmt: skip
    seats = forms.IntegerField(
        required=False, min_value=1, max_value=100_000, label="Seats",
        help_text="Empty: as many as come.",
    )  # fmt: skip
    place = forms.CharField(
        required=False, max_length=160, label="Place", help_text="A room, a town, or online."
    )

    @property
    def terms(self) -> RunTerms:
        given = self.cleaned_data
        return RunTerms(
            given["starts_on"], given["ends_on"], given["price"], given["seats"], given["place"]
        )


class ImportForm(forms.Form):
    """A file of courses, and how it is written."""

    file = forms.FileField(
        label="File",
        help_text="CSV or XLSX. A faulty file changes nothing.",
        error_messages={
            "required": "Choose a file.",
            "empty": "The file is empty; choose another.",
        },
    )
    map = forms.ChoiceField(
        label="How it is written", choices=[(name, name.replace("-", " ")) for name in PRESETS]
    )


class MoveForm(forms.Form):
    starts_on = _day("New first day")
    ends_on = _day("New last day")
