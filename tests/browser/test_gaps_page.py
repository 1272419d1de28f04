"""缺链分析 and 假设引进 in a real browser: without reloading, by keyboard, the state in the address."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

ASKED = "region=330800&chain=lithium-battery"


def test_filters_and_columns_change_the_list_and_the_address_in_place(page: Page, base: str) -> None:
    page.goto(f"{base}/gaps?{ASKED}")
    page.evaluate("window.stays = true")
    before = page.locator("#gap-table > tbody").count()
    page.get_by_label("中游").check()
    expect(page.locator("#gap-result [role=status]")).to_contain_text("符合条件")
    after = page.locator("#gap-table > tbody").count()
    assert 0 < after < before
    page.locator("#sort-name").click()
    expect(page.locator("#gap-table th[aria-sort=ascending]")).to_have_text("环节")
    query = parse_qs(urlsplit(page.url).query)
    assert (query["stage"], query["sort"]) == (["midstream"], ["name"])
    assert page.locator("#gap-table > tbody").count() == after
    # The download follows the filter, and a typed text keeps what was chosen before.
    assert "stage=midstream" in str(page.locator("#gap-tools a").first.get_attribute("href"))
    page.locator("#gap-q").press_sequentially("电池", delay=20)
    expect(page.locator("#gap-table > tbody th").first).to_contain_text("电池")
    assert parse_qs(urlsplit(page.url).query)["sort"] == ["name"]
    assert page.evaluate("window.stays")
    # The address alone gives the same list.
    shown = page.locator("#gap-table > tbody > tr > th").all_inner_texts()
    page.goto(page.url)
    assert page.locator("#gap-table > tbody > tr > th").all_inner_texts() == shown
    page.go_back()


def test_reasons_come_when_a_row_is_opened(page: Page, base: str) -> None:
    page.goto(f"{base}/gaps?{ASKED}&scope=all")
    first = page.locator("#gap-table > tbody").first
    expect(first.locator(".factors")).to_have_count(0)
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(first.locator(".factors tbody tr")).to_have_count(11)
    expect(first.locator(".reasons")).to_contain_text("置信")


def test_a_region_is_put_beside_by_pinyin(page: Page, base: str) -> None:
    page.goto(f"{base}/gaps?{ASKED}")
    page.locator("#beside").press_sequentially("hangz", delay=20)
    expect(page.locator("#beside-options [data-pick]").first).to_contain_text("杭州市")
    page.locator("#beside").press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#side-table thead")).to_contain_text("杭州市")
    assert "330100" in parse_qs(urlsplit(page.url).query)["beside"][0]
    every = page.locator("#side-table tbody tr").count()
    page.get_by_label("只看各地不同的").check()
    expect(page.locator("#gap-result [role=status]")).to_contain_text("符合条件")
    assert (
        page.locator("#side-table tbody tr").count() == page.locator("#side-table tr.differs").count() < every
    )
    page.get_by_label("不再并排 杭州市").click()
    expect(page.locator("#gap-table")).to_be_visible()


def test_from_a_gap_to_its_targets_is_one_click_and_to_a_firm_in_the_basket_three(
    page: Page, base: str
) -> None:
    page.goto(f"{base}/gaps?{ASKED}")
    row = page.locator("#gap-table > tbody").first
    name = row.locator("th a").first.inner_text()
    row.get_by_role("link", name="目标企业").click()
    expect(page.locator("h1")).to_contain_text(name)
    page.go_back()
    page.locator("#gap-table > tbody").first.get_by_role("link", name="放入假设").click()
    expect(page.locator("#basket")).to_contain_text(f"示范企业 · {name}")
    expect(page.locator("#closed")).to_contain_text("补上 1 处缺链")
    page.locator("#next-gaps").get_by_role("link", name="选企业").first.click()
    page.locator("#firm-choices").get_by_role("link", name="若引进").first.click()
    expect(page.locator("#basket li")).to_have_count(2)
    page.get_by_label(re.compile("^加一家")).click()
    expect(page.locator("#basket li").first).to_contain_text("2 家")


def test_a_set_of_visits_goes_into_the_basket(page: Page, base: str) -> None:
    page.goto(f"{base}/whatif?{ASKED}")
    page.get_by_label("拜访家数").fill("3")
    page.get_by_role("button", name="选出组合").click()
    expect(page.locator("#portfolio-table tbody tr")).to_have_count(3, timeout=20_000)
    page.get_by_role("link", name="整组放入假设").click()
    expect(page.locator("#basket li")).to_have_count(3)
    expect(page.locator("#outcome-title")).to_have_text("引进之后")


@pytest.mark.parametrize("width", [390, 1366])
@pytest.mark.parametrize("path", ["/gaps?scope=all&", "/gaps?beside=330100&", "/whatif?visits=2&"])
def test_pages_fit_their_width_by_night(page: Page, base: str, path: str, width: int) -> None:
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{base}{path}{ASKED}")
    expect(page.locator("h1")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
