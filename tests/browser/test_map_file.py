"""The map as a file of its own, opened on a machine without any network."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from service.knowledge import Knowledge
from service.mapping import draw_map
from service.pipeline.imports import ImportOptions, import_file
from service.settings import Settings
from service.storage.engine import open_engine, reading_session
from tests.boundaries import simplify_boundaries
from tests.browser.conftest import Watch

pytestmark = pytest.mark.browser

NAME = "<script>alert(1)</script>"
LON, LAT = 118.9, 28.95
LAYERS = [
    "全国省界",
    "同级地区完整度",
    "下级地区完整度",
    "本地区边界",
    "目标企业到本地",
    "本地企业",
    "目标企业",
    "地名",
]
_MAP = "window[Object.keys(window).find((name) => /^map_[0-9]+$/.test(name))]"
# Where a point of the map is, in the window's pixels.
_WHERE = f"""([lat, lon]) => {{
  const map = {_MAP}, at = map.getContainer().getBoundingClientRect();
  const point = map.latLngToContainerPoint([lat, lon]);
  return [at.left + point.x, at.top + point.y];
}}"""


@pytest.fixture(scope="module")
def map_file(seeded_data_dir: Path, knowledge: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Import a firm with a hostile name and write the map."""
    simplify_boundaries(seeded_data_dir / "cache")
    folder = tmp_path_factory.mktemp("map")
    shutil.copytree(seeded_data_dir, folder / "data")
    settings = Settings(data_dir=folder / "data", map_review_number="浙S（2026）1号")
    names = folder / "names.csv"
    with names.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(
            [["公司名称", "行政区划代码", "主营产品", "经度", "纬度"], [NAME, "330802", "湿法隔膜", LON, LAT]]
        )
    engine = open_engine(settings.sqlalchemy_url)
    options = ImportOptions(title="测试名录")
    import_file(engine, knowledge, names, options, rejects_dir=settings.rejects_dir)
    written = folder / "map.html"
    with reading_session(engine) as session:
        written.write_bytes(draw_map(session, knowledge, settings, "330800", "lithium-battery"))
    engine.dispose()
    return written


@pytest.fixture
def map_page(context: BrowserContext, map_file: Path) -> tuple[Page, Watch]:
    """Open the file with the network cut off; anything but the file itself is refused."""
    watch = Watch(map_file.as_uri())

    def only_files(route: Route) -> None:
        route.continue_() if route.request.url.startswith("file:") else route.abort()

    context.route("**/*", only_files)
    context.set_offline(True)
    page = watch.follow(context.new_page())
    page.goto(map_file.as_uri())
    page.wait_for_selector(".leaflet-control-layers")
    return page, watch


def test_the_map_asks_nobody_for_anything(map_page: tuple[Page, Watch], map_file: Path) -> None:
    page, watch = map_page
    page.wait_for_timeout(300)
    assert watch.requests == [map_file.as_uri()]
    assert watch.errors == []


def test_what_stands_on_the_map(map_page: tuple[Page, Watch]) -> None:
    page, _ = map_page
    assert page.title() == "衢州市 · 锂电池招商地图"
    expect(page.locator("h1")).to_have_text("衢州市 · 锂电池招商地图")
    layers = page.locator(".leaflet-control-layers-overlays label").all_inner_texts()
    words = [re.sub(r"（\d+）", "", layer).strip() for layer in layers]
    assert words == LAYERS
    legend = page.locator(".zs-legend")
    for said in (
        "产业链完整度",
        "80–100%",
        "未观测",
        "数据日期：20",
        "来源：",
        "测试名录",
        "审图号：浙S（2026）1号",
    ):
        expect(legend).to_contain_text(said)


def test_nothing_on_the_map_covers_a_control(map_page: tuple[Page, Watch]) -> None:
    page, _ = map_page
    boxes = {}
    for part in (
        ".zs-title",
        ".zs-legend",
        ".leaflet-control-layers",
        ".leaflet-control-zoom",
        ".leaflet-control-scale",
    ):
        found = page.locator(part).bounding_box()
        assert found is not None
        boxes[part] = found
    names = list(boxes)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            a, b = boxes[one], boxes[other]
            beside = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
            apart = a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
            assert beside or apart, f"{one} lies over {other}"


def test_a_click_on_a_firm_tells_its_name_as_text(map_page: tuple[Page, Watch]) -> None:
    page, watch = map_page
    x, y = page.evaluate(_WHERE, [LAT, LON])
    page.mouse.click(x, y)
    popup = page.locator(".leaflet-popup-content")
    expect(popup).to_contain_text(NAME)
    expect(popup).to_contain_text("湿法隔膜")
    assert popup.locator("script").count() == 0
    assert watch.dialogs == []


def test_the_country_is_whole_when_zoomed_out(map_page: tuple[Page, Watch]) -> None:
    page, _ = map_page
    page.get_by_role("button", name="全国").click()
    # Taipei, the southernmost dash, Kashgar, Fuyuan.
    seen = f"(places) => places.map((place) => {_MAP}.getBounds().contains(place))"
    assert page.evaluate(seen, [[25.05, 121.5], [3.6, 112.3], [39.5, 75.0], [48.3, 134.4]]) == [True] * 4


def test_the_map_is_laid_out_for_paper(map_page: tuple[Page, Watch]) -> None:
    page, watch = map_page
    page.emulate_media(media="print")
    expect(page.locator(".leaflet-control-layers")).to_be_hidden()
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") <= 1
    assert watch.errors == []
