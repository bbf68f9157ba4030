"""The forms of a page as a browser sees them, to be filled in and sent without one."""

from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from django.urls import resolve

UNSENT = {"submit", "button", "image", "reset"}
CHOSEN = {"radio", "checkbox"}


class Field(NamedTuple):
    """One thing that can be typed, chosen or, where it is hidden, only forged."""

    name: str
    kind: str
    values: list[str]
    offered: tuple[str, ...] = ()
    label: str = ""


@dataclass
class Form:
    """`elsewhere`: further addresses, which some of its buttons send it to."""

    method: str
    action: str
    fields: dict[str, Field] = field(default_factory=dict)
    elsewhere: list[str] = field(default_factory=list)
    has_button: bool = False

    @property
    def name(self):
        """Of the address that it is sent to."""
        return resolve(urlsplit(self.action).path).view_name

    @property
    def key(self):
        """What makes it the same form as one of another page."""
        return self.method, self.name, frozenset(self.fields)

    def data(self):
        """As it stands on the page."""
        return {each.name: list(each.values) for each in self.fields.values() if each.values}


class _Reader(HTMLParser):
    def __init__(self, address):
        super().__init__()
        self.address, self.forms, self.by_id, self.labels = address, [], {}, {}
        self.open = self.area = self.choice = self.label = None

    def handle_starttag(self, tag, pairs):
        told = {name: value or "" for name, value in pairs}
        if tag == "form":
            action = urljoin(self.address, told.get("action") or self.address)
            self.open = Form(told.get("method", "get").lower(), action)
            self.forms.append(self.open)
            self.by_id[told.get("id", "")] = self.open
        elif tag == "label":
            self.label = told.get("for", "")
        elif tag in ("input", "select", "textarea", "button") and "disabled" not in told:
            self._control(tag, told)
        elif tag == "option" and self.choice is not None:
            self.choice[1].append((told.get("value", ""), "selected" in told))

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None
        elif tag == "label":
            self.label = None
        elif tag == "textarea" and self.area:
            told, text = self.area
            self._add(told, "textarea", ["".join(text).removeprefix("\n")])
            self.area = None
        elif tag == "select" and self.choice:
            self._select(*self.choice)
            self.choice = None

    def handle_data(self, data):
        if self.area:
            self.area[1].append(data)
        elif self.label is not None:
            self.labels[self.label] = f"{self.labels.get(self.label, '')}{data}"

    def _control(self, tag, told):
        if tag == "button":
            self._button(told)
        elif not told.get("name"):
            return
        elif tag == "textarea":
            self.area = told, []
        elif tag == "select":
            self.choice = told, []
        elif told.get("type", "text") not in UNSENT:
            self._input(told)

    def _button(self, told):
        form = self._form_of(told)
        if form and told.get("formaction"):
            form.elsewhere.append(urljoin(self.address, told["formaction"]))
        elif form and told.get("type", "submit") == "submit":
            form.has_button = True

    def _input(self, told):
        kind = told.get("type", "text")
        if kind in CHOSEN:
            value = told.get("value", "on")
            self._add(told, kind, [value] if "checked" in told else [], (value,))
        else:
            is_number = kind == "text" and told.get("inputmode") in ("decimal", "numeric")
            self._add(told, "number" if is_number else kind, [told.get("value", "")])

    def _select(self, told, options):
        picked = [value for value, is_picked in options if is_picked]
        if not picked and "multiple" not in told:
            picked = [value for value, _ in options[:1]]
        self._add(told, "select", picked, tuple(value for value, _ in options))

    def _add(self, told, kind, values, offered=()):
        """Choices of one name are one field."""
        form, name = self._form_of(told), told["name"]
        if form is None:
            return
        there = form.fields.get(name)
        if there:
            values, offered = there.values + values, there.offered + offered
        label = " ".join(self.labels.get(told.get("id"), "").removesuffix("optional").split())
        form.fields[name] = Field(name, kind, values, offered, label)

    def _form_of(self, told):
        return self.by_id.get(told["form"]) if "form" in told else self.open


def forms_of(html, address):
    """Every form of the page, in folded parts too; once for each address that its buttons name."""
    reader = _Reader(address)
    reader.feed(html)
    found = [form for form in reader.forms if form.method in ("get", "post")]
    sent = [form for form in found if form.has_button or form.method == "get"]
    return sent + [
        replace(form, action=action, elsewhere=[]) for form in found for action in form.elsewhere
    ]
