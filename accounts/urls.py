"""Micro-enterprises, people, policies and the audit trail (mounted at the root)."""

from django.urls import path

from accounts.views import (
    audit,
    first_steps,
    imports,
    mails,
    memberships,
    micro_enterprises,
    organization,
    people,
    policies,
    roles,
    tokens,
)

app_name = "accounts"
urlpatterns = [
    path("accounts/act-for/<int:pk>/", micro_enterprises.act_for, name="act_for"),
    path("mes/new/", micro_enterprises.form_me, name="form_me"),
    path("mes/terms/", micro_enterprises.terms, name="terms"),
    path("mes/<int:pk>/words/", micro_enterprises.describe, name="describe"),
    path("mes/<int:pk>/reject/", micro_enterprises.reject, name="reject"),
    path("mes/<int:pk>/dissolve/", micro_enterprises.dissolve, name="dissolve"),
    path("mes/<int:pk>/rights/", micro_enterprises.rights, name="rights"),
    path("mes/<int:pk>/lead/", micro_enterprises.name_lead, name="name_lead"),
    path("mes/<int:pk>/members/new/", memberships.add_member, name="add_member"),
    path("mes/<int:pk>/members/accept/", memberships.accept_all_terms, name="accept_all_terms"),
    path(
        "mes/<int:pk>/members/<int:membership_pk>/", memberships.change_member, name="change_member"
    ),
    path(
        "mes/<int:pk>/members/<int:membership_pk>/end/", memberships.end_member, name="end_member"
    ),
    path(
        "mes/<int:pk>/members/<int:membership_pk>/accept/",
        memberships.accept_terms,
        name="accept_terms",
    ),
    path("mes/<int:pk>/roles/new/", roles.add_role, name="add_role"),
    path("mes/<int:pk>/roles/<int:role_pk>/", roles.change_role, name="change_role"),
    path("mes/<int:pk>/outcomes/new/", roles.add_outcome, name="add_outcome"),
    path("mes/<int:pk>/outcomes/<int:outcome_pk>/", roles.change_outcome, name="change_outcome"),
    path("mes/<int:pk>/outcomes/<int:outcome_pk>/end/", roles.end_outcome, name="end_outcome"),
    path("accounts/tokens/", tokens.tokens, name="tokens"),
    path("accounts/tokens/<int:pk>/revoke/", tokens.revoke, name="revoke_token"),
    path("hr/clients/", tokens.clients, name="clients"),
    path("hr/clients/<int:pk>/revoke/", tokens.revoke_of_client, name="revoke_client_token"),
    path("hr/clients/secrets/<int:pk>/renew/", tokens.renew_secret, name="renew_secret"),
    path("hr/clients/secrets/<int:pk>/revoke/", tokens.revoke_secret, name="revoke_secret"),
    path("hr/policies/", policies.policies, name="policies"),
    path("hr/policies/<slug:key>/", policies.policy, name="policy"),
    path("audit/", audit.audit_trail, name="audit"),
    path("found/", first_steps.found, name="found"),
    path("invitation/<str:token>/", first_steps.invitation, name="invitation"),
    path("demo/mails/", mails.mails, name="mails"),
    path("demo/mails/<int:pk>/", mails.mail, name="mail"),
    path("hr/organization/", organization.organization, name="organization"),
    path("hr/people/", people.people, name="people"),
    path("hr/people/invite/", people.invite_all, name="invite_all"),
    path("hr/people/new/", people.edit, name="add_person"),
    path("hr/people/import/", imports.upload, name="import_people"),
    path("hr/people/import/<int:pk>/", imports.preview, name="import"),
    path("hr/people/import/<int:pk>/apply/", imports.apply, name="apply_import"),
    path("hr/people/import/<int:pk>/again/", imports.preview_again, name="preview_again"),
    path("hr/people/<int:pk>/", people.person, name="person"),
    path("hr/people/<int:pk>/edit/", people.edit, name="edit_person"),
    path("hr/people/<int:pk>/invite/", people.invite, name="invite"),
    path("hr/people/<int:pk>/leave/", people.leave, name="leave"),
    path("hr/people/<int:pk>/close/", people.close_login, name="close_login"),
    path("hr/people/<int:pk>/open/", people.open_login, name="open_login"),
    path("hr/people/<int:pk>/offices/", people.appoint, name="appoint"),
]
