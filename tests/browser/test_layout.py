"""Every page fits its screen, says what it is, and shows where the keyboard stands."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.pages import PAGES, WIDTHS, Visit

pytestmark = pytest.mark.browser

# A page names its place and its chain, or else what it is about.
_REGION, _CHAIN = "衢州市", "锂电池"
_TITLES = {
    "overview": (_REGION, "总览"),
    "firm": ("云南恩捷新材料股份有限公司",),
    "visits": (_REGION, "拜访清单"),
    "firms": (_REGION, "本地企业"),
    "imports": ("数据",),
    "editor": (_CHAIN, "编辑"),
    "search": ("搜索", "tongbo"),
    "wall": (_REGION, "大屏"),
}
# What stands to the right of the page's content and is not scrolled or cut off by a box of its own.
_STICKING_OUT = """() => {
  const main = document.querySelector("main");
  const edge = main.getBoundingClientRect().right - parseFloat(getComputedStyle(main).paddingRight) + 1;
  const held = (one) => [...function* () {
    for (let box = one.parentElement; box && box !== main; box = box.parentElement) yield box;
  }()].some((box) => getComputedStyle(box).overflowX !== "visible");
  return [...main.querySelectorAll("*")]
    .filter((one) => one.getBoundingClientRect().right > edge && one.checkVisibility() && !held(one))
    .map((one) => `${one.tagName}#${one.id}.${one.getAttribute("class")}`).slice(0, 5);
}"""
_RING = """() => {
  const style = getComputedStyle(document.activeElement);
  return [document.activeElement.tagName, style.outlineStyle, parseFloat(style.outlineWidth)];
}"""


@pytest.mark.parametrize("visit", PAGES, ids=lambda visit: visit.name)
def test_a_page_fits_and_says_what_it_is(page: Page, base: str, visit: Visit) -> None:
    visit.open(page, base)
    for width, height in WIDTHS:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(_STICKING_OUT) == [], width
    assert page.locator("h1").count() == 1
    for word in _TITLES.get(visit.name, (_REGION, _CHAIN)):
        assert word in page.title()


@pytest.mark.parametrize("visit", PAGES, ids=lambda visit: visit.name)
def test_the_first_tab_shows_where_it_stands(page: Page, base: str, visit: Visit) -> None:
    visit.open(page, base)
    # From the top of the page: some move the focus to what was asked for.
    page.evaluate("() => { document.activeElement.blur(); getSelection().collapse(document.body, 0); }")
    page.keyboard.press("Tab")
    tag, style, width = page.evaluate(_RING)
    assert tag in ("A", "BUTTON", "INPUT")
    assert style == "solid"
    assert width >= 2
    box = page.locator(":focus").bounding_box()
    assert box is not None
    assert box["x"] >= 0
