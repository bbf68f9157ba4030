"""The month's statement of an ME, as a page, on paper and as CSV."""

import csv
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import queries as accounts
from accounts.http import MemberRequest, today
from accounts.models import MicroEnterprise
from ledger import queries, statements
from ledger.models import SettlementRun, Wallet
from ledger.months import following, month_of, months_of_year, previous, text_of
from ledger.statement_pdf import pdf_of
from ledger.statements import SECTIONS, Line, Statement, file_name
from ledger.views.money import chosen, me_to_show

LINES_A_PAGE = 200


@require_safe
def statement(request: MemberRequest, month: date) -> HttpResponse:
    """One month of one wallet, line by line, as a page or as CSV."""
    on, me = today(request), me_to_show(request)
    if me is None:
        return redirect("ledger:money")
    fund = request.GET.get("fund", "")
    fund = fund if fund in Wallet.Fund.values else Wallet.Fund.OPERATING.value
    found = statements.statement_of(me, month=month, on=on, fund=fund)
    run = SettlementRun.objects.filter(month=month).first()
    match request.GET.get("format"):
        case "csv":
            return _csv(found)
        case "pdf":
            return _pdf(found, run, on=on)
    context = {
        "me": me,
        "statement": found,
        "trail": [
            ("Money", f"{reverse('ledger:money')}?{chosen(request, me)}"),
            (f"{month:%B %Y}", ""),
        ],
        "run": run,
        "is_running": month == month_of(on),
        **_page(found, request.GET.get("page")),
        **_funds(me, month, fund),
        **_months(month, _kept(request, me, fund), on=on),
    }
    return render(request, "ledger/statement.html", context)


def _kept(request: MemberRequest, me: MicroEnterprise, fund: str) -> str:
    """The part of the address that the other months keep: the ME and the fund."""
    parts = [chosen(request, me), "" if fund == Wallet.Fund.OPERATING else f"fund={fund}"]
    query = "&".join(part for part in parts if part)
    return f"?{query}" if query else ""


def _page(found: Statement, number: str | None) -> dict[str, Any]:
    page = Paginator(found.lines, LINES_A_PAGE).get_page(number)
    before = page.start_index() - 2
    return {
        "page": page,
        "sections": _sections(page),
        "carried": found.lines[before].balance if before >= 0 else found.opening,
    }


def _sections(page: Page[Line]) -> list[tuple[str, str, list[Line]]]:
    """(mark, title, lines) in the order of the lines."""
    sections: list[tuple[str, str, list[Line]]] = []
    group = ""
    for line in page:
        if line.group != group:
            group = line.group
            mark = group if group in {"inside", "outside"} else ""
            sections.append((mark, SECTIONS[group], []))
        sections[-1][2].append(line)
    return sections


def _funds(me: MicroEnterprise, month: date, fund: str) -> dict[str, Any]:
    year = queries.fiscal_year_of(month)
    kept = set(Wallet.objects.filter(owner=me, fiscal_year=year).values_list("fund", flat=True))
    shown = kept | {fund, Wallet.Fund.OPERATING.value}
    return {
        "year": year,
        "fund_label": Wallet.Fund(fund).label,
        "funds": [
            ("" if each == Wallet.Fund.OPERATING else each.value, each.label)
            for each in Wallet.Fund
            if each in shown
        ],
    }


def _months(month: date, query: str, *, on: date) -> dict[str, Any]:
    """The twelve months of the fiscal year, and those next to this one."""
    starts_in = queries.fiscal_year_start()
    months = months_of_year(queries.fiscal_year_of(month), starts_in=starts_in)
    after = following(month)
    return {
        "months": [
            {"label": f"{each:%b}", "url": _address(each, query), "current": each == month}
            for each in months
        ],
        "previous": (previous(month), _address(previous(month), query)),
        "next": (after, _address(after, query)) if month < month_of(on) else None,
    }


def _address(month: date, query: str) -> str:
    return f"{reverse('ledger:statement', args=[month])}{query}"


def plain(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _pdf(found: Statement, run: SettlementRun | None, *, on: date) -> HttpResponse:
    firm = accounts.organization()
    paper = pdf_of(found, organization=firm.name, currency=firm.currency, run=run, on=on)
    answer = HttpResponse(paper, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{file_name(found, "pdf")}"'
    return answer


def _csv(found: Statement) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{file_name(found, "csv")}"'
    write = csv.writer(answer).writerow
    write(["micro_enterprise", "fund", "month", "on", "kind", "line", "party", "note", "cause",
           "amount", "balance", "basis"])  # fmt: skip
    head = [plain(found.micro_enterprise.name), found.fund, text_of(found.month)]
    write([*head, "", "opening", "Opening balance", "", "", "", "", found.opening, found.basis])
    for line in found.lines:
        write(
            [*head, line.on.isoformat(), line.kind, line.name, plain(line.party), plain(line.note),
             plain(line.cause), line.amount, line.balance, line.basis]
        )  # fmt: skip
    write([*head, "", "closing", "Closing balance", "", "", "", "", found.closing, found.basis])
    write(
        [
            *head,
            "",
            "reserved",
            "Reserved",
            "",
            "",
            "",
            -found.reserved,
            found.available,
            found.basis,
        ]
    )
    return answer
