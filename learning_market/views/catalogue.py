"""The catalogue: what can be learned, when and for how much, and who keeps it up to date."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import spreadsheets
from accounts.errors import Refused
from accounts.http import MemberRequest, acting_me_or_none, today
from accounts.models import MicroEnterprise
from accounts.permissions import may_publish_for, mes_of, require
from learning_market import actions, queries
from learning_market.actions.catalogue import may_change, require_may_change
from learning_market.course_import import Imported, import_courses
from learning_market.forms import CatalogueForm, CourseForm, ImportForm, MoveForm, RunForm
from learning_market.models import Course, CourseRun
from ledger.models import Wallet
from ledger.queries import money_of

PAGE_SIZE = 25
SORTS = [("soonest", "Soonest first"), ("price", "Cheapest first"), ("title", "By title")]


@require_safe
def browse(request: MemberRequest) -> HttpResponse:
    on, me = today(request), acting_me_or_none(request)
    wanted = _wanted(request)
    page = Paginator(queries.open_runs(wanted, on=on), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "wanted": wanted,
        "topics": queries.topics(on=on),
        "where_options": [("", "All"), ("inside", "Inside"), ("outside", "Outside")],
        "sorts": SORTS,
        "active": _active(wanted),
        "me": me,
        "money": money_of(me, on=on, fund=Wallet.Fund.LEARNING) if me else None,
        "may_import": may_change(request.user, Course(), on=on),
        "may_record": _may_record(request),
        "has_runs": bool(page.object_list) or queries.has_any_run(on=on),
    }
    context |= _first_step(context)
    is_fragment = bool(request.headers.get("HX-Request"))
    name = "_runs.html" if is_fragment else "catalogue.html"
    answer = render(request, f"learning_market/{name}", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _first_step(context: dict[str, Any]) -> dict[str, str]:
    """How courses come into an empty catalogue, and the step that this reader can take."""
    words = (
        "Whoever signs for a micro-enterprise offers what its people can teach; what suppliers"
        " outside teach comes in with a file, or one by one. A course stands here as soon as it"
        " has a run with a day, a price and seats."
    )
    step = {"how_courses_come": words, "offer_url": "", "offer_action": ""}
    if context["may_record"]:
        step |= {"offer_url": "/learning/courses/new/", "offer_action": "Offer a course"}
    elif context["may_import"]:
        step |= {"offer_url": "/learning/import/", "offer_action": "Import courses"}
    return step


@require_safe
def course(request: MemberRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(queries.courses(), pk=pk)
    on = today(request)
    context = {
        "course": found,
        "runs": [(run, run.state == CourseRun.State.SCHEDULED and run.starts_on > on)
                 for run in found.runs.all()],
        "may_change": may_change(request.user, found, on=on),
        "trail": [("Learning", "/learning/"), (found.title, "")],
    }  # fmt: skip
    return render(request, "learning_market/course.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_course(request: MemberRequest) -> HttpResponse:
    require(
        _may_record(request),
        "You cannot add to the catalogue.",
        help="Ask the lead of your micro-enterprise, or whoever may sign for it.",
    )
    form = CourseForm(
        request.POST if request.method == "POST" else None, providers=_own_mes(request)
    )
    if request.method == "POST" and form.is_valid():
        provider = form.cleaned_data["provider"]
        try:
            made = actions.record_course(
                form.terms, provider=provider, supplier=form.cleaned_data["supplier"],
                by=request.user, on=today(request),
            )  # fmt: skip
        except Refused as reason:
            _say(form, reason)
        else:
            messages.success(request, f"{made.title} is in the catalogue.\nAdd its first run.")
            return redirect("learning_market:new_run", made.pk)
    lede = "Say what one can do after it. Nobody has to approve it, and nobody can be sent to it."
    return _form_page(request, form, "Offer a course", "Record course", "/learning/", lede)


@require_http_methods(["GET", "HEAD", "POST"])
def change_course(request: MemberRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(queries.courses(), pk=pk)
    require_may_change(request.user, found, on=today(request))
    words = {name: getattr(found, name) for name in ("title", "topic", "description")}
    form = CourseForm(
        request.POST if request.method == "POST" else None,
        initial=words,
        providers=_own_mes(request),
    )
    for fixed in ("provider", "supplier"):
        del form.fields[fixed]
    if request.method == "POST" and form.is_valid():
        actions.describe_course(found, form.terms, by=request.user, on=today(request))
        messages.success(request, "The course is changed.")
        return redirect("learning_market:course", pk)
    return _form_page(request, form, f"Change {found.title}", "Save course", _address(found))


@require_http_methods(["GET", "HEAD", "POST"])
def new_run(request: MemberRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(queries.courses(), pk=pk)
    require_may_change(request.user, found, on=today(request))
    form = RunForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_run(found, form.terms, by=request.user, on=today(request))
        except Refused as reason:
            _say(form, reason)
        else:
            messages.success(request, "The run is open: micro-enterprises may invest in it.")
            return redirect("learning_market:course", pk)
    return _form_page(request, form, f"A run of {found.title}", "Add run", _address(found))


@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: MemberRequest) -> HttpResponse:
    """Check a file, or record it; either way the rows that are wrong are listed."""
    on = today(request)
    require(may_change(request.user, Course(), on=on), "You cannot import courses.",
            help="Ask an HR admin or the lead of your micro-enterprise.")  # fmt: skip
    given = request.method == "POST"
    form = ImportForm(request.POST if given else None, request.FILES if given else None)
    done = None
    if given and form.is_valid():
        try:
            done = _imported(request, form, on=on)
        except Refused as reason:
            form.add_error("file", f"{reason} {reason.help}".strip())
    if done and not done.refused and "check" not in request.POST:
        messages.success(request, f"{done.created} rows are new, {done.updated} changed.")
        return redirect("learning_market:catalogue")
    context = {"form": form, "done": done, "refused": done.refused[:200] if done else []}
    status = 400 if form.errors or (done and done.refused) else 200
    return render(request, "learning_market/import.html", context, status=status)


def _imported(request: MemberRequest, form: ImportForm, *, on: date) -> Imported:
    upload = form.cleaned_data["file"]
    if upload.size > spreadsheets.MAX_BYTES:
        raise spreadsheets.too_large(upload.name, upload.size)
    return import_courses(
        upload.read(), name=upload.name, preset=form.cleaned_data["map"], by=request.user, on=on,
        is_dry_run="check" in request.POST,
    )  # fmt: skip


@require_POST
def cancel_run(request: MemberRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(CourseRun, pk=pk)
    actions.cancel_run(run, by=request.user, on=today(request))
    messages.success(request, "The run is cancelled.\nEverybody who invested got all of it back.")
    return redirect("learning_market:course", run.course_id)


@require_http_methods(["GET", "HEAD", "POST"])
def move_run(request: MemberRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(CourseRun.objects.select_related("course"), pk=pk)
    require_may_change(request.user, run.course, on=today(request))
    form = MoveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.move_run(run, **form.cleaned_data, by=request.user, on=today(request))
        except Refused as reason:
            _say(form, reason)
        else:
            messages.success(
                request, "The run has moved.\nBuyers got all back and may invest in the new day."
            )
            return redirect("learning_market:course", run.course_id)
    lede = "Everybody who invested gets all of it back, and may invest in the new run."
    return _form_page(
        request, form, f"Move {run.course.title}", "Move run", _address(run.course), lede
    )


def _form_page(
    request: MemberRequest, form: Form, title: str, button: str, back: str,
    lede: str = "",
) -> HttpResponse:  # fmt: skip
    context = {"form": form, "title": title, "button": button, "back_url": back, "lede": lede}
    status = 400 if form.errors else 200
    return render(request, "learning_market/form.html", context, status=status)


def _say(form: Form, reason: Refused) -> None:
    field = reason.field if reason.field in form.fields else None
    form.add_error(field, f"{reason} {reason.help}".strip())


def _address(course: Course) -> str:
    return f"/learning/courses/{course.pk}/"


def _own_mes(request: MemberRequest) -> QuerySet[MicroEnterprise]:
    """The MEs whose courses the visitor may offer."""
    on = today(request)
    mine = [me.pk for me in mes_of(request.user, on=on) if may_publish_for(request.user, me, on=on)]
    return MicroEnterprise.objects.filter(pk__in=mine).order_by("name")


def _may_record(request: MemberRequest) -> bool:
    """A course from outside, or one that an own ME teaches."""
    return may_change(request.user, Course(), on=today(request)) or _own_mes(request).exists()


def _wanted(request: MemberRequest) -> queries.Wanted:
    form = CatalogueForm(request.GET)
    form.is_valid()
    given: dict[str, Any] = form.cleaned_data
    return queries.Wanted(
        words=given.get("q", "").replace("\0", ""),
        topic=given.get("topic", ""),
        where=given.get("where", ""),
        price_to=given.get("price_to"),
        month=given.get("month"),
        sort=given.get("sort") or "soonest",
    )


def _active(wanted: queries.Wanted) -> list[tuple[str, str, str]]:
    """(label, parameter, value) of each filter in force, for its chip."""
    found = []
    if wanted.words:
        found.append((f"“{wanted.words}”", "q", wanted.words))
    if wanted.topic:
        found.append((wanted.topic, "topic", wanted.topic))
    if wanted.price_to is not None:
        found.append((f"up to {wanted.price_to:,.2f}", "price_to", str(wanted.price_to)))
    if wanted.month:
        found.append((f"{wanted.month:%B %Y}", "month", f"{wanted.month:%Y-%m}"))
    return found
