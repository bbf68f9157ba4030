"""Recording what an ME costs and sells outside, and correcting it; no money moves (PRODUCT 4.15).

A reference of a source stands once for an ME, a month and a kind. A correction is a new entry that
takes the place of the old one; both stay to be read.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit, permissions
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from ledger.models import CostRecord, OutsideSale, OwnFigure
from ledger.money import ZERO, to_cents
from ledger.months import month_of, text_of

LARGEST = Decimal(10) ** 12
LARGEST_HOURS = Decimal(10) ** 7
LONGEST_SOURCE, LONGEST_REFERENCE = 120, 80
EARLIEST = date(2001, 1, 1)
Kept = TypeVar("Kept", bound=OwnFigure)


class _Twin(Refused):
    """Somebody else has just recorded the same reference; a second look finds it."""


@dataclass(frozen=True)
class Sale:
    """A sale to customers outside the firm: `amount` of a month, from `source` by `reference`."""

    micro_enterprise: MicroEnterprise
    month: date
    amount: Decimal
    source: str
    reference: str

    @property
    def key(self) -> tuple[Any, ...]:
        """What stands once: a second entry of it is a correction."""
        return self.micro_enterprise.pk, self.month, self.reference


@dataclass(frozen=True)
class Cost(Sale):
    """A cost of a month: `kind` is labour or other, `hours` are those of labour."""

    kind: str = CostRecord.Kind.LABOUR
    hours: Decimal = ZERO

    @property
    def key(self) -> tuple[Any, ...]:
        return self.micro_enterprise.pk, self.month, self.kind, self.reference


@transaction.atomic
def record_cost(cost: Cost, *, by: User | None, on: date) -> CostRecord:
    """Keep a cost once; the same again returns the first entry.

    Refused `recorded_before` where the reference stands with other figures: correct that entry.
    """
    return _record(CostRecord, checked(cost, by=by, on=on), by=by, on=on)


@transaction.atomic
def record_sale(sale: Sale, *, by: User | None, on: date) -> OutsideSale:
    """Keep a sale to customers outside the firm once; as `record_cost`."""
    return _record(OutsideSale, checked(sale, by=by, on=on), by=by, on=on)


@transaction.atomic
def record_all(kind: type[Kept], wishes: Sequence[Sale], *, by: User | None, on: date) -> None:
    """Keep entries of a file that were checked and are all new; one note in the audit trail."""
    for me in {wish.micro_enterprise.pk: wish.micro_enterprise for wish in wishes}.values():
        require_may_record(me, by=by, on=on)
    twin = Refused(
        "Somebody else has just recorded one of these references.",
        code="recorded_before",
        help="Import the file again: what is on record by then stays as it is.",
    )
    rows = [kind(**vars(wish), entered_on=on, entered_by=by) for wish in wishes]
    with saying(cost_recorded_once=twin, sale_recorded_once=twin):
        kind._default_manager.bulk_create(rows, batch_size=2000)  # noqa: SLF001
    if rows:
        audit.record(
            f"{_noun(rows[0])}.import", f"{len(rows)} entries of a file", by=by, on=on,
            amount=sum((wish.amount for wish in wishes), ZERO),
            micro_enterprises=len({wish.micro_enterprise.pk for wish in wishes}),
        )  # fmt: skip


@transaction.atomic
def correct(
    entry: Kept, *, amount: Decimal, source: str, by: User | None, on: date, hours: Decimal = ZERO
) -> Kept:
    """Replace an entry by one with other figures; 0.00 takes it back. The old one stays.

    The same figures again change nothing. Refused `replaced` where another correction came first.
    """
    before = type(entry)._default_manager.select_for_update(of=("self",), no_key=True)  # noqa: SLF001
    found = before.select_related("micro_enterprise").get(pk=entry.pk)
    require_may_record(found.micro_enterprise, by=by, on=on)
    wanted = checked(_wish(found, amount, source, hours), by=by, on=on, may_be_nothing=True)
    if found.replaced_on:
        return _same_correction(found, wanted)
    if _figures(found) == _figures_of(wanted):
        return found
    found.replaced_on = on
    found.save(update_fields=["replaced_on"])
    made = _made(type(found), wanted, by=by, on=on, replaces=found)
    audit.record(
        f"{_noun(made)}.correct", made, by=by, on=on, me=made.micro_enterprise, replaces=found.pk,
        month=text_of(made.month), amount=[found.amount, made.amount], source=made.source,
    )  # fmt: skip
    return made


def require_may_record(me: MicroEnterprise, *, by: User | None, on: date) -> None:
    """Forbidden but for the lead, who may sign, and HR admins; None is a management command."""
    if by is not None:
        permissions.require(
            permissions.may_record_figures_of(by, me, on=on),
            f"You may not record costs and sales of {me}.",
            help=f"Ask the lead of {me}, a member who may sign, or an HR admin.",
        )


def checked(wish: Sale, *, by: User | None, on: date, may_be_nothing: bool = False) -> Sale:
    """The entry with amounts of two places; Invalid names the field that is wrong."""
    require_may_record(wish.micro_enterprise, by=by, on=on)
    _require_month(wish.month, on=on)
    amount = checked_figure(wish.amount, field="amount", largest=LARGEST)
    words = {"source": wish.source.strip(), "reference": wish.reference.strip()}
    for field, longest in (("source", LONGEST_SOURCE), ("reference", LONGEST_REFERENCE)):
        if not words[field] or len(words[field]) > longest:
            said = f"Say the {field} of the figure in 1 to {longest} characters."
            raise Invalid(said, field=field, value=words[field][:LONGEST_SOURCE])
    more: dict[str, Any] = {}
    if isinstance(wish, Cost):
        more = {"kind": wish.kind, "hours": _checked_hours(wish)}
    if not amount and not more.get("hours") and not may_be_nothing:
        said = "An entry of 0.00 says nothing. Enter an amount above zero."
        raise Invalid(said, field="amount", value=str(wish.amount))
    return type(wish)(wish.micro_enterprise, wish.month, amount, **words, **more)


def checked_figure(figure: Decimal, *, field: str, largest: Decimal) -> Decimal:
    """Not below zero, finite, with two places; Invalid otherwise."""
    if not figure.is_finite() or not 0 <= figure <= largest:
        raise Invalid(
            f"{figure} is no {field}; enter 0.00 to {largest:,.2f}.", field=field, value=str(figure)
        )
    if figure != to_cents(figure):
        raise Invalid(
            f"{figure} has more than two places; round it to the cent.",
            field=field,
            value=str(figure),
        )
    return to_cents(figure)


def costs_visible_to(user: User, *, on: date) -> QuerySet[CostRecord]:
    """Of the own MEs, and of every ME for whoever sees all money (PRODUCT 4.22)."""
    return _visible(CostRecord.objects.all(), user, on=on)


def sales_visible_to(user: User, *, on: date) -> QuerySet[OutsideSale]:
    """As `costs_visible_to`."""
    return _visible(OutsideSale.objects.all(), user, on=on)


def entries_of(kind: type[Kept], wishes: Sequence[Sale]) -> dict[tuple[Any, ...], Kept]:
    """What is in force for the keys of these entries; one query."""
    rows = kind._default_manager.filter(  # noqa: SLF001
        replaced_on=None,
        micro_enterprise__in={wish.micro_enterprise.pk for wish in wishes},
        month__in={wish.month for wish in wishes},
        reference__in={wish.reference for wish in wishes},
    )
    return {_key(row): row for row in rows.select_related("micro_enterprise")}


def is_unchanged(entry: OwnFigure, wish: Sale) -> bool:
    """Whether the entry says the same as the wish."""
    return _figures(entry) == _figures_of(wish)


def _record(kind: type[Kept], wish: Sale, *, by: User | None, on: date) -> Kept:
    earlier = entries_of(kind, [wish]).get(wish.key)
    if earlier is None:
        twin = _Twin("")
        with suppress(_Twin), saying(cost_recorded_once=twin, sale_recorded_once=twin):
            made = _made(kind, wish, by=by, on=on)
            audit.record(
                f"{_noun(made)}.record", made, by=by, on=on, me=wish.micro_enterprise,
                month=text_of(wish.month), amount=wish.amount, reference=wish.reference,
            )  # fmt: skip
            return made
        earlier = entries_of(kind, [wish])[wish.key]
    if not is_unchanged(earlier, wish):
        raise _recorded_before(wish)
    return earlier


def _made(
    kind: type[Kept], wish: Sale, *, by: User | None, on: date, replaces: Kept | None = None
) -> Kept:
    return kind._default_manager.create(  # noqa: SLF001
        **vars(wish), entered_on=on, entered_by=by, replaces=replaces
    )


def _recorded_before(wish: Sale) -> Refused:
    return Refused(
        f"{wish.reference} is on record for {wish.month:%B %Y} of {wish.micro_enterprise} with "
        "other figures.",
        code="recorded_before",
        field="reference",
        value=wish.reference,
        help="Correct that entry, or give this one a reference of its own.",
    )


def _same_correction(found: Kept, wanted: Sale) -> Kept:
    """A press repeated: the entry that took the place, if it says what is wanted now."""
    made = type(found)._default_manager.filter(replaces=found.pk).first()  # noqa: SLF001
    if made is not None and is_unchanged(made, wanted):
        return made
    raise Refused(
        f"{found.reference} of {found.month:%B %Y} was corrected already.",
        code="replaced",
        help="Open the entry that took its place, and correct that one.",
    )


def _wish(entry: OwnFigure, amount: Decimal, source: str, hours: Decimal) -> Sale:
    told = (entry.micro_enterprise, entry.month, amount, source, entry.reference)
    if isinstance(entry, CostRecord):
        return Cost(*told, kind=entry.kind, hours=hours)
    return Sale(*told)


def _checked_hours(cost: Cost) -> Decimal:
    if cost.kind not in CostRecord.Kind.values:
        said = f"{cost.kind!r} is no kind of cost; it is labour or other."
        raise Invalid(said, field="kind", value=cost.kind)
    hours = checked_figure(cost.hours, field="hours", largest=LARGEST_HOURS)
    if hours and cost.kind != CostRecord.Kind.LABOUR:
        said = "Only labour has hours; leave them empty for other costs."
        raise Invalid(said, field="hours", value=str(cost.hours))
    return hours


def _require_month(month: date, *, on: date) -> None:
    if month.day != 1 or month > month_of(on):
        raise Invalid(
            f"{month:%B %Y} has not begun. Record it when there is a figure.",
            field="month",
            value=text_of(month),
        )
    if month < EARLIEST:
        said = f"{month:%B %Y} is too long ago; record months from {EARLIEST:%B %Y} on."
        raise Invalid(said, field="month", value=text_of(month))


def _key(entry: OwnFigure) -> tuple[Any, ...]:
    if isinstance(entry, CostRecord):
        return entry.micro_enterprise_id, entry.month, entry.kind, entry.reference
    return entry.micro_enterprise_id, entry.month, entry.reference


def _figures(entry: OwnFigure) -> tuple[Any, ...]:
    return entry.amount, entry.source, getattr(entry, "hours", ZERO)


def _figures_of(wish: Sale) -> tuple[Any, ...]:
    return wish.amount, wish.source, getattr(wish, "hours", ZERO)


def _noun(entry: OwnFigure) -> str:
    return "cost" if isinstance(entry, CostRecord) else "outside_sale"


def _visible(rows: QuerySet[Kept], user: User, *, on: date) -> QuerySet[Kept]:
    if permissions.may_see_all_money(user) or user.has_scope("money:write"):
        return rows
    mine = permissions.memberships_of(user, on=on).values("micro_enterprise")
    return rows.filter(micro_enterprise__in=mine)
