"""A refused contract of a month: what to do about it, and where (PRODUCT 4.10).

Every code that a settlement writes has its remedy here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.models import SettlementRefusal


@dataclass(frozen=True)
class Remedy:
    """The next step in words, and the page on which it begins, by `{contract}` or `{provider}`."""

    next: str
    action: str
    url: str


_CONTRACT = "/contracts/{contract}/"
_FAULT = "Try again; if it stays, tell the administrators of the system."
REMEDIES: Mapping[str, Remedy] = {
    "unsigned": Remedy(
        "Both sides sign one version; then let the refused contracts be tried again.",
        "Read its terms",
        _CONTRACT,
    ),
    "usage_outside_dates": Remedy(
        "The provider withdraws that usage; then try again.", "Ask the provider", "/mes/{provider}/"
    ),
    "amount_too_large": Remedy(
        "The provider corrects the quantity; then try again.",
        "Ask the provider",
        "/mes/{provider}/",
    ),
    "not_written": Remedy(_FAULT, "Open the contract", _CONTRACT),
    "not_paid": Remedy(
        "Nothing moved, and what was committed stays so. It is tried again every hour until the"
        " month locks; then it is a line of the next month. If it stays, tell the administrators"
        " of the system.",
        "Check the money",
        "/money/checks/",
    ),
    "fault": Remedy(_FAULT, "Open the contract", _CONTRACT),
}


def refused_item(refusal: SettlementRefusal) -> dict[str, str]:
    """One refused contract as the component `refused_list` prints it."""
    contract = refusal.contract
    remedy = REMEDIES.get(refusal.code, REMEDIES["fault"])
    url = _CONTRACT.format(contract=contract.pk)
    return {
        "title": contract.offering.name,
        "url": url,
        "reference": str(contract),
        "text": f"{contract.buyer} buys from {contract.provider}. {refusal.detail}",
        "next": remedy.next,
        "action": remedy.action,
        "action_url": remedy.url.format(contract=contract.pk, provider=contract.provider_id),
    }
