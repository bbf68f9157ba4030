"""A file from the HR system on its way: uploaded, previewed, applied."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import permissions, spreadsheets
from accounts.errors import Refused
from accounts.forms.people import ImportForm
from accounts.hris import mapping, uploads
from accounts.hris.plan import KINDS
from accounts.http import MemberRequest, status_for, today
from accounts.models import PeopleImport

_FIELDS = {
    "name": "Name", "hr_unit": "Unit", "job_title": "Title", "fte": "FTE", "email": "Email",
    "manager_external_id": "Reports to", "left_on": "Left on", "login": "Gets the log-in",
}  # fmt: skip
_WORDS = {
    "joiners": "Joiners", "movers": "Movers", "leavers": "Leavers", "returners": "Returners",
    "refused": "Not taken", "notes": "Notes",
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: MemberRequest) -> HttpResponse:
    permissions.require(
        permissions.may_import_people(request.user), "Only an HR admin imports people."
    )
    form = ImportForm(request.POST or None, request.FILES or None, initial={"on": today(request)})
    if request.method == "POST" and form.is_valid():
        try:
            made = _preview(request, form.cleaned_data)
        except Refused as reason:
            field = {"map": "mapping"}.get(reason.field, reason.field)
            form.add_error(field if field in form.fields else None, f"{reason} {reason.help}")
        else:
            return redirect("accounts:import", made.pk)
    done = PeopleImport.objects.exclude(applied_at=None).select_related("uploaded_by__person")
    done = done.defer("rows", "changes", "refused", "notes", "units")
    context = {"form": form, "done": done.order_by("-applied_at")[:10], "trail": _trail("Import")}
    return render(request, "accounts/import_people.html", context, status=status_for(form))


def _preview(request: MemberRequest, told: dict[str, Any]) -> PeopleImport:
    given = told["mapping"]
    chosen = (
        mapping.parse_bytes(given.read(), name=given.name)
        if given
        else mapping.find(told["preset"])
    )
    file = told["file"]
    if file.size > spreadsheets.MAX_BYTES:
        raise spreadsheets.too_large(file.name, file.size)
    if told["is_partial"]:
        chosen = replace(chosen, is_full=False)
    return uploads.preview(
        file.read(), name=file.name, mapping=chosen, on=told["on"], by=request.user
    )


@require_safe
def preview(request: MemberRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)
    show = request.GET.get("show", "")
    if show not in _WORDS:
        show = next((kind for kind in _WORDS if _count(found, kind)), "joiners")
    page = Paginator(_rows(found, show), 50).get_page(request.GET.get("page"))
    context = {
        "upload": found,
        "page": page,
        "show": show,
        "show_word": _WORDS[show],
        "is_remark": show in ("refused", "notes"),
        "tabs": [_tab(found, kind, show) for kind in _WORDS if _count(found, kind)],
        "figures": _figures(found),
        "change_count": sum(found.counts[kind] for kind in KINDS),
        "is_posts": found.kind == PeopleImport.Kind.HEAD_COUNTS,
        "units_word": f"{len(found.units):,} micro-enterprises will be proposed",
        "warning": _warning(found, request),
        "trail": _trail(found.file_name, ("Import", reverse("accounts:import_people"))),
    }
    return render(request, "accounts/import_preview.html", context)


def _find(request: MemberRequest, pk: int) -> PeopleImport:
    """A preview belongs to whoever uploaded it; what was applied is every HR admin's to see."""
    permissions.require(
        permissions.may_import_people(request.user), "Only an HR admin imports people."
    )
    rows = PeopleImport.objects.select_related("uploaded_by__person").defer("rows")
    found = get_object_or_404(rows, pk=pk)
    permissions.require_known(
        found.applied_at is not None or found.uploaded_by_id == request.user.pk
    )
    return found


def _trail(last: str, *between: tuple[str, str]) -> list[tuple[str, str]]:
    return [("People", reverse("accounts:people")), *between, (last, "")]


def _count(found: PeopleImport, kind: str) -> int:
    return len(found.notes) if kind == "notes" else int(found.counts[kind])


def _tab(found: PeopleImport, kind: str, show: str) -> dict[str, Any]:
    count = _count(found, kind)
    return {"label": f"{_WORDS[kind]} {count:,}", "url": f"?show={kind}", "current": kind == show}


def _rows(found: PeopleImport, show: str) -> list[dict[str, Any]]:
    if show == "refused":
        return list(found.refused)
    if show == "notes":
        return list(found.notes)
    return [
        {
            **each,
            "changes": [
                {"field": _FIELDS[name], "before": each["before"].get(name, ""),
                 "after": each["after"].get(name, "")}
                for name in _FIELDS
                if (name in each["before"] or name in each["after"])
                and (show, name) != ("joiners", "name")
            ],
        }
        for each in found.changes
        if each["kind"] == show
    ]  # fmt: skip


def _figures(found: PeopleImport) -> list[dict[str, Any]]:
    counts = found.counts
    told = [("read", "Rows read", "")]
    told += [(kind, _WORDS[kind], "") for kind in KINDS]
    told += [("unchanged", "Unchanged", ""), ("refused", "Not taken", "watch")]
    return [
        {"label": label, "value": f"{counts[name]:,}", "tone": tone if counts[name] else ""}
        for name, label, tone in told
    ]


def _warning(found: PeopleImport, request: MemberRequest) -> str:
    """What an HR admin should look at twice before applying."""
    if found.applied_at is not None:
        return ""
    counts = found.counts
    stayed = counts["unchanged"] + counts["movers"]
    if counts["leavers"] > stayed and found.kind == PeopleImport.Kind.PEOPLE:
        return (
            f"{counts['leavers']:,} of {counts['leavers'] + stayed:,} leave.\n"
            "Is this the full list? If it holds only some people, upload it again as partial."
        )
    newer = PeopleImport.objects.filter(
        source=found.source, kind=found.kind, effective_on__gt=found.effective_on
    ).exclude(applied_at=None)
    if newer.exists():
        return "A newer file of this source was imported before.\nThis one would undo it."
    if found.effective_on > today(request):
        return "Its day has not come yet.\nYou can look at it now and apply it on that day."
    return ""


@require_POST
def apply(request: MemberRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)
    was_applied = found.applied_at is not None
    try:
        done = uploads.apply(found, by=request.user, on=today(request))
    except Refused as reason:
        messages.error(request, f"{reason}\n{reason.help}".strip())
        return redirect("accounts:import", pk)
    if was_applied:
        messages.info(request, "This file was imported before; nothing was done twice.")
    else:
        messages.success(request, f"{done.file_name} is imported.\n{_said(done)}")
    return redirect("accounts:import", pk)


def _said(done: PeopleImport) -> str:
    parts = [f"{done.counts[kind]:,} {kind}" for kind in KINDS if done.counts[kind]]
    if done.units:
        parts.append(f"{len(done.units):,} micro-enterprises proposed")
    return ", ".join(parts) + "." if parts else "Nothing had changed."


@require_POST
def preview_again(request: MemberRequest, pk: int) -> HttpResponse:
    uploads.preview_again(_find(request, pk), by=request.user)
    messages.info(request, "This is what the file would change now.")
    return redirect("accounts:import", pk)
