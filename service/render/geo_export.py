"""Layers as one GeoPackage, which QGIS and every other GIS opens: the same data gives the same bytes."""

from __future__ import annotations

import datetime as dt
import tempfile
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from service.render.open_data import Kind, Layer, Shape

CRS = "EPSG:4326"
_DTYPES = {Kind.TEXT: "object", Kind.INTEGER: "Int64", Kind.REAL: "float64", Kind.FLAG: "boolean"}
# GDAL stamps every layer with the time of writing unless it is told one; its options hold for the process.
_TIME_OPTION = "OGR_CURRENT_DATE"
_ONE_AT_A_TIME = threading.Lock()


def render_geopackage(layers: Sequence[Layer], made_of: dt.datetime) -> bytes:
    """Return the layers as a GeoPackage (EPSG:4326, UTF-8), those without geometry as attribute tables.

    Parameters
    ----------
    made_of : the moment that the file bears as that of its last change: that of the data.
    """
    with tempfile.TemporaryDirectory(prefix="zhaoshang-") as folder, _ONE_AT_A_TIME:
        path = Path(folder) / "layers.gpkg"
        before = pyogrio.get_gdal_config_option(_TIME_OPTION)
        pyogrio.set_gdal_config_options({_TIME_OPTION: f"{made_of:%Y-%m-%dT%H:%M:%S}.000Z"})
        try:
            for layer in layers:
                _write(layer, path)
        finally:
            pyogrio.set_gdal_config_options({_TIME_OPTION: before})
        return path.read_bytes()


def _write(layer: Layer, path: Path) -> None:
    options: dict[str, Any] = {"driver": "GPKG", "layer": layer.name, "append": path.exists()}
    options["layer_options"] = {"IDENTIFIER": layer.title, "DESCRIPTION": layer.title}
    if layer.shape is None:
        options["layer_options"]["ASPATIAL_VARIANT"] = "GPKG_ATTRIBUTES"
        pyogrio.write_dataframe(_frame(layer), path, **options)
        return
    shapes = gpd.GeoSeries([_fitting(layer.shape, place) for place in layer.geometries], crs=CRS)
    frame = gpd.GeoDataFrame(_frame(layer), geometry=shapes, crs=CRS)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "You are attempting to write an empty DataFrame")
        pyogrio.write_dataframe(frame, path, geometry_type=str(layer.shape), **options)


def _frame(layer: Layer) -> pd.DataFrame:
    return pd.DataFrame(
        {
            column.name: pd.Series([row[column.name] for row in layer.rows], dtype=_DTYPES[column.kind])
            for column in layer.columns
        }
    )


def _fitting(shape: Shape, place: shapely.Geometry | None) -> shapely.Geometry | None:
    """A layer holds one kind of geometry: a polygon is a multipolygon of one."""
    if place is not None and shape is Shape.AREA and place.geom_type == "Polygon":
        return shapely.MultiPolygon([place])
    return place
