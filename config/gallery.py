"""Every component in every state, for those who build pages; in the demo and in development."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

TODAY = date(2026, 3, 10)
MONTHS = ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"]
PURSE = {
    "available": Decimal("58711.02"),
    "pre_committed": Decimal("9280.00"),
    "committed": Decimal("109814.00"),
    "spent": Decimal("15644.98"),
    "held": Decimal("400.00"),
}
AFTER = PURSE | {"available": Decimal("37831.02"), "committed": Decimal("130694.00")}


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Name of the offering", help_text="As users would search for it")
    success = forms.CharField(
        label="What success means",
        error_messages={
            "required": "Without a measure nobody can sign. Write one: 95 % within 48 hours."
        },
    )
    term = forms.IntegerField(
        label="For how long",
        max_value=10,
        error_messages={"max_value": "At most 10: the budget year ends on 31 December."},
    )
    category = forms.ChoiceField(choices=[("lab", "Laboratory"), ("legal", "Legal")])
    starts_on = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    plan = forms.ChoiceField(
        label="Price plan",
        choices=[("fixed", "Fixed price a month"), ("unit", "Per unit"), ("tier", "Graduated")],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    renew = forms.BooleanField(
        label="Renew by itself", help_text="Reminder 30 days before", required=False
    )


def _frame() -> SimpleNamespace:
    ours, other = (
        SimpleNamespace(pk=1, name="River Monitoring"),
        SimpleNamespace(pk=2, name="Aquaculture"),
    )
    sections = "Market Contracts Learning Our_ME Money Budgets Settlement People Policies Insights"
    nav = [
        (name.replace("_", " "), f"/{name.lower()}/", name.lower().replace("our_", ""), at == 0)
        for at, name in enumerate(sections.split())
    ]
    return SimpleNamespace(
        organization=SimpleNamespace(name="Marram Water Instruments", currency="EUR"),
        today=TODAY,
        is_demo=True,
        me=ours,
        mes=[ours, other],
        available=PURSE["available"],
        person_name="Amara Okafor",
        initials="AO",
        waiting_count=4,
        nav=nav,
    )


def _form() -> SampleForm:
    return SampleForm(
        {
            "name": "Water-sample analysis",
            "term": "14",
            "category": "lab",
            "starts_on": "2026-04-01",
            "plan": "unit",
            "reason": "Two visits have no record.",
        }
    )


def _contract_pieces() -> dict[str, object]:
    return {
        "events": [
            {"at": date(2026, 3, 13), "text": "Amendment 2 lapses", "next": True},
            {
                "at": date(2026, 3, 9),
                "text": "Amendment 2 offered",
                "note": "Tomasz Wieczorek",
                "url": "#",
            },
            {"at": date(2026, 1, 28), "text": "Signed by both"},
        ],
        "steps": [
            {"name": "Open", "notes": ["1 to 28 February"], "done": True},
            {"name": "Computed", "notes": ["preview"], "current": True},
            {"name": "Posted", "notes": ["money moves"]},
            {"name": "Locked", "notes": ["never changes"]},
        ],
        "checks": [
            {"text": "Every ME keeps its commitments covered"},
            {
                "text": "Two requests unanswered:",
                "tone": "watch",
                "url": "#",
                "link": "IT Workplace",
            },
            {"text": "One ME would go below zero", "tone": "act"},
        ],
        "refused": [
            {
                "title": "Dashboards",
                "url": "#",
                "reference": "C-2026-0019",
                "text": "The price depends on “draft within 5 days”, and February has no result.",
                "next": "Yuki Tanaka enters six results, then this contract settles with March.",
                "action": "Ask Yuki",
                "action_url": "#",
            }
        ],
        "before_sign": [
            {"label": "Available now", "money": Decimal("58711.02")},
            {"label": "This contract", "money": Decimal("-20880.00"), "signed": True},
            {"label": "Available after, EUR", "money": Decimal("37831.02"), "total": True},
        ],
    }


def _charts() -> dict[str, object]:
    satisfied = [84, 85, 83, 86, 88, 87, 89, 91, 90, 93, 92, 94]
    return {
        "months": MONTHS,
        "satisfaction_line": [
            {
                "name": "Satisfaction",
                "values": satisfied,
                "lower": [value - 9 for value in satisfied],
                "upper": [min(value + 6, 100) for value in satisfied],
            }
        ],
        "price_lines": [
            {
                "name": "Inside",
                "tone": "inside",
                "values": [100, 100.4, 100.9, 101.1, 100.8, 101.5],
            },
            {
                "name": "Outside",
                "tone": "outside",
                "values": [100, 100.9, 101.6, 102.2, 102.9, 103.4],
            },
        ],
        "price_months": MONTHS[6:],
        "concentration": [
            {
                "label": "Workplace IT",
                "value": 6420,
                "tone": "act",
                "note": "no fresh outside offer",
            },
            {"label": "Laboratory", "value": 3120, "note": "5 fresh offers"},
            {"label": "Learning", "value": 1480, "note": "11 fresh offers"},
        ],
        "rising": [88, 90, 91, 90, 92],
    }


@login_not_required
@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """The page itself; in production it does not exist."""
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    context = {
        "frame": _frame(),
        "purse": PURSE,
        "after": AFTER,
        "form": _form(),
        "plain_form": SampleForm(auto_id="plain_%s"),
        "page": Paginator(range(61), 20).get_page(request.GET.get("page", "2")),
        "origins": [("", "All", 13), ("inside", "Inside", 8), ("outside", "Outside", 5)],
        "active": [("Ready within 10 days", "lead", "10")],
        "figures": [
            {"label": "Visits", "value": "3 of 8", "note": "next on 12 March"},
            {
                "label": "Back online within 24 h",
                "value": "91.7 %",
                "note": "target 95 %",
                "tone": "watch",
            },
            {"label": "Expected, EUR", "value": "3,420.00", "note": "less 5 % credit"},
        ],
        "trail": [("Market", "#"), ("Laboratory", "#"), ("Water samples", "")],
        "tabs": [
            {"label": "Running, 6", "url": "#", "current": True},
            {"label": "Offered, 2", "url": "#"},
            {"label": "Ended", "url": "#"},
        ],
        "due": TODAY + timedelta(days=3),
        **_contract_pieces(),
        **_charts(),
    }
    return render(request, "gallery.html", context)
