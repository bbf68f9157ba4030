"""What a reader can do about a contract now: words, figures, and at most one primary button."""

from dataclasses import dataclass, replace
from datetime import date

from accounts import policy
from accounts.models import MicroEnterprise, User
from accounts.permissions import may_sign_for
from contracts import lifecycle
from contracts.lifecycle import RUNNING
from contracts.models import Contract, ContractVersion, EndProposal
from contracts.queries.deeds import Asked, Deed, Reader, asked_of, deeds_of, orders_of, warnings_of
from contracts.queries.effects import Effect, effect_of
from contracts.queries.printed import day
from contracts.terms import terms_of

State = Contract.State


_TITLES = {
    State.AGREED: "Both sides agree",
    State.ACTIVE: "It is running",
    State.SUSPENDED: "It is suspended",
    State.NOTICE: "Notice is given",
}


@dataclass(frozen=True)
class Panel:
    """What the reader can do now: a title, words, figures, and the buttons by name.

    `primary` is one of "offer", "accept", "confirm_end", "deed" or nothing; `others` are further
    events that the reader's party may cause; `asked` are proposals that stand open, and `deeds`
    what may be begun with a running contract.
    """

    title: str
    words: list[str]
    primary: str = ""
    button: str = ""
    others: frozenset[str] = frozenset()
    effect: Effect | None = None
    end: EndProposal | None = None
    asked: tuple[Asked, ...] = ()
    deeds: tuple[Deed, ...] = ()


def panel_of(
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
        orders = orders_of(contract, state, user=user, on=on)
        words = warnings_of(contract, state, on=on)
        return Panel("For integrity", words, deeds=tuple(orders)) if orders else None
    signs = may_sign_for(user, me, on=on)
    if state == State.DRAFT:
        return _draft_panel(contract, version, me, signs=signs, on=on)
    if state == State.OFFERED:
        return _offer_panel(contract, version, me, signs=signs, on=on)
    if state == State.AGREED:
        return _signed_panel(contract, state, me, signs=signs, on=on)
    if state in RUNNING:
        panel = _signed_panel(contract, state, me, signs=signs, on=on)
        return _with_deeds(panel, Reader(contract, me, user, on=on), state, user=user)
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


def _with_deeds(panel: Panel, reader: Reader, state: Contract.State, *, user: User) -> Panel:
    """What stands open goes first; the first that waits for this side is the primary button."""
    asked = sorted(asked_of(reader), key=lambda each: each.confirm is None)
    orders = orders_of(reader.contract, state, user=user, on=reader.on)
    words = [*panel.words, *warnings_of(reader.contract, state, on=reader.on)]
    waiting = next((each.confirm for each in asked if each.confirm), None)
    is_ours = waiting is not None and not panel.primary
    title = next(each.title for each in asked if each.confirm) if is_ours else panel.title
    return replace(
        panel, title=title, words=words, asked=tuple(asked),
        deeds=(*deeds_of(reader, state), *orders),
        primary="deed" if is_ours else panel.primary,
        button=waiting.button if waiting and is_ours else panel.button,
    )  # fmt: skip


def _signed_panel(
    contract: Contract, state: Contract.State, me: MicroEnterprise, *, signs: bool, on: date
) -> Panel:
    last = day(lifecycle.last_day_of(contract))
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
    title = _TITLES[state]
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
