"""A page on which pictures are drawn, and how it becomes PNG, SVG or PDF.

Places and sizes are points (1/72 inch) from the upper left corner, x to the right, y down. Two pictures of
the same content are the same bytes: no dates, no random ids.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from service.render.picture_font import PictureFont
from service.render.picture_kinds import PictureFormat

INK, SOFT, LINE, PAPER = "#1d2733", "#55606c", "#b8c0c8", "#ffffff"
_POINTS = 72.0
# Where the middle of Chinese characters lies above the baseline, in font sizes.
_MIDDLE = 0.36
_FIXED: Any = {  # its type would have to name every setting there is
    "svg.fonttype": "none",
    "svg.hashsalt": "zhaoshang",
    "pdf.fonttype": 42,
    "pdf.compression": 6,
    "hatch.linewidth": 0.6,
    # Hinting would round every width to whole pixels: texts would not be as wide as they are measured.
    "text.hinting": "none",
    "path.simplify": False,
    "font.enable_last_resort": False,
}
# matplotlib's settings, fonts and text layouts are shared by all threads.
_one_at_a_time = threading.RLock()


@dataclass(frozen=True, slots=True)
class Sheet:
    """The size of a page: points for SVG and PDF, pixels for PNG."""

    width: float
    height: float
    pixels: tuple[int, int]


SCREEN = Sheet(960.0, 540.0, (3840, 2160))
A4 = Sheet(297 / 25.4 * _POINTS, 210 / 25.4 * _POINTS, (3508, 2480))
"""A4 across, 300 dots to the inch."""

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the page."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height

    def covers(self, other: Box) -> bool:
        """Tell whether the two have any area in common."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


@dataclass(frozen=True, slots=True)
class Style:
    """How a shape is drawn. `fill` None is hollow; `dash` in line widths; `hatch` as matplotlib writes it."""

    fill: str | None = None
    line: str | None = None
    width: float = 0.6
    dash: tuple[float, ...] = ()
    hatch: str = ""
    hatch_colour: str = "#444444"
    alpha: float | None = None


class Canvas:
    """One page. Later shapes lie on earlier ones, texts on all shapes."""

    def __init__(self, sheet: Sheet, font: PictureFont) -> None:
        self.sheet, self.font = sheet, font
        self._inches = (sheet.width / _POINTS, sheet.height / _POINTS)
        # At 72 dots to the inch matplotlib measures in points.
        self.figure = Figure(figsize=self._inches, dpi=_POINTS, facecolor=PAPER)
        FigureCanvasAgg(self.figure)
        self._axes = self.figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self._axes.set_axis_off()
        self._axes.set(xlim=(0.0, sheet.width), ylim=(sheet.height, 0.0))
        self._order = 2.0

    def text(
        self, x: float, y: float, text: str, size: float, *, align: str = "left", colour: str = INK,
        halo: bool = False, room: float | None = None,
    ) -> Box:  # fmt: skip
        """Write a line whose middle is at height `y`, cut to `room` points; return the place it takes."""
        shown = self.font.clean(text) if room is None else self.font.cut(text, room, size)
        across = self.font.width(shown, size)
        left = x - {"left": 0.0, "center": across / 2.0, "right": across}[align]
        baseline = y + _MIDDLE * size
        if halo and shown.strip():
            self._halo(left, baseline, shown, size)
        self._axes.text(
            left, baseline, shown, fontproperties=self.font.properties(size), color=colour, ha="left",
            va="baseline", parse_math=False, zorder=1000.0,
        )  # fmt: skip
        return Box(left, y - 0.55 * size, across, 1.1 * size)

    def _halo(self, left: float, baseline: float, text: str, size: float) -> None:
        """The outlines of the letters as a white shape: an effect on the text itself would break it up."""
        outline = TextPath((0.0, 0.0), text, size=size, prop=self.font.properties(size))
        placed = outline.transformed(Affine2D().scale(1.0, -1.0).translate(left, baseline))
        self._add(
            PathPatch(placed, facecolor=PAPER, edgecolor=PAPER, linewidth=size * 0.28, joinstyle="round")
        )

    def rectangle(self, box: Box, style: Style) -> None:
        """Draw a rectangle."""
        self._add(Rectangle((box.left, box.top), box.width, box.height, **_drawn(style)))

    def circle(self, x: float, y: float, radius: float, style: Style) -> None:
        """Draw a circle."""
        self._add(Circle((x, y), radius, **_drawn(style)))

    def shape(self, rings: Sequence[Points], style: Style, clip: Box | None = None) -> None:
        """Draw an area of outer and inner rings, within `clip` where given."""
        closed = [Path([*ring, ring[0]], closed=True) for ring in rings if len(ring) > 1]
        if closed:
            self._add(PathPatch(Path.make_compound_path(*closed), **_drawn(style)), clip)

    def lines(self, lines: Sequence[Points], style: Style, clip: Box | None = None) -> None:
        """Draw open lines."""
        pattern = (0.0, style.dash) if style.dash else "solid"
        self._add(
            LineCollection(lines, colors=style.line, linewidths=style.width, linestyles=[pattern],
                           alpha=style.alpha), clip,
        )  # fmt: skip

    def png(self) -> bytes:
        """Return the page in the exact pixels of its sheet."""
        out, (width, height) = io.BytesIO(), self.sheet.pixels
        dots = _POINTS * width / self.sheet.width
        # A hair more than the pixels: matplotlib cuts off what is behind the point.
        self.figure.set_size_inches((width + 0.01) / dots, (height + 0.01) / dots)
        self.figure.savefig(out, format="png", dpi=dots, metadata={"Software": None})
        self.figure.set_size_inches(self._inches)
        return out.getvalue()

    def _add(self, artist: Any, clip: Box | None = None) -> None:
        self._order += 0.001
        artist.set_zorder(self._order)
        self._axes.add_artist(artist)
        if clip is not None:
            box = Rectangle((clip.left, clip.top), clip.width, clip.height, transform=self._axes.transData)
            artist.set_clip_path(box)


def _drawn(style: Style) -> dict[str, Any]:
    return {
        "facecolor": style.fill or "none",
        "edgecolor": style.line or "none",
        "linewidth": style.width if style.line else 0.0,
        "linestyle": (0.0, style.dash) if style.dash else "solid",
        "hatch": style.hatch or None,
        "hatchcolor": style.hatch_colour,
        "alpha": style.alpha,
        "joinstyle": "round",
    }


@contextmanager
def drawing() -> Iterator[None]:
    """Hold matplotlib for one picture, with the settings that make its bytes the same every time."""
    with _one_at_a_time, mpl.rc_context(_FIXED):
        yield


def save(pages: Sequence[Canvas], form: PictureFormat, page: int = 1) -> bytes:
    """Return the picture as a file: all pages in a PDF, the one asked for (from 1) in PNG or SVG."""
    out = io.BytesIO()
    if form is PictureFormat.PNG:
        return pages[page - 1].png()
    if form is PictureFormat.SVG:
        pages[page - 1].figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        return out.getvalue()
    undated = {"CreationDate": None, "Creator": None, "Producer": None}
    with PdfPages(out, metadata=undated) as book:
        for one in pages:
            book.savefig(one.figure)
    return out.getvalue()
