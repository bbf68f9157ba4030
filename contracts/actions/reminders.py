"""Mail for what would pass unseen: an offer that lapses, a contract that ends (PRODUCT 4.2)."""

from collections.abc import Callable
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, Q

from accounts import mail
from accounts.models import Membership, MicroEnterprise, User
from contracts.lifecycle import RUNNING
from contracts.models import Breach, Contract, ContractQuerySet, Proposal
from contracts.queries.agreements import ENDING_SOON
from contracts.queries.deeds import title_of
from contracts.queries.printed import day

State = Contract.State
LAPSING_SOON = timedelta(days=3)


def send_due(*, on: date) -> dict[str, int]:
    """Remind once of each offer that lapses within 3 days and each end within 30 days.

    And once of each proposal that lapses, and each breach that ends a contract, within 3 days.

    `{"answers", "ends", "proposals", "breaches"}`; whoever may sign for the ME that has to act
    gets the mail. A counter-offer asks anew, so it is reminded of anew.
    """
    return {
        "answers": _each(_lapsing(on=on), _remind_of_answer, on=on),
        "ends": _each(_ending(on=on), _remind_of_end, on=on),
        "proposals": sum(_remind_of_proposal(key, on=on) for key in _open_proposals(on=on)),
        "breaches": sum(_remind_of_breach(key, on=on) for key in _open_breaches(on=on)),
    }


def _open_proposals(*, on: date) -> list[int]:
    soon = Proposal.objects.filter(
        state=Proposal.State.OPEN, answer_until_on__range=(on, on + LAPSING_SOON), reminded_on=None,
        proposed_on__lt=on, contract__state__in=RUNNING,
    )  # fmt: skip
    return list(soon.order_by("pk").values_list("pk", flat=True))


def _open_breaches(*, on: date) -> list[int]:
    soon = Breach.objects.filter(
        state=Breach.State.OPEN, cure_until_on__range=(on, on + LAPSING_SOON), reminded_on=None,
        contract__state__in=RUNNING,
    )  # fmt: skip
    return list(soon.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _remind_of_proposal(key: int, *, on: date) -> bool:
    rows = Proposal.objects.select_related("contract__current", "proposed_for")
    found = rows.select_for_update(of=("self",), no_key=True, skip_locked=True).filter(pk=key)
    proposal = found.first()
    if proposal is None or proposal.contract.current is None:
        return False
    contract, title = proposal.contract, proposal.contract.current.title
    other = contract.provider if proposal.proposed_for == contract.buyer else contract.buyer
    for reader in signers_of(other, on=on):
        mail.send(
            "proposal_lapses", to=reader, contract=contract, title=title,
            subject=f"{title}: answer until {day(proposal.answer_until_on)}",
            asks=title_of(proposal), until=day(proposal.answer_until_on),
            is_claim=proposal.kind == Proposal.Kind.COMPLETE,
        )  # fmt: skip
    Proposal.objects.filter(pk=key).update(reminded_on=on)
    return True


@transaction.atomic
def _remind_of_breach(key: int, *, on: date) -> bool:
    rows = Breach.objects.select_related("contract__current", "reported_for")
    found = rows.select_for_update(of=("self",), no_key=True, skip_locked=True).filter(pk=key)
    breach = found.first()
    if breach is None or breach.contract.current is None:
        return False
    contract, title = breach.contract, breach.contract.current.title
    for me in (contract.buyer, contract.provider):
        for reader in signers_of(me, on=on):
            mail.send(
                "breach_ends", to=reader, contract=contract, title=title,
                subject=f"{title} ends for cause with {day(breach.cure_until_on)}",
                party=breach.reported_for, until=day(breach.cure_until_on),
                is_complainant=me == breach.reported_for,
            )  # fmt: skip
    Breach.objects.filter(pk=key).update(reminded_on=on)
    return True


def _lapsing(*, on: date) -> ContractQuerySet:
    return Contract.objects.filter(
        state=State.OFFERED, answer_until_on__range=(on, on + LAPSING_SOON), answer_reminded_on=None
    )


def _ending(*, on: date) -> ContractQuerySet:
    """Also the one whose start nobody has stored yet; a term that was short from the first not."""
    running = Contract.objects.filter(state__in=[State.AGREED, State.ACTIVE], starts_on__lte=on)
    soon = running.filter(ends_on__range=(on, on + ENDING_SOON), end_reminded_on=None)
    return soon.filter(ends_on__gt=F("starts_on") + ENDING_SOON)


def _each(contracts: ContractQuerySet, remind: Callable[..., None], *, on: date) -> int:
    keys = contracts.order_by("pk").values_list("pk", flat=True)
    return sum(_alone(key, contracts, remind, on=on) for key in list(keys))


@transaction.atomic
def _alone(key: int, contracts: ContractQuerySet, remind: Callable[..., None], *, on: date) -> bool:
    rows = contracts.select_related("buyer", "provider", "turn", "current")
    rows = rows.select_for_update(of=("self",), no_key=True, skip_locked=True)
    contract = rows.filter(pk=key).first()
    if contract is None:
        return False
    remind(contract, on=on)
    return True


def _remind_of_answer(contract: Contract, *, on: date) -> None:
    if contract.turn is None or contract.answer_until_on is None or contract.current is None:
        return
    other = contract.provider if contract.turn == contract.buyer else contract.buyer
    for reader in signers_of(contract.turn, on=on):
        mail.send(
            "offer_lapses", to=reader, contract=contract, title=contract.current.title,
            subject=f"{contract.current.title}: answer until {day(contract.answer_until_on)}",
            me=contract.turn, other=other, until=day(contract.answer_until_on),
        )  # fmt: skip
    Contract.objects.filter(pk=contract.pk).update(answer_reminded_on=on)


def _remind_of_end(contract: Contract, *, on: date) -> None:
    if contract.current is None:
        return
    pairs = [(contract.buyer, contract.provider), (contract.provider, contract.buyer)]
    for me, other in pairs:
        for reader in signers_of(me, on=on):
            mail.send(
                "contract_ends", to=reader, contract=contract, title=contract.current.title,
                subject=f"{contract.current.title} ends on {day(contract.ends_on)}",
                me=me, other=other, last_day=day(contract.ends_on), is_buyer=me == contract.buyer,
                renews_months=contract.renews_months,
            )  # fmt: skip
    Contract.objects.filter(pk=contract.pk).update(end_reminded_on=on)


def signers_of(me: MicroEnterprise, *, on: date) -> list[User]:
    """Who may sign for the ME that day and has a log-in."""
    signing = Q(is_lead=True) | Q(is_acting_lead=True) | Q(may_sign=True)
    members = Membership.objects.current(on=on).filter(signing, micro_enterprise=me)
    users = User.objects.filter(person__in=members.values("person"), is_active=True)
    return list(users.select_related("person").order_by("pk"))
