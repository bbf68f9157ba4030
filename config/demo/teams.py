"""Departments become micro-enterprises: leads, outcomes, roles, terms, rights, activation."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from accounts import actions, audit
from accounts.actions import OutcomeTerms
from accounts.models import CustomerOutcome, Membership, MicroEnterprise, Role, User
from config.demo import material
from config.demo.cast import Cast
from config.demo.diary import Deed
from config.demo.founding import HR_ADMIN, IMPORTED, INVITED
from ledger.months import last_day

ACTIVATED = date(2026, 3, 12)
_TOLD = material.table("micro_enterprises")
DEPARTMENTS: list[dict[str, Any]] = _TOLD["me"]
INCUBATING: dict[str, Any] = _TOLD["incubating"]
PROPOSED: dict[str, Any] = _TOLD["proposed"]
_EXTENTS = {
    "decide": "Prices, contracts and suppliers within its own money",
    "hire": "Whom it takes in, within its budget",
    "distribute": "How its share in the upside is divided",
}


def deeds(cast: Cast) -> Iterator[Deed]:
    for told in DEPARTMENTS:
        yield Deed(IMPORTED[0], partial(_become_me, cast, told))
    yield Deed(ACTIVATED, partial(_activate_all, cast))
    for told in (INCUBATING, PROPOSED):
        yield Deed(told["formed_on"], partial(_form, cast, told))
    yield Deed(INCUBATING["formed_on"], partial(_incubate, cast))
    for day in IMPORTED[1:]:
        yield Deed(day, partial(_welcome, cast))


def _become_me(cast: Cast, told: Mapping[str, Any], on: date) -> None:
    """One department on the day on which its people came in from HR data."""
    admin, lead = cast.user(HR_ADMIN), cast.user(told["lead"])
    me = MicroEnterprise.objects.get(hr_unit=told["unit"])
    me = actions.describe(
        me, name=told["name"], kind=told["kind"], purpose=told["purpose"], legal_entity="",
        has_outside_customer=told["kind"] == "frontline", by=admin, on=on,
    )  # fmt: skip
    _put_in_lead(cast, me, told["lead"], on=on)
    outcomes = [
        actions.add_outcome(me, _outcome(each), by=lead, on=on) for each in told["outcomes"]
    ]
    _tie_roles(me, outcomes, told, by=lead, on=on)
    actions.accept_all_terms(me, by=lead, on=on)
    for membership in _others(me, lead):
        _join(membership, told, lead=lead, on=on)
    for right, extent in _EXTENTS.items():
        if right != "distribute" or told.get("share_points"):
            actions.grant_right(me, right, extent=extent, by=admin, on=on)
    cast.look_again()


def _put_in_lead(cast: Cast, me: MicroEnterprise, login: str, *, on: date) -> None:
    admin, lead = cast.user(HR_ADMIN), cast.user(login)
    named = actions.name_lead(me, person=cast.person(login), is_acting=False, by=admin, on=on)
    actions.accept_terms(named, by=lead, on=on)


def _tie_roles(
    me: MicroEnterprise,
    outcomes: list[CustomerOutcome],
    told: Mapping[str, Any],
    *,
    by: User,
    on: date,
) -> None:
    """Most roles serve an outcome from the start; the others are listed until they do."""
    for role in Role.objects.filter(micro_enterprise=me).order_by("pk"):
        if role.name not in told.get("untied", ()):
            served = [outcomes[told.get("serves", {}).get(role.name, 1) - 1]]
            actions.change_role(role, name=role.name, description="", outcomes=served, by=by, on=on)


def _join(membership: Membership, told: Mapping[str, Any], *, lead: User, on: date) -> None:
    """The person accepts the terms; some may sign, and share points follow the role's tie."""
    login = membership.person.email.split("@")[0]
    if login in told.get("unaccepted", ()):
        return
    actions.accept_terms(membership, by=membership.person.user, on=on)
    may_sign = login in told.get("may_sign", ())
    points = 0 if membership.role.name in told.get("untied", ()) else told.get("share_points", 0)
    if may_sign or points:
        actions.change_membership(
            membership, role=membership.role, allocation_percent=membership.allocation_percent,
            may_sign=may_sign, is_lead=False, share_points=points, by=lead, on=on,
        )  # fmt: skip


def _others(me: MicroEnterprise, lead: User) -> list[Membership]:
    rows = Membership.objects.filter(micro_enterprise=me, ends_on=None).exclude(
        person=lead.person_id
    )
    return list(rows.select_related("person__user", "role").order_by("person__external_id"))


def _activate_all(cast: Cast, on: date) -> None:
    admin = cast.user(HR_ADMIN)
    for told in DEPARTMENTS:
        me = cast.me(told["name"])
        has_offering = me.offerings.filter(state="published").exists()
        actions.activate(me, has_live_offering=has_offering, by=admin, on=on)
    cast.look_again()


def _form(cast: Cast, told: Mapping[str, Any], on: date) -> None:
    """A member proposes an ME, and whoever wants to comes along for a part of the week."""
    lead = cast.user(told["lead"])
    me = actions.form(
        name=told["name"], kind=told["kind"], purpose=told["purpose"], role=told["role"],
        outcome=_outcome(told["outcome"]), has_outside_customer=told["kind"] == "frontline",
        by=lead, on=on,
    )  # fmt: skip
    _put_in_lead(cast, me, told["lead"], on=on)
    for each in told.get("members", ()):
        person, user = cast.person(each["login"]), cast.user(each["login"])
        membership = actions.add_member(
            me, person=person, role=each["role"], allocation_percent=Decimal(each["percent"]),
            starts_on=on, by=lead, on=on,
        )  # fmt: skip
        actions.accept_terms(membership, by=user, on=on)
    if "comes_from" in told:
        _let_go(cast.me(told["comes_from"]), lead, cast, on=on)
    cast.look_again()


def _let_go(me: MicroEnterprise, user: User, cast: Cast, *, on: date) -> None:
    """Who starts something of their own leaves the team with the end of the month."""
    membership = Membership.objects.get(micro_enterprise=me, person=user.person_id)
    actions.end_membership(membership, ends_on=last_day(on), by=cast.lead(me), on=on)


def _incubate(cast: Cast, on: date) -> None:
    """It may trade from now on. The bet that will decide this has no page yet, so the state is
    written here.
    """
    admin, me = cast.user(HR_ADMIN), cast.me(INCUBATING["name"])
    actions.grant_right(me, "decide", extent=_EXTENTS["decide"], by=admin, on=on)
    before, me.state = me.state, MicroEnterprise.State.INCUBATING
    me.save(update_fields=["state"])
    audit.record("micro_enterprise.incubate", me, by=admin, on=on, me=me, before=before)
    cast.look_again()


def _welcome(cast: Cast, on: date) -> None:
    """Leads accept whom HR data brought; who came in July has answered, the newest have not."""
    joined = Membership.objects.filter(
        starts_on=on, is_imported=True, person_accepted_at=None
    ).select_related("person__user", "micro_enterprise")
    for membership in joined.order_by("pk"):
        lead = cast.lead(membership.micro_enterprise)
        if on != IMPORTED[-1]:
            actions.accept_terms(membership, by=lead, on=on)
        if membership.person.email.split("@")[0] not in INVITED:
            actions.accept_terms(membership, by=membership.person.user, on=on)


def _outcome(told: Mapping[str, Any]) -> OutcomeTerms:
    figures = {name: Decimal(told[name]) for name in ("baseline", "target")}
    return OutcomeTerms(**{**told, **figures})
