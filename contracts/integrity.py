"""Whether what was signed is what stands there, derived anew from the rows alone (PRODUCT 4.2).

Shares no code with the actions that wrote the rows: the hashes are computed here once more.
Reads contracts in chunks, so that memory stays bounded however many there are.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

from contracts.models import (
    Contract,
    ContractEvent,
    ContractVersion,
    ServiceLevel,
    Signature,
    SuccessMeasure,
    Suspension,
)

CHUNK = 500
State = Contract.State
# What both sides must have signed, and the events that carry a signature.
_SIGNED = {State.AGREED, State.ACTIVE, State.SUSPENDED, State.NOTICE, State.ENDED, State.CLOSED}
_SIGNING = {
    "offer", "counter", "accept", "propose_amendment", "amend", "propose_renewal", "renew",
}  # fmt: skip
_PAUSING = {"suspend", "order_suspension"}
_COPIES = (
    "title",
    "plan",
    "unit",
    "price",
    "expected_quantity",
    "cap_quantity",
    "parameters",
    "starts_on",
    "ends_on",
)
_DEFAULT_CAP = "15.00"
_ADJUSTMENT = ("percent", "target", "floor")
_LEVEL = (
    "name", "promise", "unit", "measurer", "excludes_maintenance", "excludes_buyer_caused",
    "tiers", "earns_back", "bonus_above", "bonus",
)  # fmt: skip
# What a document that is older than a term leaves out.
_OLDER: Mapping[str, Any] = {"parameters": {}}
_MEASURE = ("name", "unit", "direction", "target", "floor", "method", "measurer", "weight")


class Fault(NamedTuple):
    """What is broken, by kind and key, and how it shows."""

    what: str
    detail: str


class _Rows(NamedTuple):
    """Everything that a chunk of contracts holds, by the key of the contract."""

    versions: Mapping[int, list[ContractVersion]]
    signatures: Mapping[int, list[Signature]]
    events: Mapping[int, list[ContractEvent]]
    measures: Mapping[int, list[SuccessMeasure]]
    levels: Mapping[int, list[ServiceLevel]]
    pauses: Mapping[int, list[Suspension]]


def verify_contracts() -> dict[str, Any]:
    """`{"checked", "broken": [{"what", "detail"}]}` over every contract."""
    checked, broken = 0, []
    for contracts in _chunks():
        rows = _rows_of([contract.pk for contract in contracts])
        for contract in contracts:
            broken += [fault._asdict() for fault in faults_of(contract, rows)]
        checked += len(contracts)
    return {"checked": checked, "broken": broken}


def verify_contract(contract: Contract) -> list[Fault]:
    """The faults of one contract, for its own page."""
    return list(faults_of(contract, _rows_of([contract.pk])))


def faults_of(contract: Contract, rows: _Rows) -> Iterator[Fault]:
    """Versions, signatures and the chain of one contract; of a chain only the first broken link."""
    versions = rows.versions[contract.pk]
    for version in versions:
        yield from _version_faults(contract, version, rows.measures[version.pk])
        yield from _level_faults(contract, version, rows.levels[version.pk])
    yield from _signature_faults(contract, versions, rows.signatures[contract.pk])
    events = rows.events[contract.pk]
    yield from _current_faults(contract, versions, events)
    yield from _chain_faults(contract, events)
    yield from _story_faults(contract, events, rows.signatures[contract.pk])
    yield from _pause_faults(contract, events, rows.pauses[contract.pk])


def _chunks() -> Iterator[list[Contract]]:
    last = 0
    while True:
        found = list(Contract.objects.filter(pk__gt=last).order_by("pk")[:CHUNK])
        if not found:
            return
        yield found
        last = found[-1].pk


def _rows_of(keys: list[int]) -> _Rows:
    versions = ContractVersion.objects.filter(contract__in=keys).order_by("number")
    return _Rows(
        _grouped(versions, "contract_id"),
        _grouped(Signature.objects.filter(contract__in=keys).order_by("pk"), "contract_id"),
        _grouped(ContractEvent.objects.filter(contract__in=keys).order_by("number"), "contract_id"),
        _grouped(SuccessMeasure.objects.filter(version__contract__in=keys), "version_id"),
        _grouped(ServiceLevel.objects.filter(version__contract__in=keys), "version_id"),
        _grouped(Suspension.objects.filter(contract__in=keys).order_by("pk"), "contract_id"),
    )


def _grouped(rows: Iterable[Any], by: str) -> Mapping[int, list[Any]]:
    groups: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, by)].append(row)
    return groups


def _digest(document: object, *, after: str = "") -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(f"{after}{text}".encode()).hexdigest()


def _version_faults(
    contract: Contract, version: ContractVersion, measures: list[SuccessMeasure]
) -> Iterator[Fault]:
    what = f"contract {contract.pk}, version {version.number}"
    terms = version.terms
    if _digest(terms) != version.hash:
        yield Fault(what, "The terms do not give the hash that is stored with them.")
    ids = {"contract": contract.pk, "buyer": contract.buyer_id, "provider": contract.provider_id}
    ids |= {"offering": contract.offering_id, "number": version.number}
    for name, value in ids.items():
        if terms.get(name) != value:
            yield Fault(what, f"The terms name {name} {terms.get(name)}, the contract {value}.")
    for name in _COPIES:
        if not _is_same(terms.get(name, _OLDER.get(name)), getattr(version, name)):
            yield Fault(what, f"Beside the terms, {name} is {getattr(version, name)}.")
    yield from _measure_faults(what, terms, measures)


def _measure_faults(
    what: str, terms: Mapping[str, Any], measures: list[SuccessMeasure]
) -> Iterator[Fault]:
    promised = {each["number"]: each for each in terms.get("measures", [])}
    if promised.keys() != {each.number for each in measures}:
        yield Fault(what, "The success measures are not those of the terms.")
    for measure in measures:
        signed = promised.get(measure.number, {})
        for name in _MEASURE:
            if not _is_same(signed.get(name), getattr(measure, name)):
                yield Fault(what, f"Success measure {measure.number} has another {name}.")


def _level_faults(
    contract: Contract, version: ContractVersion, levels: list[ServiceLevel]
) -> Iterator[Fault]:
    """Service levels and what else decides on credits."""
    what = f"contract {contract.pk}, version {version.number}"
    promised = {each["number"]: each for each in version.terms.get("levels", [])}
    if promised.keys() != {each.number for each in levels}:
        yield Fault(what, "The service levels are not those of the terms.")
    for level in levels:
        signed = promised.get(level.number, {})
        for name in _LEVEL:
            if not _is_same(signed.get(name), getattr(level, name)):
                yield Fault(what, f"Service level {level.number} has another {name}.")
    yield from _credit_faults(what, version)


def _credit_faults(what: str, version: ContractVersion) -> Iterator[Fault]:
    """Documents of an earlier form name neither cap nor adjustment."""
    if not _is_same(version.terms.get("credit_cap", _DEFAULT_CAP), version.credit_cap):
        yield Fault(what, f"Beside the terms, credit_cap is {version.credit_cap}.")
    agreed = version.terms.get("adjustment") or {}
    for name in _ADJUSTMENT:
        if not _is_same(agreed.get(name), getattr(version, f"satisfaction_{name}")):
            yield Fault(what, f"The satisfaction adjustment has another {name}.")


def _signature_faults(
    contract: Contract, versions: list[ContractVersion], signatures: list[Signature]
) -> Iterator[Fault]:
    hashes = {version.pk: version for version in versions}
    parties = {contract.buyer_id, contract.provider_id}
    sides: dict[int, set[int]] = defaultdict(set)
    for signature in signatures:
        version = hashes.get(signature.version_id)
        what = f"contract {contract.pk}, signature {signature.pk}"
        sides[signature.signed_by_id].add(signature.party_id)
        if version is None:
            yield Fault(what, "It stands under a version of another contract.")
        elif signature.hash != version.hash:
            yield Fault(what, f"It is on another hash than version {version.number}.")
        if signature.party_id not in parties:
            yield Fault(what, f"ME {signature.party_id} is no party.")
    yield from _side_faults(contract, sides, signatures)


def _side_faults(
    contract: Contract, sides: Mapping[int, set[int]], signatures: list[Signature]
) -> Iterator[Fault]:
    """Nobody signed for both sides, and what is in force was signed by both."""
    what = f"contract {contract.pk}, signatures"
    for signer, signed_for in sides.items():
        if len(signed_for) > 1:
            yield Fault(what, f"User {signer} signed for both sides.")
    if contract.state in _SIGNED:
        on_current = [each for each in signatures if each.version_id == contract.current_id]
        if {each.party_id for each in on_current} != {contract.buyer_id, contract.provider_id}:
            yield Fault(what, f"It is {contract.state}, but not both sides signed its terms.")


def _current_faults(
    contract: Contract, versions: list[ContractVersion], events: list[ContractEvent]
) -> Iterator[Fault]:
    what = f"contract {contract.pk}"
    if [version.number for version in versions] != list(range(1, len(versions) + 1)):
        yield Fault(what, "A version is missing.")
    current = next((each for each in versions if each.pk == contract.current_id), None)
    if current is None:
        yield Fault(what, "Its current terms are not among its versions.")
        return
    ends_on = current.ends_on.isoformat()
    for event in events:  # Terms that renew the contract move its end on by themselves.
        if event.kind == "renew_itself" and event.version_id == current.pk:
            ends_on = event.payload["ends_on"]
    if (contract.starts_on, contract.ends_on.isoformat()) != (current.starts_on, ends_on):
        yield Fault(what, "Its dates are not those of its current terms.")


def _chain_faults(contract: Contract, events: list[ContractEvent]) -> Iterator[Fault]:
    """The first broken link, or a cut tail; nothing after it says anything."""
    previous = ""
    for number, event in enumerate(events, start=1):
        what = f"contract {contract.pk}, event {number}"
        if event.number != number:
            yield Fault(what, f"It is missing; the next one is event {event.number}.")
            return
        if event.previous_hash != previous:
            yield Fault(what, "It is not chained to the event before it.")
            return
        if _digest(_event_document(event), after=previous) != event.hash:
            yield Fault(what, "Its content does not give its hash.")
            return
        previous = event.hash
    if contract.event_count != len(events) or contract.head_hash != previous:
        yield Fault(
            f"contract {contract.pk}, chain",
            f"It has {len(events)} events and the contract counts {contract.event_count}; the last"
            " hash must be the contract's.",
        )


def _story_faults(
    contract: Contract, events: list[ContractEvent], signatures: list[Signature]
) -> Iterator[Fault]:
    """The events must lead to the state, and every signature to an event that tells of it."""
    what = f"contract {contract.pk}"
    told = events[-1].payload.get("to") if events else None
    if told != contract.state:
        yield Fault(what, f"It is {contract.state}, but its events lead to {told}.")
    signed = {(e.version_id, e.party_id, e.actor_id) for e in events if e.kind in _SIGNING}
    rows = {(each.version_id, each.party_id, each.signed_by_id) for each in signatures}
    if signed != rows:
        yield Fault(what, "Its signatures are not those that its events tell of.")


def _pause_faults(
    contract: Contract, events: list[ContractEvent], pauses: list[Suspension]
) -> Iterator[Fault]:
    """The suspended days, which nobody pays for, must be those that the events tell of."""
    told: list[list[str]] = []
    is_open = False
    for event in events:
        if event.kind in _PAUSING:
            told.append([event.payload["first_on"], event.payload["lapses_after_on"]])
            is_open = True
        elif is_open and event.payload.get("last_on"):  # Resumed, or its notice withdrawn.
            told[-1][1], is_open = event.payload["last_on"], False
        elif is_open and event.payload.get("stays_suspended_until"):
            told[-1][1] = event.payload["stays_suspended_until"]
    rows = [[pause.first_on.isoformat(), pause.last_on.isoformat()] for pause in pauses]
    if rows != told:
        yield Fault(
            f"contract {contract.pk}, suspensions",
            f"The suspended days are {rows}, its events tell of {told}.",
        )


def _event_document(event: ContractEvent) -> dict[str, Any]:
    return {
        "contract": event.contract_id,
        "number": event.number,
        "kind": event.kind,
        "on": event.on.isoformat(),
        "at": event.at.astimezone(UTC).isoformat(),
        "actor": event.actor_id,
        "party": event.party_id,
        "version": event.version_id,
        "note": event.note,
        "payload": event.payload,
    }


def _is_same(signed: object, stored: object) -> bool:
    """Whether a word of the terms and its copy in a column mean the same."""
    if isinstance(stored, Decimal):
        return signed is not None and Decimal(str(signed)) == stored
    if signed is None or stored is None:
        return signed is stored
    return str(signed) == str(stored)
