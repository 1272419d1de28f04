"""The officer's ten minutes before a meeting, in a real browser against a real server."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

CHAIN = "lithium-battery"
# Where the tree drew a node, in the window's pixels.
_WHERE = """(id) => {
  const box = document.getElementById("tree"), chart = echarts.getInstanceByDom(box);
  const drawn = chart.getOption().series[1].data.find((one) => one.node.id === id);
  const [x, y] = chart.convertToPixel({ seriesIndex: 1 }, drawn.value);
  box.scrollIntoView();
  const at = box.getBoundingClientRect();
  window.scrollBy(0, at.top + y - 300);
  const now = box.getBoundingClientRect();
  return [now.left + x, now.top + y];
}"""


def test_from_picking_a_region_to_a_firm_and_its_links(page: Page, base: str) -> None:
    page.goto(base + "/?region=330100")
    # Pick the region by pinyin and the chain by name.
    page.locator("#region").fill("")
    page.locator("#region").press_sequentially("quzhou", delay=20)
    expect(page.locator("[data-pick]").first).to_contain_text("浙江省衢州市")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("衢州市：产业链总览")
    page.locator(".card").filter(has_text="锂电池").get_by_role("link", name="招商树").click()
    expect(page.locator("h1")).to_contain_text("锂电池招商树")

    # The tree: a node opens in the panel, and the address can be sent on.
    page.wait_for_selector("#tree canvas")
    x, y = page.evaluate(_WHERE, f"{CHAIN}/copper-foil")
    page.mouse.click(x, y)
    expect(page.locator("#panel h2")).to_contain_text("锂电铜箔")
    assert "node=lithium-battery%2Fcopper-foil" in page.url
    expect(page.locator("#panel")).to_contain_text("目标企业")

    # Gaps: open the reasons of the first.
    page.get_by_role("link", name="缺链分析").click()
    first = page.locator("#gap-table tbody").first
    first.locator("summary").click()
    for factor in ("缺口规模", "需求牵引", "供给支撑", "关键程度", "落地可行", "契合度"):
        expect(first.locator(".factors")).to_contain_text(factor)
    gap = first.locator("th a").first.inner_text()

    # Targets of that gap: the reasons come with what is known first.
    first.get_by_role("link", name="目标企业").click()
    expect(page.locator("h1")).to_contain_text(gap)
    target = page.locator(".targets li").first
    assert "取中性值" not in target.locator("p").first.inner_text()
    target.get_by_text("得分是怎样得出的").click()
    expect(target.locator(".factors tbody tr")).to_have_count(7)

    # One firm: reject a link, take it back, accept it.
    target.locator("h2 a").click()
    expect(page.locator("h1")).to_be_visible()
    row = page.locator("tbody tr").first
    for button, state in (("否定", "人工否定"), ("撤回", "已确认"), ("确认", "人工确认"), ("撤回", "已确认")):
        row.get_by_role("button", name=button, exact=True).click()
        expect(row).to_contain_text(state)

    # The map, in its frame.
    page.get_by_role("link", name="招商地图", exact=True).last.click()
    frame = page.frame_locator("iframe.map")
    expect(frame.locator(".leaflet-control-layers")).to_contain_text("目标企业")
    expect(frame.locator(".zs-legend")).to_contain_text("内部资料 未经审图")


def test_pinyin_without_picking_a_suggestion_goes_to_the_best(page: Page, base: str) -> None:
    page.goto(base + "/gaps")
    page.locator("#region").fill("longyou")
    page.locator("#region").press("Enter")
    expect(page.locator("h1")).to_contain_text("龙游县")
    assert page.url.startswith(base + "/gaps")


def test_an_import_is_watched_to_its_end_and_gives_its_rejects(page: Page, base: str, tmp_path: Path) -> None:
    file = tmp_path / "龙游企业.csv"
    rows = [
        ["公司名称", "行政区划代码", "主营产品", "统一社会信用代码"],
        ["龙游测试铜箔有限公司", "330825", "锂电铜箔", ""],
        ["龙游测试隔膜有限公司", "330825", "湿法隔膜", ""],
        ["", "330825", "铜箔", ""],
    ]
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    page.goto(base + "/imports?region=330825")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_label("来源名称").fill("龙游县规上企业（测试）")
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.locator("#job .job")).to_have_attribute(
        "data-state", re.compile("done|failed"), timeout=30_000
    )
    job = page.locator("#job")
    counts = job.locator("dd").all_inner_texts()
    assert [count[:1] for count in counts[:4]] == ["3", "2", "0", "1"]
    with page.expect_download() as download:
        job.get_by_role("link", name="下载未收清单").click()
    rejects = download.value.path().read_text(encoding="utf-8-sig")
    assert "4" in rejects.splitlines()[1]
    expect(page.locator("#import-lists")).to_contain_text("龙游企业.csv")
    expect(page.locator("#import-lists")).to_contain_text("龙游县规上企业（测试）")
    page.get_by_role("link", name="本地企业").click()
    page.get_by_label("不限本链").check()
    page.get_by_label("名称或信用代码").fill("龙游测试")
    page.get_by_role("button", name="查找").click()
    expect(page.locator("#firm-table tbody tr")).to_have_count(2)
