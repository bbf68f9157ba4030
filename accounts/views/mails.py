"""The mails of the demo, which are read here instead of being delivered."""

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.http import MemberRequest
from accounts.models import SentMail, User
from accounts.permissions import is_hr_admin


@require_safe
def mails(request: MemberRequest) -> HttpResponse:
    rows = _readable(request.user)
    q = request.GET.get("q", "").strip()
    if q:
        rows = rows.filter(to__icontains=q) | rows.filter(subject__icontains=q)
    page = Paginator(rows.order_by("-sent_at", "-pk"), 50).get_page(request.GET.get("page"))
    context = {"page": page, "q": q, "sees_all": is_hr_admin(request.user)}
    return render(request, "accounts/mails.html", context)


@require_safe
def mail(request: MemberRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(_readable(request.user), pk=pk)
    trail = [("Mails of the demo", reverse("accounts:mails")), (found.subject, "")]
    return render(request, "accounts/mail.html", {"mail": found, "trail": trail})


def _readable(user: User) -> QuerySet[SentMail]:
    """HR admins read all, everybody else their own; outside the demo there is no such page."""
    if not settings.DEMO:
        raise Http404
    return (
        SentMail.objects.all()
        if is_hr_admin(user)
        else SentMail.objects.filter(to__iexact=user.email)
    )
