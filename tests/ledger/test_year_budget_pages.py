"""HR admins plan a year in the browser, and an ME reads where its money comes from."""

import io
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook, load_workbook

from accounts.models import MicroEnterprise
from ledger import budget_preview
from ledger.models import Allocation, Budget, BudgetRule, Transfer
from tests import make
from tests.make import MARCH, TODAY

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def admin(client, time_machine):
    time_machine.move_to("2026-02-20T12:00:00Z")
    make.org()
    who = make.hr_admin()
    client.force_login(who)
    return who


def text_of(answer):
    return " ".join(answer.content.decode().split())


def address(budget, *way):
    return f"/hr/budgets/years/{budget.pk}/" + "".join(f"{step}/" for step in way)


def seen(budget, starts_on=TODAY):
    found = budget_preview.preview(budget, on=TODAY)
    return {"seen": found.seen, "starts_on": starts_on.isoformat()}


def test_a_year_is_planned_read_and_published(client, admin):
    north, south = make.me("North"), make.me("South")
    make.member(north)
    given = {"fund": "operating", "fiscal_year": "2026", "name": ""}
    answer = client.post("/hr/budgets/years/new/", given, follow=True)
    budget = Budget.objects.get()
    assert "Operating budget 2026 is begun." in text_of(answer)
    assert "No rule yet" in text_of(answer)
    client.post(address(budget, "rules", "fixed", "new"), {
        "each": "1000.00", "listed": "South; 400.50", "release": "yearly"})  # fmt: skip
    answer = client.post(address(budget, "rules", "per_head", "new"), {
        "amount": "250.00", "on": "2026-01-01", "release": "yearly"}, follow=True)  # fmt: skip
    page = text_of(answer)
    assert "1,250.00" in page
    assert "400.50" in page
    assert "250.00 per full-time post on 1 January 2026" in page
    assert not Transfer.objects.exists()
    answer = client.post(address(budget, "publish"), seen(budget), follow=True)
    assert "Operating budget 2026 is published and in force." in text_of(answer)
    assert (make.wallet(north).balance, make.wallet(south).balance) == (1250, D("400.50"))
    client.post(address(budget, "publish"), seen(budget))
    assert Transfer.objects.count() == 3
    page = text_of(client.get("/hr/budgets/"))
    assert "1,650.50" in page


def test_figures_that_changed_meanwhile_are_not_published(client, admin):
    make.me("North")
    budget = make.year_budget(("fixed", {"each": D(100)}))
    old = seen(budget)
    make.add_rule(budget, "fixed", {"each": D(1)})
    answer = client.post(address(budget, "publish"), old, follow=True)
    assert "The figures are not those that you read." in text_of(answer)
    assert not Transfer.objects.exists()
    assert "Holds from: Enter a valid date" in text_of(
        client.post(address(budget, "publish"), {"starts_on": "soon", "seen": "x"}, follow=True)
    )


def workbook(*rows):
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return SimpleUploadedFile("figures.xlsx", file.getvalue())


def test_figures_come_by_csv_and_xlsx_and_every_preview_goes_down_again(client, admin):
    make.me("North")
    make.me("South")
    budget = make.year_budget()
    file = workbook(["Micro enterprise", "Use", "Heads"], ["North", 60, 20], ["South", 40, ""])
    client.post(address(budget, "rules", "last_use", "new"), {
        "former_cost": "1000.00", "phase_in": "0", "on": "2026-01-01", "release": "yearly",
        "file": file})  # fmt: skip
    assert make.figures(budget) == {"North": 600, "South": 400}
    rule = budget.rules.get()
    assert "South; 40" in client.get(address(budget, "rules", rule.pk)).content.decode()
    csv = SimpleUploadedFile("figures.csv", b"micro_enterprise;amount\nNorth;12.50\n")
    client.post(address(budget, "rules", "fixed", "new"), {"release": "yearly", "file": csv})
    lines = client.get(address(budget) + "?format=csv").content.decode().splitlines()
    assert lines[0].startswith("micro_enterprise,amount,last_year,difference,change_percent")
    assert lines[1] == "North,612.50,0.00,612.50,,Notional,600.00,12.50"
    sheet = load_workbook(io.BytesIO(client.get(address(budget) + "?format=xlsx").content)).active
    assert [cell.value for cell in sheet[2]][:2] == ["North", 612.5]


@pytest.mark.parametrize(
    ("listed", "sentence"),
    [
        ("Nobody; 5", "Row 1: there is no micro-enterprise named &#x27;Nobody&#x27;."),
        ("North; NaN", "Row 1: &#x27;NaN&#x27; is no amount"),
        ("North; -5", "is no amount"),
        ("North; 1\nNorth; 2", "North is listed twice."),
        ("North; 1.001", "more than two places"),
        ("North", "Row 1: &#x27;&#x27; is no amount"),
        ("", "Write an amount for each ME, or list the amounts."),
    ],
)
def test_a_wrong_list_is_refused_row_by_row_and_keeps_what_was_typed(
    client, admin, listed, sentence
):
    make.me("North")
    budget = make.year_budget()
    answer = client.post(
        address(budget, "rules", "fixed", "new"), {"listed": listed, "release": "yearly"}
    )
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not BudgetRule.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"name,amount\nNorth,5\n", "has no column micro_enterprise"),
        ("a.csv", b"\x00\x01", "is not a CSV file"),
        ("a.csv", b"micro_enterprise,amount\n", "nothing below it"),
        ("a.xlsx", b"PK\x03\x04junk", "is not an Excel workbook"),
    ],
)
def test_a_file_that_is_none_is_refused(client, admin, name, content, sentence):
    make.me("North")
    budget = make.year_budget()
    file = SimpleUploadedFile(name, content)
    answer = client.post(
        address(budget, "rules", "fixed", "new"), {"release": "yearly", "file": file}
    )
    assert answer.status_code == 400
    assert sentence in answer.content.decode()


def test_each_kind_of_rule_has_its_form_and_can_be_changed_and_left_out(client, admin):
    north, lab = make.me("North"), make.me("Lab")
    peer = make.member(lab)
    budget = make.year_budget()
    forms = {
        "fixed": {"each": "5.00"},
        "per_head": {"amount": "5.00", "on": "2026-01-01"},
        "revenue_share": {"percent": "5", "first": "2025-01", "last": "2025-12", "inside": "on"},
        "last_use": {"former_cost": "9.00", "phase_in": "0", "listed": "North; 1",
                     "on": "2026-01-01"},
        "requests": {"ask_until": "2026-03-01", "decide_by": "2026-03-10", "peers": peer.email},
        "department_to_customers": {"department": "Lab", "former_cost": "9.00", "phase_in": "25",
                                    "listed": "North; 1; 2", "on": "2026-01-01"},
    }  # fmt: skip
    for kind, given in forms.items():
        assert client.get(address(budget, "rules", kind, "new")).status_code == 200
        answer = client.post(address(budget, "rules", kind, "new"), given | {"release": "monthly"})
        assert answer.status_code == 302, answer.content.decode()
    rules = {rule.kind: rule for rule in budget.rules.all()}
    assert rules["requests"].board.get().peer == peer
    for rule in rules.values():
        assert client.get(address(budget, "rules", rule.pk)).status_code == 200
    page = text_of(client.get(address(budget)))
    assert "The former cost of Lab: 9.00 among 1 MEs by last year’s use, 25 % of it" in page
    assert "5 % of what was earned inside from January 2025 to December 2025" in page
    client.post(address(budget, "rules", rules["fixed"].pk), {"each": "6", "release": "yearly"})
    assert BudgetRule.objects.get(pk=rules["fixed"].pk).terms["each"] == "6.00"
    client.post(address(budget, "rules", rules["fixed"].pk, "leave-out"))
    assert not BudgetRule.objects.filter(kind="fixed").exists()
    assert client.get(address(budget, "rules", "single", "new")).status_code == 404
    _ = north


def test_a_revision_shows_what_it_grants_and_takes_back(client, admin, time_machine):
    shop, stall = make.me("Shop"), make.me("Stall")
    budget = make.published_budget(make.year_budget(("fixed", {"each": D(1000)})))
    assert "If it has to change" in text_of(client.get(address(budget)))
    client.post(address(budget, "revise"))
    draft = Budget.objects.get(version=2)
    client.post(address(draft, "rules", draft.rules.get().pk), {
        "listed": "Shop; 1500\nStall; 200", "release": "yearly"})  # fmt: skip
    page = text_of(client.get(address(draft)))
    assert "Granted at its start" in page
    for figure in ("+500.00", "−800.00"):
        assert figure in page
    client.post(address(draft, "publish"), seen(draft))
    assert (make.wallet(shop).balance, make.wallet(stall).balance) == (1500, 200)
    assert "Version 2 follows" in text_of(client.get(address(budget)))


def test_a_second_hr_admin_publishes_what_goes_to_the_own_me(client, admin):
    shop = make.me("Shop")
    make.member(shop, who=admin)
    budget = make.year_budget(("fixed", {"each": D(1000)}))
    assert "You are a member of Shop" in text_of(client.get(address(budget)))
    answer = client.post(address(budget, "publish"), seen(budget), follow=True)
    assert "waits for a second HR admin" in text_of(answer)
    assert "ask one to open this page" in text_of(answer)
    client.force_login(make.hr_admin())
    client.post(address(budget, "publish"), seen(budget))
    assert make.wallet(shop).balance == 1000


def test_a_member_reads_where_the_own_money_comes_from_and_no_other(client, admin):
    shop, stall = make.me("Shop"), make.me("Stall")
    member = make.member(shop)
    budget = make.year_budget(("per_head", {"amount": D(100), "on": date(2026, 1, 1)}))
    client.force_login(member)
    assert client.get(address(budget, "mes", shop.pk)).status_code == 404
    make.published_budget(budget)
    page = text_of(client.get(address(budget, "mes", shop.pk)))
    assert "100.00 × 1.00 posts on 1 January 2026" in page
    assert client.get(address(budget, "mes", stall.pk)).status_code == 404
    assert client.get(address(budget)).status_code == 403
    page = text_of(client.get("/money/"))
    assert f'href="{address(budget, "mes", shop.pk)}"' in page


def test_a_rule_of_a_years_budget_is_not_published_by_itself(client, admin):
    make.me()
    budget = make.year_budget(("fixed", {"each": D(1)}))
    rule = budget.rules.get()
    assert client.get(f"/hr/budgets/{rule.pk}/").status_code == 404
    assert client.post(f"/hr/budgets/{rule.pk}/publish/").status_code == 404


def test_the_preview_of_a_thousand_mes_costs_the_same_queries_as_of_ten(client, admin):
    budget = make.year_budget(
        ("fixed", {"each": D(100)}), ("per_head", {"amount": D(1), "on": date(2026, 1, 1)})
    )
    make_mes(10)
    few = counted(client, address(budget))
    make_mes(1000)
    answer = client.get(address(budget) + "?sort=-amount&page=3")
    assert "1,010 micro-enterprises" in text_of(answer)
    assert counted(client, address(budget)) == few
    make.published_budget(budget)
    assert Allocation.objects.count() == 1010
    before = counted(client, address(budget))
    assert before <= few


def make_mes(count):
    MicroEnterprise.objects.bulk_create(
        MicroEnterprise(name=f"ME {count} {number}", kind="service", state="active",
                        formed_on=TODAY, activated_on=TODAY)
        for number in range(count)
    )  # fmt: skip


def counted(client, url):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_list_sorts_by_difference_and_change(client, admin):
    for name in ("North", "South"):
        make.me(name)
    budget = make.year_budget()
    client.post(address(budget, "rules", "fixed", "new"), {
        "listed": "North; 10\nSouth; 20", "release": "yearly"})  # fmt: skip
    up, down = (
        client.get(address(budget) + f"?sort={sort}").content.decode()
        for sort in ("difference", "-difference")
    )
    assert up.index(">North<") < up.index(">South<")
    assert down.index(">South<") < down.index(">North<")
    assert client.get(address(budget) + "?sort=nonsense&page=99").status_code == 200


def test_next_year_has_its_own_overview(client, admin):
    make.me()
    budget = make.year_budget(("fixed", {"each": D(10)}), year=2027)
    make.published_budget(budget)
    page = text_of(client.get("/hr/budgets/?year=2027"))
    assert "Operating budget 2027" in page
    assert "10.00" in page
    assert "Plan it" in text_of(client.get("/hr/budgets/?year=1999"))
    _ = MARCH
