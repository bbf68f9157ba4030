"""What a party may do with a running contract, each with what it costs or frees before a press."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts import policy
from accounts.models import MicroEnterprise, User
from accounts.permissions import may_see_money, may_sign_for, may_suspend_for_integrity
from accounts.queries import holidays, organization
from accounts.workdays import nth_working_day_after
from contracts.lifecycle import end_after_months, notice_ends
from contracts.models import Breach, Contract, Proposal, Suspension
from contracts.queries import what_if
from contracts.queries.levels import chronic_levels
from contracts.queries.printed import Change, changes, day
from contracts.queries.suspended import open_suspension

State = Contract.State
Kind = Proposal.Kind
OUTCOME = "outcome"
_ASKS = {
    Kind.SUSPEND: "{party} proposes to suspend it",
    Kind.RESUME: "{party} proposes to resume it",
    Kind.WITHDRAW_NOTICE: "{party} proposes to withdraw the notice",
    Kind.AMEND: "{party} proposes other terms from {valid_from}",
    Kind.RENEW: "{party} proposes to renew it to {ends_on}",
    Kind.COMPLETE: "{party} says that the outcome is reached",
}
_CONFIRM = {
    Kind.SUSPEND: ("suspend", "Suspend from today"),
    Kind.RESUME: ("resume", "Resume from today"),
    Kind.WITHDRAW_NOTICE: ("withdraw-notice", "Withdraw the notice"),
    Kind.AMEND: ("sign-amendment", "Sign amendment"),
    Kind.RENEW: ("sign-renewal", "Sign renewal"),
    Kind.COMPLETE: ("complete", "Confirm the outcome"),
}


@dataclass(frozen=True)
class Deed:
    """One thing to press: a form with its words and figures, or a link to a page of its own."""

    name: str
    url: str
    title: str
    button: str
    words: tuple[str, ...] = ()
    facts: tuple[dict[str, Any], ...] = ()
    lacking: str = ""
    asks: str = ""  # the field that it has: "reason" or "text"
    hidden: tuple[tuple[str, str], ...] = ()
    is_page: bool = False
    is_sharp: bool = False


@dataclass(frozen=True)
class Asked:
    """A proposal that stands open, what it would change, and what this reader can answer."""

    title: str
    words: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    confirm: Deed | None = None
    drop: Deed | None = None


class Reader:
    """Who looks at the contract, for which party, on which day."""

    def __init__(self, contract: Contract, me: MicroEnterprise, user: User, *, on: date) -> None:
        self.contract, self.me, self.on = contract, me, on
        self.other = contract.provider if me == contract.buyer else contract.buyer
        self.signs = may_sign_for(user, me, on=on)
        self.sees_money = may_see_money(user, contract.buyer, on=on)
        self.currency = organization().currency

    def deed(self, name: str, title: str, button: str, **rest: Any) -> Deed:
        return Deed(name, f"/contracts/{self.contract.pk}/{name}/", title, button, **rest)

    def figures(self, moved: what_if.Moved) -> tuple[dict[str, Any], ...]:
        """What is committed now and then, for whoever sees the buyer's wallet."""
        if not self.sees_money:
            return ()
        label = "Needed" if moved.needed else "Comes free"
        change = -moved.needed if moved.needed else moved.freed
        return (
            {"label": "Committed now", "money": moved.now},
            {"label": f"{label}, {self.currency}", "money": change, "signed": True},
            {"label": f"Committed then, {self.currency}", "money": moved.after, "total": True},
        )


def asked_of(reader: Reader) -> list[Asked]:
    """Every open proposal; a reader who may sign can confirm the other side's, or drop either."""
    rows = reader.contract.proposals.filter(
        state=Proposal.State.OPEN, answer_until_on__gte=reader.on
    )
    related = rows.select_related("proposed_for", "version").order_by("answer_until_on", "pk")
    return [_asked(reader, proposal) for proposal in related]


def _asked(reader: Reader, proposal: Proposal) -> Asked:
    kind, version, title = Kind(proposal.kind), proposal.version, title_of(proposal)
    silence = "Silence confirms it then." if kind == Kind.COMPLETE else "Then it lapses."
    words = [f"It can be confirmed until {day(proposal.answer_until_on)}. {silence}"]
    if proposal.reason:
        words.append(f"“{proposal.reason}”")
    changed: tuple[Change, ...] = ()
    if version and reader.contract.current:
        changed = tuple(changes(reader.contract.current, version, reader.currency))
    if not reader.signs:
        return Asked(title, tuple(words), changed)
    is_own = proposal.proposed_for_id == reader.me.pk
    hidden = (("kind", proposal.kind),)
    say_no = ("Take it back", "Withdraw proposal") if is_own else ("Turn it down", "Turn down")
    drop = reader.deed("drop-proposal", *say_no, asks="reason", hidden=hidden)
    confirm = None if is_own else _confirm(reader, proposal)
    return Asked(title, tuple(words), changed, confirm, drop)


def title_of(proposal: Proposal) -> str:
    """What the proposal asks, as a sentence without its stop."""
    version = proposal.version
    return _ASKS[Kind(proposal.kind)].format(
        party=proposal.proposed_for,
        valid_from=day(version.valid_from_on) if version else "",
        ends_on=day(version.ends_on) if version else "",
    )


def _confirm(reader: Reader, proposal: Proposal) -> Deed:
    kind, contract, on = Kind(proposal.kind), reader.contract, reader.on
    name, button = _CONFIRM[kind]
    moved: what_if.Moved | None = None
    hidden: tuple[tuple[str, str], ...] = ()
    pause = open_suspension(contract)
    if kind == Kind.SUSPEND:
        moved = what_if.if_suspended(contract, on=on)
    elif kind == Kind.RESUME and pause:
        moved = what_if.if_resumed(contract, pause, on=on)
    elif kind == Kind.WITHDRAW_NOTICE:
        moved = what_if.if_kept(contract, pause, on=on)
    elif kind == Kind.COMPLETE:
        moved = what_if.if_ended(contract, last_on=on)
    elif proposal.version:
        moved = what_if.if_signed(contract, proposal.version, on=on)
        hidden = (("hash", proposal.version.hash),)
    facts = reader.figures(moved) if moved else ()
    return reader.deed(name, button, button, facts=facts, hidden=hidden)


def deeds_of(reader: Reader, state: Contract.State) -> list[Deed]:
    """What this party may begin now, the gentlest first."""
    if not reader.signs:
        return []
    open_kinds = set(
        reader.contract.proposals.filter(
            state=Proposal.State.OPEN, answer_until_on__gte=reader.on
        ).values_list("kind", flat=True)
    )
    deeds = [*_deeds(reader, state)]
    hidden = {_CONFIRM[Kind(kind)][0] for kind in open_kinds}
    return [each for each in deeds if each.name not in hidden]


def _deeds(reader: Reader, state: Contract.State) -> Iterator[Deed]:
    contract, on = reader.contract, reader.on
    pause = open_suspension(contract)
    if state == State.SUSPENDED and pause and not pause.is_ordered:
        yield _resume(reader, pause)
    if state == State.NOTICE and not (pause and pause.is_ordered):
        moved = what_if.if_kept(contract, pause, on=on)
        words = (f"{reader.other} has to confirm it.",)
        yield reader.deed(
            "withdraw-notice", "Let it go on", "Propose to go on", words=words,
            facts=reader.figures(moved), asks="reason",
        )  # fmt: skip
    yield from _open_breach(reader)
    yield reader.deed("amend", "Change its terms", "Propose other terms", is_page=True)
    if state == State.ACTIVE:
        yield reader.deed("renew", "Renew it", "Propose a renewal", is_page=True)
        yield _suspend(reader)
        yield from _claim(reader)
    if state in {State.ACTIVE, State.SUSPENDED}:
        yield from _notice(reader)
    yield from _chronic(reader, state)
    yield from _new_breach(reader)


def _suspend(reader: Reader) -> Deed:
    days = policy.in_force(on=reader.on)["suspension_lapses_after_days"]
    words = (
        f"{reader.other} has to confirm it. Suspended days are not charged; the last day stays.",
        f"Nobody resumes it within {days} days: then it is over.",
    )
    moved = what_if.if_suspended(reader.contract, on=reader.on)
    return reader.deed(
        "suspend", "Suspend it", "Propose to suspend", words=words, facts=reader.figures(moved),
        asks="reason",
    )  # fmt: skip


def _resume(reader: Reader, pause: Suspension) -> Deed:
    moved = what_if.if_resumed(reader.contract, pause, on=reader.on)
    words = (f"{reader.other} has to confirm it. The day on which it does is active again.",)
    return reader.deed(
        "resume", "Resume it", "Propose to resume", words=words, facts=reader.figures(moved),
        asks="reason",
    )  # fmt: skip


def _notice(reader: Reader) -> Iterator[Deed]:
    contract = reader.contract
    days = contract.current.terms.get("notice_days", 30) if contract.current else 30
    last = notice_ends(given_on=reader.on, days=days)
    if last >= contract.ends_on and not contract.renews_months:
        return
    last = min(last, contract.ends_on)
    words = (f"{days} days, then to the end of that month: its last day is {day(last)}.",)
    moved = what_if.if_ended(contract, last_on=last)
    yield reader.deed(
        "notice", "Give notice", f"End it with {day(last)}", words=words,
        facts=reader.figures(moved), asks="reason", is_sharp=True,
    )  # fmt: skip


def _open_breach(reader: Reader) -> Iterator[Deed]:
    mine = reader.contract.breaches.filter(state=Breach.State.OPEN, reported_for=reader.me)
    for breach in mine:
        words = (
            f"Your notice of {day(breach.delivered_on)}: “{breach.text}”",
            f"Without your word it ends for cause with {day(breach.cure_until_on)}.",
        )
        yield reader.deed("cure", "Your notice of breach", "It is cured", words=words)


def _new_breach(reader: Reader) -> Iterator[Deed]:
    mine = reader.contract.breaches.filter(state=Breach.State.OPEN, reported_for=reader.me)
    if mine.exists():
        return
    count = policy.in_force(on=reader.on)["breach_cure_working_days"]
    until = nth_working_day_after(reader.on, count, holidays())
    words = (
        f"{reader.other} reads it at once and may cure it until {day(until)}.",
        "Without your word by then that it is cured, the contract ends for cause with that day.",
        "Charges go on to that day; credits stay due.",
    )
    yield reader.deed(
        "breach", "Tell of a breach", "Send notice of breach", words=words, asks="text",
        is_sharp=True,
    )  # fmt: skip


def _chronic(reader: Reader, state: Contract.State) -> Iterator[Deed]:
    contract = reader.contract
    if reader.me != contract.buyer or state not in {State.ACTIVE, State.NOTICE}:
        return
    chronic = chronic_levels(contract, on=reader.on)
    if not chronic:
        return
    moved = what_if.if_ended(contract, last_on=reader.on)
    words = (*(each.words for each in chronic), "You may end it today without a fee.")
    yield reader.deed(
        "chronic-failure", "End it for chronic failure", "End it today", words=words,
        facts=reader.figures(moved), asks="reason", is_sharp=True,
    )  # fmt: skip


def _claim(reader: Reader) -> Iterator[Deed]:
    contract = reader.contract
    is_by_outcome = contract.current is not None and contract.current.plan == OUTCOME
    if is_by_outcome and reader.me == contract.provider:
        count = policy.in_force(on=reader.on)["completion_silence_working_days"]
        until = day(nth_working_day_after(reader.on, count, holidays()))
        words = (f"{reader.other} confirms it or turns it down; silence after {until} confirms.",)
        yield reader.deed(
            "complete", "The outcome is reached", "Say that it is reached", words=words,
            asks="reason",
        )  # fmt: skip


def orders_of(contract: Contract, state: Contract.State, *, user: User, on: date) -> list[Deed]:
    """What the CHRO may order for integrity."""
    if not may_suspend_for_integrity(user):
        return []
    if state == State.ACTIVE:
        told = "Both sides read your reason, and only a CHRO resumes it."
        words = (told, "Suspended days are not charged.")
        return [
            Deed(
                "order-suspension", f"/contracts/{contract.pk}/order-suspension/",
                "Suspend it for integrity", "Suspend from today", words=words, asks="reason",
                is_sharp=True,
            )
        ]  # fmt: skip
    pause = open_suspension(contract)
    if state == State.SUSPENDED and pause and pause.is_ordered:
        return [
            Deed(
                "order-resumption", f"/contracts/{contract.pk}/order-resumption/",
                "Let it go on", "Resume from today", asks="reason",
                words=("Its money is reserved again; if it is not there, you are told.",),
            )
        ]  # fmt: skip
    return []


def warnings_of(contract: Contract, state: Contract.State, *, on: date) -> list[str]:
    """What hangs over it, for both sides."""
    words = [*_breaches(contract, on=on)]
    pause = open_suspension(contract)
    if pause and state == State.SUSPENDED:
        who = "The CHRO" if pause.is_ordered else "Both sides"
        words.append(
            f"{who} suspended it from {day(pause.first_on)}. If nobody resumes it, it is over with"
            f" {day(min(pause.last_on, contract.ends_on))}."
        )
        if pause.reason:
            words.append(f"“{pause.reason}”")
    if contract.renews_months and state == State.ACTIVE:
        until = day(end_after_months(contract.ends_on, months=contract.renews_months))
        words.append(f"It renews itself to {until}, unless one side gives notice before.")
    return words


def _breaches(contract: Contract, *, on: date) -> Iterator[str]:
    open_ones = contract.breaches.filter(state=Breach.State.OPEN, cure_until_on__gte=on)
    for breach in open_ones.select_related("reported_for"):
        yield (
            f"{breach.reported_for} gave notice of a breach: “{breach.text}” It may be cured until"
            f" {day(breach.cure_until_on)}; else the contract ends for cause with that day."
        )
