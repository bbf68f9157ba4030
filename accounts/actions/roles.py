"""Roles, customer outcomes and the ties between them (PRODUCT 2, 31)."""

from collections.abc import Collection
from datetime import date, timedelta

from django.db import transaction

from accounts import audit, permissions
from accounts.actions.memberships import ASK_THE_LEAD
from accounts.actions.micro_enterprises import OutcomeTerms, create_outcome, locked
from accounts.constraints import saying
from accounts.errors import Invalid, Refused, Unknown
from accounts.models import CustomerOutcome, Membership, MicroEnterprise, OutcomeLink, Role, User


@transaction.atomic
def add_role(
    me: MicroEnterprise,
    *,
    name: str,
    description: str,
    outcomes: Collection[CustomerOutcome],
    by: User,
    on: date,
) -> Role:
    """A role of the ME with the customer outcomes that it serves; an untied one is listed."""
    _require_lead(me, by=by, on=on)
    with saying(role_named_once=_role_exists(name)):
        role = Role.objects.create(micro_enterprise=me, name=name, description=description)
    _tie(role, outcomes, on=on)
    tied = sorted(each.pk for each in outcomes)
    audit.record("role.add", role, by=by, on=on, me=me, name=name, outcomes=tied)
    return role


@transaction.atomic
def change_role(
    role: Role,
    *,
    name: str,
    description: str,
    outcomes: Collection[CustomerOutcome],
    by: User,
    on: date,
) -> Role:
    """Change the words of a role and its ties; a tie that goes ends with yesterday.

    Refused `rights_hang_on_it` where the last tie of a role goes while one of its members may
    sign or holds share points.
    """
    me = role.micro_enterprise
    _require_lead(me, by=by, on=on)
    role = Role.objects.select_for_update(no_key=True).get(pk=role.pk)
    wanted = {"name": name, "description": description}
    changes: dict[str, object] = {
        field: [getattr(role, field), value]
        for field, value in wanted.items()
        if getattr(role, field) != value
    }
    role.name, role.description = name, description
    with saying(role_named_once=_role_exists(name)):
        role.save(update_fields=["name", "description"])
    tied, untied = _tie(role, outcomes, on=on)
    changes |= {"tied to outcomes": tied} if tied else {}
    changes |= {"untied from outcomes": untied} if untied else {}
    if changes:
        audit.record("role.change", role, by=by, on=on, me=me, changes=changes)
    return role


@transaction.atomic
def add_outcome(me: MicroEnterprise, terms: OutcomeTerms, *, by: User, on: date) -> CustomerOutcome:
    """One more measured change for a real customer, pursued from today on."""
    _require_lead(me, by=by, on=on)
    outcome = create_outcome(me, terms, on=on)
    audit.record("outcome.add", outcome, by=by, on=on, me=me, terms=_printed(terms))
    return outcome


@transaction.atomic
def change_outcome(
    outcome: CustomerOutcome, terms: OutcomeTerms, *, by: User, on: date
) -> CustomerOutcome:
    """Correct an outcome; the audit trail keeps what it said before."""
    me = outcome.micro_enterprise
    _require_lead(me, by=by, on=on)
    outcome = CustomerOutcome.objects.select_for_update(no_key=True).get(pk=outcome.pk)
    if outcome.ends_on is not None and outcome.ends_on < on:
        raise Refused("This outcome has ended; add a new one instead.", code="over")
    wanted = vars(terms)
    changes = {
        field: [str(getattr(outcome, field)), str(value)]
        for field, value in wanted.items()
        if getattr(outcome, field) != value
    }
    if not changes:
        return outcome
    for field, value in wanted.items():
        setattr(outcome, field, value)
    same = Invalid("Target and baseline are the same, so nothing would change.", field="target")
    with saying(outcome_changes_something=same):
        outcome.save(update_fields=list(changes))
    audit.record("outcome.change", outcome, by=by, on=on, me=me, changes=changes)
    return outcome


@transaction.atomic
def end_outcome(outcome: CustomerOutcome, *, ends_on: date, by: User, on: date) -> CustomerOutcome:
    """Let an outcome end with a day, today at the earliest.

    Refused `last_outcome` where an ME that trades would be left without any: it exists for its
    customers (PRODUCT 2, 6).
    """
    me = locked(outcome.micro_enterprise)
    _require_lead(me, by=by, on=on)
    outcome = CustomerOutcome.objects.select_for_update(no_key=True).get(pk=outcome.pk)
    earliest = max(on, outcome.starts_on)
    if ends_on < earliest:
        raise Invalid(
            f"The last day cannot be before {earliest:%-d %B %Y}.",
            field="ends_on",
            value=str(ends_on),
        )
    lasting = me.outcomes.live(on=ends_on + timedelta(days=1)).exclude(pk=outcome.pk)
    if me.may_trade and not lasting.exists():
        raise Refused(
            f"“{outcome}” is the last live outcome of {me}, which exists for its customers.",
            code="last_outcome",
            help="Add the next outcome first, and end this one then.",
        )
    before, outcome.ends_on = outcome.ends_on, ends_on
    outcome.save(update_fields=["ends_on"])
    audit.record("outcome.end", outcome, by=by, on=on, me=me, ends_on=ends_on, before=before)
    return outcome


def _tie(
    role: Role, outcomes: Collection[CustomerOutcome], *, on: date
) -> tuple[list[int], list[int]]:
    """Tie the role to these outcomes and no others; returns the keys that came and went."""
    if any(each.micro_enterprise_id != role.micro_enterprise_id for each in outcomes):
        raise Unknown
    open_ties = {tie.outcome_id: tie for tie in role.links.filter(ends_on=None)}
    wanted = {each.pk for each in outcomes}
    new, gone = sorted(wanted - open_ties.keys()), sorted(open_ties.keys() - wanted)
    OutcomeLink.objects.bulk_create(
        OutcomeLink(role=role, outcome_id=key, starts_on=on) for key in new
    )
    for key in gone:
        open_ties[key].ends_on = on - timedelta(days=1)
        open_ties[key].save(update_fields=["ends_on"])
    if gone and not OutcomeLink.objects.live(on=on).filter(role=role).exists():
        _require_no_rights(role, on=on)
    return new, gone


def _require_no_rights(role: Role, *, on: date) -> None:
    holders = Membership.objects.current(on=on).filter(role=role).select_related("person")
    holder = holders.exclude(may_sign=False, share_points=0).order_by("person__name").first()
    if holder is not None:
        raise Refused(
            f"{holder.person} may sign or holds share points in the role “{role}”, "
            "which must stay tied to a live outcome.",
            code="rights_hang_on_it",
            help="Tie the role to another outcome, or take these rights back first.",
        )


def _require_lead(me: MicroEnterprise, *, by: User, on: date) -> None:
    permissions.require(
        permissions.may_change_me(by, me, on=on),
        f"Only the lead of {me} changes its roles and outcomes.",
        help=ASK_THE_LEAD,
    )


def _role_exists(name: str) -> Invalid:
    return Invalid(
        f"The ME has a role “{name}” already. Change that one, or choose another name.",
        field="name",
        value=name,
    )


def _printed(terms: OutcomeTerms) -> dict[str, str]:
    return {field: str(value) for field, value in vars(terms).items()}
