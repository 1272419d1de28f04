"""The interactive map: one HTML file with everything in it, that asks nobody for anything."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import folium
from branca.element import Element

from service.render.map_page import (
    STYLE,
    Bounds,
    inline_assets,
    legend,
    number_ids,
    page_script,
    title_bar,
    write_chinese_plainly,
)

# Completeness classes: upper bound (share) and colour; light to dark so that grey print keeps the order.
BREAKS = ((0.2, "#d3e0ee"), (0.4, "#a9c6e0"), (0.6, "#74a9cf"), (0.8, "#2b8cbe"), (1.0, "#045a8d"))
# Not a shade of the classes: "not observed" is no low value.
UNKNOWN_COLOUR = "#ebe6da"
FIRM_COLOUR, TARGET_COLOUR, OUTLINE_COLOUR = "#1b7837", "#b2182b", "#222222"
NOT_PLACED = "（位置仅作示意）"

_MOST_DECIMALS = 4
# The land, Taiwan, and the dash line down to its southern end.
_COUNTRY: Bounds = ((3.4, 73.5), (53.6, 135.1))


@dataclass(frozen=True, slots=True)
class ShadedRegion:
    """A region on the map. `geometry` is GeoJSON (WGS-84); `completeness` 0-1, None where unobserved;
    `centre` (lon, lat) is where its name is written.
    """

    adcode: str
    name: str
    geometry: dict[str, Any]
    completeness: float | None
    lines: tuple[str, ...] = ()
    centre: tuple[float, float] | None = None


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
    canvas = folium.Map(tiles=None, prefer_canvas=True, maxZoom=18, zoomSnap=0.25, attributionControl=False)
    # branca keys head elements by these names: a script and a style sheet must not share one.
    canvas.default_js = [("jquery", "jquery.slim.min.js"), ("leaflet", "leaflet.js")]
    canvas.default_css = [("leaflet_css", "leaflet.css")]
    _add_country(canvas, content)
    _add_regions(canvas, content.peers, "同级地区完整度", shown=True)
    _add_regions(canvas, content.parts, "下级地区完整度", shown=False)
    _add_outline(canvas, content)
    _add_lines(canvas, content)
    _add_points(canvas, content.firms, "本地企业", FIRM_COLOUR, radius=4)
    _add_points(canvas, content.targets, "目标企业", TARGET_COLOUR, radius=6)
    names = folium.FeatureGroup("地名").add_to(canvas)
    folium.LayerControl(collapsed=False).add_to(canvas)
    views = find_views(content)
    first = next(iter(views.values()))
    canvas.fit_bounds([list(corner) for corner in first], padding=(30, 30), max_zoom=10)
    root: Any = canvas.get_root()
    root.header.add_child(Element(STYLE + f"<title>{html.escape(content.title)}</title>"))
    root.html.add_child(Element(title_bar(content.title, content.subtitle, list(views)) + _legend(content)))
    root.script.add_child(
        Element(page_script(canvas.get_name(), names.get_name(), views, _labels(content.peers)))
    )
    return number_ids(inline_assets(write_chinese_plainly(root.render()))).encode()


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
            "properties": {"text": _popup(point.title, _lines(point))},
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


def _lines(point: MapPoint) -> tuple[str, ...]:
    return point.lines if point.placed else (*point.lines, NOT_PLACED)


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


def find_views(content: MapContent) -> dict[str, Bounds]:
    """Return what the map can be fitted to, by the words on the button; the first is where it opens."""
    views: dict[str, Bounds] = {}
    here = list(_positions(content.outline["coordinates"])) if content.outline else []
    if not here and content.centre:
        here = [content.centre]
    if here:
        views["本地区"] = _bounds(here)
    if content.targets:
        views["目标企业"] = _bounds([*here, *((point.lon, point.lat) for point in content.targets)])
    views["全国"] = _COUNTRY
    return views


def _bounds(pairs: Sequence[tuple[float, float]]) -> Bounds:
    lons, lats = [lon for lon, _ in pairs], [lat for _, lat in pairs]
    return (min(lats), min(lons)), (max(lats), max(lons))


def _positions(coordinates: Any) -> Iterator[tuple[float, float]]:
    if coordinates and isinstance(coordinates[0], int | float):
        yield coordinates[0], coordinates[1]
        return
    for part in coordinates:
        yield from _positions(part)


def _labels(regions: Sequence[ShadedRegion]) -> list[tuple[float, float, str]]:
    return [
        (round(region.centre[1], _MOST_DECIMALS), round(region.centre[0], _MOST_DECIMALS), region.name)
        for region in regions
        if region.centre
    ]


def _legend(content: MapContent) -> str:
    classes = []
    lower = 0.0
    for upper, colour in content.breaks:
        classes.append((colour, f"{lower * 100:.0f}–{upper * 100:.0f}%"))
        lower = upper
    classes.append((UNKNOWN_COLOUR, "未观测"))
    dots = [(FIRM_COLOUR, f"本地企业（{len(content.firms)} 家）")]
    if content.targets:
        dots.append((TARGET_COLOUR, f"目标企业（{len(content.targets)} 家）"))
    return legend(classes, dots, content.notes, content.review_number)
