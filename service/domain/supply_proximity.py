"""Which nodes supply each other, in one step or a few: proximity from the chains' own edges and input shares.

A second source beside `relatedness`: that one says what has stood together so far, this one what the chains
say belongs together, also where no region has it yet. Formula, example by hand, what it does not say:
docs/method.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import networkx as nx
import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from service.domain import relatedness
from service.domain.chains import Chain
from service.domain.relatedness import FloatArray

STEPS = 3
"""Edges of the longest supply path that counts."""

DECAY = 0.5
"""What each further step of a path is worth."""


def join_leaf_graphs(chains: Iterable[Chain]) -> nx.DiGraph[str]:
    """Return the supply graph over the leaves of all chains: edge u -> v means "u supplies v".

    A node that several chains hold is one node. An edge that stands in several keeps the largest
    `input_share` known of it, so the order of the chains does not matter. The union may have circles,
    though no chain has one.
    """
    joined: nx.DiGraph[str] = nx.DiGraph()
    for chain in chains:
        joined.add_nodes_from(chain.leaf_graph)
        for supplier, customer, edge in chain.leaf_graph.edges(data=True):
            other = joined.get_edge_data(supplier, customer, default=edge)
            shares = (edge["input_share"], other["input_share"])
            known = [share for share in shares if share is not None]
            joined.add_edge(supplier, customer, input_share=max(known, default=None))
    return joined


def supplier_shares(graph: nx.DiGraph[str], customer: str) -> Mapping[str, float]:
    """Return the share (0-1) of each supplier among the suppliers of `customer` that the graph names.

    Known input shares as they are, unknown ones the mean of the known (all equal where none is known), then
    divided by their sum: they add up to 1, or to 0 where all that is known of them is 0.
    """
    stated = {supplier: graph.edges[supplier, customer]["input_share"] for supplier in graph.pred[customer]}
    known = [share for share in stated.values() if share is not None]
    fallback = sum(known) / len(known) if known else 1.0
    filled = {supplier: fallback if share is None else share for supplier, share in stated.items()}
    total = sum(filled.values())
    return {supplier: share / total if total > 0 else 0.0 for supplier, share in filled.items()}


def supply_proximity(
    graph: nx.DiGraph[str], nodes: Sequence[str], *, steps: int = STEPS, decay: float = DECAY
) -> FloatArray:
    """Return how closely two nodes are tied by supply, (N, N) in the order of `nodes`, 0-1, symmetric.

    A path is worth the product of the supplier shares along it, times `decay` for every step after the
    first; the paths of up to `steps` edges from one node to the other add up. Of the two directions the
    stronger counts. Cut at 1, which only circles can reach. The diagonal is 0: a node is not its own
    neighbour. 0 for a node that the graph lacks; paths run through nodes that are not in `nodes`.

    Raises ValueError when a node stands twice, `steps` is below 1, or `decay` is not in 0-1.
    """
    if steps < 1 or not 0.0 <= decay <= 1.0:
        raise ValueError(f"steps is {steps}, expected 1 or more; decay is {decay}, expected 0-1")
    if len(set(nodes)) != len(nodes):
        raise ValueError("a node stands twice")
    order = [*nodes, *sorted(set(graph) - set(nodes))]
    direct = _direct(graph, {node: place for place, node in enumerate(order)})
    path, total = direct, direct
    for _ in range(steps - 1):
        path = decay * (path @ direct)
        total = total + path
    along = np.minimum(total.toarray()[: len(nodes), : len(nodes)], 1.0)
    close = np.maximum(along, along.T)
    np.fill_diagonal(close, 0.0)
    return np.asarray(close, dtype=np.float64)


def supply_density(effective: FloatArray, close: FloatArray) -> FloatArray:
    """Return how much of what supplies a node or is supplied by it is in each region, (R, N), 0-1.

    `effective` (R, N): effective firms; `close` (N, N): `supply_proximity` of the same nodes. The
    proximity-weighted share of the other nodes that are present (RCA >= 1, see `relatedness.presence`).
    NaN where no supply path touches the node: nothing is known, which is not 0.
    """
    return relatedness.density(relatedness.presence(effective), close)


def _direct(graph: nx.DiGraph[str], place: Mapping[str, int]) -> sparse.csr_array:
    """Share of the row's node among the suppliers of the column's node, (N, N)."""
    cells = [
        (place[supplier], place[customer], share)
        for customer in graph
        for supplier, share in supplier_shares(graph, customer).items()
    ]
    rows, columns, shares = zip(*cells, strict=True) if cells else ((), (), ())
    table = (np.array(shares, dtype=np.float64), (np.array(rows, dtype=int), np.array(columns, dtype=int)))
    return sparse.csr_array(table, shape=(len(place), len(place)))
