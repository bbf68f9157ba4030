"""Rows that tell a contract's story: versions, signatures and the chained events.

All of them are written while the contract's row is locked.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from accounts import audit, clock
from accounts.constraints import saying
from accounts.errors import Refused
from accounts.models import MicroEnterprise, User
from contracts import terms as papers
from contracts.actions import guards
from contracts.lifecycle import TABLE, Event, Row
from contracts.models import (
    Contract,
    ContractEvent,
    ContractVersion,
    ServiceLevel,
    Signature,
    SuccessMeasure,
)
from contracts.terms import Terms
from marketplace.levels import columns_of


def write_version(
    contract: Contract, terms: Terms, *, title: str, party: MicroEnterprise, by: User, on: date
) -> ContractVersion:
    """The next version of the full terms, which becomes the current one."""
    number = contract.versions.count() + 1
    document = terms.document(
        contract=contract.pk,
        number=number,
        buyer=contract.buyer_id,
        provider=contract.provider_id,
        offering=contract.offering_id,
        title=title,
        valid_from_on=terms.starts_on,
    )
    version = ContractVersion.objects.create(
        contract=contract, number=number, terms=document, hash=papers.hash_of(document),
        title=title, plan=terms.plan, price=terms.price, unit=terms.unit,
        expected_quantity=terms.expected_quantity, cap_quantity=terms.cap_quantity,
        starts_on=terms.starts_on, ends_on=terms.ends_on, valid_from_on=terms.starts_on,
        written_by=by, written_for=party, written_on=on, credit_cap=terms.credit_cap,
        **_adjustment_columns(terms),
    )  # fmt: skip
    SuccessMeasure.objects.bulk_create(
        SuccessMeasure(version=version, number=number, **asdict(measure))
        for number, measure in enumerate(terms.measures, start=1)
    )
    ServiceLevel.objects.bulk_create(
        ServiceLevel(version=version, number=number, **columns_of(level))
        for number, level in enumerate(terms.levels, start=1)
    )
    contract.current = version
    contract.starts_on, contract.ends_on = terms.starts_on, terms.ends_on
    return version


def _adjustment_columns(terms: Terms) -> dict[str, Decimal]:
    if terms.adjustment is None:
        return {}
    return {f"satisfaction_{name}": value for name, value in asdict(terms.adjustment).items()}


def sign(contract: Contract, *, party: MicroEnterprise, by: User, on: date, at: datetime) -> None:
    """A signature on the current version's hash; never by one person for both sides."""
    version = contract.current
    if version is None:
        raise AssertionError(f"{contract} has no terms.")
    guards.require_other_signer(contract, party=party, by=by)
    with saying(
        party_signs_once=Refused(
            f"{party} has signed this version; the other side answers.", code="not_your_turn"
        ),
        nobody_signs_both_sides=guards.both_sides(party),
    ):
        Signature.objects.create(
            version=version, contract=contract, party=party, signed_by=by,
            hash=version.hash, signed_on=on, signed_at=at,
        )  # fmt: skip


def record_event(
    contract: Contract,
    event: Event,
    row: Row,
    *,
    on: date,
    at: datetime,
    by: User | None = None,
    party: MicroEnterprise | None = None,
    note: str = "",
    changed: Sequence[str] = (),
    **payload: Any,
) -> ContractEvent:
    """Chain one event to the last, bring the contract into the row's state and save it.

    `changed` names further fields of the contract that the caller has set. `payload` holds ids
    and figures, never names.
    """
    told = papers.plain(payload | {"from": contract.state, "to": row.to, "because": row.because})
    happened = ContractEvent(
        contract=contract, number=contract.event_count + 1, kind=event, on=on, at=at, actor=by,
        party=party, version=contract.current, note=note, payload=told,
        previous_hash=contract.head_hash,
    )  # fmt: skip
    happened.hash = papers.link(contract.head_hash, document_of(happened))
    happened.save(force_insert=True)
    contract.state, contract.ended_because = row.to, row.because
    contract.head_hash, contract.event_count = happened.hash, happened.number
    contract.save(update_fields=["state", "ended_because", "head_hash", "event_count", *changed])
    audit.record(
        f"contract.{event}", contract, by=by, on=on, me=party, at=at, number=happened.number
    )
    return happened


def catch_up(contract: Contract, *, on: date) -> bool:
    """Write down that the start has come, where no job has yet; whether it had to be."""
    if contract.state != Contract.State.AGREED or on < contract.starts_on:
        return False
    row = TABLE[Contract.State.AGREED, Event.START]
    record_event(contract, Event.START, row, on=on, at=clock.now(), since=contract.starts_on)
    return True


def document_of(event: ContractEvent) -> dict[str, Any]:
    """What of an event is hashed: all of it but the hashes, by ids."""
    return {
        "contract": event.contract_id,
        "number": event.number,
        "kind": str(event.kind),
        "on": event.on,
        "at": event.at,
        "actor": event.actor_id,
        "party": event.party_id,
        "version": event.version_id,
        "note": event.note,
        "payload": event.payload,
    }
