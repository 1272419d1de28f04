"""Scoring a node without writing its sentences gives what scoring each firm with them gives."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service.domain.obstacles import find_obstacles, is_excluded
from service.domain.target_factors import TARGET_FACTORS, find_factors, rank_sizes
from service.domain.target_scoring import score_targets
from service.domain.targets import (
    Branch,
    Candidate,
    GroupPlace,
    LocalFirm,
    Source,
    Target,
    TargetContext,
    TargetFactor,
    TieKind,
    Told,
    Wording,
)
from service.domain.ties import TieBook
from service.domain.weights import Finding, Weights, total, weigh

from .test_targets import LIST, NODE, REPORT, context
from .worked_example import CHAIN

PLACES = ("310000", "330100", "330802", "420100", "650100", None)
NODES = sorted(CHAIN.leaf_graph)
DAYS = st.none() | st.dates(date(2019, 1, 1), date(2025, 12, 31))
SHARES = st.sampled_from((0.0, 0.3, 0.5, 0.6, 0.65, 0.9, 1.0))
LINKS = st.lists(st.tuples(st.sampled_from(NODES), SHARES), max_size=3, unique_by=lambda one: one[0]).map(
    tuple
)
SIZES = st.none() | st.sampled_from((0.0, 5e5, 1e6, 3e6, 1e7, 3e8))


@st.composite
def branches(draw: st.DrawFn) -> tuple[Branch, ...] | None:
    one = st.builds(
        Branch,
        st.sampled_from(PLACES[:-1]),
        DAYS,
        st.sampled_from((None, "b1", "b2")),
        st.sampled_from((None, "甲分公司")),
    )
    return draw(st.none() | st.lists(one, max_size=3).map(tuple))


@st.composite
def candidates(draw: st.DrawFn, firm: str) -> Candidate:
    place = st.builds(
        GroupPlace,
        st.sampled_from(("g1", "g2")),
        st.just("集团公司"),
        st.sampled_from(PLACES[:-1]),
        st.sampled_from((TieKind.PARENT, TieKind.BRANCH)),
    )
    return Candidate(
        firm=firm,
        uscc=None,
        name=draw(st.sampled_from(("衢州", "上海"))) + f"华友{firm}公司",
        adcode=draw(st.sampled_from(PLACES)),
        confidence=draw(SHARES),
        node_share=draw(st.none() | SHARES),
        brand=draw(st.sampled_from((None, "华友", "衢一"))),
        standing=draw(st.sampled_from(((), ("专精特新",), ("专精特新", "单项冠军"), ("老字号",)))),
        listed=draw(st.booleans()),
        capital_cny=draw(SIZES),
        revenue_cny=draw(SIZES),
        employees=draw(st.none() | st.integers(0, 300)),
        status=draw(st.sampled_from((None, "存续", "注销"))),
        branches=draw(branches()),
        group=draw(st.lists(place, max_size=2).map(tuple)),
        links=draw(LINKS),
        sources=draw(st.sampled_from(((REPORT,), (REPORT, LIST)))),
    )


@st.composite
def contexts(draw: st.DrawFn) -> TargetContext:
    local = st.builds(
        LocalFirm,
        st.sampled_from(("l1", "l2", "k1")),
        st.sampled_from(("衢一电芯", "华友材料")),
        SHARES,
        st.booleans(),
        st.sampled_from((None, "华友", "衢一")),
    )
    firms = st.dictionaries(st.sampled_from(NODES), st.lists(local, max_size=3), max_size=3)
    policy = {"长三角": Finding(0.9, "重点来源地。", "招商方案", "2025")}
    return dataclasses.replace(
        context(),
        distance_km={"310000": 400.0, "330100": 120.0, "330802": 10.0, "650100": 3_200.0},
        local_firms=draw(st.none() | firms),
        local_source=Source("规上企业名单", "2025-05"),
        source_policy=draw(st.sampled_from((None, policy))),
        carriers=draw(st.sampled_from((None, Finding(0.8, "有地。", "载体台账", "2025-06")))),
        reaches=draw(DAYS),
        home_names=draw(st.sampled_from(((), ("衢州",)))),
    )


@st.composite
def weightings(draw: st.DrawFn) -> Weights:
    values = draw(st.lists(st.floats(0.01, 10.0), min_size=7, max_size=7))
    return Weights("1", False, dict(zip(TARGET_FACTORS, values, strict=True)), "试")


def plainly(firms: list[Candidate], where: TargetContext, weights: Weights) -> list[Target]:
    """Every firm scored with all its sentences, those that a hard obstacle excludes left out."""
    ranks, name = rank_sizes(firms), CHAIN.node(NODE).name
    found = []
    for firm in firms:
        obstacles = find_obstacles(firm, NODE, where)
        if any(obstacle.hard for obstacle in obstacles):
            continue
        ties = TieBook(NODE, CHAIN, where).find(firm)
        findings = find_factors(firm, name, where, ranks[firm.firm], ties.finding)
        weighed = weigh(findings, weights)
        factors = tuple(
            TargetFactor(
                factor.name,
                factor.value,
                factor.weight,
                factor.contribution,
                factor.reason,
                findings[factor.name].source,
                findings[factor.name].as_of,
            )
            for factor in weighed
        )
        told = Told(factors, obstacles, ties.shown)
        score = total(weighed)
        found.append(_target(firm, score, told))
    return sorted(found, key=lambda target: (-target.score, target.firm))


def _target(firm: Candidate, score: float, told: Told) -> Target:
    return Target(firm.firm, firm.uscc, firm.name, firm.adcode, score, firm.sources, Wording(lambda: told))


@given(st.data(), contexts(), weightings())
def test_scores_found_without_sentences_are_those_of_the_sentences(
    data: st.DataObject, where: TargetContext, weights: Weights
) -> None:
    """To the last bit: ranks, scores, factors with their reasons, obstacles, ties, and who is excluded."""
    firms = [data.draw(candidates(f"k{number}")) for number in range(data.draw(st.integers(0, 6)))]
    found = score_targets(firms, NODE, CHAIN, where, weights)
    assert list(found.targets) == plainly(firms, where, weights)
    for target in found.targets:
        assert target.score == total(target.factors)
    barred = {one.firm: one.obstacles for one in found.excluded}
    expected = {one.firm: find_obstacles(one, NODE, where) for one in firms}
    assert barred == {firm: said for firm, said in expected.items() if any(one.hard for one in said)}


@given(candidates("k1"), contexts())
def test_a_firm_is_excluded_where_an_obstacle_is_hard(firm: Candidate, where: TargetContext) -> None:
    hard = any(obstacle.hard for obstacle in find_obstacles(firm, NODE, where))
    assert is_excluded(firm, where) is hard


def test_words_are_written_once_and_only_when_they_are_read() -> None:
    written: list[str] = []

    def write() -> Told:
        written.append("x")
        return Told()

    facts: dict[str, Any] = {"uscc": None, "name": "甲", "adcode": None, "score": 1.0, "sources": ()}
    target = Target("k", wording=Wording(write), **facts)
    assert (target.name, written) == ("甲", [])
    assert (target.factors, target.ties, target.obstacles) == ((), (), ())
    assert written == ["x"]
    assert target == Target("k", wording=Wording(Told), **facts)
