"""How money, numbers, days and sentences are printed."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import nh3
from django import template
from django.contrib.messages.storage.base import Message
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

from marketplace.units import counted

register = template.Library()

Number = Decimal | int | float
MINUS = "\N{MINUS SIGN}"
SPACE = "\N{NO-BREAK SPACE}"
CENT = Decimal("0.01")

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
_MARKDOWN_TAGS = {
    "p",
    "br",
    "hr",
    "ul",
    "ol",
    "li",
    "strong",
    "em",
    "a",
    "code",
    "pre",
    "blockquote",
}
_MARKDOWN_TAGS |= {"h3", "h4", "table", "thead", "tbody", "tr", "th", "td"}
_MESSAGE_TONES = {"success": "good", "warning": "watch", "error": "act"}
_COUNTS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def _grouped(amount: Decimal, digits: Decimal) -> str:
    # Adding zero turns a rounded minus zero into zero.
    rounded = amount.quantize(digits, ROUND_HALF_UP) + 0
    return f"{rounded:,f}".replace("-", MINUS)


@register.filter
def money(amount: Decimal | int | str | None) -> str:
    """1,234.50 with a true minus sign; the currency belongs to the column head."""
    return "" if amount is None or amount == "" else _grouped(Decimal(amount), CENT)


@register.filter
def signed_money(amount: Decimal | int | str | None) -> str:
    """The same with a plus sign, for changes."""
    printed = money(amount)
    return f"+{printed}" if printed and Decimal(amount or 0) > 0 else printed


@register.filter
def whole_money(amount: Decimal | int | str | None) -> str:
    """1,235 for places where cents would be noise."""
    return "" if amount is None or amount == "" else _grouped(Decimal(amount), Decimal(1))


@register.filter
def number(value: Number | str | None, digits: int = 2) -> str:
    """1,234.5: thousands grouped, at most so many decimals, no trailing zeros."""
    if value is None or value == "":
        return ""
    printed = _grouped(Decimal(str(value)), Decimal(1).scaleb(-digits))
    return printed.rstrip("0").rstrip(".") if "." in printed else printed


@register.filter
def of_unit(quantity: Decimal | None, unit: str) -> str:
    """3 posts, 1 post, or 3 × repair kit where the unit is nobody's usual word."""
    return "" if quantity is None else counted(Decimal(quantity), unit)


@register.filter
def percent(fraction: Number | str | None, digits: int = 1) -> str:
    """A fraction of one as 91.7 %."""
    if fraction is None or fraction == "":
        return ""
    return f"{number(Decimal(str(fraction)) * 100, digits)}{SPACE}%"


@register.filter
def signed_percent(fraction: Number | str | None, digits: int = 1) -> str:
    """A change as +4.2 %, or with a true minus sign."""
    printed = percent(fraction, digits)
    return f"+{printed}" if printed and Decimal(str(fraction)) > 0 else printed


def _printed_date(value: date | datetime | str | None, layout: str) -> str:
    if not value or isinstance(value, str):
        return ""
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return format_date(value, layout)


@register.filter
def day(value: date | datetime | str | None) -> str:
    """31 October 2026."""
    return _printed_date(value, "j F Y")


@register.filter
def short_day(value: date | datetime | str | None) -> str:
    """31 Oct."""
    return _printed_date(value, "j M")


@register.filter
def weekday(value: date | datetime | str | None) -> str:
    """Friday 13 March: for a date close by that asks for something."""
    return _printed_date(value, "l j F")


@register.filter
def month(value: date | datetime | str | None) -> str:
    """October 2026."""
    return _printed_date(value, "F Y")


@register.filter
def moment(value: date | datetime | str | None) -> str:
    """28 January 2026, 14:12 in the organisation's time."""
    return _printed_date(value, "j F Y, H:i") if isinstance(value, datetime) else day(value)


@register.filter
def iso(value: date | datetime | str | None) -> str:
    """What the attributes datetime, value and min want: 2026-10-31."""
    return _printed_date(value, "Y-m-d")


@register.filter
def next_day(value: date) -> date:
    """The day after, for the demo's clock."""
    return value + timedelta(days=1)


@register.filter
def in_words(count: int) -> str:
    """Two, Three ... Ten, then 11."""
    return _COUNTS[count] if 0 <= count < len(_COUNTS) else str(count)


@register.filter
def sentence_case(word: str) -> str:
    """Not measured for not_measured."""
    plain = str(word).replace("_", " ").strip()
    return plain[:1].upper() + plain[1:]


@register.filter
def lines(text: object) -> list[str]:
    """The lines of a message: the first says what, the others why and what next."""
    return [line.strip() for line in str(text or "").splitlines() if line.strip()]


@register.filter
def words(text: str) -> list[str]:
    """A short fixed list, written as one string."""
    return str(text).split()


@register.filter
def initials(name: str) -> str:
    """AO for Amara Okafor."""
    parts = str(name).split()
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper()


@register.filter
def markdown(text: str | None) -> SafeString:
    """What people wrote as Markdown, with nothing in it that could run or shout."""
    tokens = _MARKDOWN.parse(text or "")
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = "h3" if token.tag in {"h1", "h2"} else "h4"
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return format_html("{}", SafeString(nh3.clean(html, tags=_MARKDOWN_TAGS)))


@register.filter
def message_tone(message: Message) -> str:
    """The tone of one of Django's messages."""
    return _MESSAGE_TONES.get(message.level_tag, "")
