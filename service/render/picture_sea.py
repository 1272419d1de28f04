"""How maps on paper are laid flat, and the South China Sea in a frame of its own.

A map that shows the whole country, or Hainan, shows the islands of the South China Sea (南海诸岛) and the ten
dashes too: in an inset beside the land, as printed maps have it, so that the land stays large.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Projection = Callable[[FloatArray], FloatArray]
Ring = list[tuple[float, float]]

EARTH_RADIUS_KM = 6371.0088
SEA_BEGINS = 17.9
"""Degrees north: what lies further south than the land of Hainan island is shown in the inset."""

_SEA = (104.5, 2.8, 123.4, 24.6)
# Standard parallels of maps of the whole country.
_COUNTRY_PARALLELS = (25.0, 47.0)
_WIDE_DEGREES = 15.0
# Parts smaller than this share of the largest one do not widen the map.
_TINY = 0.01
INSET_NAME = "南海诸岛"


@dataclass(frozen=True, slots=True)
class SeaGeometry:
    """The provinces and the ten dashes, in degrees (WGS-84)."""

    land: tuple[Any, ...]
    dashes: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Inset:
    """The South China Sea on the page: rings by province, the dashes, `per_km` its scale (page units).

    A province is named by its place in the `land` it was made of.
    """

    land: tuple[tuple[int, tuple[Ring, ...]], ...]
    dashes: tuple[Ring, ...]
    per_km: float


def conic(parallels: tuple[float, float], middle: tuple[float, float], radius: float) -> Projection:
    """Return Albers' equal-area conic on a sphere: (n, 2) degrees -> (n, 2) in units of `radius`, y up.

    `parallels` are those true to scale, `middle` (lon, lat) becomes the origin. Source: Snyder, Map
    Projections (USGS 1395, 1987), formulas 14-1 to 14-6.
    """
    first, second = (math.radians(one) for one in parallels)
    cone = (math.sin(first) + math.sin(second)) / 2.0
    constant = math.cos(first) ** 2 + 2.0 * cone * math.sin(first)
    start = math.sqrt(constant - 2.0 * cone * math.sin(math.radians(middle[1]))) / cone

    def project(pairs: FloatArray) -> FloatArray:
        lon, lat = np.radians(pairs[:, 0]), np.radians(pairs[:, 1])
        away = np.sqrt(np.maximum(constant - 2.0 * cone * np.sin(lat), 0.0)) / cone
        turn = cone * (lon - math.radians(middle[0]))
        return np.asarray(np.column_stack([away * np.sin(turn), start - away * np.cos(turn)]) * radius)

    return project


def albers(west: float, south: float, east: float, north: float) -> Projection:
    """Return the equal-area projection of a window in degrees: (n, 2) degrees -> (n, 2) km, y to the north.

    Its parallels stand a sixth from the ends, those of a country's size at 25 and 47 degrees.
    """
    sixth = (north - south) / 6.0
    wide = north - south > _WIDE_DEGREES
    parallels = _COUNTRY_PARALLELS if wide else (south + sixth, north - sixth)
    return conic(parallels, ((west + east) / 2.0, (south + north) / 2.0), EARTH_RADIUS_KM)


def bounds_of(shapes: Sequence[Any]) -> tuple[float, float, float, float]:
    """Return west, south, east, north of all shapes together."""
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    return float(west), float(south), float(east), float(north)


def apart_from_sea(shapes: Sequence[Any]) -> tuple[list[Any], bool]:
    """Return the shapes (degrees) that the main map shows, and whether it takes the inset.

    Where some of them reach into the South China Sea and others do not, the main map shows what lies north of
    it; a shape that lies in the sea for the most part becomes empty. Where all do, they are the main map.
    """
    _, south, _, _ = bounds_of(shapes)
    if south >= SEA_BEGINS:
        return list(shapes), False
    land = shapely.box(-180.0, SEA_BEGINS, 180.0, 90.0)
    clipped = [shapely.intersection(shape, land) for shape in shapes]
    north = [
        part if part.area >= shape.area / 2.0 else shapely.Polygon()
        for shape, part in zip(shapes, clipped, strict=True)
    ]
    if all(shape.is_empty for shape in north):
        return list(shapes), False
    return north, True


def main_parts(shapes: Sequence[Any]) -> list[Any]:
    """Return the parts of the shapes that a map is fitted to: far islands would make the land small."""
    parts = [part for shape in shapes for part in shapely.get_parts(shape) if part.area > 0]
    largest = max(part.area for part in parts)
    return [part for part in parts if part.area >= _TINY * largest]


def inset_size(height: float) -> float:
    """Return the width of an inset of this height."""
    low, high = _sea_frame()
    return float(height * (high[0] - low[0]) / (high[1] - low[1]))


def lay_inset(sea: SeaGeometry, left: float, top: float, height: float, *, detail: float = 0.0) -> Inset:
    """Return the South China Sea in a frame whose upper left corner is at (left, top), y down; land is
    simplified to `detail` units of the page, no island away.
    """
    low, high = _sea_frame()
    project, scale = albers(*_SEA), height / (high[1] - low[1])

    def to_page(pairs: FloatArray) -> FloatArray:
        there = project(pairs)
        return np.column_stack([left + (there[:, 0] - low[0]) * scale, top + (high[1] - there[:, 1]) * scale])

    window = shapely.box(left, top, left + inset_size(height), top + height)
    clip = shapely.box(_SEA[0] - 3, _SEA[1] - 3, _SEA[2] + 3, _SEA[3] + 3)
    land = []
    for number, shape in enumerate(sea.land):
        near = shapely.intersection(shape, clip)
        placed = shapely.intersection(shapely.make_valid(shapely.transform(near, to_page)), window)
        if detail:
            placed = shapely.simplify(placed, detail)
        if not placed.is_empty:
            land.append((number, tuple(rings_of(placed))))
    dashes = [shapely.intersection(shapely.transform(dash, to_page), window) for dash in sea.dashes]
    return Inset(tuple(land), tuple(line for dash in dashes for line in _lines(dash)), scale)


def _sea_frame() -> tuple[FloatArray, FloatArray]:
    """The lower left and upper right corners of the sea in km."""
    west, south, east, north = _SEA
    lon, lat = np.linspace(west, east, 9), np.linspace(south, north, 9)
    edge = [(x, y) for x in lon for y in (south, north)] + [(x, y) for x in (west, east) for y in lat]
    there = albers(*_SEA)(np.array(edge))
    return there.min(axis=0), there.max(axis=0)


def rings_of(shape: Any) -> list[Ring]:
    """Return the outer and inner rings of all polygons of a shape, each without its repeated last point."""
    found: list[Ring] = []
    for part in shapely.get_parts(shape):
        if part.geom_type == "GeometryCollection":
            found += rings_of(part)
        elif part.geom_type == "Polygon" and not part.is_empty:
            found += [_points(ring)[:-1] for ring in (part.exterior, *part.interiors)]
    return found


def _lines(shape: Any) -> list[Ring]:
    return [_points(part) for part in shapely.get_parts(shape) if part.geom_type == "LineString"]


def _points(line: Any) -> Ring:
    return [(float(x), float(y)) for x, y in shapely.get_coordinates(line)]
