"""The offline viewer, opened from the disk by a browser that is cut off from every network."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from service.datafiles import data_folder
from service.ingest.weights import WEIGHTS_NAME, load_weights
from service.render.viewer import render_viewer
from tests.browser.conftest import Watch
from tests.render.facts import LONG, NASTY, facts_of

pytestmark = pytest.mark.browser

MAP = (
    "<!doctype html><title>图</title><p id=\"here\">地图 </script><script>document.title = '画好了'</script>"
)
FILES = [("甲市-工作簿.xlsx", "工作簿"), ("数据/gaps.csv", "数据表：gaps")]
Open = Callable[..., tuple[Page, Watch]]


@pytest.fixture
def opened(context: BrowserContext, tmp_path: Path) -> Open:
    """Write a viewer and open it; nothing but the file itself may be asked for."""
    weights = load_weights(data_folder("chains") / WEIGHTS_NAME)

    def open_viewer(names: list[str], **more: object) -> tuple[Page, Watch]:
        facts = facts_of(names, weights.gap, weights.target, **more)  # type: ignore[arg-type]
        path = tmp_path / "index.html"
        path.write_bytes(render_viewer(facts, MAP, FILES))
        assert path.read_bytes() == render_viewer(facts, MAP, FILES)
        watch = Watch(path.as_uri())

        def only_files(route: Route) -> None:
            route.continue_() if route.request.url.startswith("file:") else route.abort()

        context.route("**/*", only_files)
        context.set_offline(True)
        page = watch.follow(context.new_page())
        page.goto(path.as_uri())
        return page, watch

    return open_viewer


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def test_every_view_opens_without_a_network(opened: Open) -> None:
    page, watch = opened(["矿", "隔膜", "电芯", "系统"])
    assert page.title() == "甲市矿产业链招商"
    for name in ("招商地图", "产业链树", "缺链", "目标企业", "本地企业", "来源与口径", "概览"):
        tab(page, name)
        expect(page.get_by_role("tab", name=name, exact=True)).to_have_attribute("aria-selected", "true")
        expect(page.locator("main > section:visible")).to_have_count(1)
    expect(page.frame_locator("iframe").locator("#here")).to_contain_text("地图 ")
    assert page.frames[1].title() == "画好了"
    assert [url for url in watch.requests if not url.startswith("file:")] == []
    assert watch.errors == []
    hrefs = page.locator("#part-overview ul a").evaluate_all(
        "(all) => all.map((a) => decodeURI(a.getAttribute('href')))"
    )
    assert hrefs == [path for path, _ in FILES]


def test_the_gap_table_sorts_and_filters(opened: Open) -> None:
    page, watch = opened(["矿", "隔膜", "电芯", "系统"])
    tab(page, "缺链")
    names = page.locator("#part-gaps tbody tr th")
    expect(names).to_have_count(3)
    first = names.all_inner_texts()
    page.get_by_role("button", name="环节").click()
    by_name = names.all_inner_texts()
    # 电芯 (dian), 隔膜 (ge), 系统 (xi).
    assert by_name == ["电芯", "隔膜", "系统"]
    expect(page.locator("#part-gaps thead th").first).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("button", name="环节").click()
    assert names.all_inner_texts() == by_name[::-1]
    page.get_by_role("searchbox").fill("膜")
    expect(names).to_have_count(1)
    expect(page.locator("output")).to_have_text("1 / 3 行")
    page.get_by_role("searchbox").fill("没有")
    expect(page.locator("#part-gaps tbody")).to_contain_text("没有符合条件的行")
    assert sorted(first) == sorted(by_name)
    assert watch.errors == []


def test_the_tree_goes_by_keyboard_and_address(opened: Open) -> None:
    page, watch = opened(["矿", "隔膜", "电芯", "系统"])
    tab(page, "产业链树")
    nodes = page.locator("[role=treeitem]")
    expect(nodes).to_have_count(4)
    nodes.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("aside h2")).to_contain_text("隔膜")
    expect(page.locator("aside")).to_contain_text("供应它的环节")
    assert page.url.endswith("#tree=odd%2Fn1")
    page.reload()
    expect(page.locator("aside h2")).to_contain_text("隔膜")
    page.locator("aside").get_by_role("link", name="矿").click()
    expect(page.locator("aside h2")).to_contain_text("矿")
    page.go_back()
    expect(page.locator("aside h2")).to_contain_text("隔膜")
    assert watch.errors == []


@pytest.mark.parametrize(
    "names",
    [[NASTY, LONG, "</script><script>alert(1)</script>", "{DATA}"], ["独"]],
    ids=["nasty", "one node"],
)
def test_odd_names_are_shown_as_text(names: list[str], opened: Open) -> None:
    page, watch = opened(names, firm="<img src=x onerror=alert(1)>", region_name=LONG, top=len(names) - 1)
    for view in ("产业链树", "缺链", "目标企业", "本地企业", "概览"):
        tab(page, view)
    assert page.locator("main img").count() == 0
    assert watch.dialogs == []
    assert watch.errors == []
    if len(names) > 1:
        tab(page, "目标企业")
        expect(page.locator("#part-targets tbody tr").first).to_contain_text("<img src=x")


def test_five_hundred_gaps(opened: Open) -> None:
    page, watch = opened([f"第{number:03d}环节" for number in range(501)], top=8)
    tab(page, "缺链")
    expect(page.locator("#part-gaps tbody tr")).to_have_count(500)
    tab(page, "产业链树")
    expect(page.locator("[role=treeitem]")).to_have_count(501)
    assert watch.errors == []


def test_it_fits_a_telephone_and_follows_the_system(opened: Open, context: BrowserContext) -> None:
    page, watch = opened(["矿", "隔膜", "电芯", "系统"], region_name=LONG)
    page.set_viewport_size({"width": 390, "height": 844})
    for view in ("概览", "缺链", "目标企业"):
        tab(page, view)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="深色 / 浅色").click()
    dark = page.evaluate(ground)
    assert sum(map(int, re.findall(r"\d+", dark))) < 150 < sum(map(int, re.findall(r"\d+", light)))
    assert watch.errors == []
