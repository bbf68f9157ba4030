"""What was measured of a service level, as a form."""

from typing import Any

from django import forms

from contracts.actions.measurements import LONGEST_REASON, MOST, Counts
from contracts.measurement_import import COLUMNS
from contracts.models import Measurement, ServiceLevel

# Read and sent back by the browser between the preview and the word to enter it.
LARGEST_FILE = 1_500_000


def _count(label: str, *, least: int = 0, required: bool = True) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=least, max_value=MOST, required=required,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip


class MeasurementForm(forms.Form):
    """The figures of a month; only what the terms exclude may be excluded."""

    measured = _count("Measured in all", least=1)
    met = _count("As promised")
    maintenance = _count("During planned maintenance", required=False)
    buyer_caused = _count("Missed because of the buyer", required=False)
    exclusion_reason = forms.CharField(
        label="Why they are excluded", required=False, max_length=LONGEST_REASON,
        help_text="What the other side can check, such as a day or a ticket.",
    )  # fmt: skip
    note = forms.CharField(
        label="Note", required=False, max_length=LONGEST_REASON,
        help_text="Where the figures come from.",
    )  # fmt: skip

    def __init__(
        self, data: object, *, level: ServiceLevel, earlier: Measurement | None = None
    ) -> None:
        names = ("measured", "met", "maintenance", "buyer_caused", "exclusion_reason", "note")
        initial = {name: getattr(earlier, name) for name in names} if earlier else {}
        super().__init__(data, initial=initial)  # type: ignore[arg-type]  # a QueryDict or None
        self.fields["measured"].label = f"{level.unit[0].upper()}{level.unit[1:]} in all"
        self.fields["met"].label = f"Of them {level.promise}"
        if not level.excludes_maintenance:
            del self.fields["maintenance"]
        if not level.excludes_buyer_caused:
            del self.fields["buyer_caused"]
        if not (level.excludes_maintenance or level.excludes_buyer_caused):
            del self.fields["exclusion_reason"]

    @property
    def counts(self) -> Counts:
        """The figures of a valid form; an empty exclusion is none."""
        told = {name: value for name, value in self.cleaned_data.items() if value is not None}
        return Counts(**told)


class MeasurementFileForm(forms.Form):
    """A file of measurements."""

    file = forms.FileField(
        label="CSV or XLSX file",
        help_text=f"Columns {', '.join(COLUMNS)}; the last four may be left out.",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size and file.size > LARGEST_FILE:
            raise forms.ValidationError("The file is larger than 1.5 MB; import it in parts.")
        return file
