"""One contract as its page prints it: words, figures, and at most one primary action."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import MicroEnterprise, User
from accounts.permissions import may_see_money, may_see_negotiation
from accounts.queries import organization
from contracts import lifecycle
from contracts.integrity import Fault, verify_contract
from contracts.lifecycle import Event, OpenRecord
from contracts.models import Contract, ContractEvent, ContractVersion, SuccessMeasure
from contracts.queries import printed
from contracts.queries.contract_panel import Panel, panel_of
from contracts.queries.planned import plan_of
from contracts.queries.printed import Change, TermRow, day
from ledger.models import Reservation
from ledger.money import ZERO
from ledger.months import fiscal_year

State = Contract.State
_TOLD: dict[str, str] = {
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
    OpenRecord.DISPUTE: "Dispute {dispute} {step}",
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
    levels: list[TermRow]
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
        levels=printed.level_rows(version, firm.currency),
    )  # fmt: skip
    if not may_see_negotiation(user, contract.buyer, contract.provider, on=on):
        return base
    faults = verify_contract(contract)
    months = _months(contract, on=on, starts_in=firm.fiscal_year_start_month)
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
            "money_facts": _money_facts(contract, user, months, firm.currency, on=on),
            "unfunded": _unfunded(contract),
            "panel": panel_of(contract, version, state, user=user, me=me, on=on),
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
    count = contract.event_count
    chain = "1 event forms" if count == 1 else f"{count} events form"
    return f"Signatures bind to exactly this text; {chain} one chain, computed anew just now."


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
    told = coming[::-1] + [_told(event) for event in happened.order_by("-number")]
    for each in told:
        if each["at"].year != on.year:
            each["when"] = f"{each['at']:%-d %b %Y}"
    return told


def _told(event: ContractEvent) -> dict[str, Any]:
    last = event.payload.get("last_day_on")
    text = _TOLD[event.kind].format(
        party=event.party,
        version=event.version.number if event.version else "",
        last_day=day(date.fromisoformat(last)) if last else "",
        dispute=event.payload.get("dispute", ""),
        step=event.payload.get("step", ""),
    )
    who = event.actor.display_name if event.actor else "By the calendar"
    return {"at": event.on, "text": text, "note": " · ".join(filter(None, [who, event.note]))}


def _months(contract: Contract, *, on: date, starts_in: int) -> list[PlannedMonth]:
    plan = plan_of(contract)
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
    contract: Contract, user: User, months: list[PlannedMonth], currency: str, *, on: date
) -> list[dict[str, Any]]:
    """What is promised of it now, for whoever may see the buyer's wallet."""
    if not may_see_money(user, contract.buyer, on=on):
        return []
    totals: dict[str, Decimal] = {}
    for row in Reservation.objects.open().of(contract.cause):
        totals[row.kind] = totals.get(row.kind, ZERO) + row.amount
    kinds = Reservation.Kind
    facts: list[dict[str, Any]] = [
        {"label": f"Pre-committed, {currency}", "money": totals.get(kinds.PRE_COMMITTED, ZERO)},
        {"label": f"Committed, {currency}", "money": totals.get(kinds.COMMITTED, ZERO)},
    ]
    future = sum((each.amount for each in months if each.note), ZERO)
    if future and contract.state in Contract.SIGNED:
        facts.append({"label": f"Future commitment, {currency}", "money": future})
    return facts


def _unfunded(contract: Contract) -> str:
    """The service goes on, but its months are not covered (PRODUCT 4.7)."""
    if not contract.is_unfunded:
        return ""
    return (
        f"Not all months of {contract.committed_year} are funded.\n"
        f"{contract.buyer} had too little available when the year opened. What is delivered in an"
        " unfunded month waits for its answer."
    )
