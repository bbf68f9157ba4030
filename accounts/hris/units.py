"""HR units and the micro-enterprises that grow from them.

A unit is the same whatever its case and spaces: "HUMAN RESOURCES" is "Human Resources".
"""

from collections.abc import Iterable, Mapping
from datetime import date

from accounts.models import MicroEnterprise, Person, Role

UNTITLED_ROLE = "Member"
_CLOSED = (MicroEnterprise.State.DISSOLVED, MicroEnterprise.State.REJECTED)
_NAME_LENGTH = 120


def folded(unit: str) -> str:
    return " ".join(unit.split()).casefold()


class Units:
    """The spelling of each unit that was met first, and the units that no ME grew from yet."""

    def __init__(self, spellings: Mapping[str, str], with_me: Iterable[str]) -> None:
        self._spellings = dict(spellings)
        self._with_me = set(with_me)
        self._new: dict[str, str] = {}

    @classmethod
    def known(cls) -> "Units":
        from_people = Person.objects.exclude(hr_unit="").values_list("hr_unit", flat=True)
        from_mes = MicroEnterprise.objects.exclude(hr_unit="").values_list("hr_unit", flat=True)
        spellings = {folded(unit): unit for unit in from_people.distinct().order_by("hr_unit")}
        with_me = {folded(unit): unit for unit in from_mes.order_by("pk")}
        return cls(spellings | with_me, with_me)

    @staticmethod
    def same(one: str, other: str) -> bool:
        return folded(one) == folded(other)

    def spelled(self, unit: str) -> str:
        """The one spelling of a unit; a unit without an ME is remembered as new."""
        if not unit:
            return unit
        spelling = self._spellings.setdefault(folded(unit), unit)
        if folded(unit) not in self._with_me:
            self._new.setdefault(folded(unit), spelling)
        return spelling

    @property
    def new(self) -> list[str]:
        return sorted(self._new.values())


def propose_mes(units: Iterable[str], *, on: date) -> int:
    """A proposed ME for each unit without one; a name may be changed later, the unit stays."""
    taken = {name.lower() for name in MicroEnterprise.objects.values_list("name", flat=True)}
    made = []
    for unit in units:
        name = free_name(unit, taken)
        taken.add(name.lower())
        made.append(
            MicroEnterprise(
                name=name, hr_unit=unit, kind=MicroEnterprise.Kind.SERVICE,
                state=MicroEnterprise.State.PROPOSED, formed_on=on,
            )
        )  # fmt: skip
    MicroEnterprise.objects.bulk_create(made, batch_size=1000)
    return len(made)


def free_name(unit: str, taken: set[str]) -> str:
    """The unit's name as far as it fits and is free; a longer one ends in an ellipsis."""
    number, name = 1, _cut(unit, _NAME_LENGTH)
    while name.lower() in taken:
        number += 1
        suffix = f" ({number})"
        name = _cut(unit, _NAME_LENGTH - len(suffix)) + suffix
    return name


def _cut(name: str, length: int) -> str:
    return name if len(name) <= length else name[: length - 1].rstrip() + "…"


def mes_by_unit() -> dict[str, MicroEnterprise]:
    """The ME of each unit that still takes members, by folded unit."""
    rows = MicroEnterprise.objects.exclude(hr_unit="").exclude(state__in=_CLOSED)
    return {folded(me.hr_unit): me for me in rows}


def roles(wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Role]:
    """The role of each (ME, title), made where it is missing."""
    pairs = {(me, title or UNTITLED_ROLE) for me, title in wanted}
    if not pairs:
        return {}
    made = [Role(micro_enterprise_id=me, name=name) for me, name in sorted(pairs)]
    Role.objects.bulk_create(made, ignore_conflicts=True, batch_size=1000)
    rows = Role.objects.filter(micro_enterprise__in={me for me, _ in pairs})
    return {(role.micro_enterprise_id, role.name): role for role in rows}
