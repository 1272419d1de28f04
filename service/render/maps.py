"""The interactive map: one HTML file with everything in it, that asks nobody for anything."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import folium
from branca.element import Element

from service.errors import DataMismatch

VENDOR = Path(__file__).resolve().parents[1] / "web" / "static" / "vendor"
UNREVIEWED = "内部资料 未经审图"

# Completeness classes: upper bound (share) and colour; light to dark so that grey print keeps the order.
BREAKS = ((0.2, "#f1eef6"), (0.4, "#bdc9e1"), (0.6, "#74a9cf"), (0.8, "#2b8cbe"), (1.0, "#045a8d"))
UNKNOWN_COLOUR = "#e8e8e8"
FIRM_COLOUR, TARGET_COLOUR, OUTLINE_COLOUR = "#1b7837", "#b2182b", "#222222"

_MOST_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class ShadedRegion:
    """A region on the map. `geometry` is GeoJSON (WGS-84); `completeness` 0-1, None where unobserved."""

    adcode: str
    name: str
    geometry: dict[str, Any]
    completeness: float | None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A firm on the map (WGS-84 degrees); `placed` False: drawn near the middle of its county or city."""

    lon: float
    lat: float
    title: str
    lines: tuple[str, ...]
    placed: bool


@dataclass(frozen=True, slots=True)
class MapContent:
    """Everything that the map shows; all texts are plain and are escaped here."""

    title: str
    subtitle: str
    centre: tuple[float, float] | None
    outline: dict[str, Any] | None
    peers: Sequence[ShadedRegion]
    parts: Sequence[ShadedRegion]
    country: Sequence[dict[str, Any]]
    dash_line: dict[str, Any] | None
    firms: Sequence[MapPoint]
    targets: Sequence[MapPoint]
    notes: Sequence[str]
    review_number: str = ""
    breaks: Sequence[tuple[float, str]] = field(default=BREAKS)


def render_map(content: MapContent) -> bytes:
    """Return the map as one HTML file (UTF-8). Two renderings of the same content are the same bytes."""
    canvas = folium.Map(
        tiles=None, prefer_canvas=True, control_scale=True, maxZoom=18, attributionControl=False
    )
    canvas.default_js = [("jquery", "jquery.slim.min.js"), ("leaflet", "leaflet.js")]
    canvas.default_css = [("leaflet", "leaflet.css")]
    _add_country(canvas, content)
    _add_regions(canvas, content.peers, "同级地区完整度", shown=True)
    _add_regions(canvas, content.parts, "下级地区完整度", shown=False)
    _add_outline(canvas, content)
    _add_lines(canvas, content)
    _add_points(canvas, content.firms, "本地企业", FIRM_COLOUR, radius=4)
    _add_points(canvas, content.targets, "目标企业", TARGET_COLOUR, radius=6)
    folium.LayerControl(collapsed=False).add_to(canvas)
    _fit(canvas, content)
    root = canvas.get_root()
    root.header.add_child(Element(_STYLE + f"<title>{html.escape(content.title)}</title>"))
    root.html.add_child(Element(_title_block(content) + _legend(content)))
    return _number_ids(inline_assets(root.render())).encode()


def inline_assets(page: str) -> str:
    """Put every script and style sheet into the page; DataMismatch for one that we do not carry."""
    page = re.sub(r'<script src="([^"]+)"[^>]*></script>', lambda m: _script(m[1]), page)
    page = re.sub(r'<link rel="stylesheet" href="([^"]+)"[^>]*/?>', lambda m: _style(m[1]), page)
    left = re.search(r'<(?:script|link|img)[^>]+(?:src|href)="(?!data:)([^"]+)"', page)
    if left:
        raise DataMismatch(f"地图页仍引用外部文件 {left[1]}")
    return page


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


def _number_ids(page: str) -> str:
    """folium names its objects at random: number them in the order in which they come."""
    numbers: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return numbers.setdefault(match[0], f"{len(numbers):032d}")

    return re.sub(r"(?<=_)[0-9a-f]{32}\b", number, page)


def _add_country(canvas: folium.Map, content: MapContent) -> None:
    group = folium.FeatureGroup("全国省界", overlay=True, control=True)
    style = {"color": "#8c8c8c", "weight": 0.8, "fill": True, "fillColor": "#fafafa", "fillOpacity": 1.0}
    if content.country:
        _shapes(content.country, style).add_to(group)
    if content.dash_line:
        _shapes([content.dash_line], {"color": "#8c8c8c", "weight": 1.5, "fill": False}).add_to(group)
    group.add_to(canvas)


def _shapes(geometries: Sequence[dict[str, Any]], style: dict[str, Any]) -> folium.GeoJson:
    features = [{"type": "Feature", "properties": {}, "geometry": geometry} for geometry in geometries]
    collection = {"type": "FeatureCollection", "features": features}
    return folium.GeoJson(collection, style_function=lambda _: style, interactive=False)


def _add_regions(canvas: folium.Map, regions: Sequence[ShadedRegion], name: str, *, shown: bool) -> None:
    if not regions:
        return
    features = [
        {
            "type": "Feature",
            "geometry": region.geometry,
            "properties": {
                "colour": colour_of(region.completeness),
                "text": _popup(region.name, (percent(region.completeness), *region.lines)),
            },
        }
        for region in regions
    ]
    folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        name=name,
        show=shown,
        style_function=lambda feature: {
            "color": "#ffffff",
            "weight": 1.2,
            "fillColor": feature["properties"]["colour"],
            "fillOpacity": 0.85,
        },
        tooltip=folium.GeoJsonTooltip(["text"], labels=False, sticky=True),
    ).add_to(canvas)


def _add_outline(canvas: folium.Map, content: MapContent) -> None:
    if content.outline:
        style = {"color": OUTLINE_COLOUR, "weight": 2.5, "fill": False}
        layer = _shapes([content.outline], style)
        layer.layer_name = "本地区边界"
        layer.add_to(canvas)


def _add_lines(canvas: folium.Map, content: MapContent) -> None:
    if content.centre is None or not content.targets:
        return
    lines = {
        "type": "MultiLineString",
        "coordinates": [
            [_rounded(point.lon, point.lat), _rounded(*content.centre)] for point in content.targets
        ],
    }
    layer = _shapes([lines], {"color": TARGET_COLOUR, "weight": 1, "opacity": 0.6, "dashArray": "4 4"})
    layer.layer_name = "目标企业到本地"
    layer.add_to(canvas)


def _add_points(
    canvas: folium.Map, points: Sequence[MapPoint], name: str, colour: str, *, radius: int
) -> None:
    if not points:
        return
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": _rounded(point.lon, point.lat)},
            "properties": {"text": _popup(point.title, point.lines)},
        }
        for point in points
    ]
    folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        name=f"{name}（{len(points)}）",
        marker=folium.CircleMarker(
            radius=radius, color="#ffffff", weight=1, fill_color=colour, fill_opacity=0.85
        ),
        popup=folium.GeoJsonPopup(["text"], labels=False, max_width=320),
    ).add_to(canvas)


def _popup(title: str, lines: Sequence[str]) -> str:
    """folium sets these texts as HTML: everything in them is escaped."""
    return "<br>".join([f"<b>{html.escape(title)}</b>", *(html.escape(line) for line in lines if line)])


def _rounded(lon: float, lat: float) -> list[float]:
    return [round(lon, _MOST_DECIMALS), round(lat, _MOST_DECIMALS)]


def colour_of(completeness: float | None, breaks: Sequence[tuple[float, str]] = BREAKS) -> str:
    """Return the class colour of a completeness (0-1); a grey where it is not known."""
    if completeness is None:
        return UNKNOWN_COLOUR
    return next((colour for upper, colour in breaks if completeness <= upper), breaks[-1][1])


def percent(completeness: float | None) -> str:
    """Return a completeness in words."""
    return "完整度：未观测" if completeness is None else f"完整度：{completeness * 100:.0f}%"


def _fit(canvas: folium.Map, content: MapContent) -> None:
    shape = content.outline or (content.country[0] if content.country else None)
    pairs = list(_positions(shape["coordinates"])) if shape else []
    if not pairs and content.centre:
        pairs = [content.centre]
    if not pairs:
        pairs = [(73.5, 18.0), (135.1, 53.6)]
    lons, lats = [lon for lon, _ in pairs], [lat for _, lat in pairs]
    canvas.fit_bounds([[min(lats), min(lons)], [max(lats), max(lons)]], padding=(30, 30), max_zoom=10)


def _positions(coordinates: Any) -> Any:
    if coordinates and isinstance(coordinates[0], int | float):
        yield coordinates[0], coordinates[1]
        return
    for part in coordinates:
        yield from _positions(part)


def _title_block(content: MapContent) -> str:
    return (
        '<div class="zs-title"><h1>' + html.escape(content.title) + "</h1>"
        "<p>" + html.escape(content.subtitle) + "</p></div>"
    )


def _legend(content: MapContent) -> str:
    rows = []
    lower = 0.0
    for upper, colour in content.breaks:
        rows.append(_swatch(colour, f"{lower * 100:.0f}–{upper * 100:.0f}%"))
        lower = upper
    rows.append(_swatch(UNKNOWN_COLOUR, "未观测"))
    dots = _dot(FIRM_COLOUR, "本地企业") + _dot(TARGET_COLOUR, "目标企业（虚线连到本地）")
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in content.notes)
    review = html.escape(f"审图号：{content.review_number}" if content.review_number else UNREVIEWED)
    return (
        f'<div class="zs-legend"><h2>产业链完整度</h2>{"".join(rows)}{dots}'
        f'<div class="zs-notes">{notes}<p><b>{review}</b></p></div></div>'
    )


def _swatch(colour: str, text: str) -> str:
    return f'<div><i style="background:{colour}"></i>{html.escape(text)}</div>'


def _dot(colour: str, text: str) -> str:
    return f'<div><i class="zs-dot" style="background:{colour}"></i>{html.escape(text)}</div>'


_STYLE = """<meta charset="utf-8"><style>
html, body { height: 100%; margin: 0; }
body, .leaflet-container { font-family: "Noto Sans CJK SC", "WenQuanYi Micro Hei", "Microsoft YaHei",
  "PingFang SC", sans-serif; }
.leaflet-container { background: #dfe9f0; }
.zs-title { position: absolute; top: 10px; left: 56px; z-index: 1000; background: rgba(255,255,255,.92);
  padding: 8px 14px; border-radius: 4px; box-shadow: 0 1px 4px rgba(0,0,0,.25); max-width: 60%; }
.zs-title h1 { font-size: 18px; margin: 0; } .zs-title p { font-size: 13px; margin: 4px 0 0; color: #444; }
.zs-legend { position: absolute; bottom: 24px; right: 10px; z-index: 1000; width: 210px; font-size: 12px;
  background: rgba(255,255,255,.94); padding: 8px 12px; border-radius: 4px; box-shadow: 0 1px 4px rgba(0,0,0,.25); }
.zs-legend h2 { font-size: 13px; margin: 0 0 4px; }
.zs-legend i { display: inline-block; width: 18px; height: 12px; margin-right: 6px; border: 1px solid #bbb;
  vertical-align: -1px; }
.zs-legend i.zs-dot { width: 10px; height: 10px; border-radius: 50%; margin: 0 10px 0 4px; border-color: #fff; }
.zs-notes { border-top: 1px solid #ddd; margin-top: 6px; padding-top: 4px; color: #555; }
.zs-notes p { margin: 2px 0; }
.leaflet-tooltip table, .leaflet-popup table { border: 0; }
@media print { .leaflet-control-container { display: none; } }
</style>"""
