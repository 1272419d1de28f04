"""缺链清单: the gaps of a region over one chain or all of them, filtered, sorted, and beside other regions.

Lists are made without reasons (`domain.gap_list`) and kept while the data stays the same; the reasons of one
gap are what `explain_gap` returns.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from service.analysis import ChainView, gap_context, report_gaps, view_chain
from service.comparing import MOST, common_level
from service.domain.chains import Chain, Stage
from service.domain.completeness import RegionSummary, summarise_region
from service.domain.gap_list import ListedGap, list_gaps
from service.domain.gaps import Gap, GapKind, Rating, rate_region
from service.domain.prospects import Prospects
from service.domain.regions import Geography, Level, Region
from service.errors import InvalidQuery, UnknownNode
from service.kept import Kept
from service.knowledge import Knowledge
from service.stabilities import Reliance, judge_chain
from service.storage.engine import Session
from service.storage.sources import Source, data_version

T = TypeVar("T")

_DIGITS = 9
_RATING_ORDER = {rating: place for place, rating in enumerate(Rating)}
_STAGE_ORDER = {stage: place for place, stage in enumerate(Stage)}
_KIND_ORDER = {kind: place for place, kind in enumerate(GapKind)}


@dataclass(frozen=True, slots=True)
class GapLine:
    """A gap and the chain it stands in."""

    chain: str
    chain_name: str
    gap: ListedGap


@dataclass(frozen=True)
class ChainGaps:
    """The gaps of one chain in one region, most urgent first, and how its leaves are rated."""

    chain: Chain
    summary: RegionSummary
    gaps: tuple[ListedGap, ...]
    ratings: Mapping[str, Rating]


@dataclass(frozen=True)
class GapList:
    """The gaps of a region over some chains, the most urgent first; `chains` by id."""

    region: Region
    level: Level
    lines: tuple[GapLine, ...]
    chains: Mapping[str, ChainGaps]
    members: tuple[str, ...]
    sources: tuple[Source, ...]
    data_version: str

    @property
    def unobserved(self) -> int:
        """Leaves of which nothing can be said."""
        return sum(one.summary.leaves[Rating.UNOBSERVED] for one in self.chains.values())

    def rating(self, chain: str, node: str) -> Rating:
        """Return how a leaf is rated here."""
        return self.chains[chain].ratings[node]


class GapSort(StrEnum):
    """What a list can be sorted by."""

    PRIORITY = "priority"
    CHAIN = "chain"
    NAME = "name"
    STAGE = "stage"
    RATING = "rating"
    KIND = "kind"
    FIRMS = "firms"
    EXPECTED = "expected"
    NEARBY = "nearby"


_SORT_KEYS: dict[GapSort, Callable[[GapLine], Any]] = {
    GapSort.PRIORITY: lambda line: line.gap.priority,
    GapSort.CHAIN: lambda line: line.chain_name,
    GapSort.NAME: lambda line: line.gap.name,
    GapSort.STAGE: lambda line: _STAGE_ORDER[line.gap.stage],
    GapSort.RATING: lambda line: _RATING_ORDER[line.gap.rating],
    GapSort.KIND: lambda line: _KIND_ORDER[line.gap.kind],
    GapSort.FIRMS: lambda line: line.gap.effective_firms,
    GapSort.EXPECTED: lambda line: line.gap.expected,
    GapSort.NEARBY: lambda line: line.gap.nearby_supply or 0.0,
}
LARGEST_FIRST = frozenset({GapSort.PRIORITY, GapSort.FIRMS, GapSort.EXPECTED, GapSort.NEARBY})
"""Columns of which the large values are wanted first."""


@dataclass(frozen=True)
class GapFilter:
    """Which gaps are wanted, in which order. An empty set means any; `priority` is the least, 0-100;
    `descending` None: the order that is usual for the column.
    """

    ratings: frozenset[Rating] = frozenset()
    kinds: frozenset[GapKind] = frozenset()
    stages: frozenset[Stage] = frozenset()
    priority: float = 0.0
    text: str = ""
    sort: GapSort = GapSort.PRIORITY
    descending: bool | None = None

    @property
    def downwards(self) -> bool:
        """The largest first."""
        return self.sort in LARGEST_FIRST if self.descending is None else self.descending

    def pick(self, lines: Iterable[GapLine], terms: Mapping[str, str]) -> list[GapLine]:
        """Return the wanted lines in the wanted order, equal ones by priority and node.

        `terms` is by node what the text is looked for in, besides the names.
        """
        return self._sorted([line for line in lines if self.takes(line, terms)], lambda line: line)

    def pick_rows(
        self, rows: Iterable[SideRow], terms: Mapping[str, str], *, apart: bool = False
    ) -> list[SideRow]:
        """Return the rows that have a wanted line in any region; `apart`: only those that tell regions
        apart.
        """
        kept = [
            row
            for row in rows
            if (row.apart or not apart) and any(line and self.takes(line, terms) for line in row.lines)
        ]
        return self._sorted(kept, lambda row: row.line)

    def _sorted(self, items: list[T], line_of: Callable[[T], GapLine]) -> list[T]:
        key = _SORT_KEYS[self.sort]
        items.sort(key=lambda item: _usual_order(line_of(item)))
        return sorted(items, key=lambda item: key(line_of(item)), reverse=self.downwards)

    def takes(self, line: GapLine, terms: Mapping[str, str]) -> bool:
        """Say whether a line is wanted."""
        gap, wanted = line.gap, _plain(self.text)
        return (
            (not self.ratings or gap.rating in self.ratings)
            and (not self.kinds or gap.kind in self.kinds)
            and (not self.stages or gap.stage in self.stages)
            and gap.priority >= self.priority
            and (not wanted or wanted in _plain(f"{gap.name} {line.chain_name} {terms.get(gap.node, '')}"))
        )


@dataclass(frozen=True)
class SideBySide:
    """Regions beside each other. `lists` in the order asked, the region itself first; `rows` are the nodes
    that are a gap in any of them.
    """

    lists: tuple[GapList, ...]
    rows: tuple[SideRow, ...]

    @property
    def comparable(self) -> bool:
        """All regions are observed through the same sources."""
        return len({one.members for one in self.lists}) == 1


@dataclass(frozen=True)
class SideRow:
    """One node over the regions: its line in each (None: no gap there), and how it is rated in each."""

    lines: tuple[GapLine | None, ...]
    ratings: tuple[Rating, ...]

    @property
    def line(self) -> GapLine:
        """The line of the first region that has the gap."""
        return next(line for line in self.lines if line is not None)

    @property
    def apart(self) -> bool:
        """It is a gap in some of the regions and none in others; what is not observed says nothing."""
        seen = {
            line is not None
            for line, rating in zip(self.lines, self.ratings, strict=True)
            if rating is not Rating.UNOBSERVED
        }
        return len(seen) > 1


_lists: Kept[GapList] = Kept(192)
_judged: Kept[Reliance] = Kept(192)


def list_region_gaps(
    session: Session,
    knowledge: Knowledge,
    region: str,
    chains: Sequence[str] = (),
    *,
    level: Level | None = None,
) -> GapList:
    """Return the gaps of a region over `chains` (none given: all), the most urgent first.

    Over several chains a node stands once, as its own chain has it. Raises UnknownRegion, UnknownChain;
    InvalidQuery when the region does not stand at `level`.
    """
    wanted = tuple(chains) or tuple(knowledge.chains)
    for chain in wanted:
        knowledge.chain(chain)
    place = knowledge.geography.find(region)
    key = (_state(session, knowledge), place.adcode, str(level or place.level), wanted)
    return _lists.find(session, key, lambda: _build(session, knowledge, place.adcode, wanted, level))


def _state(session: Session, knowledge: Knowledge) -> tuple[str, str, str]:
    """What an answer rests on: while it stays, the answer does."""
    return data_version(session), knowledge.chains_hash, knowledge.weights.gap.version


def _build(
    session: Session, knowledge: Knowledge, region: str, chains: Sequence[str], level: Level | None
) -> GapList:
    views = [view_chain(session, knowledge, region, chain, level=level) for chain in chains]
    first = views[0]
    shared = Prospects(first.landscape, first.region.adcode, knowledge.region_names)
    found = {view.coverage.chain.id: _gaps_of(knowledge, view, shared) for view in views}
    lines = [
        GapLine(one.chain.id, one.chain.name, gap)
        for one in found.values()
        for gap in one.gaps
        if len(chains) == 1 or gap.node.startswith(f"{one.chain.id}/")
    ]
    lines.sort(key=_usual_order)
    members, level = first.coverage.regions, first.coverage.level
    return GapList(first.region, level, tuple(lines), found, members, first.sources, first.data_version)


def _gaps_of(knowledge: Knowledge, view: ChainView, shared: Prospects) -> ChainGaps:
    """The gaps of one chain; all chains of a region read the same `shared` table."""
    coverage, region = view.coverage, view.region.adcode
    context = replace(gap_context(knowledge, view), prospects=shared)
    rated = rate_region(coverage, region)
    leaves = {leaf.id for leaf in coverage.chain.leaves}
    return ChainGaps(
        coverage.chain,
        summarise_region(coverage, region, rated),
        tuple(list_gaps(coverage, region, weights=knowledge.weights.gap, context=context)),
        {one.node: one.rating for one in rated if one.node in leaves},
    )


def judge_gaps(session: Session, knowledge: Knowledge, region: str, chain: str) -> Reliance:
    """Return the gaps of one chain with their reasons and how far they can be relied on.

    Raises UnknownRegion, UnknownChain.
    """
    place = knowledge.geography.find(region)

    def judge() -> Reliance:
        view = view_chain(session, knowledge, place.adcode, chain)
        return judge_chain(session, knowledge, view, report_gaps(knowledge, view))

    return _judged.find(session, (_state(session, knowledge), place.adcode, chain), judge)


def explain_gap(
    session: Session, knowledge: Knowledge, region: str, chain: str, node: str
) -> tuple[Gap, Reliance]:
    """Return one gap with its factors and sentences, and how far the gaps of its chain can be relied on.

    Raises UnknownRegion, UnknownChain, UnknownNode; InvalidQuery when the node is no gap in the region.
    """
    the_chain = knowledge.chain(chain)
    if node not in the_chain:
        raise UnknownNode(f"产业链 {the_chain.name} 没有环节 {node!r}")
    judged = judge_gaps(session, knowledge, region, chain)
    for gap in judged.gaps:
        if gap.node == node:
            return gap, judged
    name = the_chain.node(node).name
    raise InvalidQuery(f"{name}在{knowledge.geography.find(region).name}不是缺链环节，没有优先级可说明")


def lay_side_by_side(
    session: Session, knowledge: Knowledge, regions: Sequence[str], chains: Sequence[str] = ()
) -> SideBySide:
    """Return the gaps of 2 to 5 regions of one level beside each other; the first is the one that asks.

    Raises UnknownRegion, UnknownChain; InvalidQuery when there are too many or they stand at several levels.
    """
    places = list(dict.fromkeys(knowledge.geography.find(text) for text in regions))
    level = check_side(knowledge.geography, places)
    lists = tuple(list_region_gaps(session, knowledge, place.adcode, chains, level=level) for place in places)
    return SideBySide(lists, _side_rows(lists))


def check_side(geography: Geography, places: Sequence[Region]) -> Level:
    """Return the level at which these regions can stand beside each other.

    Raises InvalidQuery when they are more than 5 or stand at several levels.
    """
    if len(places) > MOST:
        raise InvalidQuery(f"最多并排 {MOST} 个地区，收到 {len(places)} 个")
    return common_level(geography, places)


def _side_rows(lists: Sequence[GapList]) -> tuple[SideRow, ...]:
    by_region = [{(line.chain, line.gap.node): line for line in one.lines} for one in lists]
    keys = dict.fromkeys(key for known in by_region for key in known)
    return tuple(
        SideRow(tuple(known.get(key) for known in by_region), tuple(one.rating(*key) for one in lists))
        for key in keys
    )


def _usual_order(line: GapLine) -> tuple[float, str, str]:
    return -round(line.gap.priority, _DIGITS), line.gap.node, line.chain


def search_terms(knowledge: Knowledge) -> dict[str, str]:
    """Return by node the words that a filter looks in besides its name."""
    return {node.id: " ".join(node.terms) for one in knowledge.chains.values() for node in one.own_nodes}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
