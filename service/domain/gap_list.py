"""The gaps of one chain in one region with their priorities, without the reasons behind them.

`gaps.find_gaps` writes a sentence for every factor of every gap. A list of all chains shows some fifty rows
of more than a thousand: here the same priorities come from the same values as arrays, and reasons are asked
for where a row is opened. A test holds the two together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from service.domain.chains import Stage
from service.domain.coverage import Coverage, FloatArray
from service.domain.factor_table import criticality_factor, neighbour_factor
from service.domain.gaps import (
    GAP_RATINGS,
    MIN_OBSERVED,
    PRIOR,
    Basis,
    GapKind,
    NodeRating,
    Rating,
    gap_kind,
    rate_region,
)
from service.domain.priority import GapContext
from service.domain.prospects import PROSPECT_FACTORS
from service.domain.weights import NEUTRAL, Weights

_DIGITS = 9
_LEADING = 3


@dataclass(frozen=True, slots=True)
class ListedGap:
    """A leaf that is missing, suspected or weak; `priority` 0-100, `expected`, `shortfall` and
    `nearby_supply` in firms (`nearby_supply` None: not known). `leading`: the factors that say most, with
    the points that each adds.
    """

    node: str
    name: str
    stage: Stage
    rating: Rating
    basis: Basis
    kind: GapKind
    priority: float
    effective_firms: float
    expected: float
    shortfall: float
    nearby_supply: float | None
    bottleneck: str | None
    leading: tuple[tuple[str, float], ...]


def list_gaps(
    coverage: Coverage,
    region: str,
    *,
    weights: Weights,
    context: GapContext,
    min_observed: int = MIN_OBSERVED,
    a: float = PRIOR,
) -> list[ListedGap]:
    """Return the gaps that `find_gaps` finds, in the same order, without intensity and factors.

    Priorities agree to nine decimals, to which they are compared here. Raises UnknownRegion, CyclicChain;
    ValueError when `weights` does not name the factors of GAP_FACTORS or `a` is not positive.
    """
    rated = {one.node: one for one in rate_region(coverage, region, min_observed=min_observed, a=a)}
    leaves = [rated[leaf.id] for leaf in coverage.chain.leaves]
    values = factor_values(coverage, region, leaves, context, a=a)
    gaps = [
        _listed(coverage, region, one, found, context)
        for one, found in zip(leaves, _points(values, weights), strict=True)
        if one.rating in GAP_RATINGS
    ]
    return sorted(gaps, key=lambda gap: (-round(gap.priority, _DIGITS), gap.node))


def factor_values(
    coverage: Coverage, region: str, leaves: list[NodeRating], context: GapContext, *, a: float = PRIOR
) -> dict[str, FloatArray]:
    """Return the value of every factor of GAP_FACTORS for all leaves of the chain in one region, each (L,).

    `leaves` are the ratings of the leaves, in the order of `chain.leaves`.
    """
    chain, row = coverage.chain, coverage.row(region)
    firms = coverage.effective[row : row + 1, [coverage.column(one.node) for one in leaves]]
    short = [one.shortfall / (a + one.expected) if one.comparable else 0.0 for one in leaves]
    fit = [context.fit[one.node].value if one.node in context.fit else NEUTRAL for one in leaves]
    return {
        "shortfall": np.array(short),
        "demand_pull": neighbour_factor(chain, firms, customers=True)[0],
        "supply_push": neighbour_factor(chain, firms, customers=False)[0],
        "criticality": criticality_factor(coverage),
        "feasibility": _feasibility(coverage, row, leaves, context),
        "fit": np.array(fit),
        **_prospects(leaves, context),
    }


@dataclass(frozen=True, slots=True)
class _Points:
    """The factors of one leaf as (name, value 0-1, points)."""

    factors: tuple[tuple[str, float, float], ...]

    @property
    def priority(self) -> float:
        return min(100.0, math.fsum(points for _, _, points in self.factors))

    @property
    def leading(self) -> tuple[tuple[str, float], ...]:
        """What is known first, then by points: the order in which reasons are told."""
        told = sorted(self.factors, key=lambda one: (one[1] == NEUTRAL, -one[2]))
        return tuple((name, points) for name, _, points in told[:_LEADING])


def _points(values: dict[str, FloatArray], weights: Weights) -> list[_Points]:
    if values.keys() != weights.values.keys():
        raise ValueError(f"factors {sorted(values)} but weights for {sorted(weights.values)}")
    columns = [
        [(name, one, share * one) for one in values[name].tolist()]
        for name, share in ((name, 100.0 * weights.share(name)) for name in values)
    ]
    return [_Points(leaf) for leaf in zip(*columns, strict=True)]


def _feasibility(coverage: Coverage, row: int, leaves: list[NodeRating], context: GapContext) -> FloatArray:
    whole = context.prospects
    if whole is None:
        density = np.array([coverage.density[row, coverage.column(one.node)] for one in leaves])
    else:
        density = np.array([whole.density(one.node) for one in leaves])
    return np.where(np.isnan(density), NEUTRAL, np.clip(density, 0.0, 1.0))


def _prospects(leaves: list[NodeRating], context: GapContext) -> dict[str, FloatArray]:
    whole = context.prospects
    if whole is None:
        return {name: np.full(len(leaves), NEUTRAL) for name in PROSPECT_FACTORS}
    columns = [whole.landscape.column(one.node) for one in leaves]
    return {name: values[columns] for name, values in whole.values().items()}


def _listed(
    coverage: Coverage, region: str, rated: NodeRating, points: _Points, context: GapContext
) -> ListedGap:
    node, nearby = coverage.chain.node(rated.node), context.nearby
    return ListedGap(
        node=node.id,
        name=node.name,
        stage=node.stage,
        rating=rated.rating,
        basis=rated.basis,
        kind=gap_kind(coverage, region, node.id, rated.rating),
        priority=points.priority,
        effective_firms=rated.effective_firms,
        expected=rated.expected,
        shortfall=rated.shortfall,
        nearby_supply=None if nearby is None else float(nearby[coverage.column(node.id)]),
        bottleneck=node.bottleneck,
        leading=points.leading,
    )
