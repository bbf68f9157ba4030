"""Coordinates of small charts, all in percent, so that no browser has to measure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
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


def some_of(count: int, *, most: int = 5) -> list[int]:
    """First, last and evenly between: which labels fit under an axis."""
    if count <= most:
        return list(range(count))
    return sorted({round(at * (count - 1) / (most - 1)) for at in range(most)})


@dataclass(frozen=True)
class Line:
    name: str
    tone: str
    points: str
    band: str
    end_y: str
    end_label: str


@dataclass(frozen=True)
class Label:
    at: str
    text: str


@dataclass
class Plot:
    """A line chart: an inner box from LEFT to right, from TOP to BOTTOM of the outer one."""

    ticks: list[Label] = field(default_factory=list)
    words: list[Label] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    limit: str = ""
    x: str = "7%"
    y: str = "5%"
    width: str = "83%"
    height: str = "83%"
    right: str = "90%"


LEFT, WIDTH, TOP, HEIGHT = 7.0, 83.0, 5.0, 83.0


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


def outer_x(at: int, count: int) -> str:
    """The same place in the outer box."""
    return in_percent(LEFT + WIDTH * across(at, count) / 100)
