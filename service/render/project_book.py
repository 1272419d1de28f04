"""The project book as a Word file (DOCX): cover, table of contents, chapters, page numbers."""

from __future__ import annotations

import io
from collections.abc import Sequence

from docx import Document
from docx.document import Document as Doc
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph as Line

from service.render.book_blocks import Block, Book, Bullets, Grid, Heading, PageBreak, Paragraph, Tone
from service.render.book_content import write_book
from service.render.brief_facts import BriefFacts
from service.render.docx_parts import (
    GREY,
    HEAD,
    MARGIN_CM,
    NOTE_SIZE,
    PAGE_CM,
    SIZES,
    add_field,
    close_field,
    mark,
    mark_name,
    open_field,
    set_fonts,
    set_runs,
    update_on_opening,
    write_grid,
)
from service.render.plain_text import printable, shorten
from service.render.stable_zip import stable_zip

_LONGEST_PROPERTY = 255


def render_book(facts: BriefFacts) -> bytes:
    """Return the project book as a DOCX file. Two renderings of the same facts are the same bytes."""
    return book_as_docx(write_book(facts))


def book_as_docx(book: Book) -> bytes:
    """Return a book as a DOCX file."""
    document = Document()
    _set_up(document, book)
    _write_cover(document, book)
    headings = [block for block in book.blocks if isinstance(block, Heading) and block.level < 3]
    _write_contents(document, headings)
    writer = _Writer(document)
    for block in book.blocks:
        writer.write(block)
    out = io.BytesIO()
    document.save(out)
    return stable_zip(out.getvalue())


class _Writer:
    """Writes blocks in their order; headings of the table of contents get a mark to be found by."""

    def __init__(self, document: Doc) -> None:
        self._document = document
        self._marks = 0
        self._new_page = False

    def write(self, block: Block) -> None:
        """Write one block at the end of the document."""
        if isinstance(block, PageBreak):
            self._new_page = True
        elif isinstance(block, Heading):
            line = self._document.add_heading(printable(block.text), block.level)
            line.paragraph_format.page_break_before = self._new_page
            self._new_page = False
            if block.level < 3:
                mark(line, self._marks)
                self._marks += 1
        elif isinstance(block, Paragraph):
            line = self._document.add_paragraph(printable(block.text))
            if block.tone is Tone.NOTE:
                set_runs(line, NOTE_SIZE, GREY)
        elif isinstance(block, Bullets):
            for item in block.items:
                self._document.add_paragraph(printable(item), style="List Bullet")
        else:
            write_grid(self._document, block)


def _set_up(document: Doc, book: Book) -> None:
    """Set paper, fonts, properties and the page number below."""
    section = document.sections[0]
    section.page_width, section.page_height = (Cm(side) for side in PAGE_CM)
    section.left_margin = section.right_margin = Cm(MARGIN_CM)
    section.top_margin = section.bottom_margin = Cm(MARGIN_CM)
    section.different_first_page_header_footer = True
    set_fonts(document)
    about = document.core_properties
    about.title = shorten(printable(book.title), _LONGEST_PROPERTY)
    about.author = about.last_modified_by = "招商地图"
    about.comments = ""
    about.created = about.modified = book.day
    about.revision = 1
    header = section.header.paragraphs[0]
    header.text = printable(book.title)
    set_runs(header, NOTE_SIZE, GREY)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for words, code in (("第 ", "PAGE"), (" 页，共 ", "NUMPAGES"), (" 页", "")):
        footer.add_run(words)
        if code:
            add_field(footer, code, "1")
    set_runs(footer, NOTE_SIZE, GREY)
    update_on_opening(document)


def _write_cover(document: Doc, book: Book) -> None:
    space = document.add_paragraph()
    space.paragraph_format.space_before = Pt(150)
    for words, size, colour in ((book.title, 28, HEAD), (book.subtitle, 15, GREY)):
        line = document.add_paragraph(printable(words))
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        set_runs(line, size, colour, bold=size > 20)
    document.add_paragraph().paragraph_format.space_before = Pt(60)
    write_grid(document, Grid((), book.cover, (0.2, 0.8)))


def _write_contents(document: Doc, headings: Sequence[Heading]) -> None:
    """Write the table of contents: a field that Word makes anew on opening, filled in for all others."""
    title = document.add_paragraph()
    title.paragraph_format.page_break_before = True
    title.add_run("目录")
    set_runs(title, SIZES[1], HEAD, bold=True)
    width = Cm(PAGE_CM[0] - 2 * MARGIN_CM)
    for number, heading in enumerate(headings):
        line = document.add_paragraph()
        line.paragraph_format.left_indent = Cm(0.8 * (heading.level - 1))
        line.paragraph_format.space_after = Pt(3)
        line.paragraph_format.tab_stops.add_tab_stop(width, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
        if number == 0:
            open_field(line, r'TOC \o "1-2" \h \z \u')
        _link_to(line, heading.text, number)
        if number == len(headings) - 1:
            close_field(line)


def _link_to(line: Line, text: str, number: int) -> None:
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), mark_name(number))
    link.set(qn("w:history"), "1")
    line._p.append(link)
    for run in (line.add_run(printable(text)), line.add_run("\t")):
        link.append(run._r)
    for part in add_field(line, f"PAGEREF {mark_name(number)} \\h", ""):
        link.append(part._r)
