"""Price plans by the worked examples of PRODUCT 4.4 and 4.6, and what holds for all of them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.errors import Invalid
from ledger.money import to_cents
from marketplace.price_plans import Plan, PricePlan, plan_of, planned_by_month, require_usual, sound
from tests.make.plans import BANDS, EXAMPLES, plan

D = Decimal
ZERO = Decimal(0)
TOLD = "up to 50 at 40.00, up to 150 at 35.00, rest at 30.00"


def planned(kind, price, starts_on, ends_on, quantity=ZERO):
    terms = PricePlan(kind, Decimal(price), "unit")
    return planned_by_month(terms, quantity=Decimal(quantity), starts_on=starts_on, ends_on=ends_on)


@pytest.mark.parametrize(
    ("price", "starts_on", "ends_on", "cost"),
    [
        ("9000", date(2026, 6, 11), date(2026, 6, 30), "6000.00"),
        ("3000", date(2026, 2, 1), date(2026, 2, 14), "1500.00"),
        ("3000", date(2026, 1, 31), date(2026, 1, 31), "96.77"),
        ("3000", date(2026, 1, 1), date(2026, 1, 31), "3000.00"),
    ],
)
def test_a_fixed_fee_is_prorated_by_calendar_days(price, starts_on, ends_on, cost):
    assert planned(Plan.FIXED, price, starts_on, ends_on) == {
        starts_on.replace(day=1): Decimal(cost)
    }


def test_units_are_per_month_and_never_prorated():
    cost = planned(Plan.PER_UNIT, "30", date(2026, 3, 16), date(2026, 4, 2), quantity="180")
    assert cost == {date(2026, 3, 1): Decimal("5400.00"), date(2026, 4, 1): Decimal("5400.00")}


def test_of_a_two_part_price_only_the_fee_is_prorated():
    half = planned_by_month(
        plan("two_part"), quantity=D(180), starts_on=date(2026, 6, 16), ends_on=date(2026, 6, 30)
    )
    assert half == {date(2026, 6, 1): D("1000.00") + D("2160.00")}


def test_a_term_over_the_year_has_every_month_once_in_order():
    cost = planned(Plan.FIXED, "2000", date(2026, 10, 1), date(2027, 9, 30))
    assert list(cost) == sorted(cost)
    assert (len(cost), sum(cost.values())) == (12, Decimal("24000.00"))


@pytest.mark.parametrize(
    ("kind", "quantity", "cost", "words"),
    [
        ("fixed", "0", "12000.00", "12,000.00 a month, by calendar days"),
        ("per_unit", "180", "5400.00", "180 × 30.00 per hire"),
        (
            "graduated", "180", "6400.00",
            "50 × 40.00 + 100 × 35.00 + 30 × 30.00 (hire, graduated)",
        ),
        ("volume", "180", "5400.00", "180 × 30.00 per hire, the band reached"),
        ("two_part", "180", "4160.00", "180 × 12.00 per hire"),
        ("cost_plus", "100", "5720.00", "100 hire × 52.00 standard cost × 1.1"),
        ("market_minus", "100", "6580.00", "100 hire × 70.00 outside × 0.94"),
        (
            "time_capped", "120", "9000.00",
            "120 × 85.00 per hour = 10,200.00, capped at 9,000.00",
        ),
        ("outcome", "6", "18000.00", "6 × 3,000.00 per hire"),
        ("gain_share", "40000", "6000.00", "gain of 40,000.00 × 15 %"),
        ("dual_price", "10", "620.00", "10 × 62.00 per hire"),
    ],
)  # fmt: skip
def test_every_plan_charges_what_the_product_says(kind, quantity, cost, words):
    made = plan(kind)
    assert made.month_amount(D(quantity)) == D(cost)
    assert made.words(D(quantity)) == words
    assert sum(amount for _, amount in made.calculation(D(quantity))) == D(cost)


def test_an_outcome_is_paid_by_how_far_the_month_was_a_success():
    assert to_cents(plan("outcome").usage_amount(D(6)) * D("0.9")) == D("16200.00")


def test_a_gain_below_its_baseline_costs_nothing():
    made = plan("gain_share", share="0.15", baseline="100000.00")
    assert made.month_amount(D(140_000)) == D("6000.00")
    assert made.month_amount(D(90_000)) == ZERO
    assert made.words(D(140_000)) == "gain of 140,000.00 − 100,000.00 = 40,000.00 × 15 %"


def test_a_dual_price_leaves_eight_per_unit_to_the_treasury():
    assert plan("dual_price").subsidy_per_unit() == D("8.00")
    assert plan("per_unit").subsidy_per_unit() == ZERO


def test_the_capacity_rate_does_not_rise_when_others_leave():
    """PRODUCT 4.19: 100,000 fixed over a practical capacity of 100, 200 variable: 1,200."""
    rate = sound(
        "two_part", price=None, unit="user", quantity=D(1),
        parameters={"fee": "1000.00", "unit_price": "200.00"},
    )  # fmt: skip
    assert rate.price == D("1200.00")
    idle = [D(100 - users) * rate.monthly_fee() for users in (100, 80, 60, 40)]
    assert idle == [D(0), D(20_000), D(40_000), D(60_000)]


@pytest.mark.parametrize(
    ("kind", "headline", "tariff"),
    [
        ("fixed", "12000.00", "12,000.00 a month, by calendar days"),
        ("per_unit", "30.00", "30.00 per hire"),
        ("graduated", "35.56", f"each hire at its band: {TOLD}"),
        ("volume", "30.00", f"all hires at the band reached: {TOLD}"),
        ("two_part", "23.11", "2,000.00 a month and 12.00 per hire"),
        ("cost_plus", "57.20", "52.00 standard cost × 1.1 per hire"),
        (
            "market_minus", "65.80",
            "70.00 outside × 0.94 per hire (outside price of 1 February 2026, GSA list)",
        ),
        ("time_capped", "85.00", "85.00 per hour, at most 9,000.00 a month"),
        ("outcome", "3000.00", "3,000.00 per hire that is accepted, times the month’s success"),
        ("gain_share", "6000.00", "15 % of the gain"),
        ("dual_price", "62.00", "62.00 per hire; the treasury adds 8.00 per hire"),
    ],
)  # fmt: skip
def test_every_plan_has_a_headline_that_lists_can_sort_by(kind, headline, tariff):
    assert (plan(kind).price, plan(kind).tariff()) == (D(headline), tariff)


def test_the_effective_price_holds_the_fee():
    assert plan("two_part").effective_price(D(100)) == D("32.00")
    assert plan("fixed").effective_price(D(100)) == D("12000.00")


def test_a_volume_price_warns_of_its_cliffs_and_no_other_plan_has_one():
    warnings = plan("volume").warnings()
    assert warnings[0] == "A cliff: 45 to 50 hires cost more than 51 would."
    fifty, one_more = (plan("volume").month_amount(D(count)) for count in (50, 51))
    assert (fifty, one_more) == (D("2000.00"), D("1785.00"))
    assert len(warnings) == 2
    assert [kind for kind in EXAMPLES if plan(kind).warnings()] == ["volume"]


@pytest.mark.parametrize("kind", EXAMPLES)
def test_what_is_stored_reads_back_as_the_same_plan(kind):
    made = plan(kind)
    again = plan_of(kind, price=made.price, unit=made.unit, parameters=made.document())
    assert (again, hash(again)) == (made, hash(made))
    assert sound(
        kind, price=made.price, unit=made.unit, parameters=made.document(), quantity=D(180)
    ).document() == made.document()  # fmt: skip


REFUSED = [
    ("graduated", {"bands": [{"up_to": "50", "price": "40"}, {"up_to": "50", "price": "30"},
                             {"up_to": None, "price": "20"}]}, "not above 50", "bands"),
    ("volume", {"bands": [{"up_to": "50", "price": "40"}]}, "what costs the next unit", "bands"),
    ("volume", {"bands": [{"up_to": None, "price": "40"}, {"up_to": None, "price": "30"}]},
     "never reached", "bands"),
    ("volume", {"bands": []}, "at least one band", "bands"),
    ("volume", {"bands": [{"up_to": None, "price": "0"}]}, "above 0", "bands"),
    ("volume", {"bands": [{"up_to": None, "price": "1", "more": 1}]}, "nothing else", "bands"),
    ("graduated", {"bands": [{"up_to": str(n), "price": "1"} for n in range(1, 12)]},
     "11 bands are too many", "bands"),
    ("cost_plus", {"standard_cost": "52", "margin": "1.01"}, "at most 100 %", "margin"),
    ("cost_plus", {"standard_cost": "NaN", "margin": "0.1"}, "is no number", "standard_cost"),
    ("cost_plus", {"standard_cost": "1e30", "margin": "0.1"}, "makes no sense", "standard_cost"),
    ("cost_plus", {"standard_cost": "52.001", "margin": "0.1"}, "more than 2 decimals",
     "standard_cost"),
    ("cost_plus", {"margin": "0.1"}, "is missing", "standard_cost"),
    ("market_minus", {"benchmark": "70", "saving": "1", "source": "x", "priced_on": "2026-01-01"},
     "at most 99.99 %", "saving"),
    ("market_minus", {"benchmark": "70", "saving": "0", "source": "x", "priced_on": "soon"},
     "is no day", "priced_on"),
    ("gain_share", {"share": "0"}, "above 0", "share"),
    ("gain_share", {"share": True}, "is no number", "share"),
    ("time_capped", {"cap": "84.99"}, "not one hour", "cap"),
    ("dual_price", {"full_cost": "62.00"}, "nothing to add", "full_cost"),
    ("fixed", {"fee": "1"}, "no parameter fee. It has none", "parameters"),
    ("two_part", {"fee": "1", "unit_price": "1", "cap": "3"}, "no parameter cap", "parameters"),
    ("two_part", [], "named values", "parameters"),
    ("flat", {}, "no price plan 'flat'", "plan"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "parameters", "words", "field"), REFUSED)
def test_parameters_that_make_no_sense_are_refused_by_name(kind, parameters, words, field):
    price = {"time_capped": "85", "dual_price": "62"}.get(kind, "10")
    with pytest.raises(Invalid, match=words) as refusal:
        sound(kind, price=D(price), unit="hire", parameters=parameters)
    assert refusal.value.field == field


def test_a_price_that_depends_on_the_quantity_asks_how_many_are_usual():
    with pytest.raises(Invalid, match="how much a month is usual") as refusal:
        require_usual("graduated", None, field="usual_quantity")
    assert refusal.value.field == "usual_quantity"
    require_usual("per_unit", None, field="usual_quantity")
    for nonsense in ("0", "-1", "NaN", "Infinity", "1e30", "0.0001"):
        with pytest.raises(Invalid):
            require_usual("per_unit", D(nonsense), field="usual_quantity")


quantities = st.decimals(min_value=0, max_value=5000, places=3)
prices = st.decimals(min_value="0.01", max_value=500, places=2)


@st.composite
def bands(draw):
    ends = sorted(draw(st.sets(st.integers(1, 200), max_size=5)))
    return [{"up_to": str(end), "price": str(draw(prices))} for end in ends] + [
        {"up_to": None, "price": str(draw(prices))}
    ]


def banded(kind, rows):
    return sound(kind, price=None, unit="hire", parameters={"bands": rows}, quantity=D(1))


@settings(max_examples=60, deadline=None)
@given(bands(), quantities, quantities)
def test_a_graduated_price_never_falls_and_never_jumps(rows, one, other):
    made, dearest = banded("graduated", rows), max(D(each["price"]) for each in rows)
    low, high = sorted([one, other])
    more = made.usage_amount(high) - made.usage_amount(low)
    assert 0 <= more <= (high - low) * dearest


@settings(max_examples=40, deadline=None)
@given(bands())
def test_the_cliffs_of_a_volume_price_are_those_that_trying_every_quantity_finds(rows):
    made = banded("volume", rows)
    cost = {units: made.usage_amount(D(units)) for units in range(1, 203)}
    cheapest_above = {202: cost[202]}
    for units in range(201, 0, -1):
        cheapest_above[units] = min(cost[units], cheapest_above[units + 1])
    tried = {units for units in range(1, 202) if cheapest_above[units + 1] < cost[units]}
    told = set()
    for cliff in made.plan.rule.cliffs({"bands": made.values["bands"]}):
        told |= set(range(cliff.first, cliff.last + 1))
        assert cost[cliff.cheaper] < cost[cliff.first]
    assert told == tried


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(EXAMPLES)), st.lists(quantities, min_size=1, max_size=6))
def test_the_parts_of_a_month_add_up_to_the_month(kind, deliveries):
    made, total, before, parts = plan(kind), sum(deliveries), ZERO, ZERO
    for quantity in deliveries:
        parts += made.usage_part(quantity, before=before, total=total)
        before += quantity
    assert parts == made.usage_amount(total)


@settings(max_examples=60, deadline=None)
@given(bands(), quantities, quantities)
def test_what_a_cap_reserves_is_the_most_that_up_to_so_many_units_cost(rows, one, other):
    made = banded("volume", rows)
    low, cap = sorted([one, other])
    assert to_cents(made.usage_amount(low)) <= made.dearest_usage(cap)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(EXAMPLES)), st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_a_part_of_a_month_costs_no_more_than_all_of_it_and_the_usage_stays_whole(kind, day):
    made, usage = plan(kind), to_cents(plan(kind).usage_amount(D(180)))
    last = date(2026, 12, 31)
    for cost in planned_by_month(made, quantity=D(180), starts_on=day, ends_on=last).values():
        assert usage <= cost <= made.month_amount(D(180))


def test_the_examples_are_all_plans():
    assert set(EXAMPLES) == {each.value for each in Plan}
    assert len(BANDS) == 3
