"""Grants come from a CSV file, each row once by its reference."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.errors import Forbidden
from ledger import budgets
from ledger.grant_import import import_grants
from ledger.models import Allocation, BudgetRule, Transfer
from tests import make
from tests.make import TODAY

HEADS = "micro_enterprise,fund,amount,fiscal_year,release,reference"


def csv_of(*rows, heads=HEADS):
    return "\n".join([heads, *rows]).encode()


def imported(*rows, by=None, dry_run=False, heads=HEADS):
    content = csv_of(*rows, heads=heads)
    return import_grants(content, by=by, on=TODAY, dry_run=dry_run)


def counts(*rows, **how):
    figures = imported(*rows, **how).figures()
    return [figures[name] for name in ("read", "created", "updated", "unchanged")]


@pytest.mark.django_db
def test_a_file_grants_each_row_once():
    shop, lab = make.me("Shop"), make.me("Lab")
    rows = ["shop,operating,1200.00,2026,yearly,G1", "Lab,learning,110,2026,monthly,G2"]
    assert counts(*rows, dry_run=True) == [2, 2, 0, 0]
    assert not BudgetRule.objects.exists()
    assert counts(*rows, by=make.hr_admin()) == [2, 2, 0, 0]
    assert counts(*rows) == [2, 0, 0, 2]
    assert make.wallet(shop).balance == 1200
    assert make.wallet(lab, fund="learning").balance == 10
    assert Transfer.objects.count() == 2


@pytest.mark.django_db
def test_a_spreadsheet_may_write_semicolons_a_mark_at_the_start_and_empty_rows():
    make.me("Müller & Söhne")
    content = "Micro enterprise;Fund;Amount;Fiscal year;Release;Reference\r\n\r\n;;;;;\r\n"
    content += "Müller & Söhne;operating;5;2026;;G1\r\n"
    done = import_grants(content.encode("utf-8-sig"), by=None, on=TODAY, dry_run=True)
    assert len(done.created) == 1
    assert not import_grants(content.encode("cp1252"), by=None, on=TODAY, dry_run=True).refused


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "field", "message"),
    [
        ("Nobody,operating,1,2026,yearly,G2", "micro_enterprise", "no micro-enterprise named"),
        ("Seed,operating,1,2026,yearly,G2", "micro_enterprise", "Seed is proposed"),
        ("Shop,cash,1,2026,yearly,G2", "fund", "'cash' is no fund"),
        ('Shop,operating,"1,000.00",2026,yearly,G2', "amount", "without thousands separators"),
        ("Shop,operating,NaN,2026,yearly,G2", "amount", "is no amount"),
        ("Shop,operating,1_000,2026,yearly,G2", "amount", "is no amount"),
        ("Shop,operating,-1,2026,yearly,G2", "amount", "above 0.00"),
        ("Shop,operating,1.005,2026,yearly,G2", "amount", "more than two places"),
        ("Shop,operating,1,26,yearly,G2", "fiscal_year", "no fiscal year"),
        ("Shop,operating,1,2024,yearly,G2", "fiscal_year", "ended on 31 December 2024"),
        ("Shop,operating,1,2026,daily,G2", "release", "no release"),
        ("Shop,operating,1,2026,yearly,", "reference", "reference of its own"),
        ("Shop,operating,1,2026,yearly,G1", "reference", "stands in 2 rows"),
        ("Shop", "amount", "is no amount"),
    ],
)
def test_one_fault_and_nothing_is_granted(row, field, message):
    make.me("Shop")
    make.me("Seed", state="proposed")
    done = imported("Shop,operating,5,2026,yearly,G1", row)
    assert (done.created, done.read) == ([], 2)
    fault = next(each for each in done.refused if each.field == field and each.row == 3)
    assert message in fault.message
    assert not BudgetRule.objects.exists()


@pytest.mark.django_db
def test_a_file_without_its_heads_says_which_are_missing():
    done = imported("Shop,1", heads="name,amount")
    assert [each.field for each in done.refused] == [
        "micro_enterprise", "fund", "fiscal_year", "release", "reference",
    ]  # fmt: skip
    assert "The first row must name the columns" in done.refused[0].message
    assert import_grants(b"", by=None, on=TODAY).refused
    assert import_grants(b"\x00\xff\xfe", by=None, on=TODAY).refused


@pytest.mark.django_db
def test_a_published_reference_never_grants_something_else():
    make.me("Shop")
    imported("Shop,operating,5,2026,yearly,G1")
    done = imported("Shop,operating,6,2026,yearly,G1", "Shop,operating,7,2026,yearly,G2")
    (refused,) = done.refused
    assert refused.message == (
        "G1 already granted 5.00 operating yearly for 2026 to Shop. Use a new reference for "
        "another grant, or take that one back on its page."
    )
    assert Allocation.objects.count() == 1


@pytest.mark.django_db
def test_rows_for_the_own_me_wait_for_a_second_hr_admin_and_may_change_until_then():
    shop, lab = make.me("Shop"), make.me("Lab")
    admin = make.member(shop, who=make.hr_admin())
    rows = ["Shop,operating,5,2026,yearly,G1", "Lab,operating,7,2026,yearly,G2"]
    assert imported(*rows, by=admin).waiting == 1
    assert make.wallet(lab).balance == 7
    assert not shop.wallets.exists()
    rows[0] = "Shop,operating,6,2026,yearly,G1"
    assert counts(*rows, by=admin) == [2, 0, 1, 1]
    draft = BudgetRule.objects.get(state="draft")
    budgets.publish(draft, by=make.hr_admin(), on=TODAY)
    assert make.wallet(shop).balance == 6


@pytest.mark.django_db
def test_only_hr_admins_import_grants():
    with pytest.raises(Forbidden, match="HR admins"):
        imported("Shop,operating,5,2026,yearly,G1", by=make.office())


@pytest.mark.django_db
@pytest.mark.parametrize("count", [2, 200])
def test_a_file_costs_a_fixed_number_of_queries(count, django_assert_max_num_queries):
    for number in range(count):
        make.me(f"ME-{number}", may_decide=False)
    rows = [f"ME-{n},operating,1.00,2026,yearly,G{n}" for n in range(count)]
    with django_assert_max_num_queries(60):
        imported(*rows, by=make.hr_admin())
    assert Transfer.objects.count() == count


@pytest.fixture
def file(tmp_path):
    make.me("Shop")
    path = tmp_path / "grants.csv"
    path.write_bytes(csv_of("Shop,operating,5,2026,yearly,G1"))
    return path


@pytest.mark.django_db
def test_the_command_answers_in_json_and_a_faulty_file_ends_in_status_1(file):
    out = StringIO()
    call_command("import_grants", file, "--json", "--on", "2026-02-20", stdout=out)
    assert json.loads(out.getvalue()) == {
        "read": 1, "created": 1, "updated": 0, "unchanged": 0, "refused": []
    }  # fmt: skip
    file.write_bytes(csv_of("Nobody,operating,5,2026,yearly,G1"))
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match="Nothing was granted: 1 fault") as ended:
        call_command("import_grants", file, "--json", stdout=out, stderr=err)
    assert ended.value.returncode == 1
    assert json.loads(out.getvalue())["refused"][0] == {
        "row": 2, "field": "micro_enterprise", "value": "Nobody",
        "message": "There is no micro-enterprise named 'Nobody'.",
    }  # fmt: skip
    assert "Row 2, micro_enterprise" in err.getvalue()


@pytest.mark.django_db
def test_the_command_releases_a_month(file, time_machine):
    time_machine.move_to("2026-03-02T12:00:00Z")
    call_command("import_grants", file, "--on", "2026-02-20", stdout=StringIO())
    make.me("Lab")
    file.write_bytes(csv_of("Lab,operating,22,2026,monthly,G9"))
    call_command("import_grants", file, "--on", "2026-02-20", stdout=StringIO())
    out = StringIO()
    call_command("release_budgets", "2026-03", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"month": "2026-03", "granted": 1, "total": "2.00"}
    with pytest.raises(CommandError, match="April 2026 has not begun"):
        call_command("release_budgets", "2026-04")
    assert make.wallet(Allocation.objects.last().micro_enterprise).balance == Decimal("4.00")
