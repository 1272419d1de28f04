from __future__ import annotations

import dataclasses
import math

import pytest

from service.domain.chains import Chain, Node, Stage, SupplyEdge
from service.domain.coverage import Coverage, coverage_from_cells
from service.domain.priority import (
    find_criticality,
    find_demand_pull,
    find_feasibility,
    find_fit,
    find_shortfall,
    find_supply_push,
    path_shares,
)
from service.domain.regions import Level
from service.domain.weights import Finding, Weights, total, weigh
from service.errors import CyclicChain

from .worked_example import CHAIN, EQUAL, coverage


def supplied(*shares: float | None) -> Coverage:
    """Leaf `in` supplies one customer per share; customer i has i firms in region A, none in region B."""
    customers = [Node(f"s/c{i}", f"客户{i}", None, Stage.DOWNSTREAM) for i in range(len(shares))]
    edges = [
        SupplyEdge("s/in", node.id, share, "年报") for node, share in zip(customers, shares, strict=True)
    ]
    chain = Chain(
        "s", "试", "1", "2026", (Node("s/in", "投入", None, Stage.UPSTREAM), *customers), tuple(edges)
    )
    cells = [("A", node.id, float(i)) for i, node in enumerate(customers)]
    return coverage_from_cells(chain, Level.CITY, ("A", "B"), cells, firms_known={})


def test_shortfall_saturates_with_the_prior() -> None:
    assert find_shortfall(3.0, 0.0, True, 1.0).value == pytest.approx(0.75)
    assert find_shortfall(3.0, 2.0, True, 1.0).value == pytest.approx(0.25)
    assert find_shortfall(3.0, 5.0, True, 1.0).value == 0.0
    assert find_shortfall(2.46, 0.5, True, 1.0).reason == (
        "参照同级地区，本地应有约 2.5 家，现有 0.5 家，约缺 2 家。"
    )
    assert "家数不少于参照水平" in find_shortfall(3.0, 5.0, True, 1.0).reason


def test_demand_is_the_mean_over_customers_when_no_share_is_known() -> None:
    found = find_demand_pull(supplied(None, None, None, None), 0, "s/in", "甲市")
    assert found.value == pytest.approx((0 + 1 / 2 + 2 / 3 + 3 / 4) / 4)
    assert found.reason == ("4 个下游客户环节中有 3 个在甲市已有企业：客户3 3 家、客户2 2 家、客户1 1 家。")


def test_demand_is_weighed_by_input_share_and_unknown_shares_take_the_mean_of_the_known() -> None:
    found = find_demand_pull(supplied(0.1, 0.3, None), 0, "s/in", "甲市")
    assert found.value == pytest.approx((0.3 * 1 / 2 + 0.2 * 2 / 3) / 0.6)
    assert found.reason.endswith("按投入占比加权。")


def test_many_neighbours_are_named_up_to_three() -> None:
    found = find_demand_pull(supplied(*[None] * 6), 0, "s/in", "甲市")
    assert found.reason.endswith("：客户5 5 家、客户4 4 家、客户3 3 家等。")
    nobody = find_demand_pull(supplied(None, None), 1, "s/in", "乙市")
    assert (nobody.value, nobody.reason) == (0.0, "2 个下游客户环节中有 0 个在乙市已有企业。")


def test_ends_of_the_chain_are_neutral_and_say_so() -> None:
    table = coverage()
    start = find_supply_push(table, 0, "ex/cathode", "甲市")
    end = find_demand_pull(table, 0, "ex/storage", "甲市")
    assert start.value == end.value == 0.5
    assert "没有上游配套环节" in start.reason
    assert "没有下游客户环节" in end.reason


def test_supply_push_reads_the_edges_the_other_way() -> None:
    assert find_supply_push(coverage(), 0, "ex/cell", "甲市").value == pytest.approx((4 / 5 + 0) / 2)


def test_paths_pass_groups_leaf_by_leaf_and_leaves_outside_have_none() -> None:
    nodes = (
        Node("p/raw", "原料", None, Stage.UPSTREAM),
        Node("p/raw-1", "原料一", "p/raw", Stage.UPSTREAM),
        Node("p/raw-2", "原料二", "p/raw", Stage.UPSTREAM),
        Node("p/part", "部件", None, Stage.MIDSTREAM),
        Node("p/good", "成品", None, Stage.DOWNSTREAM),
        Node("p/other", "旁支", None, Stage.DOWNSTREAM),
    )
    edges = (
        SupplyEdge("p/raw", "p/part"),
        SupplyEdge("p/part", "p/good"),
        SupplyEdge("p/raw-1", "p/good"),
    )
    shares = path_shares(Chain("p", "路", "1", "2026", nodes, edges))
    assert {node: (found.through, found.total) for node, found in shares.items()} == {
        "p/raw-1": (2, 3),
        "p/raw-2": (1, 3),
        "p/part": (2, 3),
        "p/good": (3, 3),
        "p/other": (0, 3),
    }


def test_a_circle_between_leaves_is_named() -> None:
    """The circle shows only once the group's edge is spread over its leaves."""
    nodes = (
        Node("c/group", "组", None, Stage.UPSTREAM),
        Node("c/in", "内", "c/group", Stage.UPSTREAM),
        Node("c/out", "外", None, Stage.UPSTREAM),
    )
    chain = Chain(
        "c", "环", "1", "2026", nodes, (SupplyEdge("c/group", "c/out"), SupplyEdge("c/out", "c/in"))
    )
    with pytest.raises(CyclicChain, match=r"成环：c/(in|out) -> c/(in|out)"):
        path_shares(chain)


def test_criticality_halves_paths_and_scarcity_and_names_a_bottleneck() -> None:
    assert find_criticality(coverage(), "ex/cell").value == pytest.approx((1 + 0) / 2)
    found = find_criticality(coverage(), "ex/separator")
    assert found.value == pytest.approx((1 / 2 + 1 / 4) / 2)
    assert found.reason == (
        "本链 2 条供应路径中有 1 条经过本环节；4 个有本链企业的同级地区中，3 个有本环节企业。"
    )
    narrow = dataclasses.replace(
        CHAIN,
        nodes=tuple(
            dataclasses.replace(node, bottleneck="高端基膜依赖进口" if node.id == "ex/separator" else None)
            for node in CHAIN.nodes
        ),
    )
    empty = coverage_from_cells(narrow, Level.CITY, ("A",), [], firms_known={})
    assert find_criticality(empty, "ex/separator").value == pytest.approx((1 / 2 + 1) / 2)
    assert "卡脖子环节（高端基膜依赖进口）" in find_criticality(empty, "ex/separator").reason


def test_feasibility_and_fit_are_neutral_where_nothing_is_known() -> None:
    assert find_feasibility(math.nan, "甲市").value == 0.5
    assert find_feasibility(0.25, "甲市").reason.endswith("甲市已具优势的占 25%。")
    assert find_fit("n", {}).reason == "未录入产业定位与载体，此项取中性值。"


def test_contributions_add_up_to_the_score() -> None:
    weights = Weights("1", True, {"a": 3.0, "b": 1.0}, "")
    factors = weigh({"a": Finding(0.5, "。"), "b": Finding(1.0, "。")}, weights)
    assert [(factor.weight, factor.contribution) for factor in factors] == [(0.75, 37.5), (0.25, 25.0)]
    assert total(factors) == 62.5


def test_weights_and_findings_that_make_no_sense_are_refused() -> None:
    for values in ({}, {"a": -1.0}, {"a": math.nan}, {"a": 0.0}):
        with pytest.raises(ValueError, match="weight"):
            Weights("1", False, values, "")
    with pytest.raises(ValueError, match="outside 0-1"):
        Finding(1.01, "")
    with pytest.raises(ValueError, match="outside 0-1"):
        Finding(math.nan, "")
    with pytest.raises(ValueError, match="weights for"):
        weigh({"shortfall": Finding(0.5, "")}, EQUAL)


def test_weights_cannot_be_changed_after_the_fact() -> None:
    given = {"a": 1.0}
    weights = Weights("1", False, given, "")
    given["a"] = 9.0
    assert weights.values["a"] == 1.0
