"""The token endpoint of OAuth for integration clients: by their id and secret, nothing else."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.scopes import SettingsScopes
from oauth2_provider.views import TokenView

from accounts.models import ClientScopes


class GivenScopes(SettingsScopes):  # type: ignore[misc]  # the toolkit has no types
    """A client asks for some of the scopes that it was given, or gets all of them."""

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        given = ClientScopes.objects.filter(application=application).first()
        return given.scopes.split() if given else []

    def get_default_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return self.get_available_scopes(application, request)


@method_decorator([csrf_exempt, login_not_required], name="dispatch")
class Token(TokenView):  # type: ignore[misc]  # the toolkit has no types
    """POST with `grant_type=client_credentials`; answers and errors are those of RFC 6749."""

    http_method_names = ["post"]
