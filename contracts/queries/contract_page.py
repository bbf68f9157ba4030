"""One contract as its page prints it: words, figures, and at most one primary action."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts import policy
from accounts.models import MicroEnterprise, User
from accounts.permissions import may_see_money, may_see_negotiation, may_sign_for
from accounts.queries import organization
from contracts import lifecycle, pricing
from contracts.integrity import Fault, verify_contract
from contracts.lifecycle import Event
from contracts.models import Contract, ContractEvent, ContractVersion, EndProposal, SuccessMeasure
from contracts.queries import printed
from contracts.queries.effects import Effect, effect_of
from contracts.queries.printed import Change, TermRow, day
from contracts.terms import terms_of
from ledger.models import Reservation
from ledger.money import ZERO
from ledger.months import fiscal_year

State = Contract.State
_TOLD = {
    Event.CREATE: "Drafted for {party}",
    Event.REVISE: "Draft changed for {party}",
    Event.OFFER: "Offered and signed by {party}",
    Event.COUNTER: "Counter-offer of {party}, version {version}",
    Event.ACCEPT: "Signed by {party}: both sides agree",
    Event.DECLINE: "Declined by {party}",
    Event.WITHDRAW: "Withdrawn by {party}",
    Event.LAPSE: "Lapsed without an answer",
    Event.START: "Started",
    Event.CANCEL: "Cancelled by {party}",
    Event.PROPOSE_END: "{party} proposes to end it on {last_day}",
    Event.CONFIRM_END: "{party} confirms the end on {last_day}",
    Event.EXPIRE: "Its last day is over",
    Event.CLOSE: "Closed: all months settled, nothing open",
}


@dataclass(frozen=True)
class PlannedMonth:
    month: date
    amount: Decimal
    note: str


@dataclass(frozen=True)
class Sheet:
    """A signature that stands there or is waited for."""

    party: str
    role: str
    name: str = ""
    at: Any = None


@dataclass(frozen=True)
class Panel:
    """What the reader can do now: a title, words, figures, and the buttons by name.

    `primary` is one of "offer", "accept", "confirm_end" or nothing; `others` are further events
    that the reader's party may cause.
    """

    title: str
    words: list[str]
    primary: str = ""
    button: str = ""
    others: frozenset[str] = frozenset()
    effect: Effect | None = None
    end: EndProposal | None = None


@dataclass(frozen=True)
class ContractPage:
    """Everything the template prints; a reader of another ME sees price, measures and term only."""

    contract: Contract
    version: ContractVersion
    title: str
    state: str
    state_label: str
    buyer: MicroEnterprise
    provider: MicroEnterprise
    currency: str
    price: list[TermRow]
    measures: list[SuccessMeasure]
    is_full: bool = False
    sections: list[TermRow] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    versions: str = ""
    signatures: list[Sheet] = field(default_factory=list)
    seal: str = ""
    seal_is_broken: bool = False
    short_hash: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    months: list[PlannedMonth] = field(default_factory=list)
    planned: Decimal = ZERO
    money_facts: list[dict[str, Any]] = field(default_factory=list)
    unfunded: str = ""
    panel: Panel | None = None


def contract_page(
    contract: Contract, *, user: User, me: MicroEnterprise | None, on: date
) -> ContractPage:
    """The page for one reader, who acts for `me`."""
    version = contract.current
    if version is None:
        raise AssertionError(f"{contract} has no terms.")
    state = lifecycle.state_on(contract, on=on)
    firm = organization()
    base = ContractPage(
        contract=contract, version=version, title=version.title, state=state,
        state_label=_state_label(contract, state, on=on), buyer=contract.buyer,
        provider=contract.provider, currency=firm.currency,
        price=printed.price_rows(version, firm.currency), measures=list(version.measures.all()),
    )  # fmt: skip
    if not may_see_negotiation(user, contract.buyer, contract.provider, on=on):
        return base
    faults = verify_contract(contract)
    months = _months(contract, version, on=on, starts_in=firm.fiscal_year_start_month)
    return ContractPage(
        **vars(base) | {
            "is_full": True,
            "sections": printed.section_rows(version.terms),
            "changes": _changes(version, state, firm.currency),
            "versions": f"Version {version.number}",
            "signatures": _sheets(contract, version),
            "seal": _seal(contract, faults),
            "seal_is_broken": bool(faults),
            "short_hash": _short(version.hash),
            "events": _timeline(contract, state, on=on),
            "months": months,
            "planned": sum((each.amount for each in months), ZERO),
            "money_facts": _money_facts(contract, user, firm.currency, on=on),
            "unfunded": _unfunded(contract),
            "panel": _panel(contract, version, state, user=user, me=me, on=on),
        }
    )  # fmt: skip


def _state_label(contract: Contract, state: Contract.State, *, on: date) -> str:
    if state == State.ENDED:
        because = lifecycle.ended_because_on(contract, on=on).replace("_", " ")
        if lifecycle.is_running(contract, on=on) or on < contract.starts_on:
            return f"Ends {day(lifecycle.last_day_of(contract))}"
        return f"Ended, {because}"
    return str(state.label)


def _changes(version: ContractVersion, state: Contract.State, currency: str) -> list[Change]:
    """What the last counter changed, while it waits for an answer."""
    if state != State.OFFERED or version.number == 1:
        return []
    before = ContractVersion.objects.get(contract=version.contract_id, number=version.number - 1)
    return printed.changes(before, version, currency)


def _sheets(contract: Contract, version: ContractVersion) -> list[Sheet]:
    signed = {
        each.party_id: each
        for each in version.signatures.select_related("signed_by__person").order_by("pk")
    }
    sheets = []
    for role, party in (("buyer", contract.buyer), ("provider", contract.provider)):
        signature = signed.get(party.pk)
        if signature:
            sheets.append(
                Sheet(str(party), role, signature.signed_by.display_name, signature.signed_at)
            )
        else:
            sheets.append(Sheet(str(party), role))
    return sheets


def _seal(contract: Contract, faults: list[Fault]) -> str:
    if faults:
        return f"{faults[0].what}: {faults[0].detail} Tell the auditors."
    return (
        f"Signatures bind to exactly this text; {contract.event_count} events form one chain,"
        " computed anew just now."
    )


def _short(digest: str) -> str:
    return " ".join(digest[start : start + 4] for start in range(0, 32, 4))


def _timeline(contract: Contract, state: Contract.State, *, on: date) -> list[dict[str, Any]]:
    """What comes next, then what happened, newest first."""
    coming: list[dict[str, Any]] = []
    if state == State.OFFERED and contract.answer_until_on:
        lapse = contract.answer_until_on + timedelta(days=1)
        coming.append({"at": lapse, "text": "Lapses if nobody answers", "next": True})
    if state == State.AGREED:
        coming.append({"at": contract.starts_on, "text": "Starts", "next": True})
    last = lifecycle.last_day_of(contract)
    if lifecycle.has_active_day(contract) and last >= on:
        coming.append({"at": last, "text": "Last day", "next": True})
    happened = contract.events.select_related("actor__person", "party", "version")
    return coming[::-1] + [_told(event) for event in happened.order_by("-number")]


def _told(event: ContractEvent) -> dict[str, Any]:
    last = event.payload.get("last_day_on")
    text = _TOLD[Event(event.kind)].format(
        party=event.party,
        version=event.version.number if event.version else "",
        last_day=day(date.fromisoformat(last)) if last else "",
    )
    who = event.actor.display_name if event.actor else "By the calendar"
    return {"at": event.on, "text": text, "note": " · ".join(filter(None, [who, event.note]))}


def _months(
    contract: Contract, version: ContractVersion, *, on: date, starts_in: int
) -> list[PlannedMonth]:
    terms = terms_of(version.terms)
    plan = pricing.planned_by_month(
        terms.price_plan,
        expected=terms.expected_quantity,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        ended_on=contract.ended_on,
    )
    year = fiscal_year(on, starts_in=starts_in)
    return [
        PlannedMonth(
            month,
            amount,
            "future commitment" if fiscal_year(month, starts_in=starts_in) > year else "",
        )
        for month, amount in plan.items()
    ]


def _money_facts(
    contract: Contract, user: User, currency: str, *, on: date
) -> list[dict[str, Any]]:
    """What is promised of it now, for whoever may see the buyer's wallet."""
    if not may_see_money(user, contract.buyer, on=on):
        return []
    totals: dict[str, Decimal] = {}
    for row in Reservation.objects.open().of(contract.cause):
        totals[row.kind] = totals.get(row.kind, ZERO) + row.amount
    kinds = Reservation.Kind
    return [
        {"label": f"Pre-committed, {currency}", "money": totals.get(kinds.PRE_COMMITTED, ZERO)},
        {"label": f"Committed, {currency}", "money": totals.get(kinds.COMMITTED, ZERO)},
    ]


def _unfunded(contract: Contract) -> str:
    """The service goes on, but its months are not covered (PRODUCT 4.7)."""
    if not contract.is_unfunded:
        return ""
    return (
        f"Not all months of {contract.committed_year} are funded.\n"
        f"{contract.buyer} had too little available when the year opened. What is delivered in an"
        " unfunded month waits for its answer."
    )


def _panel(
    contract: Contract,
    version: ContractVersion,
    state: Contract.State,
    *,
    user: User,
    me: MicroEnterprise | None,
    on: date,
) -> Panel | None:
    """What this reader can do about it now."""
    if me is None or me.pk not in {contract.buyer_id, contract.provider_id}:
        return None
    signs = may_sign_for(user, me, on=on)
    if state == State.DRAFT:
        return _draft_panel(contract, version, me, signs=signs, on=on)
    if state == State.OFFERED:
        return _offer_panel(contract, version, me, signs=signs, on=on)
    if state in {State.AGREED, State.ACTIVE}:
        return _signed_panel(contract, state, me, signs=signs, on=on)
    return _ended_panel(contract, state, on=on)


def _draft_panel(
    contract: Contract, version: ContractVersion, me: MicroEnterprise, *, signs: bool, on: date
) -> Panel:
    other = contract.provider if me == contract.buyer else contract.buyer
    revise = frozenset({"revise"}) if signs else frozenset()
    if contract.starts_on <= on:
        words = ["Its first day has come without an offer. Change the days, then offer it."]
        return Panel("This draft is out of date", words, others=revise)
    if not signs:
        return Panel("A draft", [f"The lead of {me}, or who may sign for it, can offer it."])
    words = [f"{other} signs next. Nothing is charged before both have signed."]
    if not version.measures.exists():
        words.insert(0, "It needs at least one success measure before it can be signed.")
        return Panel("This draft is not complete", words, others=revise)
    if me != contract.buyer:
        words.append(f"Nothing is reserved until {other} signs.")
    return Panel(
        "If you offer this", words, primary="offer", button="Sign and offer",
        others=revise, effect=_effect(contract, version, me, on=on),
    )  # fmt: skip


def _offer_panel(
    contract: Contract, version: ContractVersion, me: MicroEnterprise, *, signs: bool, on: date
) -> Panel:
    until = contract.answer_until_on or on
    if contract.turn_id != me.pk:
        words = [f"{contract.turn} answers until {until:%A %-d %B}. Then the offer lapses."]
        others = frozenset({"withdraw"}) if signs else frozenset()
        return Panel(f"{contract.turn} has the turn", words, others=others)
    words = [f"Answer until {until:%A %-d %B}, or the offer lapses."]
    if not signs:
        words.append(f"The lead of {me}, or who may sign for it, answers.")
        return Panel("This offer waits for you", words)
    return Panel(
        "This offer waits for you", words, primary="accept", button="Sign contract",
        others=frozenset({"counter", "decline"}), effect=_effect(contract, version, me, on=on),
    )  # fmt: skip


def _signed_panel(
    contract: Contract, state: Contract.State, me: MicroEnterprise, *, signs: bool, on: date
) -> Panel:
    last = day(contract.ends_on)
    words = [f"It ends on {last}."]
    if state == State.AGREED:
        words = [f"It starts on {day(contract.starts_on)} and ends on {last}."]
    others = {"propose_end"} if signs else set()
    if state == State.AGREED and signs:
        until = lifecycle.cancel_until(
            starts_on=contract.starts_on,
            days_before_start=policy.in_force(on=on)["cancel_until_days_before_start"],
        )
        if on <= until:
            others.add("cancel")
            words.append(f"Either side may cancel it until {day(until)}.")
    end = (
        contract.end_proposals.filter(state=EndProposal.State.OPEN, answer_until_on__gte=on)
        .select_related("proposed_for")
        .first()
    )
    title = "Both sides agree" if state == State.AGREED else "It is running"
    if end is None:
        return Panel(title, words, others=frozenset(others))
    words.insert(
        0,
        f"{end.proposed_for} proposes {day(end.last_day_on)} as the last day."
        f" It can be confirmed until {day(end.answer_until_on)}.",
    )
    if end.proposed_for_id == me.pk or not signs:
        return Panel("An end is proposed", words, others=frozenset(others), end=end)
    return Panel(
        "An end is proposed", words, primary="confirm_end",
        button=f"Confirm {day(end.last_day_on)}", others=frozenset(others), end=end,
    )  # fmt: skip


def _ended_panel(contract: Contract, state: Contract.State, *, on: date) -> Panel:
    if state == State.ENDED and lifecycle.last_day_of(contract) >= max(on, contract.starts_on):
        last = day(lifecycle.last_day_of(contract))
        return Panel("Both sides ended it", [f"The service runs to {last}, that day included."])
    words = {
        State.ENDED: "Its last months are still to be settled; then it closes.",
        State.CLOSED: "All its months are settled and nothing is open.",
        State.DECLINED: "The other terms were not to be had. Nothing is reserved.",
        State.WITHDRAWN: "The offer was taken back. Nothing is reserved.",
        State.LAPSED: "Nobody answered in time. Nothing is reserved.",
    }
    return Panel("It is over", [words[state]])


def _effect(
    contract: Contract, version: ContractVersion, me: MicroEnterprise, *, on: date
) -> Effect:
    return effect_of(
        terms_of(version.terms),
        buyer=contract.buyer if me == contract.buyer else None,
        on=on,
        cause=contract.cause,
    )
