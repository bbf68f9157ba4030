"""One thing that waits for somebody."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Need:
    """One thing to do: what, why, where, by when, and the verb of its button."""

    title: str
    text: str
    url: str
    action: str
    due: date | None = None
