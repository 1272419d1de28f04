"""汇报材料: from the button to the files, in a real browser."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PAGE = "/brief?region=330800&chain=lithium-battery"


def test_from_the_button_to_the_files(page: Page, base: str, tmp_path: Path) -> None:
    page.goto(base + PAGE)
    expect(page.locator("#brief-sets .empty")).to_contain_text("还没有做过")
    page.get_by_text("选择内容").click()
    for part in ("map", "deck", "book", "book-pdf", "pictures", "geopackage"):
        page.uncheck(f"input[value={part}]")
    page.fill("input[name=gaps]", "1")
    page.get_by_role("button", name="生成汇报材料").click()
    made = page.locator(".brief-set")
    expect(made).to_have_count(1)
    # The page fetches the list itself when the work is done.
    expect(made).to_have_attribute("data-state", "done", timeout=60_000)
    with page.expect_download() as taken:
        page.get_by_role("link", name="全部下载").click()
    path = tmp_path / "all.zip"
    taken.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        assert {"index.html", "说明.txt", "衢州市锂电池-工作簿.xlsx", "数据/gaps.csv"} <= set(
            archive.namelist()
        )
    with page.expect_popup() as opened:
        page.get_by_role("link", name="离线查看").click()
    expect(opened.value.get_by_role("tab", name="缺链")).to_be_visible()
    opened.value.close()
    page.get_by_role("button", name="删除").click()
    expect(page.locator("#brief-sets .empty")).to_be_visible()


def test_without_any_part_the_whole_is_not_made_by_mistake(page: Page, base: str) -> None:
    """A form sent by hand with a part that is none is answered on the page, in words."""
    answer = page.request.post(base + PAGE, form={"parts": "slides", "gaps": "1"})
    assert answer.status == 422
    assert "没有这种材料：slides" in answer.text()
