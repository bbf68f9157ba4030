"""One small market with something on every page, as it stands on Wednesday 8 April 2026.

Shop North buys from People Services, whose offerings are on sale since January; Water Lab has
nothing to do with either. March is settled and posted, one overage waits, and ratings are open.
"""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

from oauth2_provider.models import AccessToken

from accounts import client_secrets, clock, tokens
from accounts.actions import logins
from accounts.hris import mapping, uploads
from accounts.models import ClientScopes, Membership, SentMail, User
from contracts.actions import agreements, endings, ratings, results
from contracts.actions import outside as orders
from contracts.models import Correction, Overage, SuccessMeasure
from learning_market import actions as learning
from ledger import budgets, checks, drafting, freezing, moving, reasons, switching
from ledger.drafting import Customer, Envelope
from ledger.models import SettlementRun
from marketplace import actions as market
from tests import make
from tests.make import APRIL, MARCH
from tests.make.learning import course, run

TODAY = date(2026, 4, 8)
NOW = f"{TODAY}T09:00:00Z"
PEOPLE = (
    b"external_id,name,email,unit,title,fte\nA1,Ann Import,ann.import@example.com,Shop,Fitter,1\n"
)


def build():
    """Every object that an address names, and everybody who may or may not look at it."""
    world = SimpleNamespace(march=MARCH, year=2026, rule="minimum_raters", commit="commit")
    _people(world)
    _market(world)
    _contracts(world)
    _month(world)
    _money(world)
    _learning(world)
    _records(world)
    return world


def _people(world):
    world.org = make.org()
    world.hr_admin = make.user(make.person("Hanna Admin"), is_hr_admin=True)
    world.chro = make.user(make.person("Carl Chro"), is_chro=True)
    world.auditor = make.user(make.person("Aino Auditor"), is_auditor=True)
    world.shop = make.me("Shop North", "frontline", purpose="Serve the north.")
    world.services = make.me("People Services", purpose="Find good people.")
    world.lab = make.me("Water Lab", purpose="Test water.")
    for me in (world.shop, world.services, world.lab):
        make.granted(me, "500000.00")
        make.granted(me, "20000.00", fund="learning")
    world.lead = make.lead(world.shop, who=make.user(make.person("Lea Lead")))
    world.signer = make.member(
        world.shop, who=make.user(make.person("Sia Signer")), role="Buyer", may_sign=True
    )
    world.member = make.member(world.shop, who=make.user(make.person("Mia Member")))
    world.other_lead = make.lead(world.services, who=make.user(make.person("Olli Other")))
    world.foreign_lead = make.lead(world.lab, who=make.user(make.person("Fia Foreign")))
    gone = make.person("Levi Leaver", left_on=date(2026, 4, 1))
    world.leaver = make.user(gone, is_active=False)
    ended = date(2026, 4, 1)
    make.member(world.shop, who=world.leaver, ends_on=ended)
    tokens.create_client_token("payroll", scopes=["people:read"], by=world.hr_admin, on=TODAY)
    client_secrets.create("payroll", scopes=["people:read"], by=world.hr_admin, on=TODAY)
    world.client_secret = ClientScopes.objects.get()
    world.client = User.objects.get(is_client=True)
    world.client_token = AccessToken.objects.get(user=world.client)
    tokens.create_person_token(world.member, by=world.member, on=TODAY, name="My script")
    world.token_of_member = AccessToken.objects.get(user=world.member)
    world.role = world.shop.roles.get(name="Partner")
    world.outcome = world.shop.outcomes.get()
    world.person = world.member.person
    world.membership = Membership.objects.get(person=world.member.person)
    world.own_membership = Membership.objects.get(person=world.lead.person)
    world.newcomer = make.person("Nils Newcomer", email="nils@example.com")
    world.waiting = Membership.objects.create(
        person=world.newcomer, micro_enterprise=world.shop, role=world.role, starts_on=MARCH
    )
    world.proposed = make.proposed("Leak Finders", by=world.member)


def _market(world):
    world.category = make.category("Recruiting")
    world.hiring = make.offering(world.services, plan="per_unit", price="100.00", name="Hiring")
    world.advice = make.offering(world.services, name="Advice", price="2000.00")
    words = market.OfferingTerms(
        name="Onboarding", summary="The first month of a newcomer.", price=Decimal("900.00"),
        measures=[
            market.MeasureTerms(
                name="Stays", unit="%", target=Decimal(90), floor=Decimal(70), method="counted"
            )
        ],
    )  # fmt: skip
    world.offering_draft = market.draft_offering(
        world.services, category=world.category, terms=words, by=world.other_lead, on=TODAY
    )
    world.outside_offer = make.outside_offer(name="Agency", price="2400.00")
    world.expired_offer = make.outside_offer(name="Old agency", valid_until_on=date(2026, 3, 1))


def _contracts(world):
    buyer, seller = world.shop, world.services
    april = date(2026, 4, 6)
    world.active = make.active(buyer, seller, of=world.advice)
    world.counted = make.hires(buyer, seller, of=world.hiring)
    world.levelled = make.levelled(buyer, seller, of=world.advice, price="900.00")
    world.level = world.levelled.current.levels.get()
    later = {"starts_on": date(2026, 6, 1), "of": world.advice, "on": april}
    world.draft = make.draft(buyer, seller, price="1000.00", **later)
    world.offered = make.offered(buyer, seller, price="1100.00", **later)
    world.answer = make.offered(buyer, seller, offered_by="provider", price="1150.00", **later)
    world.agreed = make.agreed(buyer, seller, price="1200.00", **later)
    world.ending = make.active(buyer, seller, price="1300.00", of=world.advice)
    endings.propose_end(
        world.ending, last_day_on=date(2026, 5, 31), party=buyer, by=world.lead, on=april
    )
    world.declined = make.offered(buyer, seller, price="1400.00", **later)
    agreements.decline(world.declined, party=seller, by=world.other_lead, on=april)
    world.requested = orders.request(
        world.outside_offer, quantity=Decimal(2), buyer=buyer, by=world.lead, on=april
    )
    world.ordered = make.ordered_outside(buyer, on=april)
    received = make.ordered_outside(buyer, on=april)
    world.received = orders.receive(received, amount=Decimal("90.00"), by=world.lead, on=april)


def _month(world):
    """March, settled and posted: one usage above the cap waits, a result waits for its answer."""
    make.used(world.counted, "15", used_on=date(2026, 3, 20))
    measures = SuccessMeasure.objects.filter(version__contract=world.active)
    world.measure = measures.get()
    world.result = results.enter_result(
        world.measure, month=MARCH, value=Decimal(92), by=world.other_lead, on=date(2026, 4, 2)
    )
    make.settled(MARCH, on=date(2026, 4, 6))
    world.run = SettlementRun.objects.get(month=MARCH)
    world.overage = Overage.objects.get(contract=world.counted)
    world.line = make.line_of(world.counted)
    world.dispute = make.disputed(world.active, "100.00", on=date(2026, 4, 6))
    world.correction = Correction.objects.create(
        contract=world.counted, origin_month=MARCH, amount=5, reason="Two visits too few",
        entered_on=date(2026, 4, 6), entered_for=world.services, entered_by=world.other_lead,
    )  # fmt: skip
    ratings.invite_due(on=APRIL)
    ratings.rate(
        world.counted, month=MARCH, score=4, comment="Quick.", by=world.member, on=date(2026, 4, 2)
    )
    april = date(2026, 4, 6)
    world.april = APRIL
    world.measurement = make.measured(world.levelled, 11, 12, month=APRIL, on=april)
    world.usage = make.used(world.counted, "3", used_on=april)
    world.contested = make.contested(make.used(world.counted, "4", used_on=april))


def _money(world):
    """Budgets of each kind: a grant published, one drafted, a department's cost drafted."""
    switching.plan(
        world.shop, starts_on=date(2026, 5, 1), operating=Decimal(500000), learning=Decimal(20000),
        reason="The notional months went well.", by=world.hr_admin, on=TODAY,
    )  # fmt: skip
    travel = Envelope("operating", 2026, "monthly", "Travel 2026")
    drafted = drafting.draft_grant(
        world.shop, Decimal("1200.00"), travel, by=world.hr_admin, on=TODAY
    )
    world.budget = budgets.publish(drafted, by=world.hr_admin, on=TODAY)
    world.allocation = world.budget.allocations.get()
    yearly = Envelope("operating", 2026, "yearly", "Tools 2026")
    world.grant_draft = drafting.draft_grant(
        world.shop, Decimal("800.00"), yearly, by=world.hr_admin, on=TODAY
    )
    customers = [
        Customer(world.shop, Decimal(60), Decimal(20)),
        Customer(world.lab, Decimal(40), Decimal(10)),
    ]
    world.department_draft = drafting.draft_department(
        world.services, customers, Envelope("operating", 2026, "yearly", "Recruiting"),
        former_cost=Decimal("24000.00"), period="2025", phase_in=Decimal("0.25"),
        by=world.hr_admin, on=TODAY,
    )  # fmt: skip
    each = {"each": Decimal(100)}
    world.year_budget = make.published_budget(
        make.year_budget(("fixed", each), fund="learning", by=world.hr_admin), by=world.hr_admin
    )
    world.year_draft = make.year_budget(("fixed", each), year=2027, by=world.hr_admin)
    world.fixed_rule, world.rule_kind = world.year_draft.rules.get(), "fixed"
    world.requests_rule = make.add_rule(
        world.year_draft, "requests",
        {"ask_until": TODAY, "decide_by": TODAY + timedelta(days=9)},
        by=world.hr_admin, board=[world.foreign_lead],
    )  # fmt: skip
    wish = moving.Wish(world.shop, world.services, "operating", Decimal(1), "other")
    world.done_move = moving.move(wish, key="done", by=world.hr_admin, on=TODAY)
    own = make.member(make.me("Second Admins"), who=make.hr_admin())
    mine = own.person.memberships.get().micro_enterprise
    wish = moving.Wish(world.shop, mine, "operating", Decimal(1), "other")
    world.waiting_move = moving.move(wish, key="waiting", by=own, on=TODAY)
    world.freeze = freezing.freeze(mine, fund="", reason="Audit", by=world.hr_admin, on=TODAY)
    world.money_reason = reasons.add(code="flood", name="Flood", by=world.hr_admin, on=TODAY)
    world.cost = make.labour(world.shop, "3800.00", "100", month=MARCH, on=TODAY)
    world.sale = make.outside_sale(world.shop, "9000.00", month=MARCH, on=TODAY)
    checks.check_money(by=world.hr_admin, on=TODAY)


def _learning(world):
    world.course = course(world.services, title="Hiring well")
    world.outside_course = course(title="Statistics")
    world.course_run = run(world.course, price="100.00", starts_on=date(2026, 6, 10), seats=20)
    world.outside_run = run(world.outside_course, price="300.00", starts_on=date(2026, 6, 15))
    world.proposal = learning.propose(
        world.course_run, me=world.shop, people=[world.member.person], by=world.member,
        expected_return="Fewer second visits", expected_value=Decimal(500), on=TODAY,
    )  # fmt: skip
    world.investment = learning.invest(
        world.outside_run, me=world.shop, people=[world.member.person, world.lead.person],
        expected_return="Better forecasts", by=world.lead, on=TODAY,
    )  # fmt: skip
    world.seat = world.investment.seats.get(person=world.member.person)
    world.lead_seat = world.investment.seats.get(person=world.lead.person)


def _records(world):
    world.upload = uploads.preview(
        PEOPLE, name="people.csv", mapping=mapping.find("generic"), on=TODAY, by=world.hr_admin
    )
    applied = uploads.preview(
        b"external_id,name,email,unit,title,fte\nB1,Bea Import,,Lab,Tester,1\n", name="first.csv",
        mapping=mapping.find("generic"), on=TODAY, by=world.hr_admin,
    )  # fmt: skip
    world.applied_upload = uploads.apply(applied, by=world.hr_admin, on=TODAY)
    world.upload = uploads.preview_again(world.upload, by=world.hr_admin)
    world.mail = SentMail.objects.create(
        sent_at=clock.now(), sender="rendan@example.com", to=world.member.email,
        subject="Your answer is due", body="Please rate what you used.",
    )  # fmt: skip
    invited = make.person("Ines Invited", email="ines@example.com")
    sent = []
    links = logins.Links(lambda token: sent.append(token) or f"/invitation/{token}/", "/")
    logins.invite(invited, links=links, by=world.hr_admin, on=TODAY)
    world.token = sent[-1]
