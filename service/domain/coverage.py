"""Region x node tables of effective firms: what one chain looks like over one comparison set.

A comparison set is all regions of one level that are observed through the same sources; a region known
from the register is never held against one known from listed firms only.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from service.domain import relatedness
from service.domain.chains import Chain
from service.domain.regions import Level
from service.errors import UnknownNode, UnknownRegion

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Cell = tuple[str, str, float]
"""(adcode, node id, effective firms)"""

PRESENT = 0.5
"""Effective firms from which a node counts as present: one link of the lowest confidence that is counted."""

REACH_KM = 150.0
"""Distance at which a neighbour's supply is worth 1/e of one at the door: about two hours by lorry."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """One chain over one comparison set; R regions, N nodes in the order of `chain.nodes`.

    `direct` (R, N): effective firms (sum of the confidences of counted links) linked to the node itself.
    `anchors` (R, N): an anchor firm of the node or of one below it is here.
    `firms_known` (R,): firms of any chain known in the region.
    `complete` (R,): a source that aims to be complete speaks for the region.
    `seen_anywhere` (N,): the node or one below it has a firm somewhere in the country, be it outside
    this set.

    The arrays are copied and cannot be written to. Raises ValueError when a shape does not fit, a region
    stands twice, a number is negative or not finite, or a node has firms here and is not `seen_anywhere`.
    """

    chain: Chain
    level: Level
    regions: tuple[str, ...]
    direct: FloatArray
    anchors: BoolArray
    firms_known: IntArray
    complete: BoolArray
    seen_anywhere: BoolArray

    def __post_init__(self) -> None:
        rows, columns = len(self.regions), len(self.chain.nodes)
        self._freeze("direct", np.float64, (rows, columns))
        self._freeze("anchors", np.bool_, (rows, columns))
        self._freeze("firms_known", np.int64, (rows,))
        self._freeze("complete", np.bool_, (rows,))
        self._freeze("seen_anywhere", np.bool_, (columns,))
        if len(set(self.regions)) != rows:
            raise ValueError("a region stands twice in the comparison set")
        if not np.isfinite(self.direct).all() or (self.direct < 0).any() or (self.firms_known < 0).any():
            raise ValueError("effective firms and firms known must be finite and not negative")
        if ((self.effective > 0).any(axis=0) & ~self.seen_anywhere).any():
            raise ValueError("a node has firms in this set and is not marked as seen anywhere")

    def _freeze(self, name: str, dtype: npt.DTypeLike, shape: tuple[int, ...]) -> None:
        array = np.array(getattr(self, name), dtype=dtype)
        if array.shape != shape:
            raise ValueError(f"{name} has shape {array.shape}, expected {shape}")
        array.setflags(write=False)
        object.__setattr__(self, name, array)

    @cached_property
    def effective(self) -> FloatArray:
        """Effective firms of each node and all nodes below it in the tree, (R, N)."""
        return np.asarray(self.direct @ self.below.T)

    @cached_property
    def outside(self) -> FloatArray:
        """Effective firms of the region in the rest of the chain: outside the node's subtree, (R, N).

        Summed on its own instead of taken as a difference: it cannot turn negative by rounding, and a
        firm inside the subtree cannot move it at all.
        """
        return np.asarray(self.direct @ (1.0 - self.below).T)

    @cached_property
    def below(self) -> FloatArray:
        """1.0 at [i, j] where node j is node i or stands below it, (N, N)."""
        index = self._columns
        below = np.zeros((len(index), len(index)))
        for node in self.chain.nodes:
            above: str | None = node.id
            while above is not None:
                below[index[above], index[node.id]] = 1.0
                above = self.chain.node(above).parent
        return below

    @cached_property
    def supplying_regions(self) -> IntArray:
        """In how many regions of the set each node is present, (N,)."""
        return np.asarray((self.effective >= PRESENT).sum(axis=0), dtype=np.int64)

    @cached_property
    def active_regions(self) -> int:
        """In how many regions of the set any node of the chain is present."""
        return int((self.effective >= PRESENT).any(axis=1).sum())

    @cached_property
    def density(self) -> FloatArray:
        """Relatedness density of each region around each leaf, (R, N); NaN at inner nodes and where
        nothing usually stands beside the leaf.
        """
        leaves = [self._columns[leaf.id] for leaf in self.chain.leaves]
        present = relatedness.presence(self.effective[:, leaves])
        around = np.full(self.effective.shape, np.nan)
        around[:, leaves] = relatedness.density(present, relatedness.proximity(present))
        return around

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {adcode: row for row, adcode in enumerate(self.regions)}

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {node.id: column for column, node in enumerate(self.chain.nodes)}

    def row(self, region: str) -> int:
        """Return the row of `region`; UnknownRegion when it is not in the comparison set."""
        if region not in self._rows:
            raise UnknownRegion(f"地区 {region!r} 不在本次比较范围内（共 {len(self.regions)} 个地区）")
        return self._rows[region]

    def column(self, node: str) -> int:
        """Return the column of `node`; UnknownNode when the chain has none."""
        if node not in self._columns:
            raise UnknownNode(f"产业链 {self.chain.id} 没有环节 {node!r}")
        return self._columns[node]


def coverage_from_cells(
    chain: Chain,
    level: Level,
    regions: Iterable[str],
    cells: Iterable[Cell],
    *,
    firms_known: Mapping[str, int],
    complete: Collection[str] = (),
    anchors: Iterable[tuple[str, str]] = (),
    seen: Iterable[str] = (),
) -> Coverage:
    """Build the Coverage of `chain` over `regions` from (adcode, node, effective firms) cells.

    Cells of one region and node add up; cells of regions outside the set only say that their node is
    seen. `firms_known` is by adcode (absent: 0), `complete` the adcodes that a complete source speaks
    for, `anchors` (adcode, node) pairs, `seen` further nodes known to have a firm somewhere.

    Raises UnknownNode when a cell, anchor or `seen` names a node that the chain lacks (links made with
    another version of it), ValueError when a number is negative or not finite.
    """
    order = tuple(regions)
    row_of = {adcode: row for row, adcode in enumerate(order)}
    column_of = {node.id: column for column, node in enumerate(chain.nodes)}
    direct = np.zeros((len(order), len(column_of)))
    anchored = np.zeros(direct.shape, dtype=np.bool_)
    met = set(seen)
    for adcode, node, effective in cells:
        if not math.isfinite(effective) or effective < 0:
            raise ValueError(f"effective firms of {node} in {adcode} are {effective}")
        column = _column(chain, column_of, node)
        if effective > 0:
            met.add(node)
        if adcode in row_of:
            direct[row_of[adcode], column] += effective
    for adcode, node in anchors:
        above = _columns_above(chain, column_of, node)
        if adcode in row_of:
            anchored[row_of[adcode], above] = True
    seen_anywhere = np.zeros(len(column_of), dtype=np.bool_)
    for node in met:
        seen_anywhere[_columns_above(chain, column_of, node)] = True
    known = np.array([firms_known.get(adcode, 0) for adcode in order], dtype=np.int64)
    spoken_for = np.array([adcode in complete for adcode in order], dtype=np.bool_)
    return Coverage(chain, level, order, direct, anchored, known, spoken_for, seen_anywhere)


def _columns_above(chain: Chain, column_of: Mapping[str, int], node: str) -> list[int]:
    """Columns of `node` and of every node above it in the tree."""
    columns: list[int] = []
    above: str | None = node
    while above is not None:
        columns.append(_column(chain, column_of, above))
        above = chain.node(above).parent
    return columns


def _column(chain: Chain, column_of: Mapping[str, int], node: str) -> int:
    if node not in column_of:
        raise UnknownNode(
            f"挂链结果中的环节 {node!r} 不在产业链 {chain.id}（版本 {chain.version}）中，请重新挂链"
        )
    return column_of[node]


def sum_to_parents(cells: Iterable[Cell], parent_of: Mapping[str, str]) -> list[Cell]:
    """Return the cells of the next level up: a region's numbers are the sum over its children.

    `parent_of` gives for each adcode the region that it counts for; a region that also stands at the
    upper level (a municipality, a city without counties) counts for itself. Sorted by adcode and node;
    sums are exact (fsum), so the order of the cells does not matter. Raises UnknownRegion when a cell's
    adcode has no entry.
    """
    grouped: dict[tuple[str, str], list[float]] = {}
    for adcode, node, effective in cells:
        if adcode not in parent_of:
            raise UnknownRegion(f"地区 {adcode!r} 没有上级地区，无法汇总")
        grouped.setdefault((parent_of[adcode], node), []).append(effective)
    return [(adcode, node, math.fsum(parts)) for (adcode, node), parts in sorted(grouped.items())]


def nearby_supply(
    effective_all: FloatArray,
    distance_km: FloatArray,
    *,
    scale_km: float = REACH_KM,
    exclude: int | None = None,
) -> FloatArray:
    """Return per node the supply within reach, (N,): sum of effective firms * exp(-distance / scale).

    `effective_all` (R2, N) and `distance_km` (R2,) cover the regions around; a distance of inf (not
    known) counts nothing. `exclude` is the row of the region itself. It is shown beside a gap, since a
    neighbour's plant may serve, and changes no rating.

    Raises ValueError when shapes differ, a distance is negative or NaN, or `scale_km` is not positive.
    """
    if effective_all.shape[:1] != distance_km.shape or not scale_km > 0:
        raise ValueError(f"shapes {effective_all.shape} and {distance_km.shape}, scale {scale_km}")
    if np.isnan(distance_km).any() or (distance_km < 0).any():
        raise ValueError("distances must be zero or more")
    decay = np.exp(-distance_km / scale_km)
    if exclude is not None:
        decay[exclude] = 0.0
    return np.asarray(decay @ effective_all)
