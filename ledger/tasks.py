"""Celery's edge: each finds its day, calls one rule and returns its figures."""

from datetime import date
from typing import Any

from celery import shared_task

from accounts import clock
from ledger import actions, budget_publishing, checks, releasing


def _day(text: str | None) -> date:
    return date.fromisoformat(text) if text else clock.today()


@shared_task
def start_budgets_due(day: str | None = None) -> dict[str, int]:
    """Put the budgets in force whose day has come; safe to repeat."""
    return budget_publishing.start_due(on=_day(day))


@shared_task
def release_budgets_due(day: str | None = None) -> dict[str, Any]:
    """Release the grants that are due by the day; safe to repeat."""
    return releasing.release_due(on=_day(day))


@shared_task
def free_ended_windows(day: str | None = None) -> int:
    """Close the dispute windows that ended before the day; safe to repeat."""
    return actions.free_ended_windows(on=_day(day))


@shared_task
def check_money_nightly(day: str | None = None) -> dict[str, Any]:
    """Prove that the money adds up, and keep the proof."""
    return checks.check_due(on=_day(day))
