"""Corrections as pages and the API read them: who may know of which, who answers, what it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Q, QuerySet, When

from accounts.errors import Unknown
from accounts.models import MicroEnterprise, User
from accounts.permissions import (
    is_hr_admin,
    may_see_every_correction,
    may_see_negotiation,
    may_sign_for,
    memberships_of,
)
from contracts.models import Contract, ContractQuerySet, Correction, SettlementLine
from contracts.queries.agreements import open_to
from contracts.queries.printed import day

State = Correction.State
_RELATED = (
    "contract__buyer", "contract__provider", "contract__offering__current", "entered_for",
    "entered_by__person", "answered_by__person",
)  # fmt: skip


def visible_to(user: User, *, on: date) -> QuerySet[Correction]:
    """Those of the own MEs' contracts; all of them for auditors and HR admins."""
    corrections = Correction.objects.select_related(*_RELATED)
    if may_see_every_correction(user):
        return corrections
    mine = memberships_of(user, on=on).values("micro_enterprise")
    return corrections.filter(Q(contract__buyer__in=mine) | Q(contract__provider__in=mine))


def waiting_first(corrections: QuerySet[Correction]) -> QuerySet[Correction]:
    """Those that nobody has answered, then the newest."""
    waits = Case(When(state=State.PROPOSED, then=0), default=1)
    return corrections.order_by(waits, "-pk")


def found(user: User, pk: int, *, on: date) -> Correction:
    """Unknown where the correction is not the user's to know."""
    correction = visible_to(user, on=on).filter(pk=pk).first()
    if correction is None:
        raise Unknown
    return correction


def contracts_to_correct(user: User, on: date) -> ContractQuerySet:
    """Contracts of which the user may name a line: the own ones, and all for an HR admin."""
    return Contract.objects.signed() if is_hr_admin(user) else open_to(user, on=on)


def line_to_correct(user: User, contract: int, line: int, *, on: date) -> SettlementLine:
    """Unknown where the contract's lines are not the user's to read."""
    lines = SettlementLine.objects.select_related(
        "contract__buyer", "contract__provider", "contract__offering__current"
    )
    row = lines.filter(pk=line, contract=contract).first()
    if row is None:
        raise Unknown
    parties = row.contract.buyer, row.contract.provider
    if not is_hr_admin(user) and not may_see_negotiation(user, *parties, on=on):
        raise Unknown
    return row


def may_correct(contract: Contract, *, user: User, on: date) -> bool:
    """Whether the reader may enter one of a locked month: for a party, or as an HR admin."""
    if contract.state == Contract.State.CLOSED:
        return False
    sides = (contract.buyer, contract.provider)
    return is_hr_admin(user) or any(may_sign_for(user, me, on=on) for me in sides)


def waiting_for_me(me: MicroEnterprise) -> QuerySet[Correction]:
    """What takes money from the ME and waits for its word, the oldest first."""
    loses = Q(amount__gt=0, contract__buyer=me) | Q(amount__lt=0, contract__provider=me)
    open_ones = Correction.objects.filter(loses, state=State.PROPOSED)
    return open_ones.select_related(*_RELATED).order_by("pk")


def corrections_of(contract: Contract, *, most: int = 12) -> Sequence[Correction]:
    """The newest first."""
    rows = Correction.objects.filter(contract=contract).select_related(*_RELATED)
    return list(rows.order_by("-pk")[:most])


def payer_of(correction: Correction) -> MicroEnterprise:
    """From whom it takes money; this one has to agree."""
    contract = correction.contract
    return contract.buyer if correction.amount > 0 else contract.provider


def payee_of(correction: Correction) -> MicroEnterprise:
    contract = correction.contract
    return contract.provider if correction.amount > 0 else contract.buyer


@dataclass(frozen=True)
class CorrectionPage:
    """What the template prints, and which of the three steps are this reader's."""

    correction: Correction
    title: str
    what: str
    state_words: str
    may_answer: bool
    may_withdraw: bool
    knows_contract: bool
    story: Sequence[dict[str, Any]]


def correction_page(correction: Correction, *, user: User, on: date) -> CorrectionPage:
    contract, is_open = correction.contract, correction.state == State.PROPOSED
    own = correction.entered_for
    is_own = may_sign_for(user, own, on=on) if own else is_hr_admin(user)
    answers = may_sign_for(user, payer_of(correction), on=on)
    return CorrectionPage(
        correction=correction,
        title=str(correction),
        what=f"{payer_of(correction)} pays {payee_of(correction)} {abs(correction.amount):,.2f}",
        state_words=state_words(correction),
        may_answer=is_open and answers and user.pk != correction.entered_by_id,
        may_withdraw=is_open and is_own,
        knows_contract=may_see_negotiation(user, contract.buyer, contract.provider, on=on),
        story=_story(correction),
    )


def state_words(correction: Correction) -> str:
    """Where it stands, as a sentence."""
    if correction.counted_in:
        return f"It is a line of {correction.counted_in:%B %Y}."
    return {
        State.PROPOSED: f"{payer_of(correction)} has to confirm it; until then nothing moves.",
        State.CONFIRMED: "It is a line of the next month that is computed.",
        State.REJECTED: f"{payer_of(correction)} does not agree; nothing moves.",
        State.WITHDRAWN: "It was taken back; nothing moves.",
    }[State(correction.state)]


def _story(correction: Correction) -> list[dict[str, Any]]:
    """Newest first."""
    entered = str(correction.entered_for) if correction.entered_for else "An HR admin"
    told = [_told(correction.entered_on, f"{entered} enters it", correction.entered_by)]
    if correction.answered_on and correction.answered_by:
        words = {
            State.CONFIRMED: f"{payer_of(correction)} confirms it",
            State.REJECTED: f"{payer_of(correction)} declines it",
            State.WITHDRAWN: "It is taken back",
        }[State(correction.state)]
        told.insert(0, _told(correction.answered_on, words, correction.answered_by))
    return told


def _told(at: date, text: str, by: User) -> dict[str, Any]:
    return {"at": at, "when": day(at), "text": text, "note": by.display_name}
