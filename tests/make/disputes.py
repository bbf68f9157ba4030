"""Disputes in every stage, by the real actions."""

from datetime import date
from decimal import Decimal

from contracts.actions import disputes
from contracts.models import Dispute, SettlementLine
from tests.make.contracts import lead_of
from tests.make.people import MARCH, person, user


def line_of(contract, *, kind="", month=MARCH):
    """The contract's line of the month; of that kind where there are several."""
    rows = SettlementLine.objects.filter(contract=contract, month=month)
    return rows.get(kind=kind) if kind else rows.get()


def disputed(contract, amount="1400.00", *, kind="", month=MARCH, on=date(2026, 4, 5), **fields):
    """The buyer's lead disputes so much of the line; on the preview's day unless told."""
    contract.refresh_from_db()
    fields.setdefault("reason", "Half of it was not delivered")
    return disputes.open_dispute(
        line_of(contract, kind=kind, month=month), amount=Decimal(amount), party=contract.buyer,
        by=lead_of(contract.buyer), on=on, **fields,
    )  # fmt: skip


def answered(dispute, answer, *, percent=None, on=date(2026, 4, 7), **fields):
    """By the provider's lead."""
    percent = None if percent is None else Decimal(percent)
    return disputes.answer(
        dispute, answer=answer, percent=percent, by=lead_of(dispute.contract.provider), on=on,
        **fields,
    )  # fmt: skip


def uninvolved():
    """A person of the firm with a log-in, who is a member of no ME."""
    return user(person())


def now(dispute):
    return Dispute.objects.get(pk=dispute.pk)
