"""Two do it at the same instant: one wins, nothing is done twice, no wallet is overspent."""

from decimal import Decimal
from functools import partial

import pytest

from accounts.errors import Refused
from contracts.actions import agreements, clockwork, outside
from contracts.integrity import verify_contracts
from contracts.models import Contract, OutsidePurchase
from ledger.models import Reservation
from tests import make
from tests.database import at_once
from tests.make import MARCH, TODAY

pytestmark = pytest.mark.django_db(transaction=True)


def tried(deed):
    """The state that the deed led to, or the code of its refusal."""
    try:
        return deed().state
    except Refused as reason:
        return reason.code


def deed(name, contract, party, **rest):
    if name in {"offer", "accept"}:
        rest["seen_hash"] = contract.current.hash
    action = getattr(agreements, name)
    return partial(
        tried, partial(action, contract, party=party, by=make.lead_of(party), on=TODAY, **rest)
    )


def kinds(contract):
    return [event.kind for event in contract.events.all()]


def test_two_acceptances_at_once_are_one():
    contract = make.offered()
    accept = deed("accept", contract, contract.provider)
    assert at_once([accept] * 4) == ["agreed"] * 4
    assert kinds(contract) == ["create", "offer", "accept"]
    assert contract.signatures.count() == 2
    assert verify_contracts()["broken"] == []


def test_an_acceptance_and_a_withdrawal_at_once_have_one_winner():
    contract = make.offered()
    results = at_once(
        [deed("accept", contract, contract.provider), deed("withdraw", contract, contract.buyer)]
    )
    contract.refresh_from_db()
    assert sorted(results) == sorted([contract.state, "wrong_state"])
    reserved = Reservation.objects.open().exists()
    assert reserved == (contract.state == "agreed")
    assert verify_contracts()["broken"] == []


def test_eight_offers_at_once_never_overspend_one_wallet():
    shop = make.me(kind="frontline")
    make.granted(shop, "45000.00")
    drafts = [make.draft(shop) for _ in range(8)]
    results = at_once([deed("offer", each, shop) for each in drafts])
    assert sorted(results) == ["not_enough_money"] * 6 + ["offered"] * 2
    assert make.wallet(shop).reserved == 40000
    assert verify_contracts() == {"checked": 8, "broken": []}


def test_the_clock_and_a_party_at_once_leave_one_story():
    contract = make.offered()
    late = partial(
        tried,
        partial(
            agreements.decline, contract, party=contract.provider,
            by=make.lead_of(contract.provider), on=TODAY,
        ),
    )  # fmt: skip
    at_once([late, partial(clockwork.run_clock, on=MARCH), partial(clockwork.run_clock, on=MARCH)])
    clockwork.run_clock(on=MARCH)
    contract.refresh_from_db()
    assert contract.state in {"declined", "lapsed"}
    assert contract.event_count == 3
    assert make.wallet(contract.buyer).reserved == 0
    assert verify_contracts()["broken"] == []


def test_one_form_sent_eight_times_drafts_once_and_orders_once():
    shop = make.me()
    make.granted(shop, "5000.00")
    of, person = make.offering(make.me()), make.lead_of(shop)
    draft = partial(
        agreements.draft, of, buyer=shop, terms=make.terms(), party=shop, by=person, on=TODAY,
        key="form-1",
    )  # fmt: skip
    assert len({each.pk for each in at_once([draft] * 8)}) == 1
    assert Contract.objects.count() == 1
    order = partial(
        outside.buy, make.outside_offer(price="100.00"), quantity=Decimal(1), buyer=shop, by=person,
        on=TODAY, key="form-2",
    )  # fmt: skip
    assert len({each.pk for each in at_once([order] * 8)}) == 1
    assert OutsidePurchase.objects.get().state == "ordered"
    assert make.wallet(shop).reserved == 100


def test_eight_receipts_at_once_pay_once():
    shop = make.me()
    make.granted(shop, "500.00")
    order = make.ordered_outside(shop, price="100.00")
    receive = partial(
        tried, partial(outside.receive, order, amount=order.amount, by=make.lead_of(shop), on=TODAY)
    )
    assert at_once([receive] * 8) == ["received"] * 8
    assert (make.wallet(shop).balance, make.wallet(shop).reserved) == (400, 0)
