from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.datum import (
    Datum,
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

LON = st.floats(73.5, 135.1)
LAT = st.floats(3.4, 53.6)
METRES_PER_DEGREE = 111_320.0


def metres(a: tuple[np.ndarray, np.ndarray], lon: float, lat: float) -> float:
    east = (float(a[0]) - lon) * METRES_PER_DEGREE * np.cos(np.radians(lat))
    return float(np.hypot(east, (float(a[1]) - lat) * METRES_PER_DEGREE))


def test_published_points() -> None:
    # The worked example of wandergis/coordTransform, near Tiananmen.
    assert wgs84_to_gcj02(116.404, 39.915) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-9)
    assert gcj02_to_bd09(116.404, 39.915) == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-9)


@given(lon=LON, lat=LAT)
def test_gcj02_there_and_back_closes_to_a_millimetre(lon: float, lat: float) -> None:
    assert metres(gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat)), lon, lat) < 0.001


@given(lon=LON, lat=LAT)
def test_bd09_there_and_back_closes_to_a_millimetre(lon: float, lat: float) -> None:
    assert metres(bd09_to_wgs84(*wgs84_to_bd09(lon, lat)), lon, lat) < 0.001
    assert metres(bd09_to_gcj02(*gcj02_to_bd09(lon, lat)), lon, lat) < 0.001


@given(lon=LON, lat=LAT)
def test_offset_in_china_is_some_hundred_metres(lon: float, lat: float) -> None:
    assert 20 < metres(wgs84_to_gcj02(lon, lat), lon, lat) < 1500


def test_outside_china_nothing_moves() -> None:
    assert [float(x) for x in wgs84_to_gcj02(2.35, 48.85)] == [2.35, 48.85]
    assert [float(x) for x in gcj02_to_wgs84(2.35, 48.85)] == [2.35, 48.85]


def test_arrays_keep_their_shape_and_agree_with_single_points() -> None:
    lon, lat = np.array([[118.87, 121.47]]), np.array([[28.94, 31.23]])
    x, y = wgs84_to_gcj02(lon, lat)
    assert x.shape == y.shape == (1, 2)
    assert (x[0, 1], y[0, 1]) == wgs84_to_gcj02(121.47, 31.23)
    assert wgs84_to_gcj02([], [])[0].size == 0


def test_to_wgs84_takes_each_datum() -> None:
    assert [float(x) for x in to_wgs84(118.87, 28.94, Datum.WGS84)] == [118.87, 28.94]
    assert to_wgs84(118.87, 28.94, Datum.GCJ02) == gcj02_to_wgs84(118.87, 28.94)
    assert to_wgs84(118.87, 28.94, Datum.BD09) == bd09_to_wgs84(118.87, 28.94)
