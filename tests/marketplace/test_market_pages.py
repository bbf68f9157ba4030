"""What people see and do on the pages of the market."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.actions import Score, record_satisfaction
from marketplace.models import OutsideOffer, ServiceOffering
from tests import make
from tests.make import MARCH, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _day(time_machine):
    time_machine.move_to("2026-02-20T09:00Z", tick=False)


@pytest.fixture
def shop():
    return make.me("Shop North", kind="frontline")


@pytest.fixture
def visitor(client, shop):
    client.force_login(make.lead(shop))
    return client


def rate(offering, csat="0.9", lower="0.6"):
    score = Score(
        offering_id=offering.pk, from_month=make.TODAY.replace(month=1, day=1),
        to_month=make.TODAY.replace(month=1, day=1), csat=Decimal(csat),
        lower_bound=Decimal(lower), upper_bound=Decimal("0.98"), mean=Decimal("4.2"), n=10,
        raters=10, invited=20,
    )  # fmt: skip
    record_satisfaction([score], month=score.to_month)
    return offering


def names(answer):
    return [row["name"] for row in answer.context["rows"]]


def test_inside_and_outside_offers_stand_in_one_list(visitor):
    lab = make.me("Lab")
    make.offering(lab, name="Water samples", price="58.00", plan="per_unit", unit="sample")
    make.outside_offer(name="Water panel", price="61.50", unit="sample", by="Hydrolab")
    answer = visitor.get("/market/")
    assert names(answer) == ["Water panel", "Water samples"]
    for text in ("2 offers", "58.00", "per sample", "Lab", "Hydrolab", "Valid until"):
        assert text in answer.content.decode()


def test_the_best_comes_first_and_those_without_ratings_come_last_by_name(visitor):
    lab = make.me()
    make.outside_offer(name="Alpha outside")
    make.offering(lab, name="beta inside")
    good = make.offering(lab, name="Zulu, rated well")
    fair = make.offering(lab, name="Yankee, rated fairly")
    scores = [
        Score(offering_id=each.pk, from_month=MARCH, to_month=MARCH, csat=Decimal("0.9"),
              lower_bound=Decimal(lower), upper_bound=Decimal("0.98"), n=10, raters=10, invited=20)
        for each, lower in ((good, "0.8260"), (fair, "0.5960"))
    ]  # fmt: skip
    record_satisfaction(scores, month=MARCH)
    best = ["Zulu, rated well", "Yankee, rated fairly", "Alpha outside", "beta inside"]
    assert names(visitor.get("/market/")) == best
    assert names(visitor.get("/market/?sort=name"))[:2] == ["Alpha outside", "beta inside"]


def test_prices_and_dates_sort_over_both_kinds(visitor):
    lab = make.me()
    make.offering(lab, name="Middle", price="20.00")
    make.outside_offer(name="Cheap", price="10.00", priced_on=make.TODAY)
    make.outside_offer(name="Dear", price="30.00")
    assert names(visitor.get("/market/?sort=price")) == ["Cheap", "Middle", "Dear"]
    assert names(visitor.get("/market/?sort=-price")) == ["Dear", "Middle", "Cheap"]
    assert names(visitor.get("/market/?sort=newest"))[0] == "Cheap"


def test_words_are_found_in_any_form_in_name_text_or_provider(visitor):
    lab = make.me("River Laboratory")
    make.offering(lab, name="Recruiting of engineers", summary="We hire.")
    make.offering(make.me("Legal"), name="Contracts", summary="Reviews written agreements.")
    make.outside_offer(name="Engineering hours", by="Hydrolab")
    assert names(visitor.get("/market/?q=engineer")) == [
        "Engineering hours",
        "Recruiting of engineers",
    ]
    assert names(visitor.get("/market/?q=review+agreement")) == ["Contracts"]
    assert names(visitor.get("/market/?q=river+lab")) == ["Recruiting of engineers"]
    assert names(visitor.get("/market/?q=hydro")) == ["Engineering hours"]
    assert names(visitor.get('/market/?q="engineering hours" -recruiting')) == ["Engineering hours"]


@pytest.mark.parametrize("typed", ["recruting", "recru", "Recruitng enginers"])
def test_a_slip_of_the_pen_or_half_a_word_still_finds_it_and_says_so(visitor, typed):
    make.offering(make.me(), name="Recruiting of engineers")
    make.offering(make.me(), name="Payroll")
    answer = visitor.get("/market/", {"q": typed})
    assert names(answer) == ["Recruiting of engineers"]
    assert "No offer holds these words" in answer.content.decode()


def test_nothing_found_says_what_to_do(visitor):
    make.offering(make.me(), name="Payroll")
    answer = visitor.get("/market/?q=zeppelin")
    assert names(answer) == []
    assert "Remove one of them" in answer.content.decode()


def test_an_empty_market_teaches_the_first_step(visitor):
    assert "Write an offering" in visitor.get("/market/").content.decode()


def test_filters_narrow_the_list_count_what_they_leave_and_can_be_removed(visitor):
    lab = make.me()
    legal, it = make.category("Legal"), make.category("IT services")
    make.offering(lab, name="Advice", of=legal, price="90.00", plan="per_unit", unit="hour")
    make.offering(lab, name="Retainer", of=legal, price="900.00")
    make.outside_offer(name="Support", of=it, price="60.00", unit="hour")
    answer = visitor.get("/market/?category=legal&unit=hour")
    assert names(answer) == ["Advice"]
    found = answer.context["found"]
    assert {each.label: (each.count, each.is_chosen) for each in found.categories} == {
        "IT services": (1, False), "Legal": (1, True),
    }  # fmt: skip
    assert {each.label: each.count for each in found.units} == {"hour": 1, "month": 1}
    assert answer.context["active"] == [
        ("Legal", "category", "legal"),
        ("Per hour", "unit", "hour"),
    ]
    assert 'href="?unit=hour"' in answer.content.decode(), "a chip removes its own filter"
    both = visitor.get("/market/?category=legal&category=it-services")
    assert len(names(both)) == 3


def test_where_price_and_satisfaction_filter_too(visitor):
    lab = make.me()
    rate(make.offering(lab, name="Rated", price="20.00"), csat="0.85")
    make.offering(lab, name="Unrated", price="40.00")
    make.outside_offer(name="Outside", price="30.00")
    assert names(visitor.get("/market/?where=inside")) == ["Rated", "Unrated"]
    assert names(visitor.get("/market/?where=outside")) == ["Outside"]
    assert names(visitor.get("/market/?price_from=25&price_to=35")) == ["Outside"]
    assert names(visitor.get("/market/?satisfied=80")) == ["Rated"]
    assert names(visitor.get("/market/?satisfied=90")) == []
    options = visitor.get("/market/?where=inside").context["where_options"]
    assert [(label, count) for _, label, count in options] == [
        ("All", 3), ("Inside", 2), ("Outside", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("price_from=abc", "Enter a number"),
        ("price_from=NaN", "Enter a number"),
        ("price_to=1e30", "no more than"),
        ("price_from=-1", "greater than or equal to 0"),
        ("price_from=10&price_to=5", "must be 10 or more"),
    ],
)
def test_a_wrong_filter_is_named_and_asks_for_nothing(visitor, query, error):
    make.offering(make.me(), price="7.00")
    answer = visitor.get(f"/market/?{query}")
    assert answer.status_code == 200
    assert error in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=" + "x" * 5000, "where=moon", "sort=drop", "page=-1", "page=abc", "category=%00",
     "satisfied=1000", "q=%27%3B--", "q=%28%28%28", "unit=%F0%9F%92%A9", f"page={10**20}"],
)  # fmt: skip
def test_whatever_stands_in_the_address_the_market_answers(visitor, query):
    make.offering(make.me())
    assert visitor.get(f"/market/?{query}").status_code == 200


def test_the_list_costs_the_same_queries_for_ten_and_for_a_thousand_rows(visitor):
    lab = make.me()
    for number in range(5):
        make.offering(lab, name=f"Offering {number}")

    def queries(address):
        visitor.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert visitor.get(address).status_code == 200
        return len(captured)

    fill(5)
    few = [queries("/market/"), queries("/market/?q=work&sort=price"), queries("/market/?q=wrok")]
    fill(995)
    assert OutsideOffer.objects.count() == 1000
    assert [queries("/market/"), queries("/market/?q=work&sort=price"),
            queries("/market/?q=wrok")] == few  # fmt: skip
    assert max(few) < 25


def fill(count):
    start = OutsideOffer.objects.count()
    supplier, category = make.supplier(), make.category()
    OutsideOffer.objects.bulk_create(
        OutsideOffer(
            supplier=supplier, category=category, name=f"Work {number}", unit="hour",
            price=number + 1, priced_on=TODAY, recorded_on=TODAY, source="list", reference=number,
        )
        for number in range(start, start + count)
    )  # fmt: skip


def test_every_offer_is_on_exactly_one_page(visitor):
    make.offering(make.me())
    fill(50)
    pages = [names(visitor.get(f"/market/?page={page}")) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 20, 11]
    assert len({name for page in pages for name in page}) == 51


def test_expired_and_old_outside_offers_are_shown_as_weak_benchmarks(visitor):
    year_old = make.TODAY.replace(year=2025, day=19)
    make.outside_offer(name="Expired", valid_until_on=TODAY.replace(day=19))
    make.outside_offer(name="Old", priced_on=year_old)
    make.outside_offer(name="Fresh", priced_on=year_old.replace(day=20))
    badges = {row["name"]: row["badge"] for row in visitor.get("/market/").context["rows"]}
    assert badges == {"Expired": "Weak benchmark", "Old": "Weak benchmark", "Fresh": ""}


def test_drafts_withdrawn_offerings_and_those_of_mes_that_may_not_trade_are_not_on_sale(visitor):
    lab = make.me()
    ServiceOffering.objects.filter(pk=make.offering(lab, name="Gone").pk).update(
        state="withdrawn", withdrawn_on=TODAY
    )
    make.offering(make.me(state="proposed"), name="Young")
    make.offering(make.me(state="dissolving"), name="Leaving")
    assert names(visitor.get("/market/")) == []


def test_who_left_the_firm_sees_no_market(client):
    left = make.user()
    left.person.left_on = TODAY
    left.person.save()
    client.force_login(left)
    offering = make.offering(make.me())
    assert client.get("/market/").status_code == 403
    assert client.get(f"/market/offerings/{offering.pk}/").status_code == 403


def test_an_offering_shows_satisfaction_first_with_its_honest_bounds(visitor):
    offering = make.offering(make.me())
    record_satisfaction(
        [Score(offering_id=offering.pk, from_month=TODAY.replace(month=1, day=1),
               to_month=TODAY.replace(month=1, day=1), csat=Decimal("0.75"),
               lower_bound=Decimal("0.55"), upper_bound=Decimal("0.88"), n=24, raters=24,
               invited=60)], month=TODAY.replace(month=1, day=1))  # fmt: skip
    page = visitor.get(f"/market/offerings/{offering.pk}/").content.decode()
    assert page.index("Satisfaction</h2>") < page.index("Price</h2>")
    assert "24 of 60 invited, 40 %" in page
    assert "30 to 90" in page, "18 of 24 answers, 60 invited (PRODUCT 4.16)"


def test_few_answers_are_called_weak_evidence_and_few_raters_give_no_number(visitor):
    offering = rate(make.offering(make.me()))
    offering.scores.update(invited=40)
    assert "weak evidence" in visitor.get(f"/market/offerings/{offering.pk}/").content.decode()
    new = make.offering(make.me())
    page = visitor.get(f"/market/offerings/{new.pk}/").content.decode()
    assert "not enough ratings" in page
    assert "Answered" not in page


def test_what_success_means_is_shown_with_target_floor_and_measurer(visitor):
    offering = make.offering(make.me())
    page = visitor.get(f"/market/offerings/{offering.pk}/").content.decode()
    for text in (
        "Hires that stay, 1",
        "90 %",
        "70 %",
        "counted by HR after a quarter, by the provider",
    ):
        assert text in page


def test_the_outside_stands_beside_it_on_the_same_unit_with_the_gap_in_percent(visitor):
    offering = make.offering(make.me(), price="70.00", plan="per_unit", unit="hour")
    for price in ("50.00", "60.00", "80.00"):
        make.outside_offer(price=price, unit="hour")
    make.outside_offer(price="1.00", unit="day")
    make.outside_offer(price="1.00", unit="hour", of=make.category("Legal"))
    outside = visitor.get(f"/market/offerings/{offering.pk}/").context["outside"]
    assert (outside["count"], outside["median"], outside["cheapest"]) == (
        3, Decimal("60.00"), Decimal("50.00"),
    )  # fmt: skip
    assert outside["median_gap"] == "this is 16.7 % dearer"
    assert outside["cheapest_gap"] == "this is 40.0 % dearer"
    assert outside["weakness"] == ""


def test_only_expired_offers_make_a_weak_benchmark_and_one_quote_does_too(visitor):
    offering = make.offering(make.me())
    make.outside_offer(valid_until_on=TODAY.replace(day=1))
    page = visitor.get(f"/market/offerings/{offering.pk}/")
    assert page.context["outside"]["weakness"] == "every offer has expired"
    make.outside_offer()
    page = visitor.get(f"/market/offerings/{offering.pk}/")
    assert page.context["outside"]["weakness"] == "there is only one quote"


def facts(answer, of="effect"):
    return {fact["label"]: fact.get("money") for fact in answer.context["buy"][of]}


def test_the_panel_says_what_it_costs_and_what_is_left_before_anything_is_pressed(visitor, shop):
    make.granted(shop, "30000.00")
    offering = make.offering(make.me("Lab"), price="2000.00")
    answer = visitor.get(
        f"/market/offerings/{offering.pk}/", {"starts_on": "2026-03-16", "ends_on": "2026-12-31"}
    )
    # 16 of 31 days of March, then nine full months.
    total = Decimal("1032.26") + 9 * Decimal("2000.00")
    assert facts(answer, "costs")["In all, EUR"] == total
    assert facts(answer) == {
        "Available now": Decimal("30000.00"), "This contract": -total,
        "Available after, EUR": Decimal("30000.00") - total,
    }  # fmt: skip
    assert answer.context["buy"]["lacks"] is None
    page = answer.content.decode()
    assert "Draft contract" in page
    assert f"/contracts/new/{offering.pk}/" in page


def test_units_are_per_month_and_money_of_later_years_is_told_apart(visitor, shop):
    make.granted(shop, "1000.00")
    offering = make.offering(make.me(), price="30.00", plan="per_unit", unit="hire", capacity=100)
    answer = visitor.get(
        f"/market/offerings/{offering.pk}/",
        {"quantity": "180", "starts_on": "2026-12-15", "ends_on": "2027-02-14"},
    )
    buy = answer.context["buy"]
    assert facts(answer, "costs") == {
        "A month at 180 × 30.00": Decimal("5400.00"), "Term": None,
        "In all, EUR": Decimal("16200.00"),
    }  # fmt: skip
    assert (buy["later"], buy["lacks"]) == (Decimal("10800.00"), Decimal("4400.00"))
    assert "capacity of 100" in buy["over_capacity"]
    assert "4,400.00 EUR is missing" in answer.content.decode()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"starts_on": "2026-02-20"}, "tomorrow at the earliest"),
        ({"starts_on": "2026-03-01", "ends_on": "2026-02-28"}, "before the first"),
        ({"ends_on": "2040-12-31"}, "at most five years"),
        ({"starts_on": "moon"}, "Write a day like 2026-11-04"),
        ({"quantity": "NaN"}, "Enter a number"),
        ({"quantity": "-1"}, "greater than or equal"),
        ({"quantity": "1e30"}, "no more than"),
    ],
)
def test_an_impossible_term_or_quantity_is_refused_beside_its_field(visitor, given, error):
    offering = make.offering(make.me(), plan="per_unit")
    answer = visitor.get(f"/market/offerings/{offering.pk}/", given)
    assert answer.status_code == 200
    assert error in answer.content.decode()
    assert "costs" not in answer.context["buy"]


def test_who_may_not_sign_is_told_who_can(client, shop):
    client.force_login(make.member(shop))
    page = client.get(f"/market/offerings/{make.offering(make.me()).pk}/").content.decode()
    assert "Whoever leads or may sign for Shop North" in page
    assert "Draft contract" not in page


def test_nobody_buys_from_the_own_me_or_for_none(client, shop):
    offering = make.offering(shop)
    client.force_login(make.member(shop))
    assert (
        "does not buy from itself"
        in client.get(f"/market/offerings/{offering.pk}/").content.decode()
    )
    client.force_login(make.hr_admin())
    assert "member of no micro" in client.get(f"/market/offerings/{offering.pk}/").content.decode()


def test_a_fresh_outside_offer_can_be_ordered_and_an_expired_one_cannot(visitor):
    fresh, old = make.outside_offer(), make.outside_offer(valid_until_on=TODAY.replace(day=19))
    assert (
        f"/outside-purchases/new/{fresh.pk}/"
        in visitor.get(f"/market/outside/{fresh.pk}/").content.decode()
    )
    page = visitor.get(f"/market/outside/{old.pk}/").content.decode()
    assert "expired on 19 February 2026 and cannot be ordered" in page
    assert "/outside-purchases/new/" not in page


def test_inside_offers_stand_beside_an_outside_one_on_the_same_unit(visitor):
    make.offering(make.me(), name="Same unit", price="50.00", plan="per_unit", unit="hour")
    make.offering(make.me(), name="Other unit")
    outside = make.outside_offer(price="60.00", unit="hour")
    [row] = visitor.get(f"/market/outside/{outside.pk}/").context["inside"]
    assert (row["name"], row["gap"]) == ("Same unit", Decimal("0.2"))


def test_what_is_unknown_is_not_found(visitor):
    for address in ("/market/offerings/999999/", "/market/outside/999999/",
                    "/market/compare/?item=o999999", "/market/compare/?item=z1",
                    "/market/compare/?item=o1%00", f"/market/compare/?item=x{10**20}"):  # fmt: skip
        assert visitor.get(address).status_code == 404, address


def test_up_to_four_offers_are_compared_with_a_verdict(visitor):
    inside = make.offering(make.me("Lab"), price="58.00", plan="per_unit", unit="sample")
    outside = make.outside_offer(price="63.35", unit="sample", by="Hydrolab")
    answer = visitor.get(f"/market/compare/?item=o{inside.pk}&item=x{outside.pk}")
    page = answer.content.decode()
    verdict = answer.context["verdict"]
    assert verdict.sentence == (
        "Inside is 8.4 % cheaper: Lab asks 58.00 per sample, Hydrolab 63.35."
    )
    assert verdict.reasons == ["Lab has not enough ratings yet."]
    assert "Hires that stay, 1: at least 90 %" in page
    many = "&".join(f"item=x{make.outside_offer().pk}" for _ in range(6))
    assert len(visitor.get(f"/market/compare/?{many}").context["columns"]) == 4


def test_different_units_are_not_set_against_each_other(visitor):
    inside, outside = make.offering(make.me()), make.outside_offer(unit="hour")
    answer = visitor.get(f"/market/compare/?item=o{inside.pk}&item=x{outside.pk}")
    assert "cannot be set against each other" in answer.context["verdict"].sentence


def test_a_comparison_of_nothing_sends_back_to_the_market(visitor):
    assert "Tick two to four offers" in visitor.get("/market/compare/").content.decode()


def test_the_results_alone_are_sent_when_only_they_are_asked_for(visitor):
    make.offering(make.me(), name="Payroll")
    answer = visitor.get("/market/", headers={"HX-Request": "true"})
    assert b"Payroll" in answer.content
    assert b"<html" not in answer.content
    assert "HX-Request" in answer["Vary"]


def test_a_stranger_has_to_sign_in_first(client):
    make.org()
    assert client.get("/market/").url.startswith("/accounts/login/")


def test_every_unit_can_be_chosen_however_many_there_are(visitor):
    for number in range(15):
        make.outside_offer(name=f"Thing {number}", unit=f"unit {number:02}")
    page = visitor.get("/market/").content.decode()
    assert all(f'value="unit {number:02}"' in page for number in range(15))
    assert "3 more units" in page
    chosen = visitor.get("/market/?unit=unit+14").content.decode()
    assert 'value="unit 14" checked' in chosen
