"""What all pictures have in common: title, foot with the sources, and the marks of the ratings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.domain.gaps import Rating
from service.render.picture_canvas import INK, LINE, SOFT, Box, Canvas, Sheet, Style
from service.words import RATING_COLOURS, RATINGS

MARGIN = 24.0
_TITLE, _SUBTITLE, _NOTE = 20.0, 10.5, 7.5
_TITLE_MIDDLE, _SUBTITLE_MIDDLE = 34.0, 56.0
_TOP = 72.0
_NOTE_PITCH = 10.5
_FOOT_LINES = 2
_PAPER = "#ffffff"


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above and below a picture; `notes` name the sources and how old the data is."""

    title: str
    subtitle: str
    notes: tuple[str, ...]


def room_between(sheet: Sheet) -> Box:
    """Return the room between title and foot."""
    bottom = sheet.height - MARGIN - _FOOT_LINES * _NOTE_PITCH - 8.0
    return Box(MARGIN, _TOP, sheet.width - 2 * MARGIN, bottom - _TOP)


def draw_heading(canvas: Canvas, heading: Heading, *, part: str = "") -> None:
    """Write title and foot; `part` says which page of several it is."""
    across = canvas.sheet.width - 2 * MARGIN
    aside = 0.0
    if part:
        aside = canvas.text(MARGIN + across, _TITLE_MIDDLE, part, _SUBTITLE, align="right").width + 12.0
    canvas.text(MARGIN, _TITLE_MIDDLE, heading.title, _TITLE, room=across - aside)
    canvas.text(MARGIN, _SUBTITLE_MIDDLE, heading.subtitle, _SUBTITLE, colour=SOFT, room=across)
    foot = canvas.sheet.height - MARGIN - _FOOT_LINES * _NOTE_PITCH
    canvas.lines([[(MARGIN, foot - 2.0), (MARGIN + across, foot - 2.0)]], Style(line=LINE))
    said = canvas.font.wrap("；".join(note for note in heading.notes if note), across, _NOTE, _FOOT_LINES)
    for number, line in enumerate(said):
        canvas.text(MARGIN, foot + (number + 0.65) * _NOTE_PITCH, line, _NOTE, colour=SOFT)


def rating_style(rating: Rating) -> Style:
    """Return how a rating is drawn: its colour, and a pattern that stays apart in black and white.

    Missing is crossed, weak hatched, balanced plain, strong dark; suspected and unobserved are hollow, as on
    the pages, dashed and dotted.
    """
    colour = RATING_COLOURS[rating]
    if rating is Rating.SUSPECTED:
        return Style(fill=_PAPER, line=colour, width=1.2, dash=(3.0, 1.6))
    if rating is Rating.UNOBSERVED:
        return Style(fill=_PAPER, line="#6f6f6f", width=0.9, dash=(1.0, 1.4))
    hatch = {Rating.MISSING: "xxxxxx", Rating.WEAK: "//////"}.get(rating, "")
    return Style(
        fill=colour,
        line=INK,
        width=0.6,
        hatch=hatch,
        hatch_colour=_PAPER if rating is Rating.MISSING else INK,
    )


def draw_key(
    canvas: Canvas, left: float, middle: float, entries: Iterable[tuple[Style | None, str]], size: float,
    *, right: float,
) -> float:  # fmt: skip
    """Draw a legend in lines from `left` to `right`; return the height at which it ends.

    An entry is a swatch (None: words only) and its words.
    """
    x = left
    for style, words in entries:
        swatch = 0.0 if style is None else 2.2 * size
        across = swatch + canvas.font.width(canvas.font.clean(words), size) + 1.4 * size
        if x > left and x + across - 1.4 * size > right:
            x, middle = left, middle + 1.8 * size
        if style is not None:
            canvas.rectangle(Box(x, middle - 0.5 * size, 1.8 * size, size), style)
        canvas.text(x + swatch, middle, words, size, room=right - x - swatch)
        x += across
    return middle + 0.9 * size


def rating_key() -> list[tuple[Style | None, str]]:
    """Return the legend of the ratings."""
    words = {Rating.SUSPECTED: "疑缺（名录内未见）"}
    return [(rating_style(rating), words.get(rating, RATINGS[rating])) for rating in Rating]


def join_notes(*notes: str | Sequence[str]) -> tuple[str, ...]:
    """Return the notes in one row, empty ones left out."""
    flat = (one for note in notes for one in ([note] if isinstance(note, str) else note))
    return tuple(one for one in flat if one)
