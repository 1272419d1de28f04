"""The profile of a region in one chain: eight axes from 0 to 1, each with a sentence, for a radar.

None is "cannot be said", never 0. Axes that look at other regions (size, anchors, growth, neighbours) do so
within the comparison set: profiles of regions known from different sources are not comparable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.chains import Stage
from service.domain.completeness import RegionSummary
from service.domain.coverage import Coverage
from service.domain.gaps import Rating
from service.domain.landscape import RECENT_YEARS, Landscape

AXES = ("upstream", "midstream", "downstream", "breadth", "size", "anchors", "growth", "neighbours")

_STAGE_AXES = {Stage.UPSTREAM: "上游", Stage.MIDSTREAM: "中游", Stage.DOWNSTREAM: "下游"}
_TOO_FEW = "本地已知企业太少，不作判断。"


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a profile: `value` 0-1 or None, and what it rests on."""

    name: str
    value: float | None
    reason: str


def find_profile(coverage: Coverage, landscape: Landscape, summary: RegionSummary) -> tuple[Axis, ...]:
    """Return the axes of the region of `summary`, in the order of AXES.

    `coverage` and `landscape` are of the region's comparison set. Raises UnknownRegion.
    """
    row = coverage.row(summary.region)
    if summary.completeness is None:
        return tuple(Axis(name, None, _TOO_FEW) for name in AXES)
    columns = _columns(coverage, landscape)
    return (
        *(_stage(summary, stage) for stage in Stage),
        _breadth(summary),
        _size(coverage, row),
        _anchors(coverage, row),
        _growth(landscape, landscape.row(summary.region), columns),
        _neighbours(landscape, landscape.row(summary.region), columns),
    )


def _columns(coverage: Coverage, landscape: Landscape) -> list[int]:
    """The columns of the chain's leaves in the landscape; a leaf that is a group at home has none."""
    known = frozenset(landscape.nodes)
    return [landscape.column(leaf.id) for leaf in coverage.chain.leaves if leaf.id in known]


def _stage(summary: RegionSummary, stage: Stage) -> Axis:
    word = _STAGE_AXES[stage]
    if stage not in summary.by_stage:
        return Axis(stage, None, f"本链没有{word}环节。")
    share = summary.by_stage[stage]
    if share is None:
        return Axis(stage, None, f"{word}环节各地都没有记录，不作判断。")
    return Axis(stage, share, f"{word}已观测的环节按重要程度计，{share * 100:.0f}% 有企业。")


def _breadth(summary: RegionSummary) -> Axis:
    seen = sum(count for rating, count in summary.leaves.items() if rating is not Rating.UNOBSERVED)
    here = seen - summary.leaves[Rating.MISSING] - summary.leaves[Rating.SUSPECTED]
    return Axis("breadth", here / seen, f"已观测的 {seen} 个末级环节中，{here} 个有企业。")


def _size(coverage: Coverage, row: int) -> Axis:
    firms = coverage.direct.sum(axis=1)
    value = _of_most(firms, row)
    if value is None:
        return Axis("size", None, "同口径地区都没有本链企业。")
    words = f"本链有效企业 {firms[row]:.1f} 家，同口径地区最多 {firms.max():.1f} 家（对数刻度）。"
    return Axis("size", value, words)


def _anchors(coverage: Coverage, row: int) -> Axis:
    leaves = [coverage.column(leaf.id) for leaf in coverage.chain.leaves]
    counts = coverage.anchors[:, leaves].sum(axis=1).astype(np.float64)
    value = _of_most(counts, row)
    if value is None:
        return Axis("anchors", None, "同口径地区本链都没有链主企业。")
    words = f"{counts[row]:.0f} 个末级环节有链主企业，同口径地区最多 {counts.max():.0f} 个（对数刻度）。"
    return Axis("anchors", value, words)


def _of_most(counts: np.ndarray[tuple[int], np.dtype[np.float64]], row: int) -> float | None:
    """log(1 + count) / log(1 + the most in the set), None where nobody has any."""
    most = float(counts.max())
    return float(np.log1p(counts[row]) / np.log1p(most)) if most > 0 else None


def _growth(landscape: Landscape, row: int, columns: Sequence[int]) -> Axis:
    if not landscape.dated:
        return Axis("growth", None, "企业成立日期多不详，无法判断增长。")
    firms = landscape.effective[:, columns].sum(axis=1)
    recent = landscape.recent[:, columns].sum(axis=1)
    elsewhere = float(np.delete(firms, row).sum())
    if not elsewhere > 0:
        return Axis("growth", None, "同口径的其他地区没有本链企业，无从比较。")
    new, fair = float(recent[row]), float(firms[row] * np.delete(recent, row).sum() / elsewhere)
    words = f"近 {RECENT_YEARS} 年新设本链企业约 {new:.0f} 家，若新设占比与其他地区相同应有 {fair:.0f} 家。"
    return Axis("growth", _against(new, fair), words)


def _neighbours(landscape: Landscape, row: int, columns: Sequence[int]) -> Axis:
    if len(landscape.regions) == 1:
        return Axis("neighbours", None, "没有同口径的其他地区。")
    around, fair = (float(table[0, columns].sum()) for table in landscape.near_at(slice(row, row + 1)))
    words = f"周边按距离折算有本链企业 {around:.1f} 家，若各地结构相同应有 {fair:.1f} 家。"
    return Axis("neighbours", _against(around, fair), words)


def _against(seen: float, fair: float) -> float:
    """x / (1 + x) for x = (seen + 1) / (fair + 1): 0.5 where it is as elsewhere."""
    ratio = (seen + 1.0) / (fair + 1.0)
    return ratio / (1.0 + ratio)
