"""Light outlines behind small maps: the provinces and the ten dashes of the South China Sea, as GeoJSON."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import shapely

from service.domain.regions import Level
from service.ingest.boundaries import load_boundaries, load_dash_line

# Degrees; the layer that maps draw behind finer levels too, so that it is simplified once.
_TOLERANCE = 0.03
_DECIMALS = 2


@lru_cache(maxsize=2)
def country_outline(cache_dir: Path) -> bytes:
    """Return the outlines of the provinces (WGS-84, to 1 km) as a GeoJSON file."""
    frame = load_boundaries(Level.PROVINCE, tolerance_deg=_TOLERANCE, cache_dir=cache_dir)
    features = [
        _feature(shape, {"name": name}) for shape, name in zip(frame["geometry"], frame["name"], strict=True)
    ]
    features.append(_feature(load_dash_line().geometry.union_all(), {"name": "南海断续线"}))
    found = {"type": "FeatureCollection", "features": features}
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def _feature(shape: shapely.Geometry, properties: dict[str, str]) -> dict[str, object]:
    moved = shapely.transform(shape, lambda pairs: pairs.round(_DECIMALS))
    return {"type": "Feature", "properties": properties, "geometry": moved.__geo_interface__}
