"""招商地图: from the country to the county by clicks, areas drawn by hand, an address that holds it all."""

from __future__ import annotations

import csv
import re

from playwright.sync_api import Page, expect

ASKED = "region=330800&chain=lithium-battery"
READY = "() => document.getElementById('map-state').textContent === ''"


def open_map(page: Page, base: str, query: str = ASKED) -> None:
    page.goto(f"{base}/map?{query}")
    settle(page)


def settle(page: Page) -> None:
    page.wait_for_function(READY)
    page.wait_for_timeout(400)  # Leaflet's own zoom, which tells nobody when it has come to rest


def test_a_click_goes_down_and_the_address_follows(page: Page, base: str) -> None:
    open_map(page, base, ASKED + "&view=country")
    expect(page.locator("h1")).to_have_text("全国 · 锂电池招商地图")
    rows = page.locator(".map-table tbody tr")
    expect(rows).to_have_count(34)
    page.get_by_role("link", name="浙江省", exact=True).last.click()
    expect(page.locator("h1")).to_have_text("浙江省 · 锂电池招商地图")
    assert page.url.endswith("/map?region=330000&chain=lithium-battery")
    settle(page)
    page.get_by_label("本地企业").uncheck()  # a click on a firm is about the firm
    page.locator(".map-name", has_text="衢州市").wait_for()
    box = page.locator(".map-name", has_text="衢州市").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] - 8)
    expect(page.locator("h1")).to_have_text("衢州市 · 锂电池招商地图")
    assert "region=330800" in page.url
    expect(page.locator(".crumbs")).to_contain_text("浙江省 › 衢州市")
    expect(page.locator("#region")).to_have_value(re.compile("衢州市（330800）"))
    expect(rows).to_have_count(6)
    settle(page)
    page.go_back()
    expect(page.locator("h1")).to_have_text("浙江省 · 锂电池招商地图")
    expect(rows).to_have_count(11)


def test_the_address_brings_back_what_was_seen(page: Page, base: str) -> None:
    open_map(page, base)
    everywhere = page.locator("#firm-count").inner_text()
    page.locator("#map-tools [name=node]").select_option("lithium-battery/cathode")
    expect(page.locator("#firm-count")).not_to_have_text(everywhere)
    settle(page)
    some = page.locator("#firm-count").inner_text()
    assert "node=lithium-battery%2Fcathode" in page.url
    page.reload()
    settle(page)
    assert page.locator("#firm-count").inner_text() == some
    expect(page.locator("#map-tools [name=node]")).to_have_value("lithium-battery/cathode")


def test_an_area_gives_its_firms_and_a_file(page: Page, base: str) -> None:
    open_map(page, base)
    known = int(page.locator("#firm-count").inner_text().split()[0])
    page.get_by_role("button", name="画范围").click()
    box = page.locator("#map").bounding_box()
    assert box is not None
    left, top = box["x"] + 330, box["y"] + 20
    right, bottom = box["x"] + box["width"] - 310, box["y"] + box["height"] - 75
    for x, y in ((left, top), (right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.click(x, y, delay=60)
        page.wait_for_timeout(150)
    area = page.locator("#map-area")
    expect(area.locator("h2")).to_have_text(f"范围内 {known} 家企业")
    expect(area.locator("li")).to_have_count(known)
    with page.expect_download() as download:
        area.get_by_role("button", name="导出名单（CSV）").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert len(list(csv.DictReader(text.splitlines()))) == known
    page.get_by_role("button", name="清除范围").click()
    expect(area).to_be_hidden()


def test_a_firm_is_found_and_its_portrait_is_one_click_away(page: Page, base: str) -> None:
    open_map(page, base)
    page.get_by_label("找企业").fill("华友")
    page.locator("#map-found button").first.click()
    link = page.locator(".leaflet-popup a", has_text="企业画像")
    expect(link).to_have_attribute("href", re.compile("^/firms/"))
    page.get_by_label("找企业").fill("没有这家")
    expect(page.locator("#map-found")).to_have_text("本图中没有这家企业")


def test_targets_and_zones_come_when_asked_for(page: Page, base: str) -> None:
    open_map(page, base)
    assert not page.locator(".map-rank").count()
    page.get_by_label("目标企业").check()
    expect(page.locator(".map-rank").first).to_be_visible()
    page.get_by_label("开发区").check()
    settle(page)
    assert page.locator("#map .leaflet-marker-pane > *").count() > page.locator(".map-rank").count()
