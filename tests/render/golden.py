"""Write the golden files of the small map anew: `python -m tests.render.golden`; then read the difference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from service.render.map_content import MapContent
from service.render.map_data import encode_firms, encode_lists
from service.render.maps import class_rows, draw_page, level_features
from tests.render.conftest import small_map

FOLDER = Path(__file__).parent / "golden"
LAYERS, PAGE = FOLDER / "map_layers.json", FOLDER / "map_page.html"


def handed_over(content: MapContent) -> dict[str, Any]:
    """Return what is handed to folium and to the page's scripts, and the classes of the legend."""
    return {
        "levels": {level.name: level_features(level, content.breaks) for level in content.levels},
        "classes": [list(row) for row in class_rows(content.breaks)],
        "lists": encode_lists(content),
        "firms": encode_firms(content.firms, [node.id for node in content.nodes]),
    }


def as_golden(value: object) -> str:
    """Return JSON that a person can compare line by line."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write both files."""
    FOLDER.mkdir(exist_ok=True)
    LAYERS.write_text(as_golden(handed_over(small_map())), encoding="utf-8")
    PAGE.write_text(draw_page(small_map()), encoding="utf-8")


if __name__ == "__main__":
    main()
