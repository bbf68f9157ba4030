"""One request or answer in figures for the operations that a reader tries first."""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample

_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def _request(title: str, /, **value: Any) -> OpenApiExample:
    return OpenApiExample(title, value, request_only=True)


def _answer(title: str, /, **value: Any) -> OpenApiExample:
    return OpenApiExample(title, value, response_only=True, status_codes=["200"])


# Figures of PRODUCT 4.15.
_PROFIT = {
    "outside_sales": "90000.00", "inside_sales": "12000.00", "subsidies": "0.00",
    "inside_purchases": "30000.00", "net_production": "72000.00", "other_costs": "21600.00",
    "paid_outside": "0.00", "levy": "0.00", "value_added": "50400.00", "labour": "31920.00",
    "margin": "18480.00", "hours": "840.00", "per_hour": "60.00", "labour_per_hour": "38.00",
    "margin_per_hour": "22.00", "is_on_record": True,
}  # fmt: skip

# Figures of PRODUCT 4.4: title, unit, usual quantity, price, parameters.
_BANDS = [
    {"up_to": "50", "price": "40.00"},
    {"up_to": "150", "price": "35.00"},
    {"up_to": None, "price": "30.00"},
]
_PLANS: Mapping[str, tuple[str, str, str, str | None, Mapping[str, Any]]] = {
    "fixed": ("12,000.00 a month", "", "", "12000.00", {}),
    "per_unit": ("30.00 per hire", "hire", "180", "30.00", {}),
    "graduated": ("Each hire at its band", "hire", "180", None, {"bands": _BANDS}),
    "volume": ("All hires at the band reached", "hire", "180", None, {"bands": _BANDS}),
    "two_part": (
        "2,000.00 a month and 12.00 per hire", "hire", "180", None,
        {"fee": "2000.00", "unit_price": "12.00"},
    ),
    "cost_plus": (
        "Standard cost and 10 %", "hire", "100", None, {"standard_cost": "52.00", "margin": "0.10"}
    ),
    "market_minus": (
        "The outside less 6 %", "hire", "100", None,
        {
            "benchmark": "70.00", "saving": "0.06", "source": "price list of Outside Ltd",
            "priced_on": "2026-02-01",
        },
    ),
    "time_capped": ("85.00 per hour, at most 9,000.00", "hour", "120", "85.00", {"cap": "9000.00"}),
    "outcome": ("3,000.00 per hire, by success", "hire", "6", "3000.00", {"gate": ""}),
    "gain_share": (
        "15 % of the gain", "", "40000", None, {"share": "0.15", "baseline": "0.00"}
    ),
    "dual_price": ("Market 62.00, full cost 70.00", "hire", "10", "62.00", {"full_cost": "70.00"}),
}  # fmt: skip


def _offering_of(plan: str) -> OpenApiExample:
    title, unit, usual, price, parameters = _PLANS[plan]
    body: dict[str, Any] = {
        "micro_enterprise": "12", "category": "3", "name": "Recruiting",
        "summary": "A team that fills posts.", "plan": plan, "unit": unit, "price": price,
        "usual_quantity": usual, "parameters": parameters,
    }  # fmt: skip
    return _request(f"{plan}: {title}", **{name: value for name, value in body.items() if value})


EXAMPLES: Mapping[str, OpenApiExample | Sequence[OpenApiExample]] = {
    "people_create_or_change": _request(
        "One row of HR data", name="Mari Maasikas", email="mari@example.com",
        hr_unit="Network", job_title="Fitter", fte="0.80",
    ),
    "offerings_create": [_offering_of(plan) for plan in _PLANS],
    "contracts_create": [
        _request(
            "Twelve months at the listed price", micro_enterprise="12", offering="7",
            starts_on="2026-03-01", ends_on="2027-02-28",
            joint_objective="Every post is filled within a month.",
        ),
        *(
            _request(
                f"{plan}: {told[0]}", micro_enterprise="12", offering="7", starts_on="2026-03-01",
                ends_on="2027-02-28", parameters=told[4],
                **({"expected_quantity": told[2], "cap_quantity": told[2]} if told[2] else {}),
            )
            for plan, told in _PLANS.items()
        ),
    ],
    "offerings_price": _answer(
        "180 hires in bands", plan="graduated", unit="hire", quantity="180.000",
        tariff="each hire at its band: up to 50 at 40.00, up to 150 at 35.00, rest at 30.00",
        parts=[
            {
                "words": "50 × 40.00 + 100 × 35.00 + 30 × 30.00 (hire, graduated)",
                "amount": "6400.00",
            }
        ],
        month="6400.00", effective_price="35.56", warnings=[],
    ),
    "contracts_offer": _request("Sign first", micro_enterprise="12", hash=_HASH),
    "contracts_counter": _request(
        "Another price, all else as it is", micro_enterprise="4", hash=_HASH, price="2100.00"
    ),
    "contracts_accept": _request("Sign what was read", micro_enterprise="12", hash=_HASH),
    "contracts_end": _request(
        "End with June", micro_enterprise="12", last_day_on="2026-06-30",
        reason="We need it no more.",
    ),
    "contracts_suspend": _request(
        "Propose to suspend it, or confirm it", micro_enterprise="12", reason="The site is closed."
    ),
    "contracts_amend": _request(
        "Another price from July", micro_enterprise="12", hash=_HASH, valid_from_on="2026-07-01",
        price="2100.00",
    ),
    "contracts_renew": _request("A year more", micro_enterprise="12", ends_on="2027-12-31"),
    "contracts_breach": _request(
        "Nobody answers", micro_enterprise="12",
        text="Nobody answers the phone since Monday; answer it on working days.",
    ),
    "usage_create": _request(
        "A day of delivery", contract="31", quantity="12", used_on="2026-03-19", key="meter-4711"
    ),
    "disputes_create": _request(
        "A part of a line", micro_enterprise="12", line="901", amount="1400.00",
        reason="Half of it was not delivered",
    ),
    "disputes_answer": _request("An offer", answer="offered", percent="40"),
    "corrections_create": _request(
        "The provider pays 300.00 back", micro_enterprise="12", contract="31", month="2026-03",
        amount="-300.00", reason="Two days without anybody on site",
    ),
    "success_results_create": _request(
        "92 % in March", measure="55", month="2026-03", value="92"
    ),
    "measurements_create": _request(
        "11 of 12 in March", level="81", month="2026-03", measured=14, met=11, maintenance=2,
        exclusion_reason="Planned maintenance on 8 March",
    ),
    "ratings_create": _request("Satisfied with March", contract="31", month="2026-03", score=5),
    "outside_purchases_create": _request(
        "Two units outside", micro_enterprise="12", offer="88", quantity="2",
        reason="Nobody inside has it.",
    ),
    "outside_purchases_receive": _request("Less came than was ordered", amount="4000.00"),
    "learning_purchases_create": _request(
        "A seat for oneself", micro_enterprise="12", run="5",
        expected_return="Fewer errors in reports.",
    ),
    "grants_create": _request(
        "1,200.00 for this fiscal year", micro_enterprise="12", amount="1200.00",
        reference="ERP-77",
    ),
    "budgets_create": _request(
        "Next year's operating money", fund="operating", fiscal_year=2027
    ),
    "budgets_add_rule": _request(
        "1,200.00 per full-time post", kind="per_head", amount="1200.00", on="2027-01-01"
    ),
    "budgets_publish": _request("What was read", seen=_HASH, starts_on="2027-01-01"),
    "moves_create": _request(
        "Three fitters changed the ME", payer="12", payee="14", fund="operating",
        amount="1000.00", reason="team_moved", note="Three fitters from March on",
    ),
    "freezes_create": _request(
        "Learning money, until the audit is over", micro_enterprise="12", fund="learning",
        reason="Audit of October",
    ),
    "freezes_lift": _request("The audit is over", reason="Nothing was found."),
    "budget_requests_create": _request(
        "Asked of the peers", round="41", micro_enterprise="12", amount="900.00",
        reason="Two vans for the northern district",
    ),
    "budget_requests_vote": _request("Half of it", amount="450.00", note="One van will do."),
    "switches_create": _request(
        "Real from November on", micro_enterprise="12", starts_on="2026-11-01",
        operating="26500.00", learning="3000.00", reason="Three notional months went well.",
    ),
    "switches_preview": _answer(
        "26,500.00 would go back", micro_enterprise="12", starts_on="2026-11-01",
        wallets=[
            {
                "fund": "operating", "fiscal_year": 2026, "balance": "42500.00",
                "kept": "16000.00", "returned": "26500.00", "others": "9000.00",
                "available": "17500.00",
            }
        ],
    ),
    "micro_enterprises_dissolution": _answer(
        "One contract keeps it", micro_enterprise="12", state="dissolving", votes=2, partners=3,
        needed=2, blockers=["1 contract is not closed."], dissolving_from_on="2026-03-02",
        dissolved_on=None,
    ),
    "profits_list": _answer(
        "60.00 an hour", micro_enterprise="12", fiscal_year=2026,
        months=[{"month": "2026-01", "basis": "charged", "profit": _PROFIT}], total=_PROFIT,
    ),
    "value_verdicts_show": _answer(
        "A month above the floor", id="5", micro_enterprise="12", month="2026-01",
        verdict="above",
        why="A margin of 18,480.00, a paying customer, a success measure met.",
        value_added="50400.00", labour="31920.00", margin="18480.00", has_paying_customer=True,
        has_met_outcome=True, led_to=None, judged_on="2026-02-10", policy_version=1,
    ),
    "shadow_statements_list": _answer(
        "1,500.00 less than before", micro_enterprise="12", month="2026-10", basis="notional",
        lines=[
            {
                "department": "4", "role": "customer", "former_cost": "20000.00",
                "share": "11000.00", "percent": "55.0", "paid": "9500.00",
                "difference": "1500.00",
            }
        ],
        totals={"share": "11000.00", "paid": "9500.00", "difference": "1500.00"},
    ),
    "cost_records_create": _request(
        "840 hours at 38.00", micro_enterprise="12", month="2026-03", kind="labour",
        amount="31920.00", hours="840.00", source="payroll", reference="2026-03/12",
    ),
    "cost_records_correct": _request(
        "Two hours less", amount="31844.00", hours="838.00", source="payroll, second run"
    ),
    "outside_sales_create": _request(
        "Sold outside in March", micro_enterprise="12", month="2026-03", amount="90000.00",
        source="billing", reference="2026-03/12",
    ),
    "outside_sales_correct": _request(
        "A credit note came", amount="89500.00", source="billing, credit note 71"
    ),
    "settlement_runs_create": _request("Compute and post March", month="2026-03", to="posted"),
    "wallets_show": _answer(
        "26,500.00 is available", id="3", micro_enterprise="12", fund="operating",
        fiscal_year=2026, basis="charged", balance="87500.00", pre_committed="9000.00",
        committed="52000.00", dispute_window="0.00", spent="41000.00", held="1500.00",
        available="26500.00",
    ),
    "statements_list": _answer(
        "A month that adds up", micro_enterprise="12", fund="operating", month="2026-03",
        basis="notional", opening="100000.00",
        lines=[
            {
                "on": "2026-04-06", "kind": "charge", "amount": "-4800.00",
                "cause": "Contract 31", "cause_url": "https://rendan.example/contracts/31/",
                "basis": "notional",
            }
        ],
        closing="95200.00", reserved="32000.00",
    ),
    "scores_show": _answer(
        "Below five raters there is no number", id="9", offering="7", provider="4", csat=None,
        lower_bound=None, mean=None, n=None, raters=None, invited=None, response_rate=None,
        from_month="2025-08", to_month="2026-01",
    ),
}  # fmt: skip
