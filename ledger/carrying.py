"""How what is left at a year's end is divided, free of Django (PRODUCT 4.9)."""

from decimal import Decimal
from typing import NamedTuple

from ledger.money import ZERO, to_cents


class Rule(NamedTuple):
    """`how` is an option of the policy; `share` and `cap` are factors from 0 to 1."""

    how: str
    share: Decimal
    cap: Decimal


class Divided(NamedTuple):
    """`free` in four parts, which add up to it: what was earned and what the rule carries go to
    the next year's wallet, the rest to the common fund or back to the treasury."""

    free: Decimal
    earned: Decimal
    carried: Decimal
    shared: Decimal
    lapsed: Decimal

    @property
    def kept(self) -> Decimal:
        return self.earned + self.carried


def divided(
    free: Decimal, *, revenue: Decimal, in_window: Decimal, allocation: Decimal, rule: Rule
) -> Divided:
    """Earned money, `min(free, revenue - what lies in the dispute window)`, carries in full.

    Of the rest a capped rule carries `min(rest x share, cap x allocation)`: of 20,000.00 free with
    50 % and 10 % of 120,000.00 it carries 10,000.00.
    """
    earned = min(free, max(revenue - in_window, ZERO))
    rest = free - earned
    if rule.how in ("full", "decay"):
        return Divided(free, earned, rest, ZERO, ZERO)
    if rule.how == "none":
        return Divided(free, earned, ZERO, ZERO, rest)
    most = to_cents(max(allocation, ZERO) * rule.cap)
    carried = min(to_cents(rest * rule.share), most)
    if rule.how == "capped":
        return Divided(free, earned, carried, ZERO, rest - carried)
    return Divided(free, earned, carried, rest - carried, ZERO)


def decayed(brought: Decimal, *, spent: Decimal, available: Decimal) -> Decimal:
    """What of all that was brought over lapses on its day: it was spent first, so the rest does.

    What is promised by then stays promised.
    """
    return max(min(brought - spent, available), ZERO)
