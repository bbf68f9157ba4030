"""Other terms from a day to come, and a later end: signed by both sides (PRODUCT 4.2, 4.6)."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.errors import Invalid, Refused
from contracts import lifecycle
from contracts.actions import amendments, breaches, clockwork, notices
from contracts.integrity import verify_contract
from contracts.models import Contract, SettlementLine
from contracts.queries.delivery import version_on
from contracts.terms import terms_of
from ledger.models import Reservation
from tests import make
from tests.make import APRIL, MARCH

pytestmark = pytest.mark.django_db
D = Decimal
ON = date(2026, 3, 10)
MARCH_15, MARCH_31 = date(2026, 3, 15), date(2026, 3, 31)


def by(contract, side, *, on=ON):
    party = getattr(contract, side)
    return {"party": party, "by": make.lead_of(party), "on": on}


def promised(contract):
    rows = Reservation.objects.open().of(contract.cause)
    return {row.month: row.amount for row in rows}


def proposed(contract, *, side="provider", on=ON, valid_from_on=MARCH_15, **changes):
    contract = Contract.objects.get(pk=contract.pk)
    terms = terms_of(contract.current.terms).with_changes(**changes)
    return amendments.propose_amendment(
        contract, seen_hash=contract.current.hash, terms=terms, valid_from_on=valid_from_on,
        **by(contract, side, on=on),
    )  # fmt: skip


def accepted(contract, *, side="buyer", on=ON, kind="amendment"):
    version = contract.proposals.get(state="open", version__isnull=False).version
    action = getattr(amendments, f"accept_{kind}")
    return action(contract, seen_hash=version.hash, **by(contract, side, on=on))


def amended(contract, *, on=ON, **changes):
    return accepted(proposed(contract, on=on, **changes), on=on)


def test_a_price_that_changes_in_the_middle_of_a_month_is_prorated_and_rounded_once():
    contract = make.active(price="6000.00", ends_on=date(2026, 4, 30))
    contract = amended(contract, price=D("7200.00"))
    assert (contract.state, contract.current.number) == ("active", 2)
    assert promised(contract) == {MARCH: D("6658.06"), APRIL: D("7200.00")}
    assert version_on(contract, on=date(2026, 3, 14)).price == D("6000.00")
    assert version_on(contract, on=MARCH_15).price == D("7200.00")
    make.settled(MARCH)
    line = SettlementLine.objects.get(contract=contract)
    assert (line.amount, line.version_id) == (D("6658.06"), contract.current_id)
    assert verify_contract(contract) == []


def test_the_contract_goes_on_unchanged_until_both_have_signed():
    contract = make.active()
    before = promised(contract)
    asked = proposed(contract, price=D("2500.00"))
    assert (asked.state, asked.current.number, asked.versions.count()) == ("active", 1, 2)
    assert promised(asked) == before
    assert verify_contract(asked) == []
    again = proposed(contract, price=D("2500.00"))
    assert again.versions.count() == 2
    with pytest.raises(Refused, match="the other side confirms it"):
        accepted(asked, side="provider")
    other = proposed(contract, price=D("2400.00"), side="buyer")
    assert [p.state for p in other.proposals.order_by("pk")] == ["replaced", "open"]
    first = contract.versions.get(number=2)
    with pytest.raises(Refused, match="is not an amendment that is proposed now") as refused:
        amendments.accept_amendment(contract, seen_hash=first.hash, **by(contract, "buyer"))
    assert refused.value.code == "terms_changed"


def test_an_amendment_lapses_after_fourteen_days_and_before_its_day():
    contract = make.active()
    soon = proposed(contract, price=D("2500.00"), valid_from_on=MARCH_15)
    assert soon.proposals.get().answer_until_on == date(2026, 3, 14)
    with pytest.raises(Refused, match="is not an amendment"):
        accepted(soon, on=MARCH_15)
    later = proposed(contract, price=D("2500.00"), valid_from_on=date(2026, 6, 1), on=MARCH_15)
    assert later.proposals.get(state="open").answer_until_on == date(2026, 3, 29)


@pytest.mark.parametrize("day", [date(2026, 3, 10), date(2027, 1, 1)])
def test_an_amendment_holds_from_a_day_to_come_and_within_the_term(day):
    with pytest.raises(Invalid, match="holds from a day to come, up to the last day") as refused:
        proposed(make.active(), price=D("2500.00"), valid_from_on=day)
    assert refused.value.field == "valid_from_on"


def test_an_amendment_that_changes_nothing_is_refused():
    with pytest.raises(Refused, match="changes nothing"):
        proposed(make.active())


def test_a_dearer_amendment_needs_the_extra_money():
    buyer = make.me(kind="frontline")
    make.granted(buyer, "20500.00")
    contract = proposed(make.active(buyer), price=D("2100.00"), valid_from_on=APRIL)
    with pytest.raises(Refused, match=r"500\.00 available .* 900\.00 is needed") as refused:
        accepted(contract)
    assert refused.value.code == "not_enough_money"
    contract.refresh_from_db()
    assert (contract.current.number, contract.proposals.get().state) == (1, "open")
    make.granted(buyer, "400.00", on=ON)
    assert accepted(contract).current.number == 2


def test_a_cheaper_amendment_frees_what_it_saves():
    contract = amended(make.active(), price=D("1500.00"), valid_from_on=APRIL)
    assert promised(contract)[MARCH] == D("2000.00")
    assert promised(contract)[APRIL] == D("1500.00")


def test_units_are_charged_at_the_price_of_their_day():
    contract = make.hires()
    clockwork.run_clock(on=MARCH)
    contract = amended(contract, price=D("120.00"))
    make.used(contract, 2, used_on=date(2026, 3, 14))
    make.used(contract, 3, used_on=MARCH_15)
    assert promised(contract)[MARCH] == D("1200.00")
    make.settled(MARCH)
    assert SettlementLine.objects.get(contract=contract).amount == D("560.00")


def test_an_amended_notice_period_and_an_amendment_under_notice():
    contract = amended(make.active(), notice_days=90)
    contract = notices.give_notice(contract, **by(contract, "buyer", on=MARCH_15))
    assert contract.ended_on == date(2026, 6, 30)
    contract = amended(contract, price=D("1000.00"), valid_from_on=APRIL, on=MARCH_15)
    assert (contract.state, promised(contract)[APRIL]) == ("notice", D("1000.00"))


def renewal(contract, *, ends_on, side="provider", on=ON, **rest):
    contract = Contract.objects.get(pk=contract.pk)
    return amendments.propose_renewal(
        contract, ends_on=ends_on, **by(contract, side, on=on), **rest
    )


def with_benchmark(contract, *, priced_on=date(2026, 1, 5)):
    make.outside_offer(
        of=contract.offering.category, unit=contract.current.unit, priced_on=priced_on,
        valid_until_on=None,
    )  # fmt: skip
    return contract


def test_a_renewal_is_the_same_contract_with_a_new_version_and_a_new_end():
    contract = with_benchmark(make.active(ends_on=MARCH_31))
    contract = renewal(contract, ends_on=date(2026, 6, 30))
    assert contract.ends_on == MARCH_31
    contract = accepted(contract, kind="renewal")
    assert (contract.state, contract.ends_on) == ("active", date(2026, 6, 30))
    assert contract.current.valid_from_on == APRIL
    assert sum(promised(contract).values()) == D("8000.00")
    assert lifecycle.state_on(contract, on=date(2026, 6, 30)) == "active"
    assert verify_contract(contract) == []


def test_a_renewal_asks_for_a_benchmark_younger_than_twelve_months():
    contract = make.active(ends_on=MARCH_31)
    with pytest.raises(Refused, match="there is none") as refused:
        renewal(contract, ends_on=date(2026, 6, 30))
    assert refused.value.code == "benchmark_needed"
    with_benchmark(contract, priced_on=date(2025, 3, 10))
    with pytest.raises(Refused, match="the newest is of 10 March 2025"):
        renewal(contract, ends_on=date(2026, 6, 30))
    with_benchmark(contract, priced_on=date(2025, 3, 11))
    assert renewal(contract, ends_on=date(2026, 6, 30)).proposals.get().kind == "renew"


def test_a_renewal_is_signed_up_to_the_last_day_and_no_later():
    contract = with_benchmark(make.active(ends_on=MARCH_31))
    contract = renewal(contract, ends_on=date(2026, 6, 30), on=date(2026, 3, 25))
    with pytest.raises(Refused, match="is ended and cannot be renewed"):
        accepted(contract, kind="renewal", on=APRIL)
    assert accepted(contract, kind="renewal", on=MARCH_31).ends_on == date(2026, 6, 30)


def test_of_an_amendment_and_a_renewal_only_the_one_signed_first_holds():
    contract = with_benchmark(make.active(ends_on=MARCH_31))
    proposed(contract, price=D("1800.00"))
    contract = renewal(contract, ends_on=date(2026, 6, 30))
    amendment = contract.proposals.get(kind="amend").version
    version = contract.proposals.get(kind="renew").version
    amendments.accept_renewal(contract, seen_hash=version.hash, **by(contract, "buyer"))
    with pytest.raises(Refused, match="is not an amendment that is proposed now"):
        amendments.accept_amendment(contract, seen_hash=amendment.hash, **by(contract, "buyer"))


def test_either_side_drops_a_proposal():
    contract = proposed(make.active(), price=D("2500.00"))
    contract = breaches.drop_proposal(contract, "amend", **by(contract, "buyer"), reason="Dear.")
    assert contract.proposals.get().state == "dropped"
    with pytest.raises(Refused, match="is not an amendment"):
        amendments.accept_amendment(
            contract, seen_hash=contract.versions.get(number=2).hash, **by(contract, "buyer")
        )
    assert verify_contract(contract) == []
