"""The timetable's jobs take a day and are harmless to repeat."""

from datetime import date
from decimal import Decimal

import pytest

from ledger import budgets, tasks
from ledger.models import MoneyCheck, Reservation
from tests import make
from tests.make import MARCH, TODAY

pytestmark = pytest.mark.django_db


def test_the_1st_releases_what_is_due(time_machine):
    time_machine.move_to("2026-02-20T12:00:00Z")
    shop, admin = make.me(), make.hr_admin()
    rule = make.budget_draft(shop, "1100.00", release="monthly", by=admin)
    budgets.publish(rule, by=admin, on=TODAY)
    assert tasks.release_budgets_due()["granted"] == 0
    assert tasks.release_budgets_due("2026-03-01")["total"] == "100.00"
    assert tasks.release_budgets_due("2026-03-01")["granted"] == 0
    assert make.wallet(shop).balance == 200


def test_a_window_is_freed_the_day_after_its_last():
    shop = make.me()
    make.granted(shop, "100.00")
    wallet = make.wallet(shop)
    Reservation.objects.create(
        wallet=wallet, kind="dispute_window", month=MARCH, amount=Decimal(40),
        ends_on=date(2026, 2, 20), cause_route="x:y", cause_id=1,
    )  # fmt: skip
    wallet.reserved = 40
    wallet.save()
    assert tasks.free_ended_windows("2026-02-20") == 0
    assert tasks.free_ended_windows("2026-02-21") == 1
    assert make.wallet(shop).available == 100


def test_the_night_keeps_its_proof():
    make.granted(make.me(), "100.00")
    assert tasks.check_money_nightly("2026-02-20")["broken"] == []
    tasks.check_money_nightly("2026-02-20")
    assert MoneyCheck.objects.get().is_sound
