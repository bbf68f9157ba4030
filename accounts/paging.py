"""Pages of long lists: counting stops where nobody would page any further."""

from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

AT_MOST = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts up to `AT_MOST` rows, so that a list of millions costs what a list of many costs."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        return rows[:AT_MOST].count()


def page_of(rows: QuerySet[Any], number: str | None, *, size: int = 25) -> Page[Any]:
    """The page with that number of the address; a wrong number is the nearest page."""
    return CappedPaginator(rows, size).get_page(number)
