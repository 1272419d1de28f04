"""The project book as a PDF: the blocks of the DOCX, an embedded Chinese font, bookmarks, page numbers."""

from __future__ import annotations

import calendar
import datetime as dt
import io
import threading
import time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.lib.utils import TimeStamp
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Spacer, Table
from reportlab.platypus import PageBreak as NewPage
from reportlab.platypus import Paragraph as Text
from reportlab.platypus.tableofcontents import TableOfContents

from service.domain.gaps import Rating
from service.render.book_blocks import (
    Block,
    Book,
    Bullets,
    Cell,
    Grid,
    Heading,
    PageBreak,
    Paragraph,
    Rated,
    Tone,
)
from service.render.book_content import write_book
from service.render.brief_facts import BriefFacts
from service.render.fonts import use_chinese_font
from service.render.plain_text import printable, shorten
from service.words import RATING_COLOURS, RATINGS

_MARGIN = 2.2 * cm
_WIDTH = A4[0] - 2 * _MARGIN
_INK, _HEAD, _GREY, _LINE, _SHADE = (
    HexColor(one) for one in ("#1d2733", "#1f4e79", "#666666", "#c8d0d8", "#eaf1f8")
)
_SIZES = {1: 17.0, 2: 14.0, 3: 11.5}
_TEXT_SIZE, _CELL_SIZE, _NOTE_SIZE = 10.0, 8.5, 8.5
_DARK = frozenset({Rating.MISSING, Rating.STRONG})

# reportlab parses paragraphs and numbers the parts of fonts in tables that all threads share.
_one_at_a_time = threading.Lock()


def render_book_pdf(facts: BriefFacts, *, font: Path | None = None) -> bytes:
    """Return the project book as a PDF. Two renderings of the same facts are the same bytes.

    `font`: the font's file, by default one that is found. Raises FontMissing.
    """
    return book_as_pdf(write_book(facts), font=font)


def book_as_pdf(book: Book, *, font: Path | None = None) -> bytes:
    """Return a book as a PDF; raises FontMissing."""
    with _one_at_a_time:
        return _Printer(book, use_chinese_font(font)).print()


class _Printer:
    """Lays out one book."""

    def __init__(self, book: Book, font: str) -> None:
        self._book, self._font = book, font
        self._marks = 0

    def print(self) -> bytes:
        """Return the file. It is laid out several times, until the table of contents holds."""
        out = io.BytesIO()
        document = BaseDocTemplate(
            out, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN,
            bottomMargin=_MARGIN, title=printable(self._book.title), author="招商地图", invariant=1,
            lang="zh-CN", initialFontName=self._font,
        )  # fmt: skip
        frame = Frame(_MARGIN, _MARGIN, _WIDTH, A4[1] - 2 * _MARGIN, 0, 0, 0, 0, id="page")
        document.addPageTemplates([PageTemplate("page", [frame], onPage=self._draw_margins)])
        document.beforeDocument = self._begin
        document.afterFlowable = lambda flowable: self._note(document, flowable)
        document.multiBuild(self._story(), canvasmaker=self._canvas)
        return out.getvalue()

    def _canvas(self, *arguments: Any, **options: Any) -> Any:
        canvas = Canvas(*arguments, **options)
        canvas._doc._timeStamp = _stamp(self._book.day)
        return canvas

    def _begin(self) -> None:
        self._marks = 0

    def _note(self, document: Any, flowable: Any) -> None:
        """Put a heading into the outline and into the table of contents."""
        level = getattr(flowable, "outline_level", None)
        if level is None:
            return
        key = f"heading-{self._marks}"
        self._marks += 1
        document.canv.bookmarkPage(key)
        document.canv.addOutlineEntry(flowable.plain, key, level, closed=False)
        document.notify("TOCEntry", (level, escape(flowable.plain), document.page, key))

    def _draw_margins(self, canvas: Any, document: Any) -> None:
        if document.page == 1:
            canvas.showOutline()
            return
        canvas.saveState()
        canvas.setFont(self._font, _NOTE_SIZE)
        canvas.setFillColor(_GREY)
        canvas.drawString(_MARGIN, A4[1] - 1.4 * cm, self._fit(printable(self._book.title)))
        canvas.drawCentredString(A4[0] / 2, 1.2 * cm, f"第 {document.page} 页")
        canvas.restoreState()

    def _fit(self, text: str) -> str:
        """Cut the text to the width of the page."""
        while stringWidth(text, self._font, _NOTE_SIZE) > _WIDTH:
            text = shorten(text, len(text) - 1)
        return text

    def _style(self, size: float, **more: Any) -> Any:
        values = {
            "fontName": self._font, "fontSize": size, "leading": size * 1.5, "textColor": _INK,
            "wordWrap": "CJK", "bulletFontName": self._font, **more,
        }  # fmt: skip
        return ParagraphStyle("text", **values)

    def _text(self, words: str, style: Any) -> Any:
        return Text(escape(printable(words)).replace("\n", "<br/>"), style)

    def _story(self) -> list[Any]:
        return [*self._cover(), NewPage(), *self._contents(), *self._body()]

    def _cover(self) -> list[Any]:
        title = self._style(26, alignment=TA_CENTER, textColor=_HEAD)
        below = self._style(14, alignment=TA_CENTER, textColor=_GREY, spaceBefore=8)
        return [
            Spacer(1, 6 * cm), self._text(self._book.title, title), self._text(self._book.subtitle, below),
            Spacer(1, 4 * cm), self._grid(Grid((), self._book.cover, (0.2, 0.8))),
        ]  # fmt: skip

    def _contents(self) -> list[Any]:
        contents = TableOfContents(dotsMinLevel=0)
        contents.levelStyles = [
            self._style(_TEXT_SIZE + 1, spaceBefore=5, wordWrap=None),
            self._style(_TEXT_SIZE, leftIndent=0.8 * cm, wordWrap=None),
        ]
        return [self._text("目录", self._style(_SIZES[1], textColor=_HEAD, spaceAfter=8)), contents]

    def _body(self) -> list[Any]:
        return [flowable for block in self._book.blocks for flowable in self._block(block)]

    def _block(self, block: Block) -> list[Any]:
        if isinstance(block, PageBreak):
            return [NewPage()]
        if isinstance(block, Heading):
            return [self._heading(block)]
        if isinstance(block, Paragraph):
            note = block.tone is Tone.NOTE
            style = self._style(
                _NOTE_SIZE if note else _TEXT_SIZE, textColor=_GREY if note else _INK, spaceAfter=4
            )
            return [self._text(block.text, style)]
        if isinstance(block, Bullets):
            style = self._style(_TEXT_SIZE, leftIndent=14, bulletIndent=2, spaceAfter=3)
            return [Text(escape(printable(item)), style, bulletText="•") for item in block.items]
        return [self._grid(block), Spacer(1, 6)]

    def _heading(self, heading: Heading) -> Any:
        size = _SIZES[heading.level]
        style = self._style(size, textColor=_HEAD, spaceBefore=size * 0.7, spaceAfter=4, keepWithNext=1)
        flowable = self._text(heading.text, style)
        if heading.level < 3:
            flowable.outline_level = heading.level - 1
            flowable.plain = printable(heading.text)
        return flowable

    def _grid(self, grid: Grid) -> Any:
        rows = [grid.heads, *grid.rows] if grid.heads else list(grid.rows)
        drawn = [
            [
                self._cell(cell, head=bool(grid.heads) and row == 0, right=column in grid.right)
                for column, cell in enumerate(cells)
            ]
            for row, cells in enumerate(rows)
        ]
        look: list[tuple[Any, ...]] = [
            ("GRID", (0, 0), (-1, -1), 0.5, _LINE), ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 4), ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ]  # fmt: skip
        look.append(
            ("BACKGROUND", (0, 0), (-1, 0), _HEAD) if grid.heads else ("BACKGROUND", (0, 0), (0, -1), _SHADE)
        )
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, Rated) and cell.rating is not Rating.SUSPECTED:
                    place = (column, row)
                    look.append(("BACKGROUND", place, place, HexColor(RATING_COLOURS[cell.rating])))
        widths = [share * _WIDTH for share in grid.widths]
        heads = 1 if grid.heads else 0
        # A row higher than a page can only be torn apart.
        return Table(drawn, widths, style=look, repeatRows=heads, splitInRow=1, hAlign="CENTER")

    def _cell(self, cell: Cell, *, head: bool, right: bool) -> Any:
        colour = HexColor("#ffffff") if head else _INK
        words = cell if isinstance(cell, str) else RATINGS[cell.rating]
        if isinstance(cell, Rated):
            if cell.rating is Rating.SUSPECTED:
                colour = HexColor(RATING_COLOURS[cell.rating])
            elif cell.rating in _DARK:
                colour = HexColor("#ffffff")
        style = self._style(_CELL_SIZE, textColor=colour, leading=_CELL_SIZE * 1.4)
        if right:
            style.alignment = TA_RIGHT
        # An empty paragraph has no height.
        return self._text(words or "\u00a0", style)


def _stamp(day: dt.datetime) -> Any:
    """Return the day of the data as reportlab's time of making."""
    stamp = TimeStamp(1)
    moment = day.timetuple()
    stamp.t, stamp.lt, stamp.YMDhms = calendar.timegm(moment), time.struct_time(moment), tuple(moment)[:6]
    stamp.tzname, stamp.dhh, stamp.dmm = "UTC", 0, 0
    return stamp
