"""A provider writes, publishes, withdraws and renews what it sells.

Every action locks the offering first, so that two leads at the same moment come one after the
other. A repetition finds the state already reached and changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from accounts.permissions import (
    is_of_the_firm,
    may_publish_for,
    may_see_drafts_of,
    require,
    require_known,
)
from marketplace.benchmarks import taken_over
from marketplace.levels import columns_of
from marketplace.models import (
    Category,
    OfferedLevel,
    OfferedMeasure,
    OfferingVersion,
    ServiceOffering,
)
from marketplace.price_plans import Plan, require_usual, sound
from marketplace.service_levels import DEFAULT_CAP, Level
from marketplace.service_levels import require_sound as require_sound_levels

State = ServiceOffering.State
_LOST = (
    MicroEnterprise.State.DISSOLVING,
    MicroEnterprise.State.DISSOLVED,
    MicroEnterprise.State.REJECTED,
)
_MOST_MEASURES = 20
_LATEST_START = 366
_LARGEST_MEASURE = Decimal("9999999999.9999")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureTerms:
    """One success measure that the provider is willing to be judged by.

    `floor` is the value from which on nothing is attained: below the target where higher is
    better, above it where lower is better.
    """

    name: str
    unit: str
    target: Decimal
    floor: Decimal
    method: str
    direction: str = OfferedMeasure.Direction.HIGHER.value
    measurer: str = OfferedMeasure.Measurer.PROVIDER.value
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferingTerms:
    """The words, the price and the measures of one version.

    `price` is what `price_plans.sound` calls the headline of the plan; where it follows from the
    parameters it may be left out. `usual_quantity` is how much a month is usual.
    """

    name: str
    summary: str
    price: Decimal | None = None
    plan: str = Plan.FIXED.value
    parameters: Mapping[str, Any] = field(default_factory=dict)
    unit: str = ""
    usual_quantity: Decimal | None = None
    description: str = ""
    capacity: int | None = None
    lead_time_days: int = 1
    measures: Sequence[MeasureTerms] = ()
    levels: Sequence[Level] = ()
    credit_cap: Decimal = DEFAULT_CAP


@transaction.atomic
def draft_offering(
    provider: MicroEnterprise, *, category: Category, terms: OfferingTerms, by: User, on: date
) -> ServiceOffering:
    """A new offering that only the provider's members see, until it is published."""
    _require_publisher(provider, by=by, on=on)
    _require_living(provider)
    checked = _checked(terms)
    offering = ServiceOffering.objects.create(provider=provider, category=category)
    _write(OfferingVersion(offering=offering, number=1), checked)
    audit.record("offering.draft", offering, by=by, on=on, me=provider)
    return offering


@transaction.atomic
def change_draft(
    offering: ServiceOffering, *, terms: OfferingTerms, category: Category, by: User, on: date
) -> OfferingVersion:
    """Rewrite the draft version. Refused where there is none: a published one never changes.

    The category is fixed by the first publication, because prices are compared in it.
    """
    locked = _locked(offering, by=by, on=on)
    draft = _draft_of(locked)
    if locked.state == State.DRAFT:
        locked.category = category
        locked.save(update_fields=["category"])
    elif category != locked.category:
        raise Invalid(
            "An offering stays in the category in which it was published.",
            field="category",
            value=category.name,
        )
    _write(draft, _checked(terms))
    audit.record("offering.change_draft", locked, by=by, on=on, me=locked.provider)
    return draft


@transaction.atomic
def publish(
    offering: ServiceOffering, *, by: User, on: date, holds_from_on: date | None = None
) -> ServiceOffering:
    """Put the draft version on sale from that day; contracts signed before keep theirs.

    With a later `holds_from_on` it is announced: everybody reads it, and its price holds from
    that day on. A withdrawn offering without a draft comes back as it was. Refused without a
    success measure. Similar offerings of others are shown, and refuse nothing.
    """
    locked = _locked(offering, by=by, on=on)
    _require_living(locked.provider)
    draft = locked.versions.filter(published_on=None).first()
    if draft is None and locked.state == State.PUBLISHED:
        return locked
    version = draft or locked.current or _draft_of(locked)
    if draft is not None:
        _seal(draft, on=on, holds_from_on=_checked_start(locked, holds_from_on, on=on))
    on_sale = version
    if version.holds_from_on is not None and locked.current is not None:
        on_sale = locked.current
    locked.current, locked.state, locked.withdrawn_on = on_sale, State.PUBLISHED, None
    locked.published_on = locked.published_on or on
    locked.save(update_fields=["current", "state", "withdrawn_on", "published_on"])
    audit.record(
        "offering.publish", locked, by=by, on=on, me=locked.provider,
        version=version.number, price=version.price, unit=version.unit,
        holds_from=version.holds_from_on or on,
    )  # fmt: skip
    return locked


@transaction.atomic
def withdraw(offering: ServiceOffering, *, by: User, on: date) -> ServiceOffering:
    """Take it off the market; running contracts go on to their end."""
    locked = _locked(offering, by=by, on=on)
    if locked.state == State.WITHDRAWN:
        return locked
    if locked.state == State.DRAFT:
        raise Refused(
            "A draft is not on the market, so there is nothing to withdraw.",
            code="not_published",
            help="Discard the draft instead.",
        )
    locked.state, locked.withdrawn_on = State.WITHDRAWN, on
    locked.save(update_fields=["state", "withdrawn_on"])
    audit.record("offering.withdraw", locked, by=by, on=on, me=locked.provider)
    return locked


def withdraw_all_of(me: MicroEnterprise, *, by: User, on: date) -> None:
    """Take everything that an ME sells off the market, because it dissolves."""
    for offering in ServiceOffering.objects.filter(provider=me, state=State.PUBLISHED):
        offering.state, offering.withdrawn_on = State.WITHDRAWN, on
        offering.save(update_fields=["state", "withdrawn_on"])
        audit.record("offering.withdraw", offering, by=by, on=on, me=me, because="dissolving")


@transaction.atomic
def start_new_version(offering: ServiceOffering, *, by: User, on: date) -> OfferingVersion:
    """A draft copied from the current version; asked again, the draft that is there already."""
    locked = _locked(offering, by=by, on=on)
    _require_living(locked.provider)
    draft = locked.versions.filter(published_on=None).first()
    if draft is not None:
        return draft
    current = locked.current
    if current is None:
        raise AssertionError(f"{locked} is published without a version.")
    newest = locked.versions.order_by("-number").first() or current
    draft = OfferingVersion(offering=locked, number=newest.number + 1)
    _write(draft, terms_of(newest))
    audit.record(
        "offering.new_version", locked, by=by, on=on, me=locked.provider, version=draft.number
    )
    return draft


@transaction.atomic
def discard_draft(offering: ServiceOffering, *, by: User, on: date) -> None:
    """Throw the draft version away, and with it an offering that was never published."""
    locked = _locked(offering, by=by, on=on)
    audit.record("offering.discard_draft", locked, by=by, on=on, me=locked.provider)
    locked.versions.filter(published_on=None).delete()
    if locked.state == State.DRAFT:
        locked.delete()


def terms_of(version: OfferingVersion) -> OfferingTerms:
    """A version as the terms that would write it again."""
    return OfferingTerms(
        name=version.name,
        summary=version.summary,
        description=version.description,
        plan=version.plan,
        price=version.price,
        parameters=version.parameters,
        unit=version.unit,
        usual_quantity=version.usual_quantity,
        capacity=version.capacity,
        lead_time_days=version.lead_time_days,
        measures=[
            MeasureTerms(
                name=measure.name,
                unit=measure.unit,
                direction=measure.direction,
                target=measure.target,
                floor=measure.floor,
                method=measure.method,
                measurer=measure.measurer,
                weight=measure.weight,
            )
            for measure in version.measures.all()
        ],
        levels=[each.level for each in version.levels.all()],
        credit_cap=version.credit_cap,
    )


def _require_publisher(provider: MicroEnterprise, *, by: User, on: date) -> None:
    require(
        may_publish_for(by, provider, on=on),
        f"Only the lead of {provider}, or who may sign for it, decides what it sells.",
        help=f"Ask the lead of {provider}.",
    )


def _require_living(provider: MicroEnterprise) -> None:
    if provider.state in _LOST:
        raise Refused(
            f"{provider} is {provider.state}, so it offers nothing new.", code="may_not_trade"
        )


def _locked(offering: ServiceOffering, *, by: User, on: date) -> ServiceOffering:
    rows = ServiceOffering.objects.select_related("provider", "category", "current")
    locked = rows.select_for_update(no_key=True, of=("self",)).filter(pk=offering.pk).first()
    require_known(locked is not None)
    if locked is None:
        raise AssertionError
    is_public = locked.state != State.DRAFT and (is_of_the_firm(by) or by.is_client)
    require_known(is_public or may_see_drafts_of(by, locked.provider, on=on))
    _require_publisher(locked.provider, by=by, on=on)
    return locked


def _draft_of(offering: ServiceOffering) -> OfferingVersion:
    draft = offering.versions.filter(published_on=None).first()
    if draft is None:
        raise Refused(
            f"{offering} has no draft; what was published never changes.",
            code="no_draft",
            help="Start a new version and change that.",
        )
    return draft


def _checked_start(
    offering: ServiceOffering, holds_from_on: date | None, *, on: date
) -> date | None:
    """The later day from which a price holds; None for today."""
    if holds_from_on is None or holds_from_on == on:
        return None
    if holds_from_on < on:
        raise Invalid(
            f"{holds_from_on:%-d %B %Y} is over: a price never changes what was. Name a later day.",
            field="holds_from_on",
            value=holds_from_on,
        )
    if (holds_from_on - on).days > _LATEST_START:
        raise Invalid(
            f"{holds_from_on:%-d %B %Y} is too far away. Announce a price at most a year before.",
            field="holds_from_on",
            value=holds_from_on,
        )
    if offering.state != State.PUBLISHED:
        raise Invalid(
            "Nothing is on sale before that day. Publish a first price from today.",
            field="holds_from_on",
            value=holds_from_on,
        )
    return holds_from_on


def _seal(draft: OfferingVersion, *, on: date, holds_from_on: date | None) -> None:
    unmeasured = Refused(
        f"{draft.name} has no success measure, and without one nobody can sign a contract.",
        code="unmeasured",
        field="measures",
        help="Add at least one measure that you are willing to be judged by.",
    )
    draft.published_on, draft.holds_from_on = on, holds_from_on
    with saying(published_version_has_a_measure=unmeasured):
        draft.save(update_fields=["published_on", "holds_from_on"])


def _checked(terms: OfferingTerms) -> OfferingTerms:
    """The terms with their unit settled. Invalid, where a field cannot be so."""
    if not terms.name.strip():
        raise Invalid("The offering needs a name.", field="name", value=terms.name)
    plan = sound(
        terms.plan, price=terms.price, unit=terms.unit, parameters=taken_over(terms.parameters),
        quantity=terms.usual_quantity,
    )  # fmt: skip
    require_usual(terms.plan, terms.usual_quantity, field="usual_quantity")
    plan.require_gate(measure.name for measure in terms.measures)
    if len(terms.measures) > _MOST_MEASURES:
        raise Invalid(
            f"{len(terms.measures)} success measures are too many to be judged by; "
            f"{_MOST_MEASURES} is the limit.",
            field="measures",
        )
    for number, measure in enumerate(terms.measures, start=1):
        _check_measure(measure, number)
    values = {name: getattr(terms, name) for name in terms.__slots__} | {
        "levels": require_sound_levels(terms.levels, cap=terms.credit_cap),
        "unit": plan.unit, "price": plan.price, "parameters": plan.document(),
    }  # fmt: skip
    return OfferingTerms(**values)


def _check_measure(measure: MeasureTerms, number: int) -> None:
    for name in ("target", "floor"):
        value = getattr(measure, name)
        if not value.is_finite() or abs(value) > _LARGEST_MEASURE:
            raise Invalid(
                f"Measure {number}: {value} is no {name} that can be measured.",
                field=f"measures.{number - 1}.{name}",
                value=value,
            )
    higher = measure.direction == OfferedMeasure.Direction.HIGHER
    if (measure.target < measure.floor) if higher else (measure.target > measure.floor):
        worse = "below" if higher else "above"
        raise Invalid(
            f"Measure {number}: the floor of {measure.floor} is better than the target of "
            f"{measure.target}. Set a floor {worse} the target, or turn the direction round.",
            field=f"measures.{number - 1}.floor",
            value=measure.floor,
        )


def _write(version: OfferingVersion, terms: OfferingTerms) -> None:
    for name in terms.__slots__:
        if name not in ("measures", "levels"):
            setattr(version, name, getattr(terms, name))
    version.save()
    version.measures.all().delete()
    OfferedMeasure.objects.bulk_create(
        OfferedMeasure(version=version, number=number, **asdict(measure))
        for number, measure in enumerate(terms.measures, start=1)
    )
    version.levels.all().delete()
    OfferedLevel.objects.bulk_create(
        OfferedLevel(version=version, number=number, **columns_of(level))
        for number, level in enumerate(terms.levels, start=1)
    )
