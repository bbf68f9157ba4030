"""What stands around every page: the ME one acts for, its available money, the way elsewhere."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.http import MemberRequest, acting_me_or_none, mes_to_act_for, today
from accounts.models import MicroEnterprise, Organization, User
from accounts.permissions import is_auditor, is_chro, is_hr_admin
from ledger.queries import money_of

_EVERYBODY = [
    ("Market", "/market/", "market"),
    ("Contracts", "/contracts/", "contracts"),
    ("Learning", "/learning/", "learning"),
]
_MONEY = ("Money", "/money/", "money")
_HR_ADMIN = [
    ("Budgets", "/hr/budgets/", "budgets"),
    ("Settlement", "/hr/settlement/", "settlement"),
    ("People", "/hr/people/", "people"),
    ("Policies", "/hr/policies/", "policies"),
]
_INSIGHTS = ("Insights", "/insights/", "insights")
_AUDIT = ("Audit trail", "/audit/", "audit")
_SECTIONS = {"outside-purchases": "contracts", "ratings": "contracts", "mes": "me"}


@dataclass(frozen=True)
class Frame:
    """Everything that base.html prints around a page; figures are read when they are printed."""

    request: MemberRequest
    organization: Organization

    @property
    def user(self) -> User:
        return self.request.user

    @property
    def today(self) -> date:
        return today(self.request)

    @property
    def is_demo(self) -> bool:
        return bool(settings.DEMO)

    @property
    def mes(self) -> list[MicroEnterprise]:
        return mes_to_act_for(self.request)

    @property
    def me(self) -> MicroEnterprise | None:
        return acting_me_or_none(self.request)

    @cached_property
    def available(self) -> Decimal | None:
        return money_of(self.me, on=self.today).available if self.me else None

    @property
    def person_name(self) -> str:
        return self.user.display_name

    @property
    def initials(self) -> str:
        words = [word for word in self.person_name.split() if word[0].isalpha()]
        return "".join(word[0] for word in (words[:1] + words[-1:] if words[1:] else words)).upper()

    @property
    def is_hr_admin(self) -> bool:
        return is_hr_admin(self.user)

    @property
    def is_chro(self) -> bool:
        return is_chro(self.user)

    @property
    def is_auditor(self) -> bool:
        return is_auditor(self.user)

    @property
    def searched(self) -> str:
        """The words that the market is searched for, and only those of the market."""
        is_market = self.request.path.startswith("/market/")
        return self.request.GET.get("q", "") if is_market else ""

    @property
    def section(self) -> str:
        parts = self.request.path.strip("/").split("/")
        first = parts[1] if parts[0] == "hr" and parts[1:] else parts[0]
        if first == "mes" and not self._is_our_me(parts):
            return "mes"
        return _SECTIONS.get(first, first)

    @cached_property
    def nav(self) -> list[tuple[str, str, str, bool]]:
        """(label, address, section, whether it is the current one), by task and by office."""
        links = list(_EVERYBODY)
        if self.me:
            links += [("Our ME", f"/mes/{self.me.pk}/", "me"), _MONEY]
        else:
            links += [("MEs", "/mes/", "mes"), _MONEY]
        if self.is_hr_admin:
            links += _HR_ADMIN
        if self.is_hr_admin or self.is_chro or self.is_auditor:
            links.append(_INSIGHTS)
        if self.is_auditor:
            links.append(_AUDIT)
        return [(*link, link[2] == self.section) for link in links]

    def _is_our_me(self, parts: list[str]) -> bool:
        return self.me is not None and parts[1:2] == [str(self.me.pk)]


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the reader's `theme`, and a `frame` for whoever is signed in."""
    theme = {"theme": request.COOKIES.get("theme", "")}
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return theme
    # Lazy: a fragment prints no frame, so it must not pay for one.
    return theme | {"frame": SimpleLazyObject(lambda: _frame_of(cast("MemberRequest", request)))}


def _frame_of(request: MemberRequest) -> Frame | None:
    organization = Organization.objects.first()
    return Frame(request, organization) if organization else None
