"""The month as a team would write it first: contract by contract, object by object."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from contracts.models import Contract, SettlementLine, Usage
from contracts.pricing import PricedDays, fee
from ledger.models import Reservation, SettlementRun, Transfer, Wallet
from ledger.money import to_cents
from ledger.months import last_day


def settle_naively(month: date) -> int:
    """Lines, transfer, reservation and wallets of each contract in a transaction of its own."""
    run = SettlementRun.objects.create(month=month, opened_at=timezone.now())
    contracts = Contract.objects.filter(state="active", starts_on__lte=last_day(month))
    for contract in contracts.filter(ends_on__gte=month).order_by("pk"):
        with transaction.atomic():
            _settle(contract, run)
    return contracts.count()


def _settle(contract: Contract, run: SettlementRun) -> None:
    versions = list(contract.versions.order_by("number"))
    kind, amount = "fee", Decimal(0)
    if versions[0].plan == "fixed":
        starts = [max(each.valid_from_on, contract.starts_on) for each in versions]
        ends = [date.fromordinal(each.toordinal() - 1) for each in starts[1:]]
        spans = zip(starts, [*ends, contract.ends_on], versions, strict=True)
        amount = fee([PricedDays(a, b, version.price) for a, b, version in spans], run.month)
    else:
        kind = "usage"
        for usage in Usage.objects.filter(contract=contract, origin_month=run.month):
            amount += usage.quantity * versions[-1].price
            usage.counted_in = run.month
            usage.save()
        amount = to_cents(amount)
    SettlementLine.objects.create(
        run=run, contract=contract, version=versions[-1], month=run.month, kind=kind, term=kind,
        origin_month=run.month, amount=amount, calculation=f"{amount}",
    )  # fmt: skip
    wallets = Wallet.objects.select_for_update().filter(fund="operating", fiscal_year=2026)
    buyer = wallets.get(owner=contract.buyer_id)
    provider = wallets.get(owner=contract.provider_id)
    promise = Reservation.objects.select_for_update().filter(
        cause_route="contracts:contract", cause_id=contract.pk, month=run.month, closed_on=None
    )
    for each in promise:
        buyer.reserved -= each.amount
        each.closed_on = timezone.localdate()
        each.save()
    if amount and amount <= buyer.available:
        Transfer.objects.create(
            payer=buyer, payee=provider, amount=amount, kind="charge", month=run.month,
            reference=f"{run.month:%Y-%m}/contract/{contract.pk}/net", posted_on=run.month,
            posted_at=timezone.now(), cause_route="contracts:contract", cause_id=contract.pk,
        )  # fmt: skip
        buyer.balance -= amount
        provider.balance += amount
        provider.reserved += amount
    buyer.save()
    provider.save()
