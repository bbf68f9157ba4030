"""Contracts in every state of the negotiation, by the real actions and signed by real leads."""

from datetime import date, timedelta
from decimal import Decimal

from accounts.models import User
from contracts.actions import agreements, clockwork, outside, suspensions
from contracts.models import Contract
from contracts.terms import Measure, Terms
from ledger.models import Wallet
from marketplace.price_plans import Plan
from tests.make.market import offering, outside_offer
from tests.make.money import granted
from tests.make.people import MARCH, TODAY, lead, me

DECEMBER_31 = date(2026, 12, 31)


def lead_of(of):
    """Who leads the ME and signs for it; made at the first use."""
    found = User.objects.filter(
        person__memberships__micro_enterprise=of, person__memberships__is_lead=True
    ).first()
    return found or lead(of)


def measure(name="Hires that stay", **fields):
    defaults = {
        "unit": "%", "target": Decimal(90), "floor": Decimal(70), "measurer": "provider",
        "method": "counted by HR after a quarter",
    }  # fmt: skip
    return Measure(name=name, **defaults | fields)


def terms(**changes):
    """2,000.00 a month from 1 March to 31 December 2026, one success measure."""
    defaults = {
        "price": Decimal("2000.00"), "starts_on": MARCH, "ends_on": DECEMBER_31,
        "measures": (measure(),), "joint_objective": "Every post is filled within a month.",
    }  # fmt: skip
    return Terms(**defaults | changes)


def draft(
    buyer=None,
    provider=None,
    *,
    price="2000.00",
    starts_on=MARCH,
    ends_on=DECEMBER_31,
    plan="fixed",
    expected=None,
    cap=None,
    of=None,
    drafted_by="buyer",
    on=TODAY,
    **changes,
):
    """A draft; `expected` and `cap` are units a month of a plan per unit, `of` the offering.

    A buyer without an operating wallet is granted 1,000,000.00; grant the figure that matters
    before, where one does.
    """
    buyer = buyer or me(kind="frontline")
    provider = provider or (of.provider if of else me())
    if not Wallet.objects.filter(owner=buyer, fund=Wallet.Fund.OPERATING).exists():
        granted(buyer, "1000000.00", on=on)
    of = of or offering(provider, plan=plan, price=price)
    party = buyer if drafted_by == "buyer" else provider
    if Plan(of.current.plan).counts:
        changes["expected_quantity"] = Decimal(expected or 10)
        changes["cap_quantity"] = Decimal(cap or changes["expected_quantity"])
    if Plan(of.current.plan).parameters:
        price = of.current.price
    wanted = terms(price=Decimal(price), starts_on=starts_on, ends_on=ends_on, **changes)
    return agreements.draft(of, buyer=buyer, terms=wanted, party=party, by=lead_of(party), on=on)


def offered(buyer=None, provider=None, *, offered_by="buyer", on=TODAY, **rest):
    """An offer that waits for the other side; the buyer makes it unless told."""
    made = draft(buyer, provider, drafted_by=offered_by, on=on, **rest)
    party = made.buyer if offered_by == "buyer" else made.provider
    return agreements.offer(
        made, seen_hash=made.current.hash, party=party, by=lead_of(party), on=on
    )


def agreed(buyer=None, provider=None, *, on=TODAY, **rest):
    """Signed by both sides, and not yet started."""
    made = offered(buyer, provider, on=on, **rest)
    return agreements.accept(
        made, seen_hash=made.current.hash, party=made.turn, by=lead_of(made.turn), on=on
    )


def active(buyer=None, provider=None, **rest):
    """Signed by both sides, and started by the clock on its first day."""
    made = agreed(buyer, provider, **rest)
    clockwork.run_clock(on=made.starts_on)
    return Contract.objects.get(pk=made.pk)


MID_MARCH = date(2026, 3, 10)


def suspended(buyer=None, provider=None, *, suspended_on=MID_MARCH, **rest):
    """Running, and suspended by both sides from that day."""
    return pause(active(buyer, provider, **rest), on=suspended_on)


def pause(contract, *, on):
    """Both sides suspend it from that day: the buyer proposes, the provider confirms."""
    return both(suspensions.suspend, contract, on=on)


def resume(contract, *, on):
    """Both sides resume it: that day is active again."""
    return both(suspensions.resume, contract, on=on)


def both(action, contract, *, on, first="buyer", **rest):
    """One side proposes, the other confirms on the same day; the contract as it is then."""
    first, second = (contract.buyer, contract.provider)[:: 1 if first == "buyer" else -1]
    for party in (first, second):
        contract = action(contract, party=party, by=lead_of(party), on=on, **rest)
    return Contract.objects.get(pk=contract.pk)


def ended(buyer=None, provider=None, **rest):
    """Run to the last day of its terms and over."""
    made = active(buyer, provider, **rest)
    clockwork.run_clock(on=made.ends_on + timedelta(days=1))
    return Contract.objects.get(pk=made.pk)


def ordered_outside(buyer=None, *, price="100.00", quantity="1", on=TODAY, **rest):
    """An order outside from the buyer's wallet; grant it the money before."""
    buyer = buyer or me(kind="frontline")
    if not Wallet.objects.filter(owner=buyer, fund=Wallet.Fund.OPERATING).exists():
        granted(buyer, "1000000.00", on=on)
    return outside.buy(
        outside_offer(price=price), quantity=Decimal(quantity), buyer=buyer, by=lead_of(buyer),
        on=on, **rest,
    )  # fmt: skip
