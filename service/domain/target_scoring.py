"""Candidates for a gap (r, n), firms of node n outside region r: scored with reasons and obstacles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from service.domain.chains import Chain
from service.domain.obstacles import find_obstacles
from service.domain.target_factors import find_factors, rank_sizes
from service.domain.targets import (
    Candidate,
    ExcludedFirm,
    Obstacle,
    Target,
    TargetContext,
    TargetFactor,
    TargetList,
    Tie,
)
from service.domain.ties import TieBook
from service.domain.weights import Finding, Weights, total, weigh
from service.errors import InvalidQuery, UnknownNode


def score_targets(
    candidates: Iterable[Candidate], gap_node: str, chain: Chain, context: TargetContext, weights: Weights
) -> TargetList:
    """Score the firms of leaf `gap_node` for the region of `context`.

    `candidates` are all firms of the node in the country: a firm's size is ranked among them, also
    against those that are then excluded. Targets by score, highest first, ties by firm key; excluded
    firms by firm key.

    Raises UnknownNode, InvalidQuery when the node is not a leaf; ValueError when a firm stands twice or
    `weights` does not name the seven factors.
    """
    if gap_node not in chain:
        raise UnknownNode(f"产业链 {chain.id} 没有环节 {gap_node!r}")
    if chain.children(gap_node):
        raise InvalidQuery(f"环节 {gap_node!r} 下还有细分环节，请选末级环节再找目标企业")
    firms = sorted(candidates, key=lambda candidate: candidate.firm)
    ranks = rank_sizes(firms)
    book = TieBook(gap_node, chain, context)
    node_name = chain.node(gap_node).name
    targets: list[Target] = []
    excluded: list[ExcludedFirm] = []
    for candidate in firms:
        obstacles = find_obstacles(candidate, gap_node, context)
        if any(obstacle.hard for obstacle in obstacles):
            excluded.append(_exclude(candidate, obstacles))
            continue
        ties = book.find(candidate)
        findings = find_factors(candidate, node_name, context, ranks[candidate.firm], ties.finding)
        targets.append(_target(candidate, _explain(findings, weights), obstacles, ties.shown))
    targets.sort(key=lambda target: (-target.score, target.firm))
    return TargetList(context.region, gap_node, tuple(targets), tuple(excluded), weights.stated)


def _explain(findings: Mapping[str, Finding], weights: Weights) -> tuple[TargetFactor, ...]:
    """The weighed factors, each with the source of its finding."""
    return tuple(
        TargetFactor(
            name=factor.name,
            value=factor.value,
            weight=factor.weight,
            contribution=factor.contribution,
            reason=factor.reason,
            source=findings[factor.name].source,
            as_of=findings[factor.name].as_of,
        )
        for factor in weigh(findings, weights)
    )


def _target(
    candidate: Candidate,
    factors: tuple[TargetFactor, ...],
    obstacles: tuple[Obstacle, ...],
    ties: tuple[Tie, ...],
) -> Target:
    return Target(
        firm=candidate.firm,
        uscc=candidate.uscc,
        name=candidate.name,
        adcode=candidate.adcode,
        score=total(factors),
        factors=factors,
        obstacles=obstacles,
        sources=candidate.sources,
        ties=ties,
    )


def _exclude(candidate: Candidate, obstacles: tuple[Obstacle, ...]) -> ExcludedFirm:
    return ExcludedFirm(
        firm=candidate.firm,
        uscc=candidate.uscc,
        name=candidate.name,
        adcode=candidate.adcode,
        obstacles=obstacles,
        sources=candidate.sources,
    )
