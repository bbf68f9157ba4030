"""What a file would change: joiners, movers, leavers and returners, before anything is written.

* joiner: nobody is known by that key yet;
* returner: the person had left and is in the file again, as the same person;
* mover: the file says something else of the person than we know (unit, title, name, ...), or a
  log-in that has no person yet (the founder's) is found by their address;
* leaver: known from the same source, present, and missing in a full file.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q

from accounts.hris.records import PersonRecord, Reading, Remark, note_dangling_managers
from accounts.hris.units import Units
from accounts.models import Membership, Person, User

KINDS = ("joiners", "movers", "leavers", "returners")


@dataclass(frozen=True)
class Change:
    """One person's or post's change; `before` and `after` hold only what differs."""

    kind: str
    row: int
    key: str
    name: str
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)


@dataclass
class Plan:
    """`people` are the rows to write with the person that each speaks of, if known; `logins` are
    the keys of log-ins without a person, by the key of the person who gets each.
    """

    read: int
    unchanged: int = 0
    changes: list[Change] = field(default_factory=list)
    refused: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    new_units: list[str] = field(default_factory=list)
    people: list[tuple[str, PersonRecord, Person | None]] = field(default_factory=list)
    leavers: list[Person] = field(default_factory=list)
    logins: dict[str, int] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        figures = {kind: sum(each.kind == kind for each in self.changes) for kind in KINDS}
        return {
            "read": self.read,
            **figures,
            "unchanged": self.unchanged,
            "refused": len(self.refused),
        }

    def digest(self) -> str:
        """Equal for two plans exactly when they would do the same."""
        told = [asdict(change) for change in self.changes]
        text = json.dumps([told, sorted(self.new_units), self.unchanged], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def of_people(reading: Reading, *, source: str, is_full: bool, by: User | None, on: date) -> Plan:
    """Compare the rows with the people that we know; reads only, in a fixed number of queries."""
    plan = Plan(read=reading.read, refused=list(reading.refused), notes=list(reading.notes))
    units = Units.known()
    known = _known(reading, source)
    addresses = _addresses(reading.people, known)
    users = _logins_by_email(addresses.values())
    has_login = _people_with_a_login(known, users, addresses)
    for record in reading.people:
        key = record.external_id
        person, user = known.get(key), users.get(addresses[key])
        refusal = _refusal(record, person, source=source, user=user)
        if refusal:
            plan.refused.append(refusal)
            continue
        if user and _waits_for_its_person(user) and key not in has_login:
            has_login.add(key)
            plan.logins[key] = user.pk
            users.pop(addresses[key])
        _compare(record, person, plan, units, login=addresses[key] if key in plan.logins else "")
    if is_full:
        named = {record.external_id for record in reading.people} | set(reading.spared)
        _find_leavers(plan, known.values(), named, source=source, by=by)
    note_dangling_managers(_with_notes(reading, plan), set(known))
    _note_led_mes(plan, on=on)
    plan.new_units = units.new
    plan.refused.sort(key=lambda remark: remark.row)
    return plan


def _with_notes(reading: Reading, plan: Plan) -> Reading:
    return Reading(people=reading.people, notes=plan.notes)


def _known(reading: Reading, source: str) -> dict[str, Person]:
    keys = [record.external_id for record in reading.people]
    rows = Person.objects.filter(Q(external_id__in=keys) | Q(source=source, left_on=None))
    return {person.external_id: person for person in rows.order_by("external_id")}


def _addresses(records: Iterable[PersonRecord], known: Mapping[str, Person]) -> dict[str, str]:
    """The address of each person once the file is applied, by key; in lower case."""
    found = {}
    for record in records:
        person = known.get(record.external_id)
        kept = person.email if person else ""
        found[record.external_id] = (kept if record.email is None else record.email).lower()
    return found


def _logins_by_email(addresses: Iterable[str]) -> dict[str, User]:
    """Who signs in with an address of these people."""
    users = User.objects.filter(email__in=set(addresses) - {""}).select_related("person")
    return {user.email.lower(): user for user in users}


def _waits_for_its_person(user: User) -> bool:
    """The founder's log-in was there before any HR data."""
    return user.person is None and user.is_active and not user.is_client


def _people_with_a_login(
    known: Mapping[str, Person], users: Mapping[str, User], addresses: Mapping[str, str]
) -> set[str]:
    """Of those whose address is a log-in without a person: who has another log-in already."""
    waiting = {email for email, user in users.items() if _waits_for_its_person(user)}
    keys = [key for key, email in addresses.items() if email in waiting and key in known]
    if not keys:
        return set()
    rows = Person.objects.filter(external_id__in=keys, user__isnull=False)
    return set(rows.values_list("external_id", flat=True))


def _refusal(
    record: PersonRecord, person: Person | None, *, source: str, user: User | None
) -> Remark | None:
    if source and person and person.source not in ("", source):
        text = (
            f"The key belongs to {person.name}, whom the source {person.source!r} knows. Import "
            "with that source, or give this person another key."
        )
        return Remark(record.row, "external_id", record.external_id, text)
    owner = user.person.external_id if user and user.person else ""
    if record.email and owner and owner != record.external_id:
        text = f"{record.email} is the log-in of the person {owner!r}. Give each their own address."
        return Remark(record.row, "email", record.email, text)
    return None


def values_of(record: PersonRecord, person: Person | None, units: Units) -> dict[str, Any]:
    """The person's fields as the row tells them; what it does not tell stays as it is."""
    told: dict[str, Any] = {
        "name": record.name,
        "email": record.email,
        "hr_unit": None if record.unit is None else units.spelled(record.unit),
        "job_title": record.title,
        "fte": record.fte,
        "manager_external_id": record.manager,
    }
    if person is None:
        return {name: value for name, value in told.items() if value is not None}
    return {
        name: value
        for name, value in told.items()
        if value is not None and value != getattr(person, name)
    }


def _compare(
    record: PersonRecord, person: Person | None, plan: Plan, units: Units, *, login: str
) -> None:
    values = values_of(record, person, units)
    kind = "joiners" if person is None else "returners" if person.left_on else "movers"
    if kind == "movers" and not values and not login:
        plan.unchanged += 1
        if person is not None and person.source == "":
            plan.people.append(("adopted", record, person))
        return
    before = {}
    if person is not None:
        before = {name: _shown(getattr(person, name)) for name in values}
        if person.left_on:
            before["left_on"] = person.left_on.isoformat()
    after = {name: _shown(value) for name, value in values.items()}
    if login:
        after["login"] = login
    plan.changes.append(Change(kind, record.row, record.external_id, record.name, before, after))
    plan.people.append((kind, record, person))


def _find_leavers(
    plan: Plan, known: Iterable[Person], named: set[str], *, source: str, by: User | None
) -> None:
    for person in known:
        if person.external_id in named or person.left_on or person.source != source:
            continue
        if by is not None and by.person_id == person.pk:
            text = (
                "You are missing in this file. Another HR admin must import it, or mend the file."
            )
            plan.refused.append(Remark(0, "external_id", person.external_id, text))
            continue
        before = {"hr_unit": person.hr_unit, "job_title": person.job_title}
        plan.changes.append(Change("leavers", 0, person.external_id, person.name, before))
        plan.leavers.append(person)


def _note_led_mes(plan: Plan, *, on: date) -> None:
    """MEs whose lead leaves or moves need an acting lead, which only an HR admin can name."""
    moving = {p.pk: r for kind, r, p in plan.people if p and kind == "movers" and r.unit}
    leaving = {person.pk for person in plan.leavers}
    led = Membership.objects.current(on=on).leading().filter(person__in={*moving, *leaving})
    for membership in led.select_related("person", "micro_enterprise").order_by("pk"):
        person, me = membership.person, membership.micro_enterprise
        record = moving.get(person.pk)
        stays = record and (
            Units.same(record.unit or "", me.hr_unit) or not Units.same(person.hr_unit, me.hr_unit)
        )
        if not stays:
            text = f"{person.name} leads {me.name}. Name an acting lead there."
            row = record.row if record else 0
            plan.notes.append(Remark(row, "lead", person.external_id, text))


def _shown(value: object) -> str:
    """1 and 1.00 are the same share of full time."""
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)
