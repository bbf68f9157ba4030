"""A month's statement adds up, names every cause and never changes once the month is locked."""

import csv
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import actions, budgets, drafting, statements
from ledger.models import Cause, Reservation, Transfer, Wallet
from ledger.money import ZERO
from tests import make
from tests.make import APRIL, MARCH, TODAY

pytestmark = pytest.mark.django_db
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


def moved(payer, payee, amount, kind, *, month=MARCH, cause=7, on=TODAY, note=""):
    return actions.pay(
        payer, payee, Decimal(amount), kind=kind, month=month, on=on, note=note,
        reference=f"{kind}/{Transfer.objects.count()}", cause=Cause("contracts:thing", cause),
    )  # fmt: skip


@pytest.fixture
def shop():
    """1,000.00 in January; in March 200.00 to a lab, 50.00 outside, 30.00 held, 80.00 earned."""
    shop, lab = make.me("Shop"), make.me("Lab")
    make.granted(shop, "1000.00", month=JANUARY)
    make.granted(lab, "500.00", month=JANUARY)
    mine, theirs = make.wallet(shop), make.wallet(lab)
    moved(mine, theirs, "200.00", "charge")
    moved(mine, actions.system_wallet("outside"), "50.00", "purchase")
    moved(mine, actions.system_wallet("held"), "30.00", "hold")
    moved(theirs, mine, "80.00", "charge")
    return shop


def test_opening_and_lines_add_up_to_the_closing_line_by_line(shop):
    found = statements.statement_of(shop, month=MARCH, on=TODAY)
    assert (found.opening, found.closing) == (1000, 800)
    balance = found.opening
    for line in found.lines:
        balance += line.amount
        assert line.balance == balance
    assert balance == found.closing == make.wallet(shop).balance
    assert (found.money_in, found.money_out) == (80, -280)
    assert [(line.group, line.name, line.party, line.amount) for line in found.lines] == [
        ("earned", "Sale inside", "Lab", 80),
        ("inside", "Purchase inside", "Lab", -200),
        ("outside", "Purchase outside", "Outside suppliers", -50),
        ("held", "Held for a dispute", "Held money", -30),
    ]


def test_each_month_opens_with_what_the_one_before_closed_with(shop):
    before = ZERO
    for number in range(1, 13):
        found = statements.statement_of(shop, month=date(2026, number, 1), on=TODAY)
        assert found.opening == before
        before = found.closing
    assert before == make.wallet(shop).balance


def test_a_month_of_another_year_uses_that_years_wallet(shop):
    make.granted(shop, "7.00", month=date(2027, 2, 1))
    found = statements.statement_of(shop, month=date(2027, 2, 1), on=TODAY)
    assert (found.opening, found.closing) == (0, 7)
    nothing = statements.statement_of(shop, month=date(2024, 2, 1), on=TODAY)
    assert (nothing.opening, nothing.lines, nothing.closing, nothing.reserved) == (0, [], 0, 0)


def test_what_was_reserved_at_the_end_of_a_past_month_stays_on_its_statement(shop):
    cause = Cause("contracts:contract", 1)
    promise = {APRIL: Decimal("100.00")}
    actions.promise(shop, promise, kind="pre_committed", cause=cause, on=date(2026, 1, 20))
    actions.promise(shop, promise, kind="committed", cause=cause, on=date(2026, 2, 10))
    actions.release(cause, on=date(2026, 3, 5))
    today = date(2026, 3, 20)
    reserved = [
        statements.statement_of(shop, month=month, on=today).reserved
        for month in (date(2026, 1, 1), FEBRUARY, MARCH)
    ]
    assert reserved == [100, 100, 0]


def test_revenue_in_its_dispute_window_is_reserved_until_the_window_ends(shop):
    wallet = make.wallet(shop)
    Reservation.objects.create(
        wallet=wallet, kind="dispute_window", month=MARCH, amount=80, made_on=date(2026, 3, 6),
        ends_on=date(2026, 3, 20), cause_route="x:y", cause_id=1,
    )  # fmt: skip
    inside = statements.statement_of(shop, month=MARCH, on=date(2026, 3, 20))
    after = statements.statement_of(shop, month=MARCH, on=date(2026, 3, 21))
    assert (inside.reserved, after.reserved) == (80, 0)


def test_a_statement_has_the_shape_that_other_systems_rely_on(shop):
    found = statements.statement_of(shop, month=MARCH, on=TODAY).as_json()
    assert found["micro_enterprise"] == shop.pk
    assert {name: found[name] for name in ("fund", "month", "opening", "closing", "reserved")} == {
        "fund": "operating", "month": "2026-03", "opening": "1000.00", "closing": "800.00",
        "reserved": "0.00",
    }  # fmt: skip
    assert found["lines"][1] == {
        "on": "2026-02-20", "kind": "charge", "amount": "-200.00", "cause": "Thing 7",
        "cause_url": "", "basis": "notional",
    }  # fmt: skip


def test_the_page_links_a_budget_and_prints_what_it_cannot_link(client, shop):
    admin = make.hr_admin()
    envelope = drafting.Envelope("operating", 2026, "yearly", "Travel 2026")
    rule = drafting.draft_grant(shop, Decimal("5.00"), envelope, by=admin, on=TODAY)
    budgets.publish(rule, by=admin, on=TODAY)
    client.force_login(make.member(shop))
    page = client.get("/money/2026-02/").content.decode()
    assert f'href="/hr/budgets/{rule.pk}/"' in page
    assert "Travel 2026" in page
    assert client.get(f"/hr/budgets/{rule.pk}/").status_code == 200
    page = client.get("/money/2026-03/").content.decode()
    assert "Thing 7" in page
    assert "Opening balance" in page
    assert "805.00" in page


def test_the_csv_adds_up_and_no_cell_is_a_formula(client, shop):
    lab = make.me("=HYPERLINK(1)")
    moved(make.wallet(shop), actions.wallet_of(lab, month=MARCH), "1.00", "move", note="@cmd")
    client.force_login(make.member(shop))
    answer = client.get("/money/2026-03/?format=csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert 'filename="statement-shop-2026-03-operating.csv"' in answer["Content-Disposition"]
    rows = list(csv.DictReader(StringIO(answer.content.decode())))
    assert rows[0]["balance"] == "1000.00"
    total = Decimal(rows[0]["balance"])
    for row in rows[1:-2]:
        total += Decimal(row["amount"])
        assert Decimal(row["balance"]) == total
    assert (rows[-2]["kind"], Decimal(rows[-2]["balance"])) == ("closing", total)
    line = next(row for row in rows if row["kind"] == "move")
    assert (line["party"], line["note"]) == ("'=HYPERLINK(1)", "'@cmd")
    for row in rows:
        for name in ("micro_enterprise", "party", "note", "cause"):
            assert not row[name].startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("address", ["/money/2026-13/", "/money/1999-01/", "/money/2026-3/"])
def test_what_is_no_month_is_not_found(client, address):
    client.force_login(make.member(make.me()))
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("query", ["", "?fund=learning", "?fund=nonsense", "?page=99", "?page=x"])
def test_a_month_without_movements_says_so(client, query):
    client.force_login(make.member(make.me()))
    answer = client.get(f"/money/2026-05/{query}")
    assert answer.status_code == 200
    assert "Nothing moved in May 2026" in answer.content.decode()


def test_a_long_statement_is_paged_and_carries_its_balance_forward(client, shop):
    mine, theirs = make.wallet(shop), actions.wallet_of(make.me(), month=APRIL)
    at = make.org().founded_at
    Transfer.objects.bulk_create(
        Transfer(
            payer=mine, payee=theirs, amount=1, kind="charge", month=APRIL, posted_on=TODAY,
            posted_at=at, reference=f"c/{number}", cause_route="x:y", cause_id=number,
        )
        for number in range(450)
    )  # fmt: skip
    client.force_login(make.member(shop))
    page = client.get("/money/2026-04/?page=2").content.decode()
    assert "Carried forward" in page
    assert ">600.00<" in page
    assert "Closing balance" not in page


def test_a_statement_costs_the_same_queries_however_long_it_is(client, shop):
    client.force_login(make.member(shop))
    with CaptureQueriesContext(connection) as few:
        client.get("/money/2026-03/")
    for number in range(60):
        moved(make.wallet(shop), actions.wallet_of(make.me(may_decide=False), month=MARCH),
              "1.00", "charge", cause=number)  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        client.get("/money/2026-03/")
    assert len(many) <= len(few)


def test_what_a_settled_month_used_is_not_taken_off_twice():
    shop, provider = make.me("Shop"), make.me("Provider")
    make.granted(shop, "1000.00")
    cause = Cause("contracts:contract", 1)
    plan = {MARCH: Decimal("300.00"), APRIL: Decimal("300.00")}
    actions.promise(shop, plan, kind="committed", cause=cause, on=TODAY)
    posting = date(2026, 4, 6)
    actions.pay(
        make.wallet(shop), actions.wallet_of(provider, month=MARCH), Decimal("300.00"),
        kind="charge", month=MARCH, reference="2026-03/contract/1/net", cause=cause, on=posting,
    )  # fmt: skip
    used = Reservation.objects.filter(month=MARCH)
    used.update(closed_on=posting)
    Wallet.objects.filter(owner=shop).update(reserved=300)
    statement = statements.statement_of(shop, month=MARCH, on=date(2026, 4, 20))
    assert (statement.closing, statement.reserved) == (700, 300)
    assert statement.available == 400 == make.wallet(shop).available
