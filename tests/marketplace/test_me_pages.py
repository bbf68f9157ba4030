"""The pages of MEs: satisfaction first, people with their outcomes, nothing hidden."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent, Membership, MicroEnterprise, OutcomeLink, Person, Role
from ledger.models import Wallet
from marketplace import micro_enterprises as rules
from marketplace.models import Category, SatisfactionScore
from tests import make
from tests.make import TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to("2026-02-20T10:00Z")


def page_of(client, me, *, user, **query):
    client.force_login(user)
    return client.get(reverse("marketplace:me", args=[me.pk]), query)


def text_of(answer):
    return " ".join(answer.content.decode().split())


def score(me, *, csat="0.9000", lower="0.7000", raters=20, n=20, invited=40):
    return SatisfactionScore.objects.create(
        provider=me, from_month=date(2025, 8, 1), to_month=date(2026, 1, 1), n=n, raters=raters,
        invited=invited, csat=csat and Decimal(csat), lower_bound=lower and Decimal(lower),
        upper_bound=csat and Decimal("0.9800"), mean=csat and Decimal("4.500"),
    )  # fmt: skip


def test_the_page_of_a_service_me_shows_its_satisfaction_before_all_else(client):
    me = make.me("Leak Finders", kind="service")
    score(me)
    make.offering(me, name="Leak search", price="120.00")
    said = text_of(page_of(client, me, user=make.user()))
    order = ["<h1>Leak Finders</h1>", "Customers’ satisfaction", "20 of 40 invited, 50", "Purpose",
             "Leak search", "120.00", "Customer outcomes", "hours without water", "People",
             "Rights it holds", "Decide"]  # fmt: skip
    places = [said.index(words) for words in order]
    assert places == sorted(places)


def test_honest_bounds_say_how_far_silence_could_move_the_share():
    answers = rules.answers_of(score(make.me(), csat="0.7500", n=24, invited=60))
    assert (answers.low, answers.high) == (Decimal("0.3"), Decimal("0.9"))


def test_below_five_raters_there_is_no_number(client):
    me = make.me(kind="service")
    score(me, csat=None, lower=None, raters=4, n=4, invited=13)
    answer = page_of(client, me, user=make.user())
    said = text_of(answer)
    assert "not enough ratings" in said
    assert "13 invited" not in said
    assert "4 of 5" not in answer.content.decode()
    assert "Honest bounds" not in said


def test_people_stand_beside_the_outcome_of_their_role_and_untied_roles_are_listed(client):
    me = make.me("Leak Finders")
    make.lead(me)
    helper = make.member(me, role="Helper")
    OutcomeLink.objects.filter(role__name="Helper").delete()
    Role.objects.create(micro_enterprise=me, name="Vacant")
    said = text_of(page_of(client, me, user=make.user()))
    assert f"{helper.person}" in said
    assert "1 of 3 roles tied" in said
    assert "Two roles not tied to a customer outcome:" in said
    assert "not tied yet" in said
    assert "Vacant" in said


def test_share_points_are_seen_by_the_person_and_the_own_lead_and_nobody_else(client):
    me = make.me()
    lead, member = make.lead(me, share_points=111), make.member(me, share_points=222)
    other = make.member(me, share_points=333)
    seen = {
        lead: {"111", "222", "333"}, member: {"222"}, other: {"333"},
        make.hr_admin(): set(), make.office(is_auditor=True): set(),
        make.office(is_chro=True): set(), make.lead(make.me()): set(),
    }  # fmt: skip
    for user, points in seen.items():
        said = page_of(client, me, user=user).content.decode()
        assert {each for each in ("111", "222", "333") if f">{each}<" in said} == points


def test_what_waits_before_a_start_is_a_list_and_an_hr_admin_starts_it(client):
    founder, hr = make.user(), make.hr_admin()
    me = make.proposed(by=founder, has_outside_customer=True)
    said = text_of(page_of(client, me, user=hr))
    assert "Name the lead" in said
    assert "Activate" not in said
    refused = client.post(reverse("marketplace:activate", args=[me.pk]), follow=True)
    assert "cannot be activated yet: it needs a lead who accepted" in text_of(refused)
    client.post(reverse("accounts:name_lead", args=[me.pk]), {"person": founder.person.pk})
    client.post(reverse("accounts:rights", args=[me.pk]), {"decide": "on", "decide_extent": "all"})
    started = client.post(reverse("marketplace:activate", args=[me.pk]), follow=True)
    assert "Leak Finders is active." in text_of(started)
    me.refresh_from_db()
    assert me.state == "active"
    assert set(Wallet.objects.filter(owner=me).values_list("fund", flat=True)) == {
        "operating", "learning",
    }  # fmt: skip


def test_a_published_offering_of_a_proposed_me_is_its_customer():
    me = make.me("Leak Finders", state="proposed")
    make.lead(me)
    assert [guard.key for guard in rules.guards_of(me, on=TODAY) if not guard.is_met] == [
        "customer"
    ]
    make.offering(me)
    assert rules.activate(me, by=make.hr_admin(), on=TODAY).state == "active"


def test_a_stranger_starts_nothing_and_the_attempt_is_on_record(client):
    me, user = make.proposed(), make.user()
    client.force_login(user)
    assert client.post(reverse("marketplace:activate", args=[me.pk])).status_code == 403
    assert AuditEvent.objects.filter(actor=user, was_refused=True).exists()


def test_a_leaver_sees_no_me(client):
    me, leaver = make.me(), make.user(of=make.person(left_on=date(2026, 1, 31)))
    assert page_of(client, me, user=leaver).status_code == 403
    assert client.get("/mes/").status_code == 403


def test_a_lead_finds_the_way_to_a_new_offering_on_the_page_of_the_me_acted_for(client):
    first, second = make.me("A first"), make.me("B second")
    lead = make.lead(first)
    make.lead(second, who=lead)
    assert "New offering" in text_of(page_of(client, first, user=lead))
    assert "New offering" not in text_of(client.get(f"/mes/{second.pk}/"))
    client.post(reverse("accounts:act_for", args=[second.pk]))
    assert "New offering" in text_of(client.get(f"/mes/{second.pk}/"))


def test_many_untied_roles_fold_and_none_is_hidden(client):
    me = make.me()
    Role.objects.bulk_create(
        Role(micro_enterprise=me, name=f"Vacant {number:02}") for number in range(25)
    )
    said = text_of(page_of(client, me, user=make.user()))
    assert "25 roles not tied to a customer outcome:" in said
    assert "Show all others that are not tied" in said
    assert "Vacant 24" in said


def test_a_rejected_me_shows_why(client):
    me = make.me(state="rejected", rejected_because="Leak Watch does this already.")
    assert "Rejected: Leak Watch does this already." in text_of(
        page_of(client, me, user=make.user())
    )


def test_the_list_finds_by_words_kind_and_state_and_hides_what_is_over(client):
    make.me("Leak Finders", kind="service", purpose="Find leaks")
    make.me("City South", kind="frontline", state="proposed")
    make.me("Old Idea", state="rejected")
    client.force_login(make.user())
    found = {
        "": {"Leak Finders", "City South"},
        "?q=leak": {"Leak Finders"},
        "?kind=frontline": {"City South"},
        "?state=active": {"Leak Finders"},
        "?state=rejected": {"Old Idea"},
        "?kind=nonsense&page=99": {"Leak Finders", "City South"},
    }
    for query, names in found.items():
        said = text_of(client.get(f"/mes/{query}"))
        assert {
            n for n in ("Leak Finders", "City South", "Old Idea") if f">{n}</a>" in said
        } == names
    said = text_of(client.get("/mes/?q=nothing-like-it"))
    assert "Nothing found" in said


def test_the_list_puts_the_best_proven_satisfaction_first_and_those_without_a_score_last():
    low, high, none = make.me("A"), make.me("B"), make.me("C")
    score(low, lower="0.3000")
    score(high, lower="0.8000")
    assert list(rules.sorted_mes(MicroEnterprise.objects.all(), by="")) == [high, low, none]


def test_the_list_costs_the_same_for_ten_and_for_a_thousand_mes(client):
    client.force_login(make.user())
    make.org()

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/mes/").status_code == 200
        return len(queries)

    def add(first, last):
        MicroEnterprise.objects.bulk_create(
            MicroEnterprise(name=f"Unit {number}", kind="service", state="active",
                            formed_on=TODAY, activated_on=TODAY)
            for number in range(first, last)
        )  # fmt: skip

    add(0, 10)
    few = cost()
    add(10, 1000)
    assert cost() == few


def test_the_page_of_an_me_costs_the_same_for_ten_and_for_a_thousand_people(client):
    me = make.me()
    lead = make.lead(me)
    role = me.roles.get()
    client.force_login(lead)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/mes/{me.pk}/").status_code == 200
        return len(queries)

    def add(first, last):
        people = Person.objects.bulk_create(
            Person(external_id=f"X{number}", name=f"Worker {number}")
            for number in range(first, last)
        )
        Membership.objects.bulk_create(
            Membership(person=person, micro_enterprise=me, role=role, starts_on=TODAY)
            for person in people
        )

    add(0, 10)
    few = cost()
    add(10, 1000)
    assert cost() == few
    assert "51 to 100 of 1,001" in text_of(page_of(client, me, user=lead, page=2))


def test_a_future_end_and_a_future_start_are_shown_with_their_days(client):
    me = make.me()
    make.member(me, ends_on=TODAY + timedelta(days=8))
    make.member(me, starts_on=date(2026, 6, 1))
    said = text_of(page_of(client, me, user=make.user()))
    assert "until 28 February 2026" in said
    assert "from 1 June 2026" in said


def test_hr_admins_create_and_rename_categories(client):
    hr = make.hr_admin()
    make.org()
    client.force_login(hr)
    answer = client.post("/hr/categories/", {"name": "Leak search", "description": ""}, follow=True)
    assert "Leak search is a category now." in text_of(answer)
    again = client.post("/hr/categories/", {"name": "leak SEARCH", "description": ""})
    assert again.status_code == 400
    assert "There is a category “leak SEARCH” or one that reads like it." in text_of(again)
    made = Category.objects.get()
    client.post(f"/hr/categories/{made.pk}/", {"name": "Leaks", "description": "Find and mend."})
    made.refresh_from_db()
    assert (made.name, made.slug) == ("Leaks", "leak-search")
    assert set(AuditEvent.objects.values_list("action", flat=True)) == {
        "category.create", "category.rename",
    }  # fmt: skip
    nameless = client.post("/hr/categories/", {"name": "??", "description": ""})
    assert "no letter or figure" in text_of(nameless)
    client.force_login(make.user())
    assert client.get("/hr/categories/").status_code == 403
