"""Forms: a field with its label, hint and error; the summary; a whole form."""

from collections.abc import Iterable
from dataclasses import dataclass

from django import forms, template
from django.forms.boundfield import BoundField

from config.ui.words import in_words

register = template.Library()

SINGLE_CHOICE = (forms.CheckboxInput,)
MANY_CHOICES = (forms.RadioSelect, forms.CheckboxSelectMultiple)
INPUT_MODES = {forms.DecimalField: "decimal", forms.IntegerField: "numeric"}


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if bound.is_hidden:
        return "hidden"
    if isinstance(widget, MANY_CHOICES):
        return "choices"
    return "choice" if isinstance(widget, SINGLE_CHOICE) else "input"


def _described(bound: BoundField, *, hint: bool) -> str:
    parts = [f"{bound.auto_id}-hint"] * hint + [f"{bound.auto_id}-error"] * bool(bound.errors)
    return " ".join(parts)


def _attributes(
    bound: BoundField, *, kind: str, described: str, short: bool
) -> dict[str, str | bool]:
    attributes: dict[str, str | bool] = {}
    if kind == "input":
        own = str(bound.field.widget.attrs.get("class", ""))
        attributes["class"] = " ".join(filter(None, ["input", "input-short" * short, own]))
        for field_class, mode in INPUT_MODES.items():
            if isinstance(bound.field, field_class):
                attributes.setdefault("inputmode", mode)
    if kind in {"input", "choice"} and described:
        attributes["aria-describedby"] = described
    if kind in {"input", "choice"} and bound.errors:
        attributes["aria-invalid"] = "true"
    return attributes


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField,
    *,
    label: str = "",
    hint: str | None = None,
    unit: str = "",
    short: bool = False,
    placeholder: str | None = None,
) -> dict[str, object]:
    """A bound form field in our markup: label, hint, input, error."""
    kind = _kind(bound)
    told = bound.help_text if hint is None else hint
    described = _described(bound, hint=bool(told))
    attributes = _attributes(bound, kind=kind, described=described, short=short or bool(unit))
    if placeholder is not None:
        attributes["placeholder"] = placeholder
    return {
        "field": bound,
        "kind": kind,
        "tag": "fieldset" if kind == "choices" else "div",
        "label_tag": "legend" if kind == "choices" else "label",
        "described": described,
        "label": label or bound.label,
        "hint": told,
        "unit": unit,
        "input": "" if kind == "choices" else bound.as_widget(attrs=attributes),
    }


@dataclass(frozen=True)
class Problem:
    text: str
    anchor: str


def _anchor(bound: BoundField) -> str:
    return f"{bound.auto_id}_0" if _kind(bound) == "choices" else bound.id_for_label


def _problems(form: forms.BaseForm) -> Iterable[Problem]:
    for text in form.non_field_errors():
        yield Problem(str(text), "")
    for bound in form:
        for text in bound.errors:
            yield Problem(f"{bound.label}: {text}", "" if bound.is_hidden else _anchor(bound))


@register.inclusion_tag("components/error_summary.html")
def error_summary(*given: forms.BaseForm, focus: bool = True) -> dict[str, object]:
    """All that is to correct, each a link to its field; nothing when all is well."""
    problems = [problem for form in given if form.is_bound for problem in _problems(form)]
    things = "thing" if len(problems) == 1 else "things"
    title = f"{in_words(len(problems))} {things} to correct"
    return {"problems": problems, "title": title, "focus": focus}


@register.inclusion_tag("components/form.html", takes_context=True)
def form(
    context: template.Context,
    form: forms.BaseForm,
    button: str,
    *,
    action: str = "",
    cancel_url: str = "",
    cancel: str = "Go back",
    dialog: str = "",
    next_url: str = "",
    focus: bool = True,
) -> dict[str, object]:
    """A whole form: summary of errors, every field, one primary button and a way back."""
    return {
        "form": form,
        "button": button,
        "action": action,
        "cancel_url": cancel_url,
        "cancel": cancel,
        "dialog": dialog,
        "next_url": next_url,
        "focus": focus,
        "csrf_token": context.get("csrf_token"),
    }
