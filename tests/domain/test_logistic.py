"""The fit finds what made the data, and never a negative coefficient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.logistic import LogisticModel, fit_logistic


def test_a_yes_or_no_factor_has_a_closed_form() -> None:
    """Of 100 rows without the factor 20 are positive, of 100 with it 60: odds 1/4 and 3/2, no penalty."""
    factor = np.repeat([0.0, 1.0], 100)
    outcome = np.concatenate([np.arange(100) < 20, np.arange(100) < 60])
    model = fit_logistic({"x": factor}, outcome, ridge=0.0)
    assert model.intercept == pytest.approx(np.log(0.25), abs=1e-3)
    assert model.coefficients["x"] == pytest.approx(np.log(6.0), abs=1e-3)
    assert model.probability({"x": np.array([0.0, 1.0])}) == pytest.approx([0.2, 0.6], abs=1e-3)


def test_the_ridge_pulls_coefficients_to_zero() -> None:
    factor, outcome = np.repeat([0.0, 1.0], 50), np.tile([True, False, True, True, False], 20)
    outcome[60:] = True
    sizes = [
        fit_logistic({"x": factor}, outcome, ridge=ridge).coefficients["x"] for ridge in (0.1, 10.0, 1e4)
    ]
    assert sizes[0] > sizes[1] > sizes[2] > 0


@settings(max_examples=40)
@given(st.integers(0, 10_000))
def test_no_coefficient_is_ever_negative(seed: int) -> None:
    generator = np.random.default_rng(seed)
    factors = {name: generator.random(60) for name in "abc"}
    outcome = generator.random(60) < 1 / (1 + np.exp(4 * factors["a"] - 2))  # the more a, the fewer
    outcome[0], outcome[1] = True, False
    model = fit_logistic(factors, outcome, ridge=1.0)
    assert all(value >= 0 for value in model.coefficients.values())


def test_a_factor_that_works_backwards_gets_nothing() -> None:
    factor = np.linspace(0, 1, 200)
    model = fit_logistic({"x": factor}, factor < 0.3, ridge=1.0)
    assert model.coefficients["x"] == 0.0


def test_what_cannot_be_learnt_from_is_refused() -> None:
    rows = np.zeros(4)
    for factors, outcome in (
        ({}, [True, False, True, False]),
        ({"x": rows}, [True] * 4),
        ({"x": rows}, [False] * 4),
        ({"x": rows}, [True, False]),
    ):
        with pytest.raises(ValueError, match=r"factors|rows"):
            fit_logistic(factors, np.array(outcome), ridge=1.0)
    with pytest.raises(KeyError):
        LogisticModel(0.0, {"x": 1.0}).score({"y": rows})
