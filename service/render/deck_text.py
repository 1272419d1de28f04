"""Words on slides: numbers as they are said everywhere, and how much text a box holds."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from service.render.plain_text import printable

LINE_HEIGHT = 1.36
"""Height of a line per font size: that of 微软雅黑, the tallest of the fonts that may be found."""

_POINTS_PER_INCH = 72.0
# Digits of the widest font that may stand in for a missing one (DejaVu Sans).
_NARROW = 0.64
_ELLIPSIS = "…"


def clean(text: str) -> str:
    """Return the text as one line without what a file cannot hold."""
    return " ".join(printable(text).split())


def say_number(value: float | None) -> str:
    """Return firms, a priority or a score with one decimal; "—" where there is none."""
    return "—" if value is None else f"{value:.1f}"


def say_share(share: float | None) -> str:
    """Return a share (0-1) in percent; None is 未观测, never 0."""
    return "未观测" if share is None else f"{share * 100:.0f}%"


def ems(text: str) -> float:
    """Return the width of a text in font sizes: 1 for a Chinese character, about half for a Latin one."""
    return math.fsum(1.0 if unicodedata.east_asian_width(char) in "WFA" else _NARROW for char in text)


def ems_across(width: float, size: float) -> float:
    """Return how many font sizes fit into `width` inches at `size` points."""
    return width * _POINTS_PER_INCH / size


def lines_down(height: float, size: float) -> int:
    """Return how many lines fit into `height` inches at `size` points."""
    return max(1, int(height * _POINTS_PER_INCH / (size * LINE_HEIGHT) + 1e-9))


def lines_of(text: str, across: float) -> int:
    """Return how many lines a text takes where `across` ems fit into one; a line may break one em early."""
    width = ems(text)
    return 1 if width <= across else math.ceil(width / max(1.0, across - 1.0))


def cut(text: str, across: float, lines: int = 1) -> str:
    """Return the cleaned text, shortened with … to what fits into `lines` lines of `across` ems."""
    text = clean(text)
    if lines_of(text, across) <= lines:
        return text
    room = across - 1.0 if lines == 1 else lines * max(1.0, across - 1.0) - 1.0
    kept, width = [], 0.0
    for char in text:
        width += ems(char)
        if width > room:
            break
        kept.append(char)
    return "".join(kept).rstrip() + _ELLIPSIS


def fit(paragraphs: Sequence[str], width: float, height: float, size: float) -> list[str]:
    """Return the paragraphs that fit into a box (inches, points), the last one shortened where it must be."""
    across, left = ems_across(width, size), lines_down(height, size)
    shown: list[str] = []
    for paragraph in paragraphs:
        if left <= 0:
            break
        shown.append(cut(paragraph, across, left))
        left -= lines_of(shown[-1], across)
    if shown and len(shown) < len(paragraphs) and not shown[-1].endswith(_ELLIPSIS):
        shown[-1] = cut(shown[-1] + "……", across, lines_of(shown[-1], across))
    return shown
