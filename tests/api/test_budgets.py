"""The budget of a year through the API: drafted, previewed, published, revised."""

from decimal import Decimal

import pytest

from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def erp():
    return make.api_with("money:read", "money:write")


def test_a_year_is_planned_read_and_published_by_a_client(erp):
    north, south = make.me("North"), make.me("South")
    make.member(north)
    budget = erp.post("budgets/", {"fund": "operating", "fiscal_year": 2026}).json()
    assert (budget["state"], budget["version"], budget["rules"]) == ("draft", 1, [])
    own = f"budgets/{budget['id']}/"
    figures = [{"micro_enterprise": str(south.pk), "amount": "400.50"}]
    erp.post(f"{own}add-rule/", {"kind": "fixed", "each": "1000.00", "figures": figures})
    per_head = {"kind": "per_head", "amount": "250.00", "on": "2026-01-01", "release": "monthly"}
    rules = erp.post(f"{own}add-rule/", per_head).json()["rules"]
    assert rules[1]["says"] == "250.00 per full-time post on 1 January 2026"
    preview = erp.get(f"{own}preview/").json()
    assert (preview["total"], preview["count"], preview["faults"]) == ("1650.50", 2, [])
    assert preview["results"][0] == {
        "micro_enterprise": str(north.pk), "amount": "1250.00", "last_year": "0.00",
        "difference": "1250.00", "to_grant": "0.00", "to_take_back": "0.00",
        "parts": [
            {"rule": rules[0]["id"], "amount": "1000.00", "calculation": ["The same for each"]},
            {"rule": rules[1]["id"], "amount": "250.00",
             "calculation": ["250.00 × 1.00 posts on 1 January 2026"]},
        ],
    }  # fmt: skip
    assert erp.get(f"{own}preview/", {"page": "2"}).json()["results"] == []
    assert erp.get(f"{own}preview/", {"page": "x"}).status_code == 400
    body = {"seen": preview["seen"], "starts_on": preview["starts_on"]}
    first, again = (erp.post(f"{own}publish/", body, key="k") for _ in range(2))
    assert (first.json()["state"], first.json()["started_on"]) == ("published", "2026-02-20")
    assert again.json() == first.json()
    assert make.wallet(north).balance == Decimal("1022.73")
    missing = erp.post(f"{own}publish/", body, key="")
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")
    second = erp.post(f"{own}revise/", {}).json()
    assert (second["version"], second["state"]) == (2, "draft")
    shown = erp.get("budgets/", {"fund": "operating"}).json()["results"]
    assert [row["version"] for row in shown] == [2, 1]


def test_figures_that_nobody_read_are_a_conflict(erp):
    make.me()
    budget = make.year_budget(("fixed", {"each": Decimal(5)}))
    answer = erp.post(
        f"budgets/{budget.pk}/publish/", {"seen": "0" * 64, "starts_on": "2026-02-20"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "stale")


def test_what_is_missing_or_wrong_in_a_rule_is_named(erp):
    budget = make.year_budget()
    own = f"budgets/{budget.pk}/"
    for body, field in (
        ({"kind": "per_head", "amount": "1.00"}, "on"),
        ({"kind": "fixed", "figures": [{"micro_enterprise": "99999", "amount": "1.00"}]},
         "figures"),
        ({"kind": "requests", "ask_until": "2026-03-01", "decide_by": "2026-03-02",
          "peers": ["nobody@example.com"]}, "peers"),
        ({"kind": "magic"}, "kind"),
    ):  # fmt: skip
        answer = erp.post(f"{own}add-rule/", body)
        assert answer.status_code == 400, answer.json()
        assert field in answer.json()["errors"][0]["field"]
    assert erp.post(f"{own}leave-out/", {"rule": "1"}).status_code == 404


def test_every_kind_of_rule_comes_by_the_api(erp):
    north, lab = make.me("North"), make.me("Lab")
    peer = make.member(lab)
    own = f"budgets/{make.year_budget().pk}/"
    use = [{"micro_enterprise": str(north.pk), "use": "3", "heads": "2"}]
    for body in (
        {"kind": "revenue_share", "percent": "5", "first": "2025-01", "last": "2025-12",
         "inside": True},
        {"kind": "last_use", "former_cost": "9.00", "phase_in": "0.25", "customers": use},
        {"kind": "department_to_customers", "former_cost": "9.00", "phase_in": "0",
         "customers": use, "department": str(lab.pk)},
        {"kind": "requests", "ask_until": "2026-03-01", "decide_by": "2026-03-02",
         "peers": [peer.email]},
    ):  # fmt: skip
        assert erp.post(f"{own}add-rule/", body).status_code == 200
    assert erp.get(f"{own}preview/").json()["total"] == "18.00"
