"""What must be true before an event: who acts, for whom, in which turn, on which terms."""

from datetime import date, timedelta

from django.db.models import Q

from accounts import policy
from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import Membership, MicroEnterprise, Person, User
from accounts.permissions import is_uninvolved, may_sign_for, require, require_known
from contracts.lifecycle import Actor, Event, Row, row_for
from contracts.models import Contract, ContractVersion, Signature
from contracts.queries.agreements import may_know
from contracts.terms import Terms
from ledger import month_lock
from ledger.models import SettlementRun
from ledger.months import month_of, months_later
from marketplace.actions.subsidies import require_allowed


def locked(contract: Contract) -> Contract:
    """The contract as it is now, held until the end of the transaction."""
    rows = Contract.objects.select_related("buyer", "provider", "turn", "current", "offering")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=contract.pk)


def require_signer(contract: Contract, *, party: MicroEnterprise, by: User, on: date) -> None:
    """Unknown where the contract is not theirs to know, Forbidden where the party is not."""
    require_known(may_know(by, contract, on=on))
    if party.pk not in {contract.buyer_id, contract.provider_id}:
        raise Forbidden(
            f"{party} is no party of {contract}.",
            help="Act for the buyer or the provider; the ME you act for is in the header.",
        )
    require(
        may_sign_for(by, party, on=on),
        f"You may not sign for {party}.",
        help=f"Ask the lead of {party}, or a member who may sign.",
    )


def allowed(contract: Contract, event: Event, *, party: MicroEnterprise, on: date) -> Row:
    """The row of the table, where the state allows the event and it is this party's to cause."""
    row = row_for(contract, event, on=on)
    turn = contract.turn_id
    if row.actor is Actor.TURN and turn != party.pk:
        raise Refused(
            f"{party} made the last offer; {contract.turn} answers until"
            f" {contract.answer_until_on:%-d %B %Y}.",
            code="not_your_turn",
            help="You may withdraw the offer while it is not answered.",
        )
    if row.actor is Actor.OFFERER and turn == party.pk:
        raise Refused(
            f"The offer is not {party}'s to withdraw: it is {party}'s turn to answer it.",
            code="not_your_turn",
            help="Accept, counter or decline it.",
        )
    sides = {Actor.BUYER: contract.buyer_id, Actor.PROVIDER: contract.provider_id}
    if sides.get(row.actor, party.pk) != party.pk:
        raise Refused(
            f"That is for {row.actor} of {contract} to do, not for {party}.",
            code="not_your_turn",
            help="Ask the other side.",
        )
    return row


def require_read(contract: Contract, seen_hash: str) -> None:
    """What is signed or answered is what was read, and not what it became since."""
    if contract.current is None or seen_hash != contract.current.hash:
        raise Refused(
            "The terms have changed since you read them.",
            code="terms_changed",
            help="Read the current version, then decide.",
            facts={"hash": contract.current.hash if contract.current else ""},
        )


def require_market(contract: Contract, *, on: date) -> None:
    """Both MEs may trade, nobody leads both of them, and the treasury pays no more than it may.

    PRODUCT 4.1, 4.2, 4.4.
    """
    if contract.current is not None:
        version = contract.current
        require_allowed(contract.offering, version.price_plan, until_on=version.ends_on)
    for me in (contract.buyer, contract.provider):
        if not me.may_trade:
            raise Refused(
                f"{me} is {me.get_state_display().lower()} and may not trade.",
                code="not_trading",
                help="Only incubating, active and probation MEs buy and sell.",
            )
    leads = Membership.objects.current(on=on).filter(Q(is_lead=True) | Q(is_acting_lead=True))
    of_buyer = leads.filter(micro_enterprise=contract.buyer_id).values("person")
    if leads.filter(micro_enterprise=contract.provider_id, person__in=of_buyer).exists():
        raise Refused(
            f"{contract.buyer} and {contract.provider} share a lead, so they may not contract"
            " with each other.",
            code="self_dealing",
            help="Choose another provider, or let one of the two MEs choose another lead.",
        )


def require_other_signer(contract: Contract, *, party: MicroEnterprise, by: User) -> None:
    """One person never signs for both sides, not even on different versions."""
    for_other_side = Signature.objects.filter(contract=contract, signed_by=by).exclude(party=party)
    if for_other_side.exists():
        raise both_sides(party)


def require_short_on_probation(
    party: MicroEnterprise, version: ContractVersion, *, on: date
) -> None:
    """On probation an ME signs no terms that go on for more than 3 months (PRODUCT 4.1)."""
    if party.state != MicroEnterprise.State.PROBATION:
        return
    most = policy.in_force(on=on)["probation_longest_months"]
    first = max(version.starts_on, on)
    until = months_later(first, most) - timedelta(days=1)
    if version.ends_on > until:
        raise Refused(
            f"{party} is on probation and signs no terms longer than {most} months; these go on"
            f" to {version.ends_on:%-d %B %Y}.",
            code="on_probation",
            field="ends_on",
            value=str(version.ends_on),
            help=f"Let them end by {until:%-d %B %Y}. Probation ends by itself once {party} is"
            " above the floor again; its page shows the verdicts.",
        )


def require_open_month(day: date, *, what: str, remedy: str) -> None:
    """A month whose run has begun changes no more; none begins until this is decided."""
    month_lock.keep_open(month_of(day))
    if SettlementRun.objects.filter(month=month_of(day)).exists():
        raise Refused(
            f"{day:%B %Y} is being settled or settled already, so {what}.",
            code="month_computed",
            help=remedy,
        )


def require_day_to_change(day: date) -> None:
    """Who acts in the last minute of a month is seen by its settlement, or told to look again."""
    require_open_month(
        day, what="no day of it changes any more",
        remedy="A new day has begun: load the page again, then decide.",
    )  # fmt: skip


def require_mediator(contract: Contract, terms: Terms, *, on: date) -> None:
    """Whoever the terms name for disputes has a log-in and belongs to neither party."""
    if terms.mediator is None:
        return
    person = Person.objects.filter(pk=terms.mediator).first()
    name = person.name if person else f"Person {terms.mediator}"
    user = User.objects.select_related("person").filter(person=terms.mediator).first()
    if user is None or not user.is_active:
        raise Invalid(
            f"{name} has no log-in, and so could not mediate a dispute. Name somebody else, or"
            " leave it to the CHRO.",
            field="mediator",
            value=name,
        )
    if not is_uninvolved(user, contract.buyer, contract.provider, on=on):
        raise Invalid(
            f"{name} is a member of {contract.buyer} or {contract.provider}, or has left, and so is"
            " not uninvolved. Name somebody else, or leave it to the CHRO.",
            field="mediator",
            value=name,
        )


def both_sides(party: MicroEnterprise) -> Refused:
    return Refused(
        "You have already signed for the other side; one person cannot sign for both.",
        code="self_dealing",
        help=f"Let another member who may sign for {party} do it.",
    )


def is_done(contract: Contract, event: Event, *, party: MicroEnterprise, seen_hash: str) -> bool:
    """Whether this party already did this on these terms: a retry changes nothing."""
    done = contract.events.filter(kind=event, party=party, version__hash=seen_hash)
    return done.exists()
