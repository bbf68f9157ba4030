"""Why money is granted or moved beside the year's budget: coded, so that it can be counted."""

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.db.models import Count

from accounts import audit, permissions
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import User
from ledger.models import BudgetRule, MoneyMove, MoneyReason

# A firm adds its own, and ends those of its own that it needs no longer.
STANDARD: Mapping[str, str] = {
    "new_task": "A new task",
    "growth": "More customers than planned",
    "start_up": "Start of a new micro-enterprise",
    "hardship": "A loss that nobody could foresee",
    "correction": "Correction of a figure",
    "team_moved": "People or a task went to another micro-enterprise",
    "other": "Something else, told in words",
}


def known() -> dict[str, str]:
    """Every reason by its code, ended ones too; one query."""
    return {**STANDARD, **dict(MoneyReason.objects.values_list("code", "name"))}


def offered() -> list[tuple[str, str]]:
    """The reasons that can be chosen now, as code and name."""
    own = MoneyReason.objects.filter(ended_on=None).order_by("name")
    return [*STANDARD.items(), *own.values_list("code", "name")]


def require_known(code: str) -> None:
    """Invalid unless the reason can be chosen now."""
    codes = dict(offered())
    if code not in codes:
        raise Invalid(
            f"{code!r} is no reason that is offered; there are {', '.join(codes)}.",
            field="reason", value=code,
        )  # fmt: skip


def counted() -> dict[str, int]:
    """How often each was given, for grants and moves."""
    found: dict[str, int] = {}
    for rows in (BudgetRule.objects.exclude(reason=""), MoneyMove.objects.exclude(reason="")):
        for code, count in rows.values_list("reason").annotate(count=Count("pk")).order_by():
            found[code] = found.get(code, 0) + count
    return found


@transaction.atomic
def add(*, code: str, name: str, by: User, on: date) -> MoneyReason:
    """Offer a reason of the firm's own; Refused where the code is taken."""
    _require_may_set(by)
    taken = Refused(
        f"The code {code} is taken.", code="code_taken", field="code", help="Use another."
    )
    if code in STANDARD:
        raise taken
    if not name.strip():
        raise Invalid("Say in words what the reason is.", field="name")
    with saying(one_reason_per_code=taken):
        made = MoneyReason.objects.create(code=code, name=name.strip())
    audit.record("money_reason.add", made, by=by, on=on, code=code, name=name)
    return made


@transaction.atomic
def end(reason: MoneyReason, *, by: User, on: date) -> None:
    """Offer it no longer; what was done for it keeps its name. Repeating it changes nothing."""
    _require_may_set(by)
    if MoneyReason.objects.filter(pk=reason.pk, ended_on=None).update(ended_on=on):
        audit.record("money_reason.end", reason, by=by, on=on, code=reason.code)


def _require_may_set(by: User) -> None:
    permissions.require(permissions.may_set_budgets(by), "Reasons are set by HR admins.")
