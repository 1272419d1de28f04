"""One slide and what is drawn on it.

Places and sizes are inches on a page of 13.333 x 7.5, type is in points; a page of another size scales both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_LINE, MSO_THEME_COLOR
from pptx.enum.shapes import MSO_CONNECTOR, MSO_SHAPE, PP_PLACEHOLDER
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt

from service.domain.gaps import Rating
from service.render.deck_file import FONT, WIDTH, DeckFile
from service.render.deck_text import clean, cut, ems, ems_across, fit
from service.words import RATING_COLOURS

LEFT, TOP, BOTTOM = 0.5, 1.25, 6.95
ACROSS = WIDTH - 2 * LEFT
"""The room between title and footer, and its width."""

ACCENT, SECOND, PANEL, DARK = (
    MSO_THEME_COLOR.ACCENT_1, MSO_THEME_COLOR.ACCENT_2, MSO_THEME_COLOR.BACKGROUND_2, MSO_THEME_COLOR.TEXT_1,
)  # fmt: skip
WHITE = MSO_THEME_COLOR.BACKGROUND_1
Colour = MSO_THEME_COLOR | str
"""A colour of the theme, or "#rrggbb" where the colour carries a meaning."""

_INSET = 0.06
_TITLE = (LEFT, 0.32, ACROSS, 0.72)
_TITLE_SIZE, _FOOTER_SIZE = 26.0, 9.0


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

    def inset(self, by: float) -> Box:
        """Return the place within its edges."""
        return Box(self.left + by, self.top + by, self.width - 2 * by, self.height - 2 * by)


@dataclass(frozen=True, slots=True)
class Type:
    """How a text is set."""

    size: float = 12.0
    bold: bool = False
    colour: Colour | None = None
    align: PP_ALIGN = PP_ALIGN.LEFT
    anchor: MSO_ANCHOR = MSO_ANCHOR.TOP
    lead: bool = False
    """Up to the first full-width colon a paragraph is bold."""


BODY = Type()


class Page:
    """A slide with its title set. Every text is cleaned and cut to its place; notes keep it whole."""

    def __init__(self, deck: DeckFile, title: str, *, footer: str = "", subtitle: Sequence[str] = ()) -> None:
        self._deck = deck
        layout = deck.cover if subtitle else deck.plain
        self.slide: Any = deck.presentation.slides.add_slide(layout)
        # Ids are counted on from here instead of searched for at every shape.
        self.slide.shapes.turbo_add_enabled = True
        self._set_title(clean(title), subtitle)
        for shape in list(self.slide.placeholders):
            if not shape.has_text_frame or not shape.text_frame.text:
                shape.element.getparent().remove(shape.element)
        if not subtitle:
            self._set_footer(footer)

    def _set_title(self, title: str, subtitle: Sequence[str]) -> None:
        holders = {shape.placeholder_format.type: shape for shape in self.slide.placeholders}
        head = holders.get(PP_PLACEHOLDER.TITLE) or holders.get(PP_PLACEHOLDER.CENTER_TITLE)
        if head is not None:
            if not subtitle:
                self._keep_above(head)
            size = self._run_size(head.width, title, 40.0 if subtitle else _TITLE_SIZE)
            self._fill(head.text_frame, [title], Type(size, bold=True, anchor=MSO_ANCHOR.MIDDLE))
        else:
            place = Box(0.9, 2.1, 11.5, 1.3) if subtitle else Box(*_TITLE)
            self.text(place, [title], Type(36.0 if subtitle else _TITLE_SIZE, bold=True, colour=ACCENT))
        if subtitle:
            below = holders.get(PP_PLACEHOLDER.SUBTITLE)
            if below is not None:
                self._fill(below.text_frame, [clean(line) for line in subtitle], Type(18.0))
            else:
                self.text(Box(0.9, 3.6, 11.5, 1.9), subtitle, Type(18.0))

    def _run_size(self, width: int, title: str, size: float) -> float:
        """The largest type, down to half, at which the title stays on one line of its place."""
        room = ems_across(width / self._emu(1.0) - 2 * _INSET, 1.0) - size
        return max(size / 2, min(size, room / max(1.0, ems(title))))

    def _keep_above(self, head: Any) -> None:
        """Move a template's title only where it would reach into the page."""
        if head.top + head.height > self._emu(TOP - 0.05) or head.top < 0:
            head.left, head.top, head.width, head.height = (self._emu(one) for one in _TITLE)

    def _set_footer(self, footer: str) -> None:
        self.text(Box(LEFT, 7.05, ACROSS - 1.2, 0.3), [footer], Type(_FOOTER_SIZE))
        box = self._text_box(Box(WIDTH - LEFT - 1.0, 7.05, 1.0, 0.3))
        paragraph = box.text_frame.paragraphs[0]
        paragraph.alignment = PP_ALIGN.RIGHT
        number = len(self._deck.presentation.slides)
        size = int(_FOOTER_SIZE * self._deck.scale * 100)
        paragraph._p.append(
            parse_xml(
                '<a:fld xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
                f'id="{{00000000-0000-4000-8000-{number:012d}}}" type="slidenum">'
                f'<a:rPr lang="zh-CN" sz="{size}"/><a:t>{number}</a:t></a:fld>'
            )
        )

    def text(self, box: Box, paragraphs: Sequence[str], kind: Type = BODY, *, name: str = "") -> None:
        """Set paragraphs into a place, cut to what it holds."""
        shape = self._text_box(box)
        if name:
            shape.name = name
        shown = fit([clean(one) for one in paragraphs], box.width - 2 * _INSET, box.height, kind.size)
        self._fill(shape.text_frame, shown, kind)

    def block(
        self,
        box: Box,
        paragraphs: Sequence[str],
        kind: Type = BODY,
        *,
        fill: Colour | None = None,
        line: Colour | None = None,
        dashed: bool = False,
        name: str = "",
    ) -> None:
        """Draw a rectangle with its text; without `fill` it is hollow."""
        shape = self.slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *self._place(box))
        if name:
            shape.name = clean(name)
        _flatten(shape)
        if fill is None:
            shape.fill.background()
        else:
            shape.fill.solid()
            _colour(shape.fill.fore_color, fill)
        if line is None:
            shape.line.fill.background()
        else:
            _colour(shape.line.color, line)
            shape.line.width = Pt(1.25 * self._deck.scale)
            if dashed:
                shape.line.dash_style = MSO_LINE.DASH
        shown = fit([clean(one) for one in paragraphs], box.width - 2 * _INSET, box.height, kind.size)
        # Left alone, a drawn shape takes white for its text.
        self._fill(shape.text_frame, shown, replace(kind, colour=kind.colour or DARK))

    def rule(self, start: tuple[float, float], end: tuple[float, float], colour: Colour = ACCENT) -> None:
        """Draw a straight line."""
        ends = [self._emu(one) for one in (*start, *end)]
        line = self.slide.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, *ends)
        _colour(line.line.color, colour)
        line.line.width = Pt(1.25 * self._deck.scale)

    def shape(
        self,
        rings: Sequence[Sequence[tuple[float, float]]],
        fill: Colour,
        line: Colour,
        width: float,
        name: str,
    ) -> None:
        """Draw an area of closed rings (inches) as one editable shape; a ring in a ring is a hole."""
        corner = rings[0][0]
        builder = self.slide.shapes.build_freeform(self._emu(corner[0]), self._emu(corner[1]))
        for number, ring in enumerate(rings):
            points = [(self._emu(x), self._emu(y)) for x, y in ring]
            if number:
                builder.move_to(*points[0])
            builder.add_line_segments(points[1:], close=True)
        shape = builder.convert_to_shape()
        # The builder looks for an id of its own instead of counting on; the tree's reckoning is the one kept.
        shape._element.nvSpPr.cNvPr.set("id", str(self.slide.shapes._next_shape_id))
        shape.name = clean(name)
        _flatten(shape)
        shape.fill.solid()
        _colour(shape.fill.fore_color, fill)
        _colour(shape.line.color, line)
        shape.line.width = Pt(width * self._deck.scale)

    def table(
        self,
        left: float,
        top: float,
        columns: Sequence[tuple[str, float]],
        rows: Sequence[Sequence[str]],
        *,
        row_height: float = 0.36,
        size: float = 11.0,
        fills: Sequence[tuple[int, int, str]] = (),
        name: str = "",
    ) -> Any:
        """Draw a table: `columns` are (heading, width). Every cell is cut to the lines that its row holds.

        `fills` are (row from 1, column, colour) of single cells.
        """
        width = sum(one for _, one in columns)
        place = Box(left, top, width, row_height * (len(rows) + 1))
        frame = self.slide.shapes.add_table(len(rows) + 1, len(columns), *self._place(place))
        if name:
            frame.name = name
        table = frame.table
        for column, (_, across) in zip(table.columns, columns, strict=True):
            column.width = self._emu(across)
        for row in table.rows:
            row.height = self._emu(row_height)
        for number, row in enumerate([[heading for heading, _ in columns], *rows]):
            for place_in_row, text in enumerate(row):
                kind = Type(size, bold=number == 0, anchor=MSO_ANCHOR.MIDDLE)
                self._fill_cell(
                    table.cell(number, place_in_row), text, columns[place_in_row][1], row_height, kind
                )
        for row, column, colour in fills:
            cell = table.cell(row, column)
            cell.fill.solid()
            _colour(cell.fill.fore_color, colour)
            for run in cell.text_frame.paragraphs[0].runs:
                _colour(run.font.color, ink_on(colour))
        return table

    def _fill_cell(self, cell: Any, text: str, width: float, height: float, kind: Type) -> None:
        cell.margin_left = cell.margin_right = self._emu(_INSET)
        cell.margin_top = cell.margin_bottom = self._emu(0.02)
        cell.vertical_anchor = kind.anchor
        shown = fit([clean(text)], width - 2 * _INSET, height - 0.04, kind.size)
        self._write(cell.text_frame.paragraphs[0], shown[0], kind)

    def chart(self, kind: Any, box: Box, data: Any, *, name: str = "") -> Any:
        """Add a chart and return it, with the type of its texts set."""
        frame = self.slide.shapes.add_chart(kind, *self._place(box), data)
        if name:
            frame.name = name
        chart = frame.chart
        chart.font.size = Pt(10.5 * self._deck.scale)
        self._set_fonts(chart.font._element)
        return chart

    def notes(self, paragraphs: Iterable[str]) -> None:
        """Write what the speaker can say, whole."""
        notes = self.slide.notes_slide
        frame = notes.notes_text_frame
        frame.text = "\n".join(clean(one) for one in paragraphs)
        for paragraph in frame.paragraphs:
            for run in paragraph.runs:
                # The notes have a theme of their own, which names no Chinese font.
                self._set_fonts(run._r.get_or_add_rPr(), FONT)
        for shape in list(notes.placeholders):
            if shape.placeholder_format.type is PP_PLACEHOLDER.SLIDE_NUMBER:
                shape.element.getparent().remove(shape.element)

    def _text_box(self, box: Box) -> Any:
        return self.slide.shapes.add_textbox(*self._place(box))

    def _fill(self, frame: Any, paragraphs: Sequence[str], kind: Type) -> None:
        frame.word_wrap = True
        frame.auto_size = MSO_AUTO_SIZE.NONE
        frame.vertical_anchor = kind.anchor
        frame.margin_left = frame.margin_right = self._emu(_INSET)
        frame.margin_top = frame.margin_bottom = 0
        for number, text in enumerate(paragraphs or [""]):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.alignment = kind.align
            self._write(paragraph, text, kind)

    def _write(self, paragraph: Any, text: str, kind: Type) -> None:
        head, colon, rest = text.partition("：") if kind.lead else ("", "", text)
        parts = [(head + colon, True), (rest, kind.bold)] if colon else [(text, kind.bold)]
        for words, bold in parts:
            run = paragraph.add_run()
            run.text = words
            run.font.size = Pt(round(kind.size * self._deck.scale, 1))
            run.font.bold = bold
            if kind.colour is not None:
                _colour(run.font.color, kind.colour)
            properties = run._r.get_or_add_rPr()
            properties.set("lang", "zh-CN")
            self._set_fonts(properties)

    def _set_fonts(self, properties: Any, east_asian: str | None = None) -> None:
        """Name the East Asian font, for which the library has no call; latin stays the theme's."""
        found = properties.find(qn("a:ea"))
        if found is None:
            found = parse_xml('<a:ea xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"/>')
            latin = properties.find(qn("a:latin"))
            if latin is not None:
                latin.addnext(found)
            else:
                properties.append(found)
        found.set("typeface", east_asian or self._deck.east_asian)

    def _emu(self, inches: float) -> Emu:
        return Emu(round(Inches(1) * inches * self._deck.scale))

    def _place(self, box: Box) -> list[Emu]:
        return [self._emu(one) for one in (box.left, box.top, box.width, box.height)]


def rating_fill(rating: Rating) -> str:
    """Return the colour of a rating as an area; suspected is hollow: nobody said that it is missing."""
    return "#ffffff" if rating is Rating.SUSPECTED else RATING_COLOURS[rating]


def ink_on(colour: str) -> str:
    """Return black or white, whichever is easier to read on a colour (WCAG relative luminance)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "#1d2733"


def cut_to(text: str, width: float, size: float, lines: int = 1) -> str:
    """Return the text cut to `lines` lines of a place `width` inches wide."""
    return cut(text, ems_across(width - 2 * _INSET, size), lines)


def rgb_of(colour: str) -> Any:
    """Return "#rrggbb" as the library wants it."""
    make: Any = RGBColor
    return make.from_string(colour.removeprefix("#").upper())


def _flatten(shape: Any) -> None:
    """Take away the shadow that the style of a drawn shape brings along."""
    shape.shadow.inherit = False
    effect = shape._element.find(f".//{qn('a:effectRef')}")
    if effect is not None:
        effect.set("idx", "0")


def _colour(format_of: Any, colour: Colour) -> None:
    if isinstance(colour, str):
        format_of.rgb = rgb_of(colour)
    else:
        format_of.theme_color = colour
