"""Where the names of places stand on a map: none covers another, or anything that must stay clear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.render.picture_canvas import Box
from service.render.picture_font import PictureFont

_HEIGHT, _AIR = 1.25, 1.0


@dataclass(frozen=True, slots=True)
class Label:
    """A name that would stand best with its middle at (x, y); the larger its area, the sooner it is set."""

    text: str
    x: float
    y: float
    area: float


@dataclass(frozen=True, slots=True)
class LabelPlace:
    """The middle of a name and its type size."""

    x: float
    y: float
    size: float


def place_labels(
    labels: Sequence[Label],
    frame: Box,
    font: PictureFont,
    sizes: Sequence[float],
    *,
    taken: Sequence[Box] = (),
    shy_of: Sequence[Box] = (),
) -> list[tuple[Label, LabelPlace]]:
    """Return the names that fit and where: in the first of `sizes` that finds room, largest areas first.

    A name moves a little aside before it shrinks, keeps out of `taken`, and out of `shy_of` where it can.
    Names that find no room are left out.
    """
    set_already = list(taken)
    found = []
    for label in sorted(labels, key=lambda one: (-one.area, one.text, one.x)):
        for spot, box in _spots(label, font, sizes, shy_of):
            inside = frame.left <= box.left and box.right <= frame.right
            upright = frame.top <= box.top and box.bottom <= frame.bottom
            if inside and upright and not any(box.covers(other) for other in set_already):
                found.append((label, spot))
                set_already.append(box)
                break
    return found


def _spots(
    label: Label, font: PictureFont, sizes: Sequence[float], shy_of: Sequence[Box]
) -> Iterator[tuple[LabelPlace, Box]]:
    """The places to try for a name, those first that cover nothing of `shy_of`."""
    for size in sizes:
        width, height = font.width(label.text, size) + 2 * _AIR, _HEIGHT * size
        aside, above = width / 2 + 0.6 * size, 1.1 * size
        moves = [(0.0, 0.0), (0.0, -above), (0.0, above), (aside, 0.0), (-aside, 0.0),
                 (aside, -above), (-aside, -above), (aside, above), (-aside, above)]  # fmt: skip
        spots = []
        for across, down in moves:
            x, y = label.x + across, label.y + down
            spots.append((LabelPlace(x, y, size), Box(x - width / 2, y - height / 2, width, height)))
        clear = [one for one in spots if not any(one[1].covers(other) for other in shy_of)]
        yield from clear
        yield from (one for one in spots if one not in clear)
