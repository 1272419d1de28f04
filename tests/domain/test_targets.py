from __future__ import annotations

import dataclasses
import json
import math
from datetime import date
from typing import Any

import pytest

from service.domain.chains import Node, Stage
from service.domain.obstacles import brand_of, find_obstacles
from service.domain.target_factors import (
    TARGET_FACTORS,
    find_capability,
    find_expansion,
    find_factors,
    find_proximity,
    find_purity,
    find_source_region,
    rank_sizes,
)
from service.domain.target_scoring import score_targets
from service.domain.targets import Area, Branch, Candidate, LocalFirm, Source, TargetContext, TargetList
from service.domain.weights import Finding, Weights
from service.errors import InvalidQuery, UnknownNode

from .worked_example import CHAIN

EQUAL = Weights("1", False, dict.fromkeys(TARGET_FACTORS, 1.0), "权重尚未经回测拟合，各因素等权。")
NODE = "ex/separator"
REPORT = Source("甲公司年报", "2024-12-31")
LIST = Source("乙名录", "2023")


def candidate(firm: str = "k1", **more: Any) -> Candidate:
    fields: dict[str, Any] = {
        "uscc": None,
        "name": f"{firm}公司",
        "adcode": "310000",
        "confidence": 0.9,
        "links": ((NODE, 0.9),),
        "sources": (REPORT, LIST),
    }
    return Candidate(firm, **{**fields, **more})


def context(**more: Any) -> TargetContext:
    plain = TargetContext(
        region="330800",
        region_name="衢州市",
        inside=frozenset({"330800", "330802"}),
        today=date(2025, 6, 30),
        distance_km={"310000": 400.0, "330100": 250.0, "650100": 3_200.0},
        distance_source=Source("行政区划", "2024"),
        source_region_of={"310000": "长三角", "330100": "长三角"},
    )
    return dataclasses.replace(plain, **more)


def local_context() -> TargetContext:
    firms = {
        "ex/cell": [LocalFirm("l1", "衢一电芯", 1.0), LocalFirm("l2", "衢二电芯", 0.5)],
        "ex/storage": [LocalFirm("l1", "衢一电芯", 0.8), LocalFirm("l3", "衢三储能", 0.4)],
    }
    return context(local_firms=firms, local_source=Source("规上企业名单", "2025-05"))


def scored(*candidates: Candidate, where: TargetContext | None = None) -> TargetList:
    return score_targets(candidates, NODE, CHAIN, where or context(), EQUAL)


def test_where_nothing_is_known_every_factor_is_neutral_and_says_so() -> None:
    (target,) = scored(candidate(adcode=None)).targets
    assert [factor.name for factor in target.factors] == list(TARGET_FACTORS)
    assert [factor.value for factor in target.factors] == pytest.approx([0.5] * 7)
    assert target.score == pytest.approx(50)
    capability, *others = target.factors
    assert capability.reason == "规模不详；未见资质记录。"
    assert all("此项取中性值" in factor.reason and factor.source is None for factor in others)


def test_size_is_ranked_by_the_first_measure_known_among_firms_of_which_it_is_known() -> None:
    ranks = rank_sizes(
        [
            candidate("a", revenue_cny=9e8, employees=10, capital_cny=1e6),
            candidate("b", revenue_cny=1e8),
            candidate("c", employees=500, capital_cny=5e6),
            candidate("d", employees=500),
            candidate("e", capital_cny=3e6),
            candidate("f"),
        ]
    )
    assert {firm: rank and (rank.measure, rank.among) for firm, rank in ranks.items()} == {
        "a": ("营业收入", 2),
        "b": ("营业收入", 2),
        "c": ("从业人员", 3),
        "d": ("从业人员", 3),
        "e": ("注册资本", 3),
        "f": None,
    }
    percentiles = [rank.percentile for rank in ranks.values() if rank]
    assert percentiles == pytest.approx([0.75, 0.25, 2 / 3, 2 / 3, 0.5])
    with pytest.raises(ValueError, match="a stands twice"):
        rank_sizes([candidate("a"), candidate("a")])


def test_capability_is_size_and_standing_with_the_oldest_date_of_all_sources() -> None:
    large, small = candidate("a", revenue_cny=2.0, listed=True), candidate("b", revenue_cny=1.0)
    ranks = rank_sizes([large, small])
    found = find_capability(large, ranks["a"])
    assert found.value == pytest.approx(0.7 * 0.75 + 0.3 * 1.0)
    assert found.reason == "营业收入在 2 家有此数据的同环节企业中超过约 75%；上市公司。"
    assert (found.source, found.as_of) == ("甲公司年报；乙名录", "2023")
    assert find_capability(candidate(standing=("专精特新",)), None).value == pytest.approx(0.35 + 0.225)
    assert find_capability(candidate(standing=("单项冠军", "专精特新")), None).value == pytest.approx(0.65)


def test_purity_is_the_share_of_business_and_zero_is_not_unknown() -> None:
    assert find_purity(candidate(node_share=0.8), "隔膜").reason == "隔膜约占其业务的 80%。"
    assert find_purity(candidate(node_share=0.0), "隔膜").value == 0.0
    assert find_purity(candidate(), "隔膜").value == 0.5


def test_expansion_counts_branches_of_the_last_three_years_and_none_after_the_day_of_the_data() -> None:
    branches = (
        Branch("420100", date(2024, 1, 1)),
        Branch("430100", date(2022, 7, 1)),
        Branch("440100", date(2022, 6, 29)),
        Branch("450100", date(2025, 7, 1)),
        Branch("460100", None),
    )
    places = {"420100": "武汉市", "430100": "长沙市"}
    found = find_expansion(candidate(branches=branches), context(place_names=places))
    assert found.value == pytest.approx(2 / 3)
    assert found.reason == (
        "数据截至 2025-06-30：已知分支机构 5 家，近三年新设 2 家（武汉市 2024-01、长沙市 2022-07）"
        "（另 1 家设立时间不详）。"
    )
    none = find_expansion(candidate(branches=()), context())
    assert (none.value, none.reason) == (0.0, "数据截至 2025-06-30：未见分支机构。")
    assert find_expansion(candidate(branches=(Branch("420100"),)), context()).value == 0.5
    assert find_expansion(candidate(branches=None), context()).value == 0.5


def test_lately_is_counted_from_the_day_the_data_reaches_and_new_branches_around_are_named() -> None:
    """The register ends in 2019: a branch of 2018 is recent seen from 2025; one of a newer list counts."""
    where = context(
        reaches=date(2019, 6, 30),
        place_names={"330100": "杭州市", "420100": "武汉市"},
        areas=(Area("浙江省", frozenset({"330100"})), Area("长三角", frozenset({"330100", "310000"}))),
    )
    old = (Branch("330100", date(2018, 3, 1)), Branch("420100", date(2017, 5, 1)))
    found = find_expansion(candidate(branches=old), where)
    assert found.value == pytest.approx(2 / 3)
    assert found.reason == (
        "数据截至 2019-06-30：已知分支机构 2 家，近三年新设 2 家，其中浙江省 1 家（杭州市 2018-03）。"
    )
    assert find_expansion(candidate(branches=old), context()).reason == (
        "数据截至 2025-06-30：已知分支机构 2 家，近三年未见新设。"
    )
    newer = (*old, Branch("310000", date(2024, 2, 1)), Branch("310000", date(2026, 1, 1)))
    found = find_expansion(candidate(branches=newer), where)
    assert found.value == pytest.approx(3 / 4)
    assert found.reason.startswith("数据截至 2024-02-01：已知分支机构 4 家，近三年新设 3 家，其中浙江省 1 家")
    elsewhere = (Branch("310000", date(2019, 1, 1)),)
    assert "其中长三角 1 家（310000 2019-01）" in find_expansion(candidate(branches=elsewhere), where).reason


def test_local_firms_without_a_source_and_candidates_without_one_are_refused() -> None:
    with pytest.raises(ValueError, match="local firms need a source"):
        context(local_firms={})
    with pytest.raises(ValueError, match="no source"):
        candidate(sources=())
    with pytest.raises(ValueError, match="outside 0-1"):
        candidate(confidence=1.5)
    with pytest.raises(ValueError, match="impossible size"):
        candidate(revenue_cny=-1.0)


def test_proximity_decays_over_five_hundred_kilometres() -> None:
    found = find_proximity(candidate(adcode="330100"), context())
    assert found.value == pytest.approx(math.exp(-0.5))
    assert found.reason == "注册地距衢州市约 250 公里。"
    assert (found.source, found.as_of) == ("行政区划", "2024")
    assert find_proximity(candidate(adcode="999999"), context()).value == 0.5


def test_source_region_follows_the_recorded_policy() -> None:
    policy = {"长三角": Finding(0.9, "长三角是重点招商来源地。", "招商方案", "2025")}
    where = context(source_policy=policy)
    assert find_source_region(candidate(), where) == policy["长三角"]
    outside = find_source_region(candidate(adcode="650100"), where)
    assert (outside.value, outside.source) == (0.0, "招商方案")
    assert find_source_region(candidate(adcode=None), where).value == 0.5
    assert find_source_region(candidate(), context()).value == 0.5


def test_carriers_replace_the_neutral_value() -> None:
    carriers = Finding(0.8, "智造新城有 120 亩化工用地可供。", "载体台账", "2025-06")
    ties = Finding(0.5, "此项取中性值。")
    factors = find_factors(candidate(), "隔膜", context(carriers=carriers), None, ties)
    assert factors["carriers"] == carriers
    assert factors["ties"] == ties


@pytest.mark.parametrize(
    ("changes", "name", "hard"),
    [
        ({"status": "注销"}, "dissolved", True),
        ({"status": "吊销，未注销"}, "dissolved", True),
        ({"adcode": "330802"}, "seat_here", True),
        ({"confidence": 0.49}, "link_unconfirmed", True),
        ({"confidence": 0.6}, "link_doubtful", False),
        ({"capital_cny": 900_000.0}, "capital_small", True),
        ({"capital_cny": 5_000_000.0}, "capital_small", False),
        ({"adcode": "650100"}, "far", False),
        ({"branches": (Branch("330802"),)}, "branch_here", False),
    ],
)
def test_obstacles_exclude_or_warn(changes: dict[str, Any], name: str, hard: bool) -> None:
    (obstacle,) = find_obstacles(candidate(**changes), NODE, context())
    assert (obstacle.name, obstacle.hard) == (name, hard)
    found = scored(candidate(**changes))
    assert (len(found.targets), len(found.excluded)) == ((0, 1) if hard else (1, 0))
    kept = [target.obstacles for target in found.targets] + [firm.obstacles for firm in found.excluded]
    assert kept == [(obstacle,)]


def test_no_obstacles_for_a_firm_in_business_or_a_listed_shell_of_small_capital() -> None:
    assert find_obstacles(candidate(status="存续（在营、开业、在册）"), NODE, context()) == ()
    assert find_obstacles(candidate(capital_cny=1.0, listed=True), NODE, context()) == ()
    assert find_obstacles(candidate(capital_cny=1.0, standing=("专精特新",)), NODE, context()) == ()


def test_a_firm_of_the_same_brand_in_the_node_here_is_shown_and_to_be_checked() -> None:
    firms = {NODE: [LocalFirm("l9", "衢州星源材料有限公司", 0.8)]}
    where = context(local_firms=firms, local_source=Source("名单"))
    (obstacle,) = find_obstacles(candidate(brand="星源"), NODE, where)
    assert (obstacle.name, obstacle.hard) == ("same_brand_here", False)
    assert "衢州星源材料有限公司" in obstacle.reason
    assert find_obstacles(candidate(brand="星"), NODE, where) == ()


@pytest.mark.parametrize(
    ("name", "brand"),
    [
        ("浙江省衢州市星源材料有限公司", "星源"),
        ("衢州星源（集团）有限公司", "星源"),
        ("星源材料股份有限公司", "星源"),
        ("浙江有限公司", None),
        ("衢州", None),
    ],
)
def test_a_brand_is_what_follows_the_places_in_a_name(name: str, brand: str | None) -> None:
    assert brand_of(name, {"浙江省", "浙江", "衢州市", "衢州"}) == brand


def test_targets_are_ordered_by_score_then_key_and_excluded_firms_keep_their_reasons() -> None:
    found = scored(
        candidate("c"),
        candidate("a", status="注销", capital_cny=100.0),
        candidate("b"),
        candidate("d", node_share=0.9),
    )
    assert [target.firm for target in found.targets] == ["d", "b", "c"]
    assert found.targets[0].score == pytest.approx(found.targets[1].score + 100 * 0.4 / 7)
    (gone,) = found.excluded
    assert [obstacle.name for obstacle in gone.obstacles] == ["dissolved", "capital_small"]
    assert not found.weights.fitted
    assert (found.region, found.node) == ("330800", NODE)


def test_the_order_in_which_candidates_come_changes_nothing() -> None:
    firms = [candidate(f"k{i}", revenue_cny=float(i % 4), node_share=i / 10) for i in range(9)]
    assert scored(*firms) == scored(*reversed(firms))


def test_every_factor_that_says_something_has_a_source_and_a_date() -> None:
    policy = {"长三角": Finding(0.9, "长三角是重点招商来源地。", "招商方案", "2025")}
    where = dataclasses.replace(
        local_context(), source_policy=policy, carriers=Finding(0.8, "有地。", "载体台账", "2025-06")
    )
    known = candidate(revenue_cny=1e9, node_share=0.5, branches=(Branch("420100", date(2025, 1, 1)),))
    (target,) = scored(known, where=where).targets
    assert all(factor.source and factor.as_of for factor in target.factors)
    assert sum(factor.contribution for factor in target.factors) == pytest.approx(target.score)
    written = json.loads(json.dumps(dataclasses.asdict(target.factors[0]), ensure_ascii=False))
    assert list(written) == [
        "name",
        "value",
        "weight",
        "contribution",
        "reason",
        "source",
        "as_of",
    ]
    assert [dataclasses.asdict(source) for source in target.sources] == [
        {"title": "甲公司年报", "as_of": "2024-12-31"},
        {"title": "乙名录", "as_of": "2023"},
    ]


def test_a_gap_must_be_a_leaf_of_the_chain() -> None:
    with pytest.raises(UnknownNode, match="没有环节"):
        score_targets([], "ex/none", CHAIN, context(), EQUAL)
    group = dataclasses.replace(
        CHAIN,
        nodes=(*CHAIN.nodes, Node("ex/film", "基膜", NODE, Stage.UPSTREAM)),
    )
    with pytest.raises(InvalidQuery, match="请选末级环节"):
        score_targets([], NODE, group, context(), EQUAL)
