"""Contracts of the demo: who agreed with whom on what, and what came of other talks."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from accounts.models import MicroEnterprise, User
from config.demo import material
from config.demo.cast import Cast
from config.demo.diary import Deed, due
from contracts.actions import agreements, amendments, breaches, notices, suspensions
from contracts.actions.clockwork import run_clock
from contracts.models import Contract, SuccessMeasure
from contracts.terms import Measure, Terms, terms_of
from marketplace.models import OfferingVersion

_TOLD = material.table("contracts")
SETTLED: list[dict[str, Any]] = _TOLD["settled"]
TALKS: list[dict[str, Any]] = _TOLD["talks"]
CHANGES: list[dict[str, Any]] = _TOLD["changes"]
ENDS: list[dict[str, Any]] = _TOLD["ends"]
_WORDS: dict[str, dict[str, str]] = _TOLD["words"]
_FIRST, _LAST = date(2026, 4, 1), date(2026, 12, 31)
# Days before the start.
_OFFERED, _COUNTERED, _ACCEPTED = timedelta(days=13), timedelta(days=11), timedelta(days=9)


class Trade:
    """Every contract of the story by its id in the file, as a key of the database."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._keys: dict[str, int] = {}
        self._signed: dict[str, Contract] = {}
        self._measures: dict[str, list[SuccessMeasure]] = {}

    def deeds(self) -> Iterator[Deed]:
        for told in SETTLED:
            starts_on = starts_of(told)
            yield Deed(starts_on - _OFFERED, partial(self._offer_settled, told))
            if "note" in told:
                yield Deed(starts_on - _COUNTERED, partial(self._counter_settled, told))
            yield Deed(starts_on - _ACCEPTED, partial(self._accept_settled, told))
        for day in sorted({starts_of(told) for told in SETTLED}):
            yield due(day, run_clock)
        for told in TALKS:
            for step in told["steps"]:
                yield Deed(step[0], partial(self._talk, told, step))
        yield from self._changes()
        for told in ENDS:
            yield Deed(told["proposed"], partial(self._propose_end, told))
            if "confirmed" in told:
                yield Deed(told["confirmed"], partial(self._confirm_end, told))

    def _changes(self) -> Iterator[Deed]:
        for told in CHANGES:
            for step in told["steps"]:
                yield Deed(step[0], partial(self._change, told["id"], step))

    def contract(self, name: str) -> Contract:
        """As it was signed, with its parties; looked up once, for it is asked for every month."""
        if name not in self._signed:
            self._signed[name] = self._now(name)
        return self._signed[name]

    def measures(self, name: str) -> list[SuccessMeasure]:
        """The success measures of the signed terms."""
        if name not in self._measures:
            parties = [f"version__contract__{party}" for party in ("buyer", "provider")]
            rows = SuccessMeasure.objects.filter(version=self.contract(name).current)
            self._measures[name] = list(rows.select_related(*parties).order_by("number"))
        return self._measures[name]

    def _now(self, name: str) -> Contract:
        rows = Contract.objects.select_related("buyer", "provider", "offering", "turn", "current")
        return rows.get(pk=self._keys[name])

    def lead(self, me: MicroEnterprise) -> User:
        return self._cast.lead(me)

    def _offer_settled(self, told: Mapping[str, Any], on: date) -> None:
        """Where somebody bargained, the first offer names the price of the offering."""
        starting = {name: value for name, value in told.items() if name != "price"}
        self._draft(told, starting if "note" in told else told, on=on)
        self._act(told["id"], told.get("offered_by", "buyer"), "offer", "", on=on)

    def _counter_settled(self, told: Mapping[str, Any], on: date) -> None:
        other = "provider" if told.get("offered_by", "buyer") == "buyer" else "buyer"
        self._act(told["id"], other, "counter", told["note"], price=told["price"], on=on)

    def _accept_settled(self, told: Mapping[str, Any], on: date) -> None:
        contract = self._now(told["id"])
        side = "buyer" if contract.turn == contract.buyer else "provider"
        self._act(told["id"], side, "accept", "", on=on)

    def _talk(self, told: Mapping[str, Any], step: list[Any], on: date) -> None:
        _, side, what, note, *price = step
        if told["id"] not in self._keys:
            self._draft(told, told, on=on, side=side)
        if what != "draft":
            self._act(told["id"], side, what, note, price=price[0] if price else None, on=on)

    def _draft(
        self, told: Mapping[str, Any], terms: Mapping[str, Any], *, on: date, side: str = ""
    ) -> None:
        offering = self._cast.offering(told["offering"])
        if offering.current is None:
            raise AssertionError(f"{offering} is not on sale.")
        buyer = self._cast.me(told["buyer"])
        side = side or told.get("offered_by", "buyer")
        party = buyer if side == "buyer" else offering.provider
        by = self._cast.user(told["by"]) if "by" in told else self._cast.lead(party)
        contract = agreements.draft(
            offering, buyer=buyer, party=party, by=by, on=on,
            terms=_terms(terms, offering.current, offering.category.name),
        )  # fmt: skip
        self._keys[told["id"]] = contract.pk

    def _act(
        self, name: str, side: str, what: str, note: str, *, on: date, price: int | None = None
    ) -> None:
        contract = self._now(name)
        version = contract.current
        if version is None:
            raise AssertionError(f"{name} has no terms.")
        party = contract.buyer if side == "buyer" else contract.provider
        acting: dict[str, Any] = {"party": party, "by": self._cast.lead(party), "on": on}
        if what == "offer":
            agreements.offer(contract, seen_hash=version.hash, note=note, **acting)
        elif what == "counter":
            terms = terms_of(version.terms).with_changes(price=Decimal(price or version.price))
            agreements.counter(contract, seen_hash=version.hash, terms=terms, note=note, **acting)
        elif what == "accept":
            agreements.accept(contract, seen_hash=version.hash, **acting)
        else:
            said_no = {
                "decline": agreements.decline,
                "withdraw": agreements.withdraw,
                "cancel": agreements.cancel,
            }
            said_no[what](contract, reason=note, **acting)

    def _change(self, name: str, step: list[Any], on: date) -> None:
        """What one side does to a running contract."""
        _, side, what, words, *figures = step
        contract = self._now(name)
        party = contract.buyer if side == "buyer" else contract.provider
        acting: dict[str, Any] = {"party": party, "by": self._cast.lead(party), "on": on}
        if what in ("suspend", "resume"):
            deed = suspensions.suspend if what == "suspend" else suspensions.resume
            deed(contract, reason=words, **acting)
        elif what == "notice":
            notices.give_notice(contract, reason=words, **acting)
        elif what == "breach":
            breaches.report_breach(contract, text=words, **acting)
        elif contract.current is not None:
            price, valid_from_on = figures
            terms = terms_of(contract.current.terms).with_changes(price=Decimal(price))
            amendments.propose_amendment(
                contract, seen_hash=contract.current.hash, terms=terms, note=words,
                valid_from_on=valid_from_on, **acting,
            )  # fmt: skip

    def _propose_end(self, told: Mapping[str, Any], on: date) -> None:
        contract = self._now(told["id"])
        party = contract.buyer if told["by"] == "buyer" else contract.provider
        agreements.propose_end(
            contract, last_day_on=told["last_day"], party=party, by=self._cast.lead(party), on=on,
            reason=told["reason"],
        )  # fmt: skip

    def _confirm_end(self, told: Mapping[str, Any], on: date) -> None:
        contract = self._now(told["id"])
        party = contract.provider if told["by"] == "buyer" else contract.buyer
        agreements.confirm_end(
            contract, last_day_on=told["last_day"], party=party, by=self._cast.lead(party), on=on
        )


def starts_of(told: Mapping[str, Any]) -> date:
    return told.get("starts", _FIRST)  # type: ignore[no-any-return]


def _terms(told: Mapping[str, Any], version: OfferingVersion, category: str) -> Terms:
    quantities: dict[str, Any] = {
        f"{name}_quantity": Decimal(told[name]) for name in ("expected", "cap") if name in told
    }
    return Terms(
        price=Decimal(told.get("price", version.price)),
        starts_on=starts_of(told), ends_on=told.get("ends", _LAST),
        measures=tuple(
            Measure(
                name=each.name, unit=each.unit, target=each.target, floor=each.floor,
                method=each.method, direction=each.direction, measurer=each.measurer,
                weight=each.weight,
            )
            for each in version.measures.all()
        ),
        # A bonus is agreed to, and not taken over.
        levels=tuple(
            each.level if told.get("bonus") else each.level.without_bonus()
            for each in version.levels.all()
        ),
        **quantities | _WORDS[category],
    )  # fmt: skip
