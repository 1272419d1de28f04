"""All leaves of all chains over one comparison set: what stands where, what came lately, and what follows.

Where one chain tells what a region lacks (`coverage`), the whole table tells what usually comes next: which
links are growing, what regions of the same structure took up, what stands around, and what is already here.
The back-test measures each of these on what came later; docs/method.md has the formulas.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from service.domain import relatedness
from service.domain.coverage import REACH_KM, FloatArray
from service.errors import UnknownNode, UnknownRegion

PEERS = 20
"""How many regions of the most similar structure are looked at."""

RECENT_YEARS = 3
"""Firms founded in so many years before the day of the data are recent."""

MANY_NEW = 1000.0
"""Recent firms of a node at which its momentum is 1; the scale is logarithmic."""

LIVELY = 10_000.0
"""Recent firms of a region at which its growth is 1; the scale is logarithmic."""

_NEAR_PRIOR = 1.0
_BASE_PRIOR = 2.0


@dataclass(frozen=True, eq=False)
class Landscape:
    """R regions of one comparison set, N leaves of all chains.

    `branches` (N): the id of the group that each leaf stands in (the chain's id for a leaf at the top).
    `effective` (R, N): effective firms. `recent` (R, N): those of them founded in the last RECENT_YEARS
    years. `dated`: founding dates are known well enough; where they are not, `recent` is not read and all
    firms stand in for it. `distance_km` (R, R): inf where not known.

    Raises ValueError when a shape does not fit or a number is negative or NaN.
    """

    regions: tuple[str, ...]
    nodes: tuple[str, ...]
    branches: tuple[str, ...]
    effective: FloatArray
    recent: FloatArray
    distance_km: FloatArray
    dated: bool

    def __post_init__(self) -> None:
        rows, columns = len(self.regions), len(self.nodes)
        shapes = {
            "effective": (rows, columns), "recent": (rows, columns), "distance_km": (rows, rows)
        }  # fmt: skip
        for name, shape in shapes.items():
            array = np.array(getattr(self, name), dtype=np.float64)
            if array.shape != shape or np.isnan(array).any() or (array < 0).any():
                raise ValueError(f"{name} must be {shape} of numbers that are not negative")
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if len(self.branches) != columns:
            raise ValueError(f"{len(self.branches)} branches for {columns} nodes")

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {adcode: row for row, adcode in enumerate(self.regions)}

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {node: column for column, node in enumerate(self.nodes)}

    def row(self, region: str) -> int:
        """Return the row of `region`; UnknownRegion where it is not in the set."""
        if region not in self._rows:
            raise UnknownRegion(f"地区 {region!r} 不在本次比较范围内（共 {len(self.regions)} 个地区）")
        return self._rows[region]

    def column(self, node: str) -> int:
        """Return the column of leaf `node`; UnknownNode where there is none."""
        if node not in self._columns:
            raise UnknownNode(f"没有末级环节 {node!r}")
        return self._columns[node]

    @cached_property
    def news(self) -> FloatArray:
        """Recent firms, or all firms where founding dates are not known, (R, N)."""
        return self.recent if self.dated else self.effective

    @cached_property
    def density(self) -> FloatArray:
        """Relatedness density around every leaf over the leaves of all chains, (R, N); NaN: not known."""
        present = relatedness.presence(self.effective)
        return relatedness.density(present, relatedness.proximity(present))

    @cached_property
    def news_elsewhere(self) -> FloatArray:
        """News of the node in all other regions of the set, in firms, (R, N)."""
        return np.asarray(np.maximum(0.0, self.news.sum(axis=0)[None, :] - self.news))

    @cached_property
    def momentum(self) -> FloatArray:
        """log(1 + news elsewhere) / log(1 + 1000), at most 1, (R, N)."""
        return np.asarray(np.minimum(1.0, np.log1p(self.news_elsewhere) / np.log1p(MANY_NEW)))

    @cached_property
    def alike(self) -> FloatArray:
        """Cosine of log(1 + effective firms) of each pair of regions, (R, R); 0 on the diagonal."""
        logs = np.log1p(self.effective)
        length = np.linalg.norm(logs, axis=1, keepdims=True)
        unit = np.divide(logs, length, out=np.zeros_like(logs), where=length > 0)
        alike = unit @ unit.T
        np.fill_diagonal(alike, 0.0)
        return np.asarray(alike)

    @cached_property
    def peer_weights(self) -> FloatArray:
        """Weights of each region's peers, (R, R): rows add up to 1, or to 0 where no region is alike.

        Peers are the PEERS regions with the highest cosine of log(1 + effective firms); the cosine is their
        weight. A region is not its own peer.
        """
        alike = self.alike
        count = min(PEERS, len(self.regions) - 1)
        kept = np.zeros_like(alike)
        if count > 0:
            # A stable sort: of equally similar regions the one with the lower code is the peer.
            best = np.argsort(-alike, axis=1, kind="stable")[:, :count]
            np.put_along_axis(kept, best, np.take_along_axis(alike, best, axis=1), axis=1)
        total = kept.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(kept, total, out=np.zeros_like(kept), where=total > 0))

    @cached_property
    def peers(self) -> FloatArray:
        """Weighted mean over the peers of m / (1 + m), m their news of the node, (R, N)."""
        return np.asarray(self.peer_weights @ (self.news / (1.0 + self.news)))

    @cached_property
    def _decay(self) -> FloatArray:
        decay = np.asarray(np.exp(-self.distance_km / REACH_KM))
        np.fill_diagonal(decay, 0.0)
        return decay

    @cached_property
    def near(self) -> tuple[FloatArray, FloatArray]:
        """Distance-decayed firms of each node around, and how many they would be if it stood around as in
        the whole set; two (R, N).
        """
        around = self._decay @ self.effective
        whole = self.effective.sum()
        share = self.effective.sum(axis=0) / whole if whole > 0 else np.zeros(len(self.nodes))
        return around, np.outer(around.sum(axis=1), share)

    @cached_property
    def neighbours(self) -> FloatArray:
        """x / (1 + x) with x = (firms around + 1) / (firms to be expected around + 1), (R, N)."""
        return _against(*self.near, _NEAR_PRIOR)

    @cached_property
    def siblings(self) -> tuple[FloatArray, FloatArray]:
        """Firms here in the other leaves of the node's group, and how many a region of this size would
        have of them; two (R, N).
        """
        groups = {branch: place for place, branch in enumerate(dict.fromkeys(self.branches))}
        member = np.zeros((len(self.nodes), len(groups)))
        member[np.arange(len(self.nodes)), [groups[branch] for branch in self.branches]] = 1.0
        here = np.maximum(0.0, self.effective @ member @ member.T - self.effective)
        elsewhere, whole = here.sum(axis=0), self.effective.sum()
        share = elsewhere / whole if whole > 0 else np.zeros(len(self.nodes))
        return here, np.outer(self.effective.sum(axis=1), share)

    @cached_property
    def base(self) -> FloatArray:
        """x / (1 + x) with x = (siblings here + 2) / (siblings to be expected + 2), (R, N)."""
        return _against(*self.siblings, _BASE_PRIOR)

    @cached_property
    def growth(self) -> FloatArray:
        """log(1 + news of all nodes here) / log(1 + 10000), at most 1, (R,)."""
        return np.asarray(np.minimum(1.0, np.log1p(self.news.sum(axis=1)) / np.log1p(LIVELY)))

    def peers_of(self, region: str) -> list[tuple[str, float]]:
        """Return the region's peers and their weights, the most similar first."""
        weights = self.peer_weights[self.row(region)]
        order = sorted(np.nonzero(weights)[0], key=lambda row: (-weights[row], row))
        return [(self.regions[row], float(weights[row])) for row in order]


def _against(seen: FloatArray, fair: FloatArray, prior: float) -> npt.NDArray[np.float64]:
    """x / (1 + x) for x = (seen + prior) / (fair + prior): 0.5 where just as much is here as elsewhere."""
    ratio = (seen + prior) / (fair + prior)
    return np.asarray(ratio / (1.0 + ratio))
