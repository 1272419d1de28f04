"""Pieces of a Word file that python-docx has no words for: fields, bookmarks, East Asian fonts, tables."""

from __future__ import annotations

from typing import Any

from docx.document import Document as Doc
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph as Line
from docx.text.run import Run

from service.domain.gaps import Rating
from service.render.book_blocks import Cell, Grid, Rated
from service.render.plain_text import printable
from service.words import RATING_COLOURS, RATINGS

FONT = "微软雅黑"
FALLBACKS = "Microsoft YaHei,Noto Sans CJK SC,Source Han Sans SC,WenQuanYi Micro Hei,PingFang SC"
INK, HEAD, GREY = "1D2733", "1F4E79", "666666"
SIZES = {1: 18, 2: 15, 3: 12}
NOTE_SIZE = 9
PAGE_CM, MARGIN_CM = (21.0, 29.7), 2.2

_LATIN_FONT = "Microsoft YaHei"
_LINE, _SHADE, _WHITE = "C8D0D8", "EAF1F8", "FFFFFF"
_TEXT_SIZE, _CELL_SIZE = 10.5, 9
_DARK = frozenset({Rating.MISSING, Rating.STRONG})
# What stands behind w:updateFields in the settings of a document.
_AFTER_UPDATE = ("hdrShapeDefaults", "footnotePr", "endnotePr", "compat", "docVars", "rsids")


def set_fonts(document: Doc) -> None:
    """Set fonts, sizes, colours and distances of all styles that are used, and the language of the text."""
    names = ["Normal", "Title", "List Bullet", "Header", "Footer", *(f"Heading {level}" for level in SIZES)]
    for name in names:
        _set_font(document.styles[name].element.get_or_add_rPr())
    defaults = document.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    _set_font(defaults)
    language = defaults.find(qn("w:lang"))
    if language is not None:
        language.set(qn("w:eastAsia"), "zh-CN")
    normal: Any = document.styles["Normal"]
    normal.font.size, normal.font.color.rgb = Pt(_TEXT_SIZE), RGBColor.from_string(INK)
    normal.paragraph_format.space_after = Pt(6)
    normal.paragraph_format.line_spacing = 1.25
    for level, size in SIZES.items():
        style: Any = document.styles[f"Heading {level}"]
        style.font.size, style.font.bold = Pt(size), True
        style.font.color.rgb = RGBColor.from_string(HEAD)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(size * 0.7), Pt(4)
        style.paragraph_format.keep_with_next = True
    _name_fallbacks(document)


def _set_font(properties: Any) -> None:
    """Set the font of a style or of a run for every kind of sign; a theme's font would go before it."""
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for kind in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{kind}"), _LATIN_FONT)
    fonts.set(qn("w:eastAsia"), FONT)


def _name_fallbacks(document: Doc) -> None:
    """Say in the font table which fonts stand in where 微软雅黑 is not there."""
    part = next(part for part in document.part.package.iter_parts() if part.partname == "/word/fontTable.xml")
    entry = (
        f'<w:font w:name="{FONT}"><w:altName w:val="{FALLBACKS}"/><w:charset w:val="86"/>'
        '<w:family w:val="swiss"/><w:pitch w:val="variable"/></w:font></w:fonts>'
    )
    changed = part.blob.replace(b"</w:fonts>", entry.encode())
    assert isinstance(part, Part)  # noqa: S101 - python-docx reads the font table as plain bytes
    part._blob = changed


def mark_name(number: int) -> str:
    """Return the name of the bookmark at a heading, by its number from 0."""
    return f"_Toc{number + 1:08d}"


def mark(line: Line, number: int) -> None:
    """Put a bookmark around a heading."""
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for one in (start, end):
        one.set(qn("w:id"), str(number + 1))
    start.set(qn("w:name"), mark_name(number))
    runs = line.runs
    runs[0]._r.addprevious(start)
    runs[-1]._r.addnext(end)


def add_field(line: Line, code: str, shown: str) -> list[Run]:
    """Add a field to a line; return its runs."""
    before = len(line._p.findall(qn("w:r")))
    open_field(line, code)
    line.add_run(shown)
    close_field(line)
    return line.runs[before:]


def open_field(line: Line, code: str) -> None:
    """Begin a field: what follows in the document, until it is closed, is what it shows."""
    _field_sign(line, "begin")
    words = OxmlElement("w:instrText")
    words.set(qn("xml:space"), "preserve")
    words.text = f" {code} "
    line.add_run()._r.append(words)
    _field_sign(line, "separate")


def close_field(line: Line) -> None:
    """End the field that was begun last."""
    _field_sign(line, "end")


def _field_sign(line: Line, kind: str) -> None:
    sign = OxmlElement("w:fldChar")
    sign.set(qn("w:fldCharType"), kind)
    line.add_run()._r.append(sign)


def set_runs(line: Line, size: float, colour: str, *, bold: bool = False) -> None:
    """Set size, colour and weight of all that a line holds."""
    for run in line.runs:
        run.font.size, run.font.bold = Pt(size), bold
        run.font.color.rgb = RGBColor.from_string(colour)


def update_on_opening(document: Doc) -> None:
    """Have Word make all fields anew when it opens the document."""
    update = OxmlElement("w:updateFields")
    update.set(qn("w:val"), "true")
    settings = document.settings.element
    later = [one for one in settings if one.tag in {qn(f"w:{name}") for name in _AFTER_UPDATE}]
    if later:
        later[0].addprevious(update)
    else:
        settings.append(update)


def write_grid(document: Doc, grid: Grid) -> None:
    """Write a table as wide as the page; its head is repeated on every page, a row is not torn apart."""
    rows = [grid.heads, *grid.rows] if grid.heads else list(grid.rows)
    table = document.add_table(len(rows), len(grid.widths))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    _set_borders(table._tbl.tblPr)
    widths = [Cm(share * (PAGE_CM[0] - 2 * MARGIN_CM)) for share in grid.widths]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for number, (row, cells) in enumerate(zip(table.rows, rows, strict=True)):
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        is_head = bool(grid.heads) and number == 0
        if is_head:
            properties.append(OxmlElement("w:tblHeader"))
        for column, (box, cell) in enumerate(zip(row.cells, cells, strict=True)):
            box.width = widths[column]
            right = column in grid.right
            _write_cell(box, cell, head=is_head, label=not grid.heads and column == 0, right=right)
    after = document.add_paragraph()
    after.paragraph_format.space_after = Pt(2)
    after.paragraph_format.line_spacing = Pt(6)


def _write_cell(box: Any, cell: Cell, *, head: bool, label: bool, right: bool) -> None:
    line = box.paragraphs[0]
    line.paragraph_format.space_after = Pt(1)
    line.paragraph_format.line_spacing = 1.1
    colour, shade = INK, _SHADE if label else None
    if head:
        colour, shade = _WHITE, HEAD
    if isinstance(cell, Rated):
        colour, shade = _rating_colours(cell.rating)
    words = RATINGS[cell.rating] if isinstance(cell, Rated) else printable(cell)
    line.add_run(words)
    if right:
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    set_runs(line, _CELL_SIZE, colour, bold=head or label)
    if shade:
        _shade(box, shade)


def _rating_colours(rating: Rating) -> tuple[str, str | None]:
    """Colours of words and ground: suspected is drawn hollow."""
    colour = RATING_COLOURS[rating].removeprefix("#").upper()
    if rating is Rating.SUSPECTED:
        return colour, None
    return (_WHITE if rating in _DARK else INK), colour


def _shade(box: Any, colour: str) -> None:
    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:color"), "auto")
    shade.set(qn("w:fill"), colour)
    box._tc.get_or_add_tcPr().append(shade)


def _set_borders(properties: Any) -> None:
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", _LINE)):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    layout = properties.find(qn("w:tblLayout"))
    if layout is None:
        properties.append(borders)
    else:
        layout.addprevious(borders)
