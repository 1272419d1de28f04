"""Ratings and gaps against numbers worked by hand (docs/method.md); gamma quantiles from chi-square tables.

The 10% and 90% quantiles of a gamma distribution with shape s are half those of chi-square with 2s degrees.
"""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

from service.domain.chains import Chain, Node, Stage
from service.domain.completeness import importance, report_region, summarise_region
from service.domain.coverage import Coverage, coverage_from_cells, nearby_supply
from service.domain.gaps import Basis, Gap, GapKind, Rating, expected, find_gaps, intensity, rate_region
from service.domain.priority import GapContext
from service.domain.regions import Level
from service.domain.weights import Finding
from service.errors import UnknownRegion

from .worked_example import CHAIN, EQUAL, coverage

CHI_SQUARE_HALVES = {  # shape: (10%, 90%), from printed tables of chi-square with 4, 8 and 10 degrees
    2: (1.064 / 2, 7.779 / 2),
    4: (3.490 / 2, 13.362 / 2),
    5: (4.865 / 2, 15.987 / 2),
}
METHOD = Path(__file__).parents[2] / "docs" / "method.md"


def context(**more: object) -> GapContext:
    return dataclasses.replace(GapContext("甲市", "v1"), **more)  # type: ignore[arg-type]


def test_the_worked_region_has_the_expected_counts_and_words_of_the_page() -> None:
    cathode, separator, cell, storage = rate_region(coverage(), "R1")
    assert cathode.expected == pytest.approx(4 * 4 / 18)
    assert separator.expected == pytest.approx(8 * 6 / 16)
    assert cell.expected == pytest.approx(5 * 7 / 15)
    assert storage.expected == pytest.approx(7 * 5 / 17)
    assert [rated.rating for rated in (cathode, separator, cell, storage)] == [
        Rating.STRONG,
        Rating.MISSING,
        Rating.BALANCED,
        Rating.BALANCED,
    ]
    assert separator.shortfall == pytest.approx(3)
    assert [rated.shortfall for rated in (cathode, cell)] == [0, 0]
    assert all(rated.basis is Basis.COMPLETE and rated.comparable for rated in (cathode, separator, cell))


def test_the_worked_intervals_agree_with_chi_square_tables() -> None:
    cathode, separator, cell, storage = rate_region(coverage(), "R1")
    for rated, shape in ((cathode, 5), (cell, 4), (storage, 2)):
        low, high = CHI_SQUARE_HALVES[shape]
        rate = 1 + rated.expected
        assert rated.intensity.mean == pytest.approx(shape / rate)
        assert (rated.intensity.low, rated.intensity.high) == pytest.approx(
            (low / rate, high / rate), rel=1e-3
        )
    # Shape 1 is the exponential distribution: its quantiles are logarithms.
    assert separator.intensity.mean == pytest.approx(0.25)
    assert separator.intensity.low == pytest.approx(-math.log(0.9) / 4)
    assert separator.intensity.high == pytest.approx(math.log(10) / 4)


def test_the_worked_gap_has_the_priority_of_the_page() -> None:
    (gap,) = find_gaps(coverage(), "R1", weights=EQUAL, context=context())
    assert (gap.node, gap.name, gap.stage) == ("ex/separator", "隔膜", Stage.UPSTREAM)
    assert (gap.rating, gap.kind) == (Rating.MISSING, GapKind.EXTEND_UPSTREAM)
    assert {factor.name: factor.value for factor in gap.factors if factor.weight} == pytest.approx(
        {
            "shortfall": 0.75,
            "demand_pull": 0.75,
            "supply_push": 0.5,
            "criticality": 0.375,
            "feasibility": 0.5,
            "fit": 0.5,
        }
    )
    assert gap.priority == pytest.approx(56.25)
    assert gap.data_version == "v1"


def test_on_selective_lists_the_worked_gaps_are_suspected_and_ordered() -> None:
    storage, cathode = find_gaps(coverage(), "R3", weights=EQUAL, context=context())
    assert (storage.node, storage.kind) == ("ex/storage", GapKind.EXTEND_DOWNSTREAM)
    assert (cathode.node, cathode.kind) == ("ex/cathode", GapKind.EXTEND_UPSTREAM)
    assert {storage.rating, cathode.rating} == {Rating.SUSPECTED}
    assert {storage.basis, cathode.basis} == {Basis.SELECTIVE}
    assert storage.priority == pytest.approx(52.84, abs=0.005)
    assert cathode.priority == pytest.approx(41.92, abs=0.005)


def test_the_page_states_the_figures_of_the_worked_example() -> None:
    page = METHOD.read_text(encoding="utf-8")
    for figure in ("56.25", "52.84", "41.92", "48 / 16 = 3", "0.8333", "1.51"):
        assert figure in page


def test_the_worked_completeness_counts_suspected_as_absent() -> None:
    assert importance(CHAIN) == pytest.approx(
        {"ex/cathode": 0.5, "ex/separator": 0.5, "ex/cell": 1.0, "ex/storage": 1.0}
    )
    first = summarise_region(coverage(), "R1", rate_region(coverage(), "R1"))
    assert first.completeness == pytest.approx(2.5 / 3)
    assert first.by_stage == pytest.approx({Stage.UPSTREAM: 0.5, Stage.MIDSTREAM: 1.0, Stage.DOWNSTREAM: 1.0})
    assert first.basis is Basis.COMPLETE
    third = summarise_region(coverage(), "R3", rate_region(coverage(), "R3"))
    assert third.completeness == pytest.approx(0.5)
    assert third.leaves[Rating.SUSPECTED] == 2
    assert third.basis is Basis.SELECTIVE


def test_the_worked_nearby_supply() -> None:
    table = coverage()
    near = nearby_supply(table.effective, np.array([0.0, 150.0, 300.0, 150.0]), exclude=0)
    assert near[1] == pytest.approx(2 / math.e + 3 / math.e**2 + 1 / math.e)
    (gap,) = find_gaps(table, "R1", weights=EQUAL, context=context(nearby=near))
    assert gap.nearby_supply == pytest.approx(1.51, abs=0.005)


def test_an_anchor_firm_makes_a_node_strong_from_a_mean_of_one_on() -> None:
    table = coverage(anchors=(("R1", "ex/cell"), ("R1", "ex/storage")))
    ratings = {rated.node: rated for rated in rate_region(table, "R1")}
    assert ratings["ex/cell"].intensity.mean == pytest.approx(1.2)
    assert ratings["ex/cell"].rating is Rating.STRONG
    assert ratings["ex/storage"].intensity.mean < 1
    assert ratings["ex/storage"].rating is Rating.BALANCED


def two_nodes(cells: dict[tuple[str, str], float], **more: object) -> Coverage:
    chain = Chain("w", "试", "1", "2026", tuple(Node(f"w/{n}", n, None, Stage.UPSTREAM) for n in "ab"), ())
    table = [(region, f"w/{node}", count) for (region, node), count in cells.items()]
    known = dict.fromkeys(("R1", "R2"), 13)
    return coverage_from_cells(
        chain,
        Level.CITY,
        ("R1", "R2"),
        table,
        **{"firms_known": known, **more},  # type: ignore[arg-type]
    )


def test_one_firm_where_four_are_expected_is_weak_and_to_be_strengthened() -> None:
    table = two_nodes({("R1", "a"): 1, ("R1", "b"): 12, ("R2", "a"): 4, ("R2", "b"): 12})
    weak = rate_region(table, "R1")[0]
    assert weak.expected == 4.0
    assert weak.intensity.mean == pytest.approx(0.4)
    assert weak.intensity.high == pytest.approx(7.779 / 2 / 5, rel=1e-3)
    assert weak.rating is Rating.WEAK
    (gap,) = find_gaps(table, "R1", weights=EQUAL, context=context())
    assert gap.kind is GapKind.STRENGTHEN


def test_a_hole_between_suppliers_and_customers_here_is_a_bridge_and_one_alone_is_blank() -> None:
    cells = [("A", "ex/cathode", 1.0), ("A", "ex/storage", 1.0), ("B", "ex/cathode", 2.0)]
    known = {"A": 3, "B": 3, "C": 3}
    seen = [node.id for node in CHAIN.nodes]
    table = coverage_from_cells(CHAIN, Level.CITY, ("A", "B", "C"), cells, firms_known=known, seen=seen)
    kinds = {
        region: {gap.node: gap.kind for gap in find_gaps(table, region, weights=EQUAL, context=context())}
        for region in ("A", "B", "C")
    }
    assert kinds["A"] == {"ex/separator": GapKind.BLANK, "ex/cell": GapKind.BRIDGE}
    assert kinds["B"]["ex/cell"] is GapKind.EXTEND_DOWNSTREAM
    assert set(kinds["C"].values()) == {GapKind.BLANK}


def test_too_few_firms_known_and_nodes_seen_nowhere_are_unobserved() -> None:
    cells = {("R1", "a"): 1.0, ("R2", "a"): 5.0}
    table = two_nodes(cells, firms_known={"R1": 2, "R2": 5}, complete={"R1", "R2"})
    assert [rated.rating for rated in rate_region(table, "R1")] == [Rating.UNOBSERVED] * 2
    assert [rated.rating for rated in rate_region(table, "R2")] == [Rating.BALANCED, Rating.UNOBSERVED]
    assert find_gaps(table, "R2", weights=EQUAL, context=context()) == []
    seen = two_nodes(cells, complete={"R1", "R2"}, seen=["w/b"])
    assert rate_region(seen, "R2")[1].rating is Rating.MISSING
    assert rate_region(table, "R1", min_observed=2)[0].rating is Rating.BALANCED


def test_with_nothing_to_compare_with_a_node_is_balanced_at_most_and_the_sentence_says_so() -> None:
    table = two_nodes({("R1", "a"): 40}, seen=["w/b"], complete={"R1"})
    many, none = rate_region(table, "R1")
    assert not many.comparable
    assert not none.comparable
    assert (many.expected, many.rating) == (0.0, Rating.BALANCED)
    assert (none.expected, none.rating) == (0.0, Rating.MISSING)
    (gap,) = find_gaps(table, "R1", weights=EQUAL, context=context())
    assert "没有可比的地区" in gap.factors[0].reason


def test_links_of_confidence_below_one_half_in_all_are_no_presence() -> None:
    cells = {("R1", "a"): 0.49, ("R1", "b"): 4.0, ("R2", "a"): 3.0, ("R2", "b"): 3.0}
    assert rate_region(two_nodes(cells, complete={"R1"}), "R1")[0].rating is Rating.MISSING
    cells["R1", "a"] = 0.5
    assert rate_region(two_nodes(cells, complete={"R1"}), "R1")[0].rating is not Rating.MISSING


def test_an_inner_node_is_rated_as_its_children_merged() -> None:
    nodes = (
        Node("g/leaf-1", "甲", "g/group", Stage.UPSTREAM),
        Node("g/leaf-2", "乙", "g/group", Stage.UPSTREAM),
        Node("g/group", "组", None, Stage.UPSTREAM),
        Node("g/other", "它", None, Stage.DOWNSTREAM),
    )
    chain = Chain("g", "合并", "1", "2026", nodes, ())
    cells = [
        ("R1", "g/leaf-1", 1.0),
        ("R1", "g/group", 1.0),
        ("R1", "g/other", 2.0),
        ("R2", "g/leaf-2", 3.0),
        ("R2", "g/other", 5.0),
    ]
    table = coverage_from_cells(chain, Level.CITY, ("R1", "R2"), cells, firms_known={"R1": 4, "R2": 8})
    group = rate_region(table, "R1")[2]
    assert group.effective_firms == 2.0
    assert group.expected == pytest.approx((4 - 2) * (5 - 2) / (12 - 4 - 5 + 2))
    gaps = find_gaps(table, "R1", weights=EQUAL, context=context())
    assert [gap.node for gap in gaps] == ["g/leaf-2"]


def test_a_gap_has_the_published_fields_and_can_be_written_as_json() -> None:
    (gap,) = find_gaps(coverage(), "R1", weights=EQUAL, context=context())
    written = json.loads(json.dumps(dataclasses.asdict(gap), ensure_ascii=False))
    assert list(written) == [field.name for field in dataclasses.fields(Gap)]
    assert set(written["intensity"]) == {"mean", "low", "high"}
    assert set(written["factors"][0]) == {"name", "value", "weight", "contribution", "reason"}
    assert written["rating"] == "missing"


def test_what_is_known_of_positions_replaces_the_neutral_value() -> None:
    fit = {"ex/separator": Finding(1.0, "隔膜列入甲市主导产业。", "甲市产业规划", "2025")}
    (gap,) = find_gaps(coverage(), "R1", weights=EQUAL, context=context(fit=fit))
    assert {factor.name: factor.value for factor in gap.factors}["fit"] == 1.0
    assert {factor.name: factor.reason for factor in gap.factors}["fit"] == "隔膜列入甲市主导产业。"
    assert gap.priority == pytest.approx(56.25 + 50 / 6)


def test_the_report_carries_completeness_weights_and_data_version() -> None:
    report = report_region(coverage(), "R1", weights=EQUAL, context=context())
    assert report.summary.completeness == pytest.approx(0.8333, abs=1e-4)
    assert (report.weights.version, report.weights.fitted, report.data_version) == ("1", False, "v1")
    assert "等权" in report.weights.note
    assert json.dumps(dataclasses.asdict(report), ensure_ascii=False)


def test_a_region_outside_the_set_and_a_useless_prior_are_refused() -> None:
    with pytest.raises(UnknownRegion, match="不在本次比较范围内"):
        rate_region(coverage(), "R9")
    with pytest.raises(ValueError, match="prior"):
        rate_region(coverage(), "R1", a=0.0)


def test_huge_and_tiny_counts_stay_finite() -> None:
    effective = np.array([[1e9, 1e-9], [1e-9, 1e9]])
    values, comparable = expected(effective, effective[:, ::-1], 0)
    assert comparable.all()
    assert np.isfinite(values).all()
    assert all(np.isfinite(part).all() for part in intensity(effective[0], values, 1.0))
