"""An ME invests in skills: propose, commit, cancel, pay, complete (PRODUCT 4.20).

There is no action by which HR, or anybody, assigns a course. Locks: the purchase, then the run,
then the wallet, in this order everywhere.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from accounts import audit, policy
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import Membership, MicroEnterprise, Person, User
from accounts.permissions import may_propose_learning, may_sign_for, require, require_known
from learning_market import refunds
from learning_market.models import CourseRun, LearningPurchase, LearningSeat
from learning_market.queries import purchases_visible_to
from ledger import actions as ledger
from ledger.models import Reservation, Transfer, Wallet
from ledger.money import ZERO
from ledger.months import month_of
from ledger.queries import fiscal_year_of

State = LearningPurchase.State
BEFORE_START = (State.PROPOSED, State.COMMITTED)


@transaction.atomic
def propose(
    run: CourseRun,
    *,
    me: MicroEnterprise,
    people: Sequence[Person],
    expected_return: str,
    expected_value: Decimal | None = None,
    by: User,
    on: date,
) -> LearningPurchase:
    """Ask the own ME to invest in seats for named members; the price is pre-committed.

    Refused where the run has started, is cancelled or has too few seats, where the ME teaches it
    itself, where somebody named is no member or has a seat already, and where the learning wallet
    cannot cover it.
    """
    require(
        may_propose_learning(by, me, on=on),
        f"You are no member of {me}, so you cannot propose learning for it.",
    )
    _require_open(run, on=on)
    _require_taught_by_others(run, me)
    _require_members(people, me, on=on)
    _require_seats(run, len(people))
    if not expected_return.strip():
        raise Invalid("Say what should be better after it.", field="expected_return")
    purchase = LearningPurchase.objects.create(
        micro_enterprise=me, run=run, price=run.price, state=State.PROPOSED,
        expected_return=expected_return.strip(), expected_value=expected_value,
        proposed_by=by, proposed_on=on,
    )  # fmt: skip
    with saying(
        one_seat_per_person_and_run=Refused(
            "Somebody you named has a seat in this run already.",
            code="seat_taken",
            help="Name only those who have none.",
        )
    ):
        LearningSeat.objects.bulk_create(
            LearningSeat(purchase=purchase, run=run, person=person) for person in people
        )
    _promise(purchase, run.price * len(people), kind=Reservation.Kind.PRE_COMMITTED, on=on)
    audit.record("learning.propose", purchase, by=by, on=on, me=me, seats=len(people))
    return purchase


@transaction.atomic
def commit(purchase: LearningPurchase, *, by: User, on: date) -> LearningPurchase:
    """The ME's lead decides to invest: the seats are taken and the price is committed.

    Refused unless it is proposed and the run lies ahead with enough seats. Repeating it changes
    nothing.
    """
    purchase = locked(purchase)
    _require_decider(purchase, by=by, on=on)
    if purchase.state == State.COMMITTED:
        return purchase
    _require_state(purchase, [State.PROPOSED], verb="invested in")
    run = _locked_run(purchase)
    _require_open(run, on=on)
    count = purchase.seats.filter(state=LearningSeat.State.OPEN).count()
    _require_seats(run, count)
    CourseRun.objects.filter(pk=run.pk).update(seats_taken=F("seats_taken") + count)
    _promise(purchase, purchase.price * count, kind=Reservation.Kind.COMMITTED, on=on)
    return _decide(purchase, State.COMMITTED, by=by, on=on, verb="commit")


@transaction.atomic
def invest(
    run: CourseRun,
    *,
    me: MicroEnterprise,
    people: Sequence[Person],
    expected_return: str,
    expected_value: Decimal | None = None,
    by: User,
    on: date,
) -> LearningPurchase:
    """Propose and commit in one step, for whoever decides for the ME; refused as both are."""
    purchase = propose(
        run, me=me, people=people, expected_return=expected_return,
        expected_value=expected_value, by=by, on=on,
    )  # fmt: skip
    return commit(purchase, by=by, on=on)


@transaction.atomic
def decline(purchase: LearningPurchase, *, note: str = "", by: User, on: date) -> LearningPurchase:
    """The ME's lead says no to a proposal; what was pre-committed comes free."""
    purchase = locked(purchase)
    _require_decider(purchase, by=by, on=on)
    if purchase.state == State.DECLINED:
        return purchase
    _require_state(purchase, [State.PROPOSED], verb="declined")
    purchase.decision_note = note.strip()
    give_up_seats(purchase, on=on)
    ledger.release(purchase.cause, on=on)
    return _decide(purchase, State.DECLINED, by=by, on=on, verb="decline")


@transaction.atomic
def cancel_seat(seat: LearningSeat, *, by: User, on: date) -> LearningSeat:
    """Give one seat back before the run starts: by the lead, or by the member who has it.

    What comes free is `refunds.released`; the rest is paid that day. Never twice: a cancelled seat
    is returned as it is.
    """
    purchase = locked(LearningPurchase(pk=seat.purchase_id))
    _require_known(purchase, by=by, on=on)
    seat = LearningSeat.objects.select_for_update(no_key=True).get(pk=seat.pk)
    require(
        may_sign_for(by, purchase.micro_enterprise, on=on) or by.person_id == seat.person_id,
        "Only the lead cancels the seat of somebody else.",
        help=f"Ask the lead of {purchase.micro_enterprise}.",
    )
    if seat.state == LearningSeat.State.CANCELLED:
        return seat
    _require_state(purchase, BEFORE_START, verb="cancelled")
    _require_not_started(purchase, on=on)
    _cancel_seats(purchase, [seat], by=by, on=on)
    audit.record("learning.cancel_seat", seat, by=by, on=on, me=purchase.micro_enterprise)
    return seat


@transaction.atomic
def cancel(purchase: LearningPurchase, *, by: User, on: date) -> LearningPurchase:
    """Give all open seats back before the start; a proposal may be taken back by its author."""
    purchase = locked(purchase)
    me = purchase.micro_enterprise
    _require_known(purchase, by=by, on=on)
    is_own_proposal = purchase.state == State.PROPOSED and purchase.proposed_by_id == by.pk
    require(
        is_own_proposal or may_sign_for(by, me, on=on),
        "Only the lead cancels what the micro-enterprise has invested in.",
        help=f"Ask the lead of {me}.",
    )
    if purchase.state == State.CANCELLED:
        return purchase
    _require_state(purchase, BEFORE_START, verb="cancelled")
    _require_not_started(purchase, on=on)
    seats = purchase.seats.filter(state=LearningSeat.State.OPEN).order_by("pk")
    _cancel_seats(purchase, list(seats.select_for_update(no_key=True)), by=by, on=on)
    audit.record("learning.cancel", purchase, by=by, on=on, me=me)
    return purchase


@transaction.atomic
def complete(purchase: LearningPurchase, *, by: User, on: date) -> LearningPurchase:
    """The lead notes that the run has been attended; from its last day on."""
    purchase = locked(purchase)
    _require_decider(purchase, by=by, on=on)
    if purchase.state == State.COMPLETED:
        return purchase
    _require_state(purchase, [State.IN_PROGRESS], verb="completed")
    if on < purchase.run.ends_on:
        raise Refused(
            f"The run lasts until {purchase.run.ends_on}, so it is not completed yet.",
            code="not_ended",
        )
    purchase.state, purchase.completed_on = State.COMPLETED, on
    purchase.save(update_fields=["state", "completed_on"])
    audit.record("learning.complete", purchase, by=by, on=on, me=purchase.micro_enterprise)
    return purchase


def reserve_open_seats(purchase: LearningPurchase, *, on: date) -> None:
    """Promise what its open seats cost, where that is not promised yet; the purchase is locked.

    A run of the next fiscal year is reserved when that year opens (PRODUCT 4.7). Refused
    `not_enough_money`.
    """
    is_proposed = purchase.state == State.PROPOSED
    kind = Reservation.Kind.PRE_COMMITTED if is_proposed else Reservation.Kind.COMMITTED
    count = purchase.seats.filter(state=LearningSeat.State.OPEN).count()
    _promise(purchase, purchase.price * count, kind=kind, on=on, is_signed=not is_proposed)


def release_in_full(purchase: LearningPurchase, *, on: date) -> None:
    """The provider cancels: all seats come free with all their money. The purchase is locked."""
    was_committed = purchase.state == State.COMMITTED
    count = purchase.seats.filter(state=LearningSeat.State.OPEN).count()
    give_up_seats(purchase, on=on)
    ledger.release(purchase.cause, on=on)
    if was_committed:
        runs = CourseRun.objects.filter(pk=purchase.run_id)
        runs.update(seats_taken=F("seats_taken") - count)
    purchase.state = State.CANCELLED
    purchase.save(update_fields=["state"])


def _cancel_seats(
    purchase: LearningPurchase, seats: Sequence[LearningSeat], *, by: User, on: date
) -> None:
    """Free the seats and the money; a proposal gives back all, for nothing is agreed yet."""
    was_committed = purchase.state == State.COMMITTED
    values = policy.in_force(on=on)
    left = purchase.seats.filter(state=LearningSeat.State.OPEN).count() - len(seats)
    kind = Reservation.Kind.COMMITTED if was_committed else Reservation.Kind.PRE_COMMITTED
    _promise(purchase, purchase.price * left, kind=kind, on=on)
    for seat in seats:
        seat.released = purchase.price
        if was_committed:
            seat.released = refunds.released(
                purchase.price,
                starts_on=purchase.run.starts_on,
                cancelled_on=on,
                full_days=values["learning_full_refund_days"],
                part=values.percent("learning_part_refund_percent"),
            )
            _pay_kept(purchase, seat, by=by, on=on)
        seat.state, seat.cancelled_on = LearningSeat.State.CANCELLED, on
        seat.save(update_fields=["state", "cancelled_on", "released"])
    if was_committed:
        run = _locked_run(purchase)
        CourseRun.objects.filter(pk=run.pk).update(seats_taken=F("seats_taken") - len(seats))
    if not left:
        purchase.state = State.CANCELLED
        purchase.save(update_fields=["state"])


def _pay_kept(purchase: LearningPurchase, seat: LearningSeat, *, by: User, on: date) -> None:
    """What is not released is paid that day; for a run of the next year when that year opens.

    The run is paid by the wallet of its own year, never by the one before (PRODUCT 4.7).
    """
    if fiscal_year_of(purchase.run.starts_on) == fiscal_year_of(on):
        pay_kept(purchase, seat, by=by, on=on)


def pay_kept(
    purchase: LearningPurchase, seat: LearningSeat, *, by: User | None = None, on: date
) -> None:
    """Pay the part of a cancelled seat that its ME does not get back, once."""
    kept = purchase.price - (seat.released or ZERO)
    if not kept:
        return
    month = month_of(on)
    ledger.pay(
        ledger.wallet_of(purchase.micro_enterprise, month=month, fund=Wallet.Fund.LEARNING),
        payee_of(purchase.run, month), kept,
        kind=Transfer.Kind.LEARNING, month=month, cause=purchase.cause, on=on, by=by,
        reference=kept_reference(purchase, seat),
    )  # fmt: skip


def kept_reference(purchase: LearningPurchase, seat: LearningSeat) -> str:
    return f"learning/{purchase.pk}/seat/{seat.pk}/cancelled"


def payee_of(run: CourseRun, month: date) -> Wallet:
    """An inside provider earns into its operating wallet; a supplier is paid outside."""
    if run.course.provider is None:
        return ledger.system_wallet(Wallet.System.OUTSIDE)
    return ledger.wallet_of(run.course.provider, month=month)


def _promise(
    purchase: LearningPurchase, total: Decimal, *, kind: str, on: date, is_signed: bool = False
) -> None:
    plan = {month_of(purchase.run.starts_on): total} if total > ZERO else {}
    ledger.promise(
        purchase.micro_enterprise, plan, kind=kind, cause=purchase.cause, on=on,
        fund=Wallet.Fund.LEARNING, is_signed=is_signed,
    )  # fmt: skip


def give_up_seats(purchase: LearningPurchase, *, on: date) -> None:
    seats = purchase.seats.filter(state=LearningSeat.State.OPEN)
    seats.update(state=LearningSeat.State.CANCELLED, cancelled_on=on, released=purchase.price)


def _decide(
    purchase: LearningPurchase, state: str, *, by: User, on: date, verb: str
) -> LearningPurchase:
    purchase.state, purchase.decided_by, purchase.decided_on = state, by, on
    purchase.save(update_fields=["state", "decided_by", "decided_on", "decision_note"])
    audit.record(f"learning.{verb}", purchase, by=by, on=on, me=purchase.micro_enterprise)
    return purchase


def locked(purchase: LearningPurchase) -> LearningPurchase:
    rows = LearningPurchase.objects.select_for_update(of=("self",), no_key=True)
    related = ("micro_enterprise", "run__course__provider", "run__course__supplier")
    return rows.select_related(*related).get(pk=purchase.pk)


def _locked_run(purchase: LearningPurchase) -> CourseRun:
    return CourseRun.objects.select_for_update(no_key=True).get(pk=purchase.run_id)


def _require_known(purchase: LearningPurchase, *, by: User, on: date) -> None:
    require_known(purchases_visible_to(by, on=on).filter(pk=purchase.pk).exists())


def _require_decider(purchase: LearningPurchase, *, by: User, on: date) -> None:
    me = purchase.micro_enterprise
    _require_known(purchase, by=by, on=on)
    require(
        may_sign_for(by, me, on=on),
        f"You cannot decide what {me} invests in.",
        help=f"Ask the lead of {me}.",
    )


def _require_state(purchase: LearningPurchase, states: Sequence[str], *, verb: str) -> None:
    if purchase.state not in states:
        word = State(purchase.state).label.lower()
        raise Refused(f"This purchase is {word}, so it cannot be {verb}.", code="wrong_state")


def _require_open(run: CourseRun, *, on: date) -> None:
    if run.state == CourseRun.State.CANCELLED:
        raise Refused("This run was cancelled.", code="run_cancelled", help="Choose another run.")
    if run.starts_on <= on:
        raise Refused(
            f"This run started on {run.starts_on}, so nobody can join it any more.",
            code="run_started",
            help="Choose a run that lies ahead.",
        )


def _require_taught_by_others(run: CourseRun, me: MicroEnterprise) -> None:
    """Else money to learn would become money to spend by buying from oneself."""
    if run.course.provider_id == me.pk:
        raise Refused(
            f"{me} teaches this course itself and cannot buy it from itself.",
            code="same_party",
            help="Your own members learn it without a purchase.",
        )


def _require_not_started(purchase: LearningPurchase, *, on: date) -> None:
    if purchase.run.starts_on <= on:
        raise Refused(
            f"The run started on {purchase.run.starts_on}, so nothing comes back for it.",
            code="run_started",
        )


def _require_seats(run: CourseRun, wanted: int) -> None:
    left = run.seats_left
    if left is not None and wanted > left:
        raise Refused(
            f"{wanted} seats are asked for, {left} are left in this run.",
            code="not_enough_seats",
            help="Name fewer people, or choose another run.",
            facts={"left": str(left), "asked": str(wanted)},
        )


def _require_members(people: Sequence[Person], me: MicroEnterprise, *, on: date) -> None:
    if not people:
        raise Invalid("Name at least one member to learn.", field="people")
    keys = {person.pk for person in people}
    if len(keys) != len(people):
        raise Invalid("Somebody is named twice.", field="people")
    current = Membership.objects.current(on=on).filter(micro_enterprise=me, person__in=keys)
    known = set(current.values_list("person", flat=True))
    strangers = [str(person) for person in people if person.pk not in known]
    if strangers:
        raise Invalid(
            f"{', '.join(strangers)} is no member of {me}; only members learn on its money.",
            field="people",
        )
