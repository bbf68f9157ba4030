"""What an empty draft starts with, free of Django: a contract should take ten minutes."""

from datetime import date, timedelta
from decimal import Decimal

from contracts.terms import Measure, Terms
from ledger.months import following, last_day, month_of
from marketplace.price_plans import PricePlan
from marketplace.service_levels import DEFAULT_CAP, Level

MONTHS = 12
MOST_MONTHS = 60


def starting_terms(
    *,
    plan: PricePlan,
    usual: Decimal | None,
    summary: str,
    lead_time_days: int,
    measures: tuple[Measure, ...],
    on: date,
    levels: tuple[Level, ...] = (),
    credit_cap: Decimal = DEFAULT_CAP,
    quantity: Decimal | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> Terms:
    """Terms at the listed price from the first month that the lead time leaves, for twelve months.

    `quantity` is how many units a month are expected, in place of what is `usual`; for a fixed
    price how many months.
    """
    is_fixed = not plan.counts
    start = starts_on or _first_month(on + timedelta(days=max(1, lead_time_days)))
    months = int(quantity) if is_fixed and quantity and quantity >= 1 else MONTHS
    units = None if is_fixed else quantity or usual
    return Terms(
        plan=plan.plan.value, price=plan.price, unit=plan.unit, parameters=plan.document(),
        starts_on=start, measures=measures, levels=levels, credit_cap=credit_cap,
        ends_on=ends_on or _after(start, months=min(months, MOST_MONTHS)),
        expected_quantity=units, cap_quantity=units,
        joint_objective=summary,
        commitments="The provider delivers what its offering describes. The buyer names a contact"
        " and answers questions within two working days.",
        resources="Each side works with its own people and tools.",
        risks="Whoever sees a delay tells the other side on the same day.",
        ins_and_outs="Everything that the offering describes belongs to it, and nothing else.",
    )  # fmt: skip


def _first_month(day: date) -> date:
    return day if day.day == 1 else following(month_of(day))


def _after(start: date, *, months: int) -> date:
    """The last day of a term of so many months: from 15 March for one month, 14 April."""
    month = month_of(start)
    for _ in range(months):
        month = following(month)
    return month.replace(day=min(start.day, last_day(month).day)) - timedelta(days=1)
