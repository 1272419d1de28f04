"""How good a ranking of rare events is: area under the precision-recall curve, precision at k, lift,
calibration, with bootstrap intervals over regions.

Area: average precision, sum of precision * step in recall over the distinct scores (ties are one step), as in
M. Zhu, "Recall, precision and average precision" (2004). ROC is no headline here: negatives dominate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.domain.coverage import BoolArray, FloatArray, IntArray

BOOTSTRAPS = 200


@dataclass(frozen=True, slots=True)
class Interval:
    """The middle 95% of a bootstrap."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quality:
    """What a ranking is worth: `auc_pr`, precision of the first k, both over the base rate as lift."""

    auc_pr: float
    interval: Interval
    precision_at: Mapping[int, float]
    lift: float
    lift_at: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Rows of like probability: how many, what was said on average, what came."""

    rows: int
    predicted: float
    observed: float


class Ranking:
    """Scores of M rows sorted once, so that many reweightings of the rows cost a running sum each."""

    def __init__(self, scores: FloatArray, outcome: BoolArray) -> None:
        """Sort; ValueError when shapes differ or a score is NaN."""
        if scores.shape != outcome.shape or np.isnan(scores).any():
            raise ValueError(f"{scores.shape} scores for {outcome.shape} outcomes, none may be NaN")
        self._order = np.argsort(-scores, kind="stable")
        ordered = scores[self._order]
        self._hit = outcome[self._order].astype(np.float64)
        self._ends = np.nonzero(np.append(ordered[1:] != ordered[:-1], True))[0]

    def average_precision(self, weights: FloatArray | None = None) -> float:
        """Return the area, 0-1; NaN when no row of weight is positive."""
        each = np.ones_like(self._hit) if weights is None else weights[self._order]
        hits, rows = np.cumsum(each * self._hit)[self._ends], np.cumsum(each)[self._ends]
        if not hits[-1] > 0:
            return float("nan")
        precision = np.divide(hits, rows, out=np.zeros_like(hits), where=rows > 0)
        return float((np.diff(hits, prepend=0.0) * precision).sum() / hits[-1])

    def precision_at(self, count: int) -> float:
        """Return the share of positives among the first `count` rows; rows that tie at the cut count with
        the share that fits in. Of fewer rows, the share among all.
        """
        hits, rows = np.cumsum(self._hit)[self._ends], (self._ends + 1).astype(np.float64)
        wanted = min(float(count), float(rows[-1]))
        step = int(np.searchsorted(rows, wanted))
        before_hits, before = (hits[step - 1], rows[step - 1]) if step else (0.0, 0.0)
        share = (wanted - before) / (rows[step] - before)
        return float((before_hits + share * (hits[step] - before_hits)) / wanted)


def draw_weights(groups: IntArray, count: int, seed: int) -> list[FloatArray]:
    """Return `count` bootstrap weightings of rows, (M,) each: whole groups (0..G-1) are drawn with
    replacement, since the rows of one region stand and fall together.
    """
    generator = np.random.default_rng(seed)
    size = int(groups.max()) + 1 if groups.size else 0
    chance = np.full(size, 1.0 / size) if size else np.zeros(0)
    return [generator.multinomial(size, chance)[groups].astype(np.float64) for _ in range(count)]


def interval_of(values: npt.ArrayLike) -> Interval:
    """Return the middle 95% of the values that are numbers; NaN twice where none is."""
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        return Interval(float("nan"), float("nan"))
    low, high = np.quantile(numbers, [0.025, 0.975])
    return Interval(float(low), float(high))


def measure(
    ranking: Ranking, base_rate: float, weightings: list[FloatArray], cuts: tuple[int, ...]
) -> tuple[Quality, FloatArray]:
    """Return the quality of a ranking and the areas of its bootstrap, in the order of `weightings`."""
    area = ranking.average_precision()
    areas = np.array([ranking.average_precision(weights) for weights in weightings])
    at = {cut: ranking.precision_at(cut) for cut in cuts}
    lifts = {cut: value / base_rate for cut, value in at.items()}
    return Quality(area, interval_of(areas), at, area / base_rate, lifts), areas


def calibrate(probability: FloatArray, outcome: BoolArray, *, bins: int = 10) -> list[CalibrationBin]:
    """Return bins of equally many rows, the least probable first: what was said and what came."""
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, bins) if part.size]
    return [
        CalibrationBin(int(part.size), float(probability[part].mean()), float(outcome[part].mean()))
        for part in parts
    ]
