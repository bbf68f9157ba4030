"""Deliveries from a file: by key once, wrong rows refused alone, by page and by command."""

import io
import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from contracts.models import Usage
from contracts.usage_import import import_usage
from tests import make

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 20)
HEADS = "contract,used_on,quantity,key,item,note"


@pytest.fixture(autouse=True)
def _day(time_machine):
    time_machine.move_to("2026-03-20T09:00Z", tick=False)


@pytest.fixture
def contract():
    return make.hires()


def imported(contract, *rows, heads=HEADS, **how):
    content = "\n".join([heads, *rows]).encode()
    return import_usage(content, by=make.lead_of(contract.provider), on=DAY, **how)


def test_each_row_is_entered_once_by_its_key(contract):
    rows = [
        f"{contract.pk},2026-03-18,2.5,A-1,,Two and a half",
        f"{contract.pk},2026-03-19,1,A-2,,",
    ]
    assert imported(contract, *rows, dry_run=True).figures()["created"] == 2
    assert not Usage.objects.exists()
    assert imported(contract, *rows).figures() == {
        "read": 2, "created": 2, "unchanged": 0, "refused": [],
    }  # fmt: skip
    again = imported(contract, *rows, f"{contract.pk},2026-03-19,9,A-2,,")
    assert (again.unchanged, len(again.created)) == (2, 0)
    assert [(each.row, each.field) for each in again.refused] == [(4, "key")]
    assert sum(Usage.objects.values_list("quantity", flat=True)) == Decimal("3.5")
    assert Usage.objects.first().item == "units"


def test_a_wrong_row_is_refused_with_its_reason_and_the_rest_is_entered(contract):
    fixed, foreign, key = make.agreed(provider=contract.provider), make.hires(), contract.pk
    done = imported(
        contract,
        f"{key},2026-03-18,1,ok,,",
        f"{key},18.3.2026,1,a,,",
        f"{key},2026-03-18,many,b,,",
        f"{key},2026-03-18,1e9,c,,",
        f"{key},2026-03-18,1,,,",
        f"{key},2026-03-21,1,d,,",
        f"{key},2026-02-01,1,e,,",
        f"{key},2026-03-18,1,f,hours,",
        f"{fixed.pk},2026-03-18,1,g,,",
        f"{foreign.pk},2026-03-18,1,h,,",
        "999999,2026-03-18,1,i,,",
        "=1+1,2026-03-18,1,j,,",
        f"{key},2026-03-18,0,k,,",
    )
    assert [each.key for each in done.created] == ["ok"]
    told = {each.row: (each.field, each.message) for each in done.refused}
    assert sorted(told) == list(range(3, 15))
    assert "Write it like 2026-03-31" in told[3][1]
    assert "Write it like 12.5" in told[4][1]
    assert told[7][0] == "used_on"
    assert "is no day of it" in told[8][1]
    assert "counts units on 18 March 2026, not hours" in told[9][1]
    assert "nothing to count" in told[10][1]
    assert "no contract of yours" in told[12][1]
    assert Usage.objects.count() == 1


def test_a_file_of_other_columns_is_refused_as_a_whole_and_a_mapping_names_them(contract):
    row = f"{contract.pk};2026-03-18;1;A"
    heads = "Nummer;Tag;Menge;Beleg"
    refused = imported(contract, row, heads=heads).refused
    assert "must name the columns contract, used_on, quantity, key" in refused[0].message
    mapping = {"contract": "Nummer", "used_on": "Tag", "quantity": "Menge", "key": "Beleg"}
    content = f"{heads}\n{row}".encode()
    by = make.lead_of(contract.provider)
    assert len(import_usage(content, by=by, on=DAY, heads=mapping).created) == 1


def test_the_command_enters_as_a_member_and_tells_what_it_refused(contract, tmp_path, capsys):
    file = tmp_path / "usage.csv"
    file.write_text(f"{HEADS}\n{contract.pk},2026-03-18,1,A,,\n{contract.pk},soon,1,B,,\n")
    email = make.lead_of(contract.provider).email
    with pytest.raises(CommandError, match=r"1 row was refused\.") as ended:
        call_command("import_usage", str(file), "--by", email, "--json")
    assert ended.value.returncode == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["created"], answer["refused"][0]["field"]) == (1, "used_on")
    with pytest.raises(CommandError, match="There is no log-in") as ended:
        call_command("import_usage", str(file), "--by", "nobody@example.com")
    assert ended.value.returncode == 2


def test_a_member_reads_a_workbook_and_enters_it_with_a_second_press(client, contract):
    client.force_login(make.lead_of(contract.provider))
    book = Workbook()
    book.active.append(HEADS.split(","))
    book.active.append([contract.pk, "2026-03-18", 2, "X-1", "", "From the meter"])
    stream = io.BytesIO()
    book.save(stream)
    address = "/contracts/delivery/import/"
    assert address in client.get("/contracts/delivery/").content.decode()
    page = client.post(address, {"file": SimpleUploadedFile("usage.xlsx", stream.getvalue())})
    assert "X-1" in page.content.decode()
    assert not Usage.objects.exists()
    sent = {"content": page.context["content"]}
    assert "1 deliveries entered" in client.post(address, sent, follow=True).content.decode()
    again = client.post(address, sent)
    assert (again.status_code, Usage.objects.count()) == (200, 1)
    assert "There is nothing to do" in again.content.decode()
    assert client.post(address, {"content": "§"}).status_code == 400
