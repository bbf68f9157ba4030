"""Signing in and out and one's own password; nothing else of allauth's pages is open.

People come in by HR's invitation and are known by the address that HR vouches for, so nobody signs
up, adds an address or changes it here. The closed names stay, because allauth asks for them.
"""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path


@login_not_required
def closed(request: HttpRequest, key: str = "") -> HttpResponse:
    raise Http404


urlpatterns = [
    path("email/", closed, name="account_email"),
    path("confirm-email/", closed, name="account_email_verification_sent"),
    path("confirm-email/<str:key>/", closed, name="account_confirm_email"),
    path("reauthenticate/", closed, name="account_reauthenticate"),
    path("login/code/confirm/", closed, name="account_confirm_login_code"),
    path("", include("allauth.account.urls")),
]
