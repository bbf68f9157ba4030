"""Orders outside the firm, from the ME's own wallet and without anybody's approval (PRODUCT 4.7).

`requested` pre-commits the amount, `ordered` commits it, `received` pays what really came to the
outside and releases the rest, `cancelled` releases all. It is always real money.
"""

from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction

from accounts import audit, constraints
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from accounts.permissions import may_sign_for, require, require_known
from contracts.models import OutsidePurchase
from contracts.queries.outside import may_know
from ledger import actions as ledger
from ledger.models import Reservation, Transfer, Wallet
from ledger.money import LARGEST, to_cents
from ledger.months import month_of
from ledger.sql import run
from marketplace.models import OutsideOffer

State = OutsidePurchase.State
QUANTITY = Decimal("0.001")
MOST_UNITS = Decimal(9_999_999_999)


@transaction.atomic
def request(
    offer: OutsideOffer,
    *,
    quantity: Decimal,
    buyer: MicroEnterprise,
    by: User,
    on: date,
    reason: str = "",
    key: str = "",
) -> OutsidePurchase:
    """Ask for so many units at the offer's price; the amount is pre-committed.

    `reason` is shown to the inside providers of the category. With the same `key` of the same
    person the first request comes back. Refused `offer_expired`, `not_trading`,
    `not_enough_money`.
    """
    return _placed(
        State.REQUESTED, offer, quantity=quantity, buyer=buyer, by=by, on=on, reason=reason, key=key
    )


@transaction.atomic
def order(purchase: OutsidePurchase, *, by: User, on: date) -> OutsidePurchase:
    """Order what was requested: pre-committed becomes committed. A retry changes nothing."""
    found = _locked(purchase, by=by, on=on)
    if found.state == State.ORDERED:
        return found
    _require_state(found, State.REQUESTED, "ordered")
    _require_on_offer(found.offer, found.buyer, on=on)
    found.state, found.ordered_on, found.ordered_by = State.ORDERED, on, by
    found.save(update_fields=["state", "ordered_on", "ordered_by"])
    _promise(found, kind=Reservation.Kind.COMMITTED, on=on)
    audit.record("outside_purchase.order", found, by=by, on=on, me=found.buyer)
    return found


@transaction.atomic
def buy(
    offer: OutsideOffer,
    *,
    quantity: Decimal,
    buyer: MicroEnterprise,
    by: User,
    on: date,
    reason: str = "",
    key: str = "",
) -> OutsidePurchase:
    """Request and order in one step: nobody else has to say anything.

    The amount is committed at once. With the `key` of a request that is not ordered yet, that one
    is ordered.
    """
    found = _placed(
        State.ORDERED, offer, quantity=quantity, buyer=buyer, by=by, on=on, reason=reason, key=key
    )
    return order(found, by=by, on=on) if found.state == State.REQUESTED else found


@transaction.atomic
def receive(purchase: OutsidePurchase, *, amount: Decimal, by: User, on: date) -> OutsidePurchase:
    """Pay what really came to the outside, at most what was ordered; the rest is released.

    Refused `more_than_ordered`: more needs a new order. A retry with the same amount changes
    nothing.
    """
    found = _locked(purchase, by=by, on=on)
    if found.state == State.RECEIVED and found.received_amount == amount:
        return found
    _require_state(found, State.ORDERED, "received")
    if not amount.is_finite() or amount <= 0 or amount != to_cents(amount):
        raise Invalid(
            f"The amount {amount} is none above zero with two places. Cancel what never came.",
            field="amount",
            value=amount,
        )
    if amount > found.amount:
        raise Refused(
            f"{amount:,.2f} is more than the {found.amount:,.2f} that was ordered.",
            code="more_than_ordered",
            field="amount",
            value=amount,
            help="Receive what was ordered, and order the rest anew.",
        )
    found.state, found.received_on, found.received_amount = State.RECEIVED, on, amount
    found.save(update_fields=["state", "received_on", "received_amount"])
    ledger.pay_promised(
        found.cause, ledger.system_wallet(Wallet.System.OUTSIDE), amount,
        kind=Transfer.Kind.PURCHASE, month=ledger.month_to_pay(found.cause, on=on),
        reference=f"outside/{found.pk}/received", on=on, by=by,
    )  # fmt: skip
    audit.record("outside_purchase.receive", found, by=by, on=on, me=found.buyer, amount=amount)
    return found


@transaction.atomic
def cancel(purchase: OutsidePurchase, *, by: User, on: date) -> OutsidePurchase:
    """Give an order up before anything came; all of it is released. A retry changes nothing."""
    found = _locked(purchase, by=by, on=on)
    if found.state == State.CANCELLED:
        return found
    if found.state == State.RECEIVED:
        _require_state(found, State.ORDERED, "cancelled")
    found.state, found.cancelled_on = State.CANCELLED, on
    found.save(update_fields=["state", "cancelled_on"])
    freed = ledger.release(found.cause, on=on)
    audit.record("outside_purchase.cancel", found, by=by, on=on, me=found.buyer, released=freed)
    return found


def _placed(
    state: State,
    offer: OutsideOffer,
    *,
    quantity: Decimal,
    buyer: MicroEnterprise,
    by: User,
    on: date,
    reason: str,
    key: str,
) -> OutsidePurchase:
    """A new purchase in that state, requested or ordered; with a used key the one that has it.

    Its money is promised last: whoever buys from the same wallet waits from then on.
    """
    require_orderer(by, buyer, on=on)
    own_key = f"{by.pk}/{key}" if key else ""
    if earlier := _requested_before(own_key, offer, buyer, quantity):
        return earlier
    _require_on_offer(offer, buyer, on=on)
    amount = _amount_of(offer, quantity)
    is_ordered = state == State.ORDERED
    purchase = OutsidePurchase(
        buyer=buyer, offer=offer, quantity=quantity.quantize(QUANTITY), price=offer.price,
        amount=amount, reason=reason.strip(), requested_on=on, requested_by=by, order_key=own_key,
        state=state, ordered_on=on if is_ordered else None, ordered_by=by if is_ordered else None,
    )  # fmt: skip
    try:
        with transaction.atomic():
            purchase.save(force_insert=True)
    except IntegrityError as error:
        earlier = _requested_before(own_key, offer, buyer, quantity)
        if constraints.name_of(error) != "ordered_once_per_key" or earlier is None:
            raise
        return earlier  # A twin requested it while we waited.
    audit.record("outside_purchase.request", purchase, by=by, on=on, me=buyer, amount=amount)
    if is_ordered:
        audit.record("outside_purchase.order", purchase, by=by, on=on, me=buyer)
    kind = Reservation.Kind.COMMITTED if is_ordered else Reservation.Kind.PRE_COMMITTED
    run("SET CONSTRAINTS ALL IMMEDIATE")  # Else keys are checked at commit, under the lock.
    _promise(purchase, kind=kind, on=on)
    return purchase


def _locked(purchase: OutsidePurchase, *, by: User, on: date) -> OutsidePurchase:
    require_known(may_know(by, purchase, on=on))
    require_orderer(by, purchase.buyer, on=on)
    rows = OutsidePurchase.objects.select_related("buyer", "offer__supplier")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=purchase.pk)


def require_orderer(by: User, buyer: MicroEnterprise, *, on: date) -> None:
    require(
        may_sign_for(by, buyer, on=on),
        f"You may not order outside for {buyer}.",
        help=f"Ask the lead of {buyer}, or a member who may sign.",
    )


def _require_state(purchase: OutsidePurchase, wanted: str, event: str) -> None:
    if purchase.state != wanted:
        raise Refused(
            f"{purchase} is {purchase.get_state_display().lower()} and cannot be {event}.",
            code="wrong_state",
            help="Order anew if you need it again.",
            facts={"state": purchase.state},
        )


def _require_on_offer(offer: OutsideOffer, buyer: MicroEnterprise, *, on: date) -> None:
    if not buyer.may_trade:
        raise Refused(
            f"{buyer} is {buyer.get_state_display().lower()} and may not trade.",
            code="not_trading",
            help="Only incubating, active and probation MEs buy.",
        )
    if not OutsideOffer.objects.valid(on=on).filter(pk=offer.pk).exists():
        until = offer.valid_until_on
        when = f"was valid until {until:%-d %B %Y}" if until and until < on else "is not yet valid"
        raise Refused(
            f"The offer of {offer.supplier} {when}.",
            code="offer_expired",
            help="Record its price of today as a new outside offer, then order that.",
        )


def _amount_of(offer: OutsideOffer, quantity: Decimal) -> Decimal:
    if not quantity.is_finite() or not 0 < quantity <= MOST_UNITS:
        raise Invalid(
            f"The quantity {quantity} is not above zero and at most {MOST_UNITS:,}.",
            field="quantity",
            value=quantity,
        )
    if quantity != quantity.quantize(QUANTITY):
        raise Invalid(
            f"The quantity {quantity} has more than three places. Round it.",
            field="quantity",
            value=quantity,
        )
    amount = to_cents(quantity * offer.price)
    if not 0 < amount <= LARGEST:
        raise Invalid(
            f"{quantity:f} {offer.unit} at {offer.price:,.2f} is no amount that can be paid.",
            field="quantity",
            value=quantity,
        )
    return amount


def _promise(purchase: OutsidePurchase, *, kind: Reservation.Kind, on: date) -> None:
    plan = {month_of(on): purchase.amount}
    ledger.promise(purchase.buyer, plan, kind=kind, cause=purchase.cause, on=on)


def _requested_before(
    key: str, offer: OutsideOffer, buyer: MicroEnterprise, quantity: Decimal
) -> OutsidePurchase | None:
    earlier = OutsidePurchase.objects.filter(order_key=key).first() if key else None
    asked = (offer.pk, buyer.pk, quantity)
    if earlier and (earlier.offer_id, earlier.buyer_id, earlier.quantity) != asked:
        raise Refused(
            "This form was already used for another order.",
            code="key_reused",
            help="Open the offer again and order anew.",
        )
    return earlier
