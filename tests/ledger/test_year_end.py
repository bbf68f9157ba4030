"""The old year closes when its last month locks, and every wallet of it ends at 0.00 (4.9)."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.constraints import name_of
from accounts.errors import Refused
from accounts.models import AuditEvent
from ledger import actions, checks, queries, runs, statements, year_end, year_figures
from ledger.carrying import Rule, divided
from ledger.models import Cause, Reservation, SettlementRun, Transfer, Wallet, WalletClosing
from tests import make
from tests.make import year_end as make_year
from tests.make.year_end import CLOSED_ON, DECEMBER, NEXT_JANUARY

pytestmark = pytest.mark.django_db
NEW_YEAR = 2027


def amounts(of, *, year=2026, fund="operating"):
    found = make.wallet(of, year=year, fund=fund)
    return found.balance, found.reserved


def broken():
    return [sentence for each in checks.findings() for sentence in each.broken]


def example():
    """120,000 - 94,000 - 6,000 = 20,000 free, none earned."""
    shop = make.me("Shop North")
    make.granted(shop, "120000.00")
    make_year.spent(shop, "94000.00")
    return shop, make_year.promised(shop, "6000.00")


def test_ten_thousand_carry_ten_thousand_are_shared_and_six_thousand_move_along():
    platform, (shop, cause) = make.me(kind="platform"), example()
    assert make_year.year_closed()["closed"] == 1
    assert amounts(shop) == (0, 0)
    assert amounts(shop, year=NEW_YEAR) == (16000, 6000)
    assert amounts(platform, year=NEW_YEAR, fund="incentive") == (10000, 0)
    moved = {
        row.reference.rpartition("/")[2]: (row.kind, row.amount, row.month)
        for row in Transfer.objects.filter(reference__startswith="year/")
    }
    assert moved == {
        "carried": ("carry_over", Decimal(10000), NEXT_JANUARY),
        "reserved": ("carry_over", Decimal(6000), NEXT_JANUARY),
        "shared": ("move", Decimal(10000), NEXT_JANUARY),
    }
    promise = Reservation.objects.open().of(cause).get()
    assert (promise.wallet.fiscal_year, promise.amount, promise.month) == (2027, 6000, DECEMBER)
    closing = WalletClosing.objects.get(wallet__owner=shop)
    assert (closing.free, closing.earned, closing.carried) == (20000, 0, 10000)
    assert (closing.shared, closing.lapsed, closing.reserved) == (10000, 0, 6000)
    assert AuditEvent.objects.filter(action="year.close").count() == 1
    assert broken() == []


@pytest.mark.parametrize(
    ("how", "carried", "shared", "lapsed"),
    [
        ("none", "0.00", "0.00", "20000.00"),
        ("full", "20000.00", "0.00", "0.00"),
        ("decay", "20000.00", "0.00", "0.00"),
        ("capped", "10000.00", "0.00", "10000.00"),
        ("save_and_share", "10000.00", "10000.00", "0.00"),
    ],
)
def test_the_rule_divides_what_was_not_earned(how, carried, shared, lapsed):
    make.me(kind="platform")
    shop, _ = example()
    make.policy("carry_over_operating", value=how)
    make_year.year_closed()
    closing = WalletClosing.objects.get(wallet__owner=shop)
    assert [closing.carried, closing.shared, closing.lapsed] == [
        Decimal(carried), Decimal(shared), Decimal(lapsed),
    ]  # fmt: skip
    assert amounts(shop, year=NEW_YEAR)[0] == Decimal(carried) + 6000
    assert closing.policy_version == 1
    assert broken() == []


def test_a_share_is_capped_by_the_allocation():
    rule = Rule("save_and_share", Decimal("0.5"), Decimal("0.1"))
    parts = divided(
        Decimal("50000.00"), revenue=Decimal(0), in_window=Decimal(0),
        allocation=Decimal("120000.00"), rule=rule,
    )  # fmt: skip
    assert (parts.carried, parts.shared) == (12000, 38000)


def test_earned_money_carries_in_full_but_not_what_lies_in_the_dispute_window():
    make.me(kind="platform")
    shop, services = make.me(), make.me()
    make.granted(shop, "10000.00")
    make.granted(services, "1000.00")
    make_year.sold(services, shop, "5000.00")
    make_year.in_dispute_window(services, "2000.00")
    make_year.year_closed()
    closing = WalletClosing.objects.get(wallet__owner=services)
    # 6,000 - 2,000 free; 5,000 - 2,000 of it earned; half of the rest, at most 10 % of 1,000.
    assert (closing.free, closing.earned, closing.carried) == (4000, 3000, 100)
    assert (closing.shared, closing.reserved) == (900, 2000)
    assert amounts(services, year=NEW_YEAR) == (5100, 2000)
    window = Reservation.objects.open().get(kind="dispute_window")
    assert (window.wallet.fiscal_year, window.ends_on) == (2027, date(2027, 1, 20))
    actions.free_ended_windows(on=date(2027, 1, 21))
    assert amounts(services, year=NEW_YEAR) == (5100, 0)
    assert broken() == []


def test_a_window_that_is_over_by_date_is_free_at_the_closing_even_if_no_job_has_run():
    make.me(kind="platform")
    shop, services = make.me(), make.me()
    make.granted(shop, "10000.00")
    make_year.sold(services, shop, "5000.00")
    make_year.in_dispute_window(services, "2000.00", ends_on=date(2027, 1, 8))
    make_year.year_closed()
    closing = WalletClosing.objects.get(wallet__owner=services)
    assert (closing.free, closing.earned, closing.reserved) == (5000, 5000, 0)
    assert broken() == []


def test_without_a_platform_me_what_would_be_shared_lapses():
    shop, _ = example()
    make_year.year_closed()
    closing = WalletClosing.objects.get(wallet__owner=shop)
    assert (closing.carried, closing.shared, closing.lapsed) == (10000, 0, 10000)
    assert broken() == []


def test_the_common_fund_keeps_its_own_money():
    platform = make.me(kind="platform")
    make.policy("carry_over_incentive", value="save_and_share")
    make.granted(platform, "1000.00", fund="incentive")
    make_year.year_closed()
    assert amounts(platform, fund="incentive") == (0, 0)
    assert amounts(platform, fund="incentive", year=NEW_YEAR) == (1000, 0)
    assert broken() == []


def test_the_year_waits_for_the_lock_of_its_last_month():
    shop, _ = example()
    SettlementRun.objects.create(
        month=DECEMBER, state="posted", opened_at=make.org().founded_at, posted_on=CLOSED_ON
    )
    assert year_end.close_due(on=CLOSED_ON) == {"closed": 0}
    assert amounts(shop) == (26000, 6000)


def test_closing_twice_is_closing_once():
    make.me(kind="platform")
    shop, _ = example()
    make_year.year_closed()
    count = Transfer.objects.count()
    assert year_end.close_due(on=CLOSED_ON) == {"closed": 0}
    assert Transfer.objects.count() == count
    assert amounts(shop, year=NEW_YEAR) == (16000, 6000)


def test_after_the_closing_nothing_touches_the_old_wallet():
    shop, cause = example()
    make_year.year_closed()
    old, treasury = make.wallet(shop, year=2026), actions.system_wallet("treasury")
    with pytest.raises(Refused, match="The fiscal year 2026 of Shop North was closed on") as said:
        actions.pay(
            treasury, old, Decimal(5), kind="grant", month=date(2027, 2, 1), on=CLOSED_ON,
            reference="late", cause=cause,
        )  # fmt: skip
    assert said.value.code == "year_closed"


CLOSING = """
    INSERT INTO ledger_walletclosing (wallet_id, successor_id, closed_on, closed_at, rule,
        policy_version, allocation, free, earned, carried, shared, lapsed, reserved, decayed)
    SELECT successor_id, {successor}, closed_on, closed_at, rule, 0, 0, {free}, 0, {carried}, 0, 0,
           0, 0 FROM ledger_walletclosing"""
ATTEMPTS = [
    (
        "closed_wallet_never_changes",
        "UPDATE ledger_wallet SET balance = 5 WHERE closed_on IS NOT NULL",
    ),
    ("closed_wallet_never_changes", "DELETE FROM ledger_wallet WHERE closed_on IS NOT NULL"),
    (
        "closed_wallet_is_empty",
        "UPDATE ledger_wallet SET closed_on = '2027-01-10' WHERE balance > 0",
    ),
    ("closing_stays", "UPDATE ledger_walletclosing SET carried = 1"),
    ("closing_stays", "DELETE FROM ledger_walletclosing"),
    ("carried_money_lapses_on_its_day", "UPDATE ledger_walletclosing SET decayed = 1"),
    (
        "transfer_of_the_wallets_year",
        """
            INSERT INTO ledger_transfer (payer_id, payee_id, amount, kind, month, reference,
                posted_on, posted_at, note, cause_route, cause_id)
            SELECT payer_id, payee_id, 1, kind, DATE '2027-01-01', 'year/2026/late', posted_on,
                   posted_at, '', cause_route, cause_id
            FROM ledger_transfer WHERE reference LIKE 'year/%/carried'""",
    ),
    (
        "transfer_of_the_wallets_year",
        """
            INSERT INTO ledger_transfer (payer_id, payee_id, amount, kind, month, reference,
                posted_on, posted_at, note, cause_route, cause_id)
            SELECT t.payer_id, w.id, 1, kind, DATE '2028-01-01', 'next', posted_on,
                   posted_at, '', cause_route, cause_id
            FROM ledger_transfer t, ledger_wallet w
            WHERE t.kind = 'grant' AND w.fiscal_year = 2027 LIMIT 1""",
    ),
    ("closing_is_not_negative", CLOSING.format(successor="successor_id", free=-1, carried=-1)),
    ("closing_divides_what_was_free", CLOSING.format(successor="NULL", free=1, carried=0)),
    ("carried_money_has_a_wallet", CLOSING.format(successor="NULL", free=1, carried=1)),
]


@pytest.mark.parametrize(("constraint", "statement"), ATTEMPTS)
def test_the_database_keeps_a_closed_year_closed(constraint, statement):
    make.me(kind="platform")
    example()
    make_year.year_closed()
    with (
        pytest.raises(IntegrityError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert name_of(refused.value) == constraint


def test_what_is_promised_after_the_closing_for_a_month_of_the_old_year_lies_in_the_new_wallet():
    shop, cause = example()
    make_year.year_closed()
    actions.promise(shop, {DECEMBER: Decimal(1000)}, kind="committed", cause=cause, on=CLOSED_ON)
    assert amounts(shop, year=NEW_YEAR) == (16000, 1000)
    assert actions.release(cause, on=CLOSED_ON) == 1000
    assert broken() == []


def test_the_first_month_of_the_new_year_does_not_lock_before_the_old_year_is_closed():
    example()
    run = SettlementRun.objects.create(
        month=NEXT_JANUARY, state="posted", goal="locked", opened_at=make.org().founded_at,
        posted_on=date(2027, 2, 6),
    )  # fmt: skip
    on = date(2027, 2, 10)
    assert runs.advance(run, on=on, digest=lambda _: "d").state == "posted"
    make_year.year_closed(on=on)
    assert runs.advance(run, on=on, digest=lambda _: "d").state == "locked"
    assert Transfer.objects.filter(reference__startswith="year/", month=NEXT_JANUARY).exists()


def test_the_statements_of_both_years_add_up():
    make.me(kind="platform")
    shop, _ = example()
    make_year.year_closed()
    old = statements.statement_of(shop, month=DECEMBER, on=CLOSED_ON)
    assert (old.closing, old.reserved, old.available) == (26000, 6000, 20000)
    new = statements.statement_of(shop, month=NEXT_JANUARY, on=CLOSED_ON)
    assert [(line.kind, line.amount, line.cause) for line in new.lines] == [
        ("carry_over", Decimal(10000), "End of 2026"),
        ("carry_over", Decimal(6000), "End of 2026"),
    ]
    assert (new.opening, new.closing, new.reserved) == (0, 16000, 6000)


class TestMoneyThatLapses:
    """Carried money is spent first; what is left of it after six months lapses by date."""

    JUNE_30, JULY = date(2027, 6, 30), date(2027, 7, 1)

    @pytest.fixture
    def shop(self):
        shop, _ = example()
        make.policy("carry_over_operating", value="decay")
        make_year.year_closed()
        make.granted(shop, "50000.00", month=NEXT_JANUARY, on=CLOSED_ON)
        return shop

    def test_what_was_not_spent_by_then_lapses_once(self, shop):
        make_year.spent(shop, "13000.00", month=date(2027, 3, 1), on=date(2027, 3, 3))
        assert year_end.lapse_due(on=self.JUNE_30) == {"lapsed": 0, "total": "0.00"}
        assert year_end.lapse_due(on=self.JULY) == {"lapsed": 1, "total": "7000.00"}
        assert year_end.lapse_due(on=self.JULY) == {"lapsed": 0, "total": "0.00"}
        row = Transfer.objects.get(reference__endswith="/decayed")
        assert (row.kind, row.month, row.payee.system) == ("lapse", self.JULY, "treasury")
        assert amounts(shop, year=NEW_YEAR) == (56000, 6000)
        assert broken() == []

    def test_a_late_job_counts_only_what_was_spent_in_time(self, shop):
        make_year.spent(shop, "1000.00", month=date(2027, 3, 1), on=date(2027, 3, 3))
        make_year.spent(shop, "5000.00", month=date(2027, 7, 1), on=date(2027, 7, 2))
        assert year_end.lapse_due(on=date(2027, 7, 20))["total"] == "19000.00"

    def test_what_is_promised_for_earlier_months_counts_as_spent_and_later_promises_stay(
        self, shop
    ):
        make_year.promised(shop, "4000.00", month=date(2027, 6, 1), on=date(2027, 5, 2))
        make_year.promised(shop, "64000.00", month=date(2027, 9, 1), on=date(2027, 5, 2))
        # 26,000 brought over - 6,000 of December and 4,000 of June that are still due leave 16,000,
        # of which 2,000 are not promised.
        assert year_end.lapse_due(on=self.JULY)["total"] == "2000.00"
        assert broken() == []

    @pytest.mark.parametrize(("reference", "spent"), [("2027-02/test/7", 84), ("dispute/7", 144)])
    def test_what_comes_back_of_a_dispute_was_not_spent(self, shop, reference, spent):
        """140.00 held from the buyer, or of 200.00 that the provider had earned; 56.00 back."""
        february, held = date(2027, 2, 1), actions.system_wallet("held")
        mine = make.wallet(shop, year=NEW_YEAR)
        theirs = actions.wallet_of(make.me(), month=february)
        payments = [(held, mine, 56, "release"), (held, theirs, 84, "release")]
        if reference.startswith("2027"):
            payments.insert(0, (mine, held, 140, "hold"))
        else:
            payments = [(mine, theirs, 200, "charge"), (theirs, held, 140, "hold"), *payments]
        for number, (payer, payee, amount, kind) in enumerate(payments):
            actions.pay(
                payer, payee, Decimal(amount), kind=kind, month=february, on=date(2027, 3, 3),
                reference=reference if kind == "hold" else f"test/{number}", cause=Cause("x:y", 7),
            )  # fmt: skip
        # 20,000 were carried over, and what is spent of them lapses no more.
        assert year_end.lapse_due(on=self.JULY)["total"] == f"{20000 - spent}.00"
        assert broken() == []

    def test_nothing_lapses_under_another_rule(self):
        shop, _ = example()
        make.policy("carry_over_operating", value="full")
        make_year.year_closed()
        assert WalletClosing.objects.get(wallet__owner=shop).lapses_on is None
        assert year_end.lapse_due(on=date(2028, 1, 1))["lapsed"] == 0


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.decimals("0.01", "100000", places=2), st.integers(0, 100), st.integers(0, 100),
            st.integers(0, 100), st.sampled_from(["operating", "learning"]),
        ),
        min_size=1, max_size=6,
    ),
    st.sampled_from(["none", "full", "capped", "decay", "save_and_share"]),
    st.integers(0, 100), st.integers(0, 100), st.booleans(),
)  # fmt: skip
def test_all_wallets_of_the_year_end_at_zero_and_no_cent_is_lost(
    budgets, how, share, cap, has_platform
):
    with transaction.atomic():
        if has_platform:
            make.me(kind="platform")
        for key, value in [
            ("carry_over_operating", how), ("carry_over_learning", how),
            ("carry_over_share_percent", share), ("carry_over_cap_percent", cap),
        ]:  # fmt: skip
            make.policy(key, value=value)
        buyer = make.me()
        make.granted(buyer, "1000000.00")
        for amount, spent, promised, earned, fund in budgets:
            shop = make.me()
            make.granted(shop, amount, fund=fund)
            for percent, act in ((spent, make_year.spent), (promised, make_year.promised)):
                part = (amount * percent / 100).quantize(Decimal("0.01")) / 2
                part = part.quantize(Decimal("0.01"))
                if fund == "operating" and 0 < part <= make.wallet(shop).available:
                    act(shop, part)
            if fund == "operating" and earned:
                make_year.sold(shop, buyer, Decimal(earned))
        before = sum(w.balance for w in Wallet.objects.filter(fiscal_year=2026))
        lapsed_before = queries.balance_of(actions.system_wallet("treasury"))
        expected = year_figures.totals_of(
            year_figures.rows_of(year_figures.wallets_of_year(2026), year=2026, on=CLOSED_ON)
        )
        make_year.year_closed(mes_at_once=2)
        old = Wallet.objects.filter(fiscal_year=2026)
        assert not old.exclude(balance=0, reserved=0).exists()
        assert not old.filter(closed_on=None).exists()
        after = sum(w.balance for w in Wallet.objects.filter(fiscal_year=2027))
        lapsed = queries.balance_of(actions.system_wallet("treasury")) - lapsed_before
        assert before == after + lapsed
        rows = year_figures.rows_of(year_figures.wallets_of_year(2026), year=2026, on=CLOSED_ON)
        assert year_figures.totals_of(rows) == expected
        assert broken() == []
        transaction.set_rollback(True)


def queries_to_close(count):
    with transaction.atomic():
        make.me(kind="platform")
        shops = [make.me(may_decide=False) for _ in range(count)]
        for shop in shops:
            make.granted(shop, "100.00")
            make_year.promised(shop, "10.00")
        make_year.locked(DECEMBER)
        with CaptureQueriesContext(connection) as caught:
            assert year_end.close_due(on=CLOSED_ON) == {"closed": count}
        transaction.set_rollback(True)
    return len(caught)


def test_many_mes_are_closed_by_a_fixed_number_of_queries_a_part():
    assert queries_to_close(40) == queries_to_close(3)
