"""A small map with every layer, and how to read back what a page hands to Leaflet."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from service.render.maps import MapContent, MapPoint, ShadedRegion
from tests.boundaries import simplify_boundaries


def square(west: float, south: float, side: float = 1.0) -> dict[str, Any]:
    """Return a square as GeoJSON."""
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def layers_of(page: bytes) -> list[dict[str, Any]]:
    """Return the GeoJSON collections that a page hands to Leaflet, in order."""
    text = page.decode()
    decoder = json.JSONDecoder()
    starts = [found.end() for found in re.finditer(r"geo_json_\d+_add\((?=\{)", text)]
    return [decoder.raw_decode(text, start)[0] for start in starts]


def points_of(page: bytes) -> list[dict[str, Any]]:
    """Return the features of a page that are points."""
    return [
        feature
        for layer in layers_of(page)
        for feature in layer["features"]
        if feature["geometry"]["type"] == "Point"
    ]


@pytest.fixture(scope="session")
def simplified_boundaries(seeded_data_dir: Path) -> None:
    """Put the boundaries into the data folder that tests copy."""
    simplify_boundaries(seeded_data_dir / "cache")


@pytest.fixture
def content() -> MapContent:
    """Return a map of one region, two peers of it, one part, two firms and a target."""
    return MapContent(
        title="甲市 · 锂电池招商地图",
        subtitle="完整度 50%",
        centre=(118.5, 28.5),
        outline=square(118, 28),
        peers=(
            ShadedRegion("330800", "甲市", square(118, 28), 0.5, ("疑缺 1",), (118.5, 28.5)),
            ShadedRegion("330700", "乙市", square(119, 28), None, (), (119.5, 28.5)),
        ),
        parts=(ShadedRegion("330802", "丙区", square(118, 28, 0.5), 0.2),),
        country=(square(73, 18, 60.0),),
        dash_line={"type": "MultiLineString", "coordinates": [[[112.0, 4.0], [113.0, 4.0]]]},
        firms=(
            MapPoint(118.123456789, 28.98765432, "<b>甲</b>公司", ("环节：隔膜 & 铜箔",), placed=True),
            MapPoint(118.5, 28.5, "乙公司", ("环节：隔膜",), placed=False),
        ),
        targets=(MapPoint(121.47, 31.23, "丁公司", ("铜箔：第 1 位，50 分",), placed=True),),
        notes=("数据日期：2026-01-01", "来源：测试名录"),
    )
