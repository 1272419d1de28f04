"""The portrait of one firm: its place in its nodes, its group, what it is to a region, where it would fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.chains import Chain, Node
from service.domain.gap_list import ListedGap
from service.domain.gaps import Rating
from service.domain.regions import Level, Region
from service.domain.targets import Target
from service.errors import ServiceError
from service.gap_lists import ChainGaps, list_region_gaps
from service.kept import Kept
from service.knowledge import Knowledge
from service.ranking import rank_for_firm
from service.results_ranking import RankedRegionRead
from service.storage.candidates import (
    NodeMember,
    StoredLink,
    read_branches,
    read_by_name,
    read_links_of,
    read_node_members,
)
from service.storage.engine import Session
from service.storage.firm_lists import count_sizes
from service.storage.sources import data_version
from service.storage.tables import FirmRow
from service.targeting import rank_targets, regions_inside

_MEASURES = {"revenue_cny": "营业收入", "employees": "从业人员", "capital_cny": "注册资本"}
_BRANCHES_SHOWN = 200
_ROLES, _PARTNERS, _REGIONS = 6, 4, 10


@dataclass(frozen=True)
class NodePlace:
    """A firm in one of its nodes: how many firms are known there, and its rank among those of known size.

    `rank` is None where no size of the firm is known; equal sizes share the better rank.
    """

    chain: Chain
    node: Node
    effective: float
    firms: int
    measure: str | None
    rank: int | None
    among: int | None


@dataclass(frozen=True)
class RelatedFirm:
    """A firm of the same group, where it is, and how far from the region asked."""

    firm: FirmRow
    role: str
    place: str | None
    point: tuple[float, float] | None
    distance_km: float | None


@dataclass(frozen=True)
class Relations:
    """The firm itself, then its group (parent, branches, other branches of the parent), `total` in all.

    `parent_name`: of a branch whose parent is not in the data.
    """

    places: tuple[RelatedFirm, ...]
    total: int
    parent_name: str | None


@dataclass(frozen=True)
class Partners:
    """Firms of a region in a node beside one of the firm's: how many, and the first of them."""

    node: Node
    count: int
    named: tuple[NodeMember, ...]


@dataclass(frozen=True)
class Role:
    """What a firm is to a region in one of its nodes.

    `gap` is None where the node is none there. `target`, `rank`: its place among the targets, None for a firm
    of the region or one that is excluded. Suppliers and customers follow from the chain, not from contracts.
    """

    chain: Chain
    node: Node
    rating: Rating
    gap: ListedGap | None
    target: Target | None
    rank: int | None
    among: int
    suppliers: tuple[Partners, ...]
    customers: tuple[Partners, ...]


@dataclass(frozen=True)
class NextPlaces:
    """The cities that suit a firm's next plant best, or why that cannot be said."""

    regions: tuple[RankedRegionRead, ...]
    total: int
    problem: str | None


_next_places: Kept[NextPlaces] = Kept(512)


def counted_leaves(session: Session, knowledge: Knowledge, firm: FirmRow) -> list[tuple[Chain, Node, float]]:
    """Return the leaves in which the firm counts, with how much, the surest first."""
    links: Sequence[StoredLink] = read_links_of(session, [firm.id]).get(firm.id, [])
    found = []
    for link in links:
        chain = knowledge.chains.get(link.node.partition("/")[0])
        if link.effective and chain and link.node in chain and not chain.children(link.node):
            found.append((chain, chain.node(link.node), link.effective))
    return sorted(found, key=lambda one: (-one[2], one[1].id))


def node_places(session: Session, knowledge: Knowledge, firm: FirmRow) -> list[NodePlace]:
    """Return the firm's place by size in each of its leaves: by revenue, else employees, else capital."""
    measure = next((name for name in _MEASURES if getattr(firm, name) is not None), None)
    places = []
    for chain, node, effective in counted_leaves(session, knowledge, firm):
        value = float(getattr(firm, measure)) if measure else 0.0
        sizes = count_sizes(session, node.id, measure or "capital_cny", value)
        rank = sizes.larger + 1 if measure else None
        among = sizes.known if measure else None
        word = _MEASURES[measure] if measure else None
        places.append(NodePlace(chain, node, effective, sizes.firms, word, rank, among))
    return places


def find_relations(session: Session, knowledge: Knowledge, region: Region, firm: FirmRow) -> Relations:
    """Return the group of a firm as registered names tell it (XX公司YY分公司), the nearest first."""
    parent = read_by_name(session, [firm.parent_name]).get(firm.parent_name) if firm.parent_name else None
    ours = read_branches(session, {firm.normal_name}).get(firm.normal_name, [])
    siblings = (
        read_branches(session, {firm.parent_name}).get(firm.parent_name, []) if firm.parent_name else []
    )
    group = [(parent, "母公司")] if parent else []
    group += [(row, "分支机构") for row in ours]
    group += [(row, "同一母公司的分支机构") for row in siblings if row.id != firm.id]
    others = [_related(knowledge, region, row, role) for row, role in group]
    others.sort(key=_by_role_and_distance)
    places = (_related(knowledge, region, firm, "本企业"), *others[:_BRANCHES_SHOWN])
    return Relations(places, len(others), None if parent else firm.parent_name)


def _related(knowledge: Knowledge, region: Region, firm: FirmRow, role: str) -> RelatedFirm:
    geography = knowledge.geography
    if firm.adcode is None:
        return RelatedFirm(firm, role, None, None, None)
    away = float(geography.distances_km(region.adcode, [firm.adcode])[0])
    at = geography.get(firm.adcode)
    lon, lat = (firm.lon, firm.lat) if firm.lon is not None else (at.lon, at.lat)
    point = (lon, lat) if lon is not None and lat is not None else None
    return RelatedFirm(
        firm, role, geography.full_name(firm.adcode), point, away if np.isfinite(away) else None
    )


def _by_role_and_distance(one: RelatedFirm) -> tuple[bool, bool, float, str]:
    return one.role != "母公司", one.distance_km is None, one.distance_km or 0.0, one.firm.key


def find_roles(session: Session, knowledge: Knowledge, region: Region, firm: FirmRow) -> list[Role]:
    """Return what the firm is to the region in its surest leaves, gaps with the highest priority first."""
    inside = regions_inside(knowledge.geography, region.adcode)
    roles = []
    for chain, node, _ in counted_leaves(session, knowledge, firm)[:_ROLES]:
        gaps = list_region_gaps(session, knowledge, region.adcode, [chain.id]).chains[chain.id]
        targets = rank_targets(session, knowledge, region.adcode, node.id).ranked.targets
        roles.append(_role(session, gaps, targets, node, firm, inside))
    return sorted(roles, key=lambda role: (role.gap is None, -(role.gap.priority if role.gap else 0.0)))


def _role(
    session: Session,
    gaps: ChainGaps,
    targets: Sequence[Target],
    node: Node,
    firm: FirmRow,
    inside: frozenset[str],
) -> Role:
    chain = gaps.chain
    rank = next((number for number, one in enumerate(targets, start=1) if one.firm == firm.key), None)
    graph = chain.leaf_graph
    beside = graph if node.id in graph else None
    return Role(
        chain=chain,
        node=node,
        rating=gaps.ratings[node.id],
        gap=next((gap for gap in gaps.gaps if gap.node == node.id), None),
        target=targets[rank - 1] if rank else None,
        rank=rank,
        among=len(targets),
        suppliers=_partners(
            session, chain, sorted(beside.predecessors(node.id)) if beside else [], firm, inside
        ),
        customers=_partners(
            session, chain, sorted(beside.successors(node.id)) if beside else [], firm, inside
        ),
    )


def _partners(
    session: Session, chain: Chain, nodes: Sequence[str], firm: FirmRow, inside: frozenset[str]
) -> tuple[Partners, ...]:
    """Firms of the region in these nodes: the node with most of them first, of each the surest first."""
    found: dict[str, list[NodeMember]] = {}
    for one in read_node_members(session, nodes, inside=inside):
        if one.key != firm.key:
            found.setdefault(one.node, []).append(one)
    ranked = [
        Partners(chain.node(node), len(members), tuple(sorted(members, key=_surest)[:_PARTNERS]))
        for node, members in found.items()
    ]
    return tuple(sorted(ranked, key=lambda one: (-one.count, one.node.id)))


def _surest(one: NodeMember) -> tuple[float, float, str]:
    return -one.effective, -(one.revenue_cny or 0.0), one.key


def find_next_places(session: Session, knowledge: Knowledge, firm: FirmRow, node: str) -> NextPlaces:
    """Return the cities that suit the firm's next plant in `node` best, those where it is left out."""
    key = (data_version(session), knowledge.weights.gap.version, firm.key, node)
    return _next_places.find(session, key, lambda: _rank_next_places(session, knowledge, firm, node))


def _rank_next_places(session: Session, knowledge: Knowledge, firm: FirmRow, node: str) -> NextPlaces:
    try:
        part = rank_for_firm(session, knowledge, firm.key, node, level=Level.CITY, limit=_REGIONS)
    except ServiceError as error:
        # A firm of unknown place, or one of several of its name: the page says so and goes on.
        return NextPlaces((), 0, str(error))
    return NextPlaces(tuple(part.regions), part.total, None)
