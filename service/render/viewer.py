"""The offline viewer: one page with map, tree, gaps, targets and sources in it, opened by a double click.

A page opened as a file may not read the files beside it, so everything it shows stands in the page itself.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from service.render.brief_facts import BriefFacts
from service.render.viewer_data import viewer_data

_FOLDER = Path(__file__).with_name("viewer")


def render_viewer(facts: BriefFacts, map_page: str, files: Sequence[tuple[str, str]] = ()) -> bytes:
    """Return the viewer as one HTML file (UTF-8), the same bytes for the same facts.

    Parameters
    ----------
    map_page : the map in one file (`mapping.draw_map`); it is shown in a frame of its own.
    files : (path, title) of the files beside the viewer, to which it links.
    """
    day = facts.made_of.isoformat() if facts.made_of else "尚无数据"
    data = json.dumps(
        viewer_data(facts, files, map_page), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    parts = {
        "TITLE": html.escape(facts.title),
        "SUBTITLE": html.escape(
            f"{facts.region_full_name}　{facts.chain.name}　数据日期 {day}（版本 {facts.data_version}）"
        ),
        "STYLE": _asset("viewer.css"),
        # No text may end the script that holds it, nor open a comment in it.
        "DATA": data.replace("<", "\\u003c"),
        "SCRIPT": _asset("viewer.js"),
    }
    pieces = _template()
    return "".join(parts.get(piece, piece) if i % 2 else piece for i, piece in enumerate(pieces)).encode(
        "utf-8", "replace"
    )


@lru_cache(maxsize=1)
def _template() -> list[str]:
    """The page cut at its places: every second piece is the name of one."""
    text = _asset("viewer.html")
    for name in ("TITLE", "SUBTITLE", "STYLE", "DATA", "SCRIPT"):
        text = text.replace(f"{{{name}}}", f"\0{name}\0")
    return text.split("\0")


@lru_cache(maxsize=4)
def _asset(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
