"""Open data: the numbers of the analysis in files that GIS and spreadsheets read, with fixed bytes."""

from __future__ import annotations

import csv
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
from typer.testing import CliRunner

from service.briefing import Brief, read_brief
from service.cli import app
from service.errors import InvalidQuery, UnknownRegion
from service.open_data import (
    LAYERS,
    DataFormat,
    choose_layers,
    gather_layers,
    layer_files,
    package_layers,
    zip_files,
)
from service.pipeline.imports import ImportOptions, import_file
from service.render.open_data import Column, Kind, Layer, Shape, layer_csv, layer_geojson
from service.workspace import Workspace

CHAIN = "lithium-battery"
EVIL = '=HYPERLINK("http://x.invalid")隔膜有限公司'


@pytest.fixture
def brief(workspace: Workspace) -> Iterator[Brief]:
    with workspace.session() as session:
        yield read_brief(session, workspace.knowledge, "330800", CHAIN, top=2)


@pytest.fixture
def layers(workspace: Workspace, brief: Brief) -> tuple[Layer, ...]:
    return gather(workspace, brief)


def gather(workspace: Workspace, brief: Brief) -> tuple[Layer, ...]:
    with workspace.session() as session:
        return gather_layers(session, workspace.knowledge, workspace.settings, brief)


def rows_of(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_numbers_are_those_of_the_analysis(layers: tuple[Layer, ...], brief: Brief) -> None:
    found = {layer.name: layer.rows for layer in layers}
    assert tuple(found) == LAYERS
    assert [(row["node"], row["priority"], row["expected"]) for row in found["gaps"]] == [
        (gap.node, gap.priority, gap.expected) for gap in brief.report.gaps
    ]
    for row in found["gaps"]:
        points = [value for name, value in row.items() if name.startswith("f_") and value is not None]
        assert sum(points) == pytest.approx(row["priority"])
    targets = [
        (one.gap.node, rank, target.name, target.score)
        for one in brief.top
        for rank, target in enumerate(one.ranked.ranked.targets, start=1)
    ]
    assert [(r["node"], r["rank"], r["name"], r["score"]) for r in found["targets"]] == targets
    assert {row["firm"] for row in found["firms"]} == {firm.key for firm in brief.firms}
    here = found["regions"][0]
    assert (here["adcode"], here["role"]) == ("330800", "本地区")
    assert here["completeness"] == brief.report.summary.completeness
    leaves = sum(here[str(rating)] for rating in brief.report.summary.leaves)
    assert leaves == len(brief.chain.leaves)
    # 浙江 has eleven cities, 衢州 two districts, a county-level city and three counties.
    assert [row["role"] for row in found["regions"]].count("同级地区") == 10
    assert [row["role"] for row in found["regions"]].count("下级地区") == 6
    assert len(found["nodes"]) == len(brief.chain.nodes)
    assert len(found["edges"]) == len(brief.chain.edges)


def test_a_gis_reads_the_package_back(layers: tuple[Layer, ...], brief: Brief, tmp_path: Path) -> None:
    path = tmp_path / "层.gpkg"
    path.write_bytes(package_layers(layers, brief))
    kinds = dict(pyogrio.list_layers(path).tolist())
    assert kinds == {
        "regions": "MultiPolygon", "firms": "Point", "targets": "Point", "gaps": "MultiPolygon",
        "nodes": None, "edges": None,
    }  # fmt: skip
    for layer in layers:
        frame = pyogrio.read_dataframe(path, layer=layer.name)
        assert len(frame) == len(layer.rows)
        for column in layer.columns:
            assert column.name in frame.columns
        if layer.shape is None:
            assert not isinstance(frame, gpd.GeoDataFrame)
            continue
        assert frame.crs.to_epsg() == 4326
        assert frame.geometry.is_valid.all()
        # Within the land: 73 to 136 degrees east, 3 to 54 north.
        west, south, east, north = frame.total_bounds
        assert west > 73
        assert east < 136
        assert south > 3
        assert north < 54
    regions = pyogrio.read_dataframe(path, layer="regions")
    assert regions["name"][0] == "衢州市"
    # The middle of 衢州 lies in its border.
    assert regions.geometry[0].contains(shapely.Point(118.87, 28.94))


def test_the_same_data_is_the_same_bytes(
    layers: tuple[Layer, ...], brief: Brief, workspace: Workspace
) -> None:
    again = gather(workspace, brief)
    assert package_layers(layers, brief) == package_layers(again, brief)
    for form in (DataFormat.CSV, DataFormat.GEOJSON):
        assert zip_files(layer_files(layers, form)) == zip_files(layer_files(again, form))


def test_packages_made_at_once_do_not_disturb_each_other(layers: tuple[Layer, ...], brief: Brief) -> None:
    expected = {name: package_layers(choose_layers(layers, name), brief) for name in ("gaps", "firms")}
    made: dict[str, bytes] = {}
    threads = [
        threading.Thread(
            target=lambda name=name: made.update({name: package_layers(choose_layers(layers, name), brief)})
        )  # type: ignore[misc]
        for name in expected
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == expected


def test_geojson_follows_its_standard(layers: tuple[Layer, ...]) -> None:
    for name, content in layer_files(layers, DataFormat.GEOJSON).items():
        if not name.endswith(".geojson"):
            continue
        collection = json.loads(content)
        assert collection["type"] == "FeatureCollection"
        assert "crs" not in collection
        for feature in collection["features"]:
            assert set(feature) == {"type", "geometry", "properties"}
            if feature["geometry"] and feature["geometry"]["type"] == "Polygon":
                assert shapely.geometry.shape(feature["geometry"]).exterior.is_ccw


def test_every_column_is_explained(layers: tuple[Layer, ...]) -> None:
    files = layer_files(layers, DataFormat.CSV)
    said = {(row["layer"], row["column"]): row["含义"] for row in rows_of(files["字段说明.csv"])}
    for layer in layers:
        heads = set(rows_of(files[f"{layer.name}.csv"])[0])
        for head in heads - {"lon", "lat"}:
            assert said[layer.name, head]


def test_no_cell_runs_as_a_formula(workspace: Workspace, tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    with names.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(
            [
                ["企业名称", "行政区划代码", "主营产品", "经度", "纬度"],
                [EVIL, "330802", "湿法隔膜", 118.9, 28.95],
            ]
        )
    import_file(
        workspace.engine, workspace.knowledge, names, ImportOptions(title="测试"),
        rejects_dir=workspace.settings.rejects_dir,
    )  # fmt: skip
    with workspace.session() as session:
        found = gather(workspace, read_brief(session, workspace.knowledge, "330800", CHAIN, top=1))
    firms = next(layer for layer in found if layer.name == "firms")
    (row,) = [row for row in rows_of(layer_csv(firms)) if "HYPERLINK" in row["name"]]
    assert row["name"] == f"'{EVIL}"
    assert (row["lon"], row["lat"], row["located"]) == ("118.9", "28.95", "坐标")


def test_a_value_that_is_no_number_and_a_place_that_is_none() -> None:
    columns = (Column("a", Kind.REAL, "甲"), Column("b", Kind.FLAG, "乙"), Column("c", Kind.TEXT, "丙"))
    rows = ({"a": float("nan"), "b": True, "c": None}, {"a": 1.5, "b": False, "c": "衢州"})
    layer = Layer("x", "图层", columns, rows, Shape.POINT, (None, shapely.Point(118.123456, 28)))
    assert rows_of(layer_csv(layer)) == [
        {"a": "", "b": "是", "c": "", "lon": "", "lat": ""},
        {"a": "1.5", "b": "否", "c": "衢州", "lon": "118.12346", "lat": "28.0"},
    ]
    first, second = json.loads(layer_geojson(layer))["features"]
    assert (first["geometry"], first["properties"]["a"]) == (None, None)
    assert second["geometry"]["coordinates"] == [118.12346, 28.0]
    empty = replace(layer, rows=(), geometries=())
    assert layer_csv(empty).decode("utf-8-sig") == "a,b,c,lon,lat\n"
    assert json.loads(layer_geojson(empty))["features"] == []


def test_a_region_of_which_nothing_is_known(workspace: Workspace, tmp_path: Path) -> None:
    """三沙 has no firm; its files are there, with their columns and without rows."""
    with workspace.session() as session:
        brief = read_brief(session, workspace.knowledge, "460300", CHAIN)
    found = gather(workspace, brief)
    path = tmp_path / "a.gpkg"
    path.write_bytes(package_layers(found, brief))
    assert len(pyogrio.read_dataframe(path, layer="firms")) == 0
    assert "score" in pyogrio.read_info(path, layer="targets")["fields"]
    assert len(pyogrio.read_dataframe(path, layer="regions")) > 1


def test_a_municipality_is_shown_by_its_districts(workspace: Workspace) -> None:
    with workspace.session() as session:
        brief = read_brief(session, workspace.knowledge, "110000", CHAIN, top=1)
    parts = [row["name"] for row in gather(workspace, brief)[0].rows if row["role"] == "下级地区"]
    assert len(parts) == 16
    assert "海淀区" in parts


@pytest.fixture
def on_this_data(data_dir: Path, monkeypatch: pytest.MonkeyPatch, no_settings_from_outside: None) -> None:
    monkeypatch.setenv("ZHAOSHANG_DATA_DIR", str(data_dir))


@pytest.mark.usefixtures("on_this_data")
def test_the_command_writes_what_the_function_gives(layers: tuple[Layer, ...], tmp_path: Path) -> None:
    ask = ["export", "--region", "衢州", "--chain", CHAIN, "--gaps", "2", "-o"]
    expected = layer_files(layers, DataFormat.CSV)
    result = CliRunner().invoke(app, [*ask, str(tmp_path / "a.zip")])
    assert result.exit_code == 0, result.output
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == expected
    result = CliRunner().invoke(app, [*ask, str(tmp_path / "a.geojson"), "--layer", "firms"])
    assert result.exit_code == 0, result.output
    assert len(json.loads((tmp_path / "a.geojson").read_bytes())["features"]) == len(layers[1].rows)
    result = CliRunner().invoke(app, [*ask, str(tmp_path / "a.gpkg")])
    assert [name for name, _ in pyogrio.list_layers(tmp_path / "a.gpkg")] == list(LAYERS)


@pytest.mark.usefixtures("on_this_data")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "a.csv"], "--layer"),
        (["-o", "a.shp"], "应以 .gpkg"),
        (["-o", "a.csv", "--layer", "roads"], "'roads'"),
        (["-o", "absent/a.gpkg"], "absent"),
    ],
)
def test_bad_questions_leave_no_file(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(app, ["export", "--region", "衢州", "--chain", CHAIN, *arguments])
    assert isinstance(result.exception, InvalidQuery), result.output
    assert said in str(result.exception)
    assert list(folder.iterdir()) == []
    result = CliRunner().invoke(app, ["export", "--region", "没有", "--chain", CHAIN, "-o", "a.gpkg"])
    assert isinstance(result.exception, UnknownRegion)
