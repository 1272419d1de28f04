"""A radar chart as plain shapes: what a page writes down as SVG, without any script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 460, 340
_CENTRE = (WIDTH / 2, HEIGHT / 2)
_RADIUS = 118.0
_LABEL_GAP = 14.0
_RINGS = (0.25, 0.5, 0.75, 1.0)
_FEWEST = 3

# Colours that stay apart for colour-blind readers (Okabe and Ito, 2008); dashes where there is no colour.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00")
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "1 4")


@dataclass(frozen=True, slots=True)
class Spoke:
    """One axis: the end of its line, and its label (`anchor`: start, middle or end)."""

    x: float
    y: float
    label: str
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Outline:
    """One series. `path` joins values on neighbouring axes; it is `closed` where every value is known."""

    name: str
    path: str
    closed: bool
    dots: tuple[tuple[float, float], ...]
    colour: str
    dash: str


@dataclass(frozen=True, slots=True)
class Radar:
    """The whole chart; `rings` are polygons at a quarter, half, three quarters and the whole."""

    width: int
    height: int
    centre: tuple[float, float]
    rings: tuple[str, ...]
    spokes: tuple[Spoke, ...]
    outlines: tuple[Outline, ...]


def draw_radar(labels: Sequence[str], series: Sequence[tuple[str, Sequence[float | None]]]) -> Radar | None:
    """Return the chart of `series` (name, one value 0-1 for each label, None: not known).

    Axes on which nobody has a value are left out; None where fewer than three remain. A value that is not
    known interrupts the line, it is not drawn as 0. Raises ValueError when a series has another length than
    `labels`.
    """
    if any(len(values) != len(labels) for _, values in series):
        raise ValueError(f"every series needs {len(labels)} values")
    kept = [place for place in range(len(labels)) if any(values[place] is not None for _, values in series)]
    if len(kept) < _FEWEST:
        return None
    count = len(kept)
    return Radar(
        width=WIDTH,
        height=HEIGHT,
        centre=_CENTRE,
        rings=tuple(_ring(count, share) for share in _RINGS),
        spokes=tuple(_spoke(labels[place], number, count) for number, place in enumerate(kept)),
        outlines=tuple(
            _outline(name, [values[place] for place in kept], number)
            for number, (name, values) in enumerate(series)
        ),
    )


def _point(number: int, count: int, distance: float) -> tuple[float, float]:
    """The point at `distance` from the centre on an axis; the first axis points up, then clockwise."""
    turn = 2.0 * math.pi * number / count
    x, y = _CENTRE[0] + distance * math.sin(turn), _CENTRE[1] - distance * math.cos(turn)
    return round(x, 1), round(y, 1)


def _ring(count: int, share: float) -> str:
    corners = (_point(number, count, _RADIUS * share) for number in range(count))
    return " ".join(f"{x},{y}" for x, y in corners)


def _spoke(label: str, number: int, count: int) -> Spoke:
    x, y = _point(number, count, _RADIUS)
    label_x, label_y = _point(number, count, _RADIUS + _LABEL_GAP)
    aside = label_x - _CENTRE[0]
    anchor = "middle" if abs(aside) < 1.0 else ("start" if aside > 0 else "end")
    return Spoke(x, y, label, label_x, label_y, anchor)


def _outline(name: str, values: Sequence[float | None], number: int) -> Outline:
    count = len(values)
    points = [
        None if value is None else _point(place, count, _RADIUS * min(1.0, max(0.0, value)))
        for place, value in enumerate(values)
    ]
    closed = all(point is not None for point in points)
    parts: list[str] = []
    for place, point in enumerate(points):
        after = points[(place + 1) % count]
        if point is not None and after is not None:
            parts.append(f"M{point[0]},{point[1]} L{after[0]},{after[1]}")
    if closed:
        corners = [f"{point[0]},{point[1]}" for point in points if point is not None]
        parts = [f"M{' L'.join(corners)} Z"]
    return Outline(
        name=name,
        path=" ".join(parts),
        closed=closed,
        dots=tuple(point for point in points if point is not None),
        colour=_COLOURS[number % len(_COLOURS)],
        dash=_DASHES[number % len(_DASHES)],
    )
