"""What a briefing on one chain in one region tells, read once: slides, workbook and book draw from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.analysis import ChainView, rate_nodes, report_gaps, supply_within_reach, view_chain
from service.asking import TOP_GAPS
from service.comparing import Comparison, compare_regions
from service.domain.chains import Chain
from service.domain.completeness import RegionReport
from service.domain.gaps import Gap, NodeRating, Rating
from service.domain.regions import Region
from service.errors import InvalidQuery
from service.knowledge import Knowledge
from service.storage.candidates import NodeMember, read_node_members
from service.storage.engine import Session
from service.storage.sources import Source, data_changed_at
from service.targeting import RankedTargets, rank_targets, regions_inside

_STRONG = (Rating.STRONG, Rating.BALANCED)


@dataclass(frozen=True)
class GapTargets:
    """A gap and the firms worth visiting for it."""

    gap: Gap
    ranked: RankedTargets


@dataclass(frozen=True)
class Brief:
    """One chain in one region.

    `ratings` in the order of `chain.nodes`; `nearby` by node id; `top` the most urgent gaps with their
    targets; `firms` the local firms of the chain; `comparison` None where nothing is comparable.
    `made_of` is the day on which the data last changed, None in an empty database.
    """

    region: Region
    region_name: str
    chain: Chain
    view: ChainView
    ratings: tuple[NodeRating, ...]
    report: RegionReport
    nearby: Mapping[str, float]
    top: tuple[GapTargets, ...]
    firms: tuple[NodeMember, ...]
    comparison: Comparison | None
    sources: tuple[Source, ...]
    made_of: dt.date | None

    @property
    def title(self) -> str:
        """What the briefing is called."""
        return f"{self.region.name}{self.chain.name}产业链招商"

    def rating(self, node: str) -> NodeRating:
        """Return the rating of a node of the chain."""
        return next(one for one in self.ratings if one.node == node)

    @property
    def strengths(self) -> list[NodeRating]:
        """Leaves that are strong, then those that are balanced, by effective firms."""
        leaves = {leaf.id for leaf in self.chain.leaves}
        here = [one for one in self.ratings if one.node in leaves and one.rating in _STRONG]
        return sorted(here, key=lambda one: (_STRONG.index(one.rating), -one.effective_firms, one.node))


def read_brief(
    session: Session, knowledge: Knowledge, region: str, chain: str, *, top: int = TOP_GAPS
) -> Brief:
    """Read what a briefing tells; raises UnknownRegion, UnknownChain, InvalidQuery."""
    view = view_chain(session, knowledge, region, chain)
    report = report_gaps(knowledge, view)
    the_chain, place = view.coverage.chain, view.region
    reach = supply_within_reach(knowledge.geography, view).tolist()
    changed = data_changed_at(session)
    return Brief(
        region=place,
        region_name=knowledge.geography.full_name(place.adcode),
        chain=the_chain,
        view=view,
        ratings=tuple(rate_nodes(view)),
        report=report,
        nearby={node.id: reach[column] for column, node in enumerate(the_chain.nodes)},
        top=_with_targets(session, knowledge, place, report.gaps[:top]),
        firms=tuple(_local_firms(session, knowledge, the_chain, place)),
        comparison=_comparison(session, knowledge, place, the_chain),
        sources=view.sources,
        made_of=changed.date() if changed else None,
    )


def _with_targets(
    session: Session, knowledge: Knowledge, place: Region, gaps: Sequence[Gap]
) -> tuple[GapTargets, ...]:
    return tuple(GapTargets(gap, rank_targets(session, knowledge, place.adcode, gap.node)) for gap in gaps)


def _local_firms(session: Session, knowledge: Knowledge, chain: Chain, place: Region) -> list[NodeMember]:
    inside = regions_inside(knowledge.geography, place.adcode)
    return read_node_members(session, [node.id for node in chain.nodes], inside=inside)


def _comparison(session: Session, knowledge: Knowledge, place: Region, chain: Chain) -> Comparison | None:
    try:
        return compare_regions(session, knowledge, chain.id, region=place.adcode)
    except InvalidQuery:
        return None
