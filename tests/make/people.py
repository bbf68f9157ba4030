"""The organisation, its people and its micro-enterprises; the day is 20 February 2026."""

from datetime import UTC, date, datetime
from itertools import count

from accounts.models import (
    CustomerOutcome,
    Membership,
    MicroEnterprise,
    Organization,
    OutcomeLink,
    Person,
    Policy,
    RightsGrant,
    Role,
    User,
)

TODAY = date(2026, 2, 20)
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
FORMED = date(2026, 1, 1)
_numbers = count(1)


def org(**fields):
    """The firm, founded once per test; its currency is EUR and its zone UTC unless told."""
    defaults = {
        "name": "Tallinn Water", "currency": "EUR", "time_zone": "UTC",
        "founded_at": datetime(2026, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    found = Organization.objects.first()
    return found or Organization.objects.create(**defaults | fields)


def person(name="", **fields):
    number = next(_numbers)
    fields.setdefault("external_id", f"P{number}")
    return Person.objects.create(name=name or f"Person {number}", **fields)


def user(of=None, *, password=None, **fields):
    """A log-in of a person (a new one unless given)."""
    of = of or person()
    fields.setdefault("email", f"user{next(_numbers)}@example.com")
    return User.objects.create_user(password=password, person=of, **fields)


def office(**flags):
    """A log-in that holds an office (is_hr_admin, is_chro, is_auditor) and is a member of no ME."""
    return user(**flags)


def hr_admin():
    return office(is_hr_admin=True)


def me(name="", kind="service", state="active", *, may_decide=True, **fields):
    """A micro-enterprise with one live outcome and, unless told, the right to decide."""
    org()
    fields.setdefault("formed_on", FORMED)
    fields.setdefault("activated_on", FORMED if state not in ("proposed", "rejected") else None)
    fields.setdefault("rejected_because", "Nobody would buy." if state == "rejected" else "")
    made = MicroEnterprise.objects.create(
        name=name or f"ME {next(_numbers)}", kind=kind, state=state, **fields
    )
    CustomerOutcome.objects.create(
        micro_enterprise=made, name="Water is back sooner", customer="Households",
        metric="hours without water", unit="h", baseline=9, target=4, source="call centre",
        starts_on=FORMED,
    )  # fmt: skip
    if may_decide:
        granter = User.objects.filter(is_hr_admin=True).first() or hr_admin()
        RightsGrant.objects.create(
            micro_enterprise=made, right="decide", starts_on=FORMED, granted_by=granter
        )
    return made


def member(of, *, who=None, role="Partner", **fields):
    """A log-in with an accepted membership since 1 January, in a role tied to an outcome."""
    who = who or user()
    tied, is_new = Role.objects.get_or_create(micro_enterprise=of, name=role)
    if is_new:
        OutcomeLink.objects.create(role=tied, outcome=of.outcomes.first(), starts_on=FORMED)
    accepted = datetime(2026, 1, 2, tzinfo=UTC)
    fields.setdefault("starts_on", FORMED)
    fields.setdefault("person_accepted_at", accepted)
    fields.setdefault("lead_accepted_at", accepted)
    Membership.objects.create(person=who.person, micro_enterprise=of, role=tied, **fields)
    return who


def lead(of, **fields):
    """A log-in that leads the ME: it may sign for it."""
    return member(of, role="Lead", is_lead=True, may_sign=True, **fields)


def policy(key, *, value, valid_from_on=FORMED):
    """One rule of the market, changed from that day on."""
    number = Policy.objects.filter(key=key).count() + 1
    return Policy.objects.create(
        key=key, number=number, value=value, valid_from_on=valid_from_on,
        set_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
