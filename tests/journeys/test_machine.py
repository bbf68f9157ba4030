"""Random months of a small market, held against the model after every step, to the cent.

Every step is a real action over the real database; what it is expected to do, its refusals too,
comes from `tests.journeys.model` alone. Each example is rolled back.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.errors import Refused
from contracts import settlement
from contracts.actions import (
    agreements,
    clockwork,
    delivery,
    dispute_clock,
    disputes,
    funding,
    measurements,
    notices,
    outside,
    suspensions,
)
from contracts.actions import settlement as overages
from contracts.models import Contract, Overage, SettlementLine
from ledger import actions as ledger
from ledger import budgets, checks, drafting, queries, releasing
from ledger.models import SettlementRun, Wallet
from ledger.statements import statement_of
from tests import make
from tests.journeys import model as plain
from tests.journeys.model import ZERO, Deal, Model, first

NAMES = ["Field crew", "Pump station", "Finders", "Coders"]
BUYERS = some.sampled_from(NAMES[:3])
AMOUNTS = some.decimals(min_value="0.01", max_value="9000.00", places=2)
KINDS = some.sampled_from(["fixed", "per_unit", "levelled"])
ENDS = some.sampled_from([date(2026, 12, 31), date(2027, 2, 28)])
ANY = some.integers(0, 99)
START = date(2026, 10, 31)


class Market(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.model, self.day = Model(), START
        self.admin = make.hr_admin()
        self.mes = {
            name: make.me(name, kind="frontline" if name in NAMES[:2] else "service")
            for name in NAMES
        }
        self.leads = {name: make.lead(me) for name, me in self.mes.items()}
        self.contracts, self.orders, self.quarrels, self.touched = {}, [], [], set()

    def teardown(self):
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    @initialize(amounts=some.tuples(AMOUNTS, AMOUNTS, AMOUNTS))
    def every_buyer_has_money(self, amounts):
        for name, amount in zip(NAMES, amounts, strict=False):
            self.grant(name, amount + 4000, release="yearly")

    def agree(self, is_expected, act):
        """The action happens exactly where the model says so."""
        try:
            with transaction.atomic():
                done = act()
        except Refused:
            if is_expected:
                raise
            return None
        assert is_expected, "The model refuses this."
        return done

    def party(self, name):
        return {"party": self.mes[name], "by": self.leads[name], "on": self.day}

    def fresh(self, deal):
        return Contract.objects.get(pk=deal.key)

    def pick(self, found, number):
        return found[number % len(found)]

    # Money comes

    @rule(who=BUYERS, amount=AMOUNTS, release=some.sampled_from(["yearly", "monthly"]))
    def grant(self, who, amount, release):
        envelope = drafting.Envelope("operating", self.day.year, release, "Budget")
        drafted = drafting.draft_grant(self.mes[who], amount, envelope, by=self.admin, on=self.day)
        budgets.publish(drafted, by=self.admin, on=self.day)
        give = self.model.grant if release == "yearly" else self.model.grant_monthly
        give(who, amount, self.day)

    # Contracts

    @rule(
        kind=KINDS, who=some.tuples(BUYERS, some.sampled_from(NAMES[2:])), price=AMOUNTS,
        units=some.integers(1, 9), more=some.integers(0, 3), ends=ENDS,
        answer=some.sampled_from(["accept", "accept", "accept", "decline", "leave"]),
    )  # fmt: skip
    def sign(self, kind, who, price, units, more, ends, answer):
        (buyer, provider), starts = who, self.day + timedelta(days=1)
        if buyer == provider or starts > ends:
            return
        price = plain.cents(price / 10 if kind == "per_unit" else price / 3) + Decimal("0.01")
        changes = {"levels": (make.level(),)} if kind == "levelled" else {}
        plan = "per_unit" if kind == "per_unit" else "fixed"
        made = make.draft(
            self.mes[buyer], self.mes[provider], price=price, plan=plan, starts_on=starts,
            ends_on=ends, expected=units, cap=units + more, on=self.day, **changes,
        )  # fmt: skip
        deal = Deal(made.pk, kind, buyer, provider, price, units, units + more, starts, ends)
        fits = self.model.promise(made.pk, buyer, deal.plan(), self.day)
        words = {"seen_hash": made.current.hash}
        offered = self.agree(fits, lambda: agreements.offer(made, **words, **self.party(buyer)))
        if offered is None:
            return
        if answer == "accept":
            agreements.accept(offered, **words, **self.party(provider))
            assert self.model.sign(deal, self.day)
        elif answer == "decline":
            agreements.decline(offered, **self.party(provider))
            self.model.promise(made.pk, buyer, {}, self.day)
        else:
            self.model.offers.append((made.pk, self.day))

    def running(self, *kinds, is_paused=False):
        return [
            deal
            for deal in self.model.deals
            if deal.kind in (kinds or ("fixed", "per_unit", "levelled"))
            and deal.starts <= self.day <= deal.last
            and deal.is_paused(self.day) == is_paused
        ]

    @precondition(lambda self: self.running("per_unit"))
    @rule(number=ANY, quantity=some.decimals(min_value="0.1", max_value=6, places=1))
    def use(self, number, quantity):
        deal = self.pick(self.running("per_unit"), number)
        key = f"used-{len(deal.used)}"
        delivery.report_usage(
            self.fresh(deal), quantity=quantity, used_on=self.day, key=key, on=self.day,
            by=self.leads[deal.provider],
        )  # fmt: skip
        deal.used.append((self.day, quantity))

    @precondition(lambda self: self.running("levelled"))
    @rule(number=ANY, met=some.integers(70, 100))
    def measure(self, number, met):
        """Of a hundred tickets so many were answered in time."""
        deal = self.pick(self.running("levelled"), number)
        level = self.fresh(deal).current.levels.get()
        measurements.enter_measurement(
            level, month=first(self.day), counts=measurements.Counts(measured=100, met=met),
            by=self.leads[deal.provider], on=self.day,
        )  # fmt: skip
        deal.met[first(self.day)] = met

    def untouched(self, found):
        """One step of both sides a day: a second one of the same day is a retry."""
        return [deal for deal in found if (deal.key, self.day) not in self.touched]

    @precondition(lambda self: self.may_suspend())
    @rule(number=ANY)
    def suspend(self, number):
        deal = self.pick(self.may_suspend(), number)
        make.both(suspensions.suspend, self.fresh(deal), on=self.day)
        self.model.suspend(deal, self.day)
        self.touched.add((deal.key, self.day))

    def may_suspend(self):
        found = [deal for deal in self.running() if not deal.paused_since and not deal.ended]
        return self.untouched(found)

    @precondition(lambda self: self.may_resume())
    @rule(number=ANY)
    def resume(self, number):
        deal = self.pick(self.may_resume(), number)
        fits = self.model.resume(deal, self.day)
        self.agree(fits, lambda: make.both(suspensions.resume, self.fresh(deal), on=self.day))
        self.touched.add((deal.key, self.day))

    def may_resume(self):
        found = [deal for deal in self.model.deals if deal.paused_since and not deal.ended]
        return self.untouched(found)

    @precondition(lambda self: self.untouched(self.running()))
    @rule(number=ANY)
    def give_notice(self, number):
        found = [deal for deal in self.untouched(self.running()) if not deal.ended]
        if not found:
            return
        deal = self.pick(found, number)
        asked, words = self.fresh(deal), self.party(deal.buyer)
        happens = self.model.notice(deal, self.day)
        self.agree(happens, lambda: notices.give_notice(asked, **words))

    # Outside

    @rule(who=BUYERS, amount=AMOUNTS)
    def order_outside(self, who, amount):
        offer = make.outside_offer(price=amount, valid_until_on=None)
        cause = ("order", len(self.orders))
        fits = self.model.order(cause, who, amount, self.day)
        made = self.agree(
            fits,
            lambda: outside.buy(
                offer, quantity=Decimal(1), buyer=self.mes[who], by=self.leads[who], on=self.day
            ),
        )
        self.orders.append(made and (cause, who, amount, made))

    @precondition(lambda self: any(self.orders))
    @rule(number=ANY, percent=some.integers(0, 100))
    def receive_or_cancel(self, number, percent):
        cause, who, amount, made = order = self.pick([*filter(None, self.orders)], number)
        self.orders[self.orders.index(order)] = None
        came = plain.cents(amount * percent / 100)
        if came:
            outside.receive(made, amount=came, by=self.leads[who], on=self.day)
            self.model.receive(cause, came)
        else:
            outside.cancel(made, by=self.leads[who], on=self.day)
            del self.model.promises[cause]

    # The month

    @rule(days=some.integers(1, 9))
    def days_pass(self, days):
        self.wake(self.day + timedelta(days=days))

    def wake(self, day):
        """The jobs of the timetable that move money by the day, without its settlement."""
        self.day = day
        ledger.free_ended_windows(on=day)
        assert not releasing.release_due(on=day).get("refused")
        assert clockwork.run_clock(on=day)["failed"] == 0
        funding.commit_due(on=day)
        assert dispute_clock.run_due(on=day)["failed"] == 0
        self.model.wake(day)

    @rule(to=some.sampled_from(["computed", "posted", "posted", "locked", "locked"]))
    def settle(self, to):
        """The first month that has not come so far; the day moves behind its end where needed."""
        month = date(2026, 11, 1)
        while plain.STATES.index(self.model.runs[month]) >= plain.STATES.index(to):
            month = plain.after(month)
        if month > date(2027, 1, 1):
            return
        if self.day <= plain.last(month):
            self.wake(plain.after(month) + timedelta(days=4))
        settlement.ask_for(month, to=SettlementRun.State(to), on=self.day, by=self.admin)
        run = settlement.work(month, on=self.day)
        assert (run.state, run.refusals.count()) == (to, 0)
        self.model.settle(month, to, self.day)
        self.compare()
        self.wake(self.day)

    @precondition(lambda self: self.model.lines)
    @rule(number=ANY)
    def settle_again(self, number):
        run = self.pick(list(SettlementRun.objects.order_by("month")), number)
        lines = SettlementLine.objects.count()
        assert settlement.work(run.month, on=self.day).state == run.state
        assert SettlementLine.objects.count() == lines

    def accepted_in_time(self):
        return [key for key, each in self.model.waiting.items() if self.day <= each[2]]

    @precondition(lambda self: self.accepted_in_time())
    @rule(number=ANY)
    def accept_overage(self, number):
        key = self.pick(self.accepted_in_time(), number)
        waits = Overage.objects.get(contract=key[0], month=key[1])
        by = self.leads[self.model.waiting[key][0].buyer]
        fits = self.model.accept(key, self.day)
        self.agree(fits, lambda: overages.accept_overage(waits, by=by, on=self.day))

    # Disputes

    def may_dispute(self):
        """Charges of a preview that their promise covers, or paid ones within the ten days."""
        found = []
        for (key, month), due in self.model.lines.items():
            deal = next(each for each in self.model.deals if each.key == key)
            of_it = [q for q in self.model.quarrels if (q.deal, q.month) == (deal, month)]
            if of_it or (key, month) in self.model.waiting:
                continue
            if self.model.runs[month] == "computed":
                most = due if self.model.promised(deal).get(month, ZERO) >= due else ZERO
            else:
                most, until = self.model.paid.get((key, month), (ZERO, self.day))
                most = most if self.day <= until else ZERO
            if most:
                found.append((deal, month, most))
        return found

    @precondition(lambda self: self.may_dispute())
    @rule(number=ANY, percent=some.integers(1, 100))
    def dispute(self, number, percent):
        deal, month, most = self.pick(self.may_dispute(), number)
        amount = max(plain.cents(most * percent / 100), Decimal("0.01"))
        kind = "usage" if deal.kind == "per_unit" else "fee"
        made = disputes.open_dispute(
            self.line(deal, kind, month), amount=amount, reason="Half of it was not delivered",
            **self.party(deal.buyer),
        )  # fmt: skip
        self.quarrels.append((made, self.model.dispute(deal, month, amount, self.day)))

    def line(self, deal, kind, month):
        return SettlementLine.objects.get(contract=deal.key, month=month, kind=kind)

    def may_answer(self):
        return [
            each
            for each in self.quarrels
            if each[1].percent is None and each[1].offer is None and self.day <= each[1].until
        ]

    @precondition(lambda self: self.may_answer())
    @rule(
        number=ANY, percent=some.integers(1, 99),
        how=some.sampled_from(["accepted", "offered", "withdrawn"]),
    )  # fmt: skip
    def end_dispute(self, number, percent, how):
        made, quarrel = self.pick(self.may_answer(), number)
        buyer, provider = self.leads[quarrel.deal.buyer], self.leads[quarrel.deal.provider]
        if how == "withdrawn":
            disputes.withdraw(made, by=buyer, on=self.day)
            return self.model.decide(quarrel, Decimal(0), self.day)
        given = Decimal(percent) if how == "offered" else None
        disputes.answer(made, answer=how, percent=given, by=provider, on=self.day)
        if given:
            disputes.answer_offer(made, accepts=True, by=buyer, on=self.day)
        return self.model.decide(quarrel, given or Decimal(100), self.day)

    # Always

    @invariant()
    def compare(self):
        known = {}
        for wallet in Wallet.objects.filter(system="").select_related("owner"):
            known[wallet.owner.name, wallet.fiscal_year] = (wallet.balance, wallet.reserved)
        for key, purse in self.model.purses.items():
            said = (purse.balance, self.model.reserved(*key))
            assert known.pop(key, (ZERO, ZERO)) == said, key
        assert set(known.values()) <= {(ZERO, ZERO)}, known
        assert queries.balance_of(ledger.system_wallet("held")) == self.model.held
        assert queries.balance_of(ledger.system_wallet("outside")) == self.model.outside
        sums = SettlementLine.objects.values_list("contract", "month").annotate(Sum("amount"))
        assert {(key, month): total for key, month, total in sums} == self.model.lines
        assert [(each.what, each.broken) for each in checks.findings() if each.broken] == []
        self.statements_agree()

    def statements_agree(self):
        """The closing balance of each year's last statement is the wallet's."""
        for (who, year), purse in self.model.purses.items():
            closing = statement_of(self.mes[who], month=date(year, 12, 1), on=self.day).closing
            if year not in self.model.closed:
                assert closing == purse.balance, (who, year)


SIZE = {
    "max_examples": 15, "stateful_step_count": 12, "deadline": None,
    "suppress_health_check": list(HealthCheck), "report_multiple_bugs": False,
    # Shrinking runs a failure again hundreds of times; the steps that led to it are printed anyway.
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
}  # fmt: skip


@pytest.mark.django_db
def test_random_months_add_up_as_in_the_model():
    run_state_machine_as_test(Market, settings=settings(**SIZE))
