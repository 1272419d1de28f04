"""Every page looks as it did when somebody last looked at it: small pictures, compared with a tolerance.

`python -m tests.browser.test_baselines` takes them anew; look at them before they are committed. Another font
or another Chromium draws other letters: there the comparison says so and is skipped.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.boundaries import simplify_boundaries
from tests.browser.conftest import Watch
from tests.browser.pages import PAGES, THEMES, WIDTHS, Visit
from tests.browser.serving import CHROMIUM_ARGUMENTS, find_chromium, running_service

FOLDER = Path(__file__).parent / "baselines"
DRAWN_WITH = FOLDER / "drawn-with.txt"
_SMALLER = 4
# Of 255, on the small picture: the whole page in the mean, and how many points may be another colour at all
# (a day, a count, a word: not a lost column).
_MEAN, _APART, _SHARE = 4.0, 48, 0.04


def drawing() -> str:
    """Say what draws the letters here."""
    family = subprocess.run(
        ["fc-match", "--format=%{family} %{fontversion}", "sans-serif:lang=zh-cn"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    chromium = find_chromium() or "none"
    version = subprocess.run([chromium, "--version"], check=True, capture_output=True, text=True).stdout
    return f"{family.stdout.strip()}; {version.split()[0]} {version.split()[1].partition('.')[0]}\n"


def pictures(chromium: Browser, base: str, visit: Visit, watch: Watch) -> Iterator[tuple[Path, Image.Image]]:
    """Yield the page's first screen at a quarter of its size, in every theme at every width.

    The page is opened once: turning night and narrow under the reader's hands must come out right too.
    """
    context = chromium.new_context(
        viewport={"width": WIDTHS[0][0], "height": WIDTHS[0][1]}, locale="zh-CN", reduced_motion="reduce"
    )
    page = watch.follow(context.new_page())
    visit.open(page, base)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        for width, height in WIDTHS:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(250)
            shot = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
            size = (width // _SMALLER, height // _SMALLER)
            yield FOLDER / f"{visit.name}-{theme}-{width}.png", shot.resize(size, Image.Resampling.BOX)
    context.close()


@pytest.fixture(scope="module")
def same_letters(chromium: Browser) -> None:
    """Skip where the letters are drawn by something else than the baselines were."""
    if shutil.which("fc-match") is None:
        pytest.skip("fontconfig is not installed")
    known, here = DRAWN_WITH.read_text(encoding="utf-8"), drawing()
    if known != here:
        pytest.skip(f"the baselines were drawn with {known.strip()}, here is {here.strip()}")


@pytest.fixture(scope="module")
def untouched(
    chromium: Browser, seeded_data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Run a service of our own: what other tests import or publish would show."""
    simplify_boundaries(seeded_data_dir / "cache")
    folder = tmp_path_factory.mktemp("untouched") / "data"
    shutil.copytree(seeded_data_dir, folder)
    with running_service(folder) as address:
        yield address


@pytest.mark.parametrize("visit", PAGES, ids=lambda visit: visit.name)
def test_it_looks_as_before(
    chromium: Browser, untouched: str, same_letters: None, visit: Visit, tmp_path: Path
) -> None:
    changed = _changed(chromium, untouched, visit, tmp_path)
    if changed:  # on a busy machine something may have come late: what is really different stays so
        changed = _changed(chromium, untouched, visit, tmp_path)
    assert changed == []


def _changed(chromium: Browser, base: str, visit: Visit, folder: Path) -> list[str]:
    """Say which pictures of a page are no longer what they were; those are put into the folder."""
    watch, changed = Watch(base), []
    for place, drawn in pictures(chromium, base, visit, watch):
        before = np.asarray(Image.open(place).convert("RGB"), dtype=np.int16)
        differences = np.abs(np.asarray(drawn, dtype=np.int16) - before)
        mean, apart = float(differences.mean()), float((differences.max(axis=2) > _APART).mean())
        if mean > _MEAN or apart > _SHARE:
            drawn.save(folder / place.name)
            changed.append(f"{place.name}: mean {mean:.2f}, {apart:.1%} of the points; see {folder}")
    return [*changed, *watch.errors]


def _served(folder: Path) -> Iterator[str]:
    from service.settings import Settings
    from service.workspace import open_workspace

    with open_workspace(Settings(data_dir=folder)):
        pass
    simplify_boundaries(folder / "cache")
    with running_service(folder) as base:
        yield base


def main() -> None:
    """Take every baseline anew."""
    FOLDER.mkdir(exist_ok=True)
    path = find_chromium()
    if path is None:
        sys.exit("no Chromium here")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGUMENTS))
        for base in _served(Path(folder) / "data"):
            for visit in PAGES:
                for place, small in pictures(browser, base, visit, Watch(base)):
                    small.quantize(64).save(place, optimize=True)
        browser.close()
    DRAWN_WITH.write_text(drawing(), encoding="utf-8")
    sys.stdout.write(f"{sum(one.stat().st_size for one in FOLDER.iterdir()) // 1000} kB\n")


if __name__ == "__main__":
    main()
