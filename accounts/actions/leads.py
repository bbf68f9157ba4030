"""Naming the first lead of an ME, or an acting one when a sole lead leaves (PRODUCT 4.1)."""

from datetime import date
from decimal import Decimal

from django.db import transaction

from accounts import audit, clock, permissions
from accounts.actions.memberships import is_member_already, take_lead_as_named
from accounts.actions.micro_enterprises import ONLY_HR_ADMINS, locked
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import Membership, MembershipQuerySet, MicroEnterprise, Person, Role, User

LEAD_ROLE = "Lead"


@transaction.atomic
def name_lead(
    me: MicroEnterprise, *, person: Person, is_acting: bool, by: User, on: date
) -> Membership:
    """An HR admin names whoever leads an ME without a lead, and stands for the ME in the terms.

    The person leads from the day on which they accept the terms, at once where they did. Refused
    `has_a_lead` while a lead stays; nobody names themselves. Who is no member yet becomes one.
    """
    permissions.require(
        permissions.may_activate_me(by) and by.person_id != person.pk,
        "An HR admin names the lead of a micro-enterprise, and never themselves.",
        help=ONLY_HR_ADMINS,
    )
    me = locked(me)
    if me.state in MicroEnterprise.OVER:
        raise Refused(f"{me} is {me.state}: nobody leads it any more.", code="over")
    if person.left_on is not None and person.left_on < on:
        raise Invalid(f"{person} has left the firm.", field="person", value=person.name)
    current = Membership.objects.current(on=on).filter(micro_enterprise=me)
    _require_no_lead(current, me)
    membership = current.filter(person=person).select_for_update(no_key=True).first()
    if membership is None:
        membership = _new_member(me, person, on=on)
    named_as = Membership.NamedAs.ACTING_LEAD if is_acting else Membership.NamedAs.LEAD
    # Only one person is asked at a time.
    current.exclude(pk=membership.pk).exclude(named_as="").update(named_as="")
    membership.named_as = named_as
    membership.lead_accepted_at = membership.lead_accepted_at or clock.now()
    membership.save(update_fields=["named_as", "lead_accepted_at"])
    audit.record("lead.name", membership, by=by, on=on, me=me, named_as=named_as)
    return take_lead_as_named(membership, by=by, on=on)


def _require_no_lead(current: MembershipQuerySet, me: MicroEnterprise) -> None:
    staying = current.filter(is_lead=True, ends_on=None).select_related("person").first()
    if staying is not None:
        raise Refused(
            f"{staying.person} leads {me}. A lead hands over on the page of the membership.",
            code="has_a_lead",
            help="An HR admin names a lead only where there is none, or where the last day of "
            "the only one is known.",
        )


def _new_member(me: MicroEnterprise, person: Person, *, on: date) -> Membership:
    role = Role.objects.get_or_create(micro_enterprise=me, name=LEAD_ROLE)[0]
    with saying(one_membership_per_person_me_and_day=is_member_already(person, me)):
        return Membership.objects.create(
            person=person, micro_enterprise=me, role=role, starts_on=on,
            allocation_percent=Decimal(100),
        )  # fmt: skip
