"""Candidates for a gap (r, n), firms of node n outside region r: scored with reasons and obstacles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from service.domain.chains import Chain
from service.domain.obstacles import find_obstacles, is_excluded
from service.domain.target_factors import TARGET_FACTORS, FactorValues, SizeRank, find_factors, rank_sizes
from service.domain.targets import (
    Candidate,
    ExcludedFirm,
    Obstacle,
    Target,
    TargetContext,
    TargetFactor,
    TargetList,
    Told,
    Wording,
)
from service.domain.ties import TieBook
from service.domain.weights import Finding, Weights, add_up, points, weigh
from service.errors import InvalidQuery, UnknownNode


def score_targets(
    candidates: Iterable[Candidate], gap_node: str, chain: Chain, context: TargetContext, weights: Weights
) -> TargetList:
    """Score the firms of leaf `gap_node` for the region of `context`.

    `candidates` are all firms of the node in the country: a firm's size is ranked among them, also
    against those that are then excluded. Targets by score, highest first, ties by firm key; excluded
    firms by firm key. All are scored at once; the sentences behind a score are written when they are read.

    Raises UnknownNode, InvalidQuery when the node is not a leaf; ValueError when a firm stands twice or
    `weights` does not name the seven factors.
    """
    if gap_node not in chain:
        raise UnknownNode(f"产业链 {chain.id} 没有环节 {gap_node!r}")
    if chain.children(gap_node):
        raise InvalidQuery(f"环节 {gap_node!r} 下还有细分环节，请选末级环节再找目标企业")
    scoring = _Scoring(gap_node, chain, context, weights)
    targets: list[Target] = []
    excluded: list[ExcludedFirm] = []
    firms = sorted(candidates, key=lambda candidate: candidate.firm)
    ranks = rank_sizes(firms)
    for candidate in firms:
        if is_excluded(candidate, context):
            excluded.append(scoring.exclude(candidate))
        else:
            targets.append(scoring.score(candidate, ranks[candidate.firm]))
    targets.sort(key=lambda target: (-target.score, target.firm))
    return TargetList(context.region, gap_node, tuple(targets), tuple(excluded), weights.stated)


class _Scoring:
    """What is the same for all candidates of a gap."""

    def __init__(self, gap_node: str, chain: Chain, context: TargetContext, weights: Weights) -> None:
        self._gap_node = gap_node
        self._node_name = chain.node(gap_node).name
        self._context = context
        self._weights = weights
        self._points = points(TARGET_FACTORS, weights)
        self._values = FactorValues(context)
        self._book = TieBook(gap_node, chain, context)

    def score(self, candidate: Candidate, rank: SizeRank | None) -> Target:
        values = self._values.of(candidate, rank, self._book.value(candidate))
        return Target(
            candidate.firm,
            candidate.uscc,
            candidate.name,
            candidate.adcode,
            add_up(most * value for most, value in zip(self._points, values, strict=True)),
            candidate.sources,
            Wording(partial(self._tell, candidate, rank)),
        )

    def exclude(self, candidate: Candidate) -> ExcludedFirm:
        return ExcludedFirm(
            candidate.firm,
            candidate.uscc,
            candidate.name,
            candidate.adcode,
            candidate.sources,
            Wording(lambda: Told(obstacles=self._obstacles(candidate))),
        )

    def _tell(self, candidate: Candidate, rank: SizeRank | None) -> Told:
        ties = self._book.find(candidate)
        findings = find_factors(candidate, self._node_name, self._context, rank, ties.finding)
        return Told(_explain(findings, self._weights), self._obstacles(candidate), ties.shown)

    def _obstacles(self, candidate: Candidate) -> tuple[Obstacle, ...]:
        return find_obstacles(candidate, self._gap_node, self._context)


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
