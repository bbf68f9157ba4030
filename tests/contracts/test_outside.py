"""Orders outside from the own wallet, at once and without approval (PRODUCT 4.7)."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.errors import Forbidden, Invalid, Refused, Unknown
from accounts.models import AuditEvent, MicroEnterprise
from contracts.actions import outside
from contracts.queries.outside import as_lost, lost_by, visible_to
from ledger import actions as ledger
from ledger import queries as money
from ledger.models import Transfer
from tests import make
from tests.make import TODAY

pytestmark = pytest.mark.django_db


def figures(buyer):
    purse = money.money_of(buyer, on=TODAY)
    return purse.available, purse.pre_committed, purse.committed, purse.spent


def a_shop(amount="5000.00"):
    shop = make.me(kind="frontline")
    make.granted(shop, amount)
    return shop


def order(shop, *, quantity="3", by=None, on=TODAY, offer=None, name="buy", **rest):
    return getattr(outside, name)(
        offer or make.outside_offer(price="100.00"), quantity=Decimal(quantity), buyer=shop,
        by=by or make.lead_of(shop), on=on, **rest,
    )  # fmt: skip


def test_an_order_is_immediate_and_commits_quantity_times_price():
    shop = a_shop()
    purchase = order(shop, quantity="2.5", reason="Nobody inside speaks Estonian.")
    assert (purchase.state, purchase.amount) == ("ordered", Decimal("250.00"))
    assert figures(shop) == (4750, 0, 250, 0)
    told = AuditEvent.objects.filter(target=f"outside purchase {purchase.pk}")
    assert {each.action for each in told} == {"outside_purchase.request", "outside_purchase.order"}


def test_a_request_pre_commits_until_it_is_ordered():
    shop = a_shop()
    purchase = order(shop, name="request")
    assert (purchase.state, figures(shop)) == ("requested", (4700, 300, 0, 0))
    outside.order(purchase, by=make.lead_of(shop), on=TODAY)
    assert outside.order(purchase, by=make.lead_of(shop), on=TODAY).state == "ordered"
    assert figures(shop) == (4700, 0, 300, 0)


def test_what_really_came_is_paid_outside_and_the_rest_is_released():
    shop = a_shop()
    purchase = order(shop)
    received = outside.receive(purchase, amount=Decimal("280.50"), by=make.lead_of(shop), on=TODAY)
    assert received.state == "received"
    assert figures(shop) == (Decimal("4719.50"), 0, 0, Decimal("280.50"))
    transfer = Transfer.objects.get(kind="purchase")
    assert transfer.reference == f"outside/{purchase.pk}/received"
    assert transfer.payee.system == "outside"
    assert money.balance_of(ledger.system_wallet("outside")) == Decimal("280.50")
    outside.receive(purchase, amount=Decimal("280.50"), by=make.lead_of(shop), on=TODAY)
    with pytest.raises(Refused, match="is received and cannot be received"):
        outside.receive(purchase, amount=Decimal("280.00"), by=make.lead_of(shop), on=TODAY)
    assert Transfer.objects.filter(kind="purchase").count() == 1


def test_more_than_was_ordered_needs_a_new_order():
    purchase = order(a_shop())
    with pytest.raises(Refused, match=r"300\.01 is more than the 300\.00") as refused:
        outside.receive(
            purchase, amount=Decimal("300.01"), by=make.lead_of(purchase.buyer), on=TODAY
        )
    assert (refused.value.code, refused.value.field) == ("more_than_ordered", "amount")


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity", "1.005"])
def test_an_amount_that_nobody_can_pay_is_refused(amount):
    purchase = order(a_shop())
    with pytest.raises(Invalid, match="above zero with two places"):
        outside.receive(purchase, amount=Decimal(amount), by=make.lead_of(purchase.buyer), on=TODAY)


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity", "1e30", "0.00001"])
def test_a_quantity_that_nobody_can_order_is_refused(quantity):
    with pytest.raises(Invalid, match="quantity"):
        order(a_shop(), quantity=quantity)


def test_an_amount_of_nothing_is_refused():
    with pytest.raises(Invalid, match="is no amount that can be paid"):
        order(a_shop(), quantity="0.001", offer=make.outside_offer(price="0.01"))


def test_cancelling_frees_the_money_and_ends_the_order():
    shop = a_shop()
    purchase = order(shop)
    person = make.lead_of(shop)
    for _ in range(2):
        assert outside.cancel(purchase, by=person, on=TODAY).state == "cancelled"
    assert figures(shop) == (5000, 0, 0, 0)
    for event in (outside.order, outside.receive):
        rest = {"amount": Decimal(1)} if event is outside.receive else {}
        with pytest.raises(Refused, match="is cancelled and cannot be"):
            event(purchase, by=person, on=TODAY, **rest)


def test_what_was_received_cannot_be_cancelled():
    purchase = order(a_shop())
    person = make.lead_of(purchase.buyer)
    outside.receive(purchase, amount=Decimal(300), by=person, on=TODAY)
    with pytest.raises(Refused, match="is received and cannot be cancelled"):
        outside.cancel(purchase, by=person, on=TODAY)


def test_an_expired_offer_cannot_be_ordered():
    shop = a_shop()
    offer = make.outside_offer(valid_until_on=TODAY)
    with pytest.raises(Refused, match="was valid until 20 February 2026") as refused:
        order(shop, offer=offer, on=date(2026, 2, 21))
    assert refused.value.code == "offer_expired"
    asked = order(shop, offer=offer, name="request", quantity="1")
    with pytest.raises(Refused, match="was valid until"):
        outside.order(asked, by=make.lead_of(shop), on=date(2026, 2, 21))


def test_an_order_beyond_what_is_available_leaves_nothing_behind():
    shop = a_shop("299.99")
    with pytest.raises(Refused, match=r"299\.99 available"):
        order(shop)
    assert not shop.outside_purchases.exists()


def test_who_may_order_and_who_may_know():
    shop = a_shop()
    with pytest.raises(Forbidden, match="may not order outside"):
        order(shop, by=make.member(shop))
    purchase = order(shop)
    with pytest.raises(Unknown):
        outside.cancel(purchase, by=make.lead(make.me()), on=TODAY)
    with pytest.raises(Forbidden):
        outside.cancel(purchase, by=make.hr_admin(), on=TODAY)
    assert visible_to(make.member(shop), on=TODAY).get() == purchase
    assert not visible_to(make.lead(make.me()), on=TODAY).exists()
    assert visible_to(make.office(is_auditor=True), on=TODAY).exists()


def test_an_me_that_may_not_trade_orders_nothing():
    shop = a_shop()
    MicroEnterprise.objects.update(state="dissolving")
    shop.refresh_from_db()
    with pytest.raises(Refused, match="is dissolving and may not trade"):
        order(shop)


def test_a_key_is_for_one_order():
    shop = a_shop()
    offer = make.outside_offer(price="100.00")
    assert order(shop, offer=offer, key="k") == order(shop, offer=offer, key="k")
    with pytest.raises(Refused, match="already used for another order"):
        order(shop, offer=offer, key="k", quantity=Decimal(7))
    with pytest.raises(Refused, match="already used for another order"):
        order(shop, key="k")


def test_inside_providers_of_the_category_learn_price_and_reason_and_no_more():
    provider, other = make.me(), make.me()
    make.offering(provider)
    make.offering(other, of=make.category("Legal"))
    shop = a_shop()
    order(shop, reason="Faster.")
    outside.cancel(order(shop), by=make.lead_of(shop), on=TODAY)
    lost = as_lost(lost_by(provider))
    assert [(each.category, each.price, each.reason) for each in lost] == [
        ("Recruiting", Decimal("100.00"), "Faster.")
    ]
    assert shop.name not in str(lost)
    assert not lost_by(other).exists()
