"""Notice by one side, its withdrawal by both, and terms that renew themselves (PRODUCT 4.2)."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.errors import Refused
from contracts import lifecycle
from contracts.actions import agreements, clockwork, funding, notices, suspensions
from contracts.integrity import verify_contract
from contracts.models import Contract, SettlementLine
from contracts.queries.agreements import in_states
from ledger.models import Reservation
from tests import make
from tests.make import APRIL, MARCH

pytestmark = pytest.mark.django_db
D = Decimal
MARCH_15, APRIL_30 = date(2026, 3, 15), date(2026, 4, 30)


def by(contract, side, *, on):
    party = getattr(contract, side)
    return {"party": party, "by": make.lead_of(party), "on": on}


def promised(contract):
    rows = Reservation.objects.open().of(contract.cause)
    return {row.month: row.amount for row in rows}


def under_notice(*, on=MARCH_15, side="buyer", **rest):
    contract = make.active(**rest)
    return notices.give_notice(contract, **by(contract, side, on=on))


@pytest.mark.parametrize(
    ("given", "days", "last"),
    [
        ("2026-03-15", 30, "2026-04-30"),
        ("2026-03-01", 30, "2026-03-31"),
        ("2026-03-02", 30, "2026-04-30"),
        ("2028-01-30", 30, "2028-02-29"),
        ("2027-01-30", 30, "2027-03-31"),
        ("2026-03-31", 0, "2026-03-31"),
        ("2026-12-02", 30, "2027-01-31"),
    ],
)
def test_a_notice_runs_its_days_and_then_to_the_end_of_the_month(given, days, last):
    ends = lifecycle.notice_ends(given_on=date.fromisoformat(given), days=days)
    assert ends == date.fromisoformat(last)


def test_notice_of_15_march_ends_on_30_april_and_cuts_the_money_to_that_day():
    contract = under_notice()
    assert (contract.state, contract.ended_on) == ("notice", APRIL_30)
    assert promised(contract) == {MARCH: D("2000.00"), APRIL: D("2000.00")}
    assert lifecycle.state_on(contract, on=APRIL_30) == "notice"
    assert lifecycle.state_on(contract, on=date(2026, 5, 1)) == "ended"
    assert lifecycle.ended_because_on(contract, on=date(2026, 5, 1)) == "notice"
    assert Contract.objects.filter(in_states("notice", on=APRIL_30)).exists()
    assert Contract.objects.filter(in_states("ended", on=date(2026, 5, 1))).exists()
    clockwork.run_clock(on=date(2026, 5, 4))
    contract.refresh_from_db()
    assert (contract.state, contract.ended_because) == ("ended", "notice")
    assert verify_contract(contract) == []


def test_the_terms_may_set_other_days_and_the_last_month_is_charged_to_its_end():
    contract = under_notice(notice_days=60)
    assert contract.ended_on == date(2026, 5, 31)
    make.settled(MARCH)
    make.settled(APRIL)
    make.settled(date(2026, 5, 1))
    lines = SettlementLine.objects.filter(contract=contract).order_by("month")
    assert [line.amount for line in lines] == [D("2000.00")] * 3


def test_a_notice_that_would_end_no_sooner_than_the_term_is_refused():
    contract = make.active(ends_on=APRIL_30)
    with pytest.raises(Refused, match="it ends on 30 April 2026 anyway") as refused:
        notices.give_notice(contract, **by(contract, "buyer", on=MARCH_15))
    assert refused.value.code == "ends_anyway"


def test_a_retried_notice_changes_nothing():
    contract = under_notice()
    again = notices.give_notice(contract, **by(contract, "buyer", on=MARCH_15))
    assert again.event_count == contract.event_count
    with pytest.raises(Refused, match="is notice and cannot be ended by notice"):
        notices.give_notice(contract, **by(contract, "provider", on=MARCH_15))


def test_both_sides_withdraw_a_notice_and_its_money_is_reserved_again():
    buyer = make.me(kind="frontline")
    make.granted(buyer, "20000.00")
    contract = under_notice(buyer=buyer)
    on = date(2026, 4, 2)
    notices.withdraw_notice(contract, **by(contract, "provider", on=on))
    back = notices.withdraw_notice(contract, **by(contract, "buyer", on=on))
    assert (back.state, back.ended_on) == ("active", None)
    assert sum(promised(back).values()) == D("20000.00")
    assert verify_contract(back) == []
    with pytest.raises(Refused, match="is active and cannot be kept from its notice"):
        notices.withdraw_notice(contract, **by(contract, "provider", on=on))


def test_a_withdrawal_that_cannot_be_paid_says_what_is_missing():
    buyer = make.me(kind="frontline")
    make.granted(buyer, "20000.00")
    contract = under_notice(buyer=buyer)
    make.agreed(buyer, price="16000.00", starts_on=date(2026, 5, 1), ends_on=date(2026, 5, 31),
                on=MARCH_15)  # fmt: skip
    notices.withdraw_notice(contract, **by(contract, "provider", on=MARCH_15))
    with pytest.raises(Refused, match=r"0\.00 available .* 16,000\.00 is needed") as refused:
        notices.withdraw_notice(contract, **by(contract, "buyer", on=MARCH_15))
    assert refused.value.code == "not_enough_money"
    contract.refresh_from_db()
    assert contract.state == "notice"


def test_what_was_suspended_stays_suspended_to_the_end_of_its_notice():
    contract = make.suspended(suspended_on=date(2026, 3, 11))
    contract = notices.give_notice(contract, **by(contract, "buyer", on=MARCH_15))
    assert (contract.state, contract.over_after_on) == ("notice", None)
    assert contract.suspensions.get().last_on == APRIL_30
    assert promised(contract) == {MARCH: D("645.16")}
    assert verify_contract(contract) == []
    on = date(2026, 3, 21)
    back = make.both(notices.withdraw_notice, contract, on=on)
    assert (back.state, back.suspensions.get().last_on) == ("active", date(2026, 3, 20))
    assert promised(back)[MARCH] == D("1354.84")
    assert verify_contract(back) == []


def test_what_the_chro_suspended_does_not_go_on_because_a_notice_is_withdrawn():
    contract = make.active()
    ordered = suspensions.order_suspension(
        contract, reason="They share a flat.", by=make.office(is_chro=True), on=MARCH_15
    )
    notices.give_notice(ordered, **by(contract, "buyer", on=MARCH_15))
    with pytest.raises(Refused, match="both sides cannot make it go on"):
        notices.withdraw_notice(contract, **by(contract, "provider", on=MARCH_15))


def test_both_sides_may_end_it_before_its_notice_does():
    contract = under_notice()
    last = date(2026, 4, 10)
    ended = make.both(agreements.propose_end, contract, on=date(2026, 3, 20), last_day_on=last)
    assert (ended.state, ended.ended_because, ended.ended_on) == ("ended", "mutual", last)
    assert promised(ended)[APRIL] == D("666.67")


def test_terms_that_renew_themselves_go_on_by_date_and_reserve_as_far_as_money_goes():
    buyer = make.me(kind="frontline")
    make.granted(buyer, "10000.00")
    contract = make.active(buyer, ends_on=APRIL_30, renews_months=3)
    assert promised(contract) == {MARCH: D("2000.00"), APRIL: D("2000.00")}
    later = date(2026, 5, 20)
    assert lifecycle.state_on(contract, on=later) == "active"
    assert Contract.objects.filter(in_states("active", on=later)).exists()
    assert Contract.objects.with_active_day(first=later, last=later).exists()
    assert clockwork.run_clock(on=APRIL_30)["renewed"] == 1
    assert clockwork.run_clock(on=APRIL_30)["renewed"] == 0
    contract.refresh_from_db()
    assert contract.ends_on == date(2026, 7, 31)
    assert funding.commit_due(on=APRIL_30) == {"committed": 1, "unfunded": 0}
    assert sum(promised(contract).values()) == D("10000.00")
    contract.refresh_from_db()
    assert not contract.is_unfunded
    assert verify_contract(contract) == []
    clockwork.run_clock(on=date(2026, 11, 3))
    contract.refresh_from_db()
    assert (contract.state, contract.ends_on) == ("active", date(2027, 1, 31))
    assert verify_contract(contract) == []


def test_a_notice_keeps_terms_from_renewing_themselves():
    contract = make.active(ends_on=APRIL_30, renews_months=12)
    contract = notices.give_notice(contract, **by(contract, "provider", on=date(2026, 4, 20)))
    assert (contract.state, contract.ended_on) == ("notice", APRIL_30)
    clockwork.run_clock(on=date(2026, 5, 1))
    contract.refresh_from_db()
    assert (contract.state, contract.ended_because) == ("ended", "notice")
