"""What MEs of the demo bought from outside the firm, and the skills that they invested in."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from accounts.models import User
from config.demo import material
from config.demo.cast import Cast
from config.demo.diary import Deed, due
from config.demo.founding import TODAY
from contracts.actions import outside
from contracts.models import OutsidePurchase
from learning_market import actions as learning
from learning_market.actions import CourseTerms, RunTerms
from learning_market.models import CourseRun, LearningPurchase
from marketplace.models import OutsideOffer

_ORDERS: list[dict[str, Any]] = material.table("outside_purchases")["purchase"]
_COURSES: list[dict[str, Any]] = material.table("courses")["course"]
_LEARNED: list[dict[str, Any]] = material.table("courses")["purchase"]
_LISTED = date(2026, 3, 13)


def deeds(cast: Cast) -> Iterator[Deed]:
    for told in _ORDERS:
        yield from _Order(cast, told).deeds()
    runs: dict[str, int] = {}
    for told in _COURSES:
        yield Deed(_LISTED, partial(_list_course, cast, told, runs))
        for run in told["runs"]:
            if "cancelled" in run:
                yield Deed(run["cancelled"], partial(_cancel_run, cast, runs, run["key"]))
    wanted = {told["run"] for told in _LEARNED}
    starts = {run["starts"] for told in _COURSES for run in told["runs"] if run["key"] in wanted}
    for day in sorted(starts):
        if day <= TODAY:
            yield due(day, learning.start_due)
    for told in _LEARNED:
        yield from _Learning(cast, told, runs).deeds()


class _Order:
    """One order outside, from the request to what came of it."""

    def __init__(self, cast: Cast, told: Mapping[str, Any]) -> None:
        self._cast, self._told, self._key = cast, told, 0

    def deeds(self) -> Iterator[Deed]:
        told = self._told
        yield Deed(told.get("requested") or told["ordered"], self._request)
        if "ordered" in told:
            yield Deed(told["ordered"], self._order)
        if "received" in told:
            yield Deed(told["received"]["on"], self._receive)
        if "cancelled" in told:
            yield Deed(told["cancelled"], self._cancel)

    def _request(self, on: date) -> None:
        told, me = self._told, self._cast.me(self._told["buyer"])
        by = self._cast.user(told["by"]) if "by" in told else self._cast.lead(me)
        self._key = outside.request(
            OutsideOffer.objects.select_related("supplier").get(name=told["offer"]),
            quantity=Decimal(told["quantity"]), buyer=me, by=by, on=on, reason=told["reason"],
        ).pk  # fmt: skip

    def _order(self, on: date) -> None:
        outside.order(self._purchase, by=self._lead, on=on)

    def _receive(self, on: date) -> None:
        amount = Decimal(self._told["received"]["amount"])
        outside.receive(self._purchase, amount=amount, by=self._lead, on=on)

    def _cancel(self, on: date) -> None:
        outside.cancel(self._purchase, by=self._lead, on=on)

    @property
    def _purchase(self) -> OutsidePurchase:
        return OutsidePurchase.objects.select_related("buyer").get(pk=self._key)

    @property
    def _lead(self) -> User:
        return self._cast.lead(self._cast.me(self._told["buyer"]))


def _list_course(cast: Cast, told: Mapping[str, Any], runs: dict[str, int], on: date) -> None:
    """An ME lists its own courses; those of suppliers are written down by HR."""
    provider = cast.me(told["provider"]) if "provider" in told else None
    by = cast.lead(provider) if provider else cast.user("kwame.boateng")
    supplier = told.get("supplier", "")
    course = learning.record_course(
        CourseTerms(
            told["title"], told["topic"], told["description"].strip(),
            source=f"{supplier}, catalogue of 2026" if supplier else "", reference=told["key"],
        ),
        provider=provider, supplier=supplier, by=by, on=on,
    )  # fmt: skip
    for run in told["runs"]:
        terms = RunTerms(
            run["starts"], run["ends"], Decimal(run["price"]), run.get("seats"), run["place"],
            reference=run["key"],
        )  # fmt: skip
        runs[run["key"]] = learning.add_run(course, terms, by=by, on=on).pk


def _cancel_run(cast: Cast, runs: dict[str, int], key: str, on: date) -> None:
    run = CourseRun.objects.select_related("course__provider").get(pk=runs[key])
    learning.cancel_run(run, by=cast.user("kwame.boateng"), on=on)


class _Learning:
    """One investment, from the proposal to its end."""

    def __init__(self, cast: Cast, told: Mapping[str, Any], runs: Mapping[str, int]) -> None:
        self._cast, self._told, self._runs, self._key = cast, told, runs, 0

    def deeds(self) -> Iterator[Deed]:
        told = self._told
        yield Deed(told["proposed"], self._propose)
        if "committed" in told:
            yield Deed(told["committed"], self._commit)
        if "declined" in told:
            yield Deed(told["declined"], self._decline)
        if "cancelled" in told:
            yield Deed(told["cancelled"], self._cancel)
        if "completed" in told:
            yield Deed(told["completed"], self._complete)

    def _propose(self, on: date) -> None:
        told = self._told
        value = Decimal(told["expected_value"]) if "expected_value" in told else None
        self._key = learning.propose(
            CourseRun.objects.select_related("course").get(pk=self._runs[told["run"]]),
            me=self._cast.me(told["me"]), people=[self._cast.person(p) for p in told["people"]],
            expected_return=told["expected_return"], expected_value=value,
            by=self._cast.user(told["by"]), on=on,
        ).pk  # fmt: skip

    def _commit(self, on: date) -> None:
        learning.commit(self._purchase, by=self._lead, on=on)

    def _decline(self, on: date) -> None:
        learning.decline(self._purchase, note=self._told["note"], by=self._lead, on=on)

    def _cancel(self, on: date) -> None:
        learning.cancel(self._purchase, by=self._lead, on=on)

    def _complete(self, on: date) -> None:
        learning.complete(self._purchase, by=self._lead, on=on)

    @property
    def _purchase(self) -> LearningPurchase:
        return LearningPurchase.objects.get(pk=self._key)

    @property
    def _lead(self) -> User:
        return self._cast.lead(self._cast.me(self._told["me"]))
