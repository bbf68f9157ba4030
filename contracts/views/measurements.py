"""What is measured of service levels, entered and answered in the browser."""

import base64
import binascii
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import permissions
from accounts.errors import Invalid, Unknown
from accounts.http import MemberRequest, acting_me, today
from contracts.actions import measurements
from contracts.forms.delivery import ContestForm
from contracts.forms.measurements import MeasurementFileForm, MeasurementForm
from contracts.measurement_import import import_measurements
from contracts.models import Measurement, ServiceLevel
from contracts.queries.level_page import figures_of
from contracts.queries.unmeasured import unmeasured_levels
from contracts.service_levels import window
from contracts.views.agreements import found_contract
from contracts.views.delivery import form_page, happen, one_of_contract
from ledger.months import text_of

ROWS_SHOWN = 100
PAGE_SIZE, MONTHS_SHOWN = 50, 6
_WITH_PARTIES = ("level__version__contract__buyer", "level__version__contract__provider")


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: MemberRequest, pk: int, level: int, month: date) -> HttpResponse:
    """The month's figures of one level."""
    contract, on = found_contract(request, pk), today(request)
    levels = ServiceLevel.objects.select_related(
        "version__contract__buyer", "version__contract__provider"
    )
    found = levels.filter(pk=level, version__contract=contract).first()
    if found is None:
        raise Unknown
    measurements.require_measurer(found, by=request.user, on=on)
    earlier = contract.measurements.filter(term=found.name, month=month).first()
    form = MeasurementForm(request.POST or None, level=found, earlier=earlier)

    def deed(_: forms.Form) -> str:
        made = measurements.enter_measurement(
            found, month=month, counts=form.counts, by=request.user, on=on
        )
        return (
            f"{made.term}: {made.met:,} of {made.counted:,} in {month:%B %Y}.\n"
            f"{measurements.other_side_of(found)} confirms or contests; silence confirms."
        )

    return form_page(
        request, contract, form, deed, title=f"{found}, {month:%B %Y}", button="Enter figures",
        anchor="levels", month=month,
    )  # fmt: skip


@require_POST
def confirm(request: MemberRequest, pk: int, measurement: int) -> HttpResponse:
    found = one_of_contract(Measurement, request, pk, measurement, *_WITH_PARTIES)

    def deed() -> str:
        measurements.confirm_measurement(found, by=request.user, on=today(request))
        return f"{found.term} of {found.month:%B %Y} confirmed."

    return happen(request, pk, deed, anchor="levels", month=found.month)


@require_http_methods(["GET", "HEAD", "POST"])
def contest(request: MemberRequest, pk: int, measurement: int) -> HttpResponse:
    found = one_of_contract(Measurement, request, pk, measurement, *_WITH_PARTIES)
    measurements.require_other_side(found, by=request.user, on=today(request))

    def deed(form: forms.Form) -> str:
        measurements.contest_measurement(
            found, by=request.user, on=today(request), **form.cleaned_data
        )
        return (
            "Figures contested.\nThe measurer enters them anew; until both agree they wait with"
            f" {found.month:%B %Y} as their month."
        )

    title = f"Contest {found.met:,} of {found.counted:,} for “{found.term}”"
    return form_page(
        request, found.contract, ContestForm(request.POST or None), deed, title=title,
        button="Contest figures", anchor="levels", month=found.month,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: MemberRequest) -> HttpResponse:
    """Upload a file of measurements, read what it would enter, then enter it."""
    me, on = acting_me(request), today(request)
    form = MeasurementFileForm(
        *((request.POST, request.FILES) if request.method == "POST" else (None, None))
    )
    context: dict[str, Any] = {"me": me, "form": form, "trail": _TRAIL}
    content, name = _content(request, form)
    is_sure = "content" in request.POST
    if content is None:
        status = 400 if form.errors else 200
        return render(request, "contracts/import_measurements.html", context, status=status)
    try:
        done = import_measurements(content, name=name, by=request.user, on=on, dry_run=not is_sure)
    except Invalid as reason:
        form.is_valid()
        form.add_error("file", str(reason))
        return render(request, "contracts/import_measurements.html", context, status=400)
    if is_sure and not done.refused:
        entered = len(done.created) + len(done.updated)
        messages.success(request, f"{entered} entered, {done.unchanged} unchanged.")
        return redirect("contracts:delivery")
    wanted = [*done.created, *done.updated]
    context |= {
        "form": MeasurementFileForm(),
        "done": done,
        "name": name,
        "content": base64.b64encode(content).decode(),
        "rows": [(each, figures_of(each)) for each in wanted[:ROWS_SHOWN]],
        "count": len(wanted),
        "more": max(0, len(wanted) - ROWS_SHOWN),
        "refused": done.refused[:ROWS_SHOWN],
        "more_refused": max(0, len(done.refused) - ROWS_SHOWN),
    }
    status = 400 if done.refused else 200
    return render(request, "contracts/import_measurements.html", context, status=status)


@require_safe
def unmeasured(request: MemberRequest) -> HttpResponse:
    """Levels that nobody measured, month by month: no credit was given, and nobody hides it."""
    permissions.require(
        permissions.may_see_insights(request.user),
        "The list of unmeasured service levels is for the CHRO, auditors and HR admins.",
        help="Your own are on your contracts, and on your home page while they can be entered.",
    )
    months = window(on=today(request), months=MONTHS_SHOWN)[::-1]
    asked = request.GET.get("month", "")
    month = next((each for each in months if text_of(each) == asked), months[0])
    page = Paginator(unmeasured_levels(month), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "month": month,
        "months": [(text_of(each), f"{each:%B %Y}") for each in months],
        "page": page,
        "rows": [(each, measurements.measurer_of(each)) for each in page],
        "trail": [("Contracts", "/contracts/"), ("Service levels not measured", "")],
    }
    return render(request, "contracts/unmeasured.html", context)


def _content(request: MemberRequest, form: MeasurementFileForm) -> tuple[bytes | None, str]:
    """The file that was just chosen, or the one that was read a step before; and its name."""
    if request.method != "POST":
        return None, ""
    if "content" in request.POST:
        name = request.POST.get("name", "")[:100] or "The file"
        try:
            return base64.b64decode(request.POST["content"], validate=True), name
        except (binascii.Error, ValueError):
            return b"", name
    if not form.is_valid():
        return None, ""
    file = form.cleaned_data["file"]
    return file.read(), file.name or "The file"


_TRAIL = [("Contracts", "/contracts/"), ("What we deliver", "/contracts/delivery/"), ("Import", "")]
