"""Service levels as rows of a form, for what is offered and for what is signed."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from marketplace import service_levels
from marketplace.levels import MEASURERS
from marketplace.service_levels import DEFAULT_TIERS, NONE, Level, Tier

PREFIX = "level"
_NO_CREDIT, _FIRST, _SECOND, _LAST = DEFAULT_TIERS


def _percent(label: str, *, initial: Decimal | None = None, hint: str = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=hint, max_digits=5, decimal_places=2, min_value=Decimal(0),
        max_value=Decimal(100), required=False,
        initial=None if initial is None else _plain(initial),
    )  # fmt: skip


def _plain(value: Decimal) -> Decimal:
    """90 for 90.00, which is typed so; a number, so that an untouched row counts as empty."""
    return Decimal(f"{value.normalize():f}")


class LevelForm(forms.Form):
    """One service level; a row in which nobody has typed is none.

    Of the four steps of credit the two in the middle may be left out.
    """

    name = forms.CharField(
        label="Level", max_length=service_levels.LONGEST_NAME,
        help_text="Such as Tickets answered in time.",
    )  # fmt: skip
    unit = forms.CharField(
        label="What is counted", max_length=service_levels.LONGEST_UNIT,
        help_text="Such as tickets, hours, samples.",
    )  # fmt: skip
    promise = forms.CharField(
        label="What is promised of each", max_length=service_levels.LONGEST_PROMISE,
        help_text="Such as answered within four working hours.",
    )  # fmt: skip
    measurer = forms.ChoiceField(label="Measured by", choices=MEASURERS, initial="provider")
    excludes_maintenance = forms.BooleanField(
        label="Planned maintenance does not count", required=False, initial=True
    )
    excludes_buyer_caused = forms.BooleanField(
        label="What the buyer caused does not count", required=False, initial=True
    )
    no_credit_from = _percent("Met from", initial=_NO_CREDIT.at_least, hint="No credit from here.")
    first_from = _percent("First step down to", initial=_FIRST.at_least)
    first_credit = _percent("Credit there", initial=_FIRST.credit)
    second_from = _percent("Second step down to", initial=_SECOND.at_least)
    second_credit = _percent("Credit there", initial=_SECOND.credit)
    last_credit = _percent("Credit below that", initial=_LAST.credit)
    earns_back = forms.BooleanField(
        label="Good months earn part of a credit back", required=False, initial=True
    )
    bonus_above = _percent("Bonus above", hint="Only where the buyer agrees to one.")
    bonus = _percent("Bonus")

    @property
    def is_spare(self) -> bool:
        """A row for one more level, in which nobody has typed yet."""
        return self.empty_permitted and not (self.is_bound and self.has_changed())

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        for field in ("no_credit_from", "last_credit"):
            if field in told and told[field] is None:
                self.add_error(field, "Say how many percent.")
        for step in ("first", "second"):
            share, credit = told.get(f"{step}_from"), told.get(f"{step}_credit")
            if (share is None) != (credit is None):
                field = f"{step}_credit" if credit is None else f"{step}_from"
                self.add_error(field, "Fill in both figures of this step, or neither.")
        return told


def level_from(told: Mapping[str, Any]) -> Level:
    """What one valid row says."""
    steps = [
        Tier(told[f"{step}_from"], told[f"{step}_credit"])
        for step in ("first", "second")
        if told[f"{step}_from"] is not None
    ]
    tiers = (Tier(told["no_credit_from"], NONE), *steps, Tier(NONE, told["last_credit"]))
    names = {*Level.__dataclass_fields__} & told.keys()
    return Level(tiers=tiers, **{name: told[name] for name in names})


def as_row(level: Level) -> dict[str, Any]:
    """A level as the first values of its row; a step that it does not have stays empty."""
    first, *steps, last = level.tiers
    row = {name: getattr(level, name) for name in level.__dataclass_fields__ if name != "tiers"}
    row |= {"no_credit_from": first.at_least, "last_credit": last.credit}
    for name, step in zip(("first", "second"), [*steps, None, None], strict=False):
        row[f"{name}_from"] = step.at_least if step else None
        row[f"{name}_credit"] = step.credit if step else None
    return {
        name: _plain(value) if isinstance(value, Decimal) else value for name, value in row.items()
    }


_BaseRows = forms.formset_factory(
    LevelForm, extra=1, can_delete=True, max_num=service_levels.MOST_LEVELS,
    absolute_max=service_levels.MOST_LEVELS + 5,
)  # fmt: skip


class LevelRows:
    """All rows as one thing that a form's page can ask.

    What is sent without any rows leaves the levels as they were.
    """

    def __init__(self, data: Mapping[str, Any] | None, levels: Sequence[Level]) -> None:
        self._given = tuple(levels)
        self.is_sent = data is not None and f"{PREFIX}-TOTAL_FORMS" in data
        initial = [as_row(each) for each in levels]
        self.formset = _BaseRows(data if self.is_sent else None, prefix=PREFIX, initial=initial)
        for row in self.formset:
            row.fields["DELETE"].label = "Leave this level out"

    def is_valid(self) -> bool:
        return not self.is_sent or self.formset.is_valid()

    @property
    def problems(self) -> list[str]:
        """What to say above the form; each row says more beside its own fields."""
        rows = [
            f"Service level {number} needs another look."
            for number, row in enumerate(self.formset, start=1)
            if row.errors
        ]
        return [*rows, *map(str, self.formset.non_form_errors())]

    @property
    def levels(self) -> tuple[Level, ...]:
        """What was typed, of valid rows."""
        if not self.is_sent:
            return self._given
        kept = [row for row in self.formset if row not in self.formset.deleted_forms]
        return tuple(level_from(row.cleaned_data) for row in kept if row.cleaned_data)
