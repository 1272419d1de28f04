"""How sure a rating is: would it be the same had chance shown other firms.

Where firms are here, the firms of the whole comparison set are resampled (a bootstrap with Poisson(1)
weights, one weight for a firm in all its nodes) and the node is rated again. Where none is here, resampling
can never show one; there the chance counts that a region which is like the others would show none either.
What both do not cover: docs/method.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from service.domain.coverage import PRESENT, BoolArray, Coverage, FloatArray, IntArray
from service.domain.gaps import MIN_OBSERVED, PRIOR, Basis, NodeRating, Rating, rate_region

DRAWS = 200
"""Resamples: a share near 0.9 is then known to about two points."""

SEED = 20

HIGH = 0.9
"""From here on high: at most one resample in ten says otherwise, as at either end of the 80% interval."""

MEDIUM = 0.7
"""From here on medium: better than two to one; below it the rating is hardly better than its neighbour."""

_TAIL = 0.1
_ABSENT = frozenset({Rating.MISSING, Rating.SUSPECTED})


class ConfidenceMark(StrEnum):
    """How sure a rating is: 高、中、低."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Ground(StrEnum):
    """What a confidence rests on: firms resampled, or nothing seen where firms were to be expected."""

    RESAMPLED = "resampled"
    ABSENCE = "absence"


@dataclass(frozen=True, slots=True)
class RatingConfidence:
    """The confidence of one node's rating, 0-1.

    Resampled: `share` of the resamples that give the same rating, `gap_share` of those that give any of a
    gap. Absence: `share` is 1 - the chance that a region like the others shows no firm, `gap_share` None.
    """

    node: str
    ground: Ground
    share: float
    gap_share: float | None
    mark: ConfidenceMark


@dataclass(frozen=True, eq=False)
class FirmKinds:
    """The firms behind a coverage, alike firms together: Q kinds, N nodes in the order of the chain.

    `links` (Q, N): effective firms that one firm of the kind counts at each node itself. `anchors` (Q, N): a
    firm of the kind is an anchor of the node or of one below it. `rows`, `kinds`, `firms` (C,): so many firms
    of a kind in a row (region) of the coverage, each pair once.

    Raises ValueError when shapes do not fit or a number of firms is below 1.
    """

    links: FloatArray
    anchors: BoolArray
    rows: IntArray
    kinds: IntArray
    firms: IntArray

    def __post_init__(self) -> None:
        if self.links.ndim != 2 or self.links.shape != self.anchors.shape:
            raise ValueError(f"links {self.links.shape} and anchors {self.anchors.shape}")
        if not self.rows.shape == self.kinds.shape == self.firms.shape or (self.firms < 1).any():
            raise ValueError("rows, kinds and firms must be equally many, firms 1 or more")

    def direct(self, regions: int) -> FloatArray:
        """Return the effective firms that they add up to, (regions, N): the coverage's `direct`."""
        found = np.zeros((regions, self.links.shape[1]))
        np.add.at(found, self.rows, self.firms[:, None] * self.links[self.kinds])
        return found

    def count(self, row: int) -> tuple[IntArray, IntArray]:
        """Return how many firms of each kind stand in the region and outside it, two (Q,)."""
        here = self.rows == row
        size = len(self.links)
        return (
            np.bincount(self.kinds[here], weights=self.firms[here], minlength=size).astype(np.int64),
            np.bincount(self.kinds[~here], weights=self.firms[~here], minlength=size).astype(np.int64),
        )


@dataclass(frozen=True, eq=False)
class Shown:
    """What a region shows of each node, all of one shape: effective firms here, expected, whether anything is
    comparable, whether an anchor firm is here.
    """

    here: FloatArray
    expected: FloatArray
    comparable: BoolArray
    anchored: BoolArray


def judge_cells(shown: Shown, *, a: float = PRIOR) -> tuple[BoolArray, BoolArray, BoolArray]:
    """Return where observed nodes are absent, weak and strong; else they are balanced.

    The rule of `gaps.rate_region` for many cells at once, written without quantiles: an end of the interval
    lies below 1 where the chance of an intensity under 1 is larger than that end's.
    """
    # Here, since scipy takes long to load and whoever only names the marks does not need it.
    from scipy.special import gammainc  # type: ignore[import-untyped]

    shape, rate = a + shown.here, a + shown.expected
    under = gammainc(shape, rate)
    absent = shown.here < PRESENT
    judged = ~absent & shown.comparable
    weak = judged & (under > 1.0 - _TAIL)
    strong = judged & ~weak & ((under < _TAIL) | (shown.anchored & (shape >= rate)))
    return absent, weak, strong


def rate_confidence(
    coverage: Coverage,
    region: str,
    firms: FirmKinds,
    *,
    min_observed: int = MIN_OBSERVED,
    a: float = PRIOR,
    draws: int = DRAWS,
    seed: int = SEED,
) -> dict[str, RatingConfidence]:
    """Return the confidence of every observed node's rating in `region`, by node, in the order of the chain.

    `firms` are those that `coverage` was summed from. Whether a node and a region are observed at all is held
    as it is. The sum of the Poisson(1) weights of m firms of one kind is Poisson(m): kinds are drawn in place
    of firms, which is the same bootstrap and not an approximation. The same seed gives the same answer.

    Raises UnknownRegion; ValueError when `a` is not positive, `draws` below 1, or `firms` do not add up to
    the coverage.
    """
    if draws < 1:
        raise ValueError(f"draws must be 1 or more, not {draws}")
    rated = rate_region(coverage, region, min_observed=min_observed, a=a)
    row = coverage.row(region)
    if not np.allclose(firms.direct(len(coverage.regions)), coverage.direct):
        raise ValueError("the firms do not add up to the coverage")
    again = _resample(coverage, row, firms, draws, seed)
    same, gap = _rate_again(again, rated, a)
    nothing = ((a / (a + again.expected)) ** a).mean(axis=0)
    return {
        rating.node: _say(rating, float(same[place]), float(gap[place]), float(nothing[place]))
        for place, rating in enumerate(rated)
        if rating.rating is not Rating.UNOBSERVED
    }


def _say(rating: NodeRating, same: float, gap: float, nothing: float) -> RatingConfidence:
    if rating.rating not in _ABSENT:
        return RatingConfidence(rating.node, Ground.RESAMPLED, same, gap, _mark(same))
    share = 1.0 - nothing
    mark = _mark(share)
    # Of firms that a selective list leaves out it says nothing, however many of its own were to be expected.
    if rating.basis is Basis.SELECTIVE and mark is ConfidenceMark.HIGH:
        mark = ConfidenceMark.MEDIUM
    return RatingConfidence(rating.node, Ground.ABSENCE, share, None, mark)


def _mark(share: float) -> ConfidenceMark:
    if share >= HIGH:
        return ConfidenceMark.HIGH
    return ConfidenceMark.MEDIUM if share >= MEDIUM else ConfidenceMark.LOW


def _resample(coverage: Coverage, row: int, firms: FirmKinds, draws: int, seed: int) -> Shown:
    """Return what the region shows in each resample, (D, N)."""
    inside, outside = firms.count(row)
    generator = np.random.default_rng(seed)
    # A column for each kind that is there: what is nowhere need not be drawn.
    own, others = np.nonzero(inside)[0], np.nonzero(outside)[0]
    drawn = generator.poisson(inside[own], (draws, len(own))).astype(np.float64)
    elsewhere = generator.poisson(outside[others], (draws, len(others))) @ firms.links[others]
    ours = drawn @ firms.links[own]
    below = coverage.below.T
    rest_here, rest_elsewhere = ours @ (1.0 - below), elsewhere @ (1.0 - below)
    comparable = rest_elsewhere > 0
    product = rest_here * (elsewhere @ below)
    return Shown(
        here=ours @ below,
        expected=np.divide(product, rest_elsewhere, out=np.zeros_like(product), where=comparable),
        comparable=comparable,
        anchored=(drawn @ firms.anchors[own].astype(np.float64)) > 0,
    )


def _rate_again(again: Shown, rated: list[NodeRating], a: float) -> tuple[FloatArray, FloatArray]:
    """Return in which share of the resamples each node gets its rating again, and any rating of a gap."""
    absent, weak, strong = judge_cells(again, a=a)
    said = {Rating.WEAK: weak, Rating.STRONG: strong, Rating.BALANCED: ~(absent | weak | strong)}
    same = [said.get(rating.rating, absent)[:, place].mean() for place, rating in enumerate(rated)]
    return np.array(same), np.asarray((absent | weak).mean(axis=0))
