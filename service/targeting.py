"""Targets: reads the candidates of a gap and what is known around it, and has `domain` score them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from service.analysis import report_gaps, view_chain
from service.domain.chains import Chain, Node
from service.domain.obstacles import brand_of
from service.domain.regions import Geography, Region
from service.domain.target_scoring import score_targets
from service.domain.targets import Branch, Candidate, LocalFirm, Source, TargetContext, TargetList
from service.errors import InvalidQuery
from service.knowledge import Knowledge
from service.storage.candidates import (
    LinkedFirm,
    StoredLink,
    read_branches,
    read_links_of,
    read_node_firms,
    read_sources_of,
)
from service.storage.engine import Session
from service.storage.tables import FirmRow, SourceRow


@dataclass(frozen=True)
class RankedTargets:
    """The targets of one gap in one region."""

    region: Region
    chain: Chain
    node: Node
    ranked: TargetList


def rank_targets(session: Session, knowledge: Knowledge, region: str, node_id: str) -> RankedTargets:
    """Return the firms worth visiting for a node in a region, best first.

    Raises
    ------
    UnknownRegion, UnknownChain, UnknownNode; InvalidQuery when the node is a group, not a leaf.
    """
    place = knowledge.geography.find(region)
    chain, node = knowledge.node(node_id)
    if chain.children(node_id):
        below = "、".join(child.id for child in chain.children(node_id))
        raise InvalidQuery(f"{node.name} 是一组环节，请选其中之一：{below}")
    inside = regions_inside(knowledge.geography, place.adcode)
    candidates = _candidates(session, read_node_firms(session, [node_id]), knowledge.place_names)
    context = _context(session, knowledge, place, chain, node_id, inside, candidates)
    ranked = score_targets(candidates, node_id, chain, context, knowledge.weights.target)
    return RankedTargets(place, chain, node, ranked)


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
    branches = read_branches(session, {one.firm.normal_name for one in linked})
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
    return tuple(Branch(row.adcode, row.founded) for row in rows if row.adcode)


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
    places = sorted({candidate.adcode for candidate in candidates if candidate.adcode})
    distances = knowledge.geography.distances_km(place.adcode, places)
    labels = {adcode: knowledge.source_region(adcode) for adcode in places}
    return TargetContext(
        region=place.adcode,
        region_name=place.name,
        inside=inside,
        today=dt.datetime.now(dt.UTC).date(),
        distance_km={
            adcode: float(km) for adcode, km in zip(places, distances, strict=True) if np.isfinite(km)
        },
        distance_source=Source("行政区划中心点间直线距离"),
        source_region_of={adcode: label for adcode, label in labels.items() if label},
        local_firms=_local_firms(session, chain, node_id, inside),
        local_source=Source("本库企业挂链"),
    )


def _local_firms(
    session: Session, chain: Chain, node_id: str, inside: frozenset[str]
) -> dict[str, list[LocalFirm]]:
    """Firms here in the node's suppliers and customers, and in the node itself."""
    graph = chain.leaf_graph
    nodes = {node_id, *graph.predecessors(node_id), *graph.successors(node_id)}
    found: dict[str, list[LocalFirm]] = defaultdict(list)
    for one in read_node_firms(session, nodes, inside=inside):
        found[one.node].append(LocalFirm(one.firm.key, one.firm.name, one.effective))
    return dict(found)
