"""Forming, describing, activating and rejecting micro-enterprises (PRODUCT 4.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from accounts import audit, clock, permissions
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.lifecycle import MAY_BE_ACTIVATED, guards, in_one_sentence
from accounts.models import (
    CustomerOutcome,
    Membership,
    MicroEnterprise,
    OutcomeLink,
    RightsGrant,
    Role,
    User,
)

ONLY_HR_ADMINS = "Ask an HR admin of your organisation."


@dataclass(frozen=True)
class OutcomeTerms:
    """A measured change for a real customer: from `baseline` to `target`, read at `source`."""

    name: str
    customer: str
    metric: str
    unit: str
    baseline: Decimal
    target: Decimal
    source: str


@transaction.atomic
def form(
    *,
    name: str,
    kind: str,
    purpose: str,
    outcome: OutcomeTerms,
    by: User,
    on: date,
    role: str = "Founder",
    legal_entity: str = "",
    has_outside_customer: bool = False,
) -> MicroEnterprise:
    """Propose an ME with its first customer outcome; whoever forms it is its first member.

    Forming is the person's own acceptance of the partnership terms; the ME's side is accepted
    when an HR admin names the lead. Refused where the name is taken.
    """
    permissions.require(
        permissions.may_form_me(by),
        "Only a person who is known to the firm can form a micro-enterprise.",
        help="Ask an HR admin to connect your log-in with your person.",
    )
    me = MicroEnterprise(
        name=name, kind=kind, purpose=purpose, legal_entity=legal_entity,
        has_outside_customer=has_outside_customer, formed_on=on, formed_by=by,
    )  # fmt: skip
    with saying(micro_enterprise_named_once=name_is_taken(name)):
        me.save(force_insert=True)
    first = create_outcome(me, outcome, on=on)
    if by.person_id is not None:
        founder = Role.objects.create(micro_enterprise=me, name=role)
        OutcomeLink.objects.create(role=founder, outcome=first, starts_on=on)
        Membership.objects.create(
            person_id=by.person_id, micro_enterprise=me, role=founder, starts_on=on,
            person_accepted_at=clock.now(),
        )  # fmt: skip
    audit.record("micro_enterprise.form", me, by=by, on=on, me=me, kind=kind, name=name)
    return me


@transaction.atomic
def describe(
    me: MicroEnterprise,
    *,
    name: str,
    kind: str,
    purpose: str,
    legal_entity: str,
    has_outside_customer: bool,
    by: User,
    on: date,
) -> MicroEnterprise:
    """Change the words of an ME; once it trades, its name, kind and customers stay as they are."""
    permissions.require(
        permissions.may_describe_me(by, me, on=on),
        f"Only its lead changes the words of {me}.",
        help="While it is proposed, whoever formed it and HR admins may do so too.",
    )
    me = locked(me)
    wanted = {
        "name": name, "kind": kind, "purpose": purpose, "legal_entity": legal_entity,
        "has_outside_customer": has_outside_customer,
    }  # fmt: skip
    changes = {
        field: [getattr(me, field), value]
        for field, value in wanted.items()
        if getattr(me, field) != value
    }
    is_settled = me.state != MicroEnterprise.State.PROPOSED
    if is_settled and changes.keys() & {"name", "kind", "has_outside_customer"}:
        raise Refused(
            f"{me} is {me.state}: its name, kind and outside customer no longer change.",
            code="not_proposed",
            help="Its purpose and its legal entity still do.",
        )
    if not changes:
        return me
    for field, value in wanted.items():
        setattr(me, field, value)
    with saying(micro_enterprise_named_once=name_is_taken(name)):
        me.save(update_fields=list(changes))
    audit.record("micro_enterprise.describe", me, by=by, on=on, me=me, changes=changes)
    return me


@transaction.atomic
def activate(
    me: MicroEnterprise, *, has_live_offering: bool, by: User, on: date
) -> MicroEnterprise:
    """proposed or incubating -> active (PRODUCT 4.1); an ME that is active already stays so.

    Refused `not_ready` with every guard that is missing, and `not_proposed` from other states.
    """
    permissions.require(
        permissions.may_activate_me(by),
        "Only an HR admin activates a micro-enterprise.",
        help=ONLY_HR_ADMINS,
    )
    me = locked(me)
    if me.state == MicroEnterprise.State.ACTIVE:
        return me
    if me.state not in MAY_BE_ACTIVATED:
        raise Refused(
            f"{me} is {me.state}; only a proposed or incubating one can be activated.",
            code="not_proposed",
        )
    missing = [
        each for each in guards(me, has_live_offering=has_live_offering, on=on) if not each.is_met
    ]
    if missing:
        raise Refused(
            f"{me} cannot be activated yet: it needs "
            f"{in_one_sentence([each.words for each in missing])}.",
            code="not_ready",
            help=" ".join(each.advice for each in missing),
        )
    before, me.state, me.activated_on = me.state, MicroEnterprise.State.ACTIVE, on
    me.save(update_fields=["state", "activated_on"])
    audit.record("micro_enterprise.activate", me, by=by, on=on, me=me, before=before)
    return me


@transaction.atomic
def reject(me: MicroEnterprise, *, reason: str, by: User, on: date) -> MicroEnterprise:
    """proposed -> rejected, for ever, with the reason that its members read."""
    permissions.require(
        permissions.may_activate_me(by),
        "Only an HR admin rejects a proposed micro-enterprise.",
        help=ONLY_HR_ADMINS,
    )
    if not reason.strip():
        raise Invalid("Say why it is rejected: its members read the reason.", field="reason")
    me = locked(me)
    if me.state == MicroEnterprise.State.REJECTED:
        return me
    if me.state != MicroEnterprise.State.PROPOSED:
        raise Refused(f"{me} is {me.state}; only a proposed one can be rejected.", code="started")
    me.state, me.rejected_because = MicroEnterprise.State.REJECTED, reason.strip()
    me.save(update_fields=["state", "rejected_because"])
    audit.record("micro_enterprise.reject", me, by=by, on=on, me=me, reason=reason)
    return me


@transaction.atomic
def set_rights(
    me: MicroEnterprise, extents: Mapping[str, str | None], *, by: User, on: date
) -> None:
    """Grant each right as far as its extent says, and end those whose extent is None."""
    for right, extent in extents.items():
        if extent is None:
            end_right(me, right, by=by, on=on)
        else:
            grant_right(me, right, extent=extent, by=by, on=on)


@transaction.atomic
def grant_right(me: MicroEnterprise, right: str, *, extent: str, by: User, on: date) -> RightsGrant:
    """Give the ME the right to decide, hire or distribute as far as `extent` says.

    A new extent ends the old grant the day before, so that every day knows its own.
    """
    permissions.require(
        permissions.may_activate_me(by), "Only an HR admin grants rights.", help=ONLY_HR_ADMINS
    )
    me = locked(me)
    if right not in RightsGrant.Right.values:
        raise Invalid(f"“{right}” is no right.", field="right", value=right)
    held = me.rights.filter(right=right, ends_on=None).first()
    if held and held.extent == extent:
        return held
    if held and held.starts_on >= on:
        before, held.extent = held.extent, extent
        held.save(update_fields=["extent"])
    else:
        before = _end_grant(held, on=on) if held else ""
        held = me.rights.create(right=right, extent=extent, starts_on=on, granted_by=by)
    audit.record(
        "right.grant", held, by=by, on=on, me=me, right=right, extent=extent, before=before
    )
    return held


@transaction.atomic
def end_right(me: MicroEnterprise, right: str, *, by: User, on: date) -> None:
    """Take a right back with the end of the day; without the right to decide nobody signs."""
    permissions.require(
        permissions.may_activate_me(by), "Only an HR admin ends rights.", help=ONLY_HR_ADMINS
    )
    me = locked(me)
    held = me.rights.filter(right=right, ends_on=None).first()
    if held is None:
        return
    held.ends_on = on
    held.save(update_fields=["ends_on"])
    audit.record("right.end", held, by=by, on=on, me=me, right=right)


def create_outcome(me: MicroEnterprise, terms: OutcomeTerms, *, on: date) -> CustomerOutcome:
    """Write an outcome; Invalid where it changes nothing. The caller asked the permission."""
    same = Invalid(
        "Target and baseline are the same, so nothing would change for the customer.",
        field="target",
        value=str(terms.target),
    )
    with saying(outcome_changes_something=same):
        return CustomerOutcome.objects.create(micro_enterprise=me, starts_on=on, **vars(terms))


def locked(me: MicroEnterprise) -> MicroEnterprise:
    """The row as it is now, held until the end of the transaction."""
    return MicroEnterprise.objects.select_for_update(no_key=True).get(pk=me.pk)


def name_is_taken(name: str) -> Invalid:
    return Invalid(
        f"A micro-enterprise with the name “{name}” exists already. Choose another name.",
        field="name",
        value=name,
    )


def _end_grant(held: RightsGrant, *, on: date) -> str:
    held.ends_on = date.fromordinal(on.toordinal() - 1)
    held.save(update_fields=["ends_on"])
    return held.extent
