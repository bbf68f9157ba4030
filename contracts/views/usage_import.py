"""A file of delivered quantities: read first, entered with a second press."""

import base64
import binascii

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.http import MemberRequest, acting_me, today
from accounts.permissions import may_enter_delivery, require
from contracts import usage_import
from contracts.forms.delivery import UsageFileForm

ROWS_SHOWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
def import_usage(request: MemberRequest) -> HttpResponse:
    on, me = today(request), acting_me(request)
    require(
        may_enter_delivery(request.user, me, on=on),
        f"Only members of {me} enter what it delivers.",
        help=f"Ask a member of {me}.",
    )
    form = UsageFileForm(request.POST or None, request.FILES or None)
    content = _content(request, form)
    context = {
        "form": form,
        "trail": [("What we deliver", reverse("contracts:delivery")), ("Import", "")],
    }
    if content is None:
        status = 400 if form.errors else 200
        return render(request, "contracts/import_usage.html", context, status=status)
    is_sure = "content" in request.POST
    done = usage_import.import_usage(content, by=request.user, on=on, dry_run=not is_sure)
    if is_sure and done.created:
        messages.success(
            request,
            f"{len(done.created)} deliveries entered, {done.unchanged} were there before.\n"
            f"{len(done.refused)} rows were refused. The buyers may contest; otherwise it counts.",
        )
        return redirect("contracts:delivery")
    context |= {
        "form": UsageFileForm(),
        "done": done,
        "content": base64.b64encode(content).decode(),
        "rows": done.created[:ROWS_SHOWN],
        "count": len(done.created),
        "refused": done.refused[:ROWS_SHOWN],
        "more_refused": max(0, len(done.refused) - ROWS_SHOWN),
    }
    status = 400 if done.refused and not done.created else 200
    return render(request, "contracts/import_usage.html", context, status=status)


def _content(request: MemberRequest, form: UsageFileForm) -> bytes | None:
    """The file that was just chosen, or the one that was read a step before."""
    if request.method != "POST":
        return None
    if "content" in request.POST:
        try:
            return base64.b64decode(request.POST["content"], validate=True)
        except (binascii.Error, ValueError):
            return b""
    return form.cleaned_data["file"].read() if form.is_valid() else None
