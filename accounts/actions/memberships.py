"""Who is in an ME, in which role, with which share and which rights (PRODUCT 2, 9 and 4.22)."""

from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction

from accounts import audit, clock, permissions
from accounts.actions.micro_enterprises import locked
from accounts.constraints import saying
from accounts.errors import Invalid, Refused, Unknown
from accounts.lifecycle import in_one_sentence
from accounts.models import Membership, MicroEnterprise, OutcomeLink, Person, Role, User

ASK_THE_LEAD = "Ask the lead of the ME; for the lead's own membership, another lead."


@transaction.atomic
def add_member(
    me: MicroEnterprise,
    *,
    person: Person,
    role: str,
    allocation_percent: Decimal,
    starts_on: date,
    by: User,
    on: date,
) -> Membership:
    """Take a person into the ME in a role, which is made if it is new.

    Adding is the ME's own acceptance of the partnership terms; the person accepts next. Refused
    where the person is a member already, has left, or is oneself.
    """
    wanted = Membership(person=person, micro_enterprise=me)
    permissions.require(
        permissions.may_change_membership(by, wanted, on=on),
        f"Only the lead of {me} adds members, and nobody adds themselves.",
        help=ASK_THE_LEAD,
    )
    me = locked(me)
    if me.state in MicroEnterprise.OVER:
        raise Refused(f"{me} is {me.state}: it takes nobody in any more.", code="over")
    if person.left_on is not None and person.left_on < starts_on:
        raise Invalid(f"{person} has left the firm.", field="person", value=person.name)
    if starts_on < on:
        raise Invalid(
            "A membership starts today at the earliest: the past is settled.",
            field="starts_on",
            value=str(starts_on),
        )
    wanted.role = Role.objects.get_or_create(micro_enterprise=me, name=role)[0]
    wanted.allocation_percent, wanted.starts_on = allocation_percent, starts_on
    wanted.lead_accepted_at = None if by.is_client else clock.now()
    with saying(one_membership_per_person_me_and_day=is_member_already(person, me)):
        wanted.save(force_insert=True)
    audit.record("membership.add", wanted, by=by, on=on, me=me, role=role, starts_on=starts_on)
    return wanted


@transaction.atomic
def change_membership(
    membership: Membership,
    *,
    role: Role,
    allocation_percent: Decimal,
    may_sign: bool,
    is_lead: bool,
    share_points: int,
    by: User,
    on: date,
) -> Membership:
    """Set role, share of the person's time and rights from today on, in a row of their own.

    Returns the row that holds from today. Refused `not_a_partner` where a right is given before
    both sides accepted the terms and the role is tied to a live outcome; the sentence says which
    is missing.
    """
    _require_lead(membership, by=by, on=on)
    membership = _locked(membership, on=on)
    if role.micro_enterprise_id != membership.micro_enterprise_id:
        raise Unknown
    held = (membership.may_sign, membership.is_lead, membership.share_points)
    permissions.require(
        not by.is_client or held == (may_sign, is_lead, share_points),
        "Signing, leading and share points are given by a person, not by a program.",
    )
    gains = any(new > old for new, old in zip((may_sign, is_lead, share_points), held, strict=True))
    moves = role.pk != membership.role_id and (may_sign or share_points > 0)
    if gains or moves:
        _require_partner(membership, role=role, on=on)
    row, changes = go_on_with(
        membership, on=on, role=role, allocation_percent=allocation_percent,
        may_sign=may_sign, is_lead=is_lead, share_points=share_points,
    )  # fmt: skip
    if changes:
        me = membership.micro_enterprise
        audit.record("membership.change", row, by=by, on=on, me=me, changes=changes)
    return row


@transaction.atomic
def end_membership(membership: Membership, *, ends_on: date, by: User, on: date) -> Membership:
    """Let a membership end with a day, today at the earliest; until then it holds as it is."""
    _require_lead(membership, by=by, on=on)
    membership = _locked(membership, on=on)
    earliest = max(on, membership.starts_on)
    if ends_on < earliest:
        raise Invalid(
            f"The last day cannot be before {earliest:%-d %B %Y}.",
            field="ends_on",
            value=str(ends_on),
        )
    before, membership.ends_on = membership.ends_on, ends_on
    membership.save(update_fields=["ends_on"])
    audit.record(
        "membership.end", membership, by=by, on=on, me=membership.micro_enterprise,
        ends_on=ends_on, before=before,
    )  # fmt: skip
    return membership


@transaction.atomic
def accept_terms(membership: Membership, *, by: User, on: date) -> Membership:
    """Accept the partnership terms: the person for themselves, the lead for the ME.

    For a first lead an HR admin stands for the ME. Whoever was named lead leads from the day on
    which the second side accepts. Accepting twice changes nothing.
    """
    membership = _locked(membership, on=on)
    me = membership.micro_enterprise
    is_own = by.person_id is not None and by.person_id == membership.person_id
    permissions.require(
        is_own or permissions.may_accept_for_me(by, membership, on=on),
        f"The terms are accepted by {membership.person} and by the lead of {me}, nobody else.",
        help=ASK_THE_LEAD,
    )
    side = "person" if is_own else "lead"
    field = f"{side}_accepted_at"
    if getattr(membership, field) is None:
        setattr(membership, field, clock.now())
        membership.save(update_fields=[field])
        audit.record("membership.accept", membership, by=by, on=on, me=me, side=side)
    return take_lead_as_named(membership, by=by, on=on)


@transaction.atomic
def accept_all_terms(me: MicroEnterprise, *, by: User, on: date) -> int:
    """Accept for the ME whoever waits for it, without the own membership; returns how many."""
    permissions.require(
        permissions.is_lead(by, me, on=on),
        f"Only the lead accepts the partnership terms for {me}.",
        help=ASK_THE_LEAD,
    )
    waiting = Membership.objects.current(on=on).filter(micro_enterprise=me, lead_accepted_at=None)
    others = list(waiting.exclude(person=by.person_id).order_by("pk"))
    for membership in others:
        accept_terms(membership, by=by, on=on)
    return len(others)


def take_lead_as_named(membership: Membership, *, by: User, on: date) -> Membership:
    """Where a named lead's both sides have accepted, the lead begins today."""
    if not membership.named_as or not membership.is_accepted:
        return membership
    named_as = membership.named_as
    is_acting = named_as == Membership.NamedAs.ACTING_LEAD
    row, _ = go_on_with(
        membership, on=on, named_as="", is_lead=not is_acting, is_acting_lead=is_acting
    )
    me = row.micro_enterprise
    audit.record("lead.begin", row, by=by, on=on, me=me, named_as=named_as)
    if not is_acting:
        acting = Membership.objects.current(on=on).filter(micro_enterprise=me, is_acting_lead=True)
        for other in acting.exclude(pk=row.pk).order_by("pk"):
            go_on_with(other, on=on, is_acting_lead=False)
            audit.record("lead.end", other, by=by, on=on, me=me, named_as="acting_lead")
    return row


def go_on_with(
    membership: Membership, *, on: date, **wanted: object
) -> tuple[Membership, dict[str, list[object] | str]]:
    """Let other values hold from `on`; returns the row of that day and what changed in it.

    A row that began earlier ends the day before, so that every past day keeps what held on it.
    """
    changes = {
        field: _said(field, getattr(membership, field), value)
        for field, value in wanted.items()
        if getattr(membership, field) != value
    }
    if not changes:
        return membership, {}
    if membership.starts_on < on:
        last, membership.ends_on = membership.ends_on, on - timedelta(days=1)
        membership.save(update_fields=["ends_on"])
        membership.pk, membership.starts_on, membership.ends_on = None, on, last
        membership._state.adding = True  # noqa: SLF001  as Django documents the copying of a row
    for field, value in wanted.items():
        setattr(membership, field, value)
    membership.save()
    return membership, changes


def _said(field: str, before: object, after: object) -> list[object] | str:
    """A change for the audit trail, where nobody reads the share points of a person."""
    if field == "share_points":
        return "changed"
    return [each if isinstance(each, bool) else str(each) for each in (before, after)]


def missing_for_rights(membership: Membership, *, role: Role, on: date) -> list[str]:
    """What still keeps a member from signing, leading and share points; empty for a partner."""
    is_tied = OutcomeLink.objects.live(on=on).filter(role=role).exists()
    missing = {
        f"{membership.person}’s acceptance of the partnership terms": membership.person_accepted_at,
        "the lead’s acceptance of the partnership terms": membership.lead_accepted_at,
        f"a tie between the role “{role}” and a live customer outcome": is_tied,
    }
    return [words for words, is_there in missing.items() if not is_there]


def _require_partner(membership: Membership, *, role: Role, on: date) -> None:
    missing = missing_for_rights(membership, role=role, on=on)
    if missing:
        raise Refused(
            f"{membership.person} cannot sign, lead or hold share points yet: "
            f"{in_one_sentence(missing)} {'is' if len(missing) == 1 else 'are'} missing.",
            code="not_a_partner",
            help="Save the role and the share of time without rights, and add them afterwards.",
        )


def _require_lead(membership: Membership, *, by: User, on: date) -> None:
    permissions.require(
        permissions.may_change_membership(by, membership, on=on),
        f"Only the lead of {membership.micro_enterprise} changes memberships, "
        "and nobody changes their own.",
        help=ASK_THE_LEAD,
    )


def _locked(membership: Membership, *, on: date) -> Membership:
    """The row as it is now, held; Refused where it is over or was replaced since."""
    rows = Membership.objects.select_related("person", "micro_enterprise", "role")
    row = rows.select_for_update(of=("self",), no_key=True).get(pk=membership.pk)
    if row.ends_on is not None and row.ends_on < on:
        raise Refused(
            f"This membership of {row.person} ended on {row.ends_on:%-d %B %Y} "
            "or goes on under newer terms.",
            code="over",
            help="Open the page of the ME again and choose the person there.",
        )
    return row


def is_member_already(person: Person, me: MicroEnterprise) -> Invalid:
    """What the exclusion constraint says in words."""
    return Invalid(
        f"{person} is a member of {me} already, or will be from a later day. "
        "Change that membership instead.",
        field="person",
        value=person.name,
    )
