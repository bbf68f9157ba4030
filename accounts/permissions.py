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
    if user.person_id is None or not user.is_active:
        return Membership.objects.none()
    return Membership.objects.current(on=on).filter(person=user.person_id)


def mes_of(user: User, *, on: date) -> QuerySet[MicroEnterprise]:
    """Where the user is a member that day; one person acts for one of them at a time."""
    mine = memberships_of(user, on=on).values("micro_enterprise")
    alive = MicroEnterprise.objects.exclude(state__in=MicroEnterprise.OVER)
    return alive.filter(pk__in=mine).order_by("name", "pk")


def is_member(user: User, me: MicroEnterprise, *, on: date) -> bool:
    return memberships_of(user, on=on).filter(micro_enterprise=me).exists()


def is_of_the_firm(user: User) -> bool:
    """Every member of the firm: a log-in whose person has not left, or an office holder."""
    has_office = user.is_hr_admin or user.is_chro or user.is_auditor
    return _is_here(user) and (has_office or user.person is not None)


def is_hr_admin(user: User) -> bool:
    """An office ends with the person's last day, whatever the row still says."""
    return user.is_hr_admin and _is_here(user)


def is_chro(user: User) -> bool:
    return user.is_chro and _is_here(user)


def is_auditor(user: User) -> bool:
    return user.is_auditor and _is_here(user)


def is_lead(user: User, me: MicroEnterprise, *, on: date) -> bool:
    return memberships_of(user, on=on).filter(micro_enterprise=me).leading().exists()


def signing_mes(user: User, *, on: date) -> QuerySet[MicroEnterprise]:
    """Where the user is lead or `may_sign` and the ME holds the right to decide (PRODUCT 4.1)."""
    mine = _signing_memberships(user, on=on).values("micro_enterprise")
    decides = RightsGrant.objects.current(on=on).filter(right=RightsGrant.Right.DECIDE)
    return MicroEnterprise.objects.filter(pk__in=mine).filter(
        pk__in=decides.values("micro_enterprise")
    )


def may_sign_for(user: User, me: MicroEnterprise, *, on: date) -> bool:
    """Offer, counter, sign, order outside, accept an overage, decide learning."""
    return signing_mes(user, on=on).filter(pk=me.pk).exists()


def may_publish_for(user: User, me: MicroEnterprise, *, on: date) -> bool:
    """Draft, publish, withdraw and price offerings; a proposed ME may do so already."""
    if user.has_scope("market:write"):
        return True
    return _signing_memberships(user, on=on).filter(micro_enterprise=me).exists()


def may_see_market(user: User) -> bool:
    """Offerings, outside offers, active contracts' prices and measures, scores."""
    return is_of_the_firm(user) or user.has_scope("market:read")


def may_see_drafts_of(user: User, provider: MicroEnterprise, *, on: date) -> bool:
    """Offerings that are still being written: members of the provider, and auditors."""
    if is_auditor(user) or user.has_scope("market:write"):
        return True
    return is_member(user, provider, on=on)


def may_record_outside_offers(user: User, *, on: date) -> bool:
    """Lead or `may_sign` of any ME, or an HR admin."""
    if is_hr_admin(user) or user.has_scope("market:write"):
        return True
    return _signing_memberships(user, on=on).exists()


def may_draft_contract(user: User, me: MicroEnterprise, *, on: date) -> bool:
    """`contracts:write` drafts, and only drafts."""
    return user.has_scope("contracts:write") or may_sign_for(user, me, on=on)


def may_see_money(user: User, me: MicroEnterprise, *, on: date) -> bool:
    """Wallets, movements and statements of an ME."""
    return may_see_all_money(user) or is_member(user, me, on=on)


def may_see_all_money(user: User) -> bool:
    has_office = is_hr_admin(user) or is_chro(user) or is_auditor(user)
    return has_office or user.has_scope("money:read")


def may_see_negotiation(
    user: User, buyer: MicroEnterprise, provider: MicroEnterprise, *, on: date
) -> bool:
    """Drafts, offers, disputes and comments: members of the two parties, and auditors."""
    if may_see_every_negotiation(user):
        return True
    parties = [buyer.pk, provider.pk]
    return memberships_of(user, on=on).filter(micro_enterprise__in=parties).exists()


def may_see_every_negotiation(user: User) -> bool:
    return is_auditor(user) or user.has_scope("contracts:read")


def may_see_levels_of_every_buyer(user: User, provider: MicroEnterprise, *, on: date) -> bool:
    """What was measured for each buyer: members of the provider, who know it, and auditors.

    Others see it over all contracts, from some buyers on (PRODUCT 4.22).
    """
    return may_see_every_negotiation(user) or is_member(user, provider, on=on)


def may_see_every_dispute(user: User) -> bool:
    """Auditors, and the CHRO, who names mediators and panels and reads who disputes with whom.

    Others see those of their own MEs, and the one that they mediate or decide.
    """
    return may_see_every_negotiation(user) or is_chro(user)


def may_see_every_correction(user: User) -> bool:
    """Auditors, and HR admins, who enter corrections of locked months for neither side."""
    return may_see_every_negotiation(user) or is_hr_admin(user)


def is_uninvolved(user: User, *mes: MicroEnterprise, on: date) -> bool:
    """A person of the firm who is a member of none of these MEs: who may mediate or decide."""
    if user.person is None or user.is_client or not is_of_the_firm(user):
        return False
    return not memberships_of(user, on=on).filter(micro_enterprise__in=mes).exists()


def may_form_me(user: User) -> bool:
    return user.has_scope("people:write") or (is_of_the_firm(user) and user.person is not None)


def may_activate_me(user: User) -> bool:
    """Activate, grant rights, name the first lead, invite to a log-in, create categories."""
    return is_hr_admin(user)


def may_invite(user: User) -> bool:
    """Invite a person to a log-in."""
    return is_hr_admin(user)


def may_see_people(user: User) -> bool:
    """HR data of everybody, and who has a log-in."""
    return is_hr_admin(user) or is_auditor(user) or user.has_scope("people:read")


def may_close_login(user: User, other: User) -> bool:
    """Close and open log-ins; nobody locks themselves out."""
    return is_hr_admin(user) and user != other


def may_appoint(user: User, other: User) -> bool:
    """Give and take the three offices, never one's own."""
    return is_hr_admin(user) and user != other


def may_set_organization(user: User) -> bool:
    """The organisation's name and its holidays."""
    return is_hr_admin(user)


def may_create_categories(user: User) -> bool:
    return is_hr_admin(user)


def may_allow_subsidy(user: User) -> bool:
    """Let the treasury add to the price of an offering."""
    return is_hr_admin(user)


def may_vote_in(user: User, me: MicroEnterprise, *, on: date) -> bool:
    """Vote on the end of an ME: its partners, who have accepted the partnership terms."""
    mine = memberships_of(user, on=on).accepted()
    return not user.is_client and mine.filter(micro_enterprise=me).exists()


def may_see_end_of(user: User, me: MicroEnterprise, *, on: date) -> bool:
    """Votes on the end of an ME and what still keeps it, which tells of its money."""
    return may_see_money(user, me, on=on)


def may_describe_me(user: User, me: MicroEnterprise, *, on: date) -> bool:
    """Words of an ME: its lead; while it is proposed also whoever formed it and HR admins."""
    if is_lead(user, me, on=on) or user.has_scope("people:write"):
        return True
    is_proposed = me.state == MicroEnterprise.State.PROPOSED
    is_former = me.formed_by_id == user.pk and is_of_the_firm(user)
    return is_proposed and (is_former or is_hr_admin(user))


def may_change_me(user: User, me: MicroEnterprise, *, on: date) -> bool:
    """Memberships, `may_sign`, roles and outcomes of the ME (never for the own person)."""
    return user.has_scope("people:write") or is_lead(user, me, on=on)


def may_change_membership(user: User, membership: Membership, *, on: date) -> bool:
    """The lead, not for the own person."""
    is_own = user.person_id is not None and user.person_id == membership.person_id
    return not is_own and may_change_me(user, membership.micro_enterprise, on=on)


def may_accept_for_me(user: User, membership: Membership, *, on: date) -> bool:
    """The partnership terms on the ME's side: its lead; where there is none, an HR admin.

    Nobody stands on both sides, and a client accepts for nobody.
    """
    if user.is_client or user.person_id == membership.person_id:
        return False
    me = membership.micro_enterprise
    if is_lead(user, me, on=on):
        return True
    others = Membership.objects.current(on=on).filter(micro_enterprise=me).leading()
    return is_hr_admin(user) and not others.exclude(person=membership.person_id).exists()


def may_see_share_points(user: User, membership: Membership, *, on: date) -> bool:
    """The person and the own lead, nobody else (PRODUCT 4.22, privacy)."""
    if user.person_id is None:
        return False
    is_own = user.person_id == membership.person_id
    return is_own or is_lead(user, membership.micro_enterprise, on=on)


def mes_led_by(user: User, *, on: date) -> frozenset[int]:
    """The MEs whose share points and named learning the user sees: `is_lead` for whole lists."""
    led = memberships_of(user, on=on).leading()
    return frozenset(led.values_list("micro_enterprise", flat=True))


def may_enter_delivery(user: User, provider: MicroEnterprise, *, on: date) -> bool:
    """Usage, measurements and delivery: members of the provider."""
    return user.has_scope("usage:write") or is_member(user, provider, on=on)


def may_confirm_delivery(user: User, buyer: MicroEnterprise, *, on: date) -> bool:
    return is_member(user, buyer, on=on)


def may_see_all_learning(user: User) -> bool:
    """What every ME invests in skills, without the names of those who learn."""
    return is_auditor(user) or user.has_scope("learning:read")


def may_propose_learning(user: User, me: MicroEnterprise, *, on: date) -> bool:
    return user.has_scope("learning:write") or is_member(user, me, on=on)


def may_import_people(user: User) -> bool:
    return is_hr_admin(user) or user.has_scope("people:write")


def may_set_budgets(user: User) -> bool:
    return is_hr_admin(user) or user.has_scope("money:write")


def may_record_figures_of(user: User, me: MicroEnterprise, *, on: date) -> bool:
    """Own costs and sales outside, which move no money: lead or `may_sign`, and HR admins."""
    if is_hr_admin(user) or user.has_scope("money:write"):
        return True
    return _signing_memberships(user, on=on).filter(micro_enterprise=me).exists()


def may_record_some_figures(user: User, *, on: date) -> bool:
    """Read a file of such figures: each of its rows asks `may_record_figures_of` of its ME."""
    return is_hr_admin(user) or _signing_memberships(user, on=on).exists()


def needs_second_hr_admin(user: User, me: MicroEnterprise, *, on: date) -> bool:
    """Whether a grant to this ME is one to the HR admin's own, which another one must confirm."""
    return is_member(user, me, on=on)


def may_see_budgets(user: User) -> bool:
    """Every budget with all its figures; a member sees what was granted to the own ME."""
    return may_see_all_money(user)


def may_check_money(user: User) -> bool:
    """Run the proofs of the ledger and read them; they change nothing."""
    return is_hr_admin(user) or is_chro(user) or is_auditor(user)


def may_run_settlement(user: User) -> bool:
    return is_hr_admin(user) or user.has_scope("settlement:run")


def may_see_settlement(user: User) -> bool:
    """The whole run with every line; parties see their own lines on contract and statement."""
    return may_run_settlement(user) or is_chro(user) or is_auditor(user)


def may_keep_clients(user: User) -> bool:
    """Make integration clients, and revoke their tokens."""
    return is_hr_admin(user)


def may_set_policies(user: User) -> bool:
    return is_hr_admin(user)


def may_see_policies(user: User) -> bool:
    """The rules with their history; the three offices answer for them."""
    return is_hr_admin(user) or is_chro(user) or is_auditor(user)


def may_set_mandatory_learning(user: User) -> bool:
    return is_hr_admin(user)


def may_suspend_for_integrity(user: User) -> bool:
    """Suspend a contract with a reason, and resume what was suspended so."""
    return is_chro(user)


def may_choose_panel(user: User) -> bool:
    return is_chro(user)


def may_record_override(user: User) -> bool:
    return is_chro(user)


def may_run_learning_catalogue(user: User) -> bool:
    """Outside courses are recorded like outside offers; nobody assigns one."""
    return is_hr_admin(user) or user.has_scope("learning:write")


def may_read_audit(user: User) -> bool:
    return is_auditor(user)


def may_see_insights(user: User) -> bool:
    return is_chro(user) or is_auditor(user) or is_hr_admin(user)


def require(allowed: bool, sentence: str, *, help: str = "") -> None:  # noqa: A002, FBT001
    """Raise Forbidden with the sentence where the answer was no."""
    if not allowed:
        raise Forbidden(sentence, help=help)


def require_known(known: bool) -> None:  # noqa: FBT001
    """Raise Unknown where the existence is not the actor's to know."""
    if not known:
        raise Unknown


def _is_here(user: User) -> bool:
    """An active log-in whose person, if it has one, has not left the firm."""
    return user.is_active and (user.person is None or user.person.left_on is None)


def _signing_memberships(user: User, *, on: date) -> MembershipQuerySet:
    mine = memberships_of(user, on=on)
    return mine.filter(Q(is_lead=True) | Q(is_acting_lead=True) | Q(may_sign=True))
