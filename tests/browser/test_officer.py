"""The officer's whole way, by mouse and by keyboard alone: region, tree, gap, target, visits, map, export."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Download, Page, expect

pytestmark = pytest.mark.browser


def rows_of(download: Download, folder: Path) -> list[tuple[object, ...]]:
    path = folder / download.suggested_filename
    download.save_as(path)
    return [row for row in pl.read_excel(path, has_header=False, infer_schema_length=0).rows() if any(row)]


def test_ten_targets_of_the_biggest_gap_in_two_clicks(page: Page, base: str, tmp_path: Path) -> None:
    """From the first page, without reading anything: fewer than eight clicks are asked for."""
    page.add_init_script(
        "addEventListener('click', (event) => { if (event.isTrusted) "
        "sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1; }, true);"
    )
    page.goto(base)
    chain = page.get_by_role("link", name="锂电池", exact=True)
    row = page.locator("#chain-table tbody tr").filter(has=chain)
    gap = row.locator(".s-priority a")
    name = gap.inner_text()
    gap.click()
    expect(page.locator("h1")).to_contain_text(name)
    shown = page.locator("#target-list h2 a").all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("link", name="导出前 10 家").click()
    firms = {cell for row in rows_of(download.value, tmp_path) for cell in row}
    assert len(set(shown[:10]) & firms) == 10
    assert page.evaluate("() => Number(sessionStorage.clicks)") == 2


def test_the_whole_way_by_mouse(page: Page, base: str, tmp_path: Path) -> None:
    page.goto(base + "/?region=330100")
    page.locator("#region").fill("")
    page.locator("#region").press_sequentially("quzhou", delay=20)
    expect(page.locator("[data-pick]").first).to_contain_text("浙江省衢州市")
    page.locator("[data-pick]").first.click()
    expect(page.locator("h1")).to_contain_text("衢州市")

    # The tree of the chain, and one node of it.
    page.locator("#chain-table").get_by_role("link", name="锂电池", exact=True).click()
    expect(page.locator("h1")).to_contain_text("锂电池招商树")

    # The gaps; why the first one, and who could fill it.
    page.get_by_role("link", name="缺链分析", exact=True).first.click()
    first = page.locator("#gap-table tbody").first
    first.locator("summary").click()
    expect(first.locator(".factors")).to_contain_text("缺口规模")
    gap = first.locator("th a").first.inner_text()
    first.get_by_role("link", name="目标企业").click()
    expect(page.locator("h1")).to_contain_text(gap)

    # Two targets on the visit list, and the list as a workbook.
    chosen = page.locator("#target-list h2 a").all_inner_texts()[:2]
    for number in (0, 1):
        page.locator("#target-list input[type=checkbox]").nth(number).check()
    page.get_by_role("button", name="所选列入拜访").click()
    page.wait_for_load_state()
    page.get_by_role("link", name="拜访清单", exact=True).first.click()
    expect(page.locator("#visit-table tr:not(.stop) th[scope=row]")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("link", name="导出 Excel").click()
    cells = {cell for row in rows_of(download.value, tmp_path) for cell in row}
    assert set(chosen) <= cells
    listed = page.request.get(f"{base}/api/v1/visits", params={"region": "330800"}).json()
    for one in listed:  # the data of the other tests stays as it was
        assert page.request.delete(f"{base}/api/v1/visits/{one['id']}").ok

    # The map, and the map to take along.
    page.get_by_role("link", name="招商地图", exact=True).last.click()
    page.wait_for_function("() => document.getElementById('map-state').textContent === ''")
    with page.expect_download() as taken:
        page.get_by_role("link", name="单文件地图").click()
    assert re.fullmatch(r"map-330800-[a-z-]+\.html", taken.value.suggested_filename)


def press_until(page: Page, wanted: str, *, key: str = "Tab", most: int = 80) -> None:
    """Press a key until what has the focus reads as wanted."""
    for _ in range(most):
        page.keyboard.press(key)
        here = page.evaluate(
            "() => { const at = document.activeElement; "
            "return (at.getAttribute('aria-label') || at.textContent || '').trim(); }"
        )
        if here == wanted:
            return
    raise AssertionError(f"{wanted!r} is not reached by {key}")


def test_the_whole_way_by_keyboard(page: Page, base: str, tmp_path: Path) -> None:
    page.goto(base)
    press_until(page, "缺链分析")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("缺链分析")
    press_until(page, "目标企业", most=20)  # the head of the page
    press_until(page, "目标企业")  # the first row
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("目标企业")
    press_until(page, "导出前 10 家")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert len(rows_of(download.value, tmp_path)) >= 11
    # The search is one key away from everywhere.
    page.keyboard.press("/")
    page.keyboard.type("tongbo")
    expect(page.locator("#quick-options")).to_contain_text("铜箔")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    expect(page.locator("main")).to_contain_text("铜箔")


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
