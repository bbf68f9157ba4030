"""Who did or tried what. Written inside the action, so that it stands or falls with the deed."""

from datetime import date, datetime
from typing import Any

from django.db import models

from accounts import clock
from accounts.models import AuditEvent, MicroEnterprise, User


def record(
    action: str,
    target: models.Model | str,
    *,
    by: User | None,
    on: date,
    me: MicroEnterprise | None = None,
    at: datetime | None = None,
    **details: Any,
) -> AuditEvent:
    """Add one event; `by` is None for a job of the timetable."""
    return AuditEvent.objects.create(
        at=at or clock.now(),
        on=on,
        actor=by,
        action=action,
        target=name_of(target),
        micro_enterprise=me,
        details=details,
    )


def record_refusal(action: str, target: str, *, by: User, on: date, reason: str) -> AuditEvent:
    """A refused attempt, written by the edge after the action's transaction was rolled back."""
    return AuditEvent.objects.create(
        at=clock.now(), on=on, actor=by, action=action[:80], target=target[:200],
        was_refused=True, details={"reason": reason},
    )  # fmt: skip


def name_of(target: models.Model | str) -> str:
    """Kind and key, such as `contract 12`: hashed and exported rows carry no names."""
    if isinstance(target, str):
        return target
    return f"{target._meta.verbose_name} {target.pk}"
