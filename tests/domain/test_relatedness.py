from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from service.domain.relatedness import density, presence, proximity

from .worked_example import FIRMS, coverage

COUNTS = np.array(list(FIRMS.values()), dtype=np.float64)


def test_presence_of_the_worked_example() -> None:
    """By hand: count * 30 >= region total * node total, totals 8 10 4 8 and 8 6 10 6."""
    assert presence(COUNTS).astype(int).tolist() == [[1, 0, 1, 0], [0, 1, 1, 1], [0, 1, 0, 0], [0, 0, 0, 1]]


def test_a_share_that_is_just_proportional_counts_in_spite_of_rounding() -> None:
    assert presence(np.full((3, 7), 0.1)).all()


def test_proximity_of_the_worked_example() -> None:
    half = 0.5
    assert proximity(presence(COUNTS)).tolist() == [
        [0, 0, half, 0],
        [0, 0, half, half],
        [half, half, 0, half],
        [0, half, half, 0],
    ]


def test_the_smaller_conditional_probability_is_taken() -> None:
    present = np.array([[1, 1], [1, 0], [1, 0], [0, 0]], dtype=bool)
    assert proximity(present)[0, 1] == pytest.approx(1 / 3)


def test_density_of_the_worked_example() -> None:
    around = density(presence(COUNTS), proximity(presence(COUNTS)))
    assert around[0].tolist() == pytest.approx([1.0, 0.5, 0.5 / 1.5, 0.5])
    assert around[2].tolist() == pytest.approx([0.0, 0.0, 0.5 / 1.5, 0.5])
    assert coverage().density == pytest.approx(around)


def test_where_nothing_stands_beside_a_node_density_is_unknown_and_not_zero() -> None:
    present = np.array([[True, False], [False, True]])
    assert np.isnan(density(present, proximity(present))).all()
    assert np.isnan(density(np.zeros((2, 2), dtype=bool), proximity(present))).all()


@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 5)))
def test_proximity_and_density_keep_their_bounds(counts: np.ndarray) -> None:
    present = presence(counts)
    close = proximity(present)
    around = density(present, close)
    assert not (present & (counts == 0)).any()
    assert (close == close.T).all()
    assert (np.diagonal(close) == 0).all()
    assert ((close >= 0) & (close <= 1)).all()
    assert (np.isnan(around) | ((around >= 0) & (around <= 1))).all()
    assert (np.isnan(around) == (close.sum(axis=0) == 0)).all()


@given(hnp.arrays(np.bool_, (5, 5)), st.integers(0, 4), st.integers(0, 4))
def test_what_a_region_has_of_a_node_itself_does_not_move_its_density_around_it(
    present: np.ndarray, region: int, node: int
) -> None:
    close = proximity(present)
    other = present.copy()
    other[region, node] = not other[region, node]
    assert density(other, close)[region, node] == pytest.approx(
        density(present, close)[region, node], nan_ok=True
    )
