"""No page has a serious finding of axe-core, by day or by night, on a laptop or on a telephone."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Browser

from tests.browser.accessibility import find_violations, grave
from tests.browser.conftest import Watch
from tests.browser.pages import PAGES, Visit


@pytest.mark.parametrize("visit", PAGES, ids=lambda visit: visit.name)
@pytest.mark.parametrize(("theme", "width"), [("light", 1366), ("dark", 390)], ids=["light", "dark"])
def test_no_serious_finding(
    chromium: Browser, base: str, watch: Watch, visit: Visit, theme: Literal["light", "dark"], width: int
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, locale="zh-CN", color_scheme=theme, reduced_motion="reduce"
    )
    page = watch.follow(context.new_page())
    visit.open(page, base)
    found = grave(find_violations(page))
    context.close()
    assert found == []
