"""The map as a file of its own, opened on a machine without any network."""

from __future__ import annotations

import base64
import csv
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from service.domain.datum import wgs84_to_gcj02
from service.knowledge import Knowledge
from service.mapping import draw_map
from service.pipeline.imports import ImportOptions, import_file
from service.render.map_page import STATIC
from service.settings import Settings
from service.storage.engine import open_engine, reading_session
from tests.boundaries import simplify_boundaries
from tests.browser.conftest import Watch

pytestmark = pytest.mark.browser

NAME = "<script>alert(1)</script>"
LON, LAT = 118.9, 28.95
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
LEVELS = ["省级完整度（全国）", "市级完整度（本省）", "县级完整度（本省）", "不着色"]
LAYERS = [
    "全国省界",
    "本地区边界",
    "本地企业",
    "目标企业",
    "目标企业到本地",
    "缺口环节的供应来向",
    "全国企业热力",
    "招商目标区域",
    "开发区",
    "地名",
]
_MAP = "window[Object.keys(window).find((name) => /^map_[0-9]+$/.test(name))]"
# How far (pixels) the tile layer draws a WGS-84 place from where the map puts it: the place in its tile, by
# GCJ-02, against the place on the map.
_TILE_OFFSET = f"""([lat, lon]) => {{
  const map = {_MAP}, zoom = map.getZoom(), pixel = map.project(toGcj02(lat, lon), zoom);
  const [x, y] = [Math.floor(pixel.x / 256), Math.floor(pixel.y / 256)];
  const tile = Object.values(window.base._tiles).find(
    ({{ coords }}) => coords.x === x && coords.y === y && coords.z === zoom);
  const at = tile.el.getBoundingClientRect(), box = map.getContainer().getBoundingClientRect();
  const wanted = map.latLngToContainerPoint([lat, lon]);
  return [at.left + pixel.x - x * 256 - box.left - wanted.x, at.top + pixel.y - y * 256 - box.top - wanted.y];
}}"""
# How many pixels of the heat layer are coloured.
_HEATED = """() => {
  const heat = document.querySelector(".leaflet-heatmap-layer");
  const { data } = heat.getContext("2d").getImageData(0, 0, heat.width, heat.height);
  return data.filter((part, i) => i % 4 === 3 && part).length;
}"""
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
            [
                ["公司名称", "行政区划代码", "主营产品", "经度", "纬度", "成立日期"],
                [NAME, "330802", "湿法隔膜", LON, LAT, "2015-03-04"],
                ["衢州" + "很长的名称" * 10 + "有限公司", "330825", "电池铝箔", 119.2, 29.0, "2005-01-01"],
            ]
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
    page.wait_for_selector("html[data-ready]", state="attached")
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
    assert [re.sub(r"（[\d,]+）", "", layer).strip() for layer in layers] == LAYERS
    assert [
        one.strip() for one in page.locator(".leaflet-control-layers-base label").all_inner_texts()
    ] == LEVELS
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
        ".zs-filters",
        ".zs-layers",
        ".zs-list",
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
    page.get_by_role("button", name="全国", exact=True).click()
    # Taipei, the southernmost dash, Kashgar, Fuyuan.
    seen = f"(places) => places.map((place) => {_MAP}.getBounds().contains(place))"
    assert page.evaluate(seen, [[25.05, 121.5], [3.6, 112.3], [39.5, 75.0], [48.3, 134.4]]) == [True] * 4


def test_the_map_is_laid_out_for_paper(map_page: tuple[Page, Watch]) -> None:
    page, watch = map_page
    page.emulate_media(media="print")
    for part in (".zs-layers", ".zs-list", ".zs-filters", ".leaflet-control-zoom"):
        expect(page.locator(part)).to_be_hidden()
    expect(page.locator(".zs-review")).to_have_text("审图号：浙S（2026）1号")
    page.emulate_media(media="screen")
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert printed.count(b"/Type /Page\n") <= 1
    # The canvases (regions, points) are on the paper as pictures: blank ones pack to next to nothing.
    assert sum(map(int, re.findall(rb"/Subtype /Image.{0,300}?/Length (\d+)", printed, re.DOTALL))) > 20_000
    assert watch.errors == []


def shown(page: Page) -> int:
    """Return how many firms the map says that it shows."""
    found = re.search(r"显示 ([\d,]+) /", page.locator("#zs-shown").inner_text())
    assert found is not None
    return int(found[1].replace(",", ""))


def search(page: Page, text: str) -> Locator:
    """Type into the search box and return the results."""
    page.get_by_role("combobox", name="搜索").fill(text)
    found = page.get_by_role("option")
    expect(found.first).to_be_visible()
    return found


def test_the_year_takes_firms_away_and_brings_them_back(map_page: tuple[Page, Watch]) -> None:
    page, watch = map_page
    slider, whole = page.locator("#zs-year"), shown(page)
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("2005", "2015")
    slider.fill("2014")
    assert shown(page) == whole - 1
    expect(page.locator("#zs-state")).to_contain_text("成立至 2014 年")
    page.get_by_label("含成立年份不详的").uncheck()
    assert shown(page) == 1
    slider.fill("2015")
    assert shown(page) == 2
    page.get_by_label("含成立年份不详的").check()
    assert shown(page) == whole
    expect(page.locator("#zs-state")).to_be_hidden()
    assert watch.errors == []


def test_a_node_narrows_firms_and_targets(map_page: tuple[Page, Watch]) -> None:
    page, _ = map_page
    whole = page.locator(".zs-target").count()
    assert whole > 5
    option = page.locator("#zs-node option", has_text="（缺口 1）")
    page.locator("#zs-node").select_option(option.get_attribute("value"))
    marks = page.locator(".zs-target").all_inner_texts()
    assert 1 <= len(marks) <= 5
    assert all(re.fullmatch(r"A[1-5]", mark) for mark in marks)
    assert page.locator(".zs-list button").count() == len(marks)
    assert f" {shown(page)} 家" in option.inner_text()


def test_supply_heat_zones_and_source_regions_can_be_shown(map_page: tuple[Page, Watch]) -> None:
    page, watch = map_page
    for layer in ("缺口环节的供应来向", "全国企业热力", "招商目标区域", "开发区"):
        page.locator(".zs-layers label", has_text=layer).click()
    page.get_by_role("button", name="全国", exact=True).click()
    expect(page.locator("#zs-flow-said")).to_contain_text("供应来向：")
    assert 1 <= page.locator(".zs-flow").count() <= 5
    expect(page.locator(".zs-source", has_text="京津冀")).to_have_count(1)
    page.wait_for_timeout(100)
    assert page.evaluate(_HEATED) > 1000
    page.locator(".zs-layers label", has_text="省级完整度").click()
    expect(page.locator(".zs-label span:visible", has_text="新疆维吾尔自治区")).to_have_count(1)
    assert watch.errors == []


@pytest.mark.parametrize("typed", ["alert(1)", "衢州很长", "qzhcd"])
def test_a_firm_is_found_by_name_or_initials_and_told(map_page: tuple[Page, Watch], typed: str) -> None:
    page, watch = map_page
    found = search(page, typed)
    name = found.first.inner_text().removeprefix("企业").strip()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup-content")).to_contain_text(name)
    expect(page.locator(".leaflet-popup-content")).to_contain_text("成立：")
    assert page.evaluate(f"{_MAP}.getZoom()") == 13
    assert (watch.dialogs, watch.errors) == ([], [])


def test_a_region_is_found_by_its_initials(map_page: tuple[Page, Watch]) -> None:
    page, _ = map_page
    expect(search(page, "wlmq").first).to_contain_text("乌鲁木齐市")
    page.keyboard.press("Enter")
    assert page.evaluate(f"{_MAP}.getBounds().contains([43.8, 87.6])")
    page.get_by_role("combobox", name="搜索").fill("没有这样的企业")
    expect(page.locator("#zs-found")).to_contain_text("没有找到")


def test_targets_are_told_from_the_list_and_by_keyboard(map_page: tuple[Page, Watch]) -> None:
    page, _ = map_page
    row = page.locator(".zs-list button").nth(1)
    assert re.match(r"[A-E]\d", row.inner_text())
    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup-content")).to_contain_text("位，")


def test_a_circle_of_several_leads_nearer_until_they_part(map_page: tuple[Page, Watch]) -> None:
    page, _ = map_page
    page.get_by_role("button", name="全国", exact=True).click()
    for layer in ("目标企业（", "目标企业到本地"):
        page.locator(".zs-layers label", has_text=layer).click()
    before = page.evaluate(f"{_MAP}.getZoom()")
    x, y = page.evaluate(_WHERE, [28.95, 118.87])
    page.mouse.click(x, y)
    page.wait_for_function(f"{_MAP}.getZoom() > {before + 1}")
    expect(page.locator(".leaflet-popup")).to_have_count(0)


def test_the_map_fits_a_phone(chromium: Browser, map_file: Path) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    page.goto(map_file.as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    box = page.locator(".folium-map").bounding_box()
    assert box is not None
    assert box["height"] > 600
    for part in (".zs-legend", ".zs-filters", ".zs-layers", ".zs-list"):
        assert page.locator(part).get_attribute("open") is None
        page.locator(f"{part} summary").click()
        page.locator(f"{part} summary").click()
    context.close()


PLACES = [("北京", 116.397, 39.909), ("衢州", 118.87, 28.94), ("喀什", 75.99, 39.47), ("三沙", 112.34, 16.83)]


def test_tiles_in_gcj02_lie_under_wgs84_points(chromium: Browser, map_file: Path, tmp_path: Path) -> None:
    """At known places the browser shifts as `domain.datum` does, and the tile that holds the shifted place
    is drawn so that the place stands where the map puts its WGS-84 position.
    """
    text = map_file.read_text(encoding="utf-8")
    tiles = (STATIC / "map-tiles.js").read_text(encoding="utf-8")
    page = chromium.new_page()
    asked: list[str] = []

    def one_pixel(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=PIXEL, content_type="image/png")

    page.route("https://tiles.invalid/**", one_pixel)
    page.goto(map_file.as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    assert text.count("toGcj02") == 0
    page.add_script_tag(content=tiles)
    for _, lon, lat in PLACES:
        east, north = (float(one) for one in wgs84_to_gcj02(lon, lat))
        moved = page.evaluate(
            "([lat, lon]) => { const at = toGcj02(lat, lon); return [at.lng, at.lat]; }", [lat, lon]
        )
        # A metre is about 1e-5 degrees; the two agree to a tenth of a millimetre.
        assert moved == pytest.approx([east, north], abs=1e-9)
    base = {
        "layers": ["https://tiles.invalid/{z}/{x}/{y}"],
        "subdomains": ["1"],
        "gcj02": True,
        "mostZoom": 18,
    }
    page.evaluate(
        f"""(base) => {{
          {_MAP}.setView([28.94, 118.87], 15, {{ animate: false }});
          window.base = baseLayers(base)[0].addTo({_MAP});
        }}""",
        base,
    )
    page.wait_for_function("document.querySelectorAll('.leaflet-tile-loaded').length > 4")
    off = page.evaluate(_TILE_OFFSET, [28.94, 118.87])
    assert asked
    assert all(abs(one) <= 1.5 for one in off)
    page.evaluate(f"void {_MAP}.panBy([900, 400], {{ animate: false }})")
    page.wait_for_timeout(300)
    assert all(abs(one) <= 2.5 for one in page.evaluate(_TILE_OFFSET, [28.94, 118.9]))
    page.close()
