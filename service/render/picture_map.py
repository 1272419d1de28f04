"""The map as a picture: completeness by region, local firms, numbered targets, scale and inset."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely

from service.render.maps import OUTLINE_COLOUR, UNKNOWN_COLOUR, colour_of
from service.render.picture_canvas import INK, PAPER, Box, Canvas, Sheet, Style
from service.render.picture_font import PictureFont
from service.render.picture_frame import draw_heading, room_between
from service.render.picture_labels import Label, place_labels
from service.render.picture_map_content import MapArea, MapContent, MapTarget
from service.render.picture_map_panel import (
    FIRM_STYLE,
    circle_radius,
    draw_badge,
    draw_panel,
    largest_circle,
)
from service.render.picture_sea import (
    INSET_NAME,
    FloatArray,
    SeaGeometry,
    albers,
    apart_from_sea,
    bounds_of,
    inset_size,
    lay_inset,
    main_parts,
    rings_of,
)

_PANEL, _PANEL_GAP = 0.27, 14.0
_WATER, _LAND, _BORDER, _DASH = "#eef4f8", "#f6f5f1", "#6b7785", "#c0392b"
_AIR = 0.04
_INSET_HEIGHT, _INSET_AIR = 0.36, 6.0
_UNKNOWN_HATCH = "////"
_BADGE = 7.0
_NAME, _SMALL_NAME = 9.0, 7.0
_BAR_SHARE = 0.22
_EDGE = 12.0


class View:
    """From degrees to points on the page, within `frame`: equal-area, one scale."""

    def __init__(self, shapes: Sequence[Any], frame: Box, room: Box) -> None:
        self.frame = frame
        window = bounds_of(shapes)
        self._project = albers(*window)
        flat = np.array([shapely.transform(shape, self._project) for shape in shapes], dtype=object)
        west, south, east, north = shapely.total_bounds(flat)
        across, up = max(east - west, 1e-6), max(north - south, 1e-6)
        self.per_km = min(room.width / across, room.height / up) * (1 - 2 * _AIR)
        self._middle = ((west + east) / 2, (south + north) / 2)
        self._to = (room.left + room.width / 2, room.top + room.height / 2)

    def place(self, pairs: FloatArray) -> FloatArray:
        """Return (n, 2) points on the page for (n, 2) degrees."""
        there = self._project(pairs)
        x = self._to[0] + (there[:, 0] - self._middle[0]) * self.per_km
        y = self._to[1] - (there[:, 1] - self._middle[1]) * self.per_km
        return np.column_stack([x, y])

    def point(self, lon: float, lat: float) -> tuple[float, float]:
        """Return one point on the page."""
        ((x, y),) = self.place(np.array([[lon, lat]]))
        return float(x), float(y)

    def near(self, shapes: Sequence[Any]) -> Iterator[Any]:
        """Yield those of the shapes on the page that the frame shows."""
        frame = shapely.box(self.frame.left, self.frame.top, self.frame.right, self.frame.bottom)
        for shape in shapes:
            west, south, east, north = shapely.bounds(shape)
            corners = self.place(np.array([[west, south], [west, north], [east, south], [east, north]]))
            around = shapely.box(*(corners.min(axis=0) - 60.0), *(corners.max(axis=0) + 60.0))
            if shapely.intersects(around, frame):
                yield self.shape(shape)

    def shape(self, shape: Any) -> Any:
        """Return a shape on the page, without what lies far outside the frame."""
        placed = shapely.transform(shape, self.place)
        near = shapely.box(self.frame.left - 50, self.frame.top - 50, self.frame.right + 50,
                           self.frame.bottom + 50)  # fmt: skip
        return shapely.intersection(shapely.make_valid(placed), near)


def compose_map(content: MapContent, sheet: Sheet, font: PictureFont) -> list[Canvas]:
    """Return the one page of the map."""
    canvas = Canvas(sheet, font)
    draw_heading(canvas, content.heading)
    whole = room_between(sheet)
    aside = whole.width * _PANEL
    frame = Box(whole.left, whole.top, whole.width - aside - _PANEL_GAP, whole.height)
    main, with_inset = apart_from_sea([area.shape for area in content.areas])
    inset = _inset_box(frame) if with_inset else None
    room = frame if inset is None else Box(frame.left, frame.top, inset.left - frame.left, frame.height)
    view = View(main_parts(main), frame, room)
    _draw_land(canvas, content, view)
    taken = [box for box in [inset] if box is not None]
    taken.append(_draw_scale(canvas, view))
    _draw_firms(canvas, content, view)
    listed = draw_panel(canvas, content, Box(whole.right - aside, whole.top, aside, whole.height))
    taken += _draw_targets(canvas, listed, view, taken)
    _draw_names(canvas, content, main, view, taken)
    if inset is not None:
        _draw_inset(canvas, content, inset)
    canvas.rectangle(frame, Style(line=INK, width=1.0))
    return [canvas]


def _area_style(area: MapArea) -> Style:
    if area.completeness is None:
        return Style(fill=UNKNOWN_COLOUR, line=_BORDER, hatch=_UNKNOWN_HATCH, hatch_colour="#b9b2a0")
    return Style(fill=colour_of(area.completeness), line=_BORDER, width=0.7)


def _draw_land(canvas: Canvas, content: MapContent, view: View) -> None:
    canvas.rectangle(view.frame, Style(fill=_WATER))
    pale = Style(fill=_LAND, line="#d3cec2", width=0.5)
    for land in view.near(content.land):
        canvas.shape(rings_of(land), pale, view.frame)
    for area in content.areas:
        canvas.shape(rings_of(view.shape(area.shape)), _area_style(area), view.frame)
    border = Style(line=OUTLINE_COLOUR, width=1.1)
    canvas.shape(rings_of(view.shape(content.outline)), border, view.frame)
    dashes = [[view.point(*pair) for pair in shapely.get_coordinates(dash)] for dash in content.sea.dashes]
    canvas.lines(dashes, Style(line=_DASH, width=1.6), view.frame)


def _draw_firms(canvas: Canvas, content: MapContent, view: View) -> None:
    """Circles whose areas go with the number of firms, the largest first so that none hides another."""
    most = largest_circle(content.firms)
    for one in sorted(content.firms, key=lambda one: (-one.count, one.lon, one.lat)):
        x, y = view.point(one.lon, one.lat)
        if _inside(view.frame, x, y):
            canvas.circle(x, y, circle_radius(one.count, most), FIRM_STYLE)


def _inside(frame: Box, x: float, y: float, by: float = 0.0) -> bool:
    return frame.left + by <= x <= frame.right - by and frame.top + by <= y <= frame.bottom - by


def _draw_targets(
    canvas: Canvas, targets: Sequence[MapTarget], view: View, taken: Sequence[Box]
) -> list[Box]:
    """Badges where the targets are; at the edge, with an arrow, for those outside. Return their boxes."""
    found: list[Box] = []
    for target in targets:
        if target.where is None:
            continue
        x, y = view.point(*target.where)
        inside = _inside(view.frame, x, y, _BADGE + 2.0)
        ways = _around(x, y, view.frame) if inside else _along_edge(x, y, view.frame)
        for at in ways:
            box = Box(at[0] - _BADGE, at[1] - _BADGE, 2 * _BADGE, 2 * _BADGE)
            if not any(box.covers(other) for other in [*taken, *found]):
                break
        else:
            continue
        if inside:
            canvas.lines([[(x, y), at]], Style(line=INK, width=0.6))
        else:
            _draw_arrow(canvas, at, (x, y))
        draw_badge(canvas, *at, target.number, _BADGE)
        found.append(box)
    return found


def _around(x: float, y: float, frame: Box) -> list[tuple[float, float]]:
    """The place itself, then places around it on wider and wider rings, within the frame."""
    spots = [(x, y)]
    for ring in range(1, 7):
        for step in range(6 * ring):
            turn = 2 * math.pi * step / (6 * ring)
            reach = 2.1 * _BADGE * ring
            spots.append((x + reach * math.cos(turn), y + reach * math.sin(turn)))
    return [spot for spot in spots if _inside(frame, *spot, _BADGE + 1.0)]


def _along_edge(x: float, y: float, frame: Box) -> list[tuple[float, float]]:
    """Places along the inside of the frame, the nearest to the direction of (x, y) first."""
    inner = Box(frame.left + _EDGE, frame.top + _EDGE, frame.width - 2 * _EDGE, frame.height - 2 * _EDGE)
    middle_x, middle_y = inner.left + inner.width / 2, inner.top + inner.height / 2
    away = (x - middle_x, y - middle_y)
    reach = min(
        inner.width / 2 / max(abs(away[0]), 1e-9),
        inner.height / 2 / max(abs(away[1]), 1e-9),
    )
    edge = shapely.box(inner.left, inner.top, inner.right, inner.bottom).exterior
    start = edge.project(shapely.Point(middle_x + away[0] * reach, middle_y + away[1] * reach))
    steps = range(int(edge.length / (2.2 * _BADGE)))
    offsets = sorted((step // 2 + step % 2) * (1 if step % 2 else -1) for step in steps)
    spots = []
    for offset in sorted(offsets, key=lambda one: (abs(one), one)):
        spot = edge.interpolate((start + offset * 2.2 * _BADGE) % edge.length)
        spots.append((float(spot.x), float(spot.y)))
    return spots


def _draw_arrow(canvas: Canvas, at: tuple[float, float], goal: tuple[float, float]) -> None:
    turn = math.atan2(goal[1] - at[1], goal[0] - at[0])
    tip = [
        (at[0] + reach * math.cos(turn + aside), at[1] + reach * math.sin(turn + aside))
        for reach, aside in ((_BADGE + 4.5, 0.0), (_BADGE, 0.6), (_BADGE, -0.6))
    ]
    canvas.shape([tip], Style(fill=INK))


def _draw_names(
    canvas: Canvas, content: MapContent, main: Sequence[Any], view: View, taken: Sequence[Box]
) -> None:
    labels = []
    for area, shape in zip(content.areas, main, strict=True):
        if shape.is_empty:
            continue
        placed = view.shape(shape)
        middle = shapely.point_on_surface(shape) if area.centre is None else shapely.Point(area.centre)
        x, y = view.point(middle.x, middle.y)
        if _inside(view.frame, x, y, 4.0):
            labels.append(Label(canvas.font.clean(area.name), x, y, float(placed.area)))
    most = largest_circle(content.firms)
    circles = []
    for one in content.firms:
        x, y = view.point(one.lon, one.lat)
        radius = circle_radius(one.count, most)
        circles.append(Box(x - radius, y - radius, 2 * radius, 2 * radius))
    found = place_labels(labels, view.frame, canvas.font, (_NAME, _SMALL_NAME), taken=taken, shy_of=circles)
    for label, place in found:
        canvas.text(place.x, place.y, label.text, place.size, align="center", halo=True)


def _draw_scale(canvas: Canvas, view: View) -> Box:
    """The scale bar in the lower left corner: the longest round length that fits its share of the frame."""
    most = view.frame.width * _BAR_SHARE / view.per_km
    power = 10.0 ** math.floor(math.log10(most))
    km = next(step * power for step in (5.0, 2.0, 1.0) if step * power <= most)
    across = km * view.per_km
    left, low = view.frame.left + 14.0, view.frame.bottom - 12.0
    half = across / 2
    plate = Box(left - 8.0, low - 20.0, across + 44.0, 28.0)
    canvas.rectangle(plate, Style(fill=PAPER, alpha=0.85))
    canvas.rectangle(Box(left, low - 4.0, half, 4.0), Style(fill=INK, line=INK))
    canvas.rectangle(Box(left + half, low - 4.0, half, 4.0), Style(fill=PAPER, line=INK))
    canvas.text(left, low - 11.0, "0", 7.5, align="center", colour=INK)
    canvas.text(left + across, low - 11.0, f"{km:g} km", 7.5, align="center", colour=INK)
    return plate


def _inset_box(frame: Box) -> Box:
    height = frame.height * _INSET_HEIGHT
    width = inset_size(height)
    return Box(frame.right - width - _INSET_AIR, frame.bottom - height - _INSET_AIR, width, height)


def _draw_inset(canvas: Canvas, content: MapContent, box: Box) -> None:
    """The South China Sea: land, islands in the colour of their region where it is on the map, ten dashes."""
    canvas.rectangle(box, Style(fill=_WATER))
    inset = lay_inset(content.sea, box.left, box.top, box.height)
    for _, rings in inset.land:
        canvas.shape(rings, Style(fill=_LAND, line="#8f8a7d", width=0.4), box)
    areas = SeaGeometry(tuple(area.shape for area in content.areas), ())
    for number, rings in lay_inset(areas, box.left, box.top, box.height).land:
        style = _area_style(content.areas[number])
        canvas.shape(rings, Style(fill=style.fill, line="#4f5b67", width=0.4), box)
    canvas.lines(inset.dashes, Style(line=_DASH, width=1.3), box)
    canvas.rectangle(box, Style(line=INK, width=0.8))
    canvas.text(box.right - 4.0, box.bottom - 8.0, INSET_NAME, 8.0, align="right", halo=True)
