"""Pictures for print: nothing covers anything, the same bytes every time, what is known is drawn."""

from __future__ import annotations

import io
import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import Rectangle
from PIL import Image

from service.domain.chains import Chain, Node, Stage
from service.domain.regions import Level
from service.errors import FontMissing
from service.ingest.boundaries import load_boundaries, load_dash_line
from service.knowledge import Knowledge
from service.render.picture_canvas import A4, SCREEN, Canvas, Sheet, drawing, save
from service.render.picture_font import PictureFont, find_picture_font
from service.render.picture_gaps import GapsContent, compose_gaps
from service.render.picture_kinds import PictureFormat
from service.render.picture_labels import Label, place_labels
from service.render.picture_map import View, compose_map
from service.render.picture_map_content import FirmsThere, MapArea, MapContent
from service.render.picture_radar import compose_radar
from service.render.picture_sea import (
    SeaGeometry,
    albers,
    apart_from_sea,
    conic,
    inset_size,
    lay_inset,
)
from service.render.picture_tree import TreeContent, compose_tree
from tests.render.pictures import (
    BASELINE_FONT,
    BASELINES,
    HEADING,
    boxes_of,
    chain_with,
    draw_baselines,
    gaps_of,
    map_of,
    radar_of,
    shrunk,
    texts_of,
    tree_of,
)

LONG = "非常长的环节名称" * 8
NASTY = "甲 & <b>乙</b> $x_1$ \U0001f600\x0b丙"


@pytest.fixture(scope="module")
def font() -> PictureFont:
    try:
        return find_picture_font()
    except FontMissing as error:
        pytest.skip(str(error))


def assert_nothing_overlaps(canvas: Canvas) -> None:
    """No text touches another by more than half a point, none leaves the page."""
    boxes = boxes_of(canvas)
    assert boxes
    for text, box in boxes:
        assert min(box.left, box.top) >= 0, text
        assert box.right <= canvas.sheet.width, text
        assert box.bottom <= canvas.sheet.height, text
    edges = np.array([[box.left, box.right, box.top, box.bottom] for _, box in boxes])
    across = np.minimum.outer(edges[:, 1], edges[:, 1]) - np.maximum.outer(edges[:, 0], edges[:, 0])
    down = np.minimum.outer(edges[:, 3], edges[:, 3]) - np.maximum.outer(edges[:, 2], edges[:, 2])
    touching = np.triu((across > 0.5) & (down > 0.5), k=1)
    assert [(boxes[one][0], boxes[two][0]) for one, two in np.argwhere(touching)] == []


# The tree


@pytest.mark.parametrize(
    ("sheet", "every"), [pytest.param(A4, 1, id="A4: all"), pytest.param(SCREEN, 6, id="4K: some")]
)
def test_no_label_of_a_shipped_tree_covers_another(
    knowledge: Knowledge, font: PictureFont, sheet: Sheet, every: int
) -> None:
    for chain in list(knowledge.chains.values())[::every]:
        pages = compose_tree(tree_of(chain), sheet, font)
        assert len(pages) == 1, chain.id
        assert_nothing_overlaps(pages[0])
        texts = texts_of(pages[0])
        assert all(any(node.name in text for text in texts) for node in chain.nodes), chain.id


def test_a_tree_of_three_hundred_nodes_takes_pages_and_loses_none(font: PictureFont) -> None:
    chain = chain_with(20, 14)
    pages = compose_tree(tree_of(chain), A4, font)
    assert len(chain.nodes) == 300
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        assert_nothing_overlaps(page)
        assert f"第 {number} 页，共 {len(pages)} 页" in texts_of(page)
    shown = [text for page in pages for text in texts_of(page)]
    assert all(node.name in shown for node in chain.nodes if node.parent)
    again = [text for text in shown if text.endswith("（续）")]
    assert again
    assert all(text.startswith("环节组") for text in again)


def test_a_tree_of_one_node(font: PictureFont) -> None:
    chain = Chain("one", "独链", "1", "2026-01-01", (Node("one/a", "独环", None, Stage.MIDSTREAM),), ())
    (page,) = compose_tree(tree_of(chain), A4, font)
    assert_nothing_overlaps(page)
    assert "独环（中游）" in texts_of(page)


def test_an_empty_tree_is_a_page(font: PictureFont) -> None:
    empty = TreeContent(HEADING, Chain("e", "空", "1", "", (), ()), {})
    assert len(compose_tree(empty, A4, font)) == 1


def test_long_names_are_cut_with_an_ellipsis(font: PictureFont) -> None:
    chain = chain_with(3, 20, name=LONG)
    assert len(chain.nodes[1].name) > 60
    for page in compose_tree(tree_of(chain), SCREEN, font):
        assert_nothing_overlaps(page)
        names = [text for text in texts_of(page) if text.startswith(LONG[:6])]
        assert names
        assert all("…" in name for name in names)


def test_what_the_rows_say(font: PictureFont) -> None:
    """A rating says its word, firms here and expected; unobserved says no number; marks stand apart."""
    chain = chain_with(1, 5)
    content = tree_of(chain)  # missing, suspected, weak, balanced, strong, unobserved in this order
    (page,) = compose_tree(content, SCREEN, font)
    texts = texts_of(page)
    assert {"缺 0.0/2.5", "疑缺 0.3/2.5", "弱 0.7/2.5", "平 1.0/2.5", "强 1.3/2.5", "未观测"} <= set(texts)
    assert texts.count("◆") == 2  # nodes 0 and 3 of 6
    assert texts.count("▲") == 2  # leaves 1 and 3


@given(
    shape=st.lists(st.integers(0, 12), min_size=1, max_size=12),
    name=st.text(alphabet="隔膜正极Ab1（）", min_size=1, max_size=70),
)
@settings(max_examples=6)
def test_whatever_the_tree_nothing_overlaps(shape: list[int], name: str) -> None:
    font = find_picture_font()
    nodes: list[Node] = []
    for group, leaves in enumerate(shape):
        nodes.append(Node(f"x/{group}", name, None, Stage.UPSTREAM))
        for leaf in range(leaves):
            above = f"x/{group}" if leaf < 2 else f"x/{group}-{leaf - 2}"
            nodes.append(Node(f"x/{group}-{leaf}", name[::-1], above, Stage.UPSTREAM))
    for page in compose_tree(tree_of(Chain("x", "x", "1", "", tuple(nodes), ())), A4, font):
        assert_nothing_overlaps(page)


# The map


def test_nothing_on_the_map_covers_anything(font: PictureFont) -> None:
    (page,) = compose_map(map_of(targets=12), SCREEN, font)
    assert_nothing_overlaps(page)
    texts = texts_of(page)
    assert {"某0市", "某1市", "某2市", "某3市", "0–20%", "80–100%", "未观测", "内部资料 未经审图"} <= set(
        texts
    )
    assert {"数据日期：2026-03-04；来源：测试名录", "本地企业 10 家"} <= set(texts)
    assert any(text.endswith(" km") for text in texts)


def test_a_target_has_its_number_in_the_list_and_on_the_map(font: PictureFont) -> None:
    """Of three targets the first is in the frame, the second far outside, the third nowhere known."""
    (page,) = compose_map(map_of(), SCREEN, font)
    texts = texts_of(page)
    assert [texts.count(number) for number in "123"] == [2, 2, 1]
    places = [box for text, box in boxes_of(page) if text == "2"]
    frame_right = SCREEN.width * 0.7
    (at_edge,) = [box for box in places if box.right < frame_right]
    # It lies to the south-west: at the lower edge, left of the middle.
    assert at_edge.bottom > SCREEN.height * 0.8
    assert at_edge.left < frame_right / 2


def test_the_review_number_stands_on_the_map(font: PictureFont) -> None:
    (page,) = compose_map(map_of(review="审图号：浙S(2026)1号"), A4, font)
    assert "审图号：浙S(2026)1号" in texts_of(page)


def test_a_map_without_firms_and_targets(font: PictureFont) -> None:
    (page,) = compose_map(map_of(firms=(), targets=0), A4, font)
    assert_nothing_overlaps(page)
    assert {"本地企业 0 家", "没有可列的目标企业"} <= set(texts_of(page))


def test_a_map_of_long_and_nasty_names(font: PictureFont) -> None:
    content = map_of(name=LONG)
    targets = tuple(replace(one, name=NASTY + LONG) for one in content.targets)
    (page,) = compose_map(replace(content, targets=targets), A4, font)
    assert_nothing_overlaps(page)
    assert any(text.startswith("甲 & <b>乙</b> $x_1$ □丙") and text.endswith("…") for text in texts_of(page))


def test_the_area_of_a_circle_goes_with_its_firms(font: PictureFont) -> None:
    (page,) = compose_map(map_of(firms=(FirmsThere(118.3, 28.4, 16), FirmsThere(119.4, 28.6, 4))), A4, font)
    from matplotlib.patches import Circle

    green = mpl.colors.to_rgb("#1b7837")
    circles = [one for one in page.figure.findobj(Circle) if one.get_facecolor()[:3] == green]
    assert sorted({round(one.radius, 6) for one in circles})[-2:] == [7.5, 15.0]  # areas as 4 to 16


@given(
    places=st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(0, 9)), max_size=40),
    size=st.floats(6, 12),
)
@settings(max_examples=30)
def test_placed_names_never_overlap(places: list[tuple[float, float, float]], size: float) -> None:
    font = find_picture_font()
    frame = Sheet(120, 120, (1, 1))
    from service.render.picture_canvas import Box

    taken = [Box(0, 0, 30, 30)]
    labels = [Label(f"名{number}", *place) for number, place in enumerate(places)]
    found = place_labels(labels, Box(0, 0, frame.width, frame.height), font, (size, 5.0), taken=taken)
    boxes = []
    for label, place in found:
        width, height = font.width(label.text, place.size), place.size
        boxes.append(Box(place.x - width / 2, place.y - height / 2, width, height))
    assert not any(one.covers(other) for one, other in itertools.combinations([*boxes, *taken], 2))
    assert len({label.text for label, _ in found}) == len(found)


def test_the_projection_is_that_of_the_book() -> None:
    """Snyder 1987, page 291: parallels 29.5 and 45.5, origin 23 N 96 W, the point 35 N 75 W, R = 1."""
    ((x, y),) = conic((29.5, 45.5), (-96.0, 23.0), 1.0)(np.array([[-75.0, 35.0]]))
    assert (x, y) == pytest.approx((0.2952720, 0.2416774), abs=5e-8)


@given(lon=st.floats(75, 130), lat=st.floats(18, 52))
def test_the_projection_keeps_areas(lon: float, lat: float) -> None:
    """A tenth of a degree square covers R² Δλ (sin φ2 - sin φ1) on the sphere."""
    ring = np.array([[lon, lat], [lon + 0.1, lat], [lon + 0.1, lat + 0.1], [lon, lat + 0.1]])
    flat = shapely.Polygon(albers(73.0, 18.0, 135.0, 54.0)(ring)).area
    true = 6371.0088**2 * np.radians(0.1) * (np.sin(np.radians(lat + 0.1)) - np.sin(np.radians(lat)))
    assert flat == pytest.approx(true, rel=1e-4)


def test_the_scale_of_the_map_is_right() -> None:
    """One degree of latitude is 111.195 km on the sphere."""
    from service.render.picture_canvas import Box

    frame = Box(0, 0, 400, 300)
    view = View([shapely.box(118, 28, 121, 31)], frame, frame)
    low, high = view.point(119.5, 29.0), view.point(119.5, 30.0)
    assert (low[1] - high[1]) / view.per_km == pytest.approx(111.195, rel=2e-3)
    assert low[0] == pytest.approx(high[0], abs=0.01)


# The country and the South China Sea


@pytest.fixture(scope="module")
def provinces(seeded_data_dir: Path, simplified_boundaries: None) -> MapContent:
    """All provinces as one map."""
    frame = load_boundaries(Level.PROVINCE, cache_dir=seeded_data_dir / "cache")
    rows = list(zip(frame["adcode"], frame["name"], frame["geometry"], strict=True))
    areas = tuple(MapArea(adcode, name[:2], shape, 0.5, None) for adcode, name, shape in rows)
    sea = SeaGeometry(tuple(frame["geometry"]), tuple(load_dash_line()["geometry"]))
    return replace(map_of(targets=0), areas=areas, land=(), outline=areas[10].shape, sea=sea)


def test_a_map_of_the_country_has_taiwan_and_the_inset(provinces: MapContent, font: PictureFont) -> None:
    assert len(provinces.areas) == 34
    (page,) = compose_map(provinces, A4, font)
    assert_nothing_overlaps(page)
    texts = texts_of(page)
    assert {"台湾", "海南", "新疆", "南海诸岛", "黑龙"} <= set(texts)


def test_the_inset_holds_ten_dashes_and_the_islands(provinces: MapContent) -> None:
    inset = lay_inset(provinces.sea, 10.0, 20.0, 100.0)
    assert len(inset.dashes) == 10
    points = np.array([point for dash in inset.dashes for point in dash])
    assert (points >= [10.0, 20.0]).all()
    assert (points <= [10.0 + inset_size(100.0), 120.0]).all()
    by_code = {provinces.areas[number].adcode: rings for number, rings in inset.land}
    assert {"460000", "440000", "450000", "710000"} <= by_code.keys()
    # Hainan reaches from its island, in the upper half, down to the southernmost reefs.
    heights = [y for ring in by_code["460000"] for _, y in ring]
    assert min(heights) < 60.0
    assert max(heights) > 112.0


@pytest.mark.parametrize(
    ("code", "shown"), [("460000", True), ("330000", False), ("440000", False), ("710000", False)]
)
def test_who_takes_the_inset(provinces: MapContent, code: str, shown: bool) -> None:
    """Hainan does; others lie north of it (Guangdong's Pratas stand at 20.7 N)."""
    (shape,) = [area.shape for area in provinces.areas if area.adcode == code]
    _, inset = apart_from_sea([shape, shapely.box(110, 19, 111, 20)])
    assert inset is shown


def test_a_region_in_the_sea_alone_is_the_main_map() -> None:
    islands = shapely.box(112, 16, 112.1, 16.1)
    main, inset = apart_from_sea([islands])
    assert (main, inset) == ([islands], False)


# Gaps and radar


def bars_of(page: Canvas, content: GapsContent) -> list[float]:
    """Return the lengths of the bars in points, from above: the rectangles of one row together."""
    rows: dict[float, float] = {}
    for one in page.figure.findobj(Rectangle):
        left = one.get_x()
        if left > 0.3 * page.sheet.width - 10 and one.get_width() > 0 and one.get_height() > 15:
            rows[round(one.get_y(), 3)] = rows.get(round(one.get_y(), 3), 0.0) + one.get_width()
    return [length for _, length in sorted(rows.items())][-len(content.gaps) :]


def test_a_bar_is_as_long_as_its_priority(knowledge: Knowledge, font: PictureFont) -> None:
    content = gaps_of(knowledge.weights.gap, knowledge.weights.target)
    (page,) = compose_gaps(content, A4, font)
    assert_nothing_overlaps(page)
    lengths = bars_of(page, content)
    assert len(lengths) == len(content.gaps) == 5
    ratios = [length / gap.priority for length, gap in zip(lengths, content.gaps, strict=True)]
    assert ratios == pytest.approx([ratios[0]] * 5, rel=1e-6)
    texts = texts_of(page)
    assert [f"{gap.priority:.1f}" in texts for gap in content.gaps] == [True] * 5


def test_gaps_of_long_names_are_cut(knowledge: Knowledge, font: PictureFont) -> None:
    weights = knowledge.weights
    (page,) = compose_gaps(gaps_of(weights.gap, weights.target, leaves=30, name=LONG), A4, font)
    assert_nothing_overlaps(page)
    assert len([text for text in texts_of(page) if text.startswith(LONG[:6]) and text.endswith("…")]) == 15
    assert "共 29 个缺链环节，图中为最紧要的 15 个" in texts_of(page)


def test_no_gap_is_said(knowledge: Knowledge, font: PictureFont) -> None:
    content = replace(gaps_of(knowledge.weights.gap, knowledge.weights.target), gaps=(), total=0)
    (page,) = compose_gaps(content, A4, font)
    assert any("没有可列的缺链" in text for text in texts_of(page))


@pytest.mark.parametrize("sheet", [SCREEN, A4])
def test_the_radar_says_its_figures(font: PictureFont, sheet: Sheet) -> None:
    (page,) = compose_radar(radar_of(), sheet, font)
    assert_nothing_overlaps(page)
    texts = texts_of(page)
    assert texts.count("上游完整") == 2  # at its axis and in the table
    assert {"90%", "不详", "60%", "80%", "40%", "甲市", "乙市"} <= set(texts)


# The files

Compose = Callable[[], Sequence[Canvas]]


@pytest.fixture(params=["map", "tree", "gaps", "radar"])
def compose(request: pytest.FixtureRequest, knowledge: Knowledge, font: PictureFont) -> Compose:
    weights = knowledge.weights
    makers: dict[str, Compose] = {
        "map": lambda: compose_map(map_of(), A4, font),
        "tree": lambda: compose_tree(tree_of(chain_with(2, 4)), A4, font),
        "gaps": lambda: compose_gaps(gaps_of(weights.gap, weights.target), A4, font),
        "radar": lambda: compose_radar(radar_of(), A4, font),
    }
    return makers[request.param]


def file_of(pages: Sequence[Canvas], form: PictureFormat, page: int = 1) -> bytes:
    with drawing():
        return save(pages, form, page)


@pytest.mark.parametrize("form", [PictureFormat.PNG, PictureFormat.SVG])
def test_two_drawings_are_the_same_bytes(compose: Compose, form: PictureFormat) -> None:
    with drawing():
        first, second = (save(compose(), form) for _ in range(2))
    assert first == second
    assert b"date>" not in first.lower()


@pytest.mark.parametrize(
    ("sheet", "pixels"),
    [pytest.param(SCREEN, (3840, 2160), id="4K"), pytest.param(A4, (3508, 2480), id="A4")],
)
def test_sizes_are_exact(font: PictureFont, sheet: Sheet, pixels: tuple[int, int]) -> None:
    pages = compose_radar(radar_of(), sheet, font)
    with Image.open(io.BytesIO(file_of(pages, PictureFormat.PNG))) as picture:
        assert picture.size == pixels
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", file_of(pages, PictureFormat.PDF))
    assert box
    assert [float(one) for one in box.groups()] == pytest.approx([sheet.width, sheet.height], abs=0.01)
    root = ET.fromstring(file_of(pages, PictureFormat.SVG))
    assert [float(part) for part in root.attrib["viewBox"].split()] == pytest.approx(
        [0, 0, sheet.width, sheet.height], abs=0.01
    )


def test_an_a4_page_is_an_a4_page() -> None:
    assert (A4.width / 72 * 25.4, A4.height / 72 * 25.4) == pytest.approx((297, 210))


def test_the_texts_of_an_svg_are_texts(compose: Compose) -> None:
    pages = compose()
    root = ET.fromstring(file_of(pages, PictureFormat.SVG))
    found = [(one.text or "") for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert sorted(found) == sorted(texts_of(pages[0]))
    families = {one.attrib["style"] for one in root.iter("{http://www.w3.org/2000/svg}text")}
    assert all("Microsoft YaHei" in family for family in families)


def test_a_pdf_embeds_its_font_as_truetype(compose: Compose) -> None:
    content = file_of(compose(), PictureFormat.PDF)
    assert b"/FontFile2" in content
    assert b"/CIDFontType2" in content
    assert b"/Type3" not in content
    assert content.count(b"/Type /FontDescriptor") == len(re.findall(rb"/FontFile2 \d", content)) > 0


def test_a_pdf_holds_all_pages_and_an_svg_one(font: PictureFont) -> None:
    pages = compose_tree(tree_of(chain_with(20, 14)), A4, font)
    content = file_of(pages, PictureFormat.PDF)
    assert file_of(compose_tree(tree_of(chain_with(20, 14)), A4, font), PictureFormat.PDF) == content
    assert b"Date" not in content
    assert len(re.findall(rb"/Type /Page\b(?!s)", content)) == len(pages) > 1
    first, second = (file_of(pages, PictureFormat.SVG, page) for page in (1, 2))
    assert first != second


def test_pictures_look_as_they_did(font: PictureFont) -> None:
    """Mean difference from the committed pictures, shrunk and grey, of 255."""
    if font.path.name != BASELINE_FONT:
        pytest.skip(f"the baselines are drawn with {BASELINE_FONT}, not {font.path.name}")
    found = {name: shrunk(content) for name, content in draw_baselines(font).items()}
    known = {name: shrunk((BASELINES / f"{name}.png").read_bytes()) for name in found}
    for name, picture in found.items():
        assert np.abs(picture - known[name]).mean() < 1.0, name
    # The measure tells pictures apart.
    pairs = itertools.permutations(found, 2)
    assert min(np.abs(found[one] - known[other]).mean() for one, other in pairs) > 4.0


# The font


def test_a_machine_without_chinese_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(FontMissing, match="fonts-wqy-microhei"):
        find_picture_font(folders=[tmp_path])


def test_a_font_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    with pytest.raises(FontMissing, match=r"broken\.ttf 无法读取"):
        find_picture_font(broken)
    with pytest.raises(FontMissing, match=r"missing\.ttf 无法读取"):
        find_picture_font(tmp_path / "missing.ttf")
    latin = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    with pytest.raises(FontMissing, match="没有汉字“产”"):
        find_picture_font(latin)


def test_a_broken_known_font_is_passed_over(tmp_path: Path, font: PictureFont) -> None:
    (tmp_path / "wqy-microhei.ttc").write_bytes(b"no font")
    (tmp_path / "msyh.ttc").symlink_to(font.path)
    assert find_picture_font(folders=[tmp_path]).path == tmp_path / "msyh.ttc"


@given(text=st.text(max_size=40), room=st.floats(0, 200), size=st.floats(5, 20))
def test_a_cut_text_fits(text: str, room: float, size: float) -> None:
    font = find_picture_font()
    shown = font.cut(text, room, size)
    assert font.width(shown, size) <= room + 1e-9 or shown == "…"
    assert shown == font.clean(text) or shown.endswith("…")


def test_widths_are_those_that_matplotlib_measures(font: PictureFont) -> None:
    canvas = Canvas(A4, font)
    said = canvas.text(100.0, 100.0, "浙江省 12.5 家（2026）AVTo", 20.0)
    ((_, box),) = boxes_of(canvas)
    assert said.width == pytest.approx(box.width, rel=0.03)
    assert box.top < 100.0 < box.bottom
