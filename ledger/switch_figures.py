"""Which money is real: every ME with its basis, for the page of HR admins."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from accounts import permissions
from accounts.models import MicroEnterprise, User
from ledger import queries
from ledger.models import ChargedSwitch
from ledger.months import months_of_year

State = ChargedSwitch.State


@dataclass(frozen=True)
class Standing:
    """What an ME's money is today, and the switch that made it so or will."""

    micro_enterprise: MicroEnterprise
    switch: ChargedSwitch | None
    is_charged: bool

    @property
    def words(self) -> str:
        """`notional`, `charged since 1 November 2026` or what is planned or was refused."""
        if self.switch is None or self.switch.state == State.CANCELLED:
            return "Notional"
        day = f"{self.switch.starts_on:%-d %B %Y}"
        if self.is_charged:
            return f"Charged since {day}"
        if self.switch.state == State.PLANNED:
            return f"Notional, charged from {day}"
        return f"Notional; the switch of {day} was refused"


def trading_mes() -> QuerySet[MicroEnterprise]:
    return MicroEnterprise.objects.exclude(state__in=MicroEnterprise.OVER).order_by("name", "pk")


def standings_of(mes: Iterable[MicroEnterprise], *, on: date) -> list[Standing]:
    """In their order; one query for their newest switches."""
    found = list(mes)
    rows = ChargedSwitch.objects.filter(micro_enterprise__in=found).order_by("pk")
    newest = {row.micro_enterprise_id: row for row in rows}
    return [_standing(me, newest.get(me.pk), on=on) for me in found]


def history_of(me: MicroEnterprise) -> list[ChargedSwitch]:
    """Every switch that was planned for it, the newest first."""
    rows = ChargedSwitch.objects.filter(micro_enterprise=me).select_related("planned_by__person")
    return list(rows.order_by("-pk"))


def visible_switches(user: User, *, on: date) -> QuerySet[ChargedSwitch]:
    """Of the own MEs, and of every ME for whoever sees all money (PRODUCT 4.22)."""
    if permissions.may_see_all_money(user):
        return ChargedSwitch.objects.all()
    mine = permissions.memberships_of(user, on=on).values("micro_enterprise")
    return ChargedSwitch.objects.filter(micro_enterprise__in=mine)


def basis_in_year(mes: Iterable[int], *, year: int) -> dict[int, str]:
    """What each ME's money is in a fiscal year, in words: beside every amount of a budget.

    `Notional`, `Charged`, or `Notional, charged from 1 November 2026` where that lies within the
    year; a switch that is only planned counts as well. One query.
    """
    keys = set(mes)
    months = months_of_year(year, starts_in=queries.fiscal_year_start())
    rows = ChargedSwitch.objects.filter(
        micro_enterprise__in=keys, state__in=[State.PLANNED, State.DONE]
    )
    found = dict(rows.values_list("micro_enterprise", "starts_on"))
    return {key: _basis_words(found.get(key), months[0], months[-1]) for key in keys}


def _basis_words(since: date | None, first: date, last: date) -> str:
    if since is None or since > last:
        return "Notional"
    return "Charged" if since <= first else f"Notional, charged from {since:%-d %B %Y}"


def basis_of_all() -> str:
    """How far the firm's money is real, for sums over all MEs."""
    found = counts()
    if not found["charged"]:
        return "Every micro-enterprise is notional, so all amounts are."
    if found["charged"] >= found["all"]:
        return "Every micro-enterprise is charged, so all amounts are real money."
    return (
        f"{found['charged']:,} of {found['all']:,} micro-enterprises are charged; the amounts of"
        " the others are notional."
    )


def counts() -> dict[str, int]:
    """How many MEs are charged, and how many have a switch planned."""
    done = ChargedSwitch.objects.filter(state=State.DONE).count()
    planned = ChargedSwitch.objects.filter(state=State.PLANNED).count()
    return {"all": trading_mes().count(), "charged": done, "planned": planned}


def switch_names(keys: Collection[int]) -> dict[int, str]:
    """What the switch of an ME is called, by the ME's key; one query."""
    names = MicroEnterprise.objects.filter(pk__in=keys).values_list("pk", "name")
    return {key: f"Switch of {name} to charged money" for key, name in names}


def _standing(me: MicroEnterprise, switch: ChargedSwitch | None, *, on: date) -> Standing:
    is_done = switch is not None and switch.state == State.DONE and switch.starts_on <= on
    return Standing(me, switch, is_done)
