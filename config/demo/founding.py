"""The organisation of the demo, its calendar, and whoever HR data names in it."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from io import StringIO

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.urls import reverse
from django.utils import timezone

from accounts import audit, clock
from accounts.actions import logins
from accounts.hris import mapping, people, uploads
from accounts.models import Holiday, Organization, Person, User
from config.demo import material
from config.demo.cast import DOMAIN, Cast
from config.demo.diary import Deed, move_to

FOUNDED = date(2026, 3, 1)
# The ratings of September are still open and are revealed on the next day.
TODAY = date(2026, 10, 14)
IMPORTED = (date(2026, 3, 2), date(2026, 7, 1), date(2026, 10, 1))
PASSWORD = "demo-rendan-2026"  # noqa: S105  printed by ./run, of a company that does not exist
HR_ADMIN = "helena.brandt"
OFFICES = {
    HR_ADMIN: "is_hr_admin",
    "kwame.boateng": "is_hr_admin",
    "aino.salmi": "is_chro",
    "ruth.adeyemi": "is_auditor",
}
# Known to HR, and in no department that became an ME.
_UNATTACHED = (
    ("N089", "Aino Salmi", "aino.salmi", "Chief human resources officer"),
    ("N090", "Ruth Adeyemi", "ruth.adeyemi", "Internal auditor"),
)
# Not invited before: of the first two the week is over, the third may still choose a password.
INVITED = {
    "zane.celmina": date(2026, 10, 5),
    "larisa.moroz": date(2026, 10, 5),
    "kertu.valk": date(2026, 10, 13),
}
_COLUMNS = ("external_id", "name", "email", "unit", "title", "fte")


def found() -> None:
    """The organisation and its first HR admin, on the day on which the story begins."""
    zone_name = "Europe/Tallinn"
    organization = Organization(
        name="Norrin Home", currency="EUR", time_zone=zone_name, founded_at=timezone.now()
    )
    organization.save()
    move_to(FOUNDED)
    Organization.objects.update(founded_at=clock.now())
    Holiday.objects.bulk_create(
        Holiday(day=date.fromisoformat(row["day"]), name=row["name"])
        for row in material.rows("holidays")
    )
    admin = User(email=f"{HR_ADMIN}@{DOMAIN}", name="Helena Brandt", is_hr_admin=True)
    admin.password = make_password(PASSWORD)
    admin.save()
    audit.record("organization.found", organization, by=admin, on=FOUNDED)


def deeds(cast: Cast) -> Iterator[Deed]:
    for day in IMPORTED:
        yield Deed(day, partial(_import, cast))
    for login, day in INVITED.items():
        yield Deed(day, partial(_invite, cast, login))


def _import(cast: Cast, on: date) -> None:
    """What the HR system exports that day: everybody who is here, in the unit of that day."""
    admin = User.objects.get(email=f"{HR_ADMIN}@{DOMAIN}")
    uploads.import_file(
        _export(material.rows("people"), on).encode(),
        name=f"people-{on}.csv", mapping=mapping.find("generic"), on=on, today=on, by=admin,
    )  # fmt: skip
    if on == IMPORTED[0]:
        for key, name, login, title in _UNATTACHED:
            people.upsert_person(
                key, name=name, email=f"{login}@{DOMAIN}", title=title, by=admin, on=on
            )
    _open_logins(admin, on=on)
    cast.look_again()


def _export(people: Iterable[dict[str, str]], on: date) -> str:
    text = StringIO()
    writer = csv.DictWriter(text, _COLUMNS, extrasaction="ignore")
    writer.writeheader()
    day = on.isoformat()
    for row in people:
        if row["joined"] <= day and (not row["left"] or day < row["left"]):
            has_moved = row["moved_on"] and row["moved_on"] <= day
            writer.writerow(row | ({"unit": row["moved_to"]} if has_moved else {}))
    return text.getvalue()


def _open_logins(admin: User, *, on: date) -> None:
    """A log-in for everybody who has none, all with the password of the demo.

    It is hashed once: hashing is slow on purpose, and the password is no secret.
    """
    User.objects.filter(pk=admin.pk, person=None).update(
        person=Person.objects.get(email__iexact=admin.email), name=""
    )
    invited = [f"{login}@{DOMAIN}" for login in INVITED]
    newcomers = Person.objects.present().filter(user=None).exclude(email__in=invited)
    at = clock.now()
    made = User.objects.bulk_create(
        User(
            email=person.email, person=person, password=admin.password, invited_at=at,
            **{OFFICES[login]: True for login in [person.email.split("@")[0]] if login in OFFICES},
        )
        for person in newcomers.order_by("external_id")
    )  # fmt: skip
    audit.record("login.open_all", "users", by=admin, on=on, count=len(made))


def _invite(cast: Cast, login: str, on: date) -> None:
    """As the page of people does it, with addresses of the machine that the demo runs on."""
    links = logins.Links(
        lambda token: settings.PUBLIC_URL + reverse("accounts:invitation", args=[token]),
        settings.PUBLIC_URL + reverse("account_login"),
    )
    person = Person.objects.get(email=f"{login}@{DOMAIN}")
    logins.invite(person, links=links, by=cast.user(HR_ADMIN), on=on)
