"""The whole table of states and events, and what the date alone makes of a contract."""

from datetime import date, timedelta
from itertools import product

import pytest

from accounts.errors import Refused
from contracts import lifecycle
from contracts.actions import agreements, clockwork
from contracts.lifecycle import Event, state_on
from contracts.models import Contract
from tests import make
from tests.make import TODAY

IN_MARCH = date(2026, 3, 10)
STATES = [
    "draft", "offered", "agreed", "active", "suspended", "notice", "ended", "closed", "declined",
    "withdrawn", "lapsed",
]  # fmt: skip
# PRODUCT 4.2, row by row, written down once more.
ALLOWED = {
    ("draft", "revise"): "draft",
    ("draft", "offer"): "offered",
    ("offered", "counter"): "offered",
    ("offered", "accept"): "agreed",
    ("offered", "decline"): "declined",
    ("offered", "withdraw"): "withdrawn",
    ("offered", "lapse"): "lapsed",
    ("offered", "dissolve"): "withdrawn",
    ("agreed", "start"): "active",
    ("agreed", "cancel"): "ended",
    ("agreed", "propose_end"): "agreed",
    ("agreed", "confirm_end"): "ended",
    ("agreed", "dissolve"): "ended",
    ("active", "propose_end"): "active",
    ("active", "confirm_end"): "ended",
    ("active", "propose_amendment"): "active",
    ("active", "amend"): "active",
    ("active", "propose_renewal"): "active",
    ("active", "renew"): "active",
    ("active", "renew_itself"): "active",
    ("active", "drop_proposal"): "active",
    ("active", "propose_suspension"): "active",
    ("active", "suspend"): "suspended",
    ("active", "order_suspension"): "suspended",
    ("active", "give_notice"): "notice",
    ("active", "report_breach"): "active",
    ("active", "cure_breach"): "active",
    ("active", "end_for_cause"): "ended",
    ("active", "end_chronic"): "ended",
    ("active", "claim_completion"): "active",
    ("active", "complete"): "ended",
    ("active", "dissolve"): "notice",
    ("active", "expire"): "ended",
    ("suspended", "propose_end"): "suspended",
    ("suspended", "confirm_end"): "ended",
    ("suspended", "propose_amendment"): "suspended",
    ("suspended", "amend"): "suspended",
    ("suspended", "drop_proposal"): "suspended",
    ("suspended", "propose_resumption"): "suspended",
    ("suspended", "resume"): "active",
    ("suspended", "order_resumption"): "active",
    ("suspended", "suspension_lapses"): "ended",
    ("suspended", "give_notice"): "notice",
    ("suspended", "report_breach"): "suspended",
    ("suspended", "cure_breach"): "suspended",
    ("suspended", "end_for_cause"): "ended",
    ("suspended", "dissolve"): "notice",
    ("suspended", "expire"): "ended",
    ("notice", "propose_end"): "notice",
    ("notice", "confirm_end"): "ended",
    ("notice", "propose_amendment"): "notice",
    ("notice", "amend"): "notice",
    ("notice", "drop_proposal"): "notice",
    ("notice", "propose_stay"): "notice",
    ("notice", "withdraw_notice"): "active",
    ("notice", "report_breach"): "notice",
    ("notice", "cure_breach"): "notice",
    ("notice", "end_for_cause"): "ended",
    ("notice", "end_chronic"): "ended",
    ("notice", "expire"): "ended",
    ("ended", "close"): "closed",
}
EVENTS = [each.value for each in Event if each is not Event.CREATE]


def a_contract(state):
    """Without a row: the table needs only the state and dates far away."""
    return Contract(
        pk=1, state=state, starts_on=date(2026, 3, 1), ends_on=date(2026, 12, 31),
        answer_until_on=date(2026, 2, 28),
        ended_on=date(2026, 6, 30) if state == "notice" else None,
    )  # fmt: skip


@pytest.mark.parametrize(("state", "event"), list(product(STATES, EVENTS)))
def test_every_pair_of_state_and_event_is_in_the_table_or_refused(state, event):
    contract = a_contract(state)
    wanted = ALLOWED.get((state, event))
    if wanted:
        assert lifecycle.row_for(contract, Event(event), on=TODAY).to == wanted
        return
    with pytest.raises(Refused, match=f"Contract 1 is {state} and cannot be") as refused:
        lifecycle.row_for(contract, Event(event), on=TODAY)
    assert refused.value.code == "wrong_state"
    assert refused.value.help


def declined():
    made = make.offered()
    return agreements.decline(made, party=made.turn, by=make.lead_of(made.turn), on=TODAY)


def withdrawn():
    made = make.offered()
    return agreements.withdraw(made, party=made.buyer, by=make.lead_of(made.buyer), on=TODAY)


def lapsed():
    made = make.offered()
    clockwork.run_clock(on=made.starts_on)
    return Contract.objects.get(pk=made.pk)


def closed():
    made = make.agreed(starts_on=date(2026, 4, 1))
    agreements.cancel(made, party=made.buyer, by=make.lead_of(made.buyer), on=TODAY)
    clockwork.run_clock(on=TODAY)
    return Contract.objects.get(pk=made.pk)


MAKERS = {
    "draft": make.draft, "offered": make.offered, "agreed": make.agreed, "active": make.active,
    "suspended": make.suspended, "ended": make.ended, "closed": closed, "declined": declined,
    "withdrawn": withdrawn, "lapsed": lapsed,
}  # fmt: skip
DEEDS = ["revise", "offer", "counter", "accept", "decline", "withdraw", "cancel", "propose_end"]


def party_for(event, contract):
    """Who may cause it while the offer waits; else a side that has not done it: no retry."""
    sides = [contract.buyer, contract.provider]
    if contract.state == "offered":
        return next(me for me in sides if (me == contract.turn) == (event != "withdraw"))
    done = contract.events.filter(kind=event).values_list("party", flat=True)
    return next(me for me in sides if me.pk not in done)


def do(event, contract, *, on):
    """Cause the event with all that it needs."""
    party = party_for(event, contract)
    rest = {"party": party, "by": make.lead_of(party), "on": on}
    if event in {"revise", "offer", "counter", "accept"}:
        rest["seen_hash"] = contract.current.hash
    if event in {"revise", "counter"}:
        rest["terms"] = make.terms(risks="The harbour freezes.")
    if event == "propose_end":
        rest["last_day_on"] = contract.ends_on - timedelta(days=30)
    return getattr(agreements, event)(contract, **rest)


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "event"), list(product(MAKERS, DEEDS)))
def test_the_actions_obey_the_table(state, event):
    contract = MAKERS[state]()
    assert contract.state == state
    count = contract.event_count
    on = IN_MARCH if state in {"active", "suspended", "ended"} else TODAY
    wanted = ALLOWED.get((state, event))
    if wanted:
        assert do(event, contract, on=on).state == wanted
    else:
        with pytest.raises(Refused, match=f"is {state} and cannot be") as refused:
            do(event, contract, on=on)
        assert refused.value.code == "wrong_state"
    contract.refresh_from_db()
    assert contract.event_count == count + bool(wanted)


@pytest.mark.parametrize(
    ("state", "day", "wanted"),
    [
        ("offered", "2026-02-28", "offered"),
        ("offered", "2026-03-01", "lapsed"),
        ("agreed", "2026-02-28", "agreed"),
        ("agreed", "2026-03-01", "active"),
        ("agreed", "2026-12-31", "active"),
        ("agreed", "2027-01-01", "ended"),
        ("active", "2026-12-31", "active"),
        ("active", "2027-01-01", "ended"),
        ("draft", "2027-01-01", "draft"),
        ("declined", "2027-01-01", "declined"),
        ("ended", "2026-02-01", "ended"),
        ("suspended", "2026-12-31", "suspended"),
        ("suspended", "2027-01-01", "ended"),
        ("notice", "2026-06-30", "notice"),
        ("notice", "2026-07-01", "ended"),
    ],
)
def test_the_state_that_counts_needs_no_job(state, day, wanted):
    assert state_on(a_contract(state), on=date.fromisoformat(day)) == wanted


def test_an_offer_may_be_answered_for_fourteen_days_and_never_on_its_first_day_of_service():
    def until(offered, starts):
        return lifecycle.answer_until(
            offered_on=date.fromisoformat(offered), starts_on=date.fromisoformat(starts),
            lapses_after_days=14,
        )  # fmt: skip

    assert until("2026-03-03", "2026-05-01") == date(2026, 3, 17)
    assert until("2026-03-03", "2026-03-10") == date(2026, 3, 9)


def test_the_fifth_day_before_the_start_is_the_last_to_cancel():
    assert lifecycle.cancel_until(starts_on=date(2026, 4, 10), days_before_start=5) == date(
        2026, 4, 5
    )


def test_a_contract_ended_for_a_later_day_still_runs_to_that_day():
    contract = a_contract("ended")
    contract.ended_on = date(2026, 4, 15)
    assert lifecycle.is_running(contract, on=date(2026, 4, 15))
    assert not lifecycle.is_running(contract, on=date(2026, 4, 16))
    contract.ended_on = date(2026, 2, 28)
    assert not lifecycle.has_active_day(contract)
