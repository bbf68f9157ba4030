"""HR admins let the treasury add to a dual price, or end it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import Forbidden, Refused, Unknown
from accounts.http import MemberRequest, today
from accounts.permissions import may_allow_subsidy, require
from accounts.queries import organization
from marketplace import actions, queries
from marketplace.forms.subsidies import SubsidyForm


@require_http_methods(["GET", "HEAD", "POST"])
def allow_subsidy(request: MemberRequest, pk: int) -> HttpResponse:
    on = today(request)
    offering = queries.offering_seen_by(pk, by=request.user, on=on)
    require(
        may_allow_subsidy(request.user),
        "Only an HR admin lets the treasury add to a price.",
        help="Ask an HR admin.",
    )
    first = {"most": offering.subsidy_most, "until_on": offering.subsidy_until_on}
    form = SubsidyForm(request.POST or None, initial=first | {"reason": offering.subsidy_reason})
    if request.method == "POST" and form.is_valid():
        try:
            actions.allow_subsidy(offering, **form.cleaned_data, by=request.user, on=on)
        except (Forbidden, Unknown):
            raise
        except Refused as reason:
            form.add_error(reason.field, f"{reason} {reason.help}".strip())
        else:
            messages.success(
                request,
                f"The treasury may add up to {form.cleaned_data['most']:,.2f} per unit.\n"
                "Contracts that are signed until then have it; every one shows it.",
            )
            return redirect("marketplace:offering", offering.pk)
    context = {
        "form": form,
        "offering": offering,
        "is_allowed": offering.subsidy_most is not None,
        "currency": organization().currency,
        "trail": [
            ("Market", reverse("marketplace:browse")),
            (offering.name, reverse("marketplace:offering", args=[offering.pk])),
            ("Subsidy", ""),
        ],
    }
    status = 400 if form.errors else 200
    return render(request, "marketplace/subsidy.html", context, status=status)


@require_POST
def end_subsidy(request: MemberRequest, pk: int) -> HttpResponse:
    on = today(request)
    offering = queries.offering_seen_by(pk, by=request.user, on=on)
    actions.end_subsidy(offering, by=request.user, on=on)
    messages.success(request, "Nothing more is signed at a dual price.\nWhat is signed goes on.")
    return redirect("marketplace:offering", offering.pk)
