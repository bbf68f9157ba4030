"""Log-ins of people: invited by HR with a link, closed, opened again, and given an office."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit, clock, mail, permissions
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import Person, User

INVITATION_LASTS = timedelta(days=7)
OFFICES = ("is_hr_admin", "is_chro", "is_auditor")
_SALT = "accounts.invitation"
_ASK = "Ask the HR admin who invited you for a new invitation."


@dataclass(frozen=True)
class Links:
    """How the edge turns a token into an address that a mail can carry."""

    invitation: Callable[[str], str]
    sign_in: str


@transaction.atomic
def invite(person: Person, *, links: Links, by: User, on: date) -> User:
    """Give the person a log-in without a password, and mail a link to choose one.

    The link works once, for `INVITATION_LASTS`; inviting again sends a new one and ends the old.
    A log-in with that address and no person (the founder's) is connected, and no mail is sent.
    Refused for whoever has left, has no address or signs in already.
    """
    permissions.require(permissions.may_invite(by), "Only an HR admin invites people to a log-in.")
    person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    user = _login_for(person)
    if user.has_usable_password():
        audit.record("login.connect", user, by=by, on=on)
        return user
    here = clock.local_now()
    at = here.astimezone(UTC)
    user.invited_at, user.is_active = at, True
    user.save()
    token = signing.dumps([user.pk, at.isoformat()], salt=_SALT, compress=True)
    mail.send(
        "invitation", to=user, subject=f"{by.display_name} invites you to Rendan",
        by=by.display_name, email=user.email, link=links.invitation(token),
        sign_in_link=links.sign_in, until=f"{here + INVITATION_LASTS:%-d %B %Y, %H:%M}",
    )  # fmt: skip
    audit.record("login.invite", user, by=by, on=on, at=at)
    return user


def invite_all(
    people: Iterable[Person], *, links: Links, by: User, on: date
) -> tuple[int, list[str]]:
    """Invite each; answers how many, and the reasons why the others were not."""
    reasons, count = [], 0
    for person in people:
        try:
            invite(person, links=links, by=by, on=on)
            count += 1
        except Refused as reason:
            reasons.append(str(reason))
    return count, reasons


def _login_for(person: Person) -> User:
    if person.left_on is not None:
        raise Refused(
            f"{person.name} left on {person.left_on:%-d %B %Y} and cannot be invited.",
            code="has_left", help="Whoever comes back is in the next HR file, or is added by hand.",
        )  # fmt: skip
    if not person.email:
        raise Invalid(
            f"{person.name} has no e-mail address, so no invitation can arrive. Add one first.",
            field="email",
        )
    user = User.objects.select_for_update().filter(person=person).first()
    if user is not None and user.has_usable_password():
        raise Refused(
            f"{person.name} has a log-in already.", code="has_login",
            help="A forgotten password is set anew on the sign-in page; a closed log-in is opened.",
        )  # fmt: skip
    if user is None:
        user = _free_login(person.email) or User()
        user.person = person
        if not user.password:
            user.set_unusable_password()
    user.email = person.email.lower()
    taken = Invalid(
        f"{person.email} is somebody else's log-in. Give {person.name} an address of their own.",
        field="email", value=person.email,
    )  # fmt: skip
    with saying(one_login_per_email=taken):
        user.save()
    return user


def _free_login(email: str) -> User | None:
    """The log-in that the founder made before HR data came, which now gets its person."""
    rows = User.objects.select_for_update(of=("self",))
    return rows.filter(email__iexact=email, person=None, is_client=False).first()


def invited_by(token: str) -> User:
    """Whose invitation a link is; Refused with what to do where it no longer works."""
    try:
        key, at = signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise Refused(
            "This link is not complete. Copy all of it from the mail.",
            code="invitation_broken", help=_ASK,
        ) from error  # fmt: skip
    user = User.objects.select_related("person").filter(pk=key).first()
    if user is None or not user.is_active or (user.person and user.person.left_on):
        raise Refused("This log-in is closed.", code="login_closed", help="Ask your HR admin.")
    if user.has_usable_password():
        raise Refused(
            "This invitation was used: a password is chosen already.", code="invitation_used",
            help="Sign in. If you forgot the password, set a new one on the sign-in page.",
        )  # fmt: skip
    if user.invited_at is None or user.invited_at.isoformat() != at:
        raise Refused(
            "A newer invitation was sent to you. Use the link in the newest mail.",
            code="invitation_replaced", help=_ASK,
        )  # fmt: skip
    if clock.now() > user.invited_at + INVITATION_LASTS:
        raise Refused("This invitation has expired.", code="invitation_expired", help=_ASK)
    return user


@transaction.atomic
def accept_invitation(token: str, *, password: str, on: date) -> User:
    """Choose the password that an invitation asks for; a link works once."""
    user = User.objects.select_for_update(of=("self",)).get(pk=invited_by(token).pk)
    invited_by(token)  # Again under the lock: the same link may be open twice.
    set_password(user, password)
    audit.record("login.accept", user, by=user, on=on)
    return user


@transaction.atomic
def reset_password(email: str, *, password: str, on: date) -> User:
    """Set a password at the console of the installation, for whoever is locked out."""
    user = User.objects.select_for_update(of=("self",)).filter(email__iexact=email.strip()).first()
    if user is None:
        raise Invalid(
            f"No log-in has the address {email!r}. Invite the person first.",
            field="email", value=email,
        )  # fmt: skip
    if user.is_client:
        raise Invalid(
            f"{email} is an integration client, which has tokens and no password.",
            field="email", value=email,
        )  # fmt: skip
    set_password(user, password)
    audit.record("login.set_password", user, by=None, on=on)
    return user


def set_password(user: User, password: str) -> None:
    """Invalid where it is too easy to guess."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from error
    user.set_password(password)
    user.save()


@transaction.atomic
def close_login(user: User, *, by: User, on: date) -> User:
    """The person may not sign in and every open session ends; the data stays."""
    permissions.require(
        permissions.may_close_login(by, user),
        "Only an HR admin closes a log-in, and nobody their own.", help="Ask another HR admin.",
    )  # fmt: skip
    return _set_open(user, is_open=False, by=by, on=on)


@transaction.atomic
def open_login(user: User, *, by: User, on: date) -> User:
    """The person may sign in again with the password of before."""
    permissions.require(
        permissions.may_close_login(by, user),
        "Only an HR admin opens a log-in, and nobody their own.", help="Ask another HR admin.",
    )  # fmt: skip
    return _set_open(user, is_open=True, by=by, on=on)


def _set_open(user: User, *, is_open: bool, by: User, on: date) -> User:
    user = User.objects.select_for_update(of=("self",)).select_related("person").get(pk=user.pk)
    if is_open and user.person is not None and user.person.left_on is not None:
        raise Refused(
            f"{user.display_name} has left, so the log-in stays closed.", code="has_left",
            help="It opens when HR data has the person again.",
        )  # fmt: skip
    if user.is_active != is_open:
        at = clock.now()
        user.is_active = is_open
        user.signed_out_at = user.signed_out_at if is_open else at
        user.save()
        audit.record("login.open" if is_open else "login.close", user, by=by, on=on, at=at)
    return user


@transaction.atomic
def appoint(user: User, *, offices: Iterable[str], by: User, on: date) -> User:
    """Give the log-in exactly these of `OFFICES`; never one's own, so one HR admin always stays."""
    permissions.require(
        permissions.may_appoint(by, user),
        "Only an HR admin gives offices, and nobody their own.", help="Ask another HR admin.",
    )  # fmt: skip
    wanted = set(offices)
    if unknown := wanted - set(OFFICES):
        raise Invalid(f"There is no office {unknown.pop()!r}.", field="offices")
    user = User.objects.select_for_update(of=("self",)).select_related("person").get(pk=user.pk)
    has_left = user.person is not None and user.person.left_on is not None
    if user.is_client or has_left or not user.is_active:
        raise Refused("Only somebody with an open log-in holds an office.", code="login_closed")
    held = {office for office in OFFICES if getattr(user, office)}
    for office in OFFICES:
        setattr(user, office, office in wanted)
    if held != wanted:
        user.save()
        audit.record("login.appoint", user, by=by, on=on, before=sorted(held),
                     after=sorted(wanted))  # fmt: skip
    return user


def expires_at(user: User) -> datetime | None:
    """Until when the newest invitation works; None where none is waiting."""
    if user.invited_at is None or user.has_usable_password():
        return None
    return user.invited_at + INVITATION_LASTS
