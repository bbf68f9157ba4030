"""Offer, counter, accept: turns, hashes and what happens to the money (PRODUCT 4.2)."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from accounts.errors import Forbidden, Invalid, Refused, Unknown
from accounts.models import AuditEvent, Membership, MicroEnterprise, Policy
from contracts.actions import agreements, clockwork
from contracts.models import Contract
from ledger import queries as money
from ledger.models import Reservation
from tests import make
from tests.make import APRIL, MARCH, TODAY

pytestmark = pytest.mark.django_db
OCTOBER, NEXT_SEPTEMBER = date(2026, 10, 1), date(2027, 9, 30)


def figures(buyer, *, on=TODAY):
    purse = money.money_of(buyer, on=on)
    return purse.available, purse.pre_committed, purse.committed


def a_shop(amount="30000.00"):
    shop = make.me(kind="frontline")
    make.granted(shop, amount)
    return shop


def event(name, contract, party, *, on=TODAY, by=None, **rest):
    if name in {"offer", "counter", "accept"}:
        rest.setdefault("seen_hash", contract.current.hash)
    deed = getattr(agreements, name)
    return deed(contract, party=party, by=by or make.lead_of(party), on=on, **rest)


def test_a_draft_promises_nothing_and_takes_plan_and_title_from_the_offering():
    shop = a_shop()
    of = make.offering(make.me(), plan="per_unit", price="30.00", unit="hire", name="Recruiting")
    contract = make.draft(shop, of=of, price="29.50", expected="10", cap="12")
    version = contract.current
    assert (contract.state, contract.turn, figures(shop)) == ("draft", None, (30000, 0, 0))
    assert (version.plan, version.unit, version.price) == ("per_unit", "hire", Decimal("29.50"))
    assert version.terms["title"] == "Recruiting"
    assert version.terms["buyer"] == shop.pk
    assert [each.name for each in version.measures.all()] == ["Hires that stay"]
    assert [each.kind for each in contract.events.all()] == ["create"]


def test_a_buyers_offer_pre_commits_and_the_acceptance_commits_it():
    shop = a_shop()
    contract = make.offered(shop)
    assert (contract.state, contract.turn) == ("offered", contract.provider)
    assert figures(shop) == (Decimal(10000), Decimal(20000), 0)
    contract = event("accept", contract, contract.provider)
    assert (contract.state, contract.turn) == ("agreed", None)
    assert figures(shop) == (Decimal(10000), 0, Decimal(20000))
    assert {each.party for each in contract.signatures.all()} == {shop, contract.provider}
    assert {each.hash for each in contract.signatures.all()} == {contract.current.hash}


def test_a_providers_offer_reserves_nothing_until_the_buyer_accepts():
    shop = a_shop()
    contract = make.offered(shop, offered_by="provider")
    assert (contract.turn, figures(shop)) == (shop, (Decimal(30000), 0, 0))
    event("accept", contract, shop)
    assert figures(shop) == (Decimal(10000), 0, Decimal(20000))


def test_the_buyers_counter_changes_the_reservation_and_the_providers_leaves_it():
    shop = a_shop()
    contract = make.offered(shop)
    provider = contract.provider
    contract = event("counter", contract, provider, terms=make.terms(price=Decimal("2500.00")))
    assert (contract.turn, contract.current.number) == (shop, 2)
    assert figures(shop) == (Decimal(10000), Decimal(20000), 0)
    contract = event("counter", contract, shop, terms=make.terms(price=Decimal("2200.00")))
    assert (contract.turn, contract.current.number) == (provider, 3)
    assert figures(shop) == (Decimal(8000), Decimal(22000), 0)
    event("accept", contract, provider)
    assert figures(shop) == (Decimal(8000), 0, Decimal(22000))


def test_accepting_a_dearer_counter_checks_the_money_again():
    shop = a_shop("20000.00")
    contract = make.offered(shop)
    dearer = make.terms(price=Decimal("2000.01"))
    contract = event("counter", contract, contract.provider, terms=dearer)
    with pytest.raises(Refused, match=r"has 0\.00 available .* 0\.10 is needed") as refused:
        event("accept", contract, shop)
    assert refused.value.code == "not_enough_money"
    contract.refresh_from_db()
    assert (contract.state, contract.signatures.count()) == ("offered", 2)
    assert figures(shop) == (0, Decimal(20000), 0)


def test_an_offer_beyond_what_is_available_is_refused_and_leaves_nothing_behind():
    shop = a_shop("19999.99")
    contract = make.draft(shop)
    with pytest.raises(Refused, match=r"19,999\.99 available .* 20,000\.00 is needed"):
        event("offer", contract, shop)
    contract.refresh_from_db()
    assert (contract.state, contract.event_count, contract.signatures.count()) == ("draft", 1, 0)
    assert not Reservation.objects.exists()


def test_months_beyond_the_fiscal_year_are_a_future_commitment():
    shop = a_shop("6000.00")
    make.agreed(shop, starts_on=OCTOBER, ends_on=NEXT_SEPTEMBER)
    assert figures(shop) == (0, 0, Decimal(6000))


def test_a_plan_per_unit_reserves_what_is_expected_and_not_the_cap():
    shop = a_shop()
    make.agreed(shop, plan="per_unit", price="30.00", expected="180", cap="200", ends_on=APRIL)
    assert figures(shop) == (Decimal(19200), 0, Decimal(10800))


@pytest.mark.parametrize("name", ["decline", "withdraw"])
def test_a_declined_or_withdrawn_offer_frees_the_money(name):
    shop = a_shop()
    contract = make.offered(shop)
    party = contract.provider if name == "decline" else shop
    contract = event(name, contract, party, reason="Too dear.")
    assert contract.state == {"decline": "declined", "withdraw": "withdrawn"}[name]
    assert figures(shop) == (Decimal(30000), 0, 0)
    assert contract.events.last().note == "Too dear."


def test_an_offer_of_3_march_may_be_accepted_to_17_march_and_not_on_the_18th_without_any_job():
    shop = a_shop()
    day = date(2026, 3, 3)
    offer = partial(make.offered, starts_on=date(2026, 5, 1), on=day)
    in_time, late = offer(shop, price="1000.00"), offer(shop, price="250.00")
    assert event("accept", in_time, in_time.provider, on=date(2026, 3, 17)).state == "agreed"
    with pytest.raises(Refused, match="is lapsed and cannot be accepted") as refused:
        event("accept", late, late.provider, on=date(2026, 3, 18))
    assert "Draft a new contract" in refused.value.help
    assert figures(shop, on=day)[1] == Decimal(2000)
    assert clockwork.run_clock(on=date(2026, 3, 18))["lapsed"] == 1
    assert figures(shop, on=day)[1] == 0
    late.refresh_from_db()
    assert late.state == "lapsed"


def test_a_counter_starts_the_fourteen_days_anew():
    contract = make.offered(starts_on=date(2026, 6, 1))
    contract = event(
        "counter", contract, contract.provider, on=date(2026, 3, 5),
        terms=make.terms(starts_on=date(2026, 6, 1), price=Decimal(1)),
    )  # fmt: skip
    assert contract.answer_until_on == date(2026, 3, 19)


def test_the_days_to_answer_follow_the_policy_of_the_day_of_the_offer():
    Policy.objects.create(
        key="offer_lapses_after_days", number=1, value=3, valid_from_on=TODAY,
        set_at=make.org().founded_at,
    )  # fmt: skip
    assert make.offered().answer_until_on == date(2026, 2, 23)


def test_a_hash_that_is_not_the_current_one_is_refused():
    contract = make.offered()
    old = contract.current.hash
    provider, shop = contract.provider, contract.buyer
    event("counter", contract, provider, terms=make.terms(price=Decimal("2100.00")))
    for name, rest in (("accept", {}), ("counter", {"terms": make.terms(price=Decimal(9))})):
        with pytest.raises(Refused, match="terms have changed since you read them") as refused:
            event(name, contract, shop, seen_hash=old, **rest)
        assert refused.value.code == "terms_changed"


def test_a_revised_draft_cannot_be_offered_on_the_hash_that_was_read_before():
    contract = make.draft()
    old = contract.current.hash
    shop = contract.buyer
    event("revise", contract, shop, seen_hash=old, terms=make.terms(price=Decimal("1900.00")))
    with pytest.raises(Refused, match="terms have changed"):
        event("offer", contract, shop, seen_hash=old)


def test_a_retried_event_returns_the_first_result():
    shop = a_shop()
    contract = make.draft(shop)
    provider = contract.provider
    drafted = contract.current.hash
    other_terms = make.terms(price=Decimal("2100.00"))
    counters = partial(event, "counter", seen_hash=drafted, terms=other_terms)
    for _ in range(2):
        event("offer", contract, shop, seen_hash=drafted)
    for _ in range(2):
        countered = counters(contract, provider)
    for _ in range(2):
        event("accept", contract, shop, seen_hash=countered.current.hash)
    event("offer", contract, shop, seen_hash=drafted)
    contract.refresh_from_db()
    assert [each.kind for each in contract.events.all()] == ["create", "offer", "counter", "accept"]
    assert figures(shop) == (Decimal(9000), 0, Decimal(21000))


def test_a_draft_with_the_same_key_is_drafted_once():
    contract = make.draft()
    again = partial(
        agreements.draft, contract.offering, buyer=contract.buyer, terms=make.terms(),
        party=contract.buyer, by=make.lead_of(contract.buyer), on=TODAY, key="form-1",
    )  # fmt: skip
    assert again() == again()
    assert Contract.objects.count() == 2
    with pytest.raises(Refused, match="already used for another draft") as refused:
        again(terms=make.terms(risks="The harbour freezes."))
    assert refused.value.code == "key_reused"
    with pytest.raises(Refused, match="already used for another draft") as refused:
        agreements.draft(
            make.offering(make.me()), buyer=contract.buyer, terms=make.terms(),
            party=contract.buyer, by=make.lead_of(contract.buyer), on=TODAY, key="form-1",
        )  # fmt: skip
    assert refused.value.code == "key_reused"


def test_who_has_the_turn_answers_and_the_other_withdraws():
    contract = make.offered()
    with pytest.raises(Refused, match="made the last offer") as refused:
        event("decline", contract, contract.buyer)
    assert refused.value.code == "not_your_turn"
    with pytest.raises(Refused, match=r"is not .*'s to withdraw"):
        event("withdraw", contract, contract.provider)


def test_a_counter_that_changes_nothing_is_refused():
    contract = make.offered()
    with pytest.raises(Refused, match="changes nothing") as refused:
        event("counter", contract, contract.provider, terms=make.terms())
    assert refused.value.code == "nothing_changed"


def test_a_contract_without_a_success_measure_cannot_be_offered():
    contract = make.draft(measures=())
    with pytest.raises(Refused, match="without a success measure cannot be signed"):
        event("offer", contract, contract.buyer)


@pytest.mark.parametrize("state", ["proposed", "dissolving", "dissolved"])
@pytest.mark.parametrize("side", ["buyer", "provider"])
def test_both_sides_must_be_in_trade(side, state):
    contract = make.draft()
    me = getattr(contract, side)
    MicroEnterprise.objects.filter(pk=me.pk).update(state=state)
    with pytest.raises(Refused, match=f"{me} is {state} and may not trade") as refused:
        event("offer", contract, contract.buyer)
    assert refused.value.code == "not_trading"


def test_one_person_never_signs_for_both_sides():
    contract = make.offered()
    person = make.lead_of(contract.buyer)
    make.member(contract.provider, who=person, may_sign=True)
    with pytest.raises(Refused, match="already signed for the other side") as refused:
        event("accept", contract, contract.provider, by=person)
    assert refused.value.code == "self_dealing"
    changed = make.terms(price=Decimal("2001.00"))
    with pytest.raises(Refused, match="already signed for the other side"):
        event("counter", contract, contract.provider, by=person, terms=changed)


def test_two_mes_with_a_shared_lead_do_not_contract_with_each_other():
    contract = make.offered()
    person = make.lead_of(contract.buyer)
    make.member(contract.provider, who=person, is_acting_lead=True)
    with pytest.raises(Refused, match="share a lead") as refused:
        event("accept", contract, contract.provider)
    assert refused.value.code == "self_dealing"
    Membership.objects.filter(person=person.person, is_acting_lead=True).update(
        ends_on=date(2026, 2, 19)
    )
    assert event("accept", contract, contract.provider).state == "agreed"


def test_nobody_buys_from_the_own_me():
    shop = make.me()
    with pytest.raises(Refused, match="cannot buy from itself"):
        make.draft(shop, of=make.offering(shop))


def test_what_is_not_on_sale_cannot_be_drafted():
    of = make.offering(make.me())
    of.state = "withdrawn"
    of.save()
    with pytest.raises(Refused, match="is not on sale"):
        make.draft(of=of)


def test_a_start_today_is_refused():
    with pytest.raises(Invalid, match="tomorrow at the earliest"):
        make.draft(starts_on=TODAY)


def test_a_member_without_the_right_to_sign_is_forbidden_and_a_stranger_learns_nothing():
    contract = make.draft()
    shop = contract.buyer
    with pytest.raises(Forbidden, match=f"may not sign for {shop}"):
        event("offer", contract, shop, by=make.member(shop))
    for stranger in (make.lead(make.me()), make.office(is_chro=True), make.hr_admin()):
        with pytest.raises(Unknown):
            event("offer", contract, shop, by=stranger)
    third = make.me()
    make.member(third, who=make.lead_of(shop), may_sign=True)
    with pytest.raises(Forbidden, match="is no party"):
        event("offer", contract, third, by=make.lead_of(shop))
    with pytest.raises(Forbidden, match="may not draft"):
        make_draft_by(make.member(shop), shop)


def make_draft_by(user, buyer):
    return agreements.draft(
        make.offering(make.me()), buyer=buyer, terms=make.terms(), party=buyer, by=user, on=TODAY
    )


def test_an_me_without_the_right_to_decide_signs_nothing():
    shop = make.me(may_decide=False)
    with pytest.raises(Forbidden, match="may not draft contracts"):
        make_draft_by(make.lead(shop), shop)


def test_a_client_drafts_and_its_events_are_forbidden():
    shop = a_shop()
    client = make.user()
    type(client).objects.filter(pk=client.pk).update(person=None, is_client=True)
    client.refresh_from_db()
    client.token_scopes = frozenset({"contracts:write"})
    contract = make_draft_by(client, shop)
    with pytest.raises(Forbidden, match="may not sign"):
        event("offer", contract, shop, by=client)


def test_every_event_is_audited_with_actor_and_party():
    contract = make.agreed()
    told = AuditEvent.objects.filter(target=f"contract {contract.pk}").order_by("pk")
    assert [each.action for each in told] == [
        "contract.create",
        "contract.offer",
        "contract.accept",
    ]
    assert told[2].actor == make.lead_of(contract.provider)
    assert told[2].micro_enterprise == contract.provider


def test_months_are_reserved_one_by_one_in_the_buyers_wallet():
    shop = a_shop()
    contract = make.agreed(shop, starts_on=date(2026, 3, 15), ends_on=date(2026, 5, 10))
    rows = Reservation.objects.open().of(contract.cause).order_by("month")
    assert {row.month: row.amount for row in rows} == {
        MARCH: Decimal("1096.77"),
        APRIL: Decimal("2000.00"),
        date(2026, 5, 1): Decimal("645.16"),
    }
