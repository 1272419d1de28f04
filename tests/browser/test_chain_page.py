"""The page of one chain in a real browser: both drawings, 90 and 2,000 nodes, keys, address, panel."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watch
from tests.browser.large_chain import CHAIN as LARGE
from tests.browser.large_chain import LEAVES, MIDDLES, NODES, TOPS, write_large_chain
from tests.browser.serving import running_service

pytestmark = pytest.mark.browser

CHAIN = "lithium-battery"
FOIL = f"{CHAIN}/copper-foil"

# Every text that is drawn now, with its box in the whole drawing.
_TEXTS = """() => {
  const box = document.getElementById("tree"), chart = echarts.getInstanceByDom(box);
  const left = parseFloat(box.style.left), top = parseFloat(box.style.top);
  return chart.getZr().storage.getDisplayList(true).filter((one) => one.type === "tspan").map((one) => {
    const rect = one.getBoundingRect().clone();
    if (one.transform) rect.applyTransform(one.transform);
    return [one.style.text, rect.x + left, rect.y + top, rect.width, rect.height];
  });
}"""
_SPACE = """() => {
  const space = document.querySelector(".tree-space"), at = space.getBoundingClientRect();
  return [at.width, at.height, at.top + window.scrollY];
}"""
# Where a node's mark, or the box that folds it, is in the window (series 1 and 2 of the chart).
_WHERE = """([id, series]) => {
  const box = document.getElementById("tree"), chart = echarts.getInstanceByDom(box);
  const drawn = chart.getOption().series[series].data.find((one) => one.node.id === id);
  const [x, y] = chart.convertToPixel({ seriesIndex: series }, drawn.value), at = box.getBoundingClientRect();
  return [at.left + x, at.top + y];
}"""


def wait_drawn(page: Page) -> None:
    """Wait until the drawing has followed the last change."""
    page.wait_for_selector("#tree-box[data-drawn]")
    page.wait_for_timeout(150)
    expect(page.locator(".tree-wait")).to_be_hidden()


def all_texts(page: Page) -> dict[tuple[str, int, int], tuple[float, float, float, float]]:
    """Scroll over the whole drawing and return every text's box by its words and place."""
    wait_drawn(page)
    found: dict[tuple[str, int, int], tuple[float, float, float, float]] = {}
    _, height, top = page.evaluate(_SPACE)
    for scroll in range(0, int(top + height) + 1, 1200):
        page.evaluate("(y) => window.scrollTo(0, y)", scroll)
        page.wait_for_timeout(60)
        for text, x, y, wide, high in page.evaluate(_TEXTS):
            found[text, round(x), round(y)] = (x, y, x + wide, y + high)
    return found


def overlaps(boxes: dict[Any, tuple[float, float, float, float]]) -> list[tuple[Any, Any]]:
    """Return the pairs of texts whose boxes share more than a hair."""
    found = []
    rows = sorted(boxes.items(), key=lambda entry: entry[1][1])
    for at, (name, (left, top, right, bottom)) in enumerate(rows):
        for other, (left2, top2, right2, bottom2) in rows[at + 1 :]:
            if top2 >= bottom - 0.5:
                break
            if left < right2 - 0.5 and left2 < right - 0.5 and top < bottom2 - 0.5:
                found.append((name, other))
    return found


def check_texts(page: Page, least: int) -> dict[Any, tuple[float, float, float, float]]:
    texts = all_texts(page)
    assert len(texts) >= least
    assert overlaps(texts) == []
    width = page.evaluate(_SPACE)[0]
    assert [name for name, box in texts.items() if box[0] < 0 or box[2] > width] == []
    return texts


def click_node(page: Page, node: str, series: int = 1) -> None:
    wait_drawn(page)
    page.mouse.click(*page.evaluate(_WHERE, [node, series]))


def test_overlaps_are_found() -> None:
    apart, over = {"a": (0.0, 0.0, 10.0, 10.0), "b": (0.0, 10.0, 10.0, 20.0)}, (5.0, 5.0, 12.0, 9.0)
    assert overlaps(apart) == []
    assert overlaps({**apart, "c": over}) == [("a", "c")]


@pytest.mark.parametrize("chain", [CHAIN, "machine-tools", "specialty-paper"])
def test_no_name_in_the_supply_graph_lies_over_another(page: Page, base: str, chain: str) -> None:
    page.goto(f"{base}/chain?region=330800&chain={chain}&view=supply")
    check_texts(page, least=70)


@pytest.mark.parametrize("zoom", ["0.4", "1.7"])
@pytest.mark.parametrize("view", ["tree", "supply"])
def test_no_name_lies_over_another_at_any_zoom(page: Page, base: str, view: str, zoom: str) -> None:
    page.goto(f"{base}/chain?region=330800&chain={CHAIN}&view={view}&zoom={zoom}")
    check_texts(page, least=30)


def test_both_views_show_the_same_node_and_the_address_follows(page: Page, base: str) -> None:
    page.goto(f"{base}/chain?region=330800&chain={CHAIN}")
    page.get_by_role("button", name="供应图").click()
    wait_drawn(page)
    click_node(page, FOIL)
    expect(page.locator("#panel h2")).to_contain_text("锂电铜箔")
    assert "view=supply" in page.url
    assert "copper-foil" in page.url
    page.locator("#panel [data-focus]").click()
    expect(page.get_by_role("button", name="看全链")).to_be_visible()
    address = page.url
    assert "focus=copper-foil" in address
    texts = {name for name, _, _ in all_texts(page)}
    assert {"本环节", "客户", "客户的客户"} <= texts
    # A colleague opens the same address and sees the same.
    page.goto("about:blank")
    page.goto(address)
    assert {name for name, _, _ in all_texts(page)} == texts
    expect(page.locator("#panel h2")).to_contain_text("锂电铜箔")


def test_back_and_forward_go_through_what_was_opened(page: Page, base: str) -> None:
    page.goto(f"{base}/chain?region=330800&chain={CHAIN}")
    wait_drawn(page)
    page.locator("details.nodes > summary").click()
    page.locator(f'.nodes a[data-node="{FOIL}"]').click()
    expect(page.locator("#panel h2")).to_contain_text("锂电铜箔")
    page.keyboard.press("v")
    wait_drawn(page)
    assert "view=supply" in page.url
    page.go_back()
    expect(page.get_by_role("button", name="树", exact=True)).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(page.locator("#panel")).to_contain_text("点击一个环节")
    page.go_forward()
    expect(page.locator("#panel h2")).to_contain_text("锂电铜箔")


def test_the_drawing_is_used_by_keyboard_alone(page: Page, base: str) -> None:
    page.goto(f"{base}/chain?region=330800&chain={CHAIN}")
    wait_drawn(page)
    page.locator("#tree-box").focus()
    says = page.locator("#tree-says")
    page.keyboard.press("Home")
    expect(says).to_contain_text("资源与基础原料")
    page.keyboard.press("ArrowRight")
    expect(says).to_contain_text("锂矿采选")
    page.keyboard.press("ArrowDown")
    expect(says).to_contain_text("盐湖提锂")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_contain_text("盐湖提锂")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_contain_text("点击一个环节")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(says).to_contain_text("已收起")
    assert "flip=resources" in page.url
    page.keyboard.press("Space")
    expect(says).to_contain_text("已展开")
    page.keyboard.press("+")
    expect(page.locator("#zoom-level")).to_have_text("120%")
    page.keyboard.press("?")
    expect(page.locator("#chain-help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#chain-help")).to_be_hidden()


def test_arrows_in_the_supply_graph_lead_to_customers(page: Page, base: str) -> None:
    page.goto(f"{base}/chain?region=330800&chain={CHAIN}&view=supply&focus=copper-foil&node={FOIL}")
    wait_drawn(page)
    page.locator("#tree-box").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tree-says")).to_contain_text(re.compile("电池"))
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#tree-says")).to_contain_text("锂电铜箔")


def test_a_group_is_folded_by_its_box(page: Page, base: str) -> None:
    page.goto(f"{base}/chain?region=330800&chain={CHAIN}")
    wait_drawn(page)
    before = page.evaluate(_SPACE)[1]
    click_node(page, f"{CHAIN}/resources", series=2)
    page.wait_for_function("(high) => document.querySelector('.tree-space').offsetHeight < high", arg=before)
    expect(page.locator("#panel")).to_contain_text("点击一个环节")


def test_finding_a_node_by_name_opens_it(page: Page, base: str) -> None:
    page.goto(f"{base}/chain?region=330800&chain={CHAIN}&fold=all")
    page.locator("#find-node").fill("锂电铜箔")
    page.locator("#find-node").press("Enter")
    expect(page.locator("#panel h2")).to_contain_text("锂电铜箔")
    assert any("锂电铜箔" in name for name, _, _ in all_texts(page))


def test_the_panel_says_what_stands_around_the_node(page: Page, base: str) -> None:
    page.goto(f"{base}/chain?region=330800&chain={CHAIN}&node={FOIL}")
    panel = page.locator("#panel")
    for words in ("应有", "本地企业", "供应它的环节", "它供应的环节", "周边供给", "来源地政策", "未录入"):
        expect(panel).to_contain_text(words)
    expect(panel.get_by_role("link", name="看理由和全部名单")).to_be_visible()
    panel.locator("a[data-node]").first.click()
    expect(panel.locator("h2")).to_contain_text(re.compile("电池"))


def test_the_drawing_follows_the_theme(page: Page, base: str) -> None:
    page.goto(f"{base}/chain?region=330800&chain={CHAIN}")
    wait_drawn(page)
    ink = "() => echarts.getInstanceByDom(document.getElementById('tree')).getOption().series[1].label.color"
    by_day = page.evaluate(ink)
    for _ in range(3):
        page.locator("[data-theme-button]").click()
        page.wait_for_timeout(100)
        if page.evaluate(ink) != by_day:
            return
    pytest.fail("the colours of the drawing stayed as they were")


def test_ratings_are_told_apart_without_colour(page: Page, base: str) -> None:
    page.goto(f"{base}/chain?region=330800&chain={CHAIN}")
    wait_drawn(page)
    looks = page.evaluate(
        """() => JSON.parse(document.getElementById("tree-data").textContent).ratings
             .map((one) => `${one.shape} ${one.hollow}`)"""
    )
    assert len(set(looks)) == 6
    signs = page.locator(".legend .shape use")
    assert signs.count() == 6


def test_a_printed_page_holds_the_tree_as_a_picture(page: Page, base: str) -> None:
    page.goto(f"{base}/chain?region=330800&chain={CHAIN}")
    wait_drawn(page)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("#tree-print svg")).to_be_visible()
    expect(page.locator("#tree-print")).to_contain_text("锂电铜箔")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator("#tree-print svg")).to_have_count(0)


def test_the_picture_can_be_saved(page: Page, base: str) -> None:
    page.goto(f"{base}/chain?region=330800&chain={CHAIN}&view=supply")
    wait_drawn(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="存图").click()
    assert download.value.suggested_filename == "衢州市-锂电池招商树-供应图.svg"
    text = download.value.path().read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert "锂电铜箔" in text


@pytest.mark.parametrize(
    "odd",
    ["view=%3Cscript%3E", "zoom=abc", "zoom=-5", "zoom=1e9", "focus=nowhere", "node=nowhere", "flip=x,y,%2F"],
)
def test_an_odd_address_still_shows_the_chain(page: Page, base: str, odd: str) -> None:
    page.goto(f"{base}/chain?region=330800&chain={CHAIN}&{odd}")
    assert len(all_texts(page)) > 30


@pytest.fixture(scope="module")
def large(
    chromium: Browser, seeded_data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Run a service that knows one made-up chain of 2,000 nodes and yield its address."""
    folder = tmp_path_factory.mktemp("large")
    write_large_chain(folder / "chains")
    shutil.copytree(seeded_data_dir, folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHAOSHANG_CHAINS_DIR", str(folder / "chains"))
        with running_service(folder / "data") as address:
            yield address


@pytest.fixture
def large_page(context: Any, large: str) -> Iterator[Page]:
    """Yield a page on the service with the large chain; nothing may go wrong on it."""
    watch = Watch(large)
    yield watch.follow(context.new_page())
    assert watch.errors == []
    assert watch.elsewhere == []


GROUPS = TOPS * MIDDLES
LARGE_STATES = {
    # What is drawn, and how many texts that must be at least.
    "tree": ("", 1 + TOPS + GROUPS),
    "tree, all open": ("&fold=none", 1 + NODES),
    "tree, in focus": ("&focus=leaf-777", 1 + TOPS + MIDDLES + LEAVES // GROUPS),
    "supply": ("&view=supply", GROUPS),
    "supply, all open": ("&view=supply&fold=none", LEAVES),
    "supply, in focus": ("&view=supply&focus=leaf-777", 5),
    "supply, a block in focus": ("&view=supply&focus=top-4", LEAVES // TOPS),
    "tree, far away": ("&fold=none&zoom=0.3", 200),
}


@pytest.mark.parametrize("state", LARGE_STATES)
def test_no_name_of_2000_nodes_lies_over_another(large_page: Page, large: str, state: str) -> None:
    query, least = LARGE_STATES[state]
    large_page.goto(f"{large}/chain?chain={LARGE}{query}")
    check_texts(large_page, least)


def test_a_chain_of_2000_nodes_is_sent_short_and_opened_by_hand(large_page: Page, large: str) -> None:
    answer = large_page.goto(f"{large}/chain?chain={LARGE}")
    assert answer is not None
    size = large_page.evaluate("new Blob([document.getElementById('tree-data').textContent]).size")
    assert size < 200_000
    large_page.get_by_role("button", name="展开", exact=True).click()
    large_page.wait_for_function("document.querySelector('.tree-space').offsetHeight > 30000")
    assert "fold=none" in large_page.url
    # Down at the end of the drawing a node opens as at its beginning.
    large_page.locator("#find-node").fill("系统集成1889")
    large_page.locator("#find-node").press("Enter")
    expect(large_page.locator("#panel h2")).to_contain_text("系统集成1889")
    x, y = large_page.evaluate(_WHERE, [f"{LARGE}/leaf-1889", 1])
    assert 0 < y < 768
    assert 0 < x < 1366
