"""Every cent that is held goes out exactly once, in whatever order disputes are fought out.

PRODUCT 4.10, 4.12: random disputes of two contracts, on the preview and after posting, with
offers, mediation, panels, withdrawals and silence; held in = held out + still open, at every step.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.errors import Refused
from contracts import settlement
from contracts.actions import dispute_clock, disputes, mediation
from contracts.disputing import Stage
from contracts.models import Dispute
from contracts.queries import disputes as queries
from ledger.checks import findings
from ledger.models import SettlementRun, Transfer, Wallet
from ledger.money import ZERO
from ledger.queries import balance_of
from tests import make
from tests.make import MARCH

pytestmark = pytest.mark.django_db
D = Decimal
COMPUTED_ON, POSTED_ON, LAST_DAY = date(2026, 4, 4), date(2026, 4, 6), date(2026, 8, 31)
PERCENTS = st.integers(min_value=0, max_value=10_000).map(lambda cents: D(cents) / 100)
# Everything that somebody may try in a stage; the rest is refused, and tried now and then too.
STEPS = {
    Stage.ANSWER: ["accept", "reject", "offer", "withdraw"],
    Stage.OFFER: ["take_offer", "refuse_offer", "withdraw"],
    Stage.MEDIATION: ["name", "propose", "propose", "agree", "agree", "disagree", "withdraw"],
    Stage.PANEL: ["choose", "decide", "decide", "decide", "withdraw"],
    Stage.DECIDED: ["job"],
    Stage.SETTLED: ["withdraw", "accept", "decide"],
}
EVERY = sorted({step for steps in STEPS.values() for step in steps})


class Court:
    """Two contracts of 1,999.99 and 800.00 a month, and all the people that disputes call for."""

    def __init__(self):
        self.contracts = [make.agreed(price="1999.99"), make.agreed(price="800.00")]
        self.chro = make.office(is_chro=True)
        self.mediator, *self.panel = (make.uninvolved() for _ in range(4))
        make.settled(to="computed", on=COMPUTED_ON)
        self.day = COMPUTED_ON

    def wait(self, days):
        """The day moves on; the month is posted by its calendar."""
        self.day = min(self.day + timedelta(days=days), LAST_DAY)
        if self.day >= POSTED_ON and not SettlementRun.objects.filter(state="posted").exists():
            settlement.ask_for(MARCH, to=SettlementRun.State.POSTED, on=self.day)
            settlement.work(MARCH, on=self.day)

    def open(self, which, share):
        contract = self.contracts[which]
        line = make.line_of(contract)
        amount = max(D("0.01"), (line.amount * share / 100).quantize(D("0.01")))
        self._try(
            lambda: disputes.open_dispute(
                line,
                amount=amount,
                reason="Half was missing",
                party=contract.buyer,
                by=make.lead_of(contract.buyer),
                on=self.day,
            )
        )

    def step(self, dispute, name, percent, side, seat):
        contract = dispute.contract
        buyer, provider = make.lead_of(contract.buyer), make.lead_of(contract.provider)
        party = (contract.buyer, contract.provider)[side]
        on = self.day

        def answer(word, **rest):
            return disputes.answer(dispute, answer=word, by=provider, on=on, **rest)

        def proposal(accepts):
            by = make.lead_of(party)
            return disputes.answer_proposal(dispute, accepts=accepts, party=party, by=by, on=on)

        deeds = {
            "accept": lambda: answer("accepted"),
            "reject": lambda: answer("rejected"),
            "offer": lambda: answer("offered", percent=percent),
            "take_offer": lambda: disputes.answer_offer(dispute, accepts=True, by=buyer, on=on),
            "refuse_offer": lambda: disputes.answer_offer(dispute, accepts=False, by=buyer, on=on),
            "name": lambda: mediation.name_mediator(
                dispute, mediator=self.mediator, by=self.chro, on=on
            ),
            "propose": lambda: mediation.propose(dispute, percent=percent, by=self.mediator, on=on),
            "agree": lambda: proposal(accepts=True),
            "disagree": lambda: proposal(accepts=False),
            "choose": lambda: mediation.choose_panel(
                dispute, members=self.panel, by=self.chro, on=on
            ),
            "decide": lambda: mediation.decide(
                dispute, percent=percent, by=self.panel[seat], on=on
            ),
            "withdraw": lambda: disputes.withdraw(dispute, by=buyer, on=on),
            "job": lambda: dispute_clock.run_due(on=on),
        }
        self._try(deeds[name])

    @staticmethod
    def _try(deed):
        """What is refused, is refused with a sentence and leaves everything as it was."""
        said = "."
        try:
            deed()
        except Refused as reason:
            said = str(reason)
        assert said.endswith("."), said


def moved(kind, dispute):
    """What went into the wallet of held money for the dispute, or out of it."""
    end = "payee" if kind == "hold" else "payer"
    rows = Transfer.objects.filter(
        cause_route="contracts:dispute", cause_id=dispute.pk, **{f"{end}__system": "held"}
    )
    return rows.aggregate(total=Sum("amount", default=ZERO))["total"]


def adds_up():
    """In = out + still held, for each dispute and for all of them."""
    still = ZERO
    for dispute in Dispute.objects.all():
        went_in, went_out = moved("hold", dispute), moved("release", dispute)
        assert went_in == dispute.held_amount
        if dispute.state == "settled":
            assert went_out == went_in == dispute.buyer_amount + dispute.provider_amount
        else:
            assert went_out == 0
            still += dispute.held_amount
    wallet = Wallet.objects.filter(system="held").first()
    assert (balance_of(wallet) if wallet else ZERO) == still


@settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), levy=st.sampled_from([0, 7]))
def test_every_cent_held_goes_out_exactly_once_whatever_the_order(data, levy):
    with transaction.atomic():
        if levy:
            make.policy("levy_percent", value=levy)
            make.policy("levy_micro_enterprise", value=make.me().pk)
        court = Court()
        for _ in range(data.draw(st.integers(min_value=6, max_value=16), label="steps")):
            court.wait(data.draw(st.sampled_from([0, 0, 1, 2, 6]), label="days"))
            known = list(Dispute.objects.order_by("pk"))
            if not known or data.draw(st.integers(0, 3), label="open") == 0:
                court.open(data.draw(st.integers(0, 1)), data.draw(PERCENTS, label="share"))
            else:
                dispute = data.draw(st.sampled_from(known))
                stage = queries.standing(dispute, on=court.day).stage
                is_wild = data.draw(st.integers(0, 5), label="wild") == 0
                name = data.draw(st.sampled_from(EVERY if is_wild else STEPS[stage]), label="step")
                percent = data.draw(PERCENTS, label="percent")
                court.step(dispute, name, percent, data.draw(st.integers(0, 1)),
                           data.draw(st.integers(0, 2)))  # fmt: skip
            adds_up()
        for _ in range(4):  # Silence ends what is left, by its dates.
            court.wait(30)
            dispute_clock.run_due(on=court.day)
            adds_up()
        assert not Dispute.objects.exclude(state="settled").exists()
        assert [(each.what, each.broken) for each in findings() if each.broken] == []
        transaction.set_rollback(True)
