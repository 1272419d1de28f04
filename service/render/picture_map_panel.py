"""What stands beside a map on paper: the legend, the targets by number, and the review number."""

from __future__ import annotations

import math
from collections.abc import Sequence

from service.render.maps import BREAKS, UNKNOWN_COLOUR
from service.render.picture_canvas import LINE, SOFT, Box, Canvas, Style
from service.render.picture_map_content import FirmsThere, MapContent, MapTarget

FIRM_COLOUR, TARGET_COLOUR = "#1b7837", "#b2182b"
FIRM_STYLE = Style(fill=FIRM_COLOUR, line="#ffffff", width=0.7, alpha=0.8)
_HEAD, _TEXT, _SMALL = 10.5, 9.0, 7.5
_PITCH = 13.0
_REVIEW = 16.0
_CIRCLE_ROOM = 34.0
_MOST_CIRCLE, _LEAST_CIRCLE = 15.0, 1.6
_EACH = 26.0


def largest_circle(firms: Sequence[FirmsThere]) -> float:
    """Return the number of firms that the largest circle stands for."""
    return float(max((one.count for one in firms), default=1))


def circle_radius(count: float, most: float) -> float:
    """Return the radius in points of the circle of `count` firms where the largest stands for `most`."""
    return max(_LEAST_CIRCLE, _MOST_CIRCLE * math.sqrt(count / max(most, 1.0)))


def draw_badge(canvas: Canvas, x: float, y: float, number: int, radius: float) -> None:
    """Draw the number of a target in a dark circle."""
    canvas.circle(x, y, radius, Style(fill=TARGET_COLOUR, line="#ffffff", width=0.8))
    canvas.text(x, y, str(number), radius * 1.25, align="center", colour="#ffffff")


def draw_panel(canvas: Canvas, content: MapContent, box: Box) -> list[MapTarget]:
    """Draw everything beside the map, from above: classes, circles, targets; the review number at the foot.

    Return the targets for which there was room.
    """
    top = _draw_classes(canvas, box, box.top)
    top = _draw_circles(canvas, content, box, top)
    review = Box(box.left, box.bottom - _REVIEW, box.width, _REVIEW)
    canvas.lines([[(box.left, review.top), (box.right, review.top)]], Style(line=LINE))
    canvas.text(box.left, review.top + 9.0, content.review, _TEXT, room=box.width)
    return _draw_targets(canvas, content.targets, Box(box.left, top, box.width, review.top - 4.0 - top))


def _draw_classes(canvas: Canvas, box: Box, top: float) -> float:
    canvas.text(box.left, top + 6.0, "产业链完整度", _HEAD)
    entries = []
    lower = 0.0
    for upper, colour in BREAKS:
        entries.append((f"{lower * 100:.0f}–{upper * 100:.0f}%", Style(fill=colour, line="#6b7785")))
        lower = upper
    unknown = Style(fill=UNKNOWN_COLOUR, line="#6b7785", hatch="////", hatch_colour="#b9b2a0")
    entries.append(("未观测", unknown))
    column = box.width / 3
    for number, (words, style) in enumerate(entries):
        left, middle = box.left + number % 3 * column, top + 22.0 + number // 3 * _PITCH
        canvas.rectangle(Box(left, middle - 4.5, 18.0, 9.0), style)
        canvas.text(left + 22.0, middle, words, _SMALL, room=column - 24.0)
    return top + 22.0 + 2 * _PITCH


def _draw_circles(canvas: Canvas, content: MapContent, box: Box, top: float) -> float:
    total = sum(one.count for one in content.firms)
    canvas.text(box.left, top + 6.0, f"本地企业 {total} 家", _HEAD)
    if not content.firms:
        return top + _HEAD + 10.0
    canvas.text(box.right, top + 6.0, "圆面积与家数成正比，位置示意", 6.5, align="right", colour=SOFT)
    most = largest_circle(content.firms)
    x = box.left
    for count in _round_counts(most):
        radius = circle_radius(count, most)
        canvas.circle(x + radius, top + _CIRCLE_ROOM - 4.0, radius, FIRM_STYLE)
        words = canvas.text(x + 2 * radius + 3.0, top + _CIRCLE_ROOM - 4.0, f"{count} 家", _SMALL)
        x = words.right + 12.0
    return top + _CIRCLE_ROOM + 16.0


def _round_counts(most: float) -> list[int]:
    """Up to three numbers of firms for the legend: the largest one, and round ones below it."""
    whole = int(most)
    found = [whole]
    for part in (5, 25):
        if whole // part >= 1 and whole // part not in found:
            found.append(whole // part)
    return found


def _draw_targets(canvas: Canvas, targets: Sequence[MapTarget], box: Box) -> list[MapTarget]:
    """As many targets as fit, two lines each."""
    shown = list(targets[: max(0, int((box.height - 18.0) / _EACH))])
    if not shown:
        canvas.text(box.left, box.top + 6.0, "没有可列的目标企业", _TEXT, colour=SOFT)
        return []
    canvas.text(box.left, box.top + 6.0, "目标企业（按得分）", _HEAD)
    canvas.text(box.right, box.top + 6.0, "图边箭头：在图外", 6.5, align="right", colour=SOFT)
    for place, one in enumerate(shown):
        top = box.top + 18.0 + place * _EACH
        draw_badge(canvas, box.left + 7.0, top + 9.0, one.number, 7.0)
        canvas.text(box.left + 19.0, top + 6.5, one.name, _TEXT, room=box.width - 19.0)
        canvas.text(box.left + 19.0, top + 17.5, one.words, _SMALL, colour=SOFT, room=box.width - 19.0)
    return shown
