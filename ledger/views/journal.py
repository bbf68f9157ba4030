"""The month's journal for the finance department: a trial balance, and files of every posting."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import queries as accounts
from accounts.http import MemberRequest, today
from ledger import journal as rules
from ledger.models import SettlementRun
from ledger.money import ZERO
from ledger.months import following, month_of, previous, text_of
from ledger.views.statement import plain

ACCOUNTS_A_PAGE = 50
_COLUMNS = (
    "month", "posted_on", "reference", "kind", "cause", "note", "account", "account_name",
    "legal_entity", "fund", "fiscal_year", "debit", "credit",
)  # fmt: skip


class _Echo:
    """What the csv module writes to; it hands the line on."""

    def write(self, line: str) -> str:
        return line


@require_safe
def journal(request: MemberRequest, month: date) -> HttpResponseBase:
    """Each account's sums, whose totals prove zero; every posting as CSV or JSON."""
    rules.require_may_read(request.user)
    balances = rules.trial_balance(month)
    debit = sum((each.debit for each in balances), ZERO)
    credit = sum((each.credit for each in balances), ZERO)
    match request.GET.get("format"):
        case "csv":
            return _file(_csv(month), month, "csv", "text/csv; charset=utf-8")
        case "json":
            head = {
                "month": text_of(month), "currency": accounts.organization().currency,
                "state": _state(month), "debit": str(debit), "credit": str(credit),
                "difference": str(debit - credit),
            }  # fmt: skip
            return _file(_json(head, month), month, "json", "application/json")
    after = following(month)
    context = {
        "month": month,
        "state": _state(month),
        "page": Paginator(balances, ACCOUNTS_A_PAGE).get_page(request.GET.get("page")),
        "debit": debit,
        "credit": credit,
        "difference": debit - credit,
        "count": rules.entries(month).count(),
        "earlier": previous(month),
        "later": after if after <= month_of(today(request)) else None,
        "trail": [("All money", reverse("ledger:all_money")), ("Journal", "")],
    }
    return render(request, "ledger/journal.html", context)


def _state(month: date) -> str:
    run = SettlementRun.objects.filter(month=month).first()
    return run.state if run else SettlementRun.State.OPEN.value


def _told(each: rules.Posting) -> dict[str, Any]:
    row = each.transfer
    return {
        "month": text_of(row.month), "posted_on": row.posted_on.isoformat(),
        "reference": row.reference, "kind": row.kind, "cause": each.cause, "note": row.note,
        "account": each.account.code, "account_name": each.account.name,
        "legal_entity": each.account.legal_entity, "fund": each.fund,
        "fiscal_year": each.fiscal_year, "debit": str(each.debit), "credit": str(each.credit),
    }  # fmt: skip


def _csv(month: date) -> Iterator[str]:
    write = csv.writer(_Echo()).writerow
    yield write(_COLUMNS)
    for each in rules.postings(month):
        cells = _told(each)
        yield write([_cell(cells[name]) for name in _COLUMNS])


def _cell(value: Any) -> Any:
    return "" if value is None else plain(value) if isinstance(value, str) else value


def _json(head: dict[str, str], month: date) -> Iterator[str]:
    """One object; its postings are written one by one, so that a large month fits."""
    yield json.dumps(head)[:-1] + ', "postings": ['
    for number, each in enumerate(rules.postings(month)):
        yield (",\n" if number else "\n") + json.dumps(_told(each))
    yield "\n]}\n"


def _file(parts: Iterable[str], month: date, kind: str, mime: str) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(parts, content_type=mime)
    answer["Content-Disposition"] = f'attachment; filename="journal-{text_of(month)}.{kind}"'
    return answer
