"""Disputes from the preview to the panel, to the cent (PRODUCT 4.12)."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.errors import Forbidden, Invalid, Refused, Unknown
from contracts.actions import clockwork, dispute_clock, disputes, mediation
from contracts.actions import settlement as overages
from contracts.disputing import Stage, shares
from contracts.integrity import verify_contracts
from contracts.models import ContractEvent, Dispute, Overage, SettlementLine
from contracts.queries import disputes as queries
from ledger.checks import findings
from ledger.models import Reservation, Transfer, Wallet
from ledger.queries import balance_of, money_of
from tests import make
from tests.make import APRIL, MARCH

pytestmark = pytest.mark.django_db
D = Decimal
MAY = date(2026, 5, 1)
APRIL_5, APRIL_6, APRIL_7, APRIL_20, APRIL_21 = (date(2026, 4, day) for day in (5, 6, 7, 20, 21))


def moved(dispute):
    rows = Transfer.objects.filter(cause_route="contracts:dispute", cause_id=dispute.pk)
    return [
        (r.reference.rpartition("/")[2], r.kind, r.month, r.amount) for r in rows.order_by("pk")
    ]


def stage(dispute, on):
    return queries.standing(Dispute.objects.get(pk=dispute.pk), on=on).stage


def held():
    return balance_of(Wallet.objects.get(system="held"))


def sound():
    return [(found.what, found.broken) for found in findings() if found.broken]


@pytest.fixture
def example():
    """Fee 12,000 and usage 6,400, 600.00 off for a missed level; net 17,800.00 (PRODUCT 4.10)."""
    contract = make.agreed(price="12000.00")
    run = make.settled(to="computed", on=date(2026, 4, 4))
    for kind, amount in (("usage", "6400.00"), ("correction", "-600.00")):
        SettlementLine.objects.create(
            run=run, contract=contract, version=contract.current, month=MARCH, kind=kind,
            term=kind, origin_month=MARCH, amount=D(amount), calculation="as an example",
        )  # fmt: skip
    return contract


def test_what_is_disputed_on_the_preview_is_held_from_the_buyer_when_the_month_is_posted(example):
    dispute = make.disputed(example, "1400.00", kind="usage")
    assert moved(dispute) == []
    make.settled()
    paid = Transfer.objects.filter(kind="charge", cause_id=example.pk)
    assert sum(row.amount for row in paid) == D("16400.00")
    assert moved(dispute) == [("hold", "hold", MARCH, D("1400.00"))]
    money = money_of(example.buyer, on=APRIL_6)
    assert (money.spent, money.held) == (D("16400.00"), D("1400.00"))
    assert held() == 1400
    assert sound() == []


def test_the_rounding_of_a_split_gives_the_buyer_half_a_cent_more():
    assert shares(D("1400.00"), D(40)) == (D("560.00"), D("840.00"))
    assert shares(D("0.01"), D(50)) == (D("0.01"), D("0.00"))
    assert shares(D("100.01"), D("33.33")) == (D("33.33"), D("66.68"))


def test_an_accepted_offer_of_40_percent_pays_560_to_the_buyer_and_840_to_the_provider(example):
    dispute = make.disputed(example, "1400.00", kind="usage")
    make.settled()
    make.answered(dispute, "offered", percent="40")
    buyer = make.lead_of(example.buyer)
    done = disputes.answer_offer(dispute, accepts=True, by=buyer, on=date(2026, 4, 8))
    assert (done.state, done.buyer_amount, done.provider_amount) == (
        "settled", D("560.00"), D("840.00"),
    )  # fmt: skip
    assert moved(dispute)[1:] == [
        ("buyer", "release", APRIL, D("560.00")),
        ("provider", "release", APRIL, D("840.00")),
    ]
    assert held() == 0
    money = money_of(example.buyer, on=APRIL_20)
    assert (money.spent, money.held) == (D("17240.00"), 0)
    assert sound() == []


def test_after_posting_the_amount_leaves_the_providers_dispute_window():
    contract = make.agreed(price="12000.00")
    make.settled()
    dispute = make.disputed(contract, "1400.00", on=APRIL_20)
    assert moved(dispute) == [("hold", "hold", MARCH, D("1400.00"))]
    assert Reservation.objects.get(kind="dispute_window").amount == D("10600.00")
    wallet = make.wallet(contract.provider)
    assert (wallet.balance, wallet.reserved) == (D("10600.00"), D("10600.00"))
    assert money_of(contract.provider, on=APRIL_20).held == 1400
    assert sound() == []


def test_a_whole_month_may_be_disputed_and_then_nothing_is_left_in_the_window():
    contract = make.agreed(price="2000.00")
    make.settled()
    make.disputed(contract, "2000.00", on=APRIL_7)
    assert not Reservation.objects.open().filter(kind="dispute_window").exists()
    assert sound() == []


def test_a_dispute_of_a_locked_month_is_an_entry_of_the_running_one():
    contract = make.agreed(price="2000.00")
    make.settled(to="locked", on=date(2026, 4, 10))
    dispute = make.disputed(contract, "500.00", on=date(2026, 4, 13))
    assert moved(dispute) == [("hold", "hold", APRIL, D("500.00"))]


def test_the_last_day_is_the_tenth_working_day_after_posting():
    contract = make.agreed(price="2000.00")
    make.settled()
    with pytest.raises(Refused, match="March 2026 could be disputed until 20 April 2026") as late:
        make.disputed(contract, "1.00", on=APRIL_21)
    assert late.value.code == "too_late_to_dispute"
    make.disputed(contract, "1.00", on=APRIL_20)


def test_no_more_than_the_line_is_disputed_in_one_or_in_several_disputes(example):
    make.disputed(example, "6000.00", kind="usage")
    with pytest.raises(Refused, match=r"The line is 6,400.00, and with what is disputed"):
        make.disputed(example, "400.01", kind="usage")
    with pytest.raises(Invalid, match=r"6400.01 is no part of 6,400.00"):
        make.disputed(example, "6400.01", kind="usage")
    make.disputed(example, "400.00", kind="usage")


def test_no_more_than_the_month_costs_is_disputed_on_the_preview(example):
    make.disputed(example, "6400.00", kind="usage")
    with pytest.raises(Refused, match=r"costs 17,800.00 in all, so 11,400.00 can still be"):
        make.disputed(example, "12000.00", kind="fee")
    make.disputed(example, "11400.00", kind="fee")
    make.settled()
    assert held() == D("17800.00")
    assert not Transfer.objects.filter(kind="charge").exists()
    make.settled()
    assert held() == D("17800.00")
    assert sound() == []


def test_a_credit_a_blank_reason_and_a_stranger_are_refused(example):
    with pytest.raises(Refused, match="nothing to get back"):
        make.disputed(example, "1.00", kind="correction")
    with pytest.raises(Invalid, match="Say what is wrong"):
        make.disputed(example, "1.00", kind="usage", reason=" ")
    for amount in ("0", "-1", "0.001", "NaN", "Infinity"):
        with pytest.raises(Invalid, match="is no part of"):
            make.disputed(example, amount, kind="usage")
    line, provider = make.line_of(example, kind="usage"), make.lead_of(example.provider)
    with pytest.raises(Forbidden, match="so only"):
        disputes.open_dispute(
            line, amount=D(1), reason="x", party=example.provider, by=provider, on=APRIL_5
        )
    with pytest.raises(Forbidden, match="You may not sign"):
        disputes.open_dispute(
            line, amount=D(1), reason="x", party=example.buyer, by=make.member(example.buyer),
            on=APRIL_5,
        )  # fmt: skip


def test_the_same_key_opens_once_and_another_amount_under_it_is_refused(example):
    first = make.disputed(example, "5.00", kind="usage", key="k")
    assert make.disputed(example, "5.00", kind="usage", key="k") == first
    with pytest.raises(Refused, match="already used for another dispute"):
        make.disputed(example, "6.00", kind="usage", key="k")
    assert Dispute.objects.count() == 1


def test_the_providers_silence_accepts_by_date_and_is_booked_in_the_month_in_which_it_falls():
    contract = make.agreed(price="2000.00")
    make.settled()
    dispute = make.disputed(contract, "500.00", on=APRIL_20)
    assert dispute.answer_until_on == date(2026, 4, 27)
    assert stage(dispute, date(2026, 4, 27)) is Stage.ANSWER
    assert stage(dispute, date(2026, 4, 28)) is Stage.DECIDED
    with pytest.raises(Refused, match="was decided on 28 April 2026"):
        make.answered(dispute, "rejected", on=date(2026, 4, 28))
    dispute_clock.run_due(on=date(2026, 5, 4))
    done = Dispute.objects.get()
    assert (done.because, done.decided_on, done.percent) == ("silence", date(2026, 4, 28), 100)
    assert moved(dispute)[1:] == [("buyer", "release", APRIL, D("500.00"))]
    dispute_clock.run_due(on=date(2026, 5, 4))
    assert len(moved(dispute)) == 2
    assert sound() == []


def test_a_silence_whose_month_is_locked_by_now_is_booked_in_the_running_one():
    contract = make.agreed(price="2000.00")
    make.settled()
    dispute = make.disputed(contract, "500.00", on=APRIL_7)
    make.settled(to="locked", on=date(2026, 4, 10))
    make.settled(APRIL, to="locked", on=date(2026, 5, 10))
    dispute_clock.run_due(on=date(2026, 5, 11))
    assert moved(dispute)[1:] == [("buyer", "release", MAY, D("500.00"))]


def test_an_outcome_before_posting_waits_for_the_money_and_then_goes_out(example):
    dispute = make.disputed(example, "1400.00", kind="usage")
    make.answered(dispute, "accepted", on=APRIL_5)
    assert moved(dispute) == []
    make.settled()
    dispute_clock.run_due(on=APRIL_6)
    assert moved(dispute) == [
        ("hold", "hold", MARCH, D("1400.00")), ("buyer", "release", APRIL, D("1400.00")),
    ]  # fmt: skip


def test_a_dispute_that_is_withdrawn_on_the_preview_holds_nothing(example):
    dispute = make.disputed(example, "1400.00", kind="usage")
    done = disputes.withdraw(dispute, by=make.lead_of(example.buyer), on=APRIL_5)
    assert (done.state, done.because) == ("settled", "withdrawn")
    make.disputed(example, "6400.00", kind="usage")
    make.settled()
    assert held() == D("6400.00")
    assert sound() == []


def rejected(*, mediator=True, on=APRIL_7, contract=None):
    contract = contract or make.agreed(price="2000.00")
    make.settled()
    dispute = make.answered(make.disputed(contract, "1400.00", on=on), "rejected", on=on)
    if mediator:
        chro, person = make.office(is_chro=True), make.uninvolved()
        mediation.name_mediator(dispute, mediator=person, by=chro, on=on)
        return Dispute.objects.get(pk=dispute.pk), person
    return dispute, None


def test_what_both_sides_accept_of_the_mediators_proposal_holds():
    dispute, mediator = rejected()
    mediation.propose(dispute, percent=D(40), by=mediator, on=date(2026, 4, 8))
    buyer, provider = dispute.contract.buyer, dispute.contract.provider
    for party in (buyer, provider):
        done = disputes.answer_proposal(
            dispute, accepts=True, party=party, by=make.lead_of(party), on=date(2026, 4, 9)
        )
    assert (done.because, done.buyer_amount, done.provider_amount) == (
        "proposal", D("560.00"), D("840.00"),
    )  # fmt: skip
    assert sound() == []


def test_an_offer_that_is_not_answered_goes_to_the_mediator_and_then_to_the_panel_by_date():
    contract = make.agreed(price="2000.00")
    make.settled()
    dispute = make.disputed(contract, "1400.00", on=APRIL_6)
    make.answered(dispute, "offered", percent="10", on=APRIL_7)
    stages = {
        day: stage(dispute, date(2026, 4, day) if day < 31 else date(2026, 5, day - 30))
        for day in (14, 15, 21, 22, 35, 36)
    }
    assert stages == {
        14: Stage.OFFER, 15: Stage.MEDIATION, 21: Stage.MEDIATION, 22: Stage.PANEL,
        35: Stage.PANEL, 36: Stage.DECIDED,
    }  # fmt: skip
    dispute_clock.run_due(on=date(2026, 5, 30))
    done = Dispute.objects.get()
    assert (done.because, done.percent, done.decided_on) == ("half", 50, date(2026, 5, 6))


def test_a_panel_decides_by_the_median_and_binds_both():
    dispute, mediator = rejected()
    mediation.propose(dispute, percent=D(10), by=mediator, on=date(2026, 4, 8))
    party = dispute.contract.buyer
    disputes.answer_proposal(
        dispute, accepts=False, party=party, by=make.lead_of(party), on=date(2026, 4, 9)
    )
    members = [make.uninvolved() for _ in range(3)]
    chro = make.office(is_chro=True)
    mediation.choose_panel(dispute, members=members, by=chro, on=date(2026, 4, 9))
    for member, percent in zip(members, (100, 40, 0), strict=True):
        done = mediation.decide(dispute, percent=D(percent), by=member, on=date(2026, 4, 10))
    assert (done.state, done.because, done.percent) == ("settled", "panel", 40)
    assert (done.buyer_amount, done.provider_amount) == (D("560.00"), D("840.00"))
    with pytest.raises(Refused, match="decided already"):
        mediation.decide(dispute, percent=D(1), by=members[0], on=date(2026, 4, 10))


def test_without_a_decision_in_time_the_mediators_proposal_holds():
    dispute, mediator = rejected()
    mediation.propose(dispute, percent=D(25), by=mediator, on=date(2026, 4, 8))
    dispute_clock.run_due(on=date(2026, 5, 30))
    done = Dispute.objects.get()
    assert (done.because, done.percent, done.buyer_amount) == ("mediator", 25, D("350.00"))


def test_only_uninvolved_people_mediate_and_decide_also_when_they_decide():
    dispute, _ = rejected(mediator=False)
    chro = make.office(is_chro=True)
    involved = make.member(dispute.contract.provider)
    with pytest.raises(Refused, match="not uninvolved"):
        mediation.name_mediator(dispute, mediator=involved, by=chro, on=APRIL_7)
    person = make.uninvolved()
    mediation.name_mediator(dispute, mediator=person, by=chro, on=APRIL_7)
    make.member(dispute.contract.buyer, who=person)
    with pytest.raises(Refused, match="not uninvolved"):
        mediation.propose(dispute, percent=D(5), by=person, on=APRIL_7)


def test_a_panel_is_three_different_people_chosen_by_the_chro():
    dispute, mediator = rejected()
    chro, day = make.office(is_chro=True), date(2026, 4, 15)
    first, second = make.uninvolved(), make.uninvolved()
    with pytest.raises(Invalid, match="three different people"):
        mediation.choose_panel(dispute, members=[first, second, second], by=chro, on=day)
    with pytest.raises(Invalid, match="mediated; choose somebody else"):
        mediation.choose_panel(dispute, members=[first, second, mediator], by=chro, on=day)
    third, buyer = make.uninvolved(), make.lead_of(dispute.contract.buyer)
    with pytest.raises(Forbidden, match="Only the CHRO"):
        mediation.choose_panel(dispute, members=[first, second, third], by=buyer, on=day)


def test_mediator_and_panel_see_that_dispute_only_and_strangers_none():
    contract = make.agreed(price="2000.00")
    dispute, mediator = rejected()
    other, _ = rejected(mediator=False, contract=contract)
    stranger, hr_admin = make.uninvolved(), make.hr_admin()
    assert queries.found(mediator, dispute.pk, on=APRIL_7) == dispute
    for who, what in ((mediator, other), (stranger, dispute), (hr_admin, dispute)):
        with pytest.raises(Unknown):
            queries.found(who, what.pk, on=APRIL_7)
    with pytest.raises(Unknown):
        disputes.withdraw(dispute, by=stranger, on=APRIL_7)


def test_the_steps_of_a_dispute_are_events_of_the_contracts_chain():
    dispute, mediator = rejected()
    mediation.propose(dispute, percent=D(25), by=mediator, on=date(2026, 4, 8))
    told = ContractEvent.objects.filter(contract=dispute.contract, kind="dispute")
    assert [event.payload["step"] for event in told] == [
        "opened", "rejected", "got a mediator", "has a proposal of the mediator",
    ]  # fmt: skip
    assert verify_contracts()["broken"] == []


def test_a_levy_comes_back_for_what_is_disputed_and_is_taken_again_of_what_is_released():
    platform = make.me(kind="platform")
    make.policy("levy_percent", value=2)
    make.policy("levy_micro_enterprise", value=platform.pk)
    contract = make.agreed(price="2000.00")
    make.settled()
    dispute = make.disputed(contract, "1000.00", on=APRIL_7)
    assert make.wallet(platform).balance == 20
    make.answered(dispute, "offered", percent="40")
    disputes.answer_offer(dispute, accepts=True, by=make.lead_of(contract.buyer), on=APRIL_7)
    assert make.wallet(platform).balance == 32
    assert make.wallet(contract.provider).balance == D("1568.00")
    assert make.wallet(contract.buyer).balance == D("998400.00")
    assert sound() == []


def test_a_contract_stays_open_while_something_of_it_is_disputed():
    contract = make.agreed(price="2000.00", ends_on=date(2026, 3, 31))
    make.settled(to="locked", on=date(2026, 4, 10))
    make.disputed(contract, "1.00", on=APRIL_20)
    clockwork.run_clock(on=date(2026, 4, 22))
    contract.refresh_from_db()
    assert contract.state == "ended"
    dispute_clock.run_due(on=date(2026, 4, 28))
    clockwork.run_clock(on=date(2026, 4, 28))
    contract.refresh_from_db()
    assert contract.state == "closed"


def waiting_overage():
    contract = make.hires()
    make.used(contract, "14")
    make.settled()
    return contract, Overage.objects.get()


def test_a_silent_buyer_disputes_an_overage_by_date_whenever_the_job_runs():
    _, overage = waiting_overage()
    assert overage.answer_until_on == APRIL_20
    dispute_clock.run_due(on=APRIL_20)
    assert not Dispute.objects.exists()
    dispute_clock.run_due(on=date(2026, 4, 24))
    dispute = Dispute.objects.get()
    assert (dispute.opened_on, dispute.answer_until_on, dispute.amount) == (
        APRIL_21, date(2026, 4, 28), D("400.00"),
    )  # fmt: skip
    done = make.answered(dispute, "accepted", on=date(2026, 4, 28))
    assert (done.state, done.buyer_amount) == ("settled", 400)
    overage.refresh_from_db()
    assert overage.state == "waived"
    assert sound() == []


def test_what_the_provider_gets_of_a_contested_overage_is_paid_with_a_window_of_its_own():
    contract, overage = waiting_overage()
    buyer = make.lead_of(contract.buyer)
    overages.contest_overage(overage, reason="Not ordered", by=buyer, on=APRIL_7)
    dispute = make.answered(Dispute.objects.get(), "offered", percent="50")
    disputes.answer_offer(dispute, accepts=True, by=buyer, on=date(2026, 4, 8))
    transfer = Transfer.objects.get(reference=f"overage/{overage.pk}")
    assert (transfer.amount, transfer.month) == (200, APRIL)
    window = Reservation.objects.get(kind="dispute_window", month=APRIL)
    assert (window.amount, window.ends_on) == (200, date(2026, 4, 22))
    assert sound() == []


def test_a_decided_overage_waits_until_the_buyer_has_the_money():
    buyer = make.me(kind="frontline")
    make.granted(buyer, "10000.00")
    contract = make.hires(buyer)
    make.used(contract, "14")
    make.settled()
    overage = Overage.objects.get()
    overages.contest_overage(overage, reason="No", by=make.lead_of(buyer), on=APRIL_7)
    dispute = Dispute.objects.get()
    make.answered(dispute, "offered", percent="0")
    disputes.answer_offer(dispute, accepts=True, by=make.lead_of(buyer), on=APRIL_7)
    assert Dispute.objects.get().state == "open"
    assert dispute_clock.run_due(on=APRIL_7)["settled"] == 0
    make.granted(buyer, "400.00", on=APRIL_7)
    assert dispute_clock.run_due(on=APRIL_7)["settled"] == 1
    overage.refresh_from_db()
    assert overage.state == "paid"


def test_an_overage_accepted_after_it_was_contested_is_paid_whole_and_its_dispute_is_over():
    contract, overage = waiting_overage()
    buyer = make.lead_of(contract.buyer)
    overages.contest_overage(overage, reason="Not ordered", by=buyer, on=APRIL_7)
    overages.accept_overage(overage, by=buyer, on=APRIL_7)
    assert Transfer.objects.get(reference=f"overage/{overage.pk}").amount == 400
    assert (Dispute.objects.get().state, Dispute.objects.get().because) == ("settled", "withdrawn")
    assert sound() == []


def test_what_was_paid_for_an_accepted_overage_is_disputed_within_its_own_window():
    contract, overage = waiting_overage()
    overages.accept_overage(overage, by=make.lead_of(contract.buyer), on=APRIL_20)
    dispute = make.disputed(contract, "400.00", on=date(2026, 4, 30))
    assert moved(dispute)[0][3] == 400
    with pytest.raises(Refused, match=r"0.00 was paid of it and is not disputed"):
        make.disputed(contract, "1.00", on=date(2026, 4, 30))
    assert sound() == []


def test_where_nothing_could_be_held_the_overage_is_contested_with_the_buyers_reason():
    contract = make.hires(ends_on=date(2026, 3, 31))
    make.settled(to="locked", on=date(2026, 4, 10))
    Wallet.objects.filter(owner=contract.buyer).update(balance=0)
    make.used(contract, "3", on=date(2026, 4, 4))
    make.settled(APRIL, to="computed", on=date(2026, 5, 4))
    dispute = make.disputed(contract, "300.00", month=APRIL, on=date(2026, 5, 5))
    make.settled(APRIL)
    dispute.refresh_from_db()
    assert (dispute.state, dispute.because) == ("settled", "waits")
    dispute_clock.run_due(on=date(2026, 5, 6))
    assert Dispute.objects.get(state="open").overage == Overage.objects.get()
