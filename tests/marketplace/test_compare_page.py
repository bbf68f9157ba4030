"""Offers side by side, by what they come to at the quantity and term of whoever asks."""

from decimal import Decimal

import pytest

from marketplace import comparison, estimates
from marketplace.comparison import Compared
from tests import make
from tests.make import plans

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def visitor(client):
    client.force_login(make.lead(make.me("Shop")))
    return client


def _at(plan, quantity, months=1):
    return estimates.cost_inside(plans.plan(plan), quantity=D(quantity), months=months)


@pytest.mark.parametrize(
    ("plan", "quantity", "month", "effective"),
    [
        ("per_unit", 180, "5400.00", "30.00"),
        ("graduated", 180, "6400.00", "35.56"),
        ("volume", 180, "5400.00", "30.00"),
        ("two_part", 180, "4160.00", "23.11"),
        ("cost_plus", 100, "5720.00", "57.20"),
        ("market_minus", 100, "6580.00", "65.80"),
        ("time_capped", 120, "9000.00", "75.00"),
        ("fixed", 180, "12000.00", "12000.00"),
        ("dual_price", 10, "620.00", "62.00"),
    ],
)
def test_each_plan_is_set_beside_others_by_what_a_unit_comes_to(plan, quantity, month, effective):
    """The figures of PRODUCT 4.4; a dual price costs its buyer the market price of 62."""
    cost = _at(plan, quantity, months=3)
    assert (cost.month, cost.effective_price, cost.total) == (D(month), D(effective), 3 * D(month))
    assert sum(part.amount for part in cost.parts) == cost.month


def test_an_outside_price_is_counted_unless_it_is_by_the_month():
    cost = estimates.cost_outside(D("62.00"), "hire", quantity=D(180), months=2)
    assert (cost.month, cost.total, cost.effective_price) == (11160, 22320, 62)
    assert cost.parts[0].words == "180 × 62.00 (hire)"
    flat = estimates.cost_outside(D("2100.00"), "month", quantity=D(180), months=2)
    assert (flat.month, flat.total) == (2100, 4200)


def _offer(where, price, unit="hire"):
    return Compared(where, "x", "y", D(price), unit)


def test_the_cheapest_is_named_in_words():
    named = comparison.cheapest_of
    assert named([_offer("inside", 5), _offer("outside", 4)]) == ["", "Cheapest"]
    assert named([_offer("inside", 4), _offer("outside", 4), _offer("inside", 5)]) == [
        "As cheap as another", "As cheap as another", "",
    ]  # fmt: skip
    assert named([_offer("inside", 4), _offer("outside", 4)]) == ["All cost the same"] * 2
    assert named([_offer("inside", 4), _offer("outside", 3, "hour")]) == ["", ""]
    assert named([_offer("inside", 4)]) == [""]


def test_the_quantity_decides_which_offer_is_cheapest(visitor):
    two_part = make.offering(make.me("Lab"), plan="two_part", name="Hiring inside")
    outside = make.outside_offer(price="40.00", unit="hire", by="Hydrolab")
    address = f"/market/compare/?item=o{two_part.pk}&item=x{outside.pk}"
    many = visitor.get(f"{address}&quantity=180&months=6")
    assert [(each["cost"].effective_price, each["mark"]) for each in many.context["columns"]] == [
        (D("23.11"), "Cheapest"), (D("40.00"), ""),
    ]  # fmt: skip
    page = " ".join(many.content.decode().split())
    assert "Inside is 42.2 % cheaper: Lab asks 23.11 per hire, Hydrolab 40.00." in page
    for words in ("At 180 a month, over 6 months", "4,160.00", "24,960.00", "43,200.00",
                  "2,000.00 a month and 12.00 per hire"):  # fmt: skip
        assert words in page, words
    few = visitor.get(f"{address}&quantity=10&months=6")
    assert [each["mark"] for each in few.context["columns"]] == ["", "Cheapest"]
    assert few.context["columns"][0]["cost"].effective_price == D("212.00")


def test_what_was_asked_stays_in_the_address_when_an_offer_is_left_out(visitor):
    first, second = make.outside_offer(), make.outside_offer()
    page = visitor.get(f"/market/compare/?item=x{first.pk}&item=x{second.pk}&quantity=5&months=2")
    assert page.context["columns"][0]["without_url"] == f"?item=x{second.pk}&quantity=5&months=2"


def test_satisfaction_comes_first_and_a_cliff_is_warned_of(visitor):
    volume = make.offering(make.me("Lab"), plan="volume")
    outside = make.outside_offer(price="40.00", unit="hire")
    page = visitor.get(f"/market/compare/?item=o{volume.pk}&item=x{outside.pk}").content.decode()
    rows = [page.index(f'<th scope="row">{words}') for words in
            ("Satisfaction", "Sold by", "Effective price", "A month", "12 months")]  # fmt: skip
    assert rows == sorted(rows)
    assert "A cliff:" in page


def test_flat_prices_ask_for_the_term_alone(visitor):
    flat, outside = make.offering(make.me("Lab")), make.outside_offer(price="2100.00", unit="month")
    page = visitor.get(f"/market/compare/?item=o{flat.pk}&item=x{outside.pk}&months=1")
    assert list(page.context["form"].fields) == ["months"]
    assert page.context["basis"] == "Over 1 month"
    assert "1 month, " in page.content.decode()


@pytest.mark.parametrize("nonsense", ["-1", "NaN", "1e30", "many", "0"])
def test_a_quantity_that_makes_no_sense_is_said_and_the_usual_one_calculated(visitor, nonsense):
    offering = make.offering(make.me("Lab"), plan="two_part")
    outside = make.outside_offer(unit="hire")
    page = visitor.get(
        f"/market/compare/?item=o{offering.pk}&item=x{outside.pk}",
        {"quantity": nonsense, "months": nonsense},
    )
    assert page.status_code == 200
    page = visitor.get(
        "/market/compare/",
        {"item": [f"o{offering.pk}", f"x{outside.pk}"], "quantity": nonsense, "months": nonsense},
    )
    assert page.context["columns"][0]["cost"].month == D("3200.00")
    assert page.context["columns"][0]["cost"].months == 12
    assert set(page.context["form"].errors) == {"quantity", "months"}


def test_four_offers_cost_as_many_queries_as_they_are(visitor, django_assert_max_num_queries):
    items = [f"o{make.offering(make.me(), plan='two_part').pk}" for _ in range(4)]
    with django_assert_max_num_queries(40):
        assert len(visitor.get("/market/compare/", {"item": items}).context["columns"]) == 4
