"""Changing the rules of the market, from tomorrow on at the earliest (PRODUCT 1)."""

from datetime import date

from django.db import transaction

from accounts import audit, clock, permissions
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import Policy, User
from accounts.policy import RULES, checked, require_later


@transaction.atomic
def set_policy(
    key: str, value: object, *, valid_from_on: date, reason: str, by: User, on: date
) -> Policy:
    """Add the next version of a rule; what was computed with an earlier one keeps its version.

    Invalid where the value breaks the rule's limits, the day is not after today, or the reason is
    empty. Refused `raced` where another HR admin added a version at the same moment.
    """
    permissions.require(
        permissions.may_set_policies(by),
        "Only an HR admin changes the rules of the market.",
        help="Ask an HR admin of your organisation.",
    )
    value = checked(key, value)
    require_later(valid_from_on, on=on)
    if not reason.strip():
        raise Invalid("Say why: the reason stays in the history.", field="reason")
    last = Policy.objects.filter(key=key).order_by("-number").first()
    number = last.number + 1 if last else 1
    raced = Refused(
        f"“{RULES[key].label}” was changed by somebody else just now.",
        code="raced",
        help="Read the new history and decide again.",
    )
    with saying(policy_numbered_once=raced):
        policy = Policy.objects.create(
            key=key, number=number, value=value, valid_from_on=valid_from_on,
            reason=reason.strip(), set_by=by, set_at=clock.now(),
        )  # fmt: skip
    audit.record(
        "policy.set", policy, by=by, on=on, key=key, number=number, value=value,
        valid_from_on=valid_from_on, reason=reason,
    )  # fmt: skip
    return policy
