"""One Chromium and one server for all browser tests; every page is watched for errors and requests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request, expect, sync_playwright

from tests.boundaries import simplify_boundaries
from tests.browser.serving import CHROMIUM_ARGUMENTS, find_chromium, running_service

# On a busy machine a page takes its time; what never comes fails all the same.
expect.set_options(timeout=20_000)


@dataclass
class Watch:
    """What went wrong on the pages of one test, and every address that they asked for."""

    base: str
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> Page:
        """Listen to a page from now on."""
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._ask)
        page.on("dialog", self._dismiss)
        return page

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.errors.append(text)

    def _ask(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:", "about:")):
            self.requests.append(request.url)

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    @property
    def elsewhere(self) -> list[str]:
        """Addresses asked for that are not the server's."""
        return [url for url in self.requests if not url.startswith(self.base + "/")]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Chromium; skip where the machine has none."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium here: install it, or name one in the environment variable CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def base(chromium: Browser, seeded_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the service on a copy of the seed data and yield its address."""
    simplify_boundaries(seeded_data_dir / "cache")
    folder = tmp_path_factory.mktemp("served") / "data"
    shutil.copytree(seeded_data_dir, folder)
    with running_service(folder) as address:
        yield address


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """Yield a browser window without memory, as large as an office laptop's."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def watch(base: str) -> Iterator[Watch]:
    """Yield the watch over a test's pages; at the end nothing may have gone wrong or asked elsewhere."""
    watch = Watch(base)
    yield watch
    assert watch.errors == []
    assert watch.dialogs == []
    assert watch.elsewhere == []


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Page:
    """Return a watched page."""
    return watch.follow(context.new_page())
