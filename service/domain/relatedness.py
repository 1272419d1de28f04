"""Which nodes stand beside each other: proximity from co-location, and a region's density around a node.

After Hidalgo, Klinger, Barabasi, Hausmann, "The Product Space Conditions the Development of Nations",
Science 317 (2007) 482-487, with regions for countries and nodes for products. Dense matrix products: at
3,000 regions x 5,000 nodes they take seconds where sparse ones take many times that. The tests hold them
against the published examples and the package ecomplexity; docs/method.md says where we part from it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_ROUNDING = 1e-9


def rca(counts: FloatArray) -> FloatArray:
    """Return how many times its proportional share of a node a region holds, (R, N): 1 is just that share.

    RCA = (count / region total) / (node total / grand total), Balassa's index, known to planners as the
    location quotient. 0 in an empty cell, also where the region or the node has no firm at all.
    """
    fair = np.outer(counts.sum(axis=1), counts.sum(axis=0))
    return np.asarray(np.divide(counts * counts.sum(), fair, out=np.zeros(counts.shape), where=fair > 0))


def presence(counts: FloatArray) -> BoolArray:
    """Return where a region holds at least its proportional share of a node (RCA >= 1), (R, N).

    An empty cell is never present; a share that is 1 up to rounding counts as 1.
    """
    return rca(counts) >= 1.0 - _ROUNDING


def proximity(present: BoolArray) -> FloatArray:
    """Return the proximity of each pair of nodes, (N, N), 0-1, symmetric.

    The smaller of the two conditional probabilities that a region which has one node has the other:
    regions with both / the larger of the regions with either. 0 where a node is present nowhere.
    The diagonal is 0: a node is not its own neighbour (some packages keep 1 there, which lets a node
    speak for itself in the density).
    """
    # Counts of regions: exact in single precision up to 16 million of them, and twice as quick.
    matrix = present.astype(np.float32)
    together = matrix.T @ matrix
    ubiquity = np.diagonal(together)
    either = np.maximum(ubiquity[:, None], ubiquity[None, :])
    close = np.divide(together, either, out=np.zeros(together.shape), where=either > 0, dtype=np.float64)
    np.fill_diagonal(close, 0.0)
    return np.asarray(close)


def density(present: BoolArray, close: FloatArray) -> FloatArray:
    """Return how much of what usually stands beside each node is in each region, (R, N), 0-1.

    Proximity-weighted share of the other nodes that are present. NaN where no other node is ever beside
    it: nothing is known, which is not 0.
    """
    around = present.astype(np.float64) @ close
    total = np.broadcast_to(close.sum(axis=0), around.shape)
    share = np.divide(around, total, out=np.full(around.shape, np.nan), where=total > 0)
    # Both sums run in an order of their own: a share of 1 may come out a hair above.
    return np.asarray(np.minimum(share, 1.0))
