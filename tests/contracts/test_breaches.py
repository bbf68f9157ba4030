"""Breach and cure, chronic failure, an outcome that is reached (PRODUCT 4.2, 4.11)."""

from datetime import date
from decimal import Decimal

import pytest
from django.core import mail

from accounts.errors import Invalid, Refused
from contracts import lifecycle
from contracts.actions import breaches, clockwork, notices, reminders
from contracts.integrity import verify_contract
from contracts.models import Contract, SettlementLine
from contracts.queries.agreements import in_states
from ledger.models import Reservation
from tests import make
from tests.make import MARCH

pytestmark = pytest.mark.django_db
D = Decimal
MARCH_2, MARCH_16 = date(2026, 3, 2), date(2026, 3, 16)
TEXT = "Nobody answers the phone since Monday; answer it on working days."


def by(contract, side, *, on=MARCH_2):
    party = getattr(contract, side)
    return {"party": party, "by": make.lead_of(party), "on": on}


def broken(contract=None, *, side="buyer", on=MARCH_2):
    contract = contract or make.active(price="3100.00")
    return breaches.report_breach(contract, text=TEXT, **by(contract, side, on=on))


def promised(contract):
    rows = Reservation.objects.open().of(contract.cause)
    return {row.month: row.amount for row in rows}


def test_a_breach_is_no_state_and_charges_go_on_while_it_may_be_cured(
    django_capture_on_commit_callbacks,
):
    with django_capture_on_commit_callbacks(execute=True):
        contract = broken()
    assert (contract.state, contract.over_after_on) == ("active", MARCH_16)
    assert lifecycle.state_on(contract, on=MARCH_16) == "active"
    assert [TEXT in each.body for each in mail.outbox] == [True]
    cured = breaches.cure_breach(contract, **by(contract, "buyer", on=MARCH_16))
    assert (cured.over_after_on, cured.breaches.get().state) == (None, "cured")
    assert lifecycle.state_on(cured, on=date(2026, 3, 17)) == "active"
    assert verify_contract(cured) == []


def test_not_cured_in_ten_working_days_it_ends_for_cause_and_is_paid_to_that_day():
    contract = broken()
    late = date(2026, 4, 2)
    assert lifecycle.state_on(contract, on=date(2026, 3, 17)) == "ended"
    assert lifecycle.ended_because_on(contract, on=late) == "cause"
    assert Contract.objects.filter(in_states("ended", on=date(2026, 3, 17))).exists()
    assert not Contract.objects.with_active_day(first=date(2026, 3, 17), last=late).exists()
    with pytest.raises(Refused, match="is ended and cannot be reported as cured"):
        breaches.cure_breach(contract, **by(contract, "buyer", on=date(2026, 3, 17)))
    make.settled(MARCH)
    assert SettlementLine.objects.get(contract=contract).amount == D("1600.00")
    clockwork.run_clock(on=late)
    contract.refresh_from_db()
    assert (contract.state, contract.ended_because) == ("ended", "cause")
    assert contract.ended_on == MARCH_16
    assert contract.breaches.get().state == "uncured"
    assert promised(contract) == {}
    assert verify_contract(contract) == []


def test_only_the_complainant_says_that_it_is_cured():
    contract = broken()
    with pytest.raises(Refused, match="has no open notice of breach") as refused:
        breaches.cure_breach(contract, **by(contract, "provider"))
    assert refused.value.code == "no_open_breach"


def test_one_notice_of_breach_of_a_party_is_open_at_a_time_and_a_retry_changes_nothing():
    contract = broken()
    assert broken(contract).event_count == contract.event_count
    with pytest.raises(Refused, match="may be cured until 16 March 2026") as refused:
        breaches.report_breach(contract, text="Something else is broken.", **by(contract, "buyer"))
    assert refused.value.code == "already_open"
    both = broken(contract, side="provider", on=date(2026, 3, 5))
    assert both.over_after_on == MARCH_16
    left = breaches.cure_breach(both, **by(contract, "buyer", on=date(2026, 3, 6)))
    assert left.over_after_on == date(2026, 3, 19)


def test_a_notice_of_breach_says_what_is_broken():
    contract = make.active()
    with pytest.raises(Invalid, match="which promise is broken"):
        breaches.report_breach(contract, text=" Bad. ", **by(contract, "buyer"))


def test_an_end_that_comes_sooner_leaves_the_breach_without_effect():
    contract = make.active(ends_on=date(2026, 3, 10))
    broken(contract)
    clockwork.run_clock(on=date(2026, 3, 20))
    contract.refresh_from_db()
    assert (contract.ended_because, contract.breaches.get().state) == ("expired", "moot")


def test_a_breach_reported_under_notice_or_while_suspended_ends_it_too():
    noticed = make.active()
    noticed = notices.give_notice(noticed, **by(noticed, "provider"))
    broken(noticed)
    paused = make.suspended(suspended_on=MARCH)
    broken(paused)
    clockwork.run_clock(on=date(2026, 3, 20))
    for contract in (noticed, paused):
        contract.refresh_from_db()
        assert (contract.state, contract.ended_because) == ("ended", "cause")
        assert verify_contract(contract) == []


def test_without_chronic_failure_the_buyer_may_not_end_it_at_once():
    contract = make.active()
    with pytest.raises(Refused, match="was missed 3 times within 6 months") as refused:
        breaches.end_chronic(contract, **by(contract, "buyer"))
    assert refused.value.code == "not_chronic"
    with pytest.raises(Refused, match="is for the buyer of"):
        breaches.end_chronic(contract, **by(contract, "provider"))


def test_only_a_contract_that_is_paid_by_outcome_can_be_completed():
    contract = make.active()
    with pytest.raises(Refused, match="is not paid by outcome") as refused:
        breaches.claim_completion(contract, **by(contract, "provider"))
    assert refused.value.code == "no_outcome_plan"
    with pytest.raises(Refused, match="is for the provider of"):
        breaches.claim_completion(contract, **by(contract, "buyer"))


def outcome_contract():
    return make.active(plan="outcome", price="3000.00", expected=2, cap=3)


def test_both_sides_agree_that_the_outcome_is_reached():
    contract = outcome_contract()
    claimed = breaches.claim_completion(contract, **by(contract, "provider"), reason="All hired.")
    assert (claimed.state, claimed.over_because) == ("active", "completed")
    done = breaches.confirm_completion(contract, **by(contract, "buyer", on=date(2026, 3, 4)))
    assert (done.state, done.ended_because) == ("ended", "completed")
    assert done.ended_on == date(2026, 3, 4)
    assert breaches.confirm_completion(contract, **by(contract, "buyer")).event_count == (
        done.event_count
    )
    assert verify_contract(done) == []


def test_silence_for_five_working_days_confirms_the_outcome_by_date():
    contract = outcome_contract()
    contract = breaches.claim_completion(contract, **by(contract, "provider"))
    last = date(2026, 3, 9)
    assert contract.over_after_on == last
    assert lifecycle.state_on(contract, on=last) == "active"
    assert lifecycle.ended_because_on(contract, on=date(2026, 3, 10)) == "completed"
    clockwork.run_clock(on=date(2026, 3, 30))
    contract.refresh_from_db()
    assert (contract.ended_because, contract.ended_on) == ("completed", last)
    assert contract.proposals.get().state == "confirmed"
    assert verify_contract(contract) == []


def test_a_claim_that_is_turned_down_or_a_suspension_leaves_it_running():
    contract = outcome_contract()
    breaches.claim_completion(contract, **by(contract, "provider"))
    left = breaches.drop_proposal(contract, "complete", **by(contract, "buyer"), reason="No.")
    assert (left.state, left.over_after_on) == ("active", None)
    breaches.claim_completion(contract, **by(contract, "provider"))
    paused = make.pause(contract, on=date(2026, 3, 3))
    assert (paused.state, paused.over_because) == ("suspended", "suspension_lapsed")
    assert clockwork.run_clock(on=date(2026, 3, 20))["failed"] == 0


def test_both_sides_are_reminded_of_a_breach_and_the_other_side_of_a_proposal_before_it_lapses(
    django_capture_on_commit_callbacks,
):
    contract = broken()
    notices.give_notice(contract, **by(contract, "provider"))
    notices.withdraw_notice(contract, **by(contract, "buyer"))
    assert reminders.send_due(on=date(2026, 3, 12))["breaches"] == 0
    with django_capture_on_commit_callbacks(execute=True):
        sent = reminders.send_due(on=date(2026, 3, 13))
    assert (sent["breaches"], sent["proposals"]) == (1, 1)
    subjects = sorted(each.subject.partition(" 1")[0] for each in mail.outbox)
    ends = [each for each in mail.outbox if "ends for cause with 16 March 2026" in each.subject]
    asked = [each for each in mail.outbox if "proposes to withdraw the notice" in each.body]
    assert (len(ends), len(asked), len(subjects)) == (2, 1, 3)
    again = reminders.send_due(on=date(2026, 3, 14))
    assert (again["breaches"], again["proposals"]) == (0, 0)
