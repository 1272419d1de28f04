"""总览: a region at a glance over all chains, and how old and how complete the data behind it is."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from service.analysis import WHOLE_COUNTRY
from service.domain.chains import Chain
from service.domain.completeness import RegionSummary
from service.domain.gaps import Rating
from service.domain.regions import Level, Region
from service.domain.standing import Standing
from service.gap_lists import ChainGaps, GapLine, GapList, list_region_gaps
from service.kept import Kept
from service.knowledge import Knowledge
from service.standings import standings_of
from service.storage.engine import Session
from service.storage.links import read_region_firms
from service.storage.search import count_by_source
from service.storage.sources import Source, data_changed_at, data_version
from service.targeting import regions_inside

TOP_GAPS = 10
_DAYS_OF_MONTH, _DAYS_OF_YEAR = 30.4375, 365.25
_STALE_DAYS = 2 * _DAYS_OF_YEAR


@dataclass(frozen=True)
class SourceState:
    """A source that observes the region. `firms`: those it names here. `complete`: it aims to name all.

    `places` are the regions it is complete for, by name; `age` says how old it is on the day of asking, None
    where it states no day.
    """

    source: Source
    firms: int
    complete: bool
    places: tuple[str, ...]

    def age(self, today: dt.date) -> str | None:
        """Return how long ago the source's day is, in words."""
        return say_age(self.source.as_of, today) if self.source.as_of else None

    def stale(self, today: dt.date) -> bool:
        """It is older than two years, so that what came since is not in it."""
        return self.source.as_of is not None and (today - self.source.as_of).days > _STALE_DAYS


@dataclass(frozen=True)
class ChainLine:
    """One chain in the region; `standing` among the regions of the same sources; `gap` the most urgent."""

    chain: Chain
    summary: RegionSummary
    standing: Standing
    gap: GapLine | None


class ChainSort(StrEnum):
    """What the table of chains can be sorted by."""

    CHAIN = "chain"
    COMPLETENESS = "completeness"
    FIRMS = "firms"
    RANK = "rank"
    GAPS = "gaps"
    PRIORITY = "priority"


@dataclass(frozen=True)
class Overview:
    """A region at a glance. `chains` in their own order; `gaps` the most urgent of all chains.

    `compared` regions of the level are observed through the same sources, this one included. `firms` known
    here of any kind, `chain_firms` those of any chain. `leaves`: how many leaves of all chains have each
    rating, one that several chains share as its own chain has it.
    """

    region: Region
    level: Level
    data_version: str
    changed_at: dt.datetime | None
    sources: tuple[SourceState, ...]
    compared: int
    firms: int
    chain_firms: int
    chains: tuple[ChainLine, ...]
    gaps: tuple[GapLine, ...]
    gap_count: int
    leaves: dict[Rating, int]

    @property
    def observed(self) -> bool:
        """Something can be said of at least one chain."""
        return any(line.summary.completeness is not None for line in self.chains)

    @property
    def mean_completeness(self) -> float | None:
        """The plain mean over the chains of which something can be said."""
        known = [share for line in self.chains if (share := line.summary.completeness) is not None]
        return sum(known) / len(known) if known else None


_SORT_KEYS: dict[ChainSort, Callable[[ChainLine], Any]] = {
    ChainSort.COMPLETENESS: lambda line: line.summary.completeness,
    ChainSort.FIRMS: lambda line: line.standing.firms,
    ChainSort.RANK: lambda line: line.standing.completeness_rank,
    ChainSort.GAPS: lambda line: _gap_leaves(line.summary),
    ChainSort.PRIORITY: lambda line: line.gap.gap.priority if line.gap else None,
}
LARGEST_FIRST = frozenset({ChainSort.COMPLETENESS, ChainSort.FIRMS, ChainSort.GAPS, ChainSort.PRIORITY})
"""Columns of which the large values are wanted first."""

_kept: Kept[Overview] = Kept(512)


def find_overview(session: Session, knowledge: Knowledge, region: str) -> Overview:
    """Return the region at a glance, made once for each state of the data.

    Raises UnknownRegion.
    """
    place = knowledge.geography.find(region)
    key = (data_version(session), knowledge.chains_hash, knowledge.weights.gap.version, place.adcode)
    return _kept.find(session, key, lambda: _make(session, knowledge, place))


def _make(session: Session, knowledge: Knowledge, place: Region) -> Overview:
    found = list_region_gaps(session, knowledge, place.adcode)
    standings = standings_of(session, knowledge, found.level, found.members)
    first = _first_gaps(found)
    firms, chain_firms = read_region_firms(session, found.level).get(place.adcode, (0, 0))
    return Overview(
        region=place,
        level=found.level,
        data_version=found.data_version,
        changed_at=data_changed_at(session),
        sources=_source_states(session, knowledge, place, found.sources),
        compared=len(found.members),
        firms=firms,
        chain_firms=chain_firms,
        chains=tuple(
            ChainLine(one.chain, one.summary, standings[chain].of(place.adcode), first.get(chain))
            for chain, one in found.chains.items()
        ),
        gaps=found.lines[:TOP_GAPS],
        gap_count=len(found.lines),
        leaves=_count_leaves(found),
    )


def _count_leaves(found: GapList) -> dict[Rating, int]:
    own = Counter(
        rating
        for chain, one in found.chains.items()
        for node, rating in one.ratings.items()
        if node.startswith(f"{chain}/")
    )
    return {rating: own[rating] for rating in Rating}


def _first_gaps(found: GapList) -> dict[str, GapLine]:
    """The most urgent gap of each chain, be it one that the chain borrows."""

    def first(chain: str, one: ChainGaps) -> GapLine | None:
        return GapLine(chain, one.chain.name, one.gaps[0]) if one.gaps else None

    lines = {chain: first(chain, one) for chain, one in found.chains.items()}
    return {chain: line for chain, line in lines.items() if line}


def _source_states(
    session: Session, knowledge: Knowledge, place: Region, sources: Sequence[Source]
) -> tuple[SourceState, ...]:
    geography = knowledge.geography
    above = geography.lineage(place.adcode) | {WHOLE_COUNTRY}
    counts = count_by_source(session, inside=regions_inside(geography, place.adcode))
    return tuple(
        SourceState(
            source,
            counts.get(source.key, 0),
            not above.isdisjoint(source.complete_for),
            tuple(
                "全国" if code == WHOLE_COUNTRY else geography.get(code).name for code in source.complete_for
            ),
        )
        for source in sources
    )


def sort_chains(lines: Sequence[ChainLine], sort: ChainSort, *, descending: bool) -> list[ChainLine]:
    """Return the lines sorted; those without a value come last either way, equal ones keep their order."""
    if sort is ChainSort.CHAIN:
        return list(reversed(lines)) if descending else list(lines)
    value = _SORT_KEYS[sort]
    known = [line for line in lines if value(line) is not None]
    return sorted(known, key=value, reverse=descending) + [line for line in lines if value(line) is None]


def _gap_leaves(summary: RegionSummary) -> int:
    return sum(summary.leaves[rating] for rating in (Rating.MISSING, Rating.SUSPECTED, Rating.WEAK))


def say_age(day: dt.date, today: dt.date) -> str:
    """Return how long ago `day` is: 今天, 12 天前, 5 个月前, 2 年 3 个月前; a day to come is 今天 too."""
    days = (today - day).days
    if days <= 0:
        return "今天"
    if days < 2 * _DAYS_OF_MONTH:
        return f"{days} 天前"
    months = int(days / _DAYS_OF_MONTH)
    years, rest = divmod(months, 12)
    if not years:
        return f"{months} 个月前"
    return f"{years} 年 {rest} 个月前" if rest else f"{years} 年前"
