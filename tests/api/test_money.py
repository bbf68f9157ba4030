"""Wallets, transfers and grants through the API."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.models import Transfer
from tests import make

pytestmark = pytest.mark.django_db


def test_a_wallet_shows_the_figures_of_the_money_bar():
    contract = make.agreed()
    member = make.api_of(make.member(contract.buyer))
    wallets = member.get("wallets/", {"fund": "operating"}).json()["results"]
    assert wallets == [
        {
            "id": str(make.wallet(contract.buyer).pk),
            "micro_enterprise": str(contract.buyer.pk),
            "fund": "operating",
            "fiscal_year": 2026,
            "basis": "notional",
            "balance": "1000000.00",
            "pre_committed": "0.00",
            "committed": "20000.00",
            "dispute_window": "0.00",
            "spent": "0.00",
            "held": "0.00",
            "available": "980000.00",
        }
    ]
    assert member.get(f"wallets/{wallets[0]['id']}/").json() == wallets[0]


def test_money_is_for_members_and_whoever_sees_all_of_it():
    me, other = make.me(), make.me()
    wallet = make.granted(me, "100.00")
    make.granted(other, "200.00")
    seen = {
        "member": make.member(me),
        "stranger": make.member(make.me()),
        "hr_admin": make.hr_admin(),
        "chro": make.office(is_chro=True),
        "auditor": make.office(is_auditor=True),
    }
    counts = {
        who: [
            len(make.api_of(user).get(f"{address}/").json()["results"])
            for address in ("wallets", "transfers")
        ]
        for who, user in seen.items()
    }
    assert counts == {
        "member": [1, 1], "stranger": [0, 0], "hr_admin": [2, 2], "chro": [2, 2],
        "auditor": [2, 2],
    }  # fmt: skip
    assert make.api_of(seen["stranger"]).get(f"wallets/{wallet.pk}/").status_code == 404
    assert len(make.api_with("money:read").get("wallets/").json()["results"]) == 2
    assert make.api_with("money:write").get("wallets/").status_code == 403


def test_a_grant_moves_money_once_per_key_and_per_reference():
    me = make.me()
    hr_admin = make.api_of(make.hr_admin())
    body = {"micro_enterprise": str(me.pk), "amount": "1200.00", "reference": "ERP-77"}
    first, again = (hr_admin.post("grants/", body, key="k") for _ in range(2))
    assert (first.status_code, first.json()["state"]) == (201, "published")
    assert (first.json()["fund"], first.json()["fiscal_year"]) == ("operating", 2026)
    assert again.json() == first.json()
    same_reference = make.api_with("money:write").post("grants/", body)
    assert same_reference.json()["id"] == first.json()["id"]
    other = make.api_with("money:write").post("grants/", body | {"amount": "9.00"})
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert make.wallet(me).balance == Decimal("1200.00")
    moved = hr_admin.get("transfers/", {"micro_enterprise": str(me.pk)}).json()["results"]
    assert [(each["amount"], each["kind"], each["month"]) for each in moved] == [
        ("1200.00", "grant", "2026-02")
    ]
    assert moved[0]["payer"]["system"] == "treasury"
    assert moved[0]["payee"]["micro_enterprise"] == str(me.pk)
    assert moved[0]["cause"].startswith("Budget ")


def test_a_grant_to_the_hr_admins_own_me_waits_for_a_second_hr_admin():
    me = make.me()
    first = make.hr_admin()
    make.member(me, who=first)
    drafted = make.api_of(first).post(
        "grants/", {"micro_enterprise": str(me.pk), "amount": "50.00"}
    )
    assert (drafted.status_code, drafted.json()["state"]) == (201, "draft")
    address = f"grants/{drafted.json()['id']}/publish/"
    own = make.api_of(first).post(address, {})
    assert (own.status_code, own.json()["code"]) == (409, "second_hr_admin_needed")
    published = make.api_of(make.hr_admin()).post(address, {})
    assert published.json()["state"] == "published"
    assert make.wallet(me).balance == Decimal("50.00")


@pytest.mark.parametrize(
    "amount",
    ["0", "0.00", "-5.00", "NaN", "Infinity", "1e30", "1.005", "12345678901234567890.00", "", "x"],
)
def test_an_amount_that_is_none_moves_nothing(amount):
    me = make.me()
    answer = make.api_of(make.hr_admin()).post(
        "grants/", {"micro_enterprise": str(me.pk), "amount": amount}
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "amount")
    assert answer.json()["errors"][0]["value"] == amount
    assert not Transfer.objects.exists()


def test_a_grant_needs_its_key_and_its_right():
    me = make.me()
    body = {"micro_enterprise": str(me.pk), "amount": "50.00"}
    missing = make.api_of(make.hr_admin()).post("grants/", body, key="")
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")
    assert make.api_of(make.lead(me)).post("grants/", body).status_code == 403
    assert make.api_with("money:read").post("grants/", body).status_code == 403
    assert not Transfer.objects.exists()


def test_many_wallets_cost_as_many_queries_as_few():
    hr_admin = make.api_of(make.hr_admin())
    make.agreed()
    hr_admin.get("")  # the day's first request of a token notes its use
    few = _queries_of(hr_admin)
    for _ in range(5):
        make.agreed()
    assert _queries_of(hr_admin) == few


def _queries_of(api):
    with CaptureQueriesContext(connection) as captured:
        for address in ("wallets", "transfers", "grants"):
            assert api.get(f"{address}/").status_code == 200
    return len(captured)
