"""All leaves of all chains over one comparison set: what stands where, what came lately, and what follows.

Where one chain tells what a region lacks (`coverage`), the whole table tells what usually comes next: which
links are growing, what regions of the same structure took up, what stands around, and what is already here.
The back-test measures each of these on what came later; docs/method.md has the formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
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

_ALL = slice(None)
NEAR_PRIOR, BASE_PRIOR = 1.0, 2.0
"""Firms added on both sides of a comparison, so that few firms do not shout."""


@dataclass(frozen=True, eq=False)
class Landscape:
    """R regions of one comparison set, N leaves of all chains.

    `branches` (N): the id of the group that each leaf stands in (the chain's id for a leaf at the top).
    `effective` (R, N): effective firms. `recent` (R, N): those of them founded in the last RECENT_YEARS
    years. `dated`: founding dates are known well enough; where they are not, `recent` is not read and all
    firms stand in for it. `until`: the day from which the years are counted back. `distance_km` (R, R), inf
    where not known, or what gives some of its rows.

    What follows is there for all regions at once (a back-test) and, by the methods `..._at`, for some rows: a
    question about one of 2,900 counties need not wait for the others.

    Raises ValueError when a shape does not fit or a number is negative or NaN.
    """

    regions: tuple[str, ...]
    nodes: tuple[str, ...]
    branches: tuple[str, ...]
    effective: FloatArray
    recent: FloatArray
    distance_km: FloatArray | Callable[[slice], FloatArray]
    dated: bool
    until: date | None = None

    def __post_init__(self) -> None:
        rows, columns = len(self.regions), len(self.nodes)
        shapes = {"effective": (rows, columns), "recent": (rows, columns)}
        if not callable(self.distance_km):
            shapes["distance_km"] = (rows, rows)
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
    def _news_anywhere(self) -> FloatArray:
        return np.asarray(self.news.sum(axis=0))

    def news_elsewhere_at(self, rows: slice) -> FloatArray:
        """Return the news of each node in all other regions of the set, in firms, (rows, N)."""
        return np.asarray(np.maximum(0.0, self._news_anywhere[None, :] - self.news[rows]))

    def momentum_at(self, rows: slice) -> FloatArray:
        """Return log(1 + news elsewhere) / log(1 + 1000), at most 1, (rows, N)."""
        return np.asarray(np.minimum(1.0, np.log1p(self.news_elsewhere_at(rows)) / np.log1p(MANY_NEW)))

    @cached_property
    def momentum(self) -> FloatArray:
        """`momentum_at` all rows."""
        return self.momentum_at(_ALL)

    @cached_property
    def _unit(self) -> FloatArray:
        logs = np.log1p(self.effective)
        length = np.linalg.norm(logs, axis=1, keepdims=True)
        return np.asarray(np.divide(logs, length, out=np.zeros_like(logs), where=length > 0))

    def alike_at(self, rows: slice) -> FloatArray:
        """Return the cosine of log(1 + effective firms) with all other regions, (rows, R); 0 with itself."""
        alike = np.asarray(self._unit[rows] @ self._unit.T)
        places = range(*rows.indices(len(self.regions)))
        alike[np.arange(len(places)), list(places)] = 0.0
        return alike

    def peer_weights_at(self, rows: slice) -> FloatArray:
        """Return the weights of regions' peers, (rows, R): they add up to 1, or 0 where no region is alike.

        Peers are the PEERS regions with the highest cosine; the cosine is their weight. A region is not its
        own peer.
        """
        alike = self.alike_at(rows)
        count = min(PEERS, len(self.regions) - 1)
        kept = np.zeros_like(alike)
        if count > 0:
            # A stable sort: of equally similar regions the one with the lower code is the peer.
            best = np.argsort(-alike, axis=1, kind="stable")[:, :count]
            np.put_along_axis(kept, best, np.take_along_axis(alike, best, axis=1), axis=1)
        total = kept.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(kept, total, out=np.zeros_like(kept), where=total > 0))

    @cached_property
    def saturated(self) -> FloatArray:
        """m / (1 + m) of the news m, (R, N)."""
        return np.asarray(self.news / (1.0 + self.news))

    def peers_at(self, rows: slice) -> FloatArray:
        """Return the weighted mean over the peers of m / (1 + m), m their news of the node, (rows, N)."""
        return np.asarray(self.peer_weights_at(rows) @ self.saturated)

    @cached_property
    def peers(self) -> FloatArray:
        """`peers_at` all rows."""
        return self.peers_at(_ALL)

    def _decay_at(self, rows: slice) -> FloatArray:
        known = self.distance_km(rows) if callable(self.distance_km) else self.distance_km[rows]
        decay = np.asarray(np.exp(-known / REACH_KM))
        places = range(*rows.indices(len(self.regions)))
        decay[np.arange(len(places)), list(places)] = 0.0
        return decay

    def near_at(self, rows: slice) -> tuple[FloatArray, FloatArray]:
        """Return the distance-decayed firms of each node around, and how many they would be if it stood
        around as in the whole set; two (rows, N).
        """
        around = self._decay_at(rows) @ self.effective
        whole = self.effective.sum()
        share = self.effective.sum(axis=0) / whole if whole > 0 else np.zeros(len(self.nodes))
        return around, np.outer(around.sum(axis=1), share)

    def neighbours_at(self, rows: slice) -> FloatArray:
        """Return x / (1 + x), x = (firms around + 1) / (firms to be expected around + 1), (rows, N)."""
        return against(*self.near_at(rows), NEAR_PRIOR)

    @cached_property
    def neighbours(self) -> FloatArray:
        """`neighbours_at` all rows."""
        return self.neighbours_at(_ALL)

    @cached_property
    def _groups(self) -> FloatArray:
        """1.0 at [n, g] where leaf n stands in group g, (N, G)."""
        groups = {branch: place for place, branch in enumerate(dict.fromkeys(self.branches))}
        member = np.zeros((len(self.nodes), len(groups)))
        member[np.arange(len(self.nodes)), [groups[branch] for branch in self.branches]] = 1.0
        return member

    def siblings_at(self, rows: slice) -> tuple[FloatArray, FloatArray]:
        """Return the firms here in the other leaves of the node's group, and how many a region of this size
        would have of them; two (rows, N).
        """
        member, firms = self._groups, self.effective[rows]
        here = np.maximum(0.0, firms @ member @ member.T - firms)
        total = self.effective.sum(axis=0)
        whole = total.sum()
        share = (total @ member @ member.T - total) / whole if whole > 0 else np.zeros(len(self.nodes))
        return here, np.outer(firms.sum(axis=1), np.maximum(0.0, share))

    def base_at(self, rows: slice) -> FloatArray:
        """Return x / (1 + x), x = (siblings here + 2) / (siblings to be expected + 2), (rows, N)."""
        return against(*self.siblings_at(rows), BASE_PRIOR)

    @cached_property
    def base(self) -> FloatArray:
        """`base_at` all rows."""
        return self.base_at(_ALL)

    @cached_property
    def growth(self) -> FloatArray:
        """log(1 + news of all nodes here) / log(1 + 10000), at most 1, (R,)."""
        return np.asarray(np.minimum(1.0, np.log1p(self.news.sum(axis=1)) / np.log1p(LIVELY)))

    def peers_of(self, region: str) -> list[tuple[str, float]]:
        """Return the region's peers and their weights, the most similar first."""
        row = self.row(region)
        weights = self.peer_weights_at(slice(row, row + 1))[0]
        order = sorted(np.nonzero(weights)[0], key=lambda other: (-weights[other], other))
        return [(self.regions[other], float(weights[other])) for other in order]


def against(seen: FloatArray, fair: FloatArray, prior: float) -> npt.NDArray[np.float64]:
    """Return x / (1 + x), x = (seen + prior) / (fair + prior): 0.5 where as much is here as elsewhere."""
    ratio = (seen + prior) / (fair + prior)
    return np.asarray(ratio / (1.0 + ratio))
