"""Promises 4, 9 and 31: a team forms an ME with one approval, its members are partners, each role
serves a customer."""

import pytest
from django.urls import reverse

from accounts.models import Membership, MicroEnterprise
from marketplace.models import ServiceOffering
from tests import make
from tests.make import TODAY

pytestmark = pytest.mark.django_db


def test_a_team_forms_an_me_and_one_hr_admin_lets_it_trade(client, time_machine):
    time_machine.move_to("2026-02-20T10:00Z")
    make.org()
    founder, colleague, hr = make.user(), make.user(), make.hr_admin()

    client.force_login(founder)
    client.post("/mes/new/", {
        "name": "Leak Finders", "kind": "service", "purpose": "Find leaks before customers do.",
        "outcome": "Water is back sooner", "customer": "Households", "unit": "h",
        "metric": "hours without water", "baseline": "9", "target": "4", "source": "call centre",
        "role": "Finder", "accepts": "on",
    })  # fmt: skip
    me = MicroEnterprise.objects.get()

    client.force_login(hr)
    client.post(reverse("accounts:name_lead", args=[me.pk]), {"person": founder.person.pk})
    client.post(reverse("accounts:rights", args=[me.pk]), {"decide": "on", "decide_extent": ""})

    make.offering(me, name="Leak search")
    assert not ServiceOffering.objects.on_sale().exists()
    client.post(reverse("marketplace:activate", args=[me.pk]))
    assert ServiceOffering.objects.on_sale().get().name == "Leak search"

    client.force_login(founder)
    client.post(
        reverse("accounts:add_member", args=[me.pk]) + f"?person={colleague.person.name}",
        {"person": colleague.person.pk, "role": "Finder", "allocation_percent": "100",
         "starts_on": "2026-02-20"},
    )  # fmt: skip
    joined = Membership.objects.get(person=colleague.person)

    client.force_login(colleague)
    client.post(reverse("accounts:accept_terms", args=[me.pk, joined.pk]))

    client.force_login(founder)
    client.post(
        reverse("accounts:change_member", args=[me.pk, joined.pk]),
        {"role": joined.role_id, "allocation_percent": "100", "may_sign": "on",
         "share_points": "50"},
    )  # fmt: skip
    joined = Membership.objects.current(on=TODAY).get(person=colleague.person)
    assert (joined.may_sign, joined.share_points, joined.is_accepted) == (True, 50, True)
    page = " ".join(client.get(f"/mes/{me.pk}/").content.decode().split())
    assert "1 of 1 roles tied" in page
    assert "Every role is tied to a customer outcome." in page
