"""Many buyers with the same signed contracts, for tests of size; bulk rows that add up."""

import copy
from decimal import Decimal
from itertools import count

from accounts import clock
from accounts.models import MicroEnterprise
from contracts.models import Contract, ContractVersion, Measurement, ServiceLevel, Signature, Usage
from ledger.actions import system_wallet
from ledger.models import Reservation, Transfer, Wallet
from tests.make.people import FORMED, MARCH, TODAY

_numbers = count(1)


def crowd(contracts, buyers):
    """As many new buyers, each with a copy of every one of these contracts and its deliveries.

    A copy has the state, terms, signatures, promises, usage and measurements of its original; its
    buyer was granted 100,000.00.
    """
    mes = MicroEnterprise.objects.bulk_create(
        _copy(contracts[0].buyer, name=f"Crowd {next(_numbers)}") for _ in range(buyers)
    )
    pairs = [(me, contract) for me in mes for contract in contracts]
    made = Contract.objects.bulk_create(
        _copy(contract, buyer=me, current=None, draft_key="") for me, contract in pairs
    )
    versions = ContractVersion.objects.bulk_create(
        _copy(contract.current, contract=each)
        for each, (_, contract) in zip(made, pairs, strict=True)
    )
    for each, version in zip(made, versions, strict=True):
        each.current = version
    Contract.objects.bulk_update(made, ["current"])
    copies = list(zip(made, [contract for _, contract in pairs], strict=True))
    _sign(copies)
    _deliver(copies)
    _promise(mes, copies)
    return made


def _sign(copies):
    for each, original in copies:
        each.signed = [
            _copy(
                row, contract=each, version=each.current,
                party_id=each.buyer_id if row.party_id == original.buyer_id else row.party_id,
            )
            for row in original.signatures.all()
        ]  # fmt: skip
    Signature.objects.bulk_create(row for each, _ in copies for row in each.signed)


def _deliver(copies):
    levels = ServiceLevel.objects.bulk_create(
        _copy(row, version=each.current)
        for each, original in copies
        for row in original.current.levels.all()
    )
    of = {level.version.contract_id: level for level in levels}
    Measurement.objects.bulk_create(
        _copy(row, contract=each, level=of[each.pk])
        for each, original in copies
        for row in Measurement.objects.filter(contract=original)
    )
    Usage.objects.bulk_create(
        _copy(row, contract=each) for each, original in copies for row in original.usage.all()
    )


def _promise(mes, copies):
    granted, treasury = Decimal("100000.00"), system_wallet("treasury")
    wallets = {
        wallet.owner_id: wallet
        for wallet in Wallet.objects.bulk_create(
            Wallet(owner=me, fund="operating", fiscal_year=FORMED.year, balance=granted)
            for me in mes
        )
    }
    Transfer.objects.bulk_create(
        Transfer(
            payer=treasury, payee=wallet, amount=granted, kind="grant", month=FORMED,
            posted_on=TODAY, posted_at=clock.now(),
            reference=f"grant/crowd/{wallet.pk}", cause_route="ledger:grant", cause_id=wallet.pk,
        )
        for wallet in wallets.values()
    )  # fmt: skip
    rows = []
    for each, original in copies:
        for row in Reservation.objects.open().of(original.cause).filter(month__gte=MARCH):
            wallet = wallets[each.buyer_id]
            rows.append(_copy(row, wallet=wallet, **each.cause._asdict()))
            wallet.reserved += row.amount
    Reservation.objects.bulk_create(rows)
    Wallet.objects.bulk_update(wallets.values(), ["reserved"])


def _copy(row, **changes):
    row = copy.copy(row)
    row.pk = None
    row._state = copy.copy(row._state)  # noqa: SLF001  else the relations that it knows are shared
    row._state.fields_cache = {}  # noqa: SLF001
    for name, value in changes.items():
        setattr(row, name, value)
    return row
