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
from contracts.lifecycle import TABLE, Event, OpenRecord, Row, end_after_months
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

OF_THE_TERMS = ("current", "starts_on", "ends_on", "renews_months")
_KEPT = (
    "state", "ended_because", "head_hash", "event_count", "over_after_on", "over_because",
)  # fmt: skip


def write_version(
    contract: Contract, terms: Terms, *, title: str, party: MicroEnterprise, by: User, on: date
) -> ContractVersion:
    """The next version of the full terms, which becomes the current one."""
    version = propose_version(
        contract, terms, title=title, valid_from_on=terms.starts_on, party=party, by=by, on=on
    )
    make_current(contract, version)
    return version


def make_current(contract: Contract, version: ContractVersion) -> None:
    """Let the contract follow these terms; the caller saves the fields of `OF_THE_TERMS`."""
    contract.current = version
    contract.starts_on, contract.ends_on = version.starts_on, version.ends_on
    contract.renews_months = version.terms.get("renews_months", 0)


def propose_version(
    contract: Contract,
    terms: Terms,
    *,
    title: str,
    valid_from_on: date,
    party: MicroEnterprise,
    by: User,
    on: date,
) -> ContractVersion:
    """The next version of the full terms, beside the current one; in force from its day if both
    sides sign it. Invalid where the mediator that they name could not be one."""
    guards.require_mediator(contract, terms, on=on)
    number = contract.versions.count() + 1
    document = terms.document(
        contract=contract.pk,
        number=number,
        buyer=contract.buyer_id,
        provider=contract.provider_id,
        offering=contract.offering_id,
        title=title,
        valid_from_on=valid_from_on,
    )
    version = ContractVersion.objects.create(
        contract=contract, number=number, terms=document, hash=papers.hash_of(document),
        title=title, plan=terms.plan, price=terms.price, unit=terms.unit,
        parameters=dict(terms.parameters), cap_amount=terms.cap_amount,
        expected_quantity=terms.expected_quantity, cap_quantity=terms.cap_quantity,
        starts_on=terms.starts_on, ends_on=terms.ends_on, valid_from_on=valid_from_on,
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
    return version


def _adjustment_columns(terms: Terms) -> dict[str, Decimal]:
    if terms.adjustment is None:
        return {}
    return {f"satisfaction_{name}": value for name, value in asdict(terms.adjustment).items()}


def sign(
    contract: Contract,
    *,
    party: MicroEnterprise,
    by: User,
    on: date,
    at: datetime,
    version: ContractVersion | None = None,
) -> None:
    """A signature on the hash of the version (the current one); never by one person for both."""
    version = version or contract.current
    if version is None:
        raise AssertionError(f"{contract} has no terms.")
    guards.require_other_signer(contract, party=party, by=by)
    guards.require_short_on_probation(party, version, on=on)
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
    event: Event | OpenRecord,
    row: Row,
    *,
    on: date,
    at: datetime,
    by: User | None = None,
    party: MicroEnterprise | None = None,
    note: str = "",
    changed: Sequence[str] = (),
    version: ContractVersion | None = None,
    **payload: Any,
) -> ContractEvent:
    """Chain one event to the last, bring the contract into the row's state and save it.

    `changed` names further fields of the contract that the caller has set. `payload` holds ids
    and figures, never names.
    """
    told = papers.plain(payload | {"from": contract.state, "to": row.to, "because": row.because})
    happened = ContractEvent(
        contract=contract, number=contract.event_count + 1, kind=event, on=on, at=at, actor=by,
        party=party, version=version or contract.current, note=note, payload=told,
        previous_hash=contract.head_hash,
    )  # fmt: skip
    happened.hash = papers.link(contract.head_hash, document_of(happened))
    happened.save(force_insert=True)
    contract.state, contract.ended_because = row.to, row.because
    contract.head_hash, contract.event_count = happened.hash, happened.number
    if row.to == Contract.State.ENDED:
        contract.over_after_on, contract.over_because = None, ""
    contract.save(update_fields=[*_KEPT, *changed])
    audit.record(
        f"contract.{event}", contract, by=by, on=on, me=party, at=at, number=happened.number
    )
    return happened


def catch_up(contract: Contract, *, on: date) -> bool:
    """Write down that the start has come, and that the terms have renewed it, where no job has
    yet; whether there was anything to write."""
    is_behind = contract.state == Contract.State.AGREED and on >= contract.starts_on
    if is_behind:
        row = TABLE[Contract.State.AGREED, Event.START]
        record_event(contract, Event.START, row, on=on, at=clock.now(), since=contract.starts_on)
    return _catch_up_with_renewals(contract, on=on) or is_behind


def _catch_up_with_renewals(contract: Contract, *, on: date) -> bool:
    """On the last day of a term that renews itself the next one is written down."""
    row, is_behind = TABLE[Contract.State.ACTIVE, Event.RENEW_ITSELF], False
    while _renews(contract, on=on):
        before = contract.ends_on
        contract.ends_on = end_after_months(before, months=contract.renews_months)
        # Its new months are committed with those of the year, as far as the money goes.
        contract.end_reminded_on, contract.is_unfunded, is_behind = None, True, True
        record_event(
            contract, Event.RENEW_ITSELF, row, on=on, at=clock.now(),
            changed=["ends_on", "end_reminded_on", "is_unfunded"], since=before,
            ends_on=contract.ends_on,
        )  # fmt: skip
    return is_behind


def _renews(contract: Contract, *, on: date) -> bool:
    is_active = contract.state == Contract.State.ACTIVE and contract.ended_on is None
    return is_active and contract.renews_months > 0 and on >= contract.ends_on


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
