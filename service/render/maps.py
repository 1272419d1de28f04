"""The interactive map: one HTML file with everything in it, that asks nobody for anything.

folium draws the borders and the shaded levels; points, lists and lines come as data (`map_data`) and are
drawn by the map's own scripts, so that 20,000 firms neither swell the file nor slow the browser.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import Any

import folium
from branca.element import Element

from service.render.map_content import BREAKS, Geometry, MapContent, MapLevel, ShadedRegion
from service.render.map_data import as_json, data_blocks
from service.render.map_page import (
    Bounds,
    MapNames,
    filter_bar,
    inline_assets,
    legend,
    number_ids,
    start_script,
    title_bar,
    write_chinese_plainly,
)

__all__ = ["BREAKS", "UNKNOWN_COLOUR", "MapContent", "ShadedRegion", "colour_of", "render_map"]

# Not a shade of the classes: "not observed" is no low value.
UNKNOWN_COLOUR = "#ebe6da"
OUTLINE_COLOUR = "#222222"

# Panes from the lowest to the highest: what lies in which, and whether the pointer reaches it.
PANES = (
    ("zs-country", 300, False),
    ("zs-levels", 390, True),
    ("zs-lines", 420, False),
    ("zs-points", 450, False),
    ("zs-names", 455, False),
)
_SCRIPTS = ("map-points.js", "map-find.js", "map-file.js")
_DATA = "<!--zs-data-->"
# The land, Taiwan, and the dash line down to its southern end.
_COUNTRY: Bounds = ((3.4, 73.5), (53.6, 135.1))


def render_map(content: MapContent) -> bytes:
    """Return the map as one HTML file (UTF-8). Two renderings of the same content are the same bytes."""
    page = inline_assets(draw_page(content)).replace(_DATA, data_blocks(content), 1)
    return page.encode("utf-8", "replace")


def draw_page(content: MapContent) -> str:
    """Return the page with its parts named and not yet put in: scripts, style sheets, the data block."""
    canvas = folium.Map(tiles=None, prefer_canvas=True, maxZoom=18, zoomSnap=0.25, attributionControl=False)
    # branca keys head elements by these names: a script and a style sheet must not share one.
    names = ("leaflet.js", "leaflet-heat.js", *_SCRIPTS, *(["map-tiles.js"] if content.base else []))
    canvas.default_js = [(name.replace(".", "_"), name) for name in names]
    canvas.default_css = [(f"{name}_css", f"{name}.css") for name in ("leaflet", "theme", "map-file")]
    for pane, height, pointed_at in PANES:
        folium.map.CustomPane(pane, height, pointer_events=pointed_at).add_to(canvas)
    layers = MapNames(
        canvas.get_name(),
        country=_add_country(canvas, content),
        levels=tuple(_add_level(canvas, level, content) for level in content.levels),
        outline=_add_outline(canvas, content),
    )
    views = find_views(content)
    canvas.fit_bounds([list(corner) for corner in next(iter(views.values()))], padding=(30, 30), max_zoom=10)
    _surround(canvas, content, layers, views)
    return number_ids(write_chinese_plainly(canvas.get_root().render()))


def _surround(canvas: folium.Map, content: MapContent, layers: MapNames, views: dict[str, Bounds]) -> None:
    root: Any = canvas.get_root()
    head = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    root.header.add_child(Element(f"{head}<title>{html.escape(content.title)}</title>"))
    around = title_bar(content.title, content.subtitle, list(views)) + filter_bar() + _legend(content)
    root.html.add_child(Element(around + _DATA))
    start = {
        "levels": [[level.name, level.names_from] for level in content.levels],
        "shown": content.shown_level,
        "views": list(views.values()),
        "base": _base(content),
    }
    root.script.add_child(Element(start_script(layers, as_json(start))))


def _base(content: MapContent) -> dict[str, Any] | None:
    if content.base is None:
        return None
    return {
        "name": content.base.name,
        "layers": content.base.layers,
        "subdomains": content.base.subdomains,
        "gcj02": content.base.gcj02,
        "mostZoom": content.base.most_zoom,
    }


def _add_country(canvas: folium.Map, content: MapContent) -> tuple[str, ...]:
    """Over a base map the land is not filled, or nobody would see the base map."""
    land = {"color": "#8c8c8c", "weight": 0.8, "fill": content.base is None}
    land |= {"fillColor": "#fafafa", "fillOpacity": 1.0}
    layers = []
    if content.country:
        layers.append(_shapes(content.country, land, "zs-country"))
    if content.dash_line:
        dashes = {"color": "#8c8c8c", "weight": 1.5, "fill": False}
        layers.append(_shapes([content.dash_line], dashes, "zs-country"))
    for layer in layers:
        layer.add_to(canvas)
    return tuple(layer.get_name() for layer in layers)


def _shapes(geometries: Sequence[Geometry], style: dict[str, Any], pane: str) -> folium.GeoJson:
    features = [{"type": "Feature", "properties": {}, "geometry": geometry} for geometry in geometries]
    collection = {"type": "FeatureCollection", "features": features}
    return folium.GeoJson(collection, style_function=lambda _: style, interactive=False, pane=pane)


def _add_level(canvas: folium.Map, level: MapLevel, content: MapContent) -> str:
    """Not shown by folium: the map's own script shows one level at a time."""
    opacity = 0.85 if content.base is None else 0.55
    layer = folium.GeoJson(
        level_features(level, content.breaks),
        show=False,
        pane="zs-levels",
        style_function=lambda feature: {
            "color": "#ffffff",
            "weight": 1.2,
            "fillColor": feature["properties"]["colour"],
            "fillOpacity": opacity,
        },
        tooltip=folium.GeoJsonTooltip(["text"], labels=False, sticky=True),
    )
    layer.add_to(canvas)
    return str(layer.get_name())


def level_features(level: MapLevel, breaks: Sequence[tuple[float, str]] = BREAKS) -> dict[str, Any]:
    """Return the regions of a level as GeoJSON with class colour and text, as folium gets them."""
    features = [
        {
            "type": "Feature",
            "geometry": region.geometry,
            "properties": {
                "colour": colour_of(region.completeness, breaks),
                "text": _tooltip(region.name, (percent(region.completeness), *region.lines)),
            },
        }
        for region in level.regions
    ]
    return {"type": "FeatureCollection", "features": features}


def _add_outline(canvas: folium.Map, content: MapContent) -> str | None:
    if not content.outline:
        return None
    layer = _shapes([content.outline], {"color": OUTLINE_COLOUR, "weight": 2.5, "fill": False}, "zs-lines")
    layer.add_to(canvas)
    return str(layer.get_name())


def _tooltip(title: str, lines: Sequence[str]) -> str:
    """folium sets these texts as HTML: everything in them is escaped."""
    return "<br>".join([f"<b>{html.escape(title)}</b>", *(html.escape(line) for line in lines if line)])


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
        views["目标企业"] = _bounds([*here, *((target.lon, target.lat) for target in content.targets)])
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


def class_rows(breaks: Sequence[tuple[float, str]] = BREAKS) -> list[tuple[str, str]]:
    """Return the legend's classes as (colour, words), the lowest first and what is not observed last."""
    rows, lower = [], 0.0
    for upper, colour in breaks:
        rows.append((colour, f"{lower * 100:.0f}–{upper * 100:.0f}%"))
        lower = upper
    return [*rows, (UNKNOWN_COLOUR, "未观测")]


def _legend(content: MapContent) -> str:
    counts = [f"本地企业（{len(content.firms):,} 家）", f"目标企业（{len(content.targets)} 家）"]
    notes = [*content.notes, *([content.base.credit] if content.base else [])]
    return legend(class_rows(content.breaks), counts, notes, content.review_number)
