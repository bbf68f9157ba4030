"""The list of micro-enterprises and the page of one, with what it sells and how it is rated."""

from collections.abc import Iterable

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions, queries
from accounts.errors import Refused
from accounts.http import MemberRequest, acting_me_or_none, today
from accounts.lifecycle import MAY_BE_ACTIVATED
from accounts.me_page import MePage, me_page
from accounts.models import MicroEnterprise
from accounts.paging import page_of
from accounts.views.micro_enterprises import me_or_404, trail_to
from ledger.verdicts import verdicts_of
from marketplace import micro_enterprises as rules
from marketplace.attainment import Attained, attained
from marketplace.forms.micro_enterprises import MeFilterForm
from marketplace.models import SatisfactionScore, ServiceOffering
from marketplace.queries import offerings_of

_ON_A_PHONE = {"accept": "Accept terms", "start": "What is missing", "lead": "Name a lead"}


@require_safe
def mes(request: MemberRequest) -> HttpResponse:
    permissions.require_known(permissions.is_of_the_firm(request.user))
    on = today(request)
    form = MeFilterForm(request.GET)
    sent = form.cleaned_data if form.is_valid() else {}
    found = queries.found_mes(
        on=on, wanted=sent.get("q", ""), kind=sent.get("kind", ""), state=sent.get("state", "")
    )
    page = page_of(rules.sorted_mes(found, by=sent.get("sort", "")), request.GET.get("page"))
    scores, heads = rules.scores_of(page), queries.head_counts_of(page, on=on)
    context = {
        "form": form,
        "page": page,
        "rows": [{"me": me, "score": scores.get(me.pk), "head_count": heads[me.pk]} for me in page],
        "active": [(_chip(form, name), name) for name in ("q", "kind", "state") if sent.get(name)],
        "may_form": permissions.may_form_me(request.user),
    }
    template = "marketplace/_mes.html" if request.htmx else "marketplace/mes.html"
    answer = render(request, template, context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@require_safe
def me(request: MemberRequest, pk: int) -> HttpResponse:
    """Satisfaction first, then what it sells, its outcomes, its people and its rights."""
    found, on = me_or_404(request, pk), today(request)
    page = me_page(found, user=request.user, on=on, page=request.GET.get("page"))
    scores = rules.scores_by_month(found)
    guards, panel = rules.guards_of(found, on=on), _panel(page)
    offerings = page_of(offerings_of(found), request.GET.get("offerings"))
    context = {
        "page": page,
        "me": found,
        "offerings": offerings,
        "attained": _attained(request, found, offerings),
        "missing_count": sum(not guard.is_met for guard in guards),
        "checks": [
            {
                "text": f"It has {guard.words}." if guard.is_met else guard.advice,
                "tone": "" if guard.is_met else "watch",
            }
            for guard in guards
        ],
        "trail": trail_to(found),
        **_satisfaction(scores),
        "shows_satisfaction": bool(scores) or found.kind == MicroEnterprise.Kind.SERVICE,
        "panel": panel,
        "panel_action": _ON_A_PHONE.get(panel, ""),
        "dissolve_url": _dissolve_url(request, found),
        "new_offering_url": _new_offering_url(request, found),
        **_value(request, found),
    }
    return render(request, "marketplace/me.html", context)


@require_POST
def activate(request: MemberRequest, pk: int) -> HttpResponse:
    found = me_or_404(request, pk)
    try:
        rules.activate(found, by=request.user, on=today(request))
        messages.success(
            request, f"{found} is active.\nIt has its own wallets; grants come with the budgets."
        )
    except Refused as reason:
        if reason.code == "forbidden":
            raise
        messages.error(request, f"{reason}\n{reason.help}")
    return redirect("marketplace:me", pk)


def _attained(
    request: MemberRequest, me: MicroEnterprise, offerings: Iterable[ServiceOffering]
) -> Attained | None:
    """How the levels of the offerings that this page lists were kept."""
    versions = [each.current for each in offerings if each.current is not None]
    prefetch_related_objects(versions, "levels")
    on = today(request)
    sees_all = permissions.may_see_levels_of_every_buyer(request.user, me, on=on)
    return attained(versions, sees_all=sees_all, names=True, on=on)


def _dissolve_url(request: MemberRequest, me: MicroEnterprise) -> str:
    """For its partners and HR admins, while there is something to end or to wait for."""
    user, on = request.user, today(request)
    may = permissions.may_vote_in(user, me, on=on) or permissions.may_activate_me(user)
    has_begun = me.may_trade or me.state == MicroEnterprise.State.DISSOLVING
    return reverse("accounts:dissolve", args=[me.pk]) if may and has_begun else ""


def _new_offering_url(request: MemberRequest, me: MicroEnterprise) -> str:
    """Offerings are written for the ME that one acts for, so the way there is shown at that one."""
    return reverse("marketplace:new_offering") if acting_me_or_none(request) == me else ""


def _value(request: MemberRequest, me: MicroEnterprise) -> dict[str, object]:
    """What it makes, and the verdicts on it, for whoever sees its money."""
    if not permissions.may_see_money(request.user, me, on=today(request)):
        return {}
    return {"profit_url": reverse("ledger:profit", args=[me.pk]), "verdicts": verdicts_of(me)}


def _satisfaction(scores: list[SatisfactionScore]) -> dict[str, object]:
    """The last score with who answered, and its course once two months are known."""
    if not scores:
        return {"score": None}
    last, shown = scores[-1], [each for each in scores if each.csat is not None]
    course = {
        "name": "Satisfaction",
        "values": [float(each.csat or 0) * 100 for each in shown],
        "lower": [float(each.lower_bound or 0) * 100 for each in shown],
        "upper": [float(each.upper_bound or 0) * 100 for each in shown],
    }
    return {
        "score": last,
        "answers": rules.answers_of(last),
        "course": [course] if len(shown) > 1 else [],
        "months": [f"{each.to_month:%b}" for each in shown],
    }


def _panel(page: MePage) -> str:
    """Which one thing this visitor has to decide here; empty where there is nothing."""
    visitor = page.visitor
    if visitor.must_accept:
        return "accept"
    if page.me.state in MAY_BE_ACTIVATED:
        return "start" if visitor.may_decide or visitor.may_describe else ""
    if visitor.may_decide and not page.leads:
        return "lead"
    return "run" if visitor.may_change else ""


def _chip(form: MeFilterForm, name: str) -> str:
    value = form.cleaned_data[name]
    if name == "q":
        return f"“{value}”"
    choices = dict(form.fields[name].choices)  # type: ignore[attr-defined]
    return str(choices[value])
