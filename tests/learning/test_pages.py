"""The learning market as people see it."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from learning_market import actions
from learning_market.models import CourseRun, LearningPurchase
from ledger.queries import money_of
from tests import make
from tests.make import TODAY
from tests.make.learning import course, run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(f"{TODAY}T09:00:00Z")


@pytest.fixture
def shop():
    made = make.me("Shop North", "frontline")
    make.granted(made, "5000.00", fund="learning")
    return made


def _text(answer):
    return answer.content.decode()


def test_the_catalogue_lists_what_lies_ahead_and_filters_by_the_address(client, shop):
    run(course(make.me("Lab"), title="Statistics for fitters"), price="300.00")
    run(course(title="Negotiating"), price="1200.00")
    run(course(title="Long gone"), starts_on=date(2026, 1, 5))
    client.force_login(make.lead(shop))
    page = _text(client.get("/learning/"))
    assert all(each in page for each in ("Statistics for fitters", "Negotiating", "Lab"))
    assert "Long gone" not in page
    assert "5,000.00" in page
    for query, kept in (
        ("q=statistic", "Statistics for fitters"),
        ("where=outside", "Negotiating"),
        ("price_to=400", "Statistics for fitters"),
        ("month=2026-04&topic=Data&where=inside", "Statistics for fitters"),
    ):
        page = _text(client.get(f"/learning/?{query}"))
        assert kept in page
        assert page.count("/learning/runs/") == 1
    assert "No run fits" in _text(client.get("/learning/?q=cooking"))
    assert client.get("/learning/?price_to=NaN&month=soon&sort=x&page=no").status_code == 200


def test_the_lead_invests_for_named_members_after_seeing_what_is_left(client, shop):
    lead, ann = make.lead(shop), make.member(shop)
    of = run(price="900.00", seats=6)
    client.force_login(lead)
    page = _text(client.get(f"/learning/runs/{of.pk}/"))
    assert "left after 2 seats" in page
    assert "3,200.00" in page
    given = {"people": [ann.person.pk, lead.person.pk], "expected_return": "Fewer second visits",
             "expected_value": "2000"}  # fmt: skip
    page = _text(client.post(f"/learning/runs/{of.pk}/", given, follow=True))
    assert "Shop North invests 1,800.00." in page
    assert "11.1 %" in page
    assert money_of(shop, on=TODAY, fund="learning").committed == Decimal("1800.00")


def test_a_member_proposes_and_the_lead_decides(client, shop):
    lead, ann = make.lead(shop), make.member(shop)
    of = run()
    client.force_login(ann)
    given = {"people": [ann.person.pk], "expected_return": "Skill"}
    page = _text(client.post(f"/learning/runs/{of.pk}/", given, follow=True))
    assert "Proposed: 900.00 is set aside." in page
    made = LearningPurchase.objects.get()
    assert client.post(f"/learning/purchases/{made.pk}/commit/").status_code == 403
    client.force_login(lead)
    assert "Your micro-enterprise invests" in _text(
        client.post(f"/learning/purchases/{made.pk}/commit/", follow=True)
    )
    assert client.post(f"/learning/purchases/{made.pk}/assign/").status_code == 404


def test_bad_input_is_answered_beside_the_field_and_saves_nothing(client, shop):
    client.force_login(make.lead(shop))
    of = run()
    stranger = make.member(make.me())
    for given, sentence in (
        ({}, "Name at least one member to learn."),
        ({"people": [stranger.person.pk], "expected_return": "x"}, "Name somebody who is a member"),
        ({"people": ["x"], "expected_return": "x"}, "Name somebody who is a member"),
        ({"people": [stranger.person.pk], "expected_value": "NaN"}, "Say what should be better"),
    ):
        answer = client.post(f"/learning/runs/{of.pk}/", given)
        assert answer.status_code == 400
        assert sentence in _text(answer)
    assert not LearningPurchase.objects.exists()


def test_who_learns_is_the_learners_and_the_leads_to_know(client, shop):
    lead, ann, bob = make.lead(shop), make.member(shop), make.member(shop)
    made = actions.propose(
        run(), me=shop, people=[ann.person], expected_return="Skill", by=bob, on=TODAY
    )
    for user, sees in (
        (lead, True),
        (ann, True),
        (bob, False),
        (make.office(is_auditor=True), False),
    ):
        client.force_login(user)
        answer = client.get(f"/learning/purchases/{made.pk}/")
        assert answer.status_code == 200
        assert (ann.person.name in _text(answer).split("<main")[1]) is sees
    for user in (make.hr_admin(), make.lead(make.me())):
        client.force_login(user)
        assert client.get(f"/learning/purchases/{made.pk}/").status_code == 404


def test_a_member_gives_the_own_seat_back(client, shop):
    lead, ann = make.lead(shop), make.member(shop)
    made = actions.invest(
        run(), me=shop, people=[ann.person], expected_return="Skill", by=lead, on=TODAY
    )
    seat = made.seats.get()
    client.force_login(make.lead(make.me()))
    assert client.post(f"/learning/seats/{seat.pk}/cancel/").status_code == 404
    client.force_login(ann)
    page = _text(client.post(f"/learning/seats/{seat.pk}/cancel/", follow=True))
    assert "900.00 of its price came free." in page


def test_what_a_seat_given_back_late_cost_stays_part_of_the_investment(client, shop, time_machine):
    lead, ann = make.lead(shop), make.member(shop)
    made = actions.invest(
        run(price="905.55", starts_on=date(2026, 4, 20)), me=shop,
        people=[lead.person, ann.person], expected_return="Skill",
        expected_value=Decimal("3000.00"), by=lead, on=TODAY,
    )  # fmt: skip
    time_machine.move_to("2026-04-08T09:00:00Z")
    client.force_login(ann)
    seat = made.seats.get(person=ann.person)
    page = _text(client.post(f"/learning/seats/{seat.pk}/cancel/", follow=True))
    assert "452.78 of its price came free." in page
    assert "1,358.32" in page  # 905.55 for the lead's seat, 452.77 for the one given back
    assert "120.9 %" in page


def test_a_provider_offers_a_course_moves_its_run_and_everybody_gets_all_back(client, shop):
    lab = make.me("Lab")
    teacher, buyer = make.lead(lab), make.lead(shop)
    client.force_login(teacher)
    words = {"title": "Reading meters", "topic": "Data", "provider": lab.pk}
    page = client.post("/learning/courses/new/", words, follow=True)
    days = {"starts_on": "2026-03-02", "ends_on": "2026-03-03", "price": "450.00", "seats": 8}
    client.post(page.request["PATH_INFO"], days)
    of = CourseRun.objects.get()
    actions.invest(of, me=shop, people=[buyer.person], expected_return="x", by=buyer, on=TODAY)
    assert money_of(shop, on=TODAY, fund="learning").available == 4550
    moved = {"starts_on": "2026-03-09", "ends_on": "2026-03-10"}
    page = _text(client.post(f"/learning/runs/{of.pk}/move/", moved, follow=True))
    assert "Buyers got all back" in page
    assert money_of(shop, on=TODAY, fund="learning").available == 5000
    of.refresh_from_db()
    assert (of.state, of.seats_taken) == ("cancelled", 0)
    assert CourseRun.objects.open(on=TODAY).get().starts_on == date(2026, 3, 9)


@pytest.mark.parametrize("address", ["change/", "runs/new/"])
def test_nobody_changes_the_courses_of_another_me(client, shop, address):
    of = course(make.me("Lab"), title="Reading meters")
    client.force_login(make.lead(shop))
    given = {"title": "Mine", "topic": "x", "starts_on": "2026-05-01", "ends_on": "2026-05-01",
             "price": "1"}  # fmt: skip
    answer = client.post(f"/learning/courses/{of.pk}/{address}", given)
    assert answer.status_code in (400, 403)
    assert "You cannot change this part of the catalogue." in _text(answer)
    assert not CourseRun.objects.exists()


def test_the_catalogue_costs_the_same_queries_whatever_its_size(client, shop):
    client.force_login(make.lead(shop))
    of = course()
    counts = []
    for size in (10, 990):
        CourseRun.objects.bulk_create(
            CourseRun(course=of, starts_on=date(2026, 5, 1), ends_on=date(2026, 5, 2), price=size)
            for _ in range(size)
        )
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/learning/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20


def test_our_learning_costs_the_same_queries_whatever_its_size(client, shop):
    lead = make.lead(shop)
    client.force_login(lead)
    counts = []
    for size in (10, 990):
        of = run()
        LearningPurchase.objects.bulk_create(
            LearningPurchase(
                micro_enterprise=shop, run=of, price=1, state="proposed", expected_return="x",
                proposed_by=lead, proposed_on=TODAY,
            )
            for _ in range(size)
        )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/learning/purchases/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20


def test_a_file_is_checked_before_it_is_imported(client, shop):
    client.force_login(make.lead(shop))
    head = "title,topic,supplier,starts_on,price\n"

    def send(text, **more):
        upload = SimpleUploadedFile("courses.csv", text.encode())
        return client.post(
            "/learning/import/", {"file": upload, "map": "generic", **more}, follow=True
        )

    assert "1 new" in _text(send(head + "Cooking,Food,Open School,2026-05-01,10\n", check="1"))
    assert not CourseRun.objects.exists()
    faulty = send(head + "Cooking,Food,Open School,soon,10\n")
    assert faulty.status_code == 400
    assert "&#x27;soon&#x27; is no day" in _text(faulty)
    assert "1 rows are new" in _text(send(head + "Cooking,Food,Open School,2026-05-01,10\n"))
    assert "is not a CSV file" in _text(send("\0\1\2"))
    client.force_login(make.member(shop))
    assert client.get("/learning/import/").status_code == 403


def test_an_empty_catalogue_says_how_courses_come_and_offers_the_first_step(client, shop):
    for user, step in (
        (make.lead(shop), "Offer a course"),
        (make.hr_admin(), ""),
        (make.member(shop), ""),
    ):
        client.force_login(user)
        page = _text(client.get("/learning/?q=anything")).split('id="results"')[1]
        assert "Nothing to learn yet" in page
        assert "offers what its people can teach" in page
        assert step in page
        assert "No run fits" not in page


def test_our_learning_shows_what_was_invested_with_what_late_seats_kept(client, shop, time_machine):
    lead, ann = make.lead(shop), make.member(shop)
    of = run(price="900.00", starts_on=date(2026, 4, 1))
    made = actions.invest(
        of, me=shop, people=[ann.person, lead.person], expected_return="Skill", by=lead, on=TODAY
    )
    actions.cancel_seat(made.seats.get(person=ann.person), by=lead, on=date(2026, 3, 25))
    client.force_login(lead)
    page = _text(client.get("/learning/purchases/"))
    assert "1,350.00" in page, "one seat, and half of the other"


def test_a_free_seat_is_free_and_is_not_paid_back(client, shop):
    lead = make.lead(shop)
    free = actions.invest(
        run(price="0.00"), me=shop, people=[lead.person], expected_return="Skill",
        expected_value=Decimal(500), by=lead, on=TODAY,
    )  # fmt: skip
    client.force_login(lead)
    page = _text(client.get(f"/learning/purchases/{free.pk}/"))
    assert "free" in page
    assert "Paid back" not in page
    dear = actions.invest(
        run(price="900.00"), me=shop, people=[lead.person], expected_return="Skill",
        expected_value=Decimal(500), by=lead, on=TODAY,
    )  # fmt: skip
    assert "not within twelve months" in _text(client.get(f"/learning/purchases/{dear.pk}/"))
