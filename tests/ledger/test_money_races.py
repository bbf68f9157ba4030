"""Payments, promises and the lock of a month at the same instant."""

import time
from datetime import date
from decimal import Decimal
from functools import partial
from threading import Event

import pytest
from django.db import transaction

from accounts import clock
from accounts.errors import Refused
from ledger import actions, checks
from ledger.models import Cause, Reservation, SettlementRun, Transfer
from tests import make
from tests.database import at_once
from tests.make import MARCH, TODAY

pytestmark = pytest.mark.django_db(transaction=True)


def pay(payer, payee, amount, number, *, month=MARCH):
    try:
        return actions.pay(
            payer, payee, Decimal(amount), kind="charge", month=month, on=TODAY,
            reference=f"c/{number}", cause=Cause("x:y", number),
        )  # fmt: skip
    except Refused as reason:
        return reason.code


def promise(me, amount, number):
    try:
        actions.promise(
            me, {MARCH: Decimal(amount)}, kind="committed", cause=Cause("x:y", number), on=TODAY
        )
    except Refused as reason:
        return reason.code
    return "promised"


def open_march():
    return SettlementRun.objects.create(month=MARCH, opened_at=make.org().founded_at)


def lock_march():
    """Lock the month as a settlement does, and tell how many transfers it has then."""
    with transaction.atomic():
        run = SettlementRun.objects.select_for_update(no_key=True).get(month=MARCH)
        run.state, run.locked_at, run.posted_on = "locked", clock.now(), TODAY
        run.save()
    return Transfer.objects.filter(month=MARCH, kind="charge").count()


def broken():
    return [each.what for each in checks.findings() if each.broken]


def test_a_lock_waits_for_the_payment_that_came_before_it_and_refuses_the_one_after():
    shop, lab = make.me(), make.me()
    make.granted(shop, "100.00")
    mine, theirs = make.wallet(shop), actions.wallet_of(lab, month=MARCH)
    open_march()
    is_paid = Event()

    def slow_payment():
        with transaction.atomic():
            pay(mine, theirs, "10.00", 1)
            is_paid.set()
            time.sleep(0.5)
        return "paid"

    def lock():
        is_paid.wait(10)
        return lock_march()

    assert at_once([slow_payment, lock]) == ["paid", 1]
    assert pay(mine, theirs, "10.00", 2) == "month_locked"
    assert Transfer.objects.filter(month=MARCH, kind="charge").count() == 1


def test_a_payment_that_waits_for_the_lock_is_refused_by_it():
    shop, lab = make.me(), make.me()
    make.granted(shop, "100.00")
    mine, theirs = make.wallet(shop), actions.wallet_of(lab, month=MARCH)
    run = open_march()
    is_locking = Event()

    def slow_lock():
        with transaction.atomic():
            SettlementRun.objects.filter(pk=run.pk).update(
                state="locked", locked_at=clock.now(), posted_on=TODAY
            )
            is_locking.set()
            time.sleep(0.5)

    def payment():
        is_locking.wait(10)
        return pay(mine, theirs, "10.00", 1)

    assert at_once([slow_lock, payment]) == [None, "month_locked"]
    assert make.wallet(shop).balance == 100


def test_of_many_payments_and_one_lock_no_transfer_slips_past_it():
    shop, lab = make.me(), make.me()
    make.granted(shop, "100.00", month=date(2026, 1, 1))
    mine, theirs = make.wallet(shop), actions.wallet_of(lab, month=MARCH)
    open_march()
    payments = [partial(pay, mine, theirs, "1.00", number) for number in range(8)]
    *results, seen = at_once([*payments, lock_march])
    went_through = [result for result in results if result != "month_locked"]
    assert seen == len(went_through) == Transfer.objects.filter(kind="charge").count()
    assert broken() == []


def test_promises_and_payments_of_one_wallet_share_what_it_has():
    shop, lab = make.me(), make.me()
    make.granted(shop, "100.00")
    mine, theirs = make.wallet(shop), actions.wallet_of(lab, month=MARCH)
    calls = [partial(promise, shop, "40.00", number) for number in range(4)]
    calls += [partial(pay, mine, theirs, "40.00", number) for number in range(4)]
    results = at_once(calls)
    assert results.count("not_enough_money") == 6
    assert make.wallet(shop).available == 20
    assert broken() == []


def test_two_mes_that_pay_each_other_do_not_wait_for_ever():
    shops = [make.me(), make.me()]
    for shop in shops:
        make.granted(shop, "100.00")
    one, two = (make.wallet(shop) for shop in shops)
    calls = [
        partial(pay, *((one, two) if number % 2 else (two, one)), "5.00", number)
        for number in range(8)
    ]
    assert all(isinstance(result, Transfer) for result in at_once(calls))
    assert [make.wallet(shop).balance for shop in shops] == [100, 100]


def test_a_promise_is_paid_once_and_its_rest_comes_free_however_often_it_is_tried():
    shop, lab = make.me(), make.me()
    make.granted(shop, "100.00")
    cause = Cause("x:y", 1)
    assert promise(shop, "60.00", 1) == "promised"
    paid = partial(
        actions.pay_promised, cause, actions.wallet_of(lab, month=MARCH), Decimal("50.00"),
        kind="purchase", month=MARCH, reference="p/1", on=TODAY,
    )  # fmt: skip
    assert len({each.pk for each in at_once([paid] * 8)}) == 1
    assert (make.wallet(shop).balance, make.wallet(shop).reserved) == (50, 0)
    with pytest.raises(Refused, match="p/1 was already used for something else"):
        actions.pay_promised(
            cause, actions.wallet_of(lab, month=MARCH), Decimal("51.00"), kind="purchase",
            month=MARCH, reference="p/1", on=TODAY,
        )  # fmt: skip


def test_ended_windows_are_freed_once_while_payments_go_on():
    shop, lab = make.me(), make.me()
    make.granted(shop, "100.00")
    mine, theirs = make.wallet(shop), actions.wallet_of(lab, month=MARCH)
    Reservation.objects.create(
        wallet=mine, kind="dispute_window", month=MARCH, amount=90, ends_on=date(2026, 2, 19),
        cause_route="x:y", cause_id=1,
    )  # fmt: skip
    mine.reserved = 90
    mine.save()
    calls = [partial(actions.free_ended_windows, on=TODAY)] * 4
    calls += [partial(pay, mine, theirs, "20.00", number) for number in range(5)]
    at_once(calls)
    assert (make.wallet(shop).balance, make.wallet(shop).reserved) == (0, 0)
    assert broken() == []
