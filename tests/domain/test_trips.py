"""The order of a round trip."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.trips import order_stops, round_km

Points = list[tuple[float, float]]


def distances(points: Points) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    at = np.array(points, dtype=np.float64).reshape(-1, 2)
    return np.asarray(np.hypot(*(at[:, None, :] - at[None, :, :]).transpose(2, 0, 1)))


def test_a_round_by_hand() -> None:
    # Home at the origin; three stops on a square of side 3: the round along its sides is 12.
    apart = distances([(0, 0), (3, 3), (0, 3), (3, 0)])
    order = order_stops(apart)
    assert order in ([2, 1, 3], [3, 1, 2])
    assert round_km(order, apart) == pytest.approx(12)


def test_the_nearest_next_is_improved() -> None:
    # On a line with home at 0 nearest-next goes back and forth; the best round is twice the span.
    apart = distances([(0, 0), (1, 0), (-2, 0), (4, 0), (-8, 0)])
    assert round_km(order_stops(apart), apart) == pytest.approx(2 * (4 + 8))


def test_home_alone() -> None:
    assert order_stops(np.zeros((1, 1))) == []
    assert round_km([], np.zeros((1, 1))) == 0


@pytest.mark.parametrize(
    "apart", [np.zeros((0, 0)), np.zeros((2, 3)), np.array([[0, np.inf], [np.inf, 0]]), -np.ones((2, 2))]
)
def test_what_is_no_table_of_distances_is_refused(
    apart: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> None:
    with pytest.raises(ValueError, match="distances"):
        order_stops(apart)


_POINTS = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=7, unique=True)


@given(_POINTS)
def test_every_stop_once_and_no_two_legs_worth_swapping(points: Points) -> None:
    apart = distances(points)
    order = order_stops(apart)
    assert sorted(order) == list(range(1, len(points)))
    length = round_km(order, apart)
    for first, last in itertools.combinations(range(len(order)), 2):
        turned = order[:first] + order[first : last + 1][::-1] + order[last + 1 :]
        assert round_km(turned, apart) >= length - 1e-6


@given(_POINTS)
def test_never_more_than_twice_the_best(points: Points) -> None:
    """For so few stops a 2-opt round is near the best; twice is a bound that must never break."""
    apart = distances(points[:6])
    best = min(round_km(order, apart) for order in itertools.permutations(range(1, len(points[:6]))))
    assert round_km(order_stops(apart), apart) <= 2 * best + 1e-6
