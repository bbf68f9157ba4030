"""Zero-based requests: MEs ask, peers decide on those of others, the days rule."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import AuditEvent
from ledger import budget_drafts, budget_preview, budget_requests
from ledger.models import Allocation, BudgetRequest, RequestVote
from tests import make
from tests.make import MARCH, TODAY

pytestmark = pytest.mark.django_db
D = Decimal
VOTING = date(2026, 2, 26)
AFTER = date(2026, 3, 2)


@pytest.fixture
def round_():
    """Shop and Stall may ask until 25 February; leads of Shop, Lab and Bank vote until 1 March."""
    names = ("Shop", "Stall", "Lab", "Bank")
    mes = {name: make.me(name) for name in names}
    peers = {name: make.lead(mes[name]) for name in ("Shop", "Lab", "Bank")}
    budget = make.year_budget()
    rule = make.add_rule(
        budget, "requests", {"ask_until": date(2026, 2, 25), "decide_by": MARCH},
        board=list(peers.values()),
    )  # fmt: skip
    return mes, peers, budget, rule


def ask(rule, me, amount="900.00", *, by=None, on=TODAY, reason="Two vans"):
    by = by or make.lead(me)
    return budget_requests.ask(rule, me, amount=D(amount), reason=reason, by=by, on=on)


def vote(asked, amount, *, by, on=VOTING):
    return budget_requests.vote(asked, amount=D(amount), note="", by=by, on=on)


def test_peers_of_other_mes_cut_a_request_to_their_median(round_):
    mes, peers, budget, rule = round_
    for_shop, for_stall = ask(rule, mes["Shop"]), ask(rule, mes["Stall"], "300.00")
    for name, amounts in {"Lab": ("400.00", "300.00"), "Bank": ("500.00", "0.00")}.items():
        for asked, amount in zip((for_shop, for_stall), amounts, strict=True):
            vote(asked, amount, by=peers[name])
    vote(for_stall, "150.00", by=peers["Shop"])
    assert make.figures(budget, on=VOTING) == {"Shop": 450, "Stall": 150}
    make.published_budget(budget, on=AFTER)
    part = Allocation.objects.get(micro_enterprise=mes["Shop"])
    assert part.figures == {"asked": "900.00", "granted": "450.00", "votes": "2", "peers": "2"}
    assert AuditEvent.objects.filter(action="budget_request.vote").count() == 5


def test_nobody_decides_on_the_own_me_and_only_peers_decide(round_):
    mes, peers, _, rule = round_
    asked = ask(rule, mes["Shop"])
    with pytest.raises(Forbidden, match="You are a member of Shop, so others decide"):
        vote(asked, "900.00", by=peers["Shop"])
    for other in (make.user(), make.hr_admin()):
        with pytest.raises(Forbidden, match="Only the peers of the board"):
            vote(asked, "900.00", by=other)


def test_a_vote_on_the_own_me_does_not_count_even_after_joining_it(round_):
    mes, peers, budget, rule = round_
    asked = ask(rule, mes["Stall"])
    for name in ("Lab", "Bank", "Shop"):
        vote(asked, "900.00" if name == "Lab" else "100.00", by=peers[name])
    make.member(mes["Stall"], who=peers["Lab"])
    assert make.figures(budget, on=AFTER) == {"Stall": 100}


def test_an_undecided_request_holds_the_budget_up_until_the_day_has_passed(round_):
    mes, peers, budget, rule = round_
    asked = ask(rule, mes["Stall"])
    vote(asked, "100.00", by=peers["Lab"])
    found = budget_preview.preview(budget, on=MARCH)
    assert "One request is not decided yet" in found.faults[0][1]
    with pytest.raises(Refused, match="not decided yet"):
        make.published_budget(budget, on=MARCH)
    # One of three voted: fewer than half, so nothing is granted.
    assert make.figures(budget, on=AFTER) == {}
    vote(asked, "80.00", by=peers["Bank"], on=MARCH)
    assert make.figures(budget, on=AFTER) == {"Stall": 90}


def test_the_days_decide_who_may_do_what(round_):
    mes, peers, _, rule = round_
    asked = ask(rule, mes["Stall"])
    with pytest.raises(Refused, match="MEs could ask until 25 February 2026"):
        ask(rule, mes["Lab"], on=VOTING)
    for day in (date(2026, 2, 25), AFTER):
        with pytest.raises(Refused, match="votes after 25 February 2026, until 1 March 2026"):
            vote(asked, "1.00", by=peers["Lab"], on=day)
    with pytest.raises(Refused, match="could ask until"):
        budget_requests.withdraw(asked, by=make.lead(mes["Stall"]), on=VOTING)
    budget_requests.withdraw(asked, by=make.lead(mes["Stall"]), on=TODAY)
    assert not BudgetRequest.objects.exists()


def test_a_request_and_a_vote_can_be_changed_and_count_once(round_):
    mes, peers, _, rule = round_
    ask(rule, mes["Stall"])
    asked = ask(rule, mes["Stall"], "500.00")
    for amount in ("100.00", "200.00"):
        vote(asked, amount, by=peers["Lab"])
    assert BudgetRequest.objects.get().amount == 500
    assert RequestVote.objects.get().amount == 200


@pytest.mark.parametrize("amount", ["900.01", "-1", "NaN", "Infinity"])
def test_a_vote_lies_between_nothing_and_what_is_asked(round_, amount):
    mes, peers, _, rule = round_
    asked = ask(rule, mes["Stall"])
    with pytest.raises(Invalid, match=r"Grant from 0\.00 to 900\.00"):
        vote(asked, amount, by=peers["Lab"])


def test_only_who_signs_for_the_me_asks_and_says_why(round_):
    mes, _, _, rule = round_
    with pytest.raises(Forbidden, match="Stall’s lead"):
        ask(rule, mes["Stall"], by=make.member(mes["Stall"]))
    with pytest.raises(Invalid, match="Say what the money is for"):
        ask(rule, mes["Stall"], reason=" ")


def test_a_revision_keeps_what_peers_decided(round_):
    mes, peers, budget, rule = round_
    asked = ask(rule, mes["Stall"])
    for name in ("Lab", "Bank", "Shop"):
        vote(asked, "100.00", by=peers[name])
    make.published_budget(budget, on=AFTER)
    draft = budget_drafts.revise(budget, by=make.hr_admin(), on=AFTER)
    assert make.figures(draft, on=AFTER) == {"Stall": 100}
    with pytest.raises(Refused, match="is published"):
        vote(asked, "1.00", by=peers["Lab"], on=MARCH)


def test_whoever_leaves_the_board_takes_the_vote_along(round_):
    mes, peers, _, rule = round_
    asked = ask(rule, mes["Stall"])
    vote(asked, "100.00", by=peers["Lab"])
    budget_requests.name_board(rule, [peers["Bank"]])
    assert not RequestVote.objects.exists()
    assert [seat.peer for seat in rule.board.all()] == [peers["Bank"]]


def test_a_peer_is_exactly_one_person_with_a_log_in():
    make.user(of=make.person("Ann Twin"))
    make.user(of=make.person("Ann Twin"))
    one = make.user(of=make.person("Bo Only"))
    assert budget_requests.peers_named(["bo only", one.email, ""]) == [one]
    for lines, sentence in (
        (["Ann Twin"], "Several people have"), (["Nobody"], "Nobody with a log-in"),
        ([], "Name one to 25 peers"),
    ):  # fmt: skip
        with pytest.raises(Invalid, match=sentence):
            budget_requests.peers_named(lines)


@pytest.fixture
def day(time_machine):
    return partial(time_machine.move_to)


def text_of(answer):
    return " ".join(answer.content.decode().split())


def test_a_round_is_asked_voted_and_read_in_the_browser(client, day, round_):
    mes, peers, budget, rule = round_
    day("2026-02-20T12:00:00Z")
    client.force_login(make.lead(mes["Stall"]))
    assert "Ask for money" in text_of(client.get("/money/requests/"))
    client.post(f"/money/requests/{rule.pk}/", {"amount": "900.00", "reason": "Two vans"})
    assert "900.00" in text_of(client.get("/money/requests/"))
    assert client.get(f"/money/requests/{rule.pk}/board/").status_code == 404
    day("2026-02-26T12:00:00Z")
    asked = BudgetRequest.objects.get()
    for name in ("Lab", "Bank", "Shop"):
        client.force_login(peers[name])
        assert "Two vans" in text_of(client.get(f"/money/requests/{rule.pk}/board/"))
        ballot = {"request": asked.pk, "amount": "120.00"}
        answer = client.post(f"/money/requests/{rule.pk}/board/", ballot, follow=True)
        assert "Your vote on Stall is kept." in text_of(answer)
    answer = client.post(f"/money/requests/{rule.pk}/board/", {"request": "9"}, follow=True)
    assert "Write how much you would grant" in text_of(answer)
    client.force_login(make.hr_admin())
    address = f"/hr/budgets/years/{budget.pk}/rules/{rule.pk}/requests/"
    assert "3 of 3" in text_of(client.get(address))
    lines = client.get(f"{address}?format=csv").content.decode().splitlines()
    assert lines[1] == "Stall,900.00,Two vans,3,3,120.00"
    assert client.get(f"{address}?format=xlsx").status_code == 200


def test_requests_that_came_in_writing_are_entered_from_a_file_after_a_preview(client, day, round_):
    _, _, budget, rule = round_
    day("2026-02-20T12:00:00Z")
    client.force_login(make.hr_admin())
    address = f"/hr/budgets/years/{budget.pk}/rules/{rule.pk}/requests/"
    csv = b"micro_enterprise,amount,reason\nShop,100.00,Tools\nStall,50,Vans\n"
    preview = client.post(address, {"file": SimpleUploadedFile("a.csv", csv)})
    assert "Enter 2 requests" in text_of(preview)
    assert not BudgetRequest.objects.exists()
    answer = client.post(address, {"content": preview.context["content"]}, follow=True)
    assert "2 requests are entered." in text_of(answer)
    bad = b"micro_enterprise,amount,reason\nNobody,1,x\n"
    answer = client.post(address, {"file": SimpleUploadedFile("a.csv", bad)})
    assert answer.status_code == 409
    assert "there is no micro-enterprise named" in text_of(answer)
    twice = csv + b"Stall,1,Again\n"
    preview = client.post(address, {"file": SimpleUploadedFile("a.csv", twice)})
    answer = client.post(address, {"content": preview.context["content"]})
    assert "Stall is listed twice." in text_of(answer)
    assert BudgetRequest.objects.count() == 2


def test_a_peer_is_told_at_home_what_waits_for_a_vote(client, day, round_):
    mes, peers, _, rule = round_
    ask(rule, mes["Stall"])
    asked = ask(rule, mes["Shop"])
    client.force_login(peers["Lab"])
    day("2026-02-25T12:00:00Z")
    assert "for money" not in text_of(client.get("/"))
    day("2026-02-26T12:00:00Z")
    assert "2 requests for money" in text_of(client.get("/"))
    vote(asked, "1.00", by=peers["Lab"])
    assert "One request for money" in text_of(client.get("/"))
    client.force_login(peers["Shop"])
    assert "One request for money" in text_of(client.get("/"))
