"""How satisfied the buyers of the demo say they are, month by month."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from accounts import clock
from accounts.models import Person, User
from config.demo.cast import Cast
from config.demo.delivery import MONTHS
from config.demo.diary import Deed
from config.demo.logins import TOLD as SHOWN
from config.demo.market import OFFERINGS
from config.demo.trade import SETTLED, Trade, starts_of
from contracts.actions import ratings
from contracts.models import Contract, Rating, RatingInvitation
from ledger.months import following, last_day

_FIRST_DAY, _SECOND_DAY = 5, 12


class Opinions:
    """Ratings of those who were invited; who is shown in the demo leaves September for you."""

    def __init__(self, cast: Cast, trade: Trade) -> None:
        self._cast, self._trade = cast, trade

    def deeds(self) -> Iterator[Deed]:
        for month in MONTHS:
            opened = following(month)
            yield Deed(opened.replace(day=_FIRST_DAY), partial(self._rate, month, 0))
            yield Deed(opened.replace(day=_SECOND_DAY), partial(self._rate, month, 1))

    def _rate(self, month: date, half: int, on: date) -> None:
        """Whoever has something to say rates by the page's own action. Bare scores, which are many
        and say no more than themselves, are written together.
        """
        at, bare = clock.now(), []
        asked = RatingInvitation.objects.filter(month=month)
        invited = set(asked.values_list("contract", "person"))
        for number, told in enumerate(SETTLED):
            offered = OFFERINGS[told["offering"]]
            if "moods" not in offered or starts_of(told) > last_day(month):
                continue
            contract = self._trade.contract(told["id"])
            members = self._cast.members(contract.buyer)
            for place, user in _raters(members, month, number, offered):
                if place % 2 != half or (contract.pk, user.person_id) not in invited:
                    continue
                score = _score(offered, month, number, place)
                comment = _comment(offered, score, number + place + month.month)
                if comment:
                    ratings.rate(
                        contract, month=month, score=score, comment=comment, by=user, on=on
                    )
                elif user.person is not None:
                    bare.append(_bare(contract, user.person, month, score, at))
        Rating.objects.bulk_create(bare)


def _raters(
    members: Sequence[User], month: date, number: int, offered: Mapping[str, Any]
) -> list[tuple[int, User]]:
    """About every fifth member of a large team answers, and more of a small one."""
    answering = 2 if len(members) > 12 else 4
    silent = SHOWN if month == MONTHS[-1] else ()
    return [
        (place, user)
        for place, user in enumerate(members[: offered.get("raters")])
        if user.email.split("@")[0] not in silent
        and (place * 7 + number * 3 + month.month * 5) % 10 < answering
    ]


def _bare(contract: Contract, person: Person, month: date, score: int, at: Any) -> Rating:
    return Rating(contract=contract, person=person, month=month, score=score, rated_at=at)


def _score(offered: Mapping[str, Any], month: date, number: int, place: int) -> int:
    mood: str = offered["moods"][MONTHS.index(month)]
    return int(mood[(place * 3 + number) % len(mood)])


def _comment(offered: Mapping[str, Any], score: int, turn: int) -> str:
    """Most say nothing; what is said fits the score."""
    said: Sequence[Sequence[Any]] = offered.get("comments", ())
    fitting = [text for mark, text in said if mark == score]
    return fitting[turn % len(fitting)] if fitting and turn % 8 == 0 else ""
