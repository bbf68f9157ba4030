from datetime import date

import pytest

from accounts import clock
from accounts.errors import Refused
from accounts.models import AuditEvent
from config.demo import clock as demo_clock
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _demo(settings, time_machine):
    time_machine.move_to(f"{make.TODAY}T23:30:00Z", tick=False)
    settings.DEMO = True
    make.org(time_zone="Europe/Tallinn")


def test_the_organisations_zone_decides_the_day():
    assert clock.today() == date(2026, 2, 21), "half past one in Tallinn"


def test_the_demos_day_moves_forward_a_day_at_a_time_across_a_change_of_the_clocks():
    moved = demo_clock.advance(date(2026, 4, 1), by=None)
    assert (moved["from"], moved["to"]) == ("2026-02-21", "2026-04-01")
    assert clock.today() == date(2026, 4, 1)
    assert AuditEvent.objects.get(action="clock.advance").on == date(2026, 4, 1)


@pytest.mark.parametrize("day", [date(2026, 2, 21), date(2026, 2, 1), date(2027, 2, 21)])
def test_the_day_never_moves_back_or_too_far(day):
    with pytest.raises(Refused, match=r"only moves forward|move in steps"):
        demo_clock.advance(day, by=None)


def test_a_production_installation_has_no_such_control(settings, client):
    settings.DEMO = False
    with pytest.raises(Refused, match="Only a demo's day"):
        demo_clock.advance(date(2026, 3, 1), by=None)
    client.force_login(make.hr_admin())
    page = client.post("/demo/day/", {"step": "next"}, follow=True).content.decode()
    assert "Only a demo&#x27;s day can be moved." in page


def test_the_footer_moves_the_day_and_says_what_it_did(client):
    client.force_login(make.hr_admin())
    page = client.post("/demo/day/", {"step": "next"}, follow=True).content.decode()
    assert "Today is now 22 February 2026." in page
    page = client.post("/demo/day/", {"to": "soon"}, follow=True).content.decode()
    assert "is no day" in page


def test_a_longer_move_shows_how_far_it_is_and_goes_on_by_itself_where_script_runs(client):
    client.force_login(make.hr_admin())
    assert client.get("/demo/day/").url == "/", "nothing is under way"
    page = client.post("/demo/day/", {"to": "2026-05-01", "next": "/mes/"})
    assert page.url == "/demo/day/"
    page = client.get("/demo/day/").content.decode()
    assert "Moving the day" in page
    assert "of 69 days; it is" in page
    for _ in range(69):
        page = client.post("/demo/day/", {"step": "on"}, headers={"HX-Request": "true"})
        if "HX-Redirect" in page.headers:
            break
        assert "<html" not in page.content.decode()
    assert page.headers["HX-Redirect"] == "/mes/"
    assert clock.today() == date(2026, 5, 1)
