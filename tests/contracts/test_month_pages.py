"""The month in the browser: HR's pages, deliveries, results, ratings and overages."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.actions import results
from contracts.models import Overage, Rating, SettlementLine, SuccessResult, Usage
from ledger.models import SettlementRun
from tests import make
from tests.make import MARCH

pytestmark = pytest.mark.django_db
NOON = "{}T12:00:00Z"


@pytest.fixture
def at(time_machine):
    """Moves to noon of a day."""

    def go(day):
        time_machine.move_to(NOON.format(day), tick=False)

    return go


def signed_in(client, user):
    client.force_login(user)
    return client


def text(answer):
    return " ".join(answer.content.decode().split())


def test_an_hr_admin_computes_posts_and_locks_a_month(client, at, workers):
    contract = make.agreed()
    signed_in(client, make.hr_admin())
    at("2026-04-06")
    page = text(client.get("/hr/settlement/2026-03/"))
    assert "Nothing is computed yet" in page
    assert "Compute March" in page
    for to, words in (("computed", "Post March"), ("posted", "Lock March"), ("locked", "")):
        answer = client.post("/hr/settlement/2026-03/ask/", {"to": to}, follow=True)
        assert f"March 2026 is being {to}." in text(answer)
        workers()
        page = text(client.get("/hr/settlement/2026-03/"))
        assert words in page
    assert SettlementRun.objects.get().state == "locked"
    assert "2,000.00 a month, all 31 days" in page
    assert "Terms version 1" in page
    assert f"Contract {contract.pk}" in page
    months = text(client.get("/hr/settlement/"))
    assert "March 2026" in months
    assert "2,000.00" in months


def test_a_month_that_runs_cannot_be_settled_and_the_page_says_when(client, at):
    make.agreed()
    signed_in(client, make.hr_admin())
    at("2026-03-20")
    page = text(client.get("/hr/settlement/2026-03/"))
    assert "The month is running" in page
    assert "until 3 April" in page
    answer = client.post("/hr/settlement/2026-03/ask/", {"to": "computed"}, follow=True)
    assert "March 2026 is not over before 31 March 2026" in text(answer)
    assert not SettlementRun.objects.exists()


def test_refused_contracts_say_why_and_what_to_do_and_are_tried_again(client, at, workers):
    contract = make.hires(starts_on=date(2026, 3, 10))
    Usage.objects.create(
        contract=contract, used_on=date(2026, 3, 5), origin_month=MARCH, quantity=1, key="x",
        entered_on=date(2026, 3, 11), entered_by=make.lead_of(contract.provider),
    )  # fmt: skip
    make.settled()
    signed_in(client, make.hr_admin())
    at("2026-04-07")
    page = text(client.get("/hr/settlement/2026-03/"))
    assert "Usage of 2026-03-05 lies on a day" in page
    assert "The provider withdraws that usage" in page
    Usage.objects.update(state="withdrawn")
    client.post("/hr/settlement/2026-03/retry/")
    workers()
    page = text(client.get("/hr/settlement/2026-03/"))
    assert "Refused" not in page.split("Lines")[0].split("State of the month")[-1]
    assert contract.lines.count() == 1


def test_chro_and_auditor_read_only_and_others_not_at_all(client, at):
    make.agreed()
    make.settled(to="computed")
    at("2026-04-06")
    for office in ("is_chro", "is_auditor"):
        signed_in(client, make.office(**{office: True}))
        page = text(client.get("/hr/settlement/2026-03/"))
        assert "Post March" not in page
        assert "2,000.00" in page
        answer = client.post("/hr/settlement/2026-03/ask/", {"to": "posted"})
        assert answer.status_code == 403
    signed_in(client, make.lead(make.me()))
    assert client.get("/hr/settlement/").status_code == 403
    assert client.get("/hr/settlement/2026-03/").status_code == 403


def test_lines_are_filtered_by_contract_party_and_kind(client, at):
    shop = make.me("Blue shop")
    make.granted(shop, "100000.00")
    fixed, counted = make.agreed(shop), make.hires()
    make.settled(to="computed")
    signed_in(client, make.hr_admin())
    at("2026-04-06")
    address = "/hr/settlement/2026-03/?{}"
    for query, there, missing in (
        (f"contract={fixed.pk}", fixed, counted),
        ("me=blue", fixed, counted),
        ("kind=usage", counted, fixed),
    ):
        page = text(client.get(address.format(query)))
        assert f"/contracts/{there.pk}/" in page
        assert f"/contracts/{missing.pk}/" not in page
    for silly in ("contract=x", "kind=nonsense", "page=999", "contract=99999999999999999999999"):
        assert client.get(address.format(silly)).status_code == 200
    assert client.get("/hr/settlement/2026-13/").status_code == 404


def test_the_months_page_costs_the_same_for_ten_lines_and_for_a_thousand(client, at):
    contract = make.agreed()
    run = make.settled(to="computed")
    signed_in(client, make.hr_admin())
    at("2026-04-06")

    def cost(lines):
        line = SettlementLine.objects.first()
        SettlementLine.objects.bulk_create(
            SettlementLine(
                run=run, contract=contract, version=contract.current, month=MARCH, kind="bonus",
                term=f"term {lines}-{number}", origin_month=MARCH, amount=line.amount,
                calculation="x",
            )
            for number in range(lines)
        )  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/hr/settlement/2026-03/").status_code == 200
        return len(captured)

    cost(1)
    assert cost(10) == cost(1000)


def test_a_delivery_is_entered_contested_and_confirmed_in_the_browser(client, at):
    contract = make.hires()
    provider, buyer = make.lead_of(contract.provider), make.lead_of(contract.buyer)
    at("2026-03-20")
    signed_in(client, provider)
    form = {"key": "once", "quantity": "2.5", "used_on": "2026-03-19", "note": "Two and a half"}
    address = f"/contracts/{contract.pk}/usage/"
    for _ in range(2):
        answer = client.post(address, form, follow=True)
        assert "2.5 hires entered" in text(answer)
    usage = Usage.objects.get()
    answer = client.post(address, form | {"key": "two", "used_on": "2026-04-02"})
    assert (answer.status_code, "lies in the future" in text(answer)) == (400, True)
    signed_in(client, buyer)
    page = text(client.get(f"/contracts/{contract.pk}/"))
    assert "Two and a half" in page
    assert "Confirm" in page
    answer = client.post(
        f"/contracts/{contract.pk}/usage/{usage.pk}/contest/", {"reason": "One only"}, follow=True
    )
    assert "Delivery contested" in text(answer)
    assert "One only" in text(answer)
    client.post(f"/contracts/{contract.pk}/usage/{usage.pk}/confirm/")
    usage.refresh_from_db()
    assert usage.state == "confirmed"
    other = make.hires()
    wrong = client.post(f"/contracts/{other.pk}/usage/{usage.pk}/confirm/")
    assert wrong.status_code == 404


def test_a_provider_sees_what_it_delivers_this_month_and_what_is_missing(client, at):
    contract = make.hires()
    make.contested(make.used(contract, "3"))
    make.used(contract, "2")
    fixed = make.agreed(provider=contract.provider)
    at("2026-03-25")
    signed_in(client, make.lead_of(contract.provider))
    page = text(client.get("/contracts/delivery/"))
    assert "3 contested" in page
    assert "To measure: Hires that stay" in page
    assert f"/contracts/{fixed.pk}/" in page
    assert "No customers in this month" in text(client.get("/contracts/delivery/?month=2026-02"))


def test_a_result_is_entered_and_confirmed_in_the_browser(client, at):
    contract = make.agreed()
    measure = contract.current.measures.get()
    at("2026-03-20")
    signed_in(client, make.lead_of(contract.provider))
    address = f"/contracts/{contract.pk}/measures/{measure.pk}/2026-03/"
    assert "target 90" in text(client.get(address))
    assert client.post(address, {"value": "many"}).status_code == 400
    answer = client.post(address, {"value": "80"}, follow=True)
    assert "50.0 %" in text(answer) or "50 %" in text(answer)
    result = SuccessResult.objects.get()
    signed_in(client, make.lead_of(contract.buyer))
    answer = client.post(f"/contracts/{contract.pk}/results/{result.pk}/confirm/", follow=True)
    assert "Value confirmed" in text(answer)
    result.refresh_from_db()
    assert result.state == "confirmed"


def test_an_overage_is_accepted_on_the_contracts_page(client, at):
    contract = make.hires()
    make.used(contract, "13")
    make.settled()
    at("2026-04-08")
    signed_in(client, make.lead_of(contract.buyer))
    page = text(client.get(f"/contracts/{contract.pk}/"))
    assert "13 × 100.00 per hire" in page
    assert "Accept and pay" in page
    overage = Overage.objects.get()
    answer = client.post(f"/contracts/{contract.pk}/overages/{overage.pk}/accept/", follow=True)
    assert "300.00 paid" in text(answer)
    signed_in(client, make.lead_of(contract.provider))
    page = text(client.get(f"/contracts/{contract.pk}/"))
    assert "accepted on 8 April 2026 and paid" in page
    assert "Accept and pay" not in page


def test_one_rates_what_the_own_me_used_last_month(client, at):
    contract = make.agreed()
    customer = make.member(contract.buyer)
    signed_in(client, customer)
    at("2026-03-20")
    assert "Nothing to rate" in text(client.get("/ratings/"))
    at("2026-04-02")
    page = text(client.get("/ratings/"))
    assert "Rate what you used in March" in page
    assert "1 of 1 left to rate" in page
    address = f"/contracts/{contract.pk}/rating/2026-03/"
    answer = client.post(address, {"comment": "No score"})
    assert (answer.status_code, "This field is required" in text(answer)) == (400, True)
    answer = client.post(address, {"score": "4", "comment": "Quick"}, follow=True)
    assert "All rated, thank you" in text(answer)
    assert Rating.objects.get().score == 4
    evil = client.post(address, {"score": "5", "next": "https://evil.example/"})
    assert evil.url == "/ratings/"
    signed_in(client, make.lead_of(contract.provider))
    assert client.post(address, {"score": "5"}).status_code == 403


def test_after_the_reveal_one_may_still_withdraw_and_only_the_own_rating(client, at):
    contract = make.agreed()
    rater, other = make.rated(contract, 2, 5)
    at("2026-04-20")
    signed_in(client, rater)
    page = text(client.get("/ratings/"))
    assert "2 of 5" in page
    assert "5 of 5" not in page
    client.post(f"/contracts/{contract.pk}/rating/2026-03/withdraw/")
    assert list(Rating.objects.filter(withdrawn_on=None)) == [
        Rating.objects.get(person=other.person)
    ]
    assert "Earlier ratings" not in text(client.get("/ratings/"))


def test_no_page_shows_a_rating_before_the_fifteenth_nor_below_five_raters(client, at):
    contract = make.agreed()
    make.rated(contract, 2, 2, 2, 2, 2)
    Rating.objects.update(comment="A telling word")
    at("2026-04-14")
    pages = [f"/contracts/{contract.pk}/", "/contracts/", "/ratings/", "/"]
    signed_in(client, make.lead_of(contract.provider))
    for page in pages:
        assert "A telling word" not in text(client.get(page))
    at("2026-04-15")
    assert "A telling word" in text(client.get(pages[0]))
    Rating.objects.filter(pk=Rating.objects.first().pk).update(withdrawn_on=date(2026, 4, 15))
    assert "A telling word" not in text(client.get(pages[0]))


def test_a_window_leads_hr_to_the_run_and_others_to_their_statement(client, at):
    make.agreed()
    run = make.settled()
    at("2026-04-07")
    signed_in(client, make.hr_admin())
    assert client.get(f"/settlement-runs/{run.pk}/").url == "/hr/settlement/2026-03/"
    signed_in(client, make.lead(make.me()))
    assert client.get(f"/settlement-runs/{run.pk}/").url == "/money/2026-03/"
    assert client.get("/settlement-runs/99999/").status_code == 404


def test_the_figures_of_a_month_add_up_on_its_page(client, at):
    contract = make.hires()
    make.used(contract, "13")
    make.settled()
    at("2026-04-07")
    signed_in(client, make.hr_admin())
    answer = client.get("/hr/settlement/2026-03/")
    totals = answer.context["totals"]
    assert (totals.gross, totals.credits, totals.net) == (1300, 0, 1300)
    assert (totals.paid, totals.waiting) == (Decimal(1000), Decimal(300))


def test_the_forms_of_a_running_contract_tell_nobody_else_what_it_says_or_what_was_delivered(
    client, at
):
    contract = make.hires(joint_objective="A secret plan")
    usage = make.used(contract, "7")
    measure = contract.current.measures.get()
    side = contract.buyer if measure.measurer == "buyer" else contract.provider
    result = results.enter_result(
        measure, month=MARCH, value=Decimal("71.5"), by=make.lead_of(side), on=date(2026, 3, 21)
    )
    at("2026-03-22")
    of = f"/contracts/{contract.pk}"
    forms = {
        f"{of}/counter/": "A secret plan",
        f"{of}/edit/": "A secret plan",
        f"{of}/usage/{usage.pk}/contest/": "Contest 7 of 20 March 2026",
        f"{of}/results/{result.pk}/contest/": "Contest 71.5",
    }
    stranger = signed_in(client, make.lead(make.me("Bakery", kind="frontline")))
    assert stranger.get(f"{of}/").status_code == 200
    for address, words in forms.items():
        answer = stranger.get(address)
        assert answer.status_code in {403, 404}, address
        assert words not in text(answer)
    party = signed_in(client, make.lead_of(contract.buyer))
    for address, words in forms.items():
        assert words in text(party.get(address)), address


def test_a_contract_shows_the_month_that_people_come_for(client, at):
    contract = make.agreed()
    signed_in(client, make.lead_of(contract.buyer))
    for day, month in (("2026-04-02", "March"), ("2026-04-09", "March"), ("2026-04-10", "April")):
        at(day)
        page = text(client.get(f"/contracts/{contract.pk}/"))
        assert f"{month} 2026</dt>" in page or f"{month} 2026" in page.split('id="success"')[1]
    at("2026-04-02")
    page = text(client.get(f"/contracts/{contract.pk}/?month=2026-04"))
    assert "Not yet measured" in page


def test_a_month_is_flagged_as_not_measured_only_when_its_books_are_closed(client, at):
    contract = make.agreed()
    signed_in(client, make.lead_of(contract.buyer))
    for day, words in (("2026-03-20", "Not yet measured"), ("2026-04-04", "Not measured")):
        at(day)
        page = text(client.get(f"/contracts/{contract.pk}/?month=2026-03"))
        assert words in page


def test_earlier_ratings_stand_by_month_on_pages_of_their_own(client, at):
    contract = make.agreed()
    (rater,) = make.rated(contract, 4)
    at("2026-05-03")
    signed_in(client, rater)
    page = text(client.get("/ratings/"))
    assert "Rate what you used in April" in page
    assert "4 of 5" not in page
    assert "Earlier ratings" in page
    page = text(client.get("/ratings/?show=given"))
    assert "4 of 5" in page
    assert 'scope="colgroup">March 2026' in page
