"""Other terms, or a later end, for a contract that runs: signed by both sides (PRODUCT 4.2).

Either writes a version beside the current one. Whoever proposes it signs it, the other side signs
the same hash, and from then on it is what was agreed, in force from its day.
"""

from datetime import date, timedelta

from django.db import transaction

from accounts import clock, policy
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from contracts.actions import funding, guards, proposals, records
from contracts.lifecycle import Event, last_day_of
from contracts.models import Contract, ContractVersion, Proposal
from contracts.queries.planned import plan_of
from contracts.terms import Terms, require_sound, terms_of
from marketplace.comparison import newest_price_on
from marketplace.models import months_before

Kind = Proposal.Kind
_DAY = timedelta(days=1)


@transaction.atomic
def propose_amendment(
    contract: Contract,
    *,
    seen_hash: str,
    terms: Terms,
    valid_from_on: date,
    party: MicroEnterprise,
    by: User,
    on: date,
    note: str = "",
) -> Contract:
    """Sign other terms from a day to come; the contract goes on unchanged until both have signed.

    First day, last day, plan and unit stay. Refused `terms_changed`, `nothing_changed`,
    `not_trading`; Invalid names the field.
    """
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    records.catch_up(found, on=on)
    guards.allowed(found, Event.PROPOSE_AMENDMENT, party=party, on=on)
    guards.require_read(found, seen_hash)
    guards.require_market(found, on=on)
    _require_day(found, valid_from_on, on=on)
    before = _current(found)
    wanted = terms.with_changes(
        plan=before.plan, unit=before.unit, starts_on=found.starts_on, ends_on=found.ends_on
    )
    wanted = _sound(wanted, valid_from_on=valid_from_on)
    if wanted == terms_of(before.terms).with_changes(ends_on=found.ends_on):
        raise Refused(
            "The amendment changes nothing.", code="nothing_changed", help="Change a term."
        )
    if _is_proposed(found, wanted, valid_from_on=valid_from_on, party=party, on=on):
        return found
    _propose(
        found, Kind.AMEND, wanted, valid_from_on=valid_from_on, last_answer_on=valid_from_on - _DAY,
        party=party, by=by, on=on, note=note,
    )  # fmt: skip
    return found


@transaction.atomic
def propose_renewal(
    contract: Contract,
    *,
    ends_on: date,
    party: MicroEnterprise,
    by: User,
    on: date,
    terms: Terms | None = None,
    note: str = "",
) -> Contract:
    """Sign a later end, with other `terms` from the day after the old one where they are given.

    Refused `benchmark_needed` where no price from outside is young enough to compare with.
    """
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    records.catch_up(found, on=on)
    guards.allowed(found, Event.PROPOSE_RENEWAL, party=party, on=on)
    guards.require_market(found, on=on)
    _require_benchmark(found, on=on)
    before = _current(found)
    if ends_on <= found.ends_on:
        raise Invalid(
            f"{found} runs to {found.ends_on:%-d %B %Y} already. Choose a later last day.",
            field="ends_on",
            value=ends_on,
        )
    valid_from_on = found.ends_on + _DAY
    wanted = (terms or terms_of(before.terms)).with_changes(
        plan=before.plan, unit=before.unit, starts_on=found.starts_on, ends_on=ends_on
    )
    wanted = _sound(wanted, valid_from_on=valid_from_on)
    if _is_proposed(found, wanted, valid_from_on=valid_from_on, party=party, on=on):
        return found
    _propose(
        found, Kind.RENEW, wanted, valid_from_on=valid_from_on, last_answer_on=found.ends_on,
        party=party, by=by, on=on, note=note,
    )  # fmt: skip
    return found


def accept_amendment(
    contract: Contract, *, seen_hash: str, party: MicroEnterprise, by: User, on: date
) -> Contract:
    """The second signature on the same hash: in force from its day, its money reserved.

    Refused `not_enough_money` says what is missing.
    """
    return _accept(
        contract, Kind.AMEND, Event.AMEND, seen_hash=seen_hash, party=party, by=by, on=on
    )


def accept_renewal(
    contract: Contract, *, seen_hash: str, party: MicroEnterprise, by: User, on: date
) -> Contract:
    """The second signature on the later end; the months of this fiscal year are reserved."""
    return _accept(
        contract, Kind.RENEW, Event.RENEW, seen_hash=seen_hash, party=party, by=by, on=on
    )


@transaction.atomic
def _accept(
    contract: Contract,
    kind: Proposal.Kind,
    event: Event,
    *,
    seen_hash: str,
    party: MicroEnterprise,
    by: User,
    on: date,
) -> Contract:
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    records.catch_up(found, on=on)
    if guards.is_done(found, event, party=party, seen_hash=seen_hash):
        return found
    row = guards.allowed(found, event, party=party, on=on)
    asked = proposals.open_proposal(found, kind, on=on)
    if asked is None or asked.version is None or asked.version.hash != seen_hash:
        raise Refused(
            f"What you read is not {proposals.WORDS[kind]} that is proposed now.",
            code="terms_changed",
            help="Read what is proposed now, then decide.",
            facts={"hash": asked.version.hash if asked and asked.version else ""},
        )
    version = asked.version
    _require_still_fits(found, version, kind)
    guards.require_market(found, on=on)
    if kind == Kind.RENEW:
        _require_benchmark(found, on=on)
    proposals.confirmed(found, kind, party=party, by=by, on=on)
    at, before = clock.now(), plan_of(found)
    records.sign(found, party=party, by=by, on=on, at=at, version=version)
    records.make_current(found, version)
    found.end_reminded_on = None
    records.record_event(
        found, event, row, on=on, at=at, by=by, party=party, version=version,
        changed=[*records.OF_THE_TERMS, "end_reminded_on"], hash=seen_hash,
        valid_from_on=version.valid_from_on,
    )  # fmt: skip
    open_terms = found.proposals.filter(state=Proposal.State.OPEN, version__isnull=False)
    open_terms.update(state=Proposal.State.REPLACED)
    funding.follow(found, before=before, on=on)
    return found


def _propose(
    contract: Contract,
    kind: Proposal.Kind,
    terms: Terms,
    *,
    valid_from_on: date,
    last_answer_on: date,
    party: MicroEnterprise,
    by: User,
    on: date,
    note: str,
) -> None:
    """Write and sign the version, and ask the other side; it lapses as an offer does."""
    version = records.propose_version(
        contract, terms, title=_current(contract).title, valid_from_on=valid_from_on, party=party,
        by=by, on=on,
    )  # fmt: skip
    records.sign(contract, party=party, by=by, on=on, at=clock.now(), version=version)
    days = policy.in_force(on=on)["offer_lapses_after_days"]
    event = Event.PROPOSE_AMENDMENT if kind == Kind.AMEND else Event.PROPOSE_RENEWAL
    proposals.propose(
        contract, kind, event, party=party, by=by, on=on, reason=note[:500], version=version,
        answer_until_on=min(on + timedelta(days=days), last_answer_on), hash=version.hash,
    )  # fmt: skip


def _sound(terms: Terms, *, valid_from_on: date) -> Terms:
    """As for a first signature; how long it may be counts from the day on which it begins."""
    checked = require_sound(
        terms.with_changes(starts_on=valid_from_on), on=valid_from_on - _DAY, for_signature=True
    )
    return checked.with_changes(starts_on=terms.starts_on)


def _is_proposed(
    contract: Contract, terms: Terms, *, valid_from_on: date, party: MicroEnterprise, on: date
) -> bool:
    """Whether this party has already proposed exactly this: a retry changes nothing."""
    mine = contract.proposals.filter(
        state=Proposal.State.OPEN, proposed_for=party, answer_until_on__gte=on,
        version__valid_from_on=valid_from_on,
    ).select_related("version")  # fmt: skip
    return any(each.version and terms_of(each.version.terms) == terms for each in mine)


def _require_day(contract: Contract, valid_from_on: date, *, on: date) -> None:
    last = last_day_of(contract)
    if not on < valid_from_on <= last:
        raise Invalid(
            f"An amendment holds from a day to come, up to the last day {last:%-d %B %Y};"
            f" {valid_from_on:%-d %B %Y} is none.",
            field="valid_from_on",
            value=valid_from_on,
        )


def _require_still_fits(contract: Contract, version: ContractVersion, kind: Proposal.Kind) -> None:
    """The contract may have been renewed since, by itself; then the version names an old end."""
    fits = (
        version.ends_on == contract.ends_on
        if kind == Kind.AMEND
        else version.valid_from_on == contract.ends_on + _DAY
    )
    if not fits:
        raise Refused(
            f"{contract} was renewed to {contract.ends_on:%-d %B %Y} since this was proposed.",
            code="terms_changed",
            help="Propose it anew.",
        )


def _require_benchmark(contract: Contract, *, on: date) -> None:
    """A renewal is compared with the outside first (PRODUCT 4.2)."""
    months = policy.in_force(on=on)["benchmark_valid_months"]
    offering, unit = contract.offering, _current(contract).unit
    newest = newest_price_on(category=offering.category, unit=unit, on=on)
    if newest and newest > months_before(on, months):
        return
    found = f"the newest is of {newest:%-d %B %Y}" if newest else "there is none"
    raise Refused(
        f"A renewal needs an outside price per {unit} in {offering.category} that is younger than"
        f" {months} months; {found}.",
        code="benchmark_needed",
        help="Record an outside offer at /market/outside/new/, then renew.",
    )


def _current(contract: Contract) -> ContractVersion:
    if contract.current is None:
        raise AssertionError(f"{contract} has no terms.")
    return contract.current
