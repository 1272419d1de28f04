"""A small map of regions as SVG paths, for pages that show one without a map library."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.render.map_content import BREAKS, Geometry, ShadedRegion

# What a name of n characters takes of the map's width, in units of its height of type.
_LINE_HEIGHT = 2.3


@dataclass(frozen=True, slots=True)
class DrawnRegion:
    """A region as a path; `shade` 1 to 5 for its completeness, 0 where that is not known.

    `label` is where its name stands, None where it would lie on another.
    """

    adcode: str
    name: str
    completeness: float | None
    shade: int
    path: str
    label: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class DrawnMap:
    """Regions in a box of `width` x `height` units; names are written `type_size` high."""

    width: float
    height: float
    type_size: float
    regions: tuple[DrawnRegion, ...]


def draw_svg_map(
    regions: Sequence[ShadedRegion], *, width: float = 1000.0, height: float = 800.0, type_size: float = 20.0
) -> DrawnMap | None:
    """Return the regions fitted into the box, None where there is none to draw.

    Longitude is shortened by the cosine of the middle latitude: right for a province and below. Names are
    set for as long as they lie on no other; larger regions go first.
    """
    rings = {one.adcode: [ring for ring in _rings(one.geometry) if len(ring) > 2] for one in regions}
    points = [point for some in rings.values() for ring in some for point in ring]
    if not points:
        return None
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    narrow = math.cos(math.radians((south + north) / 2))
    scale = min(width / max((east - west) * narrow, 1e-9), height / max(north - south, 1e-9))
    left = (width - (east - west) * narrow * scale) / 2
    above = (height - (north - south) * scale) / 2

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return left + (point[0] - west) * narrow * scale, above + (north - point[1]) * scale

    paths = {code: _path([[place(point) for point in ring] for ring in some]) for code, some in rings.items()}
    size = {code: sum(_area(ring) for ring in some) for code, some in rings.items()}
    wanted = [
        (one.adcode, one.name, place(one.centre))
        for one in sorted(regions, key=lambda one: (-size[one.adcode], one.adcode))
        if one.centre
    ]
    labels = _apart(wanted, type_size)
    drawn = (
        DrawnRegion(
            one.adcode,
            one.name,
            one.completeness,
            shade_of(one.completeness),
            paths[one.adcode],
            labels.get(one.adcode),
        )
        for one in regions
    )
    return DrawnMap(width, height, type_size, tuple(drawn))


def shade_of(completeness: float | None) -> int:
    """Return the class of a completeness, 1 to 5, as the maps have them; 0 where it is not known."""
    if completeness is None:
        return 0
    return next((n for n, (upper, _) in enumerate(BREAKS, start=1) if completeness <= upper), len(BREAKS))


def _rings(geometry: Geometry) -> Iterable[list[tuple[float, float]]]:
    parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for polygon in parts:
        for ring in polygon:
            yield [(float(point[0]), float(point[1])) for point in ring]


def _path(rings: Iterable[Sequence[tuple[float, float]]]) -> str:
    return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "Z" for ring in rings)


def _area(ring: Sequence[tuple[float, float]]) -> float:
    after = [*ring[1:], ring[0]]
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(ring, after, strict=True))) / 2


def _apart(
    wanted: Iterable[tuple[str, str, tuple[float, float]]], type_size: float
) -> dict[str, tuple[float, float]]:
    boxes: list[tuple[float, float, float, float]] = []
    kept = {}
    for code, name, (x, y) in wanted:
        half, high = max(len(name), 3) * type_size / 2, _LINE_HEIGHT * type_size / 2
        box = (x - half, y - high, x + half, y + high)
        if not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in boxes):
            boxes.append(box)
            kept[code] = (round(x, 1), round(y, 1))
    return kept
