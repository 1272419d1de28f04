"""The outlines of the regions that firms are sought in (长三角 ...), dissolved from their cities."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import shapely

from service.datafiles import data_folder
from service.domain.regions import Level
from service.ingest.boundaries import load_boundaries

_TOLERANCE_DEG = 0.02
_SMALLEST_DEG2 = 0.02
"""Islands smaller than this (about 200 square km) are left out of an outline that has larger parts."""


@dataclass(frozen=True, slots=True)
class SourceRegionOutline:
    """A named source region: the plan that names its cities, and their outline (EPSG:4326)."""

    name: str
    plan: str
    geometry: shapely.Geometry


@lru_cache(maxsize=2)
def load_source_outlines(cache_dir: Path) -> tuple[SourceRegionOutline, ...]:
    """Return the outline of every region of geodata/source_regions.csv, in the file's order.

    Simplified to about 2 km: for showing where a region lies, never for measuring. Regions overlap where
    plans do. `cache_dir` holds the simplified city boundaries.
    """
    frame = load_boundaries(Level.CITY, cache_dir=cache_dir)
    shapes = dict(zip(frame["adcode"], frame["geometry"], strict=True))
    with (data_folder("geodata") / "source_regions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(
        SourceRegionOutline(row["name"], row["source"], dissolve(members))
        for row in rows
        if (members := [shapes[code] for code in row["adcodes"].split(";") if code in shapes])
    )


def dissolve(shapes: list[shapely.Geometry]) -> shapely.Geometry:
    """Return the simplified union of `shapes` without small islands and holes; never empty for polygons."""
    parts = shapely.get_parts(shapely.union_all(shapes))
    large = [part for part in parts if part.area >= _SMALLEST_DEG2]
    kept = large or [max(parts, key=lambda part: part.area)]
    filled = [shapely.Polygon(part.exterior) for part in kept]
    return shapely.simplify(shapely.union_all(filled), _TOLERANCE_DEG)
