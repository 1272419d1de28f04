"""A small map with every layer, and how to read back what a page hands to Leaflet."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from service.render.map_content import (
    FoundPlace,
    HeatCell,
    MapContent,
    MapFirm,
    MapLevel,
    MapNode,
    MapTarget,
    MapZone,
    ShadedRegion,
    SourceOutline,
    SupplyFlow,
    TargetMark,
)
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


def block_of(page: bytes, name: str) -> dict[str, Any]:
    """Return one of the data blocks of a page: zs-data or zs-firms."""
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page.decode(), re.S)
    assert found is not None
    block: dict[str, Any] = json.loads(found[1])
    return block


def firms_of(page: bytes) -> list[dict[str, Any]]:
    """Return the firms of a page, read back from their columns as the browser reads them."""
    columns, nodes = block_of(page, "zs-firms"), block_of(page, "zs-data")["nodes"]
    names = columns["names"].split("\n") if columns["count"] else []
    rough = set(sums(columns["rough"]))
    return [
        {
            "name": name,
            "at": [lon / 10_000, lat / 10_000],
            "place": columns["places"][columns["place"][number]],
            "nodes": [nodes[node][0] for node in columns["kinds"][columns["kind"][number]]],
            "founded": columns["founded"][number] or None,
            "placed": number not in rough,
        }
        for number, (name, lon, lat) in enumerate(
            zip(names, sums(columns["x"]), sums(columns["y"]), strict=True)
        )
    ]


def sums(steps: list[int]) -> list[int]:
    """Return the numbers whose steps these are."""
    total, found = 0, []
    for step in steps:
        total += step
        found.append(total)
    return found


@pytest.fixture(scope="session")
def simplified_boundaries(seeded_data_dir: Path) -> None:
    """Put the boundaries into the data folder that tests copy."""
    simplify_boundaries(seeded_data_dir / "cache")


def small_map() -> MapContent:
    """Return a map of one region, two cities, a part, two firms, a target, and one of everything else."""
    return MapContent(
        title="甲市 · 锂电池招商地图",
        subtitle="完整度 50%",
        centre=(118.5, 28.5),
        outline=square(118, 28),
        levels=(
            MapLevel(
                "市级完整度（本省）",
                (
                    ShadedRegion("330800", "甲市", square(118, 28), 0.5, ("疑缺 1",), (118.5, 28.5)),
                    ShadedRegion("330700", "乙市", square(119, 28), None, (), (119.5, 28.5)),
                ),
            ),
            MapLevel("县级完整度（本省）", (ShadedRegion("330802", "丙区", square(118, 28, 0.5), 0.2),)),
        ),
        shown_level=0,
        country=(square(73, 18, 60.0),),
        dash_line={"type": "MultiLineString", "coordinates": [[[112.0, 4.0], [113.0, 4.0]]]},
        nodes=(
            MapNode("lb/materials", "材料", "upstream"),
            MapNode("lb/separator", "隔膜", "upstream", "lb/materials"),
            MapNode("lb/foil", "铜箔", "midstream"),
        ),
        gaps=("lb/foil",),
        firms=(
            MapFirm(
                "<b>甲</b>公司",
                118.123456789,
                28.98765432,
                "浙江省甲市",
                ("lb/separator",),
                2015,
                placed=True,
            ),
            MapFirm("乙公司", 118.5, 28.5, "浙江省甲市", ("lb/separator", "lb/foil"), None, placed=False),
        ),
        targets=(
            MapTarget("丁公司", 121.47, 31.23, (TargetMark("lb/foil", 1, 50.4),), ("铜箔龙头",), placed=True),
        ),
        flows=(SupplyFlow("lb/foil", "上海市", 121.47, 31.23, 12.34, 400.6),),
        heat=(HeatCell("lb/foil", 121.5, 31.2, 3.456), HeatCell("lb/separator", 121.5, 31.2, 1.0)),
        zones=(MapZone("甲市经开区", "国家级经开区", 118.5, 28.5, "浙江省甲市"),),
        source_regions=(SourceOutline("长三角", "某规划，2019", square(117, 27, 5.0)),),
        places=(FoundPlace("甲市", "浙江省甲市", "j", 118.5, 28.5, 9),),
        initials={"公": "g", "重": "cz"},
        notes=("数据日期：2026-01-01", "来源：测试名录"),
    )


@pytest.fixture
def content() -> MapContent:
    """Return the small map."""
    return small_map()
