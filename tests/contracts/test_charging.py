"""Fee and usage of a month by every price plan, from the case alone (PRODUCT 4.4, 4.6, 4.10)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.errors import Refused
from contracts.pricing import Days
from contracts.settlement.cases import Case, Delivered, Terms
from contracts.settlement.computing import counted_keys, lines_of
from contracts.settlement.gates import Result, gate_of
from marketplace.price_plans import Plan, PricePlan, sound
from tests.make.plans import BANDS, plan

D = Decimal
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
MARCH_15 = date(2026, 3, 15)
TERM = Days(MARCH, date(2026, 12, 31))


def case(*plans, usage=(), settled=(), results=(), active=TERM, cap=None):
    """A contract whose plans hold one after the other, the second from 15 March."""
    starts = [MARCH, MARCH_15]
    terms = [Terms(n + 1, starts[n], each, cap) for n, each in enumerate(plans)]
    return Case(1, 2, 3, active, terms, list(usage), settled=list(settled), results=list(results))


def used(quantity, day=date(2026, 3, 20), item="units", key=7):
    return Delivered(day, D(quantity), item, key)


def amounts(case, month=MARCH):
    return [(line.term, line.amount) for line in lines_of(case, month)]


def result(value, *, version=1, month=MARCH, name="Stay", weight=1, **flags):
    flags = {"is_contested": False, "stands": True} | flags
    return Result(version, month, name, weight, "higher", D(100), D(0), D(value), **flags)


@pytest.mark.parametrize(
    ("kind", "quantity", "lines"),
    [
        ("fixed", None, [("fee", "12000.00")]),
        ("per_unit", "180", [("usage", "5400.00")]),
        ("graduated", "180", [("usage", "6400.00")]),
        ("volume", "180", [("usage", "5400.00")]),
        ("two_part", "180", [("fee", "2000.00"), ("usage", "2160.00")]),
        ("cost_plus", "100", [("usage", "5720.00")]),
        ("market_minus", "100", [("usage", "6580.00")]),
        ("time_capped", "120", [("hours", "9000.00")]),
        ("outcome", "6", [("outcomes", "16200.00")]),
        ("gain_share", "40000", [("gain", "6000.00")]),
        ("dual_price", "10", [("usage", "620.00")]),
    ],
)
def test_a_month_of_every_plan_is_charged_to_the_cent(kind, quantity, lines):
    item = Plan(kind).counts
    usage = [used(quantity, item=item)] if quantity else []
    found = amounts(case(plan(kind), usage=usage, results=[result(90)]))
    assert found == [(term, D(amount)) for term, amount in lines]


def test_a_calculation_tells_the_bands_and_the_gate():
    graduated = lines_of(case(plan("graduated"), usage=[used(180)]), MARCH)[0]
    assert graduated.calculation.startswith("50 × 40.00 + 100 × 35.00 + 30 × 30.00")
    paid = case(plan("outcome"), usage=[used(6, item="outcomes")], results=[result(90)])
    assert lines_of(paid, MARCH)[0].calculation == "6 × 3,000.00 per hire × 90 % success"


def test_a_price_that_changes_within_the_month_is_one_fee_rounded_once():
    old, new = (PricePlan(Plan.FIXED, D(price), "month") for price in ("6000", "7200"))
    line = lines_of(case(old, new), MARCH)[0]
    assert (line.amount, line.version) == (D("6658.06"), 2)
    assert line.calculation == "6,000.00 × 14 + 7,200.00 × 17 of 31 days"


def test_the_fee_of_a_two_part_price_is_prorated_and_its_units_are_not():
    half = case(plan("two_part"), usage=[used(10)], active=Days(date(2026, 3, 17), TERM.last))
    assert amounts(half) == [("fee", D("967.74")), ("usage", D("120.00"))]


def test_usage_has_the_price_of_its_day():
    old, new = plan("per_unit", "30.00"), plan("per_unit", "20.00")
    both = case(old, new, usage=[used(10, date(2026, 3, 14)), used(10, MARCH_15)])
    line = lines_of(both, MARCH)[0]
    assert (line.amount, line.quantity) == (D("500.00"), D(20))
    assert line.calculation == "10 × 30.00 per hire + 10 × 20.00 per hire"


def test_bands_go_on_when_other_terms_take_over_within_the_month():
    """The month has 80 units: the second version begins at the 41st, not at the first."""
    cheaper = sound(
        "graduated", price=None, unit="hire", quantity=D(1),
        parameters={"bands": [each | {"price": "10.00"} for each in BANDS]},
    )  # fmt: skip
    both = case(plan("graduated"), cheaper, usage=[used(40, MARCH), used(40, MARCH_15)])
    assert amounts(both) == [("usage", D(40 * 40 + 40 * 10))]
    back = case(cheaper, plan("graduated"), usage=[used(40, MARCH), used(40, MARCH_15)])
    line = lines_of(back, MARCH)[0]
    assert line.amount == D(40 * 10 + 10 * 40 + 30 * 35)
    assert line.calculation.endswith("40 hire after 40 = 1,450.00")


def test_a_volume_band_is_reached_by_all_units_of_the_month():
    flat = sound(
        "volume", price=None, unit="hire", quantity=D(1),
        parameters={"bands": [{"up_to": None, "price": "20.00"}]},
    )  # fmt: skip
    both = case(plan("volume"), flat, usage=[used(40, MARCH), used(40, MARCH_15)])
    assert amounts(both) == [("usage", D(40 * 35 + 40 * 20))]


def test_a_cap_holds_for_the_whole_month_whatever_the_rates_were():
    dear, cheap = plan("time_capped", "100.00"), plan("time_capped", "50.00")
    hours = [used(80, MARCH, "hours"), used(60, MARCH_15, "hours")]
    assert amounts(case(dear, cheap, usage=hours)) == [("hours", D("9000.00"))]


def test_a_plan_that_changes_its_kind_has_a_line_for_each_thing_counted():
    both = case(
        plan("per_unit"), plan("time_capped"),
        usage=[used(10, MARCH), used(2, MARCH_15, "hours")],
    )  # fmt: skip
    assert amounts(both) == [("usage", D("300.00")), ("hours", D("170.00"))]


def test_usage_on_a_day_that_counts_something_else_is_refused():
    for wrong in (used(1, item="hours"), used(1, date(2026, 3, 16), "units")):
        with pytest.raises(Refused) as refusal:
            lines_of(case(plan("per_unit"), plan("outcome"), usage=[wrong]), MARCH)
        assert refusal.value.code == "usage_outside_dates"


def test_late_usage_goes_on_in_the_bands_of_its_own_month():
    late = case(plan("graduated"), usage=[used(10)], settled=[used(45, key=0)])
    line = next(each for each in lines_of(late, APRIL) if each.origin_month == MARCH)
    assert line.amount == D(5 * 40 + 5 * 35)
    assert line.quantity == D(10)
    assert line.calculation.endswith("= 2,175.00, less 1,800.00 for 45 before")
    assert [each.amount for each in lines_of(late, APRIL) if each.origin_month == APRIL] == [0]


def test_late_units_that_reach_a_cheaper_volume_band_give_money_back():
    late = case(plan("volume"), usage=[used(1)], settled=[used(50, key=0)])
    line = next(each for each in lines_of(late, APRIL) if each.origin_month == MARCH)
    assert line.amount == D(51 * 35) - D(50 * 40) == D("-215.00")


def test_a_month_at_its_cap_costs_nothing_more_when_hours_come_late():
    late = case(
        plan("time_capped"), usage=[used(10, item="hours")],
        settled=[used(120, item="hours", key=0)],
    )  # fmt: skip
    assert [each.amount for each in lines_of(late, APRIL)] == [0, 0]


def test_outcomes_wait_until_a_value_stands_and_keep_their_month():
    waits = [
        [],
        [result(90, is_contested=True)],
        [result(90, stands=False)],
        [result(90), result(50, name="Quick", is_contested=True)],
        [result(90, version=2)],
        [result(90, month=APRIL)],
    ]
    for results in waits:
        waiting = case(plan("outcome"), usage=[used(6, item="outcomes")], results=results)
        (line,) = lines_of(waiting, MARCH)
        assert (line.amount, line.quantity, line.term) == (0, 0, "outcomes")
        assert "No value of March 2026 stands yet" in line.calculation
        assert counted_keys(waiting) == []
        april = [each for each in lines_of(waiting, APRIL) if each.origin_month == MARCH]
        assert april == []
    agreed = case(plan("outcome"), usage=[used(6, item="outcomes")], results=[result(90)])
    assert counted_keys(agreed) == [7]
    (march, april) = lines_of(agreed, APRIL)
    assert (march.origin_month, march.amount) == (MARCH, D("16200.00"))
    assert (april.origin_month, april.amount) == (APRIL, 0)


def test_the_gate_is_the_success_of_the_month_or_one_named_measure():
    both = [result(100, weight=3), result(50, name="Quick")]
    asked = {"version": 1, "month": MARCH}
    assert gate_of(both, **asked, measure="") == D("0.875")
    assert gate_of(both, **asked, measure="Quick") == D("0.5")
    assert gate_of(both, **asked, measure="Other") is None
    named = sound(
        "outcome", price=D(3000), unit="hire", parameters={"gate": "Quick"}, quantity=D(1)
    )
    paid = case(named, usage=[used(6, item="outcomes")], results=both)
    assert amounts(paid) == [("outcomes", D("9000.00"))]


def test_the_treasury_adds_to_a_dual_price_up_to_the_cap_of_the_month():
    sold = case(plan("dual_price"), usage=[used(10)], cap=D(12))
    (line,) = lines_of(sold, MARCH)
    assert (line.amount, line.subsidy) == (D("620.00"), D("80.00"))
    late = case(plan("dual_price"), usage=[used(5)], settled=[used(10, key=0)], cap=D(12))
    line = next(each for each in lines_of(late, APRIL) if each.origin_month == MARCH)
    assert (line.amount, line.subsidy) == (D("310.00"), D("16.00"))


KINDS = [each.value for each in Plan if each.counts and not each.rule.is_gated]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.lists(st.decimals(min_value="0.001", max_value=300, places=3), min_size=2, max_size=6),
    st.integers(1, 5),
)
def test_usage_that_comes_in_two_runs_costs_what_it_would_have_cost_in_one(kind, quantities, at):
    """Each line is rounded once, and late lines are the difference to what was settled before."""
    item = Plan(kind).counts
    days = [MARCH + timedelta(days=n) for n in range(len(quantities))]
    all_of_it = [used(q, day, item) for q, day in zip(quantities, days, strict=True)]
    cut = min(at, len(all_of_it) - 1)
    (whole,) = [
        each for each in lines_of(case(plan(kind), usage=all_of_it), MARCH) if each.term != "fee"
    ]
    (first,) = [
        each
        for each in lines_of(case(plan(kind), usage=all_of_it[:cut]), MARCH)
        if each.term != "fee"
    ]
    late = case(plan(kind), usage=all_of_it[cut:], settled=all_of_it[:cut])
    (rest,) = [each for each in lines_of(late, APRIL) if each.origin_month == MARCH]
    assert first.amount + rest.amount == whole.amount
    assert first.quantity + rest.quantity == whole.quantity
