"""What stands around the map on its page: title, views, legend; and how the page carries all it needs."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from service.errors import DataMismatch

VENDOR = Path(__file__).resolve().parents[1] / "web" / "static" / "vendor"
UNREVIEWED = "内部资料 未经审图"

# Han characters, Chinese punctuation and full-width forms, not after an escaped backslash.
_ESCAPED_CHINESE = re.compile(r"(?<!\\)((?:\\\\)*)\\u([4-9][0-9a-f]{3}|30[0-3][0-9a-f]|ff[0-9a-e][0-9a-f])")

# South and west, north and east: as Leaflet takes bounds.
Bounds = tuple[tuple[float, float], tuple[float, float]]


def title_bar(title: str, subtitle: str, views: Sequence[str]) -> str:
    """Return the bar above the map, with one button for each view."""
    buttons = "".join(f'<button type="button">{html.escape(view)}</button>' for view in views)
    return (
        f'<header class="zs-title"><div><h1>{html.escape(title)}</h1><p>{html.escape(subtitle)}</p></div>'
        f'<nav class="zs-views" aria-label="视图">{buttons}</nav></header>'
    )


def legend(
    classes: Sequence[tuple[str, str]], dots: Sequence[tuple[str, str]], notes: Sequence[str], review: str
) -> str:
    """Return the legend: `classes` and `dots` are (colour, words); `review` is the map review number."""
    rows = [_swatch("zs-class", *one) for one in classes] + [_swatch("zs-dot", *one) for one in dots]
    said = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
    reviewed = html.escape(f"审图号：{review}" if review else UNREVIEWED)
    return (
        f'<details class="zs-legend" open><summary>图例：产业链完整度</summary>{"".join(rows)}'
        f'<div class="zs-notes">{said}<p><b>{reviewed}</b></p></div></details>'
    )


def _swatch(kind: str, colour: str, words: str) -> str:
    return f'<div><i class="{kind}" style="background:{colour}"></i>{html.escape(words)}</div>'


def page_script(
    map_name: str, group_name: str, views: Mapping[str, Bounds], labels: Sequence[tuple[float, float, str]]
) -> str:
    """Return the script that draws the names of places, changes views and fits the map to paper.

    `labels` are (latitude, longitude, name); `group_name` is the layer that takes them.
    """
    names = [(lat, lon, html.escape(name)) for lat, lon, name in labels]
    values = {"views": list(views.values()), "labels": names}
    # A name with "</script>" in it must not end the script.
    data = json.dumps(values, ensure_ascii=False).replace("</", "<\\/")
    return _SCRIPT.replace("MAP_NAME", map_name).replace("GROUP_NAME", group_name).replace("DATA", data)


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
    path = VENDOR / name
    if "/" in name or not path.is_file():
        raise DataMismatch(f"缺少前端文件 {name}，请重新安装（make run）")
    return re.sub(r"//# sourceMappingURL=\S+", "", path.read_text(encoding="utf-8"))


STYLE = """<meta name="viewport" content="width=device-width, initial-scale=1"><style>
html, body { height: 100%; margin: 0; }
body { display: flex; flex-direction: column; position: relative; color: #1d2733; }
body, .leaflet-container { font-family: "Noto Sans CJK SC", "WenQuanYi Micro Hei", "Microsoft YaHei",
  "PingFang SC", sans-serif; }
.folium-map { flex: 1 1 auto; min-height: 0; }
.folium-map.leaflet-container { background: #eef1f4; }
.zs-title { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center;
  justify-content: space-between; padding: 6px 14px; background: #fff; border-bottom: 1px solid #c8d0d8; }
.zs-title h1 { font-size: 18px; margin: 0; } .zs-title p { font-size: 13px; margin: 2px 0 0; color: #444; }
.zs-views button { font: inherit; font-size: 13px; padding: 3px 10px; margin-left: 6px;
  border: 1px solid #9db8d2; border-radius: 4px; background: #eaf1f8; color: #1f4e79; cursor: pointer; }
.zs-legend { position: absolute; bottom: 10px; left: 10px; z-index: 1000; width: 200px; font-size: 12px;
  line-height: 1.45; background: rgba(255,255,255,.94); padding: 6px 10px; border-radius: 4px;
  box-shadow: 0 1px 4px rgba(0,0,0,.25); }
.zs-legend summary { font-size: 13px; font-weight: bold; cursor: pointer; }
.zs-legend i { display: inline-block; width: 18px; height: 11px; margin-right: 6px; border: 1px solid #bbb;
  vertical-align: -1px; }
.zs-legend i.zs-dot { width: 10px; height: 10px; border-radius: 50%; margin: 0 10px 0 4px;
  border-color: #fff; }
.zs-notes { border-top: 1px solid #ddd; margin-top: 4px; padding-top: 3px; color: #555; font-size: 11px; }
.zs-notes p { margin: 1px 0; }
.zs-label { width: auto !important; height: auto !important; }
.zs-label span { position: absolute; transform: translate(-50%, -50%); white-space: nowrap; font-size: 12px;
  color: #333; text-shadow: 0 0 2px #fff, 0 0 2px #fff, 0 0 3px #fff, 0 0 4px #fff; }
.zs-far .zs-label { display: none; }
.leaflet-tooltip table, .leaflet-popup table { border: 0; }
.leaflet-control-layers { font-size: 13px; }
.zs-print, .zs-print body { width: 1040px; height: 690px; overflow: hidden; }
@page { size: A4 landscape; margin: 10mm; }
@media print {
  .leaflet-control-zoom, .leaflet-control-layers, .zs-views { display: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
</style>"""

# Paper has another size than the window: the map is laid out for A4 before printing, and back after it.
_SCRIPT = """
window.addEventListener("load", () => {
  const map = MAP_NAME, group = GROUP_NAME, { views, labels } = DATA;
  for (const [lat, lon, name] of labels) {
    const icon = L.divIcon({ className: "zs-label", html: `<span>${name}</span>` });
    L.marker([lat, lon], { icon, interactive: false, keyboard: false }).addTo(group);
  }
  const near = map.getZoom() - 1;
  const far = () => map.getContainer().classList.toggle("zs-far", map.getZoom() < near);
  map.on("zoomend", far);
  const show = (bounds) => map.fitBounds(bounds, { padding: [30, 30], maxZoom: 10, animate: false });
  document.querySelectorAll(".zs-views button").forEach((button, i) => {
    button.addEventListener("click", () => show(views[i]));
  });
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  if (window.innerWidth < 700) document.querySelector(".zs-legend").open = false;
  let before = null;
  window.addEventListener("beforeprint", () => {
    before = map.getBounds();
    document.documentElement.classList.add("zs-print");
    map.invalidateSize({ animate: false });
    map.fitBounds(before, { animate: false });
  });
  window.addEventListener("afterprint", () => {
    document.documentElement.classList.remove("zs-print");
    map.invalidateSize({ animate: false });
    if (before) map.fitBounds(before, { animate: false });
  });
});
"""
