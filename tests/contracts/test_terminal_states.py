"""Whatever is tried, in whatever order: only the table moves a contract, and what is over stays so.

PRODUCT 4.2: every pair that is not in the table is refused with a sentence; a terminal state
accepts no event.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.errors import Refused
from contracts.actions import (
    agreements,
    amendments,
    breaches,
    clockwork,
    endings,
    notices,
    suspensions,
)
from contracts.integrity import verify_contract
from contracts.models import Contract
from contracts.terms import terms_of
from ledger.models import Reservation
from tests import make
from tests.contracts.test_lifecycle import ALLOWED, MAKERS
from tests.make import TODAY

pytestmark = pytest.mark.django_db
TERMINAL = ("closed", "declined", "withdrawn", "lapsed")
# The words of the API and of the chain; a dispute is a record beside the states.
CREATED, BESIDE = "create", "dispute"
# Shrinking would take minutes; the steps are short enough to be read as they are.
RANDOM = settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def other_terms(contract, **changes):
    return terms_of(contract.current.terms).with_changes(price=Decimal("1900.00"), **changes)


def newest(contract):
    return contract.versions.order_by("-number").first().hash


def named_day(contract, on):
    end = endings.open_end_of(contract)
    return end.last_day_on if end else on


def seen(contract):
    return {"seen_hash": contract.current.hash}


# Each action with all that it needs, as `who`: a party, a person, a day.
DEEDS = {
    "revise": lambda c, who: agreements.revise(
        c, **seen(c), terms=other_terms(c, risks=str(who["on"])), **who
    ),
    "offer": lambda c, who: agreements.offer(c, **seen(c), **who),
    "counter": lambda c, who: agreements.counter(
        c, **seen(c), terms=other_terms(c, risks=str(who["on"])), **who
    ),
    "accept": lambda c, who: agreements.accept(c, **seen(c), **who),
    "decline": lambda c, who: agreements.decline(c, **who),
    "withdraw": lambda c, who: agreements.withdraw(c, **who),
    "cancel": lambda c, who: endings.cancel(c, **who),
    "propose_end": lambda c, who: endings.propose_end(
        c, last_day_on=who["on"] + timedelta(days=9), **who
    ),
    "confirm_end": lambda c, who: endings.confirm_end(
        c, last_day_on=named_day(c, who["on"]), **who
    ),
    "suspend": lambda c, who: suspensions.suspend(c, **who),
    "resume": lambda c, who: suspensions.resume(c, **who),
    "give_notice": lambda c, who: notices.give_notice(c, **who),
    "withdraw_notice": lambda c, who: notices.withdraw_notice(c, **who),
    "propose_amendment": lambda c, who: amendments.propose_amendment(
        c, **seen(c), terms=other_terms(c, risks=str(who["on"])),
        valid_from_on=who["on"] + timedelta(days=2),
        **who,
    ),
    "accept_amendment": lambda c, who: amendments.accept_amendment(
        c, seen_hash=newest(c), **who
    ),
    "propose_renewal": lambda c, who: amendments.propose_renewal(
        c, ends_on=c.ends_on + timedelta(days=31), **who
    ),
    "accept_renewal": lambda c, who: amendments.accept_renewal(c, seen_hash=newest(c), **who),
    "report_breach": lambda c, who: breaches.report_breach(
        c, text="Nobody answers the phone.", **who
    ),
    "cure_breach": lambda c, who: breaches.cure_breach(c, **who),
    "end_chronic": lambda c, who: breaches.end_chronic(c, **who),
    "claim_completion": lambda c, who: breaches.claim_completion(c, **who),
    "confirm_completion": lambda c, who: breaches.confirm_completion(c, **who),
    "drop_proposal": lambda c, who: breaches.drop_proposal(c, "amend", **who),
}  # fmt: skip
ORDERS = {
    "order_suspension": lambda c, who: suspensions.order_suspension(
        c, reason="A conflict of interest is looked into.", **who
    ),
    "order_resumption": lambda c, who: suspensions.order_resumption(c, **who),
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*DEEDS, *ORDERS, "clock"]),
        st.sampled_from(["buyer", "provider"]),
        st.integers(min_value=0, max_value=12),
    ),
    min_size=6,
    max_size=16,
)


def do(contract, name, side, *, chro, on):
    """The refusal of the step; None where it was done or, as a retry, changed nothing."""
    fresh, party = Contract.objects.get(pk=contract.pk), getattr(contract, side)
    try:
        if name == "clock":
            clockwork.run_clock(on=on)
        elif name in ORDERS:
            ORDERS[name](fresh, {"by": chro, "on": on})
        else:
            DEEDS[name](fresh, {"party": party, "by": make.lead_of(party), "on": on})
    except Refused as refusal:
        return refusal
    return None


def walked(contract):
    """The states that its chain leads through, by the table as PRODUCT 4.2 writes it."""
    first, *rest = contract.events.order_by("number").values_list("kind", flat=True)
    assert first == CREATED
    states = ["draft"]
    for kind in rest:
        if kind != BESIDE:
            assert (states[-1], kind) in ALLOWED, (states[-1], kind)
            states.append(ALLOWED[states[-1], kind])
    return states


def at_rest(contract):
    """All that an event could change."""
    found = Contract.objects.get(pk=contract.pk)
    return (
        found.state, found.ended_because, found.event_count, found.head_hash, found.current_id,
        found.ended_on, found.versions.count(), found.signatures.count(),
        found.proposals.count(), found.suspensions.count(), found.breaches.count(),
    )  # fmt: skip


@RANDOM
@given(start=st.sampled_from(["draft", "offered", "agreed", "active", "suspended"]), steps=STEPS)
def test_only_the_table_moves_a_contract_whatever_is_tried(start, steps):
    with transaction.atomic():
        contract, chro, on = MAKERS[start](), make.office(is_chro=True), TODAY
        if start in ("active", "suspended"):
            on = date(2026, 3, 10)
        for name, side, days in steps:
            on += timedelta(days=days)
            before = at_rest(contract)
            refusal = do(contract, name, side, chro=chro, on=on)
            contract = Contract.objects.get(pk=contract.pk)
            if refusal is not None:
                assert str(refusal).endswith("."), (name, str(refusal))
                assert refusal.code
            if before[0] in TERMINAL:
                assert at_rest(contract) == before, name
        states = walked(contract)
        assert states[-1] == contract.state
        assert not set(states[:-1]) & set(TERMINAL)
        assert verify_contract(contract) == []
        if contract.state in TERMINAL:
            assert not Reservation.objects.open().of(contract.cause).exists()
        transaction.set_rollback(True)


def says_that_it_is_over(refusal, name, start):
    """In words; to a CHRO, who is of neither party, what does not run is not known (4.22)."""
    if name in ORDERS:
        assert refusal.code == "not_found"
        return
    assert f"is {start} and cannot be" in str(refusal), (name, str(refusal))
    assert refusal.code == "wrong_state"
    assert refusal.help.endswith("Draft a new contract.")


@RANDOM
@given(start=st.sampled_from(TERMINAL), steps=STEPS)
def test_nothing_leads_out_of_a_terminal_state(start, steps):
    with transaction.atomic():
        contract, chro, on = MAKERS[start](), make.office(is_chro=True), TODAY
        assert contract.state == start
        before = at_rest(contract)
        for name, side, days in steps:
            on += timedelta(days=days)
            refusal = do(contract, name, side, chro=chro, on=on)
            assert at_rest(contract) == before, name
            if refusal is not None:
                says_that_it_is_over(refusal, name, start)
        transaction.set_rollback(True)


@pytest.mark.parametrize("start", TERMINAL)
@pytest.mark.parametrize("name", [*DEEDS, *ORDERS])
def test_every_action_on_what_is_over_is_refused_in_words_or_is_a_harmless_retry(start, name):
    contract, chro = MAKERS[start](), make.office(is_chro=True)
    before = at_rest(contract)
    refusals = [do(contract, name, side, chro=chro, on=TODAY) for side in ("buyer", "provider")]
    assert at_rest(contract) == before
    told = [each for each in refusals if each is not None]
    assert told
    for refusal in told:
        says_that_it_is_over(refusal, name, start)
