"""Ridge logistic regression whose coefficients are never negative: monotone in every factor.

Least-squares solvers of the field let a correlated factor turn negative ("the more customers, the less
likely"), which nobody could defend. Solved by L-BFGS-B, whose bounds keep each coefficient at 0 or above.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.domain.coverage import FloatArray

_START = -3.0


@dataclass(frozen=True, slots=True)
class LogisticModel:
    """log odds = intercept + sum of coefficient * factor."""

    intercept: float
    coefficients: Mapping[str, float]

    def score(self, factors: Mapping[str, FloatArray]) -> FloatArray:
        """Return the log odds, of the shape of the factors; KeyError when a factor is missing."""
        total: FloatArray | float = self.intercept
        for name, coefficient in self.coefficients.items():
            total = total + coefficient * factors[name]
        return np.asarray(total, dtype=np.float64)

    def probability(self, factors: Mapping[str, FloatArray]) -> FloatArray:
        """Return the probability, 0-1."""
        from scipy.special import expit  # type: ignore[import-untyped]

        return np.asarray(expit(self.score(factors)))


def fit_logistic(
    factors: Mapping[str, FloatArray], outcome: npt.NDArray[np.bool_], *, ridge: float
) -> LogisticModel:
    """Fit by maximum likelihood with `ridge` / 2 * sum of squared coefficients taken off.

    `factors` are (M,) each, in 0-1, `outcome` (M,). Raises ValueError when there is no factor, a shape
    differs, `ridge` is negative or the outcome is the same everywhere: nothing can be learnt from it.
    """
    # Here, since scipy takes long to load and most who know of models fit none.
    from scipy.optimize import minimize  # type: ignore[import-untyped]
    from scipy.special import expit

    names = list(factors)
    if not names or ridge < 0:
        raise ValueError(f"{len(names)} factors, ridge {ridge}")
    table = np.column_stack([np.asarray(factors[name], dtype=np.float64) for name in names])
    seen = np.asarray(outcome, dtype=np.float64)
    if table.shape != (seen.size, len(names)) or not 0 < seen.sum() < seen.size:
        raise ValueError(f"{table.shape[0]} rows, {seen.size} outcomes, {seen.sum():.0f} of them positive")

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        odds = table @ parameters[:-1] + parameters[-1]
        value = np.logaddexp(0.0, odds).sum() - seen @ odds + ridge / 2 * (parameters[:-1] ** 2).sum()
        left = expit(odds) - seen
        return float(value), np.append(table.T @ left + ridge * parameters[:-1], left.sum())

    start = np.append(np.zeros(len(names)), _START)
    bounds = [(0.0, None)] * len(names) + [(None, None)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 1000})
    coefficients = {name: float(value) for name, value in zip(names, found.x[:-1], strict=True)}
    return LogisticModel(float(found.x[-1]), coefficients)
