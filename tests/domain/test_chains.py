from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.chains import Chain, Node, Stage, SupplyEdge


def make_chain(parents: dict[str, str | None], edges: list[tuple[str, str, float | None]]) -> Chain:
    nodes = tuple(Node(node, node.upper(), parent, Stage.UPSTREAM) for node, parent in parents.items())
    supply = tuple(SupplyEdge(supplier, customer, share) for supplier, customer, share in edges)
    return Chain("c", "C", "1.0", "2026-01-01", nodes, supply)


def shares_of(chain: Chain) -> dict[tuple[str, str], float | None]:
    graph = chain.leaf_graph
    return {
        (supplier, customer): graph[supplier][customer]["input_share"] for supplier, customer in graph.edges
    }


@pytest.fixture
def battery() -> Chain:
    """Materials (cathode, anode) supply the cell; cathode's share of the cell's cost is known."""
    tree = {"materials": None, "cathode": "materials", "anode": "materials", "cell": None, "pack": None}
    edges = [("materials", "cell", None), ("cathode", "cell", 0.4), ("cell", "pack", 0.6)]
    return make_chain(tree, edges)


def test_an_edge_points_from_supplier_to_customer(battery: Chain) -> None:
    assert list(battery.graph.predecessors("pack")) == ["cell"]
    assert list(battery.graph.successors("cathode")) == ["cell"]


def test_an_edge_at_an_inner_node_holds_for_the_leaves_below(battery: Chain) -> None:
    assert set(battery.leaf_graph.edges) == {("cathode", "cell"), ("anode", "cell"), ("cell", "pack")}


def test_only_a_share_between_two_leaves_is_known_of_leaves(battery: Chain) -> None:
    assert shares_of(battery) == {("cathode", "cell"): 0.4, ("anode", "cell"): None, ("cell", "pack"): 0.6}


def test_a_groups_share_is_not_given_to_its_members() -> None:
    chain = make_chain({"g": None, "a": "g", "b": "g", "x": None}, [("g", "x", 0.5)])
    assert shares_of(chain) == {("a", "x"): None, ("b", "x"): None}


def test_the_tree_is_walked_in_file_order(battery: Chain) -> None:
    assert [(depth, node.id) for depth, node in battery.walk()] == [
        (0, "materials"),
        (1, "cathode"),
        (1, "anode"),
        (0, "cell"),
        (0, "pack"),
    ]
    assert [node.id for node in battery.leaves] == ["cathode", "anode", "cell", "pack"]
    assert battery.leaves_below("materials") == ("cathode", "anode")
    assert battery.leaves_below("cell") == ("cell",)


def test_ancestors_come_nearest_first() -> None:
    chain = make_chain({"a": None, "b": "a", "c": "b"}, [])
    assert chain.ancestors("c") == ("b", "a")
    assert chain.ancestors("a") == ()


def test_an_unknown_node_is_a_key_error(battery: Chain) -> None:
    assert "nickel" not in battery
    for ask in (battery.node, battery.ancestors):
        with pytest.raises(KeyError):
            ask("nickel")


@st.composite
def forests(draw: st.DrawFn) -> Chain:
    """Trees whose nodes stand in any order, so long as parents come first."""
    parents: dict[str, str | None] = {}
    for number in range(draw(st.integers(1, 25))):
        parents[f"n{number}"] = draw(st.sampled_from([None, *parents]))
    return make_chain(parents, [])


@given(forests())
def test_a_walk_meets_every_node_once_after_its_ancestors(chain: Chain) -> None:
    met = [node.id for _, node in chain.walk()]
    assert sorted(met) == sorted(node.id for node in chain.nodes)
    for depth, node in chain.walk():
        above = chain.ancestors(node.id)
        assert len(above) == depth
        assert set(above) <= set(met[: met.index(node.id)])


@given(forests())
def test_the_leaves_below_the_top_are_all_leaves(chain: Chain) -> None:
    below = [leaf for top in chain.children(None) for leaf in chain.leaves_below(top.id)]
    assert sorted(below) == sorted(node.id for node in chain.leaves)
    for leaf in below:
        assert chain.children(leaf) == ()
        assert all(leaf in chain.leaves_below(above) for above in chain.ancestors(leaf))
