"""The close of a year and payments at the same instant, and a worker that is killed on the way."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from accounts.errors import Refused
from contracts.actions import outside
from ledger import actions, checks, queries, year_end
from ledger.models import Cause, Reservation, Transfer, Wallet, WalletClosing
from tests import make
from tests.database import at_once
from tests.make import year_end as make_year
from tests.make.year_end import CLOSED_ON, DECEMBER

pytestmark = pytest.mark.django_db(transaction=True)


def broken():
    return [sentence for each in checks.findings() for sentence in each.broken]


def said(call):
    try:
        call()
    except Refused as reason:
        return reason.code
    return "done"


def test_a_purchase_and_the_close_of_its_year_never_lose_a_cent():
    make.me(kind="platform")
    shops = [make.me() for _ in range(6)]
    causes = []
    for shop in shops:
        make.granted(shop, "1000.00")
        causes.append(make_year.promised(shop, "400.00"))
    make_year.locked(DECEMBER)
    supplier = actions.system_wallet("outside")

    def receive(cause):
        month = actions.month_to_pay(cause, on=CLOSED_ON)
        actions.pay_promised(
            cause, supplier, Decimal(300), kind="purchase", month=month, on=CLOSED_ON,
            reference=f"outside/{cause.cause_id}/received",
        )  # fmt: skip

    def promise(shop, number):
        actions.promise(
            shop, {DECEMBER: Decimal(100)}, kind="committed", cause=Cause("x:y", number),
            on=CLOSED_ON,
        )  # fmt: skip

    close = partial(year_end.close_due, on=CLOSED_ON, mes_at_once=2)
    answers = at_once(
        [
            partial(said, close), partial(said, close),
            *(partial(said, partial(receive, cause)) for cause in causes),
            *(partial(said, partial(promise, shop, n)) for n, shop in enumerate(shops, start=1)),
        ]
    )  # fmt: skip
    assert set(answers) <= {"done", "month_locked", "year_closing", "not_enough_money"}
    for cause in causes:  # Whoever came into the closing finds it done a minute later.
        if Reservation.objects.open().of(cause).exists():
            close()
            receive(cause)
    close()
    assert not Wallet.objects.filter(fiscal_year=2026).exclude(balance=0, reserved=0).exists()
    assert Transfer.objects.filter(kind="purchase").count() == 6
    assert queries.balance_of(supplier) == 1800
    assert broken() == []


def test_a_worker_killed_between_two_wallets_leaves_whole_wallets_and_the_next_goes_on():
    make.me(kind="platform")
    shops = [make.me() for _ in range(5)]
    for shop in shops:
        make.granted(shop, "1000.00")
    make_year.locked(DECEMBER)
    parts = year_end._parts_of(2026, size=2)  # noqa: SLF001  # as close_due walks through them
    year_end._close_patiently(2026, next(parts), on=CLOSED_ON)  # noqa: SLF001
    assert WalletClosing.objects.count() == 2
    assert broken() == []
    assert year_end.close_due(on=CLOSED_ON) == {"closed": 3}
    assert WalletClosing.objects.count() == 5
    assert broken() == []


def test_eight_workers_close_a_year_once():
    make.me(kind="platform")
    for _ in range(10):
        make.granted(make.me(), "1000.00")
    make_year.locked(DECEMBER)
    close = partial(year_end.close_due, on=CLOSED_ON, mes_at_once=3)
    assert sum(each["closed"] for each in at_once([close] * 8)) == 10
    assert Transfer.objects.filter(kind="carry_over").count() == 10
    assert broken() == []


def test_a_december_order_received_in_january_stands_on_the_december_statement_until_the_close():
    buyer = make.me(kind="frontline")
    make.granted(buyer, "1000.00")
    order = make.ordered_outside(buyer, price="400.00", on=date(2026, 12, 20))
    late = make.ordered_outside(buyer, price="100.00", on=date(2026, 12, 20))
    received = partial(_received, by=make.lead_of(buyer))
    row = received(order, "300.00", on=date(2027, 1, 5))
    assert (row.month, row.payer.fiscal_year) == (DECEMBER, 2026)
    make_year.year_closed()
    row = received(late, "100.00", on=date(2027, 1, 12))
    assert (row.month, row.payer.fiscal_year) == (date(2027, 1, 1), 2027)
    assert broken() == []


def _received(order, amount, *, by, on):
    outside.receive(order, amount=Decimal(amount), by=by, on=on)
    return Transfer.objects.get(reference=f"outside/{order.pk}/received")
