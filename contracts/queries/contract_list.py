"""The list of contracts: filters that live in the address, and rows ready to print."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from accounts.models import MicroEnterprise, User
from contracts import lifecycle
from contracts.models import Contract, ContractQuerySet
from contracts.queries.agreements import in_states, to_answer, visible_to, waiting_first, with_title
from contracts.queries.printed import day

State = Contract.State
# What a reader looks for, and the states that it stands for.
STAGES = {
    "": ("All", ()),
    "draft": ("Drafts", (State.DRAFT,)),
    "offered": ("Offered", (State.OFFERED,)),
    "agreed": ("Agreed", (State.AGREED,)),
    "active": ("Active", (State.ACTIVE, State.SUSPENDED, State.NOTICE)),
    "over": ("Over", (State.ENDED, State.CLOSED, State.DECLINED, State.WITHDRAWN, State.LAPSED)),
}
SIDES = {"": "Both sides", "buyer": "We buy", "provider": "We sell"}


@dataclass(frozen=True)
class Row:
    """One contract of the list."""

    pk: int
    title: str
    state: str
    state_label: str
    other: str
    price: Decimal
    per: str
    dates: str
    note: str
    is_waiting: bool


def contracts_of(
    user: User, me: MicroEnterprise | None, *, of_the_firm: bool, on: date
) -> ContractQuerySet:
    """Ours, those that wait for us first; or everything in the firm that the reader may know."""
    contracts = visible_to(user, on=on)
    if me and not of_the_firm:
        contracts = contracts.filter(Q(buyer=me) | Q(provider=me))
    return waiting_first(with_title(contracts), me, on=on)


def filtered(
    contracts: ContractQuerySet,
    *,
    me: MicroEnterprise | None,
    stage: str,
    side: str,
    words: str,
    on: date,
) -> ContractQuerySet:
    """Narrowed by stage, side and words of the title or of a party; unknown values do nothing."""
    if stage == "waiting" and me:
        contracts = contracts.filter(to_answer(me, on=on))
    states = STAGES.get(stage, STAGES[""])[1]
    if states:
        contracts = contracts.filter(in_states(*states, on=on))
    if me and side in {"buyer", "provider"}:
        contracts = contracts.filter(**{side: me})
    if words:
        found = Q(current__title__icontains=words) | Q(buyer__name__icontains=words)
        contracts = contracts.filter(found | Q(provider__name__icontains=words))
    return contracts


def row_of(contract: Contract, me: MicroEnterprise | None, *, on: date) -> Row:
    """A contract that carries `title` and `waits_for_us`, in words."""
    state = lifecycle.state_on(contract, on=on)
    version = contract.current
    if version is None:
        raise AssertionError(f"{contract} has no terms.")
    return Row(
        pk=contract.pk,
        title=contract.title,  # type: ignore[attr-defined]
        state=state,
        state_label=_label(contract, state, on=on),
        other=_other(contract, me),
        price=version.price,
        per="a month" if version.unit == "month" else f"per {version.unit}",
        dates=f"{day(contract.starts_on)} to {day(lifecycle.last_day_of(contract))}",
        note=_note(contract, state, me),
        is_waiting=bool(contract.waits_for_us),  # type: ignore[attr-defined]
    )


def _label(contract: Contract, state: Contract.State, *, on: date) -> str:
    if state == State.ENDED and lifecycle.is_running(contract, on=on):
        return "Ends soon"
    return str(state.label)


def _other(contract: Contract, me: MicroEnterprise | None) -> str:
    if me and me.pk == contract.buyer_id:
        return f"from {contract.provider}"
    if me and me.pk == contract.provider_id:
        return f"for {contract.buyer}"
    return f"{contract.buyer} from {contract.provider}"


def _note(contract: Contract, state: Contract.State, me: MicroEnterprise | None) -> str:
    if contract.waits_for_us and state == State.OFFERED:  # type: ignore[attr-defined]
        return f"Answer until {day(contract.answer_until_on or contract.starts_on)}"
    if contract.waits_for_us:  # type: ignore[attr-defined]
        return "What the other side proposes waits for your answer"
    if state == State.OFFERED and me:
        return f"{contract.turn} has the turn"
    return ""
