"""The pictures of the READMEs: `python -m tests.browser.screenshots` draws them from the seed data.

Each shows one page as an officer sees it on a laptop.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import FilePayload, Page, sync_playwright

from tests.browser.serving import CHROMIUM_ARGUMENTS, find_chromium, running_service

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
MOST_BYTES = 250_000
_ASKED = "region=330800&chain=lithium-battery"
_NODE = "node=lithium-battery/copper-foil"
_NAMES = (
    "公司名称,行政区划代码,主营产品,统一社会信用代码\n"
    "龙游示例铜箔有限公司,330825,锂电铜箔,\n"
    "衢江示例隔膜有限公司,330803,湿法隔膜,\n"
    "常山示例轴承有限公司,330822,轴承,\n"
    ",330802,铜箔,\n"
)

Act = Callable[[Page], None]


def main() -> None:
    """Draw every picture anew; the first that is too large stops it."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("no Chromium here: install it, or name one in the environment variable CHROMIUM")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_service(Path(folder) / "data") as base,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
        page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        for name, path, act in PICTURES:
            page.goto(base + path)
            act(page)
            _draw(page, FOLDER / f"{name}.png")
        browser.close()


def _draw(page: Page, path: Path) -> None:
    page.wait_for_timeout(500)
    size = len(page.screenshot(path=path))
    sys.stdout.write(f"{path.name} {size // 1000} kB\n")
    if size > MOST_BYTES:
        sys.exit(f"{path} is larger than {MOST_BYTES} bytes")


def _wait_for_panel(page: Page) -> None:
    page.wait_for_selector("#panel h2")


def _open_first_reasons(page: Page) -> None:
    page.locator("#gap-table summary").first.click()


def _open_first_score(page: Page) -> None:
    page.locator(".targets summary").first.click()


def _wait_for_map(page: Page) -> None:
    page.frame_locator("iframe.map").locator(".leaflet-control-layers").wait_for()


def _import_names(page: Page) -> None:
    file: FilePayload = {"name": "衢州示例名单.csv", "mimeType": "text/csv", "buffer": _NAMES.encode()}
    page.locator("input[type=file]").set_input_files(files=[file])
    page.get_by_label("来源名称").fill("衢州示例名单")
    page.get_by_role("button", name="导入", exact=True).click()
    page.wait_for_selector("#import-lists >> text=衢州示例名单.csv")


PICTURES: tuple[tuple[str, str, Act], ...] = (
    ("overview", f"/?{_ASKED}", lambda _: None),
    ("tree", f"/chain?{_ASKED}&{_NODE}", _wait_for_panel),
    ("gaps", f"/gaps?{_ASKED}", _open_first_reasons),
    ("targets", f"/targets?{_ASKED}&{_NODE}", _open_first_score),
    ("map", f"/map?{_ASKED}", _wait_for_map),
    ("imports", f"/imports?{_ASKED}", _import_names),
)

if __name__ == "__main__":
    main()
