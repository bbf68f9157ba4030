import pytest

from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(f"{make.TODAY}T09:00:00Z")


def test_every_page_says_whom_one_acts_for_and_what_is_available(client):
    shop = make.me("Shop North")
    make.granted(shop, "1234.50")
    client.force_login(make.lead(shop))
    page = client.get("/").content.decode()
    assert "Shop North" in page
    assert "1,235" in page or "1,234" in page
    assert "20 February 2026" in page


def test_the_visitor_is_asked_to_sign_in_first(client):
    make.org()
    assert client.get("/").headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("flag", "links"),
    [
        ("is_hr_admin", ["/hr/budgets/", "/hr/settlement/", "/hr/people/", "/hr/policies/"]),
        ("is_chro", ["/insights/"]),
        ("is_auditor", ["/insights/"]),
    ],
)
def test_an_office_has_its_own_places_in_the_navigation(client, flag, links):
    make.org()
    client.force_login(make.office(**{flag: True}))
    page = client.get("/").content.decode()
    assert all(f'href="{link}"' in page for link in links)
    client.force_login(make.user())
    assert not any(f'href="{link}"' in client.get("/").content.decode() for link in links)
