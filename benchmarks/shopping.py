"""Buyers of the purchase benchmark: the market they need, and one process that buys."""

import json
import sys
import time
from datetime import UTC, date, datetime
from decimal import Decimal

import django

django.setup()

from django.db import connection  # noqa: E402  after the set-up

from accounts.models import (  # noqa: E402
    CustomerOutcome,
    Membership,
    MicroEnterprise,
    OutcomeLink,
    Person,
    RightsGrant,
    Role,
    User,
)
from contracts.actions import outside  # noqa: E402
from contracts.models import OutsidePurchase  # noqa: E402
from ledger import actions as ledger  # noqa: E402
from ledger.models import Cause, Transfer, Wallet  # noqa: E402
from marketplace.models import Category, OutsideOffer, OutsideSupplier  # noqa: E402

NEW_YEAR = date(2026, 1, 1)
DAY = date(2026, 4, 6)
PRICE = Decimal("10.00")


def prepare(buyers: int) -> dict[str, int]:
    """Each of the first MEs gets a lead who may order and money; the first one, one per buyer."""
    supplier = OutsideSupplier.objects.create(name="Outside Ltd")
    OutsideOffer.objects.create(
        supplier=supplier, category=Category.objects.get(), name="Hour", unit="hour", price=PRICE,
        priced_on=NEW_YEAR, source="price list", valid_until_on=date(2026, 12, 31),
        reference="R1", recorded_on=NEW_YEAR,
    )  # fmt: skip
    admin = User.objects.create(email="admin@example.org", is_hr_admin=True)
    for number in range(1, buyers + 1):
        me = MicroEnterprise.objects.get(pk=number)
        RightsGrant.objects.create(
            micro_enterprise=me, right="decide", starts_on=NEW_YEAR, granted_by=admin
        )
        outcome = CustomerOutcome.objects.create(
            micro_enterprise=me, name="Sooner", customer="All", metric="hours", unit="h",
            baseline=9, target=4, source="register", starts_on=NEW_YEAR,
        )  # fmt: skip
        role = Role.objects.create(micro_enterprise=me, name="Buyer")
        OutcomeLink.objects.create(role=role, outcome=outcome, starts_on=NEW_YEAR)
        for place in range(buyers) if number == 1 else [0]:
            _member(me, role, f"buyer-{number}-{place}")
        ledger.pay(
            ledger.system_wallet("treasury"), ledger.wallet_of(me, month=NEW_YEAR), Decimal(10**9),
            kind=Transfer.Kind.GRANT, month=NEW_YEAR, on=NEW_YEAR,
            reference=f"grant/shopping/{number}", cause=Cause("ledger:grant", number),
        )  # fmt: skip
    return {"buyers": buyers}


def _member(me: MicroEnterprise, role: Role, name: str) -> None:
    accepted = datetime(2026, 1, 2, tzinfo=UTC)
    person = Person.objects.create(name=name, external_id=name)
    User.objects.create(email=f"{name}@example.org", person=person)
    Membership.objects.create(
        person=person, micro_enterprise=me, role=role, may_sign=True, starts_on=NEW_YEAR,
        is_lead=name.endswith("-0"), person_accepted_at=accepted, lead_accepted_at=accepted,
    )  # fmt: skip


def buy(name: str, count: int, starts_at: float) -> dict[str, object]:
    """Buy so often, one after the other, from that moment on; milliseconds of each purchase."""
    user = User.objects.get(email=f"{name}@example.org")
    me = MicroEnterprise.objects.get(pk=int(name.split("-")[1]))
    offer = OutsideOffer.objects.get()
    time.sleep(max(0.0, starts_at - time.time()))
    took = []
    for number in range(count):
        began = time.perf_counter()
        outside.buy(offer, quantity=Decimal(1), buyer=me, by=user, on=DAY, key=f"{number}")
        took.append((time.perf_counter() - began) * 1000)
    return {"took": took, "ended_at": time.time()}


def audit(_: int = 0) -> dict[str, object]:
    """What stands in the database afterwards: nobody overspent, and every purchase is promised."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        (deadlocks,) = cursor.fetchone()
    short = sum(each.available < 0 for each in Wallet.objects.filter(system=""))
    return {
        "purchases": OutsidePurchase.objects.count(), "overspent": short, "deadlocks": deadlocks
    }  # fmt: skip


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["prepare", buyers]:
            print(json.dumps(prepare(int(buyers))))
        case ["buy", name, count, starts_at]:
            print(json.dumps(buy(name, int(count), float(starts_at))))
        case ["audit"]:
            print(json.dumps(audit()))
