"""Writes of the learning market: the catalogue, and what MEs invest in it."""

from learning_market.actions.catalogue import (
    CourseTerms,
    RunTerms,
    add_run,
    cancel_run,
    describe_course,
    move_run,
    record_course,
)
from learning_market.actions.investing import (
    cancel,
    cancel_seat,
    commit,
    complete,
    decline,
    invest,
    propose,
)
from learning_market.actions.starting import start_due

__all__ = [
    "CourseTerms",
    "RunTerms",
    "add_run",
    "cancel",
    "cancel_run",
    "cancel_seat",
    "commit",
    "complete",
    "decline",
    "describe_course",
    "invest",
    "move_run",
    "propose",
    "record_course",
    "start_due",
]
