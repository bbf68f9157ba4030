"""Whatever people do with their money, in whatever order: it adds up as in a small model."""

from collections import defaultdict
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from accounts.errors import Refused
from ledger import actions, checks, queries
from ledger.models import Cause, Wallet
from tests import make
from tests.make import APRIL, MARCH, TODAY

MES, CAUSES = 2, 3
AMOUNTS = some.decimals(min_value="0.01", max_value="120.00", places=2)
WHO, WHAT = some.integers(0, MES - 1), some.integers(0, CAUSES - 1)
DEEDS = some.one_of(
    some.tuples(some.just("grant"), WHO, AMOUNTS),
    some.tuples(some.just("promise"), WHO, WHAT, some.lists(AMOUNTS, min_size=1, max_size=2)),
    some.tuples(some.just("release"), WHAT),
    some.tuples(some.just("pay"), WHO, AMOUNTS),
    some.tuples(some.just("pay_promised"), WHAT, AMOUNTS),
    some.tuples(some.just("take_back"), WHO, AMOUNTS),
)


class Model:
    """What should happen, in plain numbers: two purses, and promises by cause."""

    def __init__(self):
        self.balance = [Decimal(0)] * MES
        self.promised = {}  # cause: (who, amounts)

    def available(self, who):
        open_ = [sum(amounts) for owner, amounts in self.promised.values() if owner == who]
        return self.balance[who] - sum(open_)

    def grant(self, who, amount):
        self.balance[who] += amount
        return True

    def promise(self, who, cause, amounts):
        before = self.promised.pop(cause, None)
        if self.available(who) >= sum(amounts):
            self.promised[cause] = (who, amounts)
            return True
        if before:
            self.promised[cause] = before
        return False

    def release(self, cause):
        self.promised.pop(cause, None)
        return True

    def pay(self, who, amount):
        if self.available(who) < amount:
            return False
        self.balance[who] -= amount
        self.balance[1 - who] += amount
        return True

    def pay_promised(self, cause, amount):
        who, amounts = self.promised.get(cause, (None, []))
        if amount > sum(amounts):
            return False
        del self.promised[cause]
        self.balance[who] -= amount
        return True

    def take_back(self, who, amount):
        self.balance[who] -= min(amount, self.available(who))
        return True


class Market:
    """The same deeds through the ledger's own actions."""

    def __init__(self):
        self.mes = [make.me(may_decide=False) for _ in range(MES)]
        self.numbers = defaultdict(int)
        self.treasury = actions.system_wallet("treasury")

    def words(self, kind):
        self.numbers[kind] += 1
        number = self.numbers[kind]
        return {
            "kind": kind, "month": MARCH, "reference": f"{kind}/{number}", "on": TODAY,
            "cause": Cause(f"test:{kind}", number),
        }  # fmt: skip

    def wallet(self, who):
        return actions.wallet_of(self.mes[who], month=MARCH)

    def cause(self, number):
        return Cause("test:cause", number + 1)

    def grant(self, who, amount):
        actions.pay(self.treasury, self.wallet(who), amount, **self.words("grant"))

    def promise(self, who, cause, amounts):
        plan = dict(zip((MARCH, APRIL), amounts, strict=False))
        actions.promise(self.mes[who], plan, kind="committed", cause=self.cause(cause), on=TODAY)

    def release(self, cause):
        actions.release(self.cause(cause), on=TODAY)

    def pay(self, who, amount):
        actions.pay(self.wallet(who), self.wallet(1 - who), amount, **self.words("charge"))

    def pay_promised(self, cause, amount):
        words = self.words("purchase") | {"cause": self.cause(cause)}
        outside = actions.system_wallet("outside")
        actions.pay_promised(words.pop("cause"), outside, amount, **words)

    def take_back(self, who, amount):
        words = self.words("lapse")
        actions.pay_up_to(self.wallet(who), self.treasury, amount, **words)


def agree(model, market, deeds):
    for name, *values in deeds:
        expected = getattr(model, name)(*values)
        try:
            getattr(market, name)(*values)
        except Refused:
            assert not expected, (name, values)
        else:
            assert expected, (name, values)
        for who, me in enumerate(market.mes):
            bar = queries.money_of(me, on=TODAY)
            assert bar.balance == model.balance[who]
            assert bar.available == model.available(who) >= 0
    assert sum(queries.balance_of(wallet) for wallet in Wallet.objects.all()) == 0
    assert [each.what for each in checks.findings() if each.broken] == []


@pytest.mark.django_db
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deeds=some.lists(DEEDS, min_size=1, max_size=12))
def test_any_sequence_of_deeds_adds_up_as_in_the_model(deeds):
    with transaction.atomic():
        agree(Model(), Market(), deeds)
        transaction.set_rollback(True)
