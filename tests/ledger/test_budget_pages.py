"""HR admins draft, read, publish and take back budgets in the browser."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import actions, budgets, checks, drafting, releasing
from ledger.models import Allocation, BudgetRule, Cause, MoneyCheck, Transfer
from tests import make
from tests.make import MARCH, TODAY

pytestmark = pytest.mark.django_db
HEADS = "micro_enterprise,fund,amount,fiscal_year,release,reference\n"


@pytest.fixture
def admin(client, time_machine):
    time_machine.move_to("2026-02-20T12:00:00Z")
    make.org()
    who = make.hr_admin()
    client.force_login(who)
    return who


def text_of(answer):
    return answer.content.decode()


def grant_form(**fields):
    return {
        "micro_enterprise": "shop", "amount": "1200.00", "name": "Travel", "reason": "growth",
        "fund": "operating",
        "fiscal_year": "2026", "release": "yearly",
    } | fields  # fmt: skip


def customer_rows(*rows):
    given = {"customers-TOTAL_FORMS": len(rows), "customers-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        for name, value in zip(("micro_enterprise", "use", "heads"), row, strict=True):
            given[f"customers-{number}-{name}"] = value
    return given


def department_form(*rows, **fields):
    return {
        "department": "Recruiting", "former_cost": "240000.00", "period": "2025",
        "phase_in": "25", "fund": "operating", "fiscal_year": "2026", "release": "yearly",
    } | customer_rows(*rows) | fields  # fmt: skip


def test_a_grant_is_drafted_read_and_published(client, admin):
    shop = make.me("Shop")
    answer = client.post("/hr/budgets/grant/", grant_form(), follow=True)
    rule = BudgetRule.objects.get()
    assert answer.redirect_chain == [(f"/hr/budgets/{rule.pk}/", 302)]
    assert "Travel is drafted." in text_of(answer)
    assert not Transfer.objects.exists()
    answer = client.post(f"/hr/budgets/{rule.pk}/publish/", follow=True)
    assert "Travel is published. 1,200.00 is granted." in text_of(answer)
    client.post(f"/hr/budgets/{rule.pk}/publish/")
    assert make.wallet(shop).balance == 1200


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("micro_enterprise", "Nobody", "There is no micro-enterprise of that name."),
        ("micro_enterprise", "Seed", "Seed is proposed; only an incubating"),
        ("amount", "NaN", "Enter a number"),
        ("amount", "1e30", "no more than"),
        ("amount", "0", "greater than or equal to 0.01"),
        ("amount", "1.001", "no more than 2 decimal places"),
        ("fund", "incentive", "not one of the available choices"),
        ("fiscal_year", "2019", "not one of the available choices"),
        ("release", "", "This field is required"),
    ],
)
def test_a_wrong_field_is_said_beside_it_and_nothing_is_kept(client, admin, field, value, sentence):
    make.me("Shop")
    make.me("Seed", state="proposed")
    answer = client.post("/hr/budgets/grant/", grant_form(**{field: value}))
    assert sentence in text_of(answer)
    assert not BudgetRule.objects.exists()


@pytest.mark.parametrize("page", ["grant", "department", "import"])
def test_a_form_that_was_only_opened_complains_of_nothing(client, admin, page):
    assert "to correct" not in text_of(client.get(f"/hr/budgets/{page}/"))


def test_a_draft_is_changed_and_discarded(client, admin):
    make.me("Shop")
    client.post("/hr/budgets/grant/", grant_form())
    rule = BudgetRule.objects.get()
    page = text_of(client.get(f"/hr/budgets/{rule.pk}/grant/"))
    assert 'value="1200.00"' in page
    client.post(f"/hr/budgets/{rule.pk}/grant/", grant_form(amount="70", release="monthly"))
    assert Allocation.objects.get().amount == 70
    page = text_of(client.get(f"/hr/budgets/{rule.pk}/"))
    assert "December 2026" in page
    assert client.get(f"/hr/budgets/{rule.pk}/department/").status_code == 404
    answer = client.post(f"/hr/budgets/{rule.pk}/discard/", follow=True)
    assert "The draft Travel is discarded" in text_of(answer)
    assert client.get(f"/hr/budgets/{rule.pk}/").status_code == 404


def test_a_department_is_previewed_share_by_share_with_the_sum(client, admin):
    recruiting = make.me("Recruiting")
    for name in ("River", "North", "South"):
        make.member(make.me(name))
    page = text_of(client.get("/hr/budgets/department/"))
    assert 'value="River"' in page
    rows = [("River", "60", "20"), ("North", "30", "20"), ("South", "10", "10")]
    unused = ("Recruiting", "", "")
    answer = client.post("/hr/budgets/department/", department_form(*rows, unused), follow=True)
    page = text_of(answer)
    for figure in ("132,000.00", "78,000.00", "30,000.00", "55", "32.5", "12.5", "240,000.00"):
        assert figure in page
    rule = BudgetRule.objects.get()
    assert rule.department == recruiting
    page = text_of(client.get(f"/hr/budgets/{rule.pk}/department/"))
    assert 'value="60"' in page
    client.post(f"/hr/budgets/{rule.pk}/publish/")
    assert sum(row.amount for row in Transfer.objects.all()) == 240000


def test_forms_with_a_file_open_without_complaints_and_a_draft_opens_as_it_was_written(
    client, admin
):
    make.me("Recruiting")
    make.member(make.me("River"))
    for address in ("department", "import"):
        page = client.get(f"/hr/budgets/{address}/")
        assert not page.context["form"].errors
        assert "This field is required" not in text_of(page)
    client.post("/hr/budgets/department/", department_form(("River", "60", "20")))
    rule = BudgetRule.objects.get()
    form = client.get(f"/hr/budgets/{rule.pk}/department/").context["form"]
    assert (form["former_cost"].value(), form["fund"].value()) == ("240000.00", "operating")


def test_heads_left_empty_come_from_the_people_data(client, admin):
    make.me("Recruiting")
    river, north = make.me("River"), make.me("North")
    for _ in range(3):
        make.member(river)
    make.member(north, allocation_percent=50)
    rows = [("River", "1", ""), ("North", "1", "")]
    client.post("/hr/budgets/department/", department_form(*rows, phase_in="100"))
    customers = BudgetRule.objects.get().terms["customers"]
    assert [each["heads"] for each in customers] == ["3.00", "0.50"]


def test_more_rows_are_added_without_losing_what_was_typed(client, admin):
    make.me("Recruiting")
    answer = client.post("/hr/budgets/department/", department_form(("River", "7", "x"), more="1"))
    page = text_of(answer)
    assert page.count('-use"') >= 11
    assert 'value="River"' in page
    assert not BudgetRule.objects.exists()


def test_customers_may_come_from_a_file(client, admin):
    make.me("Recruiting")
    make.me("River")
    make.me("North")
    good = SimpleUploadedFile("c.csv", b"micro_enterprise,use,heads\nRiver,3,1\nnorth,1,1\n")
    client.post("/hr/budgets/department/", department_form(file=good, phase_in="0"))
    amounts = Allocation.objects.order_by("pk").values_list("amount", flat=True)
    assert list(amounts) == [180000, 60000]
    bad = SimpleUploadedFile("c.csv", b"micro_enterprise,use,heads\nNobody,3,1\nRiver,x,\n")
    page = text_of(client.post("/hr/budgets/department/", department_form(file=bad)))
    assert "Row 2: Name a micro-enterprise" in page
    assert "Row 3" in page


@pytest.mark.parametrize(
    ("rows", "fields", "sentence"),
    [
        ([("Nobody", "1", "1")], {}, "There is no micro-enterprise of that name."),
        ([("", "1", "1")], {}, "Name the micro-enterprise that used this."),
        ([("River", "-1", "1")], {}, "greater than or equal to 0"),
        ([], {}, "at least one customer"),
        ([("River", "0", "1")], {}, "No customer used anything"),
        ([("Recruiting", "1", "1")], {}, "Recruiting is no customer of itself"),
        ([("River", "1", "1"), ("river", "1", "1")], {}, "River is named twice"),
        ([("River", "1", "1")], {"phase_in": "101"}, "less than or equal to 100"),
        ([("River", "1", "1")], {"former_cost": "-3"}, "greater than or equal to 0.01"),
    ],
)
def test_a_department_that_cannot_be_divided_says_why(client, admin, rows, fields, sentence):
    make.me("Recruiting")
    make.me("River")
    answer = client.post("/hr/budgets/department/", department_form(*rows, **fields))
    assert sentence in text_of(answer)
    assert not BudgetRule.objects.exists()


def test_an_own_grant_waits_on_every_page_until_a_second_hr_admin_publishes(client, admin):
    shop = make.me("Shop")
    make.member(shop, who=admin)
    client.post("/hr/budgets/grant/", grant_form())
    rule = BudgetRule.objects.get()
    assert "Waits for a second HR admin" in text_of(client.get("/hr/budgets/"))
    page = text_of(client.get(f"/hr/budgets/{rule.pk}/"))
    assert "you are a member of Shop" in page
    assert "Publish budget</button>" not in page
    answer = client.post(f"/hr/budgets/{rule.pk}/publish/", follow=True)
    assert "a second HR admin publishes this grant" in text_of(answer)
    client.force_login(make.hr_admin())
    client.post(f"/hr/budgets/{rule.pk}/publish/")
    assert make.wallet(shop).balance == 1200


def upload(text):
    return {"file": SimpleUploadedFile("grants.csv", text.encode())}


def test_a_file_is_read_then_granted_and_again_harmless(client, admin):
    shop = make.me("Shop")
    rows = f"{HEADS}Shop,operating,1200.00,2026,yearly,G1\nShop,learning,24,2026,yearly,G2\n"
    page = text_of(client.post("/hr/budgets/import/", upload(rows)))
    assert "Grant 1,224.00 EUR" in page
    assert not Transfer.objects.exists()
    content = re.search(r'name="content"\s+value="([^"]+)"', page)[1]
    answer = client.post("/hr/budgets/import/", {"content": content}, follow=True)
    assert "2 grants made, 0 unchanged." in text_of(answer)
    client.post("/hr/budgets/import/", {"content": content})
    assert make.wallet(shop).balance == 1200
    page = text_of(client.post("/hr/budgets/import/", upload(rows)))
    assert "All 2 rows were granted before" in page


def test_a_faulty_file_names_row_column_and_value(client, admin):
    rows = f"{HEADS}Nobody,operating,5,2026,yearly,G1\n"
    answer = client.post("/hr/budgets/import/", upload(rows))
    assert answer.status_code == 400
    assert "There is no micro-enterprise named &#x27;Nobody&#x27;." in text_of(answer)
    assert "Nothing was granted" in text_of(answer)
    for content in ("%%%", ""):
        answer = client.post("/hr/budgets/import/", {"content": content})
        assert answer.status_code == 400
    assert "This field is required" in text_of(client.post("/hr/budgets/import/", {}))


def test_a_partial_return_says_both_figures(client, admin):
    shop = make.me("Shop")
    client.post("/hr/budgets/grant/", grant_form(amount="100"))
    rule = BudgetRule.objects.get()
    client.post(f"/hr/budgets/{rule.pk}/publish/")
    actions.promise(
        shop, {MARCH: Decimal("70.00")}, kind="committed", cause=Cause("x:y", 1), on=TODAY
    )
    address = f"/hr/budgets/{rule.pk}/allocations/{rule.allocations.get().pk}/take-back/"
    page = text_of(client.get(address))
    assert 'value="30.00"' in page
    given = {"amount": "100", "reason": "Typing error", "number": "1"}
    page = text_of(client.post(address, given, follow=True))
    assert "30.00 of 100.00 was taken back from Shop." in page
    assert "70.00 is promised or spent and stays there." in page
    client.post(address, given)
    assert make.wallet(shop).balance == 70
    page = text_of(client.post(address, given | {"number": "2"}))
    assert "at most 70.00 can come back" in page
    page = text_of(client.post(address, given | {"reason": "", "number": "2"}))
    assert "This field is required" in page


def test_a_monthly_grant_is_stopped_on_its_page(client, admin):
    make.me("Shop")
    client.post("/hr/budgets/grant/", grant_form(amount="1100", release="monthly"))
    rule = BudgetRule.objects.get()
    answer = client.post(f"/hr/budgets/{rule.pk}/publish/", follow=True)
    assert "The rest is released on the 1st of each month." in text_of(answer)
    allocation = rule.allocations.get()
    address = f"/hr/budgets/{rule.pk}/allocations/{allocation.pk}/take-back/"
    given = {"amount": "", "stop": "on", "reason": "Twice", "number": "1"}
    assert "Nothing more is released to Shop" in text_of(client.post(address, given, follow=True))
    assert releasing.release_due(on=MARCH)["granted"] == 0
    assert "Stopped 20 February 2026" in text_of(client.get(f"/hr/budgets/{rule.pk}/"))


def test_only_hr_admins_set_budgets_and_members_see_what_they_were_granted(client, admin):
    shop, lab = make.me("Shop"), make.me("Lab")
    shares = [drafting.Share(shop, Decimal("10.00")), drafting.Share(lab, Decimal("20.00"))]
    envelope = drafting.Envelope("operating", 2026, "yearly", "Travel")
    rule = drafting.draft_list(shares, envelope, by=admin, on=TODAY)
    client.force_login(make.member(shop))
    assert client.get(f"/hr/budgets/{rule.pk}/").status_code == 404
    budgets.publish(rule, by=admin, on=TODAY)
    page = text_of(client.get(f"/hr/budgets/{rule.pk}/"))
    assert "10.00" in page
    assert "Lab" not in page
    assert "20.00" not in page
    closed = ["", "grant/", "department/", "import/", f"{rule.pk}/grant/"]
    closed.append(f"{rule.pk}/allocations/{rule.allocations.first().pk}/take-back/")
    for address in closed:
        assert client.get(f"/hr/budgets/{address}").status_code == 403, address
    for deed in ("publish", "discard"):
        assert client.post(f"/hr/budgets/{rule.pk}/{deed}/").status_code == 403
    client.force_login(make.member(make.me()))
    assert client.get(f"/hr/budgets/{rule.pk}/").status_code == 404
    for office in ("is_chro", "is_auditor"):
        client.force_login(make.office(**{office: True}))
        assert "Lab" in text_of(client.get(f"/hr/budgets/{rule.pk}/"))
        assert client.get("/hr/budgets/grant/").status_code == 403
        assert "Grant money" not in text_of(client.get("/hr/budgets/"))


def test_the_list_costs_the_same_queries_with_many_budgets(client, admin):
    shop = make.me("Shop")

    def add(count):
        for number in range(count):
            rule = BudgetRule.objects.create(
                name=f"B{number}", kind="single", fund="operating", fiscal_year=2026,
                drafted_on=TODAY, drafted_by=admin,
            )  # fmt: skip
            Allocation.objects.create(rule=rule, micro_enterprise=shop, amount=1)

    add(2)
    client.get("/hr/budgets/")
    with CaptureQueriesContext(connection) as few:
        client.get("/hr/budgets/?state=draft")
    add(60)
    with CaptureQueriesContext(connection) as many:
        page = text_of(client.get("/hr/budgets/?state=draft"))
    assert len(many) <= len(few)
    assert "62 budgets" in page


def test_the_digest_of_a_locked_month_is_told_in_words_and_whole_figures(client, admin):
    kept = {
        "what": "locked_months_keep_their_transfers", "means": "They are those of the first proof.",
        "figures": [["2026-03", "1229:167712304512"], ["2026-04", "1:7"]], "broken": [],
    }  # fmt: skip
    at = datetime(2026, 5, 12, 3, tzinfo=UTC)
    MoneyCheck.objects.create(checked_at=at, checked_on=at, is_sound=True, findings=[kept])
    page = text_of(client.get("/money/checks/"))
    assert "March 2026 <strong>1,229 transfers, seal 0c6e ad80</strong>" in page
    assert "April 2026 <strong>1 transfer, seal 0000 0007</strong>" in page


def test_the_money_is_checked_on_a_page(client, admin):
    make.granted(make.me("Shop"), "5.00")
    assert "Not checked yet" in text_of(client.get("/money/checks/"))
    page = text_of(client.post("/money/checks/", follow=True))
    assert f"All {len(checks.findings())} checks hold" in page
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_wallet SET balance = 6 WHERE balance = 5")
    page = text_of(client.post("/money/checks/", follow=True))
    assert "The money does not add up" in page
    assert "stores a balance of 6.00; its transfers say 5.00" in page
    first = MoneyCheck.objects.order_by("pk").first()
    page = text_of(client.get(f"/money/checks/?run={first.pk}"))
    assert "All checks hold" in page
    assert page.count("Balance is its transfers") == 2  # of this proof, and what broke over time
    client.force_login(make.member(make.me()))
    assert client.get("/money/checks/").status_code == 403
    assert client.post("/money/checks/").status_code == 403
