"""Every page of the product: its name, an address that has something to show, who may."""

from collections.abc import Iterator
from typing import NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver, reverse

# One letter each: member, lead and signer of Shop North, lead of the other party, lead of an ME
# that has nothing to do with it, HR admin, CHRO and auditor, who are members of no ME.
ROLES = {
    "m": "member", "l": "lead", "s": "signer", "o": "other_lead", "f": "foreign_lead",
    "h": "hr_admin", "c": "chro", "a": "auditor",
}  # fmt: skip
ALL = "".join(ROLES)
MES = "mlsof"  # everybody who is a member of some ME
LEADS = "lsof"  # everybody who leads one or may sign for it
OURS, THEIRS, PARTIES = "mls", "o", "mlso"
SIGN = "ls"
OFFICES = "hca"


class Page(NamedTuple):
    """`of`: what the address names, as attributes of the world, and perhaps a query.

    `get` and `post` say who may; None where the address does not have the method. `unknown` says
    to whom the thing does not exist; everybody else is forbidden.
    """

    name: str
    of: str = ""
    get: str | None = None
    post: str | None = None
    unknown: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.of}".strip()

    def url(self, world) -> str:
        names, _, query = self.of.partition("?")
        values = {name: getattr(value, "pk", value) for name, value in vars(world).items()}
        address = reverse(self.name, args=[values[name] for name in names.split()])
        return f"{address}?{query.format(**values)}" if query else address


def form(name: str, of: str = "", may: str = "", *, unknown: str = "") -> Page:
    return Page(name, of, may, may, unknown)


def deed(name: str, of: str = "", may: str = "", *, unknown: str = "") -> Page:
    return Page(name, of, None, may, unknown)


def named_addresses() -> Iterator[str]:
    """All that the resolver knows, but for the API, the health checks and the sign-in."""

    def walk(patterns, namespace: str) -> Iterator[str]:
        for each in patterns:
            if isinstance(each, URLResolver):
                if str(each.pattern) != "api/v1/":
                    yield from walk(each.url_patterns, each.namespace or namespace)
            elif isinstance(each, URLPattern):
                yield f"{namespace}:{each.name}" if namespace else str(each.name)

    for name in walk(get_resolver().url_patterns, ""):
        if not name.startswith("account_") and name not in (
            "None",
            "healthz",
            "readyz",
            "oauth_token",
        ):
            yield name


# Read without signing in; a page that knows who reads it is not among them.
PUBLIC = {"gallery", "insights:theme", "accounts:invitation", "accounts:found"}

PAGES = [
    Page("advance_clock", "", ALL, ALL),
    Page("gallery", "", ALL),
    # People, micro-enterprises and the offices.
    deed("accounts:act_for", "shop", OURS, unknown="ofhca"),
    deed("accounts:act_for", "services", THEIRS, unknown="mlsfhca"),
    form("accounts:form_me", "", ALL),
    Page("accounts:terms", "", ALL),
    form("accounts:describe", "shop", "l"),
    form("accounts:describe", "services", "o"),
    form("accounts:describe", "proposed", "mh"),
    form("accounts:reject", "proposed", "h"),
    form("accounts:rights", "shop", "h"),
    Page("accounts:dissolve", "shop", OURS + OFFICES, "mlsh"),
    form("accounts:name_lead", "shop", "h"),
    form("accounts:name_lead", "proposed", "h"),
    form("accounts:add_member", "shop", "l"),
    form("accounts:add_member", "services", "o"),
    deed("accounts:accept_all_terms", "shop", "l"),
    form("accounts:change_member", "shop membership", "l"),
    form("accounts:change_member", "shop own_membership", ""),
    form("accounts:change_member", "services membership", "", unknown=ALL),
    form("accounts:end_member", "shop membership", "l"),
    form("accounts:end_member", "shop own_membership", ""),
    deed("accounts:accept_terms", "shop waiting", "l"),
    deed("accounts:accept_terms", "shop membership", "ml"),
    form("accounts:add_role", "shop", "l"),
    form("accounts:change_role", "shop role", "l"),
    form("accounts:change_role", "services role", "", unknown="o"),
    form("accounts:add_outcome", "shop", "l"),
    form("accounts:change_outcome", "shop outcome", "l"),
    form("accounts:change_outcome", "services outcome", "", unknown="o"),
    form("accounts:end_outcome", "shop outcome", "l"),
    Page("accounts:policies", "", OFFICES),
    Page("accounts:policy", "rule", OFFICES, "h"),
    Page("accounts:audit", "", "a"),
    form("accounts:found", "", "", unknown=ALL),
    form("accounts:invitation", "token", ALL),
    Page("accounts:mails", "", ALL),
    Page("accounts:mail", "mail", "mh", unknown="lsofca"),
    form("accounts:organization", "", "h"),
    Page("accounts:people", "", "ha"),
    deed("accounts:invite_all", "", "h"),
    form("accounts:add_person", "", "h"),
    form("accounts:import_people", "", "h"),
    Page("accounts:import", "upload", "h"),
    Page("accounts:import", "applied_upload", "h"),
    deed("accounts:apply_import", "upload", "h"),
    deed("accounts:preview_again", "upload", "h"),
    Page("accounts:person", "person", "ha", unknown="mlsofc"),
    form("accounts:edit_person", "person", "h", unknown="mlsofc"),
    deed("accounts:invite", "newcomer", "h", unknown="mlsofc"),
    deed("accounts:leave", "newcomer", "h", unknown="mlsofc"),
    deed("accounts:close_login", "person", "h", unknown="mlsofc"),
    deed("accounts:open_login", "person", "h", unknown="mlsofc"),
    deed("accounts:appoint", "person", "h", unknown="mlsofc"),
    form("accounts:tokens", "", ALL),
    deed("accounts:revoke_token", "token_of_member", "m", unknown="lsofhca"),
    form("accounts:clients", "", "h"),
    deed("accounts:renew_secret", "client_secret", "h"),
    deed("accounts:revoke_secret", "client_secret", "h"),
    deed("accounts:revoke_client_token", "client_token", "h", unknown="mlsofca"),
    # Money.
    Page("ledger:money", "", ALL),
    Page("ledger:money", "?me={shop}", "mlshca"),
    Page("ledger:money", "?me={services}", "ohca"),
    Page("ledger:all_money", "", OFFICES),
    Page("ledger:promises", "", ALL),
    Page("ledger:promises", "?me={shop}", "mlshca"),
    Page("ledger:checks", "", OFFICES, OFFICES),
    Page("ledger:statement", "march", ALL),
    Page("ledger:statement", "march?me={shop}", "mlshca"),
    Page("ledger:statement", "march?me={shop}&format=csv", "mlshca"),
    Page("ledger:year_end", "year", ALL),
    Page("ledger:shadow", "march", ALL),
    Page("ledger:forecast", "", ALL),
    Page("ledger:forecast", "?me={shop}", "mlshca"),
    Page("ledger:forecast", "?me={shop}&format=csv", "mlshca"),
    Page("ledger:shadow", "march?me={shop}", "mlshca"),
    Page("ledger:shadow", "march?me={shop}&format=csv", "mlshca"),
    Page("ledger:switches", "", OFFICES),
    Page("ledger:switch", "shop", "mlshca", "h"),
    Page("ledger:switch", "services", "ohca", "h"),
    deed("ledger:cancel_switch", "shop", "h"),
    Page("ledger:year_end", "year?me={shop}", "mlshca"),
    Page("ledger:year_end", "year?me={shop}&format=csv", "mlshca"),
    Page("ledger:profit", "shop", "mlshca"),
    Page("ledger:profit", "shop?month=2026-03", "mlshca"),
    Page("ledger:profit", "services?format=csv", "ohca"),
    Page("ledger:verdicts", "", OFFICES),
    Page("ledger:journal", "march", OFFICES),
    Page("ledger:journal", "march?format=csv", OFFICES),
    form("ledger:record_cost", "shop", "lsh"),
    form("ledger:record_sale", "shop", "lsh"),
    form("ledger:correct_cost", "shop cost", "lsh"),
    form("ledger:correct_sale", "shop sale", "lsh"),
    form("ledger:import_figures", "", f"{LEADS}h"),
    Page("ledger:budgets", "", OFFICES),
    form("ledger:grant", "", "h"),
    form("ledger:department", "", "h"),
    form("ledger:import_grants", "", "h"),
    Page("ledger:budget", "budget", "mlshca", unknown="of"),
    Page("ledger:budget", "grant_draft", "ha", unknown="mlsofc"),
    Page("ledger:budget", "department_draft", "ha", unknown="mlsofc"),
    form("ledger:change_grant", "grant_draft", "h"),
    form("ledger:change_department", "department_draft", "h"),
    deed("ledger:publish", "grant_draft", "h"),
    deed("ledger:discard", "grant_draft", "h"),
    form("ledger:take_back", "budget allocation", "h"),
    form("ledger:start_year", "", "h"),
    Page("ledger:year_budget", "year_budget", OFFICES),
    Page("ledger:year_budget", "year_draft", OFFICES),
    Page("ledger:me_budget", "year_budget shop", "mlshca", unknown="of"),
    Page("ledger:me_budget", "year_draft shop", "hca", unknown="mlsof"),
    deed("ledger:publish_year", "year_draft", "h"),
    deed("ledger:revise_year", "year_budget", "h"),
    deed("ledger:discard_year", "year_draft", "h"),
    Page("ledger:add_rule", "year_draft rule_kind", "h", "h"),
    form("ledger:change_rule", "year_draft fixed_rule", "h"),
    deed("ledger:leave_out_rule", "year_draft fixed_rule", "h"),
    Page("ledger:rule_requests", "year_draft requests_rule", OFFICES, "h"),
    Page("ledger:requests", "", ALL),
    form("ledger:ask", "requests_rule", LEADS),
    deed("ledger:withdraw_request", "requests_rule", LEADS),
    Page("ledger:board", "requests_rule", "fhca", "fhca", unknown="mlso"),
    Page("ledger:moves", "", OFFICES),
    form("ledger:new_move", "", "h"),
    Page("ledger:move", "waiting_move", OFFICES, unknown=MES),
    Page("ledger:move", "done_move", f"{PARTIES}hca", unknown="f"),
    deed("ledger:confirm_move", "waiting_move", "h"),
    deed("ledger:decline_move", "waiting_move", "h"),
    Page("ledger:freezes", "", OFFICES, "h"),
    form("ledger:lift", "freeze", "h"),
    form("ledger:reasons", "", "h"),
    deed("ledger:end_reason", "money_reason", "h"),
    # The market.
    Page("marketplace:browse", "", ALL),
    Page("marketplace:compare", "?item=o{advice}&item=x{outside_offer}", ALL),
    Page("marketplace:compare", "?item=o{offering_draft}", "", unknown=ALL),
    Page("marketplace:our_offerings", "", MES),
    form("marketplace:new_offering", "", LEADS),
    Page("marketplace:offering", "advice", ALL),
    Page("marketplace:offering", "offering_draft", "oa", unknown="mlsfhc"),
    form("marketplace:edit_offering", "offering_draft", "o", unknown="mlsfhc"),
    form("marketplace:edit_offering", "advice", "o"),
    form("marketplace:publish_offering", "offering_draft", "o", unknown="mlsfhc"),
    deed("marketplace:withdraw_offering", "advice", "o"),
    deed("marketplace:new_version", "advice", "o"),
    form("marketplace:allow_subsidy", "advice", "h"),
    deed("marketplace:end_subsidy", "advice", "h"),
    deed("marketplace:discard_draft", "offering_draft", "o", unknown="mlsfhc"),
    form("marketplace:record_outside", "", f"{LEADS}h"),
    form("marketplace:import_outside", "", f"{LEADS}h"),
    deed("marketplace:apply_import", "", f"{LEADS}h"),
    Page("marketplace:outside", "outside_offer", ALL),
    Page("marketplace:mes", "", ALL),
    Page("marketplace:me", "shop", ALL),
    Page("marketplace:me", "proposed", ALL),
    deed("marketplace:activate", "proposed", "h"),
    form("marketplace:categories", "", "h"),
    form("marketplace:category", "category", "h"),
    # Learning.
    Page("learning_market:catalogue", "", ALL),
    form("learning_market:import", "", f"{LEADS}h"),
    form("learning_market:new_course", "", f"{LEADS}h"),
    Page("learning_market:course", "course", ALL),
    form("learning_market:change_course", "course", "o"),
    form("learning_market:change_course", "outside_course", f"{LEADS}h"),
    form("learning_market:new_run", "course", "o"),
    form("learning_market:new_run", "outside_course", f"{LEADS}h"),
    Page("learning_market:run", "course_run", ALL, MES),
    deed("learning_market:cancel_run", "course_run", "o"),
    deed("learning_market:cancel_run", "outside_run", f"{LEADS}h"),
    form("learning_market:move_run", "course_run", "o"),
    form("learning_market:move_run", "outside_run", f"{LEADS}h"),
    Page("learning_market:purchases", "", ALL),
    Page("learning_market:purchase", "proposal", f"{OURS}a", unknown="ofhc"),
    deed("learning_market:decide", "proposal commit", SIGN, unknown="ofhc"),
    deed("learning_market:cancel_seat", "seat", OURS, unknown="ofhc"),
    deed("learning_market:cancel_seat", "lead_seat", SIGN, unknown="ofhc"),
    # Contracts and what is delivered.
    Page("contracts:contracts", "", ALL),
    form("contracts:draft", "advice", LEADS),
    Page("contracts:integrity", "", OFFICES),
    Page("contracts:lost", "", MES),
    Page("contracts:contract", "draft", f"{PARTIES}a", unknown="fhc"),
    Page("contracts:contract", "offered", f"{PARTIES}a", unknown="fhc"),
    Page("contracts:contract", "declined", f"{PARTIES}a", unknown="fhc"),
    Page("contracts:contract", "active", ALL),
    form("contracts:revise", "draft", "lso", unknown="fhc"),
    form("contracts:revise", "active", "lso"),
    form("contracts:counter", "offered", "lso", unknown="fhc"),
    form("contracts:counter", "answer", "lso", unknown="fhc"),
    form("contracts:counter", "active", "lso"),
    deed("contracts:offer", "draft", "lso", unknown="fhc"),
    deed("contracts:accept", "answer", "lso", unknown="fhc"),
    deed("contracts:accept", "active", "lso"),
    deed("contracts:decline", "answer", "lso", unknown="fhc"),
    deed("contracts:withdraw", "offered", "lso", unknown="fhc"),
    deed("contracts:cancel", "agreed", "lso", unknown="fhc"),
    deed("contracts:end", "active", "lso"),
    deed("contracts:confirm_end", "ending", "lso"),
    deed("contracts:suspend", "active", "lso"),
    deed("contracts:resume", "active", "lso"),
    deed("contracts:order_suspension", "active", "c"),
    deed("contracts:order_resumption", "active", "c"),
    deed("contracts:notice", "active", "lso"),
    deed("contracts:withdraw_notice", "active", "lso"),
    deed("contracts:breach", "active", "lso"),
    deed("contracts:cure", "active", "lso"),
    deed("contracts:chronic_failure", "active", "lso"),
    deed("contracts:complete", "active", "lso"),
    form("contracts:amend", "active", "lso"),
    form("contracts:renew", "active", "lso"),
    deed("contracts:sign_amendment", "active", "lso"),
    deed("contracts:sign_renewal", "active", "lso"),
    deed("contracts:drop_proposal", "active", "lso"),
    Page("contracts:delivery", "", MES),
    form("contracts:import_usage", "", MES),
    form("contracts:report_usage", "counted", THEIRS),
    deed("contracts:confirm_usage", "counted usage", OURS, unknown="fhc"),
    form("contracts:contest_usage", "counted usage", OURS, unknown="fhc"),
    deed("contracts:withdraw_usage", "counted usage", THEIRS, unknown="fhc"),
    deed("contracts:withdraw_usage", "active usage", "", unknown=ALL),
    form("contracts:enter_result", "active measure march", THEIRS),
    deed("contracts:confirm_result", "active result", OURS, unknown="fhc"),
    form("contracts:contest_result", "active result", OURS, unknown="fhc"),
    form("contracts:import_measurements", "", MES),
    Page("contracts:unmeasured", "", OFFICES),
    form("contracts:enter_measurement", "levelled level april", THEIRS),
    deed("contracts:confirm_measurement", "levelled measurement", OURS, unknown="fhc"),
    form("contracts:contest_measurement", "levelled measurement", OURS, unknown="fhc"),
    deed("contracts:accept_overage", "counted overage", SIGN, unknown="fhc"),
    form("contracts:contest_overage", "counted overage", SIGN, unknown="fhc"),
    form("contracts:open_dispute", "counted line", SIGN, unknown="fhc"),
    form("contracts:correct", "counted line", "lsoh", unknown="fc"),
    Page("contracts:corrections", "", ALL),
    Page("contracts:correction", "correction", f"{PARTIES}ha", f"{PARTIES}ha", "fc"),
    Page("contracts:disputes", "", ALL),
    Page("contracts:dispute_pairs", "", "ca"),
    Page("contracts:dispute", "dispute", f"{PARTIES}ca", f"{PARTIES}ca", "fh"),
    deed("contracts:rate", "counted march", OURS),
    deed("contracts:rate", "draft march", OURS, unknown="fhc"),
    deed("contracts:withdraw_rating", "counted march", OURS),
    Page("contracts:ratings", "", ALL),
    Page("contracts:outside_purchases", "", ALL),
    form("contracts:order_outside", "outside_offer", LEADS),
    form("contracts:order_outside", "expired_offer", LEADS),
    Page("contracts:outside_purchase", "ordered", f"{OURS}hca", unknown="of"),
    deed("contracts:confirm_outside", "requested", SIGN, unknown="of"),
    deed("contracts:receive_outside", "ordered", SIGN, unknown="of"),
    deed("contracts:cancel_outside", "ordered", SIGN, unknown="of"),
    Page("contracts:settlement_months", "", OFFICES),
    Page("contracts:settlement_month", "march", OFFICES),
    Page("contracts:settlement_progress", "march", OFFICES),
    deed("contracts:settlement_ask", "march", "h"),
    deed("contracts:settlement_retry", "march", "h"),
    Page("contracts:settlement_run", "run", ALL),
    # What reads across the firm.
    Page("insights:home", "", ALL),
    Page("insights:overview", "", OFFICES),
    Page("insights:theme", "", None, ALL),
]
