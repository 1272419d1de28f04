"""One node of a chain in one region with all that an officer asks of it: what the side panel shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from service.analysis import ChainView, gap_context, rate_nodes, supply_within_reach
from service.domain.chains import Chain, Node
from service.domain.coverage import PRESENT, REACH_KM
from service.domain.gaps import GAP_RATINGS, Gap, NodeRating, gap_at
from service.domain.priority import GapContext
from service.domain.regions import Region
from service.domain.source_policy import PolicyLine
from service.errors import UnknownNode
from service.kept import Kept
from service.knowledge import Knowledge
from service.storage.engine import Session
from service.storage.node_firms import NodeFirm, read_leading_firms
from service.targeting import regions_inside

_FIRMS, _PLACES = 30, 5
# As far as the distance-decayed supply says anything: at three times the reach 5% are left.
_FAR_KM = 3 * REACH_KM

_Firms = tuple[int, list[NodeFirm]]
_kept: Kept[_Firms] = Kept(2_000)
# What a question about gaps brings along serves all nodes of a chain in a region.
_contexts: Kept[GapContext] = Kept(100)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A node that supplies the one shown, or that it supplies; `input_share` (0-1) where it is known."""

    node: Node
    rated: NodeRating
    input_share: float | None


@dataclass(frozen=True, slots=True)
class NearbyPlace:
    """A region within reach that has firms of the node; `distance_km` between the centres."""

    region: Region
    effective_firms: float
    distance_km: float


@dataclass(frozen=True, slots=True)
class NodeDetails:
    """A node, how it is rated here, and what stands around it.

    `gap` is None where the node is none; `firms` are the first of `firms_total` local firms, anchor firms
    first; `nearby_supply` in distance-decayed firms, `nearby` the regions that most of it comes from;
    `policies` what the bureau recorded of the regions it seeks firms of.
    """

    node: Node
    rated: NodeRating
    gap: Gap | None
    below: tuple[tuple[Node, NodeRating], ...]
    suppliers: tuple[Neighbour, ...]
    customers: tuple[Neighbour, ...]
    firms: tuple[NodeFirm, ...]
    firms_total: int
    nearby_supply: float
    nearby: tuple[NearbyPlace, ...]
    policies: tuple[PolicyLine, ...]


def describe_node(session: Session, knowledge: Knowledge, view: ChainView, node_id: str) -> NodeDetails:
    """Return what is known of one node of the chain in the region of `view`.

    Raises
    ------
    UnknownNode : the chain has no such node.
    """
    chain = view.coverage.chain
    if node_id not in chain:
        raise UnknownNode(f"产业链 {chain.name} 没有环节 {node_id!r}")
    ratings = {rating.node: rating for rating in rate_nodes(view)}
    total, firms = _local_firms(session, knowledge, view, node_id)
    return NodeDetails(
        node=chain.node(node_id),
        rated=ratings[node_id],
        gap=_gap(session, knowledge, view, ratings[node_id]),
        below=tuple((child, ratings[child.id]) for child in chain.children(node_id)),
        suppliers=_neighbours(chain, node_id, ratings, suppliers=True),
        customers=_neighbours(chain, node_id, ratings, suppliers=False),
        firms=tuple(firms),
        firms_total=total,
        nearby_supply=float(supply_within_reach(knowledge.geography, view)[view.around.column(node_id)]),
        nearby=_nearby(knowledge, view, node_id),
        policies=knowledge.source_policy.lines_for(knowledge.geography, view.region.adcode),
    )


def _local_firms(session: Session, knowledge: Knowledge, view: ChainView, node_id: str) -> _Firms:
    nodes = {node_id, *view.coverage.chain.leaves_below(node_id)}
    region = view.region.adcode
    inside = regions_inside(knowledge.geography, region)
    return _kept.find(
        session,
        (view.data_version, region, frozenset(nodes)),
        lambda: read_leading_firms(session, nodes, inside=inside, limit=_FIRMS),
    )


def _gap(session: Session, knowledge: Knowledge, view: ChainView, rated: NodeRating) -> Gap | None:
    if rated.rating not in GAP_RATINGS or view.coverage.chain.children(rated.node):
        return None
    key = (view.data_version, view.coverage.chain, view.region.adcode)
    context = _contexts.find(session, key, lambda: gap_context(knowledge, view))
    return gap_at(view.coverage, view.region.adcode, rated, knowledge.weights.gap, context)


def _neighbours(
    chain: Chain, node_id: str, ratings: Mapping[str, NodeRating], *, suppliers: bool
) -> tuple[Neighbour, ...]:
    """The leaves beside the node, those of which the share is known first, the largest share first."""
    graph, below = chain.leaf_graph, set(chain.leaves_below(node_id))
    found: dict[str, float | None] = {}
    for leaf in chain.leaves_below(node_id):
        for other in graph.predecessors(leaf) if suppliers else graph.successors(leaf):
            edge = (other, leaf) if suppliers else (leaf, other)
            # Of a group nothing is said of shares: they are those of its members, each in its own cost.
            found[other] = graph.edges[edge]["input_share"] if below == {node_id} else None
    rows = [
        Neighbour(chain.node(other), ratings[other], found[other]) for other in found if other not in below
    ]
    return tuple(sorted(rows, key=lambda one: (-(one.input_share or 0.0), one.node.id)))


def _nearby(knowledge: Knowledge, view: ChainView, node_id: str) -> tuple[NearbyPlace, ...]:
    """The regions of the level from which most of the supply within reach comes, the most first."""
    geography, around = knowledge.geography, view.around
    firms = around.effective[:, around.column(node_id)]
    distances = np.nan_to_num(
        geography.distances_km(view.region.adcode, around.regions), nan=np.inf, posinf=np.inf
    )
    within = (firms >= PRESENT) & (distances <= _FAR_KM)
    within[[adcode == view.region.adcode for adcode in around.regions]] = False
    rows = sorted(np.flatnonzero(within), key=lambda row: -firms[row] * np.exp(-distances[row] / REACH_KM))
    return tuple(
        NearbyPlace(geography.get(around.regions[row]), float(firms[row]), float(distances[row]))
        for row in rows[:_PLACES]
    )
