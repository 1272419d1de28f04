"""What-if on the example worked by hand (docs/method.md), and on a table of all chains."""

from __future__ import annotations

import numpy as np
import pytest

from service.domain.chains import Stage
from service.domain.coverage import coverage_from_cells
from service.domain.gaps import GapKind, Rating
from service.domain.landscape import Landscape
from service.domain.priority import GapContext
from service.domain.prospects import Prospects
from service.domain.regions import Level
from service.domain.whatif import AddedFirm, NodeChange, WhatIf, add_firms, add_to_landscape, what_if
from service.errors import UnknownNode, UnknownRegion
from tests.domain import worked_example as example

CONTEXT = GapContext("甲市", "v1")


def firms_of(node: str, count: int, confidence: float = 1.0) -> list[AddedFirm]:
    return [AddedFirm("示范企业", ((f"ex/{node}", confidence),))] * count


def ask(region: str, firms: list[AddedFirm]) -> WhatIf:
    return what_if(example.coverage(), region, firms, weights=example.EQUAL, context=CONTEXT)


def node_of(found: WhatIf, node: str) -> NodeChange:
    return next(one for one in found.nodes if one.node == f"ex/{node}")


def test_one_firm_is_too_few_where_three_are_expected() -> None:
    found = ask("R1", firms_of("separator", 1))
    change = node_of(found, "separator")
    # e = 3 on both sides. Chi-square of 4 degrees: 90% below 7.779, so the interval ends at 3.89 / 4 = 0.97.
    assert (change.before.rating, change.after.rating) == (Rating.MISSING, Rating.WEAK)
    assert change.after.intensity.mean == pytest.approx(2 / 4)
    assert change.after.intensity.high == pytest.approx(7.779 / 2 / 4, abs=1e-4)
    assert (change.before.shortfall, change.after.shortfall) == (pytest.approx(3), pytest.approx(2))
    assert (change.kind_before, change.kind_after) == (GapKind.EXTEND_UPSTREAM, GapKind.STRENGTHEN)
    assert not change.closes
    assert change.added == 1
    # Completeness: the only leaf that was missing is there; 2.5 / 3 by importance, 0.5 upstream.
    before, after = found.before.summary, found.after.summary
    assert before.completeness == pytest.approx(2.5 / 3)
    assert after.completeness == 1
    assert (before.by_stage[Stage.UPSTREAM], after.by_stage[Stage.UPSTREAM]) == (pytest.approx(0.5), 1)


def test_two_firms_close_it_and_more_is_expected_beside_them() -> None:
    found = ask("R1", firms_of("separator", 2))
    change = node_of(found, "separator")
    assert change.after.rating is Rating.BALANCED
    assert (change.kind_after, change.priority_after) == (None, None)
    assert change.closes
    # The rest here grows by 2: cathode (4 + 2) * 4 / 18, cell (5 + 2) * 7 / 15, storage (7 + 2) * 5 / 17.
    expected = {"cathode": 24 / 18, "cell": 49 / 15, "storage": 45 / 17}
    assert {node: node_of(found, node).after.expected for node in expected} == pytest.approx(expected)
    # Storage, 1 firm: 3.89 / (1 + 45 / 17) = 1.067 still reaches 1.
    assert node_of(found, "storage").after.rating is Rating.BALANCED
    assert found.next_gaps == ()
    assert [one.node for one in found.changes] == ["ex/separator"]


def test_what_comes_elsewhere_in_the_chain_can_open_a_gap() -> None:
    # Three more cells: storage is expected (7 + 3) * 5 / 17 = 2.94 times and 3.89 / 3.94 lies below 1.
    found = ask("R1", firms_of("cell", 3))
    change = node_of(found, "storage")
    assert (change.before.rating, change.after.rating) == (Rating.BALANCED, Rating.WEAK)
    assert change.opens
    assert {one.node for one in found.next_gaps} == {"ex/separator", "ex/storage"}
    assert [one.priority_after for one in found.next_gaps] == sorted(
        (one.priority_after or 0.0 for one in found.next_gaps), reverse=True
    )


def test_kinds_of_other_gaps_change() -> None:
    coverage = coverage_from_cells(
        example.CHAIN,
        Level.CITY,
        ["R1", "R2"],
        [("R1", "ex/storage", 3.0), *(("R2", node.id, 2.0) for node in example.CHAIN.nodes)],
        firms_known={"R1": 3, "R2": 8},
        complete={"R1", "R2"},
    )
    found = what_if(coverage, "R1", firms_of("cell", 1), weights=example.EQUAL, context=CONTEXT)
    kinds = {one.node: (one.kind_before, one.kind_after) for one in found.changes}
    assert kinds["ex/cathode"] == (GapKind.BLANK, GapKind.EXTEND_UPSTREAM)
    assert kinds["ex/separator"] == (GapKind.BLANK, GapKind.EXTEND_UPSTREAM)
    # Demand pull of the cathode rises from 0 to 1 / (1 + 1): by 0.5 of one of eleven equal weights, and more.
    cathode = next(one for one in found.nodes if one.node == "ex/cathode")
    assert cathode.priority_before is not None
    assert cathode.priority_after is not None
    assert cathode.priority_after - cathode.priority_before > 100 * 0.5 / 11


def test_an_anchor_makes_a_node_strong() -> None:
    # Cell in R1: 4 firms, 5 / 3.333 = 1.5, interval from 2.43 / 3.333 = 0.73: strong with an anchor only.
    plain = AddedFirm("示范企业", (("ex/cell", 1.0),))
    anchor = AddedFirm("链主", (("ex/cell", 1.0),), anchor=True)
    assert node_of(ask("R1", [plain]), "cell").after.rating is Rating.BALANCED
    assert node_of(ask("R1", [anchor]), "cell").after.rating is Rating.STRONG


def test_enough_firms_make_a_region_observed() -> None:
    coverage = coverage_from_cells(
        example.CHAIN, Level.CITY, ["R1", "R2"], [("R2", "ex/cell", 2.0)], firms_known={"R1": 0, "R2": 3}
    )
    two, three = (
        what_if(coverage, "R1", firms_of("cell", count), weights=example.EQUAL, context=CONTEXT)
        for count in (2, 3)
    )
    assert (two.before.summary.completeness, two.after.summary.completeness) == (None, None)
    assert three.after.summary.completeness == 1


def landscape() -> Landscape:
    return Landscape(
        regions=("R1", "R2"),
        nodes=("ex/cell", "other/leaf"),
        branches=("ex", "other"),
        effective=np.array([[3.0, 0.0], [4.0, 1.0]]),
        recent=np.array([[1.0, 0.0], [0.0, 1.0]]),
        distance_km=np.array([[0.0, 100.0], [100.0, 0.0]]),
        dated=True,
    )


def test_the_table_of_all_chains_gets_the_firms_as_new_ones() -> None:
    firm = AddedFirm("两链企业", (("ex/cell", 0.75), ("other/leaf", 1.0), ("other/group", 1.0)))
    before, after = landscape(), add_to_landscape(landscape(), "R1", [firm, firm])
    assert after.effective.tolist() == [[4.5, 2.0], [4.0, 1.0]]
    assert after.recent.tolist() == [[2.5, 2.0], [0.0, 1.0]]
    assert before.effective.tolist() == [[3.0, 0.0], [4.0, 1.0]]


def test_priorities_follow_the_larger_table() -> None:
    whole = Landscape(
        regions=tuple(example.FIRMS),
        nodes=tuple(node.id for node in example.CHAIN.nodes),
        branches=("ex",) * 4,
        effective=np.array([list(counts) for counts in example.FIRMS.values()], dtype=float),
        recent=np.zeros((4, 4)),
        distance_km=np.full((4, 4), 100.0),
        dated=False,
    )
    context = GapContext("甲市", "v1", Prospects(whole, "R1", {}))
    found = what_if(example.coverage(), "R1", firms_of("cell", 5), weights=example.EQUAL, context=context)
    growth = [
        next(factor.value for factor in report.gaps[0].factors if factor.name == "growth")
        for report in (found.before, found.after)
    ]
    assert growth == pytest.approx([np.log(9) / np.log(10_001), np.log(14) / np.log(10_001)])


def test_what_cannot_be_asked() -> None:
    with pytest.raises(UnknownRegion, match="R9"):
        ask("R9", firms_of("cell", 1))
    with pytest.raises(UnknownNode, match="ex/none"):
        ask("R1", firms_of("none", 1))
    with pytest.raises(UnknownRegion):
        add_to_landscape(landscape(), "R9", [])
    for links in ((), (("ex/cell", 0.4),), (("ex/cell", 1.5),), (("ex/cell", 1.0), ("ex/cell", 1.0))):
        with pytest.raises(ValueError, match="x has"):
            AddedFirm("x", links)
    assert add_firms(example.coverage(), "R1", []).direct.tolist() == example.coverage().direct.tolist()
