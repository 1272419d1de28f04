"""The map of a province with 20,000 firm points against folium's own markers; 200,000 points; frame times."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import folium
import polars as pl
from folium.plugins import MarkerCluster
from playwright.sync_api import Page, sync_playwright

from service.mapping import draw_map, gather_map
from service.pipeline.imports import ImportOptions, import_file
from service.render.map_content import MapContent, MapFirm
from service.render.maps import render_map
from service.settings import Settings
from service.workspace import Workspace, open_workspace
from tests.bench.figures import Figure
from tests.bench.register import PROVINCE
from tests.browser.serving import CHROMIUM_ARGUMENTS, find_chromium

POINTS, MANY, CHAIN, PRODUCT = 20_000, 200_000, "lithium-battery", "动力电池"
MB = 1e6
_WIDTH, _HEIGHT = 1366, 768

# Drags the map to and fro, then zooms in and out, and notes how long every frame took (milliseconds).
_FRAMES = """async ({ width, height }) => {
  const map = window[Object.keys(window).find((name) => /^map_[0-9]+$/.test(name))];
  const frames = [];
  let last = performance.now(), running = true;
  const tick = (now) => { frames.push(now - last); last = now; if (running) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  const rest = (time) => new Promise((done) => setTimeout(done, time));
  const fire = (kind, x, y) => (kind === "mousedown" ? map.getContainer() : document).dispatchEvent(
    new MouseEvent(kind, { clientX: x, clientY: y, button: 0, buttons: 1, bubbles: true }));
  for (let turn = 0; turn < 4; turn++) {
    const sign = turn % 2 ? -1 : 1;
    fire("mousedown", width / 2, height / 2);
    for (let step = 1; step <= 30; step++) {
      fire("mousemove", width / 2 + sign * step * 10, height / 2 + sign * step * 5);
      await new Promise(requestAnimationFrame);
    }
    fire("mouseup", width / 2 + sign * 300, height / 2 + sign * 150);
    await rest(150);
  }
  for (const step of [1, 1, 1, -1, -1, -1]) { map.setZoom(map.getZoom() + step); await rest(600); }
  running = false;
  return frames.slice(2);
}"""


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
        content = gather(workspace)
    built, _ = _timed(lambda: render_map(content))
    large, large_page = _timed(lambda: render_map(multiplied(content, MANY)))
    plain, plain_page = _timed(lambda: draw_plainly(firms))
    size, plain_size, large_size = len(page) / MB, len(plain_page) / MB, len(large_page) / MB
    return [
        Figure(f"Map of a province with {POINTS:,} firm points", f"{ours:.2f} s", "under 2 s", ours < 2),
        Figure("— of that building the file", f"{built:.2f} s", "under 1 s", built < 1),
        Figure("— the first one after the start", f"{first:.2f} s"),
        Figure("— size, everything inside, no request", f"{size:.2f} MB", "under 3 MB", size < 3),
        *measure_frames(f"{POINTS:,} points", page, folder),
        Figure(f"The same file with {MANY:,} points, every firm named", f"{large:.2f} s"),
        Figure("— size", f"{large_size:.2f} MB", "under 8 MB", large_size < 8),
        *measure_frames(f"{MANY:,} points", large_page, folder),
        Figure(
            f"folium Marker + MarkerCluster, the same {POINTS:,} points, nothing else on it",
            f"{plain:.2f} s, {plain_size:.2f} MB and {plain_page.count(b'https://')} outside requests",
        ),
        Figure(
            "— plain against ours",
            f"{plain / ours:.1f} times the time, {plain_size / size:.1f} times the size",
        ),
    ]


def measure_frames(what: str, page: bytes, folder: Path) -> list[Figure]:
    """Open the page in Chromium, pan and zoom it; nothing where the machine has no Chromium."""
    chromium = find_chromium()
    if chromium is None:
        return []
    path = folder / "frames.html"
    path.write_bytes(page)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
        tab = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
        opened, _ = _timed(lambda: open_page(tab, path))
        frames = tab.evaluate(_FRAMES, {"width": _WIDTH, "height": _HEIGHT})
        browser.close()
    return [
        Figure(
            f"— {what} in headless Chromium without a graphics card: until it can be used", f"{opened:.1f} s"
        ),
        Figure("— a frame while panning and zooming: median, 95th percentile, longest", say_frames(frames)),
    ]


def open_page(tab: Page, path: Path) -> bytes:
    """Open the map and wait until it says that it is ready."""
    tab.goto(path.as_uri())
    tab.wait_for_selector("html[data-ready]", state="attached", timeout=60_000)
    return b""


def say_frames(frames: Sequence[float]) -> str:
    """Return median, 95th percentile and longest of frame times in milliseconds."""
    ranked = sorted(frames)
    late = ranked[int(0.95 * (len(ranked) - 1))]
    return f"{statistics.median(ranked):.0f}, {late:.0f} and {ranked[-1]:.0f} ms ({len(ranked)} frames)"


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


def multiplied(content: MapContent, count: int) -> MapContent:
    """Return the map with `count` firms: names, places and years as different as those of a register."""
    chooser = random.Random(5)
    words = [chr(code) for code in range(0x4E00, 0x4E00 + 2_500)]
    nodes = [(node.id,) for node in content.nodes]
    places = [f"浙江省某市第{number}区" for number in range(90)]
    firms = [
        MapFirm(
            f"浙江{''.join(chooser.choices(words, k=6))}有限公司",
            chooser.uniform(118.6, 121.4),
            chooser.uniform(28.0, 30.6),
            chooser.choice(places),
            chooser.choice(nodes),
            chooser.choice([None, *range(1985, 2026)]),
            placed=True,
        )
        for _ in range(count)
    ]
    return replace(content, firms=firms)


def draw(workspace: Workspace) -> bytes:
    """Draw the map as a user gets it."""
    with workspace.session() as session:
        return draw_map(session, workspace.knowledge, workspace.settings, PROVINCE, CHAIN)


def gather(workspace: Workspace) -> MapContent:
    """Return what the map shows."""
    with workspace.session() as session:
        return gather_map(session, workspace.knowledge, workspace.settings, PROVINCE, CHAIN)


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
