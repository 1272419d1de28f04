"""How regions of one comparison set stand to each other in one chain: completeness, size and ranks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from service.domain.completeness import importance
from service.domain.coverage import PRESENT, Coverage, FloatArray, IntArray
from service.domain.gaps import MIN_OBSERVED
from service.errors import UnknownRegion

_DIGITS = 9
"""Values that agree to so many decimals are tied: the last bits depend on the order of summing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One region among the ranked ones of its set. Ranks begin at 1, ties share the better one.

    `completeness` 0-1; it and both ranks are None where the region is not observed. `firms` are effective
    firms of the whole chain. `ranked`: how many regions of the set are observed, this one included.
    """

    completeness: float | None
    completeness_rank: int | None
    firms: float
    firms_rank: int | None
    ranked: int


@dataclass(frozen=True, eq=False)
class Standings:
    """R regions of one set: `completeness` (R,), NaN where not observed; `firms` (R,)."""

    regions: tuple[str, ...]
    completeness: FloatArray
    firms: FloatArray

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {adcode: row for row, adcode in enumerate(self.regions)}

    @cached_property
    def observed(self) -> frozenset[str]:
        """The regions of which something can be said."""
        seen = np.isfinite(self.completeness)
        return frozenset(adcode for adcode, one in zip(self.regions, seen, strict=True) if one)

    @cached_property
    def _ranks(self) -> tuple[IntArray, IntArray]:
        seen = np.isfinite(self.completeness)
        return rank(self.completeness), rank(np.where(seen, self.firms, np.nan))

    def of(self, region: str) -> Standing:
        """Return where `region` stands; UnknownRegion where it is not in the set."""
        if region not in self._rows:
            raise UnknownRegion(f"地区 {region!r} 不在本次比较范围内（共 {len(self.regions)} 个地区）")
        row = self._rows[region]
        seen = region in self.observed
        by_completeness, by_firms = (int(ranks[row]) for ranks in self._ranks)
        return Standing(
            completeness=float(self.completeness[row]) if seen else None,
            completeness_rank=by_completeness if seen else None,
            firms=float(self.firms[row]),
            firms_rank=by_firms if seen else None,
            ranked=len(self.observed),
        )


def rank(values: FloatArray) -> IntArray:
    """Return the rank of each value, the largest first: 1 + how many are larger; 0 for NaN, (R,).

    Ties share the better rank (1, 2, 2, 4). Values are compared to nine decimals.
    """
    rounded = np.round(values, _DIGITS)
    known = np.sort(rounded[np.isfinite(rounded)])
    larger = known.size - np.searchsorted(known, rounded, side="right")
    return np.where(np.isfinite(rounded), larger + 1, 0).astype(np.int64)


def stand(coverage: Coverage, *, min_observed: int = MIN_OBSERVED) -> Standings:
    """Return completeness and effective firms of every region of the set.

    The completeness is that of `completeness.summarise_region`, for all regions at once.
    """
    weights = importance(coverage.chain)
    leaves = [coverage.column(leaf.id) for leaf in coverage.chain.leaves]
    weigh = np.array([weights[leaf.id] for leaf in coverage.chain.leaves], dtype=np.float64)
    weigh = weigh * coverage.seen_anywhere[leaves]
    whole = weigh.sum()
    here = (coverage.effective[:, leaves] >= PRESENT) @ weigh
    seen = (coverage.firms_known >= min_observed) & (whole > 0)
    share = np.divide(here, whole, out=np.full(here.shape, np.nan), where=seen)
    return Standings(coverage.regions, np.minimum(share, 1.0), coverage.direct.sum(axis=1))
