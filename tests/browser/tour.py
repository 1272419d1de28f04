"""The scripted tour: `python -m tests.browser.tour` (make tour) walks through an officer's ninety seconds.

It starts on the first page, as a new user does, clicks its way to a list of targets to take along and on to
the briefing, and leaves a picture of every stop in docs/tour/, with a page that says what is done where. The
READMEs show these pictures.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.boundaries import simplify_boundaries
from tests.browser.serving import CHROMIUM_ARGUMENTS, find_chromium, running_service

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "tour"
SIZE = {"width": 1366, "height": 768}
_COLOURS = 128
_NODE = "lithium-battery/copper-foil"


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop: what it is called, what is said of it, and how one gets there from the stop before."""

    name: str
    title: str
    said: str
    go: Callable[[Page], None]


def first_page(page: Page) -> None:
    """Stand where the service opens."""
    expect(page.locator("#chain-table tbody tr").first).to_be_visible()


def biggest_gap(page: Page) -> None:
    """One click: the biggest gap of the chain stands in its row, and leads to its targets."""
    row = page.locator("#chain-table tbody tr").filter(
        has=page.get_by_role("link", name="锂电池", exact=True)
    )
    row.locator(".s-priority a").click()
    expect(page.locator("#target-list li.card").first).to_be_visible()


def export_ten(page: Page) -> None:
    """A second click: the first ten as a workbook."""
    with page.expect_download() as download:
        page.get_by_role("link", name="导出前 10 家").click()
    assert download.value.suggested_filename.endswith(".xlsx")


def put_on_the_list(page: Page) -> None:
    """Choose two targets and put them on the visit list."""
    for number in (0, 1):
        page.locator("#target-list input[type=checkbox]").nth(number).check()
    page.get_by_role("button", name="所选列入拜访").click()
    page.wait_for_load_state()
    page.get_by_role("link", name="拜访清单", exact=True).first.click()
    expect(page.locator("#visit-table")).to_be_visible()


def gaps(page: Page) -> None:
    """All gaps of the chain."""
    page.get_by_role("link", name="缺链分析", exact=True).first.click()
    expect(page.locator("#gap-table tbody tr").first).to_be_visible()


def tree(page: Page) -> None:
    """The chain as a tree, one node opened."""
    page.get_by_role("link", name="招商树", exact=True).first.click()
    page.goto(f"{page.url}&node={_NODE}")
    expect(page.locator("#panel h2")).to_be_visible()


def graph(page: Page) -> None:
    """The same chain as what supplies what."""
    page.goto(f"{page.url}&view=supply")
    expect(page.locator("#panel h2")).to_be_visible()


def the_map(page: Page) -> None:
    """The map of the region."""
    page.get_by_role("link", name="招商地图", exact=True).last.click()
    page.wait_for_function("() => document.getElementById('map-state').textContent === ''")


def compare(page: Page) -> None:
    """How the region stands among its peers."""
    page.get_by_role("link", name="区域对标", exact=True).first.click()
    expect(page.locator("h1")).to_contain_text("对标")


def brief(page: Page) -> None:
    """Everything for the meeting at one button."""
    page.get_by_role("link", name="汇报材料", exact=True).first.click()
    expect(page.get_by_role("button", name="生成汇报材料")).to_be_visible()


def wall(page: Page) -> None:
    """The big screen."""
    page.get_by_role("link", name="大屏", exact=True).first.click()
    page.wait_for_load_state("networkidle")


STOPS = (
    Stop(
        "overview",
        "总览",
        "打开就是：数据有多新、31 条产业链的完整度与全国名次、最该补的环节、与上次导入相比变了什么。",
        first_page,
    ),
    Stop(
        "targets",
        "目标企业",
        "点一下锂电池那一行的最大缺链，就是它的目标企业：名次、理由、阻碍、以商招商的线索。",
        biggest_gap,
    ),
    Stop(
        "export",
        "带走名单",
        "再点一下“导出前 10 家”，名单就在 Excel 里了：从打开到拿到名单，两次点击。",
        export_ten,
    ),
    Stop("visits", "拜访清单", "勾选要去的企业，按城市排成路线，记下联系人和结果。", put_on_the_list),
    Stop("gaps", "缺链分析", "全部缺链按优先级排列，可筛选、并排比较、放入假设；每个分数都拆成理由。", gaps),
    Stop("tree", "产业链招商树", "颜色和线型是评级，点环节看本地企业、上下游、目标企业。", tree),
    Stop("graph", "供应图", "同一条链的另一面：谁供应谁，线越粗投入越大。", graph),
    Stop("map", "招商地图", "从全国点到区县；画一个范围，拿走里面的企业。", the_map),
    Stop("compare", "区域对标", "与可比地区和标杆比，差在哪些环节。", compare),
    Stop("brief", "汇报材料", "一个按钮：地图、幻灯片、工作簿、项目本、图片、数据，断网也能看。", brief),
    Stop("wall", "大屏", "挂在墙上，自己轮播。", wall),
)


def main() -> None:
    """Walk the tour and leave its pictures."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("no Chromium here: install it, or name one in the environment variable CHROMIUM")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name) / "data"
        simplify_boundaries(folder / "cache")
        with running_service(folder) as base:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
            page = browser.new_page(viewport=SIZE, locale="zh-CN")  # type: ignore[arg-type]
            page.goto(base)
            started = time.perf_counter()
            for number, stop in enumerate(STOPS, start=1):
                stop.go(page)
                _draw(page, FOLDER / f"{number:02d}-{stop.name}.png")
            sys.stdout.write(f"{len(STOPS)} stops in {time.perf_counter() - started:.0f} s\n")
            browser.close()
    (FOLDER / "README.md").write_text(_words(), encoding="utf-8")


def _draw(page: Page, path: Path) -> None:
    page.wait_for_timeout(700)
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    shot.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
    sys.stdout.write(f"{path.name} {path.stat().st_size // 1000} kB\n")


def _words() -> str:
    parts = [
        f"## {number}. {stop.title}\n\n{stop.said}\n\n![{stop.title}]({number:02d}-{stop.name}.png)\n"
        for number, stop in enumerate(STOPS, start=1)
    ]
    head = "# 九十秒看一遍\n\n衢州市、锂电池，内置数据；`make tour` 用真实浏览器走一遍并重画这些图。\n\n"
    return head + "\n".join(parts)


if __name__ == "__main__":
    main()
