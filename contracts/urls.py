"""Contracts and orders outside, mounted at the root: both have an address of their own."""

from datetime import date

from django.urls import path, register_converter

from contracts.views import (
    agreements,
    changes,
    corrections,
    delivery,
    disputes,
    drafting,
    integrity,
    measurements,
    outside,
    ratings,
    settlement,
    usage_import,
)
from ledger.months import parse, text_of

# So that what lies next to a month, and all of its fiscal year, has an address too.
FIRST, LAST = date(2001, 1, 1), date(2098, 12, 1)


class MonthConverter:
    """`2026-10` in an address, the first day of the month in a view."""

    regex = "20[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        month = parse(value)
        if not FIRST <= month <= LAST:
            raise ValueError
        return month

    def to_url(self, value: date) -> str:
        return text_of(value)


register_converter(MonthConverter, "contract_month")

app_name = "contracts"
urlpatterns = [
    path("contracts/", agreements.contracts, name="contracts"),
    path("contracts/new/<int:offering>/", drafting.draft, name="draft"),
    path("contracts/integrity/", integrity.integrity, name="integrity"),
    path("contracts/lost/", outside.lost, name="lost"),
    path("contracts/<int:pk>/", agreements.contract, name="contract"),
    path("contracts/<int:pk>/edit/", drafting.revise, name="revise"),
    path("contracts/<int:pk>/counter/", drafting.counter, name="counter"),
    path("contracts/<int:pk>/offer/", agreements.offer, name="offer"),
    path("contracts/<int:pk>/accept/", agreements.accept, name="accept"),
    path("contracts/<int:pk>/decline/", agreements.decline, name="decline"),
    path("contracts/<int:pk>/withdraw/", agreements.withdraw, name="withdraw"),
    path("contracts/<int:pk>/cancel/", agreements.cancel, name="cancel"),
    path("contracts/<int:pk>/end/", agreements.end, name="end"),
    path("contracts/<int:pk>/confirm-end/", agreements.confirm_end, name="confirm_end"),
    path("contracts/<int:pk>/suspend/", changes.suspend, name="suspend"),
    path("contracts/<int:pk>/resume/", changes.resume, name="resume"),
    path("contracts/<int:pk>/order-suspension/", changes.order_suspension, name="order_suspension"),
    path("contracts/<int:pk>/order-resumption/", changes.order_resumption, name="order_resumption"),
    path("contracts/<int:pk>/notice/", changes.notice, name="notice"),
    path("contracts/<int:pk>/withdraw-notice/", changes.withdraw_notice, name="withdraw_notice"),
    path("contracts/<int:pk>/breach/", changes.breach, name="breach"),
    path("contracts/<int:pk>/cure/", changes.cure, name="cure"),
    path("contracts/<int:pk>/chronic-failure/", changes.chronic_failure, name="chronic_failure"),
    path("contracts/<int:pk>/complete/", changes.complete, name="complete"),
    path("contracts/<int:pk>/amend/", drafting.amend, name="amend"),
    path("contracts/<int:pk>/renew/", drafting.renew, name="renew"),
    path("contracts/<int:pk>/sign-amendment/", changes.sign_amendment, name="sign_amendment"),
    path("contracts/<int:pk>/sign-renewal/", changes.sign_renewal, name="sign_renewal"),
    path("contracts/<int:pk>/drop-proposal/", changes.drop_proposal, name="drop_proposal"),
    path("contracts/unmeasured/", measurements.unmeasured, name="unmeasured"),
    path("contracts/measurements/import/", measurements.import_file, name="import_measurements"),
    path("contracts/delivery/", delivery.work, name="delivery"),
    path("contracts/delivery/import/", usage_import.import_usage, name="import_usage"),
    path("contracts/<int:pk>/usage/", delivery.report_usage, name="report_usage"),
    path(
        "contracts/<int:pk>/usage/<int:usage>/confirm/",
        delivery.confirm_usage,
        name="confirm_usage",
    ),
    path(
        "contracts/<int:pk>/usage/<int:usage>/contest/",
        delivery.contest_usage,
        name="contest_usage",
    ),
    path(
        "contracts/<int:pk>/usage/<int:usage>/withdraw/",
        delivery.withdraw_usage,
        name="withdraw_usage",
    ),
    path(
        "contracts/<int:pk>/measures/<int:measure>/<contract_month:month>/",
        delivery.enter_result,
        name="enter_result",
    ),
    path(
        "contracts/<int:pk>/results/<int:result>/confirm/",
        delivery.confirm_result,
        name="confirm_result",
    ),
    path(
        "contracts/<int:pk>/results/<int:result>/contest/",
        delivery.contest_result,
        name="contest_result",
    ),
    path(
        "contracts/<int:pk>/levels/<int:level>/<contract_month:month>/",
        measurements.enter,
        name="enter_measurement",
    ),
    path(
        "contracts/<int:pk>/measurements/<int:measurement>/confirm/",
        measurements.confirm,
        name="confirm_measurement",
    ),
    path(
        "contracts/<int:pk>/measurements/<int:measurement>/contest/",
        measurements.contest,
        name="contest_measurement",
    ),
    path(
        "contracts/<int:pk>/overages/<int:overage>/accept/",
        delivery.accept_overage,
        name="accept_overage",
    ),
    path(
        "contracts/<int:pk>/overages/<int:overage>/contest/",
        delivery.contest_overage,
        name="contest_overage",
    ),
    path(
        "contracts/<int:pk>/lines/<int:line>/dispute/", disputes.open_dispute, name="open_dispute"
    ),
    path("contracts/<int:pk>/lines/<int:line>/correct/", corrections.correct, name="correct"),
    path("corrections/", corrections.listing, name="corrections"),
    path("corrections/<int:pk>/", corrections.correction, name="correction"),
    path("disputes/", disputes.listing, name="disputes"),
    path("disputes/pairs/", disputes.pairs, name="dispute_pairs"),
    path("disputes/<int:pk>/", disputes.dispute, name="dispute"),
    path("contracts/<int:pk>/rating/<contract_month:month>/", ratings.rate, name="rate"),
    path(
        "contracts/<int:pk>/rating/<contract_month:month>/withdraw/",
        ratings.withdraw,
        name="withdraw_rating",
    ),
    path("ratings/", ratings.ratings, name="ratings"),
    path("outside-purchases/", outside.purchases, name="outside_purchases"),
    path("outside-purchases/new/<int:offer>/", outside.order, name="order_outside"),
    path("outside-purchases/<int:pk>/", outside.purchase, name="outside_purchase"),
    path("outside-purchases/<int:pk>/order/", outside.confirm, name="confirm_outside"),
    path("outside-purchases/<int:pk>/receive/", outside.receive, name="receive_outside"),
    path("outside-purchases/<int:pk>/cancel/", outside.cancel, name="cancel_outside"),
    path("hr/settlement/", settlement.months, name="settlement_months"),
    path("hr/settlement/<contract_month:month>/", settlement.month, name="settlement_month"),
    path("hr/settlement/<contract_month:month>/ask/", settlement.ask, name="settlement_ask"),
    path("hr/settlement/<contract_month:month>/retry/", settlement.retry, name="settlement_retry"),
    path(
        "hr/settlement/<contract_month:month>/progress/",
        settlement.progress,
        name="settlement_progress",
    ),
    path("settlement-runs/<int:pk>/", settlement.run, name="settlement_run"),
]
