"""Cancelling before the start, and the end that both sides name (PRODUCT 4.2)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.errors import Invalid, Refused
from contracts.actions import agreements, clockwork
from contracts.models import Contract, EndProposal
from ledger import queries as money
from ledger.actions import promise
from ledger.models import Reservation, SettlementRun
from tests import make
from tests.make import APRIL, MARCH, TODAY

pytestmark = pytest.mark.django_db
IN_MARCH = date(2026, 3, 10)


def committed(shop, *, on=TODAY):
    return money.money_of(shop, on=on).committed


def act(name, contract, side, *, on, **rest):
    party = getattr(contract, side)
    return getattr(agreements, name)(contract, party=party, by=make.lead_of(party), on=on, **rest)


def test_a_signed_contract_is_cancelled_up_to_the_fifth_day_before_its_start():
    shop = make.me()
    make.granted(shop, "30000.00")
    starts = date(2026, 3, 20)
    first, second = (make.agreed(shop, starts_on=starts, price="900.00") for _ in range(2))
    assert committed(shop) == 2 * (Decimal("348.39") + 9 * 900)
    ended = act("cancel", first, "provider", on=date(2026, 3, 15), reason="No boat.")
    assert (ended.state, ended.ended_because) == ("ended", "cancelled")
    assert committed(shop) == Decimal("348.39") + 9 * 900
    with pytest.raises(Refused, match="could be cancelled until 15 March 2026") as refused:
        act("cancel", second, "buyer", on=date(2026, 3, 16))
    assert refused.value.code == "too_late_to_cancel"
    assert act("cancel", first, "provider", on=date(2026, 3, 16)).event_count == 4


def test_a_cancelled_contract_has_no_active_day_and_closes_at_once():
    contract = make.agreed(starts_on=APRIL)
    act("cancel", contract, "buyer", on=TODAY)
    assert not Contract.objects.with_active_day(first=TODAY, last=date(2026, 12, 31)).exists()
    assert clockwork.run_clock(on=TODAY)["closed"] == 1
    contract.refresh_from_db()
    assert (contract.state, contract.ended_because) == ("closed", "cancelled")


def test_one_side_names_a_day_and_the_other_confirms_it_which_cuts_the_reservation():
    shop = make.me()
    make.granted(shop, "20000.00")
    contract = make.agreed(shop)
    last = date(2026, 4, 15)
    named = act("propose_end", contract, "buyer", on=IN_MARCH, last_day_on=last, reason="Moved.")
    assert (named.state, committed(shop)) == ("active", Decimal(20000))
    ended = act("confirm_end", contract, "provider", on=date(2026, 3, 24), last_day_on=last)
    assert (ended.state, ended.ended_because, ended.ended_on) == ("ended", "mutual", last)
    assert committed(shop) == Decimal("3000.00")
    rows = Reservation.objects.open().of(contract.cause)
    assert {row.month: row.amount for row in rows} == {MARCH: 2000, APRIL: 1000}
    assert [e.kind for e in ended.events.all()][-3:] == ["start", "propose_end", "confirm_end"]
    assert EndProposal.objects.get().state == "confirmed"


def test_a_cut_touches_no_month_that_is_settled_already():
    shop = make.me()
    make.granted(shop, "20000.00")
    contract = make.active(shop)
    plan = {date(2026, month, 1): Decimal("2000.00") for month in range(4, 13)}
    promise(shop, plan, kind="committed", cause=contract.cause, on=APRIL)
    last = date(2026, 4, 30)
    act("propose_end", contract, "buyer", on=date(2026, 4, 2), last_day_on=last)
    act("confirm_end", contract, "provider", on=date(2026, 4, 2), last_day_on=last)
    assert committed(shop) == Decimal("2000.00")


def test_naming_the_day_that_the_other_side_named_confirms_it():
    contract = make.active()
    last = date(2026, 4, 30)
    act("propose_end", contract, "buyer", on=IN_MARCH, last_day_on=last)
    assert act("propose_end", contract, "buyer", on=IN_MARCH, last_day_on=last).state == "active"
    assert act("propose_end", contract, "provider", on=IN_MARCH, last_day_on=last).state == "ended"


def test_another_day_takes_the_place_of_the_one_named_before():
    contract = make.active()
    first, second = date(2026, 4, 30), date(2026, 5, 31)
    act("propose_end", contract, "buyer", on=IN_MARCH, last_day_on=first)
    act("propose_end", contract, "provider", on=IN_MARCH, last_day_on=second)
    with pytest.raises(Refused, match=r"Nobody proposes to end .* on 30 April 2026"):
        act("confirm_end", contract, "buyer", on=IN_MARCH, last_day_on=first)
    ended = act("confirm_end", contract, "buyer", on=IN_MARCH, last_day_on=second)
    assert ended.ended_on == second
    assert ended == act("confirm_end", contract, "buyer", on=IN_MARCH, last_day_on=second)


def test_an_end_is_confirmed_within_fourteen_days_by_somebody_else_of_the_other_side():
    contract = make.active()
    last = date(2026, 6, 30)
    act("propose_end", contract, "buyer", on=IN_MARCH, last_day_on=last)
    with pytest.raises(Refused, match="the other side confirms it"):
        act("confirm_end", contract, "buyer", on=IN_MARCH, last_day_on=last)
    person = make.lead_of(contract.buyer)
    make.member(contract.provider, who=person, may_sign=True)
    with pytest.raises(Refused, match="one person cannot sign for both") as refused:
        agreements.confirm_end(
            contract, party=contract.provider, by=person, on=IN_MARCH, last_day_on=last
        )
    assert refused.value.code == "self_dealing"
    with pytest.raises(Refused, match="could be confirmed until 24 March 2026") as refused:
        act("confirm_end", contract, "provider", on=date(2026, 3, 25), last_day_on=last)
    assert refused.value.code == "end_lapsed"


def test_the_last_day_lies_between_today_and_the_end_of_the_terms():
    contract = make.active()
    with pytest.raises(Invalid, match="9 March 2026 is over"):
        act("propose_end", contract, "buyer", on=IN_MARCH, last_day_on=date(2026, 3, 9))
    with pytest.raises(Invalid, match="ends on 31 December 2026 anyway"):
        act("propose_end", contract, "buyer", on=IN_MARCH, last_day_on=contract.ends_on)
    assert act("propose_end", contract, "buyer", on=IN_MARCH, last_day_on=IN_MARCH).state


def test_a_month_that_is_computed_is_not_cut_any_more():
    contract = make.active()
    last = date(2026, 3, 31)
    act("propose_end", contract, "buyer", on=last, last_day_on=last)
    SettlementRun.objects.create(month=MARCH, state="computed", opened_at=make.org().founded_at)
    with pytest.raises(Refused, match="March 2026 is being settled or settled already") as refused:
        act("confirm_end", contract, "provider", on=date(2026, 4, 5), last_day_on=last)
    assert refused.value.code == "month_computed"


def test_an_end_before_the_start_leaves_no_active_day_and_frees_all():
    shop = make.me()
    make.granted(shop, "20000.00")
    contract = make.agreed(shop)
    last = TODAY + timedelta(days=2)
    act("propose_end", contract, "provider", on=TODAY, last_day_on=last)
    act("confirm_end", contract, "buyer", on=TODAY, last_day_on=last)
    assert committed(shop) == 0
    assert clockwork.run_clock(on=TODAY)["closed"] == 1
