"""The demo company, built once for all of these tests; what a test changes is rolled back."""

import json
import logging
import re
import time
from datetime import date
from decimal import Decimal
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.test import Client, override_settings

from accounts import clock
from accounts.errors import Refused
from accounts.models import Membership, MicroEnterprise, Organization, Person, User
from config import demo
from contracts.actions.delivery import report_usage
from contracts.actions.settlement import accept_overage
from contracts.models import (
    Contract,
    Dispute,
    Measurement,
    OutsidePurchase,
    Overage,
    Rating,
    RatingInvitation,
    SettlementLine,
    SuccessResult,
    Usage,
)
from contracts.queries import ratings
from contracts.queries.disputes import standing
from contracts.queries.levels import chronic_contracts
from learning_market.models import LearningPurchase
from ledger.models import (
    Allocation,
    Budget,
    ChargedSwitch,
    SettlementRun,
    Transfer,
    ValueVerdict,
    Wallet,
)
from marketplace.models import (
    Category,
    OutsideOffer,
    OutsideSupplier,
    SatisfactionScore,
    ServiceOffering,
)

# The group keeps them in one process, and so the company is built once.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demo")]


@pytest.fixture(scope="module")
def _company(django_db_setup, django_db_blocker):
    """One transaction around all of these tests: each of them rolls back to the built demo."""
    with django_db_blocker.unblock(), transaction.atomic():
        began, used = time.monotonic(), time.process_time()
        demo.build()
        took = time.monotonic() - began, time.process_time() - used
        logging.getLogger(__name__).info("Built in %.1f s, %.1f s of them here", *took)
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _demo(_company, settings):
    settings.DEMO = True


def told(command, *arguments):
    out = StringIO()
    call_command(command, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_story_ends_on_a_wednesday_in_october():
    assert clock.today() == demo.TODAY == date(2026, 10, 14)
    organization = Organization.objects.get()
    assert (organization.name, organization.currency) == ("Norrin Home", "EUR")
    assert organization.founded_at.date() == date(2026, 3, 1)


def test_a_small_company_trades():
    mes = MicroEnterprise.objects.all()
    assert mes.filter(state="active").count() == 13
    assert {"active", "incubating", "proposed"} == set(mes.values_list("state", flat=True))
    assert set(mes.values_list("kind", flat=True)) == set(MicroEnterprise.Kind.values)
    assert Person.objects.present().count() == 92
    assert ServiceOffering.objects.on_sale().count() == 27
    assert Category.objects.count() == 8
    assert (OutsideOffer.objects.count(), OutsideSupplier.objects.count()) == (40, 12)


def test_the_recruiting_budget_went_to_the_teams_that_used_it():
    shares = Allocation.objects.filter(rule__kind="department_to_customers")
    assert {str(each.micro_enterprise): each.amount for each in shares} == {
        "Tallinn Installations": Decimal("132000.00"),
        "Riga Installations": Decimal("78000.00"),
        "Tartu and South": Decimal("30000.00"),
    }


def test_six_months_are_settled_and_locked():
    runs = SettlementRun.objects.order_by("month")
    assert [f"{run.month:%m} {run.state}" for run in runs] == [
        f"{month:02} locked" for month in range(3, 10)
    ]


def test_three_teams_are_judged_each_month_and_one_had_a_slow_summer():
    judged = ValueVerdict.objects.filter(is_judged=True).order_by("month")
    names = set(judged.values_list("micro_enterprise__name", flat=True))
    assert names == {"Tallinn Installations", "Riga Installations", "Tartu and South"}
    below = [each for each in judged if each.measured.is_below]
    assert [(str(each.micro_enterprise), each.month.month) for each in below] == [
        ("Riga Installations", 7), ("Riga Installations", 8),
    ]  # fmt: skip
    assert not judged.exclude(led_to="").exists()


def test_contracts_stand_in_every_state():
    states = set(Contract.objects.values_list("state", flat=True))
    assert states == set(Contract.State.values)
    because = set(Contract.objects.values_list("ended_because", flat=True))
    assert because == {"", "cancelled", "expired", "mutual"}
    offered = Contract.objects.filter(state="offered")
    assert offered.filter(turn=F("buyer")).exists()
    assert offered.filter(turn=F("provider")).exists()
    assert offered.filter(events__kind="counter").exists()


def test_orders_and_investments_stand_in_every_state():
    assert set(OutsidePurchase.objects.values_list("state", flat=True)) == set(
        OutsidePurchase.State.values
    )
    learned = set(LearningPurchase.objects.values_list("state", flat=True))
    assert learned == set(LearningPurchase.State.values) - {"draft", "reviewed"}


def test_usage_results_and_overages_wait_are_contested_and_decided():
    assert set(Usage.objects.values_list("state", flat=True)) == {
        "reported", "confirmed", "contested",
    }  # fmt: skip
    assert set(SuccessResult.objects.values_list("state", flat=True)) == set(
        SuccessResult.State.values
    )
    overages = dict(Overage.objects.values_list("state", "amount"))
    assert overages["waiting"] == Decimal("8700.00")
    assert set(overages) == {"waiting", "paid", "waived"}


def test_some_scores_are_shown_and_some_have_not_enough_raters():
    scores = SatisfactionScore.objects.filter(offering__isnull=False, to_month=date(2026, 8, 1))
    assert scores.filter(csat__isnull=False).count() > 10
    assert scores.filter(csat=None, raters__gt=0).count() > 2
    desk = SatisfactionScore.objects.filter(
        offering__current__name__startswith="Service desk"
    ).order_by("to_month")
    shares = [score.csat for score in desk if score.csat is not None]
    assert shares[-1] < shares[0] - Decimal("0.2"), "the service desk declines"


def test_the_demos_ratings_are_those_of_invited_people():
    asked = RatingInvitation.objects.filter(
        contract=OuterRef("contract"), person=OuterRef("person"), month=OuterRef("month")
    )
    assert Rating.objects.count() > 500
    assert not Rating.objects.exclude(Exists(asked)).exists()


def test_something_waits_for_the_people_one_signs_in_as():
    liis, oleksandr = (User.objects.get(email=f"{name}@norrin.example") for name in (
        "liis.kask", "oleksandr.bondar",
    ))  # fmt: skip
    assert ratings.to_rate(liis, on=demo.TODAY)
    assert ratings.to_rate(oleksandr, on=demo.TODAY)
    recruiting = MicroEnterprise.objects.get(name="Recruiting")
    assert Contract.objects.filter(turn=recruiting, state="offered").count() == 2


def test_nothing_in_it_is_untrue():
    assert told("check_money")["broken"] == []
    assert told("verify_contracts")["broken"] == []
    assert sum(wallet.available >= 0 for wallet in Wallet.objects.filter(system="")) > 20


def test_everybody_has_a_lead_and_only_newcomers_wait_for_their_terms():
    for me in MicroEnterprise.objects.all():
        current = Membership.objects.current(on=demo.TODAY).filter(micro_enterprise=me)
        assert current.filter(is_lead=True).count() == 1, me


def test_seven_people_may_be_signed_in_as(client):
    logins = told("demo_logins")
    assert [each["roles"] for each in logins] == [
        ["member", "lead"], ["member"], ["member", "lead"], ["member", "lead"],
        ["member", "hr_admin"], ["chro"], ["auditor"],
    ]  # fmt: skip
    for each in logins:
        assert client.login(email=each["email"], password=each["password"]), each["email"]
        assert client.get("/").status_code == 200
        answer = client.get(
            "/api/v1/micro-enterprises/", headers={"Authorization": f"Bearer {each['token']}"}
        )
        assert answer.status_code == 200, answer.content


def test_demo_logins_are_a_matter_of_the_demo(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="Only a demo has demo log-ins"):
        call_command("demo_logins")


def test_the_demo_is_never_added_to_a_company_that_is_there():
    with pytest.raises(Refused, match="There is an organisation already"):
        demo.build()


def test_nobody_repeats_what_another_said_of_the_same_contract():
    said = list(Rating.objects.exclude(comment="").values_list("contract", "comment"))
    assert len(said) == len(set(said)) > 20


def test_levels_are_credited_earned_back_rewarded_missed_and_not_measured():
    lines = SettlementLine.objects.all()
    desk = lines.filter(contract__current__title__startswith="Service desk")
    assert desk.filter(kind="credit", amount__lt=0).count() == 8
    assert desk.get(kind="earn_back").amount == Decimal("36.25")
    assert lines.filter(kind="bonus", amount__gt=0).count() >= 5
    assert desk.filter(calculation__startswith="Not measured in September 2026").exists()
    assert Measurement.objects.filter(state="contested").count() == 1
    tallinn = MicroEnterprise.objects.get(name="Tallinn Installations")
    assert [
        str(each.offering) for each, _ in chronic_contracts(tallinn, on=demo.TODAY, most=5)
    ] == ["Service desk that answers in the van"]


def test_disputes_are_settled_offered_without_a_mediator_and_unanswered():
    found = Dispute.objects.filter(line__isnull=False).order_by("opened_on")
    stages = [standing(each, on=demo.TODAY).stage.value for each in found]
    assert stages == ["settled", "offer", "mediation", "answer"]
    settled = found.get(state="settled")
    assert (settled.buyer_amount, settled.provider_amount) == (Decimal("170.00"), Decimal("170.00"))


def test_outcomes_subsidies_suspended_days_and_charged_months_are_settled():
    lines = SettlementLine.objects.all()
    planner = lines.filter(contract__current__title__startswith="Site planner").order_by("month")
    assert [each.amount for each in planner] == [
        Decimal("2880.00"), Decimal("6480.00"), Decimal("3600.00"),
    ]  # fmt: skip
    assert sum(each.subsidy for each in lines.exclude(subsidy=0)) == Decimal("525.00")
    july = lines.get(contract__current__title="Lawyer on call", month=date(2026, 7, 1),
                     contract__buyer__name="Housing Associations", kind="fee")  # fmt: skip
    assert 0 < july.amount < Decimal("300.00")
    switches = ChargedSwitch.objects.values_list("micro_enterprise__name", "state")
    assert dict(switches) == {
        "Housing Associations": "done", "Legal Desk": "done", "Tartu and South": "planned",
    }  # fmt: skip
    charged = Transfer.objects.filter(is_charged=True, month=date(2026, 9, 1), kind="charge")
    assert charged.exists()


def test_peers_have_decided_on_requests_and_a_budget_is_still_a_draft():
    decided = Allocation.objects.filter(rule__budget__name="Bets on a quiet summer")
    assert {str(each.micro_enterprise): each.amount for each in decided} == {
        "Home Service": Decimal("3500.00"), "Design and Content": Decimal("1000.00"),
    }  # fmt: skip
    assert Budget.objects.get(name="Learning in 2027").state == "draft"


@pytest.mark.parametrize(
    ("login", "words"),
    [
        ("liis.kask", ["520.40 disputed", "8,700.00 more than planned", "fails again and again"]),
        ("tomasz.wrona", ["290.00 disputed"]),
        ("aino.salmi", ["420.00 disputed", "Name a mediator"]),
        ("helena.brandt", ["Budget: Winter standby of Home Service"]),
    ],
)
def test_the_first_page_of_whom_one_signs_in_as_names_the_work(client, login, words):
    client.force_login(User.objects.get(email=f"{login}@norrin.example"))
    page = client.get("/").content.decode()
    assert [each for each in words if each not in page] == []


def test_the_overage_that_waits_can_be_accepted():
    waiting = Overage.objects.get(state="waiting")
    accept_overage(waiting, by=User.objects.get(email="liis.kask@norrin.example"), on=demo.TODAY)
    assert Overage.objects.get(pk=waiting.pk).state == "paid"


def test_invitations_are_out_and_everybody_else_has_the_one_password():
    invited = User.objects.exclude(invited_at=None).filter(password__startswith="!")
    assert {user.email.split("@")[0] for user in invited} == {
        "kertu.valk", "larisa.moroz", "zane.celmina",
    }  # fmt: skip
    assert User.objects.exclude(pk__in=invited).values("password").distinct().count() == 1


def test_a_day_that_has_not_come_is_not_run_for_it_would_end_what_still_runs():
    today = clock.today()
    before = list(Contract.objects.order_by("pk").values_list("state", flat=True))
    with pytest.raises(CommandError, match=f"2099-01-01 is after today, {today}") as refused:
        call_command("run_day", "2099-01-01")
    assert refused.value.returncode == 1
    assert list(Contract.objects.order_by("pk").values_list("state", flat=True)) == before
    assert told("run_day", str(today))["day"] == str(today)


@pytest.fixture(scope="module")
def later(_company):
    """The day is moved once for the tests from here on, which read what came of it: by the page
    over a month's end, by a visitor who counts, and by the command over the next one's.
    """
    with override_settings(DEMO=True):
        steps, said = _by_the_page("2026-11-10")
        counted = _count_something(on=date(2026, 11, 10))
        moved = told("advance_clock", "2026-12-15")
    return SimpleNamespace(steps=steps, said=said, counted=counted, moved=moved)


def _by_the_page(day):
    """The pages on the way there, and the one at its end."""
    client = Client()
    client.force_login(User.objects.get(email="helena.brandt@norrin.example"))
    page, steps = client.post("/demo/day/", {"to": day, "next": "/mes/"}, follow=True), []
    while "Go on to 10 November 2026" in (text := page.content.decode()):
        steps.append(text)
        page = client.post("/demo/day/", {"step": "on"}, follow=True)
    return steps, page


def _count_something(*, on):
    named = {"current__title": "Building and grid permits", "buyer__name": "Riga Installations"}
    contract = Contract.objects.get(state="active", **named)
    lead = contract.provider.memberships.get(is_lead=True, ends_on=None).person.user
    report_usage(
        contract, quantity=Decimal(2), used_on=date(2026, 11, 2), key="mine", by=lead, on=on
    )
    return contract


def test_the_move_is_told_in_words_of_the_market(later):
    assert len(later.steps) < 27
    assert all("of 27 days; it is" in each for each in later.steps)
    text = later.said.content.decode()
    assert later.said.redirect_chain[-1][0] == "/mes/"
    assert "Today is now 10 November 2026." in text
    assert re.search(r"October 2026 was settled and locked: \d+ contracts, [\d,.]+\.", text)
    assert re.search(r"\d+ invitations to rate sent\.", text)
    assert "did something" not in text


def test_what_a_visitor_counts_is_left_to_the_visitor(later):
    november = later.counted.usage.filter(origin_month=date(2026, 11, 1))
    assert [each.key for each in november] == ["mine"]


def test_moving_the_day_plays_two_months_ends_and_the_company_lives_on(later):
    assert [job for job in later.moved["jobs"] if "error" in job] == []
    october, november = date(2026, 10, 1), date(2026, 11, 1)
    assert SettlementRun.objects.get(month=november).state == "locked"
    usage = SettlementLine.objects.filter(month=november, kind="usage")
    assert usage.filter(amount__gt=0).count() >= 15
    ours = Usage.objects.filter(origin_month=november)
    assert ours.filter(state="confirmed").exists()
    results = SuccessResult.objects.filter(month=november)
    assert results.filter(state="confirmed").count() > results.filter(state="entered").count() > 0
    assert Measurement.objects.filter(month=november, counted_in=november).count() >= 5
    previewed = Dispute.objects.filter(key__startswith="demo/").order_by("month")
    assert [each.month for each in previewed] == [october, november]
    assert previewed[0].state == "settled"
    for month in (october, november):
        assert Rating.objects.filter(month=month).count() >= 50
        scores = SatisfactionScore.objects.filter(to_month=month, csat__isnull=False)
        assert scores.filter(offering__isnull=False).count() >= 10
    shown = User.objects.filter(email__in=[each["email"] for each in demo.logins()])
    assert not Rating.objects.filter(month=november, person__user__in=shown).exists()
    assert told("check_money")["broken"] == []
    assert told("verify_contracts")["broken"] == []
