"""One contract as its page prints it: words, figures, and at most one primary action."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import MicroEnterprise, User
from accounts.permissions import may_see_money, may_see_negotiation
from accounts.queries import organization
from contracts import lifecycle
from contracts.integrity import Fault, verify_contract
from contracts.lifecycle import Event, OpenRecord
from contracts.models import Contract, ContractEvent, ContractVersion, Proposal, SuccessMeasure
from contracts.queries import printed
from contracts.queries.contract_panel import Panel, panel_of
from contracts.queries.delivery import version_on
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
    Event.PROPOSE_AMENDMENT: "{party} proposes other terms from {valid_from}, version {version}",
    Event.AMEND: "Amended: {party} signs version {version}, in force from {valid_from}",
    Event.PROPOSE_RENEWAL: "{party} proposes to renew it to {ends_on}",
    Event.RENEW: "Renewed to {ends_on}: {party} signs version {version}",
    Event.RENEW_ITSELF: "Renewed by its terms, to {ends_on}",
    Event.PROPOSE_SUSPENSION: "{party} proposes to suspend it",
    Event.SUSPEND: "Suspended from {first}: {party} confirms",
    Event.ORDER_SUSPENSION: "Suspended from {first} by the CHRO",
    Event.PROPOSE_RESUMPTION: "{party} proposes to resume it",
    Event.RESUME: "Resumed: {party} confirms",
    Event.ORDER_RESUMPTION: "Resumed by the CHRO",
    Event.SUSPENSION_LAPSES: "Nobody resumed it in time: it is over",
    Event.GIVE_NOTICE: "{party} gives notice; its last day is {last_day}",
    Event.PROPOSE_STAY: "{party} proposes to withdraw the notice",
    Event.WITHDRAW_NOTICE: "Notice withdrawn: {party} confirms",
    Event.DROP_PROPOSAL: "{party} turns the proposal down",
    Event.REPORT_BREACH: "{party} gives notice of a breach, to be cured until {cure_until}",
    Event.CURE_BREACH: "{party} confirms that the breach is cured",
    Event.END_FOR_CAUSE: "The breach was not cured in time: it is over",
    Event.END_CHRONIC: "{party} ends it for chronic failure",
    Event.CLAIM_COMPLETION: "{party} says that the outcome is reached",
    Event.COMPLETE: "The outcome is reached: it is over",
    Event.DISSOLVE: "A party dissolves",
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
    changes_note: str = ""
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
    state = lifecycle.state_on(contract, on=on)
    version = _shown(contract, state, on=on)
    firm = organization()
    base = ContractPage(
        contract=contract, version=version, title=version.title, state=state,
        state_label=_state_label(contract, state, on=on), buyer=contract.buyer,
        provider=contract.provider, currency=firm.currency,
        price=printed.price_rows(version, firm.currency), measures=list(version.measures.all()),
        levels=printed.level_rows(version, firm.currency),
    )  # fmt: skip
    if not may_see_negotiation(user, contract.buyer, contract.provider, on=on):
        panel = panel_of(contract, version, state, user=user, me=None, on=on)
        return replace(base, panel=panel)
    faults = verify_contract(contract)
    changes, changes_note = _changes(contract, version, state, firm.currency, on=on)
    months = _months(contract, on=on, starts_in=firm.fiscal_year_start_month)
    return ContractPage(
        **vars(base) | {
            "is_full": True,
            "sections": [
                *printed.section_rows(version.terms), printed.mediator_row(version.terms),
            ],
            "changes": changes,
            "changes_note": changes_note,
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


def _shown(contract: Contract, state: Contract.State, *, on: date) -> ContractVersion:
    """The terms in force that day; what was signed for a later day is shown as a change."""
    version = version_on(contract, on=on) if state in lifecycle.RUNNING else None
    shown = version or contract.current
    if shown is None:
        raise AssertionError(f"{contract} has no terms.")
    return shown


def _state_label(contract: Contract, state: Contract.State, *, on: date) -> str:
    if state == State.ENDED:
        because = lifecycle.ended_because_on(contract, on=on).replace("_", " ")
        if lifecycle.is_running(contract, on=on) or on < contract.starts_on:
            return f"Ends {day(lifecycle.last_day_of(contract))}"
        return f"Ended, {because}"
    if state == State.NOTICE:
        return f"Notice, ends {day(lifecycle.last_day_of(contract))}"
    return str(state.label)


def _changes(
    contract: Contract, version: ContractVersion, state: Contract.State, currency: str, *, on: date
) -> tuple[list[Change], str]:
    """What the last counter changed, or what an open amendment or renewal would; and which."""
    if state == State.OFFERED and version.number > 1:
        before = ContractVersion.objects.get(
            contract=version.contract_id, number=version.number - 1
        )
        told = "The last counter-offer, beside the version before it"
        return printed.changes(before, version, currency), told
    asked = contract.proposals.filter(
        state=Proposal.State.OPEN, version__isnull=False, answer_until_on__gte=on
    )
    proposal = asked.select_related("version", "proposed_for").order_by("-pk").first()
    if state not in lifecycle.RUNNING:
        return [], ""
    if proposal is None or proposal.version is None:
        later = contract.current
        if later is None or later.pk == version.pk:
            return [], ""
        told = f"Signed by both sides, from {day(later.valid_from_on)}"
        return printed.changes(version, later, currency), told
    since = day(proposal.version.valid_from_on)
    told = f"What {proposal.proposed_for} proposes from {since}, beside what holds now"
    return printed.changes(version, proposal.version, currency), told


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
    text = _TOLD[event.kind].format(
        party=event.party,
        version=event.version.number if event.version else "",
        dispute=event.payload.get("dispute", ""),
        step=event.payload.get("step", ""),
        ends_on=_day(event.payload.get("ends_on"))
        or (day(event.version.ends_on) if event.version else ""),
        last_day=_day(event.payload.get("last_day_on")),
        first=_day(event.payload.get("first_on")),
        cure_until=_day(event.payload.get("cure_until_on")),
        valid_from=day(event.version.valid_from_on) if event.version else "",
    )
    who = event.actor.display_name if event.actor else "By the calendar"
    return {"at": event.on, "text": text, "note": " · ".join(filter(None, [who, event.note]))}


def _day(text: str | None) -> str:
    return day(date.fromisoformat(text)) if text else ""


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
