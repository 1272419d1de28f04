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
from service.domain.coverage import PRESENT
from service.domain.firms import Firm
from service.domain.obstacles import brand_of
from service.domain.regions import Geography, Level, Region
from service.domain.target_scoring import score_targets
from service.domain.targets import (
    Area,
    Branch,
    Candidate,
    GroupPlace,
    LocalFirm,
    Source,
    TargetContext,
    TargetList,
    TieKind,
)
from service.errors import InvalidQuery
from service.kept import Kept
from service.knowledge import Knowledge
from service.storage.candidates import (
    LinkedFirm,
    NodeMember,
    StoredLink,
    read_branches,
    read_by_name,
    read_links_of,
    read_node_firms,
    read_node_members,
    read_sources_of,
)
from service.storage.engine import Session
from service.storage.sources import data_version
from service.storage.tables import FirmRow, SourceRow


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
    candidates = _candidates(session, read_node_firms(session, [node.id]), knowledge.place_names)
    context = _context(session, knowledge, place, chain, node.id, inside, candidates)
    ranked = score_targets(candidates, node.id, chain, context, knowledge.weights.target)
    return RankedTargets(place, chain, node, ranked, {one.firm: one for one in candidates})


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


def _candidates(session: Session, linked: list[LinkedFirm], places: frozenset[str]) -> list[Candidate]:
    ids = [one.firm.id for one in linked]
    links, sources = read_links_of(session, ids), read_sources_of(session, ids)
    parents = {one.firm.parent_name for one in linked if one.firm.parent_name}
    branches = read_branches(session, {one.firm.normal_name for one in linked} | parents)
    group = _Group(read_by_name(session, parents), branches)
    return [
        Candidate(
            firm=one.firm.key,
            uscc=one.firm.uscc,
            name=one.firm.name,
            adcode=one.firm.adcode,
            confidence=one.effective,
            node_share=_node_share(one.firm, links[one.firm.id], one.node),
            brand=brand_of(one.firm.name, places),
            standing=tuple(word for word in one.firm.standing if word != "listed"),
            listed=bool(one.firm.stock_code) or "listed" in one.firm.standing,
            capital_cny=one.firm.capital_cny,
            revenue_cny=one.firm.revenue_cny,
            employees=one.firm.employees,
            founded=one.firm.founded,
            branches=_branches(branches.get(one.firm.normal_name)),
            group=group.of(one.firm),
            links=tuple((link.node, link.confidence) for link in links[one.firm.id]),
            sources=tuple(_source(row) for row in sources[one.firm.id]),
        )
        for one in linked
    ]


def _node_share(firm: FirmRow, links: Iterable[StoredLink], node: str) -> float | None:
    """Share of the firm's revenue from the products that link it to `node`; None where not reported."""
    terms = {
        entry["term"]
        for link in links
        if link.node == node
        for entry in link.evidence
        if entry["field"] == "products"
    }
    shares = [
        float(product["share"])
        for product in firm.products
        if product.get("share") is not None and any(term in product["name"] for term in terms)
    ]
    return min(1.0, max(shares)) if shares else None


def _branches(rows: list[FirmRow] | None) -> tuple[Branch, ...] | None:
    if not rows:
        return None
    return tuple(Branch(row.adcode, row.founded, row.key, row.name) for row in rows if row.adcode)


@dataclass(frozen=True)
class _Group:
    """Parents by normalised name, and branches by that of their parent."""

    parents: dict[str, FirmRow]
    branches: dict[str, list[FirmRow]]

    def of(self, firm: FirmRow) -> tuple[GroupPlace, ...]:
        """Return where the group of a firm that is itself a branch stands, the firm left out."""
        if firm.parent_name is None:
            return ()
        parent = self.parents.get(firm.parent_name)
        places = [(parent, TieKind.PARENT)] if parent else []
        places += [(row, TieKind.BRANCH) for row in self.branches.get(firm.parent_name, ())]
        return tuple(
            GroupPlace(row.key, row.name, row.adcode, kind)
            for row, kind in places
            if row.adcode and row.key != firm.key
        )


def _source(row: SourceRow) -> Source:
    return Source(row.title, row.as_of.isoformat() if row.as_of else None)


def _context(
    session: Session,
    knowledge: Knowledge,
    place: Region,
    chain: Chain,
    node_id: str,
    inside: frozenset[str],
    candidates: list[Candidate],
) -> TargetContext:
    places = sorted(_places(candidates))
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
        local_firms=_local_firms(session, knowledge, chain, node_id, inside, candidates),
        local_source=Source("本库企业挂链"),
        reaches=data_reach(session),
        place_names=knowledge.region_names,
        areas=_areas(knowledge, place.adcode, places),
        home_names=_home_names(place),
    )


def _places(candidates: Iterable[Candidate]) -> set[str]:
    """Every adcode at which a candidate, one of its branches or its group stands."""
    found: set[str] = set()
    for candidate in candidates:
        found.update(branch.adcode for branch in candidate.branches or ())
        found.update(one.adcode for one in candidate.group)
        if candidate.adcode:
            found.add(candidate.adcode)
    return found


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
    candidates: Iterable[Candidate],
) -> dict[str, list[LocalFirm]]:
    """Firms here in the node itself, and in the nodes beside those that the candidates work in."""
    graph = chain.leaf_graph
    works_in = {node_id}
    for candidate in candidates:
        works_in.update(node for node, confidence in candidate.links if confidence >= PRESENT)
    nodes = {node_id}
    for node in works_in.intersection(graph):
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
