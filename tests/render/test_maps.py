"""The map in layers: what is handed to Leaflet, then the page as a whole."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from service.errors import DataMismatch
from service.render.map_page import inline_assets, number_ids
from service.render.maps import (
    BREAKS,
    NOT_PLACED,
    UNKNOWN_COLOUR,
    MapContent,
    colour_of,
    find_views,
    percent,
    render_map,
)
from tests.render.conftest import layers_of, points_of, square


def test_the_layers_hold_what_the_content_says(content: MapContent) -> None:
    country, dashes, peers, parts, outline, lines, firms, targets = layers_of(render_map(content))
    assert [feature["geometry"] for feature in country["features"]] == [square(73, 18, 60.0)]
    assert dashes["features"][0]["geometry"] == content.dash_line
    assert [feature["geometry"] for feature in peers["features"]] == [square(118, 28), square(119, 28)]
    assert [feature["properties"]["text"] for feature in peers["features"]] == [
        "<b>甲市</b><br>完整度：50%<br>疑缺 1",
        "<b>乙市</b><br>完整度：未观测",
    ]
    # 0.5 lies in the third class (40-60%), 0.2 still in the first, None in none.
    assert [feature["properties"]["colour"] for feature in peers["features"]] == [
        BREAKS[2][1],
        UNKNOWN_COLOUR,
    ]
    assert parts["features"][0]["properties"]["colour"] == BREAKS[0][1]
    assert outline["features"][0]["geometry"] == square(118, 28)
    assert lines["features"][0]["geometry"]["coordinates"] == [[[121.47, 31.23], [118.5, 28.5]]]
    assert [feature["geometry"]["coordinates"] for feature in firms["features"]] == [
        [118.1235, 28.9877],
        [118.5, 28.5],
    ]
    assert targets["features"][0]["geometry"]["coordinates"] == [121.47, 31.23]


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
    hostile = "<script>alert(1)</script>"
    firm, target = content.firms[0], content.targets[0]
    page = render_map(
        replace(
            content,
            title=hostile,
            subtitle=hostile,
            notes=(hostile,),
            review_number=hostile,
            firms=(replace(firm, title=hostile, lines=(hostile,)),),
            targets=(replace(target, title=hostile, lines=(hostile,)),),
            peers=(replace(content.peers[0], name=hostile, lines=(hostile,)),),
        )
    )
    assert hostile.encode() not in page
    # Title twice, subtitle, note, review number; then as data: firm, target and region, two texts each.
    assert page.count(b"&lt;script&gt;alert(1)&lt;") == 6
    assert page.count(b"\\u0026lt;script\\u0026gt;") == 6


def test_a_firm_without_coordinates_says_so(content: MapContent) -> None:
    placed, unplaced, _ = points_of(render_map(content))
    assert NOT_PLACED not in placed["properties"]["text"]
    assert unplaced["properties"]["text"].endswith(NOT_PLACED)
    assert placed["properties"]["text"] == "<b>&lt;b&gt;甲&lt;/b&gt;公司</b><br>环节：隔膜 &amp; 铜箔"


def test_two_renderings_are_the_same_bytes(content: MapContent) -> None:
    assert render_map(content) == render_map(content)


def test_the_page_carries_everything_it_needs(content: MapContent) -> None:
    page = render_map(content).decode()
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=", page)
    assert not re.search(r"url\((?!data:|none|#)", page)
    assert "L.version" in page or "Leaflet 1." in page
    assert "jQuery" in page


def test_an_asset_that_we_do_not_carry_is_refused() -> None:
    with pytest.raises(DataMismatch, match=r"chart\.js"):
        inline_assets('<script src="chart.js"></script>')
    with pytest.raises(DataMismatch, match=r"缺少前端文件"):
        inline_assets('<link rel="stylesheet" href="../../app.css"/>')
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
    bare = replace(content, outline=None, peers=(), parts=(), firms=(), targets=(), dash_line=None)
    assert list(find_views(bare)) == ["本地区", "全国"]
    assert list(find_views(replace(bare, centre=None))) == ["全国"]
    assert "甲市" in render_map(bare).decode()


def test_the_legend_names_the_classes_the_review_number_and_the_sources(content: MapContent) -> None:
    page = render_map(content).decode()
    for said in (
        "0–20%",
        "80–100%",
        "未观测",
        "本地企业（2 家）",
        "目标企业（1 家）",
        "内部资料 未经审图",
        *content.notes,
    ):
        assert said in page
    assert "审图号：浙S（2026）1号" in render_map(replace(content, review_number="浙S（2026）1号")).decode()
