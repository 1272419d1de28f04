"""The order in which to visit places: a short round from home and back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from service.domain.coverage import FloatArray

_ROUNDS = 50


def order_stops(distance_km: FloatArray) -> list[int]:
    """Return the stops 1..S-1 in the order of a short round trip from and to stop 0.

    The nearest next, then pairs of legs are uncrossed while that shortens the round (2-opt): never longer
    than the nearest-neighbour round, not always the shortest there is. Ties by number.

    Parameters
    ----------
    distance_km : (S, S), symmetric, S >= 1; home is 0.

    Raises
    ------
    ValueError : not square, or a distance is negative or not finite.
    """
    apart = np.asarray(distance_km, dtype=np.float64)
    if apart.ndim != 2 or apart.shape[0] != apart.shape[1] or not apart.size:
        raise ValueError(f"distances of shape {apart.shape}; expected a square of at least one stop")
    if not np.isfinite(apart).all() or (apart < 0).any():
        raise ValueError("distances must be finite and not negative")
    return _uncross(_nearest_next(apart), apart)[1:]


def round_km(order: Sequence[int], distance_km: FloatArray) -> float:
    """Return the length of the round from stop 0 through `order` and back."""
    stops = [0, *order, 0]
    return float(sum(distance_km[a, b] for a, b in pairwise(stops)))


def _nearest_next(apart: FloatArray) -> list[int]:
    order, left = [0], set(range(1, len(apart)))
    while left:
        here = order[-1]
        order.append(min(left, key=lambda stop: (apart[here, stop], stop)))
        left.discard(order[-1])
    return order


def _uncross(order: list[int], apart: FloatArray) -> list[int]:
    for _ in range(_ROUNDS):
        better = _shorter(order, apart)
        if better is None:
            break
        order = better
    return order


def _shorter(order: list[int], apart: FloatArray) -> list[int] | None:
    """The round with one stretch turned about that shortens it, None where none does."""
    size = len(order)
    for first in range(1, size - 1):
        for last in range(first + 1, size):
            before, after = order[first - 1], order[(last + 1) % size]
            now = apart[before, order[first]] + apart[order[last], after]
            then = apart[before, order[last]] + apart[order[first], after]
            if then < now - 1e-9:
                return order[:first] + order[first : last + 1][::-1] + order[last + 1 :]
    return None
