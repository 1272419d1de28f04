"""Confidence of ratings: values that follow by hand, and the rule held against that of the ratings."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given

from service.domain.chains import Chain, Node, Stage
from service.domain.confidence import (
    ConfidenceMark,
    FirmKinds,
    Ground,
    Shown,
    judge_cells,
    rate_confidence,
)
from service.domain.coverage import Coverage, coverage_from_cells
from service.domain.gaps import GAP_RATINGS, MIN_OBSERVED, Rating, expected, rate_region
from service.domain.regions import Level
from service.errors import UnknownRegion
from tests.properties.strategies import Table, tables

Firm = tuple[str, Mapping[str, float]]
"""(region, effective firms by node)"""

CHAIN = Chain(
    "c",
    "链",
    "1",
    "2026-01-01",
    (
        Node("c/group", "组", None, Stage.UPSTREAM),
        Node("c/ore", "矿", "c/group", Stage.UPSTREAM),
        Node("c/cell", "电芯", None, Stage.MIDSTREAM),
        Node("c/car", "整车", None, Stage.DOWNSTREAM),
    ),
    (),
)
DRAWS = 4000
"""A share of the resamples is then right to about 0.02 (two and a half standard errors)."""


def coverage_of(
    firms: list[Firm], *, complete: bool = True, anchors: tuple[tuple[str, str], ...] = ()
) -> Coverage:
    cells = [(region, node, effective) for region, links in firms for node, effective in links.items()]
    return coverage_from_cells(
        CHAIN,
        Level.CITY,
        ["R1", "R2", "R3"],
        cells,
        firms_known=dict.fromkeys(("R1", "R2", "R3"), 100),
        complete={"R1", "R2", "R3"} if complete else (),
        anchors=anchors,
        seen=[node.id for node in CHAIN.nodes],
    )


def kinds_of(coverage: Coverage, firms: list[Firm], *, apart: bool = False) -> FirmKinds:
    """Alike firms together, or each a kind of its own. A link of more than 1 makes an anchor."""
    rows, kinds, links, known = [], [], [], {}
    for number, (region, by_node) in enumerate(firms):
        key = (number if apart else 0, tuple(sorted(by_node.items())))
        if key not in known:
            known[key] = len(known)
            links.append([by_node.get(node.id, 0.0) for node in coverage.chain.nodes])
        rows.append(coverage.row(region))
        kinds.append(known[key])
    pairs, counts = np.unique(np.array([rows, kinds]).reshape(2, -1), axis=1, return_counts=True)
    table = np.array(links, dtype=float).reshape(len(links), len(coverage.chain.nodes))
    return FirmKinds(table, (table > 1.0) @ coverage.below.T > 0, pairs[0], pairs[1], counts)


def test_an_absence_by_hand() -> None:
    # Elsewhere every firm makes ore and cars, so as many firms are to be expected here as the region has in
    # the rest of the chain: e is Poisson(4) over the resamples of its four firms. The mean of 1 / (1 + e) is
    # (1 - exp(-4)) / 4 = 0.2454; with e = 4 held fast it would be 0.2.
    firms: list[Firm] = [("R1", {"c/car": 1.0})] * 4 + [("R2", {"c/ore": 1.0, "c/car": 1.0})] * 60
    coverage = coverage_of(firms)
    found = rate_confidence(coverage, "R1", kinds_of(coverage, firms), draws=DRAWS)["c/ore"]
    assert rate_region(coverage, "R1")[1].expected == pytest.approx(4.0)
    assert (found.ground, found.gap_share) == (Ground.ABSENCE, None)
    assert found.share == pytest.approx(1.0 - (1.0 - math.exp(-4.0)) / 4.0, abs=0.01)
    assert found.mark is ConfidenceMark.MEDIUM


@pytest.mark.parametrize(("complete", "mark"), [(True, ConfidenceMark.HIGH), (False, ConfidenceMark.MEDIUM)])
def test_on_a_selective_basis_an_absence_is_at_most_medium(complete: bool, mark: ConfidenceMark) -> None:
    firms: list[Firm] = [("R1", {"c/car": 1.0})] * 50 + [("R2", {"c/ore": 1.0, "c/car": 1.0})] * 60
    coverage = coverage_of(firms, complete=complete)
    found = rate_confidence(coverage, "R1", kinds_of(coverage, firms))["c/ore"]
    assert found.share > 0.95
    assert found.mark is mark


def test_a_rating_that_rests_on_one_firm_by_hand() -> None:
    # Nobody elsewhere does anything but ore: nothing is comparable, so ore is balanced wherever it is here.
    # Its one firm is drawn at least once with the chance 1 - exp(-1); else ore is missing.
    firms: list[Firm] = [("R1", {"c/ore": 1.0})] + [("R2", {"c/ore": 1.0})] * 5
    coverage = coverage_of(firms)
    found = rate_confidence(coverage, "R1", kinds_of(coverage, firms), draws=DRAWS)
    assert found["c/ore"].ground is Ground.RESAMPLED
    assert found["c/ore"].share == pytest.approx(1.0 - math.exp(-1.0), abs=0.02)
    assert found["c/ore"].gap_share == pytest.approx(math.exp(-1.0), abs=0.02)
    assert found["c/ore"].mark is ConfidenceMark.LOW
    assert found["c/group"] == type(found["c/ore"])(
        "c/group", Ground.RESAMPLED, found["c/ore"].share, found["c/ore"].gap_share, ConfidenceMark.LOW
    ), "the group has the firms of its one leaf"


def test_one_weight_counts_for_all_nodes_of_a_firm() -> None:
    # Three firms that each make ore and cells: where they are drawn, both are here; where not, neither is.
    firms: list[Firm] = [("R1", {"c/ore": 1.0, "c/cell": 1.0})] + [("R2", {"c/ore": 1.0, "c/cell": 1.0})] * 40
    coverage = coverage_of(firms)
    found = rate_confidence(coverage, "R1", kinds_of(coverage, firms), draws=DRAWS)
    assert found["c/ore"].gap_share == found["c/cell"].gap_share == pytest.approx(math.exp(-1.0), abs=0.02)


def test_an_anchor_is_drawn_with_its_firm() -> None:
    # Two firms here and one to be expected: balanced but for the anchor. Where the anchor is not drawn (0.37)
    # the node is strong only if the other firm is drawn often enough.
    firms: list[Firm] = [("R1", {"c/cell": 1.5}), ("R1", {"c/cell": 0.5}), ("R1", {"c/car": 1.0})]
    firms += [("R2", {"c/cell": 1.0}), ("R2", {"c/car": 1.0})] * 60
    with_anchor = coverage_of(firms, anchors=(("R1", "c/cell"),))
    kinds = kinds_of(with_anchor, firms)
    assert rate_region(with_anchor, "R1")[2].rating is Rating.STRONG
    strong = rate_confidence(with_anchor, "R1", kinds, draws=DRAWS)["c/cell"].share
    without = FirmKinds(kinds.links, np.zeros_like(kinds.anchors), kinds.rows, kinds.kinds, kinds.firms)
    still = rate_confidence(with_anchor, "R1", without, draws=DRAWS)["c/cell"].share
    assert still < strong < 1.0 - math.exp(-1.0) + 0.1


def test_kinds_are_the_same_bootstrap_as_firms_one_by_one() -> None:
    # Weighs every firm on its own and rates with the rule of the ratings itself.
    firms: list[Firm] = [("R1", {"c/ore": 0.75})] * 2 + [("R1", {"c/cell": 1.0, "c/car": 0.5})] * 3
    firms += [("R2", {"c/ore": 1.0})] * 9 + [("R2", {"c/cell": 1.0, "c/car": 1.0})] * 4
    firms += [("R3", {"c/car": 1.0})] * 5 + [("R3", {"c/ore": 0.5, "c/car": 1.0})] * 3
    coverage = coverage_of(firms)
    found = rate_confidence(coverage, "R1", kinds_of(coverage, firms), draws=DRAWS)
    generator, again = np.random.default_rng(1), 1500
    same = dict.fromkeys(found, 0)
    gap = dict.fromkeys(found, 0)
    words = {rated.node: rated.rating for rated in rate_region(coverage, "R1")}
    for _ in range(again):
        weights = generator.poisson(1.0, len(firms))
        drawn = [
            (region, {node: effective * int(weight) for node, effective in links.items()})
            for (region, links), weight in zip(firms, weights, strict=True)
        ]
        for rated in rate_region(coverage_of(drawn), "R1"):
            same[rated.node] += rated.rating is words[rated.node]
            gap[rated.node] += rated.rating in GAP_RATINGS
    for node, one in found.items():
        assert one.ground is Ground.RESAMPLED
        assert one.share == pytest.approx(same[node] / again, abs=0.05), node
        assert one.gap_share == pytest.approx(gap[node] / again, abs=0.05), node


def test_what_does_not_fit_is_refused() -> None:
    firms: list[Firm] = [("R1", {"c/ore": 1.0})] + [("R2", {"c/car": 1.0})] * 3
    coverage = coverage_of(firms)
    kinds = kinds_of(coverage, firms)
    with pytest.raises(ValueError, match="add up"):
        rate_confidence(coverage, "R1", kinds_of(coverage, firms[1:]))
    with pytest.raises(ValueError, match="draws"):
        rate_confidence(coverage, "R1", kinds, draws=0)
    with pytest.raises(ValueError, match="prior"):
        rate_confidence(coverage, "R1", kinds, a=0.0)
    with pytest.raises(UnknownRegion):
        rate_confidence(coverage, "R9", kinds)
    with pytest.raises(ValueError, match="anchors"):
        FirmKinds(kinds.links, kinds.anchors[:1], kinds.rows, kinds.kinds, kinds.firms)
    with pytest.raises(ValueError, match="1 or more"):
        FirmKinds(kinds.links, kinds.anchors, kinds.rows, kinds.kinds, kinds.firms - 1)


def kinds_of_table(table: Table) -> FirmKinds:
    """Every cell of the table as a firm of its own; an anchor's pair on the first of them."""
    coverage = table.coverage()
    links = np.zeros((len(table.cells), len(coverage.chain.nodes)))
    for number, (_, node, effective) in enumerate(table.cells):
        links[number, coverage.column(node)] = effective
    numbers = np.arange(len(table.cells), dtype=np.int64)
    rows = np.array([coverage.row(region) for region, _, _ in table.cells], dtype=np.int64)
    return FirmKinds(links, np.zeros(links.shape, dtype=bool), rows, numbers, np.ones_like(numbers))


@given(tables())
def test_every_observed_node_has_a_confidence_within_its_bounds(table: Table) -> None:
    coverage, kinds = table.coverage(), kinds_of_table(table)
    for region in table.regions:
        found = rate_confidence(coverage, region, kinds, draws=20)
        assert found == rate_confidence(coverage, region, kinds, draws=20)
        rated = {one.node: one for one in rate_region(coverage, region)}
        assert set(found) == {node for node, one in rated.items() if one.rating is not Rating.UNOBSERVED}
        for node, one in found.items():
            absent = rated[node].rating in (Rating.MISSING, Rating.SUSPECTED)
            assert one.ground is (Ground.ABSENCE if absent else Ground.RESAMPLED)
            assert 0.0 <= one.share <= 1.0
            assert (one.gap_share is None) == absent
            if rated[node].rating is Rating.WEAK:
                assert one.gap_share is not None
                assert one.share <= one.gap_share
            assert not absent or rated[node].expected > 0 or one.share == 0.0


@given(tables())
def test_the_rule_is_that_of_the_ratings(table: Table) -> None:
    coverage = table.coverage()
    for region in table.regions:
        row = coverage.row(region)
        wanted, comparable = expected(coverage.effective, coverage.outside, row)
        cells = judge_cells(Shown(coverage.effective[row], wanted, comparable, coverage.anchors[row]))
        for place, rated in enumerate(rate_region(coverage, region, min_observed=0)):
            if not coverage.seen_anywhere[place]:
                continue
            absent, weak, strong = (bool(table[place]) for table in cells)
            assert absent == (rated.rating in (Rating.MISSING, Rating.SUSPECTED))
            assert (weak, strong) == (rated.rating is Rating.WEAK, rated.rating is Rating.STRONG)


def test_regions_of_which_too_little_is_known_have_no_confidence() -> None:
    firms: list[Firm] = [("R1", {"c/ore": 1.0})] + [("R2", {"c/car": 1.0})] * 3
    coverage = coverage_of(firms)
    kinds = kinds_of(coverage, firms)
    assert rate_confidence(coverage, "R1", kinds, min_observed=101) == {}
    assert len(rate_confidence(coverage, "R1", kinds, min_observed=MIN_OBSERVED)) == len(CHAIN.nodes)
