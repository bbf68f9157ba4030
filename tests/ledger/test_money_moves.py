"""What the ledger's own actions promise."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.constraints import name_of
from accounts.errors import Refused
from ledger import actions, queries
from ledger.models import Cause, Reservation, SettlementRun, Transfer, Wallet
from tests import make
from tests.database import at_once
from tests.make import APRIL, MARCH, TODAY

CAUSE = Cause("contracts:contract", 1)
promise = partial(actions.promise, kind="committed", cause=CAUSE, on=TODAY)


@pytest.mark.django_db
def test_a_grant_moves_money_from_the_treasury_and_all_wallets_sum_to_zero():
    shop = make.me()
    assert make.granted(shop, "100.00").available == 100
    everywhere = [queries.balance_of(wallet) for wallet in Wallet.objects.all()]
    assert sorted(everywhere) == [Decimal(-100), Decimal(100)]


@pytest.mark.django_db
def test_a_promise_replaces_the_one_before_and_names_both_figures_when_refused():
    shop = make.me("Shop")
    make.granted(shop, "100.00")
    promise(shop, {MARCH: Decimal("60.00")})
    promise(shop, {MARCH: Decimal("60.00")})
    assert queries.money_of(shop, on=TODAY).available == 40
    promise(shop, {MARCH: Decimal("30.00"), APRIL: Decimal("70.00")})
    assert queries.money_of(shop, on=TODAY).committed == 100
    with pytest.raises(Refused, match=r"Shop has 0.00 available.* 0.01 is needed") as refused:
        promise(shop, {MARCH: Decimal("30.01"), APRIL: Decimal("70.00")})
    assert refused.value.code == "not_enough_money"
    assert actions.release(CAUSE, on=TODAY) == 100
    assert make.wallet(shop).reserved == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE ledger_transfer SET amount = 1", "transfer_never_changes"),
        ("DELETE FROM ledger_transfer", "transfer_never_changes"),
        (
            "UPDATE ledger_wallet SET reserved = balance + 1 WHERE system = ''",
            "wallet_never_overspent",
        ),
        ("UPDATE ledger_wallet SET reserved = -1 WHERE system = ''", "reserved_not_negative"),
    ],
)
def test_the_database_itself_refuses(statement, name):
    make.granted(make.me(), "100.00")
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        connection.cursor().execute(statement)
    assert name_of(refused.value) == name


@pytest.mark.django_db
def test_nothing_is_written_into_a_locked_month():
    shop = make.me()
    at = make.org().founded_at
    SettlementRun.objects.create(month=MARCH, state="locked", opened_at=at, posted_on=TODAY)
    with pytest.raises(Refused, match="March 2026 is locked"):
        make.granted(shop, "5.00", month=MARCH)


@pytest.mark.django_db(transaction=True)
def test_eight_promises_at_once_never_overspend_one_wallet():
    shop = make.me()
    make.granted(shop, "100.00")

    def buy(number):
        try:
            promise(shop, {MARCH: Decimal("40.00")}, cause=Cause("contracts:contract", number))
        except Refused as reason:
            return reason.code
        return "done"

    results = at_once([partial(buy, number) for number in range(8)])
    assert sorted(results) == ["done"] * 2 + ["not_enough_money"] * 6
    assert make.wallet(shop).reserved == 80


@pytest.mark.django_db(transaction=True)
def test_eight_equal_promises_reserve_once():
    shop = make.me()
    make.granted(shop, "100.00")
    at_once([partial(promise, shop, {MARCH: Decimal("40.00")})] * 8)
    assert make.wallet(shop).reserved == 40
    assert Reservation.objects.open().count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_payments_with_one_reference_pay_once():
    shop, other = make.me(), make.me()
    make.granted(shop, "100.00")
    pay = partial(
        actions.pay,
        make.wallet(shop),
        actions.wallet_of(other, month=MARCH),
        Decimal("30.00"),
        kind=Transfer.Kind.MOVE,
        month=MARCH,
        reference="move/1",
        cause=CAUSE,
        on=TODAY,
    )
    assert len({transfer.pk for transfer in at_once([pay] * 8)}) == 1
    assert (make.wallet(shop).balance, make.wallet(other).balance) == (70, 30)
