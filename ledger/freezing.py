"""Freezing the money of an ME: nothing new is promised from it, and what is signed goes on."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from accounts.permissions import may_see_budgets, memberships_of
from ledger.drafting import require_may_set
from ledger.models import Freeze, Wallet


@transaction.atomic
def freeze(me: MicroEnterprise, *, fund: str, reason: str, by: User, on: date) -> Freeze:
    """Let the ME promise nothing new from a fund (blank: from any) from now on.

    Refused `already_frozen`. Promises that are being made at this moment come first.
    """
    require_may_set(by)
    _require_reason(reason)
    if fund and fund not in Wallet.Fund.values:
        raise Invalid(f"{fund!r} is no fund.", field="fund", value=fund)
    _lock_wallets(me)
    with saying(
        frozen_once_per_me_and_fund=Refused(
            f"This money of {me} is frozen already.",
            code="already_frozen",
            help="Lift the freeze first, or freeze another fund.",
        )
    ):
        made = Freeze.objects.create(
            micro_enterprise=me, fund=fund, reason=reason.strip(), frozen_on=on, frozen_by=by
        )
    audit.record("money.freeze", made, by=by, on=on, me=me, fund=fund or "all", reason=reason)
    return made


@transaction.atomic
def lift(frozen: Freeze, *, reason: str, by: User, on: date) -> Freeze:
    """Let the ME promise money again; repeating it changes nothing."""
    require_may_set(by)
    found = Freeze.objects.select_for_update(of=("self",)).select_related("micro_enterprise")
    row = found.get(pk=frozen.pk)
    if row.lifted_on:
        return row
    _require_reason(reason)
    row.lifted_on, row.lifted_by, row.lifted_because = on, by, reason.strip()
    row.save(update_fields=["lifted_on", "lifted_by", "lifted_because"])
    audit.record("money.unfreeze", row, by=by, on=on, me=row.micro_enterprise, reason=reason)
    return row


def visible_freezes(user: User, *, on: date) -> QuerySet[Freeze]:
    """All for whoever sees budgets; for members those of the own MEs, which their pages tell."""
    rows = Freeze.objects.select_related("micro_enterprise", "frozen_by__person")
    if may_see_budgets(user):
        return rows
    mine = memberships_of(user, on=on).values("micro_enterprise")
    return rows.filter(micro_enterprise__in=mine)


def words_for(keys: Iterable[int]) -> list[str]:
    """What is frozen of these MEs now, in lines for their members."""
    rows = Freeze.objects.in_force().filter(micro_enterprise__in=list(keys))
    return [
        f"{f'{row.fund.capitalize()} money' if row.fund else 'All money'} is frozen since "
        f"{row.frozen_on:%-d %B %Y}.\n{row.reason}\nNothing new is promised from it; what is "
        "signed goes on."
        for row in rows.order_by("frozen_on", "pk")
    ]


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("Say why; the members of the ME read it.", field="reason", value=reason)


def _lock_wallets(me: MicroEnterprise) -> None:
    rows = Wallet.objects.filter(owner=me).select_for_update(no_key=True).order_by("pk")
    list(rows)
