"""What was disputed in the demo: one settled by an offer, others that wait for somebody."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from config.demo import material
from config.demo.cast import Cast
from config.demo.diary import Deed
from config.demo.trade import Trade
from contracts.actions import disputes
from contracts.models import Dispute, SettlementLine

_TOLD: list[dict[str, Any]] = material.table("contracts")["disputes"]
_ANSWERS = {"accept": "accepted", "reject": "rejected", "offer": "offered"}


class Quarrels:
    """Each dispute from the buyer's reason to where it stands."""

    def __init__(self, cast: Cast, trade: Trade) -> None:
        self._cast, self._trade = cast, trade

    def deeds(self) -> Iterator[Deed]:
        for told in _TOLD:
            yield Deed(told["on"], partial(self._open, told))
            for step in told["steps"]:
                yield Deed(step[0], partial(self._step, told, step))

    def _open(self, told: Mapping[str, Any], on: date) -> None:
        contract = self._trade.contract(told["id"])
        rows = SettlementLine.objects.filter(contract=contract, origin_month=told["month"])
        disputes.open_dispute(
            rows.get(month=told["month"], kind=told["kind"]), amount=Decimal(told["amount"]),
            reason=told["reason"], party=contract.buyer, by=self._cast.lead(contract.buyer), on=on,
            key=told["id"],
        )  # fmt: skip

    def _step(self, told: Mapping[str, Any], step: list[Any], on: date) -> None:
        _, side, what, *rest = step
        contract = self._trade.contract(told["id"])
        dispute = Dispute.objects.get(contract=contract, key=told["id"])
        if side == "buyer":
            disputes.answer_offer(
                dispute, accepts=what == "accept", by=self._cast.lead(contract.buyer), on=on
            )
            return
        words, *share = rest
        disputes.answer(
            dispute, answer=_ANSWERS[what], note=words, by=self._cast.lead(contract.provider),
            percent=Decimal(share[0]) if share else None, on=on,
        )  # fmt: skip
