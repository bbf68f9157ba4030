"""Corrections of locked months that take money from the reader's ME and wait for its word."""

from collections.abc import Iterator

from accounts.models import MicroEnterprise
from contracts.queries.corrections import payee_of, waiting_for_me
from insights.need import Need

MOST = 8


def of_me(me: MicroEnterprise) -> Iterator[Need]:
    for each in waiting_for_me(me)[:MOST]:
        who = each.entered_for or "An HR admin"
        yield Need(
            f"{each}: {abs(each.amount):,.2f} to {payee_of(each)}",
            f"{who} says what was wrong: “{each.reason}” It holds once you confirm it.",
            f"/corrections/{each.pk}/",
            "Confirm or decline",
        )
