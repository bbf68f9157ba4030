"""Reads across apps: what changed for an ME, and how the market as a whole is doing."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Sum

from accounts.models import Membership, MicroEnterprise, OutcomeLink, Role
from contracts.models import Contract, ContractEvent, SettlementLine, SuccessResult
from ledger import year_figures
from ledger.models import MoneyCheck, SettlementRun, Transfer, Wallet
from ledger.money import ZERO
from ledger.months import previous
from ledger.queries import fiscal_year_of
from ledger.year_figures import Rush
from marketplace.models import SatisfactionScore

_WORDS = {
    "create": "was drafted",
    "revise": "was changed",
    "offer": "was offered",
    "counter": "was answered with a counter-offer",
    "accept": "was signed by both sides",
    "decline": "was declined",
    "withdraw": "was withdrawn",
    "lapse": "lapsed unanswered",
    "start": "started",
    "cancel": "was cancelled",
    "propose_end": "is to be ended, says one side",
    "confirm_end": "ends, say both sides",
    "propose_amendment": "is to be changed, says one side",
    "amend": "was changed by both sides",
    "propose_renewal": "is to be renewed, says one side",
    "renew": "was renewed by both sides",
    "renew_itself": "renewed itself",
    "propose_suspension": "is to be suspended, says one side",
    "suspend": "was suspended",
    "order_suspension": "was suspended by the CHRO",
    "propose_resumption": "is to go on, says one side",
    "resume": "goes on",
    "order_resumption": "goes on, says the CHRO",
    "suspension_lapses": "ended with its suspension",
    "give_notice": "was given notice",
    "propose_stay": "is to stay, says one side",
    "withdraw_notice": "stays, say both sides",
    "drop_proposal": "stays as it is: a proposal was dropped",
    "report_breach": "was said to be breached",
    "cure_breach": "is cured of a breach",
    "end_for_cause": "was ended for cause",
    "end_chronic": "was ended for chronic failure",
    "claim_completion": "has reached its outcome, says the provider",
    "complete": "has reached its outcome",
    "dissolve": "ends, as one side dissolves",
    "dispute": "is disputed",
    "expire": "ran to its last day",
    "close": "is closed",
}


def what_changed(me: MicroEnterprise, *, most: int = 8) -> list[dict[str, Any]]:
    """The last events of the ME's contracts, newest first, as the timeline prints them."""
    events = ContractEvent.objects.filter(contract__in=Contract.objects.of(me))
    events = events.select_related(
        "contract__offering__current", "contract__buyer", "contract__provider"
    ).order_by("-on", "-pk")[:most]
    return [
        {
            "at": event.on,
            "text": f"{event.contract.offering} {_WORDS.get(event.kind, event.kind)}",
            "note": str(event.contract.provider if event.contract.buyer_id == me.pk
                        else event.contract.buyer),
            "url": f"/contracts/{event.contract_id}/",
        }
        for event in events
    ]  # fmt: skip


@dataclass(frozen=True)
class Coverage:
    """Roles tied to a live customer outcome, of all roles somebody holds (PRODUCT 4.18)."""

    tied: int
    roles: int

    @property
    def share(self) -> Decimal | None:
        """0 to 1; None where nobody holds a role. 171 of 190 is 0.90."""
        return Decimal(self.tied) / self.roles if self.roles else None


def outcome_coverage(*, on: date) -> Coverage:
    held = Membership.objects.current(on=on).filter(role=OuterRef("pk"))
    tied = OutcomeLink.objects.live(on=on).filter(role=OuterRef("pk"))
    roles = Role.objects.filter(Exists(held)).annotate(is_tied=Exists(tied))
    counts = dict(roles.values_list("is_tied").annotate(Count("pk")).order_by())
    return Coverage(tied=counts.get(True, 0), roles=sum(counts.values()))


@dataclass(frozen=True)
class Spend:
    """What MEs paid this fiscal year, inside and outside the firm."""

    inside: Decimal
    outside: Decimal

    @property
    def outside_share(self) -> Decimal | None:
        """0 to 1; None where nothing was paid."""
        total = self.inside + self.outside
        return self.outside / total if total else None


def spend_of_year(*, on: date) -> Spend:
    """Charges between MEs and purchases outside, by the wallets of the fiscal year of that day."""
    paid = Transfer.objects.filter(payer__fiscal_year=fiscal_year_of(on))
    inside = paid.filter(kind=Transfer.Kind.CHARGE)
    outside = paid.filter(payee__system=Wallet.System.OUTSIDE)
    return Spend(_total(inside), _total(outside))


def spend_by_month(*, on: date, months: int = 6) -> list[tuple[date, Decimal, Decimal]]:
    """(month, inside, outside) of the last locked months, oldest first."""
    locked = SettlementRun.objects.filter(state=SettlementRun.State.LOCKED, month__lt=on)
    wanted = sorted(locked.order_by("-month").values_list("month", flat=True)[:months])
    inside = _by_month(Transfer.objects.filter(kind=Transfer.Kind.CHARGE, month__in=wanted))
    outside = _by_month(
        Transfer.objects.filter(payee__system=Wallet.System.OUTSIDE, month__in=wanted)
    )
    return [(each, inside.get(each, ZERO), outside.get(each, ZERO)) for each in wanted]


def mes_by_kind() -> dict[str, int]:
    """Active, incubating and probation MEs by kind."""
    mes = MicroEnterprise.objects.trading()
    return dict(mes.values_list("kind").annotate(Count("pk")).order_by("kind"))


def providers_by_score(*, most: int = 50) -> QuerySet[SatisfactionScore]:
    """The newest score of each provider, best first by the Wilson bound, unscored last by name."""
    newest = SatisfactionScore.objects.filter(provider=OuterRef("provider")).order_by("-to_month")
    scores = SatisfactionScore.objects.filter(pk=newest.values("pk")[:1]).select_related("provider")
    return scores.order_by(F("lower_bound").desc(nulls_last=True), "provider__name")[:most]


def running_count(*, on: date) -> int:
    return Contract.objects.with_active_day(first=on, last=on).count()


def unmeasured(*, on: date, most: int = 50) -> list[Contract]:
    """Contracts that were active in the last month and have no success result for it."""
    month = previous(on)
    results = SuccessResult.objects.filter(contract=OuterRef("pk"), month=month)
    settled = SettlementLine.objects.filter(contract=OuterRef("pk"), month=month)
    found = Contract.objects.filter(Exists(settled)).exclude(Exists(results))
    related = ("offering__current", "buyer", "provider")
    return list(found.select_related(*related).order_by("pk")[:most])


def untied_members(*, on: date) -> int:
    """Members whose role is tied to no live customer outcome: listed, never hidden."""
    tied = OutcomeLink.objects.live(on=on).filter(role=OuterRef("role"))
    return Membership.objects.current(on=on).exclude(Exists(tied)).count()


def last_money_check() -> MoneyCheck | None:
    return MoneyCheck.objects.order_by("-checked_at").first()


def _by_month(transfers: QuerySet[Transfer]) -> dict[date, Decimal]:
    return dict(transfers.values_list("month").annotate(Sum("amount")).order_by("month"))


def _total(transfers: QuerySet[Transfer]) -> Decimal:
    return Decimal(transfers.aggregate(total=Sum("amount", default=ZERO))["total"])


class YearsEndRush(NamedTuple):
    """The last month of the newest fiscal year that came so far, against its monthly mean."""

    year: int
    month: date
    rush: Rush | None


def rush(*, on: date) -> YearsEndRush:
    year = fiscal_year_of(on)
    if on < year_figures.last_month_of(year):
        year -= 1
    found = year_figures.rush_of(year, on=on).get(None)
    return YearsEndRush(year, year_figures.last_month_of(year), found)
