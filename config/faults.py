"""What a request gets that we could not answer: our fault (500), or a database that is away (503).

Neither page nor document asks the database for anything.
"""

import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token
from django.views.defaults import server_error

from accounts.outages import is_outage
from config.refusals import PROBLEM, problem_of

_AWAY = (
    "The database does not answer at the moment; most likely it is being restarted. What this"
    " request asked for was done as a whole or not at all."
)
_AGAIN_IN_SECONDS = "5"


@requires_csrf_token
def fault(request: HttpRequest) -> HttpResponse:
    """Django's handler500; it is called while the exception is handled."""
    if not is_outage(sys.exception()):
        return server_error(request)
    status = HTTPStatus.SERVICE_UNAVAILABLE
    answer: HttpResponse
    if request.path.startswith("/api/"):
        body = problem_of(status, _AWAY, code="database_away")
        answer = JsonResponse(body, status=status, content_type=PROBLEM)
    else:
        answer = HttpResponseServerError(render_to_string("503.html"), status=status)
    answer.headers["Retry-After"] = _AGAIN_IN_SECONDS
    return answer
