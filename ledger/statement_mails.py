"""The month's statement by mail, once its month is locked: one for each ME, to who leads it."""

import logging
from collections.abc import Iterable
from datetime import date, timedelta

from django.db import IntegrityError, transaction

from accounts import constraints, mail, policy
from accounts import queries as accounts
from accounts.models import Membership, MicroEnterprise, User
from ledger.models import SettlementRun, StatementMail, Transfer, Wallet
from ledger.statement_pdf import pdf_of
from ledger.statements import Statement, file_name, statement_of

log = logging.getLogger(__name__)
# A month that locked longer ago is read on its page; nobody waits for its mail.
_NEWS = timedelta(days=31)


def send_due(*, on: date) -> dict[str, int]:
    """Mail the statements of the months that locked lately: `{"statements", "mails"}`.

    Each ME with a movement in the month, once; its leads get the figures in the mail, and the
    statement of each fund that moved as a PDF. Safe to repeat; a failure stops no other ME.
    """
    counts = {"statements": 0, "mails": 0}
    if not policy.in_force(on=on)["statements_are_mailed"]:
        return counts
    for run in _locked_lately(on=on):
        for key in _owners_without_mail(run.month):
            try:
                readers = _send(key, run, on=on)
            except Exception:
                log.exception("The statement of ME %s for %s was not sent", key, run)
                continue
            if readers is not None:
                counts["statements"] += 1
                counts["mails"] += readers
    return counts


def _locked_lately(*, on: date) -> list[SettlementRun]:
    locked = SettlementRun.objects.filter(state=SettlementRun.State.LOCKED).order_by("month")
    return [run for run in locked.filter(month__gte=on - 2 * _NEWS) if _is_news(run, on=on)]


def _is_news(run: SettlementRun, *, on: date) -> bool:
    return run.posted_on is not None and on - run.posted_on <= _NEWS


def _owners_without_mail(month: date) -> list[int]:
    moved = Transfer.objects.filter(month=month)
    owners = {
        *moved.exclude(payer__owner=None).values_list("payer__owner", flat=True),
        *moved.exclude(payee__owner=None).values_list("payee__owner", flat=True),
    }
    sent = StatementMail.objects.filter(month=month).values_list("micro_enterprise", flat=True)
    return sorted(owners - set(sent))


@transaction.atomic
def _send(key: int, run: SettlementRun, *, on: date) -> int | None:
    """How many readers got it; None where another worker sends it."""
    me = MicroEnterprise.objects.get(pk=key)
    readers = _leads_of(me, on=on)
    row = StatementMail(micro_enterprise=me, month=run.month, sent_on=on, reader_count=len(readers))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if constraints.name_of(error) != "statement_mailed_once":
            raise
        return None
    found = [statement_of(me, month=run.month, on=on, fund=fund) for fund in _funds(me, run.month)]
    firm = accounts.organization()
    for reader in readers:
        mail.send(
            "statement", to=reader, subject=f"{me}: statement of {run.month:%B %Y}", me=me,
            month=f"{run.month:%B %Y}", currency=firm.currency,
            statements=[_figures(each) for each in found],
            attach=lambda: _papers(found, run, on=on),
        )  # fmt: skip
    return len(readers)


def _leads_of(me: MicroEnterprise, *, on: date) -> list[User]:
    leading = Membership.objects.current(on=on).leading().filter(micro_enterprise=me)
    users = User.objects.filter(person__in=leading.values("person"), is_active=True)
    return list(users.select_related("person").order_by("pk"))


def _funds(me: MicroEnterprise, month: date) -> list[str]:
    """The funds in which something moved that month, operating first."""
    wallets = Wallet.objects.filter(owner=me)
    moved = wallets.filter(paid__month=month) | wallets.filter(received__month=month)
    return [
        fund for fund in Wallet.Fund.values if fund in set(moved.values_list("fund", flat=True))
    ]


def _figures(found: Statement) -> dict[str, str]:
    return {
        "fund": found.fund.capitalize(), "opening": f"{found.opening:,.2f}",
        "money_in": f"{found.money_in:,.2f}", "money_out": f"{found.paid_out:,.2f}",
        "closing": f"{found.closing:,.2f}", "reserved": f"{found.reserved:,.2f}",
        "available": f"{found.available:,.2f}",
    }  # fmt: skip


def _papers(found: Iterable[Statement], run: SettlementRun, *, on: date) -> list[mail.Attachment]:
    firm = accounts.organization()
    return [
        (
            file_name(each, "pdf"),
            pdf_of(each, organization=firm.name, currency=firm.currency, run=run, on=on),
            "application/pdf",
        )
        for each in found
    ]
