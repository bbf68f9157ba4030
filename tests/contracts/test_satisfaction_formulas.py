"""The worked examples of PRODUCT 4.16 and what must always hold."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import satisfaction
from contracts.satisfaction import Batch, Tally

JAN, FEB, MARCH, APRIL = (date(2026, month, 1) for month in (1, 2, 3, 4))
counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("happy", "n", "lower"),
    [(2, 2, "0.342"), (9, 10, "0.596"), (90, 100, "0.826"), (100, 101, "0.946")],
)
def test_the_order_is_by_the_lower_end_of_what_the_answers_can_mean(happy, n, lower):
    assert round(satisfaction.wilson(happy, n).low, 3) == Decimal(lower)


def test_sixty_ratings_at_four_and_a_half_are_shown_as_4_414_in_a_category_at_3_9():
    shown = satisfaction.displayed_mean(270, 60, category_mean=Decimal("3.9"))
    assert round(shown, 3) == Decimal("4.414")


def test_eighteen_of_24_answers_and_60_invited_lie_between_30_and_90_percent():
    bounds = satisfaction.honest_bounds(happy=18, answers=24, invited=60)
    assert bounds == (Decimal("0.3"), Decimal("0.9"))
    assert satisfaction.csat(18, 24) == Decimal("0.75")
    assert not satisfaction.is_weak(answers=24, invited=60)
    assert satisfaction.is_weak(answers=17, invited=60)


@given(counts)
def test_the_share_lies_within_its_range(of):
    happy, n = of
    low, high = satisfaction.wilson(happy, n)
    assert 0 <= low <= Decimal(happy) / n <= high <= 1


@given(counts)
def test_one_more_unhappy_answer_never_raises_the_order(of):
    happy, n = of
    assert satisfaction.wilson(happy, n + 1).low <= satisfaction.wilson(happy, n).low


@given(counts)
def test_one_more_unhappy_answer_never_raises_csat(of):
    happy, n = of
    assert satisfaction.csat(happy, n + 1) <= satisfaction.csat(happy, n)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=200), st.integers(10, 50))
def test_one_more_one_never_raises_the_shown_mean(ratings, tenths):
    mean, total, n = Decimal(tenths) / 10, sum(ratings), len(ratings)
    now = satisfaction.displayed_mean(total, n, category_mean=mean)
    assert satisfaction.displayed_mean(total + 1, n + 1, category_mean=mean) <= now


def test_four_persons_with_many_ratings_give_no_figure_and_five_do():
    options = {"invited": 60, "category_mean": Decimal("3.9"), "minimum_raters": 5}
    few = satisfaction.score_of(Tally(n=24, raters=4, happy=24, total=120), **options)
    assert (few.csat, few.lower_bound, few.upper_bound, few.mean) == (None,) * 4
    assert (few.n, few.raters, few.invited) == (24, 4, 60)
    enough = satisfaction.score_of(Tally(n=25, raters=5, happy=24, total=121), **options)
    assert (enough.csat, enough.raters, enough.n) == (Decimal("0.9600"), 5, 25)
    assert enough.lower_bound < enough.csat < enough.upper_bound


def test_ratings_are_open_from_the_first_to_the_fourteenth_and_revealed_on_the_fifteenth():
    assert satisfaction.opens_on(MARCH) == date(2026, 4, 1)
    assert [
        satisfaction.is_open(MARCH, on=date(2026, 3, 31)),
        satisfaction.is_open(MARCH, on=date(2026, 4, 1)),
        satisfaction.is_open(MARCH, on=date(2026, 4, 14)),
        satisfaction.is_open(MARCH, on=date(2026, 4, 15)),
    ] == [False, True, True, False]
    assert satisfaction.last_revealed(on=date(2026, 4, 14)) == FEB
    assert satisfaction.last_revealed(on=date(2026, 4, 15)) == MARCH


def test_the_headline_covers_six_months_across_the_turn_of_the_year():
    assert satisfaction.window(MARCH)[0] == date(2025, 10, 1)
    assert len(satisfaction.window(MARCH)) == 6


def test_comments_wait_until_five_persons_have_rated():
    raters = {JAN: {1, 2, 3}, FEB: {2, 3}, MARCH: {4, 5}, APRIL: {1, 2, 3, 4}}
    merged = satisfaction.merged_months(raters, minimum_raters=5)
    assert merged == [Batch(JAN, MARCH)]
