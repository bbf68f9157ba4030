"""Whether every contract still is what was signed, on demand."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import MemberRequest, today
from accounts.permissions import may_see_insights, require
from contracts.integrity import verify_contracts
from contracts.queries.unmeasured import unmeasured_levels
from ledger.months import previous


@require_safe
def integrity(request: MemberRequest) -> HttpResponse:
    """The proof is computed only when somebody asks for it."""
    require(
        may_see_insights(request.user),
        "The proof of all contracts is for the CHRO, auditors and HR admins.",
        help="The page of a contract shows the seal of that contract.",
    )
    found = verify_contracts() if "check" in request.GET else None
    context = {
        "unmeasured": unmeasured_levels(previous(today(request))).count(),
        "found": found,
        "broken": [
            {"title": each["what"], "text": each["detail"]}
            for each in (found["broken"] if found else [])
        ],
        "trail": [("Contracts", "/contracts/"), ("Integrity", "")],
    }
    return render(request, "contracts/integrity.html", context)
