"""Scores come from the app above; the market shows and sorts by them."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.constraints import name_of
from marketplace import queries
from marketplace.actions import Score, record_satisfaction
from marketplace.models import SatisfactionScore, ServiceOffering
from tests import make

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
AUGUST = date(2025, 8, 1)


def score(of=None, *, provider=None, month=JANUARY, lower="0.5960", **figures):
    defaults = {
        "csat": Decimal("0.9000"), "lower_bound": Decimal(lower),
        "upper_bound": Decimal("0.9800"), "mean": Decimal("4.414"),
        "n": 10, "raters": 10, "invited": 20,
    }  # fmt: skip
    return Score(
        offering_id=of and of.pk, provider_id=provider and provider.pk,
        from_month=AUGUST, to_month=month, **defaults | figures,
    )  # fmt: skip


NOTHING = {"csat": None, "lower_bound": None, "upper_bound": None, "mean": None}


@pytest.mark.django_db
def test_a_recorded_score_is_the_headline_of_its_offering_and_of_its_provider():
    lab = make.me()
    offering = make.offering(lab)
    assert record_satisfaction([score(offering), score(provider=lab)], month=JANUARY) == 2
    offering.refresh_from_db()
    assert offering.score.lower_bound == Decimal("0.5960")
    assert offering.score.response_rate == Decimal("0.5")
    assert queries.score_of(lab).csat == Decimal("0.9000")


@pytest.mark.django_db
def test_a_month_scored_again_replaces_its_scores_and_adds_none():
    offering = make.offering(make.me())
    record_satisfaction([score(offering)], month=JANUARY)
    record_satisfaction([score(offering, lower="0.7000")], month=JANUARY)
    assert SatisfactionScore.objects.get().lower_bound == Decimal("0.7000")


@pytest.mark.django_db
def test_a_late_repetition_of_an_earlier_month_changes_no_headline():
    offering = make.offering(make.me())
    record_satisfaction([score(offering, month=FEBRUARY, lower="0.8000")], month=FEBRUARY)
    record_satisfaction([score(offering, month=JANUARY)], month=JANUARY)
    offering.refresh_from_db()
    assert offering.score.to_month == FEBRUARY
    assert queries.score_of(offering.provider) is None


@pytest.mark.django_db
def test_an_offering_that_a_later_month_leaves_out_has_no_headline_any_more():
    offering, other = make.offering(make.me()), make.offering(make.me())
    record_satisfaction([score(offering), score(other)], month=JANUARY)
    record_satisfaction([score(other, month=FEBRUARY)], month=FEBRUARY)
    offering.refresh_from_db()
    assert offering.score is None
    assert offering.scores.count() == 1, "the history stays"


@pytest.mark.django_db
def test_best_first_is_by_the_lower_bound_and_those_without_ratings_come_last_by_name():
    shop = make.me()
    names = ["Zebra", "Beta", "Alpha", "Solid"]
    zebra, beta, _alpha, solid = (make.offering(shop, name=name) for name in names)
    few = score(beta, raters=4, n=4, invited=9, **NOTHING)
    record_satisfaction(
        [score(solid, lower="0.8260"), score(zebra, lower="0.5960"), few], month=JANUARY
    )
    best_first = [offering.name for offering in queries.offerings_of(shop)]
    assert best_first == ["Solid", "Zebra", "Alpha", "Beta"]


@pytest.mark.django_db
def test_a_figure_below_five_raters_is_refused_by_the_action_and_by_the_database():
    offering = make.offering(make.me())
    with pytest.raises(ValueError, match="below five raters"):
        record_satisfaction([score(offering, raters=4)], month=JANUARY)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        SatisfactionScore.objects.create(
            offering=offering, from_month=AUGUST, to_month=JANUARY, raters=4, csat="0.9"
        )
    assert name_of(refused.value) == "nothing_shown_below_five_raters"


@pytest.mark.django_db
def test_a_score_of_another_month_or_of_nothing_is_a_programming_error():
    offering = make.offering(make.me())
    with pytest.raises(ValueError, match="not of 2026-02"):
        record_satisfaction([score(offering)], month=FEBRUARY)
    with pytest.raises(ValueError, match="of an offering or of a provider"):
        record_satisfaction([score(None)], month=JANUARY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("figures", "constraint"),
    [
        ({"csat": "1.2"}, "score_is_a_share_within_its_range"),
        ({"lower_bound": "0.95"}, "score_is_a_share_within_its_range"),
        ({"mean": "5.1"}, "mean_is_from_one_to_five"),
        ({"raters": 11}, "raters_gave_ratings"),
    ],
)
def test_the_database_refuses_a_score_that_cannot_be(figures, constraint):
    offering = make.offering(make.me())
    good = {
        "csat": "0.9", "lower_bound": "0.6", "upper_bound": "0.98", "mean": "4.4",
        "n": 10, "raters": 10, "invited": 20,
    }  # fmt: skip
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        SatisfactionScore.objects.create(
            offering=offering, from_month=AUGUST, to_month=JANUARY, **good | figures
        )
    assert name_of(refused.value) == constraint


@pytest.mark.django_db
def test_our_offerings_are_read_in_one_query_however_many(django_assert_num_queries):
    shop = make.me()
    for _ in range(3):
        make.offering(shop)
    with django_assert_num_queries(1):
        lines = [(o.name, o.category.name, o.score) for o in queries.offerings_of(shop)]
    assert len(lines) == 3
    assert ServiceOffering.objects.count() == 3
