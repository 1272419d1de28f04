"""Questions and their answers: what the API, the pages, the command line and notebooks all call.

Each function reads what it needs from the database and hands it to the pure functions of `domain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from service.coverages import coverage_of, surroundings_of
from service.domain.chains import Chain
from service.domain.completeness import RegionReport, RegionSummary, report_region, summarise_region
from service.domain.coverage import Coverage, nearby_supply
from service.domain.gaps import Gap, NodeRating, rate_region
from service.domain.landscape import Landscape
from service.domain.priority import GapContext
from service.domain.prospects import Prospects
from service.domain.regions import Geography, Level, Region
from service.domain.weights import Finding
from service.errors import InvalidQuery
from service.kept import Kept
from service.knowledge import Knowledge
from service.landscapes import landscape_of
from service.storage.engine import Session
from service.storage.sources import Source, data_version, list_sources

WHOLE_COUNTRY = "100000"

_Set = tuple[tuple[str, ...], frozenset[str], tuple[Source, ...]]
_sets: Kept[_Set] = Kept(256)


@dataclass(frozen=True)
class ChainView:
    """One chain seen over one comparison set, with what stands beside it.

    `coverage` holds the comparison set of `region`; `around` the same chain over every region of the level
    that has firms of it, whatever the sources, for supply within reach: `region` may not be among them.
    `landscape` holds all chains over the comparison set.
    """

    region: Region
    coverage: Coverage
    around: Coverage
    landscape: Landscape
    sources: tuple[Source, ...]
    data_version: str


def comparison_set(
    sources: Sequence[Source], geography: Geography, region: str, level: Level
) -> tuple[tuple[str, ...], frozenset[str], tuple[Source, ...]]:
    """Return the regions of `level` observed through the same sources as `region`, those of them for
    which a source is complete, and the sources.

    A source observes a region when it covers it or a region above it; it is complete for it likewise.
    """
    covers = [frozenset(source.covers) for source in sources]
    claimed = frozenset(adcode for source in sources for adcode in source.complete_for)
    observed: dict[str, tuple[bool, ...]] = {}
    complete = set()
    for other in geography.regions(level):
        above = geography.lineage(other.adcode) | {WHOLE_COUNTRY}
        observed[other.adcode] = tuple(not above.isdisjoint(places) for places in covers)
        if not above.isdisjoint(claimed):
            complete.add(other.adcode)
    ours = observed[region]
    members = tuple(adcode for adcode, seen_by in observed.items() if seen_by == ours)
    return (
        members,
        frozenset(complete.intersection(members)),
        tuple(source for source, sees in zip(sources, ours, strict=True) if sees),
    )


def view_chain(
    session: Session, knowledge: Knowledge, region: str, chain: str, *, level: Level | None = None
) -> ChainView:
    """Read what is known of one chain around one region.

    Parameters
    ----------
    region : adcode or name. level : the level to compare at, by default the region's own.

    Raises
    ------
    UnknownRegion, UnknownChain; InvalidQuery when the region does not stand at `level`.
    """
    place = knowledge.geography.find(region)
    wanted = level or place.level
    if knowledge.geography.at_level(place.adcode, wanted) != place.adcode:
        raise InvalidQuery(f"{place.name}({place.adcode})不在 {wanted} 这一级，请换一级或换一个地区")
    the_chain = knowledge.chain(chain)
    version = data_version(session)
    members, complete, sources = _set_of(session, knowledge, place.adcode, wanted)
    coverage = coverage_of(session, the_chain, wanted, members, complete)
    around = surroundings_of(session, the_chain, wanted)
    landscape = landscape_of(session, knowledge, wanted, members)
    return ChainView(place, coverage, around, landscape, sources, version)


def members_of(session: Session, knowledge: Knowledge, region: str, level: Level) -> tuple[str, ...]:
    """Return the regions with which `region` (an adcode of the level) is compared, itself among them."""
    return _set_of(session, knowledge, region, level)[0]


def _set_of(session: Session, knowledge: Knowledge, region: str, level: Level) -> _Set:
    return _sets.find(
        session,
        (data_version(session), region, str(level)),
        lambda: comparison_set(list_sources(session), knowledge.geography, region, level),
    )


def rate_nodes(view: ChainView) -> list[NodeRating]:
    """Return the rating of every node of the chain in the region, in the order of the chain."""
    return rate_region(view.coverage, view.region.adcode)


def report_gaps(knowledge: Knowledge, view: ChainView) -> RegionReport:
    """Return the gaps of the chain in the region, the most urgent first, with completeness."""
    return report_region(
        view.coverage,
        view.region.adcode,
        weights=knowledge.weights.gap,
        context=gap_context(knowledge, view),
    )


def gap_context(knowledge: Knowledge, view: ChainView) -> GapContext:
    """Return what a question about the region's gaps brings along besides the coverage."""
    return GapContext(
        region_name=view.region.name,
        data_version=view.data_version,
        prospects=Prospects(view.landscape, view.region.adcode, knowledge.region_names),
        nearby=supply_within_reach(knowledge.geography, view),
        fit=find_fit(view.coverage.chain),
    )


def find_fit(chain: Chain) -> dict[str, Finding]:
    """Return what is known of fit, by leaf: what nature endows a place with cannot be brought in."""
    return {
        node.id: Finding(0.0, f"本环节以{node.endowment}为前提，当地没有这一资源记录，招引余地小。")
        for node in chain.leaves
        if node.endowment
    }


def find_gap(report: RegionReport, node: str) -> Gap | None:
    """Return the gap at this node, None when the node is none."""
    return next((gap for gap in report.gaps if gap.node == node), None)


def supply_within_reach(
    geography: Geography, view: ChainView
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return per node the distance-decayed supply around the region, (N,)."""
    regions, region = view.around.regions, view.region.adcode
    here = regions.index(region) if region in regions else None
    distances = np.nan_to_num(
        geography.distances_km(view.region.adcode, view.around.regions), nan=np.inf, posinf=np.inf
    )
    return nearby_supply(view.around.effective, distances, exclude=here)


def summarise_chains(
    session: Session, knowledge: Knowledge, region: str, *, level: Level | None = None
) -> list[tuple[str, RegionSummary]]:
    """Return for every chain its summary in the region, in the order of the chains."""
    found = []
    for chain in knowledge.chains:
        view = view_chain(session, knowledge, region, chain, level=level)
        found.append((chain, summarise_region(view.coverage, view.region.adcode, rate_nodes(view))))
    return found


def completeness_by_region(
    session: Session, knowledge: Knowledge, chain: str, level: Level, regions: Iterable[str]
) -> dict[str, RegionSummary]:
    """Return the summary of one chain in many regions of one level, each in its own comparison set."""
    found: dict[str, RegionSummary] = {}
    waiting = set(regions)
    while waiting:
        view = view_chain(session, knowledge, min(waiting), chain, level=level)
        for adcode in waiting.intersection(view.coverage.regions):
            found[adcode] = summarise_region(view.coverage, adcode, rate_region(view.coverage, adcode))
        waiting.difference_update(view.coverage.regions)
    return found
