"""Contracts that are computed once for all of their kind get the lines that each would get."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.models import Usage
from contracts.pricing import Days
from contracts.settlement import intake
from contracts.settlement.alike import lines_alike
from contracts.settlement.cases import Case, Terms
from contracts.settlement.computing import lines_of
from contracts.settlement.rows import written, written_alike
from ledger.months import last_day
from marketplace.price_plans import Plan, PricePlan
from tests import make
from tests.make import MARCH

MONTHS = st.dates(date(2025, 1, 1), date(2032, 12, 31)).map(lambda day: day.replace(day=1))
PRICES = st.decimals("0.01", "9999999.99", places=2)
DAYS = st.integers(0, 900).map(lambda count: timedelta(days=count))


@given(
    price=PRICES, month=MONTHS, version=st.integers(1, 10**9), before=DAYS, after=DAYS,
    written_before=DAYS, cap=st.none() | PRICES,
)  # fmt: skip
def test_its_lines_are_those_that_the_contract_has_by_itself(
    price, month, version, before, after, written_before, cap
):
    plan = PricePlan(Plan.FIXED, price, "month")
    terms = Terms(version, month - written_before, plan, cap)
    case = Case(9, 1, 2, Days(month - before, last_day(month) + after), [terms])
    assert lines_alike(plan, month, version=version) == lines_of(case, month)
    assert written_alike(9, version, plan, month) == written(9, lines_of(case, month))


@pytest.mark.django_db
def test_only_what_has_one_price_all_month_and_nothing_else_is_computed_alike():
    plain = make.agreed(price="3000.00")
    part = make.agreed(price="3000.00", starts_on=date(2026, 3, 11))
    used = make.agreed(price="3000.00")
    Usage.objects.create(
        contract=used, used_on=date(2026, 3, 5), origin_month=MARCH, quantity=1, key="x",
        entered_on=date(2026, 3, 11), entered_by=make.lead_of(used.provider),
    )  # fmt: skip
    levelled = make.levelled()
    found = intake.read(MARCH, first=0, until=10**9)
    assert [each.contract for each in found.plain] == [plain.pk]
    assert [case.contract for case in found.cases] == [part.pk, used.pk, levelled.pk]
