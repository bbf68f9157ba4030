"""Every contract that a month refuses says why, what to do, and links to where that begins."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

import contracts
from contracts.models import SettlementRefusal, Usage
from contracts.queries.refusals import REMEDIES
from ledger.models import SettlementRun, Wallet
from tests import make
from tests.make import MARCH

pytestmark = pytest.mark.django_db
SETTLEMENT = Path(contracts.__file__).parent / "settlement"
# The two modules that lead a run also refuse the run itself; there a refused contract is a pair.
LEADS = ("runs.py", "posting.py")


def test_every_code_that_a_settlement_writes_has_its_remedy():
    written = set()
    for module in SETTLEMENT.glob("*.py"):
        pattern = r'\("(\w+)", (?:f"|reason)' if module.name in LEADS else r'code="(\w+)"'
        written |= set(re.findall(pattern, module.read_text()))
    assert len(written) >= 6
    assert written == set(REMEDIES)


def unsigned():
    contract = make.agreed()
    with connection.cursor() as cursor:  # As somebody with the keys of the database could.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM contracts_signature WHERE contract_id = %s", [contract.pk])
        cursor.execute("SET session_replication_role = DEFAULT")
    return contract


def with_usage(contract, quantity="1", used_on=date(2026, 3, 20)):
    Usage.objects.create(
        contract=contract, used_on=used_on, origin_month=MARCH, quantity=quantity, key="x",
        entered_on=date(2026, 3, 21), entered_by=make.lead_of(contract.provider),
    )  # fmt: skip
    return contract


def usage_outside_dates():
    return with_usage(make.hires(starts_on=date(2026, 3, 10)), used_on=date(2026, 3, 5))


def not_paid():
    contract = make.agreed()
    make.granted(contract.provider, "1.00")
    wallet = Wallet.objects.filter(owner=contract.provider)
    wallet.update(balance=Decimal("9999999999999999.99"))
    return contract


REAL = {"unsigned": unsigned, "usage_outside_dates": usage_outside_dates, "not_paid": not_paid}


@pytest.mark.parametrize("code", REMEDIES)
def test_the_page_of_the_month_says_what_to_do_about_it_and_links_there(code, client, time_machine):
    contract = REAL.get(code, make.agreed)()
    run = make.settled()
    if code not in REAL:
        # What cannot be made by the market's own means: a fault of ours, or of the database.
        SettlementRefusal.objects.create(
            run=SettlementRun.objects.get(pk=run.pk), contract=contract, code=code,
            detail="Something stood in the way.", at=run.opened_at,
        )  # fmt: skip
    assert SettlementRefusal.objects.get().code == code
    client.force_login(make.hr_admin())
    time_machine.move_to("2026-04-07T12:00:00Z", tick=False)

    page = " ".join(client.get("/hr/settlement/2026-03/").text.split())

    remedy = REMEDIES[code]
    place = remedy.url.format(contract=contract.pk, provider=contract.provider_id)
    assert f"<strong>Next:</strong> {remedy.next}" in page
    assert f'href="{place}">{remedy.action}' in page
    assert client.get(place).status_code == 200
