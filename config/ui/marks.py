"""Small marks: icon, origin, state, satisfaction, bars of money, charts."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import TypedDict

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from lucide.templatetags.lucide import lucide

from config.ui import drawing
from config.ui.words import money, number, sentence_case

register = template.Library()

RATERS_NEEDED = 5
BUDGET_PARTS = {
    "available": "Available",
    "pre_committed": "Pre-committed",
    "committed": "Committed",
    "spent": "Spent",
    "held": "Held",
    "dispute_window": "Earned, not yet free",
}
STATE_TONES = {
    "good": "accepted active available charged completed confirmed counted cured done "
    "fresh granted live met on_sale paid posted published received resolved reviewed signed won",
    "watch": "amendment_offered contested disputed dissolving due held incubating late mediation "
    "merging notice overdue pending_review probation review_due stale suspended waiting",
    "act": "breach broken chronic_failure failed missed not_measured refused unfunded unmeasured "
    "unsigned",
    "open": "agreed answered assigned bidding committed computed in_progress invited offered open "
    "ordered pre_committed proposed requested running upcoming voting",
}
TONE_OF_STATE = {state: tone for tone, states in STATE_TONES.items() for state in states.split()}
NAV_ICONS = {
    "home": "house",
    "market": "store",
    "contracts": "file-pen-line",
    "learning": "graduation-cap",
    "me": "waypoints",
    "mes": "waypoints",
    "money": "table-2",
    "budgets": "coins",
    "settlement": "calendar-check",
    "people": "users",
    "policies": "scale",
    "insights": "chart-spline",
}


@lru_cache(maxsize=256)
def _drawn_icon(name: str, css_class: str) -> SafeString:
    return SafeString(lucide(name, size=16, **{"class": css_class, "aria-hidden": "true"}))


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """A Lucide icon that is read aloud by nobody: the word beside it says all."""
    return _drawn_icon(name, f"icon {css_class}".strip())


@register.simple_tag
def nav_icon(section: str) -> SafeString:
    """The icon of a section of the navigation."""
    return icon(NAV_ICONS.get(section, "circle"))


@register.simple_tag
def origin(where: str, label: str = "") -> SafeString:
    """Inside or outside, by word, hue and form."""
    return format_html(
        '<span class="origin origin-{0}"><svg class="mark" aria-hidden="true">'
        '<use href="#{0}"/></svg>{1}</span>',
        "outside" if where == "outside" else "inside",
        label or sentence_case(where),
    )


@register.simple_tag
def mark(where: str) -> SafeString:
    """Only the form of inside or outside, where a word stands beside it."""
    return format_html('<svg class="mark" aria-hidden="true"><use href="#{}"/></svg>', where)


@register.filter
def tone(state_word: str) -> str:
    """Open, good, watch or act; nothing for a state that is over or only begun."""
    return TONE_OF_STATE.get(str(state_word), "")


@register.simple_tag
def state(word: str, label: str = "", tone: str | None = None) -> SafeString:
    """The pill of a state; the word decides the tone unless the page knows better."""
    shade = TONE_OF_STATE.get(str(word), "") if tone is None else tone
    css_class = f"state state-{shade}" if shade else "state"
    return format_html('<span class="{}">{}</span>', css_class, label or sentence_case(word))


@register.inclusion_tag("components/satisfaction.html")
def satisfaction(
    csat: Decimal | float | None,
    n: int | None = None,
    *,
    lower: Decimal | float | None = None,
    upper: Decimal | float | None = None,
    raters: int | None = None,
    large: bool = False,
) -> dict[str, object]:
    """The share of 4 and 5 with its likely range and n; below five raters no number at all."""
    answers = n or 0
    if csat in {None, ""} or (raters or answers) < RATERS_NEEDED:
        return {"enough": False, "large": large}
    share = float(csat or 0)
    likely = drawing.wilson(share, answers)
    low = likely[0] if lower in {None, ""} else float(lower or 0)
    high = likely[1] if upper in {None, ""} else float(upper or 0)
    return {
        "enough": True,
        "large": large,
        "n": answers,
        "value": round(share * 100),
        "low": round(low * 100),
        "high": round(high * 100),
        "range_x": drawing.in_percent(low * 100),
        "range_width": drawing.in_percent(max(high - low, 0) * 100),
        "point_x": drawing.in_percent(share * 100),
    }


def _amount(source: object, name: str) -> Decimal:
    found = source.get(name) if isinstance(source, Mapping) else getattr(source, name, None)
    return Decimal(found or 0)


@register.inclusion_tag("components/budget_bar.html")
def budget_bar(
    purse: object, currency: str = "", *, key: bool = True, label: str = ""
) -> dict[str, object]:
    """Money left as one bar; purse has available, pre_committed, committed, spent, held."""
    amounts = {name: _amount(purse, name) for name in BUDGET_PARTS}
    if not amounts["dispute_window"]:
        del amounts["dispute_window"]
    places = drawing.parts_of_a_bar([float(amount) for amount in amounts.values()])
    parts = [
        {"name": name, "label": BUDGET_PARTS[name], "amount": amount, "place": place}
        for (name, amount), place in zip(amounts.items(), places, strict=True)
    ]
    spoken = ", ".join(f"{BUDGET_PARTS[name].lower()} {money(a)}" for name, a in amounts.items())
    total = money(sum(amounts.values(), Decimal(0)))
    return {
        "parts": parts,
        "key": key,
        "aria_label": label or f"Of {currency} {total}: {spoken}".replace("  ", " "),
    }


@register.inclusion_tag("components/spark.html")
def spark(values: Sequence[Decimal | float | None], label: str = "") -> dict[str, object]:
    """A word-sized line for a table or a fact; fewer than two values say "too early"."""
    known = [float(value) for value in values if value is not None]
    if len(known) < 2:
        return {"points": []}
    points = drawing.spark_points(known)
    last_x, last_y = points[-1].split(",")
    spoken = label or f"From {number(known[0], 1)} to {number(known[-1], 1)}"
    return {"points": points, "last_x": last_x, "last_y": last_y, "label": spoken}


class Bar(TypedDict, total=False):
    label: str
    value: Decimal | float
    shown: str
    note: str
    tone: str
    url: str


@register.inclusion_tag("components/bars.html")
def bars(
    rows: Sequence[Bar],
    title: str = "",
    *,
    note: str = "",
    most: Decimal | float | None = None,
    limit: Decimal | float | None = None,
    limit_label: str = "",
) -> dict[str, object]:
    """One bar a row, its figure beside it; rows are dicts with label and value."""
    longest = float(most or max((row["value"] for row in rows), default=0)) or 1.0
    return {
        "title": title,
        "note": note,
        "limit": drawing.in_percent(100 * float(limit) / longest) if limit is not None else "",
        "limit_label": limit_label,
        "rows": [
            {
                **row,
                "shown": row.get("shown") or number(row["value"]),
                "width": drawing.in_percent(min(100 * float(row["value"]) / longest, 100)),
            }
            for row in rows
        ],
    }


class Series(TypedDict, total=False):
    name: str
    values: Sequence[Decimal | float | None]
    tone: str
    lower: Sequence[Decimal | float]
    upper: Sequence[Decimal | float]


def _all_values(series: Sequence[Series], limit: float | None) -> list[float]:
    found = [
        float(value)
        for each in series
        for values in (each["values"], each.get("lower", ()), each.get("upper", ()))
        for value in values
        if value is not None
    ]
    return found if limit is None else [*found, limit]


def _lines(series: Sequence[Series], ticks: Sequence[float], digits: int) -> list[drawing.Line]:
    numbers = [[None if value is None else float(value) for value in s["values"]] for s in series]
    lasts = [next(value for value in reversed(row) if value is not None) for row in numbers]
    ends = [drawing.height_of(last, ticks) for last in lasts]
    return [
        drawing.Line(
            name=each.get("name", ""),
            tone=each.get("tone", ""),
            points=" ".join(drawing.polyline(row, ticks)),
            band=_band(each, ticks),
            end_y=drawing.in_percent(end),
            label_y=drawing.in_percent(label),
            end_label=number(last, digits) if len(series) == 1 else each.get("name", ""),
        )
        for each, row, last, end, label in zip(
            series, numbers, lasts, ends, drawing.spread(ends), strict=True
        )
    ]


def _band(each: Series, ticks: Sequence[float]) -> str:
    upper = drawing.polyline([float(value) for value in each.get("upper", ())], ticks)
    lower = drawing.polyline([float(value) for value in each.get("lower", ())], ticks)
    return " ".join([*upper, *reversed(lower)])


@register.inclusion_tag("components/chart.html")
def line_chart(
    series: Sequence[Series],
    labels: Sequence[str],
    title: str,
    *,
    note: str = "",
    unit: str = "",
    limit: Decimal | float | None = None,
    digits: int = 1,
) -> dict[str, object]:
    """Lines over months with words on both axes and every figure behind a disclosure."""
    drawn = [each for each in series if any(value is not None for value in each["values"])]
    context: dict[str, object] = {"title": title, "note": note, "unit": unit, "plot": None}
    if not drawn or len(labels) < 2:
        return context
    bound = None if limit is None else float(limit)
    values = _all_values(drawn, bound)
    ticks = drawing.nice_ticks(min(values), max(values))
    lines = _lines(drawn, ticks, digits)
    tick_words = [number(tick, digits) for tick in ticks]
    box = drawing.Box.for_labels(tick_words, [line.end_label for line in lines])
    plot = drawing.Plot(
        box=box,
        ticks=[
            drawing.Label(drawing.outer_y(tick, ticks), word)
            for tick, word in zip(ticks, tick_words, strict=True)
        ],
        words=[
            drawing.Label(box.x(at, len(labels)), labels[at]) for at in drawing.some_of(len(labels))
        ],
        lines=lines,
        limit="" if bound is None else drawing.outer_y(bound, ticks),
    )
    rows = [
        {"label": word, "cells": [number(each["values"][at], digits) for each in drawn]}
        for at, word in enumerate(labels)
    ]
    return context | {"plot": plot, "rows": rows, "heads": [s.get("name", "") for s in drawn]}


@register.inclusion_tag("components/progress.html")
def progress(done: int, total: int, text: str, *, refused: int = 0) -> dict[str, object]:
    """How far a run is; what was refused is part of it."""
    share = 100 / total if total else 0
    return {
        "text": text,
        "done": drawing.in_percent(done * share),
        "refused": drawing.in_percent(refused * share) if refused else "",
    }
