"""Zero-based requests: MEs ask, peers vote, HR admins read and enter what came in writing."""

import base64
import binascii
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import Refused, Unknown
from accounts.http import MemberRequest, acting_me, acting_me_or_none, explain_in, status_for, today
from accounts.models import MicroEnterprise
from accounts.permissions import may_set_budgets, may_sign_for, require
from ledger import budget_inputs, budget_requests, figure_files, rule_words
from ledger.drafting import LARGEST_GRANT
from ledger.forms import LARGEST_FILE
from ledger.models import BudgetRule, RequestVote
from ledger.money import CENT
from ledger.views import downloads
from ledger.views.budgets import only_hr_admins, trail_to
from ledger.views.rules import rule_of
from ledger.views.years import budget_to_show

ROWS_A_PAGE = 50


class AskForm(forms.Form):
    """How much, and what for."""

    amount = forms.DecimalField(
        max_digits=14, decimal_places=2, min_value=CENT, max_value=LARGEST_GRANT
    )
    reason = forms.CharField(
        max_length=500, label="What for", help_text="The peers who decide read this.",
        widget=forms.Textarea(attrs={"class": "input", "rows": 4}),
    )  # fmt: skip


class VoteForm(forms.Form):
    """How much one peer would grant."""

    request = forms.IntegerField(min_value=1, max_value=2**62, widget=forms.HiddenInput)
    amount = forms.DecimalField(
        max_digits=14, decimal_places=2, min_value=0,
        widget=forms.TextInput(attrs={"class": "input input-short", "inputmode": "decimal"}),
    )  # fmt: skip


class RequestsFile(forms.Form):
    """Requests that came in writing."""

    file = forms.FileField(
        label="CSV or XLSX file", help_text="Columns micro_enterprise, amount and reason."
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError("The file is larger than 1.5 MB; import it in parts.")
        return file


@require_safe
def requests(request: MemberRequest) -> HttpResponse:
    """The rounds in which the own ME may ask, and those in which the visitor votes."""
    me, on = acting_me_or_none(request), today(request)
    rounds = list(budget_requests.open_rounds()[:ROWS_A_PAGE])
    mine = {row.rule_id: row for row in me.budget_requests.all()} if me else {}
    seats = set(request.user.board_seats.values_list("rule", flat=True))
    asks = me is not None and may_sign_for(request.user, me, on=on)
    context = {
        "me": me,
        "rounds": [
            {
                "rule": rule,
                "words": rule_words.sentence(rule),
                "asked": mine.get(rule.pk),
                "may_ask": asks and on <= budget_inputs.ask_until(rule),
                "votes": rule.pk in seats,
            }
            for rule in rounds
        ],
    }
    return render(request, "ledger/requests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: MemberRequest, rule_pk: int) -> HttpResponse:
    """Ask for the ME one acts for, or change what it asked."""
    rule, me, on = _round(rule_pk), acting_me(request), today(request)
    require(
        may_sign_for(request.user, me, on=on),
        f"{me}’s lead, or who may sign for it, asks for its money.", help="Ask them.",
    )  # fmt: skip
    earlier = rule.requests.filter(micro_enterprise=me).first()
    initial = {"amount": earlier.amount, "reason": earlier.reason} if earlier else {}
    form = AskForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            budget_requests.ask(rule, me, **form.cleaned_data, by=request.user, on=on)
        except Refused as reason:
            explain_in(form, reason)
        else:
            day = f"{budget_inputs.decide_by(rule):%-d %B %Y}"
            messages.success(request, f"{me} has asked.\nPeers vote until {day}.")
            return redirect("ledger:requests")
    context = {
        "form": form,
        "me": me,
        "rule": rule,
        "earlier": earlier,
        "until": budget_inputs.ask_until(rule),
        "trail": [("Money", reverse("ledger:money")), ("Requests", reverse("ledger:requests")),
                  (str(rule.budget), "")],
    }  # fmt: skip
    return render(request, "ledger/ask.html", context, status=status_for(form))


@require_POST
def withdraw(request: MemberRequest, rule_pk: int) -> HttpResponse:
    rule, me = _round(rule_pk), acting_me(request)
    earlier = rule.requests.select_related("rule", "micro_enterprise").filter(micro_enterprise=me)
    found = earlier.first()
    require(
        may_sign_for(request.user, me, on=today(request)),
        f"{me}’s lead, or who may sign for it, withdraws its request.",
    )
    if found is not None:
        try:
            budget_requests.withdraw(found, by=request.user, on=today(request))
        except Refused as reason:
            messages.error(request, f"{reason}\n{reason.help}".strip())
        else:
            messages.success(request, f"{me} asks for nothing in this round.")
    return redirect("ledger:requests")


@require_http_methods(["GET", "HEAD", "POST"])
def board(request: MemberRequest, rule_pk: int) -> HttpResponse:
    """Every request with its reason; a peer of the board votes on those of other MEs."""
    rule, on = _round(rule_pk), today(request)
    if not budget_requests.may_see_round(rule, request.user):
        raise Unknown("There is no such round of requests.")
    if request.method == "POST":
        return _vote(request, rule)
    found = budget_requests.results(rule, on=on)
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    cast = RequestVote.objects.filter(seat__rule=rule, seat__peer=request.user)
    mine = dict(cast.values_list("request", "amount"))
    is_peer = rule.board.filter(peer=request.user).exists()
    first, last = budget_inputs.ask_until(rule), budget_inputs.decide_by(rule)
    context = {
        "rule": rule,
        "words": rule_words.sentence(rule),
        "page": page,
        "rows": [(each, _ballot(each.request.pk, mine.get(each.request.pk))) for each in page],
        "may_vote": is_peer and first < on <= last,
        "is_peer": is_peer,
        "first": first,
        "last": last,
    }
    return render(request, "ledger/board.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def rule_requests(request: MemberRequest, pk: int, rule_pk: int) -> HttpResponse:
    """The requests of a rule with their votes: down as a file, and up from one after a preview."""
    rule = rule_of(budget_to_show(request, pk), rule_pk)
    if rule.kind != BudgetRule.Kind.REQUESTS:
        raise Unknown("There is no such rule.")
    found = budget_requests.results(rule, on=today(request))
    if request.GET.get("format") in ("csv", "xlsx"):
        return _download(request.GET["format"], rule, found)
    if request.method == "POST":
        only_hr_admins(request)
    form = RequestsFile(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
    )
    context: dict[str, Any] = {}
    data = _data(request, form)
    if data:
        try:
            rows = _read(data)
            if "content" in request.POST:
                return _enter(request, rule, rows)
            context = {"rows": rows[:ROWS_A_PAGE], "count": len(rows),
                       "total": sum((row[1] for row in rows), Decimal("0.00")),
                       "content": base64.b64encode(data).decode()}  # fmt: skip
        except Refused as reason:
            form.add_error(None, f"{reason} {reason.help}".strip())
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context |= {
        "form": form,
        "rule": rule,
        "words": rule_words.sentence(rule),
        "page": page,
        "trail": trail_to((str(rule.budget), reverse("ledger:year_budget", args=[pk])), "Requests"),
        "may_set": may_set_budgets(request.user) and rule.state == BudgetRule.State.DRAFT,
    }
    status = status_for(form) if not context.get("content") else 200
    return render(request, "ledger/rule_requests.html", context, status=status)


def _round(rule_pk: int) -> BudgetRule:
    found = budget_requests.open_rounds().filter(pk=rule_pk).first()
    if found is None:
        raise Unknown("There is no such round of requests.")
    return found


def _ballot(key: int, amount: Decimal | None) -> VoteForm:
    return VoteForm(initial={"request": key, "amount": amount}, auto_id=f"id_{key}_%s")


def _vote(request: MemberRequest, rule: BudgetRule) -> HttpResponse:
    form = VoteForm(request.POST)
    asked = None
    if form.is_valid():
        rows = rule.requests.select_related("rule", "micro_enterprise")
        asked = rows.filter(pk=form.cleaned_data["request"]).first()
    if asked is None:
        messages.error(request, "Write how much you would grant, like 1200.00.")
        return redirect("ledger:board", rule.pk)
    try:
        budget_requests.vote(
            asked, amount=form.cleaned_data["amount"], note="", by=request.user, on=today(request)
        )
    except Refused as reason:
        messages.error(request, f"{reason}\n{reason.help}".strip())
    else:
        messages.success(request, f"Your vote on {asked.micro_enterprise} is kept.")
    return redirect("ledger:board", rule.pk)


def _data(request: MemberRequest, form: RequestsFile) -> bytes:
    """The file that was just chosen, or the one whose preview was read."""
    if request.method != "POST":
        return b""
    if "content" in request.POST:
        try:
            return base64.b64decode(request.POST["content"], validate=True)
        except (binascii.Error, ValueError):
            return b""
    return form.cleaned_data["file"].read() if form.is_valid() else b""


def _read(data: bytes) -> list[tuple[MicroEnterprise, Decimal, str]]:
    lines = figure_files.in_file(data, name="The file", columns=("amount", "reason"))
    figures = figure_files.figures(lines, columns=("amount",), field="file")
    words = [cells["reason"] for _, cells in lines]
    return [
        (row["micro_enterprise"], row["amount"], reason)
        for row, reason in zip(figures, words, strict=True)
    ]


def _enter(
    request: MemberRequest, rule: BudgetRule, rows: Sequence[tuple[MicroEnterprise, Decimal, str]]
) -> HttpResponse:
    count = budget_requests.enter_all(rule, rows, by=request.user, on=today(request))
    messages.success(request, f"{count} requests are entered.")
    return redirect("ledger:rule_requests", rule.budget_id, rule.pk)


def _download(kind: str, rule: BudgetRule, found: Sequence[budget_requests.Result]) -> HttpResponse:
    heads = ["micro_enterprise", "amount", "reason", "votes", "peers", "granted"]
    rows = [
        [each.request.micro_enterprise.name, each.request.amount, each.request.reason, each.votes,
         each.peers, each.granted]
        for each in found
    ]  # fmt: skip
    return downloads.table(kind, f"requests-{rule.pk}", heads, rows)
