"""Ties (以商招商), on the chain worked by hand: cathode and separator supply the cell, it the storage."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.chains import Chain, Node, Stage
from service.domain.target_scoring import score_targets
from service.domain.targets import (
    Branch,
    Candidate,
    GroupPlace,
    LocalFirm,
    Source,
    TargetContext,
    Tie,
    TieKind,
)
from service.domain.ties import SHOWN_TIES, TieBook, Ties

from .test_targets import EQUAL, NODE, candidate, context
from .worked_example import CHAIN

SUPPLIERS_LIST = Source("规上企业名单", "2025-05")
LOCAL = {
    "ex/cell": [LocalFirm("l1", "衢一电芯", 1.0), LocalFirm("l2", "衢二电芯", 0.5)],
    "ex/storage": [LocalFirm("l1", "衢一电芯", 0.8), LocalFirm("l3", "衢三储能", 0.4)],
}


def local_context(**more: Any) -> TargetContext:
    return context(**{"local_firms": LOCAL, "local_source": SUPPLIERS_LIST, **more})


def find(one: Candidate, where: TargetContext, node: str = NODE, chain: Chain = CHAIN) -> Ties:
    return TieBook(node, chain, where).find(one)


def test_a_path_names_the_firm_here_both_nodes_the_direction_and_the_strength() -> None:
    """0.9 * 1.0 and 0.9 * 0.5 with the two cell makers: t = 1.35, the factor 1.35 / 4.35."""
    found = find(candidate(), local_context())
    assert found.finding.value == pytest.approx(1.35 / 4.35)
    assert found.finding.reason == (
        "按产业链关系，本地有 2 家可能的客户（衢一电芯、衢二电芯）、没有可能的供应商，"
        "例如向本地企业衢一电芯（电芯）供应隔膜；真实业务往来有待核实。"
    )
    assert (found.finding.source, found.finding.as_of) == ("规上企业名单", "2025-05")
    first, second = found.shown
    assert first == Tie(
        local_firm="l1",
        local_name="衢一电芯",
        local_node="ex/cell",
        direction=TieKind.SUPPLIES,
        candidate_node=NODE,
        anchor=False,
        strength=0.9,
        reason="按产业链关系，可向本地企业衢一电芯（电芯）供应隔膜。",
    )
    assert (second.local_firm, second.strength) == ("l2", pytest.approx(0.45))


def test_a_firm_that_buys_says_who_supplies_it_and_unconfirmed_links_are_left_out() -> None:
    found = find(candidate(links=()), local_context(), "ex/storage")
    assert found.finding.reason.startswith("按产业链关系，本地没有可能的客户、有 2 家可能的供应商")
    assert {(tie.direction, tie.local_node, tie.candidate_node) for tie in found.shown} == {
        (TieKind.BUYS, "ex/cell", "ex/storage")
    }
    assert found.shown[0].reason == "按产业链关系，可由本地企业衢一电芯（电芯）供货，用于储能系统。"
    # l3 is linked to storage at 0.4 only: no partner of a cell maker.
    cell = find(candidate(links=()), local_context(), "ex/cell")
    assert [tie.local_firm for tie in cell.shown] == ["l1"]


def test_all_nodes_of_a_candidate_count_once_a_firm_and_its_unconfirmed_links_do_not() -> None:
    wide = candidate(links=((NODE, 0.9), ("ex/cell", 0.6), ("ex/cathode", 0.4)))
    found = find(wide, local_context())
    # l1: max(0.9 * 1.0 as a customer for separators, 0.6 * 0.8 for cells); l2: 0.45.
    assert found.finding.value == pytest.approx(1.35 / 4.35)
    assert [tie.local_firm for tie in found.shown] == ["l1", "l2"]


def test_anchors_come_first_in_ties_and_in_the_sentence() -> None:
    local = {"ex/cell": [LocalFirm("l1", "衢一电芯", 1.0), LocalFirm("l9", "衢州龙头", 0.6, anchor=True)]}
    found = find(candidate(), local_context(local_firms=local))
    assert [tie.local_firm for tie in found.shown] == ["l9", "l1"]
    assert "（链主衢州龙头、衢一电芯）" in found.finding.reason
    assert "例如向本地链主衢州龙头（电芯）供应隔膜" in found.finding.reason
    # Being an anchor changes whom to ask first, not the value.
    plain = {"ex/cell": [dataclasses.replace(one, anchor=False) for one in local["ex/cell"]]}
    assert find(candidate(), local_context(local_firms=plain)).finding.value == found.finding.value


def test_without_partners_here_ties_are_zero_and_without_knowledge_neutral() -> None:
    nobody = local_context(local_firms={})
    assert find(candidate(), nobody).finding.value == 0.0
    assert find(candidate(), nobody).shown == ()
    unknown = find(candidate(), context())
    assert (unknown.finding.value, unknown.finding.source) == (0.5, None)
    assert "此项取中性值" in unknown.finding.reason
    bare = Chain("ex", "孤", "1", "2026", (Node(NODE, "隔膜", None, Stage.UPSTREAM),), ())
    alone = find(candidate(), local_context(), chain=bare)
    assert (alone.finding.value, "未登记其环节的上下游关系" in alone.finding.reason) == (0.5, True)


def test_a_branch_here_or_near_is_a_tie_and_the_nearest_alone_counts() -> None:
    where = local_context(
        local_firms={},
        distance_km={"310000": 400.0, "330100": 120.0, "330700": 75.0, "650100": 3_200.0},
        place_names={"330700": "金华市"},
    )
    branches = (
        Branch("330100", None, "b1", "甲公司杭州分公司"),
        Branch("330700", None, "b2", "甲公司金华分公司"),
        Branch("650100", None, "b3", "甲公司乌鲁木齐分公司"),
    )
    found = find(candidate(branches=branches), where)
    strength = math.exp(-0.5)
    assert found.finding.value == pytest.approx(strength / (3 + strength))
    (tie,) = found.shown
    assert (tie.local_firm, tie.direction, tie.strength) == ("b2", TieKind.BRANCH, pytest.approx(strength))
    assert tie.reason == "其分支机构甲公司金华分公司在金华市，距衢州市约 75 公里。"
    assert found.finding.reason.startswith(tie.reason)
    assert found.finding.source == "规上企业名单；本库企业名称与登记地"
    here = find(candidate(branches=(Branch("330802", None, "b4", "甲公司衢州分公司"),)), where)
    assert here.finding.value == pytest.approx(1 / 4)
    assert here.shown[0].reason == "其分支机构甲公司衢州分公司就在衢州市。"


def test_a_place_of_the_group_that_is_no_nearer_than_the_seat_says_nothing_new() -> None:
    where = local_context(local_firms={}, distance_km={"330700": 75.0, "330100": 120.0})
    branch = Branch("330100", None, "b1", "甲公司杭州分公司")
    assert find(candidate(adcode="330700", branches=(branch,)), where).shown == ()
    assert find(candidate(adcode="330100", branches=(branch,)), where).shown == ()
    assert find(candidate(adcode=None, branches=(branch,)), where).shown != ()


def test_a_parent_from_here_is_known_even_where_no_local_firms_are_recorded() -> None:
    group = (
        GroupPlace("p1", "衢州母公司", "330800", TieKind.PARENT),
        GroupPlace("s1", "衢州母公司龙游分公司", "330802", TieKind.BRANCH),
    )
    found = find(candidate(group=group), context())
    assert found.finding.value == pytest.approx(1 / 4)
    assert found.finding.source == "本库企业名称与登记地"
    (tie,) = found.shown
    assert (tie.direction, tie.local_node, tie.candidate_node) == (TieKind.PARENT, None, None)
    assert tie.reason == "其母公司衢州母公司就在衢州市。"


def test_a_shared_brand_or_a_name_of_this_place_is_a_hint_that_counts_nothing() -> None:
    local = {"ex/cell": [LocalFirm("l9", "衢州星源股份有限公司", 1.0, anchor=True, brand="星源")]}
    where = local_context(local_firms=local, home_names=("衢州市", "衢州"))
    kin = candidate(brand="星源", name="衢州星源（上海）有限公司")
    hinted, plain = find(kin, where), find(candidate(), where)
    assert hinted.finding.value == plain.finding.value
    assert [(tie.direction, tie.strength) for tie in hinted.shown] == [
        (TieKind.SUPPLIES, 0.9),
        (TieKind.HOMETOWN, 0.0),
        (TieKind.BRAND, 0.0),
    ]
    assert all("请核实；不计分" in tie.reason for tie in hinted.shown[1:])
    # Small firms share a brand by chance; 中国 is none; a firm seated here is at home and left out anyway.
    small = {"ex/cell": [dataclasses.replace(local["ex/cell"][0], anchor=False)]}
    assert find(kin, local_context(local_firms=small)).shown[1:] == ()
    state = {"ex/cell": [dataclasses.replace(local["ex/cell"][0], brand="中国")]}
    assert find(candidate(brand="中国"), local_context(local_firms=state)).shown[1:] == ()


def test_ties_stand_in_the_target() -> None:
    (target,) = score_targets([candidate()], NODE, CHAIN, local_context(), EQUAL).targets
    assert target.ties == find(candidate(), local_context()).shown


locals_drawn = st.dictionaries(
    st.sampled_from([node.id for node in CHAIN.nodes]),
    st.lists(
        st.builds(
            LocalFirm,
            st.sampled_from([f"l{number}" for number in range(8)]),
            st.just("本地"),
            st.sampled_from([0.25, 0.5, 0.75, 1.0]),
            st.booleans(),
        ),
        max_size=8,
    ),
)
links_drawn = st.lists(
    st.tuples(st.sampled_from([node.id for node in CHAIN.nodes]), st.sampled_from([0.25, 0.5, 1.0])),
    unique_by=lambda pair: pair[0],
).map(tuple)


@given(locals_drawn, links_drawn)
def test_the_shown_ties_are_the_best_and_add_up_to_no_more_than_the_factor_says(
    local: dict[str, list[LocalFirm]], links: tuple[tuple[str, float], ...]
) -> None:
    found = find(candidate(links=links), local_context(local_firms=local))
    value = found.finding.value
    total = 3 * value / (1 - value)
    shown = [tie.strength for tie in found.shown]
    assert len(shown) <= SHOWN_TIES
    assert len({tie.local_firm for tie in found.shown}) == len(shown)
    assert sum(shown) <= total + 1e-9
    if len(shown) < SHOWN_TIES:
        assert sum(shown) == pytest.approx(total)
    graph = CHAIN.leaf_graph
    for tie in found.shown:
        ends = (tie.candidate_node, tie.local_node)
        assert graph.has_edge(*(ends if tie.direction is TieKind.SUPPLIES else ends[::-1]))
    ranks = [tie.anchor for tie in found.shown]
    assert ranks == sorted(ranks, reverse=True)


@given(locals_drawn, links_drawn, st.sampled_from([0.5, 1.0]))
def test_one_more_firm_here_never_lowers_the_ties(
    local: dict[str, list[LocalFirm]], links: tuple[tuple[str, float], ...], confidence: float
) -> None:
    before = find(candidate(links=links), local_context(local_firms=local)).finding.value
    more = {**local, "ex/cell": [*local.get("ex/cell", []), LocalFirm("new", "新", confidence)]}
    after = find(candidate(links=links), local_context(local_firms=more)).finding.value
    assert after > before  # a separator maker always has a cell maker as a customer
