"""The map in layers: what is handed to Leaflet and the page's scripts, then the page as a whole."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import DataMismatch
from service.render.map_content import MapContent, MapFirm, MapNode
from service.render.map_data import PLAIN_FIRMS, encode_firms, encode_lists, firm_block, steps
from service.render.map_page import inline_assets, number_ids
from service.render.map_tiles import find_base_map
from service.render.maps import BREAKS, UNKNOWN_COLOUR, colour_of, draw_page, find_views, percent, render_map
from tests.render.conftest import block_of, firms_of, layers_of, square, sums
from tests.render.golden import LAYERS, PAGE, as_golden, handed_over

NODES = ("lb/a", "lb/b", "lb/c")


def firm(name: str, lon: float = 120.0, lat: float = 30.0, *, place: str = "甲市") -> MapFirm:
    """Return a firm of the first node."""
    return MapFirm(name, lon, lat, place, NODES[:1], 2001, placed=True)


def test_what_is_handed_over_is_the_golden_file(content: MapContent) -> None:
    """After a wanted change: python -m tests.render.golden, and read the difference."""
    assert as_golden(handed_over(content)) == LAYERS.read_text(encoding="utf-8")


def test_the_page_is_the_golden_page(content: MapContent) -> None:
    """The page before scripts, style sheets and data are put in; folium's random ids are numbered."""
    assert draw_page(content) == PAGE.read_text(encoding="utf-8")


def test_the_layers_hold_what_the_content_says(content: MapContent) -> None:
    country, dashes, cities, counties, outline = layers_of(render_map(content))
    assert [feature["geometry"] for feature in country["features"]] == [square(73, 18, 60.0)]
    assert dashes["features"][0]["geometry"] == content.dash_line
    assert [feature["geometry"] for feature in cities["features"]] == [square(118, 28), square(119, 28)]
    assert [feature["properties"]["text"] for feature in cities["features"]] == [
        "<b>甲市</b><br>完整度：50%<br>疑缺 1",
        "<b>乙市</b><br>完整度：未观测",
    ]
    # 0.5 lies in the third class (40-60%), 0.2 still in the first, None in none.
    colours = [feature["properties"]["colour"] for feature in cities["features"]]
    assert colours == [BREAKS[2][1], UNKNOWN_COLOUR]
    assert counties["features"][0]["properties"]["colour"] == BREAKS[0][1]
    assert outline["features"][0]["geometry"] == square(118, 28)


def test_the_lists_hold_what_the_content_says(content: MapContent) -> None:
    lists = block_of(render_map(content), "zs-data")
    assert lists["nodes"] == [["材料", "upstream", -1], ["隔膜", "upstream", 0], ["铜箔", "midstream", -1]]
    assert lists["gaps"] == [2]
    assert lists["targets"] == [["丁公司", 121.47, 31.23, [[2, 1, 50]], ["铜箔龙头"], 1]]
    assert lists["flows"] == [[2, "上海市", 121.47, 31.23, 12.3, 401]]
    # Two nodes in one county share its position.
    assert lists["heat"] == {"spots": [[121.5, 31.2]], "cells": [[2, 0, 3.46], [1, 0, 1.0]]}
    assert lists["labels"] == [[["甲市", 118.5, 28.5], ["乙市", 119.5, 28.5]], []]
    assert lists["zones"] == [["甲市经开区", "国家级经开区", 118.5, 28.5, "浙江省甲市"]]
    assert lists["places"] == [["甲市", "浙江省甲市", "j", 118.5, 28.5, 9]]
    assert lists["initials"] == ["公重", "g cz"]


def test_firms_are_read_back_as_they_were(content: MapContent) -> None:
    assert firms_of(render_map(content)) == [
        {
            "name": "<b>甲</b>公司",
            "at": [118.1235, 28.9877],
            "place": "浙江省甲市",
            "nodes": ["隔膜"],
            "founded": 2015,
            "placed": True,
        },
        {
            "name": "乙公司",
            "at": [118.5, 28.5],
            "place": "浙江省甲市",
            "nodes": ["隔膜", "铜箔"],
            "founded": None,
            "placed": False,
        },
    ]


@given(st.lists(st.integers(-2_000_000, 2_000_000)))
def test_steps_lead_back_to_the_numbers(numbers: list[int]) -> None:
    assert sums(steps(numbers)) == numbers


DEGREES = st.floats(-180, 180), st.floats(-85, 85)


@given(
    st.lists(
        st.builds(
            MapFirm,
            st.text(max_size=60),
            *DEGREES,
            st.sampled_from(["甲市", "乙市", ""]),
            st.lists(st.sampled_from(NODES), min_size=1, max_size=3, unique=True).map(tuple),
            st.none() | st.integers(1900, 2030),
            st.booleans(),
        )
    )
)
def test_columns_keep_every_firm_whatever_its_name(firms: list[MapFirm]) -> None:
    columns = encode_firms(firms, NODES)
    assert columns["count"] == len(firms)
    names = columns["names"].split("\n") if firms else []
    read = sorted(
        (
            names[i],
            round(sums(columns["x"])[i] / 1e4, 4),
            columns["places"][columns["place"][i]],
            tuple(NODES[node] for node in columns["kinds"][columns["kind"][i]]),
            columns["founded"][i],
            i not in set(sums(columns["rough"])),
        )
        for i in range(len(names))
    )
    assert read == sorted(
        (" ".join(one.name.split()), round(one.lon, 4), one.place, one.nodes, one.founded or 0, one.placed)
        for one in firms
    )


def test_the_order_of_the_firms_changes_nothing() -> None:
    firms = [firm("丙"), firm("甲"), firm("甲", lat=31.0), firm("乙", place="乙市")]
    assert encode_firms(firms, NODES) == encode_firms(firms[::-1], NODES)


def test_many_firms_are_compressed_and_few_are_not() -> None:
    few = encode_firms([firm(f"公司{i}") for i in range(PLAIN_FIRMS)], NODES)
    assert firm_block(few).startswith('<script type="application/json" id="zs-firms">{"count":20000,')
    many = encode_firms([firm(f"公司{i}") for i in range(PLAIN_FIRMS + 1)], NODES)
    found = re.fullmatch(
        r'<script type="text/plain" id="zs-firms">([A-Za-z0-9+/=]+)</script>', firm_block(many)
    )
    assert found is not None
    assert json.loads(gzip.decompress(base64.b64decode(found[1]))) == many
    assert firm_block(many) == firm_block(many)


def test_a_firm_of_an_unknown_node_is_refused() -> None:
    with pytest.raises(KeyError, match="lb/z"):
        encode_firms([replace(firm("甲"), nodes=("lb/z",))], NODES)


@pytest.mark.parametrize(
    ("share", "place"), [(0.0, 0), (0.2, 0), (0.21, 1), (0.4, 1), (0.6, 2), (0.8, 3), (0.81, 4), (1.0, 4)]
)
def test_a_class_reaches_up_to_its_break(share: float, place: int) -> None:
    assert colour_of(share) == BREAKS[place][1]


def test_the_classes_are_fifths_and_darken_towards_whole() -> None:
    assert [upper for upper, _ in BREAKS] == [0.2, 0.4, 0.6, 0.8, 1.0]
    light = [sum(int(colour[i : i + 2], 16) for i in (1, 3, 5)) for _, colour in BREAKS]
    assert light == sorted(light, reverse=True)
    assert UNKNOWN_COLOUR not in {colour for _, colour in BREAKS}
    assert (percent(None), percent(0.5)) == ("完整度：未观测", "完整度：50%")


def test_every_text_is_escaped(content: MapContent) -> None:
    hostile = "</script><script>alert(1)</script><!--zs-data-->"
    level = content.levels[0]
    page = render_map(
        replace(
            content,
            title=hostile,
            subtitle=hostile,
            notes=(hostile,),
            review_number=hostile,
            nodes=tuple(replace(node, name=hostile) for node in content.nodes),
            firms=(replace(content.firms[0], name=hostile, place=hostile),),
            targets=(replace(content.targets[0], name=hostile, lines=(hostile,)),),
            flows=(replace(content.flows[0], name=hostile),),
            zones=(replace(content.zones[0], name=hostile, kind=hostile),),
            places=(replace(content.places[0], name=hostile),),
            levels=(replace(level, regions=(replace(level.regions[0], name=hostile, lines=(hostile,)),)),),
        )
    )
    assert b"<script>alert" not in page
    assert b"</script><" not in page.replace(b"</script><script type=", b"").replace(b"</script><style>", b"")
    # Title twice, subtitle, note, review number: as text of the page.
    assert page.count(b"&lt;script&gt;alert(1)&lt;") == 5
    # Name and line of the region: escaped as HTML, then as JSON.
    assert page.count(b"\\u0026lt;script\\u0026gt;") == 2
    assert firms_of(page)[0]["name"] == hostile
    assert block_of(page, "zs-data")["targets"][0][0] == hostile


def test_two_renderings_are_the_same_bytes(content: MapContent) -> None:
    assert render_map(content) == render_map(content)


def test_the_page_carries_everything_it_needs(content: MapContent) -> None:
    page = render_map(content).decode()
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=", page)
    assert not re.search(r"url\((?!data:|none|#)", page)
    for part in ("Leaflet 1.", "L.HeatLayer", "const PointLayer", "function startMap", "--class-none"):
        assert part in page
    # Addresses that stand in the page's own parts are names (of a namespace, of a source), never asked for.
    assert "toGcj02" not in page


def test_an_asset_that_we_do_not_carry_is_refused() -> None:
    with pytest.raises(DataMismatch, match=r"chart\.js"):
        inline_assets('<script src="chart.js"></script>')
    with pytest.raises(DataMismatch, match=r"缺少前端文件"):
        inline_assets('<link rel="stylesheet" href="../static/app.css"/>')
    with pytest.raises(DataMismatch, match=r"https://example\.org/a\.png"):
        inline_assets('<img alt="" src="https://example.org/a.png">')


def test_ids_are_numbered_in_the_order_in_which_they_come() -> None:
    one, other = "0123456789abcdef" * 2, "fedcba9876543210" * 2
    assert number_ids(f"geo_json_{one}_add(") == f"geo_json_{0:032d}_add("
    assert number_ids(f"map_{one} popup_{other} map_{one}") == f"map_{0:032d} popup_{1:032d} map_{0:032d}"


def test_the_views_hold_the_region_the_targets_and_the_country(content: MapContent) -> None:
    views = find_views(content)
    assert list(views) == ["本地区", "目标企业", "全国"]
    assert views["本地区"] == ((28, 118), (29, 119))
    assert views["目标企业"] == ((28, 118), (31.23, 121.47))
    (south, west), (north, east) = views["全国"]
    assert south < 4.0
    assert west < 73.6
    assert north > 53.5
    assert east > 135.0


def test_a_region_without_boundary_and_targets_still_has_a_map(content: MapContent) -> None:
    bare = replace(
        content, outline=None, levels=(), firms=(), targets=(), flows=(), gaps=(), dash_line=None,
        nodes=(MapNode("lb/only", "独一环节", "midstream"),), heat=(), zones=(), source_regions=(), places=(),
    )  # fmt: skip
    assert list(find_views(bare)) == ["本地区", "全国"]
    assert list(find_views(replace(bare, centre=None))) == ["全国"]
    page = render_map(bare)
    assert "甲市" in page.decode()
    assert firms_of(page) == []


def test_the_legend_names_the_classes_the_review_number_and_the_sources(content: MapContent) -> None:
    page = render_map(content).decode()
    said = ("0–20%", "80–100%", "未观测", "本地企业（2 家）", "目标企业（1 家）", "内部资料 未经审图")
    for words in (*said, *content.notes):
        assert words in page
    assert "审图号：浙S（2026）1号" in render_map(replace(content, review_number="浙S（2026）1号")).decode()


def test_no_base_map_unless_it_is_asked_for() -> None:
    assert find_base_map("") is None
    with pytest.raises(ValueError, match="key"):
        find_base_map("tianditu")
    with pytest.raises(ValueError, match="bing"):
        find_base_map("bing")


def test_a_base_map_names_its_hosts_and_leaves_the_land_unfilled(content: MapContent) -> None:
    tianditu = find_base_map("tianditu", "k3y")
    assert tianditu is not None
    assert tianditu.hosts == tuple(f"https://t{n}.tianditu.gov.cn" for n in range(8))
    assert all(layer.endswith("&x={x}&y={y}&l={z}&tk=k3y") for layer in tianditu.layers)
    gaode = find_base_map("gaode")
    assert gaode is not None
    assert gaode.hosts == tuple(f"https://webrd0{n}.is.autonavi.com" for n in range(1, 5))
    assert gaode.gcj02
    assert not tianditu.gcj02
    page = render_map(replace(content, base=gaode)).decode()
    assert "function toGcj02" in page
    assert gaode.credit in page
    assert '"fill": false, "fillColor": "#fafafa"' in page
    assert '"fillOpacity": 0.55' in page


def test_lists_stand_for_content_without_anything(content: MapContent) -> None:
    empty = replace(content, levels=(), nodes=(), gaps=(), targets=(), flows=(), heat=(), zones=(),
                    source_regions=(), places=(), initials={}, centre=None)  # fmt: skip
    lists = encode_lists(empty)
    assert lists["centre"] is None
    assert lists["heat"] == {"spots": [], "cells": []}
    assert lists["initials"] == ["", ""]
