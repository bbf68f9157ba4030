"""What a rule says, in one sentence for people."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ledger.models import BudgetRule

Kind = BudgetRule.Kind
Terms = Mapping[str, Any]


def sentence(rule: BudgetRule) -> str:
    """`1,200.00 per full-time post on 1 January 2027, for frontline MEs`."""
    said = _SENTENCES[rule.kind](rule.terms)
    if rule.department:
        said = f"The former cost of {rule.department}: {said[:1].lower()}{said[1:]}"
    return said


def calculation(rule: BudgetRule, figures: Mapping[str, str]) -> list[str]:
    """How an ME's part of the rule came about: one line or two."""
    return _CALCULATIONS[rule.kind](rule.terms, figures)


def _fixed(terms: Terms) -> str:
    parts = []
    if terms["figures"]:
        parts.append(f"{len(terms['figures'])} amounts as listed")
    if terms["each"]:
        parts.append(f"{_money(terms['each'])} for each{_of_kinds(terms)}")
    return _capital("; ".join(parts))


def _per_head(terms: Terms) -> str:
    day = _day(terms["on"])
    return f"{_money(terms['amount'])} per full-time post on {day}{_of_kinds(terms, ', for')}"


def _revenue_share(terms: Terms) -> str:
    sources = ["earned inside"] if terms["inside"] else []
    sources += [f"sold outside by {len(terms['figures'])} MEs"] if terms["figures"] else []
    period = f"{_month(terms['first'])} to {_month(terms['last'])}"
    return f"{terms['percent']} % of what was {' or '.join(sources)} from {period}" + _of_kinds(
        terms, ", for"
    )


def _last_use(terms: Terms) -> str:
    period = f" {terms['period']}" if terms["period"] else ""
    return (
        f"{_money(terms['former_cost'])} among {len(terms['customers'])} MEs by last year’s "
        f"use{period}, {_percent(terms['phase_in'])} % of it by head count"
    )


def _requests(terms: Terms) -> str:
    most = f", at most {_money(terms['most'])} together" if terms["most"] else ""
    return (
        f"MEs ask until {_day(terms['ask_until'])}, the board votes until "
        f"{_day(terms['decide_by'])}{most}"
    )


_SENTENCES: Mapping[str, Callable[[Terms], str]] = {
    Kind.FIXED: _fixed,
    Kind.PER_HEAD: _per_head,
    Kind.REVENUE_SHARE: _revenue_share,
    Kind.LAST_USE: _last_use,
    Kind.DEPARTMENT_TO_CUSTOMERS: _last_use,
    Kind.REQUESTS: _requests,
}


def _why_fixed(terms: Terms, figures: Mapping[str, str]) -> list[str]:
    _ = terms
    return ["As listed" if figures.get("listed") else "The same for each"]


def _why_per_head(terms: Terms, figures: Mapping[str, str]) -> list[str]:
    return [f"{_money(terms['amount'])} × {figures['posts']} posts on {_day(terms['on'])}"]


def _why_revenue(terms: Terms, figures: Mapping[str, str]) -> list[str]:
    inside, outside = Decimal(figures["inside"]), Decimal(figures["outside"])
    return [
        f"{terms['percent']} % × {_money(str(inside + outside))}",
        f"{inside:,.2f} earned inside" + (f", {outside:,.2f} sold outside" if outside else ""),
        f"{_month(terms['first'])} to {_month(terms['last'])}",
    ]


def _why_use(terms: Terms, figures: Mapping[str, str]) -> list[str]:
    return [
        f"{_money(terms['former_cost'])} × {_percent(figures['share'], 2)} %",
        f"Used {figures['use']}, {figures['heads']} heads",
        f"{_percent(terms['phase_in'])} % by head count, the rest by use",
    ]


def _why_requests(terms: Terms, figures: Mapping[str, str]) -> list[str]:
    cut = f"; all are cut to {_money(terms['most'])} together" if terms["most"] else ""
    return [
        f"Asked for {_money(figures['asked'])}, granted {_money(figures['granted'])}{cut}",
        f"{figures['votes']} of {figures['peers']} peers voted; the median counts",
    ]


_CALCULATIONS: Mapping[str, Callable[[Terms, Mapping[str, str]], list[str]]] = {
    Kind.FIXED: _why_fixed,
    Kind.PER_HEAD: _why_per_head,
    Kind.REVENUE_SHARE: _why_revenue,
    Kind.LAST_USE: _why_use,
    Kind.DEPARTMENT_TO_CUSTOMERS: _why_use,
    Kind.REQUESTS: _why_requests,
}


def _of_kinds(terms: Terms, before: str = "") -> str:
    if not terms["kinds"]:
        return ""
    return f"{before} {' and '.join(terms['kinds'])} ME{'s' if before else ''}"


def _money(text: str) -> str:
    return f"{Decimal(text):,.2f}"


def _percent(text: str, places: int = 0) -> str:
    return f"{Decimal(text) * 100:.{places}f}"


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%-d %B %Y}"


def _month(text: str) -> str:
    return f"{date.fromisoformat(text):%B %Y}"


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
