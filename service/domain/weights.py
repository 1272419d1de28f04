"""Weights of the factors of a score, and the one way in which factors add up to it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

NEUTRAL = 0.5
"""The value of a factor of which nothing is known: unknown is not zero."""


@dataclass(frozen=True, slots=True)
class WeightsStated:
    """What every result says of the weights behind it."""

    version: str
    fitted: bool
    note: str


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights by factor name; only their proportions matter. `fitted`: by the back-test, not by hand.

    `intercept` is that of the fitted model (log odds), 0 where the weights are not fitted.

    Raises ValueError when there is none, one is negative or not finite, or all are 0.
    """

    version: str
    fitted: bool
    values: Mapping[str, float]
    note: str
    intercept: float = 0.0

    def __post_init__(self) -> None:
        values = dict(self.values)
        if not all(math.isfinite(value) and value >= 0 for value in values.values()):
            raise ValueError(f"weights must be finite and not negative: {values}")
        if not sum(values.values()) > 0:
            raise ValueError("at least one weight must be above 0")
        object.__setattr__(self, "values", MappingProxyType(values))

    @property
    def stated(self) -> WeightsStated:
        """Version, whether fitted, and the note: carried by every result set."""
        return WeightsStated(self.version, self.fitted, self.note)

    def share(self, name: str) -> float:
        """Return the factor's share of all weights, 0-1; KeyError when it has none."""
        return self.values[name] / math.fsum(self.values.values())


@dataclass(frozen=True, slots=True)
class ScoringWeights:
    """The weights of a gap's priority, of a target's score, and of a place for a firm's next branch."""

    gap: Weights
    target: Weights
    place: Weights


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found on one factor: value 0-1, a Chinese sentence, and where it was taken from.

    `as_of` is an ISO date or part of one. Raises ValueError when the value is outside 0-1.
    """

    value: float
    reason: str
    source: str | None = None
    as_of: str | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.value <= 1.0:
            raise ValueError(f"factor value {self.value} is outside 0-1: {self.reason}")


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor of a score. `weight` is its share of all weights (0-1), `contribution` in points of 100:
    the contributions of a score add up to it.
    """

    name: str
    value: float
    weight: float
    contribution: float
    reason: str


def points(names: Collection[str], weights: Weights) -> list[float]:
    """Return what each factor can contribute at most, in the order of `names`: 100 in all.

    Raises ValueError when `names` and the weights are not the same factors: a factor without weight, or a
    weight without factor, would silently bend the score.
    """
    if set(names) != weights.values.keys():
        raise ValueError(f"factors {sorted(names)} but weights for {sorted(weights.values)}")
    return [100.0 * weights.share(name) for name in names]


def weigh(findings: Mapping[str, Finding], weights: Weights) -> list[Factor]:
    """Return the factors in the order of `findings`, each with its weight and contribution.

    Raises ValueError when findings and weights do not name the same factors.
    """
    return [
        Factor(name, found.value, weights.share(name), most * found.value, found.reason)
        for (name, found), most in zip(findings.items(), points(findings, weights), strict=True)
    ]


def total(factors: Iterable[Factor]) -> float:
    """Return the score, 0-100: the sum of the contributions."""
    return add_up(factor.contribution for factor in factors)


def add_up(contributions: Iterable[float]) -> float:
    """Return the score that contributions in points of 100 add up to, 0-100."""
    return min(100.0, math.fsum(contributions))
