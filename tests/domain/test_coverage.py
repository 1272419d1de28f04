from __future__ import annotations

import math

import numpy as np
import pytest

from service.domain.chains import Chain, Node, Stage
from service.domain.coverage import Coverage, coverage_from_cells, nearby_supply, sum_to_parents
from service.domain.regions import Level
from service.errors import UnknownNode, UnknownRegion

from .worked_example import CHAIN

TREE = Chain(
    id="t",
    name="树",
    version="2",
    date="2026-01-01",
    nodes=(
        Node("t/leaf", "叶", "t/middle", Stage.UPSTREAM),
        Node("t/top", "顶", None, Stage.UPSTREAM),
        Node("t/middle", "中", "t/top", Stage.UPSTREAM),
        Node("t/alone", "独", None, Stage.DOWNSTREAM),
    ),
    edges=(),
)


def test_cells_add_up_and_roll_up_through_the_tree() -> None:
    cells = [("A", "t/leaf", 0.5), ("A", "t/leaf", 1.0), ("A", "t/middle", 2.0), ("B", "t/alone", 1.0)]
    table = coverage_from_cells(TREE, Level.CITY, ("A", "B"), cells, firms_known={"A": 5}, complete={"B"})
    assert table.direct.tolist() == [[1.5, 0, 2.0, 0], [0, 0, 0, 1.0]]
    assert table.effective.tolist() == [[1.5, 3.5, 3.5, 0], [0, 0, 0, 1.0]]
    assert table.outside.tolist() == [[2.0, 0, 0, 3.5], [1.0, 1.0, 1.0, 0]]
    assert table.firms_known.tolist() == [5, 0]
    assert table.complete.tolist() == [False, True]
    assert table.supplying_regions.tolist() == [1, 1, 1, 1]
    assert table.active_regions == 2


def test_anchors_and_sightings_roll_up_and_other_regions_only_count_as_seen() -> None:
    table = coverage_from_cells(
        TREE,
        Level.CITY,
        ("A",),
        [("A", "t/leaf", 1.0), ("elsewhere", "t/alone", 1.0)],
        firms_known={},
        anchors=[("A", "t/leaf"), ("elsewhere", "t/alone")],
    )
    assert table.anchors.tolist() == [[True, True, True, False]]
    assert table.seen_anywhere.tolist() == [True, True, True, True]
    assert table.direct.sum() == 1.0


def test_nothing_seen_is_told_from_seen_elsewhere() -> None:
    table = coverage_from_cells(TREE, Level.CITY, ("A",), [], firms_known={}, seen=["t/middle"])
    assert table.seen_anywhere.tolist() == [False, True, True, False]


def test_links_to_a_node_that_the_chain_lacks_are_refused_in_words() -> None:
    with pytest.raises(UnknownNode, match=r"t/gone.*版本 2.*重新挂链"):
        coverage_from_cells(TREE, Level.CITY, ("A",), [("A", "t/gone", 1.0)], firms_known={})


@pytest.mark.parametrize("bad", [math.nan, math.inf, -0.5])
def test_impossible_counts_are_refused_inside_and_outside_the_set(bad: float) -> None:
    for region in ("A", "elsewhere"):
        with pytest.raises(ValueError, match="effective firms of t/leaf"):
            coverage_from_cells(TREE, Level.CITY, ("A",), [(region, "t/leaf", bad)], firms_known={})


def made(**changes: object) -> Coverage:
    fields: dict[str, object] = {
        "chain": CHAIN,
        "level": Level.CITY,
        "regions": ("A", "B"),
        "direct": np.ones((2, 4)),
        "anchors": np.zeros((2, 4), dtype=bool),
        "firms_known": np.array([4, 4]),
        "complete": np.array([True, False]),
        "seen_anywhere": np.ones(4, dtype=bool),
    }
    return Coverage(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"direct": np.ones((2, 3))}, r"direct has shape \(2, 3\), expected \(2, 4\)"),
        ({"anchors": np.zeros((1, 4))}, "anchors has shape"),
        ({"complete": np.array([True])}, "complete has shape"),
        ({"direct": np.full((2, 4), np.nan)}, "finite"),
        ({"firms_known": np.array([-1, 2])}, "not negative"),
        ({"regions": ("A", "A")}, "stands twice"),
        ({"seen_anywhere": np.zeros(4, dtype=bool)}, "not marked as seen"),
    ],
)
def test_a_coverage_checks_its_arrays(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        made(**changes)


def test_a_coverage_keeps_its_own_arrays_and_guards_them() -> None:
    direct = np.ones((2, 4))
    table = made(direct=direct)
    direct[0, 0] = 99.0
    assert table.direct[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        table.direct[0, 0] = 2.0


def test_rows_and_columns_are_found_by_name() -> None:
    table = made()
    assert (table.row("B"), table.column("ex/cell")) == (1, 2)
    with pytest.raises(UnknownRegion):
        table.row("C")
    with pytest.raises(UnknownNode):
        table.column("ex/none")


def test_regions_are_summed_to_their_parents_in_a_fixed_order() -> None:
    cells = [("330803", "n", 0.1), ("330802", "n", 0.2), ("110000", "n", 1.0), ("330803", "m", 0.7)]
    parent_of = {"330802": "330800", "330803": "330800", "110000": "110000"}
    assert sum_to_parents(cells, parent_of) == [
        ("110000", "n", 1.0),
        ("330800", "m", 0.7),
        ("330800", "n", math.fsum([0.1, 0.2])),
    ]
    with pytest.raises(UnknownRegion, match="999999"):
        sum_to_parents([("999999", "n", 1.0)], parent_of)


def test_nearby_supply_decays_and_ignores_unknown_distances() -> None:
    effective = np.array([[8.0, 0.0], [4.0, 2.0], [100.0, 100.0]])
    near = nearby_supply(effective, np.array([0.0, 150.0, math.inf]), exclude=0)
    assert near.tolist() == pytest.approx([4 / math.e, 2 / math.e])
    with pytest.raises(ValueError, match="zero or more"):
        nearby_supply(effective, np.array([0.0, math.nan, 1.0]))
    with pytest.raises(ValueError, match="shapes"):
        nearby_supply(effective, np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match="scale"):
        nearby_supply(effective, np.zeros(3), scale_km=0.0)
