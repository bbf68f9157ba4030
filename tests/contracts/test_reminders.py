"""Mail for what would pass unseen, once for each thing, to those who can act."""

from datetime import date
from decimal import Decimal

import pytest
from django.core import mail

from contracts.actions import agreements, reminders
from tests import make
from tests.make import TODAY

pytestmark = pytest.mark.django_db
STARTS = date(2026, 6, 1)


def sent(on, capture):
    """The mails that this day's job sends, and what it says of itself."""
    mail.outbox.clear()
    with capture(execute=True):
        counts = reminders.send_due(on=on)
    return counts, mail.outbox


def test_an_offer_is_reminded_of_three_days_before_it_lapses_and_only_once(
    django_capture_on_commit_callbacks, settings
):
    settings.PUBLIC_URL = "https://market.example"
    contract = make.offered(starts_on=STARTS)
    make.member(contract.provider)
    readers = {make.lead_of(contract.provider).email}
    other_signer = make.member(contract.provider, may_sign=True)
    assert contract.answer_until_on == date(2026, 3, 6)
    assert sent(date(2026, 3, 2), django_capture_on_commit_callbacks)[1] == []
    counts, mails = sent(date(2026, 3, 3), django_capture_on_commit_callbacks)
    assert counts == {"answers": 1, "ends": 0, "proposals": 0, "breaches": 0}
    assert {to for each in mails for to in each.to} == readers | {other_signer.email}
    assert "answer until 6 March 2026" in mails[0].subject
    assert f"{contract.buyer} has signed" in mails[0].body
    assert f"at {settings.PUBLIC_URL}/contracts/{contract.pk}/" in mails[0].body
    assert sent(date(2026, 3, 4), django_capture_on_commit_callbacks)[1] == []


def test_a_counter_offer_is_reminded_of_anew(django_capture_on_commit_callbacks):
    contract = make.offered(starts_on=STARTS)
    sent(date(2026, 3, 5), django_capture_on_commit_callbacks)
    agreements.counter(
        contract, seen_hash=contract.current.hash, party=contract.provider,
        terms=make.terms(starts_on=STARTS, price=Decimal(5)), by=make.lead_of(contract.provider),
        on=date(2026, 3, 6),
    )  # fmt: skip
    counts, mails = sent(date(2026, 3, 20), django_capture_on_commit_callbacks)
    assert counts["answers"] == 1
    assert [each.to for each in mails] == [[make.lead_of(contract.buyer).email]]


def test_both_sides_hear_thirty_days_before_the_end_and_only_once(
    django_capture_on_commit_callbacks,
):
    contract = make.agreed()
    assert sent(date(2026, 11, 30), django_capture_on_commit_callbacks)[1] == []
    counts, mails = sent(date(2026, 12, 1), django_capture_on_commit_callbacks)
    assert counts == {"answers": 0, "ends": 1, "proposals": 0, "breaches": 0}
    assert {to for each in mails for to in each.to} == {
        make.lead_of(contract.buyer).email, make.lead_of(contract.provider).email,
    }  # fmt: skip
    assert "ends on 31 December 2026" in mails[0].subject
    assert "Compare what is on the market now" in mails[0].body
    assert sent(date(2026, 12, 2), django_capture_on_commit_callbacks)[1] == []


def test_nobody_is_reminded_of_what_is_over_or_was_short_from_the_first(
    django_capture_on_commit_callbacks,
):
    make.offered()
    declined = make.offered()
    agreements.decline(declined, party=declined.turn, by=make.lead_of(declined.turn), on=TODAY)
    make.agreed(ends_on=date(2026, 3, 20))
    counts, _ = sent(date(2026, 3, 1), django_capture_on_commit_callbacks)
    assert counts == {"answers": 0, "ends": 0, "proposals": 0, "breaches": 0}


def test_whoever_left_gets_no_mail(django_capture_on_commit_callbacks):
    contract = make.offered(starts_on=STARTS)
    person = make.lead_of(contract.provider).person
    person.left_on = date(2026, 2, 28)
    person.save()
    counts, mails = sent(date(2026, 3, 5), django_capture_on_commit_callbacks)
    assert (counts["answers"], mails) == (1, [])
