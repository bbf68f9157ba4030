"""Suspended by both sides or by the CHRO, resumed, lapsed after sixty days (PRODUCT 4.2, 4.6)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.constraints import name_of
from accounts.errors import Forbidden, Invalid, Refused
from contracts import lifecycle
from contracts.actions import agreements, clockwork, delivery, results, suspensions
from contracts.integrity import verify_contract
from contracts.models import Contract, SettlementLine, Suspension
from contracts.queries.agreements import in_states
from contracts.queries.ratings import rateable
from ledger import checks
from ledger import queries as money
from ledger.models import Reservation
from tests import make
from tests.make import APRIL, MARCH

pytestmark = pytest.mark.django_db
D = Decimal
JUNE = date(2026, 6, 1)
JUNE_11, JUNE_21 = date(2026, 6, 11), date(2026, 6, 21)


def by(contract, side):
    party = getattr(contract, side)
    return {"party": party, "by": make.lead_of(party)}


def promised(contract):
    rows = Reservation.objects.open().of(contract.cause)
    return {row.month: row.amount for row in rows}


def broken_money():
    return checks.as_json(checks.check_money(by=None, on=JUNE))["broken"]


def a_month_of_june(price="6000.00", *, money=None, **rest):
    buyer = make.me(kind="frontline")
    make.granted(buyer, money or "10000.00")
    return make.active(buyer, price=price, starts_on=JUNE, ends_on=date(2026, 6, 30), **rest)


def test_ten_suspended_days_of_thirty_are_neither_charged_nor_reserved():
    contract = a_month_of_june()
    contract = make.pause(contract, on=JUNE_11)
    assert contract.state == "suspended"
    assert promised(contract) == {JUNE: D("2000.00")}
    contract = make.resume(contract, on=JUNE_21)
    assert contract.state == "active"
    assert promised(contract) == {JUNE: D("4000.00")}
    pause = contract.suspensions.get()
    assert (pause.first_on, pause.last_on) == (JUNE_11, date(2026, 6, 20))
    make.settled(JUNE)
    line = SettlementLine.objects.get(contract=contract)
    assert line.amount == D("4000.00")
    assert line.calculation == "6,000.00 × 10 + 6,000.00 × 10 of 30 days"
    assert verify_contract(contract) == []
    assert broken_money() == []


def test_one_side_proposes_and_only_the_other_confirms():
    contract = make.active()
    on = date(2026, 3, 10)
    proposed = suspensions.suspend(contract, **by(contract, "buyer"), on=on, reason="We move.")
    assert proposed.state == "active"
    again = suspensions.suspend(contract, **by(contract, "buyer"), on=on)
    assert (again.state, again.event_count) == ("active", proposed.event_count)
    lead = make.lead_of(contract.buyer)
    make.member(contract.provider, who=lead, may_sign=True)
    with pytest.raises(Refused, match="cannot sign for both") as refused:
        suspensions.suspend(contract, party=contract.provider, by=lead, on=on)
    assert refused.value.code == "self_dealing"
    done = suspensions.suspend(contract, **by(contract, "provider"), on=on)
    assert done.state == "suspended"
    assert done.suspensions.get().reason == "We move."
    assert suspensions.suspend(contract, **by(contract, "provider"), on=on).event_count == (
        done.event_count
    )


def test_a_proposal_to_suspend_lapses_after_fourteen_days():
    contract = make.active()
    suspensions.suspend(contract, **by(contract, "buyer"), on=date(2026, 3, 10))
    late = suspensions.suspend(contract, **by(contract, "provider"), on=date(2026, 3, 25))
    assert late.state == "active"
    last = suspensions.suspend(contract, **by(contract, "buyer"), on=date(2026, 4, 8))
    assert last.state == "suspended"


def test_what_the_chro_suspended_only_the_chro_resumes():
    contract, chro = make.active(), make.office(is_chro=True)
    on = date(2026, 3, 10)
    with pytest.raises(Invalid, match="Say why"):
        suspensions.order_suspension(contract, reason="Odd", by=chro, on=on)
    with pytest.raises(Forbidden, match="Only the CHRO suspends"):
        suspensions.order_suspension(
            contract, reason="They share a flat.", by=make.lead_of(contract.buyer), on=on
        )
    ordered = suspensions.order_suspension(contract, reason="They share a flat.", by=chro, on=on)
    assert ordered.state == "suspended"
    with pytest.raises(Refused, match="only the CHRO resumes it") as refused:
        suspensions.resume(ordered, **by(ordered, "buyer"), on=on)
    assert "They share a flat." in refused.value.help
    resumed = suspensions.order_resumption(ordered, by=chro, on=date(2026, 3, 12))
    assert resumed.state == "active"
    assert verify_contract(resumed) == []


def test_what_both_sides_suspended_the_chro_does_not_resume():
    contract = make.suspended()
    with pytest.raises(Refused, match="so both sides resume it"):
        suspensions.order_resumption(contract, by=make.office(is_chro=True), on=date(2026, 3, 12))


def test_after_sixty_days_it_is_over_whether_a_job_has_run_or_not():
    contract = make.suspended(suspended_on=date(2026, 3, 10))
    last = date(2026, 3, 10) + timedelta(days=59)
    assert contract.over_after_on == last == date(2026, 5, 8)
    assert lifecycle.state_on(contract, on=last) == "suspended"
    assert lifecycle.state_on(contract, on=last + timedelta(days=1)) == "ended"
    because = lifecycle.ended_because_on(contract, on=last + timedelta(days=1))
    assert because == "suspension_lapsed"
    for day, state in ((last, "suspended"), (last + timedelta(days=1), "ended")):
        assert Contract.objects.filter(in_states(state, on=day)).exists()
    with pytest.raises(Refused, match="is ended and cannot be resumed"):
        suspensions.resume(contract, **by(contract, "buyer"), on=last + timedelta(days=1))
    assert clockwork.run_clock(on=date(2026, 6, 20))["expired"] == 1
    contract.refresh_from_db()
    assert (contract.state, contract.ended_because) == ("ended", "suspension_lapsed")
    assert contract.ended_on == last
    assert set(promised(contract)) == {MARCH}
    assert verify_contract(contract) == []


def test_the_end_date_does_not_move_and_ends_a_suspended_contract():
    contract = a_month_of_june()
    contract = make.pause(contract, on=JUNE_21)
    clockwork.run_clock(on=date(2026, 7, 1))
    contract.refresh_from_db()
    assert (contract.state, contract.ended_because) == ("ended", "expired")
    assert not contract.suspensions.get().is_open


def test_resuming_needs_its_money_again_and_says_what_is_missing():
    contract = a_month_of_june(money="6000.00")
    contract = make.pause(contract, on=JUNE_11)
    assert money.money_of(contract.buyer, on=JUNE_11).available == D("4000.00")
    make.draft(contract.buyer)
    spent = make.agreed(
        contract.buyer, price="3000.00", starts_on=date(2026, 7, 1), ends_on=date(2026, 7, 31),
        on=JUNE_11,
    )  # fmt: skip
    suspensions.resume(contract, **by(contract, "buyer"), on=JUNE_21)
    with pytest.raises(Refused, match=r"1,000.00 available .* 2,000.00 is needed") as refused:
        suspensions.resume(contract, **by(contract, "provider"), on=JUNE_21)
    assert refused.value.code == "not_enough_money"
    contract.refresh_from_db()
    assert contract.state == "suspended"
    assert promised(spent) == {date(2026, 7, 1): D("3000.00")}
    make.granted(contract.buyer, "1000.00", on=JUNE_21)
    assert suspensions.resume(contract, **by(contract, "provider"), on=JUNE_21).state == "active"


def test_nothing_is_delivered_on_a_suspended_day():
    contract = make.hires()
    clockwork.run_clock(on=MARCH)
    contract = make.pause(contract, on=date(2026, 3, 10))
    with pytest.raises(Refused, match="was suspended on 12 March 2026") as refused:
        make.used(contract, 1, used_on=date(2026, 3, 12))
    assert refused.value.code == "suspended"
    contract = make.resume(contract, on=date(2026, 3, 15))
    with pytest.raises(Refused, match="was suspended on 14 March"):
        make.used(contract, 1, used_on=date(2026, 3, 14), on=date(2026, 3, 16))
    assert make.used(contract, 1, used_on=date(2026, 3, 15)).pk
    make.used(contract, 2, used_on=date(2026, 3, 9), on=date(2026, 3, 16))
    make.settled(MARCH)
    assert SettlementLine.objects.get(contract=contract).amount == D("300.00")


def test_a_day_on_which_something_was_delivered_stays_an_active_day():
    contract = make.hires()
    make.used(contract, 1, used_on=date(2026, 3, 10))
    contract = make.pause(contract, on=date(2026, 3, 10))
    assert contract.suspensions.get().first_on == date(2026, 3, 11)
    resumed = make.resume(contract, on=date(2026, 3, 10))
    assert resumed.suspensions.get().last_on == date(2026, 3, 10)
    assert verify_contract(resumed) == []
    make.settled(MARCH)
    assert SettlementLine.objects.get(contract=contract).amount == D("100.00")


def test_a_month_suspended_throughout_has_a_line_of_nothing_and_is_neither_rated_nor_measured():
    contract = make.suspended(suspended_on=MARCH, ends_on=date(2026, 4, 30))
    make.settled(MARCH)
    line = SettlementLine.objects.get(contract=contract)
    assert (line.kind, line.amount) == ("fee", 0)
    assert line.calculation == "Suspended on all 31 days of the month that belong to it"
    assert not rateable(MARCH).filter(pk=contract.pk).exists()
    measure = contract.current.measures.get()
    with pytest.raises(Refused, match="no active day in March 2026"):
        results.enter_result(
            measure, month=MARCH, value=D(90), by=make.lead_of(contract.provider), on=APRIL
        )
    contract = make.resume(contract, on=date(2026, 4, 29))
    assert rateable(APRIL).filter(pk=contract.pk).exists()
    assert not rateable(MARCH).filter(pk=contract.pk).exists()
    make.settled(APRIL)
    last = SettlementLine.objects.get(contract=contract, month=APRIL)
    assert last.amount == D("133.33")
    assert broken_money() == []


def test_two_suspensions_of_one_contract_never_share_a_day():
    contract = make.suspended()
    pause = contract.suspensions.get()
    suspensions_ = Suspension.objects
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        suspensions_.create(
            contract=contract, first_on=pause.last_on, last_on=pause.last_on, is_open=False,
            decided_by=pause.decided_by, decided_on=pause.decided_on,
        )  # fmt: skip
    assert name_of(caught.value) == "suspended_days_never_overlap"
    contract = make.resume(contract, on=date(2026, 3, 12))
    again = make.pause(contract, on=date(2026, 3, 12))
    assert [p.first_on.day for p in again.suspensions.order_by("pk")] == [10, 12]


def test_both_sides_may_end_it_while_it_is_suspended_and_it_stays_suspended_to_that_day():
    contract = make.suspended(ends_on=date(2026, 12, 31), suspended_on=date(2026, 3, 11))
    last = date(2026, 6, 15)
    ended = make.both(agreements.propose_end, contract, on=date(2026, 3, 20), last_day_on=last)
    assert (ended.state, ended.ended_because) == ("ended", "mutual")
    assert ended.suspensions.get().last_on == last
    assert promised(ended) == {MARCH: D("645.16")}
    assert verify_contract(ended) == []


def test_suspended_days_are_part_of_what_is_verified():
    contract = make.resume(make.suspended(), on=date(2026, 3, 20))
    assert verify_contract(contract) == []
    Suspension.objects.filter(contract=contract).update(first_on=MARCH)
    assert [fault.what for fault in verify_contract(contract)] == [
        f"contract {contract.pk}, suspensions"
    ]


def test_usage_that_came_between_a_named_end_and_its_confirmation_is_not_cut_away():
    contract = make.hires()
    last = date(2026, 3, 10)
    agreements.propose_end(contract, **by(contract, "buyer"), on=last, last_day_on=last)
    usage = make.used(contract, "2.5", used_on=date(2026, 3, 12))
    confirm = {**by(contract, "provider"), "on": date(2026, 3, 13), "last_day_on": last}
    with pytest.raises(Refused, match=r"2\.5 units of 12 March 2026 were entered") as refused:
        agreements.confirm_end(contract, **confirm)
    assert refused.value.code == "delivered_after_the_end"
    delivery.withdraw_usage(usage, by=make.lead_of(contract.provider), on=date(2026, 3, 13))
    assert agreements.confirm_end(contract, **confirm).state == "ended"
