"""The organisation's own page: its facts and its holidays."""

from datetime import date

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import holidays, permissions, queries
from accounts.actions import organization as actions
from accounts.errors import Refused
from accounts.forms.people import OrganizationForm
from accounts.holidays import Day
from accounts.http import MemberRequest, status_for, today
from accounts.models import Holiday


@require_http_methods(["GET", "HEAD", "POST"])
def organization(request: MemberRequest) -> HttpResponse:
    permissions.require(
        permissions.may_set_organization(request.user), "Only HR admins see this page."
    )
    on, firm = today(request), queries.organization()
    coming = [Day(each.day, each.name) for each in Holiday.objects.filter(day__gte=on)]
    initial = {"name": firm.name, "holidays": holidays.written(coming)}
    form = OrganizationForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            said = _save(request, form.cleaned_data, on)
        except Refused as reason:
            form.add_error(reason.field if reason.field in form.fields else None, str(reason))
        else:
            messages.success(request, said)
            return redirect("accounts:organization")
    month = f"{date(2000, firm.fiscal_year_start_month, 1):%B}"
    context = {
        "form": form,
        "facts": [
            {"label": "Currency", "value": firm.currency},
            {"label": "Time zone", "value": firm.time_zone},
            {"label": "Fiscal year starts in", "value": month},
            {"label": "Founded", "value": f"{firm.founded_at:%-d %B %Y}"},
        ],
        "past": Holiday.objects.filter(day__lt=on).order_by("-day")[:20],
    }
    return render(request, "accounts/organization.html", context, status=status_for(form))


@transaction.atomic
def _save(request: MemberRequest, told: dict[str, str], on: date) -> str:
    days = holidays.parse(told["holidays"])
    actions.rename(told["name"], by=request.user, on=on)
    added, removed = actions.set_holidays(days, by=request.user, on=on)
    return f"The organisation is saved.\n{added} holidays were added, {removed} removed."
