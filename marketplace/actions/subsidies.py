"""What the treasury may add to the dual price of an offering (PRODUCT 4.4).

A dual price is a last resort: an HR admin allows it for one offering, up to an amount per unit,
until a day, for a reason that everybody reads. What is signed under it runs to its end.
"""

from datetime import date
from decimal import Decimal

from django.db import transaction

from accounts import audit
from accounts.errors import Invalid, Refused
from accounts.models import User
from accounts.permissions import may_allow_subsidy, require
from ledger.money import LARGEST, to_cents
from marketplace.models import ServiceOffering
from marketplace.price_plans import PricePlan

_FIELDS = ["subsidy_most", "subsidy_until_on", "subsidy_reason", "subsidy_allowed_by"]
_LONGEST_REASON = 300


@transaction.atomic
def allow_subsidy(
    offering: ServiceOffering, *, most: Decimal, until_on: date, reason: str, by: User, on: date
) -> ServiceOffering:
    """Let contracts that end by that day have up to so much per unit from the treasury."""
    found = _locked(offering, by=by)
    if not most.is_finite() or not 0 < most <= LARGEST or most != to_cents(most):
        raise Invalid(f"{most} is no amount above zero.", field="most", value=str(most))
    if until_on <= on:
        raise Invalid(
            f"{until_on:%-d %B %Y} is over or today. Name a later day.",
            field="until_on",
            value=until_on,
        )
    if not reason.strip() or len(reason) > _LONGEST_REASON:
        raise Invalid("Say in one sentence why.", field="reason", value=reason[:80])
    found.subsidy_most, found.subsidy_until_on = to_cents(most), until_on
    found.subsidy_reason, found.subsidy_allowed_by = reason.strip(), by
    found.save(update_fields=_FIELDS)
    audit.record(
        "offering.allow_subsidy", found, by=by, on=on, me=found.provider, most=most,
        until=until_on, reason=reason.strip(),
    )  # fmt: skip
    return found


@transaction.atomic
def end_subsidy(offering: ServiceOffering, *, by: User, on: date) -> ServiceOffering:
    """Nothing more is signed at a dual price; what is signed keeps its price."""
    found = _locked(offering, by=by)
    if found.subsidy_most is None:
        return found
    found.subsidy_most = found.subsidy_until_on = found.subsidy_allowed_by = None
    found.subsidy_reason = ""
    found.save(update_fields=_FIELDS)
    audit.record("offering.end_subsidy", found, by=by, on=on, me=found.provider)
    return found


def require_allowed(offering: ServiceOffering, plan: PricePlan, *, until_on: date) -> None:
    """Refused `subsidy_not_allowed`, where the treasury would add more or longer than it may."""
    adds = plan.subsidy_per_unit()
    if not adds:
        return
    most, until = offering.subsidy_most, offering.subsidy_until_on
    if most is None or until is None:
        told = "no HR admin has allowed it"
    elif adds > most:
        told = f"an HR admin allowed {most:,.2f}"
    elif until_on > until:
        told = f"it is allowed until {until:%-d %B %Y}, and this lasts until {until_on:%-d %B %Y}"
    else:
        return
    raise Refused(
        f"The treasury would add {adds:,.2f} per {plan.unit} to “{offering}”, but {told}.",
        code="subsidy_not_allowed",
        field="full_cost",
        value=str(plan.values["full_cost"]),
        help="Ask an HR admin to allow it, or choose another price plan.",
    )


def _locked(offering: ServiceOffering, *, by: User) -> ServiceOffering:
    require(
        may_allow_subsidy(by),
        "Only an HR admin lets the treasury add to a price.",
        help="Ask an HR admin.",
    )
    rows = ServiceOffering.objects.select_related("provider", "current")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=offering.pk)
