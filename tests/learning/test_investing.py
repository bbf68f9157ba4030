"""An ME invests in skills from its learning wallet (PRODUCT 4.20)."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.constraints import name_of
from accounts.errors import Forbidden, Refused, Unknown
from learning_market import actions, refunds
from learning_market.models import CourseRun, LearningPurchase
from ledger.models import SettlementRun, Transfer
from ledger.queries import money_of
from tests import make
from tests.database import at_once
from tests.make import TODAY
from tests.make.learning import course, run

START = date(2026, 4, 20)
pytestmark = pytest.mark.django_db


class _Team:
    """A frontline ME with 10,000.00 to learn, its lead and two members."""

    def __init__(self):
        self.me = make.me("Shop North", "frontline")
        make.granted(self.me, "10000.00", fund="learning")
        self.lead, self.ann, self.bob = (
            make.lead(self.me), make.member(self.me), make.member(self.me)
        )  # fmt: skip

    def propose(self, of, people=(), by=None):
        people = [who.person for who in people or (self.ann, self.bob)]
        return actions.propose(
            of, me=self.me, people=people, expected_return="Fewer second visits",
            by=by or self.ann, on=TODAY,
        )  # fmt: skip

    def committed(self, of, people=()):
        return actions.commit(self.propose(of, people), by=self.lead, on=TODAY)

    def money(self):
        return money_of(self.me, on=TODAY, fund="learning")


@pytest.fixture
def team():
    return _Team()


def test_a_member_proposes_the_lead_commits_and_the_start_pays(team):
    lab = make.me("Lab")
    purchase = team.propose(run(course(lab)))
    assert team.money().pre_committed == Decimal("1800.00")
    actions.commit(purchase, by=team.lead, on=TODAY)
    assert (team.money().pre_committed, team.money().committed) == (0, Decimal("1800.00"))
    assert actions.start_due(on=START - timedelta(days=1))["paid"] == 0
    assert actions.start_due(on=START) == {"paid": 1, "expired": 0, "refused": []}
    assert actions.start_due(on=START) == {"paid": 0, "expired": 0, "refused": []}
    assert (team.money().available, team.money().committed) == (Decimal("8200.00"), 0)
    assert make.wallet(lab).balance == Decimal("1800.00")
    with pytest.raises(Refused, match="lasts until 2026-04-21"):
        actions.complete(purchase, by=team.lead, on=START)
    assert actions.complete(purchase, by=team.lead, on=date(2026, 4, 21)).state == "completed"


def test_a_course_of_the_next_year_is_reserved_when_that_year_opens_and_paid_at_its_start(team):
    lab, late = make.me("Lab"), run(course(), starts_on=date(2027, 2, 10))
    purchase = team.committed(run(course(lab), starts_on=date(2027, 1, 20)))
    team.committed(late)
    assert team.money().committed == 0
    opened = date(2027, 1, 1)
    refused = actions.start_due(on=opened)["refused"]
    assert [each["code"] for each in refused] == ["not_enough_money"] * 2
    make.granted(team.me, "3000.00", fund="learning", month=opened, on=opened)
    assert actions.start_due(on=opened)["refused"][0]["purchase"] != purchase.pk
    money = money_of(team.me, on=opened, fund="learning")
    assert (money.committed, money.available) == (Decimal("1800.00"), Decimal("1200.00"))
    assert actions.start_due(on=date(2027, 1, 20))["paid"] == 1
    assert make.wallet(lab, year=2027).balance == Decimal("1800.00")
    assert make.wallet(team.me, fund="learning", year=2027).balance == Decimal("1200.00")


def test_a_seat_of_next_years_run_given_back_in_december_is_paid_by_next_years_wallet(team):
    lab, given_back, opened = make.me("Lab"), date(2026, 12, 28), date(2027, 1, 1)
    purchase = team.committed(run(course(lab), starts_on=date(2027, 1, 5)), [team.ann])
    actions.cancel(purchase, by=team.lead, on=given_back)
    assert make.wallet(team.me, fund="learning").balance == 10000
    assert actions.start_due(on=given_back)["refused"] == []
    assert actions.start_due(on=opened)["refused"][0]["code"] == "not_enough_money"
    make.granted(team.me, "3000.00", fund="learning", month=opened, on=opened)
    for _ in range(2):
        assert actions.start_due(on=opened)["refused"] == []
    paid = Transfer.objects.get(reference__startswith=f"learning/{purchase.pk}/seat/")
    assert (paid.amount, paid.month, paid.payer.fiscal_year) == (450, opened, 2027)
    assert make.wallet(lab, year=2027).balance == 450


def test_what_could_not_be_paid_before_its_month_was_locked_is_an_entry_of_the_running_month(team):
    start = date(2027, 1, 20)
    purchase = team.committed(run(starts_on=start))
    assert actions.start_due(on=start)["refused"][0]["code"] == "not_enough_money"
    on = date(2027, 2, 12)
    SettlementRun.objects.create(
        month=date(2027, 1, 1), state="locked", posted_on=on, opened_at=make.org().founded_at
    )
    make.granted(team.me, "1800.00", fund="learning", month=date(2027, 2, 1), on=on)
    assert actions.start_due(on=on)["paid"] == 1
    paid = Transfer.objects.get(reference=f"learning/{purchase.pk}/start")
    assert (paid.month, paid.amount) == (date(2027, 2, 1), Decimal("1800.00"))


def test_an_me_cannot_turn_its_money_to_learn_into_money_to_spend_by_buying_its_own_course(team):
    with pytest.raises(Refused, match="teaches this course itself") as refused:
        team.propose(run(course(team.me)))
    assert refused.value.code == "same_party"
    assert team.money().available == Decimal("10000.00")


@pytest.mark.parametrize(
    ("days_before", "freed", "paid"),
    [
        (60, "900.01", "0.00"),
        (14, "900.01", "0.00"),
        (13, "450.01", "450.00"),
        (1, "450.01", "450.00"),
    ],
)
def test_a_cancelled_seat_gives_back_by_the_days_before_the_start(team, days_before, freed, paid):
    of = run(price="900.01", seats=2)
    purchase = team.committed(of)
    seat = purchase.seats.get(person=team.ann.person)
    day = START - timedelta(days=days_before)
    cancelled = actions.cancel_seat(seat, by=team.ann, on=day)
    again = actions.cancel_seat(seat, by=team.lead, on=day)
    assert (cancelled.released, again.released) == (Decimal(freed), Decimal(freed))
    assert team.money().committed == Decimal("900.01")
    assert team.money().spent == Decimal(paid)
    of.refresh_from_db()
    assert of.seats_left == 1


def test_nothing_comes_back_from_the_start_on(team):
    purchase = team.committed(run())
    with pytest.raises(Refused, match="nothing comes back"):
        actions.cancel(purchase, by=team.lead, on=START)


def test_a_proposal_that_nobody_decided_expires_at_the_start_and_frees_its_money(team):
    purchase = team.propose(run())
    assert actions.start_due(on=START)["expired"] == 1
    purchase.refresh_from_db()
    assert (purchase.state, team.money().available) == ("expired", 10000)


def test_the_last_cancelled_seat_cancels_the_purchase(team):
    purchase = team.committed(run())
    for seat in purchase.seats.all():
        actions.cancel_seat(seat, by=team.lead, on=TODAY)
    purchase.refresh_from_db()
    assert (purchase.state, team.money().available) == ("cancelled", 10000)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"starts_on": TODAY}, "nobody can join"),
        ({"state": "cancelled"}, "was cancelled"),
        ({"seats": 1}, "2 seats are asked for, 1 are left"),
        ({"price": "5000.01"}, "10,000.00 available in its learning wallet"),
    ],
)
def test_what_cannot_be_proposed_says_why(team, change, sentence):
    with pytest.raises(Refused, match=sentence):
        team.propose(run(**change))
    assert not LearningPurchase.objects.filter(state="proposed").exists()


def test_only_members_learn_on_the_money_of_the_me(team):
    stranger = make.member(make.me())
    with pytest.raises(Refused, match="is no member of Shop North"):
        team.propose(run(), people=[stranger])
    with pytest.raises(Forbidden, match="You are no member"):
        team.propose(run(), by=stranger)


def test_the_lead_decides_and_nobody_else(team):
    purchase = team.propose(run())
    with pytest.raises(Forbidden, match="cannot decide"):
        actions.commit(purchase, by=team.ann, on=TODAY)
    for outsider in (make.hr_admin(), make.lead(make.me())):
        with pytest.raises(Unknown):
            actions.commit(purchase, by=outsider, on=TODAY)
    with pytest.raises(Forbidden, match="seat of somebody else"):
        actions.cancel_seat(purchase.seats.get(person=team.bob.person), by=team.ann, on=TODAY)
    assert actions.decline(purchase, by=team.lead, on=TODAY).state == "declined"
    assert team.money().available == 10000
    with pytest.raises(Refused, match="is declined, so it cannot be invested in"):
        actions.commit(purchase, by=team.lead, on=TODAY)


def test_the_worked_figures_of_a_seat_that_is_given_back_and_of_a_return():
    step = partial(
        refunds.released, Decimal("100.01"), starts_on=START, full_days=14, part=Decimal("0.5")
    )
    days = {14: "100.01", 13: "50.01", 1: "50.01", 0: "0.00", -1: "0.00"}
    assert {left: step(cancelled_on=START - timedelta(days=left)) for left in days} == {
        left: Decimal(freed) for left, freed in days.items()
    }
    cost, value = Decimal(5400), Decimal(6000)
    assert round(refunds.return_on_investment(cost, value), 3) == Decimal("0.111")
    assert refunds.payback_months(cost, value) == Decimal("10.8")


@pytest.mark.django_db(transaction=True)
def test_eight_leads_that_want_the_last_two_seats_get_exactly_two():
    of = run(seats=2)
    teams = []
    for _ in range(8):
        me = make.me()
        make.granted(me, "900.00", fund="learning")
        lead = make.lead(me)
        purchase = actions.propose(
            of, me=me, people=[lead.person], expected_return="Skill", by=lead, on=TODAY
        )
        teams.append(partial(_code, partial(actions.commit, purchase, by=lead, on=TODAY)))
    assert sorted(at_once(teams)) == ["done"] * 2 + ["not_enough_seats"] * 6
    of.refresh_from_db()
    assert of.seats_taken == 2
    assert LearningPurchase.objects.filter(state="committed").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_seat_cancelled_eight_times_at_once_comes_back_once(team):
    of = run(seats=2)
    seat = team.committed(of).seats.first()
    day = START - timedelta(days=5)
    cancel = partial(actions.cancel_seat, seat, by=team.lead, on=day)
    assert {each.released for each in at_once([cancel] * 8)} == {Decimal("450.00")}
    of.refresh_from_db()
    assert (of.seats_left, team.money().spent) == (1, Decimal("450.00"))


def _code(call):
    try:
        call()
    except Refused as reason:
        return reason.code
    return "done"


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE learning_market_courserun SET seats_taken = 3", "no_seat_is_taken_twice"),
        ("UPDATE learning_market_courserun SET price = -1", "run_price_not_negative"),
        ("UPDATE learning_market_courserun SET ends_on = '2020-01-01'", "run_ends_after_it_starts"),
        ("UPDATE learning_market_course SET supplier_id = NULL", "course_is_taught_by_one_side"),
        ("UPDATE learning_market_course SET title = ''", "course_has_a_title"),
        (
            "UPDATE learning_market_learningpurchase SET decided_on = NULL",
            "committed_learning_was_decided",
        ),
        (
            "UPDATE learning_market_learningseat SET cancelled_on = '2026-01-01'",
            "cancelled_seat_names_its_day",
        ),
    ],
)
def test_the_database_itself_refuses(team, statement, name):
    team.committed(run(seats=2))
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        connection.cursor().execute(statement)
    assert name_of(refused.value) == name


def test_one_person_has_one_seat_in_a_run(team):
    of = run()
    team.committed(of)
    with pytest.raises(Refused, match="has a seat in this run already"):
        team.propose(of)
    assert CourseRun.objects.get().seats_taken == 2
