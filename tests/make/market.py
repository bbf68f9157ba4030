"""Offerings inside and offers outside, for tests."""

from datetime import date
from decimal import Decimal
from itertools import count

from marketplace.levels import columns_of
from marketplace.models import (
    Category,
    OfferedLevel,
    OfferedMeasure,
    OfferingVersion,
    OutsideOffer,
    OutsideSupplier,
    SatisfactionScore,
    ServiceOffering,
)
from marketplace.price_plans import Plan
from tests.make import plans
from tests.make.people import FORMED

_numbers = count(1)


def category(name="Recruiting"):
    slug = name.lower().replace(" ", "-")
    return Category.objects.get_or_create(slug=slug, defaults={"name": name})[0]


def offering(
    provider, *, plan="fixed", price="2000.00", unit="", measures=1, levels=(), of=None, **fields
):
    """A published offering with one success measure, at 2,000.00 a month unless told.

    A plan with parameters has those of its worked example unless told.
    """
    if Plan(plan).parameters:
        example = plans.plan(plan)
        fields = {"parameters": example.document(), "usual_quantity": 100} | fields
        price, unit = example.price, unit or example.unit
    made = ServiceOffering.objects.create(provider=provider, category=of or category())
    defaults = {"name": f"Offering {next(_numbers)}", "summary": "A team that helps yours."}
    version = OfferingVersion.objects.create(
        offering=made, plan=plan, price=Decimal(price),
        unit=unit or ("month" if plan == "fixed" else "hire"), **defaults | fields,
    )  # fmt: skip
    for number in range(1, measures + 1):
        OfferedMeasure.objects.create(
            version=version, number=number, name=f"Hires that stay, {number}", unit="%",
            target=90, floor=70, method="counted by HR after a quarter", weight=1,
        )  # fmt: skip
    for number, level in enumerate(levels, start=1):
        OfferedLevel.objects.create(version=version, number=number, **columns_of(level))
    version.published_on = FORMED
    version.save(update_fields=["published_on"])
    made.current, made.state, made.published_on = version, "published", FORMED
    made.save()
    return made


def score(of, *, raters=4, n=4, invited=10, **shown):
    """A headline of August 2025 to January 2026; below five raters it shows nothing."""
    return SatisfactionScore.objects.create(
        offering=of, from_month=date(2025, 8, 1), to_month=date(2026, 1, 1), raters=raters, n=n,
        invited=invited, **shown,
    )  # fmt: skip


def supplier(name="Outside Ltd"):
    return OutsideSupplier.objects.get_or_create(name=name)[0]


def outside_offer(*, price="2100.00", unit="month", by="Outside Ltd", of=None, **fields):
    number = next(_numbers)
    defaults = {
        "name": f"Outside offer {number}", "priced_on": FORMED, "source": "price list",
        "valid_until_on": date(2026, 12, 31), "reference": f"R{number}", "recorded_on": FORMED,
    }  # fmt: skip
    return OutsideOffer.objects.create(
        supplier=supplier(by), category=of or category(), unit=unit, price=Decimal(price),
        **defaults | fields,
    )  # fmt: skip
