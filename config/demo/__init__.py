"""The demo company: made-up people and trade that show every page with something on it."""

from typing import TypedDict


class Login(TypedDict):
    email: str
    password: str
    name: str


def build() -> None:
    """Fills an empty database; each app's part is added with its tables."""


def logins() -> list[Login]:
    """Whom a newcomer may sign in as, the most telling person first."""
    return []
