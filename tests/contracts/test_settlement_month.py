"""The month from its contracts to its lines, transfers and waiting overages (PRODUCT 4.6–4.10)."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.constraints import name_of
from accounts.errors import Refused
from contracts import settlement
from contracts.actions import endings
from contracts.actions import settlement as answers
from contracts.models import Contract, Overage, SettlementLine, SettlementRefusal, Usage
from ledger.models import Reservation, SettlementChunk, SettlementRun, Transfer, Wallet
from tests import make
from tests.make import APRIL, MARCH

pytestmark = pytest.mark.django_db
D = Decimal
MAY = date(2026, 5, 1)
APRIL_6 = date(2026, 4, 6)


def lines(contract, month=MARCH):
    rows = SettlementLine.objects.filter(contract=contract, month=month)
    return [(r.kind, r.origin_month, r.amount) for r in rows.order_by("kind", "origin_month")]


def paid(contract):
    rows = Transfer.objects.filter(kind="charge", cause_id=contract.pk).order_by("reference")
    return [(r.reference.replace(f"/{contract.pk}/", "/N/"), r.amount) for r in rows]


def poor(amount):
    """A buyer with exactly that much money."""
    buyer = make.me(kind="frontline")
    make.granted(buyer, amount)
    return buyer


def broken(**rest):
    """A contract that cannot be computed: its usage lies on a day before it began."""
    contract = make.hires(starts_on=date(2026, 3, 10), **rest)
    Usage.objects.create(
        contract=contract, used_on=date(2026, 3, 5), origin_month=MARCH, quantity=1, key="x",
        entered_on=date(2026, 3, 11), entered_by=make.lead_of(contract.provider),
    )  # fmt: skip
    return contract


def test_a_fixed_month_is_paid_from_its_promise_and_stays_reserved_for_ten_working_days():
    contract = make.agreed(price="2000.00")
    assert make.settled().state == "posted"
    assert lines(contract) == [("fee", MARCH, D("2000.00"))]
    assert paid(contract) == [("2026-03/contract/N/net", D("2000.00"))]
    provider = make.wallet(contract.provider)
    assert (provider.balance, provider.reserved, provider.available) == (2000, 2000, 0)
    window = Reservation.objects.get(kind="dispute_window")
    assert window.ends_on == date(2026, 4, 20)
    assert make.wallet(contract.buyer).reserved == 9 * 2000


def test_two_customers_of_one_provider_make_one_window():
    provider = make.me()
    for price in ("2000.00", "500.00"):
        make.agreed(provider=provider, price=price)
    make.settled()
    assert Reservation.objects.get(kind="dispute_window").amount == 2500


def test_less_usage_than_planned_frees_the_rest_and_a_month_without_usage_has_a_line_of_zero():
    contract, idle = make.hires(), make.hires()
    make.used(contract, "4")
    make.settled()
    assert lines(contract) == [("usage", MARCH, D("400.00"))]
    assert lines(idle) == [("usage", MARCH, D("0.00"))]
    assert paid(contract) == [("2026-03/contract/N/net", D("400.00"))]
    assert paid(idle) == []
    assert make.wallet(contract.buyer).reserved == make.wallet(idle.buyer).reserved == 9000


def test_an_overage_within_the_cap_is_paid_if_it_fits():
    contract = make.hires(poor("10200.00"))
    make.used(contract, "12")
    make.settled()
    assert paid(contract) == [
        ("2026-03/contract/N/net", D("1000.00")),
        ("2026-03/contract/N/overage", D("200.00")),
    ]
    assert make.wallet(contract.buyer).available == 0


def test_an_overage_that_does_not_fit_waits_whole_and_the_planned_part_is_paid():
    contract = make.hires(poor("10199.99"))
    make.used(contract, "12")
    make.settled()
    assert paid(contract) == [("2026-03/contract/N/net", D("1000.00"))]
    overage = Overage.objects.get()
    assert (overage.amount, overage.state, overage.answer_until_on) == (
        200, "waiting", date(2026, 4, 20),
    )  # fmt: skip
    assert overage.reason == "200.00 is needed, 199.99 was available."


def test_an_overage_above_the_cap_waits_however_rich_the_buyer_is():
    contract = make.hires()
    make.used(contract, "12.5")
    make.settled()
    overage = Overage.objects.get()
    assert (overage.amount, "without the buyer’s word" in overage.reason) == (250, True)
    assert paid(contract) == [("2026-03/contract/N/net", D("1000.00"))]


def test_overages_are_decided_in_the_order_of_the_contracts():
    buyer = poor("30250.00")
    contracts = [make.hires(buyer) for _ in range(3)]
    for contract in contracts:
        make.used(contract, "11.5")
    make.settled()
    assert [len(paid(contract)) for contract in contracts] == [2, 1, 1]
    assert list(Overage.objects.values_list("contract", flat=True)) == [
        contract.pk for contract in contracts[1:]
    ]


def test_what_comes_free_or_is_earned_in_the_same_run_pays_no_overage():
    buyer = poor("20000.00")
    over, under = make.hires(buyer), make.hires(buyer)
    make.agreed(provider=buyer, price="5000.00")
    make.used(over, "12")
    make.used(under, "1")
    make.settled()
    assert Overage.objects.get().contract == over
    assert make.wallet(buyer).available == 900


def test_a_second_run_changes_nothing():
    contract = make.hires()
    make.used(contract, "13")
    make.agreed()
    broken()

    def figures():
        return [
            list(model.objects.order_by("pk").values())
            for model in (SettlementLine, Transfer, Reservation, Wallet, Overage, Usage)
        ]

    make.settled()
    before = figures()
    make.settled()
    settlement.work(MARCH, on=date(2026, 4, 8))
    assert figures() == before
    SettlementChunk.objects.update(state="open")
    settlement.work(MARCH, on=date(2026, 4, 8))
    assert figures() == before


def test_a_contract_that_cannot_be_computed_is_set_aside_and_stops_no_other():
    bad, good = broken(), make.agreed()
    assert make.settled().state == "posted"
    assert paid(good)
    assert lines(bad) == []
    refusal = SettlementRefusal.objects.get()
    assert (refusal.contract, refusal.code) == (bad, "usage_outside_dates")
    assert "2026-03-05 lies on a day" in refusal.detail
    assert make.wallet(bad.buyer).balance == 1_000_000


def test_a_refused_contract_is_settled_again_once_it_is_put_right():
    contract = broken()
    run = make.settled()
    Usage.objects.update(state="withdrawn")
    make.used(contract, "3", on=date(2026, 4, 1))
    assert settlement.retry(run, by=make.hr_admin(), on=date(2026, 4, 8)) == 1
    assert settlement.work(MARCH, on=date(2026, 4, 8)).state == "posted"
    assert paid(contract) == [("2026-03/contract/N/net", D("300.00"))]
    assert not SettlementRefusal.objects.exists()


def test_what_was_refused_when_the_month_locked_appears_in_the_next_with_its_origin():
    contract = broken()
    run = make.settled(to="locked", on=date(2026, 4, 10))
    assert run.state == "locked"
    with pytest.raises(Refused, match="March 2026 is locked"):
        settlement.retry(run, by=make.hr_admin(), on=date(2026, 4, 11))
    Usage.objects.update(state="withdrawn")
    make.used(contract, "2", on=date(2026, 4, 12))
    make.settled(APRIL)
    assert lines(contract, APRIL) == [("usage", MARCH, D("200.00")), ("usage", APRIL, D("0.00"))]
    assert paid(contract) == [("2026-04/contract/N/net", D("200.00"))]


def test_a_refused_month_is_paid_next_month_out_of_what_was_committed_for_it():
    buyer = poor("3000.00")
    contract = broken(buyer=buyer, ends_on=date(2026, 5, 31))
    make.settled(to="locked", on=date(2026, 4, 10))
    Usage.objects.update(state="withdrawn")
    make.used(contract, "9", on=date(2026, 4, 12))
    make.used(contract, "10", used_on=date(2026, 4, 12))
    make.settled(APRIL)
    assert paid(contract) == [("2026-04/contract/N/net", D("1900.00"))]
    assert Overage.objects.count() == 0
    wallet = make.wallet(buyer)
    assert (wallet.balance, wallet.reserved) == (1100, 1000)
    assert Reservation.objects.open().get(kind="committed").month == MAY


def overflowing(contract):
    """The provider's wallet cannot take one cent more."""
    make.granted(contract.provider, "1.00")
    Wallet.objects.filter(owner=contract.provider).update(balance=D("9999999999999999.99"))


def put_right(contract):
    Wallet.objects.filter(owner=contract.provider).update(balance=1)


def test_a_payment_that_the_database_refuses_costs_only_its_own_contract_and_keeps_its_promise():
    first, second, third = (make.agreed() for _ in range(3))
    overflowing(second)
    assert make.settled().state == "posted"
    assert [len(paid(contract)) for contract in (first, second, third)] == [1, 0, 1]
    refusal = SettlementRefusal.objects.get()
    assert (refusal.contract, refusal.code) == (second, "not_paid")
    assert "numeric field overflow" in refusal.detail
    assert not Overage.objects.exists()
    assert make.wallet(second.buyer).reserved == 10 * 2000


def test_a_refused_payment_is_tried_again_every_hour_until_it_is_possible():
    contract = make.agreed()
    overflowing(contract)
    assert settlement.run_due(on=APRIL_6) == {"2026-03": "posted"}
    settlement.run_due(on=date(2026, 4, 7))
    assert SettlementRefusal.objects.get().code == "not_paid"
    put_right(contract)
    settlement.run_due(on=date(2026, 4, 8))
    assert paid(contract) == [("2026-03/contract/N/net", D("2000.00"))]
    assert not SettlementRefusal.objects.exists()


def test_a_payment_refused_until_the_lock_is_carried_out_of_its_own_promise():
    contract = make.agreed(poor("20000.00"))
    overflowing(contract)
    assert make.settled(to="locked", on=date(2026, 4, 10)).state == "locked"
    put_right(contract)
    make.settled(APRIL, to="locked", on=date(2026, 5, 10))
    assert lines(contract, APRIL) == [
        ("carried", MARCH, D("2000.00")), ("fee", APRIL, D("2000.00")),
    ]  # fmt: skip
    assert paid(contract) == [("2026-04/contract/N/net", D("4000.00"))]
    assert make.wallet(contract.buyer).reserved == 8 * 2000
    make.settled(MAY)
    assert lines(contract, MAY) == [("fee", MAY, D("2000.00"))]


def test_usage_contested_or_entered_too_late_belongs_to_the_next_month_and_says_so():
    contract = make.hires()
    make.used(contract, "1")
    make.used(contract, "2", on=date(2026, 4, 3))
    make.used(contract, "4", on=date(2026, 4, 4))
    contested = make.used(contract, "3")
    make.contested(contested, on=date(2026, 4, 3))
    make.settled()
    assert lines(contract) == [("usage", MARCH, D("300.00"))]
    make.confirmed(contested, on=date(2026, 4, 20))
    make.used(contract, "5", used_on=date(2026, 4, 9))
    make.settled(APRIL)
    assert lines(contract, APRIL) == [("usage", MARCH, D("700.00")), ("usage", APRIL, D("500.00"))]
    assert Overage.objects.count() == 0


def test_late_usage_counts_towards_the_cap_of_its_own_month():
    contract = make.hires()
    make.used(contract, "9")
    make.used(contract, "4", on=date(2026, 4, 4))
    make.settled()
    make.used(contract, "8", used_on=date(2026, 4, 9))
    make.settled(APRIL)
    overage = Overage.objects.get()
    assert (overage.month, overage.amount) == (APRIL, 200)
    assert "without the buyer’s word" in overage.reason


def test_late_usage_of_a_contract_that_has_ended_is_still_owed():
    contract = make.hires(ends_on=date(2026, 3, 31))
    make.used(contract, "2", on=date(2026, 4, 4))
    make.settled()
    make.settled(APRIL)
    assert lines(contract, APRIL) == [("usage", MARCH, D("200.00"))]
    assert paid(contract) == [("2026-04/contract/N/overage", D("200.00"))]


@pytest.mark.parametrize(
    ("price", "first", "last", "amount"),
    [
        ("9000.00", date(2026, 6, 11), date(2026, 7, 31), "6000.00"),
        ("3000.00", date(2026, 2, 1), date(2026, 2, 14), "1500.00"),
        ("3000.00", date(2026, 1, 31), date(2026, 1, 31), "96.77"),
    ],
)
def test_a_month_is_paid_by_its_active_days(price, first, last, amount):
    """PRODUCT 4.6: 20/30 of 9,000, 14/28 and 1/31 of 3,000, each from its promise to the cent."""
    contract = make.agreed(price=price, starts_on=first, ends_on=last, on=date(2026, 1, 20))
    month = first.replace(day=1)
    reserved = Reservation.objects.open().of(contract.cause).get(month=month)
    make.settled(month)
    assert lines(contract, month) == [("fee", month, D(amount))]
    assert reserved.amount == D(amount)
    assert make.money(contract.buyer).spent == D(amount)


def test_a_contract_charges_to_its_last_day_inclusive_and_never_after():
    contract = make.active(price="3100.00")
    buyer, provider = make.lead_of(contract.buyer), make.lead_of(contract.provider)
    day, last = date(2026, 3, 5), date(2026, 3, 10)
    endings.propose_end(contract, last_day_on=last, party=contract.buyer, by=buyer, on=day)
    endings.confirm_end(contract, last_day_on=last, party=contract.provider, by=provider, on=day)
    make.settled()
    assert lines(contract) == [("fee", MARCH, D("1000.00"))]
    make.settled(APRIL)
    assert lines(contract, APRIL) == []


def test_a_cancelled_contract_and_one_without_signatures_cost_nothing():
    cancelled, offered = make.agreed(), make.offered()
    endings.cancel(
        cancelled, party=cancelled.buyer, by=make.lead_of(cancelled.buyer), on=make.TODAY
    )
    make.settled()
    assert lines(cancelled) == lines(offered) == []


def test_a_contract_whose_signatures_are_not_on_its_text_is_refused():
    contract = make.agreed()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger fires
        cursor.execute("UPDATE contracts_signature SET hash = repeat('0', 64)")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    make.settled()
    assert (lines(contract), SettlementRefusal.objects.get().code) == ([], "unsigned")


def test_a_locked_month_takes_no_line_and_keeps_a_digest_of_those_it_has():
    contract = make.agreed()
    run = make.settled(to="locked", on=date(2026, 4, 10))
    assert (run.state, len(run.digest)) == ("locked", 64)
    assert run.digest == settlement.runs.digest_of(run)
    line = SettlementLine.objects.get()
    line.pk, line.term = None, "another"
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        line.save(force_insert=True)
    assert name_of(refused.value) == "line_month_is_open"
    assert contract.lines.count() == 1


_COPY = """
    INSERT INTO contracts_settlementline (run_id, contract_id, version_id, month, kind, term,
        origin_month, amount, calculation, policy_version)
    SELECT run_id, contract_id, version_id, month, kind, term, {}, 5, '', 0
    FROM contracts_settlementline"""


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE contracts_settlementline SET amount = 1", "line_never_changes"),
        ("DELETE FROM contracts_settlementline", "line_never_changes"),
        (_COPY.format("origin_month"), "line_settled_once"),
        (_COPY.format("'2026-04-01'"), "line_comes_after_its_origin"),
        ("UPDATE contracts_overage SET amount = 0", "overage_is_more"),
        ("UPDATE contracts_overage SET state = 'paid'", "answered_overage_says_when"),
    ],
)
def test_the_database_itself_keeps_the_month(statement, name):
    make.used(make.hires(), "13")
    make.settled()
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        connection.cursor().execute(statement)
    assert name_of(refused.value) == name


def test_a_month_is_settled_after_its_last_day_and_after_the_months_before_it():
    make.agreed()
    with pytest.raises(Refused, match="March 2026 is not over before 31 March 2026"):
        make.settled(on=date(2026, 3, 31))
    with pytest.raises(Refused, match="April 2026 cannot be posted before March 2026 is") as reason:
        make.settled(APRIL)
    assert reason.value.code == "earlier_month_open"
    make.settled(to="computed")
    make.settled(APRIL, to="computed")


def test_only_an_hr_admin_settles():
    make.agreed()
    with pytest.raises(Refused, match="Only an HR admin"):
        settlement.ask_for(MARCH, to=SettlementRun.State.POSTED, on=APRIL_6, by=make.user())


def test_the_calendar_computes_on_the_4th_posts_on_the_6th_and_locks_on_the_10th():
    make.agreed()

    def state(day):
        return settlement.run_due(on=date(2026, 4, day)).get("2026-03")

    assert [state(day) for day in (3, 4, 5, 6, 9, 10, 11)] == [
        None, "computed", "computed", "posted", "posted", "locked", "locked",
    ]  # fmt: skip
    assert not SettlementRun.objects.filter(month__lt=MARCH).exists()


def test_where_months_do_not_post_themselves_the_calendar_only_computes_until_somebody_posts():
    make.agreed()
    make.policy("settlement_posts_itself", value=False)
    assert settlement.run_due(on=date(2026, 4, 10)) == {"2026-03": "computed"}
    make.settled()
    assert settlement.run_due(on=date(2026, 4, 10)) == {"2026-03": "locked"}


def test_a_month_that_the_calendar_missed_is_made_good():
    make.agreed()
    assert settlement.run_due(on=date(2026, 5, 6)) == {"2026-03": "locked", "2026-04": "posted"}


def test_a_month_that_cannot_be_posted_holds_up_no_computing_and_raises_nothing():
    make.agreed()
    make.policy("settlement_posts_itself", value=False, valid_from_on=MARCH)
    make.policy("settlement_posts_itself", value=True, valid_from_on=APRIL)
    for _ in range(2):
        done = settlement.run_due(on=date(2026, 5, 10))
        assert done == {"2026-03": "computed", "2026-04": "computed"}
    assert settlement.runs.waiting_for(APRIL, on=date(2026, 5, 10)) == [MARCH]
    assert settlement.runs.waiting_for(MARCH, on=date(2026, 5, 10)) == []


def test_a_month_names_the_policy_version_of_its_first_day():
    make.agreed()
    make.policy("overage_answer_working_days", value=5)
    make.settled()
    assert SettlementLine.objects.get().policy_version == 1


def test_an_accepted_overage_is_paid_once_as_an_entry_of_the_running_month():
    contract = make.hires()
    make.used(contract, "13")
    make.settled()
    overage, buyer = Overage.objects.get(), make.lead_of(contract.buyer)
    for _ in range(2):
        answers.accept_overage(overage, by=buyer, on=date(2026, 5, 2))
    transfer = Transfer.objects.get(reference=f"overage/{overage.pk}")
    assert (transfer.amount, transfer.month) == (300, MAY)
    make.settled(APRIL)
    assert len(paid(contract)) == 2


def test_an_overage_is_answered_by_who_signs_for_the_buyer_and_money_must_be_there():
    contract = make.hires(poor("10000.00"))
    make.used(contract, "13")
    make.settled()
    overage = Overage.objects.get()
    buyer = make.lead_of(contract.buyer)
    with pytest.raises(Refused, match=r"0.00 available .* 300.00 is needed"):
        answers.accept_overage(overage, by=buyer, on=APRIL_6)
    for somebody in (make.member(contract.buyer), make.lead_of(contract.provider)):
        with pytest.raises(Refused, match="Only who signs for"):
            answers.accept_overage(overage, by=somebody, on=APRIL_6)
    with pytest.raises(Refused, match="Say why it is not owed"):
        answers.contest_overage(overage, reason=" ", by=buyer, on=APRIL_6)
    contested = answers.contest_overage(overage, reason="Not ordered", by=buyer, on=APRIL_6)
    assert contested.state == "contested"


def test_computing_and_posting_cost_the_same_queries_for_few_and_for_many_contracts():
    contract = make.hires(expected=5, cap=9)
    make.copied(contract)

    def cost(month, day):
        for each in Contract.objects.all():
            make.used(each, "7", used_on=day)
        with CaptureQueriesContext(connection) as captured:
            make.settled(month, to="locked")
        return len(captured)

    few = cost(MARCH, date(2026, 3, 9))
    for _ in range(98):
        make.copied(contract)
    many = cost(APRIL, date(2026, 4, 9))
    assert many <= few + 3  # the months before are looked at as well
    assert SettlementLine.objects.filter(month=APRIL, amount=700).count() == 100
    assert Transfer.objects.filter(month=APRIL).count() == 200
