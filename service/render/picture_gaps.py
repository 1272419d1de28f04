"""The most urgent gaps as a picture: each a bar, put together from the factors of its priority."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.gaps import Gap
from service.render.deck_charts import COLOURS
from service.render.deck_text import say_number
from service.render.picture_canvas import INK, LINE, SOFT, Box, Canvas, Sheet, Style
from service.render.picture_font import PictureFont
from service.render.picture_frame import Heading, draw_heading, draw_key, rating_style, room_between
from service.words import GAP_FACTORS, KINDS, RATINGS

MOST_BARS = 15
"""Gaps that are drawn; the foot says how many there are in all."""

_HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "||||", "oo", "++++", "//..", "OO")
_SIZE, _SMALL, _KEY_SIZE = 10.0, 8.0, 8.5
_NAMES, _FIGURE_ROOM, _AXIS_ROOM, _KEY_ROOM = 0.3, 44.0, 30.0, 42.0
_TALLEST = 30.0
_STEP, _FINE_STEP, _WHOLE = 20.0, 10.0, 100.0


@dataclass(frozen=True, slots=True)
class GapsContent:
    """The gaps of a chain in a region, the most urgent first; `total` of them, of which some may be here."""

    heading: Heading
    gaps: tuple[Gap, ...]
    total: int


def compose_gaps(content: GapsContent, sheet: Sheet, font: PictureFont) -> list[Canvas]:
    """Return the one page of the chart."""
    canvas = Canvas(sheet, font)
    draw_heading(canvas, content.heading)
    room = room_between(sheet)
    gaps = content.gaps[:MOST_BARS]
    if not gaps:
        words = "没有可列的缺链：各环节为平、强，或现有名录看不到（未观测）。"
        canvas.text(room.left + room.width / 2, room.top + room.height / 2, words, 14.0, align="center")
        return [canvas]
    names = room.width * _NAMES
    bars = Box(
        room.left + names, room.top, room.width - names - _FIGURE_ROOM, room.height - _AXIS_ROOM - _KEY_ROOM
    )
    pitch = min(_TALLEST, bars.height / len(gaps))
    bars = Box(bars.left, bars.top, bars.width, pitch * len(gaps))
    step, longest = _axis(gaps)
    _draw_axis(canvas, bars, step, longest)
    for number, gap in enumerate(gaps):
        middle = bars.top + (number + 0.5) * pitch
        _draw_name(canvas, gap, number + 1, Box(room.left, middle - pitch / 2, names - 8.0, pitch))
        _draw_bar(canvas, gap, Box(bars.left, middle - 0.34 * pitch, bars.width, 0.68 * pitch), longest)
    _draw_legend(canvas, content, room, bars.bottom + _AXIS_ROOM)
    return [canvas]


def _axis(gaps: Sequence[Gap]) -> tuple[float, float]:
    """The step of the axis and where it ends: the first whole step behind the longest bar, 100 at most."""
    longest = max(gap.priority for gap in gaps)
    step = _STEP if longest >= _WHOLE / 2 else _FINE_STEP
    return step, min(_WHOLE, step * (int(longest / step) + 1))


def _draw_axis(canvas: Canvas, bars: Box, step: float, longest: float) -> None:
    count = round(longest / step)
    for number in range(count + 1):
        x = bars.left + bars.width * number / count
        ink = Style(line=INK if number == 0 else LINE, width=0.8 if number == 0 else 0.5)
        canvas.lines([[(x, bars.top), (x, bars.bottom)]], ink)
        canvas.text(x, bars.bottom + 8.0, f"{number * step:.0f}", _SMALL, align="center", colour=SOFT)
    middle = bars.left + bars.width / 2
    canvas.text(middle, bars.bottom + 19.0, "优先级（分，满分 100）", _SMALL, align="center", colour=SOFT)


def _draw_name(canvas: Canvas, gap: Gap, number: int, box: Box) -> None:
    """The place, the name, and the rating with its mark and kind."""
    middle = box.top + box.height / 2
    kind = canvas.text(
        box.right, middle, f"{RATINGS[gap.rating]} · {KINDS[gap.kind]}", _SMALL, align="right", colour=SOFT
    )
    swatch = Box(kind.left - 18.0, middle - 4.5, 14.0, 9.0)
    canvas.rectangle(swatch, rating_style(gap.rating))
    canvas.text(box.left + 16.0, middle, str(number), _SIZE, align="right", colour=SOFT)
    canvas.text(box.left + 22.0, middle, gap.name, _SIZE, room=swatch.left - 6.0 - box.left - 22.0)


def _draw_bar(canvas: Canvas, gap: Gap, box: Box, longest: float) -> None:
    x, scale = box.left, box.width / longest
    for number, factor in enumerate(gap.factors):
        across = factor.contribution * scale
        if across > 0:
            canvas.rectangle(Box(x, box.top, across, box.height), factor_style(number))
            x += across
    canvas.text(x + 5.0, box.top + box.height / 2, say_number(gap.priority), _SIZE)


def factor_style(number: int) -> Style:
    """Return how the factor in this place is drawn: colour and pattern, to be read without colour."""
    hatch = _HATCHES[number % len(_HATCHES)]
    return Style(
        fill=COLOURS[number % len(COLOURS)], line="#ffffff", width=0.5, hatch=hatch, hatch_colour="#ffffff"
    )


def _draw_legend(canvas: Canvas, content: GapsContent, room: Box, top: float) -> None:
    factors = content.gaps[0].factors
    entries: list[tuple[Style | None, str]] = [
        (factor_style(number), f"{GAP_FACTORS.get(factor.name, factor.name)}（权重 {factor.weight:.0%}）")
        for number, factor in enumerate(factors)
        if any(gap.factors[number].contribution > 0 for gap in content.gaps)
    ]
    shown = min(MOST_BARS, len(content.gaps))
    entries.append((None, f"共 {content.total} 个缺链环节，图中为最紧要的 {shown} 个"))
    draw_key(canvas, room.left, top + _KEY_SIZE, entries, _KEY_SIZE, right=room.right)
