"""What every browser edge knows of its visitor."""

from datetime import date
from http import HTTPStatus
from typing import cast

from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import BaseForm, Form
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from accounts import clock
from accounts.errors import Forbidden, Refused, Unknown
from accounts.models import MicroEnterprise, User
from accounts.permissions import mes_of

ACTING_ME = "acting_me"


class MemberRequest(HttpRequest):
    """A request behind login_required: its user is always one of ours."""

    user: User
    htmx: HtmxDetails


def today(request: HttpRequest) -> date:
    """The organisation's day, asked once per request."""
    if not hasattr(request, "_today"):
        request._today = clock.today()  # type: ignore[attr-defined]  # noqa: SLF001
    return cast("date", request._today)  # type: ignore[attr-defined]  # noqa: SLF001


def mes_to_act_for(request: MemberRequest) -> list[MicroEnterprise]:
    """The MEs that the visitor is a member of today, asked once per request."""
    if not hasattr(request, "_mes"):
        request._mes = list(mes_of(request.user, on=today(request)))  # type: ignore[attr-defined]  # noqa: SLF001
    return cast("list[MicroEnterprise]", request._mes)  # type: ignore[attr-defined]  # noqa: SLF001


def acting_me_or_none(request: MemberRequest) -> MicroEnterprise | None:
    """The ME this session acts for: the chosen one while the membership lasts, else the first."""
    mine = mes_to_act_for(request)
    chosen = request.session.get(ACTING_ME)
    return next((me for me in mine if me.pk == chosen), mine[0] if mine else None)


def acting_me(request: MemberRequest) -> MicroEnterprise:
    """As `acting_me_or_none`; Forbidden where the visitor is a member of no ME."""
    me = acting_me_or_none(request)
    if me is None:
        raise Forbidden(
            "You are a member of no micro-enterprise today, so you cannot act for one.",
            help="Ask an HR admin to name you in one, or form one on the page of the MEs.",
        )
    return me


def page_before(request: HttpRequest, default: str = "/") -> str:
    """Where the form stood that was sent (its `next`), as far as that is a path of ours."""
    asked = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours and asked.startswith("/") else default


def status_for(*forms: BaseForm) -> int:
    """200 for a form to fill in; 400 where a field was wrong, 409 where a rule refused it whole."""
    refused = [form.errors for form in forms if form.is_bound and form.errors]
    if not refused:
        return HTTPStatus.OK
    is_field = any(name != NON_FIELD_ERRORS for errors in refused for name in errors)
    return HTTPStatus.BAD_REQUEST if is_field else HTTPStatus.CONFLICT


def what_is_wrong(form: BaseForm) -> str:
    """A line for each wrong field, for forms that are part of a larger page."""
    named = [
        (form.fields[name].label or name.replace("_", " ").capitalize(), text)
        if name in form.fields else ("", text)
        for name, texts in form.errors.items()
        for text in texts
    ]  # fmt: skip
    return "\n".join(f"{label}: {text}" if label else str(text) for label, text in named)


def explain_in(form: Form, reason: Refused) -> None:
    """Put a refusal beside the field whose fault it is, or on top of the form.

    Whoever may not do it at all, or may not know of it, gets the refusal's own page instead.
    """
    if isinstance(reason, Forbidden | Unknown):
        raise reason
    field = reason.field if reason.field in form.fields else None
    form.add_error(field, f"{reason} {reason.help}".strip())
