"""What changed in a region since the data before the last import: ratings, gaps, firms.

The coverage of then was kept by the import (`storage.before`); it is rated by the functions that rate the
coverage of now, so that a change is never one of method.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.analysis import comparison_set, rate_nodes, view_chain
from service.coverages import show_observed
from service.domain.chains import Chain
from service.domain.coverage import Coverage, coverage_from_cells
from service.domain.gaps import GAP_RATINGS, NodeRating, Rating, rate_region
from service.domain.regions import Level, Region
from service.kept import Kept
from service.knowledge import Knowledge
from service.storage.before import (
    Cell,
    DataBefore,
    read_added_firms,
    read_before,
    read_cells_before,
    read_region_firms_before,
)
from service.storage.engine import Session
from service.storage.links import read_region_firms
from service.storage.sources import data_version
from service.targeting import regions_inside

_ORDER = {
    rating: place
    for place, rating in enumerate(
        (Rating.MISSING, Rating.SUSPECTED, Rating.WEAK, Rating.BALANCED, Rating.STRONG)
    )
}
_NAMED = 5


class ChangeOf(StrEnum):
    """What became of a node's rating."""

    CLOSED = "closed"
    BETTER = "better"
    OPENED = "opened"
    WORSE = "worse"
    SEEN = "seen"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A leaf whose rating is another than before; `firms_before`, `firms_now` are effective firms."""

    chain: str
    chain_name: str
    node: str
    name: str
    before: Rating
    now: Rating
    firms_before: float
    firms_now: float

    @property
    def sort(self) -> ChangeOf:
        """What the change is to the gaps: a weak node was there and is a gap all the same."""
        if Rating.UNOBSERVED in (self.before, self.now):
            return ChangeOf.SEEN if self.before is Rating.UNOBSERVED else ChangeOf.UNSEEN
        if (self.before in GAP_RATINGS) != (self.now in GAP_RATINGS):
            return ChangeOf.CLOSED if self.before in GAP_RATINGS else ChangeOf.OPENED
        return ChangeOf.BETTER if _ORDER[self.now] > _ORDER[self.before] else ChangeOf.WORSE


@dataclass(frozen=True)
class Changes:
    """What changed in a region since the data before the last import.

    `since` is when that data came to be, None where there is no earlier data. `comparable`: the chains are
    those of then; where they are not, `nodes` is empty. `nodes` stand in the order of `ChangeOf`, then of the
    chains. `added` are names of some of the firms that were not there.
    """

    region: Region
    level: Level
    since: dt.datetime | None = None
    version_before: str = ""
    comparable: bool = True
    nodes: tuple[NodeChange, ...] = ()
    firms_before: int = 0
    firms_now: int = 0
    chain_firms_before: int = 0
    chain_firms_now: int = 0
    added: tuple[tuple[str, str], ...] = ()

    def of(self, sort: ChangeOf) -> tuple[NodeChange, ...]:
        """Return the changes of one sort."""
        return tuple(one for one in self.nodes if one.sort is sort)

    @property
    def nothing(self) -> bool:
        """There was earlier data, and here all is as it was."""
        return (
            self.since is not None
            and self.comparable
            and not self.nodes
            and self.firms_before == self.firms_now
            and not self.added
        )


@dataclass(frozen=True)
class _Past:
    """The coverage of every chain over one comparison set before the last import."""

    coverages: Mapping[str, Coverage]

    @property
    def cells(self) -> int:
        """How many numbers it holds: what it costs to keep."""
        return sum(one.direct.size for one in self.coverages.values())


_kept: Kept[Changes] = Kept(512)
_MOST_CELLS = 4_000_000
_past: Kept[_Past] = Kept(_MOST_CELLS, cost=lambda past: past.cells)


def find_changes(session: Session, knowledge: Knowledge, region: str) -> Changes:
    """Return what changed in a region since the data before the last import, found once for each state.

    Raises UnknownRegion.
    """
    place = knowledge.geography.find(region)
    key = (data_version(session), knowledge.chains_hash, place.adcode)
    return _kept.find(session, key, lambda: _find(session, knowledge, place))


def _find(session: Session, knowledge: Knowledge, place: Region) -> Changes:
    before = read_before(session)
    if before is None:
        return Changes(place, place.level)
    comparable = before.chains_hash == knowledge.chains_hash
    firms, chain_firms = read_region_firms_before(session, place.level).get(place.adcode, (0, 0))
    firms_now, chain_firms_now = read_region_firms(session, place.level).get(place.adcode, (0, 0))
    inside = regions_inside(knowledge.geography, place.adcode)
    return Changes(
        region=place,
        level=place.level,
        since=before.changed_at,
        version_before=before.version,
        comparable=comparable,
        nodes=tuple(_node_changes(session, knowledge, place, before)) if comparable else (),
        firms_before=firms,
        firms_now=firms_now,
        chain_firms_before=chain_firms,
        chain_firms_now=chain_firms_now,
        added=tuple(read_added_firms(session, before.last_firm, inside=inside, limit=_NAMED)),
    )


def _node_changes(
    session: Session, knowledge: Knowledge, place: Region, before: DataBefore
) -> list[NodeChange]:
    past = _past_of(session, knowledge, place, before)
    found = []
    for chain in knowledge.chains.values():
        then = rate_region(past.coverages[chain.id], place.adcode)
        now = rate_nodes(view_chain(session, knowledge, place.adcode, chain.id))
        found += _compare(chain, then, now)
    order = list(ChangeOf)
    return sorted(found, key=lambda one: order.index(one.sort))


def _past_of(session: Session, knowledge: Knowledge, place: Region, before: DataBefore) -> _Past:
    members, complete, _ = comparison_set(before.sources, knowledge.geography, place.adcode, place.level)
    key = (before.version, str(place.level), members, complete)
    return _past.find(session, key, lambda: _rebuild(session, knowledge, place.level, members, complete))


def _rebuild(
    session: Session, knowledge: Knowledge, level: Level, members: Sequence[str], complete: frozenset[str]
) -> _Past:
    by_node: dict[str, list[Cell]] = {}
    for cell in read_cells_before(session, level):
        by_node.setdefault(cell[1], []).append(cell)
    firms_known = show_observed(read_region_firms_before(session, level), complete)
    coverages = {}
    for chain in knowledge.chains.values():
        cells = [cell for node in chain.nodes for cell in by_node.get(node.id, ())]
        coverages[chain.id] = coverage_from_cells(
            chain,
            level,
            members,
            [(adcode, node, effective) for adcode, node, effective, _ in cells],
            firms_known=firms_known,
            complete=complete,
            anchors=[(adcode, node) for adcode, node, _, anchors in cells if anchors],
        )
    return _Past(coverages)


def _compare(chain: Chain, then: Iterable[NodeRating], now: Iterable[NodeRating]) -> list[NodeChange]:
    """The leaves of the chain's own that are rated otherwise; a borrowed one is told of by its own chain."""
    own = {node.id: node.name for node in chain.own_nodes if not chain.children(node.id)}
    earlier = {rated.node: rated for rated in then}
    return [
        NodeChange(
            chain.id,
            chain.name,
            rated.node,
            own[rated.node],
            earlier[rated.node].rating,
            rated.rating,
            earlier[rated.node].effective_firms,
            rated.effective_firms,
        )
        for rated in now
        if rated.node in own and rated.rating is not earlier[rated.node].rating
    ]
