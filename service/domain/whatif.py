"""What changes in a region if these firms came: ratings, completeness, shortfalls, priorities, the next gaps.

The answer is what the same formulas give on the changed table, as if the firms had been founded in the
region today. A firm that comes is not taken away from where it is: it opens one more plant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.domain.chains import Chain, Stage
from service.domain.completeness import RegionReport, report_region
from service.domain.coverage import PRESENT, Coverage, FloatArray
from service.domain.gaps import MIN_OBSERVED, PRIOR, GapKind, NodeRating, rate_region
from service.domain.landscape import Landscape
from service.domain.priority import GapContext
from service.domain.weights import Weights
from service.errors import UnknownNode


@dataclass(frozen=True, slots=True)
class AddedFirm:
    """A firm as if it were here: its (node, confidence) links, and whether it could lead a node.

    `firm` is the key of a firm that is known, None for a made-up one. Raises ValueError when it has no
    link, one node stands twice, or a confidence is outside 0.5-1: lower ones are counted nowhere.
    """

    name: str
    links: tuple[tuple[str, float], ...]
    firm: str | None = None
    anchor: bool = False

    def __post_init__(self) -> None:
        if not self.links or len({node for node, _ in self.links}) < len(self.links):
            raise ValueError(f"{self.name} has no link, or two to one node: {self.links}")
        if not all(PRESENT <= confidence <= 1.0 for _, confidence in self.links):
            raise ValueError(f"{self.name} has a confidence outside {PRESENT}-1: {self.links}")


@dataclass(frozen=True, slots=True)
class NodeChange:
    """One node before and after. Kind and priority (0-100) are set where it is a gap; `added` in firms."""

    node: str
    name: str
    stage: Stage
    added: float
    before: NodeRating
    after: NodeRating
    kind_before: GapKind | None
    kind_after: GapKind | None
    priority_before: float | None
    priority_after: float | None

    @property
    def says_something(self) -> bool:
        """Firms were added to it, or its rating or its kind is another one."""
        ratings, kinds = (self.before.rating, self.after.rating), (self.kind_before, self.kind_after)
        return self.added > 0 or ratings[0] is not ratings[1] or kinds[0] is not kinds[1]

    @property
    def closes(self) -> bool:
        """It was a gap and is none any longer."""
        return self.kind_before is not None and self.kind_after is None

    @property
    def opens(self) -> bool:
        """It was no gap and is one now: more is expected beside what came."""
        return self.kind_before is None and self.kind_after is not None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The region without and with the firms; `nodes` is every node, in the order of the chain."""

    firms: tuple[AddedFirm, ...]
    before: RegionReport
    after: RegionReport
    nodes: tuple[NodeChange, ...]

    @property
    def changes(self) -> tuple[NodeChange, ...]:
        """The nodes of which something is to be said, in the order of the chain."""
        return tuple(node for node in self.nodes if node.says_something)

    @property
    def next_gaps(self) -> tuple[NodeChange, ...]:
        """The gaps that there are then, the most urgent first."""
        by_node = {node.node: node for node in self.nodes}
        return tuple(by_node[gap.node] for gap in self.after.gaps)


def add_firms(coverage: Coverage, region: str, firms: Sequence[AddedFirm]) -> Coverage:
    """Return the coverage with these firms in `region`; the order of the firms does not matter.

    Links to nodes of other chains are passed over. Raises UnknownRegion; UnknownNode when a firm has no
    link into this chain.
    """
    chain, row = coverage.chain, coverage.row(region)
    for firm in firms:
        if not any(node in chain for node, _ in firm.links):
            named = "、".join(node for node, _ in firm.links)
            raise UnknownNode(f"产业链 {chain.name} 没有环节 {named}（{firm.name}）")
    direct, anchors = coverage.direct.copy(), coverage.anchors.copy()
    seen, known = coverage.seen_anywhere.copy(), coverage.firms_known.copy()
    known[row] += len(firms)
    for node, effective in _sum_links(firms, chain).items():
        direct[row, coverage.column(node)] += effective
        seen[_columns_above(coverage, node)] = True
    for firm in firms:
        for node, _ in firm.links:
            if firm.anchor and node in chain:
                anchors[row, _columns_above(coverage, node)] = True
    return replace(coverage, direct=direct, anchors=anchors, firms_known=known, seen_anywhere=seen)


def add_to_landscape(landscape: Landscape, region: str, firms: Sequence[AddedFirm]) -> Landscape:
    """Return the table of all chains with these firms in `region`, as firms founded today.

    Links to groups are passed over: the table holds leaves only. Raises UnknownRegion.
    """
    row = landscape.row(region)
    columns = {node: column for column, node in enumerate(landscape.nodes)}
    more: FloatArray = np.zeros(landscape.effective.shape)
    for node, effective in _sum_links(firms, columns).items():
        more[row, columns[node]] = effective
    return replace(landscape, effective=landscape.effective + more, recent=landscape.recent + more)


def what_if(
    coverage: Coverage,
    region: str,
    firms: Sequence[AddedFirm],
    *,
    weights: Weights,
    context: GapContext,
    min_observed: int = MIN_OBSERVED,
    a: float = PRIOR,
) -> WhatIf:
    """Return what changes in `region` if `firms` came.

    Both sides are computed by the same functions. `context` is that of the region as it is; its table of
    all chains, where it has one, gets the firms too. Supply nearby and fit stay as they are.

    Raises as `add_firms` and `report_region`.
    """
    then = add_firms(coverage, region, firms)
    prospects = context.prospects
    if prospects is not None and firms:
        larger = add_to_landscape(prospects.landscape, region, firms)
        context_then = replace(context, prospects=replace(prospects, landscape=larger))
    else:
        context_then = context
    before = report_region(coverage, region, weights=weights, context=context, min_observed=min_observed, a=a)
    after = report_region(then, region, weights=weights, context=context_then, min_observed=min_observed, a=a)
    ratings = rate_region(coverage, region, min_observed=min_observed, a=a)
    ratings_then = rate_region(then, region, min_observed=min_observed, a=a)
    nodes = _compare(coverage.chain, firms, (ratings, ratings_then), (before, after))
    return WhatIf(tuple(firms), before, after, nodes)


def _compare(
    chain: Chain,
    firms: Sequence[AddedFirm],
    ratings: tuple[list[NodeRating], list[NodeRating]],
    reports: tuple[RegionReport, RegionReport],
) -> tuple[NodeChange, ...]:
    added = _sum_links(firms, chain)
    gaps, gaps_then = ({gap.node: gap for gap in report.gaps} for report in reports)
    return tuple(
        NodeChange(
            node=node.id,
            name=node.name,
            stage=node.stage,
            added=added.get(node.id, 0.0),
            before=rated,
            after=rated_then,
            kind_before=gaps[node.id].kind if node.id in gaps else None,
            kind_after=gaps_then[node.id].kind if node.id in gaps_then else None,
            priority_before=gaps[node.id].priority if node.id in gaps else None,
            priority_after=gaps_then[node.id].priority if node.id in gaps_then else None,
        )
        for node, rated, rated_then in zip(chain.nodes, *ratings, strict=True)
    )


def _sum_links(firms: Sequence[AddedFirm], nodes: Chain | Mapping[str, int]) -> dict[str, float]:
    """Effective firms by node, of the nodes in `nodes`; sums are exact, so that no order matters."""
    parts: dict[str, list[float]] = {}
    for firm in firms:
        for node, confidence in firm.links:
            if node in nodes:
                parts.setdefault(node, []).append(confidence)
    return {node: math.fsum(values) for node, values in parts.items()}


def _columns_above(coverage: Coverage, node: str) -> list[int]:
    return [coverage.column(one) for one in (node, *coverage.chain.ancestors(node))]
