"""Blocks around content: entry, section, panel, confirm, disclosure."""

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify

register = template.Library()


@register.simple_tag
def maybe_url(name: str, *args: object) -> str:
    """The address of a page, or nothing where that page is not installed."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _note(note: str) -> SafeString:
    return format_html("<p>{}</p>", note) if note else SafeString("")


def _address(anchor: str) -> SafeString:
    """So that an address may end in #delivery."""
    return format_html(' id="{}"', anchor) if anchor else SafeString("")


@register.simple_block_tag
def entry(
    content: str, title: str, note: str = "", *, anchor: str = "", prose: bool = False
) -> SafeString:
    """A section of a detail page: its title in the margin, its matter beside it."""
    return format_html(
        '<section class="entry"{5} aria-labelledby="{0}"><div class="entry-head">'
        '<h2 id="{0}">{1}</h2>{2}</div><div class="entry-body{3}">{4}</div></section>',
        f"h-{anchor or slugify(title)}",
        title,
        _note(note),
        " prose" if prose else "",
        SafeString(content),
        _address(anchor),
    )


@register.simple_block_tag
def section(
    content: str,
    title: str,
    note: str = "",
    link: str = "",
    link_label: str = "",
    *,
    anchor: str = "",
) -> SafeString:
    """A section of a wide page: a rule, a title, matter below; on the right a note or a link."""
    right = SafeString("")
    if link:
        right = format_html('<a class="small" href="{}">{}</a>', link, link_label or "Show all")
    elif note:
        right = format_html('<span class="small soft">{}</span>', note)
    return format_html(
        '<section class="contain"{4} aria-labelledby="{0}"><div class="section-head">'
        '<h2 id="{0}">{1}</h2>{2}</div>{3}</section>',
        f"h-{anchor or slugify(title)}",
        title,
        right,
        SafeString(content),
        _address(anchor),
    )


@register.simple_block_tag
def panel(
    content: str, title: str, note: str = "", *, anchor: str = "", sticky: bool = True
) -> SafeString:
    """The one raised surface of a page: the one that decides."""
    place = anchor or slugify(title)
    return format_html(
        '<aside class="panel{0}" id="{1}" aria-labelledby="h-{1}"><div><h2 id="h-{1}">{2}</h2>{3}'
        "</div>{4}</aside>",
        " sticky" if sticky else "",
        place,
        title,
        format_html('<p class="soft small">{}</p>', note) if note else "",
        SafeString(content),
    )


@register.simple_block_tag
def confirm(content: str, name: str, title: str, button: str, *, act: bool = False) -> SafeString:
    """The question behind a button with data-dialog="name"; without script the form just goes."""
    return format_html(
        '<dialog class="dialog" id="dialog-{0}" aria-labelledby="d-{0}"><h2 id="d-{0}">{1}</h2>'
        '<div class="stack stack-small">{2}</div><form class="actions" method="dialog">'
        '<button class="button {3}" type="button" data-confirm>{4}</button>'
        '<button class="button">Go back</button></form></dialog>',
        name,
        title,
        SafeString(content),
        "button-act" if act else "button-primary",
        button,
    )


@register.simple_block_tag
def disclosure(content: str, summary: str) -> SafeString:
    """More for those who ask."""
    return format_html(
        '<details class="disclosure"><summary>{}</summary>{}</details>',
        summary,
        SafeString(content),
    )
