"""The demo company: made-up people and trade that show every page with something on it.

Its story is the seed of every such programme: the recruiting department became a micro-enterprise,
its budget went to three frontline teams, and they may buy elsewhere. All of it is done by the same
actions that people use, on made-up days of 2026, so that every figure is the same in every demo.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from accounts.errors import Refused
from accounts.models import Organization
from config.demo import budgets, charged, diary, founding, market, next_year, spending, teams, value
from config.demo.cast import Cast
from config.demo.delivery import Delivery
from config.demo.levels import Levels
from config.demo.logins import Login, as_table, logins
from config.demo.opinions import Opinions
from config.demo.quarrels import Quarrels
from config.demo.trade import Trade

__all__ = ["TODAY", "Login", "as_table", "build", "logins"]
TODAY = founding.TODAY


@transaction.atomic
def build() -> None:
    """Fill an empty database with the whole story; Refused where there is an organisation."""
    if Organization.objects.exists():
        raise Refused(
            "There is an organisation already, so the demo company is not added to it.",
            code="not_empty",
            help="Start with an empty database.",
        )
    founding.found()
    cast = Cast()
    parts = (founding, teams, market, budgets, spending, value, charged, next_year)
    trade = Trade(cast)
    deeds = [deed for part in parts for deed in part.deeds(cast)]
    for kept in (trade, Delivery(cast, trade), Levels(cast, trade), Quarrels(cast, trade),
                 Opinions(cast, trade)):  # fmt: skip
        deeds += kept.deeds()
    with _no_savepoints():
        diary.tell(deeds, since=founding.FOUNDED, until=TODAY)


@contextmanager
def _no_savepoints() -> Iterator[None]:
    """The story is told whole or not at all, so that no action in it needs a savepoint of its own;
    they would be every fourth statement.
    """
    features = connection.features
    before, features.uses_savepoints = features.uses_savepoints, False
    try:
        yield
    finally:
        features.uses_savepoints = before
