"""Who is asked, when, and what becomes of the answers (PRODUCT 4.16)."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.constraints import name_of
from accounts.errors import Forbidden, Refused
from accounts.models import AuditEvent, Membership, User
from contracts.actions import ratings
from contracts.models import Rating, RatingInvitation
from contracts.queries import ratings as queries
from marketplace.models import SatisfactionScore
from tests import make
from tests.database import at_once
from tests.make import APRIL, MARCH

APRIL_2, APRIL_14, APRIL_15 = date(2026, 4, 2), date(2026, 4, 14), date(2026, 4, 15)


def scored(month=MARCH, on=APRIL_15):
    return ratings.score_month(month, on=on)


@pytest.mark.django_db
def test_every_member_of_the_buyer_with_a_log_in_is_invited_once_on_the_first():
    contract = make.agreed()
    customer = make.member(contract.buyer)
    left = make.member(contract.buyer)
    Membership.objects.filter(person=left.person).update(ends_on=date(2026, 3, 1))
    too_early = make.member(contract.buyer)
    Membership.objects.filter(person=too_early.person).update(ends_on=date(2026, 2, 28))
    both = make.member(contract.provider, who=make.member(contract.buyer))
    silent = make.member(contract.buyer)
    User.objects.filter(pk=silent.pk).update(is_active=False)
    make.draft()
    assert ratings.invite_due(on=date(2026, 4, 1)) == {"invited": 3}
    assert ratings.invite_due(on=date(2026, 4, 2)) == {"invited": 0}
    asked = set(RatingInvitation.objects.values_list("person", flat=True))
    assert asked == {each.person_id for each in (customer, left, make.lead_of(contract.buyer))}
    assert both.person_id not in asked
    assert ratings.invite_due(on=date(2026, 4, 15)) == {"invited": 0}


@pytest.mark.django_db
def test_a_rating_may_be_changed_until_the_fourteenth_and_never_after():
    contract = make.agreed()
    customer = make.member(contract.buyer)
    rate = partial(ratings.rate, contract, month=MARCH, by=customer)
    with pytest.raises(Refused, match="can be rated from 1 April to 14 April 2026"):
        rate(score=3, on=date(2026, 3, 31))
    rate(score=3, on=date(2026, 4, 1))
    rate(score=5, on=APRIL_14, comment="Better than I thought")
    assert (Rating.objects.get().score, RatingInvitation.objects.count()) == (5, 1)
    with pytest.raises(Refused, match="can be rated from 1 April to 14 April 2026"):
        rate(score=1, on=APRIL_15)
    assert Rating.objects.get().score == 5


@pytest.mark.django_db
def test_who_has_changed_to_another_me_still_rates_what_was_used_before(client, time_machine):
    contract = make.agreed(ends_on=date(2026, 3, 31))
    mover, stranger = make.member(contract.buyer), make.member(make.me())
    Membership.objects.filter(person=mover.person).update(ends_on=date(2026, 3, 20))
    make.member(make.me("Elsewhere"), who=mover, starts_on=date(2026, 3, 21))
    time_machine.move_to("2026-04-02T12:00:00Z")
    address = f"/contracts/{contract.pk}/rating/2026-03/"
    for user, status in ((stranger, 404), (mover, 302)):
        client.force_login(user)
        assert client.post(address, {"score": "2", "comment": "Late"}).status_code == status
    assert Rating.objects.get().person == mover.person
    assert client.get(f"/contracts/{contract.pk}/").status_code == 404


@pytest.mark.django_db
def test_the_own_me_and_who_is_no_customer_do_not_rate():
    contract = make.agreed()
    seller, stranger = make.member(contract.provider), make.member(make.me())
    rate = partial(ratings.rate, contract, month=MARCH, score=5, on=APRIL_2)
    with pytest.raises(Forbidden, match="nobody rates the own ME"):
        rate(by=seller)
    with pytest.raises(Forbidden, match="only its members rate"):
        rate(by=stranger)
    with pytest.raises(Forbidden, match="Only persons rate"):
        rate(by=User.objects.create(email="hr@example.com", is_hr_admin=True))
    with pytest.raises(Refused, match="6 is no score"):
        rate(by=make.member(contract.buyer), score=6)
    with pytest.raises(Refused, match="600 characters"):
        rate(by=make.member(contract.buyer), comment="x" * 600)
    assert not Rating.objects.exists()


@pytest.mark.django_db
def test_nothing_is_counted_before_the_fifteenth():
    make.rated(make.agreed(), 5, 5, 5, 5, 5)
    with pytest.raises(Refused, match="are revealed on 15 April 2026"):
        scored(on=APRIL_14)
    assert ratings.reveal_due(on=APRIL_14)["scored"] == 0
    assert not SatisfactionScore.objects.filter(to_month=MARCH).exists()
    assert ratings.reveal_due(on=APRIL_15)["scored"] == 1


@pytest.mark.django_db
def test_four_raters_give_no_number_anywhere_and_the_fifth_gives_all():
    contract = make.agreed()
    make.rated(contract, 5, 5, 4, 4)
    assert scored() == {"month": "2026-03", "offerings": 1, "scored": 0, "not_enough": 1}
    few = SatisfactionScore.objects.get(offering=contract.offering)
    assert (few.csat, few.lower_bound, few.upper_bound, few.mean) == (None,) * 4
    make.rated(contract, 1)
    assert scored() == {"month": "2026-03", "offerings": 1, "scored": 1, "not_enough": 0}
    score = SatisfactionScore.objects.get(offering=contract.offering)
    assert (score.csat, score.n, score.raters) == (Decimal("0.8000"), 5, 5)
    assert (score.lower_bound, score.upper_bound) == (Decimal("0.3755"), Decimal("0.9638"))
    assert score.mean == Decimal("3.800")  # the category knows no other ratings
    provider = SatisfactionScore.objects.get(provider=contract.provider)
    assert provider.csat == score.csat


@pytest.mark.django_db
def test_the_shown_mean_leans_towards_the_category_while_there_are_few_ratings():
    contract, other = make.agreed(), make.agreed()
    make.rated(contract, 5, 5, 5, 5, 5)
    make.rated(other, 3, 3, 3, 3, 3)
    scored()
    score = SatisfactionScore.objects.get(offering=contract.offering)
    assert score.mean == Decimal("4.333")  # (10 x 4 + 25) / 15


@pytest.mark.django_db
def test_the_limit_counts_persons_and_not_ratings():
    contract = make.agreed()
    raters = make.rated(contract, 5, 4, 4)
    for rater in raters:
        ratings.rate(contract, month=APRIL, score=5, by=rater, on=date(2026, 5, 2))
    assert scored(APRIL, date(2026, 5, 15))["not_enough"] == 1
    score = SatisfactionScore.objects.get(offering=contract.offering, to_month=APRIL)
    assert (score.n, score.raters) == (6, 3)


@pytest.mark.django_db
def test_invitations_without_an_answer_show_in_the_response_rate():
    contract = make.agreed()
    make.rated(contract, 5, 5, 5, 5, 5)
    for _ in range(4):
        make.member(contract.buyer)
    ratings.invite_due(on=APRIL_2)
    scored()
    score = SatisfactionScore.objects.get(offering=contract.offering)
    assert (score.n, score.invited, score.response_rate) == (5, 10, Decimal("0.5"))


@pytest.mark.django_db
def test_a_withdrawn_rating_counts_until_the_next_computation():
    contract = make.agreed()
    raters = make.rated(contract, 5, 5, 5, 5, 5, 1)
    scored()
    score = partial(SatisfactionScore.objects.get, offering=contract.offering)
    ratings.withdraw_rating(contract, month=MARCH, by=raters[-1], on=date(2026, 4, 20))
    assert score().n == 6
    scored(on=date(2026, 4, 21))
    assert (score().n, score().csat) == (5, 1)
    with pytest.raises(Refused, match="You have not rated"):
        ratings.withdraw_rating(contract, month=MARCH, by=make.member(contract.buyer), on=APRIL_15)


@pytest.mark.django_db
def test_only_the_last_six_revealed_months_count():
    contract = make.agreed()
    make.rated(contract, 1, 1, 1, 1, 1)
    make.rated(contract, 5, 5, 5, 5, 5, month=date(2026, 9, 1))
    scored(date(2026, 8, 1), date(2026, 9, 15))
    scored(date(2026, 9, 1), date(2026, 10, 15))
    score = partial(SatisfactionScore.objects.get, offering=contract.offering)
    assert (score(to_month=date(2026, 8, 1)).csat, score(to_month=date(2026, 9, 1)).csat) == (0, 1)


@pytest.mark.django_db
def test_comments_are_merged_over_months_until_five_have_rated_and_name_nobody():
    contract = make.agreed()
    raters = make.rated(contract, 5, 4, 3)
    ratings.rate(
        contract, month=MARCH, score=2, by=raters[0], on=APRIL_2, comment="Slow in the first week"
    )
    assert queries.comments_on(contract, on=date(2026, 4, 20)) == []
    make.rated(contract, 5, 5, month=APRIL)
    assert queries.comments_on(contract, on=date(2026, 5, 14)) == []
    (comments,) = queries.comments_on(contract, on=date(2026, 5, 15))
    assert (comments.months, comments.texts) == ((MARCH, APRIL), ["Slow in the first week"])


@pytest.mark.django_db
def test_the_audit_trail_knows_that_somebody_rated_but_neither_who_nor_how():
    make.rated(make.agreed(), 2)
    event = AuditEvent.objects.get(action="rating.give")
    assert (event.actor, event.micro_enterprise) == (None, None)
    assert "score" not in str(event.details)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE contracts_rating SET score = 6", "rating_is_from_one_to_five"),
        ("UPDATE contracts_rating SET score = 0", "rating_is_from_one_to_five"),
        (
            (
                "INSERT INTO contracts_rating (contract_id, person_id, month, score, comment,"
                " rated_at)"
                " SELECT contract_id, person_id, month, 5, '', rated_at FROM contracts_rating"
            ),
            "rated_once_a_month",
        ),
        (
            (
                "INSERT INTO contracts_ratinginvitation (contract_id, person_id, month, invited_on)"
                " SELECT contract_id, person_id, month, invited_on FROM contracts_ratinginvitation"
            ),
            "invited_once_a_month",
        ),
    ],
)
def test_the_database_itself_keeps_ratings(statement, name):
    make.rated(make.agreed(), 4)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        connection.cursor().execute(statement)
    assert name_of(refused.value) == name


@pytest.mark.django_db(transaction=True)
def test_eight_ratings_of_one_person_at_once_are_one():
    contract = make.agreed()
    customer = make.member(contract.buyer)
    rate = partial(ratings.rate, contract, month=MARCH, by=customer, on=APRIL_2)
    at_once([partial(rate, score=1 + number % 5) for number in range(8)])
    assert (Rating.objects.count(), RatingInvitation.objects.count()) == (1, 1)
