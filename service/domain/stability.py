"""Does the order of the gaps hang on the weights: how much of its head stays when every weight is moved.

Weights are a choice or an estimate. Each is moved on its own by a factor between 1 - SPREAD and 1 + SPREAD,
the priorities are recomputed from the values of the factors, and it is counted which of the first gaps stay
among the first. Nothing is said of whether the weights are right: docs/method.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from service.domain.coverage import FloatArray, IntArray
from service.domain.gaps import Gap

HEAD = 20
"""How many gaps at the head of a list are watched: what fits a page, and what a year's visits reach."""

SPREAD = 0.2
"""By which share a weight is moved at most."""

DRAWS = 200
"""Random draws: the worst 5% are then ten draws, and their share is known to about two points."""

SEED = 20

KEPT_AIM = 0.9
"""Share of the head that should stay: 18 of 20, so that at most two visits in twenty hang on the weights."""

_WORST = 0.05
_DIGITS = 9


class StabilityMark(StrEnum):
    """How well the head of a list stands: 稳、较稳、不稳."""

    STABLE = "stable"
    FAIR = "fair"
    UNSTABLE = "unstable"


@dataclass(frozen=True, slots=True)
class RankStability:
    """One gap under moved weights. `rank` counts from 1; `kept` is the share of the random draws in which
    it stands in the head (whether or not it did before); the best and worst rank are over all moves.
    """

    node: str
    rank: int
    kept: float
    best_rank: int
    worst_rank: int


@dataclass(frozen=True, slots=True)
class ListStability:
    """A list of gaps under moved weights.

    `head`: how many gaps were watched; `gaps`: how many there are. Of the head stay `kept_mean` in the mean
    of the `draws` random draws, `kept_worst` or more in 95% of them, and `kept_single` or more when one
    weight alone is moved to either end; `most_sensitive` is the factor where that happens (None where the
    whole head stays). `mark` is None where the list is no longer than its head: then nothing can leave it.
    `ranks` in the order of the list.
    """

    head: int
    gaps: int
    draws: int
    spread: float
    kept_mean: float
    kept_worst: float
    kept_single: float
    most_sensitive: str | None
    mark: StabilityMark | None
    ranks: tuple[RankStability, ...]

    def of(self, node: str) -> RankStability | None:
        """Return what is said of the gap at `node`, None where it is none."""
        return next((one for one in self.ranks if one.node == node), None)


def measure_stability(
    gaps: Sequence[Gap], *, head: int = HEAD, draws: int = DRAWS, spread: float = SPREAD, seed: int = SEED
) -> ListStability:
    """Return how the order of `gaps` (of one region, each node once) answers to moved weights.

    The gaps may be given in any order. Equal priorities (to nine decimals) are ordered by node id, before
    and after the move, as everywhere. The same seed gives the same answer.

    Raises ValueError when a node stands twice, gaps do not carry the same factors with the same weights,
    `head` or `draws` is below 1, or `spread` is not from 0 to below 1.
    """
    if head < 1 or draws < 1 or not 0.0 <= spread < 1.0:
        raise ValueError(f"head {head} and draws {draws} must be 1 or more, spread {spread} from 0 to 1")
    ordered = sorted(gaps, key=lambda gap: gap.node)
    names, weights = _weights_of(ordered)
    watched = min(head, len(ordered))
    if not ordered:
        return ListStability(0, 0, draws, spread, 1.0, 1.0, 1.0, None, None, ())
    values = np.array([[factor.value for factor in gap.factors] for gap in ordered])
    moves = np.vstack([np.ones(len(names)), _random(draws, len(names), spread, seed), _single(names, spread)])
    ranks = _ranks(values, weights * moves)
    first = ranks <= watched
    kept = first[1:, first[0]].mean(axis=1)
    drawn, single = kept[:draws], kept[draws:]
    inside = first[1 : draws + 1].mean(axis=0)
    mean, worst = float(drawn.mean()), float(np.quantile(drawn, _WORST, method="higher"))
    least = int(single.argmin())
    return ListStability(
        head=watched,
        gaps=len(ordered),
        draws=draws,
        spread=spread,
        kept_mean=mean,
        kept_worst=worst,
        kept_single=float(single[least]),
        most_sensitive=names[least // 2] if single[least] < 1.0 else None,
        mark=_mark(mean, worst) if len(ordered) > watched else None,
        ranks=tuple(
            RankStability(
                node=ordered[place].node,
                rank=int(ranks[0, place]),
                kept=float(inside[place]),
                best_rank=int(ranks[:, place].min()),
                worst_rank=int(ranks[:, place].max()),
            )
            for place in np.argsort(ranks[0])
        ),
    )


def merge_gaps(gaps_of: Mapping[str, Sequence[Gap]]) -> list[Gap]:
    """Return the gaps of several chains (by chain id) as one list by priority, each node once: as its own
    chain has it, so that a node which other chains borrow does not stand twice.
    """
    own = [gap for chain, gaps in gaps_of.items() for gap in gaps if gap.node.startswith(f"{chain}/")]
    return sorted(own, key=lambda gap: (-gap.priority, gap.node))


def _weights_of(gaps: Sequence[Gap]) -> tuple[list[str], FloatArray]:
    if len({gap.node for gap in gaps}) != len(gaps):
        raise ValueError("a node stands twice in the list of gaps")
    kinds = {tuple((factor.name, factor.weight) for factor in gap.factors) for gap in gaps}
    if len(kinds) > 1 or () in kinds:
        raise ValueError("the gaps do not carry the same factors with the same weights")
    pairs = next(iter(kinds), ())
    return [name for name, _ in pairs], np.array([weight for _, weight in pairs])


def _random(draws: int, factors: int, spread: float, seed: int) -> FloatArray:
    generator = np.random.default_rng(seed)
    return np.asarray(generator.uniform(1.0 - spread, 1.0 + spread, (draws, factors)))


def _single(names: Sequence[str], spread: float) -> FloatArray:
    """One weight alone at its lower and its upper end: rows 2i and 2i + 1 move factor i."""
    moves = np.ones((2 * len(names), len(names)))
    for place in range(len(names)):
        moves[2 * place, place], moves[2 * place + 1, place] = 1.0 - spread, 1.0 + spread
    return moves


def _ranks(values: FloatArray, weights: FloatArray) -> IntArray:
    """Return the rank of each gap (values (G, M), by node id) under each row of weights (W, M): (W, G)."""
    scores = (weights / weights.sum(axis=1, keepdims=True)) @ values.T
    # Rounded, so that equal gaps stay equal in whatever order a product was summed; the sort is stable.
    order = np.argsort(-np.round(scores, _DIGITS), axis=1, kind="stable")
    ranks = np.empty(order.shape, dtype=np.int64)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(1, len(values) + 1), order.shape), axis=1)
    return ranks


def _mark(mean: float, worst: float) -> StabilityMark:
    """Stable: the aim holds in 95% of the draws. Fair: in the mean. Else unstable."""
    if worst >= KEPT_AIM:
        return StabilityMark.STABLE
    return StabilityMark.FAIR if mean >= KEPT_AIM else StabilityMark.UNSTABLE
