"""The eight axes of a region in a chain."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from service.domain.completeness import summarise_region
from service.domain.coverage import Coverage, coverage_from_cells
from service.domain.gaps import rate_region
from service.domain.landscape import Landscape
from service.domain.profile import AXES, Axis, find_profile
from tests.domain.worked_example import CHAIN, FIRMS, coverage
from tests.properties.strategies import Table, tables

ANCHORS = (("R1", "ex/cell"), ("R2", "ex/cell"), ("R2", "ex/storage"))


def example_landscape(*, dated: bool = True) -> Landscape:
    """The example of docs/method.md and a node of another chain with 6 firms in R3; 2, 2, 1, 1 are recent."""
    effective = np.array([[*counts, 0] for counts in FIRMS.values()], dtype=np.float64)
    effective[2, 4] = 6.0
    recent = np.zeros_like(effective)
    recent[:, 2] = [2, 2, 1, 1]
    distance = np.full((4, 4), 150.0)
    distance[0, 2] = distance[2, 0] = 300.0
    np.fill_diagonal(distance, 0.0)
    nodes = (*(node.id for node in CHAIN.nodes), "other/node")
    return Landscape(tuple(FIRMS), nodes, ("ex",) * 4 + ("other",), effective, recent, distance, dated)


def profile(whole: Coverage, landscape: Landscape, region: str) -> dict[str, Axis]:
    summary = summarise_region(whole, region, rate_region(whole, region))
    found = find_profile(whole, landscape, summary)
    assert tuple(axis.name for axis in found) == AXES
    assert all(axis.reason.endswith("。") for axis in found)
    return {axis.name: axis for axis in found}


def test_the_worked_example() -> None:
    found = profile(coverage(anchors=ANCHORS), example_landscape(), "R1")
    # R1 lacks one of two upstream leaves of equal weight, and one of four leaves.
    assert [found[name].value for name in ("upstream", "midstream", "downstream")] == [0.5, 1.0, 1.0]
    assert found["breadth"].value == 0.75
    # 8 firms, the most is 10; one leaf with an anchor, the most is two.
    assert found["size"].value == pytest.approx(math.log(9) / math.log(11))
    assert found["anchors"].value == pytest.approx(math.log(2) / math.log(3))
    # 2 of 8 firms are new; elsewhere 4 of 22, so 1.4545 would be: x = 3 / 2.4545 = 1.2222.
    assert found["growth"].value == pytest.approx(0.55, abs=1e-4)
    # Around: 18 / e + 4 / e^2 = 7.1632 of the chain; 30 of all 36 firms would be 6.6460: x = 1.0676.
    assert found["neighbours"].value == pytest.approx(0.5164, abs=1e-4)
    assert "7.2 家" in found["neighbours"].reason
    assert "6.6 家" in found["neighbours"].reason


def test_what_cannot_be_said_is_not_zero() -> None:
    found = profile(coverage(), example_landscape(dated=False), "R1")
    assert found["growth"] == Axis("growth", None, "企业成立日期多不详，无法判断增长。")
    assert found["anchors"].value is None


def test_a_region_of_which_too_little_is_known() -> None:
    whole = replace(coverage(), firms_known=np.array([2, 10, 4, 8]))
    found = profile(whole, example_landscape(), "R1")
    assert {axis.value for axis in found.values()} == {None}


def test_a_region_alone() -> None:
    cells = [("R1", "ex/cell", 3.0)]
    whole = coverage_from_cells(
        CHAIN, coverage().level, ("R1",), cells, firms_known={"R1": 3}, complete=("R1",)
    )
    nodes = tuple(node.id for node in CHAIN.nodes)
    firms = np.array([[0.0, 0.0, 3.0, 0.0]])
    alone = Landscape(("R1",), nodes, ("ex",) * 4, firms, firms, np.zeros((1, 1)), dated=True)
    found = profile(whole, alone, "R1")
    assert (found["neighbours"].value, found["growth"].value, found["size"].value) == (None, None, 1.0)
    assert found["upstream"].value is None  # nobody is known anywhere in these nodes


@given(tables())
def test_every_axis_lies_between_0_and_1(table: Table) -> None:
    whole = table.coverage()
    leaves = [leaf.id for leaf in whole.chain.leaves]
    firms = whole.effective[:, [whole.column(leaf) for leaf in leaves]]
    size = len(whole.regions)
    landscape = Landscape(
        whole.regions,
        tuple(leaves),
        ("t",) * len(leaves),
        firms,
        firms / 2,
        np.full((size, size), 100.0),
        dated=True,
    )
    for region in whole.regions:
        for axis in profile(whole, landscape, region).values():
            assert axis.value is None or 0.0 <= axis.value <= 1.0
