"""How satisfied the buyers of the demo say they are, month by month."""

from collections.abc import Collection, Iterator, Mapping, Sequence
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
        # Nobody repeats what another has said of the same contract.
        self._said: set[tuple[int, str]] = set()

    def deeds(self) -> Iterator[Deed]:
        for month in MONTHS:
            opened = following(month)
            yield Deed(opened.replace(day=_FIRST_DAY), partial(self._rate, month, 0))
            yield Deed(opened.replace(day=_SECOND_DAY), partial(self._rate, month, 1))

    def _rate(self, month: date, half: int, on: date) -> None:
        """Whoever has something to say rates by the page's own action. Bare scores, which are many
        and say no more than themselves, are written together.
        """
        at, unsaid = clock.now(), []
        silent = SHOWN if month == MONTHS[-1] else ()
        asked = RatingInvitation.objects.filter(month=month)
        invited = set(asked.values_list("contract", "person"))
        for number, told in enumerate(SETTLED):
            offered = OFFERINGS[told["offering"]]
            if "moods" not in offered or starts_of(told) > last_day(month):
                continue
            contract = self._trade.contract(told["id"])
            members = self._cast.members(contract.buyer)
            for place, user in raters(members, month, number, offered, silent=silent):
                if place % 2 != half or (contract.pk, user.person_id) not in invited:
                    continue
                mark = score(offered["moods"][MONTHS.index(month)], number, place)
                said = comment(offered, mark, number + place + month.month)
                if said and (contract.pk, said) not in self._said:
                    self._said.add((contract.pk, said))
                    ratings.rate(contract, month=month, score=mark, comment=said, by=user, on=on)
                elif user.person is not None:
                    unsaid.append(bare(contract, user.person, month, mark, at))
        Rating.objects.bulk_create(unsaid)


def raters(
    members: Sequence[User],
    month: date,
    number: int,
    offered: Mapping[str, Any],
    *,
    silent: Collection[str],
) -> list[tuple[int, User]]:
    """About every fifth member of a large team answers, and more of a small one."""
    answering = 2 if len(members) > 12 else 4
    return [
        (place, user)
        for place, user in enumerate(members[: offered.get("raters")])
        if user.email.split("@")[0] not in silent
        and (place * 7 + number * 3 + month.month * 5) % 10 < answering
    ]


def bare(contract: Contract, person: Person, month: date, score: int, at: Any) -> Rating:
    """A rating that says no more than its score."""
    return Rating(contract=contract, person=person, month=month, score=score, rated_at=at)


def score(mood: str, number: int, place: int) -> int:
    """One mark of the mood, always the same for the same contract and rater."""
    return int(mood[(place * 3 + number) % len(mood)])


def comment(offered: Mapping[str, Any], score: int, turn: int) -> str:
    """Most say nothing; what is said fits the score."""
    said: Sequence[Sequence[Any]] = offered.get("comments", ())
    fitting = [text for mark, text in said if mark == score]
    return fitting[turn % len(fitting)] if fitting and turn % 8 == 0 else ""
