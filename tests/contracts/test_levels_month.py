"""Service levels through real months: what is computed, paid, freed and proven (PRODUCT 4.11)."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.errors import Refused
from contracts import settlement
from contracts.actions import clockwork
from contracts.actions.ratings import invite_due
from contracts.models import Contract, Measurement, SettlementLine
from contracts.settlement import intake
from contracts.settlement.computing import lines_of
from contracts.terms import Adjustment
from ledger.checks import findings
from ledger.models import Transfer
from tests import make
from tests.make import APRIL, MARCH

pytestmark = pytest.mark.django_db
D = Decimal
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
NAME = "Tickets answered in time"


def lines(contract, month=MARCH):
    rows = SettlementLine.objects.filter(contract=contract, month=month)
    return [(r.kind, r.origin_month, r.amount) for r in rows.order_by("kind", "origin_month")]


def paid(contract, month=MARCH):
    rows = Transfer.objects.filter(cause_id=contract.pk, month=month, kind="charge")
    return sum(row.amount for row in rows)


def proven():
    return [finding.broken for finding in findings() if finding.broken] == []


def test_the_worked_month_12_000_less_600_and_the_rest_of_the_promise_is_free_again():
    contract = make.levelled(ends_on=date(2026, 3, 31))
    make.measured(contract, 11, 12)
    make.settled()
    assert lines(contract) == [("credit", MARCH, D("-600.00")), ("fee", MARCH, D("12000.00"))]
    assert paid(contract) == D("11400.00")
    wallet = make.wallet(contract.buyer)
    assert (wallet.balance, wallet.reserved) == (D("988600.00"), 0)
    assert Measurement.objects.get().counted_in == MARCH
    assert proven()


def test_two_levels_at_10_percent_are_capped_at_1_800():
    contract = make.levelled(levels=(make.level("Uptime"), make.level("Answers")))
    for name in ("Uptime", "Answers"):
        make.measured(contract, 85, 100, name=name)
    make.settled()
    assert paid(contract) == D("10200.00")
    assert proven()


def test_what_is_not_measured_costs_nothing_and_has_a_line_that_says_so():
    contract = make.levelled()
    make.settled()
    line = contract.lines.get(kind="credit")
    assert (line.amount, line.calculation) == (0, "Not measured in March 2026: no credit")
    assert (line.term, paid(contract)) == (NAME, D("12000.00"))


def test_a_contested_measurement_waits_and_is_credited_with_its_own_month():
    contract = make.levelled()
    measurement = make.measured(contract, 91, 100)
    make.doubted(measurement, on=date(2026, 4, 3))
    make.settled(to="locked", on=date(2026, 4, 10))
    assert lines(contract)[0] == ("credit", MARCH, 0)
    make.agreed_on(measurement, on=date(2026, 4, 20))
    make.measured(contract, 100, 100, month=APRIL)
    make.settled(APRIL)
    assert lines(contract, APRIL) == [
        ("credit", MARCH, D("-600.00")), ("credit", APRIL, 0), ("fee", APRIL, D("12000.00")),
    ]  # fmt: skip
    assert paid(contract, APRIL) == D("11400.00")
    assert proven()


def test_what_is_entered_on_the_fourth_belongs_to_the_next_month():
    contract = make.levelled()
    make.measured(contract, 91, 100, on=date(2026, 4, 4))
    make.settled()
    assert lines(contract)[0] == ("credit", MARCH, 0)
    make.settled(APRIL)
    assert ("credit", MARCH, D("-600.00")) in lines(contract, APRIL)


def test_a_late_measurement_of_a_contract_that_is_over_still_has_its_line():
    contract = make.levelled(ends_on=date(2026, 3, 31))
    make.measured(contract, 100, 100, on=date(2026, 4, 5))
    make.settled()
    make.settled(APRIL)
    assert lines(contract, APRIL) == [("credit", MARCH, 0)]


def test_two_good_months_return_half_of_the_credit():
    contract = make.levelled()
    for month, met in ((MARCH, 91), (APRIL, 97), (MAY, 98)):
        make.measured(contract, met, 100, month=month)
        make.settled(month)
    assert lines(contract, MAY) == [
        ("credit", MAY, 0), ("earn_back", MARCH, D("300.00")), ("fee", MAY, D("12000.00")),
    ]  # fmt: skip
    assert paid(contract, MAY) == D("12300.00")
    make.measured(contract, 98, 100, month=JUNE)
    make.settled(JUNE)
    assert [kind for kind, _, _ in lines(contract, JUNE)] == ["credit", "fee"]
    assert proven()


def test_an_agreed_bonus_is_paid_on_top_of_the_plan():
    contract = make.levelled(levels=(make.level(bonus_above=D(99), bonus=D(3)),))
    make.measured(contract, 1000, 1000)
    make.settled()
    assert ("bonus", MARCH, D("360.00")) in lines(contract)
    assert paid(contract) == D("12360.00")
    assert proven()


def test_satisfaction_of_the_month_revealed_last_adjusts_the_fee():
    agreed = Adjustment(percent=D(2), target=D(80), floor=D(50))
    contract = make.levelled(adjustment=agreed, price="12000.00")
    make.rated(contract, 5, 5, 4, 4, 4)
    invite_due(on=APRIL)
    make.settled()
    assert ("satisfaction", MARCH, 0) in lines(contract)
    make.settled(APRIL)
    line = contract.lines.get(kind="satisfaction", month=APRIL)
    assert line.amount == D("240.00")
    assert line.calculation.startswith("Satisfaction of March 2026, 5 of")


def test_usage_is_the_base_where_there_is_no_fixed_fee():
    contract = make.hires(levels=(make.level(),), price="64.00", expected=100, cap=100)
    make.used(contract, "100")
    make.measured(contract, 91, 100)
    make.settled()
    assert lines(contract) == [("credit", MARCH, D("-320.00")), ("usage", MARCH, D("6400.00"))]


def test_what_a_run_has_counted_is_answered_and_changed_no_more():
    contract = make.levelled()
    measurement = make.measured(contract, 91, 100)
    make.settled()
    with pytest.raises(Refused, match="It is settled with March 2026"):
        make.measured(contract, 99, 100, on=date(2026, 4, 7))
    with pytest.raises(Refused, match="It is settled with March 2026"):
        make.doubted(measurement, on=date(2026, 4, 3))


def test_a_second_run_changes_nothing():
    contract = make.levelled()
    make.measured(contract, 91, 100)
    make.settled()
    before = list(SettlementLine.objects.order_by("pk").values())
    settlement.work(MARCH, on=date(2026, 4, 8))
    assert list(SettlementLine.objects.order_by("pk").values()) == before


def test_a_settled_contract_closes_only_when_no_measurement_waits():
    contract = make.levelled(ends_on=date(2026, 3, 31))
    waiting = make.measured(contract, 91, 100)
    make.doubted(waiting, on=date(2026, 4, 3))
    make.settled(to="locked", on=date(2026, 4, 10))
    clockwork.run_clock(on=date(2026, 4, 30))
    assert Contract.objects.get(pk=contract.pk).state == "ended"
    make.agreed_on(waiting, on=date(2026, 4, 30))
    make.settled(APRIL, to="locked", on=date(2026, 5, 10))
    clockwork.run_clock(on=date(2026, 6, 30))
    assert Contract.objects.get(pk=contract.pk).state == "closed"


def test_a_chunk_reads_its_levels_in_a_fixed_number_of_queries_whatever_its_size():
    contract = make.levelled(adjustment=Adjustment(percent=D(2), target=D(80), floor=D(50)))
    buyer = contract.buyer_id

    def cost():
        with CaptureQueriesContext(connection) as captured:
            cases = intake.read(MARCH, first=buyer, until=buyer).cases
        return cases, len(captured)

    make.twins(contract, 9, met=91, of=100)
    cases, few = cost()
    assert len(cases) == 10
    make.twins(contract, 990, met=91, of=100)
    cases, many = cost()
    assert (len(cases), many) == (1000, few)
    credited = [line.amount for case in cases for line in lines_of(case, MARCH)]
    assert credited.count(D("-600.00")) == 999
