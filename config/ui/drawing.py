"""Coordinates of small charts, all in percent, so that no browser has to measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10, sqrt

GAP = 0.25
HAIRLINE = 0.4
WILSON_95 = 1.959964


def in_percent(value: float) -> str:
    """A dot whatever the locale: 12.5%."""
    return f"{plain(value)}%"


def plain(value: float) -> str:
    """At most two decimals: 12.5."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


@dataclass(frozen=True)
class Part:
    x: str
    width: str


def parts_of_a_bar(amounts: Sequence[float]) -> list[Part | None]:
    """Side by side with a hair of air; nothing for an amount of zero."""
    total = sum(amounts)
    parts: list[Part | None] = []
    x = 0.0
    for amount in amounts:
        width = 100 * amount / total if total > 0 and amount > 0 else 0.0
        shown = max(width - GAP, HAIRLINE)
        parts.append(Part(in_percent(min(x, 100 - shown)), in_percent(shown)) if width else None)
        x += width
    return parts


def wilson(share: float, count: int) -> tuple[float, float]:
    """The likely range of a share (95 %)."""
    z2 = WILSON_95**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = WILSON_95 * sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def spark_points(values: Sequence[float], *, width: int = 72, height: int = 22) -> list[str]:
    """A polyline in a fixed box, with room for the last dot."""
    margin = 4
    low, high = min(values), max(values)
    reach = (high - low) or 1
    step = (width - 2 * margin) / max(len(values) - 1, 1)
    return [
        f"{plain(margin + step * at)},"
        f"{plain(height - margin - (height - 2 * margin) * (value - low) / reach)}"
        for at, value in enumerate(values)
    ]


def nice_ticks(low: float, high: float, *, count: int = 3) -> list[float]:
    """A few round numbers that hold all values."""
    if low == high:
        low, high = min(low, 0), max(high, 1)
    rough = (high - low) / (count - 1)
    power = 10 ** floor(log10(rough))
    step = next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= rough)
    first = floor(low / step) * step
    return [first + step * at for at in range(ceil((high - first) / step) + 1)]


def some_of(count: int, *, most: int = 6) -> list[int]:
    """Every so many and the last: which labels fit under an axis."""
    if count <= most:
        return list(range(count))
    step = ceil((count - 1) / (most - 2))
    chosen = [at for at in range(0, count, step) if count - 1 - at >= step / 2]
    return [*chosen, count - 1]


@dataclass(frozen=True)
class Line:
    name: str
    tone: str
    points: str
    band: str
    end_y: str
    label_y: str
    end_label: str


@dataclass(frozen=True)
class Label:
    at: str
    text: str


TOP, HEIGHT = 5.0, 83.0
# A character in percent of the narrowest chart, on a phone.
CHARACTER = 2.2
LABEL_HEIGHT = 9.0


@dataclass(frozen=True)
class Box:
    """The inner box of a line chart in percent of the outer one, with room for the labels."""

    left: float
    width: float

    @classmethod
    def for_labels(cls, ticks: Sequence[str], ends: Sequence[str]) -> "Box":
        left = max(2 + CHARACTER * max(map(len, ticks)), 6)
        right = min(3 + CHARACTER * max(map(len, ends)), 35)
        return cls(left, 100 - left - right)

    def x(self, at: int, count: int) -> str:
        return in_percent(self.left + self.width * across(at, count) / 100)


@dataclass(frozen=True)
class Plot:
    box: Box
    ticks: list[Label]
    words: list[Label]
    lines: list[Line]
    limit: str
    y: str = in_percent(TOP)
    height: str = in_percent(HEIGHT)

    @property
    def x(self) -> str:
        return in_percent(self.box.left)

    @property
    def width(self) -> str:
        return in_percent(self.box.width)

    @property
    def right(self) -> str:
        return in_percent(self.box.left + self.box.width)

    @property
    def tick_x(self) -> str:
        return in_percent(self.box.left - 1.5)


def height_of(value: float, ticks: Sequence[float]) -> float:
    """From the top of the inner box, 0 to 100."""
    return 100 - 100 * (value - ticks[0]) / (ticks[-1] - ticks[0])


def across(at: int, count: int) -> float:
    """From the left of the inner box, 0 to 100."""
    return 100 * at / max(count - 1, 1)


def polyline(values: Sequence[float | None], ticks: Sequence[float]) -> list[str]:
    """Points of the months that have a value."""
    return [
        f"{plain(across(at, len(values)))},{plain(height_of(value, ticks))}"
        for at, value in enumerate(values)
        if value is not None
    ]


def outer_y(value: float, ticks: Sequence[float]) -> str:
    """The same height in the outer box."""
    return in_percent(TOP + HEIGHT * height_of(value, ticks) / 100)


def spread(heights: Sequence[float]) -> list[float]:
    """Labels at these heights, moved down just as far as they would overlap."""
    placed = dict.fromkeys(range(len(heights)), 0.0)
    lowest = -LABEL_HEIGHT
    for at in sorted(placed, key=lambda each: heights[each]):
        lowest = placed[at] = max(heights[at], lowest + LABEL_HEIGHT)
    return [placed[at] for at in range(len(heights))]
