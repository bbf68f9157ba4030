"""The audit trail, for auditors."""

from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts import permissions, queries
from accounts.audit_trail import Wanted, events, in_words
from accounts.forms.audit import AuditFilterForm
from accounts.http import MemberRequest
from accounts.models import AuditEvent
from accounts.paging import AT_MOST, page_of

PAGE = 50


@require_safe
def audit_trail(request: MemberRequest) -> HttpResponse:
    permissions.require(
        permissions.may_read_audit(request.user),
        "The audit trail is read by auditors.",
        help="Ask an HR admin who the auditors of your organisation are.",
    )
    form = AuditFilterForm(request.GET or None)
    sent = form.cleaned_data if form.is_valid() else {}
    sent = {name: value for name, value in sent.items() if value}
    page = page_of(events(Wanted(**sent)), request.GET.get("page"), size=PAGE)
    zone = queries.organization().zone
    context = {
        "form": form,
        "page": page,
        "rows": [_row(event, zone) for event in page],
        "active": [(f"{form.fields[name].label}: {request.GET[name]}", name) for name in sent],
        "at_most": AT_MOST,
        "trail": [("Home", "/"), ("Audit trail", "")],
    }
    template = "accounts/_audit_events.html" if request.htmx else "accounts/audit.html"
    answer = render(request, template, context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _row(event: AuditEvent, zone: ZoneInfo) -> dict[str, object]:
    return {
        "at": f"{event.at.astimezone(zone):%H:%M:%S}",
        "on": event.on,
        "actor": event.actor.display_name if event.actor else "the timetable",
        "action": event.action,
        "target": event.target,
        "me": event.micro_enterprise,
        "was_refused": event.was_refused,
        "details": in_words(event.details),
    }
