"""The outside beside the inside on the same unit, and the verdict on both."""

from datetime import date
from decimal import Decimal

import pytest

from marketplace import comparison, estimates
from marketplace.comparison import Compared
from marketplace.forms.search import usual_term
from marketplace.models import a_year_before
from tests import make
from tests.make import TODAY


def against(price="70.00", unit="hour", name="Bookkeeping"):
    return comparison.benchmark(
        category=make.category(), unit=unit, name=name, price=Decimal(price), on=TODAY
    )


@pytest.mark.django_db
def test_the_median_of_an_even_number_is_the_mean_of_the_two_in_the_middle():
    make.org()
    for price in ("10.00", "20.00", "20.01", "90.00"):
        make.outside_offer(price=price, unit="hour")
    found = against()
    assert (found.count, found.cheapest.price, found.median) == (
        4, Decimal("10.00"), Decimal("20.01"),
    )  # fmt: skip


@pytest.mark.django_db
def test_an_odd_number_has_its_middle_price():
    make.org()
    for price in ("10.00", "90.00", "20.00"):
        make.outside_offer(price=price, unit="hour")
    assert against().median == Decimal("20.00")


@pytest.mark.django_db
def test_without_an_offer_for_the_unit_nothing_is_compared():
    make.org()
    make.outside_offer(unit="day")
    found = against()
    assert (found.count, found.median, found.gap_to_median(Decimal(1))) == (0, None, None)
    assert found.gap_to_cheapest(Decimal(1)) is None


@pytest.mark.django_db
def test_offers_of_a_like_name_say_more_than_the_rest_of_the_category():
    make.org()
    for number in range(3):
        make.outside_offer(name=f"Network engineer {number}", price="100.00", unit="hour")
    for number in range(9):
        make.outside_offer(name=f"Data entry clerk {number}", price="20.00", unit="hour")
    alike = against(name="Network engineering")
    assert (alike.count, alike.median, alike.is_alike) == (3, Decimal("100.00"), True)
    other = against(name="Bookkeeping")
    assert (other.count, other.is_alike) == (12, False)


@pytest.mark.django_db
def test_what_can_be_ordered_counts_before_what_has_expired():
    make.org()
    make.outside_offer(price="10.00", unit="hour", valid_until_on=date(2026, 2, 19))
    make.outside_offer(price="50.00", unit="hour", valid_until_on=TODAY)
    found = against()
    assert (found.count, found.median, found.weakness) == (
        1, Decimal("50.00"), "there is only one quote",
    )  # fmt: skip


@pytest.mark.django_db
def test_prices_older_than_twelve_months_are_weak():
    make.org()
    for number in range(2):
        make.outside_offer(unit="hour", priced_on=date(2025, 2, 19), reference=f"old {number}")
    assert against().weakness == "every price is older than 12 months"


@pytest.mark.django_db
def test_a_benchmark_costs_the_same_queries_however_many_offers(django_assert_max_num_queries):
    make.org()
    for number in range(40):
        make.outside_offer(price=number + 1, unit="hour")
    with django_assert_max_num_queries(6):
        assert len(against().nearest) == 5


@pytest.mark.parametrize(
    ("day", "before"),
    [(date(2026, 2, 20), date(2025, 2, 20)), (date(2028, 2, 29), date(2027, 2, 28))],
)
def test_twelve_months_before_a_leap_day_is_the_end_of_february(day, before):
    assert a_year_before(day) == before


INSIDE = Compared("inside", "Samples", "Lab", Decimal("58.00"), "sample", csat=Decimal("0.94"))
OUTSIDE = Compared("outside", "Panel", "Hydrolab", Decimal("63.35"), "sample")


def test_the_verdict_sets_the_cheapest_inside_against_the_cheapest_outside():
    dear = Compared("outside", "Metals", "Norrlab", Decimal("138.00"), "sample")
    found = comparison.verdict([dear, OUTSIDE, INSIDE])
    assert found.sentence == "Inside is 8.4 % cheaper: Lab asks 58.00 per sample, Hydrolab 63.35."
    assert found.where == "inside"
    assert found.reasons == ["Of the answers about Lab, 94 of 100 are 4 or 5."]


def test_a_weak_outside_price_is_called_so():
    weak = Compared("outside", "Panel", "Hydrolab", Decimal("40.00"), "sample", weakness="Old.")
    found = comparison.verdict([INSIDE, weak])
    assert found.sentence.startswith("Outside is 31.0 % cheaper")
    assert "Old." in found.reasons


def test_two_of_one_kind_are_told_apart_by_name_and_equal_prices_are_equal():
    second = Compared("outside", "Assay", "Norrlab", Decimal("70.00"), "sample")
    found = comparison.verdict([second, OUTSIDE])
    assert found.sentence.startswith("Panel is 9.5 % cheaper: Hydrolab asks 63.35")
    same = Compared("outside", "Panel", "Hydrolab", Decimal("58.00"), "sample")
    assert comparison.verdict([INSIDE, same]).sentence == (
        "Lab, inside, and Hydrolab, outside, ask the same, 58.00 per sample."
    )


def test_different_units_and_a_single_offer_have_no_verdict():
    hourly = Compared("outside", "Panel", "Hydrolab", Decimal("1.00"), "hour")
    found = comparison.verdict([INSIDE, hourly])
    assert found.sentence == "Prices per hour and per sample cannot be set against each other."
    assert comparison.verdict([INSIDE]).sentence == "Choose at least two offers to compare."


@pytest.mark.django_db
def test_an_estimate_tells_this_fiscal_year_from_later_ones():
    shop = make.me()
    make.granted(shop, "10000.00")
    version = make.offering(make.me(), price="2000.00").current
    found = estimates.estimate(
        version, buyer=shop, quantity=Decimal(0), starts_on=date(2026, 10, 1),
        ends_on=date(2027, 9, 30), year_starts_in=1, on=TODAY,
    )  # fmt: skip
    # Signing 2,000 a month for twelve months on 1 October: 6,000 now, 18,000 later (PRODUCT 4.7).
    assert (found.now, found.later, found.total) == (6000, 18000, 24000)
    assert (found.left, found.after["available"], found.after["committed"]) == (4000, 4000, 6000)


@pytest.mark.parametrize(
    ("on", "starts_in", "term"),
    [
        (date(2026, 2, 20), 1, (date(2026, 3, 1), date(2026, 12, 31))),
        (date(2026, 9, 30), 1, (date(2026, 10, 1), date(2026, 12, 31))),
        (date(2026, 10, 1), 1, (date(2026, 11, 1), date(2027, 10, 31))),
        (date(2026, 12, 31), 1, (date(2027, 1, 1), date(2027, 12, 31))),
        (date(2026, 2, 20), 7, (date(2026, 3, 1), date(2026, 6, 30))),
    ],
)
def test_the_usual_term_ends_with_the_fiscal_year_unless_that_is_near(on, starts_in, term):
    assert usual_term(on, year_starts_in=starts_in) == term
