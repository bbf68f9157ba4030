"""The way of a file: read, previewed, and applied exactly as it was previewed."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from accounts import audit, clock, spreadsheets
from accounts.errors import Invalid, Refused
from accounts.hris import head_counts, records, units, writing
from accounts.hris import plan as plans
from accounts.hris.mapping import HEAD_COUNTS, Mapping
from accounts.hris.plan import Plan
from accounts.hris.records import Reading
from accounts.models import Organization, PeopleImport, User
from accounts.permissions import may_import_people, require

_PREVIEWS_LAST = timedelta(days=7)


def import_file(
    data: bytes,
    *,
    name: str,
    mapping: Mapping,
    on: date,
    today: date,
    by: User | None,
    is_dry_run: bool = False,
) -> Plan:
    """Read a file and apply it at once; `by` is None at the console of the installation.

    Invalid where the file is not what the mapping means, and nothing is changed then. A row that
    is wrong is in `plan.refused`, and the rest goes on.
    """
    require_importer(by)
    reading = records.understand(spreadsheets.read(data, name=name), mapping, name=name)
    at = clock.now()
    upload = _new_upload(name, mapping, on=on, by=by, at=at)
    if is_dry_run:
        return _plan_of(upload, reading, by=by)
    _require_arrived(on, today)
    with transaction.atomic():
        lock()
        done = _plan_of(upload, reading, by=by)
        _keep(upload, Reading(), done)
        _apply(upload, reading, done, by=by, at=at)
    return done


@transaction.atomic
def preview(data: bytes, *, name: str, mapping: Mapping, on: date, by: User) -> PeopleImport:
    """Read a file and keep what it would change, for the person who uploaded it."""
    require_importer(by)
    at = clock.now()
    PeopleImport.objects.filter(applied_at=None, uploaded_at__lt=at - _PREVIEWS_LAST).delete()
    reading = records.understand(spreadsheets.read(data, name=name), mapping, name=name)
    upload = _new_upload(name, mapping, on=on, by=by, at=at)
    _keep(upload, reading, _plan_of(upload, reading, by=by))
    return upload


@transaction.atomic
def preview_again(upload: PeopleImport, *, by: User) -> PeopleImport:
    """Compare the kept rows with the people of now."""
    require_importer(by)
    upload = PeopleImport.objects.select_for_update().get(pk=upload.pk)
    if upload.applied_at is None:
        reading = Reading.from_json(upload.rows[0])
        _keep(upload, reading, _plan_of(upload, reading, by=by))
    return upload


@transaction.atomic
def apply(upload: PeopleImport, *, by: User, on: date) -> PeopleImport:
    """Write what was previewed, once; Refused where people changed since. `on` is today."""
    require_importer(by)
    lock()
    upload = PeopleImport.objects.select_for_update().get(pk=upload.pk)
    if upload.applied_at is not None:
        return upload
    _require_arrived(upload.effective_on, on)
    reading = Reading.from_json(upload.rows[0])
    done = _plan_of(upload, reading, by=by)
    if done.digest() != upload.digest:
        raise Refused(
            "People or units changed since this preview was made, so nothing was imported.",
            code="stale_preview",
            help="Look at the preview again, then apply it.",
        )
    _apply(upload, reading, done, by=by, at=clock.now())
    return upload


def require_importer(by: User | None) -> None:
    if by is not None:
        require(may_import_people(by), "Only an HR admin imports people.", help="Ask an HR admin.")


def _require_arrived(effective_on: date, today: date) -> None:
    if effective_on > today:
        raise Invalid(
            f"{effective_on:%-d %B %Y} has not come yet. Import the file on that day, or look "
            "today at what it will change (--dry-run, preview).",
            field="on", value=effective_on.isoformat(),
        )  # fmt: skip


def lock() -> None:
    """One import at a time, so that two files never speak of the same person at once."""
    if Organization.objects.select_for_update(no_key=True).first() is None:
        raise Refused(
            "There is no organisation yet, so nobody can be imported.",
            code="not_founded", help="Found it first: found_organization, or the first visit.",
        )  # fmt: skip


def _new_upload(
    name: str, mapping: Mapping, *, on: date, by: User | None, at: datetime
) -> PeopleImport:
    return PeopleImport(
        uploaded_by=by, uploaded_at=at, file_name=name[-255:], source=mapping.source,
        kind=mapping.kind, is_full=mapping.is_full, effective_on=on,
    )  # fmt: skip


def _plan_of(upload: PeopleImport, reading: Reading, *, by: User | None) -> Plan:
    on, source = upload.effective_on, upload.source
    if upload.kind == HEAD_COUNTS:
        return head_counts.plan_of_posts(reading, source=source, is_full=upload.is_full, on=on)
    return plans.of_people(reading, source=source, is_full=upload.is_full, by=by, on=on)


def _keep(upload: PeopleImport, reading: Reading, done: Plan) -> None:
    upload.rows = [reading.as_json()] if reading.read else []
    upload.changes = [asdict(change) for change in done.changes]
    upload.refused = [asdict(remark) for remark in done.refused]
    upload.notes = [asdict(remark) for remark in done.notes]
    upload.units, upload.counts, upload.digest = done.new_units, done.counts(), done.digest()
    upload.save()


def _apply(
    upload: PeopleImport, reading: Reading, done: Plan, *, by: User | None, at: datetime
) -> None:
    on = upload.effective_on
    if upload.kind == HEAD_COUNTS:
        units.propose_mes(done.new_units, on=on)
        if done.changes:
            head_counts.write_posts(reading, source=upload.source, is_full=upload.is_full, on=on)
    else:
        writing.write(done, source=upload.source, by=by, on=on, at=at)
    # Names and addresses are not kept twice; the figures and the refused rows are.
    upload.rows, upload.changes, upload.applied_at = [], [], at
    upload.save()
    audit.record("people.import", upload, by=by, on=on, at=at, source=upload.source,
                 new_units=len(done.new_units), counts=done.counts())  # fmt: skip


def as_json(done: Plan) -> dict[str, Any]:
    """INTERFACE.md: what `import_people --json` prints."""
    return {**done.counts(), "refused": [asdict(remark) for remark in done.refused]}


def nothing(fault: Refused) -> dict[str, Any]:
    """The same shape for a file that changed nothing."""
    told = {
        "row": 0, "field": fault.field, "value": str(fault.value or ""),
        "message": f"{fault} {fault.help}".strip(),
    }  # fmt: skip
    return {**Plan(read=0).counts(), "refused": [told]}
