"""Ratings of nodes and gaps of a region: observed against expected, with shrinkage.

For region r and node n: `k` effective firms of n in r, `K_r` of the whole chain in r, `K_n` of n in all
regions of the set, `K` of the chain in all of them. Expected, leaving the cell itself out:
e = (K_r - k)(K_n - k) / (K - K_r - K_n + k). Formulas, an example by hand, and what the numbers do not
say: docs/method.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from service.domain.chains import Stage
from service.domain.coverage import PRESENT, BoolArray, Coverage, FloatArray
from service.domain.priority import (
    GapContext,
    find_criticality,
    find_demand_pull,
    find_feasibility,
    find_fit,
    find_shortfall,
    find_supply_push,
)
from service.domain.prospects import unknown_prospects
from service.domain.weights import Factor, Finding, Weights, total, weigh

MIN_OBSERVED = 3
"""Firms of any chain that must be known in a region before anything is said of it."""

PRIOR = 1.0
"""Shape and rate of the gamma prior of an intensity: as if one firm had been expected and one seen."""

_TAIL = 0.1


class Rating(StrEnum):
    """How a node stands in a region: 缺、疑缺、弱、平、强、未观测."""

    MISSING = "missing"
    SUSPECTED = "suspected"
    WEAK = "weak"
    BALANCED = "balanced"
    STRONG = "strong"
    UNOBSERVED = "unobserved"


class Basis(StrEnum):
    """What a rating rests on: a source that aims to be complete, or only selective lists."""

    COMPLETE = "complete"
    SELECTIVE = "selective"


class GapKind(StrEnum):
    """What a gap is to its neighbours here: 断点、延上游、延下游、强链、空白."""

    BRIDGE = "bridge"
    EXTEND_UPSTREAM = "extend_upstream"
    EXTEND_DOWNSTREAM = "extend_downstream"
    STRENGTHEN = "strengthen"
    BLANK = "blank"


GAP_RATINGS = frozenset({Rating.MISSING, Rating.SUSPECTED, Rating.WEAK})


@dataclass(frozen=True, slots=True)
class Intensity:
    """Firms here per firm expected: mean and ends of the 80% interval of its gamma posterior."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class NodeRating:
    """One node in one region. `shortfall` in firms; `comparable` False: nothing to compare with."""

    node: str
    rating: Rating
    basis: Basis
    effective_firms: float
    expected: float
    comparable: bool
    intensity: Intensity
    shortfall: float
    anchor: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A leaf that is missing, suspected or weak in a region; `priority` 0-100, `nearby_supply` in firms."""

    node: str
    name: str
    stage: Stage
    rating: Rating
    basis: Basis
    kind: GapKind
    priority: float
    effective_firms: float
    expected: float
    intensity: Intensity
    shortfall: float
    nearby_supply: float | None
    factors: tuple[Factor, ...]
    data_version: str


def expected(effective: FloatArray, outside: FloatArray, row: int) -> tuple[FloatArray, BoolArray]:
    """Return expected effective firms of each node in one region, (N,), and where they mean anything, (N,).

    `effective` (R, N) and `outside` (R, N) are the sums inside and outside each node's subtree. With
    sums over the other regions, e = outside here * inside elsewhere / outside elsewhere, which is the
    formula above without a difference: it never turns negative and does not contain the cell at all.

    Where outside elsewhere is 0 (one region only, a node that covers the whole chain, no other firm
    elsewhere) there is nothing to compare with: e is 0 and the second array is False.
    """
    inside_elsewhere = effective[:row].sum(axis=0) + effective[row + 1 :].sum(axis=0)
    outside_elsewhere = outside[:row].sum(axis=0) + outside[row + 1 :].sum(axis=0)
    comparable = outside_elsewhere > 0
    product = outside[row] * inside_elsewhere
    values = np.divide(product, outside_elsewhere, out=np.zeros_like(product), where=comparable)
    return values, comparable


def intensity(
    effective: FloatArray, expected_firms: FloatArray, prior: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return mean, 10% and 90% quantile of the gamma posterior with shape prior + k and rate prior + e."""
    # Here, since scipy takes long to load and whoever only names the ratings does not need it.
    from scipy.special import gammaincinv  # type: ignore[import-untyped]

    shape, rate = prior + effective, prior + expected_firms
    return (
        shape / rate,
        np.asarray(gammaincinv(shape, _TAIL) / rate),
        np.asarray(gammaincinv(shape, 1.0 - _TAIL) / rate),
    )


def rate_region(
    coverage: Coverage, region: str, *, min_observed: int = MIN_OBSERVED, a: float = PRIOR
) -> list[NodeRating]:
    """Rate every node of the chain in one region, leaves and inner nodes, in the order of `chain.nodes`.

    Unobserved when the node has no firm anywhere or fewer than `min_observed` firms of any chain are
    known in the region, even if one of them is in this node; else missing (complete basis) or suspected
    (selective) when k < 0.5; else, where comparable, weak when the interval lies below 1, strong when it
    lies above 1 or an anchor firm is here and the mean is at least 1; else balanced.

    Raises UnknownRegion; ValueError when `a` is not positive.
    """
    if not a > 0:
        raise ValueError(f"the prior must be above 0, not {a}")
    row = coverage.row(region)
    firms = coverage.effective[row]
    wanted, comparable = expected(coverage.effective, coverage.outside, row)
    means, lows, highs = intensity(firms, wanted, a)
    basis = Basis.COMPLETE if coverage.complete[row] else Basis.SELECTIVE
    known = int(coverage.firms_known[row]) >= min_observed
    ratings: list[NodeRating] = []
    for column, node in enumerate(coverage.chain.nodes):
        spread = Intensity(float(means[column]), float(lows[column]), float(highs[column]))
        here, like_others = float(firms[column]), bool(comparable[column])
        anchor = bool(coverage.anchors[row, column])
        if known and coverage.seen_anywhere[column]:
            word = _rate(here, spread, basis, like_others, anchor)
        else:
            word = Rating.UNOBSERVED
        e = float(wanted[column])
        shortfall = max(0.0, e - here)
        ratings.append(NodeRating(node.id, word, basis, here, e, like_others, spread, shortfall, anchor))
    return ratings


def _rate(firms: float, spread: Intensity, basis: Basis, comparable: bool, anchor: bool) -> Rating:
    """Rate an observed node."""
    if firms < PRESENT:
        return Rating.MISSING if basis is Basis.COMPLETE else Rating.SUSPECTED
    if not comparable:
        return Rating.BALANCED
    if spread.high < 1.0:
        return Rating.WEAK
    if spread.low > 1.0 or (anchor and spread.mean >= 1.0):
        return Rating.STRONG
    return Rating.BALANCED


def gap_kind(coverage: Coverage, region: str, node: str, rating: Rating) -> GapKind:
    """Return what a gap at leaf `node` is, from which of its suppliers and customers are here."""
    if rating is Rating.WEAK:
        return GapKind.STRENGTHEN
    graph, firms = coverage.chain.leaf_graph, coverage.effective[coverage.row(region)]
    suppliers = any(firms[coverage.column(other)] >= PRESENT for other in graph.predecessors(node))
    customers = any(firms[coverage.column(other)] >= PRESENT for other in graph.successors(node))
    if suppliers and customers:
        return GapKind.BRIDGE
    if customers:
        return GapKind.EXTEND_UPSTREAM
    return GapKind.EXTEND_DOWNSTREAM if suppliers else GapKind.BLANK


def find_gaps(
    coverage: Coverage,
    region: str,
    *,
    weights: Weights,
    context: GapContext,
    min_observed: int = MIN_OBSERVED,
    a: float = PRIOR,
) -> list[Gap]:
    """Return the leaves that are missing, suspected or weak in `region`, highest priority first.

    Ties are broken by node id. Raises UnknownRegion, CyclicChain; ValueError when `weights` does not
    name the factors of GAP_FACTORS or `a` is not positive.
    """
    leaves = {leaf.id for leaf in coverage.chain.leaves}
    rated = rate_region(coverage, region, min_observed=min_observed, a=a)
    gaps = [
        gap_at(coverage, region, rating, weights, context, a)
        for rating in rated
        if rating.node in leaves and rating.rating in GAP_RATINGS
    ]
    return sorted(gaps, key=lambda gap: (-gap.priority, gap.node))


def gap_at(
    coverage: Coverage,
    region: str,
    rated: NodeRating,
    weights: Weights,
    context: GapContext,
    a: float = PRIOR,
) -> Gap:
    """Return the gap that `rated`, a leaf of GAP_RATINGS as `rate_region` gives it, is in `region`."""
    findings = find_factors(
        coverage, region, rated.node, rated.expected, comparable=rated.comparable, context=context, a=a
    )
    factors = weigh(findings, weights)
    node = coverage.chain.node(rated.node)
    nearby = context.nearby
    return Gap(
        node=node.id,
        name=node.name,
        stage=node.stage,
        rating=rated.rating,
        basis=rated.basis,
        kind=gap_kind(coverage, region, node.id, rated.rating),
        priority=total(factors),
        effective_firms=rated.effective_firms,
        expected=rated.expected,
        intensity=rated.intensity,
        shortfall=rated.shortfall,
        nearby_supply=None if nearby is None else float(nearby[coverage.column(node.id)]),
        factors=tuple(factors),
        data_version=context.data_version,
    )


def find_factors(
    coverage: Coverage,
    region: str,
    node: str,
    expected_firms: float,
    *,
    comparable: bool,
    context: GapContext,
    a: float = PRIOR,
) -> dict[str, Finding]:
    """Return the findings of a leaf in a region, in the order of GAP_FACTORS.

    `expected_firms` and `comparable` are what `expected` gives for the cell.
    """
    row, name, whole = coverage.row(region), context.region_name, context.prospects
    column = coverage.column(node)
    density = whole.density(node) if whole else coverage.density[row, column]
    here = float(coverage.effective[row, column])
    return {
        "shortfall": find_shortfall(expected_firms, here, comparable, a),
        "demand_pull": find_demand_pull(coverage, row, node, name),
        "supply_push": find_supply_push(coverage, row, node, name),
        "criticality": find_criticality(coverage, node),
        "feasibility": find_feasibility(float(density), name),
        "fit": find_fit(node, context.fit),
        **(whole.find(node) if whole else unknown_prospects()),
    }
