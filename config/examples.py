"""One request or answer in figures for the operations that a reader tries first."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiExample

_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def _request(title: str, /, **value: Any) -> OpenApiExample:
    return OpenApiExample(title, value, request_only=True)


def _answer(title: str, /, **value: Any) -> OpenApiExample:
    return OpenApiExample(title, value, response_only=True, status_codes=["200"])


EXAMPLES: Mapping[str, OpenApiExample] = {
    "people_create_or_change": _request(
        "One row of HR data", name="Mari Maasikas", email="mari@example.com",
        hr_unit="Network", job_title="Fitter", fte="0.80",
    ),
    "contracts_create": _request(
        "Twelve months at the listed price", micro_enterprise="12", offering="7",
        starts_on="2026-03-01", ends_on="2027-02-28",
        joint_objective="Every post is filled within a month.",
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
    "usage_create": _request(
        "A day of delivery", contract="31", quantity="12", used_on="2026-03-19", key="meter-4711"
    ),
    "success_results_create": _request(
        "92 % in March", measure="55", month="2026-03", value="92"
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
    "settlement_runs_create": _request("Compute and post March", month="2026-03", to="posted"),
    "wallets_show": _answer(
        "26,500.00 is available", id="3", micro_enterprise="12", fund="operating",
        fiscal_year=2026, balance="87500.00", pre_committed="9000.00", committed="52000.00",
        dispute_window="0.00", spent="41000.00", held="1500.00", available="26500.00",
    ),
    "statements_list": _answer(
        "A month that adds up", micro_enterprise="12", fund="operating", month="2026-03",
        opening="100000.00",
        lines=[
            {
                "on": "2026-04-06", "kind": "charge", "amount": "-4800.00",
                "cause": "Contract 31", "cause_url": "https://rendan.example/contracts/31/",
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
