"""The daily job of the learning market: what starts is paid, what nobody decided expires."""

from datetime import date

from django.db import transaction
from django.db.models import F

from accounts import audit
from accounts.errors import Refused
from learning_market.actions import investing
from learning_market.models import LearningPurchase, LearningSeat
from ledger import actions as ledger
from ledger.models import Transfer
from ledger.months import last_day, month_of, months_of_year
from ledger.queries import fiscal_year_of, fiscal_year_start
from ledger.runs import is_locked

State = LearningPurchase.State


def start_due(*, on: date) -> dict[str, object]:
    """The daily job: pay what starts by that day, and let proposals expire that nobody decided.

    What was agreed in an earlier fiscal year is reserved first, now that its year is open, and
    what is kept of seats that were given back before it began is paid. Each
    purchase in a transaction of its own; one that cannot be paid is named and stops no other.
    """
    paid, expired, refused = 0, 0, []
    for key in _unreserved(on=on):
        try:
            _reserve(key, on=on)
        except Refused as reason:
            refused.append({"purchase": key, "code": reason.code, "detail": str(reason)})
    for seat in _kept_unpaid(on=on):
        try:
            _pay_kept(seat, on=on)
        except Refused as reason:
            key = seat.purchase_id
            refused.append({"purchase": key, "code": reason.code, "detail": str(reason)})
    due = LearningPurchase.objects.filter(state__in=investing.BEFORE_START, run__starts_on__lte=on)
    for key in due.order_by("pk").values_list("pk", flat=True):
        try:
            state = _start(key, on=on)
        except Refused as reason:
            refused.append({"purchase": key, "code": reason.code, "detail": str(reason)})
            continue
        paid += state == State.IN_PROGRESS
        expired += state == State.EXPIRED
    return {"paid": paid, "expired": expired, "refused": refused}


def _unreserved(*, on: date) -> list[int]:
    """What is learned later this fiscal year and was agreed before it began, the first first."""
    months = months_of_year(fiscal_year_of(on), starts_in=fiscal_year_start())
    ahead = LearningPurchase.objects.filter(
        state__in=investing.BEFORE_START, proposed_on__lt=months[0],
        run__starts_on__gt=on, run__starts_on__lte=last_day(months[-1]),
    )  # fmt: skip
    return list(ahead.order_by("pk").values_list("pk", flat=True))


def _kept_unpaid(*, on: date) -> list[LearningSeat]:
    """Seats of this year's runs, given back before the year began, that cost something still."""
    months = months_of_year(fiscal_year_of(on), starts_in=fiscal_year_start())
    seats = LearningSeat.objects.filter(
        state=LearningSeat.State.CANCELLED, cancelled_on__lt=months[0],
        run__starts_on__gte=months[0], run__starts_on__lte=last_day(months[-1]),
        released__lt=F("purchase__price"),
    ).select_related("purchase")  # fmt: skip
    references = {investing.kept_reference(seat.purchase, seat): seat for seat in seats}
    paid = Transfer.objects.filter(reference__in=references).values_list("reference", flat=True)
    for reference in paid:
        del references[reference]
    return list(references.values())


@transaction.atomic
def _pay_kept(seat: LearningSeat, *, on: date) -> None:
    purchase = investing.locked(LearningPurchase(pk=seat.purchase_id))
    investing.pay_kept(purchase, seat, on=on)


@transaction.atomic
def _reserve(key: int, *, on: date) -> None:
    purchase = investing.locked(LearningPurchase(pk=key))
    if purchase.state in investing.BEFORE_START:
        investing.reserve_open_seats(purchase, on=on)


@transaction.atomic
def _start(key: int, *, on: date) -> str:
    purchase = investing.locked(LearningPurchase(pk=key))
    if purchase.state == State.PROPOSED:
        investing.give_up_seats(purchase, on=on)
        ledger.release(purchase.cause, on=on)
        purchase.state = State.EXPIRED
    elif purchase.state == State.COMMITTED:
        _pay_start(purchase, on=on)
        purchase.state, purchase.paid_on = State.IN_PROGRESS, on
    else:
        return ""
    purchase.save(update_fields=["state", "paid_on"])
    audit.record(
        f"learning.{purchase.state}", purchase, by=None, on=on, me=purchase.micro_enterprise
    )
    return purchase.state


def _pay_start(purchase: LearningPurchase, *, on: date) -> None:
    investing.reserve_open_seats(purchase, on=on)
    month = month_of(purchase.run.starts_on)
    if is_locked(month):  # It could not be paid in time; what is late is of the running month.
        month = month_of(on)
    total = purchase.price * purchase.seats.filter(state=LearningSeat.State.OPEN).count()
    ledger.pay_promised(
        purchase.cause, investing.payee_of(purchase.run, month), total,
        kind=Transfer.Kind.LEARNING, month=month, reference=f"learning/{purchase.pk}/start", on=on,
    )  # fmt: skip
