"""Dissolving an ME: by the votes of its members, or after three months of probation (PRODUCT 4.1).

Accounts knows no contract and no wallet: the apps above name in the settings what they do when an
ME begins to dissolve (`WHEN_DISSOLVING`), what still keeps it (`BLOCKS_DISSOLUTION`) and what they
do at its end (`WHEN_DISSOLVED`).
"""

from calendar import monthrange
from collections.abc import Callable
from datetime import date
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from accounts import audit, permissions
from accounts.actions.micro_enterprises import ONLY_HR_ADMINS, locked
from accounts.errors import Refused
from accounts.models import DissolutionVote, Membership, MicroEnterprise, User

State = MicroEnterprise.State
MONTHS_OF_PROBATION = 3
_Deed = Callable[..., None]
_Blocker = Callable[[MicroEnterprise, date], list[str]]


@transaction.atomic
def vote_to_dissolve(me: MicroEnterprise, *, by: User, on: date) -> MicroEnterprise:
    """A partner's vote; with two thirds of all partners it begins to dissolve at once."""
    permissions.require(
        permissions.may_vote_in(by, me, on=on),
        f"Only partners of {me} vote on its end.",
        help="Accept the partnership terms first, or ask a partner.",
    )
    me = locked(me)
    if me.state == State.DISSOLVING:
        return me
    _require_trading(me)
    _, is_new = DissolutionVote.objects.get_or_create(
        micro_enterprise=me, person_id=by.person_id or 0, defaults={"voted_on": on}
    )
    if is_new:
        audit.record("me.vote_to_dissolve", me, by=by, on=on, me=me)
    votes, partners = votes_of(me, on=on)
    if votes * 3 >= partners * 2:
        _begin(me, by=by, on=on, votes=votes, partners=partners)
    return me


@transaction.atomic
def withdraw_vote(me: MicroEnterprise, *, by: User, on: date) -> MicroEnterprise:
    """Take the own vote back, while it has not begun."""
    permissions.require(
        permissions.may_vote_in(by, me, on=on), f"Only partners of {me} vote on its end."
    )
    me = locked(me)
    if me.state == State.DISSOLVING:
        raise Refused(
            f"{me} is dissolving since {me.dissolving_from_on:%-d %B %Y}.",
            code="already_dissolving",
            help="Form a new micro-enterprise instead.",
        )
    gone, _ = DissolutionVote.objects.filter(
        micro_enterprise=me, person_id=by.person_id or 0
    ).delete()
    if gone:
        audit.record("me.withdraw_vote", me, by=by, on=on, me=me)
    return me


@transaction.atomic
def dissolve_after_probation(me: MicroEnterprise, *, by: User, on: date) -> MicroEnterprise:
    """The platform ends an ME that has been on probation for three months."""
    permissions.require(
        permissions.may_activate_me(by), "Only an HR admin does this.", help=ONLY_HR_ADMINS
    )
    me = locked(me)
    if me.state == State.DISSOLVING:
        return me
    since = me.probation_from_on
    if me.state != State.PROBATION or since is None or on < _months_later(since):
        raise Refused(
            f"{me} has not been on probation for {MONTHS_OF_PROBATION} months.",
            code="not_long_enough",
            help="Until then two thirds of its partners decide.",
        )
    _begin(me, by=by, on=on, probation_from_on=since)
    return me


def finish_due(*, on: date) -> dict[str, int]:
    """Close every ME that dissolves and that nothing keeps: `{"dissolved", "kept"}`; repeatable."""
    counts = {"dissolved": 0, "kept": 0}
    waiting = MicroEnterprise.objects.filter(state=State.DISSOLVING).order_by("pk")
    for me in waiting:
        counts["dissolved" if _finish(me, on=on) else "kept"] += 1
    return counts


def blockers_of(me: MicroEnterprise, *, on: date) -> list[str]:
    """What still keeps it, as sentences of the apps that know."""
    paths = settings.BLOCKS_DISSOLUTION
    return [said for path in paths for said in cast("_Blocker", import_string(path))(me, on)]


def votes_of(me: MicroEnterprise, *, on: date) -> tuple[int, int]:
    """How many partners of that day have voted for it, and how many partners there are."""
    partners = Membership.objects.current(on=on).accepted().filter(micro_enterprise=me)
    voted = DissolutionVote.objects.filter(micro_enterprise=me).values("person")
    return partners.filter(person__in=voted).count(), partners.count()


def _begin(me: MicroEnterprise, *, by: User, on: date, **told: Any) -> None:
    me.state, me.dissolving_from_on = State.DISSOLVING, on
    me.save(update_fields=["state", "dissolving_from_on"])
    audit.record("me.dissolve", me, by=by, on=on, me=me, **told)
    for path in settings.WHEN_DISSOLVING:
        cast("_Deed", import_string(path))(me, by=by, on=on)


@transaction.atomic
def _finish(me: MicroEnterprise, *, on: date) -> bool:
    me = locked(me)
    if me.state != State.DISSOLVING or blockers_of(me, on=on):
        return False
    for path in settings.WHEN_DISSOLVED:
        cast("_Deed", import_string(path))(me, on=on)
    mine = Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gt=on), micro_enterprise=me)
    mine.filter(starts_on__lte=on).update(ends_on=on)
    me.state, me.dissolved_on = State.DISSOLVED, on
    me.save(update_fields=["state", "dissolved_on"])
    audit.record("me.dissolved", me, by=None, on=on, me=me)
    return True


def _require_trading(me: MicroEnterprise) -> None:
    if not me.may_trade:
        raise Refused(
            f"{me} is {me.get_state_display().lower()}, so there is nothing to dissolve.",
            code="wrong_state",
            help="Only an incubating, active or probation ME is dissolved.",
        )


def _months_later(day: date) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + MONTHS_OF_PROBATION, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
