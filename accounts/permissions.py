"""Who may do what (PRODUCT 4.22): one function per question, asked by pages, API, commands and
actions alike. No answer here uses a reporting line.

An integration client is a User with `is_client`; the scopes of its token stand for the rights that
its row of the matrix gives, and it never signs, offers, rates or acts for a person.
"""

from datetime import date

from django.db.models import Q, QuerySet

from accounts.errors import Forbidden, Unknown
from accounts.models import Membership, MembershipQuerySet, MicroEnterprise, RightsGrant, User


def memberships_of(user: User, *, on: date) -> MembershipQuerySet:
    """The user's own memberships in force that day."""
    if user.person_id is None:
        return Membership.objects.none()
    return Membership.objects.current(on=on).filter(person=user.person_id)


def mes_of(user: User, *, on: date) -> QuerySet[MicroEnterprise]:
    """Where the user is a member that day; one person acts for one of them at a time."""
    mine = memberships_of(user, on=on).values("micro_enterprise")
    return MicroEnterprise.objects.filter(pk__in=mine).order_by("name", "pk")


def is_member(user: User, me: MicroEnterprise, *, on: date) -> bool:
    return memberships_of(user, on=on).filter(micro_enterprise=me).exists()


def is_of_the_firm(user: User) -> bool:
    """Every member of the firm: a log-in whose person has not left, or an office holder."""
    has_office = user.is_hr_admin or user.is_chro or user.is_auditor
    is_present = user.person is not None and user.person.left_on is None
    return user.is_active and (has_office or is_present)


def is_lead(user: User, me: MicroEnterprise, *, on: date) -> bool:
    mine = memberships_of(user, on=on).filter(micro_enterprise=me)
    return mine.filter(Q(is_lead=True) | Q(is_acting_lead=True)).exists()


def signing_mes(user: User, *, on: date) -> QuerySet[MicroEnterprise]:
    """Where the user is lead or `may_sign` and the ME holds the right to decide (PRODUCT 4.1)."""
    mine = _signing_memberships(user, on=on).values("micro_enterprise")
    decides = RightsGrant.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=on), starts_on__lte=on, right=RightsGrant.Right.DECIDE
    ).values("micro_enterprise")
    return MicroEnterprise.objects.filter(pk__in=mine).filter(pk__in=decides)


def may_sign_for(user: User, me: MicroEnterprise, *, on: date) -> bool:
    """Offer, counter, sign, order outside, accept an overage, decide learning."""
    return signing_mes(user, on=on).filter(pk=me.pk).exists()


def may_publish_for(user: User, me: MicroEnterprise, *, on: date) -> bool:
    """Draft, publish, withdraw and price offerings; a proposed ME may do so already."""
    if user.has_scope("market:write"):
        return True
    return _signing_memberships(user, on=on).filter(micro_enterprise=me).exists()


def may_record_outside_offers(user: User, *, on: date) -> bool:
    """Lead or `may_sign` of any ME, or an HR admin."""
    if user.is_hr_admin or user.has_scope("market:write"):
        return True
    return _signing_memberships(user, on=on).exists()


def may_draft_contract(user: User, me: MicroEnterprise, *, on: date) -> bool:
    """`contracts:write` drafts, and only drafts."""
    return user.has_scope("contracts:write") or may_sign_for(user, me, on=on)


def may_see_money(user: User, me: MicroEnterprise, *, on: date) -> bool:
    """Wallets, movements and statements of an ME."""
    return may_see_all_money(user) or is_member(user, me, on=on)


def may_see_all_money(user: User) -> bool:
    return user.is_hr_admin or user.is_chro or user.is_auditor or user.has_scope("money:read")


def may_see_negotiation(
    user: User, buyer: MicroEnterprise, provider: MicroEnterprise, *, on: date
) -> bool:
    """Drafts, offers, disputes and comments: members of the two parties, and auditors."""
    if user.is_auditor or user.has_scope("contracts:read"):
        return True
    parties = [buyer.pk, provider.pk]
    return memberships_of(user, on=on).filter(micro_enterprise__in=parties).exists()


def may_see_every_negotiation(user: User) -> bool:
    return user.is_auditor or user.has_scope("contracts:read")


def may_form_me(user: User) -> bool:
    return is_of_the_firm(user) and user.person is not None


def may_activate_me(user: User) -> bool:
    """Activate, grant rights, name the first lead, invite to a log-in, create categories."""
    return user.is_hr_admin


def may_change_me(user: User, me: MicroEnterprise, *, on: date) -> bool:
    """Memberships, `may_sign`, roles and outcomes of the ME (never for the own person)."""
    return is_lead(user, me, on=on)


def may_enter_delivery(user: User, provider: MicroEnterprise, *, on: date) -> bool:
    """Usage, measurements and delivery: members of the provider."""
    return user.has_scope("usage:write") or is_member(user, provider, on=on)


def may_confirm_delivery(user: User, buyer: MicroEnterprise, *, on: date) -> bool:
    return is_member(user, buyer, on=on)


def may_propose_learning(user: User, me: MicroEnterprise, *, on: date) -> bool:
    return user.has_scope("learning:write") or is_member(user, me, on=on)


def may_import_people(user: User) -> bool:
    return user.is_hr_admin or user.has_scope("people:write")


def may_set_budgets(user: User) -> bool:
    return user.is_hr_admin or user.has_scope("money:write")


def may_run_settlement(user: User) -> bool:
    return user.is_hr_admin or user.has_scope("settlement:run")


def may_see_settlement(user: User) -> bool:
    """The whole run with every line; parties see their own lines on contract and statement."""
    return may_run_settlement(user) or user.is_chro or user.is_auditor


def may_set_policies(user: User) -> bool:
    return user.is_hr_admin


def may_run_learning_catalogue(user: User) -> bool:
    """Outside courses are recorded like outside offers; nobody assigns one."""
    return user.is_hr_admin or user.has_scope("learning:write")


def may_read_audit(user: User) -> bool:
    return user.is_auditor


def may_see_insights(user: User) -> bool:
    return user.is_chro or user.is_auditor or user.is_hr_admin


def require(allowed: bool, sentence: str, *, help: str = "") -> None:  # noqa: A002, FBT001
    """Raise Forbidden with the sentence where the answer was no."""
    if not allowed:
        raise Forbidden(sentence, help=help)


def require_known(known: bool) -> None:  # noqa: FBT001
    """Raise Unknown where the existence is not the actor's to know."""
    if not known:
        raise Unknown


def _signing_memberships(user: User, *, on: date) -> MembershipQuerySet:
    mine = memberships_of(user, on=on)
    return mine.filter(Q(is_lead=True) | Q(is_acting_lead=True) | Q(may_sign=True))
