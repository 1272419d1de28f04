"""A region beside its benchmarks as a picture: the radar of the pages, with its figures in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.render.picture_canvas import INK, LINE, SOFT, Box, Canvas, Sheet, Style
from service.render.picture_font import PictureFont
from service.render.picture_frame import Heading, draw_heading, room_between
from service.render.radar import Outline, Radar, Spoke

_SIZE, _SMALL = 11.0, 9.0
_TABLE = 0.44
_ROW = 22.0
_REASON_LINES = 4
_UNKNOWN = "不详"


@dataclass(frozen=True, slots=True)
class RadarContent:
    """The radar, and what it is drawn from: labels, and series of one value 0-1 for each (None: not known).

    `reasons` say why the others were chosen.
    """

    heading: Heading
    radar: Radar
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[float | None, ...]], ...]
    reasons: tuple[str, ...] = ()


def compose_radar(content: RadarContent, sheet: Sheet, font: PictureFont) -> list[Canvas]:
    """Return the one page of the chart."""
    canvas = Canvas(sheet, font)
    draw_heading(canvas, content.heading)
    room = room_between(sheet)
    table = Box(room.right - room.width * _TABLE, room.top, room.width * _TABLE, room.height)
    chart = Box(room.left, room.top, room.width * (1 - _TABLE) - 16.0, room.height)
    _draw_radar(canvas, content.radar, chart)
    _draw_table(canvas, content, table)
    return [canvas]


@dataclass(frozen=True, slots=True)
class _Place:
    """From the units of the radar to points on the page."""

    left: float
    top: float
    scale: float

    def __call__(self, point: tuple[float, float]) -> tuple[float, float]:
        return self.left + point[0] * self.scale, self.top + point[1] * self.scale


def _draw_radar(canvas: Canvas, radar: Radar, box: Box) -> None:
    scale = min(box.width / radar.width, box.height / radar.height)
    place = _Place(
        box.left + (box.width - radar.width * scale) / 2,
        box.top + (box.height - radar.height * scale) / 2,
        scale,
    )
    for number, ring in enumerate(radar.rings, start=1):
        corners = [place(point) for point in _points(ring)]
        canvas.shape([corners], Style(line=SOFT if number == len(radar.rings) else LINE, width=0.6))
    for spoke in radar.spokes:
        canvas.lines([[place(radar.centre), place((spoke.x, spoke.y))]], Style(line=LINE, width=0.6))
    for outline in reversed(radar.outlines):
        _draw_outline(canvas, outline, place)
    for number, ring in enumerate(radar.rings, start=1):
        x, y = place(_points(ring)[0])
        canvas.text(x + 3.0, y + 5.0, f"{number * 100 // len(radar.rings)}%", 7.5, colour=SOFT, halo=True)
    for spoke in radar.spokes:
        _draw_label(canvas, spoke, place, box)


def _draw_label(canvas: Canvas, spoke: Spoke, place: _Place, box: Box) -> None:
    x, y = place((spoke.label_x, spoke.label_y))
    align = {"start": "left", "middle": "center", "end": "right"}[spoke.anchor]
    room = {"left": box.right - x, "right": x - box.left, "center": box.width / 2}[align]
    canvas.text(x, y, spoke.label, _SIZE, align=align, room=room)


def _draw_outline(canvas: Canvas, outline: Outline, place: _Place) -> None:
    dash = tuple(float(part) / 1.8 for part in outline.dash.split())
    pen = Style(line=outline.colour, width=1.8, dash=dash)
    lines = [[place(point) for point in line] for line in _strokes(outline.path)]
    if outline.closed:
        canvas.shape(lines, Style(fill=outline.colour, alpha=0.08))
        lines = [[*line, line[0]] for line in lines]
    if lines:
        canvas.lines(lines, pen)
    for dot in outline.dots:
        canvas.circle(*place(dot), 2.6, Style(fill=outline.colour, line="#ffffff"))


def _points(text: str) -> list[tuple[float, float]]:
    """The corners of a ring, written "x,y x,y"."""
    pairs = (pair.split(",") for pair in text.split())
    return [(float(x), float(y)) for x, y in pairs]


def _strokes(path: str) -> list[list[tuple[float, float]]]:
    """The lines of a path, written "Mx,y Lx,y ... Z"."""
    return [_points(part.replace("L", " ").replace("Z", " ")) for part in path.split("M") if part.strip()]


def _draw_table(canvas: Canvas, content: RadarContent, box: Box) -> None:
    """The figures behind the lines, and above them the line that stands for each region."""
    names = 0.26 * box.width
    column = (box.width - names) / len(content.series)
    top = box.top + 14.0
    for number, (name, _) in enumerate(content.series):
        outline = content.radar.outlines[number]
        middle = box.left + names + (number + 0.5) * column
        dash = tuple(float(part) / 1.8 for part in outline.dash.split())
        pen = Style(line=outline.colour, width=1.8, dash=dash)
        canvas.lines([[(middle - 16.0, top), (middle + 16.0, top)]], pen)
        canvas.text(middle, top + 14.0, name, _SIZE, align="center", room=column - 6.0)
    top += 30.0
    for number, label in enumerate(content.labels):
        middle = top + (number + 0.5) * _ROW
        canvas.lines([[(box.left, middle - _ROW / 2), (box.right, middle - _ROW / 2)]], Style(line=LINE))
        canvas.text(box.left, middle, label, _SIZE, room=names - 6.0)
        for place, (_, values) in enumerate(content.series):
            words = _UNKNOWN if (value := values[number]) is None else f"{value * 100:.0f}%"
            canvas.text(box.left + names + (place + 0.5) * column, middle, words, _SIZE, align="center")
    _draw_reasons(canvas, content.reasons, box, top + len(content.labels) * _ROW + 12.0)


def _draw_reasons(canvas: Canvas, reasons: Sequence[str], box: Box, top: float) -> None:
    canvas.lines([[(box.left, top - 12.0), (box.right, top - 12.0)]], Style(line=LINE))
    for reason in reasons:
        for line in canvas.font.wrap(reason, box.width, _SMALL, _REASON_LINES):
            if top + _SMALL > box.bottom:
                return
            canvas.text(box.left, top, line, _SMALL, colour=INK)
            top += 1.5 * _SMALL
        top += 0.5 * _SMALL
