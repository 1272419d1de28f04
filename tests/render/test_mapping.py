"""Maps of real regions from stored firms: levels, datum, country, size."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import shapely.geometry

from service.domain.regions import Level
from service.map_layers import supply_flows
from service.mapping import draw_map, region_features
from service.pipeline.imports import ImportOptions, import_file
from service.workspace import Workspace
from tests.render.conftest import block_of, firms_of, layers_of

CHAIN = "lithium-battery"
PRODUCTS = ("湿法隔膜", "三元前驱体", "六氟磷酸锂", "电池铝箔", "动力电池", "电池结构件", "导电剂")
COUNTIES = ("330802", "330803", "330822", "330824", "330825", "330881")

Import = Callable[..., None]


@pytest.fixture
def data_dir(simplified_boundaries: None, seeded_data_dir: Path, tmp_path: Path) -> Path:
    """Return a copy of the seed data in which no test waits for boundaries."""
    return Path(shutil.copytree(seeded_data_dir, tmp_path / "data"))


@pytest.fixture
def import_firms(workspace: Workspace, tmp_path: Path) -> Import:
    """Return a function that imports rows of name, adcode, products, longitude, latitude."""

    def run(rows: Sequence[Sequence[object]], **options: str) -> None:
        file = tmp_path / "firms.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([["公司名称", "行政区划代码", "主营产品", "经度", "纬度"], *rows])
        chosen = ImportOptions(**options)  # type: ignore[arg-type]
        rejects = workspace.settings.rejects_dir
        import_file(workspace.engine, workspace.knowledge, file, chosen, rejects_dir=rejects)

    return run


def draw(workspace: Workspace, region: str, *, node: str | None = None) -> bytes:
    with workspace.session() as session:
        return draw_map(session, workspace.knowledge, workspace.settings, region, CHAIN, node=node)


def firm_named(page: bytes, name: str) -> dict[str, Any]:
    """Return the one firm whose name holds `name`."""
    (found,) = [one for one in firms_of(page) if name in one["name"]]
    return found


@pytest.mark.parametrize(
    ("region", "shown"),
    [
        pytest.param("330000", 1, id="province: its cities"),
        pytest.param("330800", 2, id="city: its counties"),
        pytest.param("330825", 2, id="county: those beside it"),
        pytest.param("110000", 2, id="municipality: its districts"),
    ],
)
def test_a_map_shows_provinces_cities_and_counties(workspace: Workspace, region: str, shown: int) -> None:
    """34 provinces; Zhejiang has 11 cities and 90 counties; Beijing is one city of 16 districts."""
    page = draw(workspace, region)
    shaded = [
        len(layer["features"]) for layer in layers_of(page) if "colour" in layer["features"][0]["properties"]
    ]
    assert shaded == ([34, 1, 16] if region == "110000" else [34, 11, 90])
    assert f'"shown":{shown}'.encode() in page


def test_the_country_has_taiwan_and_ten_dashes(workspace: Workspace) -> None:
    country, dashes = layers_of(draw(workspace, "330800"))[:2]
    assert len(country["features"]) == 34
    land = [shapely.geometry.shape(feature["geometry"]) for feature in country["features"]]
    for lon, lat in ((121.0, 23.8), (114.17, 22.38), (112.34, 16.83)):  # Taiwan, Hong Kong, the Paracels
        assert min(shape.distance(shapely.Point(lon, lat)) for shape in land) < 0.05
    assert len(dashes["features"][0]["geometry"]["coordinates"]) == 10


def test_gcj02_coordinates_are_drawn_as_wgs84(workspace: Workspace, import_firms: Import) -> None:
    """In China the two lie some hundred metres apart (0.001 to 0.01 degrees), GCJ-02 to the east here."""
    import_firms([["衢州测试甲有限公司", "330802", "湿法隔膜", 118.9, 28.95]], source="plain")
    import_firms(
        [["衢州测试乙有限公司", "330802", "湿法隔膜", 118.9, 28.95]], source="shifted", datum="gcj02"
    )
    page = draw(workspace, "330800")
    assert firm_named(page, "测试甲")["at"] == [118.9, 28.95]
    lon, _ = firm_named(page, "测试乙")["at"]
    assert 0.001 < 118.9 - lon < 0.01


@pytest.mark.parametrize("firms", [30, 900])
def test_firms_without_coordinates_stand_apart_near_the_middle_of_their_county(
    workspace: Workspace, import_firms: Import, firms: int
) -> None:
    """However many they are, they stay within 0.05 degrees (5 km) of the middle."""
    import_firms([[f"龙游测试{i:03d}有限公司", "330825", "湿法隔膜", "", ""] for i in range(firms)])
    drawn = [one for one in firms_of(draw(workspace, "330825")) if "龙游测试" in one["name"]]
    assert len(drawn) == firms
    assert not any(one["placed"] for one in drawn)
    places = np.array([one["at"] for one in drawn])
    assert len({tuple(place) for place in places}) > 0.97 * firms
    middle = workspace.knowledge.geography.get("330825")
    assert np.abs(places - [middle.lon, middle.lat]).max() < 0.05


def test_a_firm_tells_its_place_its_nodes_and_its_year(workspace: Workspace, import_firms: Import) -> None:
    import_firms([["衢州测试丙有限公司", "330802", "湿法隔膜；电池铝箔", 118.9, 28.95]])
    found = firm_named(draw(workspace, "330800"), "测试丙")
    assert found["place"] == "浙江省衢州市柯城区"
    assert {"湿法隔膜", "电池铝箔"} <= set(found["nodes"])
    assert found["founded"] is None


def test_every_coordinate_has_four_decimals_at_most(workspace: Workspace) -> None:
    page = draw(workspace, "330825")
    for layer in layers_of(page):
        for feature in layer["features"]:
            pairs = shapely.get_coordinates(shapely.geometry.shape(feature["geometry"]))
            assert np.array_equal(pairs, pairs.round(4))
    for _, _, geometry in block_of(page, "zs-data")["sources"]:
        pairs = shapely.get_coordinates(shapely.geometry.shape(geometry))
        assert np.array_equal(pairs, pairs.round(4))


def test_a_node_narrows_the_targets_to_its_own(workspace: Workspace) -> None:
    lists = block_of(draw(workspace, "330800", node=f"{CHAIN}/copper-foil"), "zs-data")
    (gap,) = lists["gaps"]
    assert lists["nodes"][gap][0] == "锂电铜箔"
    ranks = [marks for _, _, _, marks, _, _ in lists["targets"]]
    assert [[node for node, _, _ in marks] for marks in ranks] == [[gap]] * len(ranks)
    # Ranked from 1 without a hole, unless a target has no place on the map.
    assert [rank for ((_, rank, _),) in ranks] == list(range(1, len(ranks) + 1))
    assert 1 <= len(ranks) <= 5


def test_supply_comes_from_elsewhere_and_the_strongest_within_reach_first(workspace: Workspace) -> None:
    """Counted as "supply within reach": effective firms * exp(-km / 150), by hand from three cities."""
    geography = workspace.knowledge.geography
    place = geography.find("330800")
    cells = [
        ("330700", "n", 4.0, 4, 0),
        ("330100", "n", 3.0, 3, 0),
        ("440300", "n", 90.0, 90, 0),
        ("330800", "n", 50.0, 50, 0),  # the region itself
        ("330200", "n", 0.4, 1, 0),  # less than half a firm
        ("330200", "m", 9.0, 9, 0),  # another node
    ]
    flows = supply_flows(geography, place, ["n"], cells, {})
    jinhua, hangzhou, shenzhen = geography.distances_km("330800", ["330700", "330100", "440300"])
    # 4 exp(-0.79) = 1.8, 3 exp(-0.87) = 1.3, 90 exp(-5.7) = 0.3: the nearest first, not the largest.
    assert (round(jinhua / 10), round(hangzhou / 10), round(shenzhen / 10)) == (12, 13, 85)
    assert [flow.name for flow in flows] == ["金华市", "杭州市", "深圳市"]
    assert [flow.effective for flow in flows] == [4.0, 3.0, 90.0]
    assert flows[0].distance_km == pytest.approx(jinhua)


def test_a_countys_own_firms_are_taken_off_its_city(workspace: Workspace) -> None:
    geography = workspace.knowledge.geography
    county = geography.find("330825")
    (flow,) = supply_flows(geography, county, ["n"], [("330800", "n", 5.0, 5, 0)], {"n": 2.0})
    assert (flow.name, flow.effective) == ("衢州市", 3.0)
    assert supply_flows(geography, county, ["n"], [("330800", "n", 2.0, 2, 0)], {"n": 2.0}) == []


def test_the_country_is_there_as_heat_zones_and_source_regions(workspace: Workspace) -> None:
    lists = block_of(draw(workspace, "330800"), "zs-data")
    assert len(lists["zones"]) == 460
    names = [name for name, _, _ in lists["sources"]]
    assert {"长三角", "珠三角", "京津冀", "成渝"} <= set(names)
    outlines = {name: shapely.geometry.shape(geometry) for name, _, geometry in lists["sources"]}
    assert outlines["长三角"].contains(shapely.Point(121.0, 31.0))  # between Shanghai and Suzhou
    assert outlines["京津冀"].contains(shapely.Point(116.4, 39.9))  # Beijing
    assert not outlines["京津冀"].contains(shapely.Point(121.0, 31.0))
    total = sum(effective for _, _, effective in lists["heat"]["cells"])
    assert total > 100
    lons = [lon for lon, _ in lists["heat"]["spots"]]
    assert min(lons) < 105 < 121 < max(lons)


def test_the_search_box_knows_every_city_and_the_counties_of_the_province(workspace: Workspace) -> None:
    found = {
        name: initials for name, _, initials, *_ in block_of(draw(workspace, "330800"), "zs-data")["places"]
    }
    assert found["衢州市"] == "qz"
    assert "龙游县" in found
    assert "乌鲁木齐市" in found
    assert "昆山市" not in found


def test_a_region_without_polygon_gets_a_map_around_the_one_above(workspace: Workspace) -> None:
    page = draw(workspace, "653228").decode()
    assert "和康县尚无边界数据，地图以新疆维吾尔自治区和田地区为中心" in page
    middle = workspace.knowledge.geography.get("653200")
    assert block_of(page.encode(), "zs-data")["centre"] == [
        round(middle.lon or 0, 4),
        round(middle.lat or 0, 4),
    ]


def test_a_region_without_firms_still_has_a_map(workspace: Workspace) -> None:
    page = draw(workspace, "542525")
    assert firms_of(page) == []
    assert "本地企业（0 家）" in page.decode()


def test_a_base_map_stands_on_the_map_only_when_it_is_set(workspace: Workspace) -> None:
    assert b"autonavi" not in draw(workspace, "330800")
    settings = workspace.settings.model_copy(update={"map_tiles": "gaode"})
    with workspace.session() as session:
        page = draw_map(session, workspace.knowledge, settings, "330800", CHAIN)
    assert b"autonavi" in page


def test_two_drawings_of_the_same_data_are_the_same_bytes(workspace: Workspace) -> None:
    assert draw(workspace, "330800") == draw(workspace, "330800")


def test_five_thousand_firms_fit_into_three_megabytes(
    workspace: Workspace, import_firms: Import, record_property: Callable[[str, object], None]
) -> None:
    rows = [
        [f"<i>衢州</i>第{i:05d}号新能源材料有限公司", COUNTIES[i % 6], PRODUCTS[i % 7], "", ""]
        for i in range(5000)
    ]
    import_firms(rows, complete_for=("330800",))
    page = draw(workspace, "330800")
    record_property("megabytes", round(len(page) / 1e6, 2))
    assert len(page) < 2_500_000
    assert len([one for one in firms_of(page) if "号新能源材料" in one["name"]]) == 5000
    assert b"<i>\xe8" not in page


def test_the_layer_for_other_programs_names_every_region_within(workspace: Workspace) -> None:
    with workspace.session() as session:
        found = region_features(session, workspace.knowledge, workspace.settings, "330800", CHAIN)
        provinces = region_features(
            session, workspace.knowledge, workspace.settings, "330000", CHAIN, level=Level.PROVINCE
        )
    assert {feature["id"] for feature in found["features"]} == set(COUNTIES)
    assert [feature["properties"]["name"] for feature in provinces["features"]] == ["浙江省"]
