"""What the people of the demo go on doing when its day is moved: they deliver, measure and rate.

Where a visitor has entered something for a month already, that contract's month is left to them;
and whom one may sign in as leaves a part of the own work undone, so that a visitor finds some.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import F, Sum

from accounts import clock
from accounts.errors import Refused
from accounts.models import User
from config.demo import keeping, opinions
from config.demo.cast import DOMAIN, Cast
from config.demo.delivery import COUNTED_ONCE
from config.demo.founding import HR_ADMIN
from config.demo.logins import TOLD as SHOWN
from config.demo.market import OFFERINGS
from contracts import lifecycle
from contracts.actions import delivery, ratings, results
from contracts.models import (
    Contract,
    ContractVersion,
    Rating,
    RatingInvitation,
    SuccessMeasure,
    SuccessResult,
    Usage,
)
from contracts.queries.delivery import version_on
from ledger.months import last_day, month_of, previous

_BY_NAME = {each["name"]: each for each in OFFERINGS.values()}
# The keys of the story's entries and of ours; a visitor's are others.
_OUR_KEYS = r"^[A-Za-z-]+/\d{4}-\d\d-\d\d$"
_MIDDLE = 14
_CONFIRMED_ON, _MEASURED_ON, _AGREED_ON, _RATED_ON = 2, 2, 5, (5, 12)
_DEEDS = (
    "delivered", "confirmed", "measured", "levels", "accepted", "agreed", "disputed", "answered",
    "rated",
)  # fmt: skip
_KEPT = (
    ("levels", (2,), keeping.measure),
    ("accepted", (3,), keeping.confirm),
    ("disputed", (5,), keeping.dispute),
    ("answered", (9, 13), keeping.answer),
)
_USUAL_MOOD = "4454345443"


def live(on: date) -> dict[str, int]:
    """The deeds of that day, by what was done: `{"delivered": 3, "confirmed": 0, ...}`.

    Safe to repeat, the same in every demo; nothing where the database holds another company.
    """
    deeds = dict.fromkeys(_DEEDS, 0)
    if not User.objects.filter(email=f"{HR_ADMIN}@{DOMAIN}").exists():
        return deeds
    cast = Cast()
    deeds["delivered"] = sum(_deliver(each, cast, on=on) for each in _running(on))
    if on.day == _CONFIRMED_ON:
        deeds["confirmed"] = sum(_confirm(each, cast, on=on) for each in _buyers(previous(on)))
    if on.day == _MEASURED_ON:
        deeds["measured"] = sum(_measure(each, cast, on=on) for each in _ran_in(previous(on)))
    for name, days, deed in _KEPT:
        if on.day in days:
            deeds[name] = deed(cast, on=on)
    if on.day == _AGREED_ON:
        deeds["agreed"] = sum(_agree(each, cast, on=on) for each in _entered(previous(on)))
    if on.day in _RATED_ON:
        deeds["rated"] = _rate(previous(on), _RATED_ON.index(on.day), cast, on=on)
    return deeds


def _running(on: date) -> list[Contract]:
    """What is counted that day: on the 14th, and on the last day of a month or contract."""
    rows = Contract.objects.select_related("buyer", "provider", "offering__current").filter(
        state__in=Contract.SIGNED, starts_on__lte=on, ends_on__gte=on
    )
    is_last = on == last_day(on)
    return [
        each for each in rows.order_by("pk")
        if lifecycle.is_running(each, on=on)
        and (is_last or on.day == _MIDDLE or on == lifecycle.last_day_of(each))
    ]  # fmt: skip


def _deliver(contract: Contract, cast: Cast, *, on: date) -> bool:
    """What is left of the month's usual quantity; in the middle of the month about half of it."""
    version = version_on(contract, on=on)
    if version is None or version.expected_quantity is None:
        return False
    entries = contract.usage.filter(origin_month=month_of(on))
    if entries.exclude(key__regex=_OUR_KEYS).exists():
        return False
    usual = _usual_quantity(contract, version, month_of(on))
    if on.day == _MIDDLE and on != lifecycle.last_day_of(contract):
        usual = Decimal(0) if version.unit in COUNTED_ONCE else usual // 2
    counting = entries.filter(state__in=[Usage.State.REPORTED, Usage.State.CONFIRMED])
    done = counting.aggregate(total=Sum("quantity", default=Decimal(0)))["total"]
    members = cast.members(contract.provider)
    if usual <= done or not members:
        return False
    with suppress(Refused):
        delivery.report_usage(
            contract, quantity=usual - done, used_on=on, key=f"demo/{on}",
            by=members[(contract.pk + on.month) % len(members)], on=on,
        )  # fmt: skip
        return True
    return False


def _usual_quantity(contract: Contract, version: ContractVersion, month: date) -> Decimal:
    """Near what was expected, never above the cap; in a part of a month a part of it."""
    first = max(month, contract.starts_on)
    last = min(last_day(month), lifecycle.last_day_of(contract))
    expected = version.expected_quantity or Decimal(0)
    if version.unit in COUNTED_ONCE:
        wanted = expected - (contract.pk + month.month) % 2
    else:
        share = Decimal((last - first).days + 1) / last_day(month).day
        wanted = expected * share * (85 + (contract.pk * 7 + month.month * 5) % 6 * 5) / 100
    whole = max(wanted.quantize(Decimal(1), ROUND_HALF_UP), Decimal(1))
    return min(whole, version.cap_quantity or whole)


def _buyers(month: date) -> list[Usage]:
    """Entries that the buyer looks at; the others count by silence."""
    rows = Usage.objects.filter(origin_month=month, state=Usage.State.REPORTED, counted_in=None)
    chosen = rows.annotate(turn=F("contract") % 3).exclude(turn=0)
    return list(chosen.select_related("contract__buyer").order_by("pk"))


def _confirm(usage: Usage, cast: Cast, *, on: date) -> bool:
    members = [each for each in cast.members(usage.contract.buyer) if not keeping.is_shown(each)]
    if not members:
        return False
    with suppress(Refused):
        delivery.confirm_usage(usage, by=members[0], on=on)
        return True
    return False


def _ran_in(month: date) -> Iterator[SuccessMeasure]:
    """The measures of the terms that were in force when the month, or the contract, ended."""
    rows = Contract.objects.filter(
        state__in=Contract.SIGNED, starts_on__lte=last_day(month), ends_on__gte=month
    )
    for contract in rows.order_by("pk"):
        day = min(last_day(month), lifecycle.last_day_of(contract))
        if not lifecycle.is_running(contract, on=max(day, month)):
            continue
        version = version_on(contract, on=day)
        measures = SuccessMeasure.objects.filter(version=version).exclude(results__month=month)
        parties = [
            f"version__contract__{name}" for name in ("buyer", "provider", "offering__current")
        ]
        yield from measures.select_related(*parties).order_by("number")


def _measure(measure: SuccessMeasure, cast: Cast, *, on: date) -> bool:
    contract, month = measure.version.contract, previous(on)
    by = keeping.lead_of(results.measurer_of(measure), cast)
    if by is None or (keeping.is_shown(by) and contract.pk % 3 == 0):
        return False
    with suppress(Refused):
        value = _usual_value(measure, month)
        results.enter_result(measure, month=month, value=value, by=by, on=on)
        return True
    return False


def _usual_value(measure: SuccessMeasure, month: date) -> Decimal:
    """A little beside the last value of the same name, and always the same."""
    contract = measure.version.contract
    same = SuccessResult.objects.filter(
        contract=contract, measure__name=measure.name, month__lt=month
    )
    last = same.order_by("-month", "-pk").values_list("value", flat=True).first()
    at, offered = measure.number - 1, _BY_NAME.get(contract.offering.name, {})
    if at < len(offered.get("steps", ())) and "results" in offered:
        start, step = Decimal(offered["results"][at][-1]), Decimal(offered["steps"][at])
    else:
        start, step = measure.target, abs(measure.target - measure.floor) / 10
    # Back to where it started every other month, so that nothing wanders off.
    usual = start if last is None or month.month % 2 else last
    most = 100 if measure.unit.startswith("%") else 1_000_000
    value = usual + step * ((contract.pk + month.month + measure.number) % 3 - 1)
    return min(max(value, Decimal(0)), Decimal(most)).quantize(Decimal("0.01"))


def _entered(month: date) -> list[SuccessResult]:
    rows = SuccessResult.objects.filter(month=month, state=SuccessResult.State.ENTERED)
    parties = [f"measure__version__contract__{name}" for name in ("buyer", "provider")]
    return list(rows.select_related(*parties).order_by("pk"))


def _agree(result: SuccessResult, cast: Cast, *, on: date) -> bool:
    contract = result.measure.version.contract
    measurer = results.measurer_of(result.measure)
    other = contract.buyer if measurer == contract.provider else contract.provider
    by = keeping.lead_of(other, cast)
    if by is None or (keeping.is_shown(by) and contract.pk % 2 == 0):
        return False
    with suppress(Refused):
        results.confirm_result(result, by=by, on=on)
        return True
    return False


def _rate(month: date, half: int, cast: Cast, *, on: date) -> int:
    """As in the story: who has something to say uses the page's own action, bare scores are
    written together.
    """
    at, bare, spoken = clock.now(), list[Rating](), 0
    given = Rating.objects.filter(month=month).values_list("contract", "person")
    open_to = RatingInvitation.objects.filter(month=month).values_list("contract", "person")
    invited = set(open_to) - set(given)
    before = set(Rating.objects.exclude(comment="").values_list("contract", "comment"))
    asked = Contract.objects.filter(pk__in={contract for contract, _ in invited})
    for contract in asked.select_related("buyer", "provider", "offering__current").order_by("pk"):
        offered = _BY_NAME.get(contract.offering.name, {})
        for place, user, score in _answers(contract, offered, cast, month):
            if place % 2 != half or (contract.pk, user.person_id) not in invited:
                continue
            said = opinions.comment(offered, score, contract.pk + place + month.month)
            if (not said or (contract.pk, said) in before) and user.person is not None:
                bare.append(opinions.bare(contract, user.person, month, score, at))
                continue
            with suppress(Refused):
                ratings.rate(contract, month=month, score=score, comment=said, by=user, on=on)
                spoken += 1
                before.add((contract.pk, said))
    Rating.objects.bulk_create(bare, ignore_conflicts=True)
    return spoken + len(bare)


def _answers(
    contract: Contract, offered: Mapping[str, Any], cast: Cast, month: date
) -> Iterable[tuple[int, User, int]]:
    members = cast.members(contract.buyer)
    mood = offered["moods"][-1] if "moods" in offered else _USUAL_MOOD
    for place, user in opinions.raters(members, month, contract.pk, offered, silent=SHOWN):
        yield place, user, opinions.score(mood, contract.pk, place)
