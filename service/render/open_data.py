"""Layers of open data: rows with typed columns and perhaps a place each, written as CSV and GeoJSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import shapely

from service.render.csv_table import csv_bytes

_DECIMALS = 5
DICTIONARY = "字段说明"
"""What the table of all columns is called."""


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    FLAG = "boolean"


class Shape(StrEnum):
    """The geometry of a layer, as GeoPackage names it."""

    POINT = "Point"
    AREA = "MultiPolygon"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `name` in the words of the API, `said` what it means, for people."""

    name: str
    kind: Kind
    said: str


@dataclass(frozen=True)
class Layer:
    """A table of open data.

    `rows` have a value, or None, for each column. `geometries` (WGS-84) run beside them, None for a row
    without a place; of a table without geometry (`shape` None) there are none.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Any], ...]
    shape: Shape | None = None
    geometries: tuple[shapely.Geometry | None, ...] = ()


def layer_csv(layer: Layer) -> bytes:
    """Return the rows as CSV (UTF-8 with a mark): points with lon and lat, areas without their borders."""
    rows = [{column.name: _plain(row[column.name]) for column in layer.columns} for row in layer.rows]
    if layer.shape is Shape.POINT:
        for row, place in zip(rows, layer.geometries, strict=True):
            row["lon"], row["lat"] = (None, None) if place is None else _rounded(place.x, place.y)
    heads = [column.name for column in layer.columns]
    heads += ["lon", "lat"] if layer.shape is Shape.POINT else []
    return csv_bytes(rows) if rows else (",".join(heads) + "\n").encode("utf-8-sig")


def layer_geojson(layer: Layer) -> bytes:
    """Return the rows as a GeoJSON FeatureCollection (RFC 7946); rows without a place have none."""
    places = layer.geometries or (None,) * len(layer.rows)
    features = [
        {
            "type": "Feature",
            "geometry": None if place is None else _geojson(place),
            "properties": {column.name: _finite(row[column.name]) for column in layer.columns},
        }
        for row, place in zip(layer.rows, places, strict=True)
    ]
    collection = {"type": "FeatureCollection", "name": layer.name, "features": features}
    return json.dumps(collection, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def columns_csv(layers: Sequence[Layer]) -> bytes:
    """Return what every column of every layer means, as CSV."""
    return csv_bytes(
        [
            {
                "layer": layer.name,
                "图层": layer.title,
                "column": column.name,
                "type": str(column.kind),
                "含义": column.said,
            }
            for layer in layers
            for column in layer.columns
        ]
    )


def _geojson(place: shapely.Geometry) -> dict[str, Any]:
    """Exterior rings run counter-clockwise, as the standard wants it."""
    moved = shapely.transform(shapely.orient_polygons(place), lambda pairs: pairs.round(_DECIMALS))
    shape: dict[str, Any] = dict(moved.__geo_interface__)
    return shape


def _rounded(lon: float, lat: float) -> tuple[float, float]:
    return round(lon, _DECIMALS), round(lat, _DECIMALS)


def _plain(value: Any) -> Any:
    """A spreadsheet reads true and false in no language; 是 and 否 stand for them."""
    if isinstance(value, bool):
        return "是" if value else "否"
    return _finite(value)


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
