"""The published shapes are exactly those that were promised."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from service import results, results_targets
from service.analysis import rate_nodes, report_gaps, supply_within_reach, view_chain
from service.targeting import rank_targets
from service.workspace import Workspace

PROMISED = {
    results.GapRead: (
        "node name stage rating basis kind priority effective_firms expected intensity shortfall "
        "nearby_supply factors data_version rank_stability confidence"
    ),
    results.IntensityRead: "mean low high",
    results.FactorRead: "name value weight contribution reason",
    results_targets.TargetRead: (
        "firm uscc name adcode score factors obstacles sources ties region node rank among"
    ),
    results_targets.TieRead: (
        "local_firm local_name local_node direction candidate_node anchor strength reason"
    ),
}


@pytest.mark.parametrize("shape", PROMISED, ids=lambda shape: shape.__name__)
def test_fields_in_their_order(shape: type[BaseModel]) -> None:
    assert " ".join(shape.model_fields) == PROMISED[shape]


def test_every_node_is_rated_once_and_gaps_keep_their_factors(workspace: Workspace) -> None:
    with workspace.session() as session:
        view = view_chain(session, workspace.knowledge, "330800", "lithium-battery")
    report = report_gaps(workspace.knowledge, view)
    nearby = supply_within_reach(workspace.knowledge.geography, view).tolist()
    every = results.rating_reads(view, report, nearby)
    gaps = results.gap_reads(report)
    assert [one.node for one in every] == [node.id for node in view.coverage.chain.nodes]
    assert {one.node for one in every if one.factors} == {gap.node for gap in gaps}
    assert sorted((one for one in every if one.factors), key=lambda one: one.node) == sorted(
        gaps, key=lambda one: one.node
    )
    for one, rating in zip(every, rate_nodes(view), strict=True):
        assert (one.node, one.rating, one.effective_firms) == (
            rating.node,
            rating.rating,
            rating.effective_firms,
        )
        assert one.data_version == view.data_version


def test_a_group_that_is_no_gap_has_neither_kind_nor_priority(workspace: Workspace) -> None:
    with workspace.session() as session:
        view = view_chain(session, workspace.knowledge, "330800", "lithium-battery")
    report = report_gaps(workspace.knowledge, view)
    every = results.rating_reads(view, report, [0.0] * len(view.coverage.chain.nodes))
    rest = [one for one in every if not one.factors]
    assert rest
    assert {(one.kind, one.priority) for one in rest} == {(None, None)}


def test_targets_keep_the_order_of_their_scores(workspace: Workspace) -> None:
    with workspace.session() as session:
        found = rank_targets(session, workspace.knowledge, "330800", "lithium-battery/wet-separator")
    targets = results_targets.target_reads(found)
    assert targets
    scores = [target.score for target in targets]
    assert scores == sorted(scores, reverse=True)
    for target in targets:
        assert target.score == pytest.approx(sum(factor.contribution for factor in target.factors))
