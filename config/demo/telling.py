"""What happened while the demo's day was moved, in the words of people who use the market."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from contracts.queries.settlement import totals_of
from ledger.months import parse

Figures = Mapping[str, Any]


def in_words(jobs: Iterable[Figures]) -> list[str]:
    """A sentence for each kind of thing that happened; faults first."""
    told, results = list[str](), defaultdict[str, list[Figures]](list)
    for job in jobs:
        if "error" in job:
            told.append(f"{job['job'].capitalize()} failed on {job['on']}: {job['error']}.")
        else:
            results[job["job"]].append(job["result"])
    for name, figures in results.items():
        told += _TOLD.get(name, _otherwise(name))(figures)
    return told


def _settled(results: list[Figures]) -> list[str]:
    latest = {month: state for figures in results for month, state in figures.items()}
    months = {parse(text): state for text, state in latest.items()}
    totals = totals_of(list(months))
    said = {
        "computed": "was computed and can be looked at",
        "posted": "was settled",
        "locked": "was settled and locked",
    }
    return [
        f"{month:%B %Y} {said[state]}: {_many(totals[month].contracts, 'contract')},"
        f" {totals[month].net:,.2f}."
        for month, state in sorted(months.items())
        if state in said
    ]


def _each(**words: str) -> Callable[[list[Figures]], list[str]]:
    """`words` by figure: singular|plural and what was done with them."""

    def tell(results: list[Figures]) -> list[str]:
        sums = _sums(results)
        parts = []
        for name, said in words.items():
            one, _, rest = said.partition("|")
            many, _, did = rest.partition("|")
            if count := sums[name]:
                parts.append(f"{count} {one if count == 1 else many} {did}".strip())
        return [f"{'; '.join(parts)}."] if parts else []

    return tell


def _granted(results: list[Figures]) -> list[str]:
    count = _sums(results)["granted"]
    total = sum(Decimal(each["total"]) for each in results)
    return [f"{_many(count, 'grant')} released: {total:,.2f}."] if count else []


def _freed(results: list[Figures]) -> list[str]:
    count = _sums(results)["count"]
    return [f"{_many(count, 'dispute window')} ended: that money may be spent."] if count else []


def _revealed(results: list[Figures]) -> list[str]:
    return [
        f"The ratings of {parse(each['month']):%B %Y} were revealed: {each['scored']} offerings"
        f" have a score, {each['not_enough']} too few raters."
        for each in results
        if each.get("month")
    ]


def _checked(results: list[Figures]) -> list[str]:
    faults = sum(len(each.get("broken", ())) for each in results)
    return [f"The money does not add up: {_many(faults, 'fault')}."] if faults else []


def _otherwise(name: str) -> Callable[[list[Figures]], list[str]]:
    return lambda results: [f"{name.capitalize()}: {sum(_sums(results).values())}."]


def _sums(results: list[Figures]) -> Counter[str]:
    sums = Counter[str]()
    for figures in results:
        sums.update({name: value for name, value in figures.items() if isinstance(value, int)})
    return sums


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


_TOLD: dict[str, Callable[[list[Figures]], list[str]]] = {
    "settle the month": _settled,
    "start, end and close contracts": _each(
        lapsed="offer|offers|lapsed",
        started="contract|contracts|started",
        expired="contract|contracts|ended",
        closed="contract|contracts|closed",
        failed="contract|contracts|could not be moved on; the log says why",
    ),
    "free ended dispute windows": _freed,
    "release monthly grants": _granted,
    "commit a new year's months": _each(
        committed="contract|contracts|committed for the new year",
        unfunded="contract has|contracts have|no money in the new year",
    ),
    "pay what is learned": _each(
        paid="course investment|course investments|paid",
        expired="proposal to learn|proposals to learn|expired undecided",
    ),
    "invite to rate": _each(invited="invitation to rate|invitations to rate|sent"),
    "reveal and count ratings": _revealed,
    "remind of what would lapse": _each(
        answers="reminder|reminders|of an answer sent", ends="reminder|reminders|of an end sent"
    ),
    "check the money": _checked,
    "people of the demo": _each(
        delivered="delivery|deliveries|entered",
        confirmed="delivery|deliveries|confirmed",
        measured="success result|success results|entered",
        levels="service level|service levels|measured",
        accepted="measurement|measurements|confirmed by the other side",
        agreed="success result|success results|agreed by the other side",
        disputed="line|lines|disputed",
        answered="dispute|disputes|answered",
        rated="rating|ratings|given",
    ),
}
