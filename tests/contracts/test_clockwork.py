"""The hourly job writes down what the day made, and may run as often as it likes."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.actions import clockwork, records
from contracts.models import Contract, Overage, SettlementLine, Usage
from ledger import queries as money
from ledger.models import SettlementRun
from tests import make
from tests.make import MARCH, TODAY

pytestmark = pytest.mark.django_db
NEXT_YEAR = date(2027, 1, 1)
NOTHING = {"lapsed": 0, "started": 0, "renewed": 0, "expired": 0, "closed": 0, "failed": 0}


def test_the_clock_starts_expires_and_lapses_and_a_second_run_changes_nothing():
    signed, waiting = make.agreed(), make.offered()
    assert clockwork.run_clock(on=date(2026, 2, 28)) == NOTHING
    assert clockwork.run_clock(on=MARCH) == NOTHING | {"lapsed": 1, "started": 1}
    assert clockwork.run_clock(on=MARCH) == NOTHING
    assert clockwork.run_clock(on=NEXT_YEAR) == NOTHING | {"expired": 1}
    signed.refresh_from_db()
    waiting.refresh_from_db()
    assert (signed.state, signed.ended_because, waiting.state) == ("ended", "expired", "lapsed")
    assert signed.events.last().actor is None
    assert signed.events.last().payload["since"] == "2027-01-01"


def test_a_job_that_comes_years_late_tells_the_whole_story():
    contract = make.agreed()
    assert clockwork.run_clock(on=date(2028, 5, 5)) == NOTHING | {"started": 1, "expired": 1}
    kinds = [event.kind for event in contract.events.all()]
    assert kinds == ["create", "offer", "accept", "start", "expire"]


def an_ended_month(shop=None):
    return make.ended(shop, ends_on=date(2026, 3, 31))


def posted_run():
    return SettlementRun.objects.create(
        month=MARCH, state="posted", posted_on=date(2026, 4, 6), opened_at=make.org().founded_at
    )


def lock(run):
    SettlementRun.objects.filter(pk=run.pk).update(state="locked")


def line(contract, run):
    return SettlementLine.objects.create(
        run=run, contract=contract, version=contract.current, month=run.month,
        origin_month=run.month, kind="fee", term="fee", amount=Decimal("2000.00"),
        calculation="2,000.00 for the whole month",
    )  # fmt: skip


def closed_on(day):
    return clockwork.run_clock(on=day)["closed"]


def test_an_ended_contract_closes_after_its_month_is_locked_and_the_window_is_over():
    shop = make.me()
    make.granted(shop, "5000.00")
    contract = an_ended_month(shop)
    run = posted_run()
    line(contract, run)
    assert closed_on(date(2026, 4, 30)) == 0
    lock(run)
    assert closed_on(date(2026, 4, 20)) == 0  # the tenth working day after 6 April
    assert money.money_of(shop, on=TODAY).committed == Decimal(2000)
    assert closed_on(date(2026, 4, 21)) == 1
    assert money.money_of(shop, on=TODAY).committed == 0
    contract.refresh_from_db()
    assert (contract.state, contract.ended_because) == ("closed", "expired")
    assert contract.events.last().payload["released"] == "2000.00"


def test_a_contract_whose_last_month_was_never_computed_does_not_close():
    an_ended_month()
    lock(posted_run())
    assert closed_on(date(2026, 4, 30)) == 0


@pytest.mark.parametrize("what", ["overage", "usage"])
def test_what_still_waits_keeps_the_contract_from_closing(what):
    contract = an_ended_month()
    run = posted_run()
    line(contract, run)
    lock(run)
    if what == "overage":
        Overage.objects.create(
            contract=contract, run=run, month=MARCH, amount=5, reason="More hires",
            waits_from_on=date(2026, 4, 6), answer_until_on=date(2026, 4, 20),
        )  # fmt: skip
    else:
        Usage.objects.create(
            contract=contract, used_on=date(2026, 3, 30), origin_month=MARCH, quantity=1, key="1",
            state="contested", entered_on=date(2026, 4, 1), entered_by=make.lead_of(contract.buyer),
        )  # fmt: skip
    assert closed_on(date(2026, 5, 30)) == 0
    signer = make.lead_of(contract.buyer)
    for state, closed in (("contested", 0), ("paid", 1)):
        Overage.objects.update(state=state, answered_on=date(2026, 4, 8), answered_by=signer)
        if what == "overage":
            assert closed_on(date(2026, 5, 30)) == closed
    if what == "usage":
        Usage.objects.update(state="withdrawn")
        assert closed_on(date(2026, 5, 30)) == 1


def test_one_contract_that_fails_stops_no_other(caplog):
    broken, sound = make.agreed(), make.agreed()
    # A twin of its next event stands there already, so it cannot be written.
    twin = broken.events.last()
    twin.pk, twin.number = None, broken.event_count + 1
    twin.save(force_insert=True)
    assert clockwork.run_clock(on=MARCH) == NOTHING | {"started": 1, "failed": 1}
    sound.refresh_from_db()
    assert sound.state == "active"
    assert f"Contract {broken.pk}: _start failed" in caplog.text


def test_a_quiet_hour_costs_the_same_with_ten_and_with_a_thousand_contracts():
    shop, provider = make.me(), make.me()
    made = make.active(shop, provider)

    def more(count):
        Contract.objects.bulk_create(
            Contract(
                offering=made.offering, buyer=shop, provider=provider, state="active",
                starts_on=MARCH, ends_on=date(2026, 12, 31), created_on=TODAY,
                created_by=made.created_by, current=made.current,
            )
            for _ in range(count)
        )  # fmt: skip

    def queries():
        with CaptureQueriesContext(connection) as seen:
            clockwork.run_clock(on=date(2026, 3, 2))
        return len(seen)

    more(10)
    few = queries()
    more(1000)
    assert queries() == few


def test_a_start_that_nobody_wrote_down_is_told_before_the_next_event():
    contract = make.agreed()
    assert records.catch_up(contract, on=MARCH)
    assert not records.catch_up(contract, on=MARCH)
    assert contract.state == "active"
