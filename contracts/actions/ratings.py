"""Who is asked, what they answer, and when the answers are counted (PRODUCT 4.16)."""

from datetime import date
from typing import Any

from django.db import connection, transaction

from accounts import audit, clock, permissions
from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import Person, User
from contracts import satisfaction
from contracts.models import Contract, Rating, RatingInvitation
from contracts.queries import ratings as queries
from ledger.months import last_day, previous
from marketplace.actions import record_satisfaction

LONGEST_COMMENT = 500
# Members of the buyer on any day of the month, with a log-in, who were none of the provider's.
_INVITE = """
    INSERT INTO contracts_ratinginvitation (contract_id, person_id, month, invited_on)
    SELECT DISTINCT c.id, buying.person_id, %(month)s::date, %(on)s::date
    FROM contracts_contract c
    JOIN accounts_membership buying ON buying.micro_enterprise_id = c.buyer_id
         AND buying.starts_on <= %(last)s
         AND (buying.ends_on IS NULL OR buying.ends_on >= %(month)s)
    JOIN accounts_user u ON u.person_id = buying.person_id AND u.is_active
    WHERE c.state = ANY(%(signed)s) AND c.starts_on <= %(last)s
      AND least(c.ended_on, c.ends_on, c.over_after_on) >= greatest(c.starts_on, %(month)s)
      AND (SELECT coalesce(sum(least(s.last_on, %(last)s) - greatest(s.first_on, %(month)s) + 1), 0)
           FROM contracts_suspension s WHERE s.contract_id = c.id
             AND s.first_on <= %(last)s AND s.last_on >= greatest(s.first_on, %(month)s))
        < least(c.ended_on, c.ends_on, c.over_after_on, %(last)s)
          - greatest(c.starts_on, %(month)s) + 1
      AND NOT EXISTS (
        SELECT FROM accounts_membership selling
        WHERE selling.micro_enterprise_id = c.provider_id AND selling.person_id = buying.person_id
          AND selling.starts_on <= %(last)s
          AND (selling.ends_on IS NULL OR selling.ends_on >= %(month)s))
    ON CONFLICT DO NOTHING"""


@transaction.atomic
def invite_due(*, on: date) -> dict[str, Any]:
    """Invite to rate last month, once per person and contract, while its ratings are open.

    Whether somebody may rate hangs on memberships and dates, not on this job having run.
    """
    month = previous(on)
    if not satisfaction.is_open(month, on=on):
        return {"invited": 0}
    values: dict[str, Any] = {
        "month": month,
        "last": last_day(month),
        "on": on,
        "signed": [str(state) for state in Contract.SIGNED],
    }
    with connection.cursor() as cursor:
        cursor.execute(_INVITE, values)
        return {"invited": cursor.rowcount}


@transaction.atomic
def rate(
    contract: Contract, *, month: date, score: int, by: User, on: date, comment: str = ""
) -> Rating:
    """One rating per person, contract and month; given anew until the 14th, it replaces the first.

    Forbidden for the own ME and for who was no member of the buyer in that month.
    """
    known = queries.known_to_rate(by, month=month, on=on)
    permissions.require_known(known.filter(pk=contract.pk).exists())
    person = require_customer(contract, month, by=by)
    _require_open(contract, month, on=on)
    if score not in range(1, 6):
        raise Invalid(f"{score} is no score. Choose 1 to 5.", field="score", value=score)
    if len(comment) > LONGEST_COMMENT:
        raise Invalid(
            f"The comment has {len(comment)} characters; {LONGEST_COMMENT} are possible.",
            field="comment",
            value=len(comment),
        )
    RatingInvitation.objects.get_or_create(
        contract=contract, person=person, month=month, defaults={"invited_on": on}
    )
    rating, _ = Rating.objects.update_or_create(
        contract=contract, person=person, month=month,
        defaults={
            "score": score, "comment": comment.strip(), "rated_at": clock.now(),
            "withdrawn_on": None,
        },
    )  # fmt: skip
    # Without the score and the name: who rated what is the person's and the own lead's to know.
    audit.record("rating.give", contract, by=None, on=on, month=month)
    return rating


@transaction.atomic
def withdraw_rating(contract: Contract, *, month: date, by: User, on: date) -> None:
    """Take the own rating back; after the reveal it counts until the next computation."""
    ratings = Rating.objects.filter(contract=contract, month=month, person=by.person_id)
    rating = ratings.select_for_update(no_key=True).first()
    if rating is None:
        raise Refused(f"You have not rated {contract} for {month:%B %Y}.", code="not_rated")
    if rating.withdrawn_on is None:
        rating.withdrawn_on = on
        rating.save(update_fields=["withdrawn_on"])
        audit.record("rating.withdraw", contract, by=None, on=on, month=month)


def reveal_due(*, on: date) -> dict[str, Any]:
    """From the 15th on: count the latest revealed month, once; its figures, or none."""
    month = satisfaction.last_revealed(on=on)
    if queries.is_scored(month):
        return {"offerings": 0, "scored": 0, "not_enough": 0}
    return score_month(month, on=on)


@transaction.atomic
def score_month(month: date, *, on: date) -> dict[str, Any]:
    """Compute the headline of every offering and provider over the six months to `month`.

    `{"month", "offerings", "scored", "not_enough"}`, counted over offerings. Repeated, it gives
    the same but for ratings withdrawn since. Refused `not_revealed` before the 15th.
    """
    revealed_on = satisfaction.revealed_on(month)
    if on < revealed_on:
        raise Refused(
            f"The ratings of {month:%B %Y} are revealed on {revealed_on:%-d %B %Y}.",
            code="not_revealed",
            help="Before that day nobody sees or counts them.",
        )
    scores = queries.scores_of_window(month)
    record_satisfaction(scores, month=month)
    offerings = [score for score in scores if score.offering_id is not None]
    scored = sum(score.csat is not None for score in offerings)
    return {
        "month": f"{month:%Y-%m}",
        "offerings": len(offerings),
        "scored": scored,
        "not_enough": len(offerings) - scored,
    }


def require_customer(contract: Contract, month: date, *, by: User) -> Person:
    person = by.person
    if person is None or by.is_client:
        raise Forbidden("Only persons rate what they used.")
    if queries.was_member(person, contract.provider, month=month):
        raise Forbidden(
            f"You were a member of {contract.provider} in {month:%B %Y}; nobody rates the own ME."
        )
    if not queries.was_member(person, contract.buyer, month=month):
        raise Forbidden(
            f"You were no member of {contract.buyer} in {month:%B %Y}; only its members rate.",
            help="Rate what your own ME used.",
        )
    return person


def _require_open(contract: Contract, month: date, *, on: date) -> None:
    opens_on, closes_on = satisfaction.opens_on(month), satisfaction.closes_on(month)
    if not satisfaction.is_open(month, on=on):
        raise Refused(
            f"{month:%B %Y} can be rated from {opens_on:%-d %B} to {closes_on:%-d %B %Y}.",
            code="rating_not_open",
            field="month",
            value=f"{month:%Y-%m}",
        )
    if not queries.rateable(month).filter(pk=contract.pk).exists():
        raise Refused(
            f"{contract} had no active day in {month:%B %Y}.", code="outside_dates", field="month"
        )
