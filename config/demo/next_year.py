"""What HR plans in autumn: learning money for the winter, the budget of next year, requests that
peers will decide, and money that is frozen or waits for a second HR admin."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from config.demo.budgets import SECOND_HR_ADMIN
from config.demo.cast import Cast
from config.demo.diary import Deed
from config.demo.founding import HR_ADMIN
from ledger import (
    budget_drafts,
    budget_preview,
    budget_publishing,
    budget_requests,
    freezing,
    moving,
)
from ledger.models import Budget, BudgetRule
from ledger.moving import Wish

OCTOBER = date(2026, 10, 1)
PLANNED, DRAFTED = date(2026, 10, 12), date(2026, 10, 13)
ASK_UNTIL, DECIDE_BY = date(2026, 10, 30), date(2026, 11, 13)
BOARD = ("liis.kask", "tomasz.wrona", "dace.upite")
_REQUESTS = (
    ("Home Service", "katarzyna.lis", "6000.00",
     "A winter team that swaps heat pumps overnight, so that no family is cold for two days."),
    ("Recruiting", "marika.ozola", "4500.00",
     "Trial weeks for people who come back after a break; half of them stayed last time."),
)  # fmt: skip
# Who asked for how much in June and why, and the votes of the board in its order, with their notes.
_SUMMER = (
    ("Home Service", "katarzyna.lis", "4000.00",
     "A van with a spare heat pump on board, so that nobody waits over a weekend.",
     (("3000.00", "One van is enough for the first summer."), ("4000.00", ""), ("3500.00", ""))),
    ("Design and Content", "clara.weiss", "2500.00",
     "Photos of finished roofs from the air, before the leaves fall.",
     (("1000.00", "Borrow the drone of Tartu and South."), ("0.00", ""), ("1200.00", ""))),
)  # fmt: skip


def deeds(cast: Cast) -> Iterator[Deed]:
    yield Deed(date(2026, 6, 1), partial(_open_summer, cast))
    yield Deed(date(2026, 6, 11), partial(_ask_summer, cast))
    yield Deed(date(2026, 6, 18), partial(_vote_summer, cast))
    yield Deed(date(2026, 6, 29), partial(_grant_summer, cast))
    yield Deed(OCTOBER, partial(_give_learning, cast))
    yield Deed(date(2026, 10, 5), partial(_open_requests, cast))
    yield Deed(date(2026, 10, 7), partial(_ask, cast))
    yield Deed(PLANNED, partial(_plan_next_year, cast))
    yield Deed(DRAFTED, partial(_draft_learning, cast))
    yield Deed(date(2026, 10, 13), partial(_freeze, cast))
    yield Deed(date(2026, 10, 13), partial(_ask_for_a_move, cast))


def _give_learning(cast: Cast, on: date) -> None:
    budget = _begin(cast, "learning", 2026, "Learning for the winter", on=on)
    _put(cast, budget, "fixed", "A course for every crew", on=on, terms={
        "each": Decimal("900.00"), "kinds": ["frontline"]})  # fmt: skip
    _put(cast, budget, "per_head", "For each of us", on=on, release="monthly", terms={
        "amount": Decimal("60.00"), "on": on})  # fmt: skip
    _publish(cast, budget, starts_on=on, on=on)


def _plan_next_year(cast: Cast, on: date) -> None:
    budget = _begin(cast, "operating", 2027, "Operating budget 2027", on=on)
    _put(cast, budget, "fixed", "The basics of a team", on=on, terms={"each": Decimal("6000.00")})
    _put(cast, budget, "fixed", "What a crew buys", on=on, terms={
        "each": Decimal("40000.00"), "kinds": ["frontline"]})  # fmt: skip
    _put(cast, budget, "per_head", "What a head needs", on=on, release="monthly", terms={
        "amount": Decimal("9500.00"), "on": OCTOBER, "kinds": ["frontline"]})  # fmt: skip
    _put(cast, budget, "revenue_share", "Growth follows customers", on=on, terms={
        "percent": Decimal(8), "first": date(2026, 4, 1), "last": date(2026, 9, 1),
        "inside": True})  # fmt: skip
    _publish(cast, budget, starts_on=date(2027, 1, 1), on=on)


def _open_requests(cast: Cast, on: date) -> None:
    budget = _begin(cast, "incentive", 2027, "Bets on better service 2027", on=on)
    budget_drafts.put_rule(
        budget, kind="requests", name="Tell us what you would try", release="yearly",
        terms={"ask_until": ASK_UNTIL, "decide_by": DECIDE_BY, "most": Decimal("20000.00")},
        board=[cast.user(login) for login in BOARD], by=cast.user(HR_ADMIN), on=on,
    )  # fmt: skip


def _ask(cast: Cast, on: date) -> None:
    rule = Budget.objects.get(fund="incentive", fiscal_year=2027).rules.get()
    for name, login, amount, reason in _REQUESTS:
        budget_requests.ask(
            rule, cast.me(name), amount=Decimal(amount), reason=reason, by=cast.user(login), on=on
        )


def _open_summer(cast: Cast, on: date) -> None:
    budget = _begin(cast, "incentive", 2026, "Bets on a quiet summer", on=on)
    budget_drafts.put_rule(
        budget, kind="requests", name="What would you try in July?", release="yearly",
        terms={"ask_until": date(2026, 6, 12), "decide_by": date(2026, 6, 26),
               "most": Decimal("6000.00")},
        board=[cast.user(login) for login in BOARD], by=cast.user(HR_ADMIN), on=on,
    )  # fmt: skip


def _ask_summer(cast: Cast, on: date) -> None:
    for name, login, amount, reason, _ in _SUMMER:
        budget_requests.ask(
            _summer_rule(), cast.me(name), amount=Decimal(amount), reason=reason,
            by=cast.user(login), on=on,
        )  # fmt: skip


def _vote_summer(cast: Cast, on: date) -> None:
    for name, *_, votes in _SUMMER:
        asked = _summer_rule().requests.get(micro_enterprise=cast.me(name))
        for login, (amount, note) in zip(BOARD, votes, strict=True):
            budget_requests.vote(
                asked, amount=Decimal(amount), note=note, by=cast.user(login), on=on
            )


def _grant_summer(cast: Cast, on: date) -> None:
    budget = Budget.objects.get(fund="incentive", fiscal_year=2026)
    _publish(cast, budget, starts_on=date(2026, 7, 1), on=on)


def _summer_rule() -> BudgetRule:
    return Budget.objects.get(fund="incentive", fiscal_year=2026).rules.get()


def _draft_learning(cast: Cast, on: date) -> None:
    """To be read and published by an HR admin."""
    budget = _begin(cast, "learning", 2027, "Learning in 2027", on=on)
    _put(cast, budget, "fixed", "A course that a crew chooses", on=on, terms={
        "each": Decimal("1200.00"), "kinds": ["frontline"]})  # fmt: skip
    _put(cast, budget, "per_head", "For each of us", on=on, release="monthly", terms={
        "amount": Decimal("540.00"), "on": OCTOBER})  # fmt: skip


def _freeze(cast: Cast, on: date) -> None:
    """Two invoices of a driving school look alike; nothing new is booked until that is clear."""
    freezing.freeze(
        cast.me("Fleet and Tools"), fund="learning", by=cast.user(HR_ADMIN), on=on,
        reason="Two invoices of the driving school look alike; we are asking there.",
    )  # fmt: skip


def _ask_for_a_move(cast: Cast, on: date) -> None:
    """To the HR admin's own ME, so it waits for the second one."""
    wish = Wish(
        cast.me("Data and Insight"), cast.me("Market Office"), "operating", Decimal("1200.00"),
        "team_moved", "The board of the market's figures is kept by us from November on",
    )  # fmt: skip
    moving.move(wish, key="demo/figures", by=cast.user(HR_ADMIN), on=on)


def _begin(cast: Cast, fund: str, year: int, name: str, *, on: date) -> Budget:
    return budget_drafts.start(
        fund=fund, fiscal_year=year, name=name, by=cast.user(HR_ADMIN), on=on
    )


def _put(
    cast: Cast,
    budget: Budget,
    kind: str,
    name: str,
    *,
    terms: Mapping[str, Any],
    on: date,
    release: str = "yearly",
) -> None:
    budget_drafts.put_rule(
        budget, kind=kind, name=name, release=release, terms=terms, by=cast.user(HR_ADMIN), on=on
    )


def _publish(cast: Cast, budget: Budget, *, starts_on: date, on: date) -> None:
    """By both HR admins: the first is a member of an ME that it grants to."""
    seen = budget_preview.preview(budget, on=on).seen
    for login in (HR_ADMIN, SECOND_HR_ADMIN):
        budget_publishing.publish(
            budget, seen=seen, starts_on=starts_on, by=cast.user(login), on=on
        )
