"""One person at a time: what the API and the page of a person call."""

from datetime import date

from django.db import transaction

from accounts import audit, clock
from accounts.errors import Invalid, Refused
from accounts.hris import plan as plans
from accounts.hris import records, uploads, writing
from accounts.hris.records import Reading
from accounts.models import Person, User


@transaction.atomic
def upsert_person(
    external_id: str,
    *,
    name: str,
    email: str | None = None,
    unit: str | None = None,
    title: str | None = None,
    fte: object = None,
    manager: str | None = None,
    by: User,
    on: date,
) -> tuple[Person, bool]:
    """Make our picture of one person match HR data; repeating a call changes nothing.

    What is None stays as it is. A new unit moves the person as an import would, and somebody who
    had left returns. Answers the person and whether they are new. Invalid names a wrong field.
    """
    uploads.require_importer(by)
    uploads.lock()
    record = records.person_of(
        external_id, name=name, email=email, unit=unit, title=title, fte=fte, manager=manager
    )
    done = plans.of_people(Reading(read=1, people=[record]), source="", is_full=False, by=by, on=on)
    if done.refused:
        wrong = done.refused[0]
        raise Invalid(wrong.message, field=wrong.field, value=wrong.value)
    writing.write(done, source="", by=by, on=on, at=clock.now())
    person = Person.objects.get(external_id=record.external_id)
    if done.changes:
        kind = done.changes[0].kind
        audit.record("person.upsert", person, by=by, on=on, change=kind,
                     fields=sorted(done.changes[0].after))  # fmt: skip
    return person, any(change.kind == "joiners" for change in done.changes)


@transaction.atomic
def leave(person: Person, *, by: User, on: date) -> Person:
    """The person has left: memberships and sessions end, the log-in is closed, nothing is deleted.

    Refused for the HR admin's own person; somebody who left already stays as they are.
    """
    uploads.require_importer(by)
    uploads.lock()
    person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if by.person_id == person.pk:
        raise Refused(
            "You cannot make yourself leave.", code="own_person", help="Ask another HR admin."
        )
    if person.left_on is None:
        at = clock.now()
        writing.end([person], on=on, at=at)
        audit.record("person.leave", person, by=by, on=on, at=at)
        person.refresh_from_db()
    return person
