"""What the rules of a budget give, by figures alone: PRODUCT 4.8, and sums that lose no cent."""

import dataclasses
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import allocating, budget_inputs, budget_rules
from ledger.budget_rules import Asked, Inputs, Unplannable
from tests.make import MARCH

D = Decimal
JANUARY = date(2026, 1, 1)
NAMES = {1: "North", 2: "South", 3: "East"}
KINDS = {1: "frontline", 2: "frontline", 3: "service"}
cents = st.integers(1, 10**9).map(lambda each: D(each) / 100)


def inputs(**fields):
    return Inputs(NAMES, KINDS, **fields)


def amounts(kind, terms, given=None, key=9):
    rows = budget_rules.plan(kind, terms, given or inputs(), key=key)
    return {row.micro_enterprise: row.amount for row in rows}


def uses(*rows):
    return [
        {"micro_enterprise": me, "use": str(use), "heads": heads and str(heads)}
        for me, use, heads in rows
    ]


def used(*rows, cost="240000.00", phase_in="0.25"):
    return {"former_cost": cost, "phase_in": phase_in, "on": "2026-01-01", "customers": uses(*rows)}


def test_last_years_use_with_a_quarter_by_head_count():
    terms = used((1, 60, 20), (2, 30, 20), (3, 10, 10))
    assert amounts("last_use", terms) == {1: 132000, 2: 78000, 3: 30000}
    first = budget_rules.plan("last_use", terms, inputs(), key=1)[0]
    assert first.figures == {"use": "60", "heads": "20", "share": "0.550000"}


def test_heads_left_out_are_the_posts_of_the_day():
    terms = used((1, 60, None), (2, 30, None), (3, 10, None))
    posts = {JANUARY: {1: D(20), 2: D(20), 3: D(10)}}
    assert amounts("last_use", terms, inputs(posts=posts)) == {1: 132000, 2: 78000, 3: 30000}


def test_nothing_used_divides_nothing():
    with pytest.raises(Unplannable, match="No ME used anything"):
        amounts("last_use", used((1, 0, 20)))
    with pytest.raises(Unplannable, match="No ME has a head"):
        amounts("last_use", used((1, 5, 0)))


def test_a_fixed_amount_for_each_and_a_list_that_goes_before_it():
    terms = {
        "each": "500.00",
        "kinds": ["frontline"],
        "figures": [
            {"micro_enterprise": 1, "amount": "750.00"},
            {"micro_enterprise": 3, "amount": "20.00"},
        ],
    }
    assert amounts("fixed", terms) == {1: 750, 2: 500, 3: 20}


def test_a_listed_me_that_trades_no_more_stops_the_rule():
    terms = {"each": None, "kinds": [], "figures": [{"micro_enterprise": 7, "amount": "1.00"}]}
    with pytest.raises(Unplannable, match="1 of the micro-enterprises listed do not trade"):
        amounts("fixed", terms)


def test_per_head_pays_by_full_time_posts_and_rounds_half_up():
    posts = {JANUARY: {1: D("12.50"), 2: D("0.33"), 3: D(4)}}
    terms = {"amount": "1200.50", "on": "2026-01-01", "kinds": ["frontline"]}
    # 1,200.50 x 12.50 = 15,006.25; 1,200.50 x 0.33 = 396.165.
    assert amounts("per_head", terms, inputs(posts=posts)) == {1: D("15006.25"), 2: D("396.17")}


def test_a_share_of_revenue_adds_sales_outside_and_never_goes_below_nothing():
    period = (JANUARY, MARCH)
    revenue = {period: {1: D("90000.00"), 2: D("-50.00")}}
    terms = {
        "percent": "2.5", "first": "2026-01-01", "last": "2026-03-01", "inside": True, "kinds": [],
        "figures": [{"micro_enterprise": 1, "amount": "10000.00"},
                    {"micro_enterprise": 3, "amount": "333.33"}],
    }  # fmt: skip
    # 2.5 % of 100,000.00; of -50.00 nothing; of 333.33 = 8.33325.
    assert amounts("revenue_share", terms, inputs(revenue=revenue)) == {1: 2500, 3: D("8.33")}
    outside_alone = terms | {"inside": False}
    assert amounts("revenue_share", outside_alone, inputs()) == {1: 250, 3: D("8.33")}


def asked(me, amount, *votes, peers=3, is_open=False):
    return Asked(me, D(amount), [D(vote) for vote in votes], peers, is_open)


REQUESTS = {"ask_until": "2026-02-01", "decide_by": "2026-02-10", "most": None}


def test_peers_grant_the_median_and_nothing_where_fewer_than_half_of_them_vote():
    rows = [asked(1, 9000, 9000, 6000, 0), asked(2, 100, 100, 50), asked(3, 100, 100)]
    assert amounts("requests", REQUESTS, inputs(requests={9: rows})) == {1: 6000, 2: 75}


def test_above_the_sum_set_aside_every_request_is_cut_alike():
    rows = [asked(me, 100, 100, 100, 100) for me in (1, 2, 3)]
    found = amounts("requests", REQUESTS | {"most": "100.00"}, inputs(requests={9: rows}))
    assert found == {1: D("33.34"), 2: D("33.33"), 3: D("33.33")}


def test_an_open_request_stops_the_rule_and_says_until_when():
    rows = [asked(1, 100, 50, is_open=True)]
    with pytest.raises(Unplannable, match="may vote until 10 February 2026"):
        amounts("requests", REQUESTS, inputs(requests={9: rows}))


@given(
    cents,
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 500)), min_size=1, max_size=3),
    st.integers(0, 100),
)
def test_a_sum_divided_by_use_and_heads_is_never_more_or_less(cost, rows, percent):
    terms = used(
        *((me, use, heads) for me, (use, heads) in enumerate(rows, 1)), cost=str(cost),
        phase_in=str(D(percent) / 100),
    )  # fmt: skip
    try:
        found = budget_rules.plan("last_use", terms, inputs(), key=1)
    except Unplannable:
        return
    assert sum(row.amount for row in found) == cost


@given(cents, st.lists(cents, min_size=1, max_size=3))
def test_requests_that_are_cut_add_up_to_what_was_set_aside(most, granted):
    rows = [asked(me, each, each, peers=1) for me, each in enumerate(granted, 1)]
    found = amounts("requests", REQUESTS | {"most": str(most)}, inputs(requests={9: rows}))
    assert sum(found.values()) == min(most, sum(granted))


def test_what_a_rule_may_read_is_a_closed_list_without_unspent_money():
    fields = [each.name for each in dataclasses.fields(Inputs)]
    assert fields == ["names", "kinds", "posts", "revenue", "requests"]
    # Neither the rules nor what reads for them know a wallet or a promise.
    for module in (budget_rules, budget_inputs):
        assert not {"Wallet", "Reservation", "queries", "statements"} & vars(module).keys()


PLAN = allocating.by_month(D(1800), is_monthly=True, year=2026, starts_in=1, since=JANUARY)


def test_a_revision_grants_what_was_due_and_goes_on_by_its_own_months():
    going = allocating.going_on(PLAN, brought=D(300), first=date(2026, 4, 1))
    assert list(going.values()) == [300, 150, 150, 150, 150, 150, 150, 150, 150]
    assert sum(going.values()) + 300 == 1800


def test_what_was_granted_too_much_is_set_off_against_the_months_that_follow():
    going = allocating.going_on(PLAN, brought=D(1000), first=date(2026, 4, 1))
    assert min(going) == date(2026, 7, 1)
    assert list(going.values()) == [50, 150, 150, 150, 150, 150]
    assert allocating.going_on(PLAN, brought=D(2000), first=date(2026, 4, 1)) == {}


def test_a_yearly_plan_revised_in_april_comes_in_april():
    plan = allocating.by_month(D(1800), is_monthly=False, year=2026, starts_in=1, since=JANUARY)
    assert allocating.going_on(plan, brought=D(1200), first=date(2026, 4, 1)) == {
        date(2026, 4, 1): 600
    }


@given(cents, st.lists(st.tuples(cents, cents), min_size=1, max_size=5))
def test_what_was_received_is_laid_against_the_parts_without_losing_a_cent(brought, parts):
    due = [min(pair) for pair in parts]
    planned = [max(pair) for pair in parts]
    laid = allocating.shared_out(brought, due=due, planned=planned)
    assert sum(laid) == brought
    if brought <= sum(due):
        assert all(each <= limit for each, limit in zip(laid, due, strict=True))


@given(cents, cents, st.integers(1, 12))
def test_what_is_released_after_a_revision_fills_up_to_the_plan(amount, brought, month):
    plan = allocating.by_month(amount, is_monthly=True, year=2026, starts_in=1, since=JANUARY)
    going = allocating.going_on(plan, brought=brought, first=date(2026, month, 1))
    assert sum(going.values()) == max(0, amount - brought)
    assert all(each > 0 for each in going.values())
