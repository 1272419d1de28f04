"""The pages as a reader meets them: time at the server, first view, bytes of a first and of a later visit.

`python -m tests.bench.pages [--write]` measures on built-in data and on a province; --write puts the table
into docs/performance.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from service.settings import Settings
from service.workspace import open_workspace
from tests.bench.figures import Figure, as_table, describe_machine
from tests.bench.register import find_register, measure_import
from tests.boundaries import simplify_boundaries
from tests.browser.pages import PAGES, Visit
from tests.browser.serving import CHROMIUM_ARGUMENTS, find_chromium, running_service
from tests.docs_drift import PROJECT, replace_block

_ASKED = 100
_SERVER_MS, _FIRST_VIEW_S, _FIRST_KB, _LATER_KB = 150, 1.0, 1500, 150
_PAINT = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return paint ? paint.startTime / 1000 : null;
}"""
_SHIFT = """() => new Promise((done) => {
  let sum = 0;
  const add = (one) => { if (!one.hadRecentInput) sum += one.value; };
  const watch = new PerformanceObserver((list) => list.getEntries().forEach(add));
  watch.observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 200);
})"""


def measure_pages(folder: Path, data: str) -> list[Figure]:
    """Return the figures of all pages on the data folder; `data` says in words what it holds."""
    simplify_boundaries(folder / "cache")
    with running_service(folder) as base:
        figures = [_server(base, data)]
        chromium = find_chromium()
        if chromium:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
                figures += _seen(browser, base, data)
                browser.close()
    return figures


def _server(base: str, data: str) -> Figure:
    slowest: list[tuple[float, str]] = []
    with httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
        for visit in PAGES:
            client.get(visit.path).raise_for_status()
            times = []
            for _ in range(_ASKED):
                started = time.perf_counter()
                client.get(visit.path)
                times.append(1000 * (time.perf_counter() - started))
            slowest.append((quantiles(times, n=20)[-1], visit.name))
    slowest.sort(reverse=True)
    words = ", ".join(f"{name} {value:.0f} ms" for value, name in slowest)
    return Figure(
        f"pages of 衢州 × 锂电池 on {data}: p95 of {_ASKED} answers each, the slowest first",
        words,
        f"under {_SERVER_MS} ms",
        slowest[0][0] < _SERVER_MS,
    )


def _seen(browser: Browser, base: str, data: str) -> list[Figure]:
    views, firsts, laters, shifts = [], [], [], []
    for visit in PAGES:
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        page = context.new_page()
        first, paint, shift = _visit(page, base, visit)
        later, _, _ = _visit(page, base, visit)
        context.close()
        views.append((paint, visit.name))
        firsts.append((first / 1000, visit.name))
        laters.append((later / 1000, visit.name))
        shifts.append((shift, visit.name))
    return [
        _figure(f"first view in Chromium on {data}", views, "{:.2f} s", _FIRST_VIEW_S, "1 s"),
        _figure(f"bytes of a first visit on {data}", firsts, "{:.0f} kB", _FIRST_KB, "1.5 MB"),
        _figure(f"bytes of a later visit on {data}", laters, "{:.0f} kB", _LATER_KB, "150 kB"),
        _figure(f"layout shift on {data}", shifts, "{:.3f}", 0.1, "0.1"),
    ]


def _figure(what: str, found: list[tuple[float, str]], form: str, most: float, target: str) -> Figure:
    found.sort(reverse=True)
    words = ", ".join(f"{name} {form.format(value)}" for value, name in found[:4])
    return Figure(f"{what}, the largest of {len(found)} pages", words, f"under {target}", found[0][0] < most)


def _visit(page: Page, base: str, visit: Visit) -> tuple[float, float, float]:
    """Return the bytes that came over the wire, the first contentful paint (s), and the layout shift."""
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    sizes: list[float] = []
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    visit.open(page, base)
    paint, shift = page.evaluate(_PAINT), page.evaluate(_SHIFT)
    client.detach()
    return sum(sizes), float(paint or 0.0), float(shift)


def main() -> None:
    """Measure the pages on both data folders and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    write = parser.parse_args().write
    machine = describe_machine()
    block = f"Measured on {machine}.\n\n{as_table(list(_all()))}"
    print(block)
    if write:
        page = PROJECT / "docs" / "performance.md"
        page.write_text(replace_block(page.read_text(encoding="utf-8"), "pages", block), encoding="utf-8")


def _all() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="zhaoshang-pages-") as name:
        folder = Path(name)
        with open_workspace(Settings(data_dir=folder / "seed")):
            pass
        yield from measure_pages(folder / "seed", "the built-in data")
        register = find_register(folder)
        measure_import(register, folder / "register")
        yield from measure_pages(folder / "register", f"one province ({register.origin})")
    print("done", file=sys.stderr)


if __name__ == "__main__":
    main()
