"""What the provider delivered: entered by its members, answered by the buyer's (PRODUCT 4.10)."""

from datetime import date
from decimal import Decimal

from django.db import transaction

from accounts import audit, permissions
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import User
from contracts import lifecycle
from contracts.actions import guards
from contracts.models import Contract, Usage
from contracts.queries import delivery as queries
from contracts.queries.agreements import may_know
from contracts.queries.suspended import is_suspended
from ledger.months import month_of
from marketplace.price_plans import Plan

# The widest that the column holds.
MOST_UNITS = Decimal(10_000_000_000)
_UNIT = Decimal("0.001")


@transaction.atomic
def report_usage(
    contract: Contract,
    *,
    quantity: Decimal,
    used_on: date,
    key: str,
    by: User,
    on: date,
    item: str = "",
    note: str = "",
) -> Usage:
    """Enter a delivered quantity, once per key; it counts unless the buyer contests it.

    `quantity` is in the units of the contract (hours, outcomes, the measured gain: whatever its
    price plan of that day counts, which `item` may name), with up to three decimals. Refused
    `outside_dates`, `nothing_to_count`, `other_item`, `key_reused`; Invalid names the field.
    """
    permissions.require_known(may_know(by, contract, on=on))
    require_provider(contract, by=by, on=on)
    asked = Usage(
        contract=contract, quantity=_quantity(quantity), used_on=used_on, key=key, note=note,
        origin_month=month_of(used_on), entered_on=on, entered_by=by,
    )  # fmt: skip
    if done := _entered_before(asked):
        return done
    held = guards.locked(contract)  # So that nobody ends or suspends it meanwhile.
    asked.item = _item_of(held, used_on, asked=item, on=on)
    reused = _key_reused(key)
    try:
        with saying(usage_entered_once_per_key=reused):
            asked.save(force_insert=True)
    except Refused:
        if done := _entered_before(asked):  # A twin entered it a moment ago.
            return done
        raise
    audit.record(
        "usage.report", asked, by=by, on=on, me=contract.provider,
        contract=contract.pk, quantity=asked.quantity, used_on=used_on,
    )  # fmt: skip
    return asked


@transaction.atomic
def confirm_usage(usage: Usage, *, by: User, on: date) -> Usage:
    """The buyer says that it was delivered; what was contested counts from then on."""
    usage = _held(usage)
    require_buyer(usage.contract, by=by, on=on)
    if usage.state == Usage.State.CONFIRMED:
        return usage
    _require_state(usage, Usage.State.REPORTED, Usage.State.CONTESTED)
    return _answer(usage, Usage.State.CONFIRMED, by=by, on=on)


@transaction.atomic
def contest_usage(usage: Usage, *, reason: str, by: User, on: date) -> Usage:
    """The buyer says why not; it waits until the buyer confirms it or the provider withdraws it.

    Possible until the end of day 3 of the month after the one that would count it.
    """
    usage = _held(usage)
    require_buyer(usage.contract, by=by, on=on)
    if usage.state == Usage.State.CONTESTED:
        return usage
    _require_state(usage, Usage.State.REPORTED)
    if not reason.strip():
        raise Invalid(
            "Say what is wrong with it, so that the provider can put it right.",
            field="reason",
            value=reason,
        )
    until = queries.contest_until(usage)
    if on > until or usage.counted_in:
        raise Refused(
            f"It could be contested until {until:%-d %B %Y} and counts as confirmed.",
            code="too_late_to_contest",
            help="Talk to the provider: a correction is a line of the next month.",
        )
    usage.contest_reason = reason.strip()
    return _answer(usage, Usage.State.CONTESTED, by=by, on=on)


@transaction.atomic
def withdraw_usage(usage: Usage, *, by: User, on: date) -> Usage:
    """The provider takes an entry back, while no settlement has counted it."""
    usage = _held(usage)
    permissions.require_known(may_know(by, usage.contract, on=on))
    require_provider(usage.contract, by=by, on=on)
    if usage.state == Usage.State.WITHDRAWN:
        return usage
    if usage.counted_in:
        raise Refused(
            f"It is counted in {usage.counted_in:%B %Y} already.",
            code="already_counted",
            help="A correction is a line of the next month.",
        )
    usage.state = Usage.State.WITHDRAWN
    usage.save(update_fields=["state"])
    audit.record("usage.withdraw", usage, by=by, on=on, me=usage.contract.provider)
    return usage


def _entered_before(asked: Usage) -> Usage | None:
    done = Usage.objects.filter(contract=asked.contract, key=asked.key).first()
    if done is None:
        return None
    if (done.quantity, done.used_on, done.note) != (asked.quantity, asked.used_on, asked.note):
        raise _key_reused(asked.key)
    return done


def _key_reused(key: str) -> Refused:
    return Refused(
        f"The key {key} was already used for another entry of this contract.",
        code="key_reused",
        field="key",
        value=key,
        help="Use a new key for a new entry.",
    )


def _item_of(contract: Contract, used_on: date, *, asked: str, on: date) -> str:
    """What the contract counts on a day on which something may have been delivered."""
    if used_on > on:
        raise Invalid(
            f"{used_on:%-d %B %Y} lies in the future. Enter what was delivered until today.",
            field="used_on",
            value=used_on,
        )
    if not lifecycle.is_running(contract, on=used_on) or contract.state == Contract.State.CLOSED:
        last = min(lifecycle.last_day_of(contract), contract.over_after_on or date.max)
        raise Refused(
            f"{contract} runs from {contract.starts_on:%-d %B %Y} to {last:%-d %B %Y};"
            f" {used_on:%-d %B %Y} is no day of it.",
            code="outside_dates",
            field="used_on",
            value=used_on,
        )
    if is_suspended(contract, on=used_on):
        raise Refused(
            f"{contract} was suspended on {used_on:%-d %B %Y}, so nothing was delivered.",
            code="suspended",
            field="used_on",
            value=used_on,
            help="Enter it for the day on which it was delivered.",
        )
    version = queries.version_on(contract, on=used_on)
    item = Plan(version.plan).counts if version else ""
    if not item:
        raise Refused(
            f"{contract} has a fixed price, so there is nothing to count.",
            code="nothing_to_count",
            help="Enter the results of its success measures instead.",
        )
    if asked not in {"", item}:
        raise Refused(
            f"{contract} counts {item} on {used_on:%-d %B %Y}, not {asked}.",
            code="other_item",
            field="item",
            value=asked,
            help="Leave the item out, or name the one that the price plan counts.",
        )
    return item


def require_provider(contract: Contract, *, by: User, on: date) -> None:
    permissions.require(
        permissions.may_enter_delivery(by, contract.provider, on=on),
        f"Only members of {contract.provider} enter what was delivered.",
        help=f"Ask a member of {contract.provider}.",
    )


def require_buyer(contract: Contract, *, by: User, on: date) -> None:
    permissions.require_known(may_know(by, contract, on=on))
    permissions.require(
        permissions.may_confirm_delivery(by, contract.buyer, on=on),
        f"Only members of {contract.buyer} confirm or contest what was delivered.",
        help=f"Ask a member of {contract.buyer}.",
    )


def _require_state(usage: Usage, *states: str) -> None:
    if usage.state not in states:
        raise Refused(
            f"The entry is {usage.get_state_display().lower()} already.", code="wrong_state"
        )


def _answer(usage: Usage, state: str, *, by: User, on: date) -> Usage:
    usage.state, usage.answered_on, usage.answered_by = Usage.State(state), on, by
    usage.save(update_fields=["state", "answered_on", "answered_by", "contest_reason"])
    audit.record(f"usage.{state}", usage, by=by, on=on, me=usage.contract.buyer)
    return usage


def _held(usage: Usage) -> Usage:
    rows = Usage.objects.select_related("contract__buyer", "contract__provider")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=usage.pk)


def _quantity(quantity: Decimal) -> Decimal:
    if not quantity.is_finite() or not 0 < quantity < MOST_UNITS:
        raise Invalid(
            f"{quantity} is no quantity. Enter a number above 0.", field="quantity", value=quantity
        )
    if quantity != (rounded := quantity.quantize(_UNIT)):
        raise Invalid(
            f"{quantity} has more than three decimals. Round it.", field="quantity", value=quantity
        )
    return rounded
