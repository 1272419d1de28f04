"""The map on a slide: every region an editable shape, coloured by the completeness of the chain."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN

from service.render.deck_content import DeckContent
from service.render.deck_file import DeckFile
from service.render.deck_page import BOTTOM, LEFT, TOP, Box, Page, Type
from service.render.deck_text import ems, say_share
from service.render.map_page import UNREVIEWED
from service.render.maps import BREAKS, UNKNOWN_COLOUR, ShadedRegion, colour_of
from service.render.picture_sea import (
    INSET_NAME,
    SeaGeometry,
    apart_from_sea,
    inset_size,
    lay_inset,
    main_parts,
)

Ring = list[tuple[float, float]]

_PLACE = Box(LEFT, TOP, 8.2, BOTTOM - TOP)
_LIST_LEFT, _LIST_WIDTH = 9.0, 3.83
_DETAIL = 400.0
"""Borders are simplified to a part of this many of the map's longer side, about a pixel on a screen."""

_SMALLEST = 2.0
"""Islands smaller than this many details squared are left out beside a mainland; where a region is nothing
but small islands, all of them are drawn.
"""

_LABEL, _LABEL_HEIGHT = 9.0, 0.2
_LISTED = 14
_INSET_HEIGHT = 2.0
_INSET = Box(_PLACE.right - inset_size(_INSET_HEIGHT), BOTTOM - _INSET_HEIGHT, inset_size(_INSET_HEIGHT),
             _INSET_HEIGHT)  # fmt: skip
"""Where the South China Sea stands on a map that reaches into it; the land keeps to its left."""

_WATER, _LAND, _DASH = "#eef4f8", "#f6f5f1", "#c0392b"
_ISLAND_DETAIL = 0.004


@dataclass(frozen=True, slots=True)
class Area:
    """A region on the page: its rings and where its name stands, None where it would cover another.

    A region that lies in the inset has no rings on the main map.
    """

    region: ShadedRegion
    rings: tuple[Ring, ...]
    label: Box | None


def draw_map_slide(deck: DeckFile, content: DeckContent) -> None:
    """Draw the map; a region without boundaries gets none."""
    areas = place_areas(content.regions, with_sea=content.sea is not None)
    if not areas:
        return
    page = Page(deck, f"{content.place}{content.chain.name}：分地区完整度", footer=content.source_line)
    for area in (one for one in areas if one.rings):
        inside = area.region.adcode == content.facts.region_adcode
        colour = colour_of(area.region.completeness)
        line, width = ("#222222", 2.25) if inside else ("#6b7785", 0.5)
        page.shape(area.rings, colour, line, width, area.region.name)
    for area in areas:
        if area.label is not None:
            kind = Type(_LABEL, colour="#1d2733", align=PP_ALIGN.CENTER, anchor=MSO_ANCHOR.MIDDLE)
            page.text(area.label, [area.region.name], kind, name=f"地名 {area.region.name}")
    if content.sea is not None and apart_from_sea(_shapes(content.regions))[1]:
        _draw_inset(page, content.sea, [area.region for area in areas if not area.rings])
    _draw_list(page, content)
    page.notes(
        [
            f"{content.date_line}。{content.source_line}。边界：天地图行政区划（2025-09），仅作示意。",
            *(f"{one.region.name}：完整度 {say_share(one.region.completeness)}" for one in areas),
        ]
    )


def _draw_inset(page: Page, sea: SeaGeometry, regions: Sequence[ShadedRegion]) -> None:
    """The South China Sea with its islands and the ten dashes: a frame, land, `regions` in it, ten lines."""
    page.block(_INSET, [], fill=_WATER, line="#222222", name=INSET_NAME)
    inset = lay_inset(sea, _INSET.left, _INSET.top, _INSET.height, detail=_ISLAND_DETAIL)
    land = [ring for _, rings in inset.land for ring in rings]
    page.shape(land, _LAND, "#8f8a7d", 0.5, f"{INSET_NAME}：陆地与岛屿")
    shapes = SeaGeometry(tuple(_shapes(regions)), ())
    for number, rings in lay_inset(shapes, _INSET.left, _INSET.top, _INSET.height).land:
        page.shape(rings, colour_of(regions[number].completeness), "#4f5b67", 0.5, regions[number].name)
    for dash in inset.dashes:
        page.rule(dash[0], dash[-1], _DASH)
    kind = Type(_LABEL, colour="#1d2733", align=PP_ALIGN.RIGHT, anchor=MSO_ANCHOR.MIDDLE)
    place = Box(_INSET.left, _INSET.bottom - _LABEL_HEIGHT - 0.03, _INSET.width, _LABEL_HEIGHT)
    page.text(place, [INSET_NAME], kind, name=f"{INSET_NAME} 名")


def _draw_list(page: Page, content: DeckContent) -> None:
    """The legend, the regions by completeness, and what must stand beside every map."""
    lower, top = 0.0, TOP
    classes = [*BREAKS, (None, UNKNOWN_COLOUR)]
    for number, (upper, colour) in enumerate(classes):
        left = _LIST_LEFT + (number % 3) * 1.28
        place_top = top + (number // 3) * 0.3
        words = "未观测" if upper is None else f"{lower * 100:.0f}–{upper * 100:.0f}%"
        page.block(Box(left, place_top + 0.06, 0.28, 0.16), [], fill=colour, line="#bbbbbb", name="图例")
        page.text(Box(left + 0.3, place_top, 0.95, 0.28), [words], Type(10.0, anchor=MSO_ANCHOR.MIDDLE))
        lower = upper or lower
    ranked = sorted(
        content.regions,
        key=lambda one: (one.completeness is None, -(one.completeness or 0.0), one.adcode),
    )
    rows = [[one.name, say_share(one.completeness), "；".join(one.lines)] for one in ranked[:_LISTED]]
    columns = [("地区", 1.15), ("完整度", 0.75), ("末级环节", _LIST_WIDTH - 1.9)]
    page.table(_LIST_LEFT, top + 0.7, columns, rows, row_height=0.27, size=9.0, name="分地区完整度")
    review = f"审图号：{content.review_number}" if content.review_number else UNREVIEWED
    if len(ranked) > _LISTED:
        more = f"另有 {len(ranked) - _LISTED} 个地区见备注。"
        page.text(Box(_LIST_LEFT, 6.05, _LIST_WIDTH, 0.24), [more], Type(10.0))
    page.text(Box(_LIST_LEFT, 6.3, _LIST_WIDTH, 0.24), ["边界：天地图行政区划，仅作示意。"], Type(10.0))
    # Of its own, so that nothing beside it can push it out: no map goes out without this line.
    page.text(Box(_LIST_LEFT, 6.55, _LIST_WIDTH, 0.4), [review], Type(10.0, bold=True), name="审图号")


def place_areas(regions: Sequence[ShadedRegion], *, with_sea: bool = False) -> list[Area]:
    """Return the regions as rings in inches on the page, north up, one scale for both axes; `with_sea`:
    what lies in the South China Sea is left to its inset, unless nothing else is there.

    Longitudes are shortened by the cosine of the middle latitude (plate carrée through the middle). Shared
    borders stay shared. Names that would cover a name already set are left out: largest regions go first.
    """
    shapes = np.array(_shapes(regions), dtype=object)
    if not len(shapes):
        return []
    main, with_inset = apart_from_sea(list(shapes)) if with_sea else (list(shapes), False)
    shapes, room = np.array(main, dtype=object), _PLACE
    if with_inset:
        room = Box(_PLACE.left, _PLACE.top, _INSET.left - _PLACE.left, _PLACE.height)
    fitted = np.array(main_parts(main), dtype=object) if with_inset else shapes
    west, south, east, north = shapely.total_bounds(fitted)
    stretch = math.cos(math.radians((south + north) / 2.0))
    across, down = max((east - west) * stretch, 1e-9), max(north - south, 1e-9)
    scale = min(room.width / across, room.height / down)
    left = room.left + (room.width - across * scale) / 2.0
    top = room.top + (room.height - down * scale) / 2.0
    detail = max(_PLACE.width, _PLACE.height) / _DETAIL

    def to_page(pairs: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> object:
        x = left + (pairs[:, 0] - west) * stretch * scale
        y = top + (north - pairs[:, 1]) * scale
        return np.column_stack([x, y])

    placed = shapely.coverage_simplify(shapely.transform(shapes, to_page), detail)
    if with_inset:
        placed = shapely.intersection(placed, shapely.box(room.left, room.top, _PLACE.right, room.bottom))
    centres = [_centre(one, shape, to_page) for one, shape in zip(regions, placed, strict=True)]
    labels = _place_labels(regions, placed, centres)
    return [
        Area(region, tuple(_rings(shape, detail)), labels.get(number))
        for number, (region, shape) in enumerate(zip(regions, placed, strict=True))
    ]


def _shapes(regions: Sequence[ShadedRegion]) -> list[Any]:
    return [shapely.geometry.shape(one.geometry) for one in regions]


def _centre(region: ShadedRegion, shape: Any, to_page: object) -> tuple[float, float]:
    if region.centre is None or shape.is_empty:
        point = shapely.Point(0.0, 0.0) if shape.is_empty else shapely.point_on_surface(shape)
    else:
        point = shapely.transform(shapely.Point(region.centre), to_page)
    return float(point.x), float(point.y)


def _rings(shape: object, detail: float) -> Iterator[Ring]:
    """The outer and inner rings of all parts, the largest part first; none only of an empty shape."""
    polygons = (part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 0)
    parts = sorted(polygons, key=lambda part: -part.area)
    shown = [part for part in parts if part.area >= _SMALLEST * detail**2] or parts
    for part in shown:
        yield _ring(part.exterior)
        yield from (_ring(ring) for ring in part.interiors if shapely.Polygon(ring).area >= detail**2)


def _ring(line: object) -> Ring:
    return [(float(x), float(y)) for x, y in shapely.get_coordinates(line)[:-1]]


def _place_labels(
    regions: Sequence[ShadedRegion], shapes: Sequence[Any], centres: Sequence[tuple[float, float]]
) -> dict[int, Box | None]:
    """Return by place in `regions` where each name stands, None for those that do not fit."""
    found: dict[int, Box | None] = {}
    order = sorted(range(len(regions)), key=lambda place: (-shapely.area(shapes[place]), place))
    for place in (place for place in order if not shapes[place].is_empty):
        width = ems(regions[place].name) * _LABEL / 72.0 + 0.2
        x, y = centres[place]
        left = min(max(x - width / 2.0, _PLACE.left), _PLACE.right - width)
        box = Box(left, min(max(y - _LABEL_HEIGHT / 2.0, TOP), BOTTOM - _LABEL_HEIGHT), width, _LABEL_HEIGHT)
        free = all(other is None or not _overlap(box, other) for other in found.values())
        found[place] = box if free and width <= _PLACE.width else None
    return found


def _overlap(one: Box, other: Box) -> bool:
    apart = one.right <= other.left or other.right <= one.left or one.bottom <= other.top
    return not (apart or other.bottom <= one.top)
