"""Adding, changing and ending memberships; roles with their ties."""

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from accounts.forms.days import DayField
from accounts.forms.micro_enterprises import PersonChoice
from accounts.models import CustomerOutcome, Membership, MicroEnterprise, Person, Role
from accounts.models.people import PersonQuerySet

NEW_ROLE = "+"


def share_field() -> forms.DecimalField:
    return forms.DecimalField(
        max_digits=5,
        decimal_places=2,
        min_value=1,
        max_value=100,
        label="Share of the person’s time, %",
    )


class AddMemberForm(forms.Form):
    person = PersonChoice(
        queryset=Person.objects.none(), widget=forms.RadioSelect, empty_label=None,
        error_messages={"required": "Choose one of the people found."},
    )  # fmt: skip
    role = forms.ChoiceField()
    new_role = forms.CharField(
        max_length=250, required=False, help_text="Where no role of the list fits."
    )
    allocation_percent = share_field()
    starts_on = DayField(label="First day")

    def __init__(
        self, data: QueryDict | None, *, me: MicroEnterprise, found: PersonQuerySet, on: date
    ) -> None:
        super().__init__(data, initial={"starts_on": on, "allocation_percent": 100})
        self.fields["person"].queryset = found  # type: ignore[attr-defined]
        names = me.roles.order_by("name").values_list("name", flat=True)
        choices = [*((name, name) for name in names), (NEW_ROLE, "A new role, named below")]
        self.fields["role"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        sent = super().clean() or self.cleaned_data
        if sent.get("role") == NEW_ROLE and not sent.get("new_role"):
            self.add_error("new_role", "Name the new role, or choose one of the list.")
        return sent

    def member(self) -> dict[str, Any]:
        """What `add_member` is told."""
        sent = self.cleaned_data
        return {
            "person": sent["person"],
            "role": sent["new_role"] if sent["role"] == NEW_ROLE else sent["role"],
            "allocation_percent": sent["allocation_percent"],
            "starts_on": sent["starts_on"],
        }


class ChangeMembershipForm(forms.Form):
    role = forms.ModelChoiceField(queryset=Role.objects.none(), empty_label=None)
    allocation_percent = share_field()
    may_sign = forms.BooleanField(
        required=False, label="May sign", help_text="Offers, contracts, orders and learning."
    )
    is_lead = forms.BooleanField(
        required=False, label="Leads the ME", help_text="May do all that you may."
    )
    share_points = forms.IntegerField(
        min_value=0,
        max_value=1_000_000,
        help_text="The person’s weight in the ME’s upside. Only the person and the lead see it.",
    )

    def __init__(self, data: QueryDict | None, *, membership: Membership) -> None:
        fields = ("allocation_percent", "may_sign", "is_lead", "share_points")
        initial = {field: getattr(membership, field) for field in fields}
        initial["role"] = membership.role_id
        super().__init__(data, initial=initial)
        roles = membership.micro_enterprise.roles.order_by("name")
        self.fields["role"].queryset = roles  # type: ignore[attr-defined]


class LastDayForm(forms.Form):
    """The last day of a membership or of an outcome."""

    ends_on = DayField(label="Last day")

    def __init__(self, data: QueryDict | None, *, on: date) -> None:
        super().__init__(data, initial={"ends_on": on})


class OutcomesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: CustomerOutcome) -> str:
        return f"{obj.name} (for {obj.customer})"


class RoleForm(forms.Form):
    name = forms.CharField(max_length=250)
    description = forms.CharField(
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="What the role does",
    )
    outcomes = OutcomesField(
        queryset=CustomerOutcome.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Customer outcomes it serves",
        help_text="An untied role is listed on the page of the ME, and gives no rights.",
    )

    def __init__(
        self, data: QueryDict | None, *, me: MicroEnterprise, on: date, role: Role | None = None
    ) -> None:
        initial: dict[str, Any] = {}
        if role is not None:
            tied = role.links.filter(ends_on=None).values_list("outcome", flat=True)
            initial = {"name": role.name, "description": role.description, "outcomes": list(tied)}
        super().__init__(data, initial=initial)
        live = me.outcomes.live(on=on).order_by("name", "pk")
        self.fields["outcomes"].queryset = live  # type: ignore[attr-defined]
