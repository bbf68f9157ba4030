"""What the people of the demo measure of their service levels, and what they dispute, when its day
is moved. Whom one may sign in as leaves a part of it to a visitor, and every dispute of their own.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from accounts.errors import Refused
from accounts.models import MicroEnterprise, User
from config.demo.cast import Cast
from config.demo.logins import TOLD as SHOWN
from contracts.actions import disputes, measurements
from contracts.actions.measurements import Counts
from contracts.disputing import Stage
from contracts.models import Dispute, Measurement, ServiceLevel, SettlementLine
from contracts.queries.disputes import standing
from contracts.queries.unmeasured import unmeasured_levels
from ledger.models import SettlementRun
from ledger.money import to_cents
from ledger.months import previous

_USUAL_COUNT = 100
_WORTH_A_DISPUTE = Decimal(400)
_PART, _HALF = Decimal(5), Decimal(50)
_PARTIES = ("contract__buyer", "contract__provider")


def measure(cast: Cast, *, on: date) -> int:
    """Levels of last month that nobody has measured yet; how many."""
    return sum(_measure(each, cast, on=on) for each in unmeasured_levels(previous(on)))


def confirm(cast: Cast, *, on: date) -> int:
    """Every other buyer looks at the figures; the others are silent."""
    rows = Measurement.objects.filter(month=previous(on), state=Measurement.State.ENTERED)
    done = 0
    for each in rows.select_related(*_PARTIES, "level__version__contract").order_by("pk"):
        side = measurements.other_side_of(each.level)
        members = [user for user in cast.members(side) if not is_shown(user)]
        if members and each.contract_id % 2:
            with suppress(Refused):
                measurements.confirm_measurement(each, by=members[0], on=on)
                done += 1
    return done


def dispute(cast: Cast, *, on: date) -> int:
    """One line of the preview: a fifth of what was used, in another place each month."""
    month = previous(on)
    if not SettlementRun.objects.filter(month=month, posted_on=None).exists():
        return 0
    lines = [line for line in _lines(month) if _free_lead(line.contract.buyer, cast)]
    if not lines or Dispute.objects.filter(line__month=month, opened_on=on).exists():
        return 0
    line = lines[month.month % len(lines)]
    buyer = line.contract.buyer
    with suppress(Refused):
        disputes.open_dispute(
            line, amount=to_cents(line.amount / _PART), party=buyer, by=cast.lead(buyer), on=on,
            reason="About a fifth of it was entered twice; our own list says so.",
            key=f"demo/{on}",
        )  # fmt: skip
        return 1
    return 0


def answer(cast: Cast, *, on: date) -> int:
    """Providers offer half, and buyers take it, where nobody is shown on that side."""
    done = 0
    rows = Dispute.objects.exclude(state=Dispute.State.SETTLED).filter(line__isnull=False)
    for each in rows.select_related(*_PARTIES).order_by("pk"):
        stage = standing(each, on=on).stage
        with suppress(Refused):
            if stage is Stage.ANSWER and (by := _free_lead(each.contract.provider, cast)):
                disputes.answer(
                    each, answer=Dispute.Answer.OFFERED, percent=_HALF, by=by, on=on,
                    note="We found half of it in our list, too.",
                )  # fmt: skip
                done += 1
            elif stage is Stage.OFFER and (by := _free_lead(each.contract.buyer, cast)):
                disputes.answer_offer(each, accepts=True, by=by, on=on)
                done += 1
    return done


def is_shown(user: User) -> bool:
    """Whether one may sign in as that person."""
    return user.email.split("@")[0] in SHOWN


def lead_of(me: MicroEnterprise, cast: Cast) -> User | None:
    with suppress(KeyError):
        return cast.lead(me)
    return None


def _free_lead(me: MicroEnterprise, cast: Cast) -> User | None:
    lead = lead_of(me, cast)
    return None if lead is None or is_shown(lead) else lead


def _measure(level: ServiceLevel, cast: Cast, *, on: date) -> bool:
    contract, month = level.version.contract, previous(on)
    by = lead_of(measurements.measurer_of(level), cast)
    if by is None or (is_shown(by) and contract.pk % 3 == 0):
        return False
    before = Measurement.objects.filter(contract=contract, term=level.name)
    count = before.order_by("-month").values_list("measured", flat=True).first() or _USUAL_COUNT
    # From two below the promise to four above it, and always the same.
    share = level.level.target + (contract.pk * 5 + month.month * 3) % 7 - 2
    met = int((share * count / 100).quantize(Decimal(1), ROUND_HALF_UP))
    with suppress(Refused):
        counts = Counts(measured=count, met=min(met, count))
        measurements.enter_measurement(level, month=month, counts=counts, by=by, on=on)
        return True
    return False


def _lines(month: date) -> Iterator[SettlementLine]:
    rows = SettlementLine.objects.filter(
        month=month, origin_month=month, kind="usage", amount__gte=_WORTH_A_DISPUTE
    )
    yield from rows.select_related(*_PARTIES).order_by("contract", "pk")
