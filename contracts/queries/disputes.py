"""Disputes as pages, the API and rules read them: who may know of which, and where each stands."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from accounts import policy
from accounts.errors import Unknown
from accounts.models import MicroEnterprise, User
from accounts.permissions import may_see_every_dispute, memberships_of
from accounts.queries import holidays
from accounts.workdays import nth_working_day_after
from contracts.disputing import Stage, Standing, Vote, standing_of
from contracts.models import Dispute, PanelSeat, SettlementLine
from ledger.models import SettlementRun
from ledger.money import ZERO

State = Dispute.State
_RELATED = (
    "contract__buyer", "contract__provider", "contract__offering__current", "contract__current",
    "line", "overage", "mediator__person", "held_from",
)  # fmt: skip


def visible_to(user: User, *, on: date) -> QuerySet[Dispute]:
    """Those of the own MEs, and each that the user mediates or decides (PRODUCT 4.12, 4.22)."""
    disputes = Dispute.objects.select_related(*_RELATED)
    if may_see_every_dispute(user):
        return disputes
    if not user.is_active:
        return disputes.none()
    mine = memberships_of(user, on=on).values("micro_enterprise")
    seats = PanelSeat.objects.filter(dispute=OuterRef("pk"), member=user)
    of_parties = Q(contract__buyer__in=mine) | Q(contract__provider__in=mine)
    return disputes.filter(of_parties | Q(mediator=user) | Exists(seats))


def found(user: User, pk: int, *, on: date) -> Dispute:
    """Unknown where the dispute is not the user's to know."""
    dispute = visible_to(user, on=on).filter(pk=pk).first()
    if dispute is None:
        raise Unknown
    return dispute


def standings(disputes: Iterable[Dispute], *, on: date) -> dict[int, Standing]:
    """Where each stands that day; two queries for all of them."""
    asked = list(disputes)
    free, votes = holidays(), _votes([dispute.pk for dispute in asked])
    return {
        dispute.pk: standing_of(dispute, votes.get(dispute.pk, ()), on=on, holidays=free)
        for dispute in asked
    }


def standing(dispute: Dispute, *, on: date) -> Standing:
    return standings([dispute], on=on)[dispute.pk]


def _votes(keys: Sequence[int]) -> Mapping[int, list[Vote]]:
    votes: dict[int, list[Vote]] = defaultdict(list)
    seats = PanelSeat.objects.filter(dispute__in=keys).order_by("pk")
    for dispute, percent, day in seats.values_list("dispute", "percent", "decided_on"):
        votes[dispute].append(Vote(percent, day))
    return votes


@dataclass(frozen=True)
class Waiting:
    """A dispute that waits for somebody, and for what."""

    dispute: Dispute
    standing: Standing


def waiting_for_me(me: MicroEnterprise, *, on: date) -> list[Waiting]:
    """What the ME has to answer: a dispute, an offer, a proposal, or a decided overage to pay."""
    ours = Dispute.objects.select_related(*_RELATED).filter(
        Q(contract__buyer=me) | Q(contract__provider=me), state=State.OPEN
    )
    return [each for each in _waiting(ours, on=on) if me.pk in parties_to_act(each.dispute, each)]


def waiting_for_person(user: User, *, on: date) -> list[Waiting]:
    """What the user has to mediate or decide."""
    seats = PanelSeat.objects.filter(dispute=OuterRef("pk"), member=user, decided_on=None)
    mine = Dispute.objects.select_related(*_RELATED).filter(
        Q(mediator=user, proposal_percent=None) | Exists(seats), state=State.OPEN
    )
    return [each for each in _waiting(mine, on=on) if _is_turn_of(user, each)]


def waiting_for_chro(*, on: date) -> list[Waiting]:
    """Without a mediator, or without a panel."""
    answered = Dispute.objects.select_related(*_RELATED).filter(state=State.OPEN)
    rows = _waiting(answered.exclude(answer=""), on=on)
    with_panel = set(
        PanelSeat.objects.filter(dispute__state=State.OPEN).values_list("dispute", flat=True)
    )
    return [each for each in rows if needs_chro(each, has_panel=each.dispute.pk in with_panel)]


def needs_chro(waiting: Waiting, *, has_panel: bool) -> bool:
    """Whether nobody is named yet who mediates, or who decides."""
    if waiting.standing.stage is Stage.MEDIATION:
        return waiting.dispute.mediator_id is None
    return waiting.standing.stage is Stage.PANEL and not has_panel


def parties_to_act(dispute: Dispute, waiting: Waiting) -> set[int]:
    """The keys of the MEs whose turn it is."""
    contract = dispute.contract
    match waiting.standing.stage:
        case Stage.ANSWER:
            return {contract.provider_id}
        case Stage.OFFER:
            return {contract.buyer_id}
        case Stage.MEDIATION if dispute.proposal_percent is not None:
            sides = {
                contract.buyer_id: dispute.buyer_agreed_on,
                contract.provider_id: dispute.provider_agreed_on,
            }
            return {me for me, agreed_on in sides.items() if agreed_on is None}
        case Stage.DECIDED if dispute.is_about_overage:
            return {contract.buyer_id}
    return set()


def _is_turn_of(user: User, waiting: Waiting) -> bool:
    if waiting.standing.stage is Stage.MEDIATION:
        return waiting.dispute.mediator_id == user.pk and waiting.dispute.proposal_percent is None
    return waiting.standing.stage is Stage.PANEL


def _waiting(disputes: QuerySet[Dispute], *, on: date) -> list[Waiting]:
    rows = list(disputes.order_by("pk"))
    found_at = standings(rows, on=on)
    told = [Waiting(dispute, found_at[dispute.pk]) for dispute in rows]
    return sorted(told, key=lambda each: (each.standing.until or on, each.dispute.pk))


def on_line(lines: Iterable[int]) -> dict[int, list[Dispute]]:
    """The disputes of each line, the first one first; one query."""
    rows = Dispute.objects.filter(line__in=list(lines)).order_by("pk")
    by_line: dict[int, list[Dispute]] = defaultdict(list)
    for dispute in rows:
        by_line[dispute.line_id or 0].append(dispute)
    return by_line


@dataclass(frozen=True)
class Pair:
    """How often a buyer disputes with a provider, and how it ended."""

    buyer: str
    provider: str
    buyer_id: int
    provider_id: int
    count: int
    open: int
    amount: Decimal
    charged: Decimal
    to_buyer: Decimal
    settled: Decimal

    @property
    def share(self) -> Decimal | None:
        """Disputed of what was charged; None where nothing was."""
        return self.amount / self.charged if self.charged else None

    @property
    def won(self) -> Decimal | None:
        """What the buyer got of what was settled; None while nothing is."""
        return self.to_buyer / self.settled if self.settled else None


def pairs() -> QuerySet[Any, Any]:
    """Disputes by buyer and provider, the most first; `pair_rows` prints a page of them."""
    is_settled = Q(state=State.SETTLED)
    keys = (
        "contract__buyer", "contract__provider", "contract__buyer__name",
        "contract__provider__name",
    )  # fmt: skip
    rows: QuerySet[Any, Any] = (
        Dispute.objects.exclude(because=Dispute.Because.WITHDRAWN)
        .exclude(because=Dispute.Because.WAITS)
        .values(*keys)
        .annotate(
            count=Count("pk"),
            open=Count("pk", filter=~is_settled),
            total=Sum("amount"),
            to_buyer=Sum("buyer_amount", filter=is_settled, default=ZERO),
            to_provider=Sum("provider_amount", filter=is_settled, default=ZERO),
        )
        .order_by("-count", "-total", "contract__buyer", "contract__provider")
    )
    return rows


def pair_rows(page: Sequence[dict[str, Any]]) -> list[Pair]:
    """The rows of one page, with what was charged between each pair; one more query."""
    buyers = {row["contract__buyer"] for row in page}
    lines = SettlementLine.objects.filter(contract__buyer__in=buyers, amount__gt=0)
    charged = {
        (row["contract__buyer"], row["contract__provider"]): row["total"]
        for row in lines.values("contract__buyer", "contract__provider").annotate(
            total=Sum("amount")
        )
    }
    return [
        Pair(
            buyer=row["contract__buyer__name"], provider=row["contract__provider__name"],
            buyer_id=row["contract__buyer"], provider_id=row["contract__provider"],
            count=row["count"], open=row["open"], amount=row["total"],
            charged=charged.get((row["contract__buyer"], row["contract__provider"]), ZERO),
            to_buyer=row["to_buyer"], settled=row["to_buyer"] + row["to_provider"],
        )
        for row in page
    ]  # fmt: skip


class DisputeWindow:
    """Until when lines may be disputed; what it needs is read once."""

    def __init__(self, *, on: date) -> None:
        self.on = on
        self.holidays = holidays()

    def is_open(
        self, line: SettlementLine, run: SettlementRun, disputes: Sequence[Dispute]
    ) -> bool:
        """From the preview to the tenth working day after posting, while a part is left."""
        standing = (each for each in disputes if each.because != Dispute.Because.WITHDRAWN)
        if line.amount <= sum((each.amount for each in standing), ZERO):
            return False
        if run.posted_on is None:
            return True
        days = policy.in_force(on=run.month)["dispute_window_working_days"]
        return self.on <= nth_working_day_after(run.posted_on, days, self.holidays)
