"""Industry chains as graphs: nodes in a tree, supply edges across it.

Edge `u -> v` always means "u supplies v": predecessors are suppliers, successors are customers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import networkx as nx


class Stage(StrEnum):
    """Where a node stands in its chain (上游、中游、下游)."""

    UPSTREAM = "upstream"
    MIDSTREAM = "midstream"
    DOWNSTREAM = "downstream"


@dataclass(frozen=True, slots=True)
class SupplyEdge:
    """`supplier` sells to `customer`; `input_share` is its share (0-1) of the customer's input cost."""

    supplier: str
    customer: str
    input_share: float | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One link of a chain (环节).

    `id` is `<chain id>/<slug>`; `parent` is another node's id, or None at the top of the tree.
    `terms` are what firms write of themselves; `exclusions` are phrases that, where they cover a term,
    cancel it. `gbt4754_codes` are GB/T 4754-2017 codes without the section letter ("3841").
    `bottleneck` is the reason why the node is a 卡脖子 node, or None. `endowment` names what nature must
    have given to the place (an ore, a salt lake) for the node to be there at all, or None.
    """

    id: str
    name: str
    parent: str | None
    stage: Stage
    terms: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    gbt4754_codes: tuple[str, ...] = ()
    bottleneck: str | None = None
    endowment: str | None = None
    note: str | None = None
    sources: tuple[str, ...] = ()


def home_of(node_id: str) -> str:
    """Return the id of the chain in which a node is at home: `lithium-battery` of `lithium-battery/anode`."""
    return node_id.partition("/")[0]


@dataclass(frozen=True)
class Chain:
    """One industry chain: its tree of nodes and the supply edges between them, in file order.

    A node whose id begins with another chain's id is borrowed from that chain: it is the same node, with
    the same firms, hung into this tree at a place and a stage of its own.
    """

    id: str
    name: str
    version: str
    date: str
    nodes: tuple[Node, ...]
    edges: tuple[SupplyEdge, ...]
    summary: str = ""
    sources: tuple[str, ...] = ()
    _index: dict[str, Node] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {node.id: node for node in self.nodes})

    def __hash__(self) -> int:
        # Hashing every node at each look-up of a cached result would cost more than the result.
        return hash((self.id, self.version, self.date, len(self.nodes)))

    def node(self, node_id: str) -> Node:
        """Return the node with this id; KeyError when the chain has none."""
        return self._index[node_id]

    @cached_property
    def own_nodes(self) -> tuple[Node, ...]:
        """The nodes that are at home in this chain: all but the borrowed ones."""
        return tuple(node for node in self.nodes if home_of(node.id) == self.id)

    @property
    def homes(self) -> frozenset[str]:
        """Ids of the chains in which the nodes of this chain are at home."""
        return frozenset(home_of(node.id) for node in self.nodes)

    def __contains__(self, node_id: object) -> bool:
        return node_id in self._index

    @cached_property
    def _by_parent(self) -> dict[str | None, tuple[Node, ...]]:
        grouped: dict[str | None, list[Node]] = {}
        for node in self.nodes:
            grouped.setdefault(node.parent, []).append(node)
        return {parent: tuple(nodes) for parent, nodes in grouped.items()}

    @cached_property
    def graph(self) -> nx.DiGraph[str]:
        """The supply graph over all node ids: edge u -> v means "u supplies v"."""
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(node.id for node in self.nodes)
        for edge in self.edges:
            graph.add_edge(edge.supplier, edge.customer, input_share=edge.input_share)
        return graph

    def children(self, node_id: str | None) -> tuple[Node, ...]:
        """Return the nodes right below `node_id` in the tree (None: the top), in file order."""
        return self._by_parent.get(node_id, ())

    @cached_property
    def leaf_graph(self) -> nx.DiGraph[str]:
        """The supply graph over leaves: an edge at an inner node holds for every leaf below it.

        `input_share` stays only on edges written between two leaves: how a group's share splits over
        its members is not known.
        """
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(node.id for node in self.leaves)
        for edge in self.edges:
            suppliers, customers = self.leaves_below(edge.supplier), self.leaves_below(edge.customer)
            share = (
                edge.input_share if (edge.supplier,) == suppliers and (edge.customer,) == customers else None
            )
            for supplier in suppliers:
                for customer in customers:
                    known = graph.has_edge(supplier, customer) and share is None
                    if supplier != customer and not known:
                        graph.add_edge(supplier, customer, input_share=share)
        return graph

    def leaves_below(self, node_id: str) -> tuple[str, ...]:
        """Return the ids of the leaves below `node_id`, or the node itself when it is a leaf."""
        found: list[str] = []
        stack = [node_id]
        while stack:
            current = stack.pop()
            below = self.children(current)
            if not below:
                found.append(current)
            stack.extend(child.id for child in reversed(below))
        return tuple(found)

    def ancestors(self, node_id: str) -> tuple[str, ...]:
        """Return the ids above `node_id` in the tree, nearest first; KeyError when the chain lacks it."""
        found: list[str] = []
        parent = self.node(node_id).parent
        while parent is not None:
            found.append(parent)
            parent = self.node(parent).parent
        return tuple(found)

    @cached_property
    def leaves(self) -> tuple[Node, ...]:
        """The nodes with nothing below them in the tree: these are the links that a gap can be in."""
        return tuple(node for node in self.nodes if node.id not in self._by_parent)

    def walk(self) -> Iterator[tuple[int, Node]]:
        """Yield (depth, node) down the tree, parents before children, siblings in file order."""
        stack = [(0, node) for node in reversed(self.children(None))]
        while stack:
            depth, node = stack.pop()
            yield depth, node
            stack.extend((depth + 1, child) for child in reversed(self.children(node.id)))
