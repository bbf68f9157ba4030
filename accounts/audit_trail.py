"""What auditors read: who did or tried what, newest first (PRODUCT 4.22)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import AuditEvent


@dataclass(frozen=True)
class Wanted:
    """The filters; an empty one lets everything through."""

    actor: str = ""
    action: str = ""
    me: str = ""
    refused: str = ""
    since: date | None = None
    until: date | None = None


def events(wanted: Wanted) -> QuerySet[AuditEvent]:
    """Events that pass every filter, with actor and ME, newest first."""
    found = AuditEvent.objects.all()
    if wanted.actor:
        name = Q(actor__person__name__icontains=wanted.actor)
        name |= Q(actor__name__icontains=wanted.actor)
        found = found.filter(name | Q(actor__email__icontains=wanted.actor))
    if wanted.action:
        found = found.filter(action__startswith=wanted.action)
    if wanted.me:
        found = found.filter(micro_enterprise__name__icontains=wanted.me)
    if wanted.refused:
        found = found.filter(was_refused=wanted.refused == "yes")
    if wanted.since:
        found = found.filter(on__gte=wanted.since)
    if wanted.until:
        found = found.filter(on__lte=wanted.until)
    return found.select_related("actor__person", "micro_enterprise").order_by("-at", "-pk")


def in_words(details: dict[str, Any]) -> list[str]:
    """The details of an event as lines such as `state: proposed, active`."""
    said = {key: value for key, value in details.items() if value not in ("", [], {})}
    return [f"{_plain(key)}: {_printed(value)}" for key, value in said.items()]


def _plain(key: str) -> str:
    return key.replace("_", " ")


def _printed(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{_plain(key)} {_printed(each)}" for key, each in value.items())
    if isinstance(value, list):
        joint = " → " if len(value) == 2 else ", "
        return joint.join(_printed(each) or "nothing" for each in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None else str(value)
