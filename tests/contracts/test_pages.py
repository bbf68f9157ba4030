"""The pages of contracts and of orders outside, as people of both sides and strangers see them."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from contracts.actions import agreements
from contracts.models import Contract, OutsidePurchase
from ledger import queries as money
from tests import make
from tests.make import TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _twentieth_of_february(time_machine):
    time_machine.move_to("2026-02-20 09:00:00+00:00")


def browser(client, user):
    client.force_login(user)
    return client


def text_of(answer):
    return answer.content.decode()


def terms_data(*, measures=1, **changes):
    """What the form sends for 2,000.00 a month from 1 March to 31 December."""
    data = {
        "key": "form-1", "price": "2000.00", "starts_on": "2026-03-01", "ends_on": "2026-12-31",
        "joint_objective": "Posts are filled.", "commitments": "", "resources": "", "risks": "",
        "ins_and_outs": "", "measure-TOTAL_FORMS": measures + 1, "measure-INITIAL_FORMS": measures,
    }  # fmt: skip
    for number in range(measures + 1):
        row = {
            "name": f"Hires that stay {number}", "unit": "%", "direction": "higher",
            "target": "95", "floor": "70", "measurer": "buyer", "method": "counted", "weight": "1",
        }  # fmt: skip
        if number == measures:
            row = {"direction": "higher", "measurer": "provider", "weight": "1"}
        data |= {f"measure-{number}-{name}": value for name, value in row.items()}
    return data | changes


def test_a_contract_from_the_offering_to_both_signatures_in_the_browser(client):
    shop, provider = make.me("Shop", kind="frontline"), make.me("Recruiters")
    make.granted(shop, "30000.00")
    of = make.offering(provider, name="Recruiting")
    buyer = browser(client, make.lead(shop))
    page = text_of(buyer.get(f"/contracts/new/{of.pk}/"))
    for words in ("20,000.00", "30,000.00", "10,000.00", "Committed in 2026"):
        assert words in page
    answer = buyer.post(f"/contracts/new/{of.pk}/", terms_data(), follow=True)
    contract = Contract.objects.get()
    assert answer.redirect_chain == [(f"/contracts/{contract.pk}/", 302)]
    assert "Draft written." in text_of(answer)
    assert "Sign and offer" in text_of(answer)
    assert contract.current.measures.get().target == 95
    sign = {"hash": contract.current.hash}
    assert "Tick that you have read" in text_of(
        buyer.post(f"/contracts/{contract.pk}/offer/", sign, follow=True)
    )
    answer = buyer.post(f"/contracts/{contract.pk}/offer/", sign | {"read": "on"}, follow=True)
    assert "Recruiters answers until 28 February 2026." in text_of(answer)
    assert money.money_of(shop, on=TODAY).pre_committed == 20000
    seller = browser(client, make.lead(provider))
    assert "Sign contract" in text_of(seller.get(f"/contracts/{contract.pk}/"))
    for _ in range(2):  # a double press is harmless
        answer = seller.post(
            f"/contracts/{contract.pk}/accept/", sign | {"read": "on"}, follow=True
        )
        assert "Contract signed by both sides." in text_of(answer)
    contract.refresh_from_db()
    assert (contract.state, contract.event_count) == ("agreed", 3)
    page = text_of(answer)
    for section in ("Joint objective", "Commitments", "Resources", "Risks", "Ins and outs"):
        assert section in page
    assert "Unbroken." in page
    assert money.money_of(shop, on=TODAY).committed == 20000


def test_a_signature_shows_the_hour_on_the_organisations_clock(client, time_machine):
    make.org(time_zone="Europe/Tallinn")
    shop = make.me("Shop", kind="frontline")
    make.granted(shop, "30000.00")
    buyer = browser(client, make.lead(shop))
    of = make.offering(make.me())
    time_machine.move_to("2026-02-14T22:30:00Z")  # already tomorrow in Tallinn
    buyer.post(f"/contracts/new/{of.pk}/", terms_data())
    contract = Contract.objects.get()
    signed = {"hash": contract.current.hash, "read": "on"}
    page = text_of(buyer.post(f"/contracts/{contract.pk}/offer/", signed, follow=True))
    assert "15 February 2026, 00:30" in page


def test_what_the_address_asks_for_is_filled_in(client):
    of = make.offering(make.me(), plan="per_unit", price="30.00", unit="hire")
    shop = make.me()
    make.granted(shop, "99999.00")
    page = text_of(
        browser(client, make.lead(shop)).get(
            f"/contracts/new/{of.pk}/?quantity=180&starts_on=2026-04-01&ends_on=2026-06-30"
        )
    )
    assert 'value="180' in page
    assert 'value="2026-06-30"' in page
    assert "16,200.00" in page
    nonsense = "?quantity=-1e99&starts_on=yesterday&ends_on=2026-99-99"
    assert client.get(f"/contracts/new/{of.pk}/{nonsense}").status_code == 200


def test_the_effect_is_shown_without_saving_anything(client):
    shop = make.me()
    make.granted(shop, "30000.00")
    of = make.offering(make.me())
    buyer = browser(client, make.lead(shop))
    data = terms_data(price="4000.00", preview="1")
    page = text_of(buyer.post(f"/contracts/new/{of.pk}/", data))
    assert "10,000.00 EUR more is needed than is available." in page
    assert not Contract.objects.exists()


def test_a_wrong_field_is_named_and_what_was_typed_stays(client):
    of = make.offering(make.me())
    buyer = browser(client, make.lead(make.me()))
    url = f"/contracts/new/{of.pk}/"
    answer = buyer.post(url, terms_data(starts_on="2026-02-20", risks="Storm"))
    assert answer.status_code == 409
    assert "20 February 2026 is too early" in text_of(answer)
    assert "Storm" in text_of(answer)
    wrong = terms_data(**{"measure-0-floor": "99"})
    assert "is better than its target" in text_of(buyer.post(url, wrong))
    for price in ("NaN", "Infinity", "1e30", "-5", ""):
        assert buyer.post(url, terms_data(price=price)).status_code == 400
    wrong = terms_data(**{"measure-0-target": ""})
    assert "Success measure 1 needs another look." in text_of(buyer.post(url, wrong))
    assert not Contract.objects.exists()


def test_a_measure_may_be_left_out_and_another_added(client):
    of = make.offering(make.me())
    data = terms_data(
        **{
            "measure-0-DELETE": "on", "measure-1-name": "Days to hire", "measure-1-unit": "days",
            "measure-1-target": "20", "measure-1-floor": "40", "measure-1-direction": "lower",
            "measure-1-method": "from the calendar",
        }
    )  # fmt: skip
    browser(client, make.lead(make.me())).post(f"/contracts/new/{of.pk}/", data)
    assert [each.name for each in Contract.objects.get().current.measures.all()] == ["Days to hire"]


def test_a_provider_drafts_for_a_customer_and_sees_no_wallet_of_it(client):
    shop, provider = make.me("Shop"), make.me()
    make.granted(shop, "12345.67")
    of = make.offering(provider)
    seller = browser(client, make.lead(provider))
    page = text_of(seller.get(f"/contracts/new/{of.pk}/"))
    assert "For which buyer" in page
    seller.post(f"/contracts/new/{of.pk}/", terms_data(buyer=shop.pk))
    contract = Contract.objects.get()
    assert (contract.buyer, contract.provider) == (shop, provider)
    page = text_of(seller.get(f"/contracts/{contract.pk}/"))
    assert "12,345.67" not in page
    assert "Nothing is reserved until Shop signs." in page


def test_a_counter_shows_old_and_new_and_goes_back_to_the_other_side(client):
    contract = make.offered()
    seller = browser(client, make.lead_of(contract.provider))
    url = f"/contracts/{contract.pk}/counter/"
    page = text_of(seller.get(url))
    assert contract.current.hash in page
    data = terms_data(price="2100.00", hash=contract.current.hash, note="Fuel is dear.")
    answer = seller.post(url, data, follow=True)
    assert "Counter-offer sent." in text_of(answer)
    page = text_of(browser(client, make.lead_of(contract.buyer)).get(f"/contracts/{contract.pk}/"))
    assert "<del>2,000.00 EUR a month, by calendar days</del>" in page
    assert "<ins>2,100.00 EUR a month, by calendar days</ins>" in page
    assert "Fuel is dear." in page
    stale = terms_data(price="1900.00", hash=contract.current.hash)
    answer = client.post(url, stale)
    assert answer.status_code == 409
    assert "The terms have changed since you read them." in text_of(answer)


def test_a_stale_page_signs_nothing(client):
    contract = make.offered()
    agreements.counter(
        contract, seen_hash=contract.current.hash, terms=make.terms(price=Decimal(9)),
        party=contract.provider, by=make.lead_of(contract.provider), on=TODAY,
    )  # fmt: skip
    buyer = browser(client, make.lead_of(contract.buyer))
    old = {"hash": contract.current.hash, "read": "on"}
    answer = buyer.post(f"/contracts/{contract.pk}/accept/", old, follow=True)
    assert "The terms have changed since you read them." in text_of(answer)
    contract.refresh_from_db()
    assert contract.state == "offered"


@pytest.mark.parametrize(
    ("event", "side", "state"),
    [("decline", "provider", "declined"), ("withdraw", "buyer", "withdrawn")],
)
def test_an_offer_is_declined_or_withdrawn_in_the_browser(client, event, side, state):
    contract = make.offered()
    person = browser(client, make.lead_of(getattr(contract, side)))
    answer = person.post(f"/contracts/{contract.pk}/{event}/", {"reason": "No."}, follow=True)
    assert "Nothing is reserved." in text_of(answer)
    contract.refresh_from_db()
    assert contract.state == state


def test_a_signed_contract_is_cancelled_or_ended_by_both_in_the_browser(client):
    early, running = make.agreed(starts_on=date(2026, 4, 1)), make.agreed()
    buyer = browser(client, make.lead_of(early.buyer))
    assert "Either side may cancel it until 27 March 2026." in text_of(
        buyer.get(f"/contracts/{early.pk}/")
    )
    answer = buyer.post(f"/contracts/{early.pk}/cancel/", follow=True)
    assert "Contract cancelled." in text_of(answer)
    buyer = browser(client, make.lead_of(running.buyer))
    day = {"last_day_on": "2026-06-15", "reason": "We moved."}
    answer = buyer.post(f"/contracts/{running.pk}/end/", day, follow=True)
    assert "You propose 15 June 2026 as the last day." in text_of(answer)
    seller = browser(client, make.lead_of(running.provider))
    assert "Confirm 15 June 2026" in text_of(seller.get(f"/contracts/{running.pk}/"))
    answer = seller.post(f"/contracts/{running.pk}/confirm-end/", day, follow=True)
    assert "The contract ends on 15 June 2026." in text_of(answer)
    assert "Ends 15 June 2026" in text_of(answer)


def test_a_draft_is_changed_before_it_is_offered(client):
    contract = make.draft()
    buyer = browser(client, make.lead_of(contract.buyer))
    url = f"/contracts/{contract.pk}/edit/"
    assert buyer.get(url).status_code == 200
    data = terms_data(price="1800.00", hash=contract.current.hash)
    assert "Draft changed." in text_of(buyer.post(url, data, follow=True))
    contract.refresh_from_db()
    assert contract.current.price == 1800


def test_strangers_and_offices_without_the_right_do_not_learn_that_a_draft_exists(client):
    contract = make.draft()
    for user in (make.lead(make.me()), make.office(is_chro=True), make.hr_admin()):
        browser(client, user)
        for path in ("", "edit/", "counter/"):
            assert client.get(f"/contracts/{contract.pk}/{path}").status_code in {404, 409}
        for event in ("offer", "accept", "decline", "withdraw", "cancel", "end", "confirm-end"):
            data = {"hash": "x", "read": "on", "last_day_on": "2026-06-15"}
            assert client.post(f"/contracts/{contract.pk}/{event}/", data).status_code == 404
    assert browser(client, make.office(is_auditor=True)).get(
        f"/contracts/{contract.pk}/"
    ).status_code == 200  # fmt: skip


def test_a_running_contracts_price_and_measures_are_open_and_its_terms_are_not(
    client, time_machine
):
    contract = make.active(risks="The secret risk.")
    time_machine.move_to("2026-03-02 09:00:00+00:00")
    page = text_of(browser(client, make.lead(make.me())).get(f"/contracts/{contract.pk}/"))
    assert "2,000.00 EUR a month" in page
    assert "Hires that stay" in page
    for hidden in ("The secret risk.", "Timeline", "Signatures", "Committed"):
        assert hidden not in page


def test_a_member_who_may_not_sign_is_told_who_may_and_a_refused_try_is_audited(client):
    contract = make.offered()
    member = make.member(contract.provider)
    page = text_of(browser(client, member).get(f"/contracts/{contract.pk}/"))
    assert "or who may sign for it, answers." in page
    assert "Sign contract" not in page
    data = {"hash": contract.current.hash, "read": "on"}
    assert client.post(f"/contracts/{contract.pk}/accept/", data).status_code == 403
    assert AuditEvent.objects.filter(was_refused=True, actor=member).exists()


def test_the_list_shows_what_waits_for_us_first_and_filters_by_state_side_and_words(client):
    shop = make.me("Shop")
    sold = make.agreed(make.me("Kitchen"), shop)
    waiting = make.offered(make.me("Depot"), of=make.offering(shop, name="Legal advice"))
    bought = make.draft(shop)
    other = make.draft()
    lead = browser(client, make.lead_of(shop))
    page = lead.get("/contracts/")
    assert [row.pk for row in page.context["rows"]] == [waiting.pk, bought.pk, sold.pk]
    assert "Answer until 28 February 2026" in text_of(page)

    def rows(query):
        return [row.pk for row in lead.get(f"/contracts/?{query}").context["rows"]]

    assert rows("state=waiting") == [waiting.pk]
    assert rows("state=draft") == [bought.pk]
    assert rows("state=offered&side=buyer") == []
    assert rows("side=seller&state=nonsense&page=99") == [waiting.pk, bought.pk, sold.pk]
    assert rows("side=provider") == [waiting.pk, sold.pk]
    assert rows("q=legal") == rows("q=depot") == [waiting.pk]
    assert other.pk not in rows("whose=firm")
    assert "No contract fits." in text_of(lead.get("/contracts/?q=nothing+like+it"))
    assert client.get("/contracts/", headers={"HX-Request": "true"}).templates[0].name == (
        "contracts/_results.html"
    )


def test_the_list_goes_by_the_clock_and_not_by_the_job(client, time_machine):
    shop = make.me()
    make.offered(shop)
    started = make.agreed(shop)
    time_machine.move_to("2026-03-01 00:00:01+00:00")
    lead = browser(client, make.lead_of(shop))
    active = lead.get("/contracts/?state=active").context["rows"]
    assert [(row.pk, row.state) for row in active] == [(started.pk, "active")]
    assert [row.state for row in lead.get("/contracts/?state=over").context["rows"]] == ["lapsed"]


def test_a_first_contract_is_taught_by_the_empty_list(client):
    assert "No contract yet" in text_of(browser(client, make.lead(make.me())).get("/contracts/"))


@pytest.mark.parametrize("path", ["/contracts/", "/contracts/?whose=firm", "/outside-purchases/"])
def test_a_list_costs_the_same_with_ten_and_with_a_thousand_rows(client, path):
    shop = make.me()
    contract, order = make.agreed(shop), make.ordered_outside(shop)
    lead = browser(client, make.lead_of(shop))

    def more(count):
        for row, model in ((contract, Contract), (order, OutsidePurchase)):
            twins = []
            for _ in range(count):
                twin = model.objects.get(pk=row.pk)
                twin.pk = None
                twins.append(twin)
            model.objects.bulk_create(twins)

    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert lead.get(path).status_code == 200
        return len(seen)

    more(9)
    lead.get(path)
    few = queries()
    more(991)
    assert queries() == few


def test_an_order_outside_is_placed_received_and_seen_by_ours_only(client):
    shop = make.me()
    make.granted(shop, "500.00")
    offer = make.outside_offer(price="100.00", name="A day of translation")
    lead = browser(client, make.lead(shop))
    page = text_of(lead.get(f"/outside-purchases/new/{offer.pk}/?quantity=3"))
    assert "−300.00" in page
    assert "200.00" in page
    data = {"key": "k", "quantity": "3", "reason": "Nobody inside speaks Estonian."}
    for _ in range(2):
        answer = lead.post(f"/outside-purchases/new/{offer.pk}/", data, follow=True)
        assert "300.00 is committed." in text_of(answer)
    order = OutsidePurchase.objects.get()
    url = f"/outside-purchases/{order.pk}/"
    answer = lead.post(f"{url}receive/", {"amount": "300.01"}, follow=True)
    assert "300.01 is more than the 300.00 that was ordered." in text_of(answer)
    assert "Nothing was paid." in text_of(
        lead.post(f"{url}receive/", {"amount": "NaN"}, follow=True)
    )
    answer = lead.post(f"{url}receive/", {"amount": "280.00"}, follow=True)
    assert "280.00 is paid to Outside Ltd." in text_of(answer)
    assert "20.00 is available again." in text_of(answer)
    assert "is received and cannot be cancelled" in text_of(lead.post(f"{url}cancel/", follow=True))
    assert "A day of translation" in text_of(lead.get("/outside-purchases/?state=received"))
    stranger = browser(client, make.lead(make.me()))
    assert stranger.get(url).status_code == 404
    assert stranger.post(f"{url}cancel/").status_code == 404
    assert "Nothing bought outside yet" in text_of(stranger.get("/outside-purchases/"))


def test_an_expired_offer_offers_no_button(client):
    offer = make.outside_offer(valid_until_on=date(2026, 2, 19))
    lead = browser(client, make.lead(make.me()))
    page = text_of(lead.get(f"/outside-purchases/new/{offer.pk}/"))
    assert "This offer cannot be ordered today" in page
    assert ">Order outside</button>" not in page
    answer = lead.post(f"/outside-purchases/new/{offer.pk}/", {"quantity": "1"})
    assert answer.status_code == 409
    assert "was valid until 19 February 2026" in text_of(answer)


def test_a_provider_reads_what_was_lost_outside(client):
    provider = make.me()
    make.offering(provider)
    make.ordered_outside(make.me("Shop"), price="123.00", reason="They answer at night.")
    page = text_of(browser(client, make.lead(provider)).get("/contracts/lost/"))
    assert "They answer at night." in page
    assert "123.00" in page
    assert "Shop" not in page
    other = text_of(browser(client, make.lead(make.me())).get("/contracts/lost/"))
    assert "Nothing lost" in other


def test_the_proof_of_all_contracts_is_for_offices_and_runs_on_demand(client):
    make.agreed()
    assert browser(client, make.lead(make.me())).get("/contracts/integrity/").status_code == 403
    for office in ("is_chro", "is_auditor", "is_hr_admin"):
        user = browser(client, make.office(**{office: True}))
        assert "Unbroken" not in text_of(user.get("/contracts/integrity/"))
        assert "1 contracts: each text has its hash" in text_of(
            user.get("/contracts/integrity/?check=now")
        )


def test_a_broken_seal_is_shown_on_the_contract_and_on_the_board(client):
    contract = make.agreed()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE contracts_contract SET head_hash = ''")
    auditor = browser(client, make.office(is_auditor=True))
    assert "Broken." in text_of(auditor.get(f"/contracts/{contract.pk}/"))
    assert "1 fault in 1 contract" in text_of(auditor.get("/contracts/integrity/?check=now"))


def test_nobody_reads_anything_without_signing_in(client):
    for path in ("/contracts/", "/outside-purchases/", "/contracts/lost/", "/contracts/integrity/"):
        assert client.get(path).status_code == 302


def test_a_fiscal_year_that_ends_within_the_term_shows_the_future_commitment(client):
    make.org(fiscal_year_start_month=7)
    shop = make.me()
    page = text_of(
        browser(client, make.lead(shop)).get(f"/contracts/new/{make.offering(make.me()).pk}/")
    )
    assert "Future commitment, after 2025" in page


@pytest.mark.parametrize(
    "address",
    ["/contracts/?q=%00", "/contracts/?q=a%00b", "/hr/settlement/2026-01/?me=%00",
     "/money/mes/?q=%00", "/hr/people/?q=%00", "/audit/?actor=%00", "/demo/mails/?q=%00"],
)  # fmt: skip
def test_a_nul_in_the_address_is_no_fault_of_ours(client, settings, address):
    settings.DEMO = True
    make.org()
    admin = make.hr_admin()
    admin.is_auditor = True
    admin.save()
    assert browser(client, admin).get(address).status_code == 200


@pytest.mark.parametrize(
    "address", ["/money/{}/", "/hr/settlement/{}/", "/hr/settlement/{}/progress/"]
)
@pytest.mark.parametrize("month", ["2000-01", "2001-01", "2026-13", "2098-12", "2099-12"])
def test_months_at_the_ends_of_the_calendar_are_pages_or_not_found(client, address, month):
    me = make.me()
    is_there = month in {"2001-01", "2098-12"}
    answer = browser(client, make.hr_admin()).get(f"{address.format(month)}?me={me.pk}")
    assert answer.status_code == (200 if is_there else 404)


def test_the_draft_says_the_first_day_that_the_provider_has_time_for(client):
    lab, shop = make.me("Lab"), make.me("Shop North", "frontline")
    client.force_login(make.lead(shop))
    for lead_time, words in (
        (1, "Tomorrow, 21 February 2026, at the earliest."),
        (10, "Lab asks for 10 days to get ready: 2 March 2026."),
    ):
        offering = make.offering(lab, lead_time_days=lead_time)
        page = client.get(f"/contracts/new/{offering.pk}/").content.decode()
        assert words in page
