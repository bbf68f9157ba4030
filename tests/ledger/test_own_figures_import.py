"""Costs and outside sales come from files, each row once; a faulty file changes nothing."""

from decimal import Decimal

import pytest

from ledger.models import CostRecord, OutsideSale
from ledger.own_figures_import import COST_COLUMNS, import_costs, import_outside_sales
from tests import make
from tests.make import TODAY

pytestmark = pytest.mark.django_db
SALES = "micro_enterprise,month,amount,source,reference"


def costs(*rows, by=None, dry_run=False):
    content = "\n".join([",".join(COST_COLUMNS), *rows]).encode()
    return import_costs(content, by=by, on=TODAY, dry_run=dry_run)


def counts(done):
    figures = done.figures()
    return [figures[name] for name in ("read", "created", "updated", "unchanged")]


def test_a_file_is_kept_once_and_other_figures_correct_what_is_on_record():
    shop = make.me("Shop")
    rows = ["shop,2026-01,labour,31920.00,840,payroll,P1", "Shop,2026-01-01,Other,21600,,SAP,P1"]
    assert counts(costs(*rows, dry_run=True)) == [2, 2, 0, 0]
    assert not CostRecord.objects.exists()
    assert counts(costs(*rows)) == [2, 2, 0, 0]
    assert counts(costs(*rows)) == [2, 0, 0, 2]
    done = costs("Shop,2026-01,labour,30000,800,payroll,P1", rows[1])
    assert counts(done) == [2, 0, 1, 1]
    assert done.updated[0].replaces.amount == Decimal(31920)
    kept = CostRecord.objects.in_force().get(kind="labour")
    assert (kept.micro_enterprise, kept.amount, kept.hours) == (shop, 30000, 800)
    assert counts(costs("Shop,2026-01,labour,0,0,payroll,P1")) == [1, 0, 1, 0]


@pytest.mark.parametrize(
    ("row", "field", "message"),
    [
        ("Nobody,2026-01,other,1,,SAP,1", "micro_enterprise", "no micro-enterprise named"),
        ("Lab,2026-01,other,1,,SAP,1", "micro_enterprise", "may not record"),
        ("Shop,January,other,1,,SAP,1", "month", "'January' is no month"),
        ("Shop,2026-03,other,1,,SAP,1", "month", "March 2026 has not begun"),
        ("Shop,2026-01,cash,1,,SAP,1", "kind", "no kind of cost"),
        ("Shop,2026-01,other,-1,,SAP,1", "amount", "'-1' is no amount"),
        ('Shop,2026-01,other,"1,000.00",,SAP,1', "amount", "without thousands"),
        ("Shop,2026-01,other,NaN,,SAP,1", "amount", "'NaN' is no amount"),
        ("Shop,2026-01,other,0,,SAP,1", "amount", "0.00 says nothing"),
        ("Shop,2026-01,labour,1,x,SAP,1", "hours", "'x' is no hours"),
        ("Shop,2026-01,other,1,8,SAP,1", "hours", "Only labour has hours"),
        ("Shop,2026-01,other,1,,,1", "source", "Say the source"),
        ("Shop,2026-01,other,1,,SAP,2", "reference", "stands in 2 rows"),
    ],
)
def test_one_fault_and_nothing_is_kept(row, field, message):
    lead = make.lead(make.me("Shop"))
    make.me("Lab")
    done = costs("Shop,2026-01,other,1,,SAP,2", row, by=lead)
    assert [field] == list({each.field for each in done.refused})
    assert message in done.refused[0].message
    assert counts(done)[1:3] == [0, 0]
    assert not CostRecord.objects.exists()


def test_sales_outside_come_in_likewise():
    make.me("Shop")
    content = f"{SALES}\nShop,2026-02,90000.00,billing,F1\n".encode()
    assert counts(import_outside_sales(content, by=make.hr_admin(), on=TODAY)) == [1, 1, 0, 0]
    assert OutsideSale.objects.get().amount == 90000
