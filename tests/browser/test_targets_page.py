"""Targets, visits and a portrait in a real browser: by mouse, by keyboard, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.workbooks import read_workbook

pytestmark = pytest.mark.browser

ASK = "region=330800&chain=lithium-battery"
NODE = "lithium-battery/power-cell"
CATL = "n:宁德时代新能源科技股份有限公司"


@pytest.fixture
def visits(base: str) -> Iterator[httpx.Client]:
    """A client of the same service; what a test puts on the visit list is taken off again."""
    with httpx.Client(base_url=base, trust_env=False) as client:
        yield client
        for entry in client.get("/api/v1/visits").json():
            client.delete(f"/api/v1/visits/{entry['id']}")


def test_from_a_gap_to_the_first_ten_in_two_clicks(page: Page, base: str) -> None:
    page.goto(f"{base}/gaps?{ASK}")
    page.locator("a[href^='/targets?']", has_text="目标企业").filter(visible=True).last.click()
    expect(page.locator("h1")).to_contain_text("目标企业")
    with page.expect_download() as download:
        page.get_by_role("link", name="导出前 10 家").click()
    sheet = read_workbook(download.value.path().read_bytes())["目标企业"]
    shown = page.locator("#target-list h2 a").all_inner_texts()
    assert [sheet.cell(row, 4).value for row in range(2, sheet.max_row + 1)] == shown[:10]


def test_filters_stay_in_the_address_and_more_follows(page: Page, base: str) -> None:
    page.goto(f"{base}/targets?{ASK}&node={NODE}")
    first = page.locator("#target-list h2 a").all_inner_texts()
    assert len(first) == 20
    page.get_by_role("link", name="更多").click()
    expect(page.locator("#target-list h2")).not_to_have_count(20)
    assert page.locator("#target-list h2 a").all_inner_texts()[:20] == first
    page.get_by_label("排序").select_option("distance")
    page.wait_for_url("**sort=distance**")
    page.get_by_label("来源地").select_option(
        label=page.locator("optgroup[label=省份] option").first.inner_text()
    )
    page.wait_for_url("**source=**")
    expect(page.get_by_label("排序")).to_have_value("distance")
    page.get_by_role("link", name="清除筛选").click()
    expect(page.locator("#target-list h2 a").first).to_have_text(first[0])


def test_marking_and_the_visit_list(page: Page, base: str, visits: httpx.Client) -> None:
    page.goto(f"{base}/targets?{ASK}&node={NODE}")
    names = page.locator("#target-list h2 a").all_inner_texts()
    # One, by keyboard: the mark comes without a new page, and the focus stays there.
    page.locator("#target-list li").first.get_by_role("button", name="列入拜访").press("Enter")
    expect(page.locator(".listed")).to_have_count(1)
    expect(page.locator(".listed")).to_be_focused()
    page.get_by_label("全选本页").check()
    expect(page.locator("[data-pick-go]")).to_have_text("所选列入拜访（19 家）")
    page.get_by_label("全选本页").uncheck()
    page.get_by_label(f"选择 {names[2]}").check()
    page.locator("[data-pick-go]").click()
    expect(page.locator(".listed")).to_have_count(2)
    page.get_by_role("link", name="拜访清单").first.click()
    rows = page.locator("#visit-table tr[id]")
    expect(rows).to_have_count(2)
    assert sorted(rows.locator("th a").all_inner_texts()) == sorted([names[0], names[2]])
    row = rows.filter(has_text=names[0])
    row.get_by_label("状态").select_option("visited")
    expect(page.locator("#visit-counts")).to_contain_text("已访 1")
    row.get_by_label("备注").fill("约在周二")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        row.get_by_label("备注").blur()
    expect(row.locator(".saved")).to_contain_text("已保存")
    page.reload()
    expect(rows.filter(has_text=names[0]).get_by_label("备注")).to_have_value("约在周二")
    # Paper shows the words, not the fields.
    page.emulate_media(media="print")
    expect(rows.filter(has_text=names[0]).locator(".note-cell .print-only")).to_have_text("约在周二")
    expect(rows.filter(has_text=names[0]).locator("textarea")).to_be_hidden()


def test_taking_off_asks_first(context: BrowserContext, base: str, visits: httpx.Client) -> None:
    added = {"region": "330800", "node": NODE, "firms": [CATL]}
    visits.post("/api/v1/visits", json=added).raise_for_status()
    page = context.new_page()
    answers = [False, True]
    page.on("dialog", lambda dialog: dialog.accept() if answers.pop() is False else dialog.dismiss())
    page.goto(f"{base}/visits?{ASK}")
    page.get_by_role("button", name="移出").click()  # no
    expect(page.locator("#visit-table tr[id]")).to_have_count(1)
    page.get_by_role("button", name="移出").click()  # yes
    expect(page.get_by_text("拜访清单还是空的")).to_be_visible()
    page.close()


def test_without_scripts(chromium: Browser, base: str, visits: httpx.Client) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{base}/targets?{ASK}&node={NODE}")
    page.locator("#target-list input[name=firm]").nth(0).check()
    page.locator("#target-list input[name=firm]").nth(3).check()
    page.get_by_role("button", name="所选列入拜访").click()
    expect(page.locator(".listed")).to_have_count(2)
    page.goto(f"{base}/visits?{ASK}")
    page.locator("textarea").first.fill("无脚本也能记")
    page.get_by_role("button", name="保存").first.click()
    expect(page.locator("textarea").first).to_have_value("无脚本也能记")
    context.close()


def test_the_portrait_fills_in(page: Page, base: str) -> None:
    page.goto(f"{base}/firms/{CATL}?{ASK}")
    expect(page.locator("#roles article").first).to_contain_text("可能的供应商")
    expect(page.locator("#elsewhere .ranked > li")).to_have_count(10)
    expect(page.locator(".places-map path.place-own")).to_have_count(1)
    expect(page.locator(".places-map path.outline").first).to_be_attached()
    page.get_by_label("就哪个环节而言").select_option("lithium-battery/storage-cell")
    expect(page.locator("#elsewhere")).to_contain_text("就储能电池的下一个厂而言")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
