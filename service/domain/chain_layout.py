"""Where the nodes stand when a chain's supply is drawn: columns from suppliers to customers, few crossings.

A drawing shows leaves, and in place of a folded group (收起) the group itself, which then stands for all
leaves below it. Leaves supply one another without circles; folded groups may not (a recycling plant supplies
the materials that end up in it), so edges against the order of the stages are set apart as `back`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import networkx as nx

from service.domain.chains import Chain, Stage

READABLE = 120
"""Nodes that are shown at once before groups are folded."""

_SWEEPS = 8
_STAGES = list(Stage)
Columns = list[list[str]]


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """`supplier` supplies `customer`, both nodes of the drawing.

    `input_share` (0-1) where the chain states it for just these two; `count` supply edges between leaves
    that it stands for; `back`: it runs against the columns.
    """

    supplier: str
    customer: str
    input_share: float | None
    count: int
    back: bool = False


@dataclass(frozen=True, slots=True)
class SupplyLayout:
    """Nodes by column, from suppliers to customers and from the top down; edges; crossings left.

    `centre` is the column of the node in focus, None where the whole chain is drawn.
    """

    columns: tuple[tuple[str, ...], ...]
    edges: tuple[DrawnEdge, ...]
    crossings: int
    centre: int | None = None


def default_folds(chain: Chain, readable: int = READABLE) -> frozenset[str]:
    """Return the groups to fold so that at most `readable` nodes are shown: all that begin at one depth.

    Where even the top of the tree is more, everything below it is folded.
    """
    depths = {node.id: depth for depth, node in chain.walk()}
    deepest = max(depths.values(), default=0)
    open_to = next(
        (limit for limit in range(deepest, 0, -1) if sum(d <= limit for d in depths.values()) <= readable), 0
    )
    return frozenset(node for node, depth in depths.items() if depth >= open_to and chain.children(node))


def shown_nodes(chain: Chain, folded: Collection[str]) -> dict[str, str]:
    """Return for every leaf, in file order, what stands for it: its highest folded group, or itself."""
    shown: dict[str, str] = {}
    for leaf in chain.leaves:
        above = [group for group in chain.ancestors(leaf.id) if group in folded]
        shown[leaf.id] = above[-1] if above else leaf.id
    return shown


@lru_cache(maxsize=64)
def layout_supply(chain: Chain, folded: frozenset[str] = frozenset()) -> SupplyLayout:
    """Return the drawing of the whole chain with these groups folded; ids of no group change nothing."""
    shown = shown_nodes(chain, folded)
    nodes = list(dict.fromkeys(shown.values()))
    edges = mark_back_edges(nodes, _drawn_edges(chain, shown), _order(chain))
    columns = place_columns(nodes, edges)
    ordered = reduce_crossings(columns, edges)
    return SupplyLayout(tuple(map(tuple, ordered)), tuple(edges), count_crossings(ordered, edges))


@lru_cache(maxsize=64)
def layout_focus(chain: Chain, node: str, steps: int = 2) -> SupplyLayout:
    """Return the drawing of one node with its suppliers and customers up to `steps` away, a column a step.

    A group stands there with all its leaves. Edges between nodes of the same step are left out. Who is both
    a supplier and a customer stands on the nearer side, of equal ones on that of the suppliers.

    Raises KeyError when the chain lacks the node.
    """
    chain.node(node)
    graph, start = chain.leaf_graph, chain.leaves_below(node)
    place = dict.fromkeys(start, 0)
    suppliers, customers = _steps(graph.predecessors, start, steps), _steps(graph.successors, start, steps)
    for other in [leaf.id for leaf in chain.leaves if leaf.id not in place]:
        before, after = suppliers.get(other, steps + 1), customers.get(other, steps + 1)
        if min(before, after) <= steps:
            place[other] = -before if before <= after else after
    columns = [[one for one in place if place[one] == step] for step in range(-steps, steps + 1)]
    centre = sum(bool(column) for column in columns[:steps])
    kept = [column for column in columns if column]
    edges = [
        DrawnEdge(u, v, graph.edges[u, v]["input_share"], 1, back=place[u] > place[v])
        for u, v in graph.subgraph(place).edges
        if place[u] != place[v]
    ]
    edges.sort(key=lambda edge: (edge.supplier, edge.customer))
    ordered = reduce_crossings(kept, edges)
    return SupplyLayout(tuple(map(tuple, ordered)), tuple(edges), count_crossings(ordered, edges), centre)


def _steps(beside: Callable[[str], Iterable[str]], start: Iterable[str], most: int) -> dict[str, int]:
    """Return how many steps each node is away from `start`, up to `most`."""
    away = dict.fromkeys(start, 0)
    edge = list(away)
    for step in range(1, most + 1):
        edge = list(dict.fromkeys(other for one in edge for other in beside(one) if other not in away))
        away.update(dict.fromkeys(edge, step))
    return away


def _drawn_edges(chain: Chain, shown: Mapping[str, str]) -> list[DrawnEdge]:
    """Gather the edges between leaves into those between the nodes that stand for them."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    shares: dict[tuple[str, str], float | None] = {}
    share: float | None
    for supplier, customer, share in chain.leaf_graph.edges(data="input_share"):
        pair = shown[supplier], shown[customer]
        if pair[0] == pair[1]:
            continue
        counts[pair] += 1
        shares[pair] = share if pair == (supplier, customer) else None
    for edge in chain.edges:
        if (edge.supplier, edge.customer) in counts:
            shares[edge.supplier, edge.customer] = edge.input_share
    return [DrawnEdge(*pair, shares[pair], counts[pair]) for pair in sorted(counts)]


def _order(chain: Chain) -> dict[str, tuple[int, int]]:
    """Where a node stands by stage and by file: an edge against it is the one to set apart in a circle."""
    return {node.id: (_STAGES.index(node.stage), at) for at, node in enumerate(chain.nodes)}


def mark_back_edges(
    nodes: Iterable[str], edges: Iterable[DrawnEdge], order: Mapping[str, tuple[int, int]]
) -> list[DrawnEdge]:
    """Return the edges with `back` set on those that lie on a circle and run against `order`.

    Without them there is no circle left, since every circle has at least one.
    """
    found = list(edges)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from((edge.supplier, edge.customer) for edge in found)
    knot = {node: at for at, part in enumerate(nx.strongly_connected_components(graph)) for node in part}
    return [
        DrawnEdge(
            edge.supplier,
            edge.customer,
            edge.input_share,
            edge.count,
            back=knot[edge.supplier] == knot[edge.customer] and order[edge.supplier] >= order[edge.customer],
        )
        for edge in found
    ]


def place_columns(nodes: Sequence[str], edges: Iterable[DrawnEdge]) -> Columns:
    """Return the nodes by column: every edge but the `back` ones leads to a later column.

    A node stands one column behind the last of its suppliers; one without suppliers right before the first
    of its customers; one without either in the first column. In each column the order is that of `nodes`.
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from((edge.supplier, edge.customer) for edge in edges if not edge.back)
    column = {
        node: at for at, generation in enumerate(nx.topological_generations(graph)) for node in generation
    }
    for node in nodes:
        if not graph.in_degree(node) and graph.out_degree(node):
            column[node] = min(column[customer] for customer in graph.successors(node)) - 1
    columns: Columns = [[] for _ in range(max(column.values(), default=-1) + 1)]
    for node in nodes:
        columns[column[node]].append(node)
    return columns


def reduce_crossings(columns: Sequence[Sequence[str]], edges: Iterable[DrawnEdge]) -> Columns:
    """Return the columns reordered by barycentre sweeps, there and back; never with more crossings.

    A node goes to the mean row of the nodes it is joined to on the one side, then on the other; one that is
    joined to none stays where it is. Ties keep the order there was.
    """
    found = list(edges)
    best = [list(column) for column in columns]
    fewest = count_crossings(best, found)
    now = best
    beside = _beside(columns, found)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        now = _sweep(now, beside[sweep % 2], backwards=bool(sweep % 2))
        crossings = count_crossings(now, found)
        if crossings < fewest:
            best, fewest = now, crossings
    return best


def _beside(
    columns: Sequence[Sequence[str]], edges: Iterable[DrawnEdge]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return for each node those it is joined to in earlier columns, and those in later ones."""
    place = {node: at for at, column in enumerate(columns) for node in column}
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        left, right = sorted((edge.supplier, edge.customer), key=place.__getitem__)
        if place[left] != place[right]:
            before[right].append(left)
            after[left].append(right)
    return before, after


def _sweep(columns: Columns, beside: Mapping[str, Sequence[str]], *, backwards: bool) -> Columns:
    swept = [list(column) for column in columns]
    height = _heights(swept)
    for column in reversed(swept) if backwards else swept:
        aim = {node: height[node] for node in column}
        for node in column:
            joined = beside.get(node, ())
            if joined:
                aim[node] = sum(height[other] for other in joined) / len(joined)
        column.sort(key=aim.__getitem__)
        height.update(_heights([column]))
    return swept


def _heights(columns: Iterable[Sequence[str]]) -> dict[str, float]:
    """Rows as they are drawn: every column is centred."""
    return {node: at - len(column) / 2 for column in columns for at, node in enumerate(column)}


def count_crossings(columns: Sequence[Sequence[str]], edges: Iterable[DrawnEdge]) -> int:
    """Return how many pairs of edges cross: two between the same two columns whose ends stand in opposite
    order. Edges within a column and between different pairs of columns are not counted.
    """
    place = {node: (at, row) for at, column in enumerate(columns) for row, node in enumerate(column)}
    gutters: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for edge in edges:
        (left, row), (right, other) = sorted((place[edge.supplier], place[edge.customer]))
        if left != right:
            gutters[left, right].append((row, other))
    return sum(_inversions([other for _, other in sorted(ends)]) for ends in gutters.values())


def _inversions(rows: Sequence[int]) -> int:
    """Return how many pairs stand in falling order, by a tree of running counts."""
    size = max(rows, default=0) + 1
    counts = [0] * (size + 1)
    found = 0
    for seen, row in enumerate(rows):
        at, not_above = row + 1, 0
        while at:
            not_above += counts[at]
            at &= at - 1
        found += seen - not_above
        at = row + 1
        while at <= size:
            counts[at] += 1
            at += at & -at
    return found
