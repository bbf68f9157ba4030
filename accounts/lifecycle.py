"""What an ME needs before it may trade (PRODUCT 4.1)."""

from dataclasses import dataclass
from datetime import date

from accounts.models import Membership, MicroEnterprise, RightsGrant

MAY_BE_ACTIVATED = (MicroEnterprise.State.PROPOSED, MicroEnterprise.State.INCUBATING)


@dataclass(frozen=True)
class Guard:
    """One condition of activation: `words` as a noun for a refusal, `advice` for whoever acts."""

    key: str
    words: str
    advice: str
    is_met: bool


def guards(me: MicroEnterprise, *, has_live_offering: bool, on: date) -> list[Guard]:
    """Every condition of proposed or incubating -> active, met or not, in the order of work.

    Whether something is published is the market's to know, so the caller says it.
    """
    leads = Membership.objects.current(on=on).accepted().leading()
    decides = RightsGrant.objects.current(on=on).filter(right=RightsGrant.Right.DECIDE)
    return [
        Guard(
            "lead",
            "a lead who accepted the partnership terms",
            "An HR admin names the lead; the person then accepts the partnership terms.",
            leads.filter(micro_enterprise=me).exists(),
        ),
        Guard(
            "outcome",
            "a live customer outcome",
            "Whoever leads it says what changes for which customer.",
            me.outcomes.live(on=on).exists(),
        ),
        Guard(
            "customer",
            "a published offering or a customer outside the firm",
            "Publish an offering, or say that it has a customer outside the firm.",
            has_live_offering or me.has_outside_customer,
        ),
        Guard(
            "right",
            "the right to decide",
            "An HR admin grants the right to decide; without it nobody can sign for the ME.",
            decides.filter(micro_enterprise=me).exists(),
        ),
    ]


def in_one_sentence(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
