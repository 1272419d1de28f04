"""Where the nodes of a supply graph stand: columns, folds, circles between groups, crossings."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.chain_layout import (
    DrawnEdge,
    count_crossings,
    default_folds,
    layout_focus,
    layout_supply,
    mark_back_edges,
    place_columns,
    reduce_crossings,
    shown_nodes,
)
from service.domain.chains import Chain, Node, Stage, SupplyEdge

Tree = dict[str, str | None]
"""Nodes in file order, each with its parent."""


def make_chain(
    tree: Tree,
    edges: list[tuple[str, str, float | None]],
    stages: dict[str, Stage] | None = None,
) -> Chain:
    stage = stages or {}
    nodes = tuple(Node(node, node, parent, stage.get(node, Stage.UPSTREAM)) for node, parent in tree.items())
    return Chain("c", "C", "1.0", "2026-01-01", nodes, tuple(SupplyEdge(*edge) for edge in edges))


def joined(*pairs: str) -> list[DrawnEdge]:
    """Read "ab" as "a supplies b"."""
    return [DrawnEdge(pair[0], pair[1], None, 1) for pair in pairs]


@pytest.fixture
def battery() -> Chain:
    """Ores (ore, salt) feed materials (cathode, anode); these the cell; the cell the car, and a recycler
    that feeds the cathode from the car's end; a screw supplies the car alone, a fair belongs to nothing.
    """
    tree: Tree = {
        "ores": None, "ore": "ores", "salt": "ores",
        "materials": None, "cathode": "materials", "anode": "materials",
        "cell": None, "car": None, "screw": None, "fair": None,
    }  # fmt: skip
    edges: list[tuple[str, str, float | None]] = [
        ("ore", "salt", 0.5), ("salt", "cathode", 0.3), ("ore", "anode", None), ("cathode", "cell", 0.4),
        ("anode", "cell", 0.1), ("cell", "car", 0.35), ("screw", "car", None),
    ]  # fmt: skip
    return make_chain(tree, edges)


def test_columns_follow_supply_and_loose_suppliers_stand_before_their_customer(battery: Chain) -> None:
    columns = layout_supply(battery).columns
    # By hand: ore 0, salt 1, cathode 2, anode 1 (behind ore), cell 3, car 4; screw right before the car.
    assert [set(column) for column in columns] == [
        {"ore", "fair"},
        {"salt", "anode"},
        {"cathode"},
        {"cell", "screw"},
        {"car"},
    ]


def test_a_folded_group_stands_for_its_leaves(battery: Chain) -> None:
    layout = layout_supply(battery, frozenset({"ores", "materials"}))
    edges = {(edge.supplier, edge.customer): edge for edge in layout.edges}
    assert set(edges) == {("ores", "materials"), ("materials", "cell"), ("cell", "car"), ("screw", "car")}
    assert edges["ores", "materials"].count == 2
    assert edges["materials", "cell"].input_share is None
    assert edges["cell", "car"].input_share == 0.35
    assert not any(edge.back for edge in layout.edges)


def test_the_share_written_for_a_group_stays_with_the_group() -> None:
    tree: Tree = {
        "materials": None,
        "cathode": "materials",
        "anode": "materials",
        "cell": None,
    }
    chain = make_chain(tree, [("materials", "cell", 0.6)])
    folded = layout_supply(chain, frozenset({"materials"})).edges
    assert [(edge.count, edge.input_share) for edge in folded] == [(2, 0.6)]
    assert [edge.input_share for edge in layout_supply(chain).edges] == [None, None]


def test_groups_that_supply_each_other_are_still_drawn() -> None:
    tree: Tree = {"up": None, "a": "up", "b": "up", "down": None, "x": "down", "y": "down"}
    stages = dict.fromkeys(("down", "x", "y"), Stage.DOWNSTREAM)
    chain = make_chain(tree, [("a", "x", None), ("x", "b", None)], stages)
    layout = layout_supply(chain, frozenset({"up", "down"}))
    assert layout.columns == (("up",), ("down",))
    assert {(edge.supplier, edge.customer): edge.back for edge in layout.edges} == {
        ("up", "down"): False,
        ("down", "up"): True,
    }


def test_the_highest_folded_group_is_what_is_shown() -> None:
    tree: Tree = {"top": None, "middle": "top", "a": "middle", "b": "top"}
    chain = make_chain(tree, [("a", "b", None)])
    assert shown_nodes(chain, {"middle"}) == {"a": "middle", "b": "b"}
    assert shown_nodes(chain, {"middle", "top"}) == {"a": "top", "b": "top"}


def test_groups_fold_at_the_depth_at_which_the_tree_is_readable() -> None:
    tree: Tree = {"t": None, "m": "t", "n": "t", "a": "m", "b": "m", "c": "n", "d": "n"}
    chain = make_chain(tree, [("a", "b", None)])
    assert default_folds(chain, 7) == frozenset()
    assert default_folds(chain, 6) == {"m", "n"}
    assert default_folds(chain, 3) == {"m", "n"}
    assert default_folds(chain, 2) == {"t", "m", "n"}
    assert default_folds(chain, 0) == {"t", "m", "n"}


def test_focus_shows_two_steps_to_either_side(battery: Chain) -> None:
    layout = layout_focus(battery, "cathode")
    # By hand: salt 1 and ore 2 before it, cell 1 and car 2 behind; anode feeds the cell but not the cathode.
    assert layout.columns == (("ore",), ("salt",), ("cathode",), ("cell",), ("car",))
    assert layout.centre == 2
    assert layout_focus(battery, "fair").columns == (("fair",),)
    assert layout_focus(battery, "car", 1).centre == 1


def test_focus_on_a_group_shows_its_leaves_in_one_column(battery: Chain) -> None:
    layout = layout_focus(battery, "materials")
    assert layout.centre is not None
    assert set(layout.columns[layout.centre]) == {"cathode", "anode"}
    with pytest.raises(KeyError):
        layout_focus(battery, "unknown")


def test_two_crossed_edges_are_uncrossed() -> None:
    columns, edges = [["a", "b"], ["x", "y"]], joined("ay", "bx")
    assert count_crossings(columns, edges) == 1
    assert count_crossings(reduce_crossings(columns, edges), edges) == 0


def test_a_tree_drawn_in_the_wrong_order_ends_without_crossings() -> None:
    columns = [["a", "b", "c"], ["w", "x", "y", "z"]]
    edges = joined("aw", "ay", "bx", "bz", "cw")
    # By hand: w-x-y-z as written: ay/bx, ay/cw, bx/cw, bz/cw cross, and none else.
    assert count_crossings(columns, edges) == 4
    assert count_crossings(reduce_crossings(columns, edges), edges) == 0


def test_what_must_cross_once_crosses_once() -> None:
    columns, edges = [["a", "b"], ["x", "y"]], joined("ax", "ay", "bx", "by")
    assert count_crossings(reduce_crossings(columns, edges), edges) == 1


NAMES = [f"n{number}" for number in range(9)]
GRAPHS = st.lists(
    st.sampled_from([*combinations(NAMES, 2), *((b, a) for a, b in combinations(NAMES, 2))]),
    unique=True,
    max_size=30,
)


@given(GRAPHS)
def test_any_graph_gets_columns_and_no_crossing_is_added(pairs: list[tuple[str, str]]) -> None:
    order = {name: (0, at) for at, name in enumerate(NAMES)}
    edges = mark_back_edges(NAMES, [DrawnEdge(u, v, None, 1) for u, v in pairs], order)
    columns = place_columns(NAMES, edges)
    place = {name: at for at, column in enumerate(columns) for name in column}
    assert sorted(place) == NAMES
    assert sum(map(len, columns)) == len(NAMES)
    assert all(columns)
    assert all(edge.back or place[edge.supplier] < place[edge.customer] for edge in edges)
    assert all(order[edge.supplier] > order[edge.customer] for edge in edges if edge.back)
    ordered = reduce_crossings(columns, edges)
    assert [sorted(column) for column in ordered] == [sorted(column) for column in columns]
    assert count_crossings(ordered, edges) <= count_crossings(columns, edges)


@given(GRAPHS)
def test_crossings_are_counted_as_by_looking_at_every_pair(pairs: list[tuple[str, str]]) -> None:
    columns = [NAMES[:3], NAMES[3:6], NAMES[6:]]
    edges = [DrawnEdge(u, v, None, 1) for u, v in pairs]
    at = {name: (c, r) for c, column in enumerate(columns) for r, name in enumerate(column)}
    ends = [sorted((at[edge.supplier], at[edge.customer])) for edge in edges]
    crossed = sum(
        (a[0], b[0]) == (c[0], d[0]) and a[0] != b[0] and (a[1] - c[1]) * (b[1] - d[1]) < 0
        for (a, b), (c, d) in combinations(ends, 2)
    )
    assert count_crossings(columns, edges) == crossed
