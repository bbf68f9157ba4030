"""Service levels as data, free of Django: what is promised and what a miss costs (PRODUCT 4.11).

Shares and credits are percentages: 95 is 95 %. A contract's credits are percentages of the base of
the month: its prorated, rounded fee, or without a fixed fee its usage charge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any, NamedTuple, Self

from accounts.errors import Invalid
from ledger.money import to_cents

PROVIDER, BUYER = "provider", "buyer"
MOST_LEVELS = 12
MOST_TIERS = 4
LONGEST_NAME = 60
LONGEST_PROMISE = 200
LONGEST_UNIT = 40
HUNDRED, NONE = Decimal(100), Decimal("0.00")
DEFAULT_CAP = Decimal("15.00")
_PLACES = Decimal("0.01")


class Tier(NamedTuple):
    """From this share of what was promised on, the credit is so many percent of the base."""

    at_least: Decimal
    credit: Decimal


DEFAULT_TIERS = (
    Tier(Decimal("95.00"), NONE),
    Tier(Decimal("90.00"), Decimal("5.00")),
    Tier(Decimal("80.00"), Decimal("10.00")),
    Tier(NONE, Decimal("15.00")),
)


@dataclass(frozen=True, kw_only=True)
class Level:
    """One promised level: of all `unit`, such a share as the first tier names is as `promise` says.

    `tiers` fall from the share without a credit to 0. A bonus needs both of its figures, and
    counts only above `bonus_above`; without them there is none.
    """

    name: str
    promise: str
    unit: str
    measurer: str = PROVIDER
    excludes_maintenance: bool = True
    excludes_buyer_caused: bool = True
    tiers: tuple[Tier, ...] = DEFAULT_TIERS
    earns_back: bool = True
    bonus_above: Decimal | None = None
    bonus: Decimal | None = None

    @property
    def target(self) -> Decimal:
        """From this share on the level is met and costs nothing."""
        return self.tiers[0].at_least

    def without_bonus(self) -> Self:
        """As a buyer's draft starts with it: a bonus is agreed to, and not taken over."""
        return replace(self, bonus_above=None, bonus=None)

    def document(self) -> dict[str, Any]:
        """As it stands in hashed terms; `level_of` reads it again."""
        words = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return words | {"tiers": tier_documents(self.tiers)}


def tier_documents(tiers: Sequence[Tier]) -> list[dict[str, str]]:
    return [{"at_least": f"{at:f}", "credit": f"{credit:f}"} for at, credit in tiers]


def tiers_of(documents: Sequence[Mapping[str, Any]]) -> tuple[Tier, ...]:
    return tuple(Tier(Decimal(each["at_least"]), Decimal(each["credit"])) for each in documents)


def level_of(document: Mapping[str, Any]) -> Level:
    words = {name: document[name] for name in Level.__dataclass_fields__}
    words["tiers"] = tiers_of(words["tiers"])
    for name in ("bonus_above", "bonus"):
        words[name] = None if words[name] is None else Decimal(words[name])
    return Level(**words)


def attainment(*, met: int, counted: int) -> Decimal | None:
    """Met of what counts, in percent and exact: 11 of 12 is 91.66...; None where nothing counts.

    `counted` is what was measured less what the contract excludes.
    """
    return HUNDRED * met / counted if counted > 0 else None


def credit_of(tiers: Sequence[Tier], share: Decimal) -> Tier:
    """The tier that an attainment falls into: 91.7 % is "at least 90 %", 5 %."""
    return next(tier for tier in tiers if share >= tier.at_least)


def share_words(share: Decimal, tiers: Sequence[Tier]) -> str:
    """91.7 for 11 of 12; more places where one would show another tier than the true one."""
    places = Decimal("0.1")
    while places > Decimal("0.0001"):
        shown = share.quantize(places, ROUND_HALF_UP)
        if credit_of(tiers, shown) == credit_of(tiers, share):
            return f"{shown:f}"
        places /= 10
    return f"{share.quantize(places):f}"


def is_missed(tiers: Sequence[Tier], share: Decimal) -> bool:
    """Below the share that was promised, whatever a miss costs."""
    return share < tiers[0].at_least


def percent_of(amount: Decimal, percent: Decimal) -> Decimal:
    """5 % of 12,000.00 is 600.00, rounded to the cent."""
    return to_cents(amount * percent / HUNDRED)


def require_sound(levels: Sequence[Level], *, cap: Decimal) -> tuple[Level, ...]:
    """The same levels in their normal form, or Invalid names the level, its value and the remedy.

    `cap` is the most that all credits of a month may be, in percent of the base.
    """
    if len(levels) > MOST_LEVELS:
        raise _invalid(f"Name at most {MOST_LEVELS} service levels.", value=len(levels))
    sound = tuple(_sound(each) for each in levels)
    if len({each.name.casefold() for each in sound}) < len(sound):
        raise _invalid("Two service levels have the same name. Rename one.")
    if not cap.is_finite() or not 0 <= cap <= HUNDRED:
        raise Invalid(
            f"The cap of all credits is 0 to 100 percent of the month, not {cap}.",
            field="credit_cap",
            value=cap,
        )
    return sound


def _sound(level: Level) -> Level:
    words: dict[str, Any] = {
        name: " ".join(getattr(level, name).split()) for name in ("name", "promise", "unit")
    }
    if not all(words.values()):
        raise _invalid(
            "A service level needs a name, what is promised, and what is counted.", value=level.name
        )
    longest = {"name": LONGEST_NAME, "promise": LONGEST_PROMISE, "unit": LONGEST_UNIT}
    for field, most in longest.items():
        if len(words[field]) > most:
            raise _invalid(
                f"The {field} of “{words['name'][:LONGEST_NAME]}” is longer than {most} characters."
                " Shorten it.",
                value=words[field],
            )
    if level.measurer not in (PROVIDER, BUYER):
        raise _invalid(
            f"“{words['name']}” is measured by the provider or the buyer, not by"
            f" “{level.measurer}”.",
            value=level.measurer,
        )
    bonus_above, bonus = _sound_bonus(level)
    return replace(
        level, **words, tiers=_sound_tiers(level), bonus_above=bonus_above, bonus=bonus
    )  # fmt: skip


def _sound_tiers(level: Level) -> tuple[Tier, ...]:
    tiers = tuple(Tier(*(_percent(each, level.name) for each in tier)) for tier in level.tiers)
    if not 2 <= len(tiers) <= MOST_TIERS:
        raise _invalid(f"“{level.name}” needs 2 to {MOST_TIERS} tiers.", value=len(tiers))
    if tiers[0].credit or tiers[-1].at_least:
        raise _invalid(
            f"The first tier of “{level.name}” costs nothing, and the last one begins at 0 %.",
            value=str(tiers[0].credit),
        )
    for before, after in pairwise(tiers):
        if after.at_least >= before.at_least or after.credit < before.credit:
            raise _invalid(
                f"The tiers of “{level.name}” must fall, and a lower one may not cost less:"
                f" {after.at_least:f} % with {after.credit:f} % comes after {before.at_least:f} %"
                f" with {before.credit:f} %.",
                value=str(after.at_least),
            )
    return tiers


def _sound_bonus(level: Level) -> tuple[Decimal | None, Decimal | None]:
    if level.bonus is None and level.bonus_above is None:
        return None, None
    if level.bonus is None or level.bonus_above is None:
        raise _invalid(
            f"A bonus for “{level.name}” needs both figures: how many percent, and above which"
            " share. Fill in both, or neither.",
            value=str(level.bonus),
        )
    above, bonus = _percent(level.bonus_above, level.name), _percent(level.bonus, level.name)
    if not bonus or not level.tiers[0].at_least <= above < HUNDRED:
        raise _invalid(
            f"A bonus for “{level.name}” is above 0 %, for more than the promised"
            f" {level.tiers[0].at_least.normalize():f} % and less than 100 %.",
            value=str(level.bonus_above),
        )
    return above, bonus


def _percent(value: Decimal, name: str) -> Decimal:
    if not value.is_finite() or not 0 <= value <= HUNDRED or value != value.quantize(_PLACES):
        raise _invalid(
            f"“{name}”: {value} is no percentage from 0 to 100 with two places.", value=str(value)
        )
    return value.quantize(_PLACES)


def _invalid(sentence: str, *, value: object = None) -> Invalid:
    return Invalid(sentence, field="levels", value=value)
