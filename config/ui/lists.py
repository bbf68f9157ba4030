"""Lists whose state lives in the address: filters, sorting, pages."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.core.paginator import Page
from django.http import HttpRequest, QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.ui.words import number

register = template.Library()

Option = Sequence[Any]


def _request(context: template.Context) -> HttpRequest | None:
    found: HttpRequest | None = context.get("request") or getattr(context, "request", None)
    return found


def _query(context: template.Context) -> QueryDict:
    request = _request(context)
    return request.GET.copy() if request else QueryDict(mutable=True)


def _address(query: QueryDict, **changes: object) -> str:
    """A change starts again at the first page; None and "" drop a parameter."""
    for name in {"page", "after", "before"} - changes.keys():
        query.pop(name, None)
    for name, value in changes.items():
        query.pop(name, None)
        if isinstance(value, list | tuple):
            query.setlist(name, [str(each) for each in value])
        elif value is not None and value != "":
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def address(context: template.Context, **changes: object) -> str:
    """This page with some parameters changed and all others kept."""
    return _address(_query(context), **changes)


@register.inclusion_tag("components/segmented.html", takes_context=True)
def segmented(
    context: template.Context, name: str, options: Iterable[Option], label: str
) -> dict[str, object]:
    """Exclusive choices as links; options are (value, label) or (value, label, count)."""
    query = _query(context)
    current = query.get(name, "")
    return {
        "label": label,
        "items": [
            {
                "url": _address(query.copy(), **{name: value}),
                "label": word,
                "count": number(rest[0]) if rest else "",
                "current": str(value or "") == current,
                "mark": value if value in {"inside", "outside"} else "",
            }
            for value, word, *rest in options
        ],
    }


@register.inclusion_tag("components/chips.html", takes_context=True)
def chips(context: template.Context, active: Iterable[Option]) -> dict[str, object]:
    """The filters in force, each a link that removes it; active holds (label, name, value)."""
    query = _query(context)
    items = []
    for label, name, *rest in active:
        left = [each for each in query.getlist(name) if rest and each != str(rest[0])]
        items.append({"label": label, "url": _address(query.copy(), **{name: left})})
    return {"items": items}


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(
    context: template.Context, page: Page[Any], label: str = "Pages", *, at_most: int = 0
) -> dict[str, object]:
    """Previous and next of a Paginator page, with "21 to 40 of 61"."""
    query = _query(context)
    count = page.paginator.count
    total = f"more than {number(at_most)}" if at_most and count >= at_most else number(count)
    first, last = number(page.start_index()), number(page.end_index())

    def place(at: int) -> str:
        return _address(query.copy(), page=at)

    return {
        "label": label,
        "needed": page.has_other_pages(),
        "text": f"{first} to {last} of {total}",
        "previous_url": place(page.previous_page_number()) if page.has_previous() else "",
        "next_url": place(page.next_page_number()) if page.has_next() else "",
    }


@register.simple_tag(takes_context=True)
def sort_link(context: template.Context, label: str, by: str, name: str = "sort") -> SafeString:
    """A column head that sorts; a second press turns the order round ("-price")."""
    query = _query(context)
    current = query.get(name, "")
    turned = f"-{by}" if current == by else by
    order = {by: ("↑", ", ascending"), f"-{by}": ("↓", ", descending")}.get(current)
    arrow = (
        format_html(
            ' <span aria-hidden="true">{}</span><span class="visually-hidden">{}</span>', *order
        )
        if order
        else ""
    )
    return format_html('<a href="{}">{}{}</a>', _address(query, **{name: turned}), label, arrow)
