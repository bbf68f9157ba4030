"""The rules of the market that an HR admin may change, each dated and versioned (PRODUCT 1, 6).

A change takes effect tomorrow at the earliest. A month uses the values in force on its first day,
and what was computed with them names the version.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts.errors import Invalid
from accounts.models import Policy


@dataclass(frozen=True)
class Rule:
    """What one key means: its words on the page, its default and its limits.

    A rule with `options` is a choice: their keys are its values, their words stand on the page.
    """

    label: str
    help: str
    default: int | bool | str
    minimum: int = 0
    maximum: int = 366
    options: Mapping[str, str] = field(default_factory=dict)


CARRY_OVER = {
    "none": "nothing",
    "full": "all of it",
    "capped": "a capped share",
    "decay": "all of it, for some months",
    "save_and_share": "a capped share, and shares the rest",
}


def _carry_over(fund: str, default: str) -> Rule:
    return Rule(
        f"At the year’s end the {fund} wallet carries over",
        "of what is free and was not earned; what was earned carries in full",
        default,
        options=CARRY_OVER,
    )


RULES: Mapping[str, Rule] = {
    "offer_lapses_after_days": Rule(
        "An unanswered offer lapses after", "calendar days after the last offer or counter", 14, 1
    ),
    "cancel_until_days_before_start": Rule(
        "A signed contract may be cancelled until", "calendar days before its start", 5
    ),
    "mutual_end_answer_days": Rule(
        "An end that one side named must be confirmed within", "calendar days", 14, 1
    ),
    "proposal_answer_days": Rule(
        "What one side proposes during a contract must be confirmed within",
        "calendar days: a suspension, its end, a withdrawn notice, an amendment or a renewal",
        14,
        1,
    ),
    "suspension_lapses_after_days": Rule(
        "A suspended contract ends after", "calendar days, unless it is resumed", 60, 1
    ),
    "breach_cure_working_days": Rule(
        "A breach that was notified must be cured within",
        "working days, or the contract ends for cause",
        10,
        1,
    ),
    "completion_silence_working_days": Rule(
        "A provider's claim that the outcome is reached is confirmed by silence after",
        "working days",
        5,
        1,
    ),
    "price_change_months": Rule(
        "A provider is warned who changes a price more than once in", "months", 1, 1, 12
    ),
    "benchmark_valid_months": Rule(
        "A renewal needs an outside offer younger than", "months", 12, 1, 60
    ),
    "dispute_window_working_days": Rule(
        "What a provider earns is free to spend after", "working days after posting", 10
    ),
    "dispute_answer_working_days": Rule(
        "A dispute, and an offer to settle it, must be answered within", "working days", 5, 1, 30
    ),
    "dispute_mediation_working_days": Rule(
        "A mediator has to bring both sides together", "working days", 5, 1, 30
    ),
    "dispute_panel_working_days": Rule(
        "A panel of three has to decide within", "working days", 10, 1, 60
    ),
    "levy_percent": Rule(
        "Of what providers are paid, a levy takes", "percent, for the platform", 0, 0, 100
    ),
    "levy_micro_enterprise": Rule(
        "The levy goes to the micro-enterprise with the number",
        "as in its address; 0 takes no levy",
        0,
        0,
        2_000_000_000,
    ),
    "overage_answer_working_days": Rule(
        "An overage waits for the buyer for", "working days", 10, 1
    ),
    "result_silence_working_days": Rule(
        "A success result is confirmed by silence after", "working days", 5, 1
    ),
    "chronic_misses": Rule(
        "A buyer may end a contract at once after", "misses of one service level", 3, 1, 36
    ),
    "chronic_window_months": Rule(
        "Misses of a service level are counted over", "months that are over", 6, 1, 36
    ),
    "earn_back_from_percent": Rule(
        "A month repairs an earlier miss from", "percent of what was promised", 97, 1, 100
    ),
    "earn_back_months": Rule("A credit is partly returned after", "good months running", 2, 1, 12),
    "earn_back_percent": Rule(
        "Good months return", "percent of the credit of the missed month", 50, 0, 100
    ),
    "settlement_posts_itself": Rule(
        "Settled months post by themselves",
        "on the 6th; otherwise an HR admin posts them",
        default=True,
    ),
    "statements_are_mailed": Rule(
        "Statements are mailed",
        "to the leads of each micro-enterprise, once their month is locked",
        default=True,
    ),
    "probation_after_months": Rule(
        "A micro-enterprise goes on probation after",
        "judged months running at a loss, or without a paying customer and an outcome met",
        3,
        1,
        24,
    ),
    "probation_ends_after_months": Rule(
        "Probation ends after", "judged months running above that floor", 2, 1, 24
    ),
    "probation_longest_months": Rule(
        "On probation a micro-enterprise signs terms of at most", "months", 3, 1, 60
    ),
    "minimum_raters": Rule(
        "A score is shown from", "distinct raters; a lower limit would expose them", 5, 5, 50
    ),
    "learning_full_refund_days": Rule(
        "A cancelled seat releases all of its price until", "days before the start", 14, 1
    ),
    "learning_part_refund_percent": Rule(
        "A later cancelled seat releases", "percent of its price, until the day before", 50, 0, 100
    ),
    "carry_over_operating": _carry_over("operating", "save_and_share"),
    "carry_over_learning": _carry_over("learning", "full"),
    "carry_over_incentive": _carry_over("incentive", "full"),
    "carry_over_share_percent": Rule(
        "Of what is free, a capped carry-over keeps", "percent", 50, 0, 100
    ),
    "carry_over_cap_percent": Rule(
        "A capped carry-over is at most", "percent of the year’s allocation", 10, 0, 100
    ),
    "carry_over_lapses_after_months": Rule(
        "Where carried money lapses, it does so after",
        "months of the new year, unless spent",
        6,
        1,
        12,
    ),
}


def checked(key: str, value: object) -> int | bool | str:
    """The value in the rule's own type; Invalid without such a rule or outside its limits."""
    rule = RULES.get(key)
    if rule is None:
        raise Invalid(f"There is no rule “{key}”.", field="key", value=key)
    if rule.options:
        if not isinstance(value, str) or value not in rule.options:
            raise Invalid(
                f"“{rule.label}” is one of {', '.join(rule.options)}.", field="value", value=value
            )
        return value
    if isinstance(rule.default, bool):
        if not isinstance(value, bool):
            raise Invalid(f"“{rule.label}” is on or off.", field="value", value=value)
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise Invalid(f"“{rule.label}” is a whole number.", field="value", value=value)
    if not rule.minimum <= value <= rule.maximum:
        raise Invalid(
            f"“{rule.label}” is a whole number from {rule.minimum} to {rule.maximum}.",
            field="value",
            value=value,
        )
    return value


def require_later(valid_from_on: date, *, on: date) -> None:
    """Invalid where a change would touch a day that has begun."""
    if valid_from_on <= on:
        raise Invalid(
            f"A change holds from {on + timedelta(days=1):%-d %B %Y} at the earliest, "
            "so that nobody's running day changes.",
            field="valid_from_on",
            value=str(valid_from_on),
        )


def printed(rule: Rule, value: object) -> str:
    """The value as a page shows it: `on`, `off`, the words of an option, or the number."""
    if rule.options:
        return rule.options.get(str(value), str(value))
    if isinstance(rule.default, bool):
        return "on" if value else "off"
    return str(value)


def sentence(rule: Rule, value: object) -> str:
    """The rule as a clause: `An unanswered offer lapses after 10 calendar days after ...`."""
    if isinstance(rule.default, (bool, str)):
        return f"{rule.label}: {printed(rule, value)}"
    return f"{rule.label} {printed(rule, value)} {rule.help}"


def months_from(valid_from_on: date) -> date:
    """The first month that a change counts for: one uses the values of its first day."""
    if valid_from_on.day == 1:
        return valid_from_on
    return (valid_from_on.replace(day=1) + timedelta(days=31)).replace(day=1)


class Policies(Mapping[str, Any]):
    """The values in force on one day; `version` is what a calculation names."""

    def __init__(self, rows: Mapping[str, Policy]) -> None:
        self._rows = rows

    def __getitem__(self, key: str) -> Any:
        row = self._rows.get(key)
        return RULES[key].default if row is None else row.value

    def __iter__(self) -> Iterator[str]:
        return iter(RULES)

    def __len__(self) -> int:
        return len(RULES)

    def row(self, key: str) -> Policy | None:
        """The row that set the value, or None while the default holds."""
        return self._rows.get(key)

    @property
    def version(self) -> int:
        """Grows with every change in force; 0 while all defaults hold."""
        return sum(row.number for row in self._rows.values())

    def percent(self, key: str) -> Decimal:
        """A whole percentage as the factor that multiplies an amount."""
        return Decimal(self[key]) / 100


def coming(*, on: date) -> dict[str, list[Policy]]:
    """Changes that hold from a later day, by rule and in the order of their days.

    Of two for the same day only the later word is one.
    """
    rows = Policy.objects.filter(valid_from_on__gt=on).order_by("valid_from_on", "number")
    last = {(row.key, row.valid_from_on): row for row in rows}
    found: dict[str, list[Policy]] = {}
    for row in last.values():
        found.setdefault(row.key, []).append(row)
    return found


def in_force(*, on: date) -> Policies:
    """The policies of that day, in one query."""
    rows = Policy.objects.filter(valid_from_on__lte=on).order_by("key", "valid_from_on", "number")
    return Policies({row.key: row for row in rows})
