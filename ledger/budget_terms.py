"""The terms of each kind of rule, as they are stored: checked field by field, amounts as text."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from accounts.errors import Invalid
from accounts.models import MicroEnterprise
from ledger.drafting import checked_amount, require_trading
from ledger.models import BudgetRule
from ledger.months import month_of

Kind = BudgetRule.Kind
NAMES: Mapping[str, str] = {
    Kind.FIXED: "Fixed amounts",
    Kind.PER_HEAD: "Per head",
    Kind.REVENUE_SHARE: "Share of revenue",
    Kind.LAST_USE: "Last year’s use",
    Kind.REQUESTS: "Requests, decided by peers",
    Kind.DEPARTMENT_TO_CUSTOMERS: "Department to its customers",
}
MOST_FIGURE = Decimal(10) ** 12
Terms = dict[str, Any]


def checked(
    kind: str, terms: Mapping[str, Any], *, department: MicroEnterprise | None, on: date
) -> Terms:
    """The terms as they are stored; Invalid names the field that is missing or wrong.

    fixed: `each` and `figures` [{micro_enterprise, amount}] · per_head: `amount`, `on` ·
    revenue_share: `percent`, `first`, `last`, `inside`, `figures` · last_use and department:
    `former_cost`, `period`, `phase_in` (0 to 1), `on`, `customers` [{micro_enterprise, use,
    heads}] · requests: `ask_until`, `decide_by`, `most`. The first three take `kinds` of MEs;
    none means all. MEs are objects, amounts Decimals and days dates.
    """
    if kind not in NAMES:
        raise Invalid(f"{kind!r} is no kind of rule.", field="kind", value=kind)
    is_department = kind == Kind.DEPARTMENT_TO_CUSTOMERS
    if is_department != (department is not None):
        said = "Name the department." if is_department else "This rule has no department."
        raise Invalid(said, field="department")
    found = _CHECKS[kind](terms, on)
    if department and department.pk in [row["micro_enterprise"] for row in found["customers"]]:
        raise Invalid(f"{department} is no customer of itself.", field="customers")
    return found


def _fixed(terms: Mapping[str, Any], on: date) -> Terms:
    _ = on
    each = terms.get("each")
    figures = _figures(terms.get("figures") or ())
    if not each and not figures:
        raise Invalid("Write an amount for each ME, or list the amounts.", field="each")
    return {
        "each": str(checked_amount(each, field="each")) if each else None,
        "figures": figures,
        "kinds": _kinds(terms),
    }


def _per_head(terms: Mapping[str, Any], on: date) -> Terms:
    _ = on
    return {
        "amount": str(checked_amount(_required(terms, "amount"))),
        "on": _required(terms, "on").isoformat(),
        "kinds": _kinds(terms),
    }


def _revenue_share(terms: Mapping[str, Any], on: date) -> Terms:
    first, last = month_of(_required(terms, "first")), month_of(_required(terms, "last"))
    if not first <= last <= on:
        raise Invalid(
            "The period ends before it begins, or lies ahead: revenue is read of months gone by.",
            field="last",
            value=last.isoformat(),
        )
    figures = _figures(terms.get("figures") or ())
    if not terms.get("inside") and not figures:
        raise Invalid("Read inside revenue, list sales outside, or do both.", field="inside")
    return {
        "percent": str(_between(_required(terms, "percent"), "percent", most=Decimal(100))),
        "first": first.isoformat(),
        "last": last.isoformat(),
        "inside": bool(terms.get("inside")),
        "figures": figures,
        "kinds": _kinds(terms),
    }


def _last_use(terms: Mapping[str, Any], on: date) -> Terms:
    rows = terms.get("customers") or ()
    if not rows:
        raise Invalid("List at least one ME with what it used.", field="customers")
    _require_listed_once([row["micro_enterprise"] for row in rows], "customers")
    customers = [
        {
            "micro_enterprise": row["micro_enterprise"].pk,
            "use": str(_between(row["use"], "customers", most=MOST_FIGURE)),
            "heads": None
            if row.get("heads") is None
            else str(_between(row["heads"], "customers", most=MOST_FIGURE)),
        }
        for row in rows
    ]
    return {
        "former_cost": str(checked_amount(_required(terms, "former_cost"), field="former_cost")),
        "period": str(terms.get("period") or "")[:40],
        "phase_in": str(_between(_required(terms, "phase_in"), "phase_in", most=Decimal(1))),
        "on": (terms.get("on") or on).isoformat(),
        "customers": customers,
    }


def _requests(terms: Mapping[str, Any], on: date) -> Terms:
    ask_until, decide_by = _required(terms, "ask_until"), _required(terms, "decide_by")
    if decide_by <= ask_until:
        raise Invalid(
            "The board decides after the last day of asking.",
            field="decide_by",
            value=decide_by.isoformat(),
        )
    _ = on
    most = terms.get("most")
    return {
        "ask_until": ask_until.isoformat(),
        "decide_by": decide_by.isoformat(),
        "most": str(checked_amount(most, field="most")) if most else None,
    }


_CHECKS: Mapping[str, Callable[[Mapping[str, Any], date], Terms]] = {
    Kind.FIXED: _fixed,
    Kind.PER_HEAD: _per_head,
    Kind.REVENUE_SHARE: _revenue_share,
    Kind.LAST_USE: _last_use,
    Kind.DEPARTMENT_TO_CUSTOMERS: _last_use,
    Kind.REQUESTS: _requests,
}


def _required(terms: Mapping[str, Any], name: str) -> Any:
    if terms.get(name) is None:
        raise Invalid("This is needed.", field=name)
    return terms[name]


def _between(figure: Decimal, field: str, *, most: Decimal) -> Decimal:
    try:
        if 0 <= figure <= most:
            return figure.normalize() + 0
    except InvalidOperation:
        pass
    raise Invalid(f"Write a figure from 0 to {most:,}.", field=field, value=str(figure))


def _figures(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    _require_listed_once([row["micro_enterprise"] for row in rows], "figures")
    return [
        {
            "micro_enterprise": row["micro_enterprise"].pk,
            "amount": str(checked_amount(row["amount"], field="figures")),
        }
        for row in rows
    ]


def _kinds(terms: Mapping[str, Any]) -> list[str]:
    kinds = sorted(set(terms.get("kinds") or ()))
    if unknown := [kind for kind in kinds if kind not in MicroEnterprise.Kind.values]:
        raise Invalid(f"{unknown[0]!r} is no kind of ME.", field="kinds", value=unknown[0])
    return kinds


def _require_listed_once(mes: Sequence[MicroEnterprise], field: str) -> None:
    seen = set()
    for me in mes:
        require_trading(me)
        if me.pk in seen:
            raise Invalid(f"{me} is listed twice.", field=field, value=str(me))
        seen.add(me.pk)
