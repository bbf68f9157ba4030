"""Offer, counter, accept: turns, hashes and what happens to the money (PRODUCT 4.2)."""

from decimal import Decimal

import pytest

from ledger import queries as money
from tests import make
from tests.make import TODAY

pytestmark = pytest.mark.django_db


def figures(buyer):
    purse = money.money_of(buyer, on=TODAY)
    return purse.available, purse.pre_committed, purse.committed


def test_a_buyers_offer_pre_commits_and_the_acceptance_commits_it():
    shop = make.me("Shop", kind="frontline")
    make.granted(shop, "30000.00")
    contract = make.offered(shop, price="2000.00")
    assert contract.state == "offered"
    assert figures(shop) == (Decimal(10000), Decimal(20000), 0)
    contract = make.agreed(shop, price="1000.00")
    assert contract.state == "agreed"
    assert figures(shop) == (0, Decimal(20000), Decimal(10000))
    contract = make.ended(price="1000.00")
    assert contract.ended_because == "expired"
