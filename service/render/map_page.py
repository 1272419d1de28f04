"""What stands around the map on its page: title, views, legend; and how the page carries all it needs."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from service.errors import DataMismatch

STATIC = Path(__file__).resolve().parents[1] / "web" / "static"
UNREVIEWED = "内部资料 未经审图"

# Han characters, Chinese punctuation and full-width forms, not after an escaped backslash.
_ESCAPED_CHINESE = re.compile(r"(?<!\\)((?:\\\\)*)\\u([4-9][0-9a-f]{3}|30[0-3][0-9a-f]|ff[0-9a-e][0-9a-f])")

# South and west, north and east: as Leaflet takes bounds.
Bounds = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class MapNames:
    """The names that folium gave the map and its layers: the page's scripts find them by these."""

    canvas: str
    country: tuple[str, ...]
    levels: tuple[str, ...]
    outline: str | None


def title_bar(title: str, subtitle: str, views: Sequence[str]) -> str:
    """Return the bar above the map, with one button for each view."""
    buttons = "".join(f'<button type="button">{html.escape(view)}</button>' for view in views)
    return (
        f'<header class="zs-title"><div><h1>{html.escape(title)}</h1><p>{html.escape(subtitle)}</p></div>'
        f'<nav class="zs-views" aria-label="视图">{buttons}</nav></header>'
    )


def filter_bar() -> str:
    """Return the bar of search box, node filter and founding year; the scripts fill it."""
    return _FILTER_BAR


def legend(
    classes: Sequence[tuple[str, str]], counts: Sequence[str], notes: Sequence[str], review: str
) -> str:
    """Return the legend: `classes` are (colour, words), `counts` say how many points there are of each
    kind (firms here, targets), `review` is the map review number.
    """
    rows = "".join(
        f'<div><i class="zs-class" style="background:{colour}"></i>{html.escape(words)}</div>'
        for colour, words in classes
    )
    said = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
    reviewed = html.escape(f"审图号：{review}" if review else UNREVIEWED)
    firms, targets = map(html.escape, counts)
    return (
        f'<details class="zs-legend" open><summary>图例：产业链完整度</summary>'
        f'<div class="zs-classes">{rows}</div>{_SYMBOLS}'
        f'<p class="zs-counts"><span>{firms}</span><span>{targets}</span></p>'
        f'<p class="zs-state" id="zs-state" hidden></p>'
        f'<p class="zs-state" id="zs-flow-said" hidden></p>'
        f'<div class="zs-notes" tabindex="0">{said}</div><p class="zs-review">{reviewed}</p></details>'
    )


def start_script(names: MapNames, start: str) -> str:
    """Return the script that hands the layers and `start` (JSON) to the page's own scripts."""
    country, levels = ", ".join(names.country), ", ".join(names.levels)
    return (
        'window.addEventListener("load", () => startMap({ '
        f"map: {names.canvas}, country: [{country}], levels: [{levels}], "
        f"outline: {names.outline or 'null'} }}, {start}));"
    )


def inline_assets(page: str) -> str:
    """Put every script and style sheet into the page; DataMismatch for one that we do not carry."""
    page = re.sub(r'<script src="([^"]+)"[^>]*></script>', lambda m: _script(m[1]), page)
    page = re.sub(r'<link rel="stylesheet" href="([^"]+)"[^>]*/?>', lambda m: _style(m[1]), page)
    left = re.search(r'<(?:script|link|img)[^>]+(?:src|href)="(?!data:)([^"]+)"', page)
    if left:
        raise DataMismatch(f"地图页仍引用外部文件 {left[1]}")
    return page


def write_chinese_plainly(page: str) -> str:
    """Write Chinese as itself where folium escaped it (3 bytes in place of 6); escaped HTML stays escaped."""
    return _ESCAPED_CHINESE.sub(lambda match: match[1] + chr(int(match[2], 16)), page)


def number_ids(page: str) -> str:
    """Number the names that folium gives its objects at random, in the order in which they come."""
    numbers: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return numbers.setdefault(match[0], f"{len(numbers):032d}")

    # Names are made longer with "_add", "_styler": a word does not end behind the id.
    return re.sub(r"(?<=_)[0-9a-f]{32}(?![0-9A-Za-z])", number, page)


def _script(name: str) -> str:
    return "<script>" + _asset(name).replace("</script", "<\\/script") + "</script>"


def _style(name: str) -> str:
    # Leaflet's images are for controls and markers that this map does not use.
    css = re.sub(r"url\((?!data:)[^)]*\)", "none", _asset(name))
    return f"<style>{css}</style>"


@lru_cache(maxsize=16)
def _asset(name: str) -> str:
    path = next((path for path in (STATIC / "vendor" / name, STATIC / name) if path.is_file()), None)
    if "/" in name or path is None:
        raise DataMismatch(f"缺少前端文件 {name}，请重新安装（make run）")
    return re.sub(r"//# sourceMappingURL=\S+", "", path.read_text(encoding="utf-8"))


_SYMBOLS = (
    '<div class="zs-symbols"><span class="zs-up"><b aria-hidden="true">▲</b> 上游</span>'
    '<span class="zs-mid"><b aria-hidden="true">●</b> 中游</span>'
    '<span class="zs-down"><b aria-hidden="true">■</b> 下游</span>'
    '<span><b class="zs-many" aria-hidden="true">12</b> 多家</span>'
    '<span><b class="zs-rank" aria-hidden="true">1</b> 目标企业及位次</span></div>'
)

_FILTER_BAR = """<details class="zs-filters" open><summary>搜索与筛选</summary><div>
<div class="zs-search"><label for="zs-find">搜索</label><input id="zs-find" type="search" autocomplete="off"
 role="combobox" aria-expanded="false" aria-controls="zs-found" aria-autocomplete="list" maxlength="60"
 placeholder="企业、地区或拼音首字母">
<ul id="zs-found" role="listbox" aria-label="搜索结果" hidden></ul></div>
<div><label for="zs-node">环节</label><select id="zs-node"><option value="-1">全部环节</option></select></div>
<div class="zs-years" hidden><label for="zs-year">成立至</label><input id="zs-year" type="range" step="1">
<output for="zs-year" id="zs-year-said"></output>
<button type="button" id="zs-play" aria-pressed="false">播放</button>
<label class="zs-undated"><input id="zs-undated" type="checkbox" checked> <span></span></label></div>
<output class="zs-shown" id="zs-shown"></output></div></details>"""
