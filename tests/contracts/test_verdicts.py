"""Each locked month is judged by itself, and probation follows (PRODUCT 4.1)."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.core import mail

from accounts.errors import Refused
from accounts.models import AuditEvent
from config import timetable
from contracts.actions import results, verdicts
from contracts.models import SuccessMeasure
from ledger.models import SettlementRun, ValueVerdict
from ledger.verdict import ACTIVE, PROBATION, Measured, next_state
from tests import make
from tests.make import MARCH

JANUARY, FEBRUARY, APRIL, MAY = (date(2026, month, 1) for month in (1, 2, 4, 5))
D = Decimal


def locked(month):
    at = make.org().founded_at
    return SettlementRun.objects.create(
        month=month, state="locked", opened_at=at, posted_on=at.date(), locked_at=at
    )


def close(month, *, shop, margin):
    """The month locks on the 10th of the next one, with 100.00 of sales and that margin."""
    day = date(month.year, month.month + 1, 10)
    make.outside_sale(shop, "100.00", month=month, on=day)
    make.labour(shop, D(100) - D(margin), "8", month=month, on=day)
    locked(month)
    told = verdicts.judge_due(on=day)
    shop.refresh_from_db()
    return told


@pytest.mark.django_db
def test_losses_until_march_mean_probation_and_profit_in_april_and_may_ends_it():
    shop = make.me("Shop")
    make.member(shop, who=make.user(make.person("Mia", email="mia@example.com")))
    states = []
    for month, margin in (
        (JANUARY, "-1"), (FEBRUARY, "-1"), (MARCH, "-1"), (APRIL, "1"), (MAY, "1"),
    ):  # fmt: skip
        close(month, shop=shop, margin=margin)
        states.append(shop.state)
        since = date(2026, 4, 10) if shop.state == "probation" else None
        assert shop.probation_from_on == since
    assert states == ["active", "active", "probation", "probation", "active"]
    led = ValueVerdict.objects.exclude(led_to="").order_by("month")
    assert [(each.month, each.led_to) for each in led] == [(MARCH, "probation"), (MAY, "active")]
    event = AuditEvent.objects.get(action="micro_enterprise.probation")
    assert (event.actor, event.micro_enterprise, event.on) == (None, shop, date(2026, 4, 10))


@pytest.mark.django_db(transaction=True)
def test_members_are_told_why_by_mail():
    shop = make.me("Shop")
    make.member(shop, who=make.user(make.person("Mia", email="mia@example.com")))
    for month in (JANUARY, FEBRUARY, MARCH):
        close(month, shop=shop, margin="-1")
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["mia@example.com"], "Shop is on probation")
    assert "A loss of 1.00" in sent.body
    assert f"/mes/{shop.pk}/profit/" in sent.body


@pytest.mark.django_db
def test_judging_again_changes_nothing_and_the_jobs_of_the_day_judge():
    shop = make.me("Shop")
    assert close(JANUARY, shop=shop, margin="-1")["verdicts"] == 1
    assert verdicts.judge_due(on=date(2026, 2, 20))["verdicts"] == 0
    assert verdicts.judge(JANUARY, on=date(2026, 2, 20)) == (0, 0, 0)
    assert "judge the value of a month" in {job.name for job in timetable.JOBS}


@pytest.mark.django_db
def test_a_month_is_judged_in_order_once_it_has_locked():
    shop = make.me("Shop")
    make.outside_sale(shop, "1.00", month=JANUARY)
    run = locked(JANUARY)
    SettlementRun.objects.create(month=FEBRUARY, state="posted", opened_at=run.opened_at,
                                 posted_on=date(2026, 3, 6))  # fmt: skip
    locked(MARCH)
    verdicts.judge_due(on=date(2026, 4, 10))
    assert [each.month for each in ValueVerdict.objects.all()] == [JANUARY]


@pytest.mark.django_db
def test_without_anything_on_record_a_month_is_not_judged_and_counts_for_nothing():
    shop, idle = make.me("Shop"), make.me("Idle")
    for month, margin in ((JANUARY, "-1"), (FEBRUARY, "-1")):
        close(month, shop=shop, margin=margin)
    locked(MARCH)
    verdicts.judge_due(on=date(2026, 4, 10))
    march = ValueVerdict.objects.get(micro_enterprise=shop, month=MARCH)
    assert (march.is_judged, march.measured.word) == (False, "not_judged")
    shop.refresh_from_db()
    assert shop.state == "active"
    close(APRIL, shop=shop, margin="-1")
    assert shop.state == "probation"
    idle.refresh_from_db()
    assert idle.state == "active"
    assert ValueVerdict.objects.filter(micro_enterprise=idle, is_judged=True).count() == 0


@pytest.mark.django_db
def test_without_a_customer_and_an_outcome_a_month_with_a_margin_is_below_the_floor():
    """A measure that met its target, uncontested, is an outcome met."""
    contract = make.active(price="10000.00")
    provider = contract.provider
    # A cost of its own makes the month one that is judged.
    make.other_cost(provider, "1.00", month=MARCH, on=date(2026, 4, 2))
    measure = SuccessMeasure.objects.get(version__contract=contract)
    results.enter_result(
        measure, month=MARCH, value=measure.target, by=make.lead_of(provider),
        on=date(2026, 4, 2),
    )  # fmt: skip
    make.settled(to="locked", on=date(2026, 4, 10))
    verdicts.judge_due(on=date(2026, 4, 10))
    found = ValueVerdict.objects.get(micro_enterprise=provider, month=MARCH)
    assert (found.has_paying_customer, found.has_met_outcome) == (True, True)
    assert found.measured.why == "A margin of 9,999.00, a paying customer, a success measure met."
    nobody = Measured(is_judged=True, margin=D(5), has_paying_customer=False, has_met_outcome=False)
    assert (nobody.is_below, nobody.word) == (True, "below")
    assert not Measured(
        is_judged=True, margin=D(0), has_paying_customer=False, has_met_outcome=True
    ).is_below


@pytest.mark.parametrize(
    ("state", "below", "then"),
    [
        (ACTIVE, [True, True], ACTIVE),
        (ACTIVE, [True, True, True], PROBATION),
        (ACTIVE, [True, True, False, True], ACTIVE),
        (PROBATION, [False], PROBATION),
        (PROBATION, [False, True], PROBATION),
        (PROBATION, [False, False], ACTIVE),
        ("dissolving", [True, True, True], "dissolving"),
    ],
)
def test_a_row_of_months_leads_to_a_state(state, below, then):
    assert next_state(state, below, after=3, ends_after=2) == then


@pytest.mark.django_db
def test_on_probation_an_me_signs_no_terms_longer_than_three_months():
    buyer, provider = make.me("Shop"), make.me("Lab")
    type(buyer).objects.filter(pk=buyer.pk).update(state="probation")
    buyer.refresh_from_db()
    with pytest.raises(
        Refused, match="Shop is on probation and signs no terms longer than 3"
    ) as no:
        make.offered(buyer, provider, ends_on=date(2026, 6, 1))
    assert no.value.code == "on_probation"
    assert "Let them end by 31 May 2026" in no.value.help
    short = make.offered(buyer, provider, ends_on=date(2026, 5, 31))
    assert short.state == "offered"
    with pytest.raises(Refused, match="on probation"):
        make.agreed(buyer, provider, offered_by="provider", ends_on=date(2026, 12, 31))


@pytest.mark.django_db
def test_the_verdicts_stand_on_the_pages_of_the_me_and_of_the_offices(client):
    shop = make.me("Shop")
    for month in (JANUARY, FEBRUARY, MARCH):
        close(month, shop=shop, margin="-1")
    with time_machine.travel("2026-04-11T09:00Z", tick=False):
        client.force_login(make.office(is_chro=True))
        for address in (f"/mes/{shop.pk}/", f"/mes/{shop.pk}/profit/", "/money/verdicts/"):
            page = client.get(address).content.decode()
            assert "A loss of 1.00, a paying customer, no success measure met." in page, address
            assert "Below the floor" in page, address
        client.force_login(make.lead(make.me("Lab")))
        assert "Below the floor" not in client.get(f"/mes/{shop.pk}/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("count", [3, 30])
def test_a_month_of_many_mes_is_judged_in_a_fixed_number_of_queries(
    count, django_assert_max_num_queries
):
    for _ in range(count):
        make.outside_sale(make.me(), "1.00", month=JANUARY)
    with django_assert_max_num_queries(16):
        assert verdicts.judge(JANUARY, on=date(2026, 2, 20)).verdicts == count
