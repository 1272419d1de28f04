from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from service.domain.supply_proximity import (
    join_leaf_graphs,
    supplier_shares,
    supply_density,
    supply_proximity,
)
from tests.properties.strategies import chains

from .worked_example import CHAIN, FIRMS

CATHODE, SEPARATOR, CELL, STORAGE = NODES = [node.id for node in CHAIN.nodes]
NAMES = [f"n{place}" for place in range(6)]
SHARES = st.none() | st.sampled_from([0.0, 0.02, 0.125, 0.25, 0.5])


def graph_of(*edges: tuple[str, str, float | None]) -> nx.DiGraph[str]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    for supplier, customer, share in edges:
        graph.add_edge(supplier, customer, input_share=share)
    return graph


@st.composite
def graphs(draw: st.DrawFn) -> nx.DiGraph[str]:
    """Up to six nodes, circles among them: the union of chains may have some."""
    pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1])
    found = draw(st.lists(pairs, unique=True, max_size=12))
    graph = graph_of(*((supplier, customer, draw(SHARES)) for supplier, customer in found))
    graph.add_nodes_from(NAMES)
    return graph


def test_proximity_of_the_worked_example() -> None:
    """By hand: cell has two suppliers, 1/2 each; storage has one, 1. From cathode to storage it is two steps:
    1/2 * 1, worth half. Cathode and separator do not supply each other.
    """
    assert supply_proximity(CHAIN.leaf_graph, NODES).tolist() == [
        [0, 0, 0.5, 0.25],
        [0, 0, 0.5, 0.25],
        [0.5, 0.5, 0, 1],
        [0.25, 0.25, 1, 0],
    ]


def test_density_of_the_worked_example() -> None:
    """By hand: R1 has cathode and cell. Around cathode stand cell (1/2) and storage (1/4): 2/3. Around cell
    stand cathode, separator (1/2 each) and storage (1): 1/4. Around storage 5/4 of 3/2.
    """
    counts = np.array(list(FIRMS.values()), dtype=np.float64)
    around = supply_density(counts, supply_proximity(CHAIN.leaf_graph, NODES))
    assert around[0].tolist() == pytest.approx([2 / 3, 2 / 3, 1 / 4, 5 / 6])
    # R3 has a separator only.
    assert around[2].tolist() == pytest.approx([0, 0, 1 / 4, 1 / 6])


def test_a_supplier_of_unknown_share_takes_the_mean_of_the_known() -> None:
    """By hand: 0.3, 0.1 and (unknown) 0.2 add up to 0.6."""
    graph = graph_of(("a", "v", 0.3), ("b", "v", 0.1), ("c", "v", None))
    assert supplier_shares(graph, "v") == pytest.approx({"a": 1 / 2, "b": 1 / 6, "c": 1 / 3})
    assert supplier_shares(graph, "a") == {}


def test_suppliers_that_are_known_to_be_worth_nothing_tie_nothing() -> None:
    graph = graph_of(("a", "v", 0.0), ("b", "v", None))
    assert supplier_shares(graph, "v") == {"a": 0.0, "b": 0.0}
    assert np.isnan(supply_density(np.ones((1, 3)), supply_proximity(graph, ["a", "b", "v"]))).all()


def test_paths_add_up() -> None:
    """By hand: u makes up half of a and all of b, which are half of v each: 1/2 (1/2 * 1/2 + 1 * 1/2)."""
    graph = graph_of(("u", "a", None), ("x", "a", None), ("u", "b", None), ("a", "v", None), ("b", "v", None))
    assert supply_proximity(graph, ["u", "v"])[0, 1] == pytest.approx(0.5 * (0.25 + 0.5))


def test_a_path_ends_after_three_steps() -> None:
    """By hand, along a line of sole suppliers: 1, 1/2, 1/4, and nothing more."""
    graph = graph_of(*((first, second, None) for first, second in pairwise("abcde")))
    assert supply_proximity(graph, list("abcde"))[0].tolist() == [0, 1, 0.5, 0.25, 0]
    assert supply_proximity(graph, list("abcde"), steps=1)[0].tolist() == [0, 1, 0, 0, 0]
    assert supply_proximity(graph, list("abcde"), steps=4)[0, 4] == 0.125
    assert supply_proximity(graph, list("abcde"), decay=1.0)[0].tolist() == [0, 1, 1, 1, 0]


def test_a_circle_is_cut_at_one() -> None:
    """By hand: two sole suppliers of each other: 1 in one step and 1/4 in three."""
    graph = graph_of(("a", "b", None), ("b", "a", None))
    assert supply_proximity(graph, ["a", "b"]).tolist() == [[0, 1], [1, 0]]


def test_nodes_outside_the_graph_and_outside_the_list() -> None:
    graph = graph_of(("a", "b", None), ("b", "c", None))
    assert supply_proximity(graph, ["c", "z", "a"]).tolist() == [[0, 0, 0.5], [0, 0, 0], [0.5, 0, 0]]
    assert supply_proximity(nx.DiGraph(), ["a"]).tolist() == [[0]]
    assert supply_proximity(graph, []).shape == (0, 0)


@pytest.mark.parametrize("options", [{"steps": 0}, {"decay": 1.5}, {"decay": -0.1}, {"decay": float("nan")}])
def test_what_makes_no_sense_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        supply_proximity(CHAIN.leaf_graph, NODES, **options)  # type: ignore[arg-type]


def test_a_node_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        supply_proximity(CHAIN.leaf_graph, [CELL, CELL])


def test_chains_are_joined_at_their_common_nodes_with_the_larger_share() -> None:
    edges = CHAIN.edges
    stated = replace(CHAIN, edges=(replace(edges[0], input_share=0.25), *edges[1:]))
    larger = replace(CHAIN, edges=(replace(edges[0], input_share=0.5), edges[2]))
    for order in ([CHAIN, stated, larger], [larger, stated, CHAIN], [stated, CHAIN, larger]):
        joined = join_leaf_graphs(order)
        assert joined.edges[CATHODE, CELL]["input_share"] == 0.5
        assert joined.edges[CELL, STORAGE]["input_share"] is None
        assert set(joined) == set(NODES)
        assert set(joined.edges) == {(edge.supplier, edge.customer) for edge in edges}
    assert CHAIN.leaf_graph.edges[CATHODE, CELL]["input_share"] is None


@given(graphs(), st.integers(1, 5), st.floats(0, 1))
def test_proximity_is_symmetric_and_within_bounds(graph: nx.DiGraph[str], steps: int, decay: float) -> None:
    close = supply_proximity(graph, NAMES, steps=steps, decay=decay)
    assert (close == close.T).all()
    assert (np.diagonal(close) == 0).all()
    assert ((close >= 0) & (close <= 1)).all()
    if steps < 5:
        assert (supply_proximity(graph, NAMES, steps=steps + 1, decay=decay) >= close - 1e-12).all()


@given(graphs())
def test_without_a_supply_path_there_is_no_proximity(graph: nx.DiGraph[str]) -> None:
    close = supply_proximity(graph, NAMES)
    for place, node in enumerate(NAMES):
        reach = nx.single_source_shortest_path_length(graph, node, cutoff=3)
        back = nx.single_source_shortest_path_length(graph.reverse(), node, cutoff=3)
        apart = [other for other, name in enumerate(NAMES) if name not in reach and name not in back]
        assert not close[place, apart].any()


@given(graphs())
def test_the_suppliers_of_a_node_share_it_among_them(graph: nx.DiGraph[str]) -> None:
    for node in graph:
        total = sum(supplier_shares(graph, node).values())
        stated = [share for _, _, share in graph.in_edges(node, data="input_share")]
        known = [share for share in stated if share is not None]
        assert total == pytest.approx(1.0 if stated and (not known or max(known) > 0) else 0.0)


@given(graphs(), st.permutations(range(len(NAMES))), st.randoms(use_true_random=False))
def test_names_and_order_change_nothing(graph: nx.DiGraph[str], order: list[int], chooser: object) -> None:
    """The same graph with other names, its edges written in another order, nodes asked in another order."""
    names = {name: f"m{(place * 5 + 3) % 7}" for place, name in enumerate(NAMES)}
    edges = [(names[one], names[two], share) for one, two, share in graph.edges(data="input_share")]
    chooser.shuffle(edges)  # type: ignore[attr-defined]
    other = supply_proximity(graph_of(*edges), [names[NAMES[place]] for place in order])
    np.testing.assert_allclose(other, supply_proximity(graph, NAMES)[order][:, order], rtol=0, atol=1e-12)


@given(graphs())
def test_a_node_without_edges_changes_nothing(graph: nx.DiGraph[str]) -> None:
    close = supply_proximity(graph, NAMES)
    graph.add_node("alone")
    other = supply_proximity(graph, [*NAMES, "alone"])
    assert (other[:-1, :-1] == close).all()
    assert not other[-1].any()


@given(graphs(), hnp.arrays(np.float64, (4, len(NAMES)), elements=st.integers(0, 5)), st.data())
def test_density_keeps_its_bounds_and_the_order_of_regions_changes_nothing(
    graph: nx.DiGraph[str], counts: np.ndarray, data: st.DataObject
) -> None:
    close = supply_proximity(graph, NAMES)
    around = supply_density(counts, close)
    assert (np.isnan(around) | ((around >= 0) & (around <= 1))).all()
    assert (np.isnan(around) == (close.sum(axis=0) == 0)).all()
    order = data.draw(st.permutations(range(4)))
    np.testing.assert_allclose(supply_density(counts[order], close), around[order], rtol=0, atol=1e-12)
    with_empty = supply_density(np.vstack([counts, np.zeros(len(NAMES))]), close)
    np.testing.assert_allclose(with_empty[:-1], around, rtol=0, atol=1e-12)


@given(st.lists(chains(), min_size=1, max_size=3))
def test_joining_keeps_every_leaf_and_every_edge_of_every_chain(found: list) -> None:
    joined = join_leaf_graphs(found)
    assert set(joined) == {leaf.id for chain in found for leaf in chain.leaves}
    assert set(joined.edges) == {edge for chain in found for edge in chain.leaf_graph.edges}
    backwards = join_leaf_graphs(reversed(found))
    assert {edge: joined.edges[edge] for edge in joined.edges} == {
        edge: backwards.edges[edge] for edge in backwards.edges
    }
