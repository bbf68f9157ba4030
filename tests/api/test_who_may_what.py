"""Every operation of the API as every role and with every scope, against one table."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import transaction

from accounts import tokens
from accounts.models import AuditEvent, Membership
from contracts.actions.outside import request as make_purchase
from contracts.models import (
    Correction,
    Dispute,
    Measurement,
    Overage,
    Rating,
    SettlementLine,
    SuccessResult,
    Usage,
)
from learning_market.actions.investing import propose
from ledger import budget_requests, budgets, freezing, moving, switching
from ledger.drafting import Envelope
from ledger.models import SettlementRun, Transfer, ValueVerdict
from marketplace.service_levels import DEFAULT_TIERS, tier_documents
from tests import make
from tests.make.api import Api

pytestmark = pytest.mark.django_db
ROLES = ("member", "lead", "foreign", "hr_admin", "chro", "auditor", "leaver")
LETTERS = {401: "?", 403: "n", 404: "h"}
OUTCOME = {
    "name": "Fewer leaks", "customer": "Households", "metric": "leaks", "unit": "leaks",
    "baseline": "9", "target": "4", "source": "call centre",
}  # fmt: skip
FIGURE = {"month": "2026-01", "amount": "5.00", "source": "SAP", "reference": "new"}

# A column for each of ROLES: y may, n may not (403), h must not even know (404). Then the scopes
# that open it for a client; all others answer 403 to it.
TABLE = """
GET /                                       y y y y y y n  all
GET allocations/                            n n n y y y n  money:read
GET allocations/{id}/                       n n n y y y n  money:read
GET audit-events/                           n n n n n y n  -
GET audit-events/{id}/                      n n n n n y n  -
GET budget-requests/                        y y y y y y n  money:read
POST budget-requests/                       n y n y n n n  money:write
GET budget-requests/{id}/                   y y y y y y n  money:read
POST budget-requests/{id}/vote/             n n y n n n n  -
POST budget-requests/{id}/withdraw/         n y n n n n n  -
GET budget-rounds/                          y y y y y y n  money:read
GET budget-rounds/{id}/                     y y y y y y n  money:read
GET budgets/                                n n n y y y n  money:read
POST budgets/                               n n n y n n n  money:write
GET budgets/{id}/                           n n n y y y n  money:read
POST budgets/{id}/add-rule/                 n n n y n n n  money:write
POST budgets/{id}/leave-out/                n n n y n n n  money:write
GET budgets/{id}/preview/                   n n n y y y n  money:read
POST budgets/{id}/publish/                  n n n y n n n  money:write
POST budgets/{id}/revise/                   n n n y n n n  money:write
GET categories/                             y y y y y y n  market:read
POST categories/                            n n n y n n n  -
GET categories/{id}/                        y y y y y y n  market:read
PATCH categories/{id}/                      n n n y n n n  -
GET contracts/                              y y y y y y n  contracts:read
POST contracts/                             n y n n n n n  contracts:write
GET contracts/{id}/                         y y h h h y n  contracts:read
PATCH contracts/{id}/                       n y h h h n n  contracts:write
POST contracts/{id}/accept/                 n y h h h n n  -
POST contracts/{id}/amend/                  n y h h h n n  -
POST contracts/{id}/breach/                 n y h h h n n  -
POST contracts/{id}/cancel/                 n y h h h n n  -
POST contracts/{id}/chronic-failure/        n y h h h n n  -
POST contracts/{id}/complete/               n y h h h n n  -
POST contracts/{id}/counter/                n y h h h n n  -
POST contracts/{id}/cure/                   n y h h h n n  -
POST contracts/{id}/decline/                n y h h h n n  -
POST contracts/{id}/drop-proposal/          n y h h h n n  -
POST contracts/{id}/end/                    n y h h h n n  -
GET contracts/{id}/events/                  y y h h h y n  contracts:read
POST contracts/{id}/notice/                 n y h h h n n  -
POST contracts/{id}/offer/                  n y h h h n n  -
POST contracts/{id}/renew/                  n y h h h n n  -
POST contracts/{id}/resume/                 n y h h h n n  -
POST contracts/{id}/suspend/                n y h h h n n  -
POST contracts/{id}/withdraw-notice/        n y h h h n n  -
POST contracts/{id}/withdraw/               n y h h h n n  -
GET corrections/                            y y y y y y n  contracts:read
POST corrections/                           n y h h h n n  -
GET corrections/{id}/                       y y h y h y n  contracts:read
POST corrections/{id}/confirm/              n y h n h n n  -
POST corrections/{id}/decline/              n y h n h n n  -
POST corrections/{id}/withdraw/             n n h n h n n  -
GET cost-records/                           y y y y y y n  money:read
POST cost-records/                          n y n y n n n  money:write
GET cost-records/{id}/                      y y h y y y n  money:read
POST cost-records/{id}/correct/             n y h y n n n  money:write
GET course-runs/                            y y y y y y n  learning:read
POST course-runs/                           n y y y n n n  learning:write
GET course-runs/{id}/                       y y y y y y n  learning:read
POST course-runs/{id}/cancel/               n y y y n n n  learning:write
POST course-runs/{id}/move/                 n y y y n n n  learning:write
GET courses/                                y y y y y y n  learning:read
POST courses/                               n y y y n n n  learning:write
GET courses/{id}/                           y y y y y y n  learning:read
PATCH courses/{id}/                         n y y y n n n  learning:write
GET customer-outcomes/                      y y y y y y n  people:read
POST customer-outcomes/                     n y n n n n n  people:write
GET customer-outcomes/{id}/                 y y y y y y n  people:read
PATCH customer-outcomes/{id}/               n y n n n n n  people:write
POST customer-outcomes/{id}/end/            n y n n n n n  people:write
GET disputes/                               y y y y y y n  contracts:read
POST disputes/                              n y h h h n n  -
GET disputes/{id}/                          y y h h y y n  contracts:read
POST disputes/{id}/answer-offer/            n y h h n n n  -
POST disputes/{id}/answer-proposal/         n y h h n n n  -
POST disputes/{id}/answer/                  n n h h n n n  -
POST disputes/{id}/choose-panel/            n n h h y n n  -
POST disputes/{id}/decide/                  n n h h n n n  -
POST disputes/{id}/name-mediator/           n n h h y n n  -
POST disputes/{id}/propose/                 n n h h n n n  -
POST disputes/{id}/withdraw/                n y h h n n n  -
GET forecasts/                              y y y y y y n  money:read
GET freezes/                                y y y y y y n  money:read
POST freezes/                               n n n y n n n  money:write
GET freezes/{id}/                           y y h y y y n  money:read
POST freezes/{id}/lift/                     n n h y n n n  money:write
GET grants/                                 y y y y y y n  money:read
POST grants/                                n n n y n n n  money:write
GET grants/{id}/                            y y h y y y n  money:read
POST grants/{id}/publish/                   n n h y n n n  -
GET journal/                                n n n y y y n  money:read
GET learning-purchases/                     y y y y y y n  learning:read
POST learning-purchases/                    y y n n n n n  learning:write
GET learning-purchases/{id}/                y y h h h y n  learning:read
POST learning-purchases/{id}/cancel/        y y h h h n n  -
POST learning-purchases/{id}/commit/        n y h h h n n  -
POST learning-purchases/{id}/complete/      n y h h h n n  -
POST learning-purchases/{id}/decline/       n y h h h n n  -
POST learning-purchases/{id}/propose/       y y h h h n n  -
GET measurements/                           y y y y y y n  contracts:read
POST measurements/                          n n h h h n n  usage:write
GET measurements/{id}/                      y y h h h y n  contracts:read
POST measurements/{id}/confirm/             y y h h h n n  -
POST measurements/{id}/contest/             y y h h h n n  -
GET memberships/                            y y y y y y n  people:read
POST memberships/                           n y n n n n n  people:write
GET memberships/{id}/                       y y y y y y n  people:read
PATCH memberships/{id}/                     n y n n n n n  people:write
POST memberships/{id}/accept/               y y n n n n n  -
POST memberships/{id}/end/                  n y n n n n n  people:write
GET micro-enterprises/                      y y y y y y n  people:read
POST micro-enterprises/                     y y y y y y n  people:write
GET micro-enterprises/{id}/                 y y y y y y n  people:read
PATCH micro-enterprises/{id}/               n y n n n n n  people:write
POST micro-enterprises/{id}/activate/       n n n y n n n  -
GET micro-enterprises/{id}/dissolution/     y y n y y y n  money:read
POST micro-enterprises/{id}/dissolve/       n n n y n n n  -
POST micro-enterprises/{id}/end-right/      n n n y n n n  -
POST micro-enterprises/{id}/grant-right/    n n n y n n n  -
POST micro-enterprises/{id}/name-lead/      n n n y n n n  -
POST micro-enterprises/{id}/reject/         n n n y n n n  -
POST micro-enterprises/{id}/vote-to-dissolve/ y y n n n n n  -
POST micro-enterprises/{id}/withdraw-vote/  y y n n n n n  -
GET moves/                                  y y y y y y n  money:read
POST moves/                                 n n n y n n n  money:write
GET moves/{id}/                             y y h y y y n  money:read
POST moves/{id}/confirm/                    n n h y n n n  -
POST moves/{id}/decline/                    n n h y n n n  -
GET offerings/                              y y y y y y n  market:read
POST offerings/                             n y n n n n n  market:write
GET offerings/{id}/                         y y y y y y n  market:read
PATCH offerings/{id}/                       n y n n n n n  market:write
POST offerings/{id}/new-version/            n y n n n n n  market:write
GET offerings/{id}/price/                   y y y y y y n  market:read
POST offerings/{id}/publish/                n y n n n n n  market:write
POST offerings/{id}/subsidy/                 n n n y n n n  -
POST offerings/{id}/withdraw/               n y n n n n n  market:write
GET outside-offers/                         y y y y y y n  market:read
POST outside-offers/                        n y y y n n n  market:write
GET outside-offers/{id}/                    y y y y y y n  market:read
GET outside-purchases/                      y y y y y y n  money:read
POST outside-purchases/                     n y n n n n n  -
GET outside-purchases/{id}/                 y y h y y y n  money:read
POST outside-purchases/{id}/cancel/         n y h n n n n  -
POST outside-purchases/{id}/order/          n y h n n n n  -
POST outside-purchases/{id}/receive/        n y h n n n n  -
GET outside-sales/                          y y y y y y n  money:read
POST outside-sales/                         n y n y n n n  money:write
GET outside-sales/{id}/                     y y h y y y n  money:read
POST outside-sales/{id}/correct/            n y h y n n n  money:write
GET overages/                               y y y y y y n  contracts:read
GET overages/{id}/                          y y h h h y n  contracts:read
POST overages/{id}/accept/                  n y h h h n n  -
POST overages/{id}/contest/                 n y h h h n n  -
GET people/                                 y y y y y y n  people:read
GET people/{external_id}/                   y y h y h y n  people:read
PUT people/{external_id}/                   n n n y n n n  people:write
POST people/{external_id}/leave/            n n h y h n n  people:write
GET profits/                                y y y y y y n  money:read
GET ratings/                                y y y y y y n  -
POST ratings/                               y y h h h n n  -
GET ratings/{id}/                           y h h h h h n  -
POST ratings/{id}/withdraw/                 y h h h h h n  -
GET roles/                                  y y y y y y n  people:read
POST roles/                                 n y n n n n n  people:write
GET roles/{id}/                             y y y y y y n  people:read
PATCH roles/{id}/                           n y n n n n n  people:write
GET scores/                                 y y y y y y n  market:read
GET scores/{id}/                            y y y y y y n  market:read
GET settlement-runs/                        n n n y y y n  settlement:run
POST settlement-runs/                       n n n y n n n  settlement:run
GET settlement-runs/{month}/                n n n y y y n  settlement:run
GET settlement-runs/{month}/lines/          n n n y y y n  settlement:run
GET shadow-statements/                      y y y y y y n  money:read
GET statements/                             y y y y y y n  money:read
GET success-results/                        y y y y y y n  contracts:read
POST success-results/                       n n h h h n n  -
GET success-results/{id}/                   y y h h h y n  contracts:read
POST success-results/{id}/confirm/          y y h h h n n  -
POST success-results/{id}/contest/          y y h h h n n  -
GET switches/                               y y y y y y n  money:read
POST switches/                              n n n y n n n  money:write
GET switches/preview/                       y y n y y y n  money:read
GET switches/{id}/                          y y h y y y n  money:read
POST switches/{id}/cancel/                  n n h y n n n  money:write
GET transfers/                              y y y y y y n  money:read
GET transfers/{id}/                         y y h y y y n  money:read
GET usage/                                  y y y y y y n  contracts:read
POST usage/                                 n n h h h n n  usage:write
GET usage/{id}/                             y y h h h y n  contracts:read
POST usage/{id}/confirm/                    y y h h h n n  -
POST usage/{id}/contest/                    y y h h h n n  -
POST usage/{id}/withdraw/                   n n h h h n n  usage:write
GET value-verdicts/                         y y y y y y n  money:read
GET value-verdicts/{id}/                    y y h y y y n  money:read
GET wallets/                                y y y y y y n  money:read
GET wallets/{id}/                           y y h y y y n  money:read
GET year-ends/                              y y y y y y n  money:read
"""


def test_every_operation_answers_every_role_and_scope_as_the_table_says(client):
    world = _world()
    apis = {role: Api(_token(user)) for role, user in world["users"].items()}
    clients = {scope: make.api_with(scope) for scope in tokens.SCOPES}
    document = client.get("/api/v1/schema/?format=json").json()
    told = []
    # Who fetches a token is nobody yet: tests.api.test_oauth asks it.
    del document["paths"]["/oauth/token/"]
    for template, operations in sorted(document["paths"].items()):
        for method in sorted(operations):
            address, body = _request(world, method, template)
            seen = [_outcome(api, method, address, body) for api in apis.values()]
            opened = [
                scope for scope, api in clients.items()
                if _outcome(api, method, address, body) != "n"
            ]  # fmt: skip
            short = template.removeprefix("/api/v1/") or "/"
            scopes = "all" if len(opened) == len(clients) else " ".join(opened) or "-"
            told.append([f"{method.upper()} {short}", *seen, scopes])
    expected = [line.split(maxsplit=9) for line in TABLE.strip().splitlines()]
    expected = [[f"{line[0]} {line[1]}", *line[2:]] for line in expected]
    assert told == expected, _printed(told)


def _printed(rows):
    return "\n" + "\n".join(f"{row[0]:<44}{' '.join(row[1:8])}  {row[8]}" for row in rows)


def _outcome(api, method, address, body):
    """`y` is everything but a refusal of the person: done, or 409 by the state or the money."""
    with transaction.atomic():
        answer = api.generic(
            method.upper(), address, json.dumps(body) if method != "get" else "",
            content_type="application/json",
        )  # fmt: skip
        transaction.set_rollback(True)
    assert answer.status_code < 500, (method, address, answer.content)
    if answer.status_code == 400 and b"There is nothing with the id" in answer.content:
        # An id in the body that is not theirs to know.
        return "h"
    if answer.status_code == 400:
        raise AssertionError((method, address, body, answer.content))
    return LETTERS.get(answer.status_code, "y")


def _token(user):
    return tokens.create_person_token(user, by=None, on=make.TODAY)


def _request(world, method, template):
    address = template.removeprefix("/api/v1/")
    noun = address.split("/")[0]
    for name in ("{id}", "{external_id}", "{month}"):
        address = address.replace(name, world["ids"].get(noun, ""))
    if address in ("statements/", "forecasts/", "shadow-statements/", "switches/preview/"):
        address += f"?micro_enterprise={world['buyer'].pk}"
    if method == "get":
        return address, None
    body = world["bodies"].get(f"{method} {template.removeprefix('/api/v1/')}", {})
    return address, body


def _world():
    """A buyer with a member and a lead, an offer that waits for it, and something of each kind."""
    buyer, provider, elsewhere = make.me(kind="frontline"), make.me(), make.me()
    make.granted(buyer, "100000.00")
    make.granted(buyer, "5000.00", fund="learning")
    lead, member = make.lead(buyer), make.member(buyer)
    leaver = make.member(buyer)
    leaver.person.left_on = make.TODAY
    leaver.person.save()
    users = {
        "member": member, "lead": lead, "foreign": make.lead(elsewhere),
        "hr_admin": make.hr_admin(), "chro": make.office(is_chro=True),
        "auditor": make.office(is_auditor=True), "leaver": leaver,
    }  # fmt: skip
    contract = make.offered(buyer, provider, offered_by="provider")
    own = make.offering(buyer)
    rows = _rows(buyer, contract, lead, member) | _asked(buyer, users)
    ids = {name: str(row.pk) for name, row in rows.items()}
    ids |= {
        "people": member.person.external_id, "offerings": str(own.pk),
        "settlement-runs": "2026-01",
    }  # fmt: skip
    return {
        "users": users, "buyer": buyer, "ids": ids,
        "bodies": _bodies(buyer, contract, own, rows, member),
    }  # fmt: skip


def _rows(buyer, contract, lead, member):
    outside = make.outside_offer()
    run = make.course_run()
    day = make.TODAY
    SettlementRun.objects.create(month="2026-01-01", opened_at=datetime(2026, 2, 4, tzinfo=UTC))
    purchase = make_purchase(outside, quantity=Decimal(1), buyer=buyer, by=lead, on=day)
    learning = propose(
        run, me=buyer, people=[member.person], expected_return="Fewer errors.", by=member, on=day
    )
    return {
        "contracts": contract, "micro-enterprises": buyer, "roles": buyer.roles.first(),
        "customer-outcomes": buyer.outcomes.first(), "categories": outside.category,
        "memberships": Membership.objects.get(person=member.person), "outside-offers": outside,
        "wallets": make.wallet(buyer), "transfers": Transfer.objects.first(),
        "switches": _switch_of(buyer),
        "courses": run.course, "course-runs": run, "learning-purchases": learning,
        "outside-purchases": purchase, "scores": make.score(contract.offering),
        **_granted(buyer), **_delivered(buyer, member), "audit-events": AuditEvent.objects.first(),
    }  # fmt: skip


def _asked(buyer, users):
    """A round of requests in which another ME's lead decides, and money moved, frozen, judged."""
    by, day = users["hr_admin"], make.TODAY
    rule = make.add_rule(
        make.year_budget(fund="learning"), "requests",
        {"ask_until": make.MARCH, "decide_by": make.APRIL}, board=[users["foreign"]],
    )  # fmt: skip
    asked = budget_requests.ask(
        rule, buyer, amount=Decimal(9), reason="Two vans", by=users["lead"], on=day
    )
    wish = moving.Wish(buyer, make.me(), "operating", Decimal(1), "team_moved")
    verdict = ValueVerdict.objects.create(
        micro_enterprise=buyer, month="2026-01-01", is_judged=True, value_added=5, labour=4,
        has_paying_customer=True, has_met_outcome=True, judged_on=day,
    )  # fmt: skip
    return {
        "budget-rounds": rule, "budget-requests": asked, "value-verdicts": verdict,
        "moves": moving.move(wish, key="matrix", by=by, on=day),
        "freezes": freezing.freeze(buyer, fund="incentive", reason="Audit", by=by, on=day),
    }  # fmt: skip


def _switch_of(buyer):
    return switching.plan(
        buyer, starts_on=make.MARCH, operating=Decimal(1), learning=Decimal(0), reason="Real",
        by=make.hr_admin(), on=make.TODAY,
    )  # fmt: skip


def _granted(buyer):
    envelope = Envelope("operating", 2026, "yearly")
    by = make.hr_admin()
    granted = budgets.grant(buyer, Decimal(100), envelope, by=by, on=make.TODAY, reference="matrix")
    budget = make.year_budget(("fixed", {"each": Decimal(1)}))
    own = {
        "cost-records": make.labour(buyer, "9.00", "1"),
        "outside-sales": make.outside_sale(buyer, "9.00"),
    }
    return own | {"grants": granted, "allocations": granted, "budgets": budget}


def _delivered(buyer, member):
    """Usage and a result of a contract that the buyer has, both to be answered by it."""
    running = make.agreed(buyer, make.me(), plan="per_unit", price="10.00")
    provider = make.lead_of(running.provider)
    used = Usage.objects.create(
        contract=running, used_on=make.MARCH, origin_month=make.MARCH, quantity=1, key="m",
        entered_on=make.MARCH, entered_by=provider,
    )  # fmt: skip
    result = SuccessResult.objects.create(
        measure=running.current.measures.first(), contract=running, month=make.MARCH, value=80,
        entered_on=make.MARCH, entered_by=provider,
    )  # fmt: skip
    rating = Rating.objects.create(
        contract=running, person=member.person, month="2026-01-01", score=4,
        rated_at=datetime(2026, 2, 2, tzinfo=UTC),
    )  # fmt: skip
    level = running.current.levels.create(
        number=1, name="Answers", promise="in a day", unit="tickets", measurer="provider",
        excludes_maintenance=True, excludes_buyer_caused=True, earns_back=True,
        tiers=tier_documents(DEFAULT_TIERS),
    )  # fmt: skip
    measured = Measurement.objects.create(
        contract=running, level=level, term="Answers", month=make.MARCH, measured=12, met=11,
        entered_on=make.MARCH, entered_by=provider,
    )  # fmt: skip
    return {
        "usage": used, "success-results": result, "ratings": rating, "measurements": measured,
        **_disputed(running),
    }  # fmt: skip


def _disputed(contract):
    """A line of January that the buyer disputes, and an overage that waits for it."""
    run, january = SettlementRun.objects.get(), make.MARCH.replace(month=1)
    SettlementLine.objects.create(
        run=run, contract=contract, version=contract.current, month=january, kind="usage",
        term="usage", origin_month=january, amount=50, calculation="5 × 10.00",
    )  # fmt: skip
    overage = Overage.objects.create(
        contract=contract, run=run, month=january, amount=5, reason="More",
        waits_from_on=make.TODAY, answer_until_on=make.TODAY,
    )  # fmt: skip
    dispute = Dispute.objects.create(
        contract=contract, month=january, line=make.line_of(contract, month=january), amount=1,
        reason="x", opened_on=make.TODAY, opened_by=make.lead_of(contract.buyer),
        answer_until_on=make.TODAY, offer_days=5, mediation_days=5, panel_days=10,
    )  # fmt: skip
    correction = Correction.objects.create(
        contract=contract, origin_month=january, amount=5, reason="x", entered_on=make.TODAY,
        entered_for=contract.provider, entered_by=make.lead_of(contract.provider),
    )  # fmt: skip
    return {"disputes": dispute, "overages": overage, "corrections": correction}


def _bodies(buyer, contract, own, rows, member):
    me = {"micro_enterprise": str(buyer.pk)}
    key = {name: str(row.pk) for name, row in rows.items()}
    seen = {"hash": contract.current.hash}
    days = {"starts_on": "2026-05-01", "ends_on": "2026-09-30"}
    newcomer = make.person()
    offering = {"category": key["categories"], "name": "Pipes", "summary": "New.", "price": "1.00"}
    return {
        "post people/{external_id}/leave/": {},
        "put people/{external_id}/": {"name": "Mari"},
        "post micro-enterprises/": {"name": "New ME", "kind": "service", "outcome": OUTCOME},
        "patch micro-enterprises/{id}/": {"purpose": "Less waste."},
        "post micro-enterprises/{id}/reject/": {"reason": "Nobody would buy."},
        "post micro-enterprises/{id}/name-lead/": {"person": str(newcomer.pk)},
        "post micro-enterprises/{id}/grant-right/": {"right": "hire"},
        "post micro-enterprises/{id}/end-right/": {"right": "hire"},
        "post memberships/": me | {"person": str(newcomer.pk), "role": "Fitter"},
        "patch memberships/{id}/": {"allocation_percent": "50"},
        "post memberships/{id}/end/": {"ends_on": "2026-03-31"},
        "post roles/": me | {"name": "Plumber"},
        "patch roles/{id}/": {"name": "Plumber"},
        "post customer-outcomes/": me | OUTCOME,
        "patch customer-outcomes/{id}/": {"name": "Fewer leaks"},
        "post customer-outcomes/{id}/end/": {"ends_on": "2026-03-31"},
        "post categories/": {"name": "Cleaning"},
        "patch categories/{id}/": {"name": "Cleaning"},
        "post offerings/": me | offering,
        "patch offerings/{id}/": offering,
        "post offerings/{id}/subsidy/": {
            "most": "8.00", "until_on": "2026-12-31", "reason": "Until the new plant runs.",
        },
        "post outside-offers/": {
            "supplier": "Rohr", "category": key["categories"], "name": "Pipe", "unit": "m",
            "price": "5.00", "priced_on": "2026-02-01",
        },
        "post budgets/": {"fund": "learning", "fiscal_year": 2027},
        "post budgets/{id}/add-rule/": {"kind": "fixed", "each": "5.00"},
        "post budgets/{id}/leave-out/": {"rule": str(rows["budgets"].rules.get().pk)},
        "post budgets/{id}/publish/": {"seen": "x", "starts_on": "2026-03-01"},
        "post grants/": me | {"amount": "10.00"},
        "post budget-requests/": me | {
            "round": key["budget-rounds"], "amount": "5.00", "reason": "A van",
        },
        "post budget-requests/{id}/vote/": {"amount": "5.00"},
        "post moves/": {
            "payer": str(buyer.pk), "payee": str(make.me().pk), "amount": "1.00",
            "reason": "other",
        },
        "post freezes/": me | {"fund": "learning", "reason": "Audit"},
        "post freezes/{id}/lift/": {"reason": "Done"},
        "post switches/": me | {
            "starts_on": "2026-03-01", "operating": "1.00", "reason": "Real",
        },
        "post cost-records/": me | FIGURE | {"kind": "other"},
        "post cost-records/{id}/correct/": {"amount": "1.00", "source": "SAP"},
        "post outside-sales/": me | FIGURE,
        "post outside-sales/{id}/correct/": {"amount": "1.00", "source": "SAP"},
        "post contracts/": me | days | {"offering": str(contract.offering.pk)},
        "patch contracts/{id}/": me | seen | {"price": "5.00"},
        **{
            f"post contracts/{{id}}/{event}/": me
            for event in (
                "offer", "decline", "withdraw", "cancel", "suspend", "resume", "notice",
                "withdraw-notice", "cure", "chronic-failure", "complete",
            )
        },
        "post contracts/{id}/amend/": me | seen | {"valid_from_on": "2026-06-01", "price": "9.00"},
        "post contracts/{id}/renew/": me | {"ends_on": "2027-09-30"},
        "post contracts/{id}/breach/": me | {"text": "Nobody answers the phone since Monday."},
        "post contracts/{id}/drop-proposal/": me | {"kind": "suspend"},
        "post contracts/{id}/accept/": me | seen,
        "post contracts/{id}/counter/": me | seen | {"price": "1900.00"},
        "post contracts/{id}/end/": me | {"last_day_on": "2026-06-30"},
        "post disputes/": me | {
            "line": str(rows["disputes"].line_id), "amount": "2.00", "reason": "Never came.",
        },
        "post disputes/{id}/answer/": {"answer": "rejected"},
        "post disputes/{id}/answer-offer/": {"accepts": True},
        "post disputes/{id}/answer-proposal/": me | {"accepts": True},
        "post disputes/{id}/propose/": {"percent": "40"},
        "post disputes/{id}/decide/": {"percent": "40"},
        "post disputes/{id}/name-mediator/": {"mediator": str(make.user().pk)},
        "post disputes/{id}/choose-panel/": {
            "members": [str(make.user().pk) for _ in range(3)],
        },
        "post overages/{id}/contest/": {"reason": "Not ordered."},
        "post corrections/": me | {
            "contract": str(rows["corrections"].contract_id), "month": "2026-01",
            "amount": "-2.00", "reason": "Never came.",
        },
        "post usage/": {
            "contract": str(rows["usage"].contract_id), "quantity": "1", "used_on": "2026-02-19",
            "key": "x",
        },
        "post usage/{id}/contest/": {"reason": "Never came."},
        "post success-results/": {
            "measure": str(rows["success-results"].measure_id), "month": "2026-02", "value": "80",
        },
        "post measurements/": {
            "level": str(rows["measurements"].level_id), "month": "2026-02", "measured": 12,
            "met": 11,
        },
        "post measurements/{id}/contest/": {"reason": "Too high."},
        "post success-results/{id}/contest/": {"reason": "Too high."},
        "post ratings/": {
            "contract": str(rows["usage"].contract_id), "month": "2026-01", "score": 4,
        },
        "post settlement-runs/": {"month": "2026-01", "to": "computed"},
        "post courses/": {"title": "SQL", "topic": "Data", "supplier": "Academy"},
        "patch courses/{id}/": {"title": "SQL"},
        "post course-runs/": days | {"course": key["courses"], "price": "10.00"},
        "post course-runs/{id}/move/": days,
        "post learning-purchases/": me | {
            "run": str(make.course_run().pk), "expected_return": "Fewer errors.",
            "people": [str(member.person.pk)],
        },
        "post outside-purchases/": me | {"offer": key["outside-offers"], "quantity": "1"},
        "post outside-purchases/{id}/receive/": {"amount": "5.00"},
    }  # fmt: skip
