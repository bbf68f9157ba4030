"""The first visit of an empty installation: who knows the code founds the organisation, once."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit
from accounts.actions.logins import set_password
from accounts.constraints import saying
from accounts.currencies import NAMES as CURRENCIES
from accounts.errors import Invalid, Refused
from accounts.holidays import Day
from accounts.models import FoundingCode, Holiday, Organization, User

MOST_WRONG_ATTEMPTS = 10
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def new_code() -> str:
    """A code for the first visit, in place of any earlier one; only its hash is kept."""
    code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    FoundingCode.objects.update_or_create(
        singleton=True,
        defaults={"code_hash": _hash(code), "made_at": timezone.now(), "wrong_attempts": 0},
    )
    return code


def is_founded() -> bool:
    return Organization.objects.exists()


def check_code(given: str) -> None:
    """Refused where it is not the code; after ten wrong ones only a new code helps.

    Call it outside the founding's own transaction: a wrong attempt must stay counted.
    """
    with transaction.atomic():
        code = FoundingCode.objects.select_for_update().first()
        if code is None or code.wrong_attempts >= MOST_WRONG_ATTEMPTS:
            raise Refused(
                "There is no code that is still open.", code="no_code",
                help="Start the installation again: it prints a new one.",
            )  # fmt: skip
        if hmac.compare_digest(_hash(given), code.code_hash):
            return
        FoundingCode.objects.update(wrong_attempts=F("wrong_attempts") + 1)
        left = MOST_WRONG_ATTEMPTS - code.wrong_attempts - 1
    raise Invalid(
        f"This is not the code that the installation printed. {left} attempts are left.",
        field="code",
    )


@transaction.atomic
def found(
    *,
    name: str,
    currency: str,
    time_zone: str,
    fiscal_year_start_month: int,
    admin_email: str,
    admin_name: str = "",
    password: str | None = None,
    holidays: Iterable[Day] = (),
) -> tuple[Organization, User]:
    """Make the organisation and its first HR admin, who has no password unless one is given.

    Refused where there is an organisation already; Invalid names the field that is wrong.
    """
    _require_valid(name, currency, time_zone, fiscal_year_start_month, admin_email)
    at = timezone.now()
    once = Refused(
        "The organisation is founded already.", code="founded", help="Sign in, or ask an HR admin."
    )
    with saying(one_organization=once):
        organization = Organization.objects.create(
            name=name.strip(), currency=currency, time_zone=time_zone,
            fiscal_year_start_month=fiscal_year_start_month, founded_at=at,
        )  # fmt: skip
    Holiday.objects.bulk_create(Holiday(day=each.day, name=each.name) for each in holidays)
    admin = User.objects.filter(email__iexact=admin_email).first() or User.objects.create_user(
        admin_email, name=admin_name.strip()
    )
    admin.is_hr_admin = True
    if password is not None:
        set_password(admin, password)
    admin.save()
    FoundingCode.objects.all().delete()
    on = at.astimezone(organization.zone).date()
    audit.record("organization.found", organization, by=admin, on=on, at=at)
    return organization, admin


def _require_valid(name: str, currency: str, time_zone: str, month: int, email: str) -> None:
    if not 0 < len(name.strip()) <= 120:
        raise Invalid("The organisation's name has 1 to 120 characters.", field="name", value=name)
    if currency not in CURRENCIES:
        raise Invalid(
            f"{currency!r} is no currency of ISO 4217; write a code such as EUR.",
            field="currency", value=currency,
        )  # fmt: skip
    if time_zone not in available_timezones():
        raise Invalid(
            f"{time_zone!r} is no time zone; write one such as Europe/Tallinn.",
            field="time_zone", value=time_zone,
        )  # fmt: skip
    if not 1 <= month <= 12:
        raise Invalid(
            f"{month} is no month; write 1 for January to 12 for December.",
            field="fiscal_year_start_month", value=month,
        )  # fmt: skip
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(
            f"{email!r} is no e-mail address.", field="admin_email", value=email
        ) from error


def _hash(code: str) -> str:
    """Case and hyphens do not matter to whoever types it."""
    plain = "".join(each for each in code.upper() if each.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def time_zones() -> list[str]:
    """UTC first, then Area/City in the order of the alphabet."""
    areas = {zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")}
    return ["UTC", *sorted(areas)]
