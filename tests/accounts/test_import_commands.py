"""What all commands that take a file have in common."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import MicroEnterprise
from ledger.models import Allocation
from tests import make

pytestmark = pytest.mark.django_db
COMMANDS = (
    "import_people", "import_outside_offers", "import_courses", "import_grants", "import_costs",
    "import_outside_sales",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_is_not_there_is_a_wrong_argument_for_every_command(command, tmp_path):
    make.org()
    out, missing = StringIO(), tmp_path / "nowhere.csv"
    with pytest.raises(CommandError, match="Name one that exists") as ended:
        call_command(command, str(missing), "--json", stdout=out)
    assert ended.value.returncode == 2
    told = json.loads(out.getvalue())
    assert told["read"] == 0
    (refused,) = told["refused"]
    assert (refused["field"], refused["value"]) == ("file", str(missing))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_holds_no_table_is_refused_by_every_command(command, tmp_path):
    make.org()
    out, file = StringIO(), tmp_path / "picture.csv"
    file.write_bytes(b"\x89PNG\x00\x01")
    with pytest.raises(CommandError) as ended:
        call_command(command, str(file), "--json", stdout=out, stderr=StringIO())
    assert ended.value.returncode == 1
    assert "is not a CSV file" in json.loads(out.getvalue())["refused"][0]["message"]


def test_grants_come_in_under_the_heads_that_finance_uses(tmp_path):
    make.me("Shop")
    file, mapping = tmp_path / "budgets.csv", tmp_path / "finance.toml"
    file.write_text(
        "Team;Pot;Budget EUR;Fiscal year;Release;Document\nShop;operating;1200.50;2026;yearly;D1\n"
    )
    mapping.write_text(
        '[columns]\nmicro_enterprise = "Team"\nfund = "Pot"\namount = "Budget EUR"\n'
        'reference = "Document"\n'
    )
    arguments = (str(file), "--map", str(mapping), "--on", "2026-02-20")
    call_command("import_grants", *arguments, stdout=StringIO())
    granted = Allocation.objects.get(micro_enterprise=MicroEnterprise.objects.get(name="Shop"))
    assert (f"{granted.amount:.2f}", granted.reference) == ("1200.50", "D1")
    for text, says in (
        ("[columns]\nbudget = 'x'\n", "columns.budget does not fit"),
        ("amount = 'x'", "one table"),
        ("[", "not TOML"),
    ):
        mapping.write_text(text)
        with pytest.raises(CommandError, match=says) as ended:
            call_command("import_grants", *arguments, stdout=StringIO())
        assert ended.value.returncode == 2
    with pytest.raises(CommandError, match="There is no mapping") as ended:
        call_command("import_grants", str(file), "--map", "sap", stdout=StringIO())
    assert ended.value.returncode == 2
