"""What no view had words for."""

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path

from config import urls
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


def keep_too_much(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT (2 ^ 40)::bigint::int")
    return HttpResponse()


urlpatterns = [*urls.urlpatterns, path("too-much/", keep_too_much)]


@override_settings(ROOT_URLCONF="tests.config.test_refusals")
def test_what_the_database_cannot_hold_is_a_page_with_a_sentence_and_no_fault(client):
    make.org()
    client.force_login(make.user())
    answer = client.post("/too-much/")
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "A value is too large or is no valid text." in page
    assert "Nothing was changed and no money moved." in page
