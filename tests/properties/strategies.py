"""Random chains (a tree of nodes with a supply graph without circles across its leaves) and tables.

Confidences are multiples of 1/8: their sums are exact in floating point, so a property that must hold
exactly can be tested exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from service.domain.chains import Chain, Node, Stage, SupplyEdge
from service.domain.coverage import Cell, Coverage, coverage_from_cells
from service.domain.regions import Level

CONFIDENCES = st.sampled_from([0.5, 0.625, 0.75, 0.875, 1.0])
# Some cells hold many firms: without them hardly any node is ever weak.
EFFECTIVE = CONFIDENCES | st.sampled_from([2.0, 4.0, 8.0, 16.0])


@dataclass(frozen=True)
class Table:
    """The inputs of one coverage, kept apart so that a test can change one of them."""

    chain: Chain
    regions: tuple[str, ...]
    cells: tuple[Cell, ...]
    firms_known: dict[str, int]
    complete: frozenset[str]
    anchors: frozenset[tuple[str, str]]
    seen: frozenset[str]

    def coverage(self) -> Coverage:
        return coverage_from_cells(
            self.chain,
            Level.CITY,
            self.regions,
            self.cells,
            firms_known=self.firms_known,
            complete=self.complete,
            anchors=self.anchors,
            seen=self.seen,
        )


@st.composite
def chains(draw: st.DrawFn, *, max_nodes: int = 9) -> Chain:
    """A chain whose parents may stand after their children in the file, with edges at leaves and groups."""
    size = draw(st.integers(1, max_nodes))
    parents: list[int | None] = [None]
    parents += [draw(st.none() | st.integers(0, place - 1)) for place in range(1, size)]
    stages = st.sampled_from(list(Stage))
    nodes = [
        Node(f"t/n{place}", f"环节{place}", None if parent is None else f"t/n{parent}", draw(stages))
        for place, parent in enumerate(parents)
    ]
    shuffled = tuple(draw(st.permutations(nodes)))
    return Chain(
        "t", "试验链", "1", "2026-01-01", shuffled, draw(_edges(Chain("t", "", "1", "", shuffled, ())))
    )


@st.composite
def _edges(draw: st.DrawFn, chain: Chain) -> tuple[SupplyEdge, ...]:
    """Edges from nodes whose leaves all stand before those of the other node in one drawn order."""
    order = draw(st.permutations([leaf.id for leaf in chain.leaves]))
    place = {leaf: position for position, leaf in enumerate(order)}
    spans = {node.id: [place[leaf] for leaf in chain.leaves_below(node.id)] for node in chain.nodes}
    possible = [(u, v) for u in spans for v in spans if max(spans[u]) < min(spans[v])]
    pairs = draw(st.lists(st.sampled_from(possible), unique=True, max_size=12)) if possible else []
    shares = st.none() | st.sampled_from([0.125, 0.25, 0.5])
    return tuple(SupplyEdge(u, v, draw(shares), "试验") for u, v in pairs)


@st.composite
def tables(draw: st.DrawFn, *, max_regions: int = 6) -> Table:
    """A chain with links over 1 to `max_regions` regions, many cells empty, some regions complete."""
    chain = draw(chains())
    regions = tuple(f"{330100 + 100 * place}" for place in range(draw(st.integers(1, max_regions))))
    ids = [node.id for node in chain.nodes]
    cells = draw(
        st.lists(st.tuples(st.sampled_from(regions), st.sampled_from(ids), CONFIDENCES), max_size=60)
    )
    filled = sorted({(adcode, node) for adcode, node, _ in cells})
    anchors = draw(st.frozensets(st.sampled_from(filled), max_size=4)) if filled else frozenset()
    return Table(
        chain=chain,
        regions=regions,
        cells=tuple(cells),
        firms_known={adcode: draw(st.sampled_from([0, 2, 3, 8, 8, 8])) for adcode in regions},
        complete=draw(st.frozensets(st.sampled_from(regions))),
        anchors=anchors,
        seen=draw(st.just(frozenset(ids)) | st.frozensets(st.sampled_from(ids))),
    )
