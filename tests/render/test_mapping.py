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
from service.mapping import draw_map, region_features
from service.pipeline.imports import ImportOptions, import_file
from service.workspace import Workspace
from tests.render.conftest import layers_of, points_of

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


def title_of(feature: dict[str, Any]) -> str:
    return str(feature["properties"]["text"]).partition("<br>")[0]


def place_of(page: bytes, name: str) -> list[float]:
    found = [one["geometry"]["coordinates"] for one in points_of(page) if name in title_of(one)]
    assert len(found) == 1
    return list(found[0])


@pytest.mark.parametrize(
    ("region", "peers", "parts"),
    [
        pytest.param("330000", 34, 11, id="province"),
        pytest.param("330800", 11, 6, id="city"),
        pytest.param("330825", 90, 0, id="county"),
    ],
)
def test_a_map_shows_the_regions_beside_and_within(
    workspace: Workspace, region: str, peers: int, parts: int
) -> None:
    """34 provinces; Zhejiang has 11 cities and 90 counties, Quzhou 6 of them."""
    layers = layers_of(draw(workspace, region))
    shaded = [len(layer["features"]) for layer in layers if "colour" in layer["features"][0]["properties"]]
    assert shaded == ([peers, parts] if parts else [peers])


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
    assert place_of(page, "测试甲") == [118.9, 28.95]
    lon, _ = place_of(page, "测试乙")
    assert 0.001 < 118.9 - lon < 0.01


def test_firms_without_coordinates_stand_apart_near_the_middle_of_their_county(
    workspace: Workspace, import_firms: Import
) -> None:
    import_firms([[f"龙游测试{i:02d}有限公司", "330825", "湿法隔膜", "", ""] for i in range(30)])
    page = draw(workspace, "330825")
    drawn = [one for one in points_of(page) if "龙游测试" in title_of(one)]
    places = np.array([one["geometry"]["coordinates"] for one in drawn])
    assert len(places) == 30
    assert len({tuple(place) for place in places}) == 30
    middle = workspace.knowledge.geography.get("330825")
    assert np.abs(places - [middle.lon, middle.lat]).max() < 0.05


def test_every_coordinate_has_four_decimals_at_most(workspace: Workspace) -> None:
    for layer in layers_of(draw(workspace, "330825")):
        for feature in layer["features"]:
            pairs = shapely.get_coordinates(shapely.geometry.shape(feature["geometry"]))
            assert np.array_equal(pairs, pairs.round(4))


def test_a_node_narrows_the_targets_to_its_own(workspace: Workspace) -> None:
    page = draw(workspace, "330800", node=f"{CHAIN}/copper-foil")
    targets = [one for one in points_of(page) if "位，" in one["properties"]["text"]]
    assert 1 <= len(targets) <= 5
    assert all("锂电铜箔：第" in one["properties"]["text"] for one in targets)


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
    assert len(page) < 3_000_000
    drawn = [one for one in points_of(page) if "号新能源材料" in title_of(one)]
    assert len(drawn) == 5000
    assert b"<i>" not in page
    assert all("&lt;i&gt;" in one["properties"]["text"] for one in drawn)


def test_the_layer_for_other_programs_names_every_region_within(workspace: Workspace) -> None:
    with workspace.session() as session:
        found = region_features(session, workspace.knowledge, workspace.settings, "330800", CHAIN)
        provinces = region_features(
            session, workspace.knowledge, workspace.settings, "330000", CHAIN, level=Level.PROVINCE
        )
    assert {feature["id"] for feature in found["features"]} == set(COUNTIES)
    assert [feature["properties"]["name"] for feature in provinces["features"]] == ["浙江省"]
