"""The page of the money: for the members of an ME, and for those who may look at any."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import actions, commitments, queries
from ledger.models import Cause, Transfer
from tests import make
from tests.make import APRIL, MARCH, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(time_machine):
    time_machine.move_to("2026-02-20T12:00:00Z")
    shop = make.me("Shop")
    make.granted(shop, "1000.00")
    make.granted(shop, "60.00", fund="learning")
    actions.promise(
        shop, {MARCH: Decimal("100.00"), APRIL: Decimal("150.00")},
        kind="committed", cause=Cause("contracts:contract", 5), on=TODAY,
    )  # fmt: skip
    return shop


def shown(client, who, address="/money/"):
    client.force_login(who)
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_member_sees_every_wallet_and_what_is_promised_by_month(client, shop):
    page = shown(client, make.member(shop))
    assert "Operating 2026" in page
    assert "750.00" in page
    assert "Learning 2026" in page
    assert "Contract 5" in page
    assert "March 2026 to April 2026" in page
    assert "150.00" in page


def test_movements_are_filtered_and_a_filter_without_sense_is_left_out(client, shop):
    lab = make.me("Lab")
    actions.pay(
        make.wallet(shop), actions.wallet_of(lab, month=MARCH), Decimal("10.00"), kind="charge",
        month=MARCH, reference="c/1", cause=Cause("x:y", 1), on=TODAY,
    )  # fmt: skip
    who = make.member(shop)
    assert "3 found" in shown(client, who)
    assert "1 found" in shown(client, who, "/money/?kind=charge&month=2026-03&fund=operating")
    assert "1 found" in shown(client, who, "/money/?fund=learning")
    assert "No movement fits" in shown(client, who, "/money/?kind=levy")
    assert "3 found" in shown(client, who, "/money/?kind=bribe&month=2026-99&page=x")


def test_strangers_do_not_see_the_money_and_hr_the_chro_and_auditors_do(client, shop):
    stranger = make.member(make.me("Lab"))
    client.force_login(stranger)
    for address in ("/money/", "/money/2026-03/", "/money/promises/"):
        answer = client.get(f"{address}?me={shop.pk}")
        assert answer.status_code == 403
        assert "Only members of Shop" in answer.content.decode()
        assert client.get(f"{address}?format=csv&me={shop.pk}").status_code == 403
        for unknown in ("999999", "x", "9" * 30):
            assert client.get(f"{address}?me={unknown}").status_code == 404
    assert client.get("/money/mes/").status_code == 403
    for office in ("is_hr_admin", "is_chro", "is_auditor"):
        who = make.office(**{office: True})
        assert "750.00" in shown(client, who, f"/money/?me={shop.pk}")
        assert "Shop" in shown(client, who, "/money/mes/?q=sho")
        assert "Nothing found" in shown(client, who, "/money/mes/?q=zzz")


def test_who_is_in_no_me_is_told_so_or_chooses_one(client, shop):
    assert "You are a member of no micro-enterprise" in shown(client, make.user())
    client.force_login(make.hr_admin())
    assert client.get("/money/").headers["Location"] == "/money/mes/"
    assert client.get("/money/2026-03/").status_code == 302


def test_an_me_without_money_is_told_where_it_comes_from(client, shop):
    page = shown(client, make.member(make.me()))
    assert "Nothing has moved yet" in page
    assert "Nothing is promised" in page


def test_twelve_months_from_october_leave_eighteen_thousand_for_the_next_year(client, time_machine):
    """PRODUCT 4.7: signing 2,000 a month for 12 months on 1 October commits 6,000 now."""
    time_machine.move_to("2026-09-20T12:00:00Z")
    buyer = make.me("Buyer", kind="frontline")
    october = date(2026, 10, 1)
    signed_on = date(2026, 9, 20)
    make.agreed(buyer, starts_on=october, ends_on=date(2027, 9, 30), on=signed_on)
    assert make.money(buyer, on=signed_on).committed == 6000
    page = shown(client, make.member(buyer))
    assert "18,000.00" in page
    assert "2027" in page
    january = date(2027, 1, 1)
    assert commitments.future_commitments(buyer, on=january) == []


def test_the_money_bar_costs_at_most_three_queries(shop, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        assert queries.money_of(shop, on=TODAY).available == 750
    held = actions.system_wallet("held")
    actions.pay(
        make.wallet(shop), held, Decimal("10.00"), kind="hold", month=MARCH, reference="h",
        cause=Cause("x:y", 1), on=TODAY,
    )  # fmt: skip
    with django_assert_max_num_queries(3):
        assert queries.money_of(shop, on=TODAY).held == 10


def test_the_page_costs_the_same_queries_with_a_thousand_movements(client, shop):
    who = make.member(shop)
    shown(client, who)
    with CaptureQueriesContext(connection) as few:
        client.get("/money/")
    mine, theirs = make.wallet(shop), actions.wallet_of(make.me(), month=MARCH)
    at = make.org().founded_at
    Transfer.objects.bulk_create(
        Transfer(
            payer=mine, payee=theirs, amount=1, kind="charge", month=MARCH, posted_on=TODAY,
            posted_at=at, reference=f"c/{number}", cause_route="x:y", cause_id=number,
        )
        for number in range(1000)
    )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        page = client.get("/money/").content.decode()
    assert len(many) <= len(few)
    assert "1 to 25 of 1,002" in page


def test_many_promises_have_a_page_of_their_own(client, shop):
    for number in range(12):
        actions.promise(
            shop, {MARCH: Decimal("1.00")}, kind="pre_committed",
            cause=Cause("contracts:contract", 100 + number), on=TODAY,
        )  # fmt: skip
    who = make.member(shop)
    assert "All 13 promises" in shown(client, who)
    assert shown(client, who, "/money/promises/").count("Pre-committed") == 12


def test_a_thousand_mes_are_listed_in_a_fixed_number_of_queries(client, shop):
    who = make.hr_admin()
    client.force_login(who)
    client.get("/money/mes/")
    with CaptureQueriesContext(connection) as few:
        client.get("/money/mes/")
    for _ in range(60):
        make.granted(make.me(may_decide=False), "1.00")
    with CaptureQueriesContext(connection) as many:
        client.get("/money/mes/")
    assert len(many) <= len(few)
