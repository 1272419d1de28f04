"""Conversion between the three datums of Chinese map sources, on whole arrays.

WGS-84 (CGCS2000 agrees with it to decimetres) is the only datum kept inside the service. GCJ-02 is what
Gaode and Tencent publish, BD-09 what Baidu does; forgetting GCJ-02 costs about 500 m. Convert once, at
import.

Source of the offsets: the formulas in public use since "EvilTransform" (2011), on the Krasovsky 1940
ellipsoid. The inverses have no closed form: they iterate on the forward formula.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Degrees: TypeAlias = NDArray[np.float64]
_Forward: TypeAlias = Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]

_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
_BAIDU_PI = np.pi * 3000.0 / 180.0
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_ROUNDS = 6


class Datum(StrEnum):
    """The datum that a source's coordinates stand in."""

    WGS84 = "WGS-84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> tuple[Degrees, Degrees]:
    """Return (lon, lat) in WGS-84 degrees, whatever the source's datum; shapes are kept."""
    if datum is Datum.GCJ02:
        return gcj02_to_wgs84(lon, lat)
    if datum is Datum.BD09:
        return bd09_to_wgs84(lon, lat)
    return _degrees(lon, lat)


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Return (lon, lat) in GCJ-02; points outside the rectangle around China stay as they are."""
    x, y = _degrees(lon, lat)
    inside = (x >= _WEST) & (x <= _EAST) & (y >= _SOUTH) & (y <= _NORTH)
    east_m, north_m = _offset_m(x - 105.0, y - 35.0)
    phi = np.radians(y)
    magic = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    d_lat = np.degrees(north_m * magic**1.5 / (_SEMI_MAJOR_M * (1.0 - _ECCENTRICITY2)))
    d_lon = np.degrees(east_m * np.sqrt(magic) / (_SEMI_MAJOR_M * np.cos(phi)))
    return x + np.where(inside, d_lon, 0.0), y + np.where(inside, d_lat, 0.0)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Return (lon, lat) in WGS-84 for GCJ-02 degrees; the round trip closes to well under a millimetre."""
    return _invert(wgs84_to_gcj02, *_degrees(lon, lat))


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Return (lon, lat) in BD-09 for GCJ-02 degrees."""
    x, y = _degrees(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BAIDU_PI)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BAIDU_PI)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Return (lon, lat) in GCJ-02 for BD-09 degrees."""
    return _invert(gcj02_to_bd09, *_degrees(lon, lat))


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Return (lon, lat) in BD-09 for WGS-84 degrees."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Return (lon, lat) in WGS-84 for BD-09 degrees."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _degrees(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _invert(forward: _Forward, lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Find the point that `forward` moves to (lon, lat); the offsets change by under 1% of the step."""
    x, y = lon, lat
    for _ in range(_ROUNDS):
        moved_x, moved_y = forward(x, y)
        x, y = x - (moved_x - lon), y - (moved_y - lat)
    return x, y


def _offset_m(x: Degrees, y: Degrees) -> tuple[Degrees, Degrees]:
    """Return the (east, north) offset in metres at (x, y) degrees from 105E 35N."""
    root, product = np.sqrt(np.abs(x)), x * y
    ripple = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * product + 0.1 * root + ripple
    east = east + _waves(x, (20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * product + 0.2 * root + ripple
    north = north + _waves(y, (20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0))
    return east, north


def _waves(angle: Degrees, *terms: tuple[float, float]) -> Degrees:
    total = np.zeros_like(angle)
    for amplitude, period in terms:
        total = total + amplitude * np.sin(angle * np.pi / period)
    return total * 2.0 / 3.0
