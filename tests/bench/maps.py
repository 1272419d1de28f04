"""The map of a province with 5,000 firm points, against the plain way of drawing the same points."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import folium
import polars as pl
from folium.plugins import MarkerCluster

from service.mapping import draw_map
from service.pipeline.imports import ImportOptions, import_file
from service.settings import Settings
from service.workspace import Workspace, open_workspace
from tests.bench.figures import Figure
from tests.bench.register import PROVINCE

POINTS, CHAIN, PRODUCT = 5_000, "lithium-battery", "动力电池"
MB = 1e6


def measure_map(folder: Path) -> list[Figure]:
    """Draw the whole map (borders, completeness, targets, points) and the plain map of the same points."""
    firms = synthetic_points()
    path = folder / "points.csv"
    firms.write_csv(path)
    with open_workspace(Settings(data_dir=folder / "map")) as workspace:
        rejects = workspace.settings.rejects_dir
        import_file(workspace.engine, workspace.knowledge, path, ImportOptions(), rejects_dir=rejects)
        first, _ = _timed(lambda: draw(workspace))
        ours, page = _timed(lambda: draw(workspace))
    plain, plain_page = _timed(lambda: draw_plainly(firms))
    size, plain_size = len(page) / MB, len(plain_page) / MB
    return [
        Figure(f"Map of a province with {POINTS:,} firm points", f"{ours:.2f} s", "under 2 s", ours < 2),
        Figure("— the first one after the start", f"{first:.2f} s"),
        Figure("— size, everything inside, no request", f"{size:.2f} MB", "under 3 MB", size < 3),
        Figure(
            "folium Marker + MarkerCluster, same points, nothing else on it",
            f"{plain:.2f} s, {plain_size:.2f} MB and {plain_page.count(b'https://')} outside requests",
        ),
        Figure(
            "— plain against ours",
            f"{plain / ours:.1f} times the time, {plain_size / size:.1f} times the size",
        ),
    ]


def synthetic_points() -> pl.DataFrame:
    """Return firms of the power cell node spread over Zhejiang, with coordinates (WGS-84)."""
    chooser = random.Random(3)
    return pl.DataFrame(
        {
            "企业名称": [f"浙江第{number}动力电池有限公司" for number in range(POINTS)],
            "地址": ["浙江省衢州市柯城区"] * POINTS,
            "主要产品": [PRODUCT] * POINTS,
            "经度": [round(chooser.uniform(118.6, 121.4), 5) for _ in range(POINTS)],
            "纬度": [round(chooser.uniform(28.0, 30.6), 5) for _ in range(POINTS)],
        }
    )


def draw(workspace: Workspace) -> bytes:
    """Draw the map as a user gets it."""
    with workspace.session() as session:
        return draw_map(session, workspace.knowledge, workspace.settings, PROVINCE, CHAIN)


def draw_plainly(firms: pl.DataFrame) -> bytes:
    """Draw the points as folium's guide does: one Marker with a Popup each, in a MarkerCluster."""
    canvas = folium.Map(location=(29.2, 120.0), zoom_start=7)
    cluster = MarkerCluster().add_to(canvas)  # type: ignore[no-untyped-call]
    for name, address, product, lon, lat in firms.iter_rows():
        text = f"<b>{name}</b><br>环节：{product}<br>{address}"
        folium.Marker((lat, lon), popup=folium.Popup(text, max_width=320)).add_to(cluster)
    return canvas.get_root().render().encode()


def _timed(run: Callable[[], bytes]) -> tuple[float, bytes]:
    started = time.perf_counter()
    result = run()
    return time.perf_counter() - started, result
