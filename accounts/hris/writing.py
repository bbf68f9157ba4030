"""Make our picture of people match a plan, in a number of statements that the rows do not change.

Nobody is deleted: a leaver's log-in is closed and the memberships end, a returner is the same
person again. An imported membership has neither acceptance, so it gives no right, and its role is
tied to no outcome until the ME does so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import F, Q, Value
from django.db.models.functions import Greatest

from accounts import audit
from accounts.hris import units
from accounts.hris.plan import Plan, values_of
from accounts.hris.units import Units
from accounts.models import Membership, MicroEnterprise, Person, User

_BATCH = 1000
_PERSON_FIELDS = (
    "name", "email", "hr_unit", "job_title", "fte", "manager_external_id", "source", "left_on",
)  # fmt: skip


@dataclass(frozen=True)
class _Seat:
    """A person to be made a member of the ME of their unit; `left_unit` is the unit moved from."""

    person: Person
    left_unit: str = ""
    is_new_title: bool = False


@dataclass
class _Rows:
    """Memberships to write, gathered over all people and written at once."""

    changed: dict[int, Membership] = field(default_factory=dict)
    made: list[tuple[Person, MicroEnterprise, date | None]] = field(default_factory=list)
    retitled: list[tuple[Membership, str]] = field(default_factory=list)


def write(plan: Plan, *, source: str, by: User | None, on: date, at: datetime) -> None:
    """Carry out the plan; the caller holds the transaction and the lock, and audits the file."""
    units.propose_mes(plan.new_units, on=on)
    seats = _write_people(plan, source)
    _connect_logins(plan, by=by, on=on, at=at)
    returned = [person for kind, _, person in plan.people if person and kind == "returners"]
    User.objects.filter(person__in=returned).update(is_active=True)
    _seat(seats, on=on)
    end(plan.leavers, on=on, at=at)


def end(people: Iterable[Person], *, on: date, at: datetime) -> None:
    """They have left: no membership from `on`, no office, a closed log-in, ended sessions."""
    keys = [person.pk for person in people]
    if not keys:
        return
    Person.objects.filter(pk__in=keys).update(left_on=on)
    open_ones = Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gte=on), person__in=keys)
    open_ones.update(ends_on=Greatest(F("starts_on"), Value(on - timedelta(days=1))))
    User.objects.filter(person__in=keys).update(
        is_active=False, signed_out_at=at, is_hr_admin=False, is_chro=False, is_auditor=False
    )


def _write_people(plan: Plan, source: str) -> list[_Seat]:
    spelling = Units.known()
    made: list[Person] = []
    changed: list[Person] = []
    readdressed: list[Person] = []
    seats: list[_Seat] = []
    for kind, record, known in plan.people:
        values = values_of(record, known, spelling)
        person = known or Person(external_id=record.external_id)
        left_unit = person.hr_unit if "hr_unit" in values else ""
        for name, value in values.items():
            setattr(person, name, value)
        person.source = source or person.source
        person.left_on = None
        (changed if known else made).append(person)
        if known and values.get("email"):
            readdressed.append(person)
        if kind in ("joiners", "returners") or "hr_unit" in values:
            seats.append(_Seat(person, left_unit))
        elif "job_title" in values:
            seats.append(_Seat(person, is_new_title=True))
    Person.objects.bulk_create(made, batch_size=_BATCH)
    Person.objects.bulk_update(changed, _PERSON_FIELDS, batch_size=_BATCH)
    _readdress_logins(readdressed)
    return seats


def _readdress_logins(people: list[Person]) -> None:
    """A log-in follows the person's address, unless somebody signs in with that one already."""
    wanted = {person.pk: person.email.lower() for person in people}
    taken = set(User.objects.filter(email__in=wanted.values()).values_list("email", flat=True))
    changed = []
    for user in User.objects.filter(person__in=wanted):
        email = wanted[user.person_id or 0]
        if email not in taken:
            taken.add(email)
            user.email = email
            changed.append(user)
    User.objects.bulk_update(changed, ["email"], batch_size=_BATCH)


def _connect_logins(plan: Plan, *, by: User | None, on: date, at: datetime) -> None:
    """Whoever signed in before HR data knew them (the founder) is that person from now on."""
    if not plan.logins:
        return
    people = {
        person.external_id: person for person in Person.objects.filter(external_id__in=plan.logins)
    }
    users = User.objects.select_for_update().filter(person=None).in_bulk(plan.logins.values())
    for key, user in plan.logins.items():
        if user in users:
            users[user].person = people[key]
            users[user].save(update_fields=["person"])
            audit.record("login.connect", users[user], by=by, on=on, at=at)


def _seat(seats: list[_Seat], *, on: date) -> None:
    """Old memberships end the day before, new ones start on the day."""
    mes = units.mes_by_unit()
    open_ones = Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=on), person__in=[seat.person.pk for seat in seats]
    ).select_related("micro_enterprise")
    theirs: dict[int, list[Membership]] = {}
    for membership in open_ones.order_by("starts_on", "pk"):
        theirs.setdefault(membership.person_id, []).append(membership)
    rows = _Rows()
    for seat in seats:
        me = mes.get(units.folded(seat.person.hr_unit))
        memberships = theirs.get(seat.person.pk, [])
        if seat.is_new_title:
            _retitle(seat, memberships, me, rows, on=on)
        else:
            _move(seat, memberships, me, rows, on=on)
    _write_memberships(rows, on=on)


def _move(
    seat: _Seat, memberships: list[Membership], me: MicroEnterprise | None, rows: _Rows, *, on: date
) -> None:
    there = [m for m in memberships if me and m.micro_enterprise_id == me.pk]
    for membership in memberships:
        came_from_hr = membership.is_imported or (
            seat.left_unit and Units.same(membership.micro_enterprise.hr_unit, seat.left_unit)
        )
        if membership not in there and came_from_hr:
            _end_before(membership, rows, on=on)
    if me is None:
        return
    if not there:
        rows.made.append((seat.person, me, None))
    elif len(there) == 1 and there[0].starts_on <= on:
        there[0].ends_on = None
        rows.changed[there[0].pk] = there[0]


def _retitle(
    seat: _Seat, memberships: list[Membership], me: MicroEnterprise | None, rows: _Rows, *, on: date
) -> None:
    """HR's title is the role only as long as the ME and the person have agreed on none."""
    for membership in memberships:
        is_hrs_word = membership.is_imported and not membership.is_accepted
        if not me or membership.micro_enterprise_id != me.pk or not is_hrs_word:
            continue
        if membership.starts_on >= on:
            rows.retitled.append((membership, seat.person.job_title))
        else:
            rows.made.append((seat.person, me, membership.ends_on))
            _end_before(membership, rows, on=on)


def _end_before(membership: Membership, rows: _Rows, *, on: date) -> None:
    membership.ends_on = max(membership.starts_on, on - timedelta(days=1))
    rows.changed[membership.pk] = membership


def _write_memberships(rows: _Rows, *, on: date) -> None:
    wanted = [(me.pk, person.job_title) for person, me, _ in rows.made]
    wanted += [(m.micro_enterprise_id, title) for m, title in rows.retitled]
    roles = units.roles(wanted)
    for membership, title in rows.retitled:
        membership.role = roles[membership.micro_enterprise_id, title or units.UNTITLED_ROLE]
        rows.changed[membership.pk] = membership
    Membership.objects.bulk_update(rows.changed.values(), ["ends_on", "role"], batch_size=_BATCH)
    Membership.objects.bulk_create(
        [
            Membership(
                person=person,
                micro_enterprise=me,
                role=roles[me.pk, person.job_title or units.UNTITLED_ROLE],
                starts_on=on,
                ends_on=ends_on,
                is_imported=True,
            )
            for person, me, ends_on in rows.made
        ],
        batch_size=_BATCH,
    )
