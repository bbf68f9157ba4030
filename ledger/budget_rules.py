"""What each rule of a budget gives to whom, free of Django (PRODUCT 4.8).

A rule reads its own terms and `Inputs`, nothing else. What an ME has left over is no field of
them, so next year's money cannot depend on it (PRODUCT 4.9).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Any, NamedTuple

from ledger import allocating
from ledger.money import ZERO, split, to_cents

Terms = Mapping[str, Any]


class Unplannable(ValueError):
    """The rule cannot be computed as it stands; the words say why and what to do."""


class Asked(NamedTuple):
    """A request and what the peers who may decide on it voted; `open` while they still may."""

    micro_enterprise: int
    amount: Decimal
    votes: Sequence[Decimal]
    peers: int
    is_open: bool


@dataclass(frozen=True)
class Inputs:
    """All that the rules of a budget may read, of the MEs that trade.

    `names` and `kinds` by ME; full-time posts by day and ME; earned inside revenue by the first
    and last month and ME; requests by the key of their rule.
    """

    names: Mapping[int, str]
    kinds: Mapping[int, str]
    posts: Mapping[date, Mapping[int, Decimal]] = field(default_factory=dict)
    revenue: Mapping[tuple[date, date], Mapping[int, Decimal]] = field(default_factory=dict)
    requests: Mapping[int, Sequence[Asked]] = field(default_factory=dict)


class Planned(NamedTuple):
    """What a rule gives to one ME, and by which figures (amounts as text)."""

    micro_enterprise: int
    amount: Decimal
    figures: dict[str, str]


def plan(kind: str, terms: Terms, inputs: Inputs, *, key: int) -> list[Planned]:
    """The rule's part for each ME, without the zeros; `key` is that of the rule.

    Unplannable where it names an ME that does not trade, or where nothing can be divided.
    """
    _require_trading(terms, inputs)
    rows = RULES[kind](terms, inputs, key)
    return [row for row in rows if row.amount > 0]


def fixed(terms: Terms, inputs: Inputs, key: int) -> list[Planned]:
    """The same amount for each ME, or the amounts of a list, which go before it."""
    _ = key
    listed = {row["micro_enterprise"]: Decimal(row["amount"]) for row in terms["figures"]}
    each = Decimal(terms["each"]) if terms["each"] else ZERO
    return [
        Planned(me, listed.get(me, each), {"listed": "yes"} if me in listed else {})
        for me in inputs.names
        if me in listed or (each and _is_meant(me, terms, inputs))
    ]


def per_head(terms: Terms, inputs: Inputs, key: int) -> list[Planned]:
    """Amount x full-time posts on a day: 1,200.00 x 12.50 = 15,000.00."""
    _ = key
    posts = inputs.posts[date.fromisoformat(terms["on"])]
    return [
        Planned(me, to_cents(Decimal(terms["amount"]) * posts[me]), {"posts": f"{posts[me]:.2f}"})
        for me in inputs.names
        if me in posts and _is_meant(me, terms, inputs)
    ]


def revenue_share(terms: Terms, inputs: Inputs, key: int) -> list[Planned]:
    """A percentage of what the ME earned inside in a period, and of sales outside as listed."""
    _ = key
    earned = inputs.revenue[_period(terms)] if terms["inside"] else {}
    outside = {row["micro_enterprise"]: Decimal(row["amount"]) for row in terms["figures"]}
    share = Decimal(terms["percent"]) / 100
    return [
        Planned(
            me,
            to_cents(max(ZERO, earned.get(me, ZERO) + outside.get(me, ZERO)) * share),
            {"inside": f"{earned.get(me, ZERO):.2f}", "outside": f"{outside.get(me, ZERO):.2f}"},
        )
        for me in inputs.names
        if _is_meant(me, terms, inputs)
    ]


def last_use(terms: Terms, inputs: Inputs, key: int) -> list[Planned]:
    """A sum by `share = (1 - a) x old use + a x head count`; 240,000 by use 60, 30, 10 and heads
    20, 20, 10 with a = 0.25 is 132,000, 78,000 and 30,000. Heads left out are posts on a day."""
    _ = key
    posts = inputs.posts.get(date.fromisoformat(terms["on"]), {})
    rows = terms["customers"]
    uses = [
        allocating.Use(
            Decimal(row["use"]),
            Decimal(row["heads"])
            if row["heads"] is not None
            else posts.get(row["micro_enterprise"], ZERO),
        )
        for row in rows
    ]
    phase_in = Decimal(terms["phase_in"])
    try:
        amounts = allocating.to_customers(Decimal(terms["former_cost"]), uses, phase_in=phase_in)
        shares = allocating.shares(uses, phase_in=phase_in)
    except ValueError as missing:
        raise Unplannable(_MISSING[str(missing)]) from missing
    return [
        Planned(
            row["micro_enterprise"],
            amount,
            {"use": f"{use.use:f}", "heads": f"{use.heads:f}", "share": _text_of(share)},
        )
        for row, use, share, amount in zip(rows, uses, shares, amounts, strict=True)
    ]


def requests(terms: Terms, inputs: Inputs, key: int) -> list[Planned]:
    """What the peers granted of each request; above the sum set aside all are cut alike."""
    asked = inputs.requests.get(key, ())
    if still := [row for row in asked if row.is_open]:
        count = "One request is" if len(still) == 1 else f"{len(still)} requests are"
        raise Unplannable(
            f"{count} not decided yet: the board may vote until "
            f"{date.fromisoformat(terms['decide_by']):%-d %B %Y}."
        )
    granted = [decided(row) for row in asked]
    most = Decimal(terms["most"]) if terms["most"] else None
    cut = granted if most is None or sum(granted) <= most else split(most, granted)
    return [
        Planned(
            row.micro_enterprise,
            amount,
            {
                "asked": f"{row.amount:.2f}", "granted": f"{before:.2f}",
                "votes": str(len(row.votes)), "peers": str(row.peers),
            },
        )
        for row, before, amount in zip(asked, granted, cut, strict=True)
    ]  # fmt: skip


def decided(asked: Asked) -> Decimal:
    """The median of the votes; nothing where fewer than half of the peers voted."""
    if not asked.votes or 2 * len(asked.votes) < asked.peers:
        return ZERO
    return min(asked.amount, to_cents(Decimal(median(asked.votes))))


RULES: Mapping[str, Callable[[Terms, Inputs, int], list[Planned]]] = {
    "fixed": fixed,
    "per_head": per_head,
    "revenue_share": revenue_share,
    "last_use": last_use,
    "department_to_customers": last_use,
    "requests": requests,
}
_MISSING = {
    "use": "No ME used anything, so last year’s use divides nothing. Enter the use, or divide by "
    "head count alone.",
    "heads": "No ME has a head, so the head count divides nothing. Enter the heads, or divide by "
    "use alone.",
}


def posts_read(kind: str, terms: Terms) -> set[date]:
    """The days whose full-time posts the rule reads."""
    return {date.fromisoformat(terms["on"])} if terms.get("on") and kind in RULES else set()


def revenue_read(terms: Terms) -> set[tuple[date, date]]:
    """The period, as first and last month, whose inside revenue the rule reads."""
    return {_period(terms)} if terms.get("inside") else set()


def named_in(terms: Terms) -> list[int]:
    """The MEs that the rule names one by one."""
    return [row["micro_enterprise"] for row in terms.get("figures") or terms.get("customers") or ()]


def _period(terms: Terms) -> tuple[date, date]:
    return date.fromisoformat(terms["first"]), date.fromisoformat(terms["last"])


def _is_meant(me: int, terms: Terms, inputs: Inputs) -> bool:
    """No kind of ME named means every kind."""
    return not terms["kinds"] or inputs.kinds[me] in terms["kinds"]


def _require_trading(terms: Terms, inputs: Inputs) -> None:
    """A list that names an ME which no longer trades would lose that ME's part in silence."""
    missing = [me for me in named_in(terms) if me not in inputs.names]
    if missing:
        raise Unplannable(
            f"{len(missing)} of the micro-enterprises listed do not trade any more. Change the "
            "rule and leave them out."
        )


def _text_of(share: Fraction) -> str:
    return f"{Decimal(share.numerator) / share.denominator:.6f}"
