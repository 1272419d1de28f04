"""How complete a chain is in a region, by stage and in all, and the report of a region's gaps."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from service.domain.chains import Chain, Stage
from service.domain.coverage import Coverage
from service.domain.gaps import MIN_OBSERVED, PRIOR, Basis, Gap, NodeRating, Rating, find_gaps, rate_region
from service.domain.priority import GapContext, path_shares
from service.domain.weights import Weights, WeightsStated

ABSENT = frozenset({Rating.MISSING, Rating.SUSPECTED})
"""Ratings of a leaf that counts as not there in a completeness."""


@dataclass(frozen=True, slots=True)
class RegionSummary:
    """The chain in one region. Completeness is 0-1, or None where no leaf is observed.

    `by_stage` holds the stages that have leaves. `leaves` counts the leaves by rating, all six words.
    `basis` goes with every completeness that is shown: on a selective basis it is what the lists show.
    """

    region: str
    completeness: float | None
    by_stage: dict[Stage, float | None]
    leaves: dict[Rating, int]
    basis: Basis


@dataclass(frozen=True, slots=True)
class RegionReport:
    """The gaps of one chain in one region with all that must be said beside them."""

    chain: str
    region: str
    data_version: str
    weights: WeightsStated
    summary: RegionSummary
    gaps: tuple[Gap, ...]


def importance(chain: Chain) -> Mapping[str, float]:
    """Return the importance of each leaf: the share of supply paths that pass through it.

    It follows from the chain alone, so a completeness does not move when another region changes. A leaf
    outside the supply edges weighs as the least leaf on a path; in a chain without edges all weigh 1.
    """
    shares = {node: paths.share for node, paths in path_shares(chain).items()}
    least = min((share for share in shares.values() if share > 0), default=1.0)
    return {node: share or least for node, share in shares.items()}


def summarise_region(coverage: Coverage, region: str, ratings: list[NodeRating]) -> RegionSummary:
    """Return the completeness of the chain in `region`: the share, by importance, of the observed leaves
    that are neither missing nor suspected. Unobserved leaves count on neither side.
    """
    weights = importance(coverage.chain)
    words = {rated.node: rated.rating for rated in ratings if rated.node in weights}
    stages: dict[Stage, set[str]] = {}
    for leaf in coverage.chain.leaves:
        stages.setdefault(leaf.stage, set()).add(leaf.id)
    return RegionSummary(
        region=region,
        completeness=_complete(words, weights, words.keys()),
        by_stage={stage: _complete(words, weights, stages[stage]) for stage in Stage if stage in stages},
        leaves={rating: list(words.values()).count(rating) for rating in Rating},
        basis=Basis.COMPLETE if coverage.complete[coverage.row(region)] else Basis.SELECTIVE,
    )


def _complete(
    words: Mapping[str, Rating], weights: Mapping[str, float], nodes: Collection[str]
) -> float | None:
    observed = [node for node in nodes if words[node] is not Rating.UNOBSERVED]
    whole = math.fsum(weights[node] for node in observed)
    here = math.fsum(weights[node] for node in observed if words[node] not in ABSENT)
    return here / whole if observed else None


def report_region(
    coverage: Coverage,
    region: str,
    *,
    weights: Weights,
    context: GapContext,
    min_observed: int = MIN_OBSERVED,
    a: float = PRIOR,
) -> RegionReport:
    """Return the gaps of `region` with its completeness, and what is stated of the weights.

    Raises as `find_gaps`.
    """
    ratings = rate_region(coverage, region, min_observed=min_observed, a=a)
    gaps = find_gaps(coverage, region, weights=weights, context=context, min_observed=min_observed, a=a)
    return RegionReport(
        chain=coverage.chain.id,
        region=region,
        data_version=context.data_version,
        weights=weights.stated,
        summary=summarise_region(coverage, region, ratings),
        gaps=tuple(gaps),
    )
