"""Whom a newcomer may sign in as, the most telling person first."""

from collections.abc import Iterable
from datetime import date
from typing import TypedDict

from accounts import clock, permissions
from accounts.models import Membership, Organization, User
from config.demo.cast import DOMAIN
from config.demo.founding import PASSWORD

# A frontline lead, somebody of the same team, two service leads, and the three offices.
TOLD = (
    "liis.kask", "oleksandr.bondar", "marika.ozola", "tomasz.wrona", "helena.brandt",
    "aino.salmi", "ruth.adeyemi",
)  # fmt: skip


class Login(TypedDict):
    """`roles` are some of member, lead, hr_admin, chro and auditor."""

    email: str
    password: str
    name: str
    roles: list[str]
    micro_enterprise: str


def logins() -> list[Login]:
    """The demo's people as they are today; none where the database holds another company."""
    if not Organization.objects.exists():
        return []
    on = clock.today()
    emails = [f"{name}@{DOMAIN}" for name in TOLD]
    found = {
        user.email: user
        for user in User.objects.filter(email__in=emails, is_active=True).select_related("person")
    }
    return [_login_of(found[email], on=on) for email in emails if email in found]


def _login_of(user: User, *, on: date) -> Login:
    mine = permissions.memberships_of(user, on=on).select_related("micro_enterprise")
    memberships = list(mine.order_by("starts_on", "pk"))
    return Login(
        email=user.email,
        password=PASSWORD,
        name=user.display_name,
        roles=_roles_of(user, memberships),
        micro_enterprise=str(memberships[0].micro_enterprise) if memberships else "",
    )


def _roles_of(user: User, memberships: list[Membership]) -> list[str]:
    roles = {
        "member": bool(memberships),
        "lead": any(each.leads for each in memberships),
        "hr_admin": user.is_hr_admin,
        "chro": user.is_chro,
        "auditor": user.is_auditor,
    }
    return [role for role, holds in roles.items() if holds]


def as_table(logins: Iterable[Login]) -> list[str]:
    """Lines to print: who each of them is and where; the password once, for it is everybody's."""
    rows = [(each["email"], each["name"], _in_words(each)) for each in logins]
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}" for row in rows]
    return [f"Sign in with the password {PASSWORD} as", *(f"  {line}" for line in lines)]


def _in_words(login: Login) -> str:
    offices = {"hr_admin": "HR admin", "chro": "CHRO", "auditor": "auditor"}
    held = [offices[role] for role in login["roles"] if role in offices]
    if held:
        return ", ".join(held)
    return f"{'lead' if 'lead' in login['roles'] else 'member'} of {login['micro_enterprise']}"
