"""What the page of an ME's end shows: votes, what would happen, and what still keeps it."""

from dataclasses import dataclass
from datetime import date

from accounts import permissions
from accounts.actions import dissolving
from accounts.models import DissolutionVote, MicroEnterprise, User

State = MicroEnterprise.State


@dataclass(frozen=True)
class DissolutionPage:
    """Figures and words ready to print; `deed` is the button that this reader has, if any."""

    micro_enterprise: MicroEnterprise
    votes: int
    partners: int
    needed: int
    blockers: list[str]
    deed: str = ""
    button: str = ""
    is_begun: bool = False
    is_over: bool = False


def dissolution_page(me: MicroEnterprise, *, user: User, on: date) -> DissolutionPage:
    """The page for one reader."""
    votes, partners = dissolving.votes_of(me, on=on)
    deed, button = _deed(me, user, on=on)
    begun = me.state == State.DISSOLVING
    return DissolutionPage(
        micro_enterprise=me,
        votes=votes,
        partners=partners,
        needed=-(-partners * 2 // 3),
        blockers=dissolving.blockers_of(me, on=on) if begun else [],
        deed=deed,
        button=button,
        is_begun=begun,
        is_over=me.state == State.DISSOLVED,
    )


def _deed(me: MicroEnterprise, user: User, *, on: date) -> tuple[str, str]:
    if not me.may_trade:
        return "", ""
    if permissions.may_vote_in(user, me, on=on):
        voted = DissolutionVote.objects.filter(micro_enterprise=me, person=user.person_id)
        if voted.exists():
            return "withdraw", "Take my vote back"
        return "vote", f"Vote to dissolve {me}"
    if permissions.may_activate_me(user) and me.state == State.PROBATION:
        return "order", f"Dissolve {me}"
    return "", ""
