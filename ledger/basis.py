"""Whether money is notional or charged: of an ME in a month, and of a movement (PRODUCT 4.7).

A movement between two MEs is charged only if both were charged on the first day of its month. It is
stored with the movement, so that no later switch changes history.
"""

from collections.abc import Collection, Iterable
from datetime import date

from accounts.models import MicroEnterprise
from ledger.models import Cause, ChargedSwitch, Transfer, Wallet

NOTIONAL, CHARGED = "notional", "charged"
BASES = [NOTIONAL, CHARGED]
OUTSIDE, HELD = Wallet.System.OUTSIDE, Wallet.System.HELD


def charged_since(mes: Iterable[int]) -> dict[int, date]:
    """The first day on which each ME's money is charged; those that are notional are missing."""
    done = ChargedSwitch.objects.filter(state=ChargedSwitch.State.DONE, micro_enterprise__in=mes)
    return dict(done.values_list("micro_enterprise", "starts_on"))


def charged_mes(mes: Collection[int], *, month: date) -> frozenset[int]:
    """Which of these MEs were charged on the first day of the month; one query."""
    return frozenset(me for me, since in charged_since(mes).items() if since <= month)


def of_me(me: MicroEnterprise, *, month: date) -> str:
    """`notional` or `charged`, as pages and the API print it."""
    return word(me.pk in charged_mes([me.pk], month=month))


def word(is_charged: bool) -> str:  # noqa: FBT001
    return CHARGED if is_charged else NOTIONAL


def of_movement(payer: Wallet, payee: Wallet, *, month: date, cause: Cause) -> bool:
    """Whether a movement is charged.

    What goes outside is always real money. Held money keeps the basis that it was held with.
    """
    if OUTSIDE in (payer.system, payee.system):
        return True
    if payer.system == HELD:
        held = Transfer.objects.filter(payee__system=HELD, **cause._asdict())
        return held.order_by("pk").values_list("is_charged", flat=True).first() or False
    owners = {wallet.owner_id for wallet in (payer, payee) if wallet.owner_id}
    return owners == charged_mes(owners, month=month)
