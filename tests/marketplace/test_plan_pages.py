"""Every price plan as a form without script, and as a calculator on its page."""

from decimal import Decimal

import pytest

from marketplace.models import ServiceOffering
from tests import make
from tests.make.plans import EXAMPLES, plan
from tests.marketplace.test_provider_pages import MEASURE, typed

pytestmark = pytest.mark.django_db
D = Decimal
FIELDS = {
    "graduated": {
        "band_0_up_to": "50", "band_0_price": "40.00", "band_1_up_to": "150",
        "band_1_price": "35.00", "band_2_up_to": "", "band_2_price": "30.00",
    },
    "two_part": {"fee": "2000.00", "unit_price": "12.00"},
    "cost_plus": {"standard_cost": "52.00", "margin": "10"},
    "market_minus": {
        "benchmark": "70.00", "saving": "6", "source": "GSA list", "priced_on": "2026-02-01",
    },
    "time_capped": {"price": "85.00", "cap": "9000.00"},
    "outcome": {"price": "3000.00"},
    "gain_share": {"share": "15"},
    "dual_price": {"price": "62.00", "full_cost": "70.00"},
    "fixed": {"price": "12000.00"},
    "per_unit": {"price": "30.00"},
}  # fmt: skip
FIELDS["volume"] = FIELDS["graduated"]


@pytest.fixture(autouse=True)
def _day(time_machine):
    time_machine.move_to("2026-02-20T09:00Z", tick=False)


@pytest.fixture
def lead(client):
    client.force_login(make.lead(make.me("Lab")))
    return client


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_form_asks_for_what_the_plan_needs_and_stores_it(lead, kind):
    example = plan(kind)
    chosen = lead.post("/market/offerings/new/", typed(MEASURE, plan=kind, price="", choose="1"))
    assert chosen.status_code == 200
    shown = chosen.content.decode()
    assert all(f'name="{name}"' in shown for name in FIELDS[kind])
    usual = EXAMPLES[kind][2] or ""
    answer = lead.post(
        "/market/offerings/new/",
        typed(MEASURE, plan=kind, unit=example.unit, usual_quantity=usual, price="") | FIELDS[kind],
        follow=True,
    )
    assert answer.status_code == 200, answer.context["problems"]
    draft = ServiceOffering.objects.get().versions.get()
    assert draft.price_plan == example
    assert example.tariff() in answer.content.decode().replace("&amp;", "&")
    edit = lead.get(f"/market/offerings/{draft.offering_id}/edit/").content.decode()
    assert all(f'value="{value}"' in edit for name, value in FIELDS[kind].items() if value)


def test_bands_in_the_wrong_order_are_told_beside_them(lead):
    wrong = FIELDS["graduated"] | {"band_1_up_to": "40"}
    answer = lead.post(
        "/market/offerings/new/",
        typed(MEASURE, plan="graduated", price="", usual_quantity="100") | wrong,
    )
    assert answer.status_code == 400
    assert "Put the bands in ascending order" in answer.content.decode()
    assert answer.context["form"].errors["band_0_up_to"]


def test_what_a_plan_lacks_is_asked_for_in_words(lead):
    answer = lead.post("/market/offerings/new/", typed(MEASURE, plan="two_part", price=""))
    assert answer.status_code == 400
    assert set(answer.context["form"].errors) == {"fee", "unit_price", "usual_quantity"}


def test_the_cliff_is_told_while_the_price_is_written_and_before_it_is_published(lead):
    volume = typed(MEASURE, plan="volume", unit="hire", usual_quantity="180", price="")
    volume |= FIELDS["volume"]
    shown = lead.post("/market/offerings/new/", volume | {"choose": "1"}).content.decode()
    assert "45 to 50 hires cost more than 51 would" in shown
    answer = lead.post("/market/offerings/new/", volume, follow=True)
    assert "45 to 50 hires cost more than 51 would" in answer.content.decode()


@pytest.mark.parametrize(
    ("kind", "quantity", "words"),
    [
        ("graduated", "180", ["50 × 40.00 + 100 × 35.00 + 30 × 30.00", "6,400.00"]),
        ("volume", "180", ["180 × 30.00 per hire", "5,400.00", "A cliff"]),
        ("two_part", "180", ["The fee of a full month", "180 × 12.00 per hire", "4,160.00"]),
        ("time_capped", "120", ["capped at 9,000.00", "75.00 EUR per hour at 120"]),
        ("gain_share", "40000", ["gain of 40,000.00 × 15 %", "6,000.00"]),
        ("dual_price", "10", ["620.00", "the treasury adds 8.00 EUR per hire"]),
    ],
)
def test_the_calculator_of_an_offering_works_without_script(client, kind, quantity, words):
    offering = make.offering(make.me("Lab"), plan=kind)
    client.force_login(make.lead(make.me("Shop")))
    page = client.get(f"/market/offerings/{offering.pk}/", {"quantity": quantity})
    text = page.content.decode()
    assert page.status_code == 200
    assert all(each in text for each in words), words


def test_a_page_has_one_calculator_for_buyers_and_for_the_provider(client):
    offering = make.offering(make.me("Lab"), plan="two_part")
    for user in (make.lead(make.me("Shop")), make.lead(offering.provider)):
        client.force_login(user)
        page = client.get(f"/market/offerings/{offering.pk}/", {"quantity": "180"})
        text = page.content.decode()
        assert text.count('name="quantity"') == 1
        assert "A month with 180 hires" in text
        assert "4,160.00" in text


@pytest.mark.parametrize("nonsense", ["", "-1", "NaN", "1e30", "many"])
def test_a_quantity_that_makes_no_sense_calculates_what_is_usual(client, nonsense):
    offering = make.offering(make.me("Lab"), plan="two_part")
    client.force_login(make.lead(make.me("Shop")))
    page = client.get(f"/market/offerings/{offering.pk}/", {"quantity": nonsense})
    assert (page.status_code, page.context["price"]["facts"][-1]["money"]) == (200, D("3200.00"))


def test_the_outside_is_compared_with_what_a_unit_costs_in_all(client):
    make.outside_offer(price="40.00", unit="hire", name="Hiring outside")
    offering = make.offering(make.me("Lab"), plan="two_part", name="Hiring inside")
    client.force_login(make.lead(make.me("Shop")))
    page = client.get(f"/market/offerings/{offering.pk}/", {"quantity": "100"})
    assert page.context["outside"]["cheapest_gap"] == "this is 20.0 % cheaper"
    assert "That is 32.00 EUR per hire at 100 a month" in page.content.decode()


def test_the_api_calculates_a_month_in_words(client):
    offering = make.offering(make.me("Lab"), plan="graduated")
    api = make.api_of(make.lead(make.me("Shop")))
    answer = api.get(f"offerings/{offering.pk}/price/", {"quantity": "180"}).json()
    assert answer["month"] == "6400.00"
    assert answer["parts"] == [
        {"words": "50 × 40.00 + 100 × 35.00 + 30 × 30.00 (hire, graduated)", "amount": "6400.00"}
    ]
    assert (answer["effective_price"], answer["warnings"]) == ("35.56", [])
    assert api.get(f"offerings/{offering.pk}/price/", {"quantity": "0"}).status_code == 400


def test_an_hr_admin_allows_a_subsidy_on_the_offerings_page(client):
    offering = make.offering(make.me("Lab"), plan="dual_price")
    client.force_login(make.hr_admin())
    address = f"/market/offerings/{offering.pk}/subsidy/"
    assert address in client.get(f"/market/offerings/{offering.pk}/").content.decode()
    assert (
        client.post(address, {"most": "8.00", "until_on": "2026-02-20", "reason": "x"}).status_code
        == 400
    )
    allowed = {"most": "8.00", "until_on": "2026-12-31", "reason": "Until the new plant runs"}
    page = client.post(address, allowed, follow=True).content.decode()
    assert "Allowed because: Until the new plant runs" in page
    client.post(f"{address}end/")
    offering.refresh_from_db()
    assert offering.subsidy_most is None
