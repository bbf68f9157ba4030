"""What a running contract asks of one side: an answer to a proposal, or the cure of a breach."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from accounts.models import MicroEnterprise
from contracts.models import Breach
from contracts.queries.agreements import proposals_to_answer
from contracts.queries.deeds import title_of

MOST = 5


class Asked(NamedTuple):
    """As `needs.Need`: what, why, where, the button, the last day."""

    title: str
    note: str
    url: str
    action: str
    due: date | None


def proposals(me: MicroEnterprise, *, on: date) -> Iterator[Asked]:
    """What the other side proposes and this one may confirm or turn down."""
    rows = proposals_to_answer(me, on=on).select_related(
        "contract__offering__current", "proposed_for", "version"
    )
    for proposal in rows.order_by("answer_until_on", "pk")[:MOST]:
        silence = (
            "Silence confirms it."
            if proposal.kind == "complete"
            else "Without your word it lapses."
        )
        yield Asked(
            str(proposal.contract.offering), f"{title_of(proposal)}. {silence}",
            f"/contracts/{proposal.contract_id}/#decide", "Read and answer",
            proposal.answer_until_on,
        )  # fmt: skip


def breaches(me: MicroEnterprise, *, on: date) -> Iterator[Asked]:
    """Notices of breach that this side may cure, or, once cured, confirm."""
    open_ones = Breach.objects.filter(state=Breach.State.OPEN, cure_until_on__gte=on)
    rows = open_ones.filter(contract__buyer=me) | open_ones.filter(contract__provider=me)
    related = rows.select_related("contract__offering__current", "reported_for")
    for breach in related.order_by("cure_until_on", "pk")[:MOST]:
        is_own = breach.reported_for_id == me.pk
        yield Asked(
            f"Breach: {breach.contract.offering}",
            "Confirm that it is cured, or the contract ends for cause."
            if is_own
            else f"{breach.reported_for} gave notice. Cure it, or the contract ends for cause.",
            f"/contracts/{breach.contract_id}/#decide",
            "Read the notice",
            breach.cure_until_on,
        )
