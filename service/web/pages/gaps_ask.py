"""What the page of gaps is asked for: filters, order, regions beside, page; all of it is in the address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query
from pydantic import BeforeValidator, StringConstraints

from service.comparing import split_names
from service.domain.chains import Stage
from service.domain.gaps import GapKind, Rating
from service.gap_lists import GapFilter, GapSort
from service.web.pages.ask import Ask

T = TypeVar("T")

PAGE = 100


class Scope(StrEnum):
    """One chain, or all of them."""

    CHAIN = "chain"
    ALL = "all"


class Order(StrEnum):
    """Which way a column runs."""

    ASCENDING = "asc"
    DESCENDING = "desc"


def _or_zero(value: object) -> object:
    """An empty field of a form means no limit."""
    return value if value else 0


RegionsText = Annotated[str, StringConstraints(max_length=400)]


@dataclass(frozen=True)
class GapsAsk:
    """The state of the page. `beside`: regions as they were typed or picked."""

    wanted: GapFilter
    scope: Scope
    beside: tuple[str, ...]
    apart: bool
    page: int

    @property
    def everything(self) -> bool:
        """All chains are asked for."""
        return self.scope == Scope.ALL

    def query(self, ask: Ask, **changes: Any) -> str:
        """Return the query string of the page with these changes; the page number falls back to the first.

        `changes` are fields of this class or of the filter.
        """
        own = {name: changes.pop(name) for name in ("scope", "beside", "apart", "page") if name in changes}
        state = replace(self, wanted=replace(self.wanted, **changes), **{"page": 1, **own})
        return urlencode([("region", ask.region.adcode), ("chain", ask.chain.id), *state.pairs()])

    def pairs(self) -> list[tuple[str, str]]:
        """Return the parameters that differ from a plain page."""
        wanted = self.wanted
        usual = wanted.sort is GapSort.PRIORITY and wanted.downwards
        order = Order.DESCENDING if wanted.downwards else Order.ASCENDING
        found = [
            ("scope", "all" if self.everything else ""),
            *(("rating", str(one)) for one in Rating if one in wanted.ratings),
            *(("kind", str(one)) for one in GapKind if one in wanted.kinds),
            *(("stage", str(one)) for one in Stage if one in wanted.stages),
            ("priority", f"{wanted.priority:g}" if wanted.priority else ""),
            ("q", wanted.text),
            ("sort", "" if usual else str(wanted.sort)),
            ("order", "" if usual else str(order)),
            *(("beside", one) for one in self.beside),
            ("apart", "true" if self.apart else ""),
            ("page", str(self.page) if self.page > 1 else ""),
        ]
        return [(name, value) for name, value in found if value]

    def sort_query(self, ask: Ask, sort: str) -> str:
        """Return the query string of a column's heading: sorted by it, or the other way round."""
        again = self.wanted.sort == sort
        return self.query(ask, sort=GapSort(sort), descending=not self.wanted.downwards if again else None)

    def sorted_by(self, sort: str) -> str:
        """Return the value of aria-sort for a column."""
        if self.wanted.sort != sort:
            return "none"
        return "descending" if self.wanted.downwards else "ascending"

    def without(self, ask: Ask, name: str) -> str:
        """Return the query string without one of the regions beside."""
        return self.query(ask, beside=tuple(one for one in self.beside if one != name))

    @property
    def narrowed(self) -> bool:
        """A filter is set."""
        plain = GapFilter(sort=self.wanted.sort, descending=self.wanted.descending)
        return self.wanted != plain or self.apart


def get_gaps_ask(
    scope: Annotated[Scope, Query()] = Scope.CHAIN,
    rating: Annotated[list[Rating] | None, Query(max_length=20)] = None,
    kind: Annotated[list[GapKind] | None, Query(max_length=20)] = None,
    stage: Annotated[list[Stage] | None, Query(max_length=20)] = None,
    priority: Annotated[float, BeforeValidator(_or_zero), Query(ge=0, le=100, allow_inf_nan=False)] = 0.0,
    q: Annotated[str, Query(max_length=60)] = "",
    sort: Annotated[GapSort, Query()] = GapSort.PRIORITY,
    order: Annotated[Order | None, Query()] = None,
    beside: Annotated[list[RegionsText] | None, Query(max_length=40)] = None,
    apart: Annotated[bool, Query()] = False,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> GapsAsk:
    """Return what the address asks for."""
    return GapsAsk(
        wanted=GapFilter(
            ratings=frozenset(rating or ()),
            kinds=frozenset(kind or ()),
            stages=frozenset(stage or ()),
            priority=priority,
            text=q.strip(),
            sort=sort,
            descending=None if order is None else order is Order.DESCENDING,
        ),
        scope=scope,
        beside=tuple(_regions(beside or [])),
        apart=apart,
        page=page,
    )


def _regions(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(split_names(texts)))


GapsAskDep = Annotated[GapsAsk, Depends(get_gaps_ask)]
