"""Deliveries, ratings and settled months, by the real actions."""

from datetime import date
from decimal import Decimal
from itertools import count

from contracts import settlement
from contracts.actions import delivery, ratings
from contracts.models import Contract, ContractVersion, Signature
from ledger.models import Reservation, SettlementRun, Wallet
from ledger.months import following
from tests.make.contracts import agreed, lead_of
from tests.make.money import granted
from tests.make.people import MARCH, me, member

_numbers = count(1)


def hires(buyer=None, provider=None, *, expected=10, cap=12, price="100.00", **rest):
    """A signed contract per unit from 1 March: 10 hires a month expected, 12 at most, at 100.00."""
    return agreed(buyer, provider, plan="per_unit", price=price, expected=expected, cap=cap, **rest)


def used(contract, quantity, *, used_on=date(2026, 3, 20), on=None, **fields):
    """Entered by the provider's lead on the day of use unless told."""
    fields.setdefault("key", f"delivery-{next(_numbers)}")
    contract = Contract.objects.get(pk=contract.pk)
    return delivery.report_usage(
        contract, quantity=Decimal(quantity), used_on=used_on, by=lead_of(contract.provider),
        on=on or used_on, **fields,
    )  # fmt: skip


def contested(usage, *, reason="It was not delivered", on=None):
    by = lead_of(usage.contract.buyer)
    return delivery.contest_usage(usage, reason=reason, by=by, on=on or usage.entered_on)


def confirmed(usage, *, on=None):
    by = lead_of(usage.contract.buyer)
    return delivery.confirm_usage(usage, by=by, on=on or usage.entered_on)


def copied(contract):
    """The same signed contract for a new buyer, promises included; fast, for tests of size."""
    buyer = me(kind="frontline")
    granted(buyer, "1000000.00")
    version, promises = contract.current, Reservation.objects.open().of(contract.cause)
    rows = [(row.month, row.amount) for row in promises]
    signatures = list(contract.signatures.all())
    old_buyer, provider = contract.buyer_id, contract.provider_id
    made = Contract.objects.get(pk=contract.pk)
    made.pk, made.buyer, made.current, made.draft_key = None, buyer, None, ""
    made.save(force_insert=True)
    copy = ContractVersion.objects.get(pk=version.pk)
    copy.pk, copy.contract = None, made
    copy.save(force_insert=True)
    for level in version.levels.all():
        level.pk, level.version = None, copy
        level.save(force_insert=True)
    Contract.objects.filter(pk=made.pk).update(current=copy)
    for each in signatures:
        party = buyer.pk if each.party_id == old_buyer else provider
        Signature.objects.create(
            version=copy, contract=made, party_id=party, signed_by=each.signed_by, hash=each.hash,
            signed_on=each.signed_on, signed_at=each.signed_at,
        )  # fmt: skip
    wallet = Wallet.objects.get(owner=buyer)
    Reservation.objects.bulk_create(
        Reservation(
            wallet=wallet, kind="committed", month=month, amount=amount, **made.cause._asdict()
        )
        for month, amount in rows
    )
    Wallet.objects.filter(pk=wallet.pk).update(reserved=sum(amount for _, amount in rows))
    return Contract.objects.get(pk=made.pk)


def settled(month=MARCH, *, to="posted", on=None):
    """The month's run, worked on until nothing is left to do, by default on the 6th."""
    on = on or following(month).replace(day=6)
    settlement.ask_for(month, to=SettlementRun.State(to), on=on)
    return settlement.work(month, on=on)


def rated(contract, *scores, month=MARCH, on=None):
    """One new member of the buyer for each score, who gives it on the 2nd of the next month."""
    on = on or following(month).replace(day=2)
    raters = []
    for score in scores:
        rater = member(contract.buyer)
        ratings.rate(contract, month=month, score=score, by=rater, on=on)
        raters.append(rater)
    return raters
