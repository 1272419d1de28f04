"""Targets: reads the candidates of a gap and what is known around it, and has `domain` score them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from service.analysis import report_gaps, view_chain
from service.data_reach import data_reach
from service.domain.anchors import anchor_reason
from service.domain.chains import Chain, Node
from service.domain.firms import Firm
from service.domain.obstacles import brand_of
from service.domain.regions import Geography, Level, Region
from service.domain.target_scoring import score_targets
from service.domain.targets import (
    Area,
    Candidate,
    LocalFirm,
    Source,
    TargetContext,
    TargetList,
)
from service.errors import InvalidQuery
from service.gap_candidates import NodeCandidates, candidates_of
from service.kept import Kept
from service.knowledge import Knowledge
from service.storage.candidates import (
    NodeMember,
    read_node_members,
)
from service.storage.engine import Session
from service.storage.sources import data_version


@dataclass(frozen=True)
class RankedTargets:
    """The targets of one gap in one region; `candidates` are all firms of the node, by key."""

    region: Region
    chain: Chain
    node: Node
    ranked: TargetList
    candidates: Mapping[str, Candidate] = field(repr=False)


@dataclass(frozen=True)
class _Answer:
    """What is kept of a question: the knowledge stays with it, so that its number is not given again."""

    knowledge: Knowledge
    found: RankedTargets


# The firms of a large node fill tens of megabytes: what is kept is counted by firms.
_MOST_FIRMS = 40_000
_kept: Kept[_Answer] = Kept(_MOST_FIRMS, cost=lambda answer: 1 + len(answer.found.candidates))


def rank_targets(session: Session, knowledge: Knowledge, region: str, node_id: str) -> RankedTargets:
    """Return the firms worth visiting for a node in a region, best first.

    The answer is found once for each state of the data and each day.

    Raises
    ------
    UnknownRegion, UnknownChain, UnknownNode; InvalidQuery when the node is a group, not a leaf.
    """
    place = knowledge.geography.find(region)
    chain, node = knowledge.node(node_id)
    if chain.children(node_id):
        below = "、".join(child.id for child in chain.children(node_id))
        raise InvalidQuery(f"{node.name} 是一组环节，请选其中之一：{below}")
    key = (data_version(session), _today(), id(knowledge), place.adcode, node_id)
    return _kept.find(
        session, key, lambda: _Answer(knowledge, _rank(session, knowledge, place, chain, node))
    ).found


def _rank(session: Session, knowledge: Knowledge, place: Region, chain: Chain, node: Node) -> RankedTargets:
    inside = regions_inside(knowledge.geography, place.adcode)
    candidates = candidates_of(session, knowledge, chain, node.id)
    context = _context(session, knowledge, place, chain, node.id, inside, candidates)
    ranked = score_targets(candidates.firms.values(), node.id, chain, context, knowledge.weights.target)
    return RankedTargets(place, chain, node, ranked, candidates.firms)


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def most_urgent_gap(session: Session, knowledge: Knowledge, region: str, chain: str | None) -> str:
    """Return the node of the chain's most urgent gap in the region.

    Raises InvalidQuery when no chain is given, or when it has no gap there.
    """
    if not chain:
        raise InvalidQuery("请指定环节（node）或产业链（chain）")
    view = view_chain(session, knowledge, region, chain)
    report = report_gaps(knowledge, view)
    if not report.gaps:
        raise InvalidQuery(
            f"{view.region.name}的{view.coverage.chain.name}没有缺链环节，请直接指定环节（node）"
        )
    return report.gaps[0].node


def regions_inside(geography: Geography, adcode: str) -> frozenset[str]:
    """Return the region's code and the codes of all regions in it."""
    found = {adcode}
    waiting = [adcode]
    while waiting:
        below = [child.adcode for child in geography.children(waiting.pop())]
        found.update(below)
        waiting.extend(below)
    return frozenset(found)


def _context(
    session: Session,
    knowledge: Knowledge,
    place: Region,
    chain: Chain,
    node_id: str,
    inside: frozenset[str],
    candidates: NodeCandidates,
) -> TargetContext:
    places = candidates.places
    distances = knowledge.geography.distances_km(place.adcode, places)
    wanted = knowledge.source_policy.labels(knowledge.geography, place.adcode, places)
    return TargetContext(
        region=place.adcode,
        region_name=place.name,
        inside=inside,
        today=_today(),
        distance_km={
            adcode: float(km) for adcode, km in zip(places, distances, strict=True) if np.isfinite(km)
        },
        distance_source=Source("行政区划中心点间直线距离"),
        source_region_of=wanted,
        source_policy=knowledge.source_policy.findings(knowledge.geography, place.adcode),
        local_firms=_local_firms(session, knowledge, chain, node_id, inside, candidates.works_in),
        local_source=Source("本库企业挂链"),
        reaches=data_reach(session),
        place_names=knowledge.region_names,
        areas=_areas(knowledge, place.adcode, places),
        home_names=_home_names(place),
    )


def _areas(knowledge: Knowledge, region: str, places: Iterable[str]) -> tuple[Area, ...]:
    """The region's province and the named region it belongs to, with those of `places` that lie in them."""
    geography = knowledge.geography
    named = knowledge.source_region(region)
    areas = []
    province = geography.at_level(region, Level.PROVINCE)
    if province is not None:
        inside = frozenset(
            adcode for adcode in places if geography.at_level(adcode, Level.PROVINCE) == province
        )
        areas.append(Area(geography.get(province).name, inside))
    if named is not None:
        inside = frozenset(adcode for adcode in places if knowledge.source_region(adcode) == named)
        areas.append(Area(named, inside))
    return tuple(areas)


def _home_names(place: Region) -> tuple[str, ...]:
    """What the name of a firm from here begins with; the short name of a county is too often a plain word."""
    return (place.name,) if place.level is Level.COUNTY else (place.name, place.short_name)


def _local_firms(
    session: Session,
    knowledge: Knowledge,
    chain: Chain,
    node_id: str,
    inside: frozenset[str],
    works_in: Iterable[str],
) -> dict[str, list[LocalFirm]]:
    """Firms here in the node itself, and in the nodes beside those that the candidates work in."""
    graph = chain.leaf_graph
    nodes = {node_id}
    for node in works_in:
        nodes.update((*graph.predecessors(node), *graph.successors(node)))
    found: dict[str, list[LocalFirm]] = defaultdict(list)
    for one in read_node_members(session, nodes, inside=inside):
        leads = _leads(one)
        brand = brand_of(one.name, knowledge.place_names) if leads else None
        found[one.node].append(LocalFirm(one.key, one.name, one.effective, leads, brand))
    return dict(found)


def _leads(one: NodeMember) -> bool:
    """Tell whether the firm can lead a node (链主)."""
    firm = Firm(
        name=one.name,
        stock_code=one.stock_code,
        standing=one.standing,
        employees=one.employees,
        revenue_cny=one.revenue_cny,
    )
    return anchor_reason(firm) is not None
