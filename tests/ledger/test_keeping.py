"""Money that is granted already: moved between MEs, frozen, and granted extra with a reason."""

from decimal import Decimal
from functools import partial

import pytest

from accounts.errors import Forbidden, Invalid, Refused
from ledger import actions, budgets, drafting, freezing, moving, reasons
from ledger.drafting import Envelope
from ledger.models import Cause, Freeze, MoneyMove, Transfer
from ledger.moving import Wish
from tests import make
from tests.database import at_once
from tests.make import APRIL, MARCH, TODAY

pytestmark = pytest.mark.django_db
D = Decimal
BUY = Cause("contracts:outside_purchase", 1)


@pytest.fixture
def pair():
    shop, stall = make.me("Shop"), make.me("Stall")
    make.granted(shop, "1000.00")
    return shop, stall


def wish(payer, payee, amount="300.00", reason="team_moved", **more):
    return Wish(payer, payee, "operating", D(amount), reason, **more)


def test_an_hr_admin_moves_money_with_a_reason_once_per_key(pair):
    shop, stall = pair
    admin = make.hr_admin()
    for _ in range(2):
        made = moving.move(wish(shop, stall), key="a", by=admin, on=TODAY)
    assert made.state == "done"
    assert (make.wallet(shop).balance, make.wallet(stall).balance) == (700, 300)
    moved = Transfer.objects.get(kind="move")
    assert (moved.reference, moved.note) == (
        f"move/{made.pk}", "People or a task went to another micro-enterprise",
    )  # fmt: skip
    with pytest.raises(Refused, match="already stands for another move"):
        moving.move(wish(shop, stall, "1.00"), key="a", by=admin, on=TODAY)


def test_no_more_is_moved_than_is_available(pair):
    shop, stall = pair
    actions.promise(shop, {MARCH: D(800)}, kind="committed", cause=BUY, on=TODAY)
    with pytest.raises(Refused, match=r"has 200\.00 available"):
        moving.move(wish(shop, stall), key="a", by=make.hr_admin(), on=TODAY)
    assert not MoneyMove.objects.exists()


def test_what_the_hr_admins_own_me_receives_waits_for_a_second_one(pair):
    shop, stall = pair
    first, second = make.member(stall, who=make.hr_admin()), make.hr_admin()
    asked = moving.move(wish(shop, stall), key="a", by=first, on=TODAY)
    assert asked.state == "waiting"
    with pytest.raises(Refused, match="another HR admin confirms"):
        moving.confirm(asked, by=first, on=TODAY)
    for _ in range(2):
        done = moving.confirm(asked, by=second, on=TODAY)
    assert (done.state, done.confirmed_by) == ("done", second)
    assert make.wallet(stall).balance == 300
    with pytest.raises(Refused, match="is done already"):
        moving.decline(asked, by=second, on=TODAY)


def test_a_declined_move_moves_nothing(pair):
    shop, stall = pair
    first = make.member(stall, who=make.hr_admin())
    asked = moving.move(wish(shop, stall), key="a", by=first, on=TODAY)
    for _ in range(2):
        moving.decline(asked, by=first, on=TODAY)
    with pytest.raises(Refused, match="is declined already"):
        moving.confirm(asked, by=make.hr_admin(), on=TODAY)
    assert not Transfer.objects.filter(kind="move").exists()


def test_only_hr_admins_move_not_even_the_lead_who_pays(pair):
    shop, stall = pair
    with pytest.raises(Forbidden, match="set by HR admins"):
        moving.move(wish(shop, stall), key="a", by=make.lead(shop), on=TODAY)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"reason": "because"}, "'because' is no reason that is offered"),
        ({"fund": "petty"}, "'petty' is no fund"),
        ({"amount": D("NaN")}, "NaN is no amount"),
        ({"amount": D("0.001")}, "grants nothing"),
        ({"payee": "same"}, "two different micro-enterprises"),
    ],
)
def test_a_move_that_makes_no_sense_is_refused(pair, change, sentence):
    shop, stall = pair
    if change.get("payee"):
        change = {"payee": shop}
    with pytest.raises(Invalid, match=sentence):
        moving.move(wish(shop, stall)._replace(**change), key="a", by=make.hr_admin(), on=TODAY)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_moves_once():
    shop, stall = make.me("Shop"), make.me("Stall")
    make.granted(shop, "1000.00")
    admin = make.hr_admin()
    at_once([partial(moving.move, wish(shop, stall), key="a", by=admin, on=TODAY)] * 4)
    assert make.wallet(stall).balance == 300


def test_frozen_money_promises_nothing_new_and_what_is_signed_goes_on(pair):
    shop, _ = pair
    signed, offered = Cause("contracts:contract", 1), Cause("contracts:contract", 2)
    actions.promise(shop, {MARCH: D(100)}, kind="committed", cause=signed, on=TODAY)
    actions.promise(shop, {MARCH: D(50)}, kind="pre_committed", cause=offered, on=TODAY)
    frozen = freezing.freeze(shop, fund="", reason="Audit", by=make.hr_admin(), on=TODAY)
    for kind, cause, amount in (
        ("pre_committed", BUY, 10), ("committed", BUY, 10),  # new
        ("committed", offered, 50),  # the signature of what was only offered
        ("committed", signed, 200),  # more than was signed
    ):  # fmt: skip
        with pytest.raises(Refused, match=r"frozen since 20 February 2026: Audit") as refused:
            actions.promise(shop, {MARCH: D(amount)}, kind=kind, cause=cause, on=TODAY)
        assert refused.value.code == "money_frozen"
    actions.promise(shop, {MARCH: D(90)}, kind="committed", cause=signed, on=TODAY)
    actions.promise(
        shop, {MARCH: D(90), APRIL: D(90)}, kind="committed", cause=signed, on=TODAY, is_signed=True
    )
    actions.release(offered, on=TODAY)
    outside = actions.system_wallet("outside")
    actions.pay_promised(
        signed, outside, D(80), kind="purchase", month=MARCH, reference="b", on=TODAY
    )
    freezing.lift(frozen, reason="All is well", by=make.hr_admin(), on=TODAY)
    actions.promise(shop, {MARCH: D(10)}, kind="committed", cause=BUY, on=TODAY)


def test_a_freeze_of_one_fund_leaves_the_others(pair):
    shop, _ = pair
    make.granted(shop, "100.00", fund="learning")
    freezing.freeze(shop, fund="learning", reason="Audit", by=make.hr_admin(), on=TODAY)
    actions.promise(shop, {MARCH: D(10)}, kind="committed", cause=BUY, on=TODAY)
    course = Cause("learning_market:purchase", 1)
    with pytest.raises(Refused, match="The learning money of Shop is frozen"):
        actions.promise(
            shop, {MARCH: D(10)}, kind="pre_committed", cause=course, on=TODAY, fund="learning"
        )


def test_an_me_is_frozen_once_by_an_hr_admin_with_a_reason(pair):
    shop, _ = pair
    admin = make.hr_admin()
    frozen = freezing.freeze(shop, fund="", reason="Audit", by=admin, on=TODAY)
    with pytest.raises(Refused, match="is frozen already"):
        freezing.freeze(shop, fund="", reason="Again", by=admin, on=TODAY)
    for _ in range(2):
        freezing.lift(frozen, reason="Done", by=admin, on=TODAY)
    for deed in (
        partial(freezing.freeze, shop, fund="", reason=" "),
        partial(freezing.freeze, shop, fund="gold", reason="x"),
    ):
        with pytest.raises(Invalid):
            deed(by=admin, on=TODAY)
    with pytest.raises(Forbidden):
        freezing.freeze(shop, fund="", reason="x", by=make.lead(shop), on=TODAY)
    assert Freeze.objects.count() == 1


def test_an_extra_grant_names_a_reason_that_is_offered():
    shop, admin = make.me(), make.hr_admin()
    envelope = Envelope("operating", 2026, "yearly", "Pumps", "flood")
    with pytest.raises(Invalid, match="'flood' is no reason"):
        drafting.draft_grant(shop, D(5), envelope, by=admin, on=TODAY)
    flood = reasons.add(code="flood", name="Flood", by=admin, on=TODAY)
    rule = drafting.draft_grant(shop, D(5), envelope, by=admin, on=TODAY)
    budgets.publish(rule, by=admin, on=TODAY)
    assert (rule.reason, reasons.counted()) == ("flood", {"flood": 1})
    for _ in range(2):
        reasons.end(flood, by=admin, on=TODAY)
    assert "flood" not in dict(reasons.offered())
    assert reasons.known()["flood"] == "Flood"
    for code in ("flood", "growth"):
        with pytest.raises(Refused, match=f"The code {code} is taken"):
            reasons.add(code=code, name="x", by=admin, on=TODAY)
    with pytest.raises(Forbidden):
        reasons.add(code="x", name="x", by=make.user(), on=TODAY)


@pytest.fixture
def admin(client, time_machine):
    time_machine.move_to("2026-02-20T12:00:00Z")
    make.org()
    who = make.hr_admin()
    client.force_login(who)
    return who


def text_of(answer):
    return " ".join(answer.content.decode().split())


def test_money_is_moved_confirmed_and_read_in_the_browser(client, admin, pair):
    shop, stall = pair
    make.member(stall, who=admin)
    given = {"payer": "Shop", "payee": "stall", "fund": "operating", "amount": "300.00",
             "reason": "growth", "note": "Two vans", "key": "k"}  # fmt: skip
    answer = client.post("/hr/budgets/moves/new/", given, follow=True)
    made = MoneyMove.objects.get()
    assert "waits for a second HR admin" in text_of(answer)
    client.post(f"/hr/budgets/moves/{made.pk}/confirm/")
    assert not Transfer.objects.filter(kind="move").exists()
    client.force_login(make.hr_admin())
    answer = client.post(f"/hr/budgets/moves/{made.pk}/confirm/", follow=True)
    assert "300.00 is moved from Shop to Stall." in text_of(answer)
    assert "More customers than planned" in text_of(client.get("/hr/budgets/moves/"))
    client.force_login(make.member(shop))
    page = text_of(client.get("/money/2026-02/"))
    assert f'href="/hr/budgets/moves/{made.pk}/"' in page
    assert client.get(f"/hr/budgets/moves/{made.pk}/").status_code == 200


def test_a_move_without_enough_money_keeps_what_was_typed(client, admin, pair):
    given = {"payer": "Shop", "payee": "Stall", "fund": "operating", "amount": "3000.00",
             "reason": "growth", "key": "k"}  # fmt: skip
    answer = client.post("/hr/budgets/moves/new/", given)
    assert answer.status_code == 409
    assert "1,000.00 available" in text_of(answer)
    assert 'value="3000.00"' in text_of(answer)


def test_a_freeze_is_shown_to_the_me_and_lifted(client, admin, pair):
    shop, _ = pair
    given = {"micro_enterprise": "Shop", "fund": "", "reason": "Invoices are being looked at"}
    client.post("/hr/budgets/freezes/", given)
    again = client.post("/hr/budgets/freezes/", given)
    assert "is frozen already" in text_of(again)
    frozen = Freeze.objects.get()
    member = make.member(shop)
    client.force_login(member)
    page = text_of(client.get("/money/"))
    assert "All money is frozen since 20 February 2026." in page
    assert "Invoices are being looked at" in page
    client.force_login(admin)
    answer = client.post(f"/hr/budgets/freezes/{frozen.pk}/lift/", {"reason": ""})
    assert answer.status_code == 400
    client.post(f"/hr/budgets/freezes/{frozen.pk}/lift/", {"reason": "All is well"})
    client.force_login(member)
    assert "is frozen" not in text_of(client.get("/money/"))


def test_reasons_are_added_and_ended_in_the_browser(client, admin):
    client.post("/hr/budgets/reasons/", {"code": "flood", "name": "Flood"})
    assert "Flood" in text_of(client.get("/hr/budgets/grant/"))
    made = next(iter(reasons.MoneyReason.objects.all()))
    client.post(f"/hr/budgets/reasons/{made.pk}/end/")
    assert 'value="flood"' not in text_of(client.get("/hr/budgets/grant/"))
    assert client.post("/hr/budgets/reasons/", {"code": "a b", "name": ""}).status_code == 400


def test_the_second_hr_admin_is_told_at_home_what_waits(client, admin, pair):
    shop, stall = pair
    other = make.member(stall, who=make.hr_admin())
    moving.move(wish(shop, stall), key="a", by=other, on=TODAY)
    make.published_budget(make.year_budget(("fixed", {"each": D(5)})), by=other)
    page = text_of(client.get("/"))
    assert "Move from Shop to Stall" in page
    assert "Operating budget 2026" in page
    client.force_login(other)
    assert "Move from Shop to Stall" not in text_of(client.get("/"))
