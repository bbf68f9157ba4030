"""Active and on probation: what the monthly verdicts lead to, and nobody decides (PRODUCT 4.1)."""

from datetime import date

from django.db import transaction

from accounts import audit, mail
from accounts.actions.micro_enterprises import locked
from accounts.models import Membership, MicroEnterprise

State = MicroEnterprise.State
FROM = {State.PROBATION: State.ACTIVE, State.ACTIVE: State.PROBATION}


@transaction.atomic
def follow_verdict(
    me: MicroEnterprise, state: MicroEnterprise.State, *, month: date, why: str, on: date
) -> bool:
    """active -> probation or back, at the close of the month, with notice to the members.

    For the job that judges months alone: nobody has the right to do it. False where the ME has
    meanwhile come into a state from which it does not go there.
    """
    found = locked(me)
    if found.state != FROM[state]:
        return False
    found.state = state
    found.probation_from_on = on if state == State.PROBATION else None
    found.save(update_fields=["state", "probation_from_on"])
    audit.record(
        f"micro_enterprise.{state}", found, by=None, on=on, me=found, month=f"{month:%Y-%m}",
        why=why,
    )  # fmt: skip
    subject = (
        f"{found} is on probation" if state == State.PROBATION else f"{found} is off probation"
    )
    members = Membership.objects.current(on=on).filter(micro_enterprise=found)
    for membership in members.select_related("person").order_by("pk"):
        mail.send(
            "probation", to=membership.person, subject=subject, me=found, month=month, why=why,
            is_on_probation=state == State.PROBATION,
        )  # fmt: skip
    return True
