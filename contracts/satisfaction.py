"""Satisfaction in figures, free of Django (PRODUCT 4.16); shares run from 0 to 1.

Ratings are scores of 1 to 5; 4 and 5 count as satisfied.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ledger.months import following, months_between, previous

SATISFIED_FROM = 4
WINDOW_MONTHS = 6
# Imagined ratings at the category's mean, so that a few votes do not jump to the top.
PRIOR_RATINGS = 10
Z = Decimal("1.959963984540054")  # 95 %, two-sided
WEAK_BELOW = Decimal("0.30")
_LAST_RATING_DAY, _REVEAL_DAY = 14, 15


class Range(NamedTuple):
    low: Decimal
    high: Decimal


def csat(happy: int, n: int) -> Decimal:
    """Scores of 4 and 5 over all scores; ValueError without any."""
    if not 0 <= happy <= n or not n:
        raise ValueError(f"{happy} of {n} is no share.")
    return Decimal(happy) / n


def wilson(happy: int, n: int) -> Range:
    """The 95 % Wilson interval of `happy` of `n`: 9 of 10 is 0.596 at its lower end."""
    share, squared = csat(happy, n), Z * Z
    centre = share + squared / (2 * n)
    spread = Z * (share * (1 - share) / n + squared / (4 * n * n)).sqrt()
    whole = 1 + squared / n
    low, high = (centre - spread) / whole, (centre + spread) / whole
    # The last of 28 digits must not carry a bound past the share itself.
    return Range(min(max(low, Decimal(0)), share), max(min(high, Decimal(1)), share))


def displayed_mean(total: int, n: int, *, category_mean: Decimal) -> Decimal:
    """`(C x m + sum) / (C + n)` with C = 10: sixty at 4.5 in a category at 3.9 give 4.414."""
    return (PRIOR_RATINGS * category_mean + total) / (PRIOR_RATINGS + n)


def honest_bounds(*, happy: int, answers: int, invited: int) -> Range:
    """What the share would be if all who kept silent were unhappy, or happy.

    18 of 24 answers, 60 invited: 30 % to 90 %. ValueError unless happy <= answers <= invited.
    """
    if not 0 <= happy <= answers <= invited or not invited:
        raise ValueError(f"{happy} of {answers} answers of {invited} invited cannot be.")
    silent = invited - answers
    return Range(Decimal(happy) / invited, Decimal(happy + silent) / invited)


def is_weak(*, answers: int, invited: int) -> bool:
    """Fewer than 30 % answered: "weak evidence", and no money may hang on it."""
    return not invited or Decimal(answers) / invited < WEAK_BELOW


class Tally(NamedTuple):
    """Counted ratings added up: how many, of how many persons, how many satisfied, their sum."""

    n: int
    raters: int
    happy: int
    total: int

    @property
    def mean(self) -> Decimal:
        return Decimal(self.total) / self.n


@dataclass(frozen=True, slots=True)
class Score:
    """The headline of one offering or provider; below the minimum of raters without figures."""

    csat: Decimal | None
    lower_bound: Decimal | None
    upper_bound: Decimal | None
    mean: Decimal | None
    n: int
    raters: int
    invited: int


def score_of(tally: Tally, *, invited: int, category_mean: Decimal, minimum_raters: int) -> Score:
    """The limit counts persons, n counts ratings; the figures are rounded as they are stored."""
    n, raters, happy, total = tally
    if not n or raters < minimum_raters:
        return Score(None, None, None, None, n, raters, invited)
    bounds = wilson(happy, n)
    mean = displayed_mean(total, n, category_mean=category_mean)
    return Score(
        round(csat(happy, n), 4),
        round(bounds.low, 4),
        round(bounds.high, 4),
        round(mean, 3),
        n,
        raters,
        invited,
    )


# The calendar of a month's ratings.


def opens_on(month: date) -> date:
    """The 1st of the next month, when the invitations go out."""
    return following(month)


def closes_on(month: date) -> date:
    """The last day on which a rating may be given or changed."""
    return following(month).replace(day=_LAST_RATING_DAY)


def revealed_on(month: date) -> date:
    """From 00:00 of this day the month's ratings count and can no longer change."""
    return following(month).replace(day=_REVEAL_DAY)


def is_open(month: date, *, on: date) -> bool:
    return opens_on(month) <= on <= closes_on(month)


def last_revealed(*, on: date) -> date:
    """The latest month whose ratings are revealed that day."""
    month = previous(on)
    return month if on >= revealed_on(month) else previous(month)


def window(to_month: date) -> list[date]:
    """The six months of the headline, the last one included."""
    month = to_month
    for _ in range(WINDOW_MONTHS - 1):
        month = previous(month)
    return list(months_between(month, to_month))


class Batch(NamedTuple):
    """Months whose comments are shown together, so that nobody is recognised."""

    first: date
    last: date


def merged_months(raters: Mapping[date, set[int]], *, minimum_raters: int) -> list[Batch]:
    """Months merged until enough distinct persons rated in each batch; newest batch first.

    Months at the end that are not enough yet stay hidden and wait for the next.
    """
    batches: list[Batch] = []
    first, known = None, set[int]()
    for month in sorted(raters):
        first = first or month
        known |= raters[month]
        if len(known) >= minimum_raters:
            batches.append(Batch(first, month))
            first, known = None, set()
    return batches[::-1]
