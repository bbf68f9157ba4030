"""Service levels in the words that offerings, drafts and contracts print; free of Django."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from marketplace.service_levels import Level, credit_of, percent_of


def percent(value: Decimal) -> str:
    """95 % for 95.00, and 2.5 % for 2.50."""
    text = f"{value:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def promised(level: Level) -> str:
    """What is promised, and who says how much of it came true."""
    return (
        f"{percent(level.target)} of all {level.unit}: {level.promise};"
        f" measured by the {level.measurer}"
    )


def credits_of(level: Level) -> str:
    """What a miss costs: "below 95 % a credit of 5 %, below 90 % of 10 %"."""
    steps = [
        f"below {percent(before.at_least)} {'a credit ' if number == 0 else ''}of"
        f" {percent(after.credit)}"
        for number, (before, after) in enumerate(pairwise(level.tiers))
    ]
    return f"{', '.join(steps)} of the month’s fee"


def exclusions(level: Level) -> str:
    """What does not count."""
    left_out = [
        words
        for words, is_left_out in (
            ("planned maintenance", level.excludes_maintenance),
            ("what the buyer caused", level.excludes_buyer_caused),
        )
        if is_left_out
    ]
    return f"not counted: {' and '.join(left_out)}" if left_out else "nothing is excluded"


def bonus_of(level: Level) -> str:
    """What the buyer agreed to pay on top, or that there is none."""
    if level.bonus is None or level.bonus_above is None:
        return "no bonus"
    return f"a bonus of {percent(level.bonus)} above {percent(level.bonus_above)}"


def example(level: Level, *, base: Decimal, currency: str) -> str:
    """One missed month in money: halfway between the promise and the tier below it."""
    first, second = level.tiers[:2]
    share = (first.at_least + second.at_least) / 2
    tier = credit_of(level.tiers, share)
    credit = percent_of(base, tier.credit)
    return (
        f"at {percent(share.normalize())} a month of {base:,.2f} {currency} costs"
        f" {base - credit:,.2f}, {credit:,.2f} less"
    )


def sentences(level: Level, *, base: Decimal | None, currency: str) -> list[str]:
    """The whole level, a sentence each; `base` is what a full month costs, where that is known."""
    parts = [promised(level), credits_of(level), exclusions(level)]
    if level.earns_back:
        parts.append("a credit is partly earned back by the good months after it")
    parts.append(bonus_of(level))
    if base:
        parts.append(f"for example, {example(level, base=base, currency=currency)}")
    return [f"{part[0].upper()}{part[1:]}." for part in parts]


def cap_of(levels: Sequence[Level], cap: Decimal, *, base: Decimal | None, currency: str) -> str:
    """The most that all credits of a month take off."""
    if not levels:
        return ""
    most = f", which is {percent_of(base, cap):,.2f} {currency}" if base else ""
    return f"At most {percent(cap)} of the month’s fee{most}; bonuses too."
